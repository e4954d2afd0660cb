//! The cross-reference section of an update (ISO 32000-1, 7.5.4, 7.5.5 and 7.5.8).

use std::collections::BTreeMap;
use std::io::Write as _;

use crate::domain::profile::DigestAlgorithm;
use crate::domain::refusal::PdfRefusal;
use crate::pki::digest::Hasher;
use crate::seal::pdf::damaged;
use crate::seal::pdf::file::PdfFile;
use crate::seal::pdf::object::{Dictionary, Object};
use crate::seal::pdf::xref::{Entry, SectionKind};

/// What a trailer says of its own section only, or of the stream that it is.
const OWN: [&str; 14] = [
    "Prev",
    "XRefStm",
    "Size",
    "Type",
    "W",
    "Index",
    "Length",
    "Filter",
    "DecodeParms",
    "F",
    "FFilter",
    "FDecodeParms",
    "DL",
    "ID",
];

/// Writes the section of these objects (number: place in the whole file, generation) up to `%%EOF`.
/// `next` is the lowest number that a new object may have.
pub(super) fn write(
    file: &PdfFile<'_>,
    start: usize,
    objects: &BTreeMap<u32, (usize, u16)>,
    next: u32,
    out: &mut Vec<u8>,
) -> Result<(), PdfRefusal> {
    let chained = file.xref().offset.filter(|_| !file.xref().alone);
    let mut entries = if chained.is_some() { BTreeMap::new() } else { file.xref().all() };
    if chained.is_none() {
        entries.insert(0, Entry::Free);
    }
    for (number, (offset, generation)) in objects {
        entries.insert(*number, Entry::At { offset: *offset, generation: *generation });
    }
    for entry in entries.values_mut() {
        if let Entry::At { offset, .. } = entry {
            *offset = offset
                .checked_sub(file.base())
                .ok_or_else(|| damaged("an object lies before the header"))?;
        }
    }
    let at = start + out.len() - file.base();
    let mut trailer = trailer(file, start, out)?;
    if let Some(previous) = chained {
        trailer.set("Prev", integer(previous - file.base().min(previous)));
    }
    let within = entries.values().any(|entry| matches!(entry, Entry::Within { .. }));
    if within || file.kind() == SectionKind::Stream {
        entries.insert(next, Entry::At { offset: at, generation: 0 });
        stream(trailer, &entries, next, out);
    } else {
        if chained.is_none() {
            fill(&mut entries);
        }
        table(trailer, &entries, next, out);
    }
    let _ = write!(out, "startxref\n{at}\n%%EOF\n");
    Ok(())
}

fn integer(value: usize) -> Object {
    Object::Integer(i64::try_from(value).unwrap_or(i64::MAX))
}

/// All entries of the last trailer that hold on (7.5.6), and a new second part of the ID.
fn trailer(file: &PdfFile<'_>, start: usize, out: &[u8]) -> Result<Dictionary, PdfRefusal> {
    let mut trailer = file.trailer().clone();
    for key in OWN {
        trailer.remove(key);
    }
    let id = file.array(file.trailer(), "ID")?;
    let first = id.and_then(|id| id.first()?.as_string().map(<[u8]>::to_vec));
    // a key without an ID was made without one (7.6.3.3, algorithm 2): none may come later
    if first.is_some() || file.crypt().is_none() {
        let new = identifier(first.as_deref().unwrap_or_default(), start, out);
        let first = first.unwrap_or_else(|| new.clone());
        trailer
            .set("ID", Object::Array(vec![Object::Hexadecimal(first), Object::Hexadecimal(new)]));
    }
    Ok(trailer)
}

/// 14.4: something that differs from one update to the next; here a digest of the objects. Long
/// ones are taken by their ends, as what is reserved for signatures is empty still.
fn identifier(first: &[u8], start: usize, objects: &[u8]) -> Vec<u8> {
    const END: usize = 2048;
    let mut hash = Hasher::new(DigestAlgorithm::Sha256);
    hash.update(first);
    hash.update(&start.to_le_bytes());
    hash.update(&objects.len().to_le_bytes());
    if objects.len() <= 2 * END {
        hash.update(objects);
    } else {
        hash.update(objects.get(..END).unwrap_or_default());
        hash.update(objects.get(objects.len() - END..).unwrap_or_default());
    }
    hash.finish().value().iter().copied().take(16).collect()
}

