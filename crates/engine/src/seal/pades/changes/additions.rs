//! What was added to a PDF that may not be changed (DocMDP, P 1): validation data and document timestamps are no
//! changes (ISO 32000-2, 12.8.2.2.2; EN 319 142-1, 5.4), anything else is. Each revision is held against the one
//! before it; a document timestamp brings its field, which shows nothing, its signature, and their names in the lists
//! of the form and of a page.

use std::collections::BTreeSet;

use super::meaning::index;
use super::tail::{PdfTail, tail, update};
use super::{coverage, gap};
use crate::domain::refusal::PdfRefusal;
use crate::seal::pades::form::{Field, Form};
use crate::seal::pdf::object::{Dictionary, Object, Reference};
use crate::seal::pdf::{PdfFile, PdfLimits};

/// Kind of the signatures that are document timestamps (ISO 32000-2, 12.8.5).
const TIMESTAMP: &[u8] = b"ETSI.RFC3161";

/// Keys of the form that a document timestamp changes.
const FORM: [&str; 2] = ["Fields", "SigFlags"];

/// Says what was added behind the signature that ends at this offset and is neither validation data nor a document
/// timestamp; none when that is all.
///
/// # Errors
/// What the reader refuses.
pub fn change_since(
    file: &PdfFile<'_>,
    form: &Form,
    document: &[u8],
    end: usize,
    limits: &PdfLimits,
) -> Result<Option<String>, PdfRefusal> {
    let mut ends: Vec<usize> =
        coverage(file, form, document)?.into_iter().map(|signed| signed.end).collect();
    ends.retain(|later| *later > end);
    // All revisions together may cost what one file may.
    let share = ends.len() + 1;
    let limits = PdfLimits {
        steps: limits.steps / u64::try_from(share).unwrap_or(u64::MAX),
        unpacked: limits.unpacked / share,
        ..limits.clone()
    };
    let mut older = PdfFile::open(document.get(..end).unwrap_or_default(), &limits)?;
    for later in &ends {
        let newer = PdfFile::open(document.get(..*later).unwrap_or_default(), &limits)?;
        let timestamp = match AddedTimestamp::read(&older, &newer)? {
            Ok(timestamp) => timestamp,
            Err(what) => return Ok(Some(what)),
        };
        match update(&older, &newer, &timestamp.objects)? {
            PdfTail::Nothing | PdfTail::ValidationData { described: false } => older = newer,
            PdfTail::ValidationData { described: true } => return Ok(Some(METADATA.to_owned())),
            PdfTail::Other(what) => return Ok(Some(what)),
        }
    }
    let last = ends.last().copied().unwrap_or(end);
    Ok(match tail(file, document, last, &limits)? {
        PdfTail::Nothing | PdfTail::ValidationData { described: false } => None,
        PdfTail::ValidationData { described: true } => Some(METADATA.to_owned()),
        PdfTail::Other(what) => Some(what),
    })
}

const METADATA: &str = "its metadata";

/// The document timestamp that a revision ends with.
struct AddedTimestamp {
    /// Numbers of all objects that it brings or changes, each of them as far as it may.
    objects: BTreeSet<u32>,
}

impl AddedTimestamp {
    /// Reads it, or says what the revision has instead.
    fn read(older: &PdfFile<'_>, newer: &PdfFile<'_>) -> Result<Result<Self, String>, PdfRefusal> {
        let form = Form::read(newer, &newer.catalog()?)?;
        let mut found = None;
        for (field, signature) in form.signed() {
            if gap(newer, field, signature, newer.bytes())?.end == newer.bytes().len() {
                found = Some((field, signature));
            }
        }
        let Some((field, signature)) = found else { return Ok(Err("a revision".to_owned())) };
        let name = || format!("the signature in '{}'", field.name);
        let kind = newer.value(signature, "SubFilter")?;
        if kind.as_name() != Some(TIMESTAMP) {
            return Ok(Err(name()));
        }
        let known = older.positions();
        let value = field.dictionary.get("V").and_then(Object::as_reference);
        let appearances = newer.dictionary(&field.dictionary, "AP")?.unwrap_or_default();
        let looks = appearances.iter().filter_map(|(_, look)| look.as_reference());
        let new: Vec<Reference> = [field.reference].into_iter().chain(value).chain(looks).collect();
        if let Some(old) = new.iter().find(|one| known.contains_key(&one.number)) {
            return Ok(Err(format!("object {}, which was there", old.number)));
        }
        if !shows_nothing(newer, field)? {
            return Ok(Err(format!("{}, which is seen or acts", name())));
        }
        let mut objects: BTreeSet<u32> = new.iter().map(|one| one.number).collect();
        let of_form = in_form(older, newer, field, &mut objects)?;
        let of_pages = on_pages(older, newer, field, &mut objects)?;
        Ok(match of_form.or(of_pages) {
            None => Ok(Self { objects }),
            Some(what) => Err(what),
        })
    }
}

