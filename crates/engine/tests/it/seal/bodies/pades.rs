//! Any bytes as a PDF to seal; the first of them choose how. What comes out begins with what went in,
//! and another reader of PDF finds the signature in it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use chancery_engine::domain::pades::PadesProfile;
use chancery_engine::domain::profile::Profile;
use chancery_engine::seal::pdf::{PdfFile, PdfLimits};
use chancery_engine::seal::{Limits, Patience};
use chancery_testing::cost;
use hayro_syntax::Pdf;
use hayro_syntax::object::{Array, Dict, MaybeRef, Name, Object, String as Text};
use serde_json::{Map, Value, json};

use super::choices::Choices;

/// How many bytes choose.
pub(crate) const CHOICES: usize = 16;

/// Less than the service allows, so that a run tries many inputs.
const LIMITS: PdfLimits = PdfLimits {
    sections: 100,
    objects: 10_000,
    kept: 16 << 20,
    unpacked: 4 << 20,
    depth: 40,
    steps: 20 << 20,
    patience: Patience::ENDLESS,
};

/// Far more than any input of this length costs, in invoices ([`cost`]).
pub(super) const SOON: u32 = 1000;

/// A picture of one pixel.
const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGD4DwABBAEAfbLI3wAAAABJRU5ErkJggg==";

/// Settings made of choices.
fn settings(choices: &mut Choices<'_>) -> PadesProfile {
    let mut settings = Map::new();
    let fields = ["", "", "Sig", "Signature1", "Outer.Inner"];
    let field = choices.one(&fields);
    if !field.is_empty() {
        settings.insert("field".to_owned(), field.into());
    }
    let certification = choices.one(&["NONE", "NONE", "NO_CHANGES", "FORM_FILLING", "ANNOTATIONS"]);
    settings.insert("certification".to_owned(), certification.into());
    let certificates = choices.one(&["CHAIN", "SIGNER"]);
    settings.insert("certificates".to_owned(), certificates.into());
    let active = choices.one(&["WARN", "REFUSE"]);
    settings.insert("activeContent".to_owned(), active.into());
    for key in ["reason", "location", "name"] {
        let text = choices.one(&["", "a (\\) \r b", "\u{20AC}\u{1F4A9}"]);
        if !text.is_empty() {
            settings.insert(key.to_owned(), text.into());
        }
    }
    let place = match choices.one(&[0, 0, 1, 2, 3, 4, 5]) {
        0 => Value::Null,
        1 => json!({ "COORDINATE": { "page": 1, "x": 10, "y": 10 } }),
        2 => json!({ "COORDINATE": { "page": -1, "x": 0, "y": 0 } }),
        3 => json!({ "COORDINATE": { "page": 2, "x": 1.5, "y": 2.25 } }),
        4 => json!({ "PLACEHOLDER": choices.one(&["#seal#", "a", "Signature"]) }),
        _ => json!({ "FIELD": choices.one(&["Sig", "Signature1"]) }),
    };
    if !place.is_null() {
        let mut visible = json!({ "place": place });
        match choices.one(&[0, 1, 2, 3]) {
            0 => {}
            1 => visible["template"] = "".into(),
            2 => visible["template"] = "$date A\u{E7}\u{F5}es".into(),
            _ => visible["image"] = json!({ "kind": "PNG", "content": PNG }),
        }
        if choices.rarely(3) {
            visible["background"] = "#FFEEDD".into();
            visible["area"] = json!({ "width": 20, "height": 7.5 });
        }
        if choices.rarely(2) {
            visible["coordinateOrigin"] = "BOTTOM_LEFT".into();
        }
        settings.insert("visible".to_owned(), visible);
    }
    serde_json::from_value(Value::Object(settings)).unwrap()
}

/// Seals, and looks at what came out.
pub(crate) fn pades(bytes: &[u8]) {
    let Some((chosen, document)) = bytes.split_at_checked(CHOICES) else { return };
    let profile = settings(&mut Choices::new(chosen));
    let limits = Limits { pdf: LIMITS, ..Limits::default() };
    let profile = Profile::Pades(Box::new(profile));
    let sealed =
        cost::at_most(SOON, "it", || super::seal_only(document.to_vec(), &profile, &limits));
    let Ok(sealed) = sealed else { return };
    assert!(sealed.starts_with(document), "the document comes first, bit for bit");
    // What no other reader opens without a signature, none needs to open with one.
    // Where readers see two catalogs in a broken file, ours says which it is from now on.
    let ours = PdfFile::open(document, &LIMITS).map(|file| file.root().number).ok();
    let before = judged(document).filter(|before| Some(before.root) == ours);
    if let Some(before) = before {
        let after = judged(&sealed);
        let after = after.unwrap_or_else(|| panic!("hayro opens it no more"));
        assert_eq!(after.root, before.root, "another catalog");
        assert_eq!(after.signed, before.signed + 1, "the signature is not found");
        assert_eq!(after.furthest, Some(sealed.len()), "the signature does not reach the end");
    }
}

/// What hayro says of a file.
struct Judged {
    root: u32,
    /// Signed fields at the top of the form, or one below.
    signed: usize,
    /// The end of the byte range that reaches furthest.
    furthest: Option<usize>,
}

/// `None` when hayro does not open it, or finds no pages in it. Its troubles are not ours.
fn judged(bytes: &[u8]) -> Option<Judged> {
    let bytes = bytes.to_vec();
    catch_unwind(AssertUnwindSafe(|| read(bytes))).ok().flatten()
}

fn read(bytes: Vec<u8>) -> Option<Judged> {
    let pdf = Pdf::new(bytes).ok()?;
    let root = pdf.xref().root_id();
    let catalog = pdf.xref().get::<Dict<'_>>(root)?;
    if pdf.pages().is_empty() {
        return None;
    }
    let mut judged = Judged { root: root.obj_number, signed: 0, furthest: None };
    let Some(form) = catalog.get::<Dict<'_>>(b"AcroForm") else { return Some(judged) };
    let Some(fields) = form.get::<Array<'_>>(b"Fields") else { return Some(judged) };
    let mut ahead = dictionaries(&pdf, &fields);
    let mut seen = 0;
    while let Some(field) = ahead.pop() {
        seen += 1;
        if let Some(kids) = field.get::<Array<'_>>(b"Kids").filter(|_| seen < 100) {
            ahead.extend(dictionaries(&pdf, &kids));
        }
        let Some(signature) = field.get::<Dict<'_>>(b"V") else { continue };
        let ours = signature
            .get::<Name<'_>>(b"SubFilter")
            .is_some_and(|it| it.as_ref() == b"ETSI.CAdES.detached");
        if !ours || signature.get::<Text<'_>>(b"Contents").is_none() {
            continue;
        }
        judged.signed += 1;
        let range = signature.get::<Array<'_>>(b"ByteRange")?;
        let range: Vec<i32> = range.iter::<i32>().collect();
        if let [_, _, start, length] = range[..] {
            let end = usize::try_from(start + length).ok();
            judged.furthest = judged.furthest.max(end);
        }
    }
    Some(judged)
}

/// The items of an array that are dictionaries, whatever the others are.
fn dictionaries<'a>(pdf: &'a Pdf, array: &Array<'a>) -> Vec<Dict<'a>> {
    let item = |item: MaybeRef<Object<'a>>| match item {
        MaybeRef::Ref(reference) => pdf.xref().get::<Dict<'a>>(reference.into()),
        MaybeRef::NotRef(object) => object.into_dict(),
    };
    array.raw_iter().filter_map(item).collect()
}
