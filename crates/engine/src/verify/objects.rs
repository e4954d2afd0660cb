//! What a signature was verified with: certificates, lists, answers and timestamps as they are written in a report in
//! XML. The report in JSON names them only.

use std::cell::OnceCell;
use std::fmt;
use std::sync::Arc;

use crate::domain::text::hex;
use crate::pki::digest::sha256;

/// Octets of one thing that are kept; of longer ones (lists of a whole country) the digest is.
const KEPT_OCTETS: usize = 256 << 10;

/// One thing in DER. Copies of it share its octets.
#[derive(Clone, PartialEq, Eq)]
pub struct SeenObject {
    sha256: [u8; 32],
    octets: Option<Arc<[u8]>>,
}

impl SeenObject {
    pub(super) fn of(der: &[u8]) -> Self {
        let octets = (der.len() <= KEPT_OCTETS).then(|| der.into());
        Self { sha256: sha256(der), octets }
    }

    /// Its SHA-256.
    #[must_use]
    pub const fn sha256(&self) -> [u8; 32] {
        self.sha256
    }

    /// Its octets; none when it is too long to be kept.
    #[must_use]
    pub fn octets(&self) -> Option<&[u8]> {
        self.octets.as_deref()
    }
}

/// Something that was read, and what a report has of it, which is made when it is asked for.
#[derive(Debug)]
pub(super) struct HeldObject<T> {
    pub(super) read: T,
    seen: OnceCell<SeenObject>,
}

impl<T> HeldObject<T> {
    pub(super) const fn new(read: T) -> Self {
        Self { read, seen: OnceCell::new() }
    }

    /// What a report has of it. `der` is all of it.
    pub(super) fn seen(&self, der: impl FnOnce(&T) -> &[u8]) -> SeenObject {
        self.seen.get_or_init(|| SeenObject::of(der(&self.read))).clone()
    }
}

/// Not the octets: reports are printed.
impl fmt::Debug for SeenObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.sha256))
    }
}

/// What one signature was verified with. Empty where it was not asked whose it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeenObjects {
    /// Common name of the signing certificate.
    pub name: String,
    /// Organization of the signing certificate.
    pub organization: Option<String>,
    /// The signing certificate first; then, when a path holds, those on the way to the trust anchor and that itself.
    pub certificates: Vec<SeenObject>,
    /// Lists and answers that were there to look into.
    pub lists: Vec<SeenObject>,
    pub answers: Vec<SeenObject>,
}
