//! Revocation lists (RFC 5280, 5): complete ones, of an issuer that signs them itself.

use der::Encode as _;
use der::asn1::ObjectIdentifier;
use x509_cert::ext::pkix::AuthorityKeyIdentifier;

use super::{enumerated, extension, signed_parts, time, unsigned};
use crate::domain::instant::Instant;
use crate::domain::profile::SignatureAlgorithm;
use crate::pki::Error;
use crate::pki::certificate::Certificate;
use crate::pki::issue::issuer_key_identifier;
use crate::pki::public_key::PublicKey;
use crate::pki::revocation::Revocation;
use crate::pki::signature::{self, SignatureValue};
use crate::pki::signed;
use crate::pki::tlv::{SEQUENCE, context, tlv};

const CRL_NUMBER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.20");
const REASON_CODE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.21");
const AUTHORITY_KEY_IDENTIFIER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.35");

/// DER of the version: 2.
const VERSION_2: [u8; 3] = [2, 1, 1];

/// A certificate that was revoked.
#[derive(Clone, Debug)]
pub struct RevokedEntry {
    /// Its serial number, big-endian.
    pub serial: Vec<u8>,
    pub revocation: Revocation,
}

/// Everything that goes into a list.
#[derive(Clone, Copy, Debug)]
pub struct ListOrder<'a> {
    /// Whose certificates it is about, and who signs it.
    pub issuer: &'a Certificate,
    /// How the issuer's key signs.
    pub algorithm: SignatureAlgorithm,
    /// Higher than that of any list before.
    pub number: u64,
    pub this_update: Instant,
    pub next_update: Instant,
    pub revoked: &'a [RevokedEntry],
}

/// A list whose signature is missing.
#[derive(Clone, Debug)]
pub struct UnsignedList {
    tbs: Vec<u8>,
    key: PublicKey,
    algorithm: SignatureAlgorithm,
}

impl UnsignedList {
    /// Prepares the bytes to sign.
    ///
    /// # Errors
    /// [`Error::AlgorithmMismatch`], [`Error::ValidityRange`], [`Error::Encoding`].
    pub fn new(order: &ListOrder<'_>) -> Result<Self, Error> {
        let key = PublicKey::of(order.issuer);
        signature::suits(key.kind(), order.algorithm)?;
        let algorithm = signed::algorithm_identifier(order.algorithm)?;
        let issuer = order.issuer.x509().tbs_certificate().subject();
        let mut entries = Vec::new();
        for entry in order.revoked {
            entries.extend(entry_der(entry)?);
        }
        // An empty list of entries is left out (RFC 5280, 5.1.2.6).
        let entries = if entries.is_empty() { Vec::new() } else { tlv(SEQUENCE, &[&entries]) };
        let key_identifier = Some(issuer_key_identifier(order.issuer)?);
        let authority = AuthorityKeyIdentifier { key_identifier, ..Default::default() };
        let authority = authority.to_der().map_err(Error::Encoding)?;
        let number = unsigned(&order.number.to_be_bytes());
        let extensions = [
            extension(AUTHORITY_KEY_IDENTIFIER, false, &authority),
            extension(CRL_NUMBER, false, &number),
        ];
        let parts = [
            VERSION_2.to_vec(),
            algorithm.to_der().map_err(Error::Encoding)?,
            issuer.to_der().map_err(Error::Encoding)?,
            time(order.this_update)?,
            time(order.next_update)?,
            entries,
            tlv(context(0), &[&tlv(SEQUENCE, &[&extensions.concat()])]),
        ];
        let tbs = tlv(SEQUENCE, &[&parts.concat()]);
        Ok(Self { tbs, key, algorithm: order.algorithm })
    }

    /// The bytes to sign: DER of the TBSCertList.
    #[must_use]
    pub fn to_be_signed(&self) -> &[u8] {
        &self.tbs
    }

    /// The algorithm to sign them with.
    #[must_use]
    pub const fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// Checks the signature value with the issuer's key and completes the list, in DER.
    ///
    /// # Errors
    /// [`Error::SignatureInvalid`] when another key made the value.
    pub fn finish(self, value: &SignatureValue) -> Result<Vec<u8>, Error> {
        let parts = signed_parts(&self.tbs, (&self.key, self.algorithm), value)?;
        Ok(tlv(SEQUENCE, &[&parts]))
    }
}

fn entry_der(entry: &RevokedEntry) -> Result<Vec<u8>, Error> {
    let extensions = entry.revocation.reason.map(|reason| {
        let reason = extension(REASON_CODE, false, &enumerated(reason.code()));
        tlv(SEQUENCE, &[&reason])
    });
    let (serial, at) = (unsigned(&entry.serial), time(entry.revocation.at)?);
    Ok(tlv(SEQUENCE, &[&serial, &at, &extensions.unwrap_or_default()]))
}
