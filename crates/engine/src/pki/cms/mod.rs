//! CMS signatures (`SignedData`, RFC 5652) in two phases: the signed attributes, whose DER a key
//! signs, then the file. Who asks the key, and when, is not known here.
//!
//! What is written is DER throughout. It is put together from encodings that exist already
//! (certificates, names, whatever an earlier signer wrote), so that all of them keep their bytes, and a
//! content of any size is copied once.

mod attributes;
mod augment;
mod countersigning;
mod encoding;
mod ess;
mod existing;
mod hash_index;
mod held_signer;
mod identity;
mod signer_info;

use std::ops::Range;

use der::Encode as _;
use der::asn1::ObjectIdentifier;

pub use attributes::{SignaturePolicy, SignedAttributeSettings, SignedAttributes, SignerLocation};
pub use augment::Augmentation;
pub(super) use countersigning::COUNTERSIGNATURE;
pub use countersigning::{Countersigned, SignerPlace};
pub use encoding::{digest_of_oid, digest_oid};
pub(super) use ess::{EssFault, names_its_certificate};
pub use existing::Existing;
pub(super) use hash_index::HashIndex;
pub use held_signer::{HeldFault, HeldSigner, held_countersigners, held_signers};
pub use identity::Identity;
pub(super) use signer_info::{SignerFault, SignerInfo, unsigned_values};

use super::Error;
use super::algorithm::KeyKind;
use super::signature::SignatureValue;
use super::signed;
use super::tlv::{INTEGER, OCTET_STRING, SEQUENCE, SET, context, full_length, header, sorted, tlv};
use crate::domain::profile::SignatureAlgorithm;
use crate::domain::xades::Certificates;
use encoding::{digest_algorithm, oid};

/// Signers of one file that are looked at.
pub const MAX_SIGNERS: usize = 16;

/// Plain data: what documents are (RFC 5652, 4).
pub const ID_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
/// A signature (RFC 5652, 5.1).
pub const ID_SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
/// The unsigned attribute that holds a signature time-stamp (EN 319 122-1, 5.3).
pub const ID_SIGNATURE_TIME_STAMP: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.14");
const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// DER of the INTEGER 1.
const ONE: [u8; 3] = [INTEGER, 1, 1];
/// DER of the INTEGER 3: the version where the content is no data (RFC 5652, 5.1).
const THREE: [u8; 3] = [INTEGER, 1, 3];
const NULL: [u8; 2] = [5, 0];

/// A CMS signature whose value is missing.
#[derive(Clone, Debug)]
pub struct Unsigned {
    attributes: SignedAttributes,
    kind: KeyKind,
    /// Version, digest algorithms.
    opening: Vec<u8>,
    content_type: ObjectIdentifier,
    /// Certificates and revocation lists.
    middle: Vec<u8>,
    /// `SignerInfo` up to the value.
    signer: Vec<u8>,
    /// Unsigned attributes (RFC 5652, 5.3), each whole.
    unsigned: Vec<Vec<u8>>,
    /// Those of others.
    others: Vec<Vec<u8>>,
    /// Which of them it signs the value of, when it is a countersignature.
    countersigned: Option<Countersigned>,
    /// Where the content of an existing signature stands in its file.
    content: Option<Vec<Range<usize>>>,
}

impl Unsigned {
    /// A signature with one signer. The digest of `attributes` must be that of `algorithm`
    /// (RFC 5652, 5.4).
    ///
    /// # Errors
    /// [`Error::AlgorithmMismatch`] for an algorithm that has no identifier.
    pub fn new(
        identity: &Identity,
        attributes: SignedAttributes,
        algorithm: SignatureAlgorithm,
        certificates: Certificates,
    ) -> Result<Self, Error> {
        let digest = digest_algorithm(digest_oid(algorithm.digest()));
        let signer = signer_info(identity, &attributes, algorithm)?;
        Ok(Self {
            attributes,
            kind: identity.kind(),
            opening: [&ONE[..], &tlv(SET, &[&digest])].concat(),
            content_type: ID_DATA,
            middle: tlv(context(0), &[identity.certificate_set(certificates)]),
            signer,
            unsigned: Vec::new(),
            others: Vec::new(),
            countersigned: None,
            content: None,
        })
    }

    /// A signature with one signer over content of another type than data, and with these certificates, if any.
    ///
    /// # Errors
    /// As [`Unsigned::new`].
    pub fn over(
        content_type: ObjectIdentifier,
        identity: &Identity,
        attributes: SignedAttributes,
        algorithm: SignatureAlgorithm,
        certificates: Option<Certificates>,
    ) -> Result<Self, Error> {
        let which = certificates.unwrap_or(Certificates::Signer);
        let mut all = Self::new(identity, attributes, algorithm, which)?;
        let digest = digest_algorithm(digest_oid(algorithm.digest()));
        all.opening = [&THREE[..], &tlv(SET, &[&digest])].concat();
        all.content_type = content_type;
        if certificates.is_none() {
            all.middle.clear();
        }
        Ok(all)
    }

