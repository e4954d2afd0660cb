//! How the distinguished name of a certificate is written down. Authorities compare such names as text,
//! and each has its own idea of the text.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
#[cfg(feature = "openapi")]
use utoipa::ToSchema;

/// How a name is written: order and separators, and keywords for attribute types that RFC 4514 knows
/// none for. The default is plain RFC 4514.
///
/// In settings: `{"form": "ENCODED_ORDER", "keywords": {"1.2.840.113549.1.9.1": "EMAILADDRESS"}}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct NameStyle {
    pub form: NameForm,
    /// Keywords by dotted object identifier.
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, String>))]
    pub keywords: Keywords,
}

/// Order and separators of a name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub enum NameForm {
    /// `CN=Seal,O=Example,C=PT`: last part of the certificate first, no blanks (RFC 4514, 2.1).
    #[default]
    #[serde(rename = "RFC4514")]
    Rfc4514,
    /// `CN=Seal, O=Example, C=PT`: the same order, blanks after the commas.
    #[serde(rename = "RFC2253_SPACED")]
    Rfc2253Spaced,
    /// `C=PT, O=Example, CN=Seal`: as in the certificate.
    #[serde(rename = "ENCODED_ORDER")]
    EncodedOrder,
}

/// Keywords by dotted object identifier. A type with a keyword is written readably, `keyword=value`; one
/// without, and without a keyword in RFC 4514, as `1.2.3=#` and the DER of its value.
///
/// They also replace the keywords of RFC 4514 (`CN L ST O OU C STREET DC UID`): some validators write
/// `S` for `ST`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>", into = "BTreeMap<String, String>")]
pub struct Keywords(BTreeMap<String, String>);

impl Keywords {
    /// Checks object identifiers and keywords. Any keyword of letters, digits, `.` and `-` is fine:
    /// `E`, `EMAILADDRESS`, `SERIALNUMBER`, `organizationIdentifier`, `OID.2.5.4.97`.
    ///
    /// # Errors
    /// A sentence that names the wrong one.
    pub fn new(keywords: BTreeMap<String, String>) -> Result<Self, String> {
        let is_oid = |text: &str| {
            let arcs: Vec<&str> = text.split('.').collect();
            let is_arc = |arc: &&str| !arc.is_empty() && arc.bytes().all(|it| it.is_ascii_digit());
            arcs.len() > 1 && arcs.iter().all(is_arc)
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
        for (oid, keyword) in &keywords {
            if !is_oid(oid) {
                return Err(format!("{oid:?} is not an object identifier; write it like 2.5.4.97"));
            }
            if keyword.is_empty() || !keyword.chars().all(plain) {
                return Err(format!("{keyword:?} is not a keyword: letters, digits, '.' and '-'"));
            }
        }
        Ok(Self(keywords))
    }

    /// The keyword for a dotted object identifier.
    #[must_use]
    pub fn of(&self, oid: &str) -> Option<&str> {
        self.0.get(oid).map(String::as_str)
    }
}

impl TryFrom<BTreeMap<String, String>> for Keywords {
    type Error = String;

    fn try_from(keywords: BTreeMap<String, String>) -> Result<Self, String> {
        Self::new(keywords)
    }
}

impl From<Keywords> for BTreeMap<String, String> {
    fn from(keywords: Keywords) -> Self {
        keywords.0
    }
}
