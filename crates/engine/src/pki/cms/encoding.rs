//! Pieces of CMS that several parts of a signature are made of.

use der::asn1::ObjectIdentifier;

use crate::domain::profile::DigestAlgorithm;
use crate::pki::digest::Digest;
use crate::pki::tlv::{OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, SET, sorted, tlv};

pub(super) const SIGNING_CERTIFICATE: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.12");

pub(super) const SIGNING_CERTIFICATE_V2: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");

/// The signing-certificate attribute: version 1 with SHA-1 (RFC 2634, 5.4), else version 2 (RFC 5035,
/// 3), which leaves its default SHA-256 out.
pub(super) fn signing_certificate(digest: &Digest, issuer_serial: Option<&[u8]>) -> Vec<u8> {
    let value = tlv(OCTET_STRING, &[digest.value()]);
    let issuer_serial = issuer_serial.unwrap_or_default();
    let (kind, algorithm) = match digest.algorithm() {
        DigestAlgorithm::Sha1 => (SIGNING_CERTIFICATE, Vec::new()),
        DigestAlgorithm::Sha256 => (SIGNING_CERTIFICATE_V2, Vec::new()),
        other => (SIGNING_CERTIFICATE_V2, digest_algorithm(digest_oid(other))),
    };
    let identifier = tlv(SEQUENCE, &[&algorithm, &value, issuer_serial]);
    attribute(kind, &[tlv(SEQUENCE, &[&tlv(SEQUENCE, &[&identifier])])])
}

/// The identifier of a digest algorithm.
#[must_use]
pub const fn digest_oid(algorithm: DigestAlgorithm) -> ObjectIdentifier {
    match algorithm {
        DigestAlgorithm::Sha1 => ObjectIdentifier::new_unwrap("1.3.14.3.2.26"),
        DigestAlgorithm::Sha256 => ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1"),
        DigestAlgorithm::Sha384 => ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2"),
        DigestAlgorithm::Sha512 => ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3"),
    }
}

/// The digest algorithm that an identifier names.
#[must_use]
pub fn digest_of_oid(identifier: ObjectIdentifier) -> Option<DigestAlgorithm> {
    DigestAlgorithm::ALL.into_iter().find(|algorithm| digest_oid(*algorithm) == identifier)
}

/// AlgorithmIdentifier of a digest, without parameters (RFC 3370, 2.1; RFC 5754, 2).
pub(super) fn digest_algorithm(algorithm: ObjectIdentifier) -> Vec<u8> {
    tlv(SEQUENCE, &[&oid(algorithm)])
}

/// An object identifier.
pub(super) fn oid(identifier: ObjectIdentifier) -> Vec<u8> {
    tlv(OBJECT_IDENTIFIER, &[identifier.as_bytes()])
}

/// An attribute with its values.
pub(super) fn attribute(kind: ObjectIdentifier, values: &[Vec<u8>]) -> Vec<u8> {
    let values = tlv(SET, &[&sorted(values.to_vec()).concat()]);
    tlv(SEQUENCE, &[&oid(kind), &values])
}
