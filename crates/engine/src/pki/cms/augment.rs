//! A signature with more certificates and revocation data than it had (EN 319 122-1, 6.3): none of it is
//! signed, and all that is keeps its bytes.

use std::ops::Range;

use der::asn1::ObjectIdentifier;

use super::countersigning::{COUNTERSIGNATURE, SignerPlace};
use super::encoding::oid;
use super::existing::Existing;
use super::signer_info::{unsigned_values, with_other_value, with_unsigned};
use super::{content_info, with};
use crate::pki::tlv::{self, INTEGER, SEQUENCE, SET, context, sorted, tlv};

/// `id-ri-ocsp-response` (RFC 5940, 2.1).
const OCSP_RESPONSE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.16.2");

/// The version of a `SignedData` with revocation data of another format (RFC 5652, 5.1).
const WITH_OTHERS: u8 = 5;

/// Attributes that hold archive timestamps of before version 3, or stand for them: they cover the sets that are added
/// to (EN 319 122-1, annex A.2), or the whole signature.
const OLD_ARCHIVES: [ObjectIdentifier; 4] = [
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.27"),
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.48"),
    ObjectIdentifier::new_unwrap("0.4.0.1733.2.2"),
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.49"),
];

/// An element of the set of revocation data, and DER of the list or the answer that it is.
pub(super) type RevocationElement = (Vec<u8>, Option<Vec<u8>>);

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

    /// Whether a signer has an archive timestamp of before version 3, or an evidence record: nothing may be added to
    /// what they cover.
    ///
    /// # Errors
    /// What cannot be read, as part of a sentence.
    pub fn is_closed(&self) -> Result<bool, &'static str> {
        for signer in &self.signers {
            for kind in OLD_ARCHIVES {
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
        Ok(self.revocation_elements()?.into_iter().filter_map(|(_, der)| der).collect())
    }

    /// Each element of the set of revocation data, and DER of the list or the answer that it is.
    ///
    /// # Errors
    /// As [`Existing::revocation`].
    pub(super) fn revocation_elements(&self) -> Result<Vec<RevocationElement>, &'static str> {
        let mut all = Vec::new();
        for element in self.revocation_data()? {
            let der = if element.first() == Some(&SEQUENCE) {
                Some(element.clone())
            } else {
                let whole = tlv::read(&element, 0, element.len())?;
                let parts = tlv::children(&element, &whole)?;
                match parts.as_slice() {
                    [kind, answer]
                        if element.get(kind.whole.clone())
                            == Some(oid(OCSP_RESPONSE).as_slice()) =>
                    {
                        element.get(answer.whole.clone()).map(<[u8]>::to_vec)
                    }
                    _ => None,
                }
            };
            all.push((element, der));
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
        let augmented = Self { version, certificates, ..self.clone() };
        Ok(Some(augmented.written(bytes, &set(context(1), &revocation))))
    }

    /// The file of this signature with one more unsigned attribute at a signer or at who countersigned it. The content
    /// stands in `bytes`, of which this was read.
    ///
    /// # Errors
    /// What of the signature cannot be read, as part of a sentence.
    pub(in crate::pki) fn with_unsigned(
        &self,
        bytes: &[u8],
        place: SignerPlace,
        (kind, value): (ObjectIdentifier, &[u8]),
    ) -> Result<Vec<u8>, &'static str> {
        let mut changed = self.clone();
        let other = with_unsigned(&self.signer_at(place)?, kind, value)?;
        let signer = changed.signers.get_mut(place.signer()).ok_or("there is no such signer")?;
        *signer = match place {
            SignerPlace::Signer(_) => other,
            SignerPlace::Countersigner { number, .. } => {
                with_other_value(signer, (COUNTERSIGNATURE, number), &other)?
            }
        };
        if changed.signers.len() > 1 && self.signers.is_sorted() {
            changed.signers = sorted(changed.signers);
        }
        Ok(changed.written(bytes, &self.revocation))
    }

    /// The file, with this set of revocation data.
    fn written(&self, bytes: &[u8], revocation: &[u8]) -> Vec<u8> {
        let digests = tlv(SET, &[&self.digest_algorithms.concat()]);
        let opening = [&[INTEGER, 1, self.version][..], &digests].concat();
        let certificates = set(context(0), &self.certificates);
        let signers = tlv(SET, &[&self.signers.concat()]);
        let piece = |range: &Range<usize>| bytes.get(range.clone()).unwrap_or_default();
        let content: Option<Vec<&[u8]>> =
            self.content.as_ref().map(|ranges| ranges.iter().map(piece).collect());
        let closing: [&[u8]; 3] = [&certificates, revocation, &signers];
        content_info(self.content_type, content.as_deref(), &opening, &closing)
    }

    /// The elements of the set of revocation data (RFC 5652, 10.2.1).
    pub(super) fn revocation_data(&self) -> Result<Vec<Vec<u8>>, &'static str> {
        if self.revocation.is_empty() {
            return Ok(Vec::new());
        }
        let set = tlv::read(&self.revocation, 0, self.revocation.len())?;
        let elements = tlv::children(&self.revocation, &set)?;
        elements.iter().map(|element| tlv::definite(&self.revocation, element)).collect()
    }
}

fn set(tag: u8, elements: &[Vec<u8>]) -> Vec<u8> {
    match elements {
        [] => Vec::new(),
        some => tlv(tag, &[&some.concat()]),
    }
}