/// Makes a table that stands alone a single run from 0 on, as of a file that was never updated
/// (7.5.4), where that does not make it much longer.
fn fill(entries: &mut BTreeMap<u32, Entry>) {
    let highest = entries.last_key_value().map_or(0, |(number, _)| *number);
    let reasonable = u32::try_from(entries.len()).unwrap_or(u32::MAX).saturating_mul(2);
    if highest <= reasonable.saturating_add(1000) {
        for number in 1..highest {
            entries.entry(number).or_insert(Entry::Free);
        }
    }
}

/// First number and entries of each run of consecutive numbers.
fn runs(entries: &BTreeMap<u32, Entry>) -> Vec<(u32, Vec<Entry>)> {
    let mut runs: Vec<(u32, Vec<Entry>)> = Vec::new();
    let mut expected = None;
    for (number, entry) in entries {
        match runs.last_mut() {
            Some((_, run)) if expected == Some(*number) => run.push(*entry),
            _ => runs.push((*number, vec![*entry])),
        }
        expected = number.checked_add(1);
    }
    runs
}

fn table(mut trailer: Dictionary, entries: &BTreeMap<u32, Entry>, next: u32, out: &mut Vec<u8>) {
    out.extend(b"xref\n");
    if entries.is_empty() {
        // 7.5.4 wants one subsection at least
        out.extend(b"0 0\n");
    }
    for (first, run) in runs(entries) {
        let _ = writeln!(out, "{first} {}", run.len());
        for entry in run {
            let (offset, generation, kind) = match entry {
                Entry::At { offset, generation } => (offset, generation, 'n'),
                Entry::Free | Entry::Within { .. } => (0, u16::MAX, 'f'),
            };
            let _ = writeln!(out, "{offset:010} {generation:05} {kind} ");
        }
    }
    trailer.set("Size", Object::Integer(i64::from(next)));
    out.extend(b"trailer\n");
    trailer.write(out);
    out.push(b'\n');
}

/// A cross-reference stream without filters; it is the object `next`. It is never encrypted.
fn stream(mut trailer: Dictionary, entries: &BTreeMap<u32, Entry>, next: u32, out: &mut Vec<u8>) {
    let fields = |entry: &Entry| match *entry {
        Entry::Free => (0_u8, 0, u32::from(u16::MAX)),
        Entry::At { offset, generation } => (1, offset as u64, u32::from(generation)),
        Entry::Within { stream, index } => (2, u64::from(stream), index),
    };
    let (second, third) = entries
        .values()
        .map(fields)
        .fold((0, 0), |widest, (_, second, third)| (second.max(widest.0), third.max(widest.1)));
    let second = if second > u64::from(u32::MAX) { 8 } else { 4 };
    let third = if third > u32::from(u16::MAX) { 4 } else { 2 };
    let mut rows = Vec::with_capacity(entries.len() * (1 + second + third));
    for entry in entries.values() {
        let (kind, place, detail) = fields(entry);
        rows.push(kind);
        rows.extend(place.to_be_bytes().get(8 - second..).unwrap_or_default());
        rows.extend(detail.to_be_bytes().get(4 - third..).unwrap_or_default());
    }
    let index = runs(entries)
        .into_iter()
        .flat_map(|(first, run)| [Object::Integer(i64::from(first)), integer(run.len())]);
    let widths = [1, second, third].map(integer).to_vec();
    trailer.set("Type", Object::name("XRef"));
    trailer.set("W", Object::Array(widths));
    trailer.set("Index", Object::Array(index.collect()));
    trailer.set("Size", Object::Integer(i64::from(next) + 1));
    trailer.set("Length", integer(rows.len()));
    let _ = writeln!(out, "{next} 0 obj");
    trailer.write(out);
    out.extend(b"\nstream\n");
    out.extend(rows);
    out.extend(b"\nendstream\nendobj\n");
}
