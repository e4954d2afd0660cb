//! Executes an operation: prepare, record the intents, one key call per chunk, finish. Runs in its
//! own task; whoever asked for it may be long gone.

mod alone;
mod checking;
mod document;
mod engine;
mod extending;
mod lasting;
mod postpone;
mod stamping;
mod work;

use std::sync::Arc;
use std::time::Duration;

use tracing::Instrument as _;

use self::document::{
    Ended, attach, attach_kept, content_missing, ended_by_operator, engine_fault, failed, intent,
    key_refuses, refused, took_too_long,
};
use self::engine::PreparedChunk;
pub(super) use self::postpone::IN_VAIN;
use self::postpone::{WaitCause, postpone, retry_wait, wait_for_clock};
pub use self::work::Work;
use self::work::{PendingDocument, chunks};
use super::readiness::{self, KeyState};
use super::{Error, Thing, ahead, clock, credentials, lease, quarantine};
use crate::app::{App, InWork, RandomFailed, ReadyCredential, TakenUp};
use crate::domain::client_service::ClientServiceStatus;
use crate::domain::company::CompanyStatus;
use crate::domain::document::{DocumentState, SigningError};
use crate::domain::ids::{ClientServiceId, CredentialId, EventId, OperationId, ParcelId};
use crate::domain::instant::Instant;
use crate::domain::level::Level;
use crate::domain::operation::{Operation, OperationState};
use crate::domain::refusal::Refusal;
use crate::domain::scope::Scope;
use crate::domain::sources::sources;
use crate::domain::text::hex;
use crate::keys::ErrorClass;
use crate::store::documents::Intent;
use crate::store::leases::Lease;
use crate::store::operations::Ending;

/// Documents whose intents, or whose ends, are recorded in one transaction.
const RECORDED: usize = 20;

/// For so long a chunk waits for others of its client service when it is to leave room to other ones: those may
/// be held up by an authority or a token that this one does not need.
const PACED: Duration = Duration::from_secs(2);

/// What an operation in work occupies (memory, a turn); given back when it is dropped.
pub type Place = Box<dyn Send>;

/// A try that is due within this time comes by itself.
const SOON_MS: i64 = 1000;

/// The longest wait before an operation is given back once more, in seconds.
const GIVE_BACK_SECONDS: u64 = 5;

/// Executes an operation just recorded in a task of its own. `place` is kept until the work ends, whatever
/// becomes of the request that took it.
pub fn start(app: &Arc<App>, lease: Lease, work: Work, place: Option<Place>) {
    spawn(app, lease, Source::AtHand(work), place);
}

/// Executes an operation that was taken up, in a task of its own.
pub fn take_up(app: &Arc<App>, lease: Lease, queued: TakenUp) {
    spawn(app, lease, Source::Recorded(queued), None);
}

/// Begins a try of an operation that waits for its next one, when its key is known to sign by now: its
/// client asks again. Otherwise, and when the database does not answer, it is left as it is: that it is
/// recorded is what its client has to hear.
pub async fn hasten(app: &Arc<App>, id: OperationId, place: Option<Place>) {
    if let Err(error) = try_soon(app, id, place).await {
        tracing::debug!(operation = %id, error = %sources(&error), "not hastened");
    }
}

async fn try_soon(app: &Arc<App>, id: OperationId, place: Option<Place>) -> Result<(), Error> {
    let found = app.reader.operation(Scope::Installation, id).await?;
    let now = app.steady_now();
    let soon = now.plus_ms(SOON_MS);
    let waits = |it: &Operation| it.next_try.is_some_and(|at| at > soon) && it.failures <= IN_VAIN;
    let Some(operation) = found.filter(waits) else { return Ok(()) };
    // What stops the credential stops the operation too, when its try comes.
    let Ok(ready) = credentials::ready(app, operation.credential).await else { return Ok(()) };
    if readiness::state_of(app, &ready.key).0 != KeyState::Ok || app.stopping.is_leaving() {
        return Ok(());
    }
    let lease = app.store.lease_waiting(app.process, id, now, lease_end(app)).await?;
    if let Some(lease) = lease {
        tracing::info!(operation = %id, "taken up, as its client asks again");
        let queued = app.running.queue(operation.client_service);
        spawn(app, lease, Source::Recorded(queued), place);
    }
    Ok(())
}

