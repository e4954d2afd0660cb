//! What follows the last signature of a PDF, which nobody signed: validation data may (EN 319 142-1, 5.4), so that a
//! seal can be checked when nobody can be asked any more. Whether anything that was signed looks different because
//! of it is not looked at here.

use std::collections::BTreeSet;

use super::revision::is_structure;
use crate::domain::refusal::PdfRefusal;
use crate::seal::pdf::object::{Dictionary, Name, Object};
use crate::seal::pdf::{PdfFile, PdfLimits};

/// Keys of the catalog that validation data bring: the store, and the extensions that it is one of.
const CATALOG: [&str; 3] = ["DSS", "Extensions", "Metadata"];

/// Keys of the store and of its entries.
const LISTS: [&str; 7] = ["Certs", "OCSPs", "CRLs", "Cert", "OCSP", "CRL", "TS"];

/// What ends a file (ISO 32000-1, 7.5.5).
const MARKER: &[u8] = b"%%EOF";

/// Objects of a store that are looked at.
const MAX_OBJECTS: usize = 20_000;

/// What follows the last signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PdfTail {
    /// White space at most.
    Nothing,
    /// Validation data, and, when it is described anew, what it is said to be beside what is shown of it: its
    /// metadata.
    ValidationData { described: bool },
    /// Something else, which is said in words.
    Other(String),
}

/// Looks at what follows a signature that ends at this offset.
///
/// # Errors
/// What the reader refuses.
pub fn tail(
    file: &PdfFile<'_>,
    document: &[u8],
    end: usize,
    limits: &PdfLimits,
) -> Result<PdfTail, PdfRefusal> {
    let behind = document.get(end..).unwrap_or_default();
    if behind.iter().all(u8::is_ascii_whitespace) {
        return Ok(PdfTail::Nothing);
    }
    let other = |what: String| Ok(PdfTail::Other(what));
    let marker = behind.windows(MARKER.len()).rposition(|window| window == MARKER);
    let rest = marker.and_then(|at| behind.get(at + MARKER.len()..));
    if !rest.is_some_and(|rest| rest.iter().all(u8::is_ascii_whitespace)) {
        return other("bytes behind its end".to_owned());
    }
    let older = PdfFile::open(document.get(..end).unwrap_or_default(), limits)?;
    update(&older, file, &BTreeSet::new())
}

/// Looks at what an update of a file brings: validation data, and objects that it may change beside them, the form
/// among them when there are any.
///
/// # Errors
/// What the reader refuses.
pub(super) fn update(
    older: &PdfFile<'_>,
    file: &PdfFile<'_>,
    also: &BTreeSet<u32>,
) -> Result<PdfTail, PdfRefusal> {
    let other = |what: String| Ok(PdfTail::Other(what));
    if older.root() != file.root() {
        return other("another catalog".to_owned());
    }
    let (before, after) = (older.catalog()?, file.catalog()?);
    let form = (!also.is_empty()).then_some("AcroForm");
    let keys = before.iter().chain(after.iter()).map(|(key, _)| key);
    let others = keys
        .map(Name::as_bytes)
        .filter(|key| !CATALOG.iter().chain(&form).any(|it| it.as_bytes() == *key));
    for key in others {
        if before.get_bytes(key) != after.get_bytes(key) {
            return other(format!("{} of the catalog", String::from_utf8_lossy(key)));
        }
    }
    let mut may = store(file, &after)?;
    may.insert(file.root().number);
    let number = |object: Option<&Object>| Some(object?.as_reference()?.number);
    may.extend(number(after.get("Extensions")));
    let description = [number(after.get("Metadata")), number(file.trailer().get("Info"))];
    let (old, new) = (older.positions(), file.positions());
    if let Some(number) = old.keys().find(|number| !new.contains_key(number)) {
        return other(format!("object {number}, which is gone"));
    }
    let (mut changed, mut described) = (false, before.get("Metadata") != after.get("Metadata"));
    for (number, place) in &new {
        if old.get(number) == Some(place) {
            continue;
        }
        changed = true;
        if may.contains(number) || also.contains(number) {
            continue;
        }
        if description.contains(&Some(*number)) {
            described = true;
            continue;
        }
        let object = file.get(place.reference)?;
        let same = || Ok::<_, PdfRefusal>(older.get(place.reference)? == object);
        if !is_structure(&object) && !same()? {
            return other(format!("object {number}"));
        }
    }
    // without an update it is nothing that a reader of PDF knows
    if changed {
        Ok(PdfTail::ValidationData { described })
    } else {
        other("bytes of no object".to_owned())
    }
}

/// The numbers of all objects of the document security store: dictionaries, lists, and the streams in them.
fn store(file: &PdfFile<'_>, catalog: &Dictionary) -> Result<BTreeSet<u32>, PdfRefusal> {
    let mut numbers = BTreeSet::new();
    let mut note = |object: Option<&Object>| {
        numbers.extend(object.and_then(Object::as_reference).map(|it| it.number));
        if numbers.len() > MAX_OBJECTS {
            return Err(PdfRefusal::TooManyObjects { limit: MAX_OBJECTS });
        }
        Ok(())
    };
    note(catalog.get("DSS"))?;
    let dictionary = file.dictionary(catalog, "DSS")?.unwrap_or_default();
    note(dictionary.get("VRI"))?;
    let names = file.dictionary(&dictionary, "VRI")?.unwrap_or_default();
    let mut holders = vec![dictionary];
    for (_, entry) in names.iter() {
        note(Some(entry))?;
        if let Object::Dictionary(entry) = file.resolve(entry)? {
            holders.push(entry);
        }
    }
    for holder in holders {
        for key in LISTS {
            note(holder.get(key))?;
            for item in file.array(&holder, key)?.unwrap_or_default() {
                note(Some(&item))?;
            }
        }
    }
    Ok(numbers)
}
