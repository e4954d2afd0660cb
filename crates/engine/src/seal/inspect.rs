//! What is this document? A look at the first bytes, so that a caller can refuse content that
//! contradicts its content type. Nothing is parsed here; "XML" means "claims to be XML".

/// What the first bytes of a document say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Markup in any encoding family of XML 1.0, appendix F.
    Xml,
    /// A PDF header within the first 1024 bytes, where PDF readers look for it.
    Pdf,
    /// A ZIP container: office documents, ASiC.
    Zip,
    /// No bytes at all.
    Empty,
    /// None of these.
    Other,
}

impl Content {
    /// How a sentence names it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Xml => "XML",
            Self::Pdf => "a PDF",
            Self::Zip => "a ZIP container",
            Self::Empty => "nothing",
            Self::Other => "neither XML nor PDF",
        }
    }
}

/// How far into a file PDF readers search for the header.
const PDF_HEADER_WINDOW: usize = 1024;

/// Tells the kind of a document from its first bytes.
#[must_use]
pub fn inspect(document: &[u8]) -> Content {
    if document.is_empty() {
        Content::Empty
    } else if is_xml(document) {
        Content::Xml
    } else if document.starts_with(b"PK\x03\x04") || document.starts_with(b"PK\x05\x06") {
        Content::Zip
    } else if document
        .get(..PDF_HEADER_WINDOW.min(document.len()))
        .is_some_and(|window| window.windows(5).any(|bytes| bytes == b"%PDF-"))
    {
        Content::Pdf
    } else {
        Content::Other
    }
}

fn is_xml(document: &[u8]) -> bool {
    // UTF-16 and UTF-32 with and without byte order mark, and EBCDIC (XML 1.0, appendix F.1).
    const WIDE: [&[u8]; 7] = [
        b"\xFE\xFF",
        b"\xFF\xFE",
        b"<\0",
        b"\0<",
        b"\0\0\0<",
        b"\0\0\xFE\xFF",
        b"\x4C\x6F\xA7\x94",
    ];
    if WIDE.iter().any(|start| document.starts_with(start)) {
        return true;
    }
    let text = document.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(document);
    match text.trim_ascii_start() {
        [b'<', next, ..] => {
            next.is_ascii_alphabetic() || matches!(next, b'?' | b'!' | b'_' | b':' | 0x80..)
        }
        _ => false,
    }
}
