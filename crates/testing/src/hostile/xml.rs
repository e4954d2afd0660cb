//! XML documents, expressions and transforms that are made to harm.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{HostileDocument, SealedAs};

/// Bytes of an expression that are taken.
const LONGEST: usize = 16 * 1024;

pub(super) fn all() -> Vec<HostileDocument> {
    let wide = || wide(1500);
    let mut all = vec![
        xpath_translate(LONGEST, wide()),
        xpath_literals(LONGEST, wide()),
        xpath_searches(LONGEST, wide()),
        xpath_digits(LONGEST, wide()),
        xpath_texts(LONGEST, 200_000),
        xpath_modulo(LONGEST, wide()),
        filters_of_one_name(5000),
        namespaces_written_again(900, 1000),
        languages_inherited(50_000, 2000),
        parsed_again(8000),
        signatures_far_down(500),
        stamps(20_000, 250),
        stamped_properties(900, 4000, 250),
        references_to_one(20_000, 250),
        signatures_within(30, 20_000),
    ];
    for foreign in [xpath_translate(LONGEST, wide()), xpath_unions(LONGEST, wide())] {
        all.push(by_a_stranger(foreign));
    }
    all
}

/// A document with so many elements in its root.
pub fn wide(elements: usize) -> String {
    format!("<a>{}</a>", "<b>1</b>".repeat(elements))
}

/// A document and a filter of the nodes that are sealed.
fn filtered(name: &'static str, xpath: &str, document: String) -> HostileDocument {
    let settings = json!({ "signatureTransform": [
        { "algorithm": "ENVELOPED" },
        { "algorithm": "XPATH", "xpath": xpath },
        { "algorithm": "CANONICAL", "canonicalization": "EXCLUSIVE" },
    ] });
    HostileDocument { name, format: SealedAs::Xades, document: document.into_bytes(), settings }
}

/// The same document and filter, without settings: in the signature of a stranger.
pub fn by_a_stranger(hostile: HostileDocument) -> HostileDocument {
    let xpath = hostile.settings["signatureTransform"][1]["xpath"].as_str().unwrap();
    let xpath = xpath.replace('&', "&amp;").replace('<', "&lt;");
    let signature = signature(&reference(&format!(
        "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"><ds:XPath>{xpath}\
         </ds:XPath></ds:Transform>"
    )));
    let document = String::from_utf8(hostile.document).unwrap();
    let document = document.replace("</a>", &format!("{signature}</a>")).into_bytes();
    let settings = json!({ "existingSignatures": "PARALLEL" });
    let name = match hostile.name {
        "translate" => "translate, by a stranger",
        "searches in literals" => "searches in literals, by a stranger",
        _ => "an expression by a stranger",
    };
    HostileDocument { name, format: SealedAs::Xades, document, settings }
}

/// A signature with references of this text, whose digests and value are wrong.
pub fn signature(references: &str) -> String {
    format!(
        "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:SignedInfo>\
         <ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>{references}\
         </ds:SignedInfo><ds:SignatureValue>AAAA</ds:SignatureValue></ds:Signature>"
    )
}

/// A reference to the document through transforms of this text.
pub fn reference(transforms: &str) -> String {
    format!(
        "<ds:Reference URI=\"\"><ds:Transforms>{transforms}</ds:Transforms>\
         <ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/>\
         <ds:DigestValue>AAAA</ds:DigestValue></ds:Reference>"
    )
}

/// Characters of Latin and beyond, all different, in so many bytes.
fn alphabet(bytes: usize) -> String {
    let mut text = String::new();
    for character in (0x100..0xD000).filter_map(char::from_u32) {
        if text.len() + 3 > bytes {
            break;
        }
        text.push(character);
    }
    text
}

/// `translate` with a table that fills so many bytes.
pub fn xpath_translate(bytes: usize, document: String) -> HostileDocument {
    let letters = alphabet((bytes - 100) / 3);
    let xpath = format!("translate(concat('{letters}', .), '{letters}', '{letters}') != 'x'");
    filtered("translate", &xpath, document)
}

/// Literals of so many bytes that nothing becomes of.
pub fn xpath_literals(bytes: usize, document: String) -> HostileDocument {
    let literal = "x".repeat(bytes - 100);
    let xpath = format!("boolean('{literal}')");
    filtered("long literals", &xpath, document)
}

