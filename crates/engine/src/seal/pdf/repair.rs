//! Finding the objects of a file whose cross-reference sections are wrong, by one pass through it.
//! Of several objects of one number the last one counts, as later updates stand further behind
//! (ISO 32000-1, 7.5.6).

use std::collections::BTreeMap;

use memchr::memmem;

use super::budget::{PdfBudget, PdfLimits};
use super::damaged;
use super::indirect::{self, Raw};
use super::lexer::{Lexer, is_regular};
use super::object::{Dictionary, Object, Reference};
use super::xref::{BELIEVED, Entry, HIGHEST, SectionKind, Xref};
use crate::domain::refusal::PdfRefusal;

/// What a search found.
pub(super) struct FoundObjects {
    pub(super) xref: Xref,
    /// Object streams in the order of the file, with their places.
    pub(super) object_streams: Vec<(Reference, usize)>,
    /// Where the objects lie that are in no object stream.
    pub(super) offsets: BTreeMap<u32, usize>,
}

#[derive(Default)]
struct Search {
    index: BTreeMap<u32, Entry>,
    object_streams: Vec<(Reference, usize)>,
    trailers: Vec<(SectionKind, Dictionary)>,
    catalog: Option<Reference>,
    /// The highest number that anything refers to: an object may be lost, and no new one may come
    /// in its place.
    named: u32,
}

/// How often a search may look at each byte: once, slowly at white space, and again where an object has no
/// end.
const PASSES: u64 = 8;

/// Searches from the header on. Damaged when nothing names a catalog; `TooExpensive` when so many
/// objects have no end that it would not be one pass.
pub(super) fn search(
    bytes: &[u8],
    header: usize,
    limits: &PdfLimits,
) -> Result<FoundObjects, PdfRefusal> {
    let passes = u64::try_from(bytes.len()).unwrap_or(u64::MAX).saturating_mul(PASSES);
    let steps = limits.steps.min(passes.saturating_add(1 << 20));
    let budget = &PdfBudget::new(&PdfLimits { steps, ..limits.clone() }, bytes.len());
    let mut search = Search::default();
    let mut at = header;
    let words = [memmem::Finder::new(b"obj"), memmem::Finder::new(b"trailer")];
    let [objects, trailers] = &words;
    let next = |finder: &memmem::Finder<'_>, at: usize| {
        finder.find(bytes.get(at..).unwrap_or_default()).map(|found| at + found)
    };
    let (mut object, mut trailer) = (next(objects, at), next(trailers, at));
    loop {
        // what is not found once is not searched again
        if object.is_some_and(|object| object < at) {
            object = next(objects, at);
        }
        if trailer.is_some_and(|trailer| trailer < at) {
            trailer = next(trailers, at);
        }
        at = match (object, trailer) {
            (Some(object), trailer) if trailer.is_none_or(|trailer| object < trailer) => {
                match head(bytes, object, at) {
                    Some((reference, begin)) => search.object(bytes, reference, begin, budget)?,
                    None => object + 3,
                }
            }
            (_, Some(trailer)) => search.trailer(bytes, trailer, budget)?,
            _ => break,
        };
    }
    let (kind, trailer) = search.newest_trailer()?;
    let offsets = search.index.iter().filter_map(|(number, entry)| match entry {
        Entry::At { offset, .. } => Some((*number, *offset)),
        _ => None,
    });
    let offsets = offsets.collect();
    let xref = Xref::found(kind, trailer, search.index, search.named);
    Ok(FoundObjects { xref, object_streams: search.object_streams, offsets })
}

/// The name of the object whose head ends with the `obj` at this place, and where it begins; not
/// before `limit`.
fn head(bytes: &[u8], at: usize, limit: usize) -> Option<(Reference, usize)> {
    if bytes.get(at + 3).is_some_and(|next| is_regular(*next)) {
        return None;
    }
    indirect::named_before(bytes, at, limit)
        .filter(|(reference, _)| (1..=HIGHEST).contains(&reference.number))
}

