//! Files in base64, as clients write it.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::domain::refusal::Refusal;

/// Decodes with or without padding: both are on the wire.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Decodes a file of so many octets at most; line breaks are passed over.
///
/// # Errors
/// [`Refusal::Base64Invalid`], [`Refusal::DocumentTooLarge`], [`Refusal::DocumentEmpty`].
pub(super) fn content(encoded: &str, limit: usize) -> Result<Vec<u8>, Refusal> {
    check_blanks(encoded)?;
    // Line breaks are common in base64 made by mail tools; taking them out costs a copy only then.
    let compact: Cow<'_, str> = if encoded.bytes().any(|byte| byte.is_ascii_whitespace()) {
        encoded.chars().filter(|c| !c.is_ascii_whitespace()).collect::<String>().into()
    } else {
        encoded.into()
    };
    let size = compact.len() / 4 * 3;
    if size > limit.saturating_add(2) {
        return Err(Refusal::DocumentTooLarge { size, limit });
    }
    let content = BASE64
        .decode(compact.as_bytes())
        .map_err(|error| Refusal::Base64Invalid { detail: error.to_string() })?;
    match content.len() {
        0 => Err(Refusal::DocumentEmpty),
        size if size > limit => Err(Refusal::DocumentTooLarge { size, limit }),
        _ => Ok(content),
    }
}

/// A blank in base64 is what is left of a `+` that somebody took for percent-encoding: passed over, it
/// would take octets away in silence.
fn check_blanks(encoded: &str) -> Result<(), Refusal> {
    match encoded.bytes().position(|byte| byte == b' ') {
        None => Ok(()),
        Some(at) => Err(Refusal::Base64Invalid {
            detail: format!(
                "character {} is a blank, which may have been a +; send every + as it is",
                at + 1
            ),
        }),
    }
}
