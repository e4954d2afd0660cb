//! The signatures that a PDF holds (ISO 32000-1, 12.8.1), read as a verifier reads them: what bytes they cover,
//! and the value that stands in the gap. Whether that value is right is not looked at here.

use std::ops::Range;

use super::changes::{Gap, gap};
use super::form::{Field, Form};
use super::permissions::certified;
use super::timestamps::octets;
use crate::domain::instant::Instant;
use crate::domain::refusal::PdfRefusal;
use crate::seal::pdf::PdfFile;
use crate::seal::pdf::object::Dictionary;

/// Signatures of one file that are read.
const MAX_SIGNATURES: usize = 64;

/// A signature that a PDF holds.
#[derive(Clone, Debug)]
pub struct HeldPdfSignature {
    /// Name of the field that it is in.
    pub field: String,
    /// How its value is made (table 257): `ETSI.CAdES.detached` and so on.
    pub sub_filter: String,
    /// The bytes that it covers: up to its value, and from behind it.
    pub covered: [Range<usize>; 2],
    /// What stands between them, with its padding.
    pub value: Vec<u8>,
    /// Whether this is what its dictionary says its value is.
    pub is_of_dictionary: bool,
    /// The signing time that it claims.
    pub claimed: Option<Instant>,
    /// What it permits to be done afterwards when it certifies (table 254).
    pub permits: Option<i64>,
}

impl HeldPdfSignature {
    /// Where the revision that it covers ends.
    #[must_use]
    pub const fn end(&self) -> usize {
        let [_, after] = &self.covered;
        after.end
    }
}

/// Reads every signature, in the order of fields.
///
/// # Errors
/// [`PdfRefusal::Shadowed`] for a byte range that leaves out more than the signature's own value, or does not
/// begin with the file; what the reader refuses.
pub fn held(
    file: &PdfFile<'_>,
    form: &Form,
    document: &[u8],
) -> Result<Vec<HeldPdfSignature>, PdfRefusal> {
    let mut all = Vec::new();
    for (field, signature) in form.signed() {
        if all.len() >= MAX_SIGNATURES {
            return Err(PdfRefusal::TooManyObjects { limit: MAX_SIGNATURES });
        }
        let gap = gap(file, field, signature, document)?;
        all.push(of_gap(file, field, signature, document, &gap)?);
    }
    Ok(all)
}

/// Reads the signature that ends the file, however many there are before it.
///
/// # Errors
/// As [`held`].
pub fn held_at_end(
    file: &PdfFile<'_>,
    form: &Form,
    document: &[u8],
) -> Result<Option<HeldPdfSignature>, PdfRefusal> {
    for (field, signature) in form.signed() {
        let gap = gap(file, field, signature, document)?;
        if gap.end == document.len() {
            return Ok(Some(of_gap(file, field, signature, document, &gap)?));
        }
    }
    Ok(None)
}

/// Reads the signatures that cover so much of the file at least, however many there are before them.
///
/// # Errors
/// As [`held`].
pub fn held_since(
    file: &PdfFile<'_>,
    form: &Form,
    document: &[u8],
    end: usize,
) -> Result<Vec<HeldPdfSignature>, PdfRefusal> {
    let mut all = Vec::new();
    for (field, signature) in form.signed() {
        let gap = gap(file, field, signature, document)?;
        if gap.end >= end {
            all.push(of_gap(file, field, signature, document, &gap)?);
        }
        if all.len() > MAX_SIGNATURES {
            return Err(PdfRefusal::TooManyObjects { limit: MAX_SIGNATURES });
        }
    }
    Ok(all)
}

fn of_gap(
    file: &PdfFile<'_>,
    field: &Field,
    signature: &Dictionary,
    document: &[u8],
    gap: &Gap,
) -> Result<HeldPdfSignature, PdfRefusal> {
    let value = octets(document.get(gap.digits.clone()).unwrap_or_default());
    let name = file.value(signature, "SubFilter")?;
    let contents = file.value(signature, "Contents")?;
    let claimed = file.value(signature, "M")?.as_string().and_then(date);
    Ok(HeldPdfSignature {
        field: field.name.clone(),
        sub_filter: String::from_utf8_lossy(name.as_name().unwrap_or_default()).into_owned(),
        covered: [0..gap.digits.start.saturating_sub(1), gap.digits.end + 1..gap.end],
        is_of_dictionary: contents.as_string() == Some(value.as_slice()),
        value,
        claimed,
        permits: certified(file, signature)?,
    })
}

/// A date (7.9.4): `D:20261130081500+01'00'`; without a zone it is taken for UTC.
fn date(text: &[u8]) -> Option<Instant> {
    let text = std::str::from_utf8(text).ok()?;
    let text = text.strip_prefix("D:").unwrap_or(text);
    let digits = text.get(..14).filter(|digits| digits.bytes().all(|it| it.is_ascii_digit()))?;
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    let zone = text.get(14..).unwrap_or_default().replace('\'', "");
    let zone = match (zone.get(..1), zone.get(1..3), zone.get(3..5)) {
        (Some(sign @ ("+" | "-")), Some(hours), minutes) => {
            format!("{sign}{hours}:{}", minutes.unwrap_or("00"))
        }
        _ => "Z".to_owned(),
    };
    let (day, time) = (
        format!("{}-{}-{}", part(0, 4), part(4, 6), part(6, 8)),
        format!("{}:{}:{}", part(8, 10), part(10, 12), part(12, 14)),
    );
    Instant::parse_rfc3339(&format!("{day}T{time}{zone}"))
}
