//! What the metadata of a PDF claim that it is (XMP): PDF/A, PDF/UA. Whether it is that is not looked at.

use crate::domain::refusal::PdfRefusal;
use crate::seal::pdf::PdfFile;
use crate::seal::pdf::object::Dictionary;

/// What a document claims.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Conformance {
    /// The part of ISO 19005, as its digit.
    pub(super) pdf_a: Option<u8>,
    /// ISO 14289.
    pub(super) pdf_ua: bool,
}

impl Conformance {
    /// Reads the metadata of the document; none, and what nobody can read, claim nothing.
    ///
    /// # Errors
    /// What the reader refuses.
    pub(super) fn read(file: &PdfFile<'_>, catalog: &Dictionary) -> Result<Self, PdfRefusal> {
        let Some(metadata) = catalog.get("Metadata") else { return Ok(Self::default()) };
        let Some(stream) = file.stream(metadata)? else { return Ok(Self::default()) };
        let xmp = match file.decode(&stream) {
            Err(PdfRefusal::Damaged { .. }) => return Ok(Self::default()),
            other => other?,
        };
        Ok(Self {
            pdf_a: part(&xmp, b"pdfaid:part"),
            pdf_ua: part(&xmp, b"pdfuaid:part").is_some(),
        })
    }
}

/// `pdfaid:part="3"` or `<pdfaid:part>3</pdfaid:part>`.
fn part(xmp: &[u8], claim: &[u8]) -> Option<u8> {
    let at = memchr::memmem::find(xmp, claim)?;
    let behind = xmp.get(at + claim.len()..).unwrap_or_default();
    Some(behind.iter().take(8).find(|byte| byte.is_ascii_digit()).copied().unwrap_or_default())
}
