//! The settings of one PAdES signature, in the same words in profile files, requests and the store.

use serde::{Deserialize, Serialize};
#[cfg(feature = "openapi")]
use utoipa::ToSchema;

use super::algorithm::{DigestAlgorithm, SignatureAlgorithm};
use super::claims::Policy;
use super::visible::VisibleSettings;
use super::xades::Certificates;

/// Everything the PAdES engine needs to know about one seal, apart from document, certificate and
/// time. The default is an invisible PAdES-BASELINE-B signature (EN 319 142-1, 6.3) in a new field.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[cfg_attr(
    feature = "openapi",
    schema(
        description = "Settings of one seal of a PDF. What is absent or null is as the profile says."
    )
)]
pub struct PadesProfile {
    /// Without it what fits the key of the certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature_algorithm: Option<SignatureAlgorithm>,
    /// Digest of the document and of the certificate. Without it that of the signature algorithm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest_algorithm: Option<DigestAlgorithm>,
    /// Which certificates the CMS carries.
    pub certificates: Certificates,
    /// Name of the signature field: one that is there and empty is filled, else it is made. Without it
    /// a field is made under a name that the document does not have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    pub certification: Certification,
    /// `/Reason` of the signature dictionary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// `/Location`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// `/ContactInfo`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// `/Name`: the signer's name. Without it verifiers take it from the certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A signature policy; with it there is no `/Reason` (EN 319 142-1, 6.3 m).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<Policy>,
    pub active_content: ActiveContent,
    /// What is seen on a page; nothing without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visible: Option<VisibleSettings>,
}

/// Certification (ISO 32000-1, 12.8.2.2): what may be changed afterwards. Only the first signature of a
/// document can certify it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Certification {
    /// An approval signature.
    #[default]
    None,
    /// `P` 1: nothing.
    NoChanges,
    /// `P` 2: filling in forms, signing.
    FormFilling,
    /// `P` 3: annotations too.
    Annotations,
}

impl Certification {
    /// `P` of the transform parameters.
    #[must_use]
    pub const fn permissions(self) -> Option<u8> {
        match self {
            Self::None => None,
            Self::NoChanges => Some(1),
            Self::FormFilling => Some(2),
            Self::Annotations => Some(3),
        }
    }
}

/// What to do with a document that runs something when it is opened or clicked: JavaScript, programs,
/// forms that are sent elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ActiveContent {
    /// Seal it and say so in the answer.
    #[default]
    Warn,
    /// Refuse it.
    Refuse,
}

impl ActiveContent {
    /// As stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Warn => "WARN",
            Self::Refuse => "REFUSE",
        }
    }

    /// The choice of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Warn, Self::Refuse].into_iter().find(|choice| choice.as_str() == text)
    }
}
