//! Bytes to text: decoding, line-end normalisation, and the way back to byte offsets.
//!
//! `declaration` decides the encoding, `encoding` decodes strictly; bytes that contradict what is
//! declared are refused with their offset.

use std::borrow::Cow;

use super::declaration::Prolog;
use super::encoding::Encoding;
use crate::domain::refusal::Refusal;

/// A decoded document: its text after byte order mark and XML declaration, with every line end as
/// one line feed (XML 1.0, 2.11). Character references are not line ends and stay as they are.
pub struct Source<'a> {
    original: &'a [u8],
    encoding: Encoding,
    body: usize,
    /// Line and column where the text begins.
    start: (u32, u32),
    text: Cow<'a, str>,
}

impl<'a> Source<'a> {
    /// Decodes a document. UTF-8 without carriage returns is not copied.
    ///
    /// # Errors
    /// The encoding, the XML declaration, or a character that XML 1.0 does not have.
    pub fn read(original: &'a [u8]) -> Result<Self, Refusal> {
        if original.is_empty() {
            return Err(Refusal::DocumentEmpty);
        }
        let Prolog { encoding, declared, declaration, end: body } = Prolog::read(original)?;
        let bytes = original.get(body..).unwrap_or_default();
        let text = match encoding.decode(bytes) {
            Ok(text) => normalise_line_ends(text),
            Err(at) => {
                return Err(Refusal::EncodingContradicted { declared, offset: body + at });
            }
        };
        let start = advance((1, 1), &normalise_line_ends(declaration));
        let source = Self { original, encoding, body, start, text };
        match find_forbidden(source.text()) {
            None => Ok(source),
            Some((offset, code)) => {
                let detail = format!("character U+{code:04X} is not allowed in XML; remove it");
                Err(source.malformed(offset, detail))
            }
        }
    }

    /// The text that parsers get.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The encoding of the original.
    #[must_use]
    pub const fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// As [`Encoding::encode`], in the encoding of the original.
    #[must_use]
    pub fn encode<'t>(&self, text: &'t str) -> Cow<'t, [u8]> {
        self.encoding.encode(text)
    }

    /// Where an offset of [`Source::text`] lies in the original bytes. An offset at a normalised
    /// line end means the first byte of that line end, one inside a character its first byte.
    #[must_use]
    pub fn original_offset(&self, offset: usize) -> usize {
        Walk::new(self).to(offset)
    }

    /// As [`Source::original_offset`] for many offsets: one pass when they ascend, and right but
    /// slower when they do not.
    #[must_use]
    pub fn original_offsets(&self, offsets: &[usize]) -> Vec<usize> {
        let mut walk = Walk::new(self);
        offsets.iter().map(|offset| walk.to(*offset)).collect()
    }

    /// How many bytes of the original byte order mark and XML declaration take.
    #[must_use]
    pub const fn body(&self) -> usize {
        self.body
    }

    /// A refusal that names line and column of an offset of [`Source::text`].
    #[must_use]
    pub fn malformed(&self, offset: usize, detail: String) -> Refusal {
        let (line, column) = self.position(offset);
        Refusal::XmlMalformed { detail, line, column }
    }

    /// Line and column in the original of an offset of [`Source::text`], both from 1; columns count
    /// characters.
    #[must_use]
    pub fn position(&self, offset: usize) -> (u32, u32) {
        let end = self.text.floor_char_boundary(offset);
        advance(self.start, self.text.get(..end).unwrap_or_default())
    }

    /// Line and column in the original of an offset of the original, both from 1; columns count
    /// characters.
    #[must_use]
    pub fn position_of_byte(&self, offset: usize) -> (u32, u32) {
        let before = self.original.get(self.body..offset).unwrap_or_default();
        match self.encoding.decode(before) {
            Ok(text) => advance(self.start, &normalise_line_ends(text)),
            Err(_) => self.start,
        }
    }

    /// Line and column in the original of a line and column of [`Source::text`].
    #[must_use]
    pub fn position_of(&self, row: u32, column: u32) -> (u32, u32) {
        let (line, first) = self.start;
        let column = if row <= 1 { column + first - 1 } else { column };
        (line + row.saturating_sub(1), column)
    }
}

