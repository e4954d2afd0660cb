//! What a form says: fields by their names, each once or several times, and files.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use multer::Multipart;
use secrecy::SecretString;
use zeroize::Zeroizing;

/// Most parts of a form with files.
const PARTS: usize = 50;

/// A form that was sent, and is one of the session it came in.
#[derive(Clone)]
pub(super) struct OfficeForm(Arc<FormFields>);

#[derive(Default)]
struct FormFields {
    fields: Vec<(String, Zeroizing<String>)>,
    files: Vec<(String, Vec<u8>)>,
}

impl OfficeForm {
    pub(super) fn read(octets: &[u8]) -> Self {
        let fields = form_urlencoded::parse(octets);
        let owned = fields.map(|(name, value)| (name.into_owned(), value.into_owned().into()));
        Self(Arc::new(FormFields { fields: owned.collect(), files: Vec::new() }))
    }

    /// A form in parts (RFC 7578), all of which is there; `None` when it is none.
    pub(super) async fn of_parts(octets: Bytes, declared: &str) -> Option<Self> {
        let boundary = multer::parse_boundary(declared).ok()?;
        let mut parts = Multipart::new(Body::from(octets).into_data_stream(), boundary);
        let mut form = FormFields::default();
        for _ in 0..PARTS {
            let Some(part) = parts.next_field().await.ok()? else {
                return Some(Self(Arc::new(form)));
            };
            let (name, is_file) = (part.name()?.to_owned(), part.file_name().is_some());
            let value = part.bytes().await.ok()?.to_vec();
            if is_file {
                form.files.push((name, value));
            } else {
                form.fields.push((name, String::from_utf8(value).ok()?.into()));
            }
        }
        None
    }

    /// The field of that name; empty when there is none.
    pub(super) fn one(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    /// Every field of that name.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0
            .fields
            .iter()
            .filter(move |(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// The certificates that a form brings: a file, else what was pasted.
    pub(super) fn certificates(&self) -> &[u8] {
        let mut files =
            self.0.files.iter().filter(|(name, file)| name == "file" && !file.is_empty());
        files.next().map_or_else(|| self.one("pem").as_bytes(), |(_, file)| file)
    }

    /// The field of that name, which nobody is to see.
    pub(super) fn secret(&self, name: &str) -> SecretString {
        SecretString::from(self.one(name))
    }
}
