//! What a reference points to, and how it gets there.

use std::fmt;

use serde::de::value::{SeqAccessDeserializer, StrDeserializer};
use serde::de::{self, Deserializer, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
#[cfg(feature = "openapi")]
use utoipa::ToSchema;

use super::location::SignatureLocation;
#[cfg(feature = "openapi")]
use super::location::WrittenLocation;
use crate::domain::algorithm::DigestAlgorithm;
use crate::domain::transform::Transform;

/// Transforms of the reference to the document: a word for the usual ones, or the list itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(untagged)]
pub enum SignatureTransform {
    Named(NamedTransform),
    /// Just these, in this order.
    List(Vec<Transform>),
}

impl Default for SignatureTransform {
    fn default() -> Self {
        Self::Named(NamedTransform::Enveloped)
    }
}

impl<'de> Deserialize<'de> for SignatureTransform {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameOrList;
        impl<'de> Visitor<'de> for NameOrList {
            type Value = SignatureTransform;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a transform or a list of transforms")
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<Self::Value, E> {
                NamedTransform::deserialize(StrDeserializer::new(name)).map(Self::Value::Named)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Self::Value, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(items)).map(Self::Value::List)
            }
        }
        deserializer.deserialize_any(NameOrList)
    }
}

/// The usual transforms. All but `NONE` end with the canonicalization of the profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub enum NamedTransform {
    /// Enveloped signature (XMLDSIG 1.1, 6.6.4).
    #[serde(rename = "ENVELOPED")]
    Enveloped,
    /// The XPath text of UBL 2.1, 5.4, for documents that others may sign later.
    #[serde(rename = "UBL_NON_FINAL")]
    UblNonFinal,
    /// As `UBL_NON_FINAL` for verifiers without `here()`: the same nodes as long as the document has
    /// one `sig:UBLDocumentSignatures`.
    #[serde(rename = "UBL_NON_FINAL_PLAIN")]
    UblNonFinalPlain,
    /// The XPath text of UBL 2.1, 5.4, for the last signature.
    #[serde(rename = "UBL_FINAL")]
    UblFinal,
    /// XPath `not(ancestor-or-self::ds:Signature)`: leaves out every signature.
    #[serde(rename = "XPATH")]
    XPath,
    /// XPath Filter 2.0, subtracting `/descendant::ds:Signature`: leaves out every signature.
    #[serde(rename = "XPATH2_FILTER", alias = "XPATH_FILTER2")]
    XPath2Filter,
    /// No transforms.
    #[serde(rename = "NONE")]
    None,
}

impl NamedTransform {
    /// Its name in settings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enveloped => "ENVELOPED",
            Self::UblNonFinal => "UBL_NON_FINAL",
            Self::UblNonFinalPlain => "UBL_NON_FINAL_PLAIN",
            Self::UblFinal => "UBL_FINAL",
            Self::XPath => "XPATH",
            Self::XPath2Filter => "XPATH2_FILTER",
            Self::None => "NONE",
        }
    }
}

/// A kind of reference in `ds:SignedInfo`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReferenceKind {
    Document,
    KeyInfo,
    SignedProperties,
}

/// One reference. What is left out has the usual value of its kind.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ReferenceSettings {
    /// The document only: `""`, `#xpointer(/)`, `#id`, or a file name for detached signatures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// The document only: the element whose Id becomes the URI, said as `signatureLocation` says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<WrittenLocation>))]
    pub element: Option<SignatureLocation>,
    /// Pattern of the reference's own Id; empty for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// URI of the Type attribute; empty for none.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub reference_type: Option<String>,
    /// For key info and signed properties: their transforms. An empty list writes none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transforms: Option<Vec<Transform>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest_algorithm: Option<DigestAlgorithm>,
}
