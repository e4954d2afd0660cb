//! The one room that knows the order of steps. No HTTP types, no SQL text.

pub mod accept;
pub mod alarms;
pub mod background;
pub mod client_services;
pub mod companies;
pub mod credentials;
pub mod delivery;
pub mod execute;
pub mod files;
pub mod fingerprint;
mod lease;
pub mod mail_servers;
pub mod notify;
pub mod operations;
pub mod portal;
pub mod request;
pub mod secrets;
pub mod settings;
pub mod templates;
pub mod tokens;
pub mod usage;
pub mod webhooks;

use thiserror::Error;

use crate::domain::refusal::Refusal;

/// Why a step did not happen. Each surface turns it into its own words.
#[derive(Debug, Error)]
pub enum Error {
    /// It does not exist, or not for this caller: the two look the same.
    #[error("not found")]
    NotFound,
    /// The client's cause; the refusal says what to change.
    #[error("refused")]
    Refused(#[from] Refusal),
    /// The outside's cause; worth another try.
    #[error("{0} is unavailable")]
    Unavailable(&'static str, #[source] Box<dyn std::error::Error + Send + Sync>),
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

impl From<crate::store::Error> for Error {
    fn from(error: crate::store::Error) -> Self {
        match error {
            crate::store::Error::Unavailable(_) => {
                Self::Unavailable("the database", Box::new(error))
            }
            crate::store::Error::Refused(_)
            | crate::store::Error::Corrupt { .. }
            | crate::store::Error::LeaseLost
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

/// An error and its sources, for one log line.
pub fn sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
