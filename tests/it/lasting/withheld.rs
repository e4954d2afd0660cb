//! What is looked at before release is the finished document.

use chancery::domain::client_service::Timestamps;
use serde_json::json;

use super::World;
use crate::support::client::{document, request};
use crate::support::service::{run, unique};

/// UBL leaves out what stands with its signatures: an amount that is kept there would be signed by nobody.
#[test]
fn a_seal_that_covers_less_than_it_should_is_withheld_at_every_level() {
    run(async {
        let sample = include_str!("../../../samples/invoice-signature-place/input.xml");
        let place = "<sac:SignatureInformation/>";
        assert!(sample.contains(place));
        let more = format!("{place}<payable xmlns=\"urn:x\">9250.00</payable>");
        let hiding = sample.replacen(place, &more, 1);
        let world = World::new();
        for checks in [true, false] {
            let mut setup = world.setup(0);
            setup.config.workflow.check_seals = checks;
            let service = setup.start().await;
            let client = world.client(&service, Timestamps::Fail).await;
            let mark = unique("hiding");
            let levels = ["LT", "LTA"];
            let documents = levels.iter().flat_map(|level| {
                [sample, &hiding].map(|text| {
                    let mut one = document(&format!("{mark}/{level}/{}", text.len()), text);
                    one["signatureInfo"]["profile"] = json!("ubl-nonfinal");
                    one["signatureInfo"]["signatureLevel"] = json!(level);
                    one
                })
            });
            let answer = client.sign(&request(&mark, documents.collect::<Vec<_>>())).await.good();
            let list = &answer["documentList"];
            for at in [0, 2] {
                assert!(list[at]["signedContent"].is_string(), "{}", list[at]);
            }
            let withheld = service.app.excesses.all(service.app.now());
            for hidden in [&list[1], &list[3]] {
                assert_eq!(hidden["signedContent"].is_null(), checks, "{hidden}");
                let reason = if checks { json!("seal-check-failed") } else { json!(null) };
                assert_eq!(hidden["signErrorReason"], reason, "{hidden}");
            }
            assert_eq!(withheld.len(), usize::from(checks), "{withheld:?}");
            for (name, excess) in &withheld {
                assert!(name.starts_with("seals:") && name.ends_with("/withheld"), "{name}");
                let told = format!("{:?}", excess.alarm);
                assert!(told.contains("holds more than it covers"), "{told}");
            }
            service.stop().await;
        }
    });
}
