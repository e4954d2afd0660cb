//! What must be refused, and why: documents and settings of our own, for the tests and `make bench`.

use std::fmt::Write as _;

use serde_json::{Value, json};

/// A document that must not be sealed with some settings.
pub(crate) struct Hostile {
    pub(crate) name: &'static str,
    pub(crate) document: Vec<u8>,
    pub(crate) settings: Value,
    /// Of the refusal.
    pub(crate) code: &'static str,
}

/// All of them; the longest has 8 MB.
pub(crate) fn all() -> Vec<Hostile> {
    let mut all = Vec::new();
    all.extend(document_types());
    all.extend(encodings());
    all.extend(bombs());
    all.extend(ambiguous());
    all.extend(expressions());
    all
}

fn plain(name: &'static str, document: impl Into<Vec<u8>>, code: &'static str) -> Hostile {
    Hostile { name, document: document.into(), settings: json!({}), code }
}

fn with(
    name: &'static str,
    document: impl Into<Vec<u8>>,
    settings: Value,
    code: &'static str,
) -> Hostile {
    Hostile { name, document: document.into(), settings, code }
}

fn document_types() -> Vec<Hostile> {
    let mut laughs = String::from("<!DOCTYPE l [<!ENTITY l0 'lol'>");
    for level in 1..20 {
        let _ = write!(laughs, "<!ENTITY l{level} '{}'>", format!("&l{};", level - 1).repeat(10));
    }
    laughs += "]><l>&l19;</l>";
    let long = "x".repeat(1_000_000);
    let quadratic = format!("<!DOCTYPE q [<!ENTITY q '{long}'>]><q>{}</q>", "&q;".repeat(100_000));
    let code = "doctype-forbidden";
    vec![
        plain("entities, a billion laughs", laughs, code),
        plain("entities, one long one often", quadratic, code),
        plain("entity in an attribute", "<!DOCTYPE a [<!ENTITY e 'x'>]><a b='&e;'/>", code),
        plain(
            "entity from a file",
            "<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><a>&e;</a>",
            code,
        ),
        plain(
            "entity by parameter",
            "<!DOCTYPE a [<!ENTITY % p SYSTEM 'http://h.invalid/'> %p;]><a/>",
            code,
        ),
        plain("DTD from the network", "<!DOCTYPE a SYSTEM 'http://h.invalid/a.dtd'><a/>", code),
        plain("DTD after a comment", "<!----><?p?>\n<!DOCTYPE a><a/>", code),
        plain("entity without a DTD", "<a>&e;</a>", "xml-malformed"),
    ]
}

fn encodings() -> Vec<Hostile> {
    let declared = |encoding: &str| format!("<?xml version='1.0' encoding='{encoding}'?>");
    let bytes = |head: String, rest: &[u8]| [head.as_bytes(), rest].concat();
    let utf16: Vec<u8> = "<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let far = bytes(
        declared("UTF-8"),
        &[b"<a>".as_slice(), &b" ".repeat(1_000_000), b"\xE9</a>"].concat(),
    );
    let contradicted = "encoding-contradicted";
    vec![
        plain(
            "Latin-1 declared as UTF-8",
            bytes(declared("UTF-8"), b"<a>Caf\xE9</a>"),
            contradicted,
        ),
        plain("Latin-1 after 1 MB of UTF-8", far, contradicted),
        plain("Windows-1252 without declaration", b"<a>\x80</a>".to_vec(), contradicted),
        plain("overlong UTF-8", b"<a>\xC0\xBCb/></a>".to_vec(), contradicted),
        plain(
            "UTF-8 declared as US-ASCII",
            bytes(declared("US-ASCII"), "<a>é</a>".as_bytes()),
            contradicted,
        ),
        plain("UTF-7", bytes(declared("UTF-7"), b"<a>+ADw-b/+AD4-</a>"), "encoding-unsupported"),
        plain("EBCDIC", bytes(declared("IBM037"), b"<a/>"), "encoding-unsupported"),
        plain("DTD in UTF-16", [&[0xFF, 0xFE], utf16.as_slice()].concat(), "doctype-forbidden"),
        plain("XML 1.1", "<?xml version='1.1'?><a/>", "xml-version-unsupported"),
    ]
}

