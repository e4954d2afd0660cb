//! What a PDF allows to be done to it: permissions of its encryption, certification and locks.

use std::collections::HashMap;

use super::form::{Field, Form, text};
use crate::domain::pades::Certification;
use crate::domain::refusal::PdfRefusal;
use crate::seal::pdf::PdfFile;
use crate::seal::pdf::object::{Dictionary, Object};

/// Which fields a lock or a FieldMDP transform is about (ISO 32000-1, table 233).
enum Scope {
    All,
    Include(Vec<String>),
    Exclude(Vec<String>),
}

impl Scope {
    fn read(file: &PdfFile<'_>, lock: &Dictionary) -> Result<Option<Self>, PdfRefusal> {
        let mut names = Vec::new();
        for item in file.array(lock, "Fields")?.unwrap_or_default() {
            if let Some(name) = file.resolve(&item)?.as_string().map(text) {
                file.keep(size_of::<String>() + name.len())?;
                names.push(name);
            }
        }
        Ok(match file.value(lock, "Action")?.as_name() {
            Some(b"All") => Some(Self::All),
            Some(b"Include") => Some(Self::Include(names)),
            Some(b"Exclude") => Some(Self::Exclude(names)),
            _ => None,
        })
    }

    /// A field is meant by its own name or by that of one above it.
    fn covers(&self, field: &str) -> bool {
        let meant = |names: &[String]| {
            names.iter().any(|name| {
                field
                    .strip_prefix(name.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            })
        };
        match self {
            Self::All => true,
            Self::Include(names) => meant(names),
            Self::Exclude(names) => !meant(names),
        }
    }
}

/// What is about to be done.
pub struct Intention<'a> {
    /// Name of the field that will be signed.
    pub field: &'a str,
    /// Whether the field has to be made.
    pub is_new: bool,
    /// Whether it certifies the document.
    pub certification: Certification,
}

/// Refuses what the document does not allow.
///
/// # Errors
/// [`PdfRefusal::Forbidden`], [`PdfRefusal::CertifiedNoChanges`], [`PdfRefusal::FieldLocked`],
/// [`PdfRefusal::CertificationTooLate`].
pub fn check(file: &PdfFile<'_>, form: &Form, intention: &Intention<'_>) -> Result<(), PdfRefusal> {
    encryption(file, form, intention.is_new)?;
    let mut signed = false;
    for (field, signature) in form.signed() {
        signed = true;
        transforms(file, signature, |method, parameters| match method {
            b"DocMDP" => permits(file, parameters),
            b"FieldMDP" => {
                if parameters.get("P").is_some() {
                    permits(file, parameters)?;
                }
                lock(file, parameters, form, intention.field)
            }
            _ => Ok(()),
        })?;
        // A lock counts once its field is signed (ISO 32000-2, table 236 adds P).
        if let Some(parameters) = file.dictionary(&field.dictionary, "Lock")? {
            if parameters.get("P").is_some() {
                permits(file, &parameters)?;
            }
            lock(file, &parameters, form, intention.field)?;
        }
    }
    if signed && intention.certification != Certification::None {
        return Err(PdfRefusal::CertificationTooLate);
    }
    Ok(())
}

/// Refuses what an encrypted document does not permit of a document timestamp. Certifications and locks
/// are about others: neither validation data nor document timestamps are changes (ISO 32000-2, 12.8.2.2.2).
///
/// # Errors
/// [`PdfRefusal::Forbidden`].
pub(super) fn check_new_field(file: &PdfFile<'_>, form: &Form) -> Result<(), PdfRefusal> {
    encryption(file, form, true)
}

/// What a client should know who adds a field that is seen to a certified document: signing is allowed
/// there, but what P 1 and 2 allow does not name new annotations (table 254).
///
/// # Errors
/// What the reader refuses.
pub(super) fn new_on_certified(
    file: &PdfFile<'_>,
    form: &Form,
) -> Result<Option<String>, PdfRefusal> {
    for (_, signature) in form.signed() {
        let mut certified = false;
        transforms(file, signature, |method, _| {
            certified |= method == b"DocMDP";
            Ok(())
        })?;
        if certified {
            return Ok(Some(
                "the PDF is certified: strict readers take a new visible signature field for a change \
                 that is not allowed; sign invisibly, or in an empty field of the PDF"
                    .to_owned(),
            ));
        }
    }
    Ok(None)
}

/// Permissions of the standard security handler (table 22).
fn encryption(file: &PdfFile<'_>, form: &Form, is_new: bool) -> Result<(), PdfRefusal> {
    let permissions = file.permissions();
    if is_new && !(permissions.modify() && permissions.annotate()) {
        let remedy = match form.candidates() {
            Some(empty) if permissions.fill() => {
                format!("name the field of the document that is to be signed: {empty}")
            }
            _ => "send a copy that allows it".to_owned(),
        };
        return Err(PdfRefusal::Forbidden { what: "making a signature field", remedy });
    }
    if !is_new && !permissions.fill() {
        let remedy = "send a copy that allows it".to_owned();
        return Err(PdfRefusal::Forbidden { what: "filling in a signature field", remedy });
    }
    Ok(())
}

/// Transforms of one signature.
const MAX_TRANSFORMS: usize = 100;

