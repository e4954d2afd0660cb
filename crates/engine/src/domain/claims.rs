//! What a signature claims beside who signed what and when, the same in XAdES, PAdES and CAdES: a
//! policy, a place, what it means.

use serde::{Deserialize, Serialize};
#[cfg(feature = "openapi")]
use utoipa::ToSchema;

/// A signature policy (EN 319 132-1, 5.2.9).
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Policy {
    /// URI or OID of the policy; empty for `xades:SignaturePolicyImplied`.
    pub identifier: String,
    /// `Qualifier` attribute of the identifier: `OIDAsURN` or `OIDAsURI`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub qualifier: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash: Option<HashValue>,
    /// `xades:SPURI`: where the policy can be had.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spuri: Option<String>,
}

/// A digest as published: written as it is, never computed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HashValue {
    /// Name (`SHA256`, `SHA1`) or URI of the digest algorithm. It is only written.
    #[cfg_attr(feature = "openapi", schema(required = false))]
    pub algorithm: String,
    /// Base64.
    #[cfg_attr(feature = "openapi", schema(required = false))]
    pub value: String,
}

/// Where the signature was made, as claimed (EN 319 132-1, 5.2.5).
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ProductionPlace {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// Version 2 form only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub street_address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_or_province: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
}

/// What the signature means (EN 319 132-1, 5.2.3); for all signed documents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Commitment {
    /// URI, as `http://uri.etsi.org/01903/v1.2.2#ProofOfOrigin`.
    pub identifier: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub description: Option<String>,
}
