//! What can be wrong with certificates and chains, as those who verify see them.

use der::asn1::ObjectIdentifier;
use thiserror::Error;

/// Why seals of a certificate are refused by those who verify them: a clause about the signing
/// certificate, or about one of its issuers.
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
    #[error("{whose} has the extension {oid} twice")]
    Repeated { whose: String, oid: ObjectIdentifier },
    #[error("{issuer} did not sign {subject}, although it has the name of its issuer")]
    NotSigned { subject: String, issuer: String },
    #[error("{subject} is signed with {algorithm}, which cannot be checked here")]
    Uncheckable { subject: String, algorithm: String },
    #[error("{0} names one signature algorithm inside of what is signed and another outside")]
    AlgorithmsDiffer(String),
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
    #[error("{whose} is not valid before {not_before}")]
    NotYetValid { whose: String, not_before: String },
    #[error("{whose} expired on {not_after}")]
    Expired { whose: String, not_after: String },
    #[error("a policy is demanded, and with {whose} no accepted one is left (certificatePolicies)")]
    NoPolicy { whose: String },
    #[error("{whose} maps anyPolicy (policyMappings)")]
    AnyPolicyMapped { whose: String },
    #[error("{issuer}, which issued {subject}, is neither trusted nor among the certificates")]
    NoIssuer { subject: String, issuer: String },
    #[error("{0} could only go on in a circle, or with more certificates than a path may have")]
    NoWayOn(String),
    #[error("{whose} was revoked on {at} ({reason})")]
    Revoked { whose: String, at: String, reason: &'static str },
    #[error("it is not known whether {whose} is revoked: {reasons}")]
    StatusUnknown { whose: String, reasons: String },
    #[error(
        "the path of a signer of a list or an answer ends at {0}, which is another trust anchor"
    )]
    OtherAnchor(String),
    #[error("a path of {0} holds, and whoever asked for it does not accept it")]
    NotAccepted(String),
    #[error("there are more ways to try than a path may cost")]
    TooCostly,
}

impl Flaw {
    /// The clause that it offends.
    #[must_use]
    pub const fn clause(&self) -> &'static str {
        match self {
            Self::Usage(_) => "RFC 5280, 4.2.1.3",
            Self::ExtendedUsage(_) => "RFC 5280, 4.2.1.12",
            Self::Authority => "RFC 5280, 4.2.1.9",
            Self::UnknownCritical { .. } => "RFC 5280, 6.1.4 (o) and 6.1.5 (e)",
            Self::Unreadable { .. } | Self::Repeated { .. } => "RFC 5280, 4.2",
            Self::NotSigned { .. } | Self::Uncheckable { .. } => "RFC 5280, 6.1.3 (a)(1)",
            Self::AlgorithmsDiffer(_) => "RFC 5280, 4.1.1.2",
            Self::NotAuthority(_) => "RFC 5280, 6.1.4 (k)",
            Self::MayNotIssue(_) => "RFC 5280, 6.1.4 (n)",
            Self::PathLength { .. } => "RFC 5280, 6.1.4 (l) and (m)",
            Self::NameForbidden { .. } => "RFC 5280, 6.1.3 (b) and (c)",
            Self::NotYetValid { .. } | Self::Expired { .. } => "RFC 5280, 6.1.3 (a)(2)",
            Self::NoPolicy { .. } => "RFC 5280, 6.1.3 (f) and 6.1.5 (g)",
            Self::AnyPolicyMapped { .. } => "RFC 5280, 6.1.4 (a)",
            Self::Revoked { .. } | Self::StatusUnknown { .. } => "RFC 5280, 6.1.3 (a)(3)",
            Self::OtherAnchor(_) => "RFC 5280, 6.3.3 (f)",
            Self::NoIssuer { .. } | Self::NoWayOn(_) | Self::NotAccepted(_) | Self::TooCostly => {
                "RFC 5280, 6.1"
            }
        }
    }

    /// What the owner of the certificate can do about it, where its words do not say.
    #[must_use]
    pub const fn advice(&self) -> Option<&'static str> {
        match self {
            Self::NotYetValid { .. } => Some("wait, or check the clock"),
            Self::Expired { .. } => Some("import the chain with the one that renewed it"),
            _ => None,
        }
    }
}

/// Something wrong with a certificate of a path.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{flaw} ({})", flaw.clause())]
pub struct PathFinding {
    /// Where the certificate is: 0 is the one that the path is for.
    pub position: usize,
    /// Its subject, for people.
    pub subject: String,
    /// What is wrong with it.
    pub flaw: Flaw,
}
