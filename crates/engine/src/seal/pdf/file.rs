//! A PDF file that is read where and when something of it is asked for.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use memchr::memmem;

use super::budget::{PdfBudget, PdfLimits};
use super::crypt::{Access, Crypt, Permissions};
use super::indirect::{self, Raw};
use super::object::{Dictionary, Indirect, Object, Reference, Stream};
use super::object_stream::ObjectStream;
use super::xref::{self, Entry, SectionKind, Xref};
use super::{damaged, filters, repair};
use crate::domain::refusal::PdfRefusal;

/// Object streams are unpacked to find references in them up to so many bytes together.
const LOOKED_THROUGH: usize = 16 << 20;

/// A reference that leads to a reference and so on: more are a circle.
const HOPS: usize = 16;

/// A PDF whose cross-reference sections are read and agree with the bytes, or were replaced by a
/// search through the whole file ([`Self::is_repaired`]); whose catalog is there; and which, if
/// encrypted, opens with the empty password.
#[derive(Debug)]
pub struct PdfFile<'a> {
    bytes: &'a [u8],
    /// Where offsets count from: the header, or the first byte when the sections mean that.
    base: usize,
    header: Header,
    xref: Xref,
    repaired: bool,
    root: Reference,
    crypt: Option<Crypt>,
    budget: PdfBudget,
    object_streams: RefCell<BTreeMap<u32, Rc<ObjectStream>>>,
}

impl<'a> PdfFile<'a> {
    /// Opens a file. `NotPdf` without a header within the first 1024 bytes; `Truncated` when its end
    /// is missing; `Damaged` when not even a search through it finds its parts; `PasswordNeeded` and
    /// `EncryptionUnsupported` as they say; the others when a limit is exceeded.
    ///
    /// When `startxref`, a section, or the place of any object is wrong, the file is searched once
    /// for what is there instead.
    pub fn open(bytes: &'a [u8], limits: &PdfLimits) -> Result<Self, PdfRefusal> {
        let budget = PdfBudget::new(limits, bytes.len());
        let header = header(bytes)?;
        let start = xref::last_startxref(bytes, &budget)?;
        match chain(bytes, header.at, start, &budget) {
            Ok((base, xref)) => {
                let file = Self::assemble(bytes, base, header, xref, false, budget);
                match file {
                    Err(PdfRefusal::Damaged { .. }) => {
                        Self::search(bytes, header, PdfBudget::new(limits, bytes.len()))
                    }
                    other => other,
                }
            }
            Err(PdfRefusal::Damaged { .. }) => Self::search(bytes, header, budget),
            Err(other) => Err(other),
        }
    }

    fn search(bytes: &'a [u8], header: Header, budget: PdfBudget) -> Result<Self, PdfRefusal> {
        let found = repair::search(bytes, header.at, &budget.limits)?;
        let mut file = Self::assemble(bytes, header.at, header, found.xref, true, budget)?;
        for (reference, offset) in found.object_streams {
            file.adopt(reference, offset, &found.offsets)?;
        }
        // what no search can bring back
        file.catalog()?;
        Ok(file)
    }

    /// Lists the objects of an object stream that a search found, unless the same number was found
    /// further behind.
    fn adopt(
        &mut self,
        container: Reference,
        offset: usize,
        offsets: &BTreeMap<u32, usize>,
    ) -> Result<(), PdfRefusal> {
        let here = Entry::At { offset, generation: container.generation };
        if self.xref.get(container.number) != here {
            return Ok(());
        }
        let numbers = match self.object_stream(container.number) {
            Ok(stream) => stream.numbers(),
            Err(PdfRefusal::Damaged { .. }) => return Ok(()),
            Err(other) => return Err(other),
        };
        let limit = self.budget.limits.objects;
        let Some(index) = self.xref.index_mut() else { return Ok(()) };
        for (number, position) in (0_u32..).zip(numbers).map(|(at, number)| (number, at)) {
            if offsets.get(&number).is_none_or(|other| *other < offset) {
                let entry = Entry::Within { stream: container.number, index: position };
                index.insert(number, entry);
            }
        }
        if index.len() > limit {
            return Err(PdfRefusal::TooManyObjects { limit });
        }
        Ok(())
    }

