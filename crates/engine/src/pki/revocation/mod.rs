//! Whether certificates were revoked, as those who issued them say: in lists (RFC 5280, 5) and in answers
//! of OCSP responders (RFC 6960). Fetching them is somebody else's work.

mod checking;
pub mod crl;
mod extension_list;
pub mod ocsp;
mod points;
mod reason;

use der::asn1::ObjectIdentifier;
use thiserror::Error;

pub use checking::{RevocationCheck, RevocationEvidence, check_list};
pub(in crate::pki) use extension_list::{ListedExtension, each as each_extension};
use ocsp::OcspFlaw;
pub use reason::RevocationReason;

use crate::domain::instant::Instant;

/// What is known of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RevocationStatus {
    /// Whoever issued it says that it is not revoked.
    Good,
    Revoked(Revocation),
    /// Nobody who may says anything that can be used; and why not.
    Unknown(Vec<RevocationFlaw>),
}

/// Since when a certificate is revoked. Whoever asks about an earlier time compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revocation {
    pub at: Instant,
    /// Why, when that is said.
    pub reason: Option<RevocationReason>,
    /// Since when its key is suspected, when that is said (RFC 5280, 5.3.2).
    pub invalid_since: Option<Instant>,
}

/// Why a list or an answer does not say whether a certificate is revoked.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum RevocationFlaw {
    #[error("there is no list and no answer about it")]
    Nothing,
    #[error("the list of {0} was not made yet")]
    NotYet(String),
    #[error("the list of {issuer} was to be renewed by {next_update}")]
    Stale { issuer: String, next_update: String },
    #[error("the list of {0} does not say when the next one comes")]
    NoNextUpdate(String),
    #[error("the list of {issuer} has the critical extension {oid}, which is not known here")]
    UnknownCritical { issuer: String, oid: ObjectIdentifier },
    #[error("the list of {0} is about other kinds of certificates (issuingDistributionPoint)")]
    OtherKind(String),
    #[error("the list of {0} has no signature of a known key with that name")]
    NotSigned(String),
    #[error("{0} signed a list and its keyUsage lacks cRLSign")]
    MayNotSign(String),
    #[error("{signer}, which signed a list or an answer, is not trusted: {reason}")]
    SignerNotTrusted { signer: String, reason: String },
    #[error("an answer of {0} says that it does not know the certificate")]
    NotKnown(String),
    #[error("{0}")]
    Answer(OcspFlaw),
    #[error("the lists do not cover all reasons for which it may be revoked")]
    ReasonsMissing,
    #[error("finding out would cost more than it may")]
    TooCostly,
}

/// Revocation lists, and answers, at most in one question.
pub const MAX_LISTS: usize = 1000;
