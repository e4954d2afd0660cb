//! PDF and other files over HTTP: what Sign'Stash's clients send for them, and what they get back.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::authority::AUTHORITY;
use crate::support::client::{all_sealed, document, request, sealed};
use crate::support::judges::repository;
use crate::support::service::{on_shared, unique};
use chancery_testing::pdf_judges::pyhanko_verify;
use chancery_testing::pdfs;

/// A one-pixel PNG.
const PIXEL: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

fn invoice() -> Vec<u8> {
    std::fs::read(repository().join("samples/pdf/invoice.pdf")).unwrap()
}

fn of_type(reference: &str, content: &[u8], content_type: &str, signature: Value) -> Value {
    let mut document = document(reference, content);
    document["documentRequest"]["contentType"] = json!(content_type);
    document["signatureInfo"] = signature;
    document
}

/// The documented example of a visible signature.
fn visible() -> Value {
    json!({
        "templateType": "ONE_OFF",
        "oneOffTemplate": "Digitally Signed by $certificate.getCommonName().",
        "locationType": "COORDINATE", "locationValue": "page=1,x=70,y=100",
        "area": "width=155,height=50", "areaBackgroundColor": "#FFFFFF",
        "font": "name=arial,color=#000000,size=11",
        "imageType": "IMAGE_PNG", "imageValue": PIXEL,
    })
}

#[test]
fn the_documented_pdf_request_is_sealed_and_a_retry_gives_the_same_bytes() {
    on_shared(async |service| {
        let client = service.client().await;
        let reference = unique("Ext_Ref");
        let signature = json!({
            "signatureType": "PAdES", "applyTimestamp": false,
            "reason": "Invoice", "location": "Lisboa",
            "visibleSignatureInfo": visible(),
            "advancedSignatureInfo": {
                "signatureLocation": "SignatureInformation",
                "signatureTransform": "ENVELOPED",
                "canonicalTransform": "EXCLUSIVE_WITH_COMMENTS",
            },
        });
        let document = of_type(&reference, &invoice(), "application/pdf", signature);
        let body = request(&reference, vec![document]);
        let first = client.sign(&body).await.good();
        all_sealed(&first);
        let answer = &first["documentList"][0];
        assert_eq!(answer["signatureLevel"], "PAdES-BASELINE-B");
        let warnings = answer["signWarnings"].to_string();
        for said in ["signatureLocation applies to XML", "name was not used"] {
            assert!(warnings.contains(said), "{warnings}");
        }
        let attributes = answer["documentAttributes"].to_string();
        assert!(attributes.contains("page=1,x=70,y=100"), "{attributes}");

        let bytes = sealed(&first, 0);
        assert!(bytes.starts_with(&invoice()), "the document comes first, bit for bit");
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("sealed.pdf");
        std::fs::write(&file, &bytes).unwrap();
        let verdicts = pyhanko_verify(&[AUTHORITY.root().clone()], &[file]);
        let [verdict] = verdicts.as_slice() else { panic!("{verdicts:?}") };
        assert!(verdict.accepted && verdict.coverage == "ENTIRE_FILE", "{verdict:?}");
        assert_eq!(verdict.lacks, "", "{verdict:?}");
        let again = client.sign(&body).await.good();
        assert_eq!(sealed(&again, 0), bytes);
        assert_eq!(again["id"], first["id"]);
    });
}

/// Asks OpenSSL about a signature; gives the content that it found or was given.
fn openssl(signature: &[u8], content: Option<&[u8]>) -> Result<Vec<u8>, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("signature"), signature).unwrap();
    let mut command = Command::new("openssl");
    command.args(["cms", "-verify", "-cades", "-binary", "-inform", "DER", "-purpose", "any"]);
    command.arg("-in").arg(path("signature")).arg("-out").arg(path("out"));
    command.arg("-CAfile").arg(AUTHORITY.root());
    if let Some(content) = content {
        std::fs::write(path("content"), content).unwrap();
        command.arg("-content").arg(path("content"));
    }
    let output = command.output().expect("openssl is missing");
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok(std::fs::read(path("out")).unwrap())
}

