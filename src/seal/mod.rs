//! The engines: a document goes in, a sealed document comes out; bytes in, bytes out.
//!
//! A seal passes through three states that consume each other, so that what must not happen twice
//! cannot be written twice:
//!
//! ```text
//! prepare(document, profile, signer, at) ─► Prepared ─ attach(value) ─► Signed ─ finish() ─► Sealed
//!                                           │ to_be_signed(), digest()
//! ```
//!
//! [`prepare`] reads the document, digests what the seal covers and leaves a gap. The caller stores
//! the intent (digest, time, certificate), asks a key, and [`Prepared::attach`] takes only a value
//! that verifies with the signing certificate. Same document, profile, signer and time: same bytes.
//! Which key answers, and when, is not known here; nor are files, clocks or networks.

pub mod catalogue;
mod draft;
pub mod inspect;
pub mod lint;
mod signer;
pub mod xades;
pub mod xml;

use std::ops::Range;

pub use signer::Signer;

use crate::domain::instant::Instant;
use crate::domain::profile::SignatureAlgorithm;
use crate::domain::refusal::Refusal;
use crate::domain::xades::{Base64Lines, SignatureValueEncoding, XadesProfile};
use crate::pki::digest::Digest;
use crate::pki::signature::{CheckedValue, SignatureValue};
use crate::pki::{self, signature};
use draft::{Filled, Pieces};

/// What a document may ask of the XML reader. Every limit has a name and a refusal of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Elements inside each other.
    pub depth: usize,
    /// Elements, attributes, texts, comments and processing instructions together; and half of the
    /// namespace nodes (XPath 1.0, 5.4) of elements that declare some.
    pub nodes: usize,
    /// Attributes of one element, namespace declarations included.
    pub attributes: usize,
    /// Namespace declarations of an element and its ancestors together.
    pub namespace_bindings: usize,
    /// Bytes of the name of an element or attribute.
    pub name_length: usize,
}

impl Default for Limits {
    /// A 20 MB UBL invoice has about 1.2 million nodes.
    fn default() -> Self {
        Self {
            depth: 64,
            nodes: 1_500_000,
            attributes: 64,
            namespace_bindings: 128,
            name_length: 1000,
        }
    }
}

/// The settings of one seal, by format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Profile {
    Xades(Box<XadesProfile>),
}

impl Profile {
    /// The algorithm that the profile names, else what fits the key of the certificate.
    fn signature_algorithm(&self, signer: &Signer) -> SignatureAlgorithm {
        let named = match self {
            Self::Xades(profile) => profile.signature_algorithm,
        };
        named.unwrap_or_else(|| signer.certificate().key_kind().default_signature())
    }
}

/// Reads a document, finds the place of the seal and computes what is to be signed.
///
/// The signing time is `at` without its milliseconds.
///
/// # Errors
/// A [`Refusal`]: the cause lies in the document, the profile, or the validity of the certificate.
pub fn prepare(
    document: Vec<u8>,
    profile: &Profile,
    signer: &Signer,
    at: Instant,
    limits: &Limits,
) -> Result<Prepared, Refusal> {
    let at = at.whole_seconds();
    let algorithm = profile.signature_algorithm(signer);
    signer.check(algorithm, at)?;
    let (plan, writing) = match profile {
        Profile::Xades(profile) => {
            let plan = xades::plan(&document, profile, algorithm, signer, at, limits)?;
            (
                plan,
                ValueWriting {
                    encoding: profile.signature_value_encoding,
                    lines: profile.base64_lines,
                },
            )
        }
    };
    let digest = Digest::of(algorithm.digest(), &plan.to_be_signed);
    Ok(Prepared { document, plan, writing, signer: signer.clone(), algorithm, digest, at })
}

/// What an engine found out about one document: enough to finish the seal once the value is there.
struct Plan {
    /// The sealed document without its signature value.
    pieces: Pieces,
    to_be_signed: Vec<u8>,
}

/// How the signature value is written.
#[derive(Clone, Copy)]
struct ValueWriting {
    encoding: SignatureValueEncoding,
    lines: Base64Lines,
}

/// A document with a gap. Owns the original; nothing of it has changed.
pub struct Prepared {
    document: Vec<u8>,
    plan: Plan,
    writing: ValueWriting,
    signer: Signer,
    algorithm: SignatureAlgorithm,
    digest: Digest,
    at: Instant,
}

impl Prepared {
    /// The octets that the key signs: for XAdES the canonical `ds:SignedInfo` at its final place.
    #[must_use]
    pub fn to_be_signed(&self) -> &[u8] {
        &self.plan.to_be_signed
    }

    /// Digest of [`Prepared::to_be_signed`] under the signature algorithm.
    #[must_use]
    pub const fn digest(&self) -> &Digest {
        &self.digest
    }

    /// The algorithm that the seal names.
    #[must_use]
    pub const fn signature_algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// The claimed signing time: whole seconds.
    #[must_use]
    pub const fn signing_time(&self) -> Instant {
        self.at
    }

    /// The document as it will be, with a value that is none.
    fn preview(&self) -> Filled {
        self.plan.pieces.fill(&self.document, "AA==")
    }

    /// Takes the answer of the key, after checking it with the signing certificate.
    ///
    /// # Errors
    /// As [`signature::check`]; the value has not entered anything then.
    pub fn attach(self, value: SignatureValue) -> Result<Signed, pki::Error> {
        signature::check(self.signer.certificate(), self.algorithm, self.to_be_signed(), &value)?;
        Ok(Signed { prepared: self, value })
    }

    /// As [`Prepared::attach`], for a value that was checked before: what it was checked against must
    /// be this document's key, algorithm and bytes.
    ///
    /// # Errors
    /// [`pki::Error::SignatureInvalid`] when it was checked against anything else.
    pub fn attach_checked(self, value: CheckedValue) -> Result<Signed, pki::Error> {
        let value = value.over(self.signer.certificate(), self.algorithm, self.to_be_signed())?;
        Ok(Signed { prepared: self, value })
    }
}

/// A prepared document together with a signature value that verifies.
pub struct Signed {
    prepared: Prepared,
    value: SignatureValue,
}

impl Signed {
    /// Fills the gap: one allocation, the original bytes copied once.
    #[must_use]
    pub fn finish(self) -> Sealed {
        let Prepared { document, plan, writing, at, digest, signer, .. } = self.prepared;
        let value = match writing.encoding {
            SignatureValueEncoding::Raw => signer::base64(self.value.octets()),
            SignatureValueEncoding::Der => {
                let kind = signer.certificate().key_kind();
                // What is no pair of integers has no DER form.
                let der = self.value.to_der(kind);
                signer::base64(der.as_deref().unwrap_or(self.value.octets()))
            }
        };
        let value = signer::lines(&value, writing.lines);
        let filled = plan.pieces.fill(&document, &value);
        Sealed { bytes: filled.bytes, signature: filled.seal, at, digest }
    }
}

/// A sealed document. Its bytes never change again.
pub struct Sealed {
    bytes: Vec<u8>,
    signature: Range<usize>,
    at: Instant,
    digest: Digest,
}

impl Sealed {
    /// The sealed document.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The sealed document, without copying.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Where the inserted signature stands in [`Sealed::bytes`].
    #[must_use]
    pub fn signature(&self) -> Range<usize> {
        self.signature.clone()
    }

    /// The claimed signing time: whole seconds.
    #[must_use]
    pub const fn signing_time(&self) -> Instant {
        self.at
    }

    /// What was signed: the digest that [`Prepared::digest`] gave.
    #[must_use]
    pub const fn digest(&self) -> &Digest {
        &self.digest
    }
}
