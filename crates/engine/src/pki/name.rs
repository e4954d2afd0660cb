//! Distinguished names as text (RFC 4514): `ds:X509IssuerName`, `ds:X509SubjectName`, written; and the
//! subjects of certification requests, read.

use std::fmt::Write as _;
use std::sync::LazyLock;

use const_oid::db::rfc4519 as oids;
use der::asn1::{Any, AnyRef, ObjectIdentifier};
use der::{Decode as _, Encode as _, Tag, Tagged as _};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};

use super::Error;
use crate::domain::name_style::{Keywords, NameForm, NameStyle};
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

/// The types that people write in a subject: the keywords of RFC 4514 and those that OpenSSL, Java and
/// Windows write, in lower case, with the string type of RFC 5280, appendix A.1.
const SPELLINGS: &[(&[&str], ObjectIdentifier, Tag)] = &[
    (&["cn", "commonname"], oids::COMMON_NAME, Tag::Utf8String),
    (&["o", "organizationname"], oids::ORGANIZATION_NAME, Tag::Utf8String),
    (&["ou", "organizationalunitname"], oids::ORGANIZATIONAL_UNIT_NAME, Tag::Utf8String),
    (&["organizationidentifier", "orgid"], oid("2.5.4.97"), Tag::Utf8String),
    (&["c", "countryname"], oids::COUNTRY_NAME, Tag::PrintableString),
    (&["l", "localityname"], oids::LOCALITY_NAME, Tag::Utf8String),
    (&["st", "s", "stateorprovincename"], oids::ST, Tag::Utf8String),
    (&["street", "streetaddress"], oids::STREET, Tag::Utf8String),
    (&["postalcode"], oid("2.5.4.17"), Tag::Utf8String),
    (&["serialnumber"], SERIAL_NUMBER, Tag::PrintableString),
    (&["sn", "surname"], oids::SN, Tag::Utf8String),
    (&["gn", "g", "givenname"], oids::GIVEN_NAME, Tag::Utf8String),
    (&["initials"], oid("2.5.4.43"), Tag::Utf8String),
    (&["t", "title"], oids::TITLE, Tag::Utf8String),
    (&["pseudonym"], oid("2.5.4.65"), Tag::Utf8String),
    (&["description"], oid("2.5.4.13"), Tag::Utf8String),
    (&["businesscategory"], oid("2.5.4.15"), Tag::Utf8String),
    (&["dnqualifier"], oid("2.5.4.46"), Tag::PrintableString),
    (&["dc", "domaincomponent"], oids::DOMAIN_COMPONENT, Tag::Ia5String),
    (&["uid", "userid"], oids::USER_ID, Tag::Utf8String),
    (&["e", "email", "emailaddress"], oid("1.2.840.113549.1.9.1"), Tag::Ia5String),
];

const SERIAL_NUMBER: ObjectIdentifier = oid("2.5.4.5");

/// What people read where RFC 4514 has no keyword; [`parse`] reads them too.
const READABLE: [(&str, &str); 12] = [
    ("2.5.4.97", "organizationIdentifier"),
    ("2.5.4.5", "serialNumber"),
    ("2.5.4.4", "surname"),
    ("2.5.4.42", "givenName"),
    ("2.5.4.43", "initials"),
    ("2.5.4.12", "title"),
    ("2.5.4.65", "pseudonym"),
    ("2.5.4.13", "description"),
    ("2.5.4.15", "businessCategory"),
    ("2.5.4.17", "postalCode"),
    ("2.5.4.46", "dnQualifier"),
    ("1.2.840.113549.1.9.1", "emailAddress"),
];
static FOR_PEOPLE: LazyLock<NameStyle> = LazyLock::new(|| {
    let keywords = READABLE.iter().map(|(oid, word)| ((*oid).to_owned(), (*word).to_owned()));
    NameStyle {
        form: NameForm::Rfc4514,
        keywords: Keywords::new(keywords.collect()).unwrap_or_default(),
    }
});

const fn oid(dotted: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(dotted)
}

/// Reads a name: `CN=ACME Seal,O=ACME,C=PT`, most specific first as in RFC 4514, also with blanks, with
/// `;` or with quoted values; or `/C=PT/O=ACME/CN=ACME Seal` as OpenSSL takes it. Types are keywords in
/// any case, among them `organizationIdentifier`, or dotted numbers. An empty name is refused: nobody
/// could tell whose seal it is.
///
/// # Errors
/// [`Error::NameMalformed`], which says where.
pub fn parse(text: &str) -> Result<Name, Error> {
    read(text).map_err(|reason| Error::NameMalformed { name: text.to_owned(), reason })
}

fn read(text: &str) -> Result<Name, String> {
    let text = text.trim();
    let (text, separators, general_first) = match text.strip_prefix('/') {
        Some(rest) => (rest, &['/'][..], true),
        None => (text, &[',', ';'][..], false),
    };
    if text.is_empty() {
        return Err("it is empty".to_owned());
    }
    let mut rdns = Vec::new();
    for rdn in split(text, separators)? {
        let mut parts = RelativeDistinguishedName::default();
        for part in split(rdn, &['+'])? {
            let part = read_attribute(part)?;
            let twice = || format!("{:?} says something twice", rdn.trim());
            if parts.iter().any(|it| *it == part) {
                return Err(twice());
            }
            parts.insert(part).map_err(|_| twice())?;
        }
        rdns.push(parts);
    }
    if !general_first {
        rdns.reverse();
    }
    let der = RdnSequence::from(rdns).to_der().map_err(|error| error.to_string())?;
    Name::from_der(&der).map_err(|error| error.to_string())
}