    fn assemble(
        bytes: &'a [u8],
        base: usize,
        header: Header,
        xref: Xref,
        repaired: bool,
        budget: PdfBudget,
    ) -> Result<Self, PdfRefusal> {
        let root = xref.trailer.get("Root").and_then(Object::as_reference);
        let root = root.ok_or_else(|| damaged("no trailer names the catalog (Root)"))?;
        let object_streams = RefCell::default();
        let crypt = None;
        let mut file =
            Self { bytes, base, header, xref, repaired, root, crypt, budget, object_streams };
        if let Some(encrypt) = file.xref.trailer.get("Encrypt") {
            let Object::Dictionary(dictionary) = file.resolve(encrypt)? else {
                return Err(damaged("Encrypt is no dictionary"));
            };
            let dictionary = file.encryption(dictionary)?;
            let id = match file.xref.trailer.get("ID") {
                Some(id) => file.resolve(id)?,
                None => Object::Null,
            };
            let id = id.as_array().and_then(|id| id.first()?.as_string()).unwrap_or_default();
            file.crypt = Some(Crypt::open(&dictionary, id)?);
            // the catalog may have been looked at while nothing was decrypted
            file.object_streams = RefCell::default();
        }
        if !repaired {
            file.catalog()?;
        }
        Ok(file)
    }

    /// The whole input.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Where offsets count from: 0, or where the header begins behind foreign bytes.
    #[must_use]
    pub const fn base(&self) -> usize {
        self.base
    }

    /// How many bytes stand before the header; offsets may count from the first of them all the same.
    #[must_use]
    pub const fn ahead(&self) -> usize {
        self.header.at
    }

    /// The version in the header, as (major, minor). The catalog may name a later one (7.2.2).
    #[must_use]
    pub const fn version(&self) -> (u8, u8) {
        self.header.version
    }

    /// How the newest cross-reference section is written.
    #[must_use]
    pub const fn kind(&self) -> SectionKind {
        self.xref.kind
    }

    /// Whether the cross-reference sections were wrong and a search replaced them.
    #[must_use]
    pub const fn is_repaired(&self) -> bool {
        self.repaired
    }

    /// The newest trailer, or the dictionary of the newest cross-reference stream (7.5.5).
    #[must_use]
    pub const fn trailer(&self) -> &Dictionary {
        &self.xref.trailer
    }

    /// The name of the catalog.
    #[must_use]
    pub const fn root(&self) -> Reference {
        self.root
    }

    /// The catalog (7.7.2). Damaged when it is no dictionary.
    pub fn catalog(&self) -> Result<Dictionary, PdfRefusal> {
        match self.get(self.root)? {
            Indirect::Object(Object::Dictionary(catalog)) => Ok(catalog),
            _ => Err(damaged("the catalog is no dictionary")),
        }
    }

    /// As whom the empty password opens the file. None when it is not encrypted.
    #[must_use]
    pub fn access(&self) -> Option<Access> {
        self.crypt.as_ref().map(Crypt::access)
    }

    /// What the file permits (7.6.3.2, table 22): everything when it is not encrypted, or when the
    /// empty password opens it as its owner.
    #[must_use]
    pub fn permissions(&self) -> Permissions {
        self.crypt.as_ref().map_or(Permissions::ALL, Crypt::permissions)
    }

    /// The object of this name, its strings and data decrypted. What the file does not have is null
    /// (7.3.10).
    pub fn get(&self, reference: Reference) -> Result<Indirect, PdfRefusal> {
        let nothing = Ok(Indirect::Object(Object::Null));
        match self.xref.get(reference.number) {
            Entry::Free => nothing,
            Entry::At { generation, .. } if generation != reference.generation => nothing,
            Entry::At { offset, .. } => self.at(reference, offset),
            Entry::Within { .. } if reference.generation != 0 => nothing,
            Entry::Within { stream, index } => {
                let object = self.within(reference.number, stream, index)?;
                Ok(Indirect::Object(object))
            }
        }
    }

