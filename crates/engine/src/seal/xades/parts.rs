//! What a signature is rendered from.

use super::names::Names;
use super::tags::Tags;
use crate::domain::instant::Instant;
use crate::domain::profile::SignatureAlgorithm;
use crate::domain::xades::XadesProfile;
use crate::seal::Signer;

/// Everything a signature is rendered from.
pub(super) struct Parts<'a> {
    pub(super) profile: &'a XadesProfile,
    pub(super) algorithm: SignatureAlgorithm,
    pub(super) signer: &'a Signer,
    pub(super) at: Instant,
    pub(super) names: &'a Names,
    pub(super) tags: &'a Tags,
    /// Of a container: the Id of the reference to each file, and the file's media type.
    pub(super) files: &'a [(String, String)],
}
