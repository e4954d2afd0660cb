//! The interactive form of a PDF (ISO 32000-1, 12.7): its fields by name, and the signatures in them.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

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
    /// The signature that the catalog names as its certification (12.8.4), when it is in no field: it
    /// stands as one of that name would.
    pub certification: Option<Field>,
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
    /// The signature dictionary, when it is signed; fields that inherit one share it.
    pub signature: Option<Rc<Dictionary>>,
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
        let (fields, signatures) = fields(file, &dictionary)?;
        let certification = certification(file, catalog, &signatures)?;
        Ok(Self { reference, dictionary, fields, certification })
    }

    /// The field of that fully qualified name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The signed fields, and a certification that is in none.
    pub fn signed(&self) -> impl Iterator<Item = (&Field, &Dictionary)> {
        let all = self.fields.iter().chain(&self.certification);
        all.filter_map(|field| Some((field, field.signature.as_deref()?)))
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
            let drawn = |widget: &Dictionary| -> Result<bool, PdfRefusal> {
                let appearances = file.dictionary(widget, "AP")?.unwrap_or_default();
                Ok(appearances.get("N").is_some())
            };
            let kids = file.array(&field.dictionary, "Kids")?.unwrap_or_default();
            if kids.is_empty() && !drawn(&field.dictionary)? {
                return Ok(false);
            }
            for kid in kids {
                if let Object::Dictionary(widget) = file.resolve(&kid)?
                    && !drawn(&widget)?
                {
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

    /// The first part of every name: a new field must differ in it, or it would be a twin of a tree.
    pub(super) fn first_parts(&self) -> HashSet<&str> {
        self.fields.iter().map(|field| field.name.split('.').next().unwrap_or_default()).collect()
    }

    /// A name that no field has: `Signature1` or the next.
    #[must_use]
    pub fn free_name(&self) -> String {
        let taken = self.first_parts();
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

/// A field to look at, with what it inherits. That is shared: a field may have many kids.
struct Ahead {
    entry: Reference,
    prefix: Rc<str>,
    is_signature: bool,
    value: Option<Value>,
    depth: usize,
}

/// The value of a field and of those below it.
#[derive(Clone)]
enum Value {
    At(Reference),
    /// The dictionary that stands there, if it is one.
    Direct(Option<Rc<Dictionary>>),
}

/// Signature dictionaries that are objects of their own; none where there is something else.
type Signatures = HashMap<Reference, Option<Rc<Dictionary>>>;

/// What was read of a form so far.
struct Fields<'f, 'b> {
    file: &'f PdfFile<'b>,
    found: Vec<Field>,
    seen: HashSet<Reference>,
    ahead: Vec<Ahead>,
    signatures: Signatures,
}

fn fields(file: &PdfFile<'_>, form: &Dictionary) -> Result<(Vec<Field>, Signatures), PdfRefusal> {
    let mut fields = Fields {
        file,
        found: Vec::new(),
        seen: HashSet::new(),
        ahead: Vec::new(),
        signatures: HashMap::new(),
    };
    // A field is an indirect object (12.7.3.1); what is none cannot be referred to.
    let top = file.array(form, "Fields")?.unwrap_or_default();
    let top: Vec<Reference> = top.iter().filter_map(Object::as_reference).collect();
    let nothing: Rc<str> = Rc::from("");
    fields.add(top, |entry| Ahead {
        entry,
        prefix: Rc::clone(&nothing),
        is_signature: false,
        value: None,
        depth: 0,
    })?;
    while let Some(next) = fields.ahead.pop() {
        fields.look(next)?;
    }
    Ok((fields.found, fields.signatures))
}

/// The certification that no field has.
fn certification(
    file: &PdfFile<'_>,
    catalog: &Dictionary,
    of_fields: &Signatures,
) -> Result<Option<Field>, PdfRefusal> {
    const NAME: &str = "/Perms/DocMDP";
    let permissions = file.dictionary(catalog, "Perms")?.unwrap_or_default();
    let reference = permissions.get("DocMDP").and_then(Object::as_reference);
    if reference.and_then(|it| of_fields.get(&it)).is_some_and(Option::is_some) {
        return Ok(None);
    }
    let Some(signature) = file.dictionary(&permissions, "DocMDP")? else { return Ok(None) };
    file.keep(signature.weight())?;
    Ok(Some(Field {
        reference: reference.unwrap_or(file.root()),
        name: NAME.to_owned(),
        is_signature: true,
        dictionary: Dictionary::new(),
        signature: Some(Rc::new(signature)),
    }))
}

impl Fields<'_, '_> {
    /// Puts fields ahead, the first of them next.
    fn add(
        &mut self,
        entries: Vec<Reference>,
        ahead: impl Fn(Reference) -> Ahead,
    ) -> Result<(), PdfRefusal> {
        if self.ahead.len() + entries.len() > 2 * MAX_FIELDS {
            return Err(PdfRefusal::TooManyObjects { limit: MAX_FIELDS });
        }
        self.ahead.extend(entries.into_iter().rev().map(ahead));
        Ok(())
    }

    fn look(&mut self, next: Ahead) -> Result<(), PdfRefusal> {
        let file = self.file;
        let reference = next.entry;
        if !self.seen.insert(reference) {
            // Some programs list a field again; it is the same field.
            if next.depth == 0 {
                return Ok(());
            }
            let what = "a form field is its own descendant".to_owned();
            return Err(PdfRefusal::Circle { what });
        }
        if self.seen.len() > MAX_FIELDS {
            return Err(PdfRefusal::TooManyObjects { limit: MAX_FIELDS });
        }
        let entry = Object::Reference(reference);
        let Object::Dictionary(dictionary) = file.resolve(&entry)? else { return Ok(()) };
        let name: Rc<str> = match file.value(&dictionary, "T")?.as_string().map(text) {
            Some(own) if next.prefix.is_empty() => Rc::from(own),
            Some(own) => {
                file.keep(next.prefix.len() + own.len())?;
                Rc::from(format!("{}.{own}", next.prefix))
            }
            None => next.prefix,
        };
        let is_signature = match file.value(&dictionary, "FT")? {
            Object::Name(kind) => kind.as_bytes() == b"Sig",
            _ => next.is_signature,
        };
        let value = self.value(&dictionary)?.or(next.value);
        let Some(kids) = named_kids(file, &dictionary)? else {
            let signature = match value.filter(|_| is_signature) {
                Some(value) => self.signature(value)?,
                None => None,
            };
            file.keep(size_of::<Field>() + name.len() + dictionary.weight())?;
            let name = name.to_string();
            self.found.push(Field { reference, name, is_signature, dictionary, signature });
            return Ok(());
        };
        if next.depth >= MAX_DEPTH {
            return Err(PdfRefusal::TooDeep { what: "form fields", limit: MAX_DEPTH });
        }
        self.add(kids, |entry| Ahead {
            entry,
            prefix: Rc::clone(&name),
            is_signature,
            value: value.clone(),
            depth: next.depth + 1,
        })
    }

    /// The value that a field has itself.
    fn value(&self, field: &Dictionary) -> Result<Option<Value>, PdfRefusal> {
        Ok(match field.get("V") {
            None => None,
            Some(Object::Reference(reference)) => Some(Value::At(*reference)),
            Some(Object::Dictionary(direct)) => {
                self.file.keep(direct.weight())?;
                Some(Value::Direct(Some(Rc::new(direct.clone()))))
            }
            Some(_) => Some(Value::Direct(None)),
        })
    }

    /// The signature dictionary that a value is; each is read once.
    fn signature(&mut self, value: Value) -> Result<Option<Rc<Dictionary>>, PdfRefusal> {
        let reference = match value {
            Value::Direct(direct) => return Ok(direct),
            Value::At(reference) => reference,
        };
        if let Some(known) = self.signatures.get(&reference) {
            return Ok(known.clone());
        }
        let read = match self.file.resolve(&Object::Reference(reference))? {
            Object::Dictionary(signature) => {
                self.file.keep(signature.weight())?;
                Some(Rc::new(signature))
            }
            _ => None,
        };
        self.signatures.insert(reference, read.clone());
        Ok(read)
    }
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

/// The kids that are fields, none when no kid is one; kids without a name are widgets of the field (12.7.3.1).
fn named_kids(
    file: &PdfFile<'_>,
    field: &Dictionary,
) -> Result<Option<Vec<Reference>>, PdfRefusal> {
    let mut named = None;
    for kid in file.array(field, "Kids")?.unwrap_or_default() {
        if let Object::Dictionary(dictionary) = file.resolve(&kid)?
            && dictionary.get("T").is_some()
        {
            named.get_or_insert_with(Vec::new).extend(kid.as_reference());
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
