//! The Online Certificate Status Protocol (RFC 6960): requests, answers, and whether an answer says what
//! was asked. Whoever sends and receives them is elsewhere.

mod check;
mod request;
mod response;

use der::asn1::ObjectIdentifier;
use thiserror::Error;

pub use check::{OcspAnswer, OcspLimits, OcspResponder};
pub use request::{CertificateId, OcspRequest};
pub use response::{OcspResponse, OcspStatus};

use crate::domain::profile::DigestAlgorithm;
use crate::pki::cms::digest_oid;

const fn oid(text: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(text)
}

pub(in crate::pki) const BASIC_RESPONSE: ObjectIdentifier = oid("1.3.6.1.5.5.7.48.1.1");
pub(in crate::pki) const NONCE: ObjectIdentifier = oid("1.3.6.1.5.5.7.48.1.2");

/// Octets that a nonce may have (RFC 9654, 2.1).
pub const NONCE_LENGTHS: std::ops::RangeInclusive<usize> = 1..=128;

/// Bytes of an answer at most.
pub const MAX_RESPONSE: usize = 1 << 20;

/// Certificates that one request asks about, and that one answer tells of, at most.
pub const MAX_QUESTIONS: usize = 1000;

/// Why a request cannot be made, or something is no answer that could be checked.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum OcspError {
    #[error("a nonce has 1 to 128 octets, not {0} (RFC 9654)")]
    NonceLength(usize),
    #[error("a request asks about 1 to {MAX_QUESTIONS} certificates, not {0}")]
    Questions(usize),
    #[error("the answer has {0} bytes; {MAX_RESPONSE} are read at most")]
    TooLarge(usize),
    #[error("not an OCSP answer in DER: {0}")]
    Malformed(&'static str),
    #[error("the responder did not answer: {0}")]
    Refused(&'static str),
    #[error("the answer is of the type {0}, which is not known here")]
    OtherType(ObjectIdentifier),
}

/// Why an answer says nothing about a certificate.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum OcspFlaw {
    #[error("the answer is about other certificates")]
    OtherCertificate,
    #[error("the answer has not the nonce of the request")]
    NonceDiffers,
    #[error("the answer has no nonce")]
    NonceMissing,
    #[error("the answer is signed with {0}, which cannot be checked here")]
    Uncheckable(ObjectIdentifier),
    #[error("the answer names a responder whose certificate is not there")]
    ResponderUnknown,
    #[error("the signature of the answer is not that of the responder it names")]
    NotSigned,
    #[error("{responder} was not issued by {issuer}, whose certificate was asked about")]
    ResponderOfOthers { responder: String, issuer: String },
    #[error("{0} may not sign answers: its extendedKeyUsage lacks OCSPSigning")]
    NotForOcsp(String),
    #[error("{0} may not sign answers: its keyUsage lacks digitalSignature")]
    KeyUsage(String),
    #[error("{0} was not valid when the answer was made, or is not now")]
    ResponderNotValid(String),
    #[error("{0}, the responder, has an extension that is not known here or cannot be read")]
    ResponderExtension(String),
    #[error("the answer is of {0}, which is still to come")]
    NotYet(String),
    #[error("the answer was good until {0}")]
    Stale(String),
    #[error("the answer of {0} does not say until when it is good, and is too old")]
    TooOld(String),
    #[error("the dates of the answer contradict each other")]
    Dates,
    #[error("the answer has the critical extension {0}, which is not known here")]
    UnknownCritical(ObjectIdentifier),
}

/// The digest with this identifier.
fn digest_from_oid(oid: ObjectIdentifier) -> Option<DigestAlgorithm> {
    DigestAlgorithm::ALL.into_iter().find(|algorithm| digest_oid(*algorithm) == oid)
}
