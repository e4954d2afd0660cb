//! Where the signature element goes.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
#[cfg(feature = "openapi")]
use utoipa::ToSchema;

/// Where the signature element goes: a text, or an object with more to say.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize)]
#[serde(into = "WrittenObject")]
pub struct SignatureLocation {
    pub place: LocationElement,
    pub position: Position,
    /// Which of several matches, from 1. Without it more than one match is refused.
    pub index: Option<usize>,
    /// Takes the first match without element content.
    pub first_empty: bool,
}

/// The element that a location names.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum LocationElement {
    /// The one empty `sac:SignatureInformation` if the document has it, else the root.
    #[default]
    Default,
    /// A local name, a `prefix:name` with the prefix as bound at the root, or an absolute path of
    /// such names.
    Path(String),
    /// A name in a namespace.
    Name { name: String, namespace: String },
    /// An XPath 1.0 expression that selects elements.
    XPath { xpath: String, namespaces: BTreeMap<String, String> },
}

/// Where the signature stands at that element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Position {
    /// Before its first child.
    #[serde(alias = "firstChild")]
    FirstChild,
    /// After its last child.
    #[default]
    #[serde(alias = "lastChild")]
    LastChild,
    /// After the element, as its next sibling.
    #[serde(alias = "after")]
    After,
}

/// A location as it is written, for the OpenAPI document: a text or an object.
#[cfg(feature = "openapi")]
#[derive(ToSchema)]
#[serde(untagged)]
pub enum WrittenLocation {
    /// A local name, a `prefix:name` or an absolute path of such names.
    Text(String),
    /// More to say.
    Object(Box<WrittenObject>),
}

/// A location as an object: one of path, localName and xpath, and which match and position is meant.
#[derive(Deserialize, Serialize, Default)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct WrittenObject {
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    local_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    xpath: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    namespaces: BTreeMap<String, String>,
    position: Position,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1))]
    index: Option<usize>,
    first_empty: bool,
}

impl From<SignatureLocation> for WrittenObject {
    fn from(location: SignatureLocation) -> Self {
        let SignatureLocation { place, position, index, first_empty } = location;
        let object = Self { position, index, first_empty, ..Self::default() };
        match place {
            LocationElement::Default => object,
            LocationElement::Path(path) => Self { path: Some(path), ..object },
            LocationElement::Name { name, namespace } => {
                Self { local_name: Some(name), namespace: Some(namespace), ..object }
            }
            LocationElement::XPath { xpath, namespaces } => {
                Self { xpath: Some(xpath), namespaces, ..object }
            }
        }
    }
}

impl<'de> Deserialize<'de> for SignatureLocation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextOrObject;
        impl<'de> Visitor<'de> for TextOrObject {
            type Value = SignatureLocation;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or an object with path, localName or xpath")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(match text.trim() {
                    "" => Self::Value::default(),
                    text => Self::Value::inside(text),
                })
            }

            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Self::Value, A::Error> {
                WrittenObject::deserialize(MapAccessDeserializer::new(members))?.into_location()
            }
        }
        deserializer.deserialize_any(TextOrObject)
    }
}

impl WrittenObject {
    fn into_location<E: de::Error>(self) -> Result<SignatureLocation, E> {
        let place = match (self.path, self.local_name, self.xpath, self.namespace) {
            (None, None, None, None) => LocationElement::Default,
            (Some(path), None, None, None) => LocationElement::Path(path),
            (None, Some(name), None, None) => LocationElement::Path(name),
            (None, Some(name), None, Some(namespace)) => LocationElement::Name { name, namespace },
            (None, None, Some(xpath), None) => {
                LocationElement::XPath { xpath, namespaces: self.namespaces }
            }
            _ => {
                let rule = "one of path, localName (with namespace) and xpath (with namespaces)";
                return Err(E::custom(format_args!("expected just {rule}")));
            }
        };
        if self.index == Some(0) {
            return Err(E::custom("expected an index from 1"));
        }
        Ok(SignatureLocation {
            place,
            position: self.position,
            index: self.index,
            first_empty: self.first_empty,
        })
    }
}

impl SignatureLocation {
    /// Last child of what a text names.
    #[must_use]
    pub fn inside(text: &str) -> Self {
        Self { place: LocationElement::Path(text.to_owned()), ..Self::default() }
    }
}

/// The signature scaffolding of UBL 2.1, 5.4.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct UblSettings {
    /// Creates what is missing of `ext:UBLExtensions/../sac:SignatureInformation` when the document
    /// has no free place.
    pub create_scaffolding: bool,
    /// Creates a `cac:Signature` when the document has none.
    pub add_cac_signature: bool,
    /// `ext:ExtensionURI` of a created extension.
    pub extension_uri: String,
    /// `cbc:ID` of a created `sac:SignatureInformation`; `{n}` is its number.
    pub signature_information_id: String,
    /// `sbc:ReferencedSignatureID` of a created one, and `cbc:ID` of a created `cac:Signature`;
    /// `{root}` is the local name of the root. Empty for none.
    pub referenced_signature_id: String,
}

impl Default for UblSettings {
    fn default() -> Self {
        Self {
            create_scaffolding: false,
            add_cac_signature: false,
            extension_uri: "urn:oasis:names:specification:ubl:dsig:enveloped:xades".to_owned(),
            signature_information_id: "urn:oasis:names:specification:ubl:signature:{n}".to_owned(),
            referenced_signature_id: "urn:oasis:names:specification:ubl:signature:{root}"
                .to_owned(),
        }
    }
}
