//! What reading a PDF may cost, and how much of it is spent. What a small file may cost follows from its
//! length, so that a few octets never buy what is meant for a catalogue.

use std::cell::Cell;

use super::lexer::Bounds;
use crate::domain::refusal::PdfRefusal;
use crate::seal::Patience;

/// What a PDF may ask of its reader. Every limit has a refusal of its own.
#[derive(Clone, Debug)]
pub struct PdfLimits {
    /// Cross-reference sections of the file, one for each update.
    pub sections: usize,
    /// Entries of all cross-reference sections together; values within one object; pages.
    pub objects: usize,
    /// Bytes of memory that what is kept of objects takes together: fields, names, what pages inherit.
    pub kept: usize,
    /// Bytes that the streams unpack to which have to be read (7.4).
    pub unpacked: usize,
    /// Arrays and dictionaries inside each other; nodes of the page tree above a page.
    pub depth: usize,
    /// Bytes looked at, those looked at again counted again.
    pub steps: u64,
    /// How long it may take, whatever it looks at.
    pub patience: Patience,
}

impl Default for PdfLimits {
    /// A catalogue of 10,000 pages has about 100,000 objects and unpacks to some 20 MB where it has
    /// to be read; nesting beyond 20 has not been seen.
    fn default() -> Self {
        Self {
            sections: 1_000,
            objects: 1_000_000,
            kept: 256 << 20,
            unpacked: 100_000_000,
            depth: 100,
            steps: 2_000_000_000,
            patience: Patience::ENDLESS,
        }
    }
}

impl PdfLimits {
    /// What a file of so many bytes may ask of these limits. Every object takes some bytes of the file
    /// even where it is packed; a file is read some ten times; text and structure that are worth sealing
    /// do not pack to a twentieth.
    fn of_length(&self, length: usize) -> Self {
        let with = |free: usize, factor: usize| length.saturating_mul(factor).saturating_add(free);
        let steps = u64::try_from(with(4 << 20, 5000)).unwrap_or(u64::MAX);
        Self {
            objects: self.objects.min(length / 2 + 200_000),
            kept: self.kept.min(with(16 << 20, 24)),
            unpacked: self.unpacked.min(with(16 << 20, 20)),
            steps: self.steps.min(steps),
            ..self.clone()
        }
    }
}

/// The limits and what is left of them.
#[derive(Debug)]
pub(super) struct PdfBudget {
    pub(super) limits: PdfLimits,
    /// Values within one object.
    values: usize,
    steps: Cell<u64>,
    /// Steps at which patience is asked again.
    ask: Cell<u64>,
    unpacked: Cell<usize>,
    kept: Cell<usize>,
}

/// Steps between two looks at patience: some milliseconds.
const ASK: u64 = 1 << 19;

impl PdfBudget {
    /// Of a file of so many bytes.
    pub(super) fn new(limits: &PdfLimits, length: usize) -> Self {
        let limits = limits.of_length(length);
        Self {
            values: limits.objects.min(length / 2 + 50_000),
            steps: Cell::new(limits.steps),
            ask: Cell::new(limits.steps.saturating_sub(ASK)),
            unpacked: Cell::new(limits.unpacked),
            kept: Cell::new(limits.kept),
            limits,
        }
    }

    /// What one object may cost.
    pub(super) const fn bounds(&self) -> Bounds {
        Bounds { depth: self.limits.depth, values: self.values }
    }

    /// Counts bytes that were looked at.
    pub(super) fn spend(&self, bytes: usize) -> Result<(), PdfRefusal> {
        let left = u64::try_from(bytes).ok().and_then(|bytes| self.steps.get().checked_sub(bytes));
        let left = left.ok_or(PdfRefusal::TooExpensive { limit: self.limits.steps })?;
        self.steps.set(left);
        if left < self.ask.get() {
            self.ask.set(left.saturating_sub(ASK));
            self.limits.patience.check()?;
        }
        Ok(())
    }

    /// Counts bytes of memory that are kept as long as the file is read.
    pub(super) fn keep(&self, bytes: usize) -> Result<(), PdfRefusal> {
        let left = self.kept.get().checked_sub(bytes);
        let limit = self.limits.kept;
        self.kept.set(left.ok_or(PdfRefusal::TooMuchMemory { limit })?);
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
