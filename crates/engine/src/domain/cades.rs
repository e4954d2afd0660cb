//! The settings of one CAdES signature, in the same words in profile files, requests and the store.

use serde::{Deserialize, Serialize};
#[cfg(feature = "openapi")]
use utoipa::ToSchema;

use super::algorithm::{DigestAlgorithm, SignatureAlgorithm};
use super::claims::{Commitment, Policy, ProductionPlace};
use super::xades::Certificates;

/// Everything the CAdES engine needs to know about one seal, apart from document, certificate and
/// time. The default is CAdES-BASELINE-B (EN 319 122-1, 6.3) with the document inside.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[cfg_attr(
    feature = "openapi",
    schema(
        description = "Settings of one CAdES seal. What is absent or null is as the profile says."
    )
)]
pub struct CadesProfile {
    pub packaging: CadesPackaging,
    /// What to do with a document that is a CMS signature itself (`.p7m`).
    pub existing_signatures: ExistingCmsSignatures,
    /// Without it what fits the key of the certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature_algorithm: Option<SignatureAlgorithm>,
    /// Digest of the document and of the certificate. Without it that of the signature algorithm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest_algorithm: Option<DigestAlgorithm>,
    /// Which certificates the CMS carries.
    pub certificates: Certificates,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<Policy>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub commitments: Vec<Commitment>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub claimed_roles: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub production_place: Option<ProductionPlace>,
    /// Media type of the document, for the `mime-type` attribute (EN 319 122-1, 5.2.5.2); set by us, not
    /// by profiles.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(ignore))]
    pub mime_type: Option<String>,
    /// File name of the document in a container; set by us, not by profiles.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(ignore))]
    pub name: Option<String>,
}

/// What to do with a document that is a CMS signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ExistingCmsSignatures {
    /// Refuse it: sending a sealed document again is nearly always a mistake.
    #[default]
    Refuse,
    /// Sign its content too, beside the signers that are there: of a CMS with the document inside, or with
    /// packaging `ASIC_E` of an ASiC-E container.
    Parallel,
    /// Sign the value of its one signer, in it (RFC 5652, 11.4), wherever its content is; with packaging `ATTACHED`.
    Countersign,
    /// Take it as any other file: the signature goes around it.
    Wrap,
}

/// Where the signature and the document stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CadesPackaging {
    /// The document is inside the `SignedData`.
    #[default]
    Attached,
    /// The signature is a file of its own.
    Detached,
    /// An ASiC-E container (EN 319 162-1, 4.4) that holds the document, or every file of a ZIP.
    AsicE,
}
