//! The document security store of a PDF: certificates, answers of OCSP responders and revocation lists, and
//! which signature needs which of them (ISO 32000-2, 12.8.4.3; EN 319 142-1, 5.4.2). What is there stays
//! as it is; what is missing is added in an incremental update.

use crate::domain::refusal::PdfRefusal;
use crate::pki::certificate::Certificate;
use crate::pki::digest::sha256;
use crate::pki::validation_data::{CollectedData, ValidationProof};
use crate::seal::pdf::object::{Dictionary, Indirect, Object, Reference, Stream};
use crate::seal::pdf::{Increment, PdfFile};

/// Streams of one list that are looked at.
const MAX_STREAMS: usize = 2000;

/// Entries of `/VRI` that a file may have for us to add one.
const MAX_ENTRIES: usize = 2000;

/// A list of the store, and the name that it has in an entry of `/VRI`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum StoreList {
    Certificates,
    Answers,
    Lists,
}

impl StoreList {
    const ALL: [Self; 3] = [Self::Certificates, Self::Answers, Self::Lists];

    const fn name(self) -> &'static str {
        match self {
            Self::Certificates => "Certs",
            Self::Answers => "OCSPs",
            Self::Lists => "CRLs",
        }
    }

    const fn name_in_entry(self) -> &'static str {
        match self {
            Self::Certificates => "Cert",
            Self::Answers => "OCSP",
            Self::Lists => "CRL",
        }
    }

    /// What of a proof belongs into it.
    fn of<'p>(self, proof: &'p ValidationProof<'_>) -> Vec<&'p [u8]> {
        match self {
            Self::Certificates => proof.certificates.iter().map(Certificate::der).collect(),
            Self::Answers => proof.answers.iter().map(|answer| answer.der()).collect(),
            Self::Lists => proof.lists.iter().map(|list| list.der()).collect(),
        }
    }
}

/// A stream of the store.
struct StoredStream {
    list: StoreList,
    reference: Reference,
    digest: [u8; 32],
}

/// The store as it is in a file; empty where there is none.
pub(super) struct SecurityStore {
    streams: Vec<StoredStream>,
}

/// What a signature needs.
pub(super) struct StoreEntry<'p> {
    /// As [`entry_name`] says.
    pub(super) name: String,
    pub(super) proof: ValidationProof<'p>,
}

/// The key of a signature in `/VRI`: SHA-1 of its `/Contents`, padding included, in capital letters.
pub(super) fn entry_name(contents: &[u8]) -> String {
    use crate::domain::profile::DigestAlgorithm::Sha1;
    let digest = crate::pki::digest::Digest::of(Sha1, contents);
    crate::domain::text::hex(digest.value()).to_ascii_uppercase()
}

/// What the document security store of a file has for whoever validates its signatures.
///
/// # Errors
/// What the reader refuses; [`PdfRefusal::TooManyObjects`].
pub fn stored_data(file: &PdfFile<'_>) -> Result<CollectedData, PdfRefusal> {
    Ok(SecurityStore::read(file, &file.catalog()?)?.1)
}

impl SecurityStore {
    /// Reads the store of a file, and what is in it. What in it is none of what it should be is passed over:
    /// it helps nobody.
    ///
    /// # Errors
    /// What the reader refuses; [`PdfRefusal::TooManyObjects`].
    pub(super) fn read(
        file: &PdfFile<'_>,
        catalog: &Dictionary,
    ) -> Result<(Self, CollectedData), PdfRefusal> {
        let (mut streams, mut data) = (Vec::new(), CollectedData::default());
        let dictionary = file.dictionary(catalog, "DSS")?.unwrap_or_default();
        for list in StoreList::ALL {
            let items = file.array(&dictionary, list.name())?.unwrap_or_default();
            if items.len() > MAX_STREAMS {
                return Err(PdfRefusal::TooManyObjects { limit: MAX_STREAMS });
            }
            for item in items {
                let (Some(reference), Some(stream)) = (item.as_reference(), file.stream(&item)?)
                else {
                    continue;
                };
                let octets = match file.decode(&stream) {
                    Err(PdfRefusal::Damaged { .. }) => continue,
                    octets => octets?,
                };
                // The octets, and what is read of them.
                file.keep(octets.len().saturating_mul(2))?;
                streams.push(StoredStream { list, reference, digest: sha256(&octets) });
                match list {
                    StoreList::Certificates => {
                        if let Ok(certificate) = Certificate::from_der(&octets) {
                            let _ = data.add_certificate(certificate);
                        }
                    }
                    StoreList::Answers | StoreList::Lists => {
                        let _ = data.add_revocation(&octets);
                    }
                }
            }
        }
        Ok((Self { streams }, data))
    }

