//! What a search for words on pages may cost.

use super::content::Objects;
use crate::domain::refusal::PdfRefusal;

/// Operators, characters and the like that are looked at in one search.
const STEP_LIMIT: u64 = 5_000_000;
/// How many of them whatever is searched, and for each byte of it.
const FREE_STEPS: u64 = 100_000;
const STEPS_PER_BYTE: u64 = 10;
/// Steps between two questions whether the search may go on.
const ASK: u64 = 1 << 12;

/// What a search may still look at.
pub(super) struct Steps<'o> {
    objects: &'o dyn Objects,
    left: u64,
    /// What may still be granted.
    most: u64,
}

impl<'o> Steps<'o> {
    pub(super) const fn new(objects: &'o dyn Objects) -> Self {
        Self { objects, left: FREE_STEPS, most: STEP_LIMIT - FREE_STEPS }
    }

    /// For more bytes that are searched.
    pub(super) fn grant(&mut self, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let more = bytes.saturating_mul(STEPS_PER_BYTE).min(self.most);
        self.most -= more;
        self.left += more;
    }

    pub(super) const fn used_up() -> PdfRefusal {
        PdfRefusal::TooExpensive { limit: STEP_LIMIT }
    }

    /// For bytes of which so many are read in one step.
    pub(super) fn take_bytes(&mut self, bytes: usize, per_step: usize) -> Result<(), PdfRefusal> {
        self.take(u64::try_from(bytes / per_step).unwrap_or(u64::MAX))
    }

    pub(super) fn take(&mut self, steps: u64) -> Result<(), PdfRefusal> {
        let left = self.left.checked_sub(steps).ok_or_else(Self::used_up)?;
        let asks = left / ASK < self.left / ASK;
        self.left = left;
        if asks { self.objects.go_on() } else { Ok(()) }
    }
}
