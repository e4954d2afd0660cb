//! The beginning of a document: byte order mark, XML declaration, and the encoding that follows
//! from both (XML 1.0, 2.8, 4.3.3 and appendix F).
//!
//! UTF-16 without a byte order mark is read when `<?` shows it. XML 1.0, 4.3.3 wants the mark, but
//! libxml2 and the JDK do the same, and no other encoding looks like it.

use std::borrow::Cow;

use super::encoding::Encoding;
use crate::domain::refusal::Refusal;

/// What stands before the text of a document.
pub(super) struct Prolog<'a> {
    pub(super) encoding: Encoding,
    /// The name to use in a refusal: as declared, else the encoding's own.
    pub(super) declared: String,
    /// The XML declaration, in ASCII; may be empty.
    pub(super) declaration: Cow<'a, str>,
    /// First byte after byte order mark and declaration.
    pub(super) end: usize,
}

impl<'a> Prolog<'a> {
    /// Reads byte order mark and XML declaration.
    ///
    /// # Errors
    /// An encoding that cannot be sealed or that the first bytes contradict; a declaration that is
    /// not one, or of another version.
    pub(super) fn read(original: &'a [u8]) -> Result<Self, Refusal> {
        let (family, bom) = Family::of(original)?;
        let text = family.ascii(original.get(bom..).unwrap_or_default());
        let length = Declaration::length(&text)?;
        let declaration = match text {
            Cow::Borrowed(text) => Cow::Borrowed(text.get(..length).unwrap_or_default()),
            Cow::Owned(text) => Cow::Owned(text.get(..length).unwrap_or_default().to_owned()),
        };
        let Declaration { version, encoding: name } = Declaration::parse(&declaration)?;
        if version != "1.0" {
            return Err(Refusal::XmlVersionUnsupported { version: cut(version, 20) });
        }
        let encoding = family.encoding(name)?;
        let declared = cut(name.unwrap_or(encoding.name()), 40);
        let end = bom + encoding.length(&declaration);
        Ok(Self { encoding, declared, declaration, end })
    }
}

/// What the first bytes say: enough to read the declaration (XML 1.0, appendix F.1).
#[derive(Clone, Copy)]
enum Family {
    /// UTF-8 by its byte order mark.
    MarkedUtf8,
    /// An encoding with one byte for each ASCII character.
    Bytes,
    Utf16(Encoding),
}

impl Family {
    /// The family, and the length of the byte order mark.
    fn of(original: &[u8]) -> Result<(Self, usize), Refusal> {
        // UTF-32 begins like UTF-16 and comes first.
        const REFUSED: [(&[u8], &str); 5] = [
            (b"\xFF\xFE\0\0", "UTF-32"),
            (b"\0\0\xFE\xFF", "UTF-32"),
            (b"<\0\0\0", "UTF-32"),
            (b"\0\0\0<", "UTF-32"),
            (b"\x4C\x6F\xA7\x94", "EBCDIC"),
        ];
        const KNOWN: [(&[u8], Family, usize); 5] = [
            (b"\xEF\xBB\xBF", Family::MarkedUtf8, 3),
            (b"\xFF\xFE", Family::Utf16(Encoding::Utf16Le), 2),
            (b"\xFE\xFF", Family::Utf16(Encoding::Utf16Be), 2),
            (b"<\0?\0", Family::Utf16(Encoding::Utf16Le), 0),
            (b"\0<\0?", Family::Utf16(Encoding::Utf16Be), 0),
        ];
        let begins = |start: &[u8]| original.starts_with(start);
        let refused = |name: &str| Err(Refusal::EncodingUnsupported { name: name.to_owned() });
        if let Some((_, name)) = REFUSED.iter().find(|(start, _)| begins(start)) {
            return refused(name);
        }
        match KNOWN.iter().find(|(start, ..)| begins(start)) {
            Some((_, family, bom)) => Ok((*family, *bom)),
            None if begins(b"<\0") || begins(b"\0<") => {
                refused("UTF-16 without byte order mark or declaration")
            }
            None => Ok((Self::Bytes, 0)),
        }
    }

