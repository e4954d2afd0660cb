//! Documents on threads of the engine, as many at once as there are cores, none for long, and none for
//! ever.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::task::JoinHandle;

use super::Error;
use super::checking::OwnCheck;
use super::document::{
    self, AskedLint, Ended, LastingDocument, LastingSeal, PreparedDocument, SignedDocument,
    UnwrittenOutcome, engine_fault, failed, level_unreachable, prepare_one, withheld,
};
use super::work::PendingDocument;
use crate::app::{App, ReadyCredential, patience, priority};
use crate::contents::Contents;
use crate::domain::alarm::Alarm;
use crate::domain::document::DocumentState;
use crate::domain::ids::{ClientServiceId, DocumentId};
use crate::domain::instant::Instant;
use crate::domain::level::Level;
use crate::domain::preservation::RenewalTimes;
use crate::domain::profile::DigestAlgorithm;
use crate::domain::sources::sources;
use crate::pki::digest::Digest;
use crate::pki::timestamp::TimestampToken;
use crate::pki::validation_data::CollectedData;
use crate::seal::long_term::{self, ArchivePlan, LongTermFault, LongTermSettings, WhichSeals};
use crate::seal::{Limits, Profile, Sealed};
use crate::verify::OwnSealFault;

/// After so much processor time a thread of the engine goes to the next one who waits for it, as soon as the
/// document in work is done.
const TURN: Duration = Duration::from_millis(3);

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

/// What became of a seal that is to be raised.
pub(super) enum RaisedDocument {
    /// It has its level, or never will.
    Ended(Box<Ended>),
    /// It has level LT and waits for its archive timestamp.
    Archiving(Box<ArchivingDocument>),
    /// What was collected does not suffice for it, so that it ended, unless that ran out meanwhile.
    Lacking(Box<Ended>),
}

/// A document that lacks its archive timestamp.
pub(super) struct ArchivingDocument {
    rest: UnwrittenOutcome,
    plan: ArchivePlan,
    imprints: Vec<(DigestAlgorithm, Digest)>,
    /// Octets that a token may have, where the gap is fixed.
    pub(super) room: Option<usize>,
    seal: LastingSeal,
}

impl ArchivingDocument {
    /// Which it is.
    pub(super) const fn id(&self) -> DocumentId {
        self.rest.id
    }

    /// What the timestamp has to be over.
    pub(super) fn imprint(&self, digest: DigestAlgorithm) -> Digest {
        let known = self.imprints.iter().find(|(known, _)| *known == digest);
        known.map_or_else(|| self.plan.imprint(digest), |(_, imprint)| imprint.clone())
    }
}

/// What seals are raised with.
#[derive(Clone)]
pub(super) struct RaisingWith {
    pub(super) data: Arc<CollectedData>,
    /// When the data are held to be good.
    pub(super) at: Instant,
    /// What may make the imprints of archive timestamps.
    pub(super) digests: Vec<DigestAlgorithm>,
}

/// Writes seals with their timestamps, adds the validation data, and has a look at each that needs no more; one after
/// the other. `None` when one of them took too long.
pub(super) async fn raise(
    app: &App,
    (party, ready): (ClientServiceId, &ReadyCredential),
    signed: Vec<SignedDocument>,
    with: RaisingWith,
) -> Result<Option<Vec<RaisedDocument>>, Error> {
    let contents = app.contents.clone();
    let (limits, document_ms) = (app.seal_limits.clone(), app.execution.document_ms);
    let (check, room) = (OwnCheck::of(app), app.authorities.room_bytes);
    let each = move |document: SignedDocument| {
        let id = document.id;
        let limits = limits.with_patience(patience::of_document(document_ms));
        let work = || {
            let document = document::half_finished(&contents, document)?;
            raise_one(&contents, document, (&with, room), (&check, &limits))
        };
        guarded(id, || work().unwrap_or_else(RaisedDocument::Ended))
            .unwrap_or_else(|state| RaisedDocument::Ended(Box::new(failed(&contents, id, state))))
    };
    let raised = in_turns(app, party, signed, each).await?.ok();
    let ended = raised.iter().flatten().filter_map(|document| match document {
        RaisedDocument::Ended(ended) => Some(&**ended),
        RaisedDocument::Archiving(_) | RaisedDocument::Lacking(_) => None,
    });
    tell_of_withheld(app, ready, ended);
    Ok(raised)
}

