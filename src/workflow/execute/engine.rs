//! Documents on threads of the engine, as many at once as there are cores, and none for ever.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::Error;
use super::document::{AskedLint, Ended, PreparedDocument, engine_fault, failed, prepare_one};
use super::work::PendingDocument;
use crate::app::{App, ReadyCredential};
use crate::domain::ids::DocumentId;
use crate::domain::instant::Instant;

/// What became of documents that were to be prepared.
pub(super) enum PreparedChunk {
    /// Those that wait for their signature value, and those that have ended.
    All(Vec<PreparedDocument>, Vec<Ended>),
    /// This one took too long, and the thread with it.
    Stuck(DocumentId),
}

/// Prepares documents, one after the other.
pub(super) async fn prepare(
    app: &App,
    ready: &Arc<ReadyCredential>,
    chunk: Vec<PendingDocument>,
    now: Instant,
) -> Result<PreparedChunk, Error> {
    let contents = app.contents.clone();
    let ready = Arc::clone(ready);
    let limits = app.seal_limits;
    let (schemas, calendar) = (Arc::clone(&app.schemas), Arc::clone(&app.calendar));
    let ids: Vec<DocumentId> = chunk.iter().map(|document| document.id).collect();
    let chunk: Vec<_> = chunk
        .into_iter()
        .map(|document| {
            let asked = AskedLint::of(app, &document.settings);
            (document, asked)
        })
        .collect();
    let done = Arc::new(AtomicUsize::new(0));
    let progress = Arc::clone(&done);
    let prepare = move || {
        let mut prepared = Vec::with_capacity(chunk.len());
        let mut ended = Vec::new();
        for (document, asked) in chunk {
            let id = document.id;
            // A fault in the engine is this document's misfortune, not its siblings'.
            let lint = asked.lint(&schemas);
            let attempt =
                AssertUnwindSafe(|| prepare_one(&ready, document, now, (&limits, &calendar), lint));
            let result = catch_unwind(attempt).unwrap_or_else(|_| {
                tracing::error!(document = %id, "the engine panicked");
                Err(engine_fault())
            });
            match result {
                Ok(document) => prepared.push(document),
                Err(state) => ended.push(failed(&contents, id, state)),
            }
            progress.fetch_add(1, Ordering::Relaxed);
        }
        (prepared, ended)
    };
    match watched(app, &done, prepare).await? {
        Ok((prepared, ended)) => Ok(PreparedChunk::All(prepared, ended)),
        Err(at) => {
            let stuck = ids.get(at).or(ids.last()).copied();
            stuck
                .map(PreparedChunk::Stuck)
                .ok_or_else(|| Error::Internal("nothing took too long".into()))
        }
    }
}

/// Runs a calculation on a thread that may take its time.
pub(super) async fn run<T: Send + 'static>(
    app: &App,
    calculate: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    let permit = Arc::clone(&app.engine).acquire_owned().await;
    let result = tokio::task::spawn_blocking(calculate).await;
    drop(permit);
    result.map_err(|error| Error::Internal(Box::new(error)))
}

/// The same with one that counts its steps, none of which may take longer than
/// `workflow.document_ms`. Returns the step that did; a thread cannot be stopped, so that it goes on for
/// nobody.
async fn watched<T: Send + 'static>(
    app: &App,
    done: &AtomicUsize,
    calculate: impl FnOnce() -> T + Send + 'static,
) -> Result<Result<T, usize>, Error> {
    let permit = Arc::clone(&app.engine).acquire_owned().await;
    let mut thread = tokio::task::spawn_blocking(calculate);
    let patience = Duration::from_millis(app.execution.document_ms.max(1));
    let mut before = done.load(Ordering::Relaxed);
    let result = loop {
        let ended = tokio::time::timeout(patience, &mut thread).await;
        let now = done.load(Ordering::Relaxed);
        match ended {
            Ok(result) => break result.map(Ok).map_err(|error| Error::Internal(Box::new(error))),
            Err(_) if now == before => break Ok(Err(now)),
            Err(_) => before = now,
        }
    };
    drop(permit);
    result
}
