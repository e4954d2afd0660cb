//! Where the objects of a file lie (ISO 32000-1, 7.5.4 to 7.5.8): the cross-reference sections from
//! the newest to the oldest, and what they say of an object together.

mod chain;
mod stream;
mod table;

use std::collections::{BTreeMap, BTreeSet};

pub(super) use chain::{last_startxref, read};

use super::budget::PdfBudget;
use super::object::{Dictionary, Reference};
use super::{damaged, indirect};
use crate::domain::refusal::PdfRefusal;

/// How a cross-reference section is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SectionKind {
    /// `xref` and `trailer` (7.5.4).
    Table,
    /// A cross-reference stream (7.5.8).
    Stream,
    /// A table whose trailer names a cross-reference stream for objects that it hides (7.5.8.4).
    Hybrid,
}

/// Where an object lies. Offsets count from the first byte of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    Free,
    At { offset: usize, generation: u16 },
    Within { stream: u32, index: u32 },
}

/// Entries of consecutive numbers.
#[derive(Debug)]
struct Run {
    first: u32,
    entries: Vec<Entry>,
}

impl Run {
    /// None when the numbers are beyond what readers take for object numbers.
    fn new(first: u64, entries: Vec<Entry>) -> Option<Self> {
        let last = first.checked_add(u64::try_from(entries.len()).ok()?)?;
        let first = u32::try_from(first).ok()?;
        (last <= u64::from(HIGHEST)).then_some(Self { first, entries })
    }

    fn get(&self, number: u32) -> Option<Entry> {
        let position = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.entries.get(position).copied()
    }

    fn iter(&self) -> impl Iterator<Item = (u32, Entry)> {
        (self.first..).zip(self.entries.iter().copied())
    }
}

/// One cross-reference section.
#[derive(Debug)]
struct Section {
    kind: SectionKind,
    /// Where it begins, in the input.
    offset: usize,
    /// Number of the stream that it is, or that a hybrid section names: it need not have an entry. 0 of a
    /// table.
    number: u32,
    trailer: Dictionary,
    runs: Vec<Run>,
    /// What the stream of a hybrid section adds.
    hidden: Vec<Run>,
    /// Rows of a table that do not have 20 bytes: some readers stumble over them.
    sloppy: bool,
}

impl Section {
    /// What this section says of an object. A hybrid table shows its hidden objects as free.
    fn get(&self, number: u32) -> Option<Entry> {
        let find = |runs: &[Run]| runs.iter().find_map(|run| run.get(number));
        match find(&self.runs) {
            Some(Entry::Free) => find(&self.hidden).or(Some(Entry::Free)),
            None => find(&self.hidden),
            found => found,
        }
    }
}

/// All cross-reference sections, or what was found in their place.
#[derive(Debug)]
pub(super) struct Xref {
    pub(super) kind: SectionKind,
    /// Where the newest section begins, in the input. None when none can be used.
    pub(super) offset: Option<usize>,
    pub(super) trailer: Dictionary,
    /// An update of this file must not lean on its sections.
    pub(super) alone: bool,
    sections: Vec<Section>,
    /// The highest number that anything is known to refer to.
    named: u32,
    /// Entries by number, where asking the sections one by one would take too long.
    index: Option<BTreeMap<u32, Entry>>,
}

/// Object numbers are signed 32-bit integers to all readers (annex C).
pub(super) const HIGHEST: u32 = 0x7FFF_FFF0;

/// No file has more indirect objects (annex C): a higher number that nothing confirms is not
/// believed.
pub(super) const BELIEVED: u32 = 8_388_607;

/// More runs than this are gathered in an index.
const RUNS: usize = 24;

impl Xref {
    fn new(mut sections: Vec<Section>) -> Result<Self, PdfRefusal> {
        let newest = sections.first_mut().ok_or_else(|| damaged("no cross-reference section"))?;
        let (kind, offset) = (newest.kind, Some(newest.offset));
        let trailer = std::mem::take(&mut newest.trailer);
        let alone = sections.iter().any(|section| section.sloppy);
        let named =
            sections.iter().map(|section| section.number).filter(|it| *it <= BELIEVED).max();
        let named = named.unwrap_or(0);
        let mut xref = Self { kind, offset, trailer, alone, sections, named, index: None };
        let runs = xref.sections.iter().map(|it| it.runs.len() + it.hidden.len()).sum::<usize>();
        if runs > RUNS {
            xref.index = Some(xref.all());
        }
        Ok(xref)
    }

