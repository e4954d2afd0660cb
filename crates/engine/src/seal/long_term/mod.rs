//! Raising the level of seals that are there, ours or others' (clause 6 of EN 319 132-1 and 142-1). LT adds the
//! validation data of all signatures and timestamps, so that they can be checked when nobody can be asked
//! any more; LTA a timestamp over all of it, before certificates and algorithms end. What was signed keeps
//! its bytes. Who collects the data, who asks a TSA and what time it is, is not known here.
//!
//! ```text
//! stamp(document, room) ─────────────────────────────────────► ArchivePlan ─ attach(token) ─► Raised (T)
//! raise(document, collected) ─► Raised (LT) ─ archive(room) ─► ArchivePlan ─ attach(token) ─► Raised (LTA)
//!                                                             │ imprint()
//! ```

pub(super) mod fault;
pub(super) mod held_seal;
pub(super) mod settings;

pub use fault::LongTermFault;
pub use held_seal::HeldSeal;
pub use settings::{LongTermSettings, Raised};

use super::inspect::{Content, inspect};
use super::{asic, cades, pades, xades};
use crate::domain::level::Level;
use crate::domain::profile::DigestAlgorithm;
use crate::pki::certificate::Certificate;
use crate::pki::cms::Existing;
use crate::pki::digest::Digest;
use crate::pki::path::{CertificatePool, PathSettings, TrustAnchor, find};
use crate::pki::timestamp::TimestampToken;
use crate::pki::validation_data::CollectedData;
use crate::seal::Limits;
use crate::seal::asic::long_term::ContainerStampPlan;
use crate::seal::cades::long_term::CmsStampPlan;
use crate::seal::pades::document_timestamp::TimestampPlan;
use crate::seal::xades::long_term::XmlStampPlan;

/// Which seals of a document are raised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WhichSeals {
    /// Every one of them. Timestamps are put into a document with one; those of a PDF, and the archive timestamps of
    /// containers with CAdES, are over all of it.
    All,
    /// The one with this value (as [`SignatureValue`] has it), which may be a countersignature. Signatures beside it keep
    /// the level that they have and hold as before.
    ///
    /// [`SignatureValue`]: crate::pki::signature::SignatureValue
    WithValue(Vec<u8>),
}

impl WhichSeals {
    pub(super) fn value(&self) -> Option<&[u8]> {
        match self {
            Self::WithValue(value) => Some(value),
            Self::All => None,
        }
    }
}

/// Adds to a sealed document what validating its signatures and timestamps takes beside the trust anchors.
/// What is returned has it for each of them: a path to a trust anchor that held, with a right word about
/// the revocation of every certificate on it, at the time of a later archive timestamp or now. The data
/// are those that were collected and those in the document.
///
/// # Errors
/// [`LongTermFault`]: the document has not level T, or the data do not suffice.
pub fn raise(
    document: Vec<u8>,
    collected: CollectedData,
    settings: &LongTermSettings<'_>,
) -> Result<Raised, LongTermFault> {
    raise_of(document, collected, settings, &WhichSeals::All)
}

/// As [`raise`], of some of its seals.
///
/// # Errors
/// As [`raise`]; [`LongTermFault::NoSeal`] when there is none with that value.
pub fn raise_of(
    document: Vec<u8>,
    collected: CollectedData,
    settings: &LongTermSettings<'_>,
    which: &WhichSeals,
) -> Result<Raised, LongTermFault> {
    let only = which.value();
    match inspect(&document) {
        Content::Pdf => pades::long_term::raise(document, collected, settings, only),
        Content::Xml => xades::long_term::raise(document, collected, settings, only),
        Content::Zip => asic::long_term::raise(document, collected, settings, only),
        _ if Existing::is_signed_data(&document) => {
            cades::long_term::raise(document, collected, settings, only)
        }
        other => Err(LongTermFault::Format(other.as_str())),
    }
}

/// Prepares a sealed document for a timestamp, which makes level T of level B: in a PDF over all of it, a token
/// of so many octets at most, in XML and CMS over the value of its one signature, whose content is given when it is
/// detached. The same document gives the same plan, so that a token may be asked for now and come later.
///
/// # Errors
/// [`LongTermFault`].
pub fn stamp(
    document: Vec<u8>,
    room: usize,
    limits: &Limits,
    content: Option<&[u8]>,
) -> Result<ArchivePlan, LongTermFault> {
    stamp_of(document, room, limits, content, &WhichSeals::All)
}

/// As [`stamp`], of one of several seals.
///
/// # Errors
/// As [`stamp`]; [`LongTermFault::NoSeal`] when there is none with that value.
pub fn stamp_of(
    document: Vec<u8>,
    room: usize,
    limits: &Limits,
    content: Option<&[u8]>,
    which: &WhichSeals,
) -> Result<ArchivePlan, LongTermFault> {
    let (only, mut notes) = (which.value(), Vec::new());
    let plan = match inspect(&document) {
        Content::Pdf => {
            notes = pades::long_term::check(&document, &limits.pdf)?;
            Stamping::Pdf(TimestampPlan::new(document, room, &limits.pdf)?)
        }
        Content::Xml => {
            let outside = |_: &str| content;
            Stamping::Xml(xades::long_term::stamp(document, limits, &outside, only)?)
        }
        Content::Zip => Stamping::Container(asic::long_term::stamp(document, limits, only)?),
        _ if Existing::is_signed_data(&document) => {
            Stamping::Cms(cades::long_term::stamp(document, content, only)?)
        }
        other => return Err(LongTermFault::Format(other.as_str())),
    };
    Ok(ArchivePlan { plan, level: Level::T, notes })
}

