//! What a form says: fields by their names, each once or several times.

use std::sync::Arc;

use secrecy::SecretString;
use zeroize::Zeroizing;

/// A form that was sent, and is one of the session it came in.
#[derive(Clone)]
pub(super) struct OfficeForm(Arc<Vec<(String, Zeroizing<String>)>>);

impl OfficeForm {
    pub(super) fn read(octets: &[u8]) -> Self {
        let fields = form_urlencoded::parse(octets);
        let owned = fields.map(|(name, value)| (name.into_owned(), value.into_owned().into()));
        Self(Arc::new(owned.collect()))
    }

    /// The field of that name; empty when there is none.
    pub(super) fn one(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    /// Every field of that name.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The field of that name, which nobody is to see.
    pub(super) fn secret(&self, name: &str) -> SecretString {
        SecretString::from(self.one(name))
    }
}
