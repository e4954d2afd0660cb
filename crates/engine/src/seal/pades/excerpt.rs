//! The part of a PDF that says which text stands where, as a small PDF of its own: contents, forms and
//! fonts, unpacked and decrypted. A reader of text that trusts what it reads gets this instead of the
//! document: no filters, no images, inline ones neither, no shadings, no tables that name more than there is.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::content::{Objects, PageContent};
use super::inline::without_images;
use crate::domain::refusal::PdfRefusal;
use crate::seal::pdf::object::{Dictionary, Indirect, Object, Reference, Stream};

/// Objects of one excerpt.
const OBJECT_LIMIT: usize = 50_000;
/// Dictionaries, arrays and references inside each other.
const DEPTH_LIMIT: usize = 24;
/// Bytes of memory that an entry of a dictionary takes besides its name.
const ENTRY: usize = 96;
/// Codes that a font has widths for: those of two bytes.
const WIDTH_LIMIT: i64 = 0x1_0000;

/// An excerpt that is being made.
pub(super) struct Excerpt<'a> {
    objects: &'a dyn Objects,
    /// By number, from 1.
    made: Vec<Indirect>,
    numbers: BTreeMap<(Reference, CopyKind), Reference>,
    /// Bytes that may still be copied, as they are in memory.
    left: &'a mut usize,
}

/// What an object is copied as.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum CopyKind {
    Form,
    Font,
    /// Anything inside a font; whether its font file is left out.
    Part(bool),
    /// The resources of a form.
    Resources,
}

impl<'a> Excerpt<'a> {
    /// Makes the excerpt of some pages, in their order.
    ///
    /// # Errors
    /// [`PdfRefusal::TooMuchData`], [`PdfRefusal::TooManyObjects`].
    pub(super) fn of(
        pages: &[PageContent],
        objects: &'a dyn Objects,
        left: &'a mut usize,
    ) -> Result<Vec<u8>, PdfRefusal> {
        let mut excerpt = Self { objects, made: Vec::new(), numbers: BTreeMap::new(), left };
        let catalog = excerpt.reserve()?;
        let tree = excerpt.reserve()?;
        let mut kids = Vec::new();
        for page in pages {
            let contents = excerpt.contents(&page.contents)?;
            let contents = excerpt.without_images(contents)?;
            let contents = excerpt.add(plain(Dictionary::new(), contents))?;
            let resources = excerpt.resources(&page.resources, 0)?;
            let dictionary = Dictionary::new()
                .with("Type", Object::name("Page"))
                .with("Parent", tree)
                .with("Contents", contents)
                .with("Resources", resources);
            kids.push(excerpt.add(Indirect::Object(dictionary.into()))?.into());
        }
        let count = i64::try_from(kids.len()).unwrap_or(i64::MAX);
        let pages = Dictionary::new()
            .with("Type", Object::name("Pages"))
            .with("Count", Object::Integer(count))
            .with("Kids", Object::Array(kids));
        excerpt.put(tree, Indirect::Object(pages.into()));
        let root = Dictionary::new().with("Type", Object::name("Catalog")).with("Pages", tree);
        excerpt.put(catalog, Indirect::Object(root.into()));
        Ok(excerpt.written(catalog))
    }

    fn reserve(&mut self) -> Result<Reference, PdfRefusal> {
        self.add(Indirect::Object(Object::Null))
    }

    fn add(&mut self, object: Indirect) -> Result<Reference, PdfRefusal> {
        if self.made.len() >= OBJECT_LIMIT {
            return Err(PdfRefusal::TooManyObjects { limit: OBJECT_LIMIT });
        }
        self.take(size_of::<Indirect>())?;
        self.made.push(object);
        Ok(Reference { number: u32::try_from(self.made.len()).unwrap_or(u32::MAX), generation: 0 })
    }

