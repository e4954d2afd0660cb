//! Files of certificates as people have them: PEM in any dress, DER, PKCS#7. What can be read without
//! doubt is read; otherwise the error says what the file is.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Error;
use super::certificate::Certificate;
use super::cms::Existing;
use super::tlv::{self, INTEGER, OCTET_STRING, SEQUENCE};

/// PEM labels of certificates: RFC 7468, 5 and the two that older programs write.
const LABELS: [&str; 3] = ["CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"];
/// PEM labels of `SignedData` that carries certificates.
const ENVELOPES: [&str; 2] = ["PKCS7", "CMS"];

/// The certificates of a file, in its order.
///
/// # Errors
/// [`Error::NotCertificates`] with what it is instead, [`Error::CertificateMalformed`],
/// [`Error::KeyUnsupported`], [`Error::RsaSize`].
pub fn certificates(bytes: &[u8]) -> Result<Vec<Certificate>, Error> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Error::ChainEmpty);
    }
    if bytes.first() == Some(&SEQUENCE)
        && let Some(ders) = values(bytes)
    {
        return of_values(&ders);
    }
    let text = text(bytes).ok_or_else(|| unknown("neither text nor DER"))?;
    if text.contains("-----BEGIN ") {
        return of_pem(&text);
    }
    // Base64 with nothing around it.
    let der =
        decode(&text).ok_or_else(|| unknown("no PEM: there is no -----BEGIN CERTIFICATE-----"))?;
    of_values(&values(&der).ok_or_else(|| unknown("base64 of something that is no DER"))?)
}

/// A text in UTF-8 or UTF-16, with or without a byte order mark.
fn text(bytes: &[u8]) -> Option<String> {
    let units = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let pairs = rest.chunks(2).map(|pair| Some(unit(pair.try_into().ok()?)));
        String::from_utf16(&pairs.collect::<Option<Vec<u16>>>()?).ok()
    };
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8(rest.to_vec()).ok(),
        [0xFF, 0xFE, rest @ ..] => units(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => units(rest, u16::from_be_bytes),
        [b'-', 0, ..] => units(bytes, u16::from_le_bytes),
        [0, b'-', ..] => units(bytes, u16::from_be_bytes),
        _ => String::from_utf8(bytes.to_vec()).ok(),
    }
}

fn of_pem(text: &str) -> Result<Vec<Certificate>, Error> {
    let mut certificates = Vec::new();
    let mut others = Vec::new();
    for block in text.split("-----BEGIN ").skip(1) {
        let (label, rest) = block.split_once("-----").unwrap_or((block, ""));
        if !LABELS.contains(&label) && !ENVELOPES.contains(&label) {
            others.push(label);
            continue;
        }
        let damaged = || unknown(&format!("PEM, but a block of {label} in it is damaged"));
        let (body, _) = rest.split_once(&format!("-----END {label}-----")).ok_or_else(damaged)?;
        let der = decode(body).ok_or_else(damaged)?;
        let mut ders = values(&der).ok_or_else(damaged)?;
        if label == "TRUSTED CERTIFICATE" {
            // What OpenSSL trusts it for follows after it.
            ders.truncate(1);
        }
        certificates.extend(of_values(&ders)?);
        check_count(certificates.len())?;
    }
    match others.first() {
        Some(label) if certificates.is_empty() => {
            Err(unknown(&format!("PEM of {label}, with no certificate in it")))
        }
        _ if certificates.is_empty() => Err(Error::ChainEmpty),
        _ => Ok(certificates),
    }
}

/// Base64 with blanks and line ends anywhere, padded or not.
fn decode(text: &str) -> Option<Vec<u8>> {
    let mut body: String = text.split_whitespace().collect();
    while !body.is_empty() && !body.len().is_multiple_of(4) && body.len() % 4 != 1 {
        body.push('=');
    }
    STANDARD.decode(body).ok().filter(|der| !der.is_empty())
}

