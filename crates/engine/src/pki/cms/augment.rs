//! A signature with more certificates and revocation data than it had (EN 319 122-1, 6.3): none of it is
//! signed, and all that is keeps its bytes.

use std::ops::Range;

use der::asn1::ObjectIdentifier;

use super::encoding::oid;
use super::existing::Existing;
use super::{content_info, unsigned_values, with};
use crate::pki::tlv::{self, INTEGER, SEQUENCE, SET, context, tlv};

/// `id-ri-ocsp-response` (RFC 5940, 2.1).
const OCSP_RESPONSE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.16.2");

/// The version of a `SignedData` with revocation data of another format (RFC 5652, 5.1).
const WITH_OTHERS: u8 = 5;

/// Attributes that hold archive timestamps or stand for them, over more of a signature than its signer signed:
/// those of before version 3 cover the sets that are added to (EN 319 122-1, annex A.2).
const ARCHIVES: [ObjectIdentifier; 5] = [
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.27"),
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.48"),
    ObjectIdentifier::new_unwrap("0.4.0.1733.2.2"),
    ObjectIdentifier::new_unwrap("0.4.0.1733.2.4"),
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.49"),
];

/// What is to be in a signature.
pub struct Augmentation<'a> {
    /// Certificates in DER.
    pub certificates: Vec<&'a [u8]>,
    /// Revocation lists in DER.
    pub lists: Vec<&'a [u8]>,
    /// Answers of OCSP responders in DER, each an `OCSPResponse`.
    pub answers: Vec<&'a [u8]>,
}

impl Existing {
    /// How many signers it has.
    #[must_use]
    pub const fn signer_count(&self) -> usize {
        self.signers.len()
    }

    /// Whether its content is somewhere else.
    #[must_use]
    pub const fn is_detached(&self) -> bool {
        self.content.is_none()
    }

    /// Whether a signer has an archive timestamp or an evidence record.
    ///
    /// # Errors
    /// What cannot be read, as part of a sentence.
    pub fn is_archived(&self) -> Result<bool, &'static str> {
        for signer in &self.signers {
            for kind in ARCHIVES {
                if !unsigned_values(signer, kind)?.1.is_empty() {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// DER of the revocation lists and answers of OCSP responders in it; what has another format is passed
    /// over.
    ///
    /// # Errors
    /// What cannot be read, as part of a sentence.
    pub fn revocation(&self) -> Result<Vec<Vec<u8>>, &'static str> {
        let mut all = Vec::new();
        for element in self.revocation_data()? {
            if element.first() == Some(&SEQUENCE) {
                all.push(element);
                continue;
            }
            let whole = tlv::read(&element, 0, element.len())?;
            let parts = tlv::children(&element, &whole)?;
            if let [kind, answer] = parts.as_slice()
                && element.get(kind.whole.clone()) == Some(oid(OCSP_RESPONSE).as_slice())
            {
                all.extend(element.get(answer.whole.clone()).map(<[u8]>::to_vec));
            }
        }
        Ok(all)
    }

    /// The file of this signature with more in it, each thing once; `None` when all of it is there. The
    /// content stands in `bytes`, of which this was read.
    ///
    /// # Errors
    /// What of the signature cannot be read, as part of a sentence.
    pub fn augmented(
        &self,
        bytes: &[u8],
        more: &Augmentation<'_>,
    ) -> Result<Option<Vec<u8>>, &'static str> {
        let mut certificates = self.certificates.clone();
        for certificate in &more.certificates {
            certificates = with(certificates, certificate.to_vec());
        }
        let before = self.revocation_data()?;
        let mut revocation = before.clone();
        for list in &more.lists {
            revocation = with(revocation, list.to_vec());
        }
        for answer in &more.answers {
            revocation = with(revocation, tlv(context(1), &[&oid(OCSP_RESPONSE), answer]));
        }
        if certificates.len() == self.certificates.len() && revocation.len() == before.len() {
            return Ok(None);
        }
        let others = revocation.iter().any(|one| one.first() == Some(&context(1)));
        let version = if others { WITH_OTHERS } else { self.version };
        let set = |tag: u8, elements: &[Vec<u8>]| match elements {
            [] => Vec::new(),
            some => tlv(tag, &[&some.concat()]),
        };
        let opening =
            [&[INTEGER, 1, version][..], &tlv(SET, &[&self.digest_algorithms.concat()])].concat();
        let (certificates, revocation) =
            (set(context(0), &certificates), set(context(1), &revocation));
        let signers = tlv(SET, &[&self.signers.concat()]);
        let piece = |range: &Range<usize>| bytes.get(range.clone()).unwrap_or_default();
        let content: Option<Vec<&[u8]>> =
            self.content.as_ref().map(|ranges| ranges.iter().map(piece).collect());
        let closing: [&[u8]; 3] = [&certificates, &revocation, &signers];
        Ok(Some(content_info(self.content_type, content.as_deref(), &opening, &closing)))
    }

    /// The elements of the set of revocation data (RFC 5652, 10.2.1).
    fn revocation_data(&self) -> Result<Vec<Vec<u8>>, &'static str> {
        if self.revocation.is_empty() {
            return Ok(Vec::new());
        }
        let set = tlv::read(&self.revocation, 0, self.revocation.len())?;
        let elements = tlv::children(&self.revocation, &set)?;
        elements.iter().map(|element| tlv::definite(&self.revocation, element)).collect()
    }
}
