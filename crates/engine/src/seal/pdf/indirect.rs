//! Reading `n g obj` … `endobj` at a place in the file (ISO 32000-1, 7.3.8 and 7.3.10), still
//! encrypted and still filtered.

use std::ops::Range;

use memchr::memmem;

use super::budget::PdfBudget;
use super::damaged;
use super::lexer::{Lexer, is_white};
use super::object::{Dictionary, Object, Reference};
use crate::domain::refusal::PdfRefusal;

/// An indirect object as it lies in the file.
#[derive(Debug)]
pub(super) struct Raw {
    pub(super) reference: Reference,
    /// The object, or the dictionary of the stream.
    pub(super) object: Object,
    /// Where the data of the stream begin.
    pub(super) stream: Option<usize>,
    /// Behind what was read.
    pub(super) end: usize,
}

impl Raw {
    /// Reads the indirect object that begins at this byte.
    pub(super) fn read(bytes: &[u8], at: usize, budget: &PdfBudget) -> Result<Self, PdfRefusal> {
        let mut lexer = Lexer::new(bytes, at, budget.bounds());
        let reference = lexer.reference(b"obj");
        let Some(reference) = reference else {
            budget.spend(lexer.cost(at))?;
            return Err(damaged(format!("no object at byte {at}")));
        };
        // nothing between `obj` and `endobj` is how some programs write null
        let object = if lexer.word(b"endobj") { Ok(Object::Null) } else { lexer.object() };
        let is_stream = matches!(object, Ok(Object::Dictionary(_))) && lexer.word(b"stream");
        budget.spend(lexer.cost(at))?;
        let object = object?;
        let stream = is_stream.then(|| line_end(bytes, lexer.at()));
        Ok(Self { reference, object, stream, end: lexer.at() })
    }

    /// The dictionary, of a stream too.
    pub(super) const fn dictionary(&self) -> Option<&Dictionary> {
        self.object.as_dictionary()
    }
}

/// Whether an object of this name begins here, behind white space at most: readers pass that.
pub(super) fn begins(bytes: &[u8], at: usize, reference: Reference, budget: &PdfBudget) -> bool {
    /// More white space, digits and comments than this stand nowhere before `obj`.
    const HEAD: usize = 256;
    let head = bytes.get(at..at.saturating_add(HEAD).min(bytes.len())).unwrap_or_default();
    head.first().is_some_and(|byte| byte.is_ascii_digit() || is_white(*byte))
        && Lexer::new(head, 0, budget.bounds()).reference(b"obj") == Some(reference)
}

/// The number and generation that stand before this place, white space between, and where they begin; not before
/// `limit`.
pub(super) fn named_before(bytes: &[u8], at: usize, limit: usize) -> Option<(Reference, usize)> {
    // more white space than this is between no two of the words
    let front = bytes.get(limit.max(at.saturating_sub(40))..at)?;
    let back = |end: usize, wanted: fn(&u8) -> bool| {
        let taken = front.get(..end)?.iter().rev().take_while(|byte| wanted(byte)).count();
        (taken > 0).then(|| end - taken)
    };
    let white: fn(&u8) -> bool = |byte| is_white(*byte);
    let generation_end = back(front.len(), white)?;
    let generation = back(generation_end, u8::is_ascii_digit)?;
    let number_end = back(generation, white)?;
    let number = back(number_end, u8::is_ascii_digit)?;
    let value = |from: usize, to: usize| {
        std::str::from_utf8(front.get(from..to)?).ok()?.parse::<u32>().ok()
    };
    let reference = Reference {
        number: value(number, number_end)?,
        generation: u16::try_from(value(generation, generation_end)?).ok()?,
    };
    Some((reference, at - front.len() + number))
}

/// Behind the line end that follows `stream`: CR LF or LF (7.3.8.1); a CR alone is taken too.
fn line_end(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at..).unwrap_or_default() {
        [b'\r', b'\n', ..] => at + 2,
        [b'\r' | b'\n', ..] => at + 1,
        _ => at,
    }
}

/// The data of a stream that begin at this byte. `length` is believed when `endstream` follows;
/// else the next `endstream` or `endobj` ends them, and the line end before it is not theirs.
/// None when neither follows.
pub(super) fn data(
    bytes: &[u8],
    begin: usize,
    length: Option<usize>,
    budget: &PdfBudget,
) -> Result<Option<Range<usize>>, PdfRefusal> {
    if let Some(end) = length.and_then(|length| begin.checked_add(length))
        && end <= bytes.len()
        && Lexer::new(bytes, end, budget.bounds()).word_after_line(b"endstream")
    {
        return Ok(Some(begin..end));
    }
    let rest = bytes.get(begin..).unwrap_or_default();
    let found = memmem::find(rest, b"endstream");
    budget.spend(found.unwrap_or(rest.len()))?;
    // the next `endstream` may be that of another object
    let within = rest.get(..found.unwrap_or(rest.len())).unwrap_or_default();
    let found = memmem::find(within, b"endobj").or(found);
    Ok(found.map(|length| {
        let length = match rest.get(..length).unwrap_or_default() {
            [.., b'\r', b'\n'] => length - 2,
            [.., b'\r' | b'\n'] => length - 1,
            _ => length,
        };
        begin..begin + length
    }))
}
