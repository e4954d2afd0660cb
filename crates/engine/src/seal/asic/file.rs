//! One file of a container.

use std::ops::Range;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::pack::PackMethod;
use crate::pki::digest::Digest;

/// One file of a container, digested.
pub(in crate::seal) struct ContainerFile {
    pub(in crate::seal) name: String,
    pub(in crate::seal) media_type: String,
    pub(in crate::seal) digest: Digest,
    pub(super) method: PackMethod,
    pub(super) crc32: u32,
    pub(super) length: u32,
    /// Where its bytes, packed or not, stand in the document.
    pub(super) packed: Range<usize>,
}

impl ContainerFile {
    /// Its name as a relative URI (RFC 3986, 4.2).
    pub(in crate::seal) fn uri(&self) -> String {
        uri_of(&self.name)
    }
}

/// A name as a relative URI (RFC 3986, 4.2).
pub(super) fn uri_of(name: &str) -> String {
    const ESCAPED: &AsciiSet =
        &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');
    utf8_percent_encode(name, ESCAPED).to_string()
}
