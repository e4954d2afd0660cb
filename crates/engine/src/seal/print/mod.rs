//! Text of our own as a PDF: headings, paragraphs and facts on pages of A4, tagged (ISO 14289-1) and with the font of
//! visible signatures inside. The same text gives the same bytes.
//!
//! [`PrintedDocument`] says what is there; `pages` sets it into lines, `tags` names them, `file` writes them.

mod file;
mod pages;
mod tags;

use file::NewPdf;
use pages::PrintedPages;

/// Octets of one text at most; what is longer ends in an ellipsis.
const LONGEST: usize = 4000;

/// A document that can be printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrintedDocument {
    /// What readers call it.
    pub title: String,
    /// Its language (BCP 47).
    pub language: &'static str,
    pub blocks: Vec<PrintedBlock>,
}

/// A part of it, one below the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrintedBlock {
    Heading(PrintedLevel, String),
    Paragraph(PrintedText),
    /// Names and what they stand for.
    Facts(Vec<PrintedFact>),
}

/// How deep a heading stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrintedLevel {
    First,
    Second,
    Third,
}

/// A text in a language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrintedText {
    pub text: String,
    /// Its language where that is not the document's.
    pub language: Option<&'static str>,
}

/// A name and one or several texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrintedFact {
    pub name: String,
    pub texts: Vec<PrintedText>,
}

impl PrintedText {
    /// A text in the document's language.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), language: None }
    }
}

impl PrintedDocument {
    /// The file. A character that the font does not have is drawn as U+FFFD, and is itself when it is read aloud,
    /// searched or copied.
    #[must_use]
    pub fn to_pdf(&self) -> Vec<u8> {
        let mut pages = PrintedPages::new();
        for block in &self.blocks {
            pages.block(block);
        }
        let mut objects = NewPdf::new();
        let catalog = pages.write(self, &mut objects);
        objects.finish(catalog)
    }
}

/// As it can be drawn: composed (Unicode NFC), on one line, without what is not seen.
fn cleaned(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization as _;

    let visible = text.nfc().filter_map(super::pades::layout::visible);
    let mut line: String =
        visible.map(|letter| if letter == '\n' { ' ' } else { letter }).collect();
    if line.len() > LONGEST {
        let end = (0..=LONGEST).rev().find(|at| line.is_char_boundary(*at)).unwrap_or_default();
        line.truncate(end);
        line.push('…');
    }
    line
}