/// Where what is to be done is known from.
enum Source {
    AtHand(Work),
    Recorded(TakenUp),
}

fn spawn(app: &Arc<App>, lease: Lease, source: Source, place: Option<Place>) {
    let in_work = InWork::begin(&app.running, lease.operation, lease.attempt);
    let app = Arc::clone(app);
    let task = async move {
        // The wait for a permit is part of the work: the lease is renewed meanwhile.
        let work = async {
            let (begun, queued) = match source {
                Source::AtHand(work) => (Begun::Whole(work), None),
                Source::Recorded(queued) => (Begun::read(&app, lease).await?, Some(queued)),
            };
            let _turn = tokio::select! {
                biased;
                () = app.stopping.closing() => {
                    // It was not begun: whoever comes next does it at once.
                    return Ok(app.store.release_leases(&[lease], app.steady_now()).await?);
                }
                turn = app.executors.take(begun.party(), 1) => turn,
            };
            drop(queued);
            run(&app, lease, begun).await
        };
        let renew = || app.store.renew_lease(lease, lease_end(&app));
        if let Err(error) = lease::kept(app.execution.lease_ms, renew, work).await {
            tracing::error!(operation = %lease.operation, error = %sources(&error), "execution stopped");
            drop(place);
            give_back(&app, lease, &error).await;
        }
        drop(in_work);
    };
    tokio::spawn(task.in_current_span());
}

/// Gives an operation back after an error, to be tried again soon: as often as it takes, as the error may be
/// that the database does not answer. Should the lease run out meanwhile, whoever takes the operation up
/// does not take it for one that ended a process.
async fn give_back(app: &App, lease: Lease, cause: &Error) {
    let (words, mut seconds) = (sources(cause), 1);
    loop {
        // Giving back is an attempt too.
        let run = app.steady_now().plus_ms(retry_wait(app, lease.attempt.div_ceil(2)));
        let Err(error) = app.store.give_back(lease, run, &words).await else { return };
        tracing::debug!(operation = %lease.operation, error = %sources(&error), "not given back");
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(seconds)) => {}
            () = app.stopping.closing() => return,
        }
        seconds = (seconds * 2).min(GIVE_BACK_SECONDS);
    }
}

/// An operation whose turn has not come: what is to be done is at hand, or is read when it comes.
enum Begun {
    Whole(Work),
    Named(Operation),
}

impl Begun {
    async fn read(app: &App, lease: Lease) -> Result<Self, Error> {
        let operation = app.reader.operation(Scope::Installation, lease.operation).await?;
        Ok(Self::Named(operation.ok_or(Error::NotFound(Thing::Operation))?))
    }

    const fn party(&self) -> ClientServiceId {
        match self {
            Self::Whole(work) => work.client_service,
            Self::Named(operation) => operation.client_service,
        }
    }
}

