//! What a verification comes to (ETSI EN 319 102-1, 5.1.3): indications, and why.

use serde::Serialize;
#[cfg(feature = "openapi")]
use utoipa::ToSchema;

/// Whether a signature holds. The greater one counts where several are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub enum Indication {
    /// Everything that was asked for holds.
    #[serde(rename = "TOTAL-PASSED")]
    Passed,
    /// What is there does not suffice to say.
    #[serde(rename = "INDETERMINATE")]
    Indeterminate,
    /// It does not hold, whatever else may be found.
    #[serde(rename = "TOTAL-FAILED")]
    Failed,
}

impl Indication {
    /// As EN 319 102-1 writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "TOTAL-PASSED",
            Self::Indeterminate => "INDETERMINATE",
            Self::Failed => "TOTAL-FAILED",
        }
    }
}

/// Why not (EN 319 102-1, tables 5 and 6). In the order in which they are told where there are several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SubIndication {
    /// Not a signature that could be checked.
    FormatFailure,
    /// A digest is another one than what is signed says.
    HashFailure,
    /// The signature value is not that of the signing certificate's key.
    SigCryptoFailure,
    /// It was made before its certificate was valid, which a timestamp proves.
    NotYetValid,
    /// What is signed is not there.
    SignedDataNotFound,
    /// The signing certificate is not there, or another one.
    NoSigningCertificateFound,
    /// Something that this verification demands of a signature: that it covers the document, above all.
    SigConstraintsFailure,
    /// An algorithm that is not known or not allowed.
    CryptoConstraintsFailure,
    /// An algorithm that ended, and nothing proves that the signature was there before.
    CryptoConstraintsFailureNoPoe,
    /// No path to a trust anchor.
    NoCertificateChainFound,
    /// The signing certificate is not for signatures.
    ChainConstraintsFailure,
    /// A path that does not hold.
    CertificateChainGeneralFailure,
    /// The signing certificate was revoked, and nothing proves that the signature was there before.
    RevokedNoPoe,
    /// The same of one that issued it.
    RevokedCaNoPoe,
    /// A certificate of the path is not valid at the time, and nothing proves that the signature was there
    /// when it was.
    OutOfBoundsNoPoe,
    /// Whether a certificate is revoked is not known.
    TryLater,
    /// It was not looked at, or only in part.
    Generic,
}

impl SubIndication {
    /// The indication that it belongs to.
    #[must_use]
    pub const fn indication(self) -> Indication {
        match self {
            Self::FormatFailure
            | Self::HashFailure
            | Self::SigCryptoFailure
            | Self::NotYetValid => Indication::Failed,
            Self::SignedDataNotFound
            | Self::NoSigningCertificateFound
            | Self::SigConstraintsFailure
            | Self::CryptoConstraintsFailure
            | Self::CryptoConstraintsFailureNoPoe
            | Self::NoCertificateChainFound
            | Self::ChainConstraintsFailure
            | Self::CertificateChainGeneralFailure
            | Self::RevokedNoPoe
            | Self::RevokedCaNoPoe
            | Self::OutOfBoundsNoPoe
            | Self::TryLater
            | Self::Generic => Indication::Indeterminate,
        }
    }

    /// As EN 319 102-1 writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FormatFailure => "FORMAT_FAILURE",
            Self::HashFailure => "HASH_FAILURE",
            Self::SigCryptoFailure => "SIG_CRYPTO_FAILURE",
            Self::NotYetValid => "NOT_YET_VALID",
            Self::SignedDataNotFound => "SIGNED_DATA_NOT_FOUND",
            Self::NoSigningCertificateFound => "NO_SIGNING_CERTIFICATE_FOUND",
            Self::SigConstraintsFailure => "SIG_CONSTRAINTS_FAILURE",
            Self::CryptoConstraintsFailure => "CRYPTO_CONSTRAINTS_FAILURE",
            Self::CryptoConstraintsFailureNoPoe => "CRYPTO_CONSTRAINTS_FAILURE_NO_POE",
            Self::NoCertificateChainFound => "NO_CERTIFICATE_CHAIN_FOUND",
            Self::ChainConstraintsFailure => "CHAIN_CONSTRAINTS_FAILURE",
            Self::CertificateChainGeneralFailure => "CERTIFICATE_CHAIN_GENERAL_FAILURE",
            Self::RevokedNoPoe => "REVOKED_NO_POE",
            Self::RevokedCaNoPoe => "REVOKED_CA_NO_POE",
            Self::OutOfBoundsNoPoe => "OUT_OF_BOUNDS_NO_POE",
            Self::TryLater => "TRY_LATER",
            Self::Generic => "GENERIC",
        }
    }
}

/// One reason why a signature does not pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct VerificationFinding {
    pub sub_indication: SubIndication,
    /// What was found, for people.
    pub text: String,
}

impl VerificationFinding {
    pub(super) fn new(sub_indication: SubIndication, text: impl Into<String>) -> Self {
        Self { sub_indication, text: text.into() }
    }
}

/// What several findings come to: the worst indication, and the first reason for it.
pub(super) fn conclude(findings: &[VerificationFinding]) -> (Indication, Option<SubIndication>) {
    let worst = findings
        .iter()
        .map(|finding| finding.sub_indication)
        .min_by_key(|sub| (std::cmp::Reverse(sub.indication()), *sub));
    worst.map_or((Indication::Passed, None), |sub| (sub.indication(), Some(sub)))
}
