//! What a PDF runs when it is opened, shown or clicked (ISO 32000-1, 12.6): JavaScript, programs, forms
//! that are sent elsewhere.

use std::collections::BTreeSet;

use super::form::{Form, text};
use crate::domain::pades::ActiveContent;
use crate::domain::refusal::PdfRefusal;
use crate::seal::pdf::PdfFile;
use crate::seal::pdf::object::{Dictionary, Object, Reference};

/// Actions that are looked at one after the other.
const MAX_CHAIN: usize = 100;

/// Fields and widgets that are looked at; a form has no more fields.
const MAX_FIELDS: usize = 50_000;

/// Pages whose actions are looked at to warn: those that are shown soon.
const FIRST_PAGES: usize = 64;

/// The first active content that is found, in a few words. To warn, the places that take effect by
/// themselves are looked at, on the first pages too; to refuse, every page, annotation and field, and the
/// outline.
///
/// # Errors
/// What the reader refuses.
pub(super) fn find(
    file: &PdfFile<'_>,
    catalog: &Dictionary,
    form: &Form,
    policy: ActiveContent,
) -> Result<Option<String>, PdfRefusal> {
    if let Some(kind) = action(file, catalog.get("OpenAction"))? {
        return Ok(Some(format!("{kind} that runs when it is opened")));
    }
    if let Some(kind) = additional(file, catalog.get("AA"))? {
        return Ok(Some(format!("{kind} that runs with the document")));
    }
    if let Some(names) = file.dictionary(catalog, "Names")?
        && file.dictionary(&names, "JavaScript")?.is_some()
    {
        return Ok(Some("JavaScript for the whole document".to_owned()));
    }
    if policy == ActiveContent::Warn {
        for (position, page) in file.pages()?.take(FIRST_PAGES).enumerate() {
            if let Some(kind) = additional(file, page?.dictionary.get("AA"))? {
                return Ok(Some(format!("{kind} on page {}", position + 1)));
            }
        }
        return Ok(None);
    }
    for field in &form.fields {
        if let Some(kind) = of_dictionary(file, &field.dictionary)? {
            return Ok(Some(format!("{kind} in the field '{}'", field.name)));
        }
    }
    if let Some((kind, field)) = of_fields(file, form)? {
        return Ok(Some(format!("{kind} in the field '{field}'")));
    }
    if let Some(kind) = of_outline(file, catalog)? {
        return Ok(Some(format!("{kind} in the outline")));
    }
    for (position, page) in file.pages()?.enumerate() {
        let page = page?.dictionary;
        if let Some(kind) = additional(file, page.get("AA"))? {
            return Ok(Some(format!("{kind} on page {}", position + 1)));
        }
        for annotation in file.array(&page, "Annots")?.unwrap_or_default() {
            if let Object::Dictionary(annotation) = file.resolve(&annotation)?
                && let Some(kind) = of_dictionary(file, &annotation)?
            {
                return Ok(Some(format!("{kind} in an annotation of page {}", position + 1)));
            }
        }
    }
    Ok(None)
}

/// The first field with an action, whether others are below it or not, and its own name.
fn of_fields(
    file: &PdfFile<'_>,
    form: &Form,
) -> Result<Option<(&'static str, String)>, PdfRefusal> {
    let mut visited = BTreeSet::new();
    let mut ahead = file.array(&form.dictionary, "Fields")?.unwrap_or_default();
    while let Some(next) = ahead.pop() {
        if let Object::Reference(reference) = &next
            && !visited.insert(*reference)
        {
            continue;
        }
        let Object::Dictionary(field) = file.resolve(&next)? else { continue };
        if let Some(kind) = of_dictionary(file, &field)? {
            let name = file.value(&field, "T")?.as_string().map(text).unwrap_or_default();
            return Ok(Some((kind, name)));
        }
        ahead.extend(file.array(&field, "Kids")?.unwrap_or_default());
        if visited.len().max(ahead.len() / 2) > MAX_FIELDS {
            return Err(PdfRefusal::TooManyObjects { limit: MAX_FIELDS });
        }
    }
    Ok(None)
}

/// What an item of the outline runs when it is clicked (12.3.3).
fn of_outline(
    file: &PdfFile<'_>,
    catalog: &Dictionary,
) -> Result<Option<&'static str>, PdfRefusal> {
    let mut visited = BTreeSet::new();
    let mut ahead: Vec<Object> = catalog.get("Outlines").cloned().into_iter().collect();
    while let Some(next) = ahead.pop() {
        if let Object::Reference(reference) = &next {
            if !visited.insert(*reference) {
                continue;
            }
            file.keep(4 * size_of::<Reference>())?;
        }
        let Object::Dictionary(item) = file.resolve(&next)? else { continue };
        if let Some(kind) = of_dictionary(file, &item)? {
            return Ok(Some(kind));
        }
        ahead.extend(["Next", "First"].into_iter().filter_map(|key| item.get(key).cloned()));
    }
    Ok(None)
}

fn of_dictionary(
    file: &PdfFile<'_>,
    dictionary: &Dictionary,
) -> Result<Option<&'static str>, PdfRefusal> {
    match action(file, dictionary.get("A"))? {
        Some(kind) => Ok(Some(kind)),
        None => additional(file, dictionary.get("AA")),
    }
}

/// The actions of a trigger dictionary (12.6.3).
fn additional(
    file: &PdfFile<'_>,
    triggers: Option<&Object>,
) -> Result<Option<&'static str>, PdfRefusal> {
    let Some(triggers) = triggers else { return Ok(None) };
    let Object::Dictionary(triggers) = file.resolve(triggers)? else { return Ok(None) };
    for (_, trigger) in triggers.iter() {
        if let Some(kind) = action(file, Some(trigger))? {
            return Ok(Some(kind));
        }
    }
    Ok(None)
}

/// What an action or one that follows it runs. An array where an action may stand is a destination.
fn action(file: &PdfFile<'_>, first: Option<&Object>) -> Result<Option<&'static str>, PdfRefusal> {
    let mut ahead: Vec<Object> = first.cloned().into_iter().collect();
    for _ in 0..MAX_CHAIN {
        let Some(next) = ahead.pop() else { return Ok(None) };
        let Object::Dictionary(action) = file.resolve(&next)? else { continue };
        let kind = match file.value(&action, "S")?.as_name() {
            Some(b"JavaScript") => Some("JavaScript"),
            Some(b"Launch") => Some("a program"),
            Some(b"SubmitForm") => Some("a form that is sent elsewhere"),
            Some(b"ImportData") => Some("data that is imported"),
            Some(b"Rendition") if action.get("JS").is_some() => Some("JavaScript"),
            _ => None,
        };
        if kind.is_some() {
            return Ok(kind);
        }
        match file.value(&action, "Next")? {
            Object::Array(items) if ahead.len() + items.len() > MAX_CHAIN => break,
            Object::Array(items) => ahead.extend(items),
            Object::Null => {}
            other => ahead.push(other),
        }
    }
    // A chain this long hides something.
    Ok(Some("a chain of actions without end"))
}
