//! A raised seal that does not verify by what is in its file is not released, and operators are told.

use std::sync::atomic::{AtomicUsize, Ordering};

use chancery::domain::client_service::Timestamps;
use chancery::workflow::alarms::Watcher;
use chancery_testing::tsa::TSA;
use chancery_testing::tsa_server::TsaReply;
use serde_json::{Value, json};

use super::World;
use crate::support::client::{Client, document, request, sealed};
use crate::support::service::{Service, Setup, now, run, unique};

/// How far the clock of the authority is ahead of ours: its operator tolerates that, and no verifier does.
const AHEAD_MS: i64 = 18 * 60_000;

/// A time-stamp authority whose clock is ahead in its answers from this one on.
fn ahead_from(world: &World, first: usize) {
    // Before it is now.
    TSA.now();
    let asked = AtomicUsize::new(0);
    world.tsa.answers(move |query| {
        let is_ahead = asked.fetch_add(1, Ordering::SeqCst) >= first;
        TsaReply::good_at(query, now().plus_ms(if is_ahead { AHEAD_MS } else { 0 }))
    });
}

fn setup(world: &World) -> Setup {
    let mut setup = world.setup(0);
    for authority in setup.config.timestamp.authorities.values_mut() {
        authority.tolerance_ms = 60 * 60_000;
    }
    setup
}

async fn sealed_at(client: &Client, level: &str) -> Value {
    let mut one = document(&unique("withheld"), b"<a><b>1</b></a>");
    one["signatureInfo"] = json!({ "signatureType": "XAdES", "signatureLevel": level });
    client.sign(&request(&unique("withheld"), vec![one])).await.good()
}

/// The alarms that stand after a look, and what the last seal was withheld for.
async fn alarms(service: &Service) -> (Vec<String>, String) {
    Watcher::default().look(&service.app).await.unwrap();
    let all = service.app.reader.alarms().await.unwrap();
    let mut standing: Vec<String> =
        all.into_iter().filter(|it| it.cleared.is_none()).map(|it| it.name).collect();
    standing.retain(|name| name.starts_with("seals:"));
    let noted = service.app.excesses.all(service.app.now());
    (standing, format!("{:?}", noted.first().map(|(_, excess)| &excess.alarm)))
}

/// An archive timestamp of a time that is still to come proves nothing to whoever looks now: the file has level LT.
#[test]
fn a_raised_seal_that_has_not_its_level_is_withheld_and_operators_are_told() {
    run(async {
        for (level, first, words) in [
            ("LTA", 1, "by what is in the file it has level LT and not LTA"),
            ("LT", 0, "by what is in the file it has level B and not LT"),
        ] {
            let world = World::new();
            ahead_from(&world, first);
            let service = setup(&world).start().await;
            let client = world.client(&service, Timestamps::Fail).await;
            assert_eq!(alarms(&service).await.0, Vec::<String>::new());
            let answer = sealed_at(&client, level).await;
            let document = &answer["documentList"][0];
            assert_eq!(document["signErrorReason"], "seal-check-failed", "{answer}");
            assert_eq!(document["signError"], "SIGN_OPERATION_INTERNAL_ERROR", "{answer}");
            assert!(document.get("signedContent").is_none(), "{answer}");
            let detail = client.detail(&answer["id"], true).await.good();
            assert!(detail["documentList"][0].get("signedContent").is_none(), "{detail}");
            let (standing, said) = alarms(&service).await;
            let [name] = standing.as_slice() else { panic!("{standing:?}") };
            assert!(name.ends_with("/withheld"), "{name}");
            assert!(said.contains("SealsWithheld") && said.contains(words), "{said}");

            // it is that seal and no other one
            world.tsa.comes_back();
            let answer = sealed_at(&client, level).await;
            assert!(!sealed(&answer, 0).is_empty());
            service.stop().await;
        }
    });
}
