//! The files of an operation as receivers get them: every sealed document and, where the seal is a file
//! beside it, the document.

use std::collections::HashMap;
use std::sync::Arc;

use super::Error;
use crate::app::App;
use crate::domain::document::{Document, DocumentState, SealSettings};
use crate::domain::ids::{DocumentId, OperationId};

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The document it belongs to.
    pub document: DocumentId,
    /// As the receiver sees it; no two files of an operation have the same.
    pub name: String,
    /// Media type.
    pub content_type: String,
    /// Octets.
    pub length: u64,
    /// Whether it is the document beside its seal.
    pub original: bool,
}

/// The files of an operation, in the order of its documents.
#[must_use]
pub fn list(documents: &[(Document, SealSettings)]) -> Vec<File> {
    let mut files = Vec::with_capacity(documents.len());
    let mut taken = HashMap::new();
    for (document, settings) in documents {
        let DocumentState::Sealed { length, .. } = document.state else { continue };
        if settings.seal.is_detached() {
            files.push(File {
                document: document.id,
                name: free_name(&mut taken, &document.name),
                content_type: document.content_type.clone(),
                length: document.content_length,
                original: true,
            });
        }
        let (name, content_type) =
            settings.seal.sealed_file(&document.name, &document.content_type);
        files.push(File {
            document: document.id,
            name: free_name(&mut taken, &name),
            content_type,
            length,
            original: false,
        });
    }
    files
}

/// A name that no file before has: `invoice.xml`, `invoice (2).xml`.
fn free_name(taken: &mut HashMap<String, u32>, name: &str) -> String {
    let mut candidate = name.to_owned();
    loop {
        let count = taken.entry(candidate.to_lowercase()).or_insert(0);
        *count += 1;
        if *count == 1 {
            return candidate;
        }
        let number = *count;
        candidate = match name.rsplit_once('.') {
            Some((stem, extension)) => format!("{stem} ({number}).{extension}"),
            None => format!("{name} ({number})"),
        };
    }
}

/// The bytes of files, by what [`list`] says of them.
pub struct Bytes {
    sealed: HashMap<DocumentId, Arc<Vec<u8>>>,
    originals: HashMap<DocumentId, Arc<Vec<u8>>>,
}

impl Bytes {
    /// Reads what the files of an operation hold.
    pub async fn read(app: &App, operation: OperationId, files: &[File]) -> Result<Self, Error> {
        let sealed = app.reader.sealed_contents(operation).await?;
        let originals = if files.iter().any(|file| file.original) {
            app.reader.original_contents(operation).await?
        } else {
            HashMap::new()
        };
        Ok(Self { sealed, originals })
    }

    /// The bytes of a file; `None` when they are no longer stored.
    #[must_use]
    pub fn of(&self, file: &File) -> Option<Arc<Vec<u8>>> {
        let bytes = if file.original { &self.originals } else { &self.sealed };
        bytes.get(&file.document).cloned()
    }
}
