//! What raising a level goes by, and what comes of it, in every format.

use crate::domain::instant::Instant;
use crate::domain::level::Level;
use crate::pki::path::TrustAnchor;
use crate::seal::Limits;

/// What validation data are held against.
#[derive(Clone, Copy)]
pub struct LongTermSettings<'a> {
    /// Whom whoever asks trusts: issuers of seals and of TSAs.
    pub trust: &'a [TrustAnchor],
    /// Now.
    pub at: Instant,
    pub limits: &'a Limits,
    /// What a detached signature signs.
    pub content: Option<&'a [u8]>,
}

/// A sealed document that something was added to.
#[derive(Debug)]
pub struct Raised {
    /// The document.
    pub bytes: Vec<u8>,
    /// T with a timestamp alone; LT with the validation data of every seal, LTA when an archive timestamp
    /// covers them.
    pub level: Level,
    /// Whether anything had to be added.
    pub changed: bool,
    /// What whoever asked should know, as sentences.
    pub notes: Vec<String>,
}
