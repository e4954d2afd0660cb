//! A seal must not break what stands already: whatever an earlier signature covers, and whatever its
//! value signs, is looked at before and after. A signature that was wrong before is none of our
//! business; one that cannot be computed is named, so that the client can look.

use super::XadesOrder;
use super::existing::{self, By, Covered, CoveredStanding, Held};
use crate::domain::refusal::Refusal;
use crate::seal::Limits;
use crate::seal::draft::Draft;
use crate::seal::xml::guard;
use crate::seal::xml::source::Source;
use crate::seal::xml::xpath::Budget;

/// Checks a prepared seal against the original. Gives a sentence for each signature that could not be
/// checked.
///
/// # Errors
/// [`Refusal::WouldBreakSignature`] with the place of the signature in the original.
pub(super) fn check(
    order: XadesOrder<'_>,
    source: &Source<'_>,
    sealed: &Draft,
) -> Result<Vec<String>, Refusal> {
    let read = |tree: &roxmltree::Document<'_>| existing::read(tree, order.limits, order.budget);
    let before = read(&guard::parse(source, order.limits)?);
    order.limits.patience.check()?;
    let text = sealed.text(source);
    // A tree is several times as large as its document, so there is one at a time.
    let mut after = read(&guard::parse_text(&text, order.limits)?).into_iter();
    order.limits.patience.check()?;
    let mut notes = Vec::new();
    for held in before {
        // Sealing only adds elements, so those that were there keep their order and their values.
        let same = after.find(|other| other.value == held.value);
        let Some(same) = same else {
            return Err(broken(&held, "the whole of it"));
        };
        notes.extend(compare(&held, &same)?);
    }
    Ok(notes)
}

/// Checks a document to whose signatures something was added against what it was.
///
/// # Errors
/// [`Refusal::WouldBreakSignature`]; what the reader refuses.
pub(super) fn check_others(document: &[u8], added: &[u8], limits: &Limits) -> Result<(), Refusal> {
    let read = |bytes: &[u8]| -> Result<Vec<Held>, Refusal> {
        let source = Source::read(bytes)?;
        guard::check(&source, limits)?;
        let tree = guard::parse(&source, limits)?;
        let budget = Budget::of_document(bytes.len()).with_patience(&limits.patience);
        Ok(existing::read(&tree, limits, &budget))
    };
    let mut after = read(added)?.into_iter();
    for held in read(document)? {
        let same = after.find(|other| other.value == held.value);
        compare(&held, &same.ok_or_else(|| broken(&held, "the whole of it"))?)?;
    }
    Ok(())
}

fn compare(before: &Held, after: &Held) -> Result<Option<String>, Refusal> {
    // Core validation does not ask for the references of a manifest (XMLDSIG 1.1, 5.1).
    let is_wrong = |it: &Covered| it.standing == CoveredStanding::Wrong && it.by != By::Manifest;
    if before.covered.iter().any(is_wrong) {
        return Ok(None);
    }
    let mut unknown = None;
    for (number, covered) in before.covered.iter().enumerate() {
        match &covered.standing {
            CoveredStanding::Right => match after.covered.get(number).map(|it| &it.standing) {
                Some(CoveredStanding::Right) => {}
                Some(CoveredStanding::Unknown(reason)) => {
                    unknown = Some((covered.to_string(), reason));
                }
                // it was not read at all
                None if after.covered.is_empty() && after.signed_info.is_err() => {}
                _ => return Err(broken(before, &covered.to_string())),
            },
            CoveredStanding::Wrong | CoveredStanding::Elsewhere => {}
            CoveredStanding::Unknown(reason) => unknown = Some((covered.to_string(), reason)),
        }
    }
    match (&before.signed_info, &after.signed_info) {
        (Ok(was), Ok(is)) if was == is => {}
        (Ok(_), Ok(_)) => return Err(broken(before, "its ds:SignedInfo")),
        // what the other signatures of the document cost may leave nothing for it
        (Err(reason), _) | (Ok(_), Err(reason)) => {
            unknown = Some(("its ds:SignedInfo".to_owned(), reason));
        }
    }
    Ok(unknown.map(|(what, reason)| {
        format!(
            "the signature at {} was there before and could not be checked ({what}: {reason}); the seal \
             may have broken it",
            before.path
        )
    }))
}

fn broken(held: &Held, what: &str) -> Refusal {
    Refusal::WouldBreakSignature { path: held.path.clone(), what: what.to_owned() }
}
