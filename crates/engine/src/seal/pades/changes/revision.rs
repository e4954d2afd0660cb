//! What was replaced between a signed revision and the next one, object by object.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::meaning::{Meaning, index};
use super::roles::{CATALOG, FieldRole, PAGE, PartRole, Roles};
use super::{Findings, Replaced, references};
use crate::domain::refusal::PdfRefusal;
use crate::seal::pdf::object::{Dictionary, Indirect, Object, Reference};
use crate::seal::pdf::{ObjectPosition, PdfFile};

/// Keys of the form that may change (ISO 32000-1, table 218).
const FORM: [&str; 5] = ["Fields", "SigFlags", "DR", "DA", "NeedAppearances"];

/// Keys of a field or a widget that change when it is filled in (tables 188, 220 and 230 to 232).
const FILLED: [&str; 16] =
    ["V", "AP", "AS", "F", "Ff", "M", "MK", "DA", "Q", "RC", "I", "TI", "RV", "P", "Kids", "NM"];

/// Objects under new numbers that are tried for one that is gone from a list.
const MAX_RENAMED: usize = 64;

/// Two revisions that follow each other.
pub(super) struct RevisionPair<'c, 'b> {
    pub(super) older: &'c PdfFile<'b>,
    pub(super) newer: &'c PdfFile<'b>,
    pub(super) meaning: Meaning<'c, 'b>,
    /// Of the older one.
    pub(super) roles: &'c Roles,
    /// The field whose signature covers the older one.
    pub(super) signature: &'c str,
    /// The field whose signature certifies that nothing is annotated (DocMDP, P 1 and 2).
    pub(super) certification: Option<&'c str>,
    /// The number of the older one.
    pub(super) position: usize,
}

/// A dictionary by key.
type Entries<'d> = BTreeMap<&'d [u8], &'d Object>;

impl RevisionPair<'_, '_> {
    /// Refuses what may not change, and says how many objects there are.
    pub(super) fn judge(&self, findings: &mut Findings) -> Result<usize, PdfRefusal> {
        let (old, new) = (self.older.positions(), self.newer.positions());
        for number in new.keys().filter(|number| !old.contains_key(number)) {
            findings.added.entry(*number).or_insert(self.position);
        }
        if self.older.root() != self.newer.root() {
            return Err(self.shadowed("the catalog", "was exchanged"));
        }
        if self.older.trailer().get("Encrypt") != self.newer.trailer().get("Encrypt") {
            return Err(self.shadowed("the encryption", "was changed"));
        }
        self.size(&old)?;
        self.form(&old, findings)?;
        let mut drawn = BTreeSet::new();
        for (number, place) in &old {
            if new.get(number) == Some(place) {
                continue;
            }
            let before = self.older.get(place.reference)?;
            let after = self.newer.get(place.reference)?;
            if before == after {
                continue;
            }
            for target in references(dictionary_or_object(&before)) {
                if !old.contains_key(&target.number) {
                    findings.missing.entry(target.number).or_insert(self.position);
                }
            }
            if self.meaning.indirect(&before, &after)? {
                continue;
            }
            // what is gone does no harm as long as nothing uses it
            let gone = after == Indirect::Object(Object::Null) && !self.roles.has(*number);
            let part = if gone || is_structure(&before) {
                None
            } else {
                self.object(*number, &before, &after, &old, findings)?
            };
            if let Some(PartRole::Appearance { field }) = part {
                drawn.insert(field);
            }
            if gone || part.is_some() || is_structure(&before) {
                let position = self.position;
                findings.replaced.entry(*number).or_insert(Replaced { position, part });
            }
        }
        self.others(&drawn, findings);
        Ok(old.len() + new.len())
    }

