//! Where a word stands on the pages of a document: as text that is shown, in whatever colour or
//! rendering mode, cut into whatever pieces.

use std::panic::{AssertUnwindSafe, catch_unwind};

use unicode_normalization::UnicodeNormalization as _;

pub use super::content::{Objects, PageContent};
use super::excerpt::Excerpt;
use super::placement::Corners;
use super::steps::Steps;
use super::words::{self, Glyph};
use crate::domain::refusal::PdfRefusal;

/// Pages that are read together; the first ones alone, as the word is mostly there.
const BATCH_LIMIT: usize = 64;

/// Where a word is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FoundWord {
    /// From 0.
    pub page: usize,
    /// From the baseline to the height of capitals, in default user space.
    pub rectangle: Corners,
}

/// Finds the first occurrence of a word: pages in order, on a page as its content goes. Letters and
/// digits that adjoin it make another word of it. Compatible characters count as the same (Unicode
/// NFKC), so that ligatures match.
///
/// # Errors
/// [`PdfRefusal::PlaceholderMissing`]; [`PdfRefusal::TooMuchData`], [`PdfRefusal::TooManyObjects`],
/// [`PdfRefusal::TooExpensive`] or [`PdfRefusal::TooDeep`] when the pages are made to be unreadable; and
/// what the reader finds.
pub fn find(
    pages: &[PageContent],
    word: &str,
    objects: &dyn Objects,
) -> Result<FoundWord, PdfRefusal> {
    let wanted: Vec<char> = word.trim().nfkc().collect();
    let missing = || PdfRefusal::PlaceholderMissing { word: word.to_owned() };
    if wanted.is_empty() {
        return Err(missing());
    }
    let mut left = objects.room();
    let mut steps = Steps::new(objects);
    let mut done = 0;
    let mut batch = 1;
    while let Some(some) = pages.get(done..).filter(|rest| !rest.is_empty()) {
        let some = some.get(..batch).unwrap_or(some);
        let excerpt = Excerpt::of(some, objects, &mut left)?;
        steps.grant(excerpt.len());
        // A fault of the reader of text is not the end of ours: what makes it fail is the document.
        let found = catch_unwind(AssertUnwindSafe(|| search(excerpt, &wanted, &mut steps)))
            .map_err(|_| PdfRefusal::Damaged { what: "text that cannot be read".to_owned() })??;
        if let Some(found) = found {
            return Ok(FoundWord { page: done + found.page, ..found });
        }
        done += some.len();
        batch = (batch * 4).min(BATCH_LIMIT);
    }
    Err(missing())
}

fn search(
    excerpt: Vec<u8>,
    wanted: &[char],
    steps: &mut Steps<'_>,
) -> Result<Option<FoundWord>, PdfRefusal> {
    words::on_pages(excerpt, steps, |page, glyphs| {
        let rectangle = first(&glyphs, wanted).or_else(|| {
            let mut sorted = glyphs;
            sorted.sort_by_key(Glyph::reading_order);
            first(&sorted, wanted)
        });
        rectangle.map(|rectangle| FoundWord { page, rectangle })
    })
}

/// The first occurrence among glyphs of which some follow each other on a line.
fn first(glyphs: &[Glyph], wanted: &[char]) -> Option<Corners> {
    let mut line: Vec<(char, &Glyph)> = Vec::new();
    let mut last: Option<&Glyph> = None;
    for glyph in glyphs {
        match last.and_then(|last| last.gap(glyph)) {
            Some(gap) if gap > WORD_GAP => line.push((' ', glyph)),
            Some(_) => {}
            None => {
                if let Some(found) = within(&line, wanted) {
                    return Some(found);
                }
                line.clear();
            }
        }
        line.extend(glyph.text.chars().map(|character| (character, glyph)));
        last = Some(glyph);
    }
    within(&line, wanted)
}

/// What separates words, in font sizes.
const WORD_GAP: f64 = 0.2;

fn within(line: &[(char, &Glyph)], wanted: &[char]) -> Option<Corners> {
    let mut squeezed: Vec<(char, &Glyph)> = Vec::with_capacity(line.len());
    for (character, glyph) in line {
        let character = if character.is_whitespace() { ' ' } else { *character };
        if character != ' ' || squeezed.last().is_some_and(|(last, _)| *last != ' ') {
            squeezed.push((character, glyph));
        }
    }
    let adjoins = |inside: Option<&char>, outside: Option<&(char, &Glyph)>| {
        inside.is_some_and(|c| c.is_alphanumeric())
            && outside.is_some_and(|(c, _)| c.is_alphanumeric())
    };
    let at = squeezed.windows(wanted.len()).enumerate().position(|(at, window)| {
        window.iter().map(|(character, _)| character).eq(wanted)
            && !adjoins(wanted.first(), at.checked_sub(1).and_then(|before| squeezed.get(before)))
            && !adjoins(wanted.last(), squeezed.get(at + wanted.len()))
    })?;
    let found = squeezed.get(at..at + wanted.len())?;
    let corners = found.iter().flat_map(|(_, glyph)| glyph.corners());
    let start = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    Some(
        corners
            .fold(start, |[x0, y0, x1, y1], (x, y)| [x0.min(x), y0.min(y), x1.max(x), y1.max(y)]),
    )
}
