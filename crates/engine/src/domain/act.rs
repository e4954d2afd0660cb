//! What people did to operations. Who people are is not here.

use super::ids::{ActId, BulkId, ClientServiceId, OperationId, PersonId};
use super::instant::Instant;

/// What a person did, as it is kept with the fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// Drawn before: the same one is done once.
    pub id: ActId,
    pub person: PersonId,
    pub kind: ActKind,
    /// To which operation it was done, and whose that is.
    pub operation: Option<(OperationId, ClientServiceId)>,
    /// To which set of them.
    pub bulk: Option<BulkId>,
    /// JSON: what else there is to say.
    pub content: String,
    pub at: Instant,
}

/// A kind of act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ActKind {
    /// Mails were asked for again.
    Resent,
    /// What waited for its next try is tried at once.
    Retried,
    /// Links in mails were closed.
    LinksRevoked,
    /// A set was chosen and counted.
    BulkCounted,
    /// The person who counted it wants it done.
    BulkConfirmed,
    /// A second person agreed.
    BulkApproved,
    /// Nothing more of it is to be done.
    BulkCancelled,
}

impl ActKind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Resent,
        Self::Retried,
        Self::LinksRevoked,
        Self::BulkCounted,
        Self::BulkConfirmed,
        Self::BulkApproved,
        Self::BulkCancelled,
    ];

    /// As stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Resent => "RESENT",
            Self::Retried => "RETRIED",
            Self::LinksRevoked => "LINKS_REVOKED",
            Self::BulkCounted => "BULK_COUNTED",
            Self::BulkConfirmed => "BULK_CONFIRMED",
            Self::BulkApproved => "BULK_APPROVED",
            Self::BulkCancelled => "BULK_CANCELLED",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}
