//! Whether the signatures of a file hold (ETSI EN 319 102-1 V1.4.1): bytes in, a report out. Strict: what is
//! not covered, not known or was not looked at never passes, and the report names what was verified.
//!
//! ```text
//! verify(file, settings) ─► VerificationReport
//!     xml ─► references, coverage, signed properties    seal/reading says what is there
//!     cms ─► signers, their attributes and contents     pki/cms
//!     asic ─► every signature of a container covers every document, by itself or by its manifest
//!     existence ─► what archive timestamps keep
//!     trust ─► path, revocation, dates                  pki/path, pki/revocation
//!     algorithms ─► ends by the calendar                pki/calendar
//! ```
//!
//! Time, trust anchors and revocation data are arguments; nothing is fetched. Validation is that of 5.3
//! (basic signatures), with the time of a signature timestamp that holds (5.5) and what archive timestamps
//! prove (5.6).
//!
//! `etsi` writes a report as XML (ETSI TS 119 102-2), `summary` in few words.
//!
//! `own` asks the same of a seal of ours before it is released.

mod algorithms;
mod asic;
mod cms;
mod coverage;
mod etsi;
mod evidence;
mod existence;
mod indication;
mod manifest;
mod objects;
mod own;
mod pdf;
mod properties;
mod report;
mod signer;
mod summary;
mod timestamps;
mod trust;
pub mod trusted_list;
mod xml;

pub use etsi::{DocumentDigest, validation_report};
pub use evidence::{EvidenceChainFacts, EvidenceReport, EvidenceStampFacts, verify_evidence};
pub use indication::{Indication, SubIndication, VerificationFinding};
pub use objects::{SeenObject, SeenObjects};
pub use own::{
    KeptSeal, MadeSeal, OwnSealFault, RaisedSeal, SealFacts, check_kept, check_own, check_raised,
};
pub use report::{
    AlgorithmFacts, CoveredFacts, NamedRange, PolicyFacts, RevocationFacts, SignerFacts,
    TimestampFacts, VerificationReport, VerifiedFile, VerifiedSignature,
};
pub use summary::{SignatureSummary, VerificationSummary};

use std::sync::Arc;

use self::trust::Questions;
use self::trusted_list::TrustedServices;
use crate::domain::instant::Instant;
use crate::pki::calendar::Calendar;
use crate::pki::certificate::Certificate;
use crate::pki::path::TrustAnchor;
use crate::pki::revocation::crl::Crl;
use crate::pki::revocation::ocsp::OcspResponse;
use crate::seal::Limits;
use crate::seal::inspect::{Content, inspect};
use crate::seal::reading::Existing;

/// Whether revocation is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevocationDemand {
    /// Of every certificate of a path it must be known that it is not revoked.
    Asked,
    /// Nobody asks.
    NotAsked,
}

/// What signatures are held against.
#[derive(Clone, Debug)]
pub struct VerifySettings {
    /// Where trust begins.
    pub anchors: Vec<TrustAnchor>,
    /// Certificates that may lie between, beside those in the file.
    pub certificates: Vec<Certificate>,
    /// The time at which it must hold.
    pub at: Instant,
    pub revocation: RevocationDemand,
    /// Revocation lists beside those in the file.
    pub lists: Vec<Crl>,
    /// Answers of OCSP responders beside those in the file.
    pub answers: Vec<OcspResponse>,
    /// Until when algorithms are accepted.
    pub calendar: Calendar,
    /// What the file may ask of its readers.
    pub limits: Limits,
    /// What a detached signature is over.
    pub detached: Option<Vec<u8>>,
    /// What trusted lists say: trust begins there too, and a report says whether a signature is qualified.
    pub services: Option<Arc<TrustedServices>>,
}

impl VerifySettings {
    /// Trusts some certificates at a time, with the calendar and the limits that come with the program.
    #[must_use]
    pub fn new(anchors: Vec<TrustAnchor>, at: Instant) -> Self {
        Self {
            anchors,
            certificates: Vec::new(),
            at,
            revocation: RevocationDemand::Asked,
            lists: Vec::new(),
            answers: Vec::new(),
            calendar: Calendar::default(),
            limits: Limits::default(),
            detached: None,
            services: None,
        }
    }
}

/// Verifies every signature of a file. A format that is not known here is reported as such and never passes.
#[must_use]
pub fn verify(file: &[u8], settings: &VerifySettings) -> VerificationReport {
    let content = inspect(file);
    match content {
        Content::Xml => xml::verify(file, settings),
        Content::Other if Existing::is_signed_data(file) => {
            cms::verify(file, settings.detached.as_deref(), &Questions::new(settings))
        }
        Content::Pdf => pdf::verify(file, settings),
        Content::Zip => asic::verify(file, &Questions::new(settings)),
        Content::Other | Content::Empty => {
            let text = format!("signatures of {} are not looked at", content.as_str());
            let finding = VerificationFinding::new(SubIndication::Generic, text);
            let at = settings.at.to_rfc3339();
            VerificationReport::new(content.as_str(), at, Vec::new(), vec![finding])
        }
    }
}
