//! Executes an operation: prepare, record the intents, one key call per chunk, finish. Runs in its
//! own task; whoever asked for it may be long gone.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use tracing::Instrument as _;

use super::{Error, credentials, settings};
use crate::app::{App, InWork, RandomFailed, ReadyCredential};
use crate::domain::client_service::Lint as Level;
use crate::domain::document::{DocumentState, SealSettings, SigningError};
use crate::domain::ids::{CredentialId, DocumentId, EventId};
use crate::domain::instant::Instant;
use crate::domain::operation::OperationState;
use crate::domain::profile::{Expected, Format};
use crate::domain::refusal::Refusal;
use crate::domain::scope::Scope;
use crate::keys::ErrorClass;
use crate::pki::certificate::Certificate;
use crate::pki::signature::CheckedValue;
use crate::seal::Prepared;
use crate::seal::lint::Lint;
use crate::seal::lint::schema::Schemas;
use crate::store::documents::Intent;
use crate::store::operations::{Lease, NewOperation, Outcome};

/// What is left to do of one operation.
pub struct Work {
    credential: CredentialId,
    documents: Vec<PendingDocument>,
    /// Whether a document was sealed by an earlier attempt.
    sealed_before: bool,
    /// Attempts in a row that sealed nothing.
    failures: u32,
}

/// What an operation in work occupies (memory, a turn); given back when it is dropped.
pub type Place = Box<dyn Send>;

struct PendingDocument {
    id: DocumentId,
    settings: SealSettings,
    content: Arc<Vec<u8>>,
    intent: Option<Intent>,
}

impl Work {
    /// The work of an operation just recorded, contents still at hand.
    #[must_use]
    pub fn from_new(new: NewOperation) -> Self {
        let documents = new
            .documents
            .into_iter()
            .filter(|new| new.document.state == DocumentState::Received)
            .filter_map(|new| {
                Some(PendingDocument {
                    id: new.document.id,
                    settings: new.settings,
                    content: new.content?,
                    intent: None,
                })
            })
            .collect();
        Self { credential: new.operation.credential, documents, sealed_before: false, failures: 0 }
    }

    async fn load(app: &App, lease: Lease) -> Result<Self, Error> {
        let id = lease.operation;
        let operation =
            app.reader.operation(Scope::Installation, id).await?.ok_or(Error::NotFound)?;
        let documents = app.reader.documents(id).await?;
        let mut contents = app.reader.original_contents(id).await?;
        let mut intents: HashMap<DocumentId, Intent> = app
            .reader
            .intents(id)
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
                content: contents.remove(&document.id).unwrap_or_default(),
                intent: intents.remove(&document.id),
                id: document.id,
                settings,
            })
            .collect();
        let failures = operation.failures;
        Ok(Self { credential: operation.credential, documents, sealed_before, failures })
    }
}

/// Executes a leased operation in a task of its own. `work` spares reading what is at hand; `place` is
/// kept until the work ends, whatever becomes of the request that took it.
pub fn start(app: &Arc<App>, lease: Lease, work: Option<Work>, place: Option<Place>) {
    let in_work = InWork::begin(app, lease.operation, lease.attempt);
    let app = Arc::clone(app);
    let task = async move {
        // The wait for a permit is part of the work: the lease is renewed meanwhile.
        let work = async {
            let _permit = app.executors.acquire().await;
            run(&app, lease, work).await
        };
        if let Err(error) = with_heartbeat(&app, lease, work).await {
            // The lease runs out and the operation is taken up again.
            tracing::error!(operation = %lease.operation, error = %chain(&error), "execution stopped");
        }
        drop(place);
        drop(in_work);
    };
    tokio::spawn(task.in_current_span());
}