/// Cuts at separators that are neither escaped nor quoted.
fn split<'a>(text: &'a str, separators: &[char]) -> Result<Vec<&'a str>, String> {
    let (mut parts, mut begin) = (Vec::new(), 0);
    let (mut quoted, mut escaped) = (false, false);
    for (at, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            _ if !quoted && separators.contains(&character) => {
                parts.push(text.get(begin..at).unwrap_or_default());
                begin = at + character.len_utf8();
            }
            _ => {}
        }
    }
    if quoted {
        return Err("a quote is not closed".to_owned());
    }
    parts.push(text.get(begin..).unwrap_or_default());
    Ok(parts)
}

fn read_attribute(part: &str) -> Result<AttributeTypeAndValue, String> {
    let (kind, value) = part
        .split_once('=')
        .ok_or_else(|| format!("{:?} has no =; a comma in a value is written \\,", part.trim()))?;
    let kind = kind.trim();
    let lower = kind.to_ascii_lowercase();
    let dotted = lower.strip_prefix("oid.").unwrap_or(&lower);
    let spelt = SPELLINGS
        .iter()
        .find(|(names, oid, _)| names.contains(&lower.as_str()) || *dotted == oid.to_string());
    let (oid, tag) = match spelt {
        Some((_, oid, tag)) => (*oid, *tag),
        None => {
            let oid = ObjectIdentifier::new(dotted).map_err(|_| {
                format!("{kind:?} is no type of a name; known are {}, or write 1.2.3.4=", known())
            })?;
            (oid, Tag::Utf8String)
        }
    };
    let trimmed = value.trim_start();
    if let Some(hexadecimal) = trimmed.strip_prefix('#') {
        let der = octets(hexadecimal.trim_end()).ok_or("after # DER in hexadecimal is needed")?;
        let value = Any::from_der(&der).map_err(|_| "after # DER in hexadecimal is needed")?;
        return Ok(AttributeTypeAndValue { oid, value });
    }
    let text = unescaped(trimmed)?;
    suits(kind, oid, tag, &text)?;
    let value = Any::new(tag, text.as_bytes()).map_err(|error| format!("{kind}: {error}"))?;
    Ok(AttributeTypeAndValue { oid, value })
}

/// The first spelling of every type, for messages.
fn known() -> String {
    let names: Vec<&str> =
        SPELLINGS.iter().filter_map(|(names, ..)| names.first().copied()).collect();
    names.join(", ")
}

fn suits(kind: &str, oid: ObjectIdentifier, tag: Tag, text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err(format!("{kind} is empty"));
    }
    if oid == oids::COUNTRY_NAME
        && (text.len() != 2 || !text.bytes().all(|octet| octet.is_ascii_uppercase()))
    {
        return Err(format!("{kind}={text}: a country has two capital letters, such as PT"));
    }
    let printable = |c: char| c.is_ascii_alphanumeric() || " '()+,-./:=?".contains(c);
    match tag {
        Tag::PrintableString if !text.chars().all(printable) => {
            Err(format!("{kind}={text}: only letters, digits, blanks and '()+,-./:=? fit in it"))
        }
        Tag::Ia5String if !text.is_ascii() => Err(format!("{kind}={text}: only ASCII fits in it")),
        _ => Ok(()),
    }
}

/// A value without its escapes (`\,`, `\C3\A9`) and quotes; blanks at its ends count only when they are
/// escaped or quoted.
fn unescaped(value: &str) -> Result<String, String> {
    let mut octets = Vec::with_capacity(value.len());
    // How much of it stays when blanks at the end go.
    let mut firm = 0;
    let (mut characters, mut quoted) = (value.chars(), false);
    while let Some(character) = characters.next() {
        match character {
            '\\' => {
                let next = characters.next().ok_or("it ends with a backslash")?;
                if let Some(high) = next.to_digit(16) {
                    let low = characters.next().and_then(|low| low.to_digit(16));
                    let low = low.ok_or("after a backslash two hexadecimal digits are needed")?;
                    octets.push(u8::try_from(high * 16 + low).unwrap_or_default());
                } else {
                    push(&mut octets, next);
                }
                firm = octets.len();
            }
            '"' => {
                quoted = !quoted;
                firm = octets.len();
            }
            other => {
                push(&mut octets, other);
                if quoted || other != ' ' {
                    firm = octets.len();
                }
            }
        }
    }
    octets.truncate(firm);
    String::from_utf8(octets).map_err(|_| "a value is not UTF-8".to_owned())
}

fn push(octets: &mut Vec<u8>, character: char) {
    octets.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

fn octets(hexadecimal: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> =
        hexadecimal.chars().map(|c| u8::try_from(c.to_digit(16)?).ok()).collect::<Option<_>>()?;
    let pairs = digits.chunks(2).map(|pair| match pair {
        [high, low] => Some(high * 16 + low),
        _ => None,
    });
    pairs.collect()
}

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
    all_values(name, kind).into_iter().next()
}

/// Writes a name for people: RFC 4514, with the usual words for types that it has no keyword for.
#[must_use]
pub fn for_people(name: &Name) -> String {
    to_text(name, &FOR_PEOPLE).unwrap_or_else(|_| name.to_string())
}

/// The texts of the attributes of a type in the order of the certificate.
#[must_use]
pub fn all_values(name: &Name, kind: ObjectIdentifier) -> Vec<String> {
    let parts = name.iter_rdn().flat_map(RelativeDistinguishedName::iter);
    let parts = parts.filter(|part| part.oid == kind);
    parts.filter_map(|part| text(AnyRef::from(&part.value))).collect()
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
pub(super) fn text(value: AnyRef<'_>) -> Option<String> {
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
