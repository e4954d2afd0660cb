//! The files of an operation as receivers get them, attached or downloaded: every sealed document and,
//! where the seal is a file beside it, the document.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use super::Error;
use crate::app::App;
use crate::domain::document::{Document, DocumentState, SealSettings};
use crate::domain::ids::{DocumentId, OperationId};
use crate::domain::instant::Instant;
use crate::domain::operation::Operation;
use crate::seal::Packer;

/// Most characters of a file's name.
pub const NAME_LIMIT: usize = 255;
/// Most octets of the name of an entry that begins with the client's reference: file systems take no
/// longer ones.
const ENTRY_LIMIT: usize = 240;

/// Most octets of documents in one archive.
pub const ARCHIVE_LIMIT: u64 = 256 * 1024 * 1024;

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The document it belongs to.
    pub document: DocumentId,
    /// Place among the operation's files, from 1.
    pub number: u32,
    /// As the receiver sees it: never a path, and no two files of an operation have the same.
    pub name: String,
    /// Media type.
    pub content_type: String,
    /// Octets.
    pub length: u64,
    /// When it was sealed.
    pub signing_time: Instant,
    /// Of the sealed file; `None` for a document beside its seal.
    pub sha256: Option<[u8; 32]>,
}

impl File {
    /// Whether it is the document beside its seal.
    #[must_use]
    pub const fn is_original(&self) -> bool {
        self.sha256.is_none()
    }
}

/// The files of an operation, in the order of its documents.
#[must_use]
pub fn list(documents: &[(Document, SealSettings)]) -> Vec<File> {
    listed(documents, |_, name| file_name(name))
}

/// The same, each under the client's reference of its document, a dot and the name: `FT_1.invoice.pdf`.
#[must_use]
pub fn list_by_reference(documents: &[(Document, SealSettings)]) -> Vec<File> {
    listed(documents, |document, name| {
        let mut name = safe(&format!("{}.{name}", document.external_reference.as_str()));
        // The end has the extension.
        while name.len() > ENTRY_LIMIT {
            name.remove(0);
        }
        name
    })
}

fn listed(
    documents: &[(Document, SealSettings)],
    called: impl Fn(&Document, &str) -> String,
) -> Vec<File> {
    let mut files: Vec<File> = Vec::with_capacity(documents.len());
    let mut taken = TakenNames::default();
    let mut add = |document: &Document, (name, content_type): (&str, &str), length, sealed| {
        let (signing_time, sha256) = sealed;
        files.push(File {
            document: document.id,
            number: u32::try_from(files.len()).unwrap_or(u32::MAX).saturating_add(1),
            name: taken.free(&called(document, name)),
            content_type: content_type.to_owned(),
            length,
            signing_time,
            sha256,
        });
    };
    for (document, settings) in documents {
        let DocumentState::Sealed { length, signing_time, sha256 } = document.state else {
            continue;
        };
        if settings.seal.is_detached() {
            let original = (document.name.as_str(), document.content_type.as_str());
            add(document, original, document.content_length, (signing_time, None));
        }
        let (name, content_type) =
            settings.seal.sealed_file(&document.name, &document.content_type);
        add(document, (&name, &content_type), length, (signing_time, Some(sha256)));
    }
    files
}

/// Names that files of an operation have already, each with the last number that was put to it, so that
/// many files of one name take no longer than others. File systems that know no letter case are thought of.
#[derive(Default)]
pub struct TakenNames(HashMap<String, u32>);

impl TakenNames {
    /// The name itself, or with the first number that makes it new; it is taken then.
    pub fn free(&mut self, name: &str) -> String {
        let last = match self.0.entry(name.to_lowercase()) {
            Entry::Vacant(free) => {
                free.insert(1);
                return name.to_owned();
            }
            Entry::Occupied(occupied) => *occupied.get(),
        };
        let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
        let dot = if extension.is_empty() { "" } else { "." };
        // There are fewer files than that in an operation.
        for number in last.saturating_add(1)..=u32::MAX {
            let free = format!("{stem} ({number}){dot}{extension}");
            if let Entry::Vacant(entry) = self.0.entry(free.to_lowercase()) {
                entry.insert(1);
                self.0.insert(name.to_lowercase(), number);
                return free;
            }
        }
        String::new()
    }

    /// The last number that was put to a name, 1 for the name itself; the next file of that name is called
    /// by one after it.
    #[must_use]
    pub fn last_number(&self, name: &str) -> Option<u32> {
        self.0.get(&name.to_lowercase()).copied()
    }
}

/// A name that is one file's wherever it is saved.
#[must_use]
pub fn file_name(name: &str) -> String {
    let plain = safe(name);
    let surplus = plain.chars().count().saturating_sub(NAME_LIMIT);
    // The end has the extension.
    plain.chars().skip(surplus).collect()
}

/// A name without what means something to file systems and readers; of any length.
fn safe(name: &str) -> String {
    let odd = |c: char| {
        c.is_control()
            || matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|')
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let plain: String = name.chars().map(|c| if odd(c) { '_' } else { c }).collect();
    let plain = plain.trim_matches(|c: char| c == '.' || c.is_whitespace());
    if plain.is_empty() { "document".to_owned() } else { plain.to_owned() }
}

/// The bytes of files, by what [`list`] says of them.
pub struct FileBytes {
    sealed: HashMap<DocumentId, Arc<Vec<u8>>>,
    originals: HashMap<DocumentId, Arc<Vec<u8>>>,
}

impl FileBytes {
    /// Reads what the files of an operation hold.
    pub async fn read(app: &App, operation: OperationId, files: &[File]) -> Result<Self, Error> {
        let sealed = app.contents.sealed_of(operation).await?;
        let originals = if files.iter().any(File::is_original) {
            app.contents.originals_of(operation).await?
        } else {
            HashMap::new()
        };
        Ok(Self { sealed, originals })
    }

    /// The bytes of a file; `None` when they are no longer stored.
    #[must_use]
    pub fn of(&self, file: &File) -> Option<Arc<Vec<u8>>> {
        let bytes = if file.is_original() { &self.originals } else { &self.sealed };
        bytes.get(&file.document).cloned()
    }
}

/// How many octets files bring into one archive; `None` when that is too much.
#[must_use]
pub fn archive_length<'a>(files: impl IntoIterator<Item = &'a File>) -> Option<u64> {
    let lengths: Vec<u64> = files.into_iter().map(|file| file.length).collect();
    let whole = lengths.iter().fold(0_u64, |sum, length| sum.saturating_add(*length));
    let few = lengths.len() < usize::from(u16::MAX);
    (few && whole <= ARCHIVE_LIMIT).then_some(whole)
}

/// A ZIP of the files whose bytes are kept.
///
/// # Errors
/// When the database cannot be asked.
pub async fn pack(app: &App, operation: &Operation, files: Vec<File>) -> Result<Vec<u8>, Error> {
    let contents = FileBytes::read(app, operation.id, &files).await?;
    let at = files.iter().map(|file| file.signing_time).max().unwrap_or(operation.accepted);
    let length = archive_length(&files).unwrap_or_default();
    let pack = move || {
        let mut zip = Packer::new(at, usize::try_from(length).unwrap_or_default());
        for file in &files {
            if let Some(bytes) = contents.of(file) {
                zip.store(&file.name, &bytes);
            }
        }
        zip.finish()
    };
    // Checksums of so much would hold up everybody else.
    let packed = tokio::task::spawn_blocking(pack).await;
    packed.map_err(|error| Error::Internal(Box::new(error)))
}