    fn put(&mut self, reference: Reference, object: Indirect) {
        let place = usize::try_from(reference.number).unwrap_or_default().wrapping_sub(1);
        if let Some(made) = self.made.get_mut(place) {
            *made = object;
        }
    }

    /// A stream without its filters; empty when they cannot be undone, as readers show nothing of it.
    fn decoded(&mut self, stream: &Stream) -> Result<Vec<u8>, PdfRefusal> {
        let data = match self.objects.decode(stream) {
            Ok(data) => data,
            Err(PdfRefusal::Damaged { .. }) => Vec::new(),
            Err(other) => return Err(other),
        };
        self.take(data.len())?;
        Ok(data)
    }

    /// Contents whose inline images are left out. Texts may become longer.
    fn without_images(&mut self, contents: Vec<u8>) -> Result<Vec<u8>, PdfRefusal> {
        let before = contents.len();
        let contents = without_images(contents);
        self.take(contents.len().saturating_sub(before))?;
        Ok(contents)
    }

    /// Counts bytes that are copied.
    fn take(&mut self, bytes: usize) -> Result<(), PdfRefusal> {
        let left = self.left.checked_sub(bytes);
        *self.left = left.ok_or(PdfRefusal::TooMuchData { limit: self.objects.room() })?;
        Ok(())
    }

    fn resolved(&self, object: &Object) -> Result<Indirect, PdfRefusal> {
        match object {
            Object::Reference(reference) => {
                Ok(self.objects.get(*reference)?.unwrap_or(Indirect::Object(Object::Null)))
            }
            other => Ok(Indirect::Object(other.clone())),
        }
    }

    fn dictionary(&self, object: Option<&Object>) -> Result<Dictionary, PdfRefusal> {
        let Some(object) = object else { return Ok(Dictionary::new()) };
        Ok(match self.resolved(object)? {
            Indirect::Object(Object::Dictionary(dictionary)) => dictionary,
            _ => Dictionary::new(),
        })
    }

    /// The streams of a page, one after the other with white space between (ISO 32000-1, 7.8.2).
    fn contents(&mut self, contents: &Object) -> Result<Vec<u8>, PdfRefusal> {
        let parts = match self.resolved(contents)? {
            Indirect::Stream(stream) => return self.decoded(&stream),
            Indirect::Object(Object::Array(parts)) => parts,
            Indirect::Object(_) => Vec::new(),
        };
        let mut data = Vec::new();
        for part in parts {
            if let Indirect::Stream(stream) = self.resolved(&part)? {
                data.extend(self.decoded(&stream)?);
                data.push(b'\n');
            }
        }
        Ok(data)
    }

    /// The fonts and forms of a resource dictionary, where it is an object of its own copied once.
    fn resources(&mut self, resources: &Object, depth: usize) -> Result<Object, PdfRefusal> {
        let Object::Reference(source) = resources else {
            return Ok(self.resources_in(resources, depth)?.into());
        };
        if let Some(copy) = self.numbers.get(&(*source, CopyKind::Resources)) {
            return Ok((*copy).into());
        }
        let copy = self.reserve()?;
        self.numbers.insert((*source, CopyKind::Resources), copy);
        let made = self.resources_in(resources, depth)?;
        self.put(copy, Indirect::Object(made.into()));
        Ok(copy.into())
    }

    fn resources_in(&mut self, resources: &Object, depth: usize) -> Result<Dictionary, PdfRefusal> {
        let resources = self.dictionary(Some(resources))?;
        let mut fonts = Dictionary::new();
        for (name, font) in self.dictionary(resources.get("Font"))?.iter() {
            self.take(ENTRY + name.as_bytes().len())?;
            fonts.push(name.clone(), self.font(font, depth)?);
        }
        let mut forms = Dictionary::new();
        if depth < DEPTH_LIMIT {
            for (name, form) in self.dictionary(resources.get("XObject"))?.iter() {
                if let Some(form) = self.form(form, depth)? {
                    self.take(ENTRY + name.as_bytes().len())?;
                    forms.push(name.clone(), form.into());
                }
            }
        }
        Ok(Dictionary::new().with("Font", fonts).with("XObject", forms))
    }

