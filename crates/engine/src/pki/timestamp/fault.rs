//! What a TSA can do wrong, in words for who operates the service that asks it.

use der::asn1::ObjectIdentifier;
use thiserror::Error;

use super::rejection::Rejection;
use crate::pki;
use crate::pki::path::{Flaw, NoPath};

/// Why the answer of a TSA, or a token, is not used.
#[derive(Debug, Error)]
pub enum TimestampFault {
    #[error("tokens over a SHA-1 imprint are not asked for; use SHA-256, SHA-384 or SHA-512")]
    WeakImprint,

    #[error("the answer of the TSA has {octets} octets, more than the {limit} that are read")]
    TooLarge { octets: usize, limit: usize },
    #[error(
        "the answer of the TSA is no TimeStampResp in DER (RFC 3161, 2.4.2): {0}; check its address"
    )]
    NotResponse(&'static str),
    #[error("the TSA gave no token: {0}")]
    Rejected(Rejection),
    #[error("the TSA says that it granted the request and sent no token")]
    TokenMissing,

    #[error("the token cannot be found in the signature: {0}")]
    NotFound(String),
    #[error("the file has more than the {0} timestamps that are looked at")]
    TooMany(usize),
    #[error("the token is over something else than the signature that it stands in")]
    NotOver,
    #[error("the token is no SignedData in DER (RFC 5652): {0}")]
    NotToken(&'static str),
    #[error("the content of the token is {0} and not id-ct-TSTInfo (RFC 3161, 2.4.2)")]
    ContentType(ObjectIdentifier),
    #[error("the token has {0} signers; it has to have one, the TSA (RFC 3161, 2.4.2)")]
    Signers(usize),
    #[error("the TSTInfo of the token cannot be read (RFC 3161, 2.4.2): {0}")]
    Info(String),
    #[error("the TSTInfo of the token has version {0}; RFC 3161 knows 1 only")]
    InfoVersion(u8),
    #[error("the TSTInfo of the token has the critical extension {0}, which is not known here")]
    UnknownCritical(ObjectIdentifier),
    #[error("the token is over an imprint of {0}, which is no digest that is used here")]
    ImprintUnsupported(ObjectIdentifier),
    #[error("the imprint in the token has not the length of a digest of {0}")]
    ImprintLength(&'static str),

    #[error("the token is over a {given} imprint, and one of {asked} was asked for")]
    ImprintAlgorithm { asked: &'static str, given: &'static str },
    #[error("the token is over another imprint than was asked for; it may answer another request")]
    Imprint,
    #[error(
        "the token has no nonce although the request had one (RFC 3161, 2.4.2): it may be an old answer"
    )]
    NonceMissing,
    #[error("the token has another nonce than the request: it answers another one")]
    Nonce,
    #[error("the token was made under policy {given}, and {asked} was asked for")]
    Policy { asked: ObjectIdentifier, given: ObjectIdentifier },
    #[error("the token is signed with SHA-1, which proves nothing any more; use another TSA")]
    WeakSignature,
    #[error(
        "the TSA says that it is {gen_time} while it is {now} here, which differs by more than \
         {tolerance_ms} ms; check both clocks"
    )]
    GenTimeOff { gen_time: String, now: String, tolerance_ms: i64 },
    #[error(
        "the TSA says that its time may be off by {accuracy_ms} ms, which is more than the {tolerance_ms} ms \
         that are accepted"
    )]
    Accuracy { accuracy_ms: u128, tolerance_ms: i64 },

    #[error(
        "the signed attribute {0} of the token is missing, unreadable or there more than once \
         (RFC 5652, 11)"
    )]
    Attribute(&'static str),
    #[error("the signed attribute content-type of the token is not id-ct-TSTInfo (RFC 5652, 11.1)")]
    AttributeContentType,
    #[error(
        "the message-digest of the token is not the digest of its TSTInfo, which was changed afterwards \
         (RFC 5652, 11.2)"
    )]
    MessageDigest,
    #[error(
        "the token is signed with {0}, which is not supported, or not with the digest it names"
    )]
    Algorithm(String),
    #[error("the signature of the token does not verify with the certificate of {subject} in it")]
    Signature { subject: String },

    #[error(
        "the certificate that signed the token is not in it although it was asked for (certReq)"
    )]
    CertificateMissing,
    #[error("the certificate that signed the token cannot be used")]
    Certificate(#[source] pki::Error),
    #[error(
        "the token does not say which certificate signed it: it has no signing-certificate attribute \
         (RFC 3161, 2.4.2; RFC 5816)"
    )]
    SigningCertificateMissing,
    #[error("the signing-certificate attribute of the token cannot be read (RFC 5035)")]
    SigningCertificateUnreadable,
    #[error(
        "the signing-certificate attribute of the token names another certificate than that of {subject}, \
         which is in it (RFC 5816)"
    )]
    SigningCertificate { subject: String },
    #[error(
        "the certificate of {subject} is not for timestamps: it has no extendedKeyUsage, which has to be \
         timeStamping (RFC 3161, 2.3)"
    )]
    PurposeMissing { subject: String },
    #[error(
        "the extendedKeyUsage of the certificate of {subject} is {purposes}; it has to be timeStamping \
         alone (RFC 3161, 2.3)"
    )]
    Purpose { subject: String, purposes: String },
    #[error(
        "the extendedKeyUsage of the certificate of {subject} is not critical, which it has to be \
         (RFC 3161, 2.3)"
    )]
    PurposeNotCritical { subject: String },
    #[error("verifiers refuse the certificate that signed the token")]
    Unverifiable(#[source] Flaw),
    #[error(
        "the keyUsage of the certificate of {subject} is {usages}; it has to allow digitalSignature or \
         nonRepudiation"
    )]
    Usage { subject: String, usages: String },
    #[error("the certificate of {subject} leads to no TSA that is trusted here: {path}")]
    Untrusted { subject: String, path: NoPath },
    #[error(
        "the certificate of {subject} is valid from {not_before}, and the token says that it was made at \
         {gen_time}"
    )]
    NotYetValid { subject: String, not_before: String, gen_time: String },
    #[error(
        "the certificate of {subject} ended at {not_after}, and the token says that it was made at \
         {gen_time}"
    )]
    Expired { subject: String, not_after: String, gen_time: String },
}
