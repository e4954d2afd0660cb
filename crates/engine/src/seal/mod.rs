//! The engines: a document goes in, a sealed document comes out; bytes in, bytes out.
//!
//! A seal passes through three states that consume each other, so that what must not happen twice
//! cannot be written twice:
//!
//! ```text
//! prepare(document, profile, signer, at) ─► Prepared ─ attach(value) ─► Signed ─ finish() ─► Sealed
//!                                           │ to_be_signed(), digest()  │                    ▲
//!                                                                       └ with_time_stamp(token)
//!                                                                            ─► Extended ─ finish()
//! ```
//!
//! [`prepare`] reads the document, digests what the seal covers and leaves a gap. The caller stores
//! the intent (digest, time, certificate), asks a key, and [`Prepared::attach`] takes only a value
//! that verifies with the signing certificate. Same document, profile, signer and time: same bytes.
//! Which key answers, and when, is not known here; nor are files, clocks or networks.

mod asic;
pub mod cades;
pub mod catalogue;
pub mod draft;
pub mod evidence;
pub mod extend;
pub mod inspect;
pub mod lint;
pub mod long_term;
pub mod pades;
mod patience;
pub mod pdf;
pub mod print;
pub mod reading;
mod signer;
pub mod xades;
pub mod xml;

use std::ops::Range;

pub use asic::{MAX_FILES as MAX_CONTAINER_FILES, Packer, check_file_names};
pub use extend::Extended;
pub use patience::{Patience, TimeUsedUp};
pub use signer::Signer;

use crate::domain::cades::CadesPackaging;
use crate::domain::instant::Instant;
use crate::domain::level::Level;
pub use crate::domain::profile::Profile;
use crate::domain::profile::SignatureAlgorithm;
use crate::domain::refusal::Refusal;
use crate::domain::xades::{Base64Lines, Packaging, SignatureValueEncoding, XadesProfile};
use crate::pki::algorithm::KeyKind;
use crate::pki::certificate::Certificate;
use crate::pki::digest::Digest;
use crate::pki::signature::{CheckedValue, SignatureValue};
use crate::pki::to_be_signed::ToBeSigned;
use crate::pki::{self, signature};
use draft::{Filled, Pieces};

/// What a document may ask of the XML reader. Every limit has a name and a refusal of its own.
#[derive(Clone, Debug)]
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
    /// Bytes of the name of an element or attribute, and of a namespace name, which canonicalization
    /// repeats.
    pub name_length: usize,
    /// Of PDF.
    pub pdf: pdf::PdfLimits,
    /// How long the work on a document may go on, whatever it is made of.
    pub patience: Patience,
}

impl Limits {
    /// The same limits for one document that has so much time, a PDF too.
    #[must_use]
    pub fn with_patience(&self, patience: Patience) -> Self {
        let pdf = pdf::PdfLimits { patience: patience.clone(), ..self.pdf.clone() };
        Self { pdf, patience, ..self.clone() }
    }
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
            pdf: pdf::PdfLimits::default(),
            patience: Patience::ENDLESS,
        }
    }
}

/// Whether settings can be used at all, whatever the document.
///
/// # Errors
/// [`Refusal::SettingConflict`] or [`Refusal::SettingInvalid`], by its path.
pub fn check_settings(profile: &Profile) -> Result<(), Refusal> {
    match profile {
        Profile::Xades(profile) => xades::check_settings(profile),
        Profile::Pades(profile) => pades::check_settings(profile),
        Profile::Cades(profile) => cades::check_settings(profile),
    }
}

/// The algorithm that the profile names, else what fits the key of the certificate. CMS has one
/// digest for document and attributes (RFC 5652, 5.4).
fn signature_algorithm(profile: &Profile, signer: &Signer) -> SignatureAlgorithm {
    let digest = match profile {
        Profile::Xades(_) => None,
        Profile::Pades(profile) => profile.digest_algorithm,
        Profile::Cades(profile) => profile.digest_algorithm,
    };
    profile.signature_algorithm().unwrap_or_else(|| {
        let usual = signer.certificate().default_signature();
        digest.map_or(usual, |digest| usual.with_digest(digest))
    })
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
    prepare_with_room(document, profile, signer, at, limits, Room::default())
}

/// Octets that a seal must have room for beside its own value. Only a PDF has a gap whose size is fixed
/// before (`/Contents`); everything else grows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Room {
    /// Of unsigned attributes together: time-stamp tokens with their certificates.
    pub unsigned: usize,
}

