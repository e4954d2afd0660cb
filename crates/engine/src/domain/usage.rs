//! What a company has subscribed to and what an authority permits. Told about, never enforced.

use super::instant::Instant;

/// So many documents from one time until another, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsageLimit {
    pub documents: u64,
    pub from: Instant,
    pub until: Instant,
}

/// What is used of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Consumption {
    pub limit: UsageLimit,
    pub used: u64,
    /// When it was counted.
    pub counted: Instant,
}

/// The authority's time-limited permission to use a credential: it ends at a time, or after a number
/// of signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessGrant {
    pub granted: Instant,
    pub expires: Instant,
    pub signatures: u64,
}

impl AccessGrant {
    /// How long a grant lasts when nobody says otherwise (Portuguese regulation).
    pub const DAYS: i64 = 60;
    /// For how many signatures.
    pub const SIGNATURES: u64 = 1_000_000_000;
}

/// A part of a whole in whole percent, rounded down; a whole of nothing is used up.
#[must_use]
pub fn percent(part: u64, whole: u64) -> u64 {
    let percent = (u128::from(part) * 100).checked_div(u128::from(whole));
    percent.map_or(100, |percent| u64::try_from(percent).unwrap_or(u64::MAX))
}
