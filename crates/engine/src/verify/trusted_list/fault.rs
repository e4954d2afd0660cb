//! Why a list is not used.

use thiserror::Error;

/// Why a list is not used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ListFault {
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    #[error("it is no trusted list (TS 119 612)")]
    NoList,
    #[error("its version is {0}, and only 5 and 6 are known")]
    Version(String),
    #[error("{0} is missing in it or cannot be read")]
    Missing(&'static str),
    #[error("it is not signed")]
    Unsigned,
    #[error("it has {0} signatures, and one is allowed")]
    Signatures(usize),
    #[error("its signature does not hold: {0}")]
    Signature(String),
    #[error("it is signed by {0}, who may not sign it")]
    Foreign(String),
    #[error("nobody is named who may sign it")]
    NoSigners,
    #[error("no certificate of who may sign it can be worked with: {0}")]
    UselessSigners(String),
    #[error("it says that it was issued at {0}, which is still to come")]
    Future(String),
    #[error("it is the list of {0}")]
    Territory(String),
    #[error("the pivot {0} is needed to know who may sign it, and is not there")]
    PivotNeeded(String),
    #[error("it has more than {0} pivots")]
    TooManyPivots(usize),
    #[error("the pivot {0} names nobody who signs the list of the lists")]
    PivotSilent(String),
}