impl Search {
    /// Notes an object, and says where to go on: behind it, and behind its data, as those may look
    /// like objects.
    fn object(
        &mut self,
        bytes: &[u8],
        reference: Reference,
        begin: usize,
        budget: &PdfBudget,
    ) -> Result<usize, PdfRefusal> {
        let limit = budget.limits.objects;
        let raw = match Raw::read(bytes, begin, budget) {
            Ok(raw) => raw,
            Err(PdfRefusal::Damaged { .. }) => {
                // where it is asked for it is refused; where it is not, it does no harm
                self.index.insert(reference.number, at(reference, begin));
                return Ok(behind_head(bytes, begin));
            }
            Err(other) => return Err(other),
        };
        self.named = self.named.max(highest(&raw.object));
        let mut end = raw.end;
        if let Some(data) = raw.stream {
            let length = raw.dictionary().and_then(|it| it.get("Length")?.as_integer());
            let length = length.and_then(|length| usize::try_from(length).ok());
            match indirect::data(bytes, data, length, budget)? {
                Some(range) => end = range.end,
                // the file ends within the data: what stands there are no objects
                None => return Ok(bytes.len()),
            }
        }
        let kind = raw.dictionary().and_then(|it| it.get("Type")?.as_name());
        match (kind, raw.stream) {
            (Some(b"XRef"), Some(_)) => {
                if let Object::Dictionary(dictionary) = raw.object {
                    self.trailers.push((SectionKind::Stream, dictionary));
                }
                return Ok(end);
            }
            (Some(b"ObjStm"), Some(_)) => self.object_streams.push((reference, begin)),
            (Some(b"Catalog"), None) => self.catalog = Some(reference),
            _ => {}
        }
        self.index.insert(reference.number, at(reference, begin));
        if self.index.len() > limit {
            return Err(PdfRefusal::TooManyObjects { limit });
        }
        Ok(end)
    }

    fn trailer(
        &mut self,
        bytes: &[u8],
        at: usize,
        budget: &PdfBudget,
    ) -> Result<usize, PdfRefusal> {
        let mut lexer = Lexer::new(bytes, at, budget.bounds());
        if !lexer.word(b"trailer") {
            return Ok(at + 1);
        }
        let read = lexer.object();
        budget.spend(lexer.cost(at))?;
        match read {
            Ok(Object::Dictionary(trailer)) => {
                let size = trailer.get("Size").and_then(Object::as_integer).unwrap_or(0);
                let size = u32::try_from(size).ok().filter(|size| *size <= BELIEVED);
                self.named = self.named.max(size.unwrap_or(0).saturating_sub(1));
                self.trailers.push((SectionKind::Table, trailer));
                Ok(lexer.at())
            }
            Ok(_) | Err(PdfRefusal::Damaged { .. }) => Ok(at + 1),
            Err(other) => Err(other),
        }
    }

    /// The last trailer with a catalog. What it lacks and an older one has is taken from there, as
    /// the first trailer of a linearized file stands behind the newest (annex F).
    fn newest_trailer(&mut self) -> Result<(SectionKind, Dictionary), PdfRefusal> {
        let trailers = std::mem::take(&mut self.trailers);
        let mut rooted = trailers.into_iter().rev().filter(|(_, it)| it.get("Root").is_some());
        let Some((kind, mut newest)) = rooted.next() else {
            let root = self.catalog.ok_or_else(|| {
                damaged("its cross-reference table is wrong, and nothing names the catalog")
            })?;
            return Ok((SectionKind::Table, Dictionary::new().with("Root", root)));
        };
        for (_, older) in rooted {
            for key in ["Encrypt", "ID", "Info"] {
                if let (None, Some(value)) = (newest.get(key), older.get(key)) {
                    newest.set(key, value.clone());
                }
            }
        }
        Ok((kind, newest))
    }
}

const fn at(reference: Reference, offset: usize) -> Entry {
    Entry::At { offset, generation: reference.generation }
}

/// The highest number that an object refers to.
fn highest(object: &Object) -> u32 {
    match object {
        Object::Reference(reference) if reference.number <= BELIEVED => reference.number,
        Object::Array(items) => items.iter().map(highest).max().unwrap_or(0),
        Object::Dictionary(dictionary) => {
            dictionary.iter().map(|(_, value)| highest(value)).max().unwrap_or(0)
        }
        _ => 0,
    }
}

/// Behind `n g obj`, which stands here.
fn behind_head(bytes: &[u8], begin: usize) -> usize {
    let rest = bytes.get(begin..).unwrap_or_default();
    memmem::find(rest, b"obj").map_or(bytes.len(), |found| begin + found + 3)
}
