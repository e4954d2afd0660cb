//! Countersignatures (RFC 5652, 11.4): each is over the value of a signer, and stands in its unsigned attributes. It is a
//! `SignerInfo` itself, with unsigned attributes of its own.

use std::borrow::Cow;
use std::fmt;

use der::asn1::ObjectIdentifier;

use super::encoding::attribute;
use super::existing::Existing;
use super::signer_info::{signed_fields, unsigned_elements, unsigned_values};
use crate::pki::tlv::{SEQUENCE, context, sorted, tlv};

/// `id-countersignature`.
pub(in crate::pki) const COUNTERSIGNATURE: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.6");

/// A signer of a `SignedData`, or who countersigned one; by their numbers from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignerPlace {
    Signer(usize),
    Countersigner { of: usize, number: usize },
}

impl SignerPlace {
    /// The signer, or the one that was countersigned.
    #[must_use]
    pub const fn signer(self) -> usize {
        match self {
            Self::Signer(number) | Self::Countersigner { of: number, .. } => number,
        }
    }
}

/// As people find it.
impl fmt::Display for SignerPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signer(number) => write!(f, "signer {}", number + 1),
            Self::Countersigner { of, number } => {
                write!(f, "countersigner {} of signer {}", number + 1, of + 1)
            }
        }
    }
}

impl Existing {
    /// Who countersigned a signer, by its number from 0: the DER of each.
    ///
    /// # Errors
    /// What of the signer cannot be read, as part of a sentence.
    pub fn countersigners(&self, number: usize) -> Result<Vec<Vec<u8>>, &'static str> {
        Ok(unsigned_values(self.signer(number)?, COUNTERSIGNATURE)?.1)
    }

    /// The DER of a signer, or of who countersigned it.
    ///
    /// # Errors
    /// As [`Existing::countersigners`]; when there is none.
    pub fn signer_at(&self, place: SignerPlace) -> Result<Cow<'_, [u8]>, &'static str> {
        match place {
            SignerPlace::Signer(number) => Ok(Cow::Borrowed(self.signer(number)?)),
            SignerPlace::Countersigner { of, number } => {
                let found = self.countersigners(of)?.into_iter().nth(number);
                found.map(Cow::Owned).ok_or("there is no such countersigner")
            }
        }
    }

    pub(super) fn signer(&self, number: usize) -> Result<&[u8], &'static str> {
        self.signers.get(number).map(Vec::as_slice).ok_or("there is no such signer")
    }
}

/// A signer that is to be countersigned.
#[derive(Clone, Debug)]
pub struct Countersigned {
    /// From 0.
    pub(super) number: usize,
    value: Vec<u8>,
    /// All but its unsigned attributes.
    fields: Vec<u8>,
    /// Its unsigned attributes, each whole.
    unsigned: Vec<Vec<u8>>,
}

impl Countersigned {
    /// A signer of a signature, by its number from 0.
    ///
    /// # Errors
    /// As [`Existing::countersigners`].
    pub fn of(existing: &Existing, number: usize) -> Result<Self, &'static str> {
        let signer = existing.signer(number)?;
        let (value, _) = unsigned_values(signer, COUNTERSIGNATURE)?;
        let (fields, unsigned) = (signed_fields(signer)?.to_vec(), unsigned_elements(signer)?);
        Ok(Self { number, value, fields, unsigned })
    }

    /// Its value, which a countersignature is over.
    #[must_use]
    pub fn value(&self) -> &[u8] {
        &self.value
    }

    /// Its DER with one more countersignature.
    pub(super) fn with(&self, countersigner: Vec<u8>) -> Vec<u8> {
        let mut all = self.unsigned.clone();
        let in_order = all.is_sorted();
        all.push(attribute(COUNTERSIGNATURE, &[countersigner]));
        let all = if in_order { sorted(all) } else { all };
        tlv(SEQUENCE, &[&self.fields, &tlv(context(1), &[&all.concat()])])
    }
}
