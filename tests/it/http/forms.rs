//! Sign requests in the parts of a form, and the sealed documents in one ZIP.

use std::io::Write as _;
use std::process::Command;

use chancery::web::integration::multipart::{FilePart, PartOctets, Received, assign};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::client::{
    Answer, Client, HTTP, PATIENCE, all_sealed, document, request, sealed,
};
use crate::support::judges::repository;
use crate::support::service::{Setup, on_shared, run, unique};

/// What a generated client of Sign'Stash sends as content type, whatever the document.
const ALL_THREE: &str = "application/pdf, text/xml, application/xml";

/// A part: name, file name, content type, octets.
pub(super) type Part<'a> = (&'a str, Option<&'a str>, Option<&'a str>, &'a [u8]);

pub(super) const BOUNDARY: &str = "----a-boundary";

pub(super) fn form(parts: &[Part<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, file, content_type, octets) in parts {
        let file = file.map(|name| format!("; filename=\"{name}\"")).unwrap_or_default();
        let kind = content_type.map(|kind| format!("Content-Type: {kind}\r\n")).unwrap_or_default();
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n{kind}\r\n"
        );
        body.extend(head.as_bytes());
        body.extend_from_slice(octets);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

pub(super) async fn send(client: &Client, body: Vec<u8>) -> Answer {
    let address =
        format!("{}/signstash/einvoice-integration-ws/api/v0/document/sign/", client.base);
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    Answer::of(
        HTTP.post(address).bearer_auth(&client.token).header("content-type", kind).body(body),
    )
    .await
}

/// A request as it goes beside the documents.
pub(super) fn beside(reference: &str, documents: &[(&str, &str, &str)]) -> Value {
    let documents: Vec<Value> = documents
        .iter()
        .map(|(own, name, kind)| {
            let mut document = document(&format!("{reference}/{own}"), "");
            document["documentRequest"].as_object_mut().unwrap().remove("base64Content");
            document["documentRequest"]["name"] = json!(name);
            document["documentRequest"]["contentType"] = json!(ALL_THREE);
            document["signatureInfo"]["signatureType"] = json!(kind);
            document
        })
        .collect();
    request(reference, documents)
}

fn pdf() -> Vec<u8> {
    std::fs::read(repository().join("samples/pdf/invoice.pdf")).unwrap()
}

#[test]
fn documents_come_in_parts() {
    on_shared(async |service| {
        let client = service.client().await;
        let reference = unique("form");
        let wanted =
            [("1", "one.xml", "XAdES"), ("2", "two.pdf", "PAdES"), ("3", "one.xml", "XAdES")];
        let wanted = beside(&reference, &wanted).to_string();
        let (xml, pdf) = (b"<a>\r\n--1</a>".as_slice(), pdf());
        let files: [Part<'_>; 3] = [
            ("files", None, None, xml),
            ("files", Some("blob"), Some("application/octet-stream"), &pdf),
            ("files", None, Some("application/xml"), b"<b/>"),
        ];
        let json: Part<'_> =
            ("signRequest", Some("blob"), Some("application/json"), wanted.as_bytes());
        let first = [&[json], &files[..]].concat();
        let answer = send(&client, form(&first)).await;
        let original = answer.good();
        assert_eq!(original["status"], "EXECUTED");
        all_sealed(&original);
        let types = |at: usize| original["documentList"][at]["contentType"].clone();
        assert_eq!((types(0), types(1)), (json!("application/xml"), json!("application/pdf")));
        assert!(sealed(&original, 1).starts_with(&pdf));

        // Sent again, in another order of parts, or with base64: the same operation.
        let last = [&files[..], &[json]].concat();
        let again = send(&client, form(&last)).await;
        assert_eq!(again.header("idempotent-replayed"), "true", "{}", again.text());
        let mut with_base64: Value = serde_json::from_str(&wanted).unwrap();
        for (at, (.., octets)) in files.iter().enumerate() {
            let content = document("", octets)["documentRequest"]["base64Content"].clone();
            with_base64["documents"][at]["documentRequest"]["base64Content"] = content;
        }
        let again = client.sign(&with_base64).await;
        assert_eq!(again.header("idempotent-replayed"), "true", "{}", again.text());
        let mut other = files;
        other[2].3 = b"<c/>";
        let other = [&[json], &other[..]].concat();
        send(&client, form(&other)).await.error(409, "0.0.7", "reference-reused");
    });
}

#[test]
fn parts_that_have_names_may_come_in_any_order() {
    on_shared(async |service| {
        let client = service.client().await;
        let reference = unique("named");
        let wanted = beside(&reference, &[("1", "one.xml", "XAdES"), ("2", "dois ã.xml", "XAdES")]);
        let wanted = wanted.to_string();
        let parts: [Part<'_>; 3] = [
            ("files", Some("dois ã.xml"), None, b"<two/>"),
            ("signRequest", None, None, wanted.as_bytes()),
            ("files", Some("one.xml"), None, b"<one/>"),
        ];
        let answer = send(&client, form(&parts)).await.good();
        assert!(sealed(&answer, 0).starts_with(b"<one"));
        assert!(sealed(&answer, 1).starts_with(b"<two"));
    });
}

#[test]
fn forms_that_cannot_be_read_say_why() {
    on_shared(async |service| {
        let client = service.client().await;
        let reference = unique("bad form");
        let wanted = beside(&reference, &[("1", "a.xml", "XAdES"), ("2", "b.xml", "XAdES")]);
        let wanted = wanted.to_string();
        let json: Part<'_> = ("signRequest", None, None, wanted.as_bytes());
        let file: Part<'_> = ("files", None, None, b"<a/>");
        let named = |name| ("files", Some(name), None, b"<a/>".as_slice());
        for (parts, reason, words) in [
            (vec![json, file], "member-invalid", "1 came, and the request names 2"),
            (vec![file, file], "member-missing", "the part signRequest"),
            (vec![json, json, file, file], "multipart-malformed", "twice"),
            (vec![json, file, file, ("other", None, None, b"")], "multipart-malformed", "'other'"),
            (vec![json, named("b.xml"), named("c.xml")], "member-invalid", "in the order"),
            (vec![("signRequest", None, None, b"{"), file], "json-malformed", "JSON"),
        ] {
            let answer = send(&client, form(&parts)).await;
            let body = answer.json();
            assert_eq!((answer.status, body["reason"].as_str()), (400, Some(reason)), "{body}");
            assert!(body["causeMessage"].as_str().unwrap().contains(words), "{body}");
        }
        let mut cut = form(&[json, file, file]);
        cut.truncate(cut.len() - 20);
        send(&client, cut).await.error(400, "0.0.2", "multipart-malformed");
        let path = "/api/v0/document/sign";
        client.post(path, wanted.clone()).await.error(400, "0.0.6", "member-invalid");
        let mut both: Value = serde_json::from_str(&wanted).unwrap();
        both["documents"][0]["documentRequest"]["base64Content"] = json!("PGEvPg==");
        let both = both.to_string();
        let parts = [("signRequest", None, None, both.as_bytes()), file, file];
        client.by_reference(&reference).await.error(404, "2.1.0", "operation-not-found");
        let answer = send(&client, form(&parts)).await.good();
        let refused = answer["documentList"][0]["signErrorDetail"].as_str().unwrap();
        assert!(refused.contains("base64Content must be left out"), "{refused}");
        assert_eq!(answer["documentList"][1]["signStatus"], "SIGNED", "alone");
    });
}

#[test]
fn limits_hold_for_parts_as_they_come() {
    run(async {
        let mut setup = Setup::new();
        setup.config.limits.document_bytes = 1000;
        setup.config.web.body_limit_bytes = 100_000;
        let service = setup.start().await;
        let client = service.client().await;
        let reference = unique("large");
        let wanted = beside(&reference, &[("1", "a.xml", "XAdES"), ("2", "b.xml", "XAdES")]);
        let wanted = wanted.to_string();
        let json: Part<'_> = ("signRequest", None, None, wanted.as_bytes());
        let large = format!("<a>{}</a>", "x".repeat(50_000));
        let other = large.replace('x', "y");
        let parts = |large: &str| {
            form(&[json, ("files", None, None, large.as_bytes()), ("files", None, None, b"<b/>")])
        };
        let answer = send(&client, parts(&large)).await.good();
        assert_eq!(answer["documentList"][0]["signErrorReason"], "document-too-large");
        assert_eq!(answer["documentList"][1]["signStatus"], "SIGNED", "alone");
        let again = send(&client, parts(&large)).await;
        assert_eq!(again.header("idempotent-replayed"), "true");
        send(&client, parts(&other)).await.error(409, "0.0.7", "reference-reused");
        let huge = "x".repeat(100_000);
        send(&client, parts(&huge)).await.error(413, "0.0.4", "body-too-large");
    });
}

#[test]
fn a_form_whose_parts_do_not_begin_is_refused_before_it_ends() {
    on_shared(async |service| {
        let client = service.client().await;
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        let part =
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"files\"\r\nx-a: ");
        for begin in [String::new(), format!("--{BOUNDARY}"), part] {
            let endless = if begin.len() == BOUNDARY.len() + 2 { " " } else { "a" };
            let head = format!(
                "POST /api/v0/document/sign HTTP/1.1\r\nhost: x\r\ncontent-type: {kind}\r\n\
                 authorization: Bearer {}\r\nexpect: 100-continue\r\ncontent-length: 100000000\r\n\r\n",
                client.token
            );
            let address = service.base.strip_prefix("http://").unwrap();
            let mut stream = TcpStream::connect(address).await.unwrap();
            // Some of what is announced; the rest never comes.
            let said = format!("{head}{begin}{}", endless.repeat(64 << 10));
            stream.write_all(said.as_bytes()).await.unwrap();
            let mut answer = String::new();
            let ended = tokio::time::timeout(PATIENCE, stream.read_to_string(&mut answer)).await;
            assert!(ended.is_ok(), "{begin:?}: it waits for more");
            assert!(answer.contains("multipart-malformed"), "{begin:?}: {answer}");
            assert!(answer.contains("more than 16384 octets before a part"), "{answer}");
        }
    });
}

