//! Documents on threads of the engine, as many at once as there are cores, none for long, and none for
//! ever.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::task::JoinHandle;

use super::Error;
use super::document::{
    self, AskedLint, Ended, PreparedDocument, SignedDocument, engine_fault, failed, prepare_one,
};
use super::work::PendingDocument;
use crate::app::{App, ReadyCredential, patience, priority};
use crate::domain::alarm::Alarm;
use crate::domain::document::DocumentState;
use crate::domain::ids::{ClientServiceId, DocumentId};
use crate::domain::instant::Instant;
use crate::seal::{Profile, Sealed};
use crate::verify::{self, MadeSeal, OwnSealFault};

/// After so much processor time a thread of the engine goes to the next one who waits for it, as soon as the
/// document in work is done.
const TURN: Duration = Duration::from_millis(10);

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
    (party, ready): (ClientServiceId, &Arc<ReadyCredential>),
    chunk: Vec<(PendingDocument, Arc<Vec<u8>>)>,
    now: Instant,
) -> Result<PreparedChunk, Error> {
    let contents = app.contents.clone();
    let ready = Arc::clone(ready);
    let (limits, document_ms) = (app.seal_limits.clone(), app.execution.document_ms);
    let (schemas, calendar) = (Arc::clone(&app.schemas), Arc::clone(&app.calendar));
    let ids: Vec<DocumentId> = chunk.iter().map(|(document, _)| document.id).collect();
    let chunk: Vec<_> = chunk
        .into_iter()
        .map(|(document, content)| {
            let asked = AskedLint::of(app, &document.settings);
            (document, content, asked)
        })
        .collect();
    let each = move |(document, content, asked): (PendingDocument, Arc<Vec<u8>>, AskedLint)| {
        let id = document.id;
        let limits = limits.with_patience(patience::of_document(document_ms));
        let lint = asked.lint(&schemas);
        let document = (document, content);
        let prepare = || prepare_one(&ready, document, now, (&limits, &calendar), lint);
        let result = guarded(id, prepare).unwrap_or_else(Err);
        result.map_err(|state| Box::new(failed(&contents, id, state)))
    };
    match in_turns(app, party, chunk, each).await? {
        Ok(results) => {
            let (mut prepared, mut ended) = (Vec::with_capacity(results.len()), Vec::new());
            for result in results {
                match result {
                    Ok(document) => prepared.push(document),
                    Err(state) => ended.push(*state),
                }
            }
            Ok(PreparedChunk::All(prepared, ended))
        }
        Err(at) => {
            let stuck = ids.get(at).or(ids.last()).copied();
            stuck
                .map(PreparedChunk::Stuck)
                .ok_or_else(|| Error::Internal("nothing took too long".into()))
        }
    }
}

/// What the engine makes of one document: a fault in it is this document's misfortune, not its siblings'.
fn guarded<R>(id: DocumentId, work: impl FnOnce() -> R) -> Result<R, DocumentState> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| {
        tracing::error!(document = %id, "the engine panicked");
        engine_fault()
    })
}

/// Writes sealed documents, one after the other, and has a look at each before it is released. `None` when one
/// of them took too long.
pub(super) async fn finish(
    app: &App,
    (party, ready): (ClientServiceId, &ReadyCredential),
    signed: Vec<SignedDocument>,
) -> Result<Option<Vec<Ended>>, Error> {
    let contents = app.contents.clone();
    let (limits, document_ms) = (app.seal_limits.clone(), app.execution.document_ms);
    let checks = app.execution.check_seals;
    let check = move |sealed: &Sealed, profile: &Profile| {
        let limits = limits.with_patience(patience::of_document(document_ms));
        let made = MadeSeal::of(sealed, profile);
        if checks { verify::check_own(sealed.bytes(), &made, &limits) } else { Ok(()) }
    };
    let each = move |document: SignedDocument| {
        let id = document.id;
        guarded(id, || document::finish(&contents, document, &check))
            .unwrap_or_else(|state| failed(&contents, id, state))
    };
    let ended = in_turns(app, party, signed, each).await?.ok();
    for fault in ended.iter().flatten().filter_map(|ended| ended.withheld.as_ref()) {
        tell_withheld(app, ready, fault);
    }
    Ok(ended)
}

/// Has operators told that seals of a credential are withheld.
fn tell_withheld(app: &App, ready: &ReadyCredential, fault: &OwnSealFault) {
    let (alias, now) = (ready.credential.alias.clone(), app.now());
    let name = format!("seals:{alias}/withheld");
    let noted = app.excesses.all(now).into_iter().find(|(noted, _)| *noted == name);
    let since = noted.map_or(now, |(_, excess)| excess.since);
    let alarm = Alarm::SealsWithheld { alias, since, last_words: fault.to_string() };
    app.excesses.note(name, alarm, None, now);
}

/// Calculates each of many on a thread that may take its time. The thread is given back after each turn,
/// so that who has little to do waits for no whole chunk of others. Returns which one it is that took longer
/// than `workflow.stuck_ms`; a thread cannot be stopped, so that it goes on for nobody.
async fn in_turns<T: Send + 'static, R: Send + 'static>(
    app: &App,
    party: ClientServiceId,
    items: Vec<T>,
    each: impl Fn(T) -> R + Send + 'static,
) -> Result<Result<Vec<R>, usize>, Error> {
    let done = Arc::new(AtomicUsize::new(0));
    let mut results = Vec::with_capacity(items.len());
    let (mut items, mut each) = (items.into_iter(), each);
    while items.len() > 0 {
        let turn = app.engine.take(party, 1).await;
        let progress = Arc::clone(&done);
        let thread = tokio::task::spawn_blocking(move || {
            priority::lower();
            let spent = patience::stopwatch();
            for item in items.by_ref() {
                results.push(each(item));
                progress.fetch_add(1, Ordering::Relaxed);
                if spent() >= TURN {
                    break;
                }
            }
            (items, each, results)
        });
        match watched(app, &done, thread).await? {
            Ok(turned) => (items, each, results) = turned,
            Err(at) => return Ok(Err(at)),
        }
        drop(turn);
    }
    Ok(Ok(results))
}

/// Waits for a calculation that counts its steps, none of which may take longer than
/// `workflow.stuck_ms`. Returns the step that did.
async fn watched<T>(
    app: &App,
    done: &AtomicUsize,
    mut thread: JoinHandle<T>,
) -> Result<Result<T, usize>, Error> {
    let patience = Duration::from_millis(app.execution.stuck_ms.max(1));
    let mut before = done.load(Ordering::Relaxed);
    loop {
        let ended = tokio::time::timeout(patience, &mut thread).await;
        let now = done.load(Ordering::Relaxed);
        match ended {
            Ok(result) => return result.map(Ok).map_err(|error| Error::Internal(Box::new(error))),
            Err(_) if now == before => return Ok(Err(now)),
            Err(_) => before = now,
        }
    }
}
