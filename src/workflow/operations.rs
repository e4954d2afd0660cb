//! Operations as callers see them: read within a scope, waited for.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::files::{self, File};
use super::{Error, Thing};
use crate::app::App;
use crate::domain::document::{Document, DocumentState, SealSettings};
use crate::domain::ids::{DocumentId, OperationId};
use crate::domain::operation::Operation;
use crate::domain::outbox::Message;
use crate::domain::refusal::Refusal;
use crate::domain::scope::Scope;
use crate::pki::digest::sha256;

/// How often an operation that another process executes is looked at while somebody waits for it.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// An operation with its documents and, if asked for, the sealed bytes.
pub struct OperationDetail {
    /// The operation.
    pub operation: Operation,
    /// In the order of the request; images are left out of the settings.
    pub documents: Vec<(Document, SealSettings)>,
    /// Mails to its receivers.
    pub mails: Vec<Message>,
    /// Sealed bytes by document; empty when not asked for.
    pub sealed: HashMap<DocumentId, Arc<Vec<u8>>>,
}

/// An operation that was found, and how much there is to read of it.
pub struct FoundOperation {
    operation: Operation,
    length: u64,
}

/// Finds an operation, without its documents.
///
/// # Errors
/// [`Error::NotFound`] when there is none within the scope.
pub async fn find(app: &App, scope: Scope, id: OperationId) -> Result<FoundOperation, Error> {
    let operation =
        app.reader.operation(scope, id).await?.ok_or(Error::NotFound(Thing::Operation))?;
    let length = app.reader.documents_length(operation.of_documents()).await?;
    Ok(FoundOperation { operation, length })
}

impl FoundOperation {
    /// Octets that its documents are described with.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// The operation with its documents, without sealed bytes.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn detail(self, app: &App) -> Result<OperationDetail, Error> {
        let id = self.operation.id;
        let documents = app.reader.documents_shown(self.operation.of_documents()).await?;
        let mails = app.reader.mails_of(id).await?;
        Ok(OperationDetail { operation: self.operation, documents, mails, sealed: HashMap::new() })
    }
}

impl OperationDetail {
    /// How many sealed bytes [`OperationDetail::read_contents`] will bring.
    #[must_use]
    pub fn sealed_length(&self) -> u64 {
        let length = |document: &Document| match document.state {
            DocumentState::Sealed { length, .. } => length,
            DocumentState::Received | DocumentState::Failed { .. } => 0,
        };
        self.documents.iter().map(|(document, _)| length(document)).sum()
    }

    /// Reads the sealed bytes.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn read_contents(&mut self, app: &App) -> Result<(), Error> {
        self.sealed = app.contents.sealed_of(self.operation.of_documents()).await?;
        if self.operation.custody.preserve {
            check_preserved(&self.documents, &self.sealed)?;
        }
        Ok(())
    }
}

/// Preserved bytes are those that were sealed, or they are not given away.
fn check_preserved(
    documents: &[(Document, SealSettings)],
    sealed: &HashMap<DocumentId, Arc<Vec<u8>>>,
) -> Result<(), Error> {
    for (document, _) in documents {
        if let (DocumentState::Sealed { sha256: kept, .. }, Some(bytes)) =
            (&document.state, sealed.get(&document.id))
            && sha256(bytes) != *kept
        {
            return Err(Error::Internal(format!("document {} has changed", document.id).into()));
        }
    }
    Ok(())
}

/// The sealed documents of a finished operation, about to become one file.
pub struct Archive {
    operation: Operation,
    files: Vec<File>,
    length: u64,
}

/// What an archive of an operation's documents holds.
///
/// # Errors
/// [`Error::NotFound`] when there is no such operation within the scope, or the bytes are gone;
/// [`Error::Refused`] when it is not finished, nothing of it is sealed, or it is too large.
pub async fn archive(app: &App, scope: Scope, id: OperationId) -> Result<Archive, Error> {
    let operation =
        app.reader.operation(scope, id).await?.ok_or(Error::NotFound(Thing::Operation))?;
    if !operation.state.is_final() {
        return Err(Refusal::DocumentsUnfinished.into());
    }
    if operation.extends.is_some() {
        return Box::pin(archive(app, scope, operation.of_documents())).await;
    }
    let mut files = files::list_by_reference(&app.reader.documents_shown(id).await?);
    if files.is_empty() {
        return Err(Refusal::NothingSealed.into());
    }
    let kept = app.contents.kept(id).await?;
    files.retain(|file| kept.contains(&file.document));
    if files.is_empty() {
        return Err(Error::NotFound(Thing::Content));
    }
    let length = files::archive_length(&files);
    let length = length.ok_or(Refusal::ArchiveTooLarge { limit: files::ARCHIVE_LIMIT })?;
    Ok(Archive { operation, files, length })
}

impl Archive {
    /// Octets of its documents.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// A name for it, after the client's reference.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}.zip", files::file_name(self.operation.external_reference.as_str()))
    }

    /// The ZIP.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn pack(self, app: &App) -> Result<Vec<u8>, Error> {
        files::pack(app, &self.operation, self.files).await
    }
}

/// Waits until an operation is finished or was given back to be tried later, at most `patience` and not
/// longer than this process has. Returns in any case; the operation's state tells.
///
/// # Errors
/// When the database cannot be asked.
pub async fn wait(app: &App, id: OperationId, patience: Duration) -> Result<(), Error> {
    let wait = async {
        if let Some(mut bell) = app.running.bell(id) {
            // The sender is dropped at the end, which is what we wait for.
            let _ = bell.changed().await;
            return Ok(());
        }
        loop {
            let operation = app.reader.operation(Scope::Installation, id).await?;
            let waiting = operation.is_some_and(|operation| {
                operation.state == crate::domain::operation::OperationState::PendingExecution
            });
            if !waiting {
                return Ok(());
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    };
    tokio::select! {
        waited = tokio::time::timeout(patience, wait) => waited.unwrap_or(Ok(())),
        () = app.stopping.waited() => Ok(()),
    }
}