/// Renews the lease while the work goes on. The two run side by side, never one inside the other's
/// wait: on SQLite both need the one writing connection. A lease that cannot be renewed does not stop
/// the work here; its writes are fenced by the attempt they belong to.
async fn with_heartbeat(
    app: &App,
    lease: Lease,
    work: impl Future<Output = Result<(), Error>>,
) -> Result<(), Error> {
    let period = Duration::from_millis((app.execution.lease_ms / 3).max(1).unsigned_abs());
    let heartbeat = async {
        loop {
            tokio::time::sleep(period).await;
            if let Err(error) = app.store.renew_lease(lease, lease_end(app)).await {
                tracing::debug!(operation = %lease.operation, error = %chain(&error), "not renewed");
            }
        }
    };
    tokio::select! {
        result = work => result,
        () = heartbeat => Ok(()),
    }
}

async fn run(app: &App, lease: Lease, work: Option<Work>) -> Result<(), Error> {
    let work = match work {
        Some(work) => work,
        None => Work::load(app, lease).await?,
    };
    if let Some(failure) = hopeless(app, lease, &work) {
        return fail_rest(app, lease, &work, &failure).await;
    }
    let ready = match credentials::ready(app, work.credential).await {
        Ok(ready) => ready,
        Err(Error::Refused(refusal)) => {
            let failure = refused(SigningError::InvalidCertificate, &refusal);
            return fail_rest(app, lease, &work, &failure).await;
        }
        Err(error) => return Err(error),
    };

    let mut sealed_any = work.sealed_before;
    let mut progress = false;
    let mut trouble = None;
    let failures = work.failures;
    let mut chunks = chunks(work.documents, app.execution.chunk_documents.max(1)).peekable();
    while let Some(chunk) = chunks.next() {
        // Who disables a credential means now, not after a long operation.
        if let Err(Error::Refused(refusal)) = credentials::check_status(app, work.credential).await
        {
            let failure = refused(SigningError::InvalidCertificate, &refusal);
            let rest = std::iter::once(chunk).chain(chunks).flatten();
            let outcomes: Vec<Outcome> =
                rest.map(|document| failed_outcome(document.id, failure.clone())).collect();
            return record(app, lease, &outcomes, Some(end_state(sealed_any))).await;
        }
        let (outcomes, chunk_trouble) = seal_chunk(app, lease, &ready, chunk).await?;
        progress |=
            outcomes.iter().any(|outcome| matches!(outcome.state, DocumentState::Sealed { .. }));
        sealed_any |= progress;
        trouble = chunk_trouble;
        let last = chunks.peek().is_none() || trouble.is_some();
        let end = (last && trouble.is_none()).then(|| end_state(sealed_any));
        record(app, lease, &outcomes, end).await?;
        if last {
            break;
        }
    }
    match trouble {
        None => tracing::info!(operation = %lease.operation, sealed = sealed_any, "finished"),
        Some(error) => postpone(app, lease, failures, progress, &error).await?,
    }
    Ok(())
}

/// Gives an operation back because the key did not answer for some of its documents. A key that was
/// only busy, or that sealed some of them, has not failed.
async fn postpone(
    app: &App,
    lease: Lease,
    failures: u32,
    progress: bool,
    error: &crate::keys::Error,
) -> Result<(), Error> {
    let failures = match error.class() {
        _ if progress => 0,
        ErrorClass::Saturated => failures,
        ErrorClass::Transient | ErrorClass::Blocked | ErrorClass::Final => {
            failures.saturating_add(1)
        }
    };
    let wait = retry_wait(app, failures);
    tracing::warn!(operation = %lease.operation, failures, wait_ms = wait, error = %chain(error),
        "the key did not answer for every document, trying again");
    let run = app.now().plus_ms(wait);
    Ok(app.store.postpone(lease, run, failures, &error.to_string()).await?)
}

/// Why an operation is given up: the key never answered, or every attempt ended before its end, which
/// only a fault of ours can do.
fn hopeless(app: &App, lease: Lease, work: &Work) -> Option<DocumentState> {
    let most = app.execution.max_attempts;
    if work.failures >= most {
        return Some(DocumentState::Failed {
            error: SigningError::CertificateServiceGlobal,
            reason: "key-unavailable".to_owned(),
            detail: "the key back-end did not answer in any of the tries; send the document again"
                .to_owned(),
        });
    }
    (lease.attempt > most.saturating_mul(10)).then(engine_fault)
}

