//! What is never the same twice: the time, random octets, fresh ids.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use thiserror::Error;

use crate::domain::ids::MAX_ID;
use crate::domain::instant::Instant;

/// Where time comes from.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// Always this instant: tests of expiry.
    Fixed(Instant),
    /// Milliseconds since 1970 that somebody else moves: tests in which days pass.
    Moved(Arc<AtomicI64>),
    /// The machine's clock, wrong by so many milliseconds: tests in which it jumps.
    Wrong(Arc<AtomicI64>),
}

impl Clock {
    /// The present.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    pub fn now(&self) -> Instant {
        match self {
            Self::System => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                Instant::from_unix_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
            }
            Self::Fixed(instant) => *instant,
            Self::Moved(ms) => Instant::from_unix_ms(ms.load(Ordering::Relaxed)),
            Self::Wrong(by_ms) => Self::System.now().plus_ms(by_ms.load(Ordering::Relaxed)),
        }
    }

    /// Whether time passes by itself.
    pub(super) const fn runs(&self) -> bool {
        matches!(self, Self::System | Self::Wrong(_))
    }
}

/// The system could not give random octets.
#[derive(Clone, Copy, Debug, Error)]
#[error("the random source failed")]
pub struct RandomFailed;

/// Where random octets come from.
pub enum Random {
    /// The system's generator.
    System(SystemRandom),
}

impl Random {
    /// Random octets, fit for secrets.
    ///
    /// # Errors
    /// [`RandomFailed`]; nothing may be made from the output then.
    pub fn octets<const N: usize>(&self) -> Result<[u8; N], RandomFailed> {
        let Self::System(random) = self;
        let mut octets = [0; N];
        random.fill(&mut octets).map_err(|_| RandomFailed)?;
        Ok(octets)
    }
}

/// Makes ids: milliseconds since 2025 and eleven random bits below, always rising in one process and
/// always below 2^53. Replicas meet rarely; the primary key decides then, and the caller tries again.
#[derive(Default)]
pub struct Ids {
    last: AtomicI64,
}

impl Ids {
    const EPOCH_MS: i64 = 1_735_689_600_000;

    /// A fresh id; `random` tells those of one millisecond apart.
    pub(super) fn next(&self, now: Instant, random: [u8; 2]) -> i64 {
        let low = i64::from(u16::from_be_bytes(random) & 0x7ff);
        let fresh = ((now.unix_ms() - Self::EPOCH_MS).max(0) << 11) | low;
        let before = self
            .last
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(fresh.max(last + 1)))
            .unwrap_or_default();
        fresh.max(before + 1) & MAX_ID
    }
}