fn bombs() -> Vec<Hostile> {
    let mut attributes = String::from("<a");
    for number in 0..100_000 {
        let _ = write!(attributes, " b{number}=''");
    }
    attributes += "/>";
    let mut namespaces = String::from("<a");
    for number in 0..60 {
        let _ = write!(namespaces, " xmlns:p{number}='urn:{number}'");
    }
    namespaces = namespaces + ">" + &"<b xmlns:z='urn:z'/>".repeat(400_000) + "</a>";
    let mut nested = String::new();
    for level in 0..40 {
        let _ = write!(
            nested,
            "<a xmlns:a{level}='urn:u' xmlns:b{level}='urn:u' xmlns:c{level}='urn:u' xmlns:d{level}='urn:u'>"
        );
    }
    nested += &"</a>".repeat(40);
    let deep = "<a>".repeat(1_000_000);
    let wide = format!("<a>{}</a>", "<b/>".repeat(2_000_000));
    let long = "a".repeat(1_000_000);
    vec![
        plain("elements inside each other, a million", deep, "xml-too-deep"),
        plain("two million elements", wide, "xml-too-many-nodes"),
        plain("100,000 attributes", attributes, "xml-too-many-attributes"),
        plain("namespaces inherited 400,000 times", namespaces, "xml-too-many-nodes"),
        plain("namespaces inside each other", nested, "xml-too-many-namespaces"),
        plain("a name of a million letters", format!("<{long}/>"), "xml-malformed"),
        plain("a tag that never ends", "<a b='&".repeat(100_000), "xml-malformed"),
    ]
}

fn ambiguous() -> Vec<Hostile> {
    let mut ids = String::from("<a>");
    for number in 0..20_000 {
        let _ = write!(ids, "<b Id='i{number}'/>");
    }
    ids += "<b ID='i0'/></a>";
    let places = format!("<a>{}</a>", "<b/>".repeat(20_000));
    let signed = "<a><ds:Signature xmlns:ds='http://www.w3.org/2000/09/xmldsig#'><ds:SignatureValue>\
                  AA==</ds:SignatureValue></ds:Signature></a>";
    let ambiguous = "location-ambiguous";
    vec![
        plain("an Id twice", "<a Id='x'><b Id='x'/></a>", "id-duplicate"),
        plain(
            "an Id twice, spelled differently",
            "<a Id='x'><b xml:id='&#120;'/></a>",
            "id-duplicate",
        ),
        plain("an Id twice among 20,000", ids, "id-duplicate"),
        with(
            "two places for a name",
            "<a><b/><b/></a>",
            json!({ "signatureLocation": "b" }),
            ambiguous,
        ),
        with("20,000 places for a name", places, json!({ "signatureLocation": "b" }), ambiguous),
        with(
            "two places for an XPath",
            "<a><b/><b/></a>",
            json!({ "signatureLocation": { "xpath": "//b" } }),
            ambiguous,
        ),
        plain("a signature where ours would be", signed, "location-occupied"),
    ]
}

fn expressions() -> Vec<Hostile> {
    let document = format!("<a>{}</a>", "<b c='d'><e/>f</b>".repeat(1000));
    let located = |name, xpath: &str, code| {
        with(name, document.clone(), json!({ "signatureLocation": { "xpath": xpath } }), code)
    };
    let transformed = |name, xpath: &str, code| {
        let settings = json!({ "signatureTransform": [
            { "algorithm": "ENVELOPED" },
            { "algorithm": "XPATH", "xpath": xpath },
            { "algorithm": "CANONICAL", "canonicalization": "EXCLUSIVE" },
        ] });
        with(name, document.clone(), settings, code)
    };
    let deep = "(".repeat(30_000) + "a";
    let (invalid, expensive) = ("xpath-invalid", "xpath-too-expensive");
    vec![
        located("XPath with parentheses without end", &deep, invalid),
        located("XPath with a variable", "//*[$a]", invalid),
        located("XPath with a foreign function", "document('file:///etc/passwd')", invalid),
        located(
            "cubic XPath as location",
            "//node()[following::node()[following::node()]]",
            expensive,
        ),
        transformed(
            "cubic XPath as transform",
            "count(following::*[count(preceding::*) > 3]) >= 0",
            expensive,
        ),
    ]
}