/// What no further try would change.
fn key_refuses(error: &crate::keys::Error) -> DocumentState {
    DocumentState::Failed {
        error: SigningError::InvalidCertificate,
        reason: "key-refuses".to_owned(),
        detail: format!(
            "the sealing certificate cannot be used: {}; ask the operator to run chancery check",
            credentials::refuses(error)
        ),
    }
}

fn engine_fault() -> DocumentState {
    DocumentState::Failed {
        error: SigningError::Internal,
        reason: "internal".to_owned(),
        detail: "a fault of ours, which the log describes; tell the operator".to_owned(),
    }
}

/// One chunk: documents whose fate is known now, and why the others have to wait.
async fn seal_chunk(
    app: &App,
    lease: Lease,
    ready: &Arc<ReadyCredential>,
    chunk: Vec<PendingDocument>,
) -> Result<(Vec<Outcome>, Option<crate::keys::Error>), Error> {
    let now = app.now().whole_seconds();
    let (prepared, mut outcomes) = prepare(app, ready, chunk, now).await?;

    let intents: Vec<Intent> = prepared
        .iter()
        .filter(|document| !document.intent_stored)
        .map(|document| intent(ready, document))
        .collect();
    if !intents.is_empty() {
        app.store.record_intents(lease, lease_end(app), &intents, app.now()).await?;
    }

    // From here on a key is used, and only for what is stored above.
    let items = prepared.iter().map(|document| document.prepared.request().clone()).collect();
    let values = app.keyring.sign(&ready.key, items).await;

    let mut trouble = None;
    let mut signed = Vec::with_capacity(prepared.len());
    for (document, value) in prepared.into_iter().zip(values) {
        match value {
            Ok(value) => signed.push((document, value)),
            Err(error) if error.class() == ErrorClass::Final => {
                tracing::error!(document = %document.id, error = %chain(&error), "the key refuses");
                outcomes.push(failed_outcome(document.id, key_refuses(&error)));
            }
            Err(error) => trouble = trouble.or(Some(error)),
        }
    }
    let sealed = on_engine(app, move || {
        signed
            .into_iter()
            .map(|(document, value)| finish(document, value))
            .collect::<Vec<Outcome>>()
    })
    .await?;
    outcomes.extend(sealed);
    Ok((outcomes, trouble))
}

struct PreparedDocument {
    id: DocumentId,
    signing_time: Instant,
    prepared: Prepared,
    intent_stored: bool,
    detached: bool,
    /// The settings, when lint added notes to them.
    noted: Option<SealSettings>,
}

async fn prepare(
    app: &App,
    ready: &Arc<ReadyCredential>,
    chunk: Vec<PendingDocument>,
    now: Instant,
) -> Result<(Vec<PreparedDocument>, Vec<Outcome>), Error> {
    let ready = Arc::clone(ready);
    let limits = app.seal_limits;
    let schemas = Arc::clone(&app.schemas);
    let chunk: Vec<_> = chunk
        .into_iter()
        .map(|document| {
            let asked = AskedLint::of(app, &document.settings);
            (document, asked)
        })
        .collect();
    on_engine(app, move || {
        let mut prepared = Vec::with_capacity(chunk.len());
        let mut failed = Vec::new();
        for (document, asked) in chunk {
            let id = document.id;
            // A fault in the engine is this document's misfortune, not its siblings'.
            let lint = asked.lint(&schemas);
            let attempt = AssertUnwindSafe(|| prepare_one(&ready, document, now, &limits, lint));
            let result = catch_unwind(attempt).unwrap_or_else(|_| {
                tracing::error!(document = %id, "the engine panicked");
                Err(engine_fault())
            });
            match result {
                Ok(document) => prepared.push(document),
                Err(state) => failed.push(failed_outcome(id, state)),
            }
        }
        (prepared, failed)
    })
    .await
}

