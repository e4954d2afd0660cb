//! Bytes to text: the encoding decision, line-end normalisation, and the way back to byte offsets.
//!
//! Only UTF-8 (US-ASCII is a subset of it) can be sealed in this version; every other encoding is
//! refused by name, and bytes that contradict what is declared are refused with their offset.

use std::borrow::Cow;

use crate::domain::refusal::Refusal;

/// A decoded document: its text after byte order mark and XML declaration, with every line end as
/// one line feed (XML 1.0, 2.11). Character references are not line ends and stay as they are.
pub struct Source<'a> {
    original: &'a [u8],
    body: usize,
    text: Cow<'a, str>,
}

impl<'a> Source<'a> {
    /// Decodes a document.
    ///
    /// # Errors
    /// The encoding, the XML declaration, or a character that XML 1.0 does not have.
    pub fn read(original: &'a [u8]) -> Result<Self, Refusal> {
        if original.is_empty() {
            return Err(Refusal::DocumentEmpty);
        }
        if let Some(name) = wide_encoding(original) {
            return Err(Refusal::EncodingUnsupported { name: name.to_owned() });
        }
        let bom = if original.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
        let declaration = Declaration::read(original, bom)?;
        declaration.check_version()?;
        declaration.check_encoding(original, bom > 0)?;
        let text = std::str::from_utf8(original).map_err(|error| {
            contradicted(declaration.encoding.unwrap_or("UTF-8"), error.valid_up_to())
        })?;
        if let Some(offset) = find_forbidden_control(original) {
            let code = original.get(offset).copied().unwrap_or_default();
            let detail = format!("character U+{code:04X} is not allowed in XML; remove it");
            return Err(malformed(original, offset, detail));
        }
        let body = declaration.end;
        let text = normalise_line_ends(text.get(body..).unwrap_or_default());
        Ok(Self { original, body, text })
    }

    /// The text that parsers get.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where an offset of [`Source::text`] lies in the original bytes. An offset at a normalised
    /// line end means the first byte of that line end.
    #[must_use]
    pub fn original_offset(&self, offset: usize) -> usize {
        let body = self.original.get(self.body..).unwrap_or_default();
        if matches!(self.text, Cow::Borrowed(_)) {
            return self.body + offset.min(body.len());
        }
        let mut dropped = 0;
        for (at, pair) in body.windows(2).enumerate() {
            if at - dropped >= offset {
                break;
            }
            if pair == b"\r\n" {
                dropped += 1;
            }
        }
        self.body + (offset + dropped).min(body.len())
    }

    /// A refusal that names line and column of an offset of [`Source::text`].
    #[must_use]
    pub fn malformed(&self, offset: usize, detail: String) -> Refusal {
        malformed(self.original, self.original_offset(offset), detail)
    }

    /// Line and column in the original of an offset of [`Source::text`], both from 1.
    #[must_use]
    pub fn position(&self, offset: usize) -> (u32, u32) {
        position(self.original, self.original_offset(offset))
    }

    /// Line and column in the original of a line and column of [`Source::text`].
    #[must_use]
    pub fn position_of(&self, row: u32, column: u32) -> (u32, u32) {
        let (line, first) = position(self.original, self.body);
        let column = if row <= 1 { column + first - 1 } else { column };
        (line + row.saturating_sub(1), column)
    }
}

/// Character encodings that take more than one byte for `<` (XML 1.0, appendix F), and EBCDIC.
fn wide_encoding(bytes: &[u8]) -> Option<&'static str> {
    const FAMILIES: [(&[u8], &str); 9] = [
        (b"\xFF\xFE\0\0", "UTF-32"),
        (b"\0\0\xFE\xFF", "UTF-32"),
        (b"\0\0\0<", "UTF-32"),
        (b"<\0\0\0", "UTF-32"),
        (b"\xFE\xFF", "UTF-16"),
        (b"\xFF\xFE", "UTF-16"),
        (b"\0<", "UTF-16"),
        (b"<\0", "UTF-16"),
        (b"\x4C\x6F\xA7\x94", "EBCDIC"),
    ];
    FAMILIES.iter().find(|(start, _)| bytes.starts_with(start)).map(|(_, name)| *name)
}

/// The XML declaration (XML 1.0, production 23).
struct Declaration<'a> {
    version: &'a str,
    encoding: Option<&'a str>,
    /// First byte after byte order mark and declaration.
    end: usize,
}

impl<'a> Declaration<'a> {
    /// No sane declaration is longer.
    const MAX_BYTES: usize = 400;

