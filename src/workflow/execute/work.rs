//! What is left to do of one operation: taken over from whoever recorded it, or read again. What is read
//! again has no bytes yet: these are read when it is a chunk's turn, so that operations that wait need none.

use std::collections::HashMap;
use std::sync::Arc;

use crate::app::App;
use crate::domain::document::{DocumentState, SealSettings};
use crate::domain::ids::{ClientServiceId, CredentialId, DocumentId};
use crate::domain::operation::Operation;
use crate::store::documents::Intent;
use crate::store::kept_values::KeptValue;
use crate::store::operations::NewOperation;
use crate::workflow::Error;

/// Bytes of documents in a chunk, but for a single one that is larger.
const CHUNK_BYTES: usize = 32 << 20;

/// What is left to do of one operation.
pub struct Work {
    /// Whose it is.
    pub(super) client_service: ClientServiceId,
    pub(super) credential: CredentialId,
    pub(super) documents: Vec<PendingDocument>,
    /// Whether a process ended in an earlier attempt: documents are tried alone then.
    pub(super) careful: bool,
    /// Whether a document was sealed by an earlier attempt.
    pub(super) sealed_before: bool,
    /// Attempts in a row in which the key or the service failed.
    pub(super) failures: u32,
    /// Attempts since one last ended in an orderly way.
    pub(super) begun: u32,
}

/// A document that is neither sealed nor failed.
pub(super) struct PendingDocument {
    pub(super) id: DocumentId,
    pub(super) settings: SealSettings,
    /// Of its bytes.
    pub(super) length: usize,
    /// Its bytes, when they are at hand.
    pub(super) content: Option<Arc<Vec<u8>>>,
    /// What an earlier attempt was about to sign.
    pub(super) intent: Option<Intent>,
    /// What the key gave an earlier attempt, and a time-stamp authority.
    pub(super) kept: Option<KeptValue>,
}

impl Work {
    /// The work of an operation just recorded, the contents of its documents still at hand.
    #[must_use]
    pub fn from_new(new: NewOperation, contents: Vec<Arc<Vec<u8>>>) -> Self {
        let mut documents: Vec<PendingDocument> = new
            .documents
            .into_iter()
            .zip(contents)
            .filter(|(new, _)| new.document.state == DocumentState::Received)
            .map(|(new, content)| PendingDocument {
                id: new.document.id,
                settings: new.settings,
                length: content.len(),
                content: Some(content),
                intent: None,
                kept: None,
            })
            .collect();
        // What needs nobody but the key does not wait for what needs somebody else.
        documents.sort_by_key(|it| it.settings.level);
        Self {
            client_service: new.operation.client_service,
            credential: new.operation.credential,
            documents,
            careful: false,
            sealed_before: false,
            failures: 0,
            begun: 1,
        }
    }

    /// What is left of an operation, read from the database, without bytes.
    pub(super) async fn load(app: &App, operation: Operation) -> Result<Self, Error> {
        let id = operation.id;
        let documents = app.reader.documents(id).await?;
        let lengths = app.contents.original_lengths(id).await?;
        let mut intents: HashMap<DocumentId, Intent> = app
            .reader
            .intents(id)
            .await?
            .into_iter()
            .map(|found| (found.document, found))
            .collect();
        let mut kept: HashMap<DocumentId, KeptValue> = app
            .reader
            .kept_values(id)
            .await?
            .into_iter()
            .map(|found| (found.document, found))
            .collect();
        let sealed_before = documents
            .iter()
            .any(|(document, _)| matches!(document.state, DocumentState::Sealed { .. }));
        let documents = documents
            .into_iter()
            .filter(|(document, _)| document.state == DocumentState::Received)
            .map(|(document, settings)| PendingDocument {
                length: lengths.get(&document.id).copied().unwrap_or_default(),
                content: None,
                intent: intents.remove(&document.id),
                kept: kept.remove(&document.id),
                id: document.id,
                settings,
            })
            .collect();
        let mut work = Self {
            client_service: operation.client_service,
            credential: operation.credential,
            documents,
            careful: operation.begun > 1,
            sealed_before,
            failures: operation.failures,
            begun: operation.begun,
        };
        if work.careful {
            // What may have ended the process comes last: it must not keep the others waiting.
            let tries = app.reader.tries(id).await?;
            work.documents.sort_by_key(|it| {
                (tries.get(&it.id).copied().unwrap_or_default(), it.settings.level)
            });
        } else {
            work.documents.sort_by_key(|it| it.settings.level);
        }
        Ok(work)
    }
}

/// Cuts documents into those that are signed together: so many, and not more than some bytes of them.
pub(super) fn chunks(
    documents: Vec<PendingDocument>,
    size: usize,
) -> impl Iterator<Item = Vec<PendingDocument>> {
    let mut rest = documents.into_iter().peekable();
    let mut first = true;
    std::iter::from_fn(move || {
        let mut chunk = Vec::new();
        let mut bytes = 0_usize;
        while let Some(document) = rest.next_if(|next| {
            let fits = chunk.is_empty() || bytes.saturating_add(next.length) <= CHUNK_BYTES;
            chunk.len() < size && fits
        }) {
            bytes = bytes.saturating_add(document.length);
            chunk.push(document);
        }
        // An operation with nothing left to do still has one chunk, so that it is ended.
        let more = !chunk.is_empty() || std::mem::take(&mut first);
        first = false;
        more.then_some(chunk)
    })
}