    /// A signature beside those that are there: their content, certificates and signers keep their
    /// bytes and, unless they were in the order of DER, their order.
    ///
    /// # Errors
    /// As [`Unsigned::new`].
    pub fn beside(
        existing: Existing,
        identity: &Identity,
        attributes: SignedAttributes,
        algorithm: SignatureAlgorithm,
        certificates: Certificates,
    ) -> Result<Self, Error> {
        let digest = digest_algorithm(digest_oid(algorithm.digest()));
        // An earlier signer may have written it with parameters.
        let with_null = tlv(SEQUENCE, &[&oid(digest_oid(algorithm.digest())), &NULL]);
        let mut digests = existing.digest_algorithms;
        if !digests.contains(&with_null) {
            digests = with(digests, digest);
        }
        let mut all = existing.certificates;
        for certificate in identity.certificates(certificates) {
            all = with(all, certificate.clone());
        }
        let version = [INTEGER, 1, existing.version];
        let signer = signer_info(identity, &attributes, algorithm)?;
        Ok(Self {
            attributes,
            kind: identity.kind(),
            opening: [&version[..], &tlv(SET, &[&digests.concat()])].concat(),
            content_type: existing.content_type,
            middle: [tlv(context(0), &[&all.concat()]), existing.revocation].concat(),
            signer,
            unsigned: Vec::new(),
            others: existing.signers,
            countersigned: None,
            content: existing.content,
        })
    }

    /// A countersignature in a signature that is there (RFC 5652, 11.4): as [`Unsigned::beside`], but that it stands in
    /// the unsigned attributes of the signer whose value it is over.
    ///
    /// # Errors
    /// As [`Unsigned::new`].
    pub fn over_signer(
        (existing, signer): (Existing, Countersigned),
        identity: &Identity,
        attributes: SignedAttributes,
        algorithm: SignatureAlgorithm,
        certificates: Certificates,
    ) -> Result<Self, Error> {
        let mut all = Self::beside(existing, identity, attributes, algorithm, certificates)?;
        all.countersigned = Some(signer);
        Ok(all)
    }

    /// The octets that the key signs.
    #[must_use]
    pub fn to_be_signed(&self) -> &[u8] {
        self.attributes.to_be_signed()
    }

    /// Adds an unsigned attribute with one value, given as DER: nothing that is signed covers it.
    pub fn add_unsigned(&mut self, kind: ObjectIdentifier, value: &[u8]) {
        self.unsigned.push(tlv(SEQUENCE, &[&oid(kind), &tlv(SET, &[value])]));
    }

    /// The signature value as CMS carries it, which a signature time-stamp covers (EN 319 122-1, 5.3).
    #[must_use]
    pub fn value_octets(&self, value: &SignatureValue) -> Vec<u8> {
        self.written(value)
    }

    /// The signature as a file of its own: DER of a ContentInfo without content.
    #[must_use]
    pub fn detached(&self, value: &SignatureValue) -> Vec<u8> {
        self.assemble(None, &self.written(value))
    }

    /// DER of a ContentInfo with the content inside: the document, or what is the content of the
    /// document when that is an existing signature.
    #[must_use]
    pub fn attached(&self, document: &[u8], value: &SignatureValue) -> Vec<u8> {
        let pieces: Vec<&[u8]> = match &self.content {
            None => vec![document],
            Some(ranges) => {
                ranges.iter().map(|range| document.get(range.clone()).unwrap_or_default()).collect()
            }
        };
        self.assemble(Some(&pieces), &self.written(value))
    }

    fn written(&self, value: &SignatureValue) -> Vec<u8> {
        // What is no pair of integers has no DER form.
        value.to_der(self.kind).unwrap_or_else(|_| value.octets().to_vec())
    }

    /// The signers that are there, one of them with a countersignature.
    fn with_countersigned(&self, signer: &Countersigned, countersigner: Vec<u8>) -> Vec<Vec<u8>> {
        let mut signers = self.others.clone();
        if let Some(changed) = signers.get_mut(signer.number) {
            *changed = signer.with(countersigner);
        }
        if self.others.is_sorted() { sorted(signers) } else { signers }
    }

