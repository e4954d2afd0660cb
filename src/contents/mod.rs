//! The contents door: where the bytes of documents are. What is known of a document is in the store; its
//! bytes are asked for here and nowhere else.
//!
//! Writing is in two steps, so that bytes and what is known of them come and go together: what is to be
//! kept is handed to the door, and what the door gives back goes into the transaction of the store that
//! says why. In the database that is the bytes themselves or, of many, the place they were put to.

pub mod ahead;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

pub use self::ahead::Ahead;
use crate::domain::ids::{DocumentId, OperationId};
use crate::store::contents::{Bytes, ContentChange};
use crate::store::{Reader, Result};

/// Where contents are.
#[derive(Clone)]
pub enum Contents {
    /// In the database, beside what is known of them.
    Database(Reader),
}

impl Contents {
    /// Keeps the bytes of a document that was received.
    #[must_use]
    pub fn receive(&self, document: DocumentId, bytes: Arc<Vec<u8>>) -> ContentChange {
        match self {
            Self::Database(_) => ContentChange::Received { document, bytes: Bytes::Here(bytes) },
        }
    }

    /// Keeps a sealed file in place of the original, or beside it when it does not contain it.
    #[must_use]
    pub fn seal(
        &self,
        document: DocumentId,
        bytes: Arc<Vec<u8>>,
        beside_original: bool,
    ) -> ContentChange {
        match self {
            Self::Database(_) => {
                ContentChange::Sealed { document, bytes: Bytes::Here(bytes), beside_original }
            }
        }
    }

    /// Keeps another sealed file in place of the one that is kept.
    #[must_use]
    pub fn replace(&self, document: DocumentId, bytes: Arc<Vec<u8>>) -> ContentChange {
        match self {
            Self::Database(_) => ContentChange::Replaced { document, bytes: Bytes::Here(bytes) },
        }
    }

    /// Keeps nothing of a document: what is not sealed the client has.
    #[must_use]
    pub const fn forget(&self, document: DocumentId) -> ContentChange {
        match self {
            Self::Database(_) => ContentChange::Dropped { document },
        }
    }

    /// The sealed bytes of every sealed document of an operation. The caller has already read the
    /// operation within its scope, here and below.
    pub async fn sealed_of(
        &self,
        operation: OperationId,
    ) -> Result<HashMap<DocumentId, Arc<Vec<u8>>>> {
        match self {
            Self::Database(reader) => reader.sealed_contents(operation).await,
        }
    }

    /// The original bytes of every document of an operation whose original is kept.
    pub async fn originals_of(
        &self,
        operation: OperationId,
    ) -> Result<HashMap<DocumentId, Arc<Vec<u8>>>> {
        match self {
            Self::Database(reader) => reader.original_contents(operation).await,
        }
    }

    /// How many bytes the original has of every document of an operation whose original is kept.
    pub async fn original_lengths(
        &self,
        operation: OperationId,
    ) -> Result<HashMap<DocumentId, usize>> {
        match self {
            Self::Database(reader) => reader.original_lengths(operation).await,
        }
    }

    /// The sealed bytes of one document, when they are kept.
    pub async fn sealed(&self, document: DocumentId) -> Result<Option<Vec<u8>>> {
        match self {
            Self::Database(reader) => reader.sealed_content(document).await,
        }
    }

    /// The original bytes of one document, when they are kept.
    pub async fn original(&self, document: DocumentId) -> Result<Option<Vec<u8>>> {
        match self {
            Self::Database(reader) => reader.original_content(document).await,
        }
    }

    /// The documents of an operation whose sealed bytes are kept.
    pub async fn kept(&self, operation: OperationId) -> Result<HashSet<DocumentId>> {
        match self {
            Self::Database(reader) => reader.kept_contents(operation).await,
        }
    }
}