    /// As [`Self::get`], of a stream the dictionary alone: its data are not looked at.
    pub fn head(&self, reference: Reference) -> Result<Object, PdfRefusal> {
        if let Entry::At { offset, generation } = self.xref.get(reference.number)
            && generation == reference.generation
        {
            let mut raw = self.raw(reference, offset)?;
            if let Some(crypt) = self.crypt_for(reference) {
                match (&mut raw.object, raw.stream) {
                    (Object::Dictionary(dictionary), Some(_)) => {
                        crypt.decrypt_dictionary(reference, dictionary);
                    }
                    (object, _) => crypt.decrypt_object(reference, object),
                }
            }
            if let (Object::Dictionary(dictionary), Some(_)) = (&mut raw.object, raw.stream) {
                dictionary.remove("Length");
            }
            return Ok(raw.object);
        }
        match self.get(reference)? {
            Indirect::Object(object) => Ok(object),
            Indirect::Stream(stream) => Ok(Object::Dictionary(stream.dictionary)),
        }
    }

    /// Follows references to the object they mean. A stream gives its dictionary.
    pub fn resolve(&self, object: &Object) -> Result<Object, PdfRefusal> {
        let Object::Reference(reference) = object else { return Ok(object.clone()) };
        let mut reference = *reference;
        for _ in 0..HOPS {
            match self.head(reference)? {
                Object::Reference(next) => reference = next,
                object => return Ok(object),
            }
        }
        let what = format!("object {}", reference.number);
        Err(PdfRefusal::Circle { what })
    }

    /// The value of a key, references followed; null when there is none.
    pub fn value(&self, dictionary: &Dictionary, key: &str) -> Result<Object, PdfRefusal> {
        dictionary.get(key).map_or(Ok(Object::Null), |value| self.resolve(value))
    }

    /// The dictionary that the value of a key is or refers to. None when it is none.
    pub fn dictionary(
        &self,
        dictionary: &Dictionary,
        key: &str,
    ) -> Result<Option<Dictionary>, PdfRefusal> {
        match self.value(dictionary, key)? {
            Object::Dictionary(found) => Ok(Some(found)),
            _ => Ok(None),
        }
    }

    /// The items of the array that the value of a key is or refers to. None when it is none.
    pub fn array(
        &self,
        dictionary: &Dictionary,
        key: &str,
    ) -> Result<Option<Vec<Object>>, PdfRefusal> {
        match self.value(dictionary, key)? {
            Object::Array(items) => Ok(Some(items)),
            _ => Ok(None),
        }
    }

    /// The stream that an object refers to. None when it is something else.
    pub fn stream(&self, object: &Object) -> Result<Option<Stream>, PdfRefusal> {
        let Object::Reference(reference) = object else { return Ok(None) };
        match self.get(*reference)? {
            Indirect::Stream(stream) => Ok(Some(stream)),
            Indirect::Object(_) => Ok(None),
        }
    }

    /// The data of a stream without their filters (7.4). Damaged when a filter is none for structure
    /// or text, or the data do not fit it.
    pub fn decode(&self, stream: &Stream) -> Result<Vec<u8>, PdfRefusal> {
        let mut dictionary = Dictionary::new();
        for key in ["Filter", "DecodeParms"] {
            let value = match self.value(&stream.dictionary, key)? {
                Object::Array(items) => {
                    let items = items.iter().map(|item| self.resolve(item));
                    Object::Array(items.collect::<Result<_, _>>()?)
                }
                Object::Dictionary(parameters) => Object::Dictionary(self.resolved(parameters)?),
                other => other,
            };
            dictionary.set(key, value);
        }
        filters::decode(&dictionary, &stream.data, &self.budget)
    }

    /// Every object that the file has, in order, without those of the structure of the file itself.
    #[must_use]
    pub fn references(&self) -> Vec<Reference> {
        let all = self.xref.all();
        let present = all.into_iter().filter_map(|(number, entry)| match entry {
            Entry::Free => None,
            Entry::At { generation, .. } => Some(Reference { number, generation }),
            Entry::Within { .. } => Some(Reference { number, generation: 0 }),
        });
        present.collect()
    }

