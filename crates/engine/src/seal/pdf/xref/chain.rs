//! From `startxref` through every `Prev` (ISO 32000-1, 7.5.5, 7.5.6 and 7.5.8.4).

use std::collections::BTreeSet;

use memchr::memmem;

use super::{Section, SectionKind, Xref, stream, table};
use crate::domain::refusal::PdfRefusal;
use crate::seal::pdf::budget::PdfBudget;
use crate::seal::pdf::damaged;
use crate::seal::pdf::lexer::{Lexer, is_regular, is_white};
use crate::seal::pdf::object::{Dictionary, Object};

/// The end of the file: where `startxref` says that the newest section begins. None when it says
/// nothing that is a number.
///
/// Truncated when there is no `startxref`, or objects come behind the last one: an update was cut
/// off then, and what is left of the file is not what its author sent.
pub(in crate::seal::pdf) fn last_startxref(
    bytes: &[u8],
    budget: &PdfBudget,
) -> Result<Option<usize>, PdfRefusal> {
    const WORD: &[u8] = b"startxref";
    let near = bytes.len().saturating_sub(2048);
    let tail = bytes.get(near..).unwrap_or_default();
    let at = match memmem::rfind(tail, WORD) {
        Some(found) => near + found,
        None => {
            budget.spend(bytes.len())?;
            memmem::rfind(bytes, WORD).ok_or_else(|| PdfRefusal::Truncated {
                what: "no startxref at its end".to_owned(),
            })?
        }
    };
    let mut lexer = Lexer::new(bytes, at + WORD.len(), budget.bounds());
    let offset = lexer.unsigned().and_then(|offset| usize::try_from(offset).ok());
    let behind = bytes.get(lexer.at()..).unwrap_or_default();
    if memmem::find_iter(behind, b" obj").any(|at| object_ends(behind, at)) {
        return Err(PdfRefusal::Truncated {
            what: "objects follow its last cross-reference section".to_owned(),
        });
    }
    Ok(offset)
}

/// Whether ` obj` at this place ends the head of an object, not a word of some text.
fn object_ends(bytes: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| bytes.get(before));
    before.is_some_and(u8::is_ascii_digit) && !bytes.get(at + 4).is_some_and(|it| is_regular(*it))
}

/// Reads the chain that begins at `offset`, which counts from `base`. Damaged when a section is
/// not where it is said to be or cannot be read; refused when the chain is a circle or too long.
pub(in crate::seal::pdf) fn read(
    bytes: &[u8],
    base: usize,
    offset: usize,
    budget: &PdfBudget,
) -> Result<Xref, PdfRefusal> {
    let mut sections = Vec::new();
    let mut visited = BTreeSet::new();
    let mut entries = 0;
    let mut next = Some(offset);
    while let Some(offset) = next {
        if !visited.insert(offset) {
            return Err(circle());
        }
        if visited.len() > budget.limits.sections {
            return Err(PdfRefusal::TooDeep {
                what: "cross-reference sections",
                limit: budget.limits.sections,
            });
        }
        let mut section = section(bytes, base, offset, &mut entries, budget)?;
        if let Some(hidden) = place(&section.trailer, "XRefStm")?
            && section.kind == SectionKind::Table
        {
            let at = start(bytes, base, hidden)?;
            let hidden = stream::read(bytes, base, at, &mut entries, budget)?;
            section.number = hidden.number;
            section.hidden = hidden.runs;
            section.kind = SectionKind::Hybrid;
        }
        next = place(&section.trailer, "Prev")?;
        sections.push(section);
    }
    Xref::new(sections)
}

fn section(
    bytes: &[u8],
    base: usize,
    offset: usize,
    entries: &mut usize,
    budget: &PdfBudget,
) -> Result<Section, PdfRefusal> {
    let at = start(bytes, base, offset)?;
    match bytes.get(at) {
        Some(b'x') => table::read(bytes, base, at, entries, budget),
        Some(b'0'..=b'9') => stream::read(bytes, base, at, entries, budget),
        _ => Err(damaged(format!("no cross-reference section at byte {at}"))),
    }
}

/// Where the section begins in the input: white space in front of it is passed, as all readers do.
fn start(bytes: &[u8], base: usize, offset: usize) -> Result<usize, PdfRefusal> {
    let at = base.checked_add(offset).filter(|at| *at < bytes.len());
    let at = at.ok_or_else(|| damaged("a cross-reference section lies behind the end"))?;
    let white = bytes.get(at..).unwrap_or_default().iter().take_while(|byte| is_white(**byte));
    Ok(at + white.take(64).count())
}

/// An offset in a trailer. Zero means none: so some programs write the first section.
fn place(trailer: &Dictionary, key: &str) -> Result<Option<usize>, PdfRefusal> {
    let broken = || damaged(format!("{key} in a trailer is no offset"));
    match trailer.get(key) {
        None | Some(Object::Null | Object::Integer(0)) => Ok(None),
        Some(Object::Integer(offset)) => usize::try_from(*offset).map(Some).map_err(|_| broken()),
        // 7.5.5 wants an integer; some programs write 123.0
        Some(_) => Err(broken()),
    }
}

fn circle() -> PdfRefusal {
    PdfRefusal::Circle { what: "cross-reference sections (Prev)".to_owned() }
}