#[test]
fn anything_is_sealed_with_cades() {
    on_shared(async |service| {
        let client = service.client().await;
        let mark = unique("cades");
        let csv = b"number;amount\r\n1;23.40\r\n";
        let attached = json!({ "signatureType": "CAdES" });
        let detached = json!({ "signatureType": "CAdES", "profile": "cades-b-detached" });
        let documents = vec![
            of_type(&format!("{mark}/1"), csv, "text/csv", attached.clone()),
            of_type(&format!("{mark}/2"), csv, "text/csv", detached),
            of_type(&format!("{mark}/3"), b"<a/>", "application/xml", attached),
        ];
        let answer = client.sign(&request(&mark, documents)).await.good();
        all_sealed(&answer);
        assert_eq!(openssl(&sealed(&answer, 0), None).unwrap(), csv);
        assert_eq!(openssl(&sealed(&answer, 1), Some(csv)).unwrap(), csv);
        openssl(&sealed(&answer, 1), Some(b"number;amount\r\n1;99.40\r\n")).unwrap_err();
        assert_eq!(openssl(&sealed(&answer, 2), None).unwrap(), b"<a/>");
        assert_eq!(answer["documentList"][0]["signatureLevel"], "CAdES-BASELINE-B");
    });
}

#[test]
fn a_folder_is_sealed_as_one_container() {
    on_shared(async |service| {
        let client = service.client().await;
        let mark = unique("asic");
        let zip = container(&[("a.txt", b"one"), ("b/c.csv", b"1;2")]);
        let wanted = |kind: &str| json!({ "signatureType": kind, "profile": "asic-e" });
        let documents = vec![
            of_type(&format!("{mark}/1"), &zip, "application/zip", wanted("XAdES")),
            of_type(&format!("{mark}/2"), &zip, "application/zip", wanted("CAdES")),
        ];
        let answer = client.sign(&request(&mark, documents)).await.good();
        for (at, format) in ["XAdES", "CAdES"].iter().enumerate() {
            let bytes = sealed(&answer, at);
            assert_eq!(&bytes[30..38], b"mimetype");
            assert_eq!(&bytes[38..69], b"application/vnd.etsi.asic-e+zip");
            let level = format!("ASiC-E with {format}-BASELINE-B");
            assert_eq!(answer["documentList"][at]["signatureLevel"], level);
        }
    });
}

/// A ZIP made by Python.
fn container(files: &[(&str, &[u8])]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.zip");
    let mut command = Command::new("python3");
    command.arg("-c").arg(
        "import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1], 'w')\n\
         [z.writestr(n, c) for n, c in zip(sys.argv[2::2], sys.argv[3::2])]\nz.close()",
    );
    command.arg(&path);
    for (name, content) in files {
        command.arg(name).arg(std::str::from_utf8(content).unwrap());
    }
    assert!(command.status().unwrap().success());
    std::fs::read(path).unwrap()
}

#[test]
fn a_container_needs_files() {
    on_shared(async |service| {
        let client = service.client().await;
        let mark = unique("empty");
        let wanted = json!({ "signatureType": "CAdES", "profile": "asic-e" });
        let document = of_type(&mark, &container(&[]), "application/zip", wanted);
        let answer = client.sign(&request(&mark, vec![document])).await.good();
        assert_eq!(answer["documentList"][0]["signErrorReason"], "container-empty");
    });
}

