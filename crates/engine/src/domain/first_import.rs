//! The first import of a credential: certificates for a key that one person proposes and another one confirms.

use super::ids::{CredentialId, PersonId};
use super::instant::Instant;
use super::renewal::RenewalState;

/// Certificates that are to become a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialImport {
    /// Of the credential that it becomes.
    pub id: CredentialId,
    /// What that is to be called.
    pub alias: String,
    /// Where its key is.
    pub backend: String,
    /// DER certificates, signing certificate first, then each issuer of the one before.
    pub chain_der: Vec<Vec<u8>>,
    pub state: RenewalState,
    pub proposed_by: PersonId,
    pub proposed: Instant,
    /// Who confirmed or refused it.
    pub decided_by: Option<PersonId>,
    pub decided: Option<Instant>,
}
