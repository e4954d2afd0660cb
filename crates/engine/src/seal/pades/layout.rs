//! Text set into a rectangle: cleaned, broken into lines, as large as asked or as small as needed.

use std::collections::BTreeSet;
use std::collections::btree_map::{BTreeMap, Entry};

use unicode_normalization::UnicodeNormalization as _;

use super::font::Font;
use crate::domain::refusal::PdfRefusal;

/// The smallest size that text is drawn in, in points, unless a smaller one is asked for.
pub const SMALLEST_SIZE: f64 = 4.0;
/// From baseline to baseline, in font sizes.
const LINE_SPACING: f64 = 1.2;
/// What sizes are tried in: none is smaller than the one before by more.
const STEP: f64 = 0.96;

/// Lines of text and the size at which they fit.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Block {
    pub(super) lines: Vec<String>,
    pub(super) size: f64,
}

/// A text as it can be drawn.
pub(super) struct Text {
    paragraphs: Vec<String>,
    advances: BTreeMap<char, f64>,
    above: f64,
    below: f64,
}

impl Text {
    /// Composes characters (Unicode NFC), takes tabs for blanks, and leaves out what is not seen:
    /// controls and format characters. Blank lines before and after the text go too.
    ///
    /// # Errors
    /// [`PdfRefusal::CharacterMissing`].
    pub(super) fn new(text: &str, font: &Font) -> Result<Self, PdfRefusal> {
        let text = text.replace("\r\n", "\n");
        let cleaned: String = text.nfc().filter_map(visible).collect();
        let mut paragraphs: Vec<String> =
            cleaned.split('\n').map(|line| line.trim_end_matches(' ').to_owned()).collect();
        while paragraphs.last().is_some_and(String::is_empty) {
            paragraphs.pop();
        }
        let blank = paragraphs.iter().take_while(|line| line.is_empty()).count();
        paragraphs.drain(..blank);
        let mut advances = BTreeMap::new();
        for character in paragraphs.iter().flat_map(|line| line.chars()) {
            if let Entry::Vacant(entry) = advances.entry(character) {
                entry.insert(font.advance(character)?);
            }
        }
        Ok(Self { paragraphs, advances, above: font.ascent(), below: -font.descent() })
    }

    /// Whether there is nothing to draw.
    pub(super) fn is_empty(&self) -> bool {
        self.paragraphs.is_empty()
    }

    /// The characters that are drawn.
    pub(super) fn characters(&self) -> BTreeSet<char> {
        self.advances.keys().copied().collect()
    }

    /// From the top of the first line to the bottom of the last, in font sizes.
    pub(super) fn height(&self, lines: usize) -> f64 {
        let lines = u32::try_from(lines).unwrap_or(u32::MAX).max(1);
        f64::from(lines - 1) * LINE_SPACING + self.above + self.below
    }

    /// Baseline of a line below the top of the block, in font sizes.
    pub(super) fn baseline(&self, line: usize) -> f64 {
        self.above + f64::from(u32::try_from(line).unwrap_or(u32::MAX)) * LINE_SPACING
    }

    /// Sets the text into a rectangle.
    ///
    /// # Errors
    /// [`PdfRefusal::TextTooLong`] when it does not fit at [`SMALLEST_SIZE`] either.
    pub(super) fn fit(&self, width: f64, height: f64, asked: f64) -> Result<Block, PdfRefusal> {
        let smallest = asked.min(SMALLEST_SIZE);
        let mut size = asked;
        loop {
            if let Some(lines) = self.wrapped(width / size, height / size) {
                return Ok(Block { lines, size });
            }
            if size <= smallest {
                return Err(PdfRefusal::TextTooLong { size: format!("{smallest}") });
            }
            size = (size * STEP).max(smallest);
        }
    }

    /// The lines, when they fit into a rectangle given in font sizes.
    fn wrapped(&self, width: f64, height: f64) -> Option<Vec<String>> {
        let mut lines = Vec::new();
        for paragraph in &self.paragraphs {
            let mut rest = paragraph.as_str();
            loop {
                let end = self.line_end(rest, width)?;
                let (line, following) = rest.split_at_checked(end)?;
                lines.push(line.trim_end_matches(' ').to_owned());
                if self.height(lines.len()) > height {
                    return None;
                }
                rest = following.trim_start_matches(' ');
                if rest.is_empty() {
                    break;
                }
            }
        }
        Some(lines)
    }

    /// Where a line ends that begins a text: behind the last blank that is still within the width, else
    /// inside the word. `None` when not even one character is.
    fn line_end(&self, text: &str, width: f64) -> Option<usize> {
        let mut used = 0.0;
        let mut blank = None;
        for (at, character) in text.char_indices() {
            if character == ' ' && at > 0 {
                blank = Some(at);
            }
            used += self.advances.get(&character).copied().unwrap_or_default();
            if used > width && character != ' ' {
                return blank.or((at > 0).then_some(at));
            }
        }
        Some(text.len())
    }
}

/// A character as it is drawn.
pub(in crate::seal) fn visible(character: char) -> Option<char> {
    match character {
        '\n' | '\r' | '\u{B}' | '\u{C}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some('\n'),
        '\t' => Some(' '),
        '\u{AD}'
        | '\u{61C}'
        | '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}'
        | '\u{FE00}'..='\u{FE0F}'
        | '\u{FEFF}' => None,
        other if other.is_control() => None,
        other => Some(other),
    }
}