async fn run(app: &App, lease: Lease, begun: Begun) -> Result<(), Error> {
    let work = match begun {
        Begun::Whole(work) => work,
        Begun::Named(operation) => match operation.extends {
            Some(extension) => return extending::run(app, lease, &operation, extension).await,
            None => Work::load(app, operation).await?,
        },
    };
    if let Some(failure) = hopeless(app, &work) {
        return fail_rest(app, lease, &work, &failure).await;
    }
    if let Some(gap_ms) = clock::too_far_apart(app).await? {
        return wait_for_clock(app, lease, work.failures, gap_ms).await;
    }
    let ready = match credentials::ready(app, work.credential).await {
        Ok(ready) => ready,
        Err(Error::Refused(refusal)) => {
            let failure = refused(SigningError::InvalidCertificate, &refusal);
            return fail_rest(app, lease, &work, &failure).await;
        }
        Err(error) => return Err(error),
    };

    let who = (work.client_service, work.credential);
    let mut sealed_any = work.sealed_before;
    let mut progress = false;
    let mut trouble = None;
    let (party, failures, careful) = (work.client_service, work.failures, work.careful);
    let size = if careful { 1 } else { app.execution.chunk_documents.max(1) };
    let mut chunks = chunks(work.documents, size).peekable();
    let started = std::time::Instant::now();
    while let Some(chunk) = chunks.next() {
        if let Some(failure) = stopped(app, who).await? {
            let rest = std::iter::once(chunk).chain(chunks).flatten();
            let ended = rest.map(|it| failed(&app.contents, it.id, failure.clone())).collect();
            return record(app, (lease, party), ended, Some(end_state(sealed_any))).await;
        }
        let turn = app.chunks.take_within(party, 1, PACED).await;
        let alone = if careful { app.alone.acquire().await.ok() } else { None };
        let (chunk, aside) =
            if careful { alone::begin(app, lease, chunk).await? } else { (chunk, Vec::new()) };
        let (mut ended, chunk_trouble) = seal_chunk(app, (lease, party), &ready, chunk).await?;
        ended.extend(aside);
        progress |= ended.iter().any(Ended::is_sealed);
        sealed_any |= progress;
        trouble = chunk_trouble;
        let last = chunks.peek().is_none() || trouble.is_some();
        let end = (last && trouble.is_none()).then(|| end_state(sealed_any));
        record(app, (lease, party), ended, end).await?;
        drop((alone, turn));
        if last {
            break;
        }
    }
    match trouble {
        None => tracing::info!(operation = %lease.operation, sealed = sealed_any, "finished"),
        Some(trouble) => {
            postpone(app, (lease, started), Some(&ready), (failures, progress), &trouble).await?;
        }
    }
    Ok(())
}

/// Why nothing more of an operation is sealed: its client service, issuer or credential was stopped
/// meanwhile. Who does that means now, not after a long operation.
async fn stopped(
    app: &App,
    (client_service, credential): (ClientServiceId, CredentialId),
) -> Result<Option<DocumentState>, Error> {
    let (service, issuer) =
        app.reader.standing(client_service).await?.ok_or(Error::NotFound(Thing::ClientService))?;
    let refusal = match (service, issuer) {
        (ClientServiceStatus::Suspended, _) => Refusal::ClientServiceSuspended,
        (_, CompanyStatus::Suspended) => Refusal::IssuerSuspended,
        (ClientServiceStatus::Active, CompanyStatus::Active) => {
            return match credentials::check_status(app, credential).await {
                Err(Error::Refused(refusal)) => {
                    Ok(Some(refused(SigningError::InvalidCertificate, &refusal)))
                }
                checked => checked.map(|()| None),
            };
        }
    };
    Ok(Some(refused(SigningError::Configuration, &refusal)))
}

/// Ends an operation by hand: what is not sealed yet fails. Returns how many documents that are, or
/// `None` when the operation was finished already.
///
/// # Errors
/// [`Error::NotFound`] when there is no such operation.
pub async fn end(app: &App, id: OperationId) -> Result<Option<usize>, Error> {
    let taken = app.store.take_over(id, lease_end(app)).await?;
    let found = app.reader.operation(Scope::Installation, id).await?;
    let operation = found.ok_or(Error::NotFound(Thing::Operation))?;
    let Some(lease) = taken else { return Ok(None) };
    let work = Work::load(app, operation).await?;
    fail_rest(app, lease, &work, &ended_by_operator()).await?;
    Ok(Some(work.documents.len()))
}

/// Why an operation is given up: every try failed, or ended the process before its documents could be
/// tried alone.
fn hopeless(app: &App, work: &Work) -> Option<DocumentState> {
    let most = app.execution.max_attempts;
    if work.failures >= most {
        return Some(DocumentState::Failed {
            error: SigningError::CertificateServiceGlobal,
            reason: "key-unavailable".to_owned(),
            detail: "the key back-end, a time-stamp authority, who tells of certificates or the service failed in \
                     each of the tries; send the document again"
                .to_owned(),
        });
    }
    (work.begun > most).then(engine_fault)
}

