//! Reading a CMS signature that is there, to add another to it. Its lengths may be indefinite (BER), as
//! programs write them that do not know the size of a file when they begin.

use std::collections::HashSet;
use std::ops::Range;

use der::asn1::ObjectIdentifier;

use super::ID_SIGNED_DATA;
use super::signer_info::{NO_ATTRIBUTES, SignerInfo, extends};
use crate::domain::profile::DigestAlgorithm;
use crate::pki::digest::{Digest, Hasher};
use crate::pki::tlv::{
    self, Element, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, SET, context,
};

/// A `SignedData` (RFC 5652, 5.1) that was read: its parts with definite lengths and otherwise as they
/// were, and where its content stands.
#[derive(Clone, Debug)]
pub struct Existing {
    pub(super) version: u8,
    pub(super) digest_algorithms: Vec<Vec<u8>>,
    pub(super) content_type: ObjectIdentifier,
    pub(super) content: Option<Vec<Range<usize>>>,
    pub(super) certificates: Vec<Vec<u8>>,
    /// `[1]` with its content, or nothing.
    pub(super) revocation: Vec<u8>,
    pub(super) signers: Vec<Vec<u8>>,
}

impl Existing {
    /// Whether some bytes claim to be a `SignedData`.
    #[must_use]
    pub fn is_signed_data(bytes: &[u8]) -> bool {
        let Some([SEQUENCE, first]) = bytes.first_chunk::<2>() else { return false };
        let lengths = if *first > 0x80 { usize::from(first & 0x7F) } else { 0 };
        let kind = bytes.get(2 + lengths..).unwrap_or_default();
        let identifier = ID_SIGNED_DATA.as_bytes();
        kind.first() == Some(&OBJECT_IDENTIFIER)
            && kind.get(1).is_some_and(|length| usize::from(*length) == identifier.len())
            && kind.get(2..).is_some_and(|kind| kind.starts_with(identifier))
    }

    /// Reads a whole file.
    ///
    /// # Errors
    /// What is wrong with it, as part of a sentence.
    pub fn read(bytes: &[u8]) -> Result<Self, &'static str> {
        const STRUCTURE: &str = "it has not the structure of a SignedData";
        let info = tlv::read(bytes, 0, bytes.len())?;
        if info.whole.end != bytes.len() {
            return Err("something follows after its end");
        }
        let wrapped = tlv::children(bytes, &info)?;
        let [kind, content] = wrapped.as_slice() else { return Err(STRUCTURE) };
        if identifier(bytes, kind)? != ID_SIGNED_DATA || content.tag != context(0) {
            return Err(STRUCTURE);
        }
        let signed_data = tlv::children(bytes, content)?;
        let [signed_data] = signed_data.as_slice() else { return Err(STRUCTURE) };
        let mut parts = tlv::children(bytes, signed_data)?.into_iter().peekable();
        let mut next = |tag: u8| parts.next_if(|part| part.tag == tag);
        let version = next(INTEGER).ok_or(STRUCTURE)?;
        let version = match bytes.get(version.content) {
            Some([version @ 1..=5]) => *version,
            _ => return Err("it has a version that RFC 5652 does not know"),
        };
        let digest_algorithms = elements(bytes, next(SET).as_ref())?;
        let encapsulated = next(SEQUENCE).ok_or(STRUCTURE)?;
        let certificates = elements(bytes, next(context(0)).as_ref())?;
        let revocation = match next(context(1)) {
            Some(revocation) => tlv::definite(bytes, &revocation)?,
            None => Vec::new(),
        };
        let signers = elements(bytes, Some(&next(SET).ok_or(STRUCTURE)?))?;
        if parts.next().is_some() {
            return Err(STRUCTURE);
        }
        let (content_type, content) = encapsulated_content(bytes, &encapsulated)?;
        Ok(Self {
            version,
            digest_algorithms,
            content_type,
            content,
            certificates,
            revocation,
            signers,
        })
    }

    /// Reads a file that zeros follow, as in `/Contents` of a PDF.
    ///
    /// # Errors
    /// As [`Existing::read`].
    pub fn read_padded(bytes: &[u8]) -> Result<Self, &'static str> {
        Self::read(Self::unpadded(bytes)?)
    }

    /// The file without the zeros that follow it.
    ///
    /// # Errors
    /// As [`Existing::read_padded`].
    pub fn unpadded(bytes: &[u8]) -> Result<&[u8], &'static str> {
        let end = tlv::read(bytes, 0, bytes.len())?.whole.end;
        let (file, padding) = bytes.split_at_checked(end).unwrap_or((bytes, &[]));
        if padding.iter().any(|octet| *octet != 0) {
            return Err("something follows after its end");
        }
        Ok(file)
    }

    /// Where the content stands in its file, in pieces, when it is inside.
    #[must_use]
    pub fn content_ranges(&self) -> Option<&[Range<usize>]> {
        self.content.as_deref()
    }

    /// DER of the certificates in it, in its order.
    pub fn certificates(&self) -> impl Iterator<Item = &[u8]> {
        // Others have tags of their own (RFC 5652, 10.2.2).
        let plain = self.certificates.iter().filter(|one| one.first() == Some(&SEQUENCE));
        plain.map(Vec::as_slice)
    }

    /// The signers, each the DER of a SignerInfo.
    pub(in crate::pki) fn signers(&self) -> &[Vec<u8>] {
        &self.signers
    }

    /// Looks whether every signer has the structure of one (RFC 5652, 5.3), whatever it says.
    ///
    /// # Errors
    /// What is wrong with one, as part of a sentence.
    pub fn check_signers(&self) -> Result<(), &'static str> {
        let read = |der: &Vec<u8>| match SignerInfo::read(der) {
            Ok(_) | Err(NO_ATTRIBUTES) => Ok(()),
            Err(reason) => Err(reason),
        };
        self.signers.iter().try_for_each(read)
    }

    /// The content, when it is inside and in one piece.
    pub(in crate::pki) fn content<'a>(&self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        match self.content.as_deref()? {
            [whole] => bytes.get(whole.clone()),
            _ => None,
        }
    }

    /// What the content is.
    #[must_use]
    pub const fn content_type(&self) -> ObjectIdentifier {
        self.content_type
    }

    /// What another file that was made of this one has not kept: the content, or a signer; none when all
    /// of it is there, byte for byte, but for more unsigned attributes of signers.
    #[must_use]
    pub fn lost_in(&self, bytes: &[u8], other: &Self, other_bytes: &[u8]) -> Option<String> {
        let content =
            |it: &Self, bytes| (it.content_type, it.digest(bytes, DigestAlgorithm::Sha256));
        if content(self, bytes) != content(other, other_bytes) {
            return Some("its content".to_owned());
        }
        let kept: HashSet<&Vec<u8>> = other.signers.iter().collect();
        let has = |signer: &Vec<u8>| {
            let mut all = other.signers.iter();
            kept.contains(signer) || all.any(|one| extends(one, signer).unwrap_or_default())
        };
        let lost = self.signers.iter().position(|signer| !has(signer));
        lost.map(|position| format!("signer {}", position + 1))
    }

    /// Digest of the content, when it is inside.
    #[must_use]
    pub fn digest(&self, bytes: &[u8], algorithm: DigestAlgorithm) -> Option<Digest> {
        let mut hasher = Hasher::new(algorithm);
        for chunk in self.content.as_ref()? {
            hasher.update(bytes.get(chunk.clone()).unwrap_or_default());
        }
        Some(hasher.finish())
    }
}

