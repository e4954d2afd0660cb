//! Distinguished names as text (RFC 4514): `ds:X509IssuerName`, `ds:X509SubjectName`.

use std::fmt::Write as _;

use const_oid::db::rfc4519 as oids;
use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Encode as _, Tag, Tagged as _};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::name::{Name, RelativeDistinguishedName};

use super::Error;
use crate::domain::name_style::{NameForm, NameStyle};
use crate::domain::text::hex;

/// The keywords of RFC 4514, 3.
const KEYWORDS: [(ObjectIdentifier, &str); 9] = [
    (oids::COMMON_NAME, "CN"),
    (oids::LOCALITY_NAME, "L"),
    (oids::ST, "ST"),
    (oids::ORGANIZATION_NAME, "O"),
    (oids::ORGANIZATIONAL_UNIT_NAME, "OU"),
    (oids::COUNTRY_NAME, "C"),
    (oids::STREET, "STREET"),
    (oids::DOMAIN_COMPONENT, "DC"),
    (oids::USER_ID, "UID"),
];

/// Writes a name. Beyond what RFC 4514, 2.4 demands, control characters are written as `\0A`: XML
/// cannot carry them, or changes them. The parts of a multi-valued RDN keep the order of the
/// certificate, as Java writes them.
///
/// # Errors
/// [`Error::Encoding`], which no parsed name causes.
pub fn to_text(name: &Name, style: &NameStyle) -> Result<String, Error> {
    let mut rdns = Vec::with_capacity(name.len());
    for rdn in name.iter_rdn() {
        let parts = rdn.iter().map(|part| attribute(part, style));
        rdns.push(parts.collect::<Result<Vec<_>, _>>()?.join("+"));
    }
    Ok(match style.form {
        NameForm::Rfc4514 => {
            rdns.reverse();
            rdns.join(",")
        }
        NameForm::Rfc2253Spaced => {
            rdns.reverse();
            rdns.join(", ")
        }
        NameForm::EncodedOrder => rdns.join(", "),
    })
}

/// The text of the first attribute of a type in the order of the certificate.
#[must_use]
pub fn first_value(name: &Name, kind: ObjectIdentifier) -> Option<String> {
    let parts = name.iter_rdn().flat_map(RelativeDistinguishedName::iter);
    parts.filter(|part| part.oid == kind).find_map(|part| text(AnyRef::from(&part.value)))
}

fn attribute(part: &AttributeTypeAndValue, style: &NameStyle) -> Result<String, Error> {
    let dotted = part.oid.to_string();
    let known = || KEYWORDS.iter().find(|(oid, _)| *oid == part.oid).map(|(_, keyword)| *keyword);
    let keyword = style.keywords.of(&dotted).or_else(known);
    if let Some(keyword) = keyword
        && let Some(text) = text(AnyRef::from(&part.value))
    {
        return Ok(format!("{keyword}={}", escaped(&text)));
    }
    let der = part.value.to_der().map_err(Error::Encoding)?;
    Ok(format!("{}=#{}", keyword.unwrap_or(&dotted), hex(&der)))
}

/// The characters of a string type; `None` for other types and for strings that are none.
fn text(value: AnyRef<'_>) -> Option<String> {
    let octets = value.value();
    match value.tag() {
        Tag::Utf8String
        | Tag::PrintableString
        | Tag::NumericString
        | Tag::Ia5String
        | Tag::VisibleString => String::from_utf8(octets.to_vec()).ok(),
        // Everybody writes Latin-1 into it, and reads it so.
        Tag::TeletexString => Some(octets.iter().copied().map(char::from).collect()),
        Tag::BmpString => {
            let units =
                octets.chunks(2).map(|pair| Some(u16::from_be_bytes(pair.try_into().ok()?)));
            String::from_utf16(&units.collect::<Option<Vec<_>>>()?).ok()
        }
        _ => None,
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let last = text.char_indices().next_back().map_or(0, |(at, _)| at);
    for (at, character) in text.char_indices() {
        match character {
            '\0'..='\x1f' | '\x7f' => {
                // Writing into a String does not fail.
                let _ = write!(escaped, "\\{:02X}", u32::from(character));
            }
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => escaped.extend(['\\', character]),
            ' ' if at == 0 || at == last => escaped.push_str("\\ "),
            '#' if at == 0 => escaped.push_str("\\#"),
            other => escaped.push(other),
        }
    }
    escaped
}
