//! Every format at the levels that it can have, before foreign judges.

use std::path::{Path, PathBuf};
use std::process::Command;

use chancery::domain::client_service::Timestamps;
use chancery::domain::level::Level;
use chancery::pki::path::TrustAnchor;
use chancery::pki::validation_data::CollectedData;
use chancery::seal::Limits;
use chancery::seal::long_term::{LongTermSettings, raise};
use chancery::verify::{Indication, RevocationDemand, VerifySettings, verify};
use chancery_testing::judges::{DssTrust, dss_validate};
use chancery_testing::pdf_judges::pyhanko_long_term;
use chancery_testing::tsa::TSA;
use serde_json::{Value, json};

use super::{World, read};
use crate::support::client::{all_sealed, document, request, small};
use crate::support::service::{now, run, unique};

/// What comes of a document, and what is asked for it.
const WISHES: [(&str, &str, &str, Option<&str>, &str); 13] = [
    ("xml", "XAdES", "LT", None, "XAdES-BASELINE-LT"),
    ("xml", "XAdES", "lta", None, "XAdES-BASELINE-LTA"),
    ("pdf", "PAdES", "LT", None, "PAdES-BASELINE-LT"),
    ("pdf", "PAdES", "LTA", None, "PAdES-BASELINE-LTA"),
    ("p7m", "CAdES", "LT", None, "CAdES-BASELINE-LT"),
    ("p7m", "CAdES", "LTA", None, "CAdES-BASELINE-LTA"),
    ("p7s", "CAdES", "LTA", Some("cades-b-detached"), "CAdES-BASELINE-LTA"),
    ("asice", "XAdES", "LT", Some("asic-e"), "ASiC-E with XAdES-BASELINE-LT"),
    ("asice", "XAdES", "LTA", Some("asic-e"), "ASiC-E with XAdES-BASELINE-LTA"),
    ("asice", "CAdES", "LT", Some("asic-e"), "ASiC-E with CAdES-BASELINE-LT"),
    ("asice", "CAdES", "LTA", Some("asic-e"), "ASiC-E with CAdES-BASELINE-LTA"),
    ("xml", "XAdES", "T", None, "XAdES-BASELINE-T"),
    ("xml", "XAdES", "B", None, "XAdES-BASELINE-B"),
];

/// What is sealed where it need not be XML or PDF.
const CONTENT: &[u8] = b"1;2";

fn wish() -> Value {
    let mark = unique("lasting");
    let pdf = std::fs::read("samples/pdf/invoice.pdf").unwrap();
    let documents = WISHES.iter().enumerate().map(|(at, (kind, format, level, profile, _))| {
        let (content, content_type) = match *kind {
            "xml" => (b"<a><b>1</b></a>".to_vec(), "application/xml"),
            "pdf" => (pdf.clone(), "application/pdf"),
            _ => (CONTENT.to_vec(), "application/octet-stream"),
        };
        let mut one = document(&format!("{mark}/{at}"), content);
        one["documentRequest"]["name"] = json!("document.bin");
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
        // A signature timestamp of each above level B, and an archive timestamp of each at LTA.
        assert_eq!(world.tsa.seen().len(), 12 + 6);

        // With what is in them alone, nothing is missing.
        let trust = [read(&world.status, "root.pem"), certificate(&TSA.root())];
        let trust = trust.map(TrustAnchor::of);
        let limits = Limits::default();
        for (bytes, (kind, format, level, ..)) in files.iter().zip(WISHES) {
            let Some(level @ (Level::Lt | Level::Lta)) = Level::parse(level) else { continue };
            let content = (kind == "p7s").then_some(CONTENT);
            let settings = LongTermSettings { trust: &trust, at: now(), limits: &limits, content };
            let again = raise(bytes.clone(), CollectedData::default(), &settings).unwrap();
            // What an archive timestamp beside the signature stands on comes into the file behind it.
            let is_beside = matches!((kind, format), ("pdf", _) | ("asice", "CAdES"));
            let behind = level == Level::Lta && is_beside;
            assert_eq!((again.level, again.changed), (level, behind), "{kind} {format}");
        }
        let folder = tempfile::tempdir().unwrap();
        let written = written(&folder, &files);
        let roots = [world.status.file("root.pem"), TSA.root()];
        let verdicts = pyhanko_long_term(&roots, &written[2..4]);
        let archived: Vec<usize> = verdicts.iter().map(|one| one.archived).collect();
        assert!(verdicts.iter().all(|one| one.accepted) && archived == [0, 1], "{verdicts:?}");
        for (file, (kind, format, level, ..)) in written.iter().zip(WISHES) {
            match (kind, format) {
                ("p7m" | "p7s", _) => openssl_cms(&roots[0], file, kind == "p7s"),
                ("asice", "CAdES") => openssl_container(&roots[0], file, level == "LTA"),
                _ => {}
            }
        }
    });
}