/// How a document is looked at: as its profile said when it was accepted.
struct AskedLint {
    level: Level,
    expected: Option<Expected>,
}

impl AskedLint {
    fn of(app: &App, settings: &SealSettings) -> Self {
        // Only XML is looked at.
        let level = match settings.seal.format() {
            Format::Xades => settings.lint,
            Format::Pades | Format::Cades => Level::None,
        };
        let SealSettings { expected, profile, .. } = settings;
        // Accepted before it was kept: as the profile says now, if it still exists.
        let now = || settings::expected(app, profile.as_deref(), level).ok().flatten();
        Self { level, expected: expected.clone().or_else(now) }
    }

    fn lint<'a>(&'a self, schemas: &'a Schemas) -> Lint<'a> {
        let expected = self.expected.as_ref();
        Lint {
            level: self.level,
            roots: expected.map_or(&[], |expected| expected.roots.as_slice()),
            rules: expected.map(|expected| expected.rules.as_slice()),
            schemas,
        }
    }
}

fn prepare_one(
    ready: &ReadyCredential,
    document: PendingDocument,
    now: Instant,
    limits: &crate::seal::Limits,
    lint: Lint<'_>,
) -> Result<PreparedDocument, DocumentState> {
    let signing_time = document.intent.as_ref().map_or(now, |intent| intent.signing_time);
    let signing = ready.chain.signing();
    credentials::check_validity(signing, signing_time)
        .map_err(|refusal| refused(SigningError::InvalidCertificate, &refusal))?;
    let content = Arc::unwrap_or_clone(document.content);
    let refuse = |refusal| refused(SigningError::Configuration, &refusal);
    // A key may have been used for what has an intent; it was looked at before.
    let fresh = document.intent.is_none();
    if fresh {
        lint.before(&content, limits).map_err(refuse)?;
    }
    let prepared =
        crate::seal::prepare(content, &document.settings.seal, &ready.signer, signing_time, limits)
            .map_err(refuse)?;
    let mut notes = if fresh { lint.after(&prepared, limits).map_err(refuse)? } else { Vec::new() };
    notes.extend_from_slice(prepared.notes());
    if let Some(intent) = &document.intent
        && !reproduced(intent, signing, &prepared)
    {
        tracing::error!(document = %document.id, "the stored intent cannot be prepared again");
        return Err(DocumentState::Failed {
            error: SigningError::Internal,
            reason: "intent-not-reproducible".to_owned(),
            detail: "what was about to be signed cannot be prepared again by this version; \
                     send the document under a new external reference"
                .to_owned(),
        });
    }
    Ok(PreparedDocument {
        id: document.id,
        signing_time,
        prepared,
        intent_stored: document.intent.is_some(),
        detached: document.settings.seal.is_detached(),
        noted: noted(document.settings, notes),
    })
}

fn noted(mut settings: SealSettings, notes: Vec<String>) -> Option<SealSettings> {
    let some = !notes.is_empty();
    settings.notes.extend(notes);
    some.then_some(settings)
}

/// Whether what was prepared is what was about to be signed: signature algorithm, digest, certificate.
fn reproduced(intent: &Intent, signing: &Certificate, prepared: &Prepared) -> bool {
    intent.algorithm == prepared.signature_algorithm().as_str()
        && intent.digest_algorithm == prepared.digest().algorithm()
        && intent.digest == prepared.digest().value()
        && intent.certificate_sha256 == signing.fingerprint()
}

fn intent(ready: &ReadyCredential, document: &PreparedDocument) -> Intent {
    Intent {
        document: document.id,
        certificate_sha256: ready.chain.signing().fingerprint(),
        algorithm: document.prepared.signature_algorithm().as_str().to_owned(),
        signing_time: document.signing_time,
        digest_algorithm: document.prepared.digest().algorithm(),
        digest: document.prepared.digest().value().to_vec(),
    }
}

