//! Members that nobody knows and that look like a known one: what is misspelt has no effect, and who sent
//! it should hear of it.

use serde::Deserialize;
use serde::de::value::Error;
use serde::de::{self, Deserializer, Visitor};

use super::wire::{
    ContainedFile, DeliveryInfo, DocumentBody, DocumentRequest, PersonReceiver, PreservationInfo,
    SignBody, SignatureInfo, VisibleSignatureInfo,
};
use crate::domain::refusal::Refusal;
use crate::web::body::Member;

/// What to say about a member of the request that nobody knows.
#[must_use]
pub fn in_request(member: &Member) -> Option<String> {
    let known = match member.parent.as_str() {
        "" => members::<SignBody<'_>>(),
        "preservationInfo" => members::<PreservationInfo>(),
        "preservationInfo.deliveryInfo" => members::<DeliveryInfo>(),
        parent if parent.starts_with("preservationInfo.deliveryInfo.personReceiver[") => {
            members::<PersonReceiver>()
        }
        _ => return None,
    };
    say("", member, known)
}

/// What to say about a member of the document at `place` that nobody knows.
#[must_use]
pub fn in_document(place: &str, member: &Member) -> Option<String> {
    let known = match member.parent.as_str() {
        "" => members::<DocumentBody<'_>>(),
        "documentRequest" => members::<DocumentRequest<'_>>(),
        parent if parent.starts_with("documentRequest.files[") => members::<ContainedFile<'_>>(),
        "signatureInfo" => members::<SignatureInfo>(),
        "signatureInfo.visibleSignatureInfo" => members::<VisibleSignatureInfo>(),
        _ => return None,
    };
    say(place, member, known)
}

/// Names in a refusal of what is missing the member that it may have been sent as.
pub(super) fn hint(refusal: Refusal, notes: &[String]) -> Refusal {
    let Refusal::MemberMissing { path } = &refusal else { return refusal };
    let name = path.rsplit('.').next().unwrap_or(path);
    let asked = format!("did you mean {name}?");
    match notes.iter().find(|note| note.ends_with(&asked)) {
        Some(note) => Refusal::MemberMissing { path: format!("{path} ({note})") },
        None => refusal,
    }
}

fn say(place: &str, member: &Member, known: &[&'static str]) -> Option<String> {
    let meant = known.iter().find(|known| look_alike(&member.name, known))?;
    let path = [place, member.parent.as_str(), member.name.as_str()];
    let path: Vec<&str> = path.into_iter().filter(|part| !part.is_empty()).collect();
    let shown: String = path.join(".").chars().take(200).collect();
    Some(format!("{shown} is not known and had no effect; did you mean {meant}?"))
}

/// Whether one name may be a misspelling of the other: case and separators aside, so many letters added,
/// left out, exchanged or swapped with their neighbour.
#[must_use]
pub fn look_alike(name: &str, known: &str) -> bool {
    let plain = |name: &str| -> Vec<char> {
        name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let (name, known) = (plain(name), plain(known));
    let most = if known.len() < 6 { 1 } else { 2 };
    name.len().abs_diff(known.len()) <= most && distance(&name, &known) <= most
}

/// Edit distance with swaps of neighbours (optimal string alignment).
fn distance(left: &[char], right: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    let mut previous_left = None;
    for (row, &l) in left.iter().enumerate() {
        let mut line = vec![row + 1];
        let mut previous_right = None;
        for (column, &r) in right.iter().enumerate() {
            let at =
                |line: &[usize], column: usize| line.get(column).copied().unwrap_or(usize::MAX);
            let mut best = (at(&last, column) + usize::from(l != r))
                .min(at(&last, column + 1).saturating_add(1))
                .min(at(&line, column).saturating_add(1));
            if previous_left == Some(r) && previous_right == Some(l) && column > 0 {
                best = best.min(at(&before, column - 1).saturating_add(1));
            }
            line.push(best);
            previous_right = Some(r);
        }
        before = std::mem::replace(&mut last, line);
        previous_left = Some(l);
    }
    last.last().copied().unwrap_or(left.len())
}

/// The names of the members that a type reads, as its own code knows them.
fn members<'de, T: Deserialize<'de>>() -> &'static [&'static str] {
    let mut names: &'static [&'static str] = &[];
    let _ = T::deserialize(Asked(&mut names));
    names
}

/// Hears which members are asked for, and gives none.
struct Asked<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Asked<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(de::Error::custom("nothing here"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Error> {
        *self.0 = fields;
        Err(de::Error::custom("nothing here"))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}