    /// An object whose number is beyond the Size of the file is missing (ISO 32000-1, table 15), and some readers
    /// take it for that: a smaller Size hides what was there.
    fn size(&self, old: &BTreeMap<u32, ObjectPosition>) -> Result<(), PdfRefusal> {
        let size = |file: &PdfFile<'_>| file.trailer().get("Size").and_then(Object::as_integer);
        let (Some(was), Some(is)) = (size(self.older), size(self.newer)) else { return Ok(()) };
        let hidden = old.keys().find(|number| (is..was).contains(&i64::from(**number)));
        match hidden {
            Some(number) => {
                let what = format!("object {number}");
                Err(self.shadowed(&what, "was put beyond the Size of the file"))
            }
            None => Ok(()),
        }
    }

    /// What leads to a replaced part leads to nothing else either.
    fn others(&self, drawn: &BTreeSet<u32>, findings: &mut Findings) {
        let container = findings.replaced.values();
        let container =
            container.into_iter().any(|it| matches!(it.part, Some(PartRole::Container)));
        for (number, part) in &self.roles.parts {
            let also = match part {
                PartRole::Container => container,
                PartRole::Appearance { field } => drawn.contains(field),
                _ => false,
            };
            if also {
                let replaced = Replaced { position: self.position, part: Some(*part) };
                findings.replaced.entry(*number).or_insert(replaced);
            }
        }
    }

    /// Judges one object that was replaced. Gives the part that it is, when nothing else may use it.
    fn object(
        &self,
        number: u32,
        before: &Indirect,
        after: &Indirect,
        old: &BTreeMap<u32, ObjectPosition>,
        findings: &mut Findings,
    ) -> Result<Option<PartRole>, PdfRefusal> {
        let replaced = || self.replaced(number, before);
        if let (Some(old_entries), Some(new_entries)) = (entries(before), entries(after)) {
            let only = |keys: &[&str]| match self.difference(&old_entries, &new_entries, keys)? {
                None => Ok(None),
                Some(key) => Err(self.changed(number, before, &key)),
            };
            if number == self.roles.catalog {
                self.permissions()?;
                return only(&CATALOG);
            }
            if self.roles.form == Some(number) {
                return Ok(None); // compared as a whole
            }
            if let Some(page) = self.roles.pages.get(&number) {
                self.annotations(*page, old, findings)?;
                return only(&PAGE);
            }
            if let Some(field) = self.roles.fields.get(&number) {
                self.field(number, field, &old_entries, &new_entries, findings)?;
                return if field.is_signed { only(&["Kids"]) } else { only(&FILLED) };
            }
        }
        let Some(part) = self.roles.parts.get(&number).copied() else { return Err(replaced()) };
        let streams = matches!(before, Indirect::Stream(_)) || matches!(after, Indirect::Stream(_));
        let allowed = match part {
            PartRole::Description => true,
            PartRole::Container => {
                self.permissions()?;
                !streams
            }
            PartRole::Appearance { field } => match self.roles.fields.get(&field) {
                Some(role) if role.is_signature => !role.is_signed,
                Some(role) => self.is_filled(role)?,
                None => false,
            },
            PartRole::Value => !streams && is_plain(before) && is_plain(after),
            PartRole::Resources => {
                let entries = entries(before).zip(entries(after)).filter(|_| !streams);
                entries.map_or(Ok(false), |it| self.adds(&it.0, &it.1))?
            }
            PartRole::Fields => !streams, // compared with the form
            PartRole::Kids { field } => {
                if let Some(field) = self.roles.fields.get(&field) {
                    self.kids(field)?;
                }
                !streams
            }
            PartRole::Annotations { page } => {
                if let Some(page) = self.roles.pages.get(&page) {
                    self.annotations(*page, old, findings)?;
                }
                !streams
            }
        };
        if allowed { Ok(Some(part)) } else { Err(replaced()) }
    }

