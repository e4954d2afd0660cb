//! The signature timestamps that the signatures of a PDF hold (EN 319 142-1, 6.3). Document timestamps are
//! signatures of their own and not looked at.

use super::changes::gap;
use super::form::Form;
use crate::domain::refusal::PdfRefusal;
use crate::pki::cms::Existing;
use crate::pki::timestamp::{
    HeldTimestamps, MAX_HELD, TimestampFault, TimestampToken, held_by_signers,
};
use crate::seal::pdf::PdfFile;

/// The timestamps of every signed field that has some, in the order of fields. Of one whose value is no CMS
/// that can be read the only one is [`TimestampFault::NotFound`].
///
/// # Errors
/// As [`super::changes::coverage`]; [`PdfRefusal::TooManyObjects`] for more than [`MAX_HELD`] timestamps.
pub fn timestamps(
    file: &PdfFile<'_>,
    form: &Form,
    document: &[u8],
) -> Result<Vec<HeldTimestamps>, PdfRefusal> {
    let mut all = Vec::new();
    let mut left = MAX_HELD;
    for (field, signature) in form.signed() {
        let gap = gap(file, field, signature, document)?;
        let timestamps = in_value(&octets(document.get(gap.digits).unwrap_or_default()));
        if timestamps.is_empty() {
            continue;
        }
        let too_many = PdfRefusal::TooManyObjects { limit: MAX_HELD };
        left = left.checked_sub(timestamps.len()).ok_or(too_many)?;
        all.push(HeldTimestamps { signature: field.name.clone(), timestamps });
    }
    Ok(all)
}

/// Those of the one signer of a CMS (EN 319 142-1, 4.1), or of all when there are more.
fn in_value(value: &[u8]) -> Vec<Result<TimestampToken, TimestampFault>> {
    let cms =
        Existing::read_padded(value).map_err(|reason| TimestampFault::NotFound(reason.to_owned()));
    match cms.and_then(|cms| held_by_signers(&cms)) {
        Ok(held) => held.into_iter().flat_map(|one| one.timestamps).collect(),
        Err(fault) => vec![Err(fault)],
    }
}

/// The octets of hexadecimal digits between which there may be white space; the last digit may be missing
/// (ISO 32000-1, 7.3.4.3).
pub(super) fn octets(digits: &[u8]) -> Vec<u8> {
    let digit = |digit: &u8| u8::try_from(char::from(*digit).to_digit(16)?).ok();
    let digits: Vec<u8> = digits.iter().filter_map(digit).collect();
    let pair =
        |pair: &[u8]| pair.iter().chain(&[0]).take(2).fold(0, |octet, digit| octet << 4 | digit);
    digits.chunks(2).map(pair).collect()
}
