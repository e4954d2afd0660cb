//! Classic cross-reference sections (ISO 32000-1, 7.5.4 and 7.5.5).

use super::{Entry, Run, Section, SectionKind, within_limit};
use crate::domain::refusal::PdfRefusal;
use crate::seal::pdf::budget::PdfBudget;
use crate::seal::pdf::damaged;
use crate::seal::pdf::lexer::{Lexer, is_white};
use crate::seal::pdf::object::Object;

/// Bytes of an entry, its line end included.
const ROW: usize = 20;

/// The section whose keyword `xref` stands at this byte; offsets count from `base`.
pub(super) fn read(
    bytes: &[u8],
    base: usize,
    offset: usize,
    seen: &mut usize,
    budget: &PdfBudget,
) -> Result<Section, PdfRefusal> {
    let mut lexer = Lexer::new(bytes, offset, budget.bounds());
    let broken = || damaged(format!("the cross-reference table at byte {offset} cannot be read"));
    if !lexer.word(b"xref") {
        return Err(broken());
    }
    let mut runs = Vec::new();
    let mut sloppy = false;
    while !lexer.word(b"trailer") {
        let first = lexer.unsigned().ok_or_else(broken)?;
        let count = lexer.unsigned().and_then(|it| usize::try_from(it).ok()).ok_or_else(broken)?;
        // a row has at least `0 0 f` and a line end
        if count > bytes.len() / 6 {
            return Err(broken());
        }
        // a subsection without entries takes time, too
        *seen += count.max(1);
        within_limit(*seen, budget)?;
        let rows = line_end(bytes, lexer.at());
        let (entries, end) = match strict(bytes, base, rows, count) {
            Some(read) => read,
            None => {
                sloppy = true;
                lenient(bytes, base, rows, count, budget).ok_or_else(broken)?
            }
        };
        lexer = Lexer::new(bytes, end, budget.bounds());
        let run = Run::new(first, entries).ok_or_else(broken)?;
        if !run.entries.is_empty() {
            runs.push(run);
        }
    }
    let Object::Dictionary(trailer) = lexer.object()? else { return Err(broken()) };
    budget.spend(lexer.at() - offset)?;
    let hidden = Vec::new();
    Ok(Section { kind: SectionKind::Table, offset, number: 0, trailer, runs, hidden, sloppy })
}

/// Behind white space and one line end.
fn line_end(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|byte| is_white(**byte)).count()
}

/// Rows as the standard wants them, and where they end.
fn strict(bytes: &[u8], base: usize, at: usize, count: usize) -> Option<(Vec<Entry>, usize)> {
    let end = at.checked_add(count.checked_mul(ROW)?)?;
    let rows = bytes.get(at..end)?.as_chunks::<ROW>().0;
    let entries = rows.iter().map(|row| strict_row(row, base)).collect::<Option<Vec<_>>>()?;
    Some((entries, end))
}

fn strict_row(row: &[u8; ROW], base: usize) -> Option<Entry> {
    let (offset, rest) = row.split_first_chunk::<10>()?;
    let [b' ', rest @ ..] = rest else { return None };
    let (generation, rest) = rest.split_first_chunk::<5>()?;
    let [b' ', kind, ends @ ..] = rest else { return None };
    if !matches!(ends, b" \r" | b" \n" | b"\r\n") {
        return None;
    }
    entry(digits(offset)?, digits(generation)?, *kind, base)
}

fn digits(text: &[u8]) -> Option<u64> {
    text.iter().try_fold(0, |value, byte| {
        byte.is_ascii_digit().then(|| value * 10 + u64::from(byte - b'0'))
    })
}

/// An entry in use at offset 0 is free: some programs write objects so that they do not have.
fn entry(offset: u64, generation: u64, kind: u8, base: usize) -> Option<Entry> {
    match kind {
        b'f' => Some(Entry::Free),
        b'n' if offset == 0 => Some(Entry::Free),
        b'n' => Some(Entry::At {
            offset: usize::try_from(offset).ok()?.checked_add(base)?,
            generation: u16::try_from(generation).ok()?,
        }),
        _ => None,
    }
}

/// Rows of three words each with any white space between them.
fn lenient(
    bytes: &[u8],
    base: usize,
    at: usize,
    count: usize,
    budget: &PdfBudget,
) -> Option<(Vec<Entry>, usize)> {
    let mut lexer = Lexer::new(bytes, at, budget.bounds());
    let mut entries = Vec::with_capacity(count);
    for _ in 0..count {
        // fewer rows than announced
        if lexer.clone().word(b"trailer") {
            break;
        }
        let (offset, generation) = (lexer.unsigned()?, lexer.unsigned()?);
        let kind = if lexer.word(b"n") {
            b'n'
        } else if lexer.word(b"f") {
            b'f'
        } else {
            return None;
        };
        entries.push(entry(offset, generation, kind, base)?);
    }
    Some((entries, lexer.at()))
}