/// The values that lie one after the other; `None` when these are not such.
fn values(bytes: &[u8]) -> Option<Vec<&[u8]>> {
    // Line ends after the last one.
    let end = bytes.trim_ascii_end().len();
    let mut values = Vec::new();
    let mut next = 0;
    while next < bytes.len() {
        let value = tlv::read(bytes, next, bytes.len()).ok()?;
        values.push(bytes.get(value.whole.clone())?);
        next = value.whole.end;
        if next >= end {
            break;
        }
    }
    Some(values)
}

/// Each is compared with each: so many are a collection, not a chain.
const MOST: usize = 250;

fn check_count(count: usize) -> Result<(), Error> {
    if count > MOST {
        return Err(unknown(&format!(
            "more than {MOST} certificates; give those of the chain alone"
        )));
    }
    Ok(())
}

fn of_values(ders: &[&[u8]]) -> Result<Vec<Certificate>, Error> {
    check_count(ders.len())?;
    let mut certificates = Vec::new();
    for der in ders {
        if Existing::is_signed_data(der) {
            let signed = Existing::read(der)
                .map_err(|wrong| unknown(&format!("a PKCS#7 file, and {wrong}")))?;
            check_count(certificates.len() + signed.certificates().count())?;
            let inside = signed.certificates().map(Certificate::from_der);
            certificates.extend(inside.collect::<Result<Vec<_>, _>>()?);
        } else if let Some(other) = other(der) {
            return Err(unknown(other));
        } else {
            certificates.push(Certificate::from_der(der)?);
        }
    }
    if certificates.is_empty() { Err(Error::ChainEmpty) } else { Ok(certificates) }
}

/// What a value is that people take for a certificate, by the shape of its first members.
fn other(der: &[u8]) -> Option<&'static str> {
    let whole = tlv::read(der, 0, der.len()).ok()?;
    let parts = tlv::children(der, &whole).ok()?;
    let tags: Vec<u8> = parts.iter().map(|part| part.tag).collect();
    let version = parts.first().filter(|part| part.tag == INTEGER);
    let version = version.and_then(|part| der.get(part.content.clone()));
    match (version, tags.as_slice()) {
        (Some([3]), [_, SEQUENCE, ..]) => Some(
            "a PKCS#12 file, which holds a private key; take the certificates out of it with: \
             openssl pkcs12 -in FILE -nokeys -out CHAIN.pem",
        ),
        (Some(_), [_, SEQUENCE, OCTET_STRING, ..] | [_, OCTET_STRING | INTEGER, ..]) => {
            Some("a private key; the certificates of the key are wanted")
        }
        (None, [SEQUENCE, OCTET_STRING]) => {
            Some("an encrypted private key; the certificates of the key are wanted")
        }
        (None, [SEQUENCE, 0x03]) => Some("a public key; the certificates of the key are wanted"),
        (None, [SEQUENCE, SEQUENCE, 0x03]) => {
            let inner = tlv::children(der, parts.first()?).ok()?;
            let inner: Vec<u8> = inner.iter().map(|part| part.tag).collect();
            match inner.as_slice() {
                // version, subject, key, attributes (RFC 2986, 4.1)
                [INTEGER, SEQUENCE, SEQUENCE] | [INTEGER, SEQUENCE, SEQUENCE, 0xA0] => Some(
                    "a certification request; send it to the certificate authority and import what \
                     comes back",
                ),
                // The third member of a revocation list is a time (RFC 5280, 5.1).
                [SEQUENCE, SEQUENCE, 0x17 | 0x18, ..]
                | [INTEGER, SEQUENCE, SEQUENCE, 0x17 | 0x18, ..] => {
                    Some("a certificate revocation list; the certificates of the key are wanted")
                }
                _ => None,
            }
        }
        _ => None,
    }
}

fn unknown(what: &str) -> Error {
    Error::NotCertificates(what.to_owned())
}
