//! What archive timestamps prove: that a signature was there when they were made, with all that it took to
//! validate it (EN 319 102-1, 5.6.2). What was right then stays right, whatever becomes of certificates,
//! lists and algorithms; what became known later of an earlier revocation still counts.

use super::RevocationDemand;
use super::trust::{self, Asked, ExaminedPath, Questions, TrustTimes, ValidationData};
use crate::domain::instant::Instant;
use crate::domain::level::Level;
use crate::pki::certificate::Certificate;

/// An archive timestamp that holds.
#[derive(Clone)]
pub(super) struct ArchiveProof {
    /// What it says.
    pub(super) at: Instant,
    /// The validation data that it covers.
    pub(super) data: ValidationData,
}

/// What is known of a signature, or of a timestamp.
#[derive(Clone, Copy)]
pub(super) struct Existence<'e> {
    /// All validation data of its file.
    pub(super) data: &'e ValidationData,
    /// The archive timestamps over it that hold, the earliest first.
    pub(super) archives: &'e [ArchiveProof],
}

impl Existence<'_> {
    /// When it is proven to have been there, by archive timestamps or by something else.
    pub(super) fn since(&self, otherwise: Option<Instant>) -> Option<Instant> {
        let archived = self.archives.iter().map(|archive| archive.at);
        archived.chain(otherwise).min()
    }

    /// Looks for a path of a certificate that signed it: by what is known now or, where that does not do, by what
    /// an archive timestamp keeps, at its time.
    pub(super) fn examine(
        &self,
        certificate: &Certificate,
        otherwise: Option<Instant>,
        questions: &Questions<'_>,
    ) -> ExaminedPath {
        let (at, revocation) = (questions.settings.at, questions.settings.revocation);
        let proven = self.since(otherwise);
        let times = TrustTimes { at, proven };
        let asked = Asked { data: self.data, times, alone: false, revocation };
        let now = trust::examine(certificate, asked, questions);
        if now.findings.is_empty() || now.is_revoked() {
            return now;
        }
        let then = self.archives.iter().map(|archive| {
            trust::examine(certificate, archive.asked(proven, revocation), questions)
        });
        then.into_iter().find(|then| then.findings.is_empty()).unwrap_or(now)
    }

    /// Which level these certificates of signers and TSAs make of a signature that is proven to have been there:
    /// LTA when an archive timestamp keeps all that it takes to validate them, LT when it is in the file.
    pub(super) fn level(
        &self,
        signers: &[(&Certificate, Option<Instant>)],
        questions: &Questions<'_>,
    ) -> Level {
        let holds = |data: &ValidationData, at: Instant| {
            signers.iter().all(|(certificate, otherwise)| {
                let times = TrustTimes { at, proven: self.since(*otherwise) };
                let revocation = RevocationDemand::Asked;
                let asked = Asked { data, times, alone: true, revocation };
                trust::examine(certificate, asked, questions).findings.is_empty()
            })
        };
        let kept =
            |archive: &ArchiveProof| archive.data.has_words() && holds(&archive.data, archive.at);
        if self.archives.iter().any(kept) {
            return Level::Lta;
        }
        let is_enough = self.data.has_words() && holds(self.data, questions.settings.at);
        if is_enough { Level::Lt } else { Level::T }
    }
}

impl ArchiveProof {
    /// The question as somebody could have asked it when this was made.
    fn asked(&self, proven: Option<Instant>, revocation: RevocationDemand) -> Asked<'_> {
        let times = TrustTimes { at: self.at, proven };
        Asked { data: &self.data, times, alone: true, revocation }
    }
}
