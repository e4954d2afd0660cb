//! The one room that knows the order of steps. No HTTP types, no SQL text.

pub mod accept;
pub mod acts;
pub mod administration;
mod ahead;
pub mod alarms;
pub mod audit;
pub mod background;
pub mod bulk;
pub mod client_services;
pub mod clock;
pub mod companies;
pub mod credentials;
pub mod delivery;
pub mod detail;
mod draft;
pub mod execute;
pub mod extend;
pub mod files;
pub mod fingerprint;
pub mod first_page;
mod housekeeping;
mod lease;
pub mod lists;
pub mod mail_servers;
pub mod months;
pub mod notify;
pub mod operations;
pub mod own_certificates;
pub mod packing;
pub mod people;
pub mod portal;
pub mod preservation;
pub mod proving;
pub mod quarantine;
pub mod readable;
pub mod readable_invoice;
pub mod readiness;
pub mod receiver_reports;
pub mod request;
pub mod search;
pub mod secrets;
pub mod settings;
pub mod showing;
pub mod templates;
pub mod test_authorities;
pub mod timestamps;
pub mod tokens;
pub mod trusted_lists;
pub mod usage;
pub mod validation_data;
pub mod verification;
pub mod webhooks;

use std::fmt;

use thiserror::Error;

use crate::domain::ids::{ClientServiceId, OperationId};
use crate::domain::refusal::Refusal;

/// Who takes turns to write for no client service.
const NOBODY: ClientServiceId = ClientServiceId::from_i64(0);

/// Why a step did not happen. Each surface turns it into its own words.
#[derive(Debug, Error)]
pub enum Error {
    /// It does not exist, or not for this caller: the two look the same.
    #[error("there is no such {0}")]
    NotFound(Thing),
    /// Something is there already.
    #[error("something is in the way")]
    Conflict(#[from] Conflict),
    /// The client's cause; the refusal says what to change.
    #[error("refused")]
    Refused(#[from] Refusal),
    /// The outside's cause; this step was not made. Worth another try.
    #[error("{0} is unavailable")]
    Unavailable(&'static str, #[source] Box<dyn std::error::Error + Send + Sync>),
    /// The outside's cause, and nobody knows whether the step was made: it may have been.
    #[error("{0} did not confirm a change")]
    Uncertain(&'static str, #[source] Box<dyn std::error::Error + Send + Sync>),
    /// Too much at once; worth another try later.
    #[error("too many requests in work")]
    Busy,
    /// Our own fault; details are for the log only.
    #[error("internal fault")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// A fault of ours, whatever it was.
    pub(crate) fn internal(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Internal(Box::new(error))
    }
}

/// What can be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thing {
    Operation,
    /// The bytes of a document.
    Content,
    ClientService,
    Company,
    Credential,
    /// Where webhooks go.
    Endpoint,
    /// What a mail to a receiver leads to.
    Link,
    /// What proves that a document was there.
    Evidence,
    /// What is done to many operations.
    Bulk,
    /// Somebody who signs in.
    Person,
}

impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Operation => "operation",
            Self::Content => "content",
            Self::ClientService => "client service",
            Self::Company => "company",
            Self::Credential => "credential",
            Self::Endpoint => "webhook endpoint",
            Self::Link => "link",
            Self::Evidence => "evidence record",
            Self::Bulk => "set of operations",
            Self::Person => "person",
        })
    }
}

/// What is in the way of a request.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Conflict {
    /// The request's reference belongs to an operation of another request.
    #[error(
        "external reference '{reference}' is already used by operation {operation} with other content; \
         read that operation, or send this content under a new external reference"
    )]
    Reference { reference: String, operation: OperationId },
    /// A document's reference belongs to another operation.
    #[error(
        "document external reference '{reference}' is already used by operation {operation}; \
         read that operation, or send this document under a new external reference"
    )]
    DocumentReference { reference: String, operation: OperationId },
}

impl Conflict {
    /// The operation in the way.
    #[must_use]
    pub const fn operation(&self) -> OperationId {
        match self {
            Self::Reference { operation, .. } | Self::DocumentReference { operation, .. } => {
                *operation
            }
        }
    }
}

impl From<crate::store::Error> for Error {
    fn from(error: crate::store::Error) -> Self {
        match error {
            crate::store::Error::Unavailable(_) | crate::store::Error::Untrusted => {
                Self::Unavailable("the database", Box::new(error))
            }
            crate::store::Error::Uncertain(_) => Self::Uncertain("the database", Box::new(error)),
            crate::store::Error::Refused(_)
            | crate::store::Error::Corrupt { .. }
            | crate::store::Error::LeaseLost
            | crate::store::Error::Swept
            | crate::store::Error::Migration(_)
            | crate::store::Error::UrlUnknown
            | crate::store::Error::Exists { .. } => Self::Internal(Box::new(error)),
        }
    }
}

impl From<crate::app::RandomFailed> for Error {
    fn from(error: crate::app::RandomFailed) -> Self {
        Self::Internal(Box::new(error))
    }
}
