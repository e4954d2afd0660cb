//! Every format at the levels that it can have, before foreign judges.

use std::path::PathBuf;

use chancery::domain::client_service::Timestamps;
use chancery::domain::level::Level;
use chancery::pki::path::TrustAnchor;
use chancery::pki::validation_data::CollectedData;
use chancery::seal::Limits;
use chancery::seal::long_term::{LongTermSettings, raise};
use chancery_testing::judges::{DssTrust, dss_validate};
use chancery_testing::pdf_judges::pyhanko_long_term;
use chancery_testing::tsa::TSA;
use serde_json::{Value, json};

use super::{World, read};
use crate::support::client::{all_sealed, document, request, small};
use crate::support::service::{now, run, unique};

/// What a document is, and what is asked for it.
const WISHES: [(&str, &str, &str, Option<&str>, &str); 7] = [
    ("xml", "XAdES", "LT", None, "XAdES-BASELINE-LT"),
    ("xml", "XAdES", "lta", None, "XAdES-BASELINE-LTA"),
    ("pdf", "PAdES", "LT", None, "PAdES-BASELINE-LT"),
    ("pdf", "PAdES", "LTA", None, "PAdES-BASELINE-LTA"),
    ("p7m", "CAdES", "LT", None, "CAdES-BASELINE-LT"),
    ("xml", "XAdES", "T", None, "XAdES-BASELINE-T"),
    ("xml", "XAdES", "B", None, "XAdES-BASELINE-B"),
];

fn wish() -> Value {
    let mark = unique("lasting");
    let pdf = std::fs::read("samples/pdf/invoice.pdf").unwrap();
    let documents = WISHES.iter().enumerate().map(|(at, (kind, format, level, profile, _))| {
        let (content, content_type) = match *kind {
            "xml" => (b"<a><b>1</b></a>".to_vec(), "application/xml"),
            "pdf" => (pdf.clone(), "application/pdf"),
            _ => (b"1;2".to_vec(), "application/octet-stream"),
        };
        let mut one = document(&format!("{mark}/{at}"), content);
        one["documentRequest"]["contentType"] = json!(content_type);
        one["signatureInfo"] =
            json!({ "signatureType": format, "signatureLevel": level, "profile": profile });
        one
    });
    request(&mark, documents.collect::<Vec<_>>())
}

/// The files of a request with everything, in the order of [`WISHES`].
async fn sealed(world: &World) -> Vec<Vec<u8>> {
    let service = world.setup(50).start().await;
    let client = world.client(&service, Timestamps::Fail).await;
    let wish = wish();
    let answer = client.sign(&wish).await.good();
    let list = &answer["documentList"];
    for (at, (.., level)) in WISHES.iter().enumerate() {
        assert_eq!(list[at]["signatureLevel"], *level, "{}", list[at]);
    }
    let files = all_sealed(&answer);
    // A repetition is answered from what is stored, and asks nobody.
    let asked = world.status.asked().len();
    assert_eq!(all_sealed(&client.sign(&wish).await.good()), files);
    assert_eq!(world.status.asked().len(), asked);
    service.stop().await;
    files
}

fn written(folder: &tempfile::TempDir, files: &[Vec<u8>]) -> Vec<PathBuf> {
    let written = files.iter().zip(WISHES).enumerate().map(|(at, (bytes, (kind, ..)))| {
        let file = folder.path().join(format!("{at}.{kind}"));
        std::fs::write(&file, bytes).unwrap();
        file
    });
    written.collect()
}

#[test]
fn every_format_is_sealed_at_the_level_that_is_asked_for() {
    run(async {
        let world = World::new();
        let files = sealed(&world).await;
        // One question each, whatever many documents need the answer.
        let mut asked = world.status.asked();
        asked.sort();
        assert_eq!(asked, ["/ocsp", "/root.crl", "/tsa.crl"]);
        // Six signature timestamps and two archive timestamps.
        assert_eq!(world.tsa.seen().len(), 8);

        // With what is in them alone, nothing is missing.
        let trust = [read(&world.status, "root.pem"), certificate(&TSA.root())];
        let trust = trust.map(TrustAnchor::of);
        let limits = Limits::default();
        let settings =
            LongTermSettings { trust: &trust, at: now(), limits: &limits, content: None };
        for (at, level) in [(0, Level::Lt), (1, Level::Lta), (2, Level::Lt), (4, Level::Lt)] {
            let again = raise(files[at].clone(), CollectedData::default(), &settings).unwrap();
            assert_eq!((again.level, again.changed), (level, false), "{at}");
        }
        let folder = tempfile::tempdir().unwrap();
        let written = written(&folder, &files);
        let roots = [world.status.file("root.pem"), TSA.root()];
        let verdicts = pyhanko_long_term(&roots, &written[2..4]);
        let archived: Vec<usize> = verdicts.iter().map(|one| one.archived).collect();
        assert!(verdicts.iter().all(|one| one.accepted) && archived == [0, 1], "{verdicts:?}");
    });
}