/// Searches for what almost stands in a text of so many bytes.
pub fn xpath_searches(bytes: usize, document: String) -> HostileDocument {
    let text = "ab".repeat((bytes - 200) / 4);
    let wanted = "ab".repeat((bytes - 200) / 8) + "b";
    let xpath = format!("not(contains('{text}', '{wanted}'))");
    filtered("searches in literals", &xpath, document)
}

/// A comparison with a number of so many digits.
pub fn xpath_digits(bytes: usize, document: String) -> HostileDocument {
    let digits = "9".repeat(bytes - 200);
    let xpath = format!("//b > '0.{digits}' and number('1.{}') > 0", &digits[..100]);
    filtered("numbers of many digits", &xpath, document)
}

/// All nodes, again and again.
pub fn xpath_unions(bytes: usize, document: String) -> HostileDocument {
    let xpath = vec!["//node()"; bytes / 9].join("|");
    filtered("unions of all nodes", &xpath, document)
}

/// The text of a document of so many bytes, again and again.
pub fn xpath_texts(bytes: usize, text: usize) -> HostileDocument {
    let all = vec!["/"; (bytes - 100) / 2].join(",");
    let xpath = format!("concat({all}) != ''");
    filtered("the text of the document, many times", &xpath, format!("<a>{}</a>", "t".repeat(text)))
}

/// Remainders of numbers that are far apart.
pub fn xpath_modulo(bytes: usize, document: String) -> HostileDocument {
    let large = "9".repeat(300);
    let small = format!("0.{}7", "0".repeat(300));
    let times = vec![format!("({large} mod {small})"); bytes / 640].join(" + ");
    filtered("remainders", &format!("({times}) >= 0"), document)
}

/// As many filters as there may be, that all leave out so many elements.
pub fn filters_of_one_name(elements: usize) -> HostileDocument {
    let filter = json!({ "operation": "SUBTRACT", "xpath": "//b" });
    let transform = json!({ "algorithm": "XPATH_FILTER2", "filters": vec![filter; 16] });
    let mut transforms = vec![json!({ "algorithm": "ENVELOPED" })];
    transforms.extend(vec![transform; 14]);
    transforms.push(json!({ "algorithm": "CANONICAL", "canonicalization": "EXCLUSIVE" }));
    let settings: Value = json!({ "signatureTransform": transforms });
    let document = wide(elements).into_bytes();
    HostileDocument { name: "filters of one name", format: SealedAs::Xades, document, settings }
}

/// A namespace name of so many bytes that canonicalization writes at each of so many elements.
pub fn namespaces_written_again(bytes: usize, elements: usize) -> HostileDocument {
    let mut declared = String::new();
    for number in 0..20 {
        write!(declared, " xmlns:p{number}=\"urn:{}{number}\"", "x".repeat(bytes)).unwrap();
    }
    let transforms = "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"><ds:XPath>\
        self::b or count(self::node() | ../namespace::*) = count(../namespace::*)</ds:XPath></ds:Transform>";
    let signature = signature(&reference(transforms).repeat(16));
    let document =
        format!("<a{declared}><c>{}</c>{signature}</a>", "<b/>".repeat(elements)).into_bytes();
    let settings = json!({ "existingSignatures": "PARALLEL" });
    HostileDocument {
        name: "namespaces that are written again",
        format: SealedAs::Xades,
        document,
        settings,
    }
}

/// An attribute of so many bytes that so many elements inherit in canonical form.
pub fn languages_inherited(bytes: usize, elements: usize) -> HostileDocument {
    let transforms = "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"><ds:XPath>\
        self::b</ds:XPath></ds:Transform><ds:Transform \
        Algorithm=\"http://www.w3.org/TR/2001/REC-xml-c14n-20010315\"/>";
    let signature = signature(&reference(transforms));
    let document = format!(
        "<a><c xml:lang=\"{}\">{}</c>{signature}</a>",
        "x".repeat(bytes),
        "<b/>".repeat(elements)
    );
    let settings = json!({ "existingSignatures": "PARALLEL" });
    let document = document.into_bytes();
    HostileDocument {
        name: "attributes that are inherited",
        format: SealedAs::Xades,
        document,
        settings,
    }
}

