//! Operations as callers see them: read within a scope, waited for.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::{Error, Thing};
use crate::app::App;
use crate::domain::document::{Document, DocumentState, SealSettings};
use crate::domain::ids::{DocumentId, OperationId};
use crate::domain::operation::Operation;
use crate::domain::outbox::Message;
use crate::domain::scope::Scope;

/// How often an operation that another process executes is looked at while somebody waits for it.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// An operation with its documents and, if asked for, the sealed bytes.
pub struct OperationDetail {
    /// The operation.
    pub operation: Operation,
    /// In the order of the request.
    pub documents: Vec<(Document, SealSettings)>,
    /// Mails to its receivers.
    pub mails: Vec<Message>,
    /// Sealed bytes by document; empty when not asked for.
    pub sealed: HashMap<DocumentId, Arc<Vec<u8>>>,
}

/// The operation with its documents, without sealed bytes.
///
/// # Errors
/// [`Error::NotFound`] when there is none within the scope.
pub async fn detail(app: &App, scope: Scope, id: OperationId) -> Result<OperationDetail, Error> {
    let operation =
        app.reader.operation(scope, id).await?.ok_or(Error::NotFound(Thing::Operation))?;
    let documents = app.reader.documents(id).await?;
    let mails = app.reader.mails_of(id).await?;
    Ok(OperationDetail { operation, documents, mails, sealed: HashMap::new() })
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
        self.sealed = app.contents.sealed_of(self.operation.id).await?;
        Ok(())
    }
}

/// Waits until an operation is finished or was given back to be tried later, at most `patience`.
/// Returns in any case; the operation's state tells.
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
    tokio::time::timeout(patience, wait).await.unwrap_or(Ok(()))
}