fn certificate(file: &std::path::Path) -> chancery::pki::certificate::Certificate {
    let read = chancery::pki::certificate_file::certificates(&std::fs::read(file).unwrap());
    read.unwrap().remove(0)
}

#[test]
fn what_has_no_such_level_is_refused_by_name_before_a_key_is_used() {
    run(async {
        let world = World::new();
        let service = world.setup(50).start().await;
        let client = world.client(&service, Timestamps::Wait).await;
        let refused = [
            (
                json!({ "signatureType": "CAdES", "signatureLevel": "LTA" }),
                "not-available",
                "level LTA of CAdES",
            ),
            (
                json!({ "signatureType": "XAdES", "profile": "asic-e", "signatureLevel": "LT" }),
                "not-available",
                "level LT of containers",
            ),
            (
                json!({ "signatureType": "XAdES", "profile": "facturae-3.2", "signatureLevel": "LT" }),
                "setting-conflict",
                "levels LT and LTA are of XAdES baseline signatures",
            ),
        ];
        for (info, reason, words) in refused {
            let mut wish = small(&unique("refused"));
            wish["documents"][0]["signatureInfo"] = info.clone();
            let answer = client.sign(&wish).await.good();
            let document = &answer["documentList"][0];
            assert_eq!(document["signErrorReason"], reason, "{info}: {document}");
            let detail = document["signErrorDetail"].as_str().unwrap();
            assert!(detail.contains(words), "{info}: {detail}");
        }
        // Who seals without timestamps where they are asked for does not seal with less than a name.
        for timestamps in [Timestamps::Omit, Timestamps::Refuse] {
            let client = world.client(&service, timestamps).await;
            let wish = super::at_level(small(&unique("omitted")), "LT");
            let document = client.sign(&wish).await.good()["documentList"][0].clone();
            assert_eq!(document["signErrorReason"], "not-available", "{document}");
        }
        assert!(world.status.asked().is_empty() && world.tsa.seen().is_empty());
        service.stop().await;
    });
}

#[test]
fn without_anybody_to_trust_these_levels_are_refused() {
    run(async {
        let world = World::new();
        let mut setup = world.setup(50);
        setup.config.revocation.trust = Vec::new();
        let service = setup.start().await;
        let client = world.client(&service, Timestamps::Wait).await;
        let answer = client.sign(&super::at_level(small(&unique("none")), "LTA")).await.good();
        let detail = answer["documentList"][0]["signErrorDetail"].as_str().unwrap();
        assert!(detail.contains("revocation.trust"), "{detail}");
        service.stop().await;
    });
}

/// EU DSS gets the trust anchors and nothing else, and finds exactly the level that was asked for.
#[test]
#[ignore = "needs a JVM: make conformance"]
fn conformance_of_levels_of_the_service() {
    run(async {
        let world = World::new();
        let files = sealed(&world).await;
        let folder = tempfile::tempdir().unwrap();
        let written = written(&folder, &files);
        let trust = DssTrust {
            roots: vec![world.status.file("root.pem"), TSA.root()],
            certificates: Vec::new(),
            revocation_lists: Vec::new(),
            policies: Vec::new(),
            time: None,
        };
        let asked: Vec<_> = written.into_iter().map(|file| (file, None)).collect();
        for ((.., level), verdict) in WISHES.iter().zip(dss_validate(&trust, &asked)) {
            assert!(verdict.intact && verdict.level == *level, "{level}: {verdict:?}");
            let lasts = level.contains("-LT");
            assert!(!lasts || verdict.indication == "TOTAL_PASSED", "{level}: {verdict:?}");
            println!("{level}: {} {}", verdict.level, verdict.indication);
        }
    });
}