    /// Shows everything in which references stand: the bytes of the file, and its object streams unpacked, as far as
    /// they can be read and are not very large together.
    pub(super) fn each_text(&self, mut show: impl FnMut(&[u8])) -> Result<(), PdfRefusal> {
        self.budget.spend(self.bytes.len())?;
        show(self.bytes);
        let mut left = LOOKED_THROUGH;
        for number in self.xref.object_streams() {
            let stream = match self.object_stream(number) {
                Ok(stream) => stream,
                Err(PdfRefusal::Damaged { .. }) => continue,
                Err(PdfRefusal::TooMuchData { .. }) => break,
                Err(other) => return Err(other),
            };
            self.budget.spend(stream.data().len())?;
            show(stream.data());
            match left.checked_sub(stream.data().len()) {
                Some(less) => left = less,
                None => break,
            }
        }
        Ok(())
    }

    /// Counts bytes of memory that are kept as long as the file is read. `TooMuchMemory` beyond what a file
    /// of its length may ask for.
    pub(in crate::seal) fn keep(&self, bytes: usize) -> Result<(), PdfRefusal> {
        self.budget.keep(bytes)
    }

    /// What may still be unpacked and looked at besides.
    pub(in crate::seal) const fn limits(&self) -> &PdfLimits {
        &self.budget.limits
    }

    pub(super) const fn xref(&self) -> &Xref {
        &self.xref
    }

    pub(super) const fn crypt(&self) -> Option<&Crypt> {
        self.crypt.as_ref()
    }

    fn raw(&self, reference: Reference, offset: usize) -> Result<Raw, PdfRefusal> {
        let raw = Raw::read(self.bytes, offset, &self.budget)?;
        if raw.reference != reference {
            return Err(damaged(format!("object {} is not in its place", reference.number)));
        }
        Ok(raw)
    }

    /// What decrypts an object; the encryption dictionary itself is clear (7.6.1).
    fn crypt_for(&self, reference: Reference) -> Option<&Crypt> {
        let crypt = self.crypt.as_ref()?;
        let clear = self.xref.trailer.get("Encrypt") == Some(&Object::Reference(reference));
        (!clear).then_some(crypt)
    }

    fn at(&self, reference: Reference, offset: usize) -> Result<Indirect, PdfRefusal> {
        let raw = self.raw(reference, offset)?;
        let crypt = self.crypt_for(reference);
        let (mut dictionary, begin) = match (raw.object, raw.stream) {
            (Object::Dictionary(dictionary), Some(begin)) => (dictionary, begin),
            (mut object, _) => {
                if let Some(crypt) = crypt {
                    crypt.decrypt_object(reference, &mut object);
                }
                return Ok(Indirect::Object(object));
            }
        };
        let length = match dictionary.get("Length") {
            Some(Object::Reference(length)) if *length == reference => None,
            // of another stream it can only be a number, so that nothing goes round in a circle
            Some(Object::Reference(length)) => self.number(*length)?,
            Some(length) => length.as_integer(),
            None => None,
        };
        let length = length.and_then(|length| usize::try_from(length).ok());
        let range = indirect::data(self.bytes, begin, length, &self.budget)?;
        let range = range.ok_or_else(|| PdfRefusal::Truncated {
            what: format!("the data of object {} have no end", reference.number),
        })?;
        let data = self.bytes.get(range).unwrap_or_default();
        self.budget.spend(data.len())?;
        let data = match crypt {
            Some(crypt) => crypt.decrypt_stream(reference, &mut dictionary, data)?,
            None => data.to_vec(),
        };
        dictionary.remove("Length");
        Ok(Indirect::Stream(Stream { dictionary, data }))
    }

    /// The number that an object is which is no stream and in no stream. None where it cannot be read.
    fn number(&self, reference: Reference) -> Result<Option<i64>, PdfRefusal> {
        match self.xref.get(reference.number) {
            Entry::At { offset, generation } if generation == reference.generation => {
                match Raw::read(self.bytes, offset, &self.budget) {
                    Ok(raw) => Ok(raw.object.as_integer()),
                    Err(PdfRefusal::Damaged { .. }) => Ok(None),
                    Err(other) => Err(other),
                }
            }
            _ => Ok(None),
        }
    }