    /// The update that adds what these signatures need; `None` when all of it is there.
    ///
    /// # Errors
    /// What the reader refuses; [`PdfRefusal::TooManyObjects`].
    pub(super) fn add(
        &self,
        file: &PdfFile<'_>,
        entries: &[StoreEntry<'_>],
    ) -> Result<Option<Vec<u8>>, PdfRefusal> {
        let mut catalog = file.catalog()?;
        let mut dictionary = file.dictionary(&catalog, "DSS")?.unwrap_or_default();
        let mut increment = Increment::new(file)?;
        let mut adding = Adding { store: self, increment: &mut increment, new: Vec::new() };
        let mut names = file.dictionary(&dictionary, "VRI")?.unwrap_or_default();
        if names.len() > MAX_ENTRIES {
            return Err(PdfRefusal::TooManyObjects { limit: MAX_ENTRIES });
        }
        let mut is_new = false;
        for entry in entries {
            let written = adding.entry(&entry.proof);
            // What others said about a signature stays: readers take another word for a change.
            if names.get(&entry.name).is_none() {
                names.set(&entry.name, Object::Dictionary(written));
                is_new = true;
            }
        }
        let new = adding.new;
        if new.is_empty() && !is_new {
            return Ok(None);
        }
        for list in StoreList::ALL {
            let more = new.iter().filter(|one| one.list == list).map(|one| one.reference);
            let more: Vec<Object> = more.map(Object::Reference).collect();
            if more.is_empty() {
                continue;
            }
            let mut items = file.array(&dictionary, list.name())?.unwrap_or_default();
            items.extend(more);
            put(&mut increment, &mut dictionary, list.name(), Object::Array(items));
        }
        if is_new {
            put(&mut increment, &mut dictionary, "VRI", Object::Dictionary(names));
        }
        match catalog.get("DSS").and_then(Object::as_reference) {
            Some(reference) => increment.set(reference, Indirect::Object(dictionary.into())),
            None => {
                let reference = increment.add(Indirect::Object(dictionary.into()));
                catalog.set("DSS", Object::Reference(reference));
                increment.set(file.root(), Indirect::Object(catalog.into()));
            }
        }
        Ok(Some(increment.finish()?.bytes))
    }
}

/// Puts a value where the value of a key lies.
fn put(increment: &mut Increment<'_, '_>, dictionary: &mut Dictionary, key: &str, value: Object) {
    match dictionary.get(key).and_then(Object::as_reference) {
        Some(reference) => increment.set(reference, Indirect::Object(value)),
        None => dictionary.set(key, value),
    }
}

/// What is added to a store.
struct Adding<'s, 'i, 'f, 'b> {
    store: &'s SecurityStore,
    increment: &'i mut Increment<'f, 'b>,
    new: Vec<StoredStream>,
}

impl Adding<'_, '_, '_, '_> {
    /// An entry of `/VRI`, with what it names.
    fn entry(&mut self, proof: &ValidationProof<'_>) -> Dictionary {
        let mut entry = Dictionary::new();
        for list in StoreList::ALL {
            let octets = list.of(proof);
            let references: Vec<Object> =
                octets.into_iter().map(|octets| self.stream(list, octets).into()).collect();
            if !references.is_empty() {
                entry.set(list.name_in_entry(), Object::Array(references));
            }
        }
        entry
    }

    /// The stream with these octets.
    fn stream(&mut self, list: StoreList, octets: &[u8]) -> Reference {
        let digest = sha256(octets);
        let mut known = self.store.streams.iter().chain(&self.new);
        if let Some(known) = known.find(|one| one.list == list && one.digest == digest) {
            return known.reference;
        }
        let stream = Stream { dictionary: Dictionary::new(), data: octets.to_vec() };
        let reference = self.increment.add(Indirect::Stream(stream));
        self.new.push(StoredStream { list, reference, digest });
        reference
    }
}
