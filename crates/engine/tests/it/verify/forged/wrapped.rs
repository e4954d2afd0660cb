//! The eight families of wrapping attacks, rewritten for UBL: what was signed stands where programs do not look, and
//! what they look at is another thing.

use std::sync::Arc;

use chancery_testing::changes::Xorshift;
use serde_json::json;

use super::{ForgedFile, ForgeryKind, looked_at, one_of};
use crate::seal::settings::seal_as;
use crate::seal::support::*;

/// A sealed invoice in its parts.
pub(super) struct SealedParts {
    /// The root with the signature inside.
    pub(super) sealed: String,
    /// The root as it was before.
    pub(super) original: String,
    pub(super) signature: String,
}

/// The invoice with an Id, which signatures may refer to.
pub(super) fn invoice() -> String {
    INVOICE.replacen("<Invoice ", "<Invoice Id=\"inv\" ", 1)
}

impl SealedParts {
    /// Seals of the same invoice by both keys, of all of it and by its Id, at both places.
    pub(super) fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for uri in ["", "#inv"] {
            for key in [&PKI.p256, &PKI.rsa] {
                for profile in [None, Some("ubl-nonfinal")] {
                    let settings = json!({ "reference": { "uri": uri } });
                    let sealed = seal_as(invoice().as_bytes(), key, profile, &settings);
                    let Ok(sealed) = sealed else { continue };
                    super::super::support::passes(sealed.bytes());
                    let range = sealed.signature();
                    let text = String::from_utf8(sealed.into_bytes()).unwrap();
                    let start = text.find("<Invoice").unwrap();
                    let root = |text: &str| text[start..].trim_end().to_owned();
                    all.push(Self {
                        sealed: root(&text),
                        original: root(&[&text[..range.start], &text[range.end..]].concat()),
                        signature: text[range].to_owned(),
                    });
                }
            }
        }
        assert!(all.len() >= 6, "only {} seals", all.len());
        all
    }
}

/// An amount that nobody signed.
pub(super) fn amount(random: &mut Xorshift) -> String {
    format!("9{:04}.{:02}", random.below(10_000), random.below(100))
}

/// The text with another amount.
pub(super) fn altered(text: &str, amount: &str) -> String {
    let altered = text.replace("1250.00", amount);
    assert_ne!(altered, text);
    altered
}

/// The root of a text with another Id, or the same one in another attribute.
pub(super) fn renamed(text: &str, random: &mut Xorshift) -> String {
    let id = *one_of(random, &["evil", "inv", "INV", "Inv", " inv", "inv2", "", "i&#110;v"]);
    let name =
        *one_of(random, &["Id", "ID", "id", "xml:id", "xmlns:w=\"urn:w\" w:Id", "AssertionID"]);
    text.replacen("Id=\"inv\"", &format!("{name}=\"{id}\""), 1)
}

/// What may stand anywhere.
pub(super) fn noise(random: &mut Xorshift) -> &'static str {
    one_of::<&str>(random, &["", "", " ", "\n", "<!-- -->", "<?p i?>", "\n\n  ", "<w xmlns=\"\"/>"])
}

/// Inserted somewhere inside of the root: before any tag but the first.
pub(super) fn somewhere(text: &str, inserted: &str, random: &mut Xorshift) -> String {
    let tags: Vec<usize> = text
        .match_indices('<')
        .map(|(at, _)| at)
        .filter(|at| *at > 0 && !text[*at..].starts_with("<!") && !text[*at..].starts_with("<?"))
        .collect();
    let at = *one_of(random, &tags);
    [&text[..at], noise(random), inserted, noise(random), &text[at..]].concat()
}

/// Before the end of the root, or somewhere.
pub(super) fn inside(text: &str, inserted: &str, random: &mut Xorshift) -> String {
    match random.below(3) {
        0 => somewhere(text, inserted, random),
        1 => {
            let start = text.find('>').unwrap() + 1;
            [&text[..start], noise(random), inserted, noise(random), &text[start..]].concat()
        }
        _ => {
            let end = text.rfind("</").unwrap();
            [&text[..end], noise(random), inserted, noise(random), &text[end..]].concat()
        }
    }
}

