//! What can be wrong with certificates and chains, as those who verify see them.

use der::asn1::ObjectIdentifier;
use thiserror::Error;

/// Why seals of a certificate are refused by those who verify them: a clause about the signing
/// certificate.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Flaw {
    #[error(
        "its keyUsage allows {0} and neither digitalSignature nor nonRepudiation; order a certificate \
         for signatures"
    )]
    Usage(String),
    #[error(
        "its extendedKeyUsage allows {0} only, which is for something else than documents; order a \
         certificate for signatures"
    )]
    ExtendedUsage(String),
    #[error("it is the certificate of a certificate authority; order one for signatures")]
    Authority,
    #[error("{whose} has the critical extension {oid}, which verifiers do not know")]
    UnknownCritical { whose: String, oid: ObjectIdentifier },
    #[error("{whose} has the extension {oid} in a form that cannot be read")]
    Unreadable { whose: String, oid: ObjectIdentifier },
    #[error("{issuer} did not sign {subject}, although it has the name of its issuer")]
    NotSigned { subject: String, issuer: String },
    #[error("{subject} is signed with {algorithm}, which cannot be checked here")]
    Uncheckable { subject: String, algorithm: String },
    #[error(
        "{0} issued a certificate of its chain and is no certificate authority (basicConstraints)"
    )]
    NotAuthority(String),
    #[error("{0} issued a certificate of its chain and its keyUsage lacks keyCertSign")]
    MayNotIssue(String),
    #[error("{issuer} allows {allowed} certificate authorities below it and has {there}")]
    PathLength { issuer: String, allowed: u8, there: usize },
    #[error("{issuer} does not allow the name {name} (nameConstraints)")]
    NameForbidden { issuer: String, name: String },
    #[error("{whose} is not valid before {not_before}; wait, or check the clock")]
    NotYetValid { whose: String, not_before: String },
    #[error("{whose} expired on {not_after}; import the chain with the one that renewed it")]
    Expired { whose: String, not_after: String },
}