/// One chunk: documents whose fate is known now, and why the others have to wait.
async fn seal_chunk(
    app: &App,
    (lease, party): (Lease, ClientServiceId),
    ready: &Arc<ReadyCredential>,
    chunk: Vec<PendingDocument>,
) -> Result<(Vec<Ended>, Option<WaitCause>), Error> {
    let key = ready.key.name().1;
    if app.keyring.is_quarantined(key) || app.reader.is_quarantined(key).await? {
        let trouble = crate::keys::Error::Quarantined(hex(&key[..8]));
        return Ok((Vec::new(), Some(WaitCause::Key(trouble))));
    }
    // What a probe would find out too is not found out by documents, each waiting for its own failure.
    if let Some(words) = app.keyring.proof(&ready.key).rests() {
        let trouble = crate::keys::Error::Resting(words.to_owned());
        return Ok((Vec::new(), Some(WaitCause::Key(trouble))));
    }
    let held = stamping::hold_back(app, party, chunk).await?;
    let (mut ended, mut trouble) = (held.ended, held.waits.map(WaitCause::Timestamp));
    let held = lasting::hold_back(app, (party, ready), held.on).await?;
    ended.extend(held.ended);
    trouble = trouble.or(held.waits);
    if held.on.is_empty() {
        return Ok((ended, trouble));
    }
    let (chunk, missing) = with_contents(app, held.on).await?;
    ended.extend(missing);
    let now = app.now().whole_seconds();
    let prepared = match engine::prepare(app, (party, ready), chunk, now).await? {
        PreparedChunk::All(prepared, more) => {
            ended.extend(more);
            prepared
        }
        PreparedChunk::Stuck(document) => {
            // Its siblings are with a thread that does not come back: another attempt begins with them.
            let ended = failed(&app.contents, document, took_too_long(app.execution.stuck_ms));
            record(app, (lease, party), vec![ended], None).await?;
            return Err(Error::Internal(format!("document {document} took too long").into()));
        }
    };

    let intents: Vec<Intent> = prepared
        .iter()
        .filter(|document| !document.intent_stored)
        .map(|document| intent(ready, document))
        .collect();
    for portion in intents.chunks(RECORDED) {
        let _turn = app.writers.take(party, 1).await;
        app.store.record_intents(lease, lease_end(app), portion, app.now()).await?;
    }

    // What has its value already is not shown to a key again.
    let mut signed = Vec::with_capacity(prepared.len());
    let mut unsigned = Vec::with_capacity(prepared.len());
    for mut document in prepared {
        let id = document.id;
        match document.kept.take() {
            None => unsigned.push(document),
            Some(kept) => match attach_kept(document, kept) {
                Ok(document) => signed.push(document),
                Err(state) => ended.push(failed(&app.contents, id, state)),
            },
        }
    }
    // From here on a key is used, and only for what is stored above.
    let items = unsigned.iter().map(|document| document.prepared.request().clone()).collect();
    let values = if unsigned.is_empty() {
        Vec::new()
    } else {
        app.keyring.sign_for(party, &ready.key, items).await
    };
    if !app.keyring.to_be_quarantined().is_empty() {
        quarantine::share(app).await?;
    }

    for (document, value) in unsigned.into_iter().zip(values) {
        match value {
            Ok(value) => {
                let id = document.id;
                match attach(document, value) {
                    Ok(document) => signed.push(document),
                    Err(state) => ended.push(failed(&app.contents, id, state)),
                }
            }
            Err(error) if error.class() == ErrorClass::Final => {
                tracing::error!(document = %document.id, error = %sources(&error), "the key refuses");
                ended.push(failed(&app.contents, document.id, key_refuses(&error)));
            }
            // A key that fails is told before who is asked after it.
            Err(error) => trouble = trouble.filter(is_of_key).or(Some(WaitCause::Key(error))),
        }
    }
    let stamped = stamping::stamp(app, party, signed).await?;
    ended.extend(stamped.ended);
    trouble = trouble.or(stamped.waits.map(WaitCause::Timestamp));
    let (lasting, plain) = stamped.on.into_iter().partition(|it| it.level > Level::T);
    match engine::finish(app, (party, ready), plain).await? {
        Some(sealed) => ended.extend(sealed),
        None => return Err(Error::Internal("a document could not be finished in time".into())),
    }
    let raised = lasting::raise(app, (lease, party), ready, lasting).await?;
    ended.extend(raised.ended);
    Ok((ended, trouble.or(raised.waits)))
}