/// The names in a ZIP and what is under them, as another reader sees them.
fn unzipped(zip: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(zip).unwrap();
    let script = "import sys, zipfile, json, base64\n\
                  zip = zipfile.ZipFile(sys.argv[1])\n\
                  assert zip.testzip() is None\n\
                  print(json.dumps([[one.filename, list(zip.read(one))] for one in zip.infolist()]))";
    let output = Command::new("python3").args(["-c", script]).arg(file.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_documents_of_an_operation_come_in_one_zip() {
    on_shared(async |service| {
        let client = service.client().await;
        let reference = unique("zip");
        let named = |own: &str, name: &str| {
            let mut document = document(own, format!("<a>{name}</a>"));
            document["documentRequest"]["name"] = json!(name);
            document
        };
        let hostile = format!("../{reference}: FT 2021/5");
        let documents = [
            named(&reference, "invoice.xml"),
            named(&hostile, "factura ã.xml"),
            document(&format!("{reference}-bad"), "<a>"),
        ];
        let answer = client.sign(&request(&reference, documents)).await.good();
        let path = |id: &Value| format!("/api/v0/operation/sign/detail/{id}/documents");
        let zip = client.get(&path(&answer["id"])).await;
        assert_eq!((zip.status, zip.header("content-type")), (200, "application/zip"));
        let disposition = zip.header("content-disposition");
        assert!(disposition.starts_with(&format!("attachment; filename=\"{reference}.zip\"")));
        let files = unzipped(&zip.body);
        let entries: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        let safe = format!("_{reference}_ FT 2021_5.factura ã.xml");
        assert_eq!(entries, [format!("{reference}.invoice.xml"), safe], "the sealed ones");
        for (at, (_, bytes)) in files.iter().enumerate() {
            assert_eq!(*bytes, sealed(&answer, at));
        }
        let slash = format!("/signstash/einvoice-integration-ws{}/", path(&answer["id"]));
        assert_eq!(client.get(&slash).await.body, zip.body);

        let stranger = service.client().await;
        stranger.get(&path(&answer["id"])).await.error(404, "2.1.0", "operation-not-found");
        let failed = client.sign(&request(&unique("zip"), [document(&unique("zip"), "<a>")])).await;
        client.get(&path(&failed.good()["id"])).await.error(409, "2.1.2", "nothing-sealed");
    });
}

fn sorted(files: &[Option<&str>], names: &[&str]) -> Option<Vec<u8>> {
    let file = |(number, name): (u8, Option<&str>)| FilePart {
        name: name.map(str::to_owned),
        content: Received { octets: PartOctets::Whole(vec![number]), sha256: [0; 32] },
    };
    let files = (0..).zip(files.iter().copied()).map(file).collect();
    let contents = assign(files, names).ok()?;
    let number = |content: Received| match content.octets {
        PartOctets::Whole(bytes) => bytes.first().copied(),
        PartOctets::TooMany(_) => None,
    };
    contents.into_iter().map(number).collect()
}

#[test]
fn files_go_by_order_or_by_name() {
    let (a, b, odd) = (Some("a.xml"), Some("b.xml"), Some("blob"));
    assert_eq!(sorted(&[None, None], &["a.xml", "b.xml"]), Some(vec![0, 1]));
    assert_eq!(sorted(&[odd, odd], &["a.xml", "b.xml"]), Some(vec![0, 1]));
    assert_eq!(sorted(&[b, a], &["a.xml", "b.xml"]), Some(vec![1, 0]));
    assert_eq!(sorted(&[a, odd], &["a.xml", "b.xml"]), Some(vec![0, 1]));
    assert_eq!(sorted(&[a, a], &["a.xml", "a.xml"]), Some(vec![0, 1]));
    assert_eq!(sorted(&[odd, a], &["a.xml", "b.xml"]), None, "which is b.xml?");
    assert_eq!(sorted(&[b, a, a], &["a.xml", "b.xml", "a.xml"]), None, "which is the first?");
    assert_eq!(sorted(&[a], &["a.xml", "b.xml"]), None);
}
