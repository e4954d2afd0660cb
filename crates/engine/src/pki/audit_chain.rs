//! The hash of an entry of the audit record: over what it says, its place, and the hash of the entry before it.
//!
//! It is made of tagged fields in a fixed order, each with its length, and of nothing that a library writes. A field that
//! says nothing is left out: one that is added later changes no hash of an entry that does not have it.

use super::digest::Hasher;
use crate::domain::audit::RecordedEntry;
use crate::domain::profile::DigestAlgorithm;

/// The hash of an entry at a place, from 1, behind an entry with this hash.
#[must_use]
pub fn link(place: i64, before: Option<&[u8; 32]>, entry: &RecordedEntry) -> [u8; 32] {
    let mut fields = Fields(Hasher::new(DigestAlgorithm::Sha256));
    fields.text("form", "chancery/audit/1");
    fields.number("place", place);
    if let Some(before) = before {
        fields.octets("before", before);
    }
    fields.number("id", entry.id);
    fields.number("at", entry.at_ms);
    fields.text("actor", &entry.actor);
    if let Some(actor) = entry.actor_id {
        fields.number("actor-id", actor);
    }
    fields.text("action", &entry.action);
    fields.number("person", entry.person);
    if let Some(subject) = &entry.subject {
        fields.text("subject", subject);
    }
    fields.text("detail", &entry.detail);
    if let Some(address) = &entry.address {
        fields.text("address", address);
    }
    let mut value = [0; 32];
    let digest = fields.0.finish();
    value.iter_mut().zip(digest.value()).for_each(|(to, from)| *to = *from);
    value
}

/// Names and values with their lengths.
struct Fields(Hasher);

impl Fields {
    fn octets(&mut self, name: &str, value: &[u8]) {
        for part in [name.as_bytes(), value] {
            self.0.update(&(part.len() as u64).to_be_bytes());
            self.0.update(part);
        }
    }

    fn text(&mut self, name: &str, value: &str) {
        self.octets(name, value.as_bytes());
    }

    fn number(&mut self, name: &str, value: i64) {
        self.octets(name, &value.to_be_bytes());
    }
}