fn finish(document: PreparedDocument, value: CheckedValue) -> Outcome {
    let signing_time = document.signing_time;
    match document.prepared.attach_checked(value) {
        Ok(signed) => {
            let bytes = signed.finish().into_bytes();
            let state = DocumentState::Sealed {
                signing_time,
                sha256: crate::pki::digest::sha256(&bytes),
                length: bytes.len() as u64,
            };
            Outcome {
                document: document.id,
                state,
                sealed: Some(Arc::new(bytes)),
                keeps_original: document.detached,
                settings: document.noted,
            }
        }
        Err(error) => {
            tracing::error!(document = %document.id, error = %error, "signature value refused");
            let state = DocumentState::Failed {
                error: SigningError::Internal,
                reason: "signature-value-wrong".to_owned(),
                detail: "the key back-end answered with a wrong signature value; tell the operator"
                    .to_owned(),
            };
            failed_outcome(document.id, state)
        }
    }
}

const fn failed_outcome(document: DocumentId, state: DocumentState) -> Outcome {
    Outcome { document, state, sealed: None, keeps_original: false, settings: None }
}

/// Ends an operation whose remaining documents cannot be sealed.
async fn fail_rest(
    app: &App,
    lease: Lease,
    work: &Work,
    failure: &DocumentState,
) -> Result<(), Error> {
    let outcomes: Vec<Outcome> = work
        .documents
        .iter()
        .map(|document| failed_outcome(document.id, failure.clone()))
        .collect();
    let end = Some(end_state(work.sealed_before));
    record(app, lease, &outcomes, end).await
}

/// Writes down how documents ended; with the end of the operation its messages are on their way.
async fn record(
    app: &App,
    lease: Lease,
    outcomes: &[Outcome],
    end: Option<OperationState>,
) -> Result<(), Error> {
    let ids = event_ids(app, outcomes.len() + 1)?;
    app.store.record_outcomes(lease, lease_end(app), outcomes, end, &ids, app.now()).await?;
    if end.is_some() {
        app.outbox_bell.notify_one();
    }
    Ok(())
}

/// Fresh ids for events.
pub(super) fn event_ids(app: &App, count: usize) -> Result<Vec<EventId>, RandomFailed> {
    (0..count).map(|_| Ok(EventId::from_i64(app.random_id()?))).collect()
}

fn refused(error: SigningError, refusal: &Refusal) -> DocumentState {
    DocumentState::Failed { error, reason: refusal.code().to_owned(), detail: refusal.to_string() }
}

/// Runs a calculation on a thread that may take its time, as many at once as there are cores.
async fn on_engine<T: Send + 'static>(
    app: &App,
    calculate: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    let permit = Arc::clone(&app.engine).acquire_owned().await;
    let result = tokio::task::spawn_blocking(calculate).await;
    drop(permit);
    result.map_err(|error| Error::Internal(Box::new(error)))
}

fn chunks(
    documents: Vec<PendingDocument>,
    size: usize,
) -> impl Iterator<Item = Vec<PendingDocument>> {
    let mut rest = documents.into_iter();
    let mut first = true;
    std::iter::from_fn(move || {
        let chunk: Vec<_> = rest.by_ref().take(size).collect();
        // An operation with nothing left to do still has one chunk, so that it is ended.
        let more = !chunk.is_empty() || std::mem::take(&mut first);
        first = false;
        more.then_some(chunk)
    })
}

const fn end_state(sealed_any: bool) -> OperationState {
    if sealed_any { OperationState::Executed } else { OperationState::ExecutionFailed }
}

fn lease_end(app: &App) -> Instant {
    app.now().plus_ms(app.execution.lease_ms)
}

fn retry_wait(app: &App, failures: u32) -> i64 {
    let ladder = &app.execution.retry_ladder_ms;
    let step = usize::try_from(failures.saturating_sub(1)).unwrap_or(usize::MAX);
    ladder.get(step).or(ladder.last()).copied().unwrap_or(60_000)
}

/// An error with its sources, for one log line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