/// As [`prepare`], for a seal that is to be extended before it is finished when there is to be room.
///
/// # Errors
/// As [`prepare`]; as [`extend::check_place`] when there is to be room.
pub fn prepare_with_room(
    document: Vec<u8>,
    profile: &Profile,
    signer: &Signer,
    at: Instant,
    limits: &Limits,
    room: Room,
) -> Result<Prepared, Refusal> {
    if room != Room::default() {
        extend::check_place(profile)?;
    }
    let at = at.whole_seconds();
    let algorithm = signature_algorithm(profile, signer);
    signer.check(algorithm, at)?;
    let Unfinished { to_be_signed, ending, notes } = match profile {
        Profile::Xades(profile) if profile.packaging == Packaging::AsicE => {
            asic::with_xades(&document, profile, algorithm, signer, at, limits)?
        }
        Profile::Xades(profile) => {
            let mut plan = xades::plan(&document, profile, algorithm, signer, at, limits)?;
            let notes = std::mem::take(&mut plan.notes);
            let to_be_signed = std::mem::take(&mut plan.to_be_signed);
            let ending = Ending::Xml(XmlEnding::new(plan, profile)?);
            Unfinished { to_be_signed, ending, notes }
        }
        Profile::Pades(profile) => {
            let (plan, notes) =
                pades::plan(&document, profile, algorithm, (signer, at), &limits.pdf, room)?;
            let to_be_signed = plan.to_be_signed().to_vec();
            Unfinished { to_be_signed, ending: Ending::Pdf(plan), notes }
        }
        Profile::Cades(profile) if profile.packaging == CadesPackaging::AsicE => {
            asic::with_cades(&document, profile, algorithm, signer, at, limits)?
        }
        Profile::Cades(profile) => cades::plan(&document, profile, algorithm, signer, at)?,
    };
    let (to_be_signed, signer) = (ToBeSigned::new(algorithm, to_be_signed), signer.clone());
    let is_detached = profile.is_detached();
    Ok(Prepared { document, is_detached, to_be_signed, ending, notes, signer, at })
}

/// What an engine found out about one document: enough to finish the seal once the value is there.
struct Unfinished {
    to_be_signed: Vec<u8>,
    ending: Ending,
    /// What the client should know although it is no reason to refuse, in sentences.
    notes: Vec<String>,
}

/// How a seal is finished, by what it is.
enum Ending {
    Xml(XmlEnding),
    Pdf(pades::Plan),
    Cms(cades::CmsDraft),
    Asic(asic::ContainerDraft),
}

/// What the XML engine found out about one document.
struct XmlPlan {
    /// The sealed document without its signature value.
    pieces: Pieces,
    to_be_signed: Vec<u8>,
    /// Id of `ds:SignatureValue`; `None` where there is no place for unsigned properties.
    value_id: Option<String>,
    notes: Vec<String>,
}

/// An XML signature without its value, and how that is written.
struct XmlEnding {
    pieces: Pieces,
    encoding: SignatureValueEncoding,
    lines: Base64Lines,
    /// What unsigned properties are written with; `None` where there is no place for them.
    properties: Option<extend::Properties>,
    /// What was added unsigned, as it is written.
    unsigned: String,
}

impl XmlEnding {
    /// # Errors
    /// Prefixes that are none.
    fn new(plan: XmlPlan, profile: &XadesProfile) -> Result<Self, Refusal> {
        let (encoding, lines) = (profile.signature_value_encoding, profile.base64_lines);
        let properties = plan.value_id.map(|id| extend::Properties::new(&profile.prefixes, &id));
        let properties = properties.transpose()?;
        Ok(Self { pieces: plan.pieces, encoding, lines, properties, unsigned: String::new() })
    }

    /// The value as it stands in `ds:SignatureValue`.
    fn written(&self, value: &SignatureValue, kind: KeyKind) -> String {
        let value = match self.encoding {
            SignatureValueEncoding::Raw => signer::base64(value.octets()),
            SignatureValueEncoding::Der => {
                // What is no pair of integers has no DER form.
                let der = value.to_der(kind);
                signer::base64(der.as_deref().unwrap_or(value.octets()))
            }
        };
        signer::lines(&value, self.lines).into_owned()
    }

    fn finish(&self, document: &[u8], value: &SignatureValue, kind: KeyKind) -> Filled {
        self.pieces.fill(document, &self.written(value, kind), &self.unsigned)
    }
}

/// A document with a gap. Owns the original; nothing of it has changed.
pub struct Prepared {
    document: Vec<u8>,
    is_detached: bool,
    to_be_signed: ToBeSigned,
    ending: Ending,
    notes: Vec<String>,
    signer: Signer,
    at: Instant,
}

impl Prepared {
    /// What the client should know although it is no reason to refuse, in sentences.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The octets that the key signs: for XAdES the canonical `ds:SignedInfo` at its final place, for
    /// PAdES and CAdES the DER of the signed attributes.
    #[must_use]
    pub fn to_be_signed(&self) -> &[u8] {
        self.to_be_signed.message().unwrap_or_default()
    }