/// In an element around it.
pub(super) fn around(inner: &str, random: &mut Xorshift) -> String {
    let cbc = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2";
    let names = [
        ("Wrapper".to_owned(), String::new()),
        (
            "Invoice".to_owned(),
            " xmlns=\"urn:oasis:names:specification:ubl:schema:xsd:Invoice-2\"".to_owned(),
        ),
        (
            "s:Envelope".to_owned(),
            " xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"".to_owned(),
        ),
        ("ds:Object".to_owned(), " xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"".to_owned()),
        ("cbc:Note".to_owned(), format!(" xmlns:cbc=\"{cbc}\"")),
        ("a".to_owned(), " Id=\"inv\"".to_owned()),
        ("a".to_owned(), " Id=\"other\" xml:base=\"../\" xml:space=\"preserve\"".to_owned()),
    ];
    let (name, attributes) = one_of(random, &names);
    format!("<{name}{attributes}>{}{inner}{}</{name}>", noise(random), noise(random))
}

fn in_extension(text: &str, inserted: &str, random: &mut Xorshift) -> String {
    let own = "<ext:ExtensionContent>";
    if random.below(2) == 0 {
        return text.replacen(own, &format!("{own}{}{inserted}", noise(random)), 1);
    }
    let extension = format!(
        "<ext:UBLExtension><ext:ExtensionContent>{inserted}</ext:ExtensionContent></ext:UBLExtension>"
    );
    let all = "<ext:UBLExtensions>";
    let end = "</ext:UBLExtensions>";
    if random.below(2) == 0 {
        text.replacen(all, &format!("{all}{extension}"), 1)
    } else {
        text.replacen(end, &format!("{extension}{end}"), 1)
    }
}

/// Around an element; without a namespace, so that nothing changes inside of it.
fn in_object(signature: &str, inserted: &str, random: &mut Xorshift) -> String {
    let id = *one_of(random, &["", " Id=\"inv\"", " Id=\"object\"", " MimeType=\"text/xml\""]);
    let object = format!("<ds:Object{id}>{inserted}</ds:Object>");
    let end = signature.rfind("</").unwrap();
    let first = signature.find("<ds:Object").unwrap_or(end);
    let at = if random.below(2) == 0 { first } else { end };
    [&signature[..at], &object, &signature[at..]].concat()
}

type Family = fn(&SealedParts, &str, &mut Xorshift) -> String;

const FAMILIES: [(&str, Family); 8] = [
    ("wrapping 1: the original in the signature", |parts, amount, random| {
        let evil = renamed(&altered(&parts.original, amount), random);
        let signature = inside(&parts.signature, &parts.original, random);
        inside(&evil, &signature, random)
    }),
    ("wrapping 2: the original beside the signature", |parts, amount, random| {
        let evil = renamed(&altered(&parts.original, amount), random);
        let both = match random.below(3) {
            0 => [parts.original.as_str(), noise(random), &parts.signature].concat(),
            1 => [parts.signature.as_str(), noise(random), &parts.original].concat(),
            _ => around(&[parts.original.as_str(), &parts.signature].concat(), random),
        };
        inside(&evil, &both, random)
    }),
    ("wrapping 3: a sibling under another root", |parts, amount, random| {
        let evil = renamed(&altered(&parts.original, amount), random);
        let both = match random.below(3) {
            0 => [evil.as_str(), noise(random), &parts.sealed].concat(),
            1 => [parts.sealed.as_str(), noise(random), &evil].concat(),
            _ => [evil.as_str(), &parts.sealed, noise(random), &evil].concat(),
        };
        around(&both, random)
    }),
    ("wrapping 4: the sealed inside of the altered", |parts, amount, random| {
        let evil = renamed(&altered(&parts.original, amount), random);
        let evil = inside(&evil, &parts.sealed, random);
        if random.below(2) == 0 { evil } else { around(&evil, random) }
    }),
    ("wrapping 5: altered in place, the original behind", |parts, amount, random| {
        let evil = renamed(&altered(&parts.sealed, amount), random);
        inside(&evil, &parts.original, random)
    }),
    ("wrapping 6: altered in place, the original in the signature", |parts, amount, random| {
        let evil = renamed(&altered(&parts.sealed, amount), random);
        let signature = inside(&parts.signature, &parts.original, random);
        evil.replacen(&parts.signature, &signature, 1)
    }),
    ("wrapping 7: in an extension of UBL", |parts, amount, random| {
        let evil = altered(&parts.original, amount);
        let evil = if random.below(2) == 0 { evil } else { renamed(&evil, random) };
        match random.below(3) {
            0 => in_extension(&parts.sealed, &evil, random),
            1 => in_extension(&evil, &parts.sealed, random),
            _ => {
                let both = [parts.original.as_str(), noise(random), &parts.signature].concat();
                in_extension(&evil, &both, random)
            }
        }
    }),
    ("wrapping 8: in an object of the signature", |parts, amount, random| {
        let evil = renamed(&altered(&parts.original, amount), random);
        match random.below(3) {
            0 => {
                let signature = in_object(&parts.signature, &parts.original, random);
                inside(&evil, &signature, random)
            }
            1 => {
                let signature = in_object(&parts.signature, &evil, random);
                parts.sealed.replacen(&parts.signature, &signature, 1)
            }
            _ => {
                let signature = in_object(&parts.signature, &parts.original, random);
                let evil = renamed(&altered(&parts.sealed, amount), random);
                evil.replacen(&parts.signature, &signature, 1)
            }
        }
    }),
];

pub(super) fn kinds() -> Vec<ForgeryKind> {
    let parts = Arc::new(SealedParts::all());
    let kind = |(name, family): (&'static str, Family)| {
        let parts = Arc::clone(&parts);
        let make = move |random: &mut Xorshift| {
            let amount = amount(random);
            let file = family(one_of(random, &parts), &amount, random);
            ForgedFile::new(file, amount)
        };
        ForgeryKind { name, make: Box::new(make), reached: looked_at }
    };
    FAMILIES.map(kind).into_iter().collect()
}