fn identifier(bytes: &[u8], element: &Element) -> Result<ObjectIdentifier, &'static str> {
    let octets = bytes.get(element.content.clone()).unwrap_or_default();
    if element.tag != OBJECT_IDENTIFIER {
        return Err("an object identifier is missing");
    }
    ObjectIdentifier::from_bytes(octets).map_err(|_| "an object identifier is wrong")
}

/// The elements of a set, each as it is but for its lengths.
fn elements(bytes: &[u8], set: Option<&Element>) -> Result<Vec<Vec<u8>>, &'static str> {
    let Some(set) = set else { return Ok(Vec::new()) };
    tlv::children(bytes, set)?.iter().map(|element| tlv::definite(bytes, element)).collect()
}

type Encapsulated = (ObjectIdentifier, Option<Vec<Range<usize>>>);

fn encapsulated_content(bytes: &[u8], info: &Element) -> Result<Encapsulated, &'static str> {
    const OTHER: &str = "its content is no OCTET STRING; PKCS #7 had others, CMS has not";
    let parts = tlv::children(bytes, info)?;
    let (kind, content) = match parts.as_slice() {
        [kind] => (kind, None),
        [kind, content] if content.tag == context(0) => (kind, Some(content)),
        _ => return Err("its content cannot be found"),
    };
    let kind = identifier(bytes, kind)?;
    let Some(content) = content else { return Ok((kind, None)) };
    let content = tlv::children(bytes, content)?;
    let [octets] = content.as_slice() else { return Err(OTHER) };
    match octets.tag {
        OCTET_STRING => Ok((kind, Some(vec![octets.content.clone()]))),
        // A constructed OCTET STRING: its content is that of its segments (X.690, 8.7.3).
        tag if tag == OCTET_STRING | 0x20 => {
            let segments = tlv::children(bytes, octets)?;
            if segments.iter().any(|segment| segment.tag != OCTET_STRING) {
                return Err("its content is in segments of segments");
            }
            Ok((kind, Some(segments.into_iter().map(|segment| segment.content).collect())))
        }
        _ => Err(OTHER),
    }
}
