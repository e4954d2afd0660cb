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
pub(super) mod settings;

pub use fault::LongTermFault;
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
use crate::seal::asic::long_term::{ContainerStampPlan, RightSignatures};
use crate::seal::cades::long_term::CmsStampPlan;
use crate::seal::pades::document_timestamp::TimestampPlan;
use crate::seal::xades::long_term::XmlStampPlan;

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
    raise_of(document, collected, settings, None)
}

/// As [`raise`], of the one seal with this value (as [`crate::pki::signature::SignatureValue`] has it), which may be a
/// countersignature. Signatures beside it keep the level that they have and hold as before. A container is raised as a
/// whole.
///
/// # Errors
/// As [`raise`].
pub fn raise_seal(
    document: Vec<u8>,
    collected: CollectedData,
    settings: &LongTermSettings<'_>,
    value: &[u8],
) -> Result<Raised, LongTermFault> {
    raise_of(document, collected, settings, Some(value))
}

fn raise_of(
    document: Vec<u8>,
    collected: CollectedData,
    settings: &LongTermSettings<'_>,
    only: Option<&[u8]>,
) -> Result<Raised, LongTermFault> {
    match inspect(&document) {
        Content::Pdf => pades::long_term::raise(document, collected, settings, only),
        Content::Xml => xades::long_term::raise(document, collected, settings, only),
        Content::Zip => asic::long_term::raise(document, collected, settings, RightSignatures::All),
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
    stamp_of(document, room, limits, (content, None))
}

/// As [`stamp`], of the one seal of XML or CMS with this value, whatever stands beside it.
///
/// # Errors
/// As [`stamp`].
pub fn stamp_seal(
    document: Vec<u8>,
    room: usize,
    limits: &Limits,
    content: Option<&[u8]>,
    value: &[u8],
) -> Result<ArchivePlan, LongTermFault> {
    stamp_of(document, room, limits, (content, Some(value)))
}

fn stamp_of(
    document: Vec<u8>,
    room: usize,
    limits: &Limits,
    (content, only): (Option<&[u8]>, Option<&[u8]>),
) -> Result<ArchivePlan, LongTermFault> {
    match inspect(&document) {
        Content::Pdf => {
            let notes = pades::long_term::check(&document, &limits.pdf)?;
            let plan = Stamping::Pdf(TimestampPlan::new(document, room, &limits.pdf)?);
            Ok(ArchivePlan { plan, level: Level::T, notes })
        }
        Content::Xml => {
            let outside = |_: &str| content;
            let plan = Stamping::Xml(xades::long_term::stamp(document, limits, &outside, only)?);
            Ok(ArchivePlan { plan, level: Level::T, notes: Vec::new() })
        }
        Content::Zip => {
            let right = RightSignatures::All;
            let plan = Stamping::Container(asic::long_term::stamp(document, limits, right)?);
            Ok(ArchivePlan { plan, level: Level::T, notes: Vec::new() })
        }
        _ if Existing::is_signed_data(&document) => {
            let plan = Stamping::Cms(cades::long_term::stamp(document, content, only)?);
            Ok(ArchivePlan { plan, level: Level::T, notes: Vec::new() })
        }
        other => Err(LongTermFault::Format(other.as_str())),
    }
}

/// The values of the seals of XML or a CMS, each of which has a level for itself ([`raise_seal`]); none of what is raised as
/// a whole.
///
/// # Errors
/// What the reader refuses.
pub fn seals(document: &[u8], limits: &Limits) -> Result<Vec<Vec<u8>>, LongTermFault> {
    match inspect(document) {
        Content::Xml => xades::long_term::values(document, limits),
        Content::Pdf | Content::Zip => Ok(Vec::new()),
        _ if Existing::is_signed_data(document) => cades::long_term::values(document),
        other => Err(LongTermFault::Format(other.as_str())),
    }
}

/// As [`raise`], of the last signature of a container alone: that which was put beside those that were there
/// ([`Profile::is_beside_in_container`]). Of these nothing is asked, and nothing is added to them.
///
/// [`Profile::is_beside_in_container`]: crate::seal::Profile::is_beside_in_container
///
/// # Errors
/// As [`raise`]; [`LongTermFault::Format`] of what is no container.
pub fn raise_newest(
    container: Vec<u8>,
    collected: CollectedData,
    settings: &LongTermSettings<'_>,
) -> Result<Raised, LongTermFault> {
    check_container(&container)?;
    asic::long_term::raise(container, collected, settings, RightSignatures::Newest)
}

/// As [`stamp`], of the last signature of a container alone.
///
/// # Errors
/// As [`stamp`].
pub fn stamp_newest(container: Vec<u8>, limits: &Limits) -> Result<ArchivePlan, LongTermFault> {
    check_container(&container)?;
    let plan = asic::long_term::stamp(container, limits, RightSignatures::Newest)?;
    let plan = Stamping::Container(plan);
    Ok(ArchivePlan { plan, level: Level::T, notes: Vec::new() })
}

fn check_container(document: &[u8]) -> Result<(), LongTermFault> {
    match inspect(document) {
        Content::Zip => Ok(()),
        other => Err(LongTermFault::Format(other.as_str())),
    }
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
        self.archive_of(room, limits, content, None)
    }

    /// As [`Raised::archive`], of the one seal with this value, whatever stands beside it.
    ///
    /// # Errors
    /// As [`Raised::archive`].
    pub fn archive_seal(
        self,
        room: usize,
        limits: &Limits,
        content: Option<&[u8]>,
        value: &[u8],
    ) -> Result<ArchivePlan, LongTermFault> {
        self.archive_of(room, limits, content, Some(value))
    }

    fn archive_of(
        self,
        room: usize,
        limits: &Limits,
        content: Option<&[u8]>,
        only: Option<&[u8]>,
    ) -> Result<ArchivePlan, LongTermFault> {
        let plan = match inspect(&self.bytes) {
            Content::Pdf => Stamping::Pdf(TimestampPlan::new(self.bytes, room, &limits.pdf)?),
            Content::Xml => {
                let outside = |_: &str| content;
                Stamping::Xml(xades::long_term::archive(self.bytes, limits, &outside, only)?)
            }
            Content::Zip => {
                let right = RightSignatures::All;
                Stamping::Container(asic::long_term::archive(self.bytes, limits, right)?)
            }
            _ if Existing::is_signed_data(&self.bytes) => {
                Stamping::Cms(cades::long_term::archive(self.bytes, content, only)?)
            }
            other => return Err(LongTermFault::Format(other.as_str())),
        };
        Ok(ArchivePlan { plan, level: Level::Lta, notes: self.notes })
    }

    /// As [`Raised::archive`], for the last signature of a container: of XAdES over that alone, of CAdES over all
    /// files.
    ///
    /// # Errors
    /// As [`Raised::archive`].
    pub fn archive_newest(self, limits: &Limits) -> Result<ArchivePlan, LongTermFault> {
        check_container(&self.bytes)?;
        let plan = asic::long_term::archive(self.bytes, limits, RightSignatures::Newest)?;
        let plan = Stamping::Container(plan);
        Ok(ArchivePlan { plan, level: Level::Lta, notes: self.notes })
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
    /// was revoked is asked when the seal is raised again.
    ///
    /// # Errors
    /// [`LongTermFault::NotOver`], [`LongTermFault::NoRoom`], [`LongTermFault::NotTrusted`].
    pub fn attach(
        self,
        token: &TimestampToken,
        trust: &[TrustAnchor],
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
            Stamping::Container(plan) => plan.attach(token)?,
        };
        Ok(Raised { bytes, level: self.level, changed: true, notes: self.notes })
    }
}
