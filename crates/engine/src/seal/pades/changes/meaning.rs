//! Whether two objects of two revisions mean the same. Producers that write a file anew write the same
//! dictionary in another order, 595.0 for 595, an object under a new number, or data packed otherwise
//! (ISO 32000-1, 7.3.3, 7.3.7, 7.3.10 and 7.4): nothing of that is seen.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::domain::refusal::PdfRefusal;
use crate::seal::pdf::PdfFile;
use crate::seal::pdf::object::{Dictionary, Indirect, Object, Reference, Stream};

/// Pairs of objects under different numbers that are compared in one revision.
const MAX_PAIRS: usize = 10_000;

/// Objects inside each other, and references that are followed.
const MAX_DEPTH: usize = 64;

/// Two revisions whose objects are compared.
pub(super) struct Meaning<'c, 'b> {
    older: &'c PdfFile<'b>,
    newer: &'c PdfFile<'b>,
    /// Pairs that are compared already, or being compared: a circle is the same when nothing else of it
    /// differs.
    pairs: RefCell<BTreeSet<(Reference, Reference)>>,
}

impl<'c, 'b> Meaning<'c, 'b> {
    pub(super) fn new(older: &'c PdfFile<'b>, newer: &'c PdfFile<'b>) -> Self {
        Self { older, newer, pairs: RefCell::default() }
    }

    /// Whether what stands between `obj` and `endobj` means the same.
    pub(super) fn indirect(&self, before: &Indirect, after: &Indirect) -> Result<bool, PdfRefusal> {
        self.indirect_at(before, after, 0)
    }

    /// Whether an object of the older revision and one of the newer mean the same.
    ///
    /// The same reference means the same: what it leads to is compared by itself.
    pub(super) fn same(&self, before: &Object, after: &Object) -> Result<bool, PdfRefusal> {
        self.same_at(before, after, 0)
    }

    fn indirect_at(
        &self,
        before: &Indirect,
        after: &Indirect,
        depth: usize,
    ) -> Result<bool, PdfRefusal> {
        if before == after {
            return Ok(true);
        }
        match (before, after) {
            (Indirect::Object(before), Indirect::Object(after)) => {
                self.same_at(before, after, depth)
            }
            (Indirect::Stream(before), Indirect::Stream(after)) => {
                self.streams(before, after, depth)
            }
            _ => Ok(false),
        }
    }

    fn same_at(&self, before: &Object, after: &Object, depth: usize) -> Result<bool, PdfRefusal> {
        if before == after {
            return Ok(true);
        }
        if depth > MAX_DEPTH {
            return Ok(false);
        }
        match (before, after) {
            (Object::Integer(_) | Object::Real(_), Object::Integer(_) | Object::Real(_)) => {
                Ok(before.as_number().is_some() && before.as_number() == after.as_number())
            }
            (
                Object::Literal(before) | Object::Hexadecimal(before),
                Object::Literal(after) | Object::Hexadecimal(after),
            ) => Ok(before == after),
            (Object::Array(before), Object::Array(after)) => {
                if before.len() != after.len() {
                    return Ok(false);
                }
                for (before, after) in before.iter().zip(after) {
                    if !self.same_at(before, after, depth + 1)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            (Object::Dictionary(before), Object::Dictionary(after)) => {
                self.dictionaries(before, after, &[], depth)
            }
            (Object::Reference(before), Object::Reference(after)) => {
                self.referred(*before, *after, depth)
            }
            // 7.3.10: an object may stand where a reference to it could.
            (Object::Reference(before), after) => match self.older.get(*before)? {
                Indirect::Object(before) => self.same_at(&before, after, depth + 1),
                Indirect::Stream(_) => Ok(false),
            },
            (before, Object::Reference(after)) => match self.newer.get(*after)? {
                Indirect::Object(after) => self.same_at(before, &after, depth + 1),
                Indirect::Stream(_) => Ok(false),
            },
            _ => Ok(false),
        }
    }

    /// What two different references lead to.
    fn referred(
        &self,
        before: Reference,
        after: Reference,
        depth: usize,
    ) -> Result<bool, PdfRefusal> {
        {
            let mut pairs = self.pairs.borrow_mut();
            if pairs.contains(&(before, after)) {
                return Ok(true);
            }
            if pairs.len() >= MAX_PAIRS {
                return Ok(false);
            }
            pairs.insert((before, after));
        }
        let same =
            self.indirect_at(&self.older.get(before)?, &self.newer.get(after)?, depth + 1)?;
        if !same {
            // Whatever was taken for the same because of it is not.
            self.pairs.borrow_mut().clear();
        }
        Ok(same)
    }

    /// Entries without order, those of null left out (7.3.7), some keys passed over.
    fn dictionaries(
        &self,
        before: &Dictionary,
        after: &Dictionary,
        except: &[&str],
        depth: usize,
    ) -> Result<bool, PdfRefusal> {
        let (before, after) = (index(before), index(after));
        let keys: BTreeSet<&[u8]> = before.keys().chain(after.keys()).copied().collect();
        for key in keys {
            if except.iter().any(|one| one.as_bytes() == key) {
                continue;
            }
            let was = before.get(key).map_or(&Object::Null, |it| *it);
            let is = after.get(key).map_or(&Object::Null, |it| *it);
            if !self.same_at(was, is, depth + 1)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The same data, or the same when unpacked.
    fn streams(&self, before: &Stream, after: &Stream, depth: usize) -> Result<bool, PdfRefusal> {
        const PACKING: [&str; 2] = ["Filter", "DecodeParms"];
        if before.data == after.data {
            return self.dictionaries(&before.dictionary, &after.dictionary, &[], depth);
        }
        if !self.dictionaries(&before.dictionary, &after.dictionary, &PACKING, depth)? {
            return Ok(false);
        }
        match (self.older.decode(before), self.newer.decode(after)) {
            (Ok(before), Ok(after)) => Ok(before == after),
            (Err(PdfRefusal::Damaged { .. }), _) | (_, Err(PdfRefusal::Damaged { .. })) => {
                Ok(false)
            }
            (Err(refusal), _) | (_, Err(refusal)) => Err(refusal),
        }
    }
}

/// The entries by key; of several with one key the last counts.
pub(super) fn index(dictionary: &Dictionary) -> BTreeMap<&[u8], &Object> {
    dictionary.iter().map(|(name, value)| (name.as_bytes(), value)).collect()
}
