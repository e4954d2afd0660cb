//! The settings of one XAdES or plain XML signature. The same words stand in profile files
//! (`profiles/*.toml`), in what a request says over them, and in what is
//! stored with a document: a profile is laid over the defaults, a request over the profile.

mod location;
mod parts;
mod transforms;

#[cfg(feature = "openapi")]
pub use location::WrittenLocation;
pub use location::{LocationElement, Position, SignatureLocation, UblSettings, WrittenObject};
pub use parts::{
    Base64Lines, Certificates, DataObjectFormat, IdPatterns, KeyInfoPart, KeyInfoSettings,
    Prefixes, SigningCertificate, SigningCertificateVersion, SigningTimeFormat,
};
pub use transforms::{NamedTransform, ReferenceKind, ReferenceSettings, SignatureTransform};

use serde::{Deserialize, Serialize};
#[cfg(feature = "openapi")]
use utoipa::ToSchema;

use super::algorithm::{DigestAlgorithm, SignatureAlgorithm};
use super::canonicalization::Canonicalization;
use super::claims::{Commitment, Policy, ProductionPlace};

/// Everything the XAdES engine needs to know about one seal, apart from document, certificate and
/// time. The default is XAdES-BASELINE-B as EN 319 132-1 wants it, at the UBL place or at the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[cfg_attr(
    feature = "openapi",
    schema(description = "Settings of one seal. What is absent or null is as the profile says.")
)]
pub struct XadesProfile {
    pub packaging: Packaging,
    pub signature_input: SignatureInput,
    pub xades_level: XadesLevel,
    /// Canonicalization of `ds:SignedInfo`, and of references that name none of their own.
    pub canonical_transform: Canonicalization,
    /// Transforms of the reference to the document.
    pub signature_transform: SignatureTransform,
    #[cfg_attr(feature = "openapi", schema(value_type = WrittenLocation))]
    pub signature_location: SignatureLocation,
    /// What to do with a document that holds signatures.
    pub existing_signatures: ExistingSignatures,
    /// The reference to the document.
    pub reference: ReferenceSettings,
    /// The reference to `ds:KeyInfo`, when `referenceOrder` has one.
    pub key_info_reference: ReferenceSettings,
    /// The reference to `xades:SignedProperties`.
    pub signed_properties_reference: ReferenceSettings,
    /// Which references there are, in order.
    pub reference_order: Vec<ReferenceKind>,
    /// Without it what fits the key of the certificate.
    pub signature_algorithm: Option<SignatureAlgorithm>,
    /// Digest of references and certificates that name none of their own.
    pub digest_algorithm: DigestAlgorithm,
    pub signature_value_encoding: SignatureValueEncoding,
    pub key_info: KeyInfoSettings,
    pub signing_certificate: SigningCertificate,
    pub policy: Option<Policy>,
    pub claimed_roles: Vec<String>,
    pub production_place: Option<ProductionPlace>,
    pub commitments: Vec<Commitment>,
    pub data_object_format: DataObjectFormat,
    pub signing_time_format: SigningTimeFormat,
    pub ids: IdPatterns,
    pub prefixes: Prefixes,
    /// Line length of base64 in `ds:SignatureValue` and `ds:KeyInfo`.
    #[serde(rename = "base64Wrap")]
    pub base64_lines: Base64Lines,
    pub ubl: UblSettings,
    /// Media type of the document, for `xades:MimeType`; set by us, not by profiles.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(ignore))]
    pub mime_type: Option<String>,
}

impl Default for XadesProfile {
    fn default() -> Self {
        Self {
            packaging: Packaging::default(),
            signature_input: SignatureInput::default(),
            xades_level: XadesLevel::default(),
            canonical_transform: Canonicalization::EXCLUSIVE,
            signature_transform: SignatureTransform::default(),
            signature_location: SignatureLocation::default(),
            existing_signatures: ExistingSignatures::default(),
            reference: ReferenceSettings::default(),
            key_info_reference: ReferenceSettings::default(),
            signed_properties_reference: ReferenceSettings::default(),
            reference_order: vec![ReferenceKind::Document, ReferenceKind::SignedProperties],
            signature_algorithm: None,
            digest_algorithm: DigestAlgorithm::Sha256,
            signature_value_encoding: SignatureValueEncoding::default(),
            key_info: KeyInfoSettings::default(),
            signing_certificate: SigningCertificate::default(),
            policy: None,
            claimed_roles: Vec::new(),
            production_place: None,
            commitments: Vec::new(),
            data_object_format: DataObjectFormat::default(),
            signing_time_format: SigningTimeFormat::default(),
            ids: IdPatterns::default(),
            prefixes: Prefixes::default(),
            base64_lines: Base64Lines::default(),
            ubl: UblSettings::default(),
            mime_type: None,
        }
    }
}

impl XadesProfile {
    /// Whether a digest or the signature itself is made with SHA-1. Hashes that are only quoted, as
    /// that of a signature policy, do not count.
    #[must_use]
    pub fn uses_sha1(&self) -> bool {
        let references =
            [&self.reference, &self.key_info_reference, &self.signed_properties_reference];
        let mut digests = references.iter().filter_map(|reference| reference.digest_algorithm);
        digests.any(DigestAlgorithm::is_legacy)
            || self.digest_algorithm.is_legacy()
            || self.signing_certificate.digest_algorithm.is_some_and(DigestAlgorithm::is_legacy)
            || self.signature_algorithm.is_some_and(|algorithm| algorithm.digest().is_legacy())
    }
}

/// Where signature and document stand to each other (XMLDSIG 1.1, 10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Packaging {
    /// The signature is an element of the document.
    #[default]
    Enveloped,
    /// The document is inside a `ds:Object` of the signature.
    Enveloping,
    /// The signature is a file of its own; its reference names the document.
    Detached,
    /// An ASiC-E container (EN 319 162-1, 4.4) that holds the document, or every file of a ZIP, and
    /// a detached signature over them.
    AsicE,
}

/// What the key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SignatureInput {
    /// The canonical `ds:SignedInfo`, as XML Signature says.
    #[default]
    SignedInfo,
    /// The digest of the document, as ZATCA (Saudi Arabia) has it; not an XML Signature.
    Zatca,
    /// The canonical document, as `MyInvois` (Malaysia) has it; not an XML Signature.
    #[serde(rename = "MYINVOIS")]
    MyInvois,
}

/// How much XAdES there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum XadesLevel {
    /// A plain XML Signature.
    None,
    /// XAdES-BES (TS 101 903): what the profile asks for, version 1 properties included.
    Bes,
    /// XAdES-EPES (TS 101 903): a signature policy is named.
    Epes,
    /// XAdES-BASELINE-B (EN 319 132-1, 6.3): settings that break it are refused.
    #[default]
    B,
}

/// How a signature value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SignatureValueEncoding {
    /// As XML Signature says: `r || s` for ECDSA (XMLDSIG 1.1, 6.4.3).
    #[default]
    Raw,
    /// ECDSA as DER `SEQUENCE { r, s }`.
    Der,
}

/// What to do with a document that holds signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ExistingSignatures {
    /// Refuse a place that holds one: sending a sealed document again is nearly always a mistake.
    #[default]
    Refuse,
    /// Seal beside them, unless that would break one.
    Parallel,
    /// Seal the signature value of the one that is there (EN 319 132-1, 5.2.7.2).
    Countersign,
}