    /// The ASCII characters that a document begins with, as many as a declaration may have.
    fn ascii(self, bytes: &[u8]) -> Cow<'_, str> {
        let units = match self {
            Self::Utf16(encoding) => {
                let bytes = bytes.get(..MAX_LENGTH * 2).unwrap_or(bytes);
                let ascii = |pair: &[u8]| match (encoding, pair) {
                    (Encoding::Utf16Le, [octet, 0]) | (Encoding::Utf16Be, [0, octet]) => {
                        octet.is_ascii().then_some(char::from(*octet))
                    }
                    _ => None,
                };
                return Cow::Owned(bytes.chunks(2).map_while(ascii).collect());
            }
            _ => bytes.get(..MAX_LENGTH).unwrap_or(bytes),
        };
        let length = units.iter().position(|byte| !byte.is_ascii()).unwrap_or(units.len());
        let ascii = units.get(..length).and_then(|bytes| std::str::from_utf8(bytes).ok());
        Cow::Borrowed(ascii.unwrap_or_default())
    }

    /// The encoding, when the declared name agrees with the first bytes.
    fn encoding(self, declared: Option<&str>) -> Result<Encoding, Refusal> {
        let Some(name) = declared else {
            return Ok(match self {
                Self::MarkedUtf8 | Self::Bytes => Encoding::Utf8,
                Self::Utf16(encoding) => encoding,
            });
        };
        let is_one = |names: &[&str]| names.iter().any(|one| name.eq_ignore_ascii_case(one));
        let agreed = match (self, Encoding::named(name)) {
            (Self::Bytes, Some(encoding)) => Some(encoding),
            // Its first bytes would be others.
            (Self::Bytes, None) if is_one(&["UTF-16", "UTF-16LE", "UTF-16BE", "UTF-32"]) => None,
            (Self::Bytes, None) => {
                return Err(Refusal::EncodingUnsupported { name: cut(name, 40) });
            }
            (Self::MarkedUtf8, named) => named.filter(|named| *named == Encoding::Utf8),
            (Self::Utf16(encoding), _) => is_one(&["UTF-16", encoding.name()]).then_some(encoding),
        };
        agreed.ok_or_else(|| Refusal::EncodingContradicted { declared: cut(name, 40), offset: 0 })
    }
}

/// No sane declaration has more characters.
const MAX_LENGTH: usize = 400;

/// The XML declaration (XML 1.0, production 23).
struct Declaration<'d> {
    version: &'d str,
    encoding: Option<&'d str>,
}

impl<'d> Declaration<'d> {
    /// How long the declaration is that a text begins with; 0 when there is none.
    fn length(text: &str) -> Result<usize, Refusal> {
        let inside = text.strip_prefix("<?xml");
        if !inside.is_some_and(|it| it.starts_with(|first: char| first.is_ascii_whitespace())) {
            return Ok(0);
        }
        match text.find("?>") {
            Some(length) => Ok(length + "?>".len()),
            None => Err(malformed(
                "the XML declaration does not end with ?>, or has characters that it must not have",
            )),
        }
    }

    fn parse(text: &'d str) -> Result<Self, Refusal> {
        if text.is_empty() {
            return Ok(Self { version: "1.0", encoding: None });
        }
        let inside = text.strip_prefix("<?xml").and_then(|text| text.strip_suffix("?>"));
        inside.and_then(Self::pseudo_attributes).ok_or_else(|| {
            malformed(
                "the XML declaration is not of the form <?xml version=\"1.0\" encoding=\"UTF-8\"?>",
            )
        })
    }

    fn pseudo_attributes(inside: &'d str) -> Option<Self> {
        let (version, rest) = pseudo_attribute(inside, "version")?;
        let version = version?;
        let (encoding, rest) = pseudo_attribute(rest, "encoding")?;
        let (standalone, rest) = pseudo_attribute(rest, "standalone")?;
        let known = standalone.is_none_or(|value| matches!(value, "yes" | "no"));
        (known && trim_start(rest).is_empty()).then_some(Self { version, encoding })
    }
}

/// Takes `S name Eq quoted` off the front; `Some((None, text))` when another name comes first.
fn pseudo_attribute<'d>(text: &'d str, name: &str) -> Option<(Option<&'d str>, &'d str)> {
    let trimmed = trim_start(text);
    let Some(rest) = trimmed.strip_prefix(name) else { return Some((None, text)) };
    if trimmed.len() == text.len() {
        return None;
    }
    let rest = trim_start(trim_start(rest).strip_prefix('=')?);
    let quote = rest.chars().next().filter(|first| matches!(first, '"' | '\''))?;
    let (value, rest) = rest.get(1..)?.split_once(quote)?;
    let plain = value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
    (plain && !value.is_empty()).then_some((Some(value), rest))
}

/// White space of XML 1.0, production 3: no form feed.
fn trim_start(text: &str) -> &str {
    text.trim_start_matches([' ', '\t', '\r', '\n'])
}

fn cut(name: &str, characters: usize) -> String {
    name.chars().take(characters).collect()
}

fn malformed(detail: &str) -> Refusal {
    Refusal::XmlMalformed { detail: detail.to_owned(), line: 1, column: 1 }
}
