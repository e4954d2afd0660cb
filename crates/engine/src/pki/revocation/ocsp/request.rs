//! Requests (RFC 6960, 4.1), unsigned, with a nonce or without.

use der::Encode as _;
use der::asn1::ObjectIdentifier;

use super::{MAX_QUESTIONS, NONCE, NONCE_LENGTHS, OcspError, digest_from_oid};
use crate::domain::profile::DigestAlgorithm;
use crate::pki::certificate::Certificate;
use crate::pki::cms::digest_oid;
use crate::pki::der_parts::DerParts;
use crate::pki::digest::Digest;
use crate::pki::tlv::{INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, context, tlv};

/// NULL, as the parameters of a digest algorithm: what most responders send and some expect.
const NULL: [u8; 2] = [5, 0];

/// A certificate as requests and answers name it (RFC 6960, 4.1.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateId {
    algorithm: DigestAlgorithm,
    name_hash: Vec<u8>,
    key_hash: Vec<u8>,
    /// Content of the INTEGER.
    serial: Vec<u8>,
}

impl CertificateId {
    /// Names a certificate by the digests of its issuer's name and key. Responders that know SHA-1 alone
    /// are still there; it protects nothing here.
    #[must_use]
    pub fn of(certificate: &Certificate, issuer: &Certificate, algorithm: DigestAlgorithm) -> Self {
        let digest = |bytes: &[u8]| Digest::of(algorithm, bytes).value().to_vec();
        let mut serial = DerParts::of_bytes(certificate.serial_der());
        let element = serial.take(INTEGER);
        Self {
            algorithm,
            name_hash: digest(certificate.issuer_der()),
            key_hash: digest(issuer.public_key_bits()),
            serial: element.map(|it| serial.content(&it).to_vec()).unwrap_or_default(),
        }
    }

    /// Whether it names a certificate of this issuer.
    #[must_use]
    pub fn is_of(&self, issuer: &Certificate) -> bool {
        let digest = |bytes: &[u8]| Digest::of(self.algorithm, bytes).value().to_vec();
        let name = issuer.x509().tbs_certificate().subject().to_der();
        self.key_hash == digest(issuer.public_key_bits())
            && name.is_ok_and(|name| self.name_hash == digest(&name))
    }

    /// The serial number that it names: content of the INTEGER.
    #[must_use]
    pub fn serial(&self) -> &[u8] {
        &self.serial
    }

    /// The digest that it names the issuer by.
    #[must_use]
    pub const fn algorithm(&self) -> DigestAlgorithm {
        self.algorithm
    }

    /// DER.
    pub(in crate::pki) fn to_der(&self) -> Vec<u8> {
        let algorithm = tlv(OBJECT_IDENTIFIER, &[digest_oid(self.algorithm).as_bytes()]);
        let algorithm = tlv(SEQUENCE, &[&algorithm, &NULL]);
        let name_hash = tlv(OCTET_STRING, &[&self.name_hash]);
        let key_hash = tlv(OCTET_STRING, &[&self.key_hash]);
        tlv(SEQUENCE, &[&algorithm, &name_hash, &key_hash, &tlv(INTEGER, &[&self.serial])])
    }

    /// Reads one; `None` inside when it is by a digest that we do not have.
    pub(in crate::pki) fn read(parts: &mut DerParts<'_>) -> Result<Option<Self>, &'static str> {
        let id = parts.take(SEQUENCE)?;
        let mut inside = parts.inside(&id);
        let algorithm = inside.take(SEQUENCE)?;
        let mut named = inside.inside(&algorithm);
        let oid = named.take(OBJECT_IDENTIFIER)?;
        let oid = ObjectIdentifier::from_bytes(named.content(&oid))
            .map_err(|_| "the digest algorithm of a certificate's name is none")?;
        let (name, key) = (inside.take(OCTET_STRING)?, inside.take(OCTET_STRING)?);
        let serial = inside.take(INTEGER)?;
        inside.finish()?;
        Ok(digest_from_oid(oid).map(|algorithm| Self {
            algorithm,
            name_hash: inside.content(&name).to_vec(),
            key_hash: inside.content(&key).to_vec(),
            serial: inside.content(&serial).to_vec(),
        }))
    }
}

/// A question about certificates.
#[derive(Clone, Debug)]
pub struct OcspRequest {
    der: Vec<u8>,
    nonce: Option<Vec<u8>>,
}

impl OcspRequest {
    /// Asks about certificates, each with its issuer's. A nonce is random, best of 32 octets (RFC 9654).
    ///
    /// # Errors
    /// [`OcspError::NonceLength`], [`OcspError::Questions`].
    pub fn new(
        questions: &[(&Certificate, &Certificate)],
        algorithm: DigestAlgorithm,
        nonce: Option<&[u8]>,
    ) -> Result<Self, OcspError> {
        if questions.is_empty() || questions.len() > MAX_QUESTIONS {
            return Err(OcspError::Questions(questions.len()));
        }
        let list: Vec<Vec<u8>> = questions
            .iter()
            .map(|(certificate, issuer)| {
                let id = CertificateId::of(certificate, issuer, algorithm).to_der();
                tlv(SEQUENCE, &[&id])
            })
            .collect();
        let mut tbs = vec![tlv(SEQUENCE, &[&list.concat()])];
        if let Some(nonce) = nonce {
            if !NONCE_LENGTHS.contains(&nonce.len()) {
                return Err(OcspError::NonceLength(nonce.len()));
            }
            let value = tlv(OCTET_STRING, &[&tlv(OCTET_STRING, &[nonce])]);
            let id = tlv(OBJECT_IDENTIFIER, &[NONCE.as_bytes()]);
            let extension = tlv(SEQUENCE, &[&id, &value]);
            tbs.push(tlv(context(2), &[&tlv(SEQUENCE, &[&extension])]));
        }
        let der = tlv(SEQUENCE, &[&tlv(SEQUENCE, &[&tbs.concat()])]);
        Ok(Self { der, nonce: nonce.map(<[u8]>::to_vec) })
    }

    /// DER, the body of an `application/ocsp-request` (RFC 6960, appendix A).
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The nonce that the answer must have.
    #[must_use]
    pub fn nonce(&self) -> Option<&[u8]> {
        self.nonce.as_deref()
    }
}