/// The seals of XML, a CMS or a container in their order, those of a CMS before who countersigned one of them; none of a
/// PDF, which is raised as a whole.
///
/// # Errors
/// What the reader refuses.
pub fn seals(document: &[u8], limits: &Limits) -> Result<Vec<HeldSeal>, LongTermFault> {
    match inspect(document) {
        Content::Xml => xades::long_term::seals(document, limits),
        Content::Pdf => Ok(Vec::new()),
        Content::Zip => asic::long_term::seals(document, limits),
        _ if Existing::is_signed_data(document) => cades::long_term::seals(document),
        other => Err(LongTermFault::Format(other.as_str())),
    }
}

/// Which seals of a document are to be raised to a level, one after the other, so that all have it: those that stand in
/// another before that, as its archive timestamp is to cover them as they will be.
///
/// # Errors
/// As [`seals`].
pub fn in_turn(
    document: &[u8],
    level: Level,
    limits: &Limits,
) -> Result<Vec<WhichSeals>, LongTermFault> {
    let mut seals = seals(document, limits)?;
    if seals.len() < 2 || (level == Level::Lta && asic::long_term::is_archived_as_one(document)) {
        return Ok(vec![WhichSeals::All]);
    }
    seals.retain(|seal| !seal.is_archived_around);
    Ok(seals.into_iter().rev().map(|seal| WhichSeals::WithValue(seal.value)).collect())
}

/// A document that lacks the token of a timestamp.
pub struct ArchivePlan {
    plan: Stamping,
    /// What the document has with it.
    level: Level,
    notes: Vec<String>,
}

/// How a timestamp comes into a document.
enum Stamping {
    Pdf(TimestampPlan),
    Xml(XmlStampPlan),
    Cms(CmsStampPlan),
    Container(ContainerStampPlan),
}

impl Raised {
    /// Prepares for an archive timestamp, of a PDF a token of so many octets at most, of XML and CMS with what a
    /// detached signature signs. The same document gives the same plan.
    ///
    /// # Errors
    /// [`LongTermFault::Pdf`], [`LongTermFault::Xml`], [`LongTermFault::Several`].
    pub fn archive(
        self,
        room: usize,
        limits: &Limits,
        content: Option<&[u8]>,
    ) -> Result<ArchivePlan, LongTermFault> {
        self.archive_of(room, limits, content, &WhichSeals::All)
    }

    /// As [`Raised::archive`], of one of several seals.
    ///
    /// # Errors
    /// As [`Raised::archive`]; [`LongTermFault::NoSeal`] when there is none with that value.
    pub fn archive_of(
        self,
        room: usize,
        limits: &Limits,
        content: Option<&[u8]>,
        which: &WhichSeals,
    ) -> Result<ArchivePlan, LongTermFault> {
        let (Self { bytes, notes, .. }, only) = (self, which.value());
        let plan = match inspect(&bytes) {
            Content::Pdf => Stamping::Pdf(TimestampPlan::new(bytes, room, &limits.pdf)?),
            Content::Xml => {
                let outside = |_: &str| content;
                Stamping::Xml(xades::long_term::archive(bytes, limits, &outside, only)?)
            }
            Content::Zip => Stamping::Container(asic::long_term::archive(bytes, limits, only)?),
            _ if Existing::is_signed_data(&bytes) => {
                Stamping::Cms(cades::long_term::archive(bytes, content, only)?)
            }
            other => return Err(LongTermFault::Format(other.as_str())),
        };
        Ok(ArchivePlan { plan, level: Level::Lta, notes })
    }
}

impl ArchivePlan {
    /// What there is to know about the document, as sentences.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// What the token has to be over.
    #[must_use]
    pub fn imprint(&self, algorithm: DigestAlgorithm) -> Digest {
        match &self.plan {
            Stamping::Pdf(plan) => plan.imprint(algorithm),
            Stamping::Xml(plan) => plan.imprint(algorithm),
            Stamping::Cms(plan) => plan.imprint(algorithm),
            Stamping::Container(plan) => plan.imprint(algorithm),
        }
    }

    /// Takes the token. Its TSA has a path to one of the trust anchors at the time that it says; whether it
    /// was revoked is asked when the seal is raised again. The limits are those of this step: a token may come much later,
    /// and to another thread.
    ///
    /// # Errors
    /// [`LongTermFault::NotOver`], [`LongTermFault::NoRoom`], [`LongTermFault::NotTrusted`]; a container that takes
    /// more than the limits.
    pub fn attach(
        self,
        token: &TimestampToken,
        trust: &[TrustAnchor],
        limits: &Limits,
    ) -> Result<Raised, LongTermFault> {
        let others = token.certificates().filter_map(|der| Certificate::from_der(der).ok());
        let pool = CertificatePool::new(trust.iter().cloned(), others);
        let settings = PathSettings::at(token.info().gen_time);
        find(&pool, token.certificate(), &settings, &mut |_| Ok(())).map_err(|found| {
            LongTermFault::NotTrusted { subject: token.certificate().subject(), found }
        })?;
        let bytes = match self.plan {
            Stamping::Pdf(plan) => plan.attach(token)?,
            Stamping::Xml(plan) => plan.attach(token)?,
            Stamping::Cms(plan) => plan.attach(token)?,
            Stamping::Container(plan) => plan.attach(token, limits)?,
        };
        Ok(Raised { bytes, level: self.level, changed: true, notes: self.notes })
    }
}
