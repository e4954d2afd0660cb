//! Writing a ZIP (PKWARE APPNOTE 6.3) whose bytes follow from its files and a time alone: no extra
//! fields, no comments, names in UTF-8, what is not packed already is stored.

use std::ops::Range;

use crate::domain::instant::Instant;

/// How the bytes of an entry are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PackMethod {
    Stored,
    Deflated,
}

/// Flag: the name is UTF-8 (APPNOTE, appendix D).
const UTF8_NAME: u16 = 1 << 11;

/// A ZIP being written. What is put in must be below 4 GiB altogether.
pub struct Packer {
    bytes: Vec<u8>,
    directory: Vec<u8>,
    entries: u16,
    date: u16,
    time: u16,
}

impl Packer {
    /// An empty one; every entry gets this time.
    #[must_use]
    pub fn new(at: Instant, capacity: usize) -> Self {
        let (date, time) = at.to_dos_date_time();
        Self::of_time(date, time, capacity)
    }

    /// An empty one; every entry gets the first time that ZIPs can write, so that files of the same names, contents and
    /// order always give the same bytes.
    #[must_use]
    pub fn timeless(capacity: usize) -> Self {
        // the first of January 1980
        Self::of_time((1 << 5) | 1, 0, capacity)
    }

    /// An empty one; every entry gets this time, as ZIPs write it.
    pub(super) fn of_time(date: u16, time: u16, capacity: usize) -> Self {
        let bytes = Vec::with_capacity(capacity);
        Self { bytes, directory: Vec::new(), entries: 0, date, time }
    }

    /// One that goes on behind the files of a ZIP, which keep their places: all that precedes its directory, the
    /// directory, and how many files that has.
    pub(super) fn behind(files: &[u8], directory: &[u8], entries: u16, at: Instant) -> Self {
        let mut packer = Self::new(at, files.len() + directory.len() + 16_384);
        packer.bytes.extend_from_slice(files);
        packer.directory.extend_from_slice(directory);
        packer.entries = entries;
        packer
    }

    /// Adds a file as it is; gives where its bytes stand.
    pub fn store(&mut self, name: &str, content: &[u8]) -> Range<usize> {
        let crc32 = crc32fast::hash(content);
        self.copy(name, PackMethod::Stored, crc32, narrow(content.len()), content)
    }

    /// Adds a file that is packed already; gives where its packed bytes stand.
    pub(super) fn copy(
        &mut self,
        name: &str,
        method: PackMethod,
        crc32: u32,
        length: u32,
        packed: &[u8],
    ) -> Range<usize> {
        let (needed, method) = match method {
            PackMethod::Stored => (10_u16, 0_u16),
            PackMethod::Deflated => (20, 8),
        };
        let flags = if name.is_ascii() { 0 } else { UTF8_NAME };
        let mut common = Vec::with_capacity(26);
        for number in [needed, flags, method, self.time, self.date] {
            common.extend(number.to_le_bytes());
        }
        for number in [crc32, narrow(packed.len()), length] {
            common.extend(number.to_le_bytes());
        }
        // Names are checked to be shorter; there is no extra field.
        common.extend(u16::try_from(name.len()).unwrap_or_default().to_le_bytes());
        common.extend([0, 0]);

        let offset = narrow(self.bytes.len());
        // Made on Unix: there unzip takes names as they are, elsewhere for those of an old code page.
        self.directory.extend(*b"PK\x01\x02\x14\x03");
        self.directory.extend_from_slice(&common);
        // No comment, disk 0; a plain file that its owner may write and everybody read.
        self.directory.extend([0; 6]);
        self.directory.extend((0o100_644_u32 << 16).to_le_bytes());
        self.directory.extend(offset.to_le_bytes());
        self.directory.extend(name.bytes());
        self.entries = self.entries.saturating_add(1);

        self.bytes.extend(*b"PK\x03\x04");
        self.bytes.extend(common);
        self.bytes.extend(name.bytes());
        let start = self.bytes.len();
        self.bytes.extend_from_slice(packed);
        start..self.bytes.len()
    }

    /// The ZIP.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.finish_with(&[])
    }

    /// The ZIP with a comment, which has at most 65,535 octets.
    pub(super) fn finish_with(mut self, comment: &[u8]) -> Vec<u8> {
        let offset = narrow(self.bytes.len());
        let length = narrow(self.directory.len());
        self.bytes.extend(self.directory);
        self.bytes.extend(*b"PK\x05\x06\x00\x00\x00\x00");
        self.bytes.extend(self.entries.to_le_bytes());
        self.bytes.extend(self.entries.to_le_bytes());
        self.bytes.extend(length.to_le_bytes());
        self.bytes.extend(offset.to_le_bytes());
        self.bytes.extend(u16::try_from(comment.len()).unwrap_or_default().to_le_bytes());
        self.bytes.extend_from_slice(comment);
        self.bytes
    }
}

/// Lengths and offsets are limited where files are taken in.
fn narrow(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
