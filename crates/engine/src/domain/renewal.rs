//! The renewal of a credential: certificates that one person proposes and another one confirms.

use super::ids::{CredentialId, PersonId, RenewalId};
use super::instant::Instant;

/// Certificates that are to take the place of those of a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialRenewal {
    pub id: RenewalId,
    /// Which seals until then.
    pub credential: CredentialId,
    /// What the new credential is to be called.
    pub alias: String,
    /// DER certificates, signing certificate first, then each issuer of the one before.
    pub chain_der: Vec<Vec<u8>>,
    pub state: RenewalState,
    pub proposed_by: PersonId,
    pub proposed: Instant,
    /// Who confirmed or refused it.
    pub decided_by: Option<PersonId>,
    pub decided: Option<Instant>,
}

/// What became of a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RenewalState {
    /// It waits for a second person.
    Open,
    /// It seals.
    Confirmed,
    Refused,
}

impl RenewalState {
    /// As stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Confirmed => "CONFIRMED",
            Self::Refused => "REFUSED",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Open, Self::Confirmed, Self::Refused].into_iter().find(|it| it.as_str() == text)
    }
}
