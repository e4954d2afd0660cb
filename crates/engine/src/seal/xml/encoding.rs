//! The character encodings that can be sealed: their names, strict decoding, and the way back for
//! text that is inserted.
//!
//! The tables of ISO-8859-2, ISO-8859-15, windows-1250 and windows-1252 and the decoding of UTF-16 are encoding_rs's. It
//! follows the WHATWG and is lenient where a seal must not be, so what is strict is decided here:
//! ISO-8859-1 is Latin-1 and not windows-1252, bytes that Microsoft's tables do not define are refused,
//! and nothing is ever replaced.

use std::borrow::Cow;

use encoding_rs::{ISO_8859_2, ISO_8859_15, UTF_16BE, UTF_16LE, WINDOWS_1250, WINDOWS_1252};

/// How the characters of a document are written in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    UsAscii,
    Iso8859_1,
    Iso8859_2,
    Iso8859_15,
    Windows1250,
    Windows1252,
    Utf16Le,
    Utf16Be,
}

impl Encoding {
    /// The name that IANA prefers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::UsAscii => "US-ASCII",
            Self::Iso8859_1 => "ISO-8859-1",
            Self::Iso8859_2 => "ISO-8859-2",
            Self::Iso8859_15 => "ISO-8859-15",
            Self::Windows1250 => "windows-1250",
            Self::Windows1252 => "windows-1252",
            Self::Utf16Le => "UTF-16LE",
            Self::Utf16Be => "UTF-16BE",
        }
    }

    /// The encoding with one byte for `<` that an XML declaration names, in any case.
    ///
    /// Names that IANA registers and libxml2 and the JDK read, so that verifiers can read the
    /// sealed document too; and two that are not registered but mean the same to everybody.
    pub(super) fn named(name: &str) -> Option<Self> {
        const NAMES: [(Encoding, &[&str]); 7] = [
            (Encoding::Utf8, &["UTF-8", "UTF8"]),
            (
                Encoding::UsAscii,
                &[
                    "US-ASCII",
                    "ASCII",
                    "ANSI_X3.4-1968",
                    "ANSI_X3.4-1986",
                    "ISO646-US",
                    "iso-ir-6",
                    "us",
                    "IBM367",
                    "cp367",
                    "csASCII",
                ],
            ),
            (
                Encoding::Iso8859_1,
                &[
                    "ISO-8859-1",
                    "ISO_8859-1",
                    "latin1",
                    "l1",
                    "iso-ir-100",
                    "IBM819",
                    "CP819",
                    "csISOLatin1",
                ],
            ),
            (
                Encoding::Iso8859_2,
                &["ISO-8859-2", "ISO_8859-2", "latin2", "l2", "iso-ir-101", "csISOLatin2"],
            ),
            (Encoding::Iso8859_15, &["ISO-8859-15", "ISO_8859-15", "Latin-9"]),
            // Not registered, but what Java writes on Windows.
            (Encoding::Windows1250, &["windows-1250", "cp1250"]),
            (Encoding::Windows1252, &["windows-1252", "cp1252"]),
        ];
        let is = |other: &&str| name.eq_ignore_ascii_case(other);
        NAMES.iter().find(|(_, names)| names.iter().any(is)).map(|(encoding, _)| *encoding)
    }

    /// Text as it is inserted into a document of this encoding. Characters that the encoding lacks
    /// become character references, which is right in text and attribute values and nowhere else.
    #[must_use]
    pub fn encode(self, text: &str) -> Cow<'_, [u8]> {
        match self {
            Self::Utf8 => Cow::Borrowed(text.as_bytes()),
            Self::Utf16Le => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            Self::Utf16Be => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            Self::UsAscii
            | Self::Iso8859_1
            | Self::Iso8859_2
            | Self::Iso8859_15
            | Self::Windows1250
            | Self::Windows1252 => {
                if text.is_ascii() {
                    return Cow::Borrowed(text.as_bytes());
                }
                let mut octets = Vec::with_capacity(text.len());
                for character in text.chars() {
                    match self.single_byte(character) {
                        Some(octet) => octets.push(octet),
                        None => octets.extend_from_slice(
                            format!("&#x{:X};", u32::from(character)).as_bytes(),
                        ),
                    }
                }
                Cow::Owned(octets)
            }
        }
    }

    /// The text of bytes, borrowed where it can be.
    ///
    /// # Errors
    /// The offset of the first byte that the encoding does not have there.
    pub(super) fn decode(self, bytes: &[u8]) -> Result<Cow<'_, str>, usize> {
        match self {
            Self::Utf8 => match std::str::from_utf8(bytes) {
                Ok(text) => Ok(Cow::Borrowed(text)),
                Err(error) => Err(error.valid_up_to()),
            },
            Self::UsAscii => match bytes.iter().position(|byte| !byte.is_ascii()) {
                Some(at) => Err(at),
                None => Ok(encoding_rs::mem::decode_latin1(bytes)),
            },
            Self::Iso8859_1 => Ok(encoding_rs::mem::decode_latin1(bytes)),
            Self::Iso8859_2 => Ok(ISO_8859_2.decode_without_bom_handling(bytes).0),
            Self::Iso8859_15 => Ok(ISO_8859_15.decode_without_bom_handling(bytes).0),
            Self::Windows1250 => match bytes.iter().position(|byte| is_undefined_in_1250(*byte)) {
                Some(at) => Err(at),
                None => Ok(WINDOWS_1250.decode_without_bom_handling(bytes).0),
            },
            Self::Windows1252 => match bytes.iter().position(|byte| is_undefined_in_1252(*byte)) {
                Some(at) => Err(at),
                None => Ok(WINDOWS_1252.decode_without_bom_handling(bytes).0),
            },
            Self::Utf16Le => UTF_16LE
                .decode_without_bom_handling_and_without_replacement(bytes)
                .ok_or_else(|| invalid_utf16(bytes, u16::from_le_bytes)),
            Self::Utf16Be => UTF_16BE
                .decode_without_bom_handling_and_without_replacement(bytes)
                .ok_or_else(|| invalid_utf16(bytes, u16::from_be_bytes)),
        }
    }

    /// How many bytes a text of this encoding took.
    pub(super) fn length(self, text: &str) -> usize {
        match self {
            Self::Utf8 => text.len(),
            Self::UsAscii
            | Self::Iso8859_1
            | Self::Iso8859_2
            | Self::Iso8859_15
            | Self::Windows1250
            | Self::Windows1252 => text.chars().count(),
            Self::Utf16Le | Self::Utf16Be => text.encode_utf16().count() * 2,
        }
    }

    fn single_byte(self, character: char) -> Option<u8> {
        let table = match self {
            _ if character.is_ascii() => return u8::try_from(character).ok(),
            Self::Iso8859_1 => return u8::try_from(character).ok(),
            Self::Iso8859_2 => ISO_8859_2,
            Self::Iso8859_15 => ISO_8859_15,
            Self::Windows1250 => WINDOWS_1250,
            Self::Windows1252 => WINDOWS_1252,
            Self::Utf8 | Self::UsAscii | Self::Utf16Le | Self::Utf16Be => return None,
        };
        let mut buffer = [0; 4];
        match table.encode(character.encode_utf8(&mut buffer)) {
            (_, _, true) => None,
            (octets, ..) => octets.first().copied().filter(|octet| match self {
                Self::Windows1250 => !is_undefined_in_1250(*octet),
                Self::Windows1252 => !is_undefined_in_1252(*octet),
                _ => true,
            }),
        }
    }
}

/// Microsoft's table, IANA's reference for the name, leaves these open; the WHATWG fills them with
/// control characters, and verifiers refuse them.
const fn is_undefined_in_1250(byte: u8) -> bool {
    matches!(byte, 0x81 | 0x83 | 0x88 | 0x90 | 0x98)
}

/// As [`is_undefined_in_1250`].
const fn is_undefined_in_1252(byte: u8) -> bool {
    matches!(byte, 0x81 | 0x8D | 0x8F | 0x90 | 0x9D)
}

/// Where UTF-16 ends to be some: a lone surrogate, or half a unit at the end.
fn invalid_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> usize {
    let units = bytes.chunks_exact(2).filter_map(|pair| pair.try_into().ok()).map(unit);
    let valid = char::decode_utf16(units).map_while(Result::ok);
    valid.map(|character| character.len_utf16() * 2).sum()
}
