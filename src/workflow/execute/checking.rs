//! The check of a seal before it is released, where the installation has it so. That operators are told is said where
//! documents are recorded.

use crate::app::{App, patience};
use crate::pki::path::TrustAnchor;
use crate::seal::{Limits, Profile, Sealed};
use crate::verify::{self, KeptSeal, MadeSeal, OwnSealFault, RaisedSeal};

/// How many times longer than the work before a key is used the look at a seal may take: it is a look at the
/// document from all sides, and who had a document prepared in time is not to be told that its seal is wrong.
const LOOK: u64 = 4;

/// How seals are looked at.
pub(super) struct OwnCheck {
    checks: bool,
    limits: Limits,
    document_ms: u64,
    /// What the paths of raised seals lead to.
    pub(super) trust: Vec<TrustAnchor>,
}

impl OwnCheck {
    pub(super) fn of(app: &App) -> Self {
        Self {
            checks: app.execution.check_seals,
            limits: app.seal_limits.clone(),
            document_ms: app.execution.document_ms,
            trust: app.evidence.trust.clone(),
        }
    }

    fn limits(&self) -> Limits {
        let ms = self.document_ms.saturating_mul(LOOK);
        self.limits.with_patience(patience::of_document(ms))
    }

    /// Of a seal at level B or T.
    pub(super) fn sealed(&self, sealed: &Sealed, profile: &Profile) -> Result<(), OwnSealFault> {
        self.made(sealed.bytes(), &MadeSeal::of(sealed, profile))
    }

    /// The same, of its file.
    pub(super) fn made(&self, file: &[u8], made: &MadeSeal<'_>) -> Result<(), OwnSealFault> {
        if self.checks { verify::check_own(file, made, &self.limits()) } else { Ok(()) }
    }

    /// Of a seal that was raised, by what is in its file.
    pub(super) fn raised(&self, file: &[u8], seal: &RaisedSeal<'_>) -> Result<(), OwnSealFault> {
        if self.checks { verify::check_raised(file, seal, &self.limits()) } else { Ok(()) }
    }

    /// Of a seal that was released before and is raised, whether or not seals are checked.
    pub(super) fn kept(&self, file: &[u8], kept: &KeptSeal<'_>) -> Result<(), OwnSealFault> {
        verify::check_kept(file, kept, &self.limits())
    }

    /// Whether seals are checked before they are released.
    pub(super) const fn is_on(&self) -> bool {
        self.checks
    }

    /// What is needed to find out whose fault it is that a seal cannot be raised.
    pub(super) fn copied(&self, file: &[u8]) -> Option<Vec<u8>> {
        self.checks.then(|| file.to_vec())
    }
}
