//! Documents that are refused one by one: each with its reason and a sentence that says what to
//! change, beside a sibling that is sealed, and the reference stays free.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::client::{Client, document, request, sealed};
use crate::support::service::{on_shared, unique};

const PLACE: &str = "<r><place/><other/><other/></r>";

/// A bad document: what is wrong, the document, the reason, and a word of the sentence.
type Bad = (&'static str, Value, &'static str, &'static str);

fn xml(content: impl AsRef<[u8]>) -> Value {
    document("", content)
}

/// A good document with one member set.
fn with(pointer: &str, value: Value) -> Value {
    let mut document = xml(PLACE);
    let (parent, member) = pointer.rsplit_once('/').unwrap();
    document.pointer_mut(parent).unwrap()[member] = value;
    document
}

fn name(name: &str) -> Value {
    with("/documentRequest/name", json!(name))
}

fn content_type(declared: &str, content: &[u8]) -> Value {
    let mut document = with("/documentRequest/contentType", json!(declared));
    document["documentRequest"]["base64Content"] = json!(STANDARD.encode(content));
    document
}

fn format(format: &str, declared: &str, content: &[u8]) -> Value {
    let mut document = content_type(declared, content);
    document["signatureInfo"]["signatureType"] = json!(format);
    document
}

fn advanced(content: &str, member: &str, value: &str) -> Value {
    let mut document = xml(content);
    document["signatureInfo"]["advancedSignatureInfo"] = json!({ member: value });
    document
}

fn base64(text: &str) -> Value {
    with("/documentRequest/base64Content", json!(text))
}

/// Sends all bad documents with a good one among them; then the corrected ones under their names.
async fn assert_refused(client: &Client, table: Vec<Bad>) {
    let mark = unique("bad");
    let reference = |at: usize| format!("{mark}/{at}");
    let mut documents: Vec<Value> = table.iter().map(|bad| bad.1.clone()).collect();
    documents.push(xml("<good/>"));
    for (at, document) in documents.iter_mut().enumerate() {
        document["documentRequest"]["externalReference"] = json!(reference(at));
    }
    let answer = client.sign(&request(&mark, documents)).await.good();
    assert_eq!(answer["status"], "EXECUTED");
    for (at, (what, _, reason, word)) in table.iter().enumerate() {
        let document = &answer["documentList"][at];
        let detail = document["signErrorDetail"].as_str().unwrap_or_default();
        println!("{what}: {detail}");
        assert_eq!(document["signErrorReason"], *reason, "{what}: {detail}");
        assert!(detail.contains(word), "{what}: {detail}");
        assert_eq!(document["signStatus"], "ERROR_SIGNING", "{what}");
        assert_eq!(document["signError"], "CONFIGURATION_SIGN_ERROR", "{what}");
        assert!(document.get("signedContent").is_none(), "{what}");
    }
    assert!(!sealed(&answer, table.len()).is_empty(), "the sibling");

    let corrected: Vec<Value> =
        (0..table.len()).map(|at| document(&reference(at), "<corrected/>")).collect();
    let corrected = client.sign(&request(&unique("corrected"), corrected)).await.good();
    assert_eq!(corrected["status"], "EXECUTED");
    for at in 0..table.len() {
        assert_eq!(corrected["documentList"][at]["signStatus"], "SIGNED", "{}", table[at].0);
        let found = client.id_of_document(&reference(at)).await.good();
        assert_eq!(found, corrected["id"], "the operation that sealed it");
    }
}

#[test]
fn contents_and_names() {
    let table = vec![
        ("not base64", base64("####"), "base64-invalid", "base64Content is not base64"),
        ("URL-safe base64", base64("PGE-PC9hPg_="), "base64-invalid", "base64"),
        ("base64 that ends early", base64("PGEvP"), "base64-invalid", "base64"),
        ("padding inside", base64("PGE=PGEv"), "base64-invalid", "base64"),
        ("nothing", base64(""), "document-empty", "empty"),
        ("line breaks only", base64("\r\n\r\n"), "document-empty", "empty"),
        ("a folder", name("2026/invoice.xml"), "name-invalid", "path separator"),
        ("a folder of Windows", name("C:\\invoice.xml"), "name-invalid", "path separator"),
        ("the folder above", name(".."), "name-invalid", "folder"),
        ("a NUL", name("a\0b.xml"), "name-invalid", "control character"),
        ("a line break", name("a\nb.xml"), "name-invalid", "control character"),
        ("a blank name", name(" "), "name-invalid", "empty"),
        ("a long name", name(&"é".repeat(256)), "name-invalid", "longer than 255"),
    ];
    on_shared(async |service| assert_refused(&service.client().await, table).await);
}

#[test]
fn content_types_and_formats() {
    const PDF: &[u8] = b"%PDF-1.7\n%%EOF\n";
    let xml = PLACE.as_bytes();
    let all = "application/pdf, text/xml, application/xml";
    let table = vec![
        ("unknown", content_type("image/png", xml), "content-type-unknown", "image/png"),
        ("empty", content_type("", xml), "content-type-unknown", "application/xml"),
        ("one of several", content_type("text/xml, image/png", xml), "content-type-unknown", "png"),
        ("XML called PDF", content_type("application/pdf", xml), "content-mismatch", "XML"),
        ("PDF called XML", content_type("application/xml", PDF), "content-mismatch", "PDF"),
        ("text called XML", content_type("text/xml", b"hello"), "content-mismatch", "neither"),
        ("ZIP called XML", content_type("text/xml", b"PK\x03\x04x"), "content-mismatch", "ZIP"),
        ("XAdES of PDF", format("XAdES", "application/pdf", PDF), "format-mismatch", "XAdES"),
        ("XAdES of PDF, any type", format("XAdES", all, PDF), "format-mismatch", "XAdES"),
        ("PAdES of XML", format("PAdES", "text/xml", xml), "format-mismatch", "XAdES"),
        (
            "PAdES of text",
            format("PAdES", "application/octet-stream", b"x"),
            "format-mismatch",
            "PDF",
        ),
        ("PAdES of a stub", format("PAdES", "application/pdf", PDF), "pdf-truncated", "startxref"),
        ("PAdES of a stub, any type", format("PAdES", all, PDF), "pdf-truncated", "startxref"),
        ("CAdES of no type", format("CAdES", "nothing", b"x"), "content-type-unknown", "nothing"),
        ("another format", format("JAdES", "text/xml", xml), "member-invalid", "PAdES or CAdES"),
        (
            "a timestamp",
            with("/signatureInfo/applyTimestamp", json!(true)),
            "not-available",
            "signatureInfo.applyTimestamp: a timestamp",
        ),
        (
            "a visible signature",
            with(
                "/signatureInfo/visibleSignatureInfo",
                json!({ "locationType": "COORDINATE", "locationValue": "page=1,x=1,y=1" }),
            ),
            "setting-meaningless",
            "visibleSignatureInfo",
        ),
    ];
    on_shared(async |service| assert_refused(&service.client().await, table).await);
}

#[test]
fn xml_that_is_not_well_formed() {
    let table = vec![
        ("cut off", xml("<a><b></b>"), "xml-malformed", "line 1"),
        ("a wrong end tag", xml("<a>\n <b></a>"), "xml-malformed", "line 2"),
        ("two roots", xml("<a/><b/>"), "xml-malformed", "line 1"),
        ("an unknown entity", xml("<a>&x;</a>"), "xml-malformed", "line 1"),
        ("a control character", xml("<a>\u{1}</a>"), "xml-malformed", "line 1"),
        ("an attribute twice", xml("<a b='1' b='2'/>"), "xml-malformed", "line 1"),
        ("a reference to nothing", xml("<a>&#0;</a>"), "xml-malformed", "line 1"),
        ("an undeclared prefix", xml("<a>\n<p:b/></a>"), "prefix-undeclared", "'p'"),
        ("an undeclared prefix of an attribute", xml("<a p:b=''/>"), "prefix-undeclared", "'p'"),
        ("a relative namespace", xml("<a xmlns:p='../x'/>"), "namespace-relative", "../x"),
        ("an Id twice", xml("<a><b Id='x'/><c Id='x'/></a>"), "id-duplicate", "'x'"),
        ("xml:id as Id", xml("<a><b Id='x'/><c xml:id='x'/></a>"), "id-duplicate", "'x'"),
        ("version 1.1", xml("<?xml version='1.1'?><a/>"), "xml-version-unsupported", "1.1"),
        ("bytes that are not UTF-8", xml(b"<a>\xe7</a>"), "encoding-contradicted", "byte 3"),
        (
            "Latin bytes called UTF-8",
            xml(b"<?xml version='1.0' encoding='UTF-8'?><a>\xe7</a>"),
            "encoding-contradicted",
            "UTF-8",
        ),
        (
            "UTF-8 called UTF-16",
            xml("<?xml version='1.0' encoding='UTF-16'?><a/>"),
            "encoding-contradicted",
            "UTF-16",
        ),
        (
            "an encoding of other languages",
            xml("<?xml version='1.0' encoding='ISO-8859-3'?><a/>"),
            "encoding-unsupported",
            "ISO-8859-3",
        ),
        ("UTF-32", xml(b"<\0\0\0a\0\0\0/\0\0\0>\0\0\0"), "encoding-unsupported", "UTF-32"),
        ("UTF-16 cut off", xml(b"\xff\xfe<\0a\0/\0>"), "encoding-contradicted", "byte 8"),
        (
            "a byte that windows-1252 leaves open",
            xml(b"<?xml version='1.0' encoding='windows-1252'?><a>\x81</a>"),
            "encoding-contradicted",
            "byte 48",
        ),
    ];
    on_shared(async |service| assert_refused(&service.client().await, table).await);
}

#[test]
fn bombs() {
    let laughs = "<!DOCTYPE a [<!ENTITY x 'ha'><!ENTITY y '&x;&x;&x;&x;'>]><a>&y;</a>";
    let file = "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>";
    let deep = |depth: usize| "<a>".repeat(depth) + &"</a>".repeat(depth);
    let list =
        |count: usize, item: fn(usize) -> String| -> String { (0..count).map(item).collect() };
    let attributes = list(65, |number| format!(" a{number}=''"));
    let namespaces = |prefix: char| -> String {
        let declaration = |number| format!(" xmlns:{prefix}{number}='urn:n'");
        (0..60).map(declaration).collect::<Vec<_>>().concat()
    };
    let bindings =
        format!("<a{}><b{}><c{}/></b></a>", namespaces('x'), namespaces('y'), namespaces('z'));
    let table = vec![
        ("a document type", xml("<!DOCTYPE a><a/>"), "doctype-forbidden", "DOCTYPE"),
        ("entities of entities", xml(laughs), "doctype-forbidden", "never expanded"),
        ("an external entity", xml(file), "doctype-forbidden", "remove it"),
        ("depth", xml(deep(65)), "xml-too-deep", "64"),
        ("great depth", xml(deep(200_000)), "xml-too-deep", "64"),
        ("attributes", xml(format!("<a{attributes}/>")), "xml-too-many-attributes", "64"),
        ("namespaces", xml(bindings), "xml-too-many-namespaces", "128"),
        (
            "nodes",
            xml(format!("<a>{}</a>", "<b/>".repeat(1_500_001))),
            "xml-too-many-nodes",
            "1500000",
        ),
    ];
    on_shared(async |service| assert_refused(&service.client().await, table).await);
}

#[test]
fn places_and_transforms() {
    const DS: &str = "xmlns:ds='http://www.w3.org/2000/09/xmldsig#'";
    let location = |content: &str, location| advanced(content, "signatureLocation", location);
    let occupied = format!(
        "<r><place><ds:Signature {DS}><ds:SignedInfo/>\
         <ds:SignatureValue>AAAA</ds:SignatureValue></ds:Signature></place></r>"
    );
    let waiting = format!("<r><place><ds:Signature {DS}/></place></r>");
    let table = vec![
        ("no such place", location(PLACE, "plaice"), "location-missing", "'plaice'"),
        ("no such path", location(PLACE, "/r/place/x"), "location-missing", "no element"),
        ("two such places", location(PLACE, "other"), "location-ambiguous", "/r/other[1]"),
        (
            "an expression",
            location(PLACE, "/r/place[last()]"),
            "location-invalid",
            "/r/place[last()]",
        ),
        ("an occupied place", location(&occupied, "place"), "location-occupied", "/r/place"),
        ("a placeholder", location(&waiting, "place"), "location-placeholder", "remove it"),
        ("XSLT", advanced(PLACE, "signatureTransform", "XSLT"), "transform-unknown", "XSLT"),
        (
            "an unknown canonical form",
            advanced(PLACE, "canonicalTransform", "C14N"),
            "canonicalization-unknown",
            "INCLUSIVE_11_WITH_COMMENTS",
        ),
    ];
    on_shared(async |service| assert_refused(&service.client().await, table).await);
}
