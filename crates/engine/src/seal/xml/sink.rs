//! Where canonical octets go, and the escapes of Canonical XML 1.0, 2.3, on their way there.

use crate::domain::profile::DigestAlgorithm;
use crate::pki::digest::{Digest, Hasher};

/// Where canonical octets go.
pub trait Sink {
    /// Takes the next octets.
    fn write(&mut self, octets: &[u8]);

    /// Whether it takes no more: whoever writes may stop, as the octets are worth nothing.
    #[inline]
    fn is_full(&self) -> bool {
        false
    }
}

impl Sink for Vec<u8> {
    #[inline]
    fn write(&mut self, octets: &[u8]) {
        self.extend_from_slice(octets);
    }
}

/// A sink that digests. Octets are gathered first, because they come a few at a time.
pub struct DigestSink {
    hasher: Hasher,
    gathered: Vec<u8>,
}

impl DigestSink {
    const GATHER: usize = 8192;

    /// Starts a digest.
    #[must_use]
    pub fn new(algorithm: DigestAlgorithm) -> Self {
        Self { hasher: Hasher::new(algorithm), gathered: Vec::with_capacity(Self::GATHER) }
    }

    /// Ends the digest.
    #[must_use]
    pub fn finish(mut self) -> Digest {
        self.hasher.update(&self.gathered);
        self.hasher.finish()
    }
}

impl Sink for DigestSink {
    #[inline]
    fn write(&mut self, octets: &[u8]) {
        if self.gathered.len() + octets.len() > Self::GATHER {
            self.hasher.update(&self.gathered);
            self.gathered.clear();
            if octets.len() >= Self::GATHER {
                self.hasher.update(octets);
                return;
            }
        }
        self.gathered.extend_from_slice(octets);
    }
}

/// Writes an attribute value with the escapes of Canonical XML 1.0, 2.3.
pub fn write_attribute_value<S: Sink>(value: &str, sink: &mut S) {
    escape(value.as_bytes(), attribute_escape, sink);
}

/// Writes character data with the escapes of Canonical XML 1.0, 2.3.
pub fn write_text<S: Sink>(text: &str, sink: &mut S) {
    escape(text.as_bytes(), text_escape, sink);
}

/// Whether [`write_attribute_value`] writes a value as it is.
pub(super) fn is_plain_attribute(value: &str) -> bool {
    find_special(value.as_bytes(), &attribute_escape).is_none()
}

/// Whether [`write_text`] writes a text as it is.
pub(super) fn is_plain_text(text: &str) -> bool {
    find_special(text.as_bytes(), &text_escape).is_none()
}

/// Writes the content of a comment or processing instruction: everything stays, and a parsed one
/// has no carriage return.
pub fn write_markup<S: Sink>(text: &str, sink: &mut S) {
    escape(text.as_bytes(), carriage_return_escape, sink);
}

/// Writes octets, replacing those for which `entity` has a replacement.
#[inline]
fn escape<S: Sink>(octets: &[u8], entity: impl Fn(u8) -> Option<&'static [u8]>, sink: &mut S) {
    let mut rest = octets;
    while let Some(at) = find_special(rest, &entity) {
        let (plain, from) = rest.split_at(at);
        sink.write(plain);
        let Some((special, after)) = from.split_first() else { return };
        sink.write(entity(*special).unwrap_or_default());
        rest = after;
    }
    sink.write(rest);
}

/// Finds the first octet that has an entity. Looks at whole blocks first: without an early way out
/// inside a block, the compiler compares many octets at once.
#[inline]
fn find_special(octets: &[u8], entity: &impl Fn(u8) -> Option<&'static [u8]>) -> Option<usize> {
    const BLOCK: usize = 16;
    let is_special = |octet: &u8| entity(*octet).is_some();
    let mut start = 0;
    for block in octets.chunks_exact(BLOCK) {
        if block.iter().fold(false, |found, octet| found | is_special(octet)) {
            break;
        }
        start += BLOCK;
    }
    let tail = octets.get(start..)?;
    tail.iter().position(is_special).map(|at| start + at)
}

const fn text_escape(octet: u8) -> Option<&'static [u8]> {
    match octet {
        b'&' => Some(b"&amp;"),
        b'<' => Some(b"&lt;"),
        b'>' => Some(b"&gt;"),
        b'\r' => Some(b"&#xD;"),
        _ => None,
    }
}

const fn attribute_escape(octet: u8) -> Option<&'static [u8]> {
    match octet {
        b'&' => Some(b"&amp;"),
        b'<' => Some(b"&lt;"),
        b'"' => Some(b"&quot;"),
        b'\t' => Some(b"&#x9;"),
        b'\n' => Some(b"&#xA;"),
        b'\r' => Some(b"&#xD;"),
        _ => None,
    }
}

const fn carriage_return_escape(octet: u8) -> Option<&'static [u8]> {
    match octet {
        b'\r' => Some(b"&#xD;"),
        _ => None,
    }
}
