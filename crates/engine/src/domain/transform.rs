//! The transforms of a signature reference (XMLDSIG 4.4.3.4 and 6.6), as settings name them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
#[cfg(feature = "openapi")]
use utoipa::ToSchema;

use super::canonicalization::Canonicalization;

/// One step between what a reference selects and the octets that are digested.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(tag = "algorithm", rename_all = "SCREAMING_SNAKE_CASE", try_from = "WrittenTransform")]
pub enum Transform {
    /// Leaves out the signature that holds the reference (6.6.4).
    Enveloped,
    /// Writes the nodes as octets (6.6.1).
    Canonical {
        /// Which of the six algorithms.
        canonicalization: Canonicalization,
        /// `PrefixList` of exclusive canonicalization; `#default` is the default namespace.
        #[serde(rename = "inclusivePrefixes", default, skip_serializing_if = "Vec::is_empty")]
        inclusive_prefixes: Vec<String>,
    },
    /// Decodes the text of the nodes, or the octets (6.6.2).
    Base64,
    /// Keeps the nodes for which an expression is true (6.6.3).
    #[serde(rename = "XPATH")]
    XPath {
        /// XPath 1.0, with `here()`.
        xpath: String,
        /// What the prefixes in it mean.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        namespaces: BTreeMap<String, String>,
    },
    /// Combines subtrees that expressions select (XML-Signature XPath Filter 2.0).
    #[serde(rename = "XPATH_FILTER2")]
    XPathFilter2 {
        /// Applied one after the other.
        filters: Vec<Filter>,
    },
}

/// A transform as it is written. Read member by member, so that a mistake is told by its path.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WrittenTransform {
    algorithm: Algorithm,
    canonicalization: Option<Canonicalization>,
    inclusive_prefixes: Option<Vec<String>>,
    xpath: Option<String>,
    namespaces: Option<BTreeMap<String, String>>,
    filters: Option<Vec<Filter>>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Algorithm {
    Enveloped,
    Canonical,
    Base64,
    #[serde(rename = "XPATH")]
    XPath,
    #[serde(rename = "XPATH_FILTER2")]
    XPathFilter2,
}

impl TryFrom<WrittenTransform> for Transform {
    type Error = String;

    fn try_from(mut written: WrittenTransform) -> Result<Self, String> {
        let missing = |member: &str| format!("missing field `{member}`");
        let transform = match written.algorithm {
            Algorithm::Enveloped => Self::Enveloped,
            Algorithm::Canonical => Self::Canonical {
                canonicalization: written
                    .canonicalization
                    .take()
                    .ok_or_else(|| missing("canonicalization"))?,
                inclusive_prefixes: prefixes(written.inclusive_prefixes.take())?,
            },
            Algorithm::Base64 => Self::Base64,
            Algorithm::XPath => Self::XPath {
                xpath: written.xpath.take().ok_or_else(|| missing("xpath"))?,
                namespaces: written.namespaces.take().unwrap_or_default(),
            },
            Algorithm::XPathFilter2 => Self::XPathFilter2 {
                filters: written.filters.take().ok_or_else(|| missing("filters"))?,
            },
        };
        let left = [
            ("canonicalization", written.canonicalization.is_some()),
            ("inclusivePrefixes", written.inclusive_prefixes.is_some()),
            ("xpath", written.xpath.is_some()),
            ("namespaces", written.namespaces.is_some()),
            ("filters", written.filters.is_some()),
        ];
        match left.into_iter().find(|(_, is_there)| *is_there) {
            Some((member, _)) => Err(format!("this algorithm has no `{member}`")),
            None => Ok(transform),
        }
    }
}

/// A `PrefixList` is a list of `NMTOKEN` (Exclusive XML Canonicalization 1.0, 3): what is none would be
/// read as several, or as another.
fn prefixes(written: Option<Vec<String>>) -> Result<Vec<String>, String> {
    let prefixes = written.unwrap_or_default();
    let is_prefix = |text: &str| {
        let mut characters = text.chars();
        text == "#default"
            || characters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
                && characters.all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
    };
    match prefixes.iter().find(|prefix| !is_prefix(prefix)) {
        Some(prefix) => Err(format!("`{prefix}` is no namespace prefix")),
        None => Ok(prefixes),
    }
}

/// One operation of XPath Filter 2.0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Filter {
    /// What is done with the selected subtrees.
    pub operation: FilterOperation,
    /// XPath 1.0 that selects nodes, evaluated at the root.
    pub xpath: String,
    /// What the prefixes in it mean.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub namespaces: BTreeMap<String, String>,
}

/// Set operations of XPath Filter 2.0 (3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FilterOperation {
    Intersect,
    Subtract,
    Union,
}