/// Shows the transforms of a signature (12.8.2) by method, with their parameters: `DocMDP`, `FieldMDP`,
/// `UR3`.
///
/// # Errors
/// What the reader refuses, and `look`.
pub fn transforms(
    file: &PdfFile<'_>,
    signature: &Dictionary,
    mut look: impl FnMut(&[u8], &Dictionary) -> Result<(), PdfRefusal>,
) -> Result<(), PdfRefusal> {
    let items = file.array(signature, "Reference")?.unwrap_or_default();
    if items.len() > MAX_TRANSFORMS {
        return Err(PdfRefusal::TooManyObjects { limit: MAX_TRANSFORMS });
    }
    for item in items {
        let Object::Dictionary(reference) = file.resolve(&item)? else { continue };
        if let Some(method) = file.value(&reference, "TransformMethod")?.as_name() {
            let parameters = file.dictionary(&reference, "TransformParams")?;
            look(method, &parameters.unwrap_or_default())?;
        }
    }
    Ok(())
}

/// What a signature permits to be done afterwards when it certifies (table 254).
///
/// # Errors
/// What the reader refuses.
pub fn certified(file: &PdfFile<'_>, signature: &Dictionary) -> Result<Option<i64>, PdfRefusal> {
    let mut permits = None;
    transforms(file, signature, |method, parameters| {
        if method == b"DocMDP" {
            permits = Some(file.value(parameters, "P")?.as_integer().unwrap_or(2));
        }
        Ok(())
    })?;
    Ok(permits)
}

/// Whether further signatures are allowed: `P` is 2 when it is not there (table 254).
fn permits(file: &PdfFile<'_>, parameters: &Dictionary) -> Result<(), PdfRefusal> {
    match file.value(parameters, "P")?.as_integer() {
        Some(1) => Err(PdfRefusal::CertifiedNoChanges),
        _ => Ok(()),
    }
}

fn lock(
    file: &PdfFile<'_>,
    parameters: &Dictionary,
    form: &Form,
    field: &str,
) -> Result<(), PdfRefusal> {
    const UNSIGNED: &str = "no further signature is possible, send the unsigned document";
    let scope = match Scope::read(file, parameters)? {
        Some(scope) if scope.covers(field) => scope,
        _ => return Ok(()),
    };
    let (field, remedy) = match &scope {
        Scope::All => ("every field".to_owned(), UNSIGNED.to_owned()),
        Scope::Include(_) => (format!("the field '{field}'"), "name another field".to_owned()),
        Scope::Exclude(names) => {
            // Of the fields that are left free, those that a signature can have.
            let by_name: HashMap<&str, &Field> =
                form.fields.iter().rev().map(|field| (&*field.name, field)).collect();
            let taken = form.first_parts();
            let usable = |name: &&String| match by_name.get(name.as_str()) {
                Some(field) => field.is_signature && field.signature.is_none(),
                None => !name.contains('.') && !taken.contains(name.as_str()),
            };
            let free: Vec<String> =
                names.iter().filter(usable).take(10).map(|name| format!("'{name}'")).collect();
            let remedy = if free.is_empty() {
                UNSIGNED.to_owned()
            } else {
                format!("name a field that it leaves free: {}", free.join(", "))
            };
            (format!("the field '{field}'"), remedy)
        }
    };
    Err(PdfRefusal::FieldLocked { field, remedy })
}

/// The FieldMDP transform that signing a field with a lock brings (12.8.2.4, 12.7.4.5), with what the lock
/// permits afterwards (ISO 32000-2, table 236).
///
/// # Errors
/// [`PdfRefusal::FieldDemands`] for a lock that no reader knows; what the reader refuses.
pub(super) fn transform_of_lock(
    file: &PdfFile<'_>,
    field: &Field,
    catalog: Object,
) -> Result<Option<Object>, PdfRefusal> {
    let Some(lock) = file.dictionary(&field.dictionary, "Lock")? else { return Ok(None) };
    let mut parameters = Dictionary::new()
        .with("Type", Object::name("TransformParams"))
        .with("V", Object::name("1.2"));
    let demands = |what: String| PdfRefusal::FieldDemands { field: field.name.clone(), what };
    let action = file.value(&lock, "Action")?;
    match action.as_name() {
        Some(b"All" | b"Include" | b"Exclude") => parameters.set("Action", action),
        Some(other) => {
            let other = String::from_utf8_lossy(other);
            return Err(demands(format!("the unknown lock /Action /{other}")));
        }
        None => return Err(demands("a lock without /Action".to_owned())),
    }
    if lock.get("Fields").is_some() {
        parameters.set("Fields", file.value(&lock, "Fields")?);
    }
    match file.value(&lock, "P")? {
        Object::Null => {}
        permitted @ Object::Integer(1..=3) => parameters.set("P", permitted),
        _ => return Err(demands("a lock with an unknown /P".to_owned())),
    }
    let reference = Dictionary::new()
        .with("Type", Object::name("SigRef"))
        .with("TransformMethod", Object::name("FieldMDP"))
        .with("TransformParams", parameters)
        .with("Data", catalog);
    Ok(Some(Object::Dictionary(reference)))
}

/// The DocMDP transform of a certification (12.8.2.2).
pub(super) fn transform_of_certification(permissions: u8) -> Object {
    let parameters = Dictionary::new()
        .with("Type", Object::name("TransformParams"))
        .with("P", Object::Integer(i64::from(permissions)))
        .with("V", Object::name("1.2"));
    Dictionary::new()
        .with("Type", Object::name("SigRef"))
        .with("TransformMethod", Object::name("DocMDP"))
        .with("TransformParams", parameters)
        .into()
}