/// openssl finds the seal over its content.
fn openssl_cms(root: &Path, file: &Path, is_detached: bool) {
    let content = file.with_extension("content");
    std::fs::write(&content, CONTENT).unwrap();
    let mut command = Command::new("openssl");
    command.args(["cms", "-verify", "-cades", "-binary", "-inform", "DER", "-purpose", "any"]);
    command.args(["-out", "/dev/null", "-in"]).arg(file).arg("-CAfile").arg(root);
    if is_detached {
        command.arg("-content").arg(content);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{file:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// The same in a container, and its archive timestamp over the manifest of everything.
fn openssl_container(root: &Path, file: &Path, is_archived: bool) {
    let folder = tempfile::tempdir().unwrap();
    let unzip = Command::new("unzip").arg("-qq").arg(file).arg("-d").arg(folder.path()).status();
    assert!(unzip.unwrap().success());
    let mut command = Command::new("openssl");
    command.args(["cms", "-verify", "-cades", "-binary", "-inform", "DER", "-purpose", "any"]);
    command.args(["-in", "META-INF/signature001.p7s"]);
    command.args(["-content", "META-INF/ASiCManifest001.xml", "-out", "/dev/null", "-CAfile"]);
    let output = command.arg(root).current_dir(folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let inside = |name: &str| std::fs::read(folder.path().join("META-INF").join(name));
    let token = inside("timestamp001.tst");
    assert_eq!(token.is_ok(), is_archived, "{file:?}");
    if let Ok(token) = token {
        TSA.verify(&token, &inside("ASiCArchiveManifest.xml").unwrap()).unwrap();
    }
}

fn certificate(file: &Path) -> chancery::pki::certificate::Certificate {
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
                json!({ "signatureType": "XAdES", "signatureLevel": "LT",
                        "advancedSignatureInfo": { "xadesLevel": "BES" } }),
                "setting-conflict",
                "levels LT and LTA are of XAdES baseline signatures",
            ),
            (
                json!({ "signatureType": "XAdES", "signatureLevel": "LTA",
                        "advancedSignatureInfo": { "xadesLevel": "NONE",
                                                   "referenceOrder": ["DOCUMENT"] } }),
                "setting-conflict",
                "has no place for a timestamp",
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
        let content = folder.path().join("document.bin");
        std::fs::write(&content, CONTENT).unwrap();
        let content = |file: &PathBuf| {
            file.extension().is_some_and(|kind| kind == "p7s").then(|| content.clone())
        };
        let asked: Vec<_> =
            written.into_iter().map(|file| (file.clone(), content(&file))).collect();
        for ((.., level), verdict) in WISHES.iter().zip(dss_validate(&trust, &asked)) {
            // what is in a container has a level of its own
            let level = level.rsplit(' ').next().unwrap();
            assert!(verdict.intact && verdict.level == level, "{level}: {verdict:?}");
            let lasts = level.contains("-LT");
            assert!(!lasts || verdict.indication == "TOTAL_PASSED", "{level}: {verdict:?}");
            println!("{level}: {} {}", verdict.level, verdict.indication);
        }
    });
}

/// Beside others, whatever level those have, a seal in a container gets its own.
#[test]
fn a_seal_goes_into_a_container_at_every_level() {
    run(async {
        let world = World::new();
        let service = world.setup(50).start().await;
        let client = world.client(&service, Timestamps::Fail).await;
        let container = |mark: &str, format: &str, level: &str, content: &[u8]| {
            let mut one = document(mark, content);
            one["documentRequest"]["name"] = json!("document.asice");
            one["documentRequest"]["contentType"] = json!("application/octet-stream");
            one["signatureInfo"] = json!({ "signatureType": format, "signatureLevel": level,
                "profile": "asic-e", "advancedSignatureInfo": { "existingSignatures": "PARALLEL" } });
            one
        };
        let formats = ["XAdES", "CAdES"];
        let levels = ["B", "T", "LT", "LTA"];
        let mark = unique("standing");
        let wish: Vec<_> = formats
            .iter()
            .flat_map(|format| ["B", "LTA"].map(|level| (format, level)))
            .map(|(format, level)| {
                container(&format!("{mark}/{format}{level}"), format, level, CONTENT)
            })
            .collect();
        let standing = all_sealed(&client.sign(&request(&mark, wish)).await.good());
        let mark = unique("beside");
        let mut asked = Vec::new();
        let mut wish = Vec::new();
        for (number, standing) in standing.iter().enumerate() {
            let format = formats[number / 2];
            for level in levels {
                wish.push(container(&format!("{mark}/{number}{level}"), format, level, standing));
                asked.push((format, level));
            }
        }
        let wish = request(&mark, wish);
        let answer = client.sign(&wish).await.good();
        let trust = [read(&world.status, "root.pem"), certificate(&TSA.root())];
        let mut settings = VerifySettings::new(trust.map(TrustAnchor::of).to_vec(), now());
        settings.revocation = RevocationDemand::NotAsked;
        for (at, (format, level)) in asked.iter().enumerate() {
            let one = &answer["documentList"][at];
            let said = format!("ASiC-E with {format}-BASELINE-{level}");
            assert_eq!(one["signatureLevel"], *said, "{one}");
            let file = crate::support::client::sealed(&answer, at);
            let report = verify(&file, &settings);
            assert_eq!(report.indication, Indication::Passed, "{report:#?}");
            let seals: Vec<_> =
                report.signatures.iter().filter(|one| one.format == *format).collect();
            assert_eq!(seals.len(), 2, "{report:#?}");
            // What the first seal has in the container for whoever validates it is there for ours, too.
            let lasts = seals[0].level == Some("LTA");
            let is_enough = *format == "CAdES" && *level == "T" && lasts;
            let expected = if is_enough { "LT" } else { *level };
            assert_eq!(seals[1].level, Some(expected), "{format} {level}");
        }
        let again = client.sign(&wish).await;
        assert_eq!(again.header("idempotent-replayed"), "true");
        assert_eq!(all_sealed(&again.good()), all_sealed(&answer));
        service.stop().await;
    });
}

/// The one who countersigns may be who signed: what is looked at before release is the countersignature.
#[test]
fn a_cms_signature_is_countersigned_at_every_level() {
    run(async {
        let world = World::new();
        let service = world.setup(50).start().await;
        let client = world.client(&service, Timestamps::Fail).await;
        let wish = |mark: &str, level: &str, content: &[u8], settings: Value| {
            let mut one = document(mark, content);
            one["documentRequest"]["name"] = json!("contract.p7m");
            one["documentRequest"]["contentType"] = json!("application/pkcs7-mime");
            one["signatureInfo"] = json!({ "signatureType": "CAdES", "signatureLevel": level,
                "advancedSignatureInfo": settings });
            one
        };
        let mark = unique("contract");
        let first = request(&mark, vec![wish(&mark, "T", CONTENT, json!({}))]);
        let first = all_sealed(&client.sign(&first).await.good()).remove(0);
        let levels = ["B", "T", "LT", "LTA"];
        let mark = unique("counter");
        let counter = json!({ "existingSignatures": "COUNTERSIGN" });
        let wishes = levels
            .iter()
            .map(|level| wish(&format!("{mark}/{level}"), level, &first, counter.clone()));
        let answer = client.sign(&request(&mark, wishes.collect::<Vec<_>>())).await.good();
        let trust = [read(&world.status, "root.pem"), certificate(&TSA.root())];
        let mut settings = VerifySettings::new(trust.map(TrustAnchor::of).to_vec(), now());
        settings.revocation = RevocationDemand::NotAsked;
        for (at, level) in levels.iter().enumerate() {
            let one = &answer["documentList"][at];
            assert_eq!(one["signatureLevel"], format!("CAdES-BASELINE-{level}"), "{one}");
            let report = verify(&crate::support::client::sealed(&answer, at), &settings);
            assert_eq!(report.indication, Indication::Passed, "{report:#?}");
            let [_, over] = report.signatures.as_slice() else { panic!("{report:#?}") };
            assert_eq!((&*over.place, over.level), ("countersigner 1 of signer 1", Some(*level)));
        }
        service.stop().await;
    });
}
