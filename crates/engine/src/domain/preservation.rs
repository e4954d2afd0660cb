//! When what proves that preserved documents were there has to be renewed.

use super::instant::{DAY_MS, HOUR_MS, Instant};

/// When a timestamp has to be followed by another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RenewalTimes {
    /// When something ends that it stands on.
    pub ends: Instant,
    /// When the next one is asked for.
    pub due: Instant,
}

impl RenewalTimes {
    /// Of a timestamp that was made at a time and stands on something that ends at another: the next one is due so many
    /// days before, but not in the first half of its life, nor in its first hour. An authority whose own certificate ends
    /// soon is not asked again and again.
    #[must_use]
    pub fn new(made: Instant, ends: Instant, days: u32) -> Self {
        let life_ms = ends.unix_ms().saturating_sub(made.unix_ms()).max(0);
        let before = ends.plus_ms(i64::from(days).saturating_mul(-DAY_MS));
        let due = before.max(made.plus_ms(life_ms / 2)).max(made.plus_ms(HOUR_MS));
        Self { ends, due }
    }

    /// From when on people are told that it was not renewed: half of the time for it is over.
    #[must_use]
    pub fn overdue(self) -> Instant {
        let left_ms = self.ends.unix_ms().saturating_sub(self.due.unix_ms()).max(0);
        self.due.plus_ms(left_ms / 2)
    }
}