    fn read(original: &'a [u8], start: usize) -> Result<Self, Refusal> {
        let rest = original.get(start..).unwrap_or_default();
        let none = Self { version: "1.0", encoding: None, end: start };
        let Some(inside) = rest.strip_prefix(b"<?xml") else { return Ok(none) };
        if !inside.first().is_some_and(u8::is_ascii_whitespace) {
            return Ok(none);
        }
        let bad = |detail: &str| malformed(original, start, detail.to_owned());
        let window = inside.get(..Self::MAX_BYTES.min(inside.len())).unwrap_or_default();
        let length = window
            .windows(2)
            .position(|pair| pair == b"?>")
            .ok_or_else(|| bad("the XML declaration does not end with ?>"))?;
        let inside = window
            .get(..length)
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .filter(|text| text.is_ascii())
            .ok_or_else(|| bad("the XML declaration has characters that it must not have"))?;
        let end = start + b"<?xml".len() + length + b"?>".len();
        Self::parse(inside, end).ok_or_else(|| {
            bad("the XML declaration is not of the form <?xml version=\"1.0\" encoding=\"UTF-8\"?>")
        })
    }

    fn parse(inside: &'a str, end: usize) -> Option<Self> {
        let (version, rest) = pseudo_attribute(inside, "version")?;
        let version = version?;
        let (encoding, rest) = pseudo_attribute(rest, "encoding")?;
        let (standalone, rest) = pseudo_attribute(rest, "standalone")?;
        let known = standalone.is_none_or(|value| matches!(value, "yes" | "no"));
        (known && rest.trim_ascii().is_empty()).then_some(Self { version, encoding, end })
    }

    fn check_version(&self) -> Result<(), Refusal> {
        if self.version == "1.0" {
            return Ok(());
        }
        let version = self.version.chars().take(20).collect();
        Err(Refusal::XmlVersionUnsupported { version })
    }

    fn check_encoding(&self, original: &[u8], utf8_bom: bool) -> Result<(), Refusal> {
        let Some(name) = self.encoding else { return Ok(()) };
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        if is("UTF-8") || is("UTF8") {
            Ok(())
        } else if is("US-ASCII") || is("ASCII") {
            match original.iter().position(|byte| !byte.is_ascii()) {
                Some(offset) => Err(contradicted(name, offset)),
                None => Ok(()),
            }
        } else if utf8_bom || is("UTF-16") || is("UTF-16LE") || is("UTF-16BE") || is("UTF-32") {
            // The bytes read so far are one byte per character, or begin with a UTF-8 mark.
            Err(contradicted(name, 0))
        } else {
            Err(Refusal::EncodingUnsupported { name: name.chars().take(40).collect() })
        }
    }
}

/// Takes `S name Eq quoted` off the front; `Some((None, text))` when another name comes first.
fn pseudo_attribute<'a>(text: &'a str, name: &str) -> Option<(Option<&'a str>, &'a str)> {
    let trimmed = text.trim_ascii_start();
    let Some(rest) = trimmed.strip_prefix(name) else { return Some((None, text)) };
    if trimmed.len() == text.len() {
        return None;
    }
    let rest = rest.trim_ascii_start().strip_prefix('=')?.trim_ascii_start();
    let quote = rest.chars().next().filter(|first| matches!(first, '"' | '\''))?;
    let (value, rest) = rest.get(1..)?.split_once(quote)?;
    let plain = value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
    (plain && !value.is_empty()).then_some((Some(value), rest))
}

/// CR LF and CR become LF (XML 1.0, 2.11); free when there is no CR.
fn normalise_line_ends(text: &str) -> Cow<'_, str> {
    if !text.as_bytes().contains(&b'\r') {
        return Cow::Borrowed(text);
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

/// Looks at blocks first: without an early way out inside a block, the compiler compares many bytes
/// at once.
fn find_forbidden_control(bytes: &[u8]) -> Option<usize> {
    const BLOCK: usize = 64;
    let dirty = |block: &[u8]| block.iter().fold(false, |bad, b| bad | is_forbidden_control(*b));
    let start = bytes.chunks(BLOCK).position(dirty)? * BLOCK;
    let within = bytes.get(start..)?.iter().position(|byte| is_forbidden_control(*byte))?;
    Some(start + within)
}

const fn is_forbidden_control(byte: u8) -> bool {
    byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r')
}

fn contradicted(declared: &str, offset: usize) -> Refusal {
    Refusal::EncodingContradicted { declared: declared.chars().take(40).collect(), offset }
}

fn malformed(original: &[u8], offset: usize, detail: String) -> Refusal {
    let (line, column) = position(original, offset);
    Refusal::XmlMalformed { detail, line, column }
}

/// Line and column from 1; columns count characters, a CR LF is one line end.
fn position(original: &[u8], offset: usize) -> (u32, u32) {
    let before = original.get(..offset.min(original.len())).unwrap_or_default();
    let mut line = 1_u32;
    let mut line_start = 0;
    for (at, byte) in before.iter().enumerate() {
        let lone_cr = *byte == b'\r' && before.get(at + 1) != Some(&b'\n');
        if *byte == b'\n' || lone_cr {
            line = line.saturating_add(1);
            line_start = at + 1;
        }
    }
    let tail = before.get(line_start..).unwrap_or_default();
    let tail = tail.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(tail);
    let characters = tail.iter().filter(|byte| (**byte & 0xC0) != 0x80).count();
    (line, u32::try_from(characters).unwrap_or(u32::MAX).saturating_add(1))
}