/// A document of so many elements that transforms write and parse again, as often as there may be.
pub fn parsed_again(elements: usize) -> HostileDocument {
    let canonical = "<ds:Transform Algorithm=\"http://www.w3.org/TR/2001/REC-xml-c14n-20010315\"/>";
    let filter = "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"><ds:XPath>\
        true()</ds:XPath></ds:Transform>";
    let signature = signature(&reference(&[canonical, filter].concat().repeat(8)));
    let document = format!("<a>{}{signature}</a>", "<b/>".repeat(elements)).into_bytes();
    let settings = json!({ "existingSignatures": "PARALLEL" });
    HostileDocument {
        name: "octets that are parsed again",
        format: SealedAs::Xades,
        document,
        settings,
    }
}

/// So many references to one of so many elements that have an identifier.
pub fn references_to_one(elements: usize, references: usize) -> HostileDocument {
    let canonical = "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>";
    let one = reference(canonical).replace("URI=\"\"", "URI=\"#last\"");
    let signature = signature(&one.repeat(references));
    let mut document = String::from("<a>");
    for number in 0..elements {
        write!(document, "<b Id=\"i{number}\"/>").unwrap();
    }
    let document = (document + "<b Id=\"last\"/>" + &signature + "</a>").into_bytes();
    let settings = json!({ "existingSignatures": "PARALLEL" });
    HostileDocument { name: "references to one", format: SealedAs::Xades, document, settings }
}

/// So many signatures, each in the one before, around so many manifests.
pub fn signatures_within(signatures: usize, manifests: usize) -> HostileDocument {
    let document = format!(
        "<a xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">{}{}{}</a>",
        "<ds:Signature><ds:SignatureValue>A</ds:SignatureValue>".repeat(signatures),
        "<ds:Manifest/>".repeat(manifests),
        "</ds:Signature>".repeat(signatures)
    );
    let settings = json!({ "existingSignatures": "PARALLEL" });
    let document = document.into_bytes();
    HostileDocument { name: "signatures within", format: SealedAs::Xades, document, settings }
}

/// The XPath texts of ZATCA, by which its stamps are known.
const ZATCA: [&str; 3] = [
    "not(//ancestor-or-self::ext:UBLExtensions)",
    "not(//ancestor-or-self::cac:Signature)",
    "not(//ancestor-or-self::cac:AdditionalDocumentReference[cbc:ID='QR'])",
];

/// A signature that says it is a stamp of ZATCA, with further references of this text.
pub fn stamp(references: &str) -> String {
    let xpath = |text: &str| {
        format!(
            "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"><ds:XPath>{text}\
             </ds:XPath></ds:Transform>"
        )
    };
    signature(&(reference(&ZATCA.map(xpath).concat()) + references))
}

/// A stamp of an authority with so many references to a document of so many elements.
pub fn stamps(elements: usize, references: usize) -> HostileDocument {
    let stamp = stamp(&reference("").repeat(references));
    let document = format!("<a>{}{stamp}</a>", "<b/>".repeat(elements)).into_bytes();
    let settings = json!({ "existingSignatures": "PARALLEL" });
    HostileDocument { name: "stamps", format: SealedAs::Xades, document, settings }
}

/// A stamp of an authority with so many references to properties, whose namespace name of so many bytes is
/// declared at each of so many elements before they are hashed.
pub fn stamped_properties(bytes: usize, elements: usize, references: usize) -> HostileDocument {
    let one = reference("").replace(
        "URI=\"\"",
        "URI=\"#p\" Type=\"http://www.w3.org/2000/09/xmldsig#SignatureProperties\"",
    );
    let properties =
        format!("<ds:Object><q Id=\"p\">{}</q></ds:Object>", "<p:b/>".repeat(elements));
    let stamp = stamp(&one.repeat(references))
        .replace("</ds:Signature>", &format!("{properties}</ds:Signature>"));
    let document = format!("<a xmlns:p=\"urn:{}\">{stamp}</a>", "x".repeat(bytes)).into_bytes();
    let settings = json!({ "existingSignatures": "PARALLEL" });
    HostileDocument { name: "stamped properties", format: SealedAs::Xades, document, settings }
}

/// So many signatures below elements of long names.
pub fn signatures_far_down(signatures: usize) -> HostileDocument {
    let name = "n".repeat(900);
    let one = "<ds:Signature><ds:SignatureValue>A</ds:SignatureValue></ds:Signature>";
    let document = format!(
        "<a xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">{}{}{}</a>",
        format!("<{name}>").repeat(55),
        one.repeat(signatures),
        format!("</{name}>").repeat(55)
    );
    let settings = json!({ "existingSignatures": "PARALLEL" });
    let document = document.into_bytes();
    HostileDocument { name: "signatures far down", format: SealedAs::Xades, document, settings }
}
