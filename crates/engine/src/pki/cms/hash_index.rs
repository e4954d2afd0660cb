//! What an archive timestamp of a CMS signature is over: `archive-time-stamp-v3` with `ats-hash-index-v3` (EN
//! 319 122-1, 5.5.2 and 5.5.3). The index, an unsigned attribute of the token, has the digest of every
//! certificate, of all revocation data and of every unsigned attribute that is there when the token is asked for;
//! more may be added later.

use std::collections::HashSet;

use der::asn1::ObjectIdentifier;

use super::encoding::{digest_algorithm, digest_of_oid, digest_oid, oid};
use super::existing::Existing;
use super::signer_info::{signed_fields, unsigned_attributes, unsigned_values};
use crate::domain::profile::DigestAlgorithm;
use crate::pki::digest::{Digest, Hasher};
use crate::pki::tlv::{self, Element, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, tlv};

/// `id-aa-ATSHashIndex-v3`.
const HASH_INDEX: ObjectIdentifier = ObjectIdentifier::new_unwrap("0.4.0.19122.1.5");

/// An index, as it stands in a token or is to stand there.
pub(in crate::pki) struct HashIndex {
    der: Vec<u8>,
    algorithm: DigestAlgorithm,
    /// Of certificates, of revocation data, of unsigned attributes.
    digests: [HashSet<Vec<u8>>; 3],
}

/// What of a signature an index has.
#[derive(Default)]
pub(in crate::pki) struct IndexedParts {
    /// DER of certificates.
    pub(in crate::pki) certificates: Vec<Vec<u8>>,
    /// DER of lists and answers.
    pub(in crate::pki) revocation: Vec<Vec<u8>>,
    /// Kind and DER of the values of unsigned attributes.
    pub(in crate::pki) attributes: Vec<(ObjectIdentifier, Vec<u8>)>,
}