/// What is said instead of the documented example (`null`: not at all), the reason, and a word of it.
fn wrong_visible() -> Vec<(Value, &'static str, &'static str)> {
    vec![
        (json!({ "locationType": "CORNER" }), "member-invalid", "SIGN_FIELD"),
        (json!({ "locationValue": "page=1" }), "member-invalid", "page=1,x=70"),
        (json!({ "locationValue": "page=1,x=1,y=1,x=2" }), "member-invalid", "locationValue"),
        (json!({ "locationValue": "page=one,x=1,y=1" }), "member-invalid", "locationValue"),
        (json!({ "locationValue": "page=1,x=NaN,y=1" }), "member-invalid", "locationValue"),
        (json!({ "area": "width=5" }), "member-invalid", "area"),
        (json!({ "areaBackgroundColor": "red" }), "member-invalid", "#RRGGBB"),
        (json!({ "font": "size=big" }), "member-invalid", "font"),
        (json!({ "imageType": "IMAGE_GIF" }), "member-invalid", "IMAGE_PNG"),
        (json!({ "imageType": null }), "member-missing", "imageType"),
        (json!({ "imageValue": "AAAA" }), "pdf-image-unreadable", "image"),
        (json!({ "locationValue": "page=99,x=1,y=1" }), "pdf-page-missing", "99"),
        (json!({ "locationValue": "page=1,x=580,y=1" }), "pdf-area-outside", "page 1"),
        (json!({ "oneOffTemplate": null }), "member-missing", "oneOffTemplate"),
        (
            json!({ "oneOffTemplate": "$certificate.getClass()" }),
            "pdf-template-invalid",
            "getClass",
        ),
        (
            json!({ "locationType": "SIGN_FIELD", "locationValue": "Nobody" }),
            "pdf-field-missing",
            "Nobody",
        ),
        (
            json!({ "locationType": "PLACEHOLDER", "locationValue": "zebra" }),
            "pdf-placeholder-missing",
            "zebra",
        ),
    ]
}

#[test]
fn a_visible_signature_that_cannot_be_made_is_refused_by_its_member() {
    let table = wrong_visible();
    on_shared(async |service| {
        let client = service.client().await;
        let mark = unique("visible");
        let documents: Vec<Value> = table
            .iter()
            .enumerate()
            .map(|(at, (said, _, _))| {
                let mut visible = visible();
                let members = visible.as_object_mut().unwrap();
                members.extend(said.as_object().unwrap().clone());
                members.retain(|_, value| !value.is_null());
                let signature =
                    json!({ "signatureType": "PAdES", "visibleSignatureInfo": visible });
                of_type(&format!("{mark}/{at}"), &invoice(), "application/pdf", signature)
            })
            .collect();
        let answer = client.sign(&request(&mark, documents)).await.good();
        for (at, (said, reason, word)) in table.iter().enumerate() {
            let document = &answer["documentList"][at];
            let detail = document["signErrorDetail"].as_str().unwrap_or_default();
            assert_eq!(document["signErrorReason"], *reason, "{said}: {detail}");
            assert!(detail.contains(word), "{said}: {detail}");
        }
    });
}

#[test]
fn a_client_service_says_what_its_visible_signatures_read_and_whether_documents_may_run_things() {
    on_shared(async |service| {
        let script = invoice_with_script();
        let strict = service.client_without_active_content().await;
        let plain = json!({ "signatureType": "PAdES" });
        let mark = unique("script");
        let one = |mark: &str| {
            request(mark, vec![of_type(mark, &script, "application/pdf", plain.clone())])
        };
        let refused = strict.sign(&one(&mark)).await.good();
        assert_eq!(refused["documentList"][0]["signErrorReason"], "pdf-active-content");
        let told = service.client().await.sign(&one(&unique("script"))).await.good();
        all_sealed(&told);
        let warnings = told["documentList"][0]["signWarnings"].to_string();
        assert!(warnings.contains("JavaScript"), "{warnings}");
    });
}

/// An invoice with a script that runs when it is opened.
fn invoice_with_script() -> Vec<u8> {
    pdfs::all().iter().find(|one| one.name.contains("javascript")).unwrap().bytes.clone()
}

/// A PDF has none; every seal of it covers those before.
#[test]
fn a_countersignature_of_a_pdf_is_refused_with_what_to_do() {
    on_shared(async |service| {
        let client = service.client().await;
        for wanted in ["COUNTERSIGN", "PARALLEL", "REFUSE"] {
            let settings = json!({ "existingSignatures": wanted });
            let signature = json!({ "signatureType": "PAdES", "advancedSignatureInfo": settings });
            let mark = unique("counter");
            let one = of_type(&mark, &invoice(), "application/pdf", signature);
            let answer = client.sign(&request(&mark, vec![one])).await.good();
            let refused = &answer["documentList"][0];
            assert_eq!(refused["signErrorReason"], "setting-conflict", "{refused}");
            let detail = refused["signErrorDetail"].as_str().unwrap();
            assert!(detail.contains("existingSignatures"), "{detail}");
            assert!(detail.contains("no countersignatures") && detail.contains("leave it out"));
        }
    });
}
