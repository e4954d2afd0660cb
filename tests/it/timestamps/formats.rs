//! Every format at level T, and what has no level T.

use std::process::Command;

use chancery::domain::client_service::Timestamps;
use chancery_testing::pdf_judges::pyhanko_time_stamped;
use chancery_testing::tsa::TSA;
use chancery_testing::tsa_server::TsaServer;
use serde_json::{Value, json};

use super::{all_judged, client, judged, stamped, with};
use crate::support::authority::AUTHORITY;
use crate::support::client::{all_sealed, document, request, sealed, small};
use crate::support::judges::repository;
use crate::support::service::{run, unique};

fn of_type(reference: &str, content: &[u8], content_type: &str, signature: Value) -> Value {
    let mut document = document(reference, content);
    document["documentRequest"]["contentType"] = json!(content_type);
    document["signatureInfo"] = signature;
    document
}

/// The signature in a container.
fn inside(container: &[u8]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.asice");
    std::fs::write(&file, container).unwrap();
    let mut command = Command::new("python3");
    command.arg("-c").arg(
        "import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1])\n\
         n = [n for n in z.namelist() if n.startswith('META-INF/signature')]\n\
         assert len(n) == 1, n\nsys.stdout.buffer.write(z.read(n[0]))",
    );
    let output = command.arg(&file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

#[test]
fn every_format_is_sealed_at_level_t() {
    run(async {
        let server = TsaServer::start();
        let service = with(&server).start().await;
        let client = client(&service, Timestamps::Wait).await;
        let pdf = std::fs::read(repository().join("samples/pdf/invoice.pdf")).unwrap();
        let mark = unique("levels");
        let any = "application/octet-stream";
        let asking = |kind: &str, profile: Option<&str>| json!({ "signatureType": kind, "profile": profile, "applyTimestamp": true });
        let documents: Vec<Value> = [
            (&b"<a/>"[..], "application/xml", asking("XAdES", None)),
            (b"<a/>", "application/xml", asking("XAdES", Some("facturae-3.2"))),
            (&pdf, "application/pdf", json!({ "signatureType": "PAdES", "signatureLevel": "t" })),
            (b"1;2", any, asking("CAdES", None)),
            (b"1;2", any, asking("CAdES", Some("cades-b-detached"))),
            (b"<a/>", "application/xml", asking("XAdES", Some("asic-e"))),
            (b"1;2", any, asking("CAdES", Some("asic-e"))),
            (
                b"<a/>",
                "application/xml",
                json!({ "signatureType": "XAdES", "signatureLevel": "B" }),
            ),
        ]
        .into_iter()
        .enumerate()
        .map(|(at, (content, kind, info))| of_type(&format!("{mark}/{at}"), content, kind, info))
        .collect();
        let wish = request(&mark, documents);
        let answer = client.sign(&wish).await.good();
        let files = all_sealed(&answer);
        let levels: Vec<&str> = (0..8)
            .map(|at| answer["documentList"][at]["signatureLevel"].as_str().unwrap())
            .collect();
        assert_eq!(
            levels,
            [
                "XAdES-BASELINE-T",
                "XAdES-T",
                "PAdES-BASELINE-T",
                "CAdES-BASELINE-T",
                "CAdES-BASELINE-T",
                "ASiC-E with XAdES-BASELINE-T",
                "ASiC-E with CAdES-BASELINE-T",
                "XAdES-BASELINE-B",
            ]
        );
        let signatures = files[..7].iter().enumerate();
        let signatures =
            signatures.map(|(at, file)| if at < 5 { file.clone() } else { inside(file) });
        all_judged(&signatures.collect::<Vec<_>>());
        // One token for each, over another value with another nonce.
        let mut queries: Vec<_> = server.seen().into_iter().map(|query| query.body).collect();
        assert_eq!(queries.len(), 7);
        queries.sort();
        queries.dedup();
        assert_eq!(queries.len(), 7);

        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("sealed.pdf");
        std::fs::write(&file, &files[2]).unwrap();
        let verdicts = pyhanko_time_stamped(&[AUTHORITY.root(), TSA.root()], &[file]);
        let [verdict] = verdicts.as_slice() else { panic!("{verdicts:?}") };
        assert!(verdict.accepted && verdict.coverage == "ENTIRE_FILE", "{verdict:?}");
        assert_eq!(verdict.lacks, "", "{verdict:?}");

        // A repetition is answered from what is stored, and asks nobody.
        let again = client.sign(&wish).await.good();
        assert_eq!(all_sealed(&again), files);
        assert_eq!(server.seen().len(), 7);
        service.stop().await;
    });
}

#[test]
fn what_cannot_be_had_is_refused_by_name_before_a_key_is_used() {
    run(async {
        let server = TsaServer::start();
        let service = with(&server).start().await;
        let client = client(&service, Timestamps::Wait).await;
        let refused = [
            (
                json!({ "signatureLevel": "LT" }),
                "not-available",
                "signatureInfo.signatureLevel: level LT is not available",
            ),
            (json!({ "signatureLevel": "lta" }), "not-available", "level LTA"),
            (
                json!({ "signatureLevel": "X" }),
                "member-invalid",
                "signatureInfo.signatureLevel must be B, T, LT or LTA",
            ),
            (
                json!({ "signatureLevel": "B", "applyTimestamp": true }),
                "member-invalid",
                "as applyTimestamp asks for a timestamp",
            ),
            (
                json!({ "signatureLevel": "T", "advancedSignatureInfo": { "xadesLevel": "NONE" } }),
                "setting-conflict",
                "no place for a timestamp",
            ),
        ];
        for (info, reason, words) in refused {
            let mut wish = small(&unique("refused"));
            let members = wish["documents"][0]["signatureInfo"].as_object_mut().unwrap();
            members.extend(info.as_object().unwrap().clone());
            let answer = client.sign(&wish).await.good();
            let document = &answer["documentList"][0];
            assert_eq!(document["signErrorReason"], reason, "{info}: {document}");
            let detail = document["signErrorDetail"].as_str().unwrap();
            assert!(detail.contains(words), "{info}: {detail}");
        }
        assert!(server.seen().is_empty());
        // Clients that always say that there is to be none may name the level.
        let mut wish = small(&unique("named"));
        wish["documents"][0]["signatureInfo"]["applyTimestamp"] = json!(false);
        wish["documents"][0]["signatureInfo"]["signatureLevel"] = json!("T");
        judged(&sealed(&client.sign(&wish).await.good(), 0));
        service.stop().await;
    });
}

#[test]
fn without_an_authority_a_timestamp_is_refused() {
    run(async {
        let service = crate::support::service::Setup::new().start().await;
        let client = client(&service, Timestamps::Wait).await;
        let answer = client.sign(&stamped(small(&unique("none")))).await.good();
        let document = &answer["documentList"][0];
        assert_eq!(document["signErrorReason"], "not-available", "{document}");
        let detail = document["signErrorDetail"].as_str().unwrap();
        assert!(detail.contains("no time-stamp authority for the client service"), "{detail}");
        service.stop().await;
    });
}