    fn form(&mut self, form: &Object, depth: usize) -> Result<Option<Reference>, PdfRefusal> {
        let Object::Reference(source) = form else { return Ok(None) };
        if let Some(copy) = self.numbers.get(&(*source, CopyKind::Form)) {
            return Ok(Some(*copy));
        }
        // Images have megabytes, which are not even copied.
        let head = self.objects.head(*source)?;
        let subtype = head.as_dictionary().and_then(|head| head.get("Subtype")?.as_name());
        if subtype != Some(b"Form") {
            return Ok(None);
        }
        let Indirect::Stream(stream) = self.resolved(form)? else { return Ok(None) };
        let copy = self.reserve()?;
        self.numbers.insert((*source, CopyKind::Form), copy);
        let mut dictionary = Dictionary::new().with("Subtype", Object::name("Form"));
        if let Some(matrix) = stream.dictionary.get("Matrix") {
            dictionary.set("Matrix", self.part(matrix, false, depth + 1)?);
        }
        if let Some(resources) = stream.dictionary.get("Resources") {
            dictionary.set("Resources", self.resources(resources, depth + 1)?);
        }
        let data = self.decoded(&stream)?;
        let data = self.without_images(data)?;
        self.put(copy, plain(dictionary, data));
        Ok(Some(copy))
    }

    fn font(&mut self, font: &Object, depth: usize) -> Result<Object, PdfRefusal> {
        let key = font.as_reference().map(|source| (source, CopyKind::Font));
        if let Some(copy) = key.and_then(|key| self.numbers.get(&key)) {
            return Ok((*copy).into());
        }
        let copy = self.reserve()?;
        if let Some(key) = key {
            self.numbers.insert(key, copy);
        }
        let dictionary = self.dictionary(Some(font))?;
        // What says the characters makes the program needless, and unread programs do no harm.
        let without_file = dictionary.get("ToUnicode").is_some();
        let part = self.part(&dictionary.into(), without_file, depth + 1)?;
        self.put(copy, Indirect::Object(part));
        Ok(copy.into())
    }

    /// Anything in a font.
    fn part(
        &mut self,
        object: &Object,
        without_file: bool,
        depth: usize,
    ) -> Result<Object, PdfRefusal> {
        if depth > 2 * DEPTH_LIMIT {
            return Ok(Object::Null);
        }
        self.take(match object {
            Object::Literal(text) | Object::Hexadecimal(text) | Object::Real(text) => {
                text.len() + size_of::<Object>()
            }
            _ => size_of::<Object>(),
        })?;
        Ok(match object {
            Object::Reference(source) => {
                let key = (*source, CopyKind::Part(without_file));
                if let Some(copy) = self.numbers.get(&key) {
                    return Ok((*copy).into());
                }
                let copy = self.reserve()?;
                self.numbers.insert(key, copy);
                let made = match self.resolved(object)? {
                    Indirect::Stream(stream) => {
                        let mut dictionary = Dictionary::new();
                        for key in ["Length1", "Length2", "Length3", "Subtype", "Type", "CMapName"]
                        {
                            if let Some(value) = stream.dictionary.get(key) {
                                dictionary.set(key, self.part(value, without_file, depth + 1)?);
                            }
                        }
                        let data = self.decoded(&stream)?;
                        plain(dictionary, data)
                    }
                    Indirect::Object(inner) => {
                        Indirect::Object(self.part(&inner, without_file, depth + 1)?)
                    }
                };
                self.put(copy, made);
                copy.into()
            }
            Object::Array(items) => {
                let items = items.iter().map(|item| self.part(item, without_file, depth + 1));
                Object::Array(items.collect::<Result<_, _>>()?)
            }
            Object::Dictionary(dictionary) => {
                let mut copy = Dictionary::new();
                for (name, value) in dictionary.iter() {
                    self.take(ENTRY + name.as_bytes().len())?;
                    if let Some(value) = self.entry(name.as_bytes(), value, without_file)? {
                        copy.push(name.clone(), self.part(&value, without_file, depth + 1)?);
                    }
                }
                copy.into()
            }
            other => other.clone(),
        })
    }