    /// The same as a key is asked for it.
    #[must_use]
    pub const fn request(&self) -> &ToBeSigned {
        &self.to_be_signed
    }

    /// Digest of [`Prepared::to_be_signed`] under the signature algorithm.
    #[must_use]
    pub const fn digest(&self) -> &Digest {
        self.to_be_signed.digest()
    }

    /// The algorithm that the seal names.
    #[must_use]
    pub const fn signature_algorithm(&self) -> SignatureAlgorithm {
        self.to_be_signed.algorithm()
    }

    /// The claimed signing time: whole seconds.
    #[must_use]
    pub const fn signing_time(&self) -> Instant {
        self.at
    }

    /// The document as it will be, with a value that is none, if XML is what it will be.
    fn preview(&self) -> Option<Filled> {
        match &self.ending {
            Ending::Xml(ending) => Some(ending.pieces.fill(&self.document, "AA==", "")),
            Ending::Pdf(_) | Ending::Cms(_) | Ending::Asic(_) => None,
        }
    }

    /// Takes the answer of the key, after checking it with the signing certificate.
    ///
    /// # Errors
    /// As [`signature::check`]; the value has not entered anything then.
    pub fn attach(self, value: SignatureValue) -> Result<Signed, pki::Error> {
        let (algorithm, message) = (self.signature_algorithm(), self.to_be_signed());
        signature::check(self.signer.certificate(), algorithm, message, &value)?;
        Ok(Signed { prepared: self, value })
    }

    /// As [`Prepared::attach`], for a value that was checked before: what it was checked against must
    /// be this document's key, algorithm and bytes.
    ///
    /// # Errors
    /// [`pki::Error::SignatureInvalid`] when it was checked against anything else.
    pub fn attach_checked(self, value: CheckedValue) -> Result<Signed, pki::Error> {
        let value = value.over(self.signer.certificate(), &self.to_be_signed)?;
        Ok(Signed { prepared: self, value })
    }
}

/// A prepared document together with a signature value that verifies.
pub struct Signed {
    prepared: Prepared,
    value: SignatureValue,
}

impl Signed {
    /// Ends the seal as it is, at level B: fills the gap, or writes the file around the document. The
    /// original bytes are copied once.
    #[must_use]
    pub fn finish(self) -> Sealed {
        self.write(Level::B)
    }

    fn write(self, level: Level) -> Sealed {
        let Self { prepared, value } = self;
        let Prepared { document, is_detached, ending, at, to_be_signed, signer, .. } = prepared;
        let digest = to_be_signed.digest().clone();
        let kind = signer.certificate().key_kind();
        let ((bytes, signature), document) = match ending {
            Ending::Xml(ending) => {
                let filled = ending.finish(&document, &value, kind);
                ((filled.bytes, filled.seal), Some(document))
            }
            // its bytes are those of the document, with more behind them
            Ending::Pdf(plan) => (plan.finish(document, &value), None),
            Ending::Cms(ending) => (ending.finish(&document, &value), Some(document)),
            Ending::Asic(ending) => (ending.finish(&document, &value, kind), Some(document)),
        };
        let beside = document.filter(|_| is_detached);
        Sealed { bytes, signature, beside, signer, value, at, digest, level }
    }
}

/// A sealed document. Its bytes never change again.
pub struct Sealed {
    bytes: Vec<u8>,
    signature: Range<usize>,
    beside: Option<Vec<u8>>,
    signer: Signer,
    value: SignatureValue,
    at: Instant,
    digest: Digest,
    level: Level,
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

    /// Where the inserted signature stands in [`Sealed::bytes`]: an element of XML, a file of a
    /// container, the whole of a CMS.
    #[must_use]
    pub fn signature(&self) -> Range<usize> {
        self.signature.clone()
    }

    /// The document, when the seal is a file of its own beside it.
    #[must_use]
    pub fn beside(&self) -> Option<&[u8]> {
        self.beside.as_deref()
    }

    /// The certificate whose key signed.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        self.signer.certificate()
    }

    /// What the key gave.
    #[must_use]
    pub const fn value(&self) -> &SignatureValue {
        &self.value
    }

    /// The claimed signing time: whole seconds.
    #[must_use]
    pub const fn signing_time(&self) -> Instant {
        self.at
    }

    /// What was added to the signature, by the level that it has with that.
    #[must_use]
    pub const fn level(&self) -> Level {
        self.level
    }

    /// What was signed: the digest that [`Prepared::digest`] gave.
    #[must_use]
    pub const fn digest(&self) -> &Digest {
        &self.digest
    }
}