    /// What a search through the whole file found.
    pub(super) const fn found(
        kind: SectionKind,
        trailer: Dictionary,
        index: BTreeMap<u32, Entry>,
        named: u32,
    ) -> Self {
        let sections = Vec::new();
        Self { kind, offset: None, trailer, alone: true, sections, named, index: Some(index) }
    }

    /// Adds what an object stream of a searched file holds.
    pub(super) fn index_mut(&mut self) -> Option<&mut BTreeMap<u32, Entry>> {
        self.index.as_mut()
    }

    /// What the file says of an object; nothing said means free, and 0 names none (7.5.4).
    pub(super) fn get(&self, number: u32) -> Entry {
        if number == 0 {
            return Entry::Free;
        }
        let found = match &self.index {
            Some(index) => index.get(&number).copied(),
            None => self.sections.iter().find_map(|section| section.get(number)),
        };
        found.unwrap_or(Entry::Free)
    }

    /// Every object that some section names, and what holds of it.
    pub(super) fn all(&self) -> BTreeMap<u32, Entry> {
        if let Some(index) = &self.index {
            return index.clone();
        }
        let mut all = BTreeMap::new();
        for section in self.sections.iter().rev() {
            let mut hidden = BTreeSet::new();
            for (number, entry) in section.hidden.iter().flat_map(Run::iter) {
                all.insert(number, entry);
                hidden.insert(number);
            }
            for (number, entry) in section.runs.iter().flat_map(Run::iter) {
                if entry != Entry::Free || !hidden.contains(&number) {
                    all.insert(number, entry);
                }
            }
        }
        all
    }

    /// The object streams that hold something.
    pub(super) fn object_streams(&self) -> BTreeSet<u32> {
        let stream = |entry: &Entry| match entry {
            Entry::Within { stream, .. } => Some(*stream),
            Entry::Free | Entry::At { .. } => None,
        };
        if let Some(index) = &self.index {
            return index.values().filter_map(stream).collect();
        }
        let runs = self.sections.iter().flat_map(|it| it.runs.iter().chain(&it.hidden));
        runs.flat_map(|run| &run.entries).filter_map(stream).collect()
    }

    /// The highest number that some section names or has itself, or anything in a searched file.
    pub(super) fn highest(&self) -> u32 {
        if let Some(index) = &self.index {
            return index.last_key_value().map_or(0, |(number, _)| *number).max(self.named);
        }
        let runs = self.sections.iter().flat_map(|it| it.runs.iter().chain(&it.hidden));
        let last = |run: &Run| u32::try_from(run.entries.len()).ok()?.checked_add(run.first);
        runs.filter_map(last).max().unwrap_or(1).saturating_sub(1).max(self.named)
    }

    /// Whether every object lies where it is said to lie. Damaged when one does not: then other
    /// readers find other objects, or complain about the file.
    pub(super) fn check(&self, bytes: &[u8], budget: &PdfBudget) -> Result<(), PdfRefusal> {
        let sound = |number: u32, entry: Entry| match entry {
            Entry::At { offset, generation } if number > 0 => {
                indirect::begins(bytes, offset, Reference { number, generation }, budget)
            }
            _ => true,
        };
        let wrong = match &self.index {
            Some(index) => index.iter().find(|(number, entry)| !sound(**number, **entry)),
            None => None,
        };
        if let Some((number, _)) = wrong {
            return Err(misplaced(*number));
        }
        let sections = if self.index.is_some() { &[] } else { self.sections.as_slice() };
        for (age, section) in sections.iter().enumerate() {
            let newer = sections.get(..age).unwrap_or_default();
            for (number, entry) in section.runs.iter().chain(&section.hidden).flat_map(Run::iter) {
                if !sound(number, entry) && !newer.iter().any(|it| it.get(number).is_some()) {
                    return Err(misplaced(number));
                }
            }
        }
        Ok(())
    }
}

fn misplaced(number: u32) -> PdfRefusal {
    damaged(format!("object {number} is not where the cross-reference table says"))
}

/// Refused when a file has more entries than the limit.
fn within_limit(entries: usize, budget: &PdfBudget) -> Result<(), PdfRefusal> {
    let limit = budget.limits.objects;
    if entries > limit { Err(PdfRefusal::TooManyObjects { limit }) } else { Ok(()) }
}
