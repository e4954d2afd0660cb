//! What reading a PDF may cost, and how much of it is spent.

use std::cell::Cell;

use super::lexer::Bounds;
use crate::domain::refusal::PdfRefusal;

/// What a PDF may ask of its reader. Every limit has a refusal of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PdfLimits {
    /// Cross-reference sections of the file, one for each update.
    pub sections: usize,
    /// Entries of all cross-reference sections together; values within one object; pages.
    pub objects: usize,
    /// Bytes that the streams unpack to which have to be read (7.4).
    pub unpacked: usize,
    /// Arrays and dictionaries inside each other; nodes of the page tree above a page.
    pub depth: usize,
    /// Bytes looked at, those looked at again counted again.
    pub steps: u64,
}

impl Default for PdfLimits {
    /// A catalogue of 10,000 pages has about 100,000 objects and unpacks to some 20 MB where it has
    /// to be read; nesting beyond 20 has not been seen.
    fn default() -> Self {
        Self {
            sections: 1_000,
            objects: 1_000_000,
            unpacked: 100_000_000,
            depth: 100,
            steps: 2_000_000_000,
        }
    }
}

/// The limits and what is left of them.
#[derive(Debug)]
pub(super) struct PdfBudget {
    pub(super) limits: PdfLimits,
    steps: Cell<u64>,
    unpacked: Cell<usize>,
}

impl PdfBudget {
    pub(super) const fn new(limits: PdfLimits) -> Self {
        Self { limits, steps: Cell::new(limits.steps), unpacked: Cell::new(limits.unpacked) }
    }

    /// What one object may cost.
    pub(super) const fn bounds(&self) -> Bounds {
        Bounds { depth: self.limits.depth, values: self.limits.objects }
    }

    /// Counts bytes that were looked at.
    pub(super) fn spend(&self, bytes: usize) -> Result<(), PdfRefusal> {
        let left = u64::try_from(bytes).ok().and_then(|bytes| self.steps.get().checked_sub(bytes));
        self.steps.set(left.ok_or(PdfRefusal::TooExpensive { limit: self.limits.steps })?);
        Ok(())
    }

    /// How many bytes may still be unpacked.
    pub(super) const fn room(&self) -> usize {
        self.unpacked.get()
    }

    /// Counts bytes that were unpacked.
    pub(super) fn unpack(&self, bytes: usize) -> Result<(), PdfRefusal> {
        let left = self.unpacked.get().checked_sub(bytes);
        self.unpacked.set(left.ok_or_else(|| self.too_much())?);
        Ok(())
    }

    pub(super) const fn too_much(&self) -> PdfRefusal {
        PdfRefusal::TooMuchData { limit: self.limits.unpacked }
    }
}
