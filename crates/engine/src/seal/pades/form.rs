//! The interactive form of a PDF (ISO 32000-1, 12.7): its fields by name, and the signatures in them.

use std::collections::HashSet;

use crate::domain::refusal::PdfRefusal;
use crate::seal::pdf::PdfFile;
use crate::seal::pdf::object::{Dictionary, Object, Reference};

/// Fields of a form that are looked at; more than any form has.
const MAX_FIELDS: usize = 50_000;

/// Fields inside each other.
const MAX_DEPTH: usize = 32;

/// The form of a document.
pub struct Form {
    /// Where its dictionary lies when it is an object of its own.
    pub reference: Option<Reference>,
    /// The dictionary itself; empty when there is no form.
    pub dictionary: Dictionary,
    /// Terminal fields, in the order of the tree.
    pub fields: Vec<Field>,
}

/// A terminal field.
pub struct Field {
    /// Where its dictionary lies.
    pub reference: Reference,
    /// Fully qualified (12.7.3.2).
    pub name: String,
    /// Whether a signature belongs in it, its own or that of a field above it.
    pub is_signature: bool,
    /// Its dictionary.
    pub dictionary: Dictionary,
    /// The signature dictionary, when it is signed.
    pub signature: Option<Dictionary>,
}

impl Form {
    /// Reads the form of a document; one without fields when there is none.
    ///
    /// # Errors
    /// What the reader refuses; [`PdfRefusal::XfaForm`].
    pub fn read(file: &PdfFile<'_>, catalog: &Dictionary) -> Result<Self, PdfRefusal> {
        let dictionary = file.dictionary(catalog, "AcroForm")?.unwrap_or_default();
        if file.value(&dictionary, "XFA")? != Object::Null {
            return Err(PdfRefusal::XfaForm);
        }
        let reference = own_object(file, catalog, "AcroForm", |it| it.as_dictionary().is_some())?;
        let fields = fields(file, &dictionary)?;
        Ok(Self { reference, dictionary, fields })
    }

    /// The field of that fully qualified name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The signed fields.
    pub fn signed(&self) -> impl Iterator<Item = (&Field, &Dictionary)> {
        self.fields.iter().filter_map(|field| Some((field, field.signature.as_ref()?)))
    }

    /// The empty signature fields, for a sentence; none when there are none.
    #[must_use]
    pub fn candidates(&self) -> Option<String> {
        let empty = self.fields.iter().filter(|it| it.is_signature && it.signature.is_none());
        let names: Vec<String> = empty.take(10).map(|field| format!("'{}'", field.name)).collect();
        (!names.is_empty()).then(|| names.join(", "))
    }

    /// Whether readers are told to make the appearances of all fields themselves, which changes what is
    /// seen after the signature (12.7.3.3).
    ///
    /// # Errors
    /// What the reader refuses.
    pub fn needs_appearances(&self, file: &PdfFile<'_>) -> Result<bool, PdfRefusal> {
        Ok(file.value(&self.dictionary, "NeedAppearances")? == Object::Boolean(true))
    }

