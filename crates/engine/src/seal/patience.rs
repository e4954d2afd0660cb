//! How long the work on one document may go on. The engine has no clock: whoever calls it says when the
//! time is used up, and is asked between steps.

use std::fmt;
use std::sync::Arc;

use crate::domain::refusal::{CmsRefusal, PdfRefusal, Refusal};

/// Until when the work on one document goes on. It stands behind the limits that count: those refuse
/// sooner, and the same document always.
#[derive(Clone, Default)]
pub struct Patience(Option<Arc<Until>>);

struct Until {
    limit_ms: u64,
    is_over: Box<dyn Fn() -> bool + Send + Sync>,
}

impl Patience {
    /// As long as it takes.
    pub const ENDLESS: Self = Self(None);

    /// Until `is_over` says so, which is asked every few milliseconds, in the thread that works.
    /// `limit_ms` is what the refusal names.
    #[must_use]
    pub fn until(limit_ms: u64, is_over: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(Until { limit_ms, is_over: Box::new(is_over) })))
    }

    /// # Errors
    /// [`TimeUsedUp`].
    pub fn check(&self) -> Result<(), TimeUsedUp> {
        match &self.0 {
            Some(until) if (until.is_over)() => Err(TimeUsedUp { limit_ms: until.limit_ms }),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Patience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(until) => write!(f, "Patience({} ms)", until.limit_ms),
            None => f.write_str("Patience(endless)"),
        }
    }
}

/// The time of a document is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeUsedUp {
    /// How much it had.
    pub limit_ms: u64,
}

impl From<TimeUsedUp> for Refusal {
    fn from(TimeUsedUp { limit_ms }: TimeUsedUp) -> Self {
        Self::TimeUsedUp { limit_ms }
    }
}

impl From<TimeUsedUp> for PdfRefusal {
    fn from(TimeUsedUp { limit_ms }: TimeUsedUp) -> Self {
        Self::TimeUsedUp { limit_ms }
    }
}

impl From<TimeUsedUp> for CmsRefusal {
    fn from(TimeUsedUp { limit_ms }: TimeUsedUp) -> Self {
        Self::TimeUsedUp { limit_ms }
    }
}
