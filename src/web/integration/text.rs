//! Text for people, as requests carry it: how long it may be, and what no database keeps.

use crate::domain::refusal::Refusal;

/// Longest description and other free text, in characters.
pub(super) const TEXT_LIMIT: usize = 2000;

/// Refuses text that is longer than any there is need for.
pub(super) fn text_limit(text: &str, path: &str) -> Result<(), Refusal> {
    if text.chars().count() > TEXT_LIMIT {
        return Err(Refusal::MemberTooLong { path: path.to_owned(), limit: TEXT_LIMIT });
    }
    Ok(())
}

/// Text for people: not every database keeps U+0000, and nobody has a use for it.
pub(super) fn readable(text: &str, path: &str) -> Result<(), Refusal> {
    if text.contains('\0') {
        let expected = "text without the character U+0000".to_owned();
        return Err(Refusal::MemberInvalid { path: path.to_owned(), expected });
    }
    text_limit(text, path)
}