/// Whether a field is its own widget, without an area (12.7.5.5) and without actions.
fn shows_nothing(file: &PdfFile<'_>, field: &Field) -> Result<bool, PdfRefusal> {
    if ["Kids", "A", "AA"].iter().any(|key| field.dictionary.get(key).is_some()) {
        return Ok(false);
    }
    let corners = file.array(&field.dictionary, "Rect")?.unwrap_or_default();
    Ok(match corners.as_slice() {
        [] => true,
        [left, bottom, right, top] => {
            left.as_number().is_some()
                && bottom.as_number().is_some()
                && left.as_number() == right.as_number()
                && bottom.as_number() == top.as_number()
        }
        _ => false,
    })
}

/// Notes the objects of the form that name the field; says what else of it is another than before.
fn in_form(
    older: &PdfFile<'_>,
    newer: &PdfFile<'_>,
    field: &Field,
    objects: &mut BTreeSet<u32>,
) -> Result<Option<String>, PdfRefusal> {
    let (before, after) = (older.catalog()?, newer.catalog()?);
    let dictionary = |file: &PdfFile<'_>, catalog: &Dictionary| {
        file.dictionary(catalog, "AcroForm").map(Option::unwrap_or_default)
    };
    let (was, is) = (dictionary(older, &before)?, dictionary(newer, &after)?);
    if let Some(key) = difference(&was, &is, &FORM) {
        return Ok(Some(format!("{key} of the form")));
    }
    let fields =
        |file: &PdfFile<'_>, form| file.array(form, "Fields").map(Option::unwrap_or_default);
    if !is_more_by(&fields(older, &was)?, &fields(newer, &is)?, field.reference) {
        return Ok(Some("the fields of the form".to_owned()));
    }
    objects.extend(own(&after, "AcroForm"));
    objects.extend(own(&is, "Fields"));
    Ok(None)
}

/// Notes the page that names the field; says what else of a page is another than before.
fn on_pages(
    older: &PdfFile<'_>,
    newer: &PdfFile<'_>,
    field: &Field,
    objects: &mut BTreeSet<u32>,
) -> Result<Option<String>, PdfRefusal> {
    for page in newer.pages()? {
        let page = page?;
        let Object::Dictionary(before) = older.resolve(&Object::Reference(page.reference))? else {
            return Ok(Some("a page".to_owned()));
        };
        let annotations = |file: &PdfFile<'_>, page: &Dictionary| {
            file.array(page, "Annots").map(Option::unwrap_or_default)
        };
        let (was, is) = (annotations(older, &before)?, annotations(newer, &page.dictionary)?);
        if !is.iter().any(|one| one.as_reference() == Some(field.reference)) {
            // as before, or it is found among the objects that changed
            continue;
        }
        if difference(&before, &page.dictionary, &["Annots"]).is_some()
            || !is_more_by(&was, &is, field.reference)
        {
            return Ok(Some(format!("the page in object {}", page.reference.number)));
        }
        objects.insert(page.reference.number);
        objects.extend(own(&page.dictionary, "Annots"));
    }
    Ok(None)
}

/// The number of the object that a value is.
fn own(dictionary: &Dictionary, key: &str) -> Option<u32> {
    dictionary.get(key).and_then(Object::as_reference).map(|it| it.number)
}

/// Whether a list is what it was, and a reference once more.
fn is_more_by(before: &[Object], after: &[Object], added: Reference) -> bool {
    let others = after.iter().filter(|one| one.as_reference() != Some(added));
    others.eq(before) && after.len() == before.len() + 1
}

/// A key, other than these, whose value is not what it was.
fn difference(before: &Dictionary, after: &Dictionary, except: &[&str]) -> Option<String> {
    let (before, after) = (index(before), index(after));
    let mut keys = before.keys().chain(after.keys());
    let other = keys.find(|key| {
        !except.iter().any(|one| one.as_bytes() == **key) && before.get(*key) != after.get(*key)
    });
    other.map(|key| String::from_utf8_lossy(key).into_owned())
}