    fn within(&self, number: u32, stream: u32, index: u32) -> Result<Object, PdfRefusal> {
        let mut container = stream;
        for _ in 0..HOPS {
            let stream = self.object_stream(container)?;
            if let Some(object) = stream.get(number, index, &self.budget)? {
                return Ok(object);
            }
            // 7.5.7: a stream may continue another one
            match stream.extends() {
                Some(next) => container = next,
                None => {
                    return Err(damaged(format!("object {number} is not in its object stream")));
                }
            }
        }
        Err(PdfRefusal::Circle { what: "object streams (Extends)".to_owned() })
    }

    fn object_stream(&self, number: u32) -> Result<Rc<ObjectStream>, PdfRefusal> {
        if let Some(known) = self.object_streams.borrow().get(&number) {
            return Ok(Rc::clone(known));
        }
        let Entry::At { offset, generation } = self.xref.get(number) else {
            return Err(damaged(format!("object stream {number} is missing")));
        };
        let Indirect::Stream(stream) = self.at(Reference { number, generation }, offset)? else {
            return Err(damaged(format!("object {number} is no object stream")));
        };
        // its own entries cannot be in an object stream that would have to be read for them
        let data = filters::decode(&stream.dictionary, &stream.data, &self.budget)?;
        let read = Rc::new(ObjectStream::read(&stream.dictionary, data, &self.budget)?);
        self.object_streams.borrow_mut().insert(number, Rc::clone(&read));
        Ok(read)
    }

    /// An encryption dictionary without references, neither in its crypt filters (7.6.5).
    fn encryption(&self, dictionary: Dictionary) -> Result<Dictionary, PdfRefusal> {
        let mut dictionary = self.resolved(dictionary)?;
        if let Some(Object::Dictionary(filters)) = dictionary.get("CF") {
            let mut filters = self.resolved(filters.clone())?;
            for filter in filters.values_mut() {
                if let Object::Dictionary(own) = filter {
                    *filter = Object::Dictionary(self.resolved(std::mem::take(own))?);
                }
            }
            dictionary.set("CF", Object::Dictionary(filters));
        }
        Ok(dictionary)
    }

    /// A dictionary whose values are no references.
    fn resolved(&self, mut dictionary: Dictionary) -> Result<Dictionary, PdfRefusal> {
        for value in dictionary.values_mut() {
            *value = self.resolve(value)?;
        }
        Ok(dictionary)
    }
}

/// Where `%PDF-` stands, and the version behind it (7.5.2; annex H, note 13: within 1024 bytes).
#[derive(Clone, Copy, Debug)]
struct Header {
    at: usize,
    version: (u8, u8),
}

fn header(bytes: &[u8]) -> Result<Header, PdfRefusal> {
    const HEADER: &[u8] = b"%PDF-";
    let front = bytes.get(..bytes.len().min(1024 + HEADER.len())).unwrap_or_default();
    let at = memmem::find(front, HEADER).ok_or(PdfRefusal::NotPdf)?;
    let version = match bytes.get(at + HEADER.len()..) {
        Some([major @ b'0'..=b'9', b'.', minor @ b'0'..=b'9', ..]) => (major - b'0', minor - b'0'),
        // readers go on with a version they cannot read
        _ => (1, 4),
    };
    Ok(Header { at, version })
}

/// The chain of sections and where offsets count from: the header (ISO 32000-2, 7.5.2), or the
/// first byte when they fit only so.
fn chain(
    bytes: &[u8],
    header: usize,
    start: Option<usize>,
    budget: &PdfBudget,
) -> Result<(usize, Xref), PdfRefusal> {
    let start = start.ok_or_else(|| damaged("startxref without a number"))?;
    let read = |base: usize| {
        let xref = xref::read(bytes, base, start, budget)?;
        xref.check(bytes, budget)?;
        Ok((base, xref))
    };
    match read(header) {
        Err(PdfRefusal::Damaged { .. }) if header > 0 => read(0),
        other => other,
    }
}
