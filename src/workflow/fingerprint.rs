//! The fingerprint of a request: two requests under one reference are the same if it is.
//!
//! It is made of domain words, so that every way in gives the same, and of nothing that a library
//! writes, so that no release of one changes it. A field that says nothing is left out: one that is
//! added later changes no fingerprint of a request that does not use it. How the answer is to look, and
//! what has no effect, is no part of it. `tests/it/fingerprint.rs` holds it fast.

use serde_json::{Map, Value};

use super::request::{Earlier, RequestedDocument, SignRequest};
use crate::domain::level::{Level, LevelWish};
use crate::domain::profile::DigestAlgorithm;
use crate::pki::digest::{Hasher, sha256};

/// What a request is known by.
pub struct Fingerprint {
    value: [u8; 32],
    contents: Vec<[u8; 32]>,
}

impl Fingerprint {
    /// Of a request.
    #[must_use]
    pub fn of(request: &SignRequest) -> Self {
        let contents: Vec<_> =
            request.documents.iter().map(|document| document.content.sha256()).collect();
        Self { value: value(request, &contents), contents }
    }

    /// As it is stored.
    #[must_use]
    pub const fn value(&self) -> [u8; 32] {
        self.value
    }

    /// Whether a stored fingerprint is that of the same request, whichever release stored it.
    #[must_use]
    pub fn is(&self, stored: [u8; 32], request: &SignRequest) -> bool {
        self.value == stored
            || request.earlier.iter().any(|said| self.before(said, request) == stored)
    }

    /// As releases before this one made it, from the texts of the way it came.
    fn before(&self, said: &Earlier, request: &SignRequest) -> [u8; 32] {
        let mut hasher = Hasher::new(DigestAlgorithm::Sha256);
        let mut parts = |parts: &[&[u8]]| {
            let length: usize = parts.iter().map(|part| part.len()).sum();
            hasher.update(&(length as u64).to_be_bytes());
            for part in parts {
                hasher.update(part);
            }
        };
        parts(&[b"chancery/sign/1"]);
        parts(&[request.description.as_bytes()]);
        parts(&[&[u8::from(request.preserve_content)]]);
        for ((document, content), said) in request.documents.iter().zip(&self.contents).zip(&said.0)
        {
            parts(&[document.external_reference.as_str().as_bytes()]);
            parts(&[document.name.as_bytes()]);
            parts(&[document.content_type.as_bytes()]);
            parts(&[content]);
            parts(&said.parts());
        }
        finish(hasher)
    }
}

fn value(request: &SignRequest, contents: &[[u8; 32]]) -> [u8; 32] {
    let mut words = Words(Hasher::new(DigestAlgorithm::Sha256));
    words.text("form", "chancery/request/2");
    words.text("description", &request.description);
    words.flag("preserve", request.preserve_content);
    words.flag("attach", request.attach_documents);
    words.count("receivers", request.receivers.len());
    for receiver in &request.receivers {
        words.text("address", receiver.address.as_str());
        if let Some(language) = receiver.language {
            words.text("language", language.as_str());
        }
    }
    words.count("documents", request.documents.len());
    for (document, content) in request.documents.iter().zip(contents) {
        words.document(document, content);
    }
    finish(words.0)
}

/// SHA-256 of what cannot be read as anything.
#[must_use]
pub fn of_octets(octets: &[u8]) -> [u8; 32] {
    sha256(octets)
}

/// SHA-256 of a JSON value by its meaning: members in any order, numbers by value.
#[must_use]
pub fn of_json(json: &Value) -> [u8; 32] {
    let mut words = Words(Hasher::new(DigestAlgorithm::Sha256));
    words.json("value", json);
    finish(words.0)
}

fn finish(hasher: Hasher) -> [u8; 32] {
    let mut value = [0; 32];
    value.copy_from_slice(hasher.finish().value());
    value
}

/// SHA-256 of octets that come piece by piece.
pub struct PiecewiseHash(Hasher);

impl PiecewiseHash {
    /// Of nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self(Hasher::new(DigestAlgorithm::Sha256))
    }

    /// Adds a piece.
    pub fn add(&mut self, octets: &[u8]) {
        self.0.update(octets);
    }

    /// The digest.
    #[must_use]
    pub fn finish(self) -> [u8; 32] {
        finish(self.0)
    }
}

impl Default for PiecewiseHash {
    fn default() -> Self {
        Self::new()
    }
}

/// Fields, each with its name and the length of its value before it, so that no two run together.
struct Words(Hasher);

impl Words {
    fn field(&mut self, name: &str, bytes: &[u8]) {
        for part in [name.as_bytes(), bytes] {
            self.0.update(&(part.len() as u64).to_be_bytes());
            self.0.update(part);
        }
    }

    fn text(&mut self, name: &str, text: &str) {
        self.field(name, text.as_bytes());
    }

    fn flag(&mut self, name: &str, set: bool) {
        if set {
            self.field(name, &[1]);
        }
    }

    fn count(&mut self, name: &str, count: usize) {
        self.field(name, &(count as u64).to_be_bytes());
    }

    fn document(&mut self, document: &RequestedDocument, content: &[u8; 32]) {
        self.text("reference", document.external_reference.as_str());
        self.text("name", &document.name);
        self.text("type", &document.content_type);
        self.field("content", content);
        self.flag("files", document.of_files);
        let wishes = &document.wishes;
        self.text("format", wishes.format.as_str());
        if let Some(profile) = &wishes.profile {
            self.text("profile", profile);
        }
        // A request of a release before levels had names for them is the same request.
        let named = match wishes.level {
            LevelWish::Usual | LevelWish::Timestamped | LevelWish::Named(Level::T) => None,
            LevelWish::Named(level) => Some(level.as_str()),
        };
        let stamped = [LevelWish::Timestamped, LevelWish::Named(Level::T)];
        self.flag("timestamp", stamped.contains(&wishes.level));
        if let Some(level) = named {
            self.text("level", level);
        }
        if !wishes.settings.is_empty() {
            self.members("settings", &wishes.settings);
        }
        if let Some(unread) = &document.unread {
            self.field("unread", unread);
        }
    }

    /// Members in the order of their names, whatever order the map keeps.
    fn members(&mut self, name: &str, members: &Map<String, Value>) {
        let mut members: Vec<_> = members.iter().collect();
        members.sort_unstable_by_key(|(name, _)| name.as_str());
        self.count(name, members.len());
        for (name, value) in members {
            self.json(name, value);
        }
    }

    fn json(&mut self, name: &str, value: &Value) {
        self.text("member", name);
        match value {
            Value::Null => self.field("null", &[]),
            Value::Bool(set) => self.field("boolean", &[u8::from(*set)]),
            Value::Number(number) => {
                if let Some(integer) = integer(number) {
                    self.field("integer", &integer.to_be_bytes());
                } else {
                    let number = number.as_f64().unwrap_or(f64::NAN);
                    self.field("number", &number.to_bits().to_be_bytes());
                }
            }
            Value::String(text) => self.text("text", text),
            Value::Array(items) => {
                self.count("list", items.len());
                for item in items {
                    self.json("item", item);
                }
            }
            Value::Object(members) => self.members("object", members),
        }
    }
}

/// The integer that a number is, also one written `1.0` or `1e0`.
fn integer(number: &serde_json::Number) -> Option<i128> {
    /// Above it, not every integer is a double.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let whole = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
    whole.or_else(|| {
        let double = number.as_f64().filter(|it| it.fract() == 0.0 && it.abs() <= EXACT)?;
        #[expect(clippy::cast_possible_truncation, reason = "it is whole and within 2^53")]
        Some(double as i128)
    })
}