impl HashIndex {
    /// The index of everything that a signature has now, at its signer of this number from 0.
    ///
    /// # Errors
    /// What cannot be read, as part of a sentence.
    pub(in crate::pki) fn of(
        existing: &Existing,
        number: usize,
        algorithm: DigestAlgorithm,
    ) -> Result<Self, &'static str> {
        let digest = |octets: &[u8]| Digest::of(algorithm, octets).value().to_vec();
        let certificates = existing.certificates.iter().map(|one| digest(one)).collect();
        let revocation = existing.revocation_data()?.iter().map(|one| digest(one)).collect();
        let attributes = attributes(existing, number)?;
        let attributes = attributes.iter().map(|one| one.digest(algorithm)).collect();
        let lists: [Vec<Vec<u8>>; 3] = [certificates, revocation, attributes];
        let written = lists.iter().map(|list| {
            let digests = list.iter().map(|value| tlv(OCTET_STRING, &[value]));
            tlv(SEQUENCE, &[&digests.collect::<Vec<_>>().concat()])
        });
        let written = written.collect::<Vec<_>>().concat();
        let der = tlv(SEQUENCE, &[&digest_algorithm(digest_oid(algorithm)), &written]);
        Ok(Self { der, algorithm, digests: lists.map(|list| list.into_iter().collect()) })
    }

    /// The index in a token.
    ///
    /// # Errors
    /// Why there is none, as part of a sentence.
    pub(in crate::pki) fn in_token(token: &Existing) -> Result<Self, &'static str> {
        let [signer] = token.signers() else { return Err("it has not one signer") };
        let (_, values) = unsigned_values(signer, HASH_INDEX)?;
        match <[Vec<u8>; 1]>::try_from(values) {
            Ok([der]) => Self::read(der),
            Err(_) => Err("it has not one ats-hash-index-v3 (EN 319 122-1, 5.5.2)"),
        }
    }

    fn read(der: Vec<u8>) -> Result<Self, &'static str> {
        const STRUCTURE: &str = "its ats-hash-index-v3 has not the structure of one";
        let whole = tlv::read(&der, 0, der.len())?;
        let parts = tlv::children(&der, &whole)?;
        let [algorithm, lists @ ..] = parts.as_slice() else { return Err(STRUCTURE) };
        let named = tlv::children(&der, algorithm)?;
        let named =
            named.first().filter(|named| named.tag == OBJECT_IDENTIFIER).ok_or(STRUCTURE)?;
        let named = der.get(named.content.clone()).unwrap_or_default();
        let algorithm = ObjectIdentifier::from_bytes(named).ok().and_then(digest_of_oid);
        let algorithm = algorithm.ok_or("the digest algorithm of its index is not known")?;
        let digests = |list: &Element| -> Result<HashSet<Vec<u8>>, &'static str> {
            let values = tlv::children(&der, list)?;
            let value = |one: &Element| der.get(one.content.clone()).unwrap_or_default().to_vec();
            Ok(values.iter().map(value).collect())
        };
        let [certificates, revocation, attributes] = lists else { return Err(STRUCTURE) };
        let digests = [digests(certificates)?, digests(revocation)?, digests(attributes)?];
        Ok(Self { der, algorithm, digests })
    }

    /// The value of the attribute, and what it is called.
    pub(in crate::pki) fn attribute(&self) -> (ObjectIdentifier, &[u8]) {
        (HASH_INDEX, &self.der)
    }

    /// The digest algorithm, which has to be that of the token's imprint.
    pub(in crate::pki) const fn algorithm(&self) -> DigestAlgorithm {
        self.algorithm
    }

    /// Whether it has a value of an unsigned attribute.
    pub(in crate::pki) fn has_attribute(&self, kind: ObjectIdentifier, value: &[u8]) -> bool {
        let [_, _, attributes] = &self.digests;
        let one = AttributeValue { kind, value: value.to_vec() };
        attributes.contains(&one.digest(self.algorithm))
    }

    /// What the token has to be over at a signer whose content has this digest, of the algorithm of the index.
    ///
    /// # Errors
    /// What cannot be read, as part of a sentence.
    pub(in crate::pki) fn imprint(
        &self,
        existing: &Existing,
        number: usize,
        content: &Digest,
    ) -> Result<Digest, &'static str> {
        let signer = existing.signers().get(number).ok_or("there is no such signer")?;
        let mut hasher = Hasher::new(self.algorithm);
        hasher.update(&oid(existing.content_type));
        hasher.update(content.value());
        hasher.update(signed_fields(signer)?);
        hasher.update(&self.der);
        Ok(hasher.finish())
    }

    /// What of a signature it has.
    ///
    /// # Errors
    /// When it has something that is not there, which makes it invalid (5.5.2), and what cannot be read.
    pub(in crate::pki) fn parts(
        &self,
        existing: &Existing,
        number: usize,
    ) -> Result<IndexedParts, &'static str> {
        let [certificates, revocation, attributes] = &self.digests;
        let digest = |octets: &[u8]| Digest::of(self.algorithm, octets).value().to_vec();
        let (mut parts, mut found) = (IndexedParts::default(), [(); 3].map(|()| HashSet::new()));
        let [of_certificates, of_revocation, of_attributes] = &mut found;
        for one in &existing.certificates {
            let digest = digest(one);
            if certificates.contains(&digest) {
                of_certificates.insert(digest);
                parts.certificates.push(one.clone());
            }
        }
        for (element, one) in existing.revocation_elements()? {
            let digest = digest(&element);
            if revocation.contains(&digest) {
                of_revocation.insert(digest);
                parts.revocation.extend(one);
            }
        }
        for one in self::attributes(existing, number)? {
            let digest = one.digest(self.algorithm);
            if attributes.contains(&digest) {
                of_attributes.insert(digest);
                parts.attributes.push((one.kind, one.value));
            }
        }
        let lost = self.digests.iter().zip(&found).any(|(all, found)| all.len() != found.len());
        if lost { Err("something that its index names is not there any more") } else { Ok(parts) }
    }
}

/// One value of an unsigned attribute.
struct AttributeValue {
    kind: ObjectIdentifier,
    value: Vec<u8>,
}

impl AttributeValue {
    fn digest(&self, algorithm: DigestAlgorithm) -> Vec<u8> {
        let mut hasher = Hasher::new(algorithm);
        hasher.update(&oid(self.kind));
        hasher.update(&self.value);
        hasher.finish().value().to_vec()
    }
}

fn attributes(existing: &Existing, number: usize) -> Result<Vec<AttributeValue>, &'static str> {
    let signer = existing.signers().get(number).ok_or("there is no such signer")?;
    let all = unsigned_attributes(signer)?.into_iter();
    let values = all.flat_map(|(kind, values)| {
        values.into_iter().map(move |value| AttributeValue { kind, value })
    });
    Ok(values.collect())
}
