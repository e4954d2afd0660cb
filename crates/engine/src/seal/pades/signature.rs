//! The signature dictionary (ISO 32000-1, 12.8.1; EN 319 142-1, 6.3): written with a gap for the CMS
//! and room for the byte range, both filled when their values are known.

use std::ops::Range;

use crate::domain::instant::Instant;
use crate::domain::pades::PadesProfile;
use crate::seal::pdf::object::{Dictionary, Object};

/// Digits that a number of `/ByteRange` may have: offsets of files up to 10 GB.
const DIGITS: usize = 10;

/// What stands between the brackets of `/ByteRange`: `0` and three numbers.
const RANGE_LENGTH: usize = 1 + 3 * (1 + DIGITS);

/// A signature dictionary as it is written, with what is still to be filled in.
pub(super) struct DictionaryDraft {
    pub(super) bytes: Vec<u8>,
    /// Between the brackets of `/ByteRange`.
    pub(super) byte_range: Range<usize>,
    /// `/Contents` with its angle brackets: what no signature covers.
    pub(super) contents: Range<usize>,
}

/// What a signature dictionary says beside what it always says.
pub(super) struct DictionaryFacts<'a> {
    pub(super) profile: &'a PadesProfile,
    pub(super) at: Instant,
    /// `/Reference`: DocMDP and FieldMDP transforms.
    pub(super) references: Vec<Object>,
    /// Bytes of CMS that there must be room for.
    pub(super) room: usize,
    /// Whether the form is to say that every field has an appearance, because it says otherwise.
    pub(super) has_appearances: bool,
}

/// Writes a signature dictionary. `encrypt` is what the file does to strings (7.6.1); `/Contents` is
/// never encrypted.
pub(super) fn write(
    facts: &DictionaryFacts<'_>,
    encrypt: impl FnOnce(Object) -> Object,
) -> DictionaryDraft {
    let profile = facts.profile;
    let mut dictionary = Dictionary::new()
        .with("Type", Object::name("Sig"))
        .with("Filter", Object::name("Adobe.PPKLite"))
        .with("SubFilter", Object::name("ETSI.CAdES.detached"))
        .with("M", Object::Literal(date(facts.at).into_bytes()));
    // EN 319 142-1, 6.3 m: with a signature policy there is no reason.
    let reason = profile.reason.as_deref().filter(|_| profile.policy.is_none());
    let texts = [
        ("Name", profile.name.as_deref()),
        ("Reason", reason),
        ("Location", profile.location.as_deref()),
        ("ContactInfo", profile.contact.as_deref()),
    ];
    for (key, text) in texts {
        if let Some(text) = text {
            dictionary.set(key, Object::text(text));
        }
    }
    if !facts.references.is_empty() {
        dictionary.set("Reference", Object::Array(facts.references.clone()));
    }
    with_gap(dictionary, facts.room, encrypt)
}

/// Writes the dictionary of a document timestamp (EN 319 142-1, 5.4.3), which says nothing of itself.
pub(super) fn write_timestamp(
    room: usize,
    encrypt: impl FnOnce(Object) -> Object,
) -> DictionaryDraft {
    let dictionary = Dictionary::new()
        .with("Type", Object::name("DocTimeStamp"))
        .with("Filter", Object::name("Adobe.PPKLite"))
        .with("SubFilter", Object::name("ETSI.RFC3161"));
    with_gap(dictionary, room, encrypt)
}

/// A dictionary with room for `/ByteRange` and so many octets of `/Contents`.
fn with_gap(
    dictionary: Dictionary,
    room: usize,
    encrypt: impl FnOnce(Object) -> Object,
) -> DictionaryDraft {
    let mut bytes = Vec::with_capacity(2 * room + 1024);
    encrypt(Object::Dictionary(dictionary)).write(&mut bytes);
    // The closing brackets come after what is filled in.
    bytes.truncate(bytes.len().saturating_sub(2));
    bytes.extend(b"/ByteRange [");
    let start = bytes.len();
    bytes.resize(start + RANGE_LENGTH, b' ');
    let byte_range = start..bytes.len();
    bytes.extend(b"]/Contents ");
    let start = bytes.len();
    bytes.push(b'<');
    bytes.resize(bytes.len() + 2 * room, b'0');
    bytes.push(b'>');
    let contents = start..bytes.len();
    bytes.extend(b">>");
    DictionaryDraft { bytes, byte_range, contents }
}

/// What is written between the brackets of `/ByteRange` for a file of `length` bytes whose gap,
/// brackets included, is `gap`.
pub(super) fn byte_range(gap: &Range<usize>, length: usize) -> String {
    let rest = length.saturating_sub(gap.end);
    let text = format!("0 {} {} {rest}", gap.start, gap.end);
    format!("{text:<RANGE_LENGTH$}")
}

/// A date (7.9.4) in UTC.
pub(super) fn date(at: Instant) -> String {
    let digits: String =
        at.to_xs_date_time().chars().filter(char::is_ascii_digit).take(14).collect();
    format!("D:{digits}+00'00'")
}