    /// An entry of a dictionary of a font, unless it is not needed or cannot be meant.
    fn entry(
        &mut self,
        name: &[u8],
        value: &Object,
        without_file: bool,
    ) -> Result<Option<Object>, PdfRefusal> {
        let resolved = |this: &Self| {
            this.resolved(value).map(|it| match it {
                Indirect::Object(object) => object,
                Indirect::Stream(_) => Object::Null,
            })
        };
        Ok(match name {
            b"Parent" | b"Metadata" | b"Resources" | b"StructParents" => None,
            b"CharProcs" => Some(Dictionary::new().into()),
            b"FontFile" | b"FontFile2" | b"FontFile3" if without_file => None,
            b"FirstChar" | b"LastChar" => {
                Some(resolved(self)?).filter(|it| matches!(it, Object::Integer(0..=255)))
            }
            b"W" | b"W2" => {
                let widths = resolved(self)?;
                let values = if name == b"W" { 1 } else { 3 };
                Some(self.flat(widths)?).filter(|it| ranges_fit(it, values))
            }
            _ => Some(value.clone()),
        })
    }

    /// An array whose items are no references.
    fn flat(&mut self, array: Object) -> Result<Object, PdfRefusal> {
        let Object::Array(items) = array else { return Ok(array) };
        let mut flat = Vec::with_capacity(items.len());
        for item in items {
            flat.push(match item {
                Object::Reference(_) => match self.resolved(&item)? {
                    Indirect::Object(object) => {
                        self.take(object.weight())?;
                        object
                    }
                    Indirect::Stream(_) => Object::Null,
                },
                direct => direct,
            });
        }
        Ok(Object::Array(flat))
    }

    /// The file, with a cross-reference table (7.5.4).
    fn written(self, catalog: Reference) -> Vec<u8> {
        let mut out = b"%PDF-1.7\n".to_vec();
        let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", self.made.len() + 1);
        for (position, object) in self.made.iter().enumerate() {
            // Writing into a String does not fail.
            let _ = writeln!(table, "{:010} 00000 n ", out.len());
            out.extend(format!("{} 0 obj\n", position + 1).as_bytes());
            object.write(&mut out);
            out.extend(b"\nendobj\n");
        }
        let start = out.len();
        out.extend(table.as_bytes());
        let size = i64::try_from(self.made.len() + 1).unwrap_or(i64::MAX);
        let trailer = Dictionary::new().with("Size", Object::Integer(size)).with("Root", catalog);
        out.extend(b"trailer\n");
        trailer.write(&mut out);
        out.extend(format!("\nstartxref\n{start}\n%%EOF\n").as_bytes());
        out
    }
}

fn plain(dictionary: Dictionary, data: Vec<u8>) -> Indirect {
    Indirect::Stream(Stream { dictionary, data })
}

/// Whether the ranges of `W` (9.7.4.3) and `W2` are of codes that there are: `c [w …]` or `c c w`.
fn ranges_fit(widths: &Object, values: usize) -> bool {
    let Some(mut rest) = widths.as_array() else { return false };
    let mut ranges = 0;
    let code = |object: &Object| object.as_integer().filter(|it| (0..WIDTH_LIMIT).contains(it));
    loop {
        match rest {
            [] => return true,
            [first, Object::Array(_), following @ ..] if code(first).is_some() => rest = following,
            [first, last, following @ ..] if code(first).is_some() && code(last).is_some() => {
                ranges += 1;
                if ranges > 4096 {
                    return false;
                }
                rest = following.get(values..).unwrap_or_default();
            }
            _ => return false,
        }
    }
}
