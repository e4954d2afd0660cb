//! Something that is done to many operations: to those that were counted, and to no other.

use super::ids::{BulkId, PersonId};
use super::instant::Instant;

/// What is done to each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BulkKind {
    /// Receivers that got nothing are sent a mail again.
    Resend,
    /// What waits for its next try is tried at once.
    Retry,
}

impl BulkKind {
    /// As stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Resend => "RESEND",
            Self::Retry => "RETRY",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Resend, Self::Retry].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// Where a set stands.
///
/// `Counting` goes to `Counted`; that to `Proposed`, when a second person has to agree, and from there or at once to
/// `Running`, then to `Done`. All but the last go to `Cancelled` too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BulkState {
    /// What is in it is being written down.
    Counting,
    /// It does not change any more; nobody wants it done yet.
    Counted,
    /// It waits for a second person.
    Proposed,
    /// One after the other is done.
    Running,
    /// All are.
    Done,
    /// What is not done yet never is.
    Cancelled,
}

impl BulkState {
    const ALL: [Self; 6] =
        [Self::Counting, Self::Counted, Self::Proposed, Self::Running, Self::Done, Self::Cancelled];

    /// As stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counting => "COUNTING",
            Self::Counted => "COUNTED",
            Self::Proposed => "PROPOSED",
            Self::Running => "RUNNING",
            Self::Done => "DONE",
            Self::Cancelled => "CANCELLED",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// A set, and how far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bulk {
    pub id: BulkId,
    pub kind: BulkKind,
    pub state: BulkState,
    /// What it was chosen by, as text of an [`OperationFilter`](super::listing::OperationFilter).
    pub filter: String,
    /// Who counted it.
    pub person: PersonId,
    pub created: Instant,
    /// Who agreed, of those that need a second person.
    pub approved_by: Option<PersonId>,
    pub ended: Option<Instant>,
    /// What is in it: mails to be sent again, or operations.
    pub items: u64,
    /// Of how many operations.
    pub operations: u64,
    pub done: u64,
    /// Of how many it turned out that they cannot be done; each says why.
    pub refused: u64,
}

impl Bulk {
    /// What is still to be done, unless it is cancelled.
    #[must_use]
    pub const fn left(&self) -> u64 {
        self.items.saturating_sub(self.done).saturating_sub(self.refused)
    }
}
