//! Which certificate a signer means by its signing-certificate attributes (RFC 2634, 5.4; RFC 5035, 3):
//! what keeps another certificate of the same key from taking its place.

use der::Decode as _;
use x509_cert::name::Name;

use super::encoding::{SIGNING_CERTIFICATE, SIGNING_CERTIFICATE_V2, digest_of_oid};
use super::signer_info::SignerInfo;
use crate::domain::profile::DigestAlgorithm;
use crate::pki::certificate::Certificate;
use crate::pki::folded_name::FoldedName;
use crate::pki::tlv::{self, Element, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, context};

/// Why a signer does not say that a certificate is its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pki) enum EssFault {
    /// It has neither attribute.
    Nowhere,
    /// An attribute that cannot be read, or is there more than once.
    Unreadable,
    /// It names another one.
    Other,
}

/// Whether a signer names a certificate as the one that it signed with. Of several identifiers the first
/// is the signer's; with both attributes each must name it.
///
/// # Errors
/// Why not.
pub(in crate::pki) fn names_its_certificate(
    signer: &SignerInfo,
    certificate: &Certificate,
) -> Result<(), EssFault> {
    let mut named = Err(EssFault::Nowhere);
    for (kind, version_2) in [(SIGNING_CERTIFICATE, false), (SIGNING_CERTIFICATE_V2, true)] {
        if !signer.has(kind) {
            continue;
        }
        let value = signer.value_of(kind).ok_or(EssFault::Unreadable)?;
        let same = names(value, version_2, certificate).ok_or(EssFault::Unreadable)?;
        if !same {
            return Err(EssFault::Other);
        }
        named = Ok(());
    }
    named
}

/// `None` when the attribute's value cannot be read.
fn names(value: &[u8], version_2: bool, certificate: &Certificate) -> Option<bool> {
    let attribute = tlv::read(value, 0, value.len()).ok()?;
    let identifiers = first_inside(value, &attribute)?;
    let identifier = first_inside(value, &identifiers)?;
    let parts = tlv::children(value, &identifier).ok()?;
    let mut parts = parts.iter().peekable();
    let algorithm = match parts.next_if(|part| version_2 && part.tag == SEQUENCE) {
        Some(algorithm) => digest_algorithm(value, algorithm)?,
        None if version_2 => DigestAlgorithm::Sha256,
        None => DigestAlgorithm::Sha1,
    };
    let hash = parts.next().filter(|part| part.tag == OCTET_STRING)?;
    let same_hash = certificate.digest(algorithm).value() == value.get(hash.content.clone())?;
    let same_issuer = match parts.next() {
        Some(part) => is_issuer_serial(value, part, certificate)?,
        None => true,
    };
    parts.next().is_none().then_some(same_hash && same_issuer)
}

fn first_inside(bytes: &[u8], parent: &Element) -> Option<Element> {
    if parent.tag != SEQUENCE {
        return None;
    }
    tlv::children(bytes, parent).ok()?.into_iter().next()
}

fn digest_algorithm(bytes: &[u8], identifier: &Element) -> Option<DigestAlgorithm> {
    let oid = first_inside(bytes, identifier).filter(|oid| oid.tag == OBJECT_IDENTIFIER)?;
    let oid = der::asn1::ObjectIdentifier::from_bytes(bytes.get(oid.content)?).ok()?;
    digest_of_oid(oid)
}

/// Whether an IssuerSerial (RFC 5035, 5) is about a certificate.
fn is_issuer_serial(bytes: &[u8], element: &Element, certificate: &Certificate) -> Option<bool> {
    let parts = tlv::children(bytes, element).ok()?;
    let [names, serial] = parts.as_slice() else { return None };
    let names = tlv::children(bytes, names).ok()?;
    let issuer = certificate.x509().tbs_certificate().issuer();
    let same_name = names.iter().filter(|name| name.tag == context(4)).any(|directory_name| {
        let octets = bytes.get(directory_name.content.clone()).unwrap_or_default();
        octets == certificate.issuer_der()
            || Name::from_der(octets)
                .is_ok_and(|found| FoldedName::of(&found) == FoldedName::of(issuer))
    });
    Some(same_name && bytes.get(serial.whole.clone())? == certificate.serial_der())
}
