//! A credential: a certificate chain and the handle of the key behind it.

use super::ids::CredentialId;
use super::instant::Instant;

/// A certificate chain with the place of its private key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    pub id: CredentialId,
    /// Operator's name for it, unique.
    pub alias: String,
    /// Name of the key back-end in the configuration that holds the key.
    pub backend: String,
    /// DER certificates, signing certificate first, then each issuer of the one before.
    pub chain_der: Vec<Vec<u8>>,
    pub status: CredentialStatus,
    pub created: Instant,
}

/// Whether a credential may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialStatus {
    Active,
    Disabled,
}

impl CredentialStatus {
    /// As stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Disabled => "DISABLED",
        }
    }

    /// The status of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Active, Self::Disabled].into_iter().find(|status| status.as_str() == text)
    }
}