/// A document that cannot have its level fails, and is withheld when that is because its seal is not right.
fn raise_one(
    contents: &Contents,
    document: LastingDocument,
    (with, room): (&RaisingWith, usize),
    (check, limits): (&OwnCheck, &Limits),
) -> Result<RaisedDocument, Box<Ended>> {
    let LastingDocument { rest, bytes, signature, seal } = document;
    let before = check.copied(&bytes);
    let settings = LongTermSettings {
        trust: &check.trust,
        at: with.at,
        limits,
        content: seal.beside.as_deref(),
    };
    // Ours alone, whatever stands beside it.
    let ours = WhichSeals::WithValue(seal.facts.value().to_vec());
    let data = CollectedData::clone(&with.data);
    let raised = match long_term::raise_of(bytes, data, &settings, &ours) {
        Ok(raised) => raised,
        Err(fault) => {
            let made = seal.made(&rest, signature);
            if let Some(Err(fault)) = before.map(|before| check.made(&before, &made)) {
                return Err(Box::new(withheld(contents, rest.id, fault)));
            }
            let ended = Box::new(not_raised(contents, &rest, &fault));
            return match fault {
                LongTermFault::Insufficient { .. } => Ok(RaisedDocument::Lacking(ended)),
                _ => Err(ended),
            };
        }
    };
    if rest.level <= Level::Lt {
        let checked = check.raised(&raised.bytes, &seal.raised(&rest, &check.trust, with.at));
        checked.map_err(|fault| Box::new(withheld(contents, rest.id, fault)))?;
        return Ok(RaisedDocument::Ended(Box::new(rest.sealed(contents, raised.bytes))));
    }
    let plan = raised.archive_of(room, limits, seal.beside.as_deref(), &ours);
    let plan = plan.map_err(|fault| Box::new(not_raised(contents, &rest, &fault)))?;
    let imprints = with.digests.iter().map(|digest| (*digest, plan.imprint(*digest))).collect();
    let room = rest.is_pdf().then_some(room);
    Ok(RaisedDocument::Archiving(Box::new(ArchivingDocument { rest, plan, imprints, room, seal })))
}

fn not_raised(contents: &Contents, rest: &UnwrittenOutcome, fault: &LongTermFault) -> Ended {
    tracing::warn!(document = %rest.id, error = %sources(fault), "a seal cannot be raised");
    failed(contents, rest.id, level_unreachable(rest.level, fault))
}

/// Puts archive timestamps into documents and has a look at each before it is released, one after the other: how each
/// ended, or why its timestamp is not taken. `None` when one of them took too long.
pub(super) async fn archive(
    app: &App,
    (party, ready): (ClientServiceId, &ReadyCredential),
    documents: Vec<(ArchivingDocument, TimestampToken)>,
) -> Result<Option<Vec<Result<Ended, (DocumentId, String)>>>, Error> {
    let (contents, check, now) = (app.contents.clone(), OwnCheck::of(app), app.now());
    let (limits, document_ms) = (app.seal_limits.clone(), app.execution.document_ms);
    let (calendar, days) = (Arc::clone(&app.calendar), app.preservation.renew_days);
    let each = move |(document, token): (ArchivingDocument, TimestampToken)| {
        let ArchivingDocument { rest, plan, seal, .. } = document;
        let id = rest.id;
        let limits = limits.with_patience(patience::of_document(document_ms));
        let work = || {
            let raised = plan.attach(&token, &check.trust, &limits);
            let bytes = raised.map_err(|fault| (id, fault.to_string()))?.bytes;
            if let Err(fault) = check.raised(&bytes, &seal.raised(&rest, &check.trust, now)) {
                return Ok(withheld(&contents, id, fault));
            }
            let mut ended = rest.sealed(&contents, bytes);
            let (made, ends) = (token.info().gen_time, calendar.timestamp(&token).until);
            ended.outcome.archive = Some(RenewalTimes::new(made, ends, days));
            Ok(ended)
        };
        guarded(id, work).unwrap_or_else(|state| Ok(failed(&contents, id, state)))
    };
    let archived = in_turns(app, party, documents, each).await?.ok();
    tell_of_withheld(app, ready, archived.iter().flatten().flatten());
    Ok(archived)
}

/// Writes sealed documents, one after the other, and has a look at each before it is released. `None` when one
/// of them took too long.
pub(super) async fn finish(
    app: &App,
    (party, ready): (ClientServiceId, &ReadyCredential),
    signed: Vec<SignedDocument>,
) -> Result<Option<Vec<Ended>>, Error> {
    let contents = app.contents.clone();
    let check = OwnCheck::of(app);
    let each = move |document: SignedDocument| {
        let id = document.id;
        let check = |sealed: &Sealed, profile: &Profile| check.sealed(sealed, profile);
        guarded(id, || document::finish(&contents, document, check))
            .unwrap_or_else(|state| failed(&contents, id, state))
    };
    let ended = in_turns(app, party, signed, each).await?.ok();
    tell_of_withheld(app, ready, ended.iter().flatten());
    Ok(ended)
}

fn tell_of_withheld<'e>(
    app: &App,
    ready: &ReadyCredential,
    ended: impl Iterator<Item = &'e Ended>,
) {
    for fault in ended.filter_map(|ended| ended.withheld.as_ref()) {
        tell_withheld(app, &ready.credential.alias, fault);
    }
}

/// Has operators told that seals of a credential are withheld.
pub(super) fn tell_withheld(app: &App, alias: &str, fault: &OwnSealFault) {
    let (alias, now) = (alias.to_owned(), app.now());
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
