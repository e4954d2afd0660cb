//! Cross-reference streams (ISO 32000-1, 7.5.8).

use super::{Entry, Run, Section, SectionKind, within_limit};
use crate::domain::refusal::PdfRefusal;
use crate::seal::pdf::budget::PdfBudget;
use crate::seal::pdf::indirect::{self, Raw};
use crate::seal::pdf::object::{Dictionary, Object};
use crate::seal::pdf::{damaged, filters};

/// The section that is the stream object at this byte; offsets count from `base`.
pub(super) fn read(
    bytes: &[u8],
    base: usize,
    offset: usize,
    seen: &mut usize,
    budget: &PdfBudget,
) -> Result<Section, PdfRefusal> {
    let broken = || damaged(format!("the cross-reference stream at byte {offset} cannot be read"));
    let raw = Raw::read(bytes, offset, budget)?;
    let number = raw.reference.number;
    let (Object::Dictionary(trailer), Some(begin)) = (raw.object, raw.stream) else {
        return Err(broken());
    };
    if trailer.get("Type").and_then(Object::as_name) != Some(b"XRef") {
        return Err(broken());
    }
    let length = trailer.get("Length").and_then(Object::as_integer);
    let length = length.and_then(|length| usize::try_from(length).ok());
    let range = indirect::data(bytes, begin, length, budget)?.ok_or_else(broken)?;
    let data = bytes.get(range).unwrap_or_default();
    let rows = filters::decode(&trailer, data, budget)?;
    let runs = runs(&trailer, &rows, base, seen, budget, &broken)?;
    let hidden = Vec::new();
    Ok(Section { kind: SectionKind::Stream, offset, number, trailer, runs, hidden, sloppy: false })
}

fn runs(
    trailer: &Dictionary,
    rows: &[u8],
    base: usize,
    seen: &mut usize,
    budget: &PdfBudget,
    broken: &dyn Fn() -> PdfRefusal,
) -> Result<Vec<Run>, PdfRefusal> {
    let widths = trailer.get("W").and_then(Object::as_array).ok_or_else(broken)?;
    let width = |position: usize| {
        let width = widths.get(position).and_then(Object::as_integer)?;
        usize::try_from(width).ok().filter(|width| *width <= 8)
    };
    let (Some(kind), Some(second), Some(third)) = (width(0), width(1), width(2)) else {
        return Err(broken());
    };
    let row = kind + second + third;
    if row == 0 {
        return Err(broken());
    }
    let whole = [Object::Integer(0), trailer.get("Size").cloned().unwrap_or(Object::Null)];
    let index = trailer.get("Index").and_then(Object::as_array).unwrap_or(&whole);
    let mut rows = rows.chunks_exact(row);
    let mut runs = Vec::with_capacity(index.len() / 2);
    for pair in index.chunks(2) {
        let number = |position: usize| pair.get(position).and_then(Object::as_integer);
        let first = number(0).and_then(|it| u64::try_from(it).ok()).ok_or_else(broken)?;
        let count = number(1).and_then(|it| usize::try_from(it).ok()).ok_or_else(broken)?;
        // fewer rows than announced are taken as they are
        let count = count.min(rows.len());
        // a run without entries takes time, too
        *seen += count.max(1);
        within_limit(*seen, budget)?;
        if count == 0 {
            continue;
        }
        let taken = rows.by_ref().take(count);
        let entries = taken.map(|row| {
            let (head, tail) = row.split_at_checked(kind).unwrap_or_default();
            let (second, third) = tail.split_at_checked(second).unwrap_or_default();
            let kind = if head.is_empty() { 1 } else { value(head) };
            entry(kind, value(second), value(third), base)
        });
        let entries = entries.collect::<Option<Vec<_>>>().ok_or_else(broken)?;
        runs.push(Run::new(first, entries).ok_or_else(broken)?);
    }
    Ok(runs)
}

fn value(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte))
}

/// 7.5.8.3, table 18. Kinds that are not known stand for null.
fn entry(kind: u64, second: u64, third: u64, base: usize) -> Option<Entry> {
    match kind {
        1 if second == 0 => Some(Entry::Free),
        1 => Some(Entry::At {
            offset: usize::try_from(second).ok()?.checked_add(base)?,
            generation: u16::try_from(third).ok()?,
        }),
        2 => Some(Entry::Within {
            stream: u32::try_from(second).ok()?,
            index: u32::try_from(third).ok()?,
        }),
        _ => Some(Entry::Free),
    }
}
