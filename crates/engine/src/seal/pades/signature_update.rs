//! An update with a signature dictionary whose byte range and value are still to be filled in.

use std::ops::Range;

use super::signature;
use crate::domain::profile::DigestAlgorithm;
use crate::domain::refusal::PdfRefusal;
use crate::pki::digest::{Digest, Hasher};
use crate::seal::pdf::Increment;
use crate::seal::pdf::object::Reference;

/// What is appended, with the places that are still to be filled in.
pub(super) struct SignatureUpdate {
    pub(super) bytes: Vec<u8>,
    /// Between the brackets of `/ByteRange`.
    pub(super) byte_range: Range<usize>,
    /// `/Contents` with its angle brackets.
    pub(super) contents: Range<usize>,
}

impl SignatureUpdate {
    /// Ends an update whose signature dictionary has these places.
    pub(super) fn of(
        increment: Increment<'_, '_>,
        signature: Reference,
        (byte_range, contents): (Range<usize>, Range<usize>),
    ) -> Result<Self, PdfRefusal> {
        let update = increment.finish()?;
        let start = update.bodies.get(&signature).map_or(0, |body| body.start);
        let moved = |range: Range<usize>| start + range.start..start + range.end;
        let (byte_range, contents) = (moved(byte_range), moved(contents));
        Ok(Self { bytes: update.bytes, byte_range, contents })
    }

    /// Writes the byte range, for a document of so many bytes before the update.
    pub(super) fn fill_byte_range(&mut self, start: usize) {
        let gap = start + self.contents.start..start + self.contents.end;
        let range = signature::byte_range(&gap, start + self.bytes.len());
        if let Some(place) = self.bytes.get_mut(self.byte_range.clone())
            && place.len() == range.len()
        {
            place.copy_from_slice(range.as_bytes());
        }
    }

    /// Digest of the document and the update but for `/Contents`.
    pub(super) fn digest(&self, document: &[u8], algorithm: DigestAlgorithm) -> Digest {
        let mut hasher = Hasher::new(algorithm);
        hasher.update(document);
        hasher.update(self.bytes.get(..self.contents.start).unwrap_or_default());
        hasher.update(self.bytes.get(self.contents.end..).unwrap_or_default());
        hasher.finish()
    }

    /// Writes a value into `/Contents`, zeros behind it; `false` when there is no room for it.
    pub(super) fn fill_contents(&mut self, value: &[u8]) -> bool {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digits = self.contents.start + 1..self.contents.end.saturating_sub(1);
        let Some(gap) = self.bytes.get_mut(digits) else { return false };
        for (pair, byte) in gap.chunks_exact_mut(2).zip(value) {
            if let [high, low] = pair {
                *high = DIGITS.get(usize::from(byte >> 4)).copied().unwrap_or(b'0');
                *low = DIGITS.get(usize::from(byte & 15)).copied().unwrap_or(b'0');
            }
        }
        2 * value.len() <= gap.len()
    }

    /// Octets that the gap has room for.
    pub(super) fn room(&self) -> usize {
        self.contents.len().saturating_sub(2) / 2
    }
}
