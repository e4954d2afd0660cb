//! An operation: one accepted request with 1..n documents, and the states it goes through.

use super::ids::{ClientServiceId, CredentialId, ExternalReference, OperationId};
use super::instant::Instant;
use super::level::Level;

/// One accepted request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    pub id: OperationId,
    pub client_service: ClientServiceId,
    pub external_reference: ExternalReference,
    pub description: String,
    /// The credential pinned when the operation was accepted.
    pub credential: CredentialId,
    pub state: OperationState,
    pub accepted: Instant,
    pub finished: Option<Instant>,
    /// How often execution was begun.
    pub attempts: u32,
    /// Attempts in a row that an outside cause ended without a single seal.
    pub failures: u32,
    /// Attempts begun since one last ended in an orderly way: above 1 a process ended in one.
    pub begun: u32,
    /// When it is tried again at the latest, while it waits for that.
    pub next_try: Option<Instant>,
    /// Whom it waits for meanwhile, where that is known.
    pub waits_for: Option<WaitsFor>,
    pub custody: Custody,
    /// What it extends, when it seals nothing itself.
    pub extends: Option<Extension>,
}

impl Operation {
    /// Whose documents it is about: its own, or those of the operation that it extends.
    #[must_use]
    pub fn of_documents(&self) -> OperationId {
        self.extends.map_or(self.id, |extension| extension.of)
    }
}

/// What becomes of another operation's documents (EXTEND_PRESERVATION): they are kept as long as this one's custody says,
/// and their seals get a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extension {
    pub of: OperationId,
    /// LT or LTA; without it seals stay as they are.
    pub to: Option<Level>,
}

/// Whom a postponed operation waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitsFor {
    /// Its key.
    Key,
    /// A time-stamp authority.
    Timestamp,
    /// Whoever says whether certificates were revoked.
    ValidationData,
}

impl WaitsFor {
    /// As stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Key => "KEY",
            Self::Timestamp => "TIMESTAMP",
            Self::ValidationData => "VALIDATION_DATA",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Key, Self::Timestamp, Self::ValidationData]
            .into_iter()
            .find(|it| it.as_str() == text)
    }
}

/// How the documents of an operation are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Custody {
    /// Whether their integrity is promised, not only that they can be asked for.
    pub preserve: bool,
    /// For so many months from their reception.
    pub months: u32,
}

impl Custody {
    /// Ten years, which most countries want of invoices.
    pub const MONTHS: u32 = 120;
}

/// Where an operation stands.
///
/// `PendingExecution` goes to `Executed` or `ExecutionFailed`, or, while an outside cause is worth
/// another try, to `ExecutionError` and from there on as from `PendingExecution`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperationState {
    /// Recorded; execution goes on by itself.
    PendingExecution,
    /// An outside cause stopped it; it is tried again by itself.
    ExecutionError,
    /// Every document reached its end and at least one is sealed.
    Executed,
    /// Ended with no sealed document; its external reference is free again.
    ExecutionFailed,
}

impl OperationState {
    /// All of them, in the order they are shown.
    pub const ALL: [Self; 4] =
        [Self::PendingExecution, Self::ExecutionError, Self::Executed, Self::ExecutionFailed];

    /// As stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PendingExecution => "PENDING_EXECUTION",
            Self::ExecutionError => "EXECUTION_ERROR",
            Self::Executed => "EXECUTED",
            Self::ExecutionFailed => "EXECUTION_FAILED",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// Whether nothing will change any more.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Executed | Self::ExecutionFailed)
    }
}
