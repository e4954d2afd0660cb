//! Where the objects of a file lie, for whoever compares two revisions of it: what lies in the same
//! position of both is the same, and need not be read.

use std::collections::BTreeMap;

use super::file::PdfFile;
use super::object::Reference;
use super::xref::Entry;

/// Where an object lies. Offsets count from the first byte of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::seal) struct ObjectPosition {
    pub(in crate::seal) reference: Reference,
    /// Where the object begins, or the object stream that holds it; none when that is missing.
    pub(in crate::seal) offset: Option<usize>,
    /// Its position in the object stream.
    index: Option<u32>,
}

impl PdfFile<'_> {
    /// The positions of all objects by their number. No object is read.
    pub(in crate::seal) fn positions(&self) -> BTreeMap<u32, ObjectPosition> {
        let position = |(number, entry)| {
            let (generation, offset, index) = match entry {
                Entry::Free => return None,
                Entry::At { offset, generation } => (generation, Some(offset), None),
                Entry::Within { stream, index } => match self.xref().get(stream) {
                    Entry::At { offset, .. } => (0, Some(offset), Some(index)),
                    _ => (0, None, Some(index)),
                },
            };
            let reference = Reference { number, generation };
            Some((number, ObjectPosition { reference, offset, index }))
        };
        self.xref()
            .all()
            .into_iter()
            .filter(|(number, _)| *number > 0)
            .filter_map(position)
            .collect()
    }
}
