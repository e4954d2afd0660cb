//! What stands in a signature beside its references.

use std::fmt;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};
#[cfg(feature = "openapi")]
use utoipa::ToSchema;

use crate::domain::algorithm::DigestAlgorithm;
use crate::domain::name_style::NameStyle;

/// What `ds:KeyInfo` says (XMLDSIG 1.1, 4.5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct KeyInfoSettings {
    pub certificates: Certificates,
    /// `ds:X509SubjectName` of the signing certificate.
    pub subject_name: bool,
    /// `ds:X509IssuerSerial` of the signing certificate.
    pub issuer_serial: bool,
    /// `ds:KeyValue`.
    pub key_value: bool,
    /// Order of the children of `ds:KeyInfo`.
    pub order: Vec<KeyInfoPart>,
}

impl Default for KeyInfoSettings {
    fn default() -> Self {
        Self {
            certificates: Certificates::Chain,
            subject_name: false,
            issuer_serial: false,
            key_value: false,
            order: vec![KeyInfoPart::X509Data, KeyInfoPart::KeyValue],
        }
    }
}

/// A child of `ds:KeyInfo`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub enum KeyInfoPart {
    #[serde(rename = "X509_DATA")]
    X509Data,
    #[serde(rename = "KEY_VALUE")]
    KeyValue,
}

/// Which certificates of the credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Certificates {
    /// The signing certificate.
    Signer,
    /// It and its issuers, as far as the credential has them.
    #[default]
    Chain,
    /// The same without a root, which every verifier has who trusts it (EN 319 132-1, 6.3).
    ChainWithoutRoot,
}

/// `xades:SigningCertificate` or `xades:SigningCertificateV2` (EN 319 132-1, 5.2.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct SigningCertificate {
    /// Version 1 also writes the version 1 forms of role and production place.
    pub version: SigningCertificateVersion,
    pub certificates: Certificates,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest_algorithm: Option<DigestAlgorithm>,
    /// Version 2 only: `xades:IssuerSerialV2`. Version 1 always has issuer and serial number.
    pub issuer_serial: bool,
    /// How names are spelled in `ds:X509IssuerName` and `ds:X509SubjectName`.
    pub name_style: NameStyle,
}

impl Default for SigningCertificate {
    fn default() -> Self {
        Self {
            version: SigningCertificateVersion::V2,
            certificates: Certificates::Signer,
            digest_algorithm: None,
            issuer_serial: false,
            name_style: NameStyle::default(),
        }
    }
}

/// Which form of the property.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub enum SigningCertificateVersion {
    V1,
    V2,
    #[serde(rename = "NONE")]
    None,
}

/// `xades:DataObjectFormat` of the document (EN 319 132-1, 5.2.4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct DataObjectFormat {
    /// Whether it is written.
    pub include: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// URI or OID of the format.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identifier: Option<String>,
    /// `Qualifier` attribute of the identifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub qualifier: Option<String>,
    /// `xades:Description` of the identifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identifier_description: Option<String>,
    /// The content type of the document when it is left out; empty for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
}

impl Default for DataObjectFormat {
    fn default() -> Self {
        Self {
            include: true,
            description: None,
            identifier: None,
            qualifier: None,
            identifier_description: None,
            mime_type: None,
            encoding: None,
        }
    }
}

/// How `xades:SigningTime` is written: `UTC`, `NO_ZONE`, or an offset as `-05:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum SigningTimeFormat {
    /// With `Z`, as EN 319 132-1, 5.2.1 asks.
    #[default]
    Utc,
    /// UTC digits without `Z`.
    NoZone,
    /// Local time of a zone this many minutes east of UTC.
    OffsetMinutes(i16),
}

impl fmt::Display for SigningTimeFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Utc => f.write_str("UTC"),
            Self::NoZone => f.write_str("NO_ZONE"),
            Self::OffsetMinutes(minutes) => {
                let sign = if minutes < 0 { '-' } else { '+' };
                let minutes = minutes.unsigned_abs();
                write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
            }
        }
    }
}

impl SigningTimeFormat {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "UTC" | "Z" => return Some(Self::Utc),
            "NO_ZONE" => return Some(Self::NoZone),
            _ => {}
        }
        let (sign, rest) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text.strip_prefix('+')?),
        };
        let (hours, minutes) = rest.split_once(':')?;
        let two = |text: &str| match text.as_bytes() {
            [b'0'..=b'9', b'0'..=b'9'] => text.parse::<i16>().ok(),
            _ => None,
        };
        let (hours, minutes) = (two(hours)?, two(minutes)?);
        (hours * 60 + minutes <= 14 * 60 && minutes < 60)
            .then_some(Self::OffsetMinutes(sign * (hours * 60 + minutes)))
    }
}

/// Id patterns. `{hash}` is 32 hexadecimal digits that follow from document, certificate and time,
/// `{uuid}` and `{number}` the same as a UUID and as nine digits, `{signature}` the signature's Id,
/// `{ublSignatureUri}` what `cac:Signature` refers to; `{a|b}` is b where a has no value. An empty
/// pattern writes no Id, and so does one with `{signature}` when that has none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", schema(as = Ids))]
pub struct IdPatterns {
    pub signature: String,
    pub signed_info: String,
    pub signature_value: String,
    pub key_info: String,
    pub object: String,
    pub qualifying_properties: String,
    pub signed_properties: String,
    /// Target of `xades:QualifyingProperties`; `#` and the signature's Id when it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
}

impl Default for IdPatterns {
    fn default() -> Self {
        Self {
            signature: "seal-{hash}".to_owned(),
            signed_info: String::new(),
            signature_value: "{signature}-value".to_owned(),
            key_info: String::new(),
            object: String::new(),
            qualifying_properties: String::new(),
            signed_properties: "{signature}-properties".to_owned(),
            target: None,
        }
    }
}

/// Prefixes of what we write. An empty `ds` makes XML Signature the default namespace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Prefixes {
    pub ds: String,
    pub xades: String,
    /// Declares the XAdES prefix at `ds:Signature` instead of `xades:QualifyingProperties`.
    pub xades_at_signature: bool,
}

impl Default for Prefixes {
    fn default() -> Self {
        Self { ds: "ds".to_owned(), xades: "xades".to_owned(), xades_at_signature: false }
    }
}

/// Length of base64 lines: 0 (one line), 64 or 76 characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum Base64Lines {
    #[default]
    One,
    Of64,
    Of76,
}

impl Base64Lines {
    /// Characters of a line; `None` for no limit.
    #[must_use]
    pub const fn length(self) -> Option<usize> {
        match self {
            Self::One => None,
            Self::Of64 => Some(64),
            Self::Of76 => Some(76),
        }
    }
}

impl TryFrom<u8> for Base64Lines {
    type Error = &'static str;

    fn try_from(length: u8) -> Result<Self, Self::Error> {
        match length {
            0 => Ok(Self::One),
            64 => Ok(Self::Of64),
            76 => Ok(Self::Of76),
            _ => Err("expected 0, 64 or 76"),
        }
    }
}

impl From<Base64Lines> for u8 {
    fn from(lines: Base64Lines) -> Self {
        match lines {
            Base64Lines::One => 0,
            Base64Lines::Of64 => 64,
            Base64Lines::Of76 => 76,
        }
    }
}

impl Serialize for SigningTimeFormat {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SigningTimeFormat {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = SigningTimeFormat;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("UTC, NO_ZONE or an offset as +03:00")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                SigningTimeFormat::parse(text)
                    .ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_str(Text)
    }
}