    /// The form may get more fields and resources, nothing else.
    fn form(
        &self,
        old: &BTreeMap<u32, ObjectPosition>,
        findings: &mut Findings,
    ) -> Result<(), PdfRefusal> {
        let form = |file: &PdfFile<'_>| file.dictionary(&file.catalog()?, "AcroForm");
        let Some(before) = form(self.older)? else { return Ok(()) };
        let after = form(self.newer)?.unwrap_or_default();
        if let Some(key) = self.difference(&index(&before), &index(&after), &FORM)? {
            return Err(self.shadowed(&format!("{key} of the form"), "was changed"));
        }
        let list =
            |file: &PdfFile<'_>, form| file.array(form, "Fields").map(Option::unwrap_or_default);
        let (fields, now) = (list(self.older, &before)?, list(self.newer, &after)?);
        let Some(more) = self.added(&fields, &now)? else {
            return Err(self.shadowed("a field of the form", "was removed"));
        };
        for number in more.iter().filter_map(|it| Some(it.as_reference()?.number)) {
            let known =
                self.roles.fields.contains_key(&number) || self.roles.annotations.contains(&number);
            if old.contains_key(&number) && !known {
                return Err(self.shadowed(&format!("object {number}"), "was made a field"));
            }
        }
        let resources = |file: &PdfFile<'_>, form| file.dictionary(form, "DR");
        if let Some(before) = resources(self.older, &before)? {
            let after = resources(self.newer, &after)?.unwrap_or_default();
            if !self.adds_resources(&before, &after)? {
                findings.notes.insert(format!(
                    "the resources of the form were changed after the signature in '{}', so that fields \
                     may look different",
                    self.signature
                ));
            }
        }
        Ok(())
    }