    /// Whether every field that is no signature field has an appearance, so that readers need not make
    /// any.
    ///
    /// # Errors
    /// What the reader refuses.
    pub fn has_appearances(&self, file: &PdfFile<'_>) -> Result<bool, PdfRefusal> {
        for field in self.fields.iter().filter(|field| !field.is_signature) {
            let mut widgets = vec![field.dictionary.clone()];
            let kids = file.array(&field.dictionary, "Kids")?.unwrap_or_default();
            if !kids.is_empty() {
                widgets.clear();
            }
            for kid in kids {
                widgets.extend(file.resolve(&kid)?.as_dictionary().cloned());
            }
            for widget in widgets {
                let appearances = file.dictionary(&widget, "AP")?.unwrap_or_default();
                if appearances.get("N").is_none() {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Whether a new field at the top of the tree can have that name.
    #[must_use]
    pub fn is_free(&self, name: &str) -> bool {
        !name.contains('.')
            && self.fields.iter().all(|field| field.name.split('.').next() != Some(name))
    }

    /// A name that no field has: `Signature1` or the next.
    #[must_use]
    pub fn free_name(&self) -> String {
        // The first part of a name must differ too, or the new field would be a twin of a tree.
        let taken: HashSet<&str> = self
            .fields
            .iter()
            .map(|field| field.name.split('.').next().unwrap_or(&field.name))
            .collect();
        let mut number = 1_u32;
        loop {
            let name = format!("Signature{number}");
            if !taken.contains(name.as_str()) {
                return name;
            }
            number += 1;
        }
    }
}

/// A field to look at, with what it inherits.
struct Ahead {
    entry: Object,
    prefix: String,
    kind: Option<Vec<u8>>,
    value: Option<Object>,
    depth: usize,
}

fn fields(file: &PdfFile<'_>, form: &Dictionary) -> Result<Vec<Field>, PdfRefusal> {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    let mut ahead: Vec<Ahead> = file
        .array(form, "Fields")?
        .unwrap_or_default()
        .into_iter()
        .rev()
        .map(|entry| Ahead { entry, prefix: String::new(), kind: None, value: None, depth: 0 })
        .collect();
    while let Some(next) = ahead.pop() {
        // A field is an indirect object (12.7.3.1); what is none cannot be referred to.
        let Some(reference) = next.entry.as_reference() else { continue };
        if !seen.insert(reference) {
            // Some programs list a field again; it is the same field.
            if next.depth == 0 {
                continue;
            }
            let what = "a form field is its own descendant".to_owned();
            return Err(PdfRefusal::Circle { what });
        }
        if seen.len() > MAX_FIELDS {
            return Err(PdfRefusal::TooManyObjects { limit: MAX_FIELDS });
        }
        let Object::Dictionary(dictionary) = file.resolve(&next.entry)? else { continue };
        let name = match file.value(&dictionary, "T")?.as_string().map(text) {
            Some(own) if next.prefix.is_empty() => own,
            Some(own) => format!("{}.{own}", next.prefix),
            None => next.prefix,
        };
        let kind = match file.value(&dictionary, "FT")? {
            Object::Name(kind) => Some(kind.as_bytes().to_vec()),
            _ => next.kind,
        };
        let value = dictionary.get("V").cloned().or(next.value);
        let kids = named_kids(file, &dictionary)?;
        if kids.is_empty() {
            let is_signature = kind.as_deref() == Some(b"Sig");
            let signature = match value.filter(|_| is_signature) {
                Some(value) => match file.resolve(&value)? {
                    Object::Dictionary(signature) => Some(signature),
                    _ => None,
                },
                None => None,
            };
            found.push(Field { reference, name, is_signature, dictionary, signature });
            continue;
        }
        if next.depth >= MAX_DEPTH {
            return Err(PdfRefusal::TooDeep { what: "form fields", limit: MAX_DEPTH });
        }
        ahead.extend(kids.into_iter().rev().map(|entry| Ahead {
            entry,
            prefix: name.clone(),
            kind: kind.clone(),
            value: value.clone(),
            depth: next.depth + 1,
        }));
    }
    Ok(found)
}

/// Where the value of a key lies, when it is an object of its own and of the right kind. A reference to
/// something else, or to nothing, names nothing that may be changed.
pub(super) fn own_object(
    file: &PdfFile<'_>,
    dictionary: &Dictionary,
    key: &str,
    is_right: fn(&Object) -> bool,
) -> Result<Option<Reference>, PdfRefusal> {
    let reference = dictionary.get(key).and_then(Object::as_reference);
    let found = file.value(dictionary, key)?;
    Ok(reference.filter(|_| is_right(&found)))
}

/// The kids that are fields; kids without a name are widgets of the field (12.7.3.1).
fn named_kids(file: &PdfFile<'_>, field: &Dictionary) -> Result<Vec<Object>, PdfRefusal> {
    let mut named = Vec::new();
    for kid in file.array(field, "Kids")?.unwrap_or_default() {
        if let Object::Dictionary(dictionary) = file.resolve(&kid)?
            && dictionary.get("T").is_some()
        {
            named.push(kid);
        }
    }
    Ok(named)
}

/// A text string (7.9.2.2). What is neither UTF-16 nor UTF-8 by its mark is `PDFDocEncoding`, of which
/// names of fields use what it shares with Latin-1.
pub(super) fn text(bytes: &[u8]) -> String {
    if let Some(utf16) = bytes.strip_prefix(b"\xFE\xFF") {
        let units = utf16.chunks_exact(2).map(|pair| match pair {
            [high, low] => u16::from_be_bytes([*high, *low]),
            _ => 0,
        });
        return char::decode_utf16(units)
            .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect();
    }
    if let Some(utf8) = bytes.strip_prefix(b"\xEF\xBB\xBF") {
        return String::from_utf8_lossy(utf8).into_owned();
    }
    bytes.iter().map(|byte| char::from(*byte)).collect()
}
