//! In which words the authorities differ.

use crate::domain::profile::{Canonicalization, SignatureAlgorithm};

/// The words of one authority.
pub(super) struct AuthorityForm {
    pub(super) authority: &'static str,
    /// Name of the profile that has its settings.
    pub(super) profile: &'static str,
    pub(super) canonicalization: Canonicalization,
    pub(super) algorithm: SignatureAlgorithm,
    /// Written as transforms; see `octets` for what is done.
    pub(super) xpaths: &'static [&'static str],
    pub(super) signature_id: &'static str,
    pub(super) document_id: &'static str,
    pub(super) properties_id: &'static str,
    /// Blanks before `ds:Signature` when the authority's own documents are written in lines.
    pub(super) indentation: Option<usize>,
}