    fn adds_resources(&self, before: &Dictionary, after: &Dictionary) -> Result<bool, PdfRefusal> {
        let after = index(after);
        for (kind, before) in before.iter() {
            let Some(after) = after.get(kind.as_bytes()) else { return Ok(false) };
            let pair = (self.older.resolve(before)?, self.newer.resolve(after)?);
            let same = match &pair {
                (Object::Dictionary(before), Object::Dictionary(after)) => {
                    self.adds(&index(before), &index(after))?
                }
                (before, after) => self.meaning.same(before, after)?,
            };
            if !same {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// A certification may not vanish, nor a right that was given.
    fn permissions(&self) -> Result<(), PdfRefusal> {
        let permissions = |file: &PdfFile<'_>| file.dictionary(&file.catalog()?, "Perms");
        let before = permissions(self.older)?.unwrap_or_default();
        let after = permissions(self.newer)?.unwrap_or_default();
        if self.adds(&index(&before), &index(&after))? {
            return Ok(());
        }
        Err(self.shadowed("the certification", "was changed"))
    }

    /// Annotations may be added to a page, not taken away.
    fn annotations(
        &self,
        page: Reference,
        old: &BTreeMap<u32, ObjectPosition>,
        findings: &mut Findings,
    ) -> Result<(), PdfRefusal> {
        let (before, after) =
            (list(self.older, page, "Annots")?, list(self.newer, page, "Annots")?);
        let Some(more) = self.added(&before, &after)? else {
            let what = format!("an annotation of the page in object {}", page.number);
            return Err(self.shadowed(&what, "was removed"));
        };
        for annotation in more {
            let number = annotation.as_reference().map(|it| it.number);
            if let Some(number) = number
                && old.contains_key(&number)
                && !self.roles.fields.contains_key(&number)
                && !self.roles.annotations.contains(&number)
            {
                return Err(self.shadowed(&format!("object {number}"), "was made an annotation"));
            }
            let Object::Dictionary(annotation) = self.newer.resolve(&annotation)? else { continue };
            let is_signature = self.is_signature(&annotation)?;
            let is_popup = annotation.get("Subtype").and_then(Object::as_name) == Some(b"Popup");
            if let (false, Some(certification)) = (is_signature, self.certification) {
                let what = format!(
                    "an annotation of the page in object {}, which the certification in \
                     '{certification}' does not permit,",
                    page.number
                );
                return Err(self.shadowed(&what, "was added"));
            }
            if !is_signature && !is_popup {
                findings.notes.insert(format!(
                    "annotations or fields were added after the signature in '{}'; they may cover what it \
                     signs",
                    self.signature
                ));
            }
        }
        Ok(())
    }

    /// Whether an annotation shows a signature field.
    fn is_signature(&self, annotation: &Dictionary) -> Result<bool, PdfRefusal> {
        let own = self.newer.value(annotation, "FT")?;
        if own != Object::Null {
            return Ok(own.as_name() == Some(b"Sig"));
        }
        let above = self.newer.dictionary(annotation, "Parent")?.unwrap_or_default();
        Ok(self.newer.value(&above, "FT")?.as_name() == Some(b"Sig"))
    }

    /// A field may get kids and, when nothing is filled in, no other look without a word.
    fn field(
        &self,
        number: u32,
        field: &FieldRole,
        before: &Entries<'_>,
        after: &Entries<'_>,
        findings: &mut Findings,
    ) -> Result<(), PdfRefusal> {
        self.kids(field)?;
        let look: &[u8] = b"AP";
        if !field.is_signature && before.get(look) != after.get(look) && !self.is_filled(field)? {
            findings.notes.insert(format!(
                "the field in object {number} looks different since the signature in '{}', although its \
                 value is the same",
                self.signature
            ));
        }
        Ok(())
    }

    fn kids(&self, field: &FieldRole) -> Result<(), PdfRefusal> {
        let place = field.reference;
        let (before, after) = (list(self.older, place, "Kids")?, list(self.newer, place, "Kids")?);
        if self.added(&before, &after)?.is_some() {
            return Ok(());
        }
        let what = format!("a kid of the field in object {}", place.number);
        Err(self.shadowed(&what, "was removed"))
    }

    /// Whether the value of a field is another one now, or its state.
    fn is_filled(&self, field: &FieldRole) -> Result<bool, PdfRefusal> {
        for (place, key) in [(field.value_of, "V"), (field.reference, "V"), (field.reference, "AS")]
        {
            if value(self.older, place, key)? != value(self.newer, place, key)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A key, other than these, whose value does not mean the same. A value of null is none (7.3.7), and
    /// the words that a producer leaves about itself are nothing that is seen.
    fn difference(
        &self,
        before: &Entries<'_>,
        after: &Entries<'_>,
        except: &[&str],
    ) -> Result<Option<String>, PdfRefusal> {
        let keys: BTreeSet<&[u8]> = before.keys().chain(after.keys()).copied().collect();
        for key in keys {
            if except.iter().any(|one| one.as_bytes() == key) {
                continue;
            }
            let value =
                |entries: &Entries<'_>| entries.get(key).map_or(Object::Null, |it| (*it).clone());
            let (was, is) = (value(before), value(after));
            let words = is_private(key) && is_text(&was) && is_text(&is);
            if !words && !self.meaning.same(&was, &is)? {
                return Ok(Some(String::from_utf8_lossy(key).into_owned()));
            }
        }
        Ok(None)
    }

    /// Whether everything that was there is there.
    fn adds(&self, before: &Entries<'_>, after: &Entries<'_>) -> Result<bool, PdfRefusal> {
        for (key, value) in before {
            let is = after.get(key).map_or(NOTHING, |it| *it);
            if !self.meaning.same(value, is)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What a list has more than before; none when it has not all of that any more. Null is nothing, and
    /// an object under a new number is the same object.
    fn added(
        &self,
        before: &[Object],
        after: &[Object],
    ) -> Result<Option<Vec<Object>>, PdfRefusal> {
        let is_reference = |object: &&Object| object.as_reference().is_some();
        let references =
            |list: &[Object]| list.iter().filter_map(Object::as_reference).collect::<BTreeSet<_>>();
        let (was, is) = (references(before), references(after));
        let mut more: VecDeque<Object> =
            is.difference(&was).map(|it| Object::Reference(*it)).collect();
        for gone in was.difference(&is) {
            let mut again = None;
            for (position, other) in more.iter().enumerate().take(MAX_RENAMED) {
                if self.meaning.same(&Object::Reference(*gone), other)? {
                    again = Some(position);
                    break;
                }
            }
            match again {
                Some(position) => more.remove(position),
                None => return Ok(None),
            };
        }
        // what has no name is found again in its order
        let direct = |list| {
            let list: std::slice::Iter<'_, Object> = list;
            list.filter(|it| !is_reference(it) && **it != Object::Null)
        };
        let mut wanted = direct(before.iter()).peekable();
        for item in direct(after.iter()) {
            let found = match wanted.peek() {
                Some(wanted) => self.meaning.same(wanted, item)?,
                None => false,
            };
            if found {
                wanted.next();
            } else {
                more.push_back(item.clone());
            }
        }
        Ok(wanted.peek().is_none().then(|| more.into()))
    }

    fn replaced(&self, number: u32, before: &Indirect) -> PdfRefusal {
        self.shadowed(&format!("object {number} ({})", kind(before)), "was replaced")
    }

    fn changed(&self, number: u32, before: &Indirect, key: &str) -> PdfRefusal {
        self.shadowed(&format!("{key} of object {number} ({})", kind(before)), "was changed")
    }

    fn shadowed(&self, what: &str, done: &str) -> PdfRefusal {
        let what = format!("{what} {done} after the signature in '{}'", self.signature);
        PdfRefusal::Shadowed { what }
    }
}

/// What an object has under a key.
fn value(file: &PdfFile<'_>, place: Reference, key: &str) -> Result<Object, PdfRefusal> {
    match file.resolve(&Object::Reference(place))? {
        Object::Dictionary(found) => file.value(&found, key),
        _ => Ok(Object::Null),
    }
}

/// An array that an object has under a key.
fn list(file: &PdfFile<'_>, place: Reference, key: &str) -> Result<Vec<Object>, PdfRefusal> {
    match value(file, place, key)? {
        Object::Array(items) => Ok(items),
        _ => Ok(Vec::new()),
    }
}

/// What an object is, in words.
fn kind(object: &Indirect) -> String {
    let (dictionary, otherwise) = match object {
        Indirect::Stream(stream) => (&stream.dictionary, "a content stream"),
        Indirect::Object(Object::Dictionary(dictionary)) => (dictionary, "a dictionary"),
        Indirect::Object(Object::Array(_)) => return "an array".to_owned(),
        Indirect::Object(_) => return "a value".to_owned(),
    };
    let name = ["Subtype", "Type"].into_iter().find_map(|key| dictionary.get(key)?.as_name());
    name.map_or_else(|| otherwise.to_owned(), |name| String::from_utf8_lossy(name).into_owned())
}

/// Cross-reference streams and object streams: nothing refers to them, and their numbers are free for
/// others once a newer section replaces them.
pub(super) fn is_structure(object: &Indirect) -> bool {
    let Indirect::Stream(stream) = object else { return false };
    matches!(stream.dictionary.get("Type").and_then(Object::as_name), Some(b"XRef" | b"ObjStm"))
}

/// Whether a value is text, a name or a number, or a list of such.
fn is_plain(object: &Indirect) -> bool {
    let plain = |object: &Object| {
        !matches!(object, Object::Array(_) | Object::Dictionary(_) | Object::Reference(_))
    };
    match object {
        Indirect::Object(Object::Array(items)) => items.iter().all(plain),
        Indirect::Object(object) => plain(object),
        Indirect::Stream(_) => false,
    }
}

fn entries(object: &Indirect) -> Option<Entries<'_>> {
    match object {
        Indirect::Object(Object::Dictionary(dictionary)) => Some(index(dictionary)),
        _ => None,
    }
}

const NOTHING: &Object = &Object::Null;

fn dictionary_or_object(object: &Indirect) -> &Object {
    match object {
        Indirect::Object(object) => object,
        // what a stream refers to makes a stream of its own
        Indirect::Stream(_) => NOTHING,
    }
}

/// Whether a key is a developer's own (ISO 32000-1, annex E): behind a prefix, or of the third class.
fn is_private(key: &[u8]) -> bool {
    key.starts_with(b"XX") || key.iter().any(|byte| matches!(byte, b'_' | b':' | b'.'))
}

/// Whether a value is a text, or not there.
fn is_text(value: &Object) -> bool {
    matches!(value, Object::Null | Object::Literal(_) | Object::Hexadecimal(_))
}