    /// Bytes of the file without content, with the longest value that the key can make. Values of RSA
    /// have one length; those of ECDSA vary by some bytes.
    #[must_use]
    pub fn longest(&self) -> usize {
        self.assemble(None, &vec![0xFF; longest_value(self.kind)]).len()
    }

    fn assemble(&self, content: Option<&[&[u8]]>, value: &[u8]) -> Vec<u8> {
        let unsigned = match self.unsigned.as_slice() {
            [] => Vec::new(),
            some => tlv(context(1), &[&sorted(some.to_vec()).concat()]),
        };
        let signer = tlv(SEQUENCE, &[&self.signer, &tlv(OCTET_STRING, &[value]), &unsigned]);
        let signers = match &self.countersigned {
            None => with(self.others.clone(), signer),
            Some(countersigned) => self.with_countersigned(countersigned, signer),
        };
        let signers = tlv(SET, &[&signers.concat()]);
        content_info(self.content_type, content, &self.opening, &[&self.middle, &signers])
    }
}

/// A ContentInfo with a SignedData (RFC 5652, 5.1): its content, if it is inside, between the elements before it and
/// those behind it. Nothing that is large is copied more than once.
fn content_info(
    content_type: ObjectIdentifier,
    content: Option<&[&[u8]]>,
    opening: &[u8],
    closing: &[&[u8]],
) -> Vec<u8> {
    let content_type = oid(content_type);
    let octets = content.map(|pieces| pieces.iter().map(|piece| piece.len()).sum::<usize>());
    let octets_length = octets.map(full_length);
    let encapsulated = content_type.len() + octets_length.map_or(0, full_length);
    let closing_length: usize = closing.iter().map(|piece| piece.len()).sum();
    let signed_data = opening.len() + full_length(encapsulated) + closing_length;
    let kind = oid(ID_SIGNED_DATA);
    let explicit = full_length(signed_data);
    let info = kind.len() + full_length(explicit);

    let mut der = Vec::with_capacity(full_length(info));
    header(SEQUENCE, info, &mut der);
    der.extend(kind);
    header(context(0), explicit, &mut der);
    header(SEQUENCE, signed_data, &mut der);
    der.extend_from_slice(opening);
    header(SEQUENCE, encapsulated, &mut der);
    der.extend(content_type);
    if let (Some(pieces), Some(octets), Some(length)) = (content, octets, octets_length) {
        header(context(0), length, &mut der);
        header(OCTET_STRING, octets, &mut der);
        for piece in pieces {
            der.extend_from_slice(piece);
        }
    }
    for piece in closing {
        der.extend_from_slice(piece);
    }
    der
}

/// Adds an element to a set that has not got it: where DER wants it when the set is in that order, else
/// at the end, because somebody may have digested the set as it is.
fn with(mut set: Vec<Vec<u8>>, element: Vec<u8>) -> Vec<Vec<u8>> {
    if set.contains(&element) {
        return set;
    }
    let in_order = set.is_sorted();
    set.push(element);
    if in_order { sorted(set) } else { set }
}

/// Bytes of the longest value of a key, as CMS carries it.
const fn longest_value(kind: KeyKind) -> usize {
    let Some(curve) = kind.curve() else {
        return match kind {
            KeyKind::Rsa { bits } => bits.div_ceil(8),
            _ => 0,
        };
    };
    // A number whose highest bit is set has a zero before it; those of P-521 have 521 bits in 66 bytes.
    let length = match kind {
        KeyKind::P521 => curve.order_length(),
        _ => curve.order_length() + 1,
    };
    full_length(2 * full_length(length))
}

/// `SignerInfo` (RFC 5652, 5.3), version 1, up to its value.
fn signer_info(
    identity: &Identity,
    attributes: &SignedAttributes,
    algorithm: SignatureAlgorithm,
) -> Result<Vec<u8>, Error> {
    let parts = [
        &ONE[..],
        identity.issuer_and_serial(),
        &digest_algorithm(digest_oid(algorithm.digest())),
        &attributes.implicit(),
        &signature_algorithm(algorithm)?,
    ];
    Ok(parts.concat())
}

/// AlgorithmIdentifier of a signature algorithm as CMS has it: RSA PKCS#1 v1.5 is `rsaEncryption`, which
/// every reader must know (RFC 3370, 3.2; RFC 5754, 3.2); the digest is that of `SignerInfo`.
fn signature_algorithm(algorithm: SignatureAlgorithm) -> Result<Vec<u8>, Error> {
    if let SignatureAlgorithm::RsaPkcs1(_) = algorithm {
        return Ok(tlv(SEQUENCE, &[&oid(RSA_ENCRYPTION), &NULL]));
    }
    signed::algorithm_identifier(algorithm)?.to_der().map_err(Error::Encoding)
}