/// Text and original side by side.
struct Walk<'s, 'a> {
    source: &'s Source<'a>,
    text_at: usize,
    original_at: usize,
}

impl<'s, 'a> Walk<'s, 'a> {
    const fn new(source: &'s Source<'a>) -> Self {
        Self { source, text_at: 0, original_at: source.body }
    }

    /// The original offset of a text offset.
    fn to(&mut self, offset: usize) -> usize {
        let source = self.source;
        let end = source.text.floor_char_boundary(offset);
        if source.encoding == Encoding::Utf8 && matches!(source.text, Cow::Borrowed(_)) {
            return source.body + end;
        }
        if end < self.text_at {
            *self = Self::new(source);
        }
        while let Some(rest) = source.text.get(self.text_at..end).filter(|rest| !rest.is_empty()) {
            match rest.split_once('\n') {
                Some((line, _)) => {
                    self.original_at += source.encoding.length(line);
                    self.original_at += self.line_end();
                    self.text_at += line.len() + 1;
                }
                None => {
                    self.original_at += source.encoding.length(rest);
                    self.text_at = end;
                }
            }
        }
        self.original_at
    }

    /// How many bytes the line end here takes in the original.
    fn line_end(&self) -> usize {
        let source = self.source;
        let rest = source.original.get(self.original_at..).unwrap_or_default();
        let both = source.encode("\r\n");
        if rest.starts_with(&both) { both.len() } else { both.len() / 2 }
    }
}

/// CR LF and CR become LF (XML 1.0, 2.11); free when there is no CR.
fn normalise_line_ends(text: Cow<'_, str>) -> Cow<'_, str> {
    if !text.as_bytes().contains(&b'\r') {
        return text;
    }
    let mut normal = String::with_capacity(text.len());
    let mut lines = text.split('\r');
    normal.push_str(lines.next().unwrap_or_default());
    for line in lines {
        normal.push('\n');
        normal.push_str(line.strip_prefix('\n').unwrap_or(line));
    }
    Cow::Owned(normal)
}

/// The first character that XML 1.0, production 2 excludes. Surrogates are in no `str`.
///
/// Looks at blocks first: without an early way out inside a block, the compiler compares many bytes
/// at once. U+FFFE and U+FFFF begin with an octet that few texts have.
fn find_forbidden(text: &str) -> Option<(usize, u32)> {
    const BLOCK: usize = 64;
    let suspect = |octet: u8| is_forbidden_control(octet) || octet == 0xEF;
    let octets = text.as_bytes();
    for (number, block) in octets.chunks(BLOCK).enumerate() {
        if !block.iter().fold(false, |bad, octet| bad | suspect(*octet)) {
            continue;
        }
        for (within, octet) in block.iter().enumerate().filter(|(_, octet)| suspect(**octet)) {
            let at = number * BLOCK + within;
            if is_forbidden_control(*octet) {
                return Some((at, u32::from(*octet)));
            }
            if let Some([0xBF, last @ (0xBE | 0xBF)]) = octets.get(at + 1..at + 3) {
                return Some((at, 0xFFC0 | u32::from(*last & 0x3F)));
            }
        }
    }
    None
}

const fn is_forbidden_control(octet: u8) -> bool {
    octet < 0x20 && !matches!(octet, b'\t' | b'\n' | b'\r')
}

/// Line and column after a text with normalised line ends.
fn advance((line, column): (u32, u32), text: &str) -> (u32, u32) {
    let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let count = |text: &str| small(text.chars().count());
    match text.rsplit_once('\n') {
        None => (line, column.saturating_add(count(text))),
        Some((before, last)) => {
            let breaks = small(before.bytes().filter(|octet| *octet == b'\n').count());
            (line.saturating_add(breaks).saturating_add(1), count(last).saturating_add(1))
        }
    }
}
