//! Incremental updates (ISO 32000-1, 7.5.6): changed and new objects and one cross-reference
//! section, to be written behind the file as it is.

mod dangling;
mod section;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::ops::Range;

use super::damaged;
use super::file::PdfFile;
use super::object::{Indirect, Object, Reference, Stream};
use super::xref::{BELIEVED, HIGHEST};
use crate::domain::refusal::PdfRefusal;

/// Changed and new objects of a file.
#[derive(Debug)]
pub struct Increment<'f, 'a> {
    file: &'f PdfFile<'a>,
    objects: BTreeMap<Reference, Body>,
    next: u32,
    /// Numbers that something refers to although no object has them.
    dangling: BTreeSet<u32>,
}

#[derive(Debug)]
enum Body {
    Object(Indirect),
    /// As it is to stand between `obj` and `endobj`.
    Raw(Vec<u8>),
}

/// What is to be appended to the file.
#[derive(Debug)]
pub struct Update {
    pub bytes: Vec<u8>,
    /// Where in `bytes` lies what stands between `obj` and `endobj`, line ends left out.
    pub bodies: BTreeMap<Reference, Range<usize>>,
}

impl<'f, 'a> Increment<'f, 'a> {
    /// An update without objects. Damaged when the file leaves no object numbers.
    pub fn new(file: &'f PdfFile<'a>) -> Result<Self, PdfRefusal> {
        let used = file.xref().highest().max(file.root().number);
        let size = file.trailer().get("Size").and_then(Object::as_integer);
        let size = size.and_then(|size| u32::try_from(size).ok()).filter(|it| *it <= BELIEVED);
        let next = size.unwrap_or(0).max(used.saturating_add(1)).max(1);
        if next > HIGHEST {
            return Err(damaged("it leaves no object numbers"));
        }
        let dangling = dangling::named(file, next)?;
        Ok(Self { file, objects: BTreeMap::new(), next, dangling })
    }

    /// A name that nothing has yet and nothing refers to, for an object that comes later.
    pub fn reserve(&mut self) -> Reference {
        let number = self.free();
        self.next = number + 1;
        Reference { number, generation: 0 }
    }

    /// The lowest number that may be given.
    fn free(&self) -> u32 {
        let mut number = self.next;
        while self.dangling.contains(&number) {
            number += 1;
        }
        number
    }

    /// Adds a new object.
    pub fn add(&mut self, object: impl Into<Indirect>) -> Reference {
        let reference = self.reserve();
        self.set(reference, object);
        reference
    }

    /// Puts an object in the place of what the file or this update has there. It is encrypted when
    /// the update is written, if the file is.
    pub fn set(&mut self, reference: Reference, object: impl Into<Indirect>) {
        self.objects.insert(reference, Body::Object(object.into()));
    }

    /// As [`Self::set`], with bytes that are written as they are. Strings in them must have been
    /// through [`Self::encrypted`].
    pub fn set_raw(&mut self, reference: Reference, body: Vec<u8>) {
        self.objects.insert(reference, Body::Raw(body));
    }

    /// Adds a new object that is written as it is.
    pub fn add_raw(&mut self, body: Vec<u8>) -> Reference {
        let reference = self.reserve();
        self.set_raw(reference, body);
        reference
    }

    /// The object of this name as the update has it, else as the file has it. A raw one is null.
    pub fn get(&self, reference: Reference) -> Result<Indirect, PdfRefusal> {
        match self.objects.get(&reference) {
            Some(Body::Object(object)) => Ok(object.clone()),
            Some(Body::Raw(_)) => Ok(Indirect::Object(Object::Null)),
            None => self.file.get(reference),
        }
    }

    /// The object with its strings encrypted, for a raw body of this name. Of a signature dictionary
    /// (with ByteRange) the Contents stay clear.
    #[must_use]
    pub fn encrypted(&self, reference: Reference, mut object: Object) -> Object {
        if let Some(crypt) = self.file.crypt() {
            crypt.encrypt_object(reference, &mut object);
        }
        object
    }

    /// The bytes behind the file. They begin a new line, hold the objects in order of their numbers
    /// and end with `%%EOF`; the cross-reference section is of the kind of the file's newest one.
    /// If that chain cannot be relied on, the section names all objects of the file and stands
    /// alone.
    pub fn finish(self) -> Result<Update, PdfRefusal> {
        let start = self.file.bytes().len();
        let mut out = Vec::with_capacity(self.expected());
        if !matches!(self.file.bytes().last(), Some(b'\n' | b'\r')) {
            out.push(b'\n');
        }
        let mut bodies = BTreeMap::new();
        let mut places = BTreeMap::new();
        for (reference, body) in &self.objects {
            places.insert(reference.number, (start + out.len(), reference.generation));
            let _ = writeln!(out, "{} {} obj", reference.number, reference.generation);
            let begin = out.len();
            match body {
                Body::Raw(bytes) => out.extend(bytes),
                Body::Object(object) => self.write(*reference, object, &mut out),
            }
            bodies.insert(*reference, begin..out.len());
            out.extend(b"\nendobj\n");
        }
        section::write(self.file, start, &places, self.free(), &mut out)?;
        Ok(Update { bytes: out, bodies })
    }

    fn expected(&self) -> usize {
        let sizes = self.objects.values().map(|body| match body {
            Body::Raw(bytes) => bytes.len() + 64,
            Body::Object(Indirect::Stream(stream)) => stream.data.len() + 512,
            Body::Object(Indirect::Object(_)) => 512,
        });
        sizes.sum::<usize>() + 512
    }

    fn write(&self, reference: Reference, object: &Indirect, out: &mut Vec<u8>) {
        let clear = self.file.trailer().get("Encrypt") == Some(&Object::Reference(reference));
        match (self.file.crypt().filter(|_| !clear), object) {
            (None, object) => object.write(out),
            (Some(_), Indirect::Object(object)) => {
                self.encrypted(reference, object.clone()).write(out);
            }
            (Some(crypt), Indirect::Stream(stream)) => {
                let Stream { mut dictionary, mut data } = stream.clone();
                crypt.encrypt_stream(reference, &mut dictionary, &mut data);
                Indirect::Stream(Stream { dictionary, data }).write(out);
            }
        }
    }
}