const fn is_of_key(trouble: &WaitCause) -> bool {
    matches!(trouble, WaitCause::Key(_))
}

/// The documents of a chunk with their bytes, and those that have none and so have ended.
async fn with_contents(app: &App, chunk: Vec<PendingDocument>) -> Result<Filled, Error> {
    let (mut filled, mut ended) = (Vec::with_capacity(chunk.len()), Vec::new());
    for mut document in chunk {
        let content = match document.content.take() {
            Some(content) => Some(content),
            None => app.contents.original(document.id).await?.map(Arc::new),
        };
        if let Some(content) = content {
            filled.push((document, content));
        } else {
            tracing::error!(document = %document.id, "the bytes of a document are missing");
            ended.push(failed(&app.contents, document.id, content_missing()));
        }
    }
    Ok((filled, ended))
}

type Filled = (Vec<(PendingDocument, Arc<Vec<u8>>)>, Vec<Ended>);

/// Ends an operation whose remaining documents cannot be sealed.
async fn fail_rest(
    app: &App,
    lease: Lease,
    work: &Work,
    failure: &DocumentState,
) -> Result<(), Error> {
    let ended = work
        .documents
        .iter()
        .map(|document| failed(&app.contents, document.id, failure.clone()))
        .collect();
    let end = Some(end_state(work.sealed_before));
    record(app, (lease, work.client_service), ended, end).await
}

/// Writes down how documents ended, as many in a transaction as others should wait for; with the end of the
/// operation its messages are on their way.
async fn record(
    app: &App,
    whose: (Lease, ClientServiceId),
    mut ended: Vec<Ended>,
    end: Option<OperationState>,
) -> Result<(), Error> {
    while ended.len() > RECORDED {
        let later = ended.split_off(RECORDED);
        record_some(app, whose, std::mem::replace(&mut ended, later), None).await?;
    }
    record_some(app, whose, ended, end).await
}

async fn record_some(
    app: &App,
    (lease, party): (Lease, ClientServiceId),
    ended: Vec<Ended>,
    end: Option<OperationState>,
) -> Result<(), Error> {
    let event_ids = event_ids(app, ended.len() + 1)?;
    let (outcomes, contents): (Vec<_>, Vec<_>) =
        ended.into_iter().map(|ended| (ended.outcome, ended.content)).unzip();
    let parcel = ParcelId::from_i64(app.random_id()?);
    let ready = ahead::ready(app, party, parcel, contents).await?;
    let contents = &ready.contents;
    let ending = Ending { outcomes: &outcomes, contents, end, event_ids: &event_ids };
    let turn = app.writers.take(party, 1).await;
    let recorded =
        app.store.record_outcomes(lease, lease_end(app), &ending, app.steady_now()).await;
    drop(turn);
    if let Err(error) = recorded {
        ready.give_up(app).await;
        return Err(error.into());
    }
    if end.is_some() {
        app.outbox_bell.notify_one();
    }
    Ok(())
}

/// Fresh ids for events.
pub(super) fn event_ids(app: &App, count: usize) -> Result<Vec<EventId>, RandomFailed> {
    (0..count).map(|_| Ok(EventId::from_i64(app.random_id()?))).collect()
}

const fn end_state(sealed_any: bool) -> OperationState {
    if sealed_any { OperationState::Executed } else { OperationState::ExecutionFailed }
}

fn lease_end(app: &App) -> Instant {
    app.steady_now().plus_ms(app.execution.lease_ms)
}
