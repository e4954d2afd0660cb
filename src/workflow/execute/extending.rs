//! Extends the preservation of another operation's documents (EXTEND_PRESERVATION): they are kept for longer, and their seals
//! are raised to a level, or get another archive timestamp when the last one's renewal is due. What is done of it is
//! recorded document by document; after a crash the rest is done.

use std::sync::Arc;

use super::checking::OwnCheck;
use super::engine::tell_withheld;
use super::postpone::{WaitCause, postpone, wait_for_clock};
use super::{lease_end, record};
use crate::app::{App, patience, priority};
use crate::domain::document::{Document, DocumentState, SealSettings};
use crate::domain::ids::{ClientServiceId, CredentialId, DocumentId, ParcelId};
use crate::domain::instant::Instant;
use crate::domain::level::Level;
use crate::domain::operation::{Extension, Operation, OperationState};
use crate::domain::preservation::RenewalTimes;
use crate::domain::profile::DigestAlgorithm;
use crate::domain::sources::sources;
use crate::pki::digest::sha256;
use crate::pki::timestamp::TimestampToken;
use crate::pki::validation_data::{CollectedData, LackingData};
use crate::seal::long_term::{
    self, ArchivePlan, LongTermFault, LongTermSettings, Raised, WhichSeals,
};
use crate::seal::{Limits, Profile};
use crate::store::documents::Intent;
use crate::store::leases::Lease;
use crate::store::preservation::{ExtendedDocument, PreservedDocument};
use crate::verify::KeptSeal;
use crate::workflow::timestamps::Stamping;
use crate::workflow::validation_data::{NoData, collect};
use crate::workflow::{Error, ahead, clock, timestamps};

/// Documents whose custody is extended in one transaction.
const PORTION: usize = 25;

/// Certificates of one document that are asked about, one after the other.
const ROUNDS: usize = 200;

/// Tries in which a seal waits for who tells of those beside it, whose authorities may be gone for good.
const PATIENT: u32 = 3;

/// What became of a document.
enum Fate {
    Extended,
    /// Nothing was to be done, or nothing can be.
    Left,
    /// Somebody did not answer.
    Waits(WaitCause),
}

/// Does what is left to do of an operation.
pub(super) async fn run(
    app: &App,
    lease: Lease,
    operation: &Operation,
    extension: Extension,
) -> Result<(), Error> {
    let party = operation.client_service;
    if operation.failures >= app.execution.max_attempts {
        let end = Some(OperationState::ExecutionFailed);
        return record(app, (lease, party), Vec::new(), end).await;
    }
    if let Some(gap_ms) = clock::too_far_apart(app).await? {
        return wait_for_clock(app, lease, operation.failures, gap_ms).await;
    }
    let started = std::time::Instant::now();
    let documents = app.reader.documents(extension.of).await?;
    let sealed: Vec<(Document, SealSettings)> = documents
        .into_iter()
        .filter(|(document, _)| matches!(document.state, DocumentState::Sealed { .. }))
        .collect();
    keep_longer(app, lease, operation, (extension, &sealed)).await?;
    let (mut progress, mut waits) = (false, None);
    if let Some(level) = extension.to {
        let stamping = timestamps::stamping(app, party).await?;
        let intents = app.reader.intents(extension.of).await?;
        let credential = operation.credential;
        let patient = operation.attempts <= PATIENT;
        let extending = Extending { app, lease, party, level, stamping, credential, patient };
        for (document, settings) in &sealed {
            let intent = intents.iter().find(|intent| intent.document == document.id);
            match extending.extend(document, settings, intent).await? {
                Fate::Extended => progress = true,
                Fate::Left => {}
                Fate::Waits(cause) => waits = waits.or(Some(cause)),
            }
        }
    }
    match waits {
        None => {
            tracing::info!(operation = %lease.operation, of = %extension.of, "extended");
            record(app, (lease, party), Vec::new(), Some(OperationState::Executed)).await
        }
        Some(cause) => {
            let tries = (operation.failures, progress);
            postpone(app, (lease, started), None, tries, &cause).await
        }
    }
}

/// Extends the custody of documents, some in a transaction.
async fn keep_longer(
    app: &App,
    lease: Lease,
    operation: &Operation,
    (extension, sealed): (Extension, &[(Document, SealSettings)]),
) -> Result<(), Error> {
    let months = operation.custody.months;
    for portion in sealed.chunks(PORTION) {
        let ids: Vec<DocumentId> = portion.iter().map(|(document, _)| document.id).collect();
        let Some(received) = portion.first().map(|(document, _)| document.received) else { break };
        let custody = (extension.of, months, received.plus_months(months));
        let _turn = app.writers.take(operation.client_service, 1).await;
        app.store.extend_custody(lease, lease_end(app), custody, &ids).await?;
    }
    Ok(())
}

/// What all documents of an operation are extended with.
struct Extending<'a> {
    app: &'a App,
    lease: Lease,
    party: ClientServiceId,
    level: Level,
    stamping: Stamping<'a>,
    /// What the documents were sealed with.
    credential: CredentialId,
    /// Whether seals wait for who does not answer about those beside them.
    patient: bool,
}

/// A document on its way.
struct OnTheWay {
    bytes: Vec<u8>,
    /// What its seal signs beside it.
    content: Option<Arc<Vec<u8>>>,
    /// Of its archive timestamps, of that which is to be renewed first.
    archive: Option<RenewalTimes>,
    /// Why seals beside ours stay as they are.
    left: Vec<String>,
    /// Who did not answer about one of them.
    silent: Option<WaitCause>,
}

/// Why a document gets no further.
enum Stop {
    Waits(WaitCause),
    /// It stays as it is, for this reason.
    Never(String),
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<LongTermFault> for Stop {
    fn from(fault: LongTermFault) -> Self {
        Self::Never(sources(&fault))
    }
}

impl Extending<'_> {
    async fn extend(
        &self,
        document: &Document,
        settings: &SealSettings,
        intent: Option<&Intent>,
    ) -> Result<Fate, Error> {
        let Some(preserved) = self.app.reader.preserved(document.id).await? else {
            return Ok(Fate::Left);
        };
        if !self.is_due(&preserved, settings) {
            return Ok(Fate::Left);
        }
        match self.raised(&preserved, settings, intent).await {
            Ok(raised) => {
                self.write(&preserved, settings, raised).await?;
                Ok(Fate::Extended)
            }
            Err(Stop::Waits(cause)) => Ok(Fate::Waits(cause)),
            Err(Stop::Failed(error)) => Err(error),
            Err(Stop::Never(words)) => {
                tracing::warn!(document = %document.id, reason = %words, "a seal stays as it is");
                let note = format!("the seal was not raised to level {}: {words}", self.level);
                let mut noted = settings.clone();
                if !noted.notes.contains(&note) {
                    noted.notes.push(note);
                    let until = lease_end(self.app);
                    self.app.store.note_unextended(self.lease, until, document.id, &noted).await?;
                }
                Ok(Fate::Left)
            }
        }
    }

    /// Whether a seal is below the level, or its archive timestamp is to be renewed.
    fn is_due(&self, preserved: &PreservedDocument, settings: &SealSettings) -> bool {
        let renewed = || preserved.archive.is_some_and(|times| times.due > self.app.now());
        settings.level < self.level || (self.level == Level::Lta && !renewed())
    }

    /// The document with its seals at their level. Those beside ours that cannot have it stay as they are.
    async fn raised(
        &self,
        preserved: &PreservedDocument,
        settings: &SealSettings,
        intent: Option<&Intent>,
    ) -> Result<OnTheWay, Stop> {
        let id = preserved.document;
        let gone = || Stop::Never("its bytes are no longer kept".to_owned());
        let stored = |error: crate::store::Error| Stop::Failed(error.into());
        let bytes = self.app.contents.sealed(id).await.map_err(stored)?.ok_or_else(gone)?;
        if sha256(&bytes) != preserved.sha256 {
            return Err(Stop::Never("its bytes are not those that were sealed".to_owned()));
        }
        let content = if settings.seal.is_detached() {
            let original = self.app.contents.original(id).await.map_err(stored)?;
            Some(Arc::new(original.ok_or_else(gone)?))
        } else {
            None
        };
        let mut way = OnTheWay { bytes, content, archive: None, left: Vec::new(), silent: None };
        let (profile, level) = (settings.seal.clone(), self.level);
        let all = self.calculated(&way, move |bytes, settings| {
            raised_of(&profile, &bytes, level, settings.limits)
        });
        let all = all.await??;
        for which in &all {
            let before = way.bytes.clone();
            match self.raise(&mut way, which).await {
                Ok(()) => {}
                Err(Stop::Never(words)) if all.len() > 1 && intent.is_some() => {
                    way.bytes = before;
                    way.left.push(words);
                }
                Err(Stop::Waits(cause)) if all.len() > 1 && intent.is_some() && !self.patient => {
                    way.bytes = before;
                    way.left.push(cause.words());
                    way.silent = Some(cause);
                }
                Err(stop) => return Err(stop),
            }
        }
        if let Some(intent) = intent {
            self.check(&mut way, settings, intent).await?;
        }
        Ok(way)
    }

    /// Has a look at our seal before the file takes the place of the one that was.
    async fn check(
        &self,
        way: &mut OnTheWay,
        settings: &SealSettings,
        intent: &Intent,
    ) -> Result<(), Stop> {
        let check = OwnCheck::of(self.app);
        if !check.is_on() && way.left.is_empty() {
            return Ok(());
        }
        let (profile, level) = (settings.seal.clone(), self.level);
        let (certificate, at) = (intent.certificate_sha256, intent.signing_time);
        let checked = self.calculated(way, move |bytes, settings| {
            let LongTermSettings { trust, at: now, content: beside, .. } = *settings;
            let profile = &profile;
            let kept = KeptSeal { profile, beside, certificate, at, level, trust, now };
            check.kept(&bytes, &kept)
        });
        let Err(fault) = checked.await? else { return Ok(()) };
        // It is one of those that could not be raised.
        if let Some(cause) = way.silent.take() {
            return Err(Stop::Waits(cause));
        }
        if let Some(words) = way.left.first() {
            return Err(Stop::Never(words.clone()));
        }
        if let Some(credential) =
            self.app.reader.credential(self.credential).await.map_err(Error::from)?
        {
            tell_withheld(self.app, &credential.alias, &fault);
        }
        tracing::error!(fault = %fault, "a raised seal is withheld");
        Err(Stop::Never(format!("it does not verify then: {fault}")))
    }

    /// Raises seals of a document.
    async fn raise(&self, way: &mut OnTheWay, which: &WhichSeals) -> Result<(), Stop> {
        let room = self.app.authorities.room_bytes;
        let bytes = if let Some(raised) = self.with_data(way, which).await? {
            raised.bytes
        } else {
            let these = which.clone();
            let plan = self.calculated(way, move |bytes, settings| {
                long_term::stamp_of(bytes, room, settings.limits, settings.content, &these)
            });
            let (stamped, _) = self.stamped(way, plan.await??).await?;
            way.bytes = stamped.bytes;
            let raised = self.with_data(way, which).await?;
            raised.ok_or_else(|| Stop::Never("its timestamp does not hold".to_owned()))?.bytes
        };
        way.bytes = bytes;
        if self.level == Level::Lta {
            let raised = Raised { bytes: way.bytes.clone(), ..raised_frame(Level::Lt) };
            let these = which.clone();
            let plan = self.calculated(way, move |_, settings| {
                raised.archive_of(room, settings.limits, settings.content, &these)
            });
            let (raised, token) = self.stamped(way, plan.await??).await?;
            self.still_lasts(way, which, token.info().gen_time).await?;
            let (made, ends) = (token.info().gen_time, self.app.calendar.timestamp(&token).until);
            way.bytes = raised.bytes;
            let times = RenewalTimes::new(made, ends, self.app.preservation.renew_days);
            way.archive = way.archive.into_iter().chain([times]).min_by_key(|times| times.due);
        }
        Ok(())
    }

    /// Demands that what the document has is good at the time of its archive timestamp, too: what ran out before does not
    /// last. Nobody failed then, and it is asked for anew at the next try.
    async fn still_lasts(
        &self,
        way: &OnTheWay,
        which: &WhichSeals,
        at: Instant,
    ) -> Result<(), Stop> {
        let these = which.clone();
        let again = self.calculated(way, move |bytes, settings| {
            let settings = LongTermSettings { at, ..*settings };
            long_term::raise_of(bytes, CollectedData::default(), &settings, &these)
        });
        match again.await? {
            Ok(_) => Ok(()),
            Err(fault @ LongTermFault::Insufficient { .. }) => {
                Err(Stop::Waits(WaitCause::ValidationData(NoData::run_out(&fault))))
            }
            Err(fault) => Err(fault.into()),
        }
    }

    /// The document at level LT, none where a timestamp is missing: what is lacking is asked for, certificate by
    /// certificate.
    async fn with_data(&self, way: &OnTheWay, which: &WhichSeals) -> Result<Option<Raised>, Stop> {
        let mut data = CollectedData::default();
        let mut asked = std::collections::HashSet::new();
        for _ in 0..ROUNDS {
            let (known, these) = (data.clone(), which.clone());
            let raised = self.calculated(way, move |bytes, settings| {
                long_term::raise_of(bytes, known, settings, &these)
            });
            let fault = match raised.await? {
                Ok(raised) => return Ok(Some(raised)),
                Err(LongTermFault::NoTimestamp { .. }) => return Ok(None),
                Err(fault) => fault,
            };
            let lacking = fault.lacking();
            let certificate = lacking.and_then(LackingData::certificate);
            let (Some(certificate), Some(lacking)) = (certificate, lacking) else {
                return Err(fault.into());
            };
            if !asked.insert(certificate.fingerprint()) {
                return Err(fault.into());
            }
            let others = lacking.others();
            let party = Some(self.party);
            match collect(self.app, party, std::slice::from_ref(&certificate), &others).await? {
                Ok(more) => data.add_all(more).map_err(Error::internal)?,
                Err(none) if none.revoked => return Err(Stop::Never(none.words)),
                Err(none) => return Err(Stop::Waits(WaitCause::ValidationData(none))),
            }
        }
        Err(Stop::Never("it takes too many certificates".to_owned()))
    }

    /// A plan with its token.
    async fn stamped(
        &self,
        way: &OnTheWay,
        plan: ArchivePlan,
    ) -> Result<(Raised, TimestampToken), Stop> {
        let imprints: Vec<_> = self
            .stamping
            .digests()
            .into_iter()
            .map(|digest| (digest, plan.imprint(digest)))
            .collect();
        let imprint = |digest: DigestAlgorithm| {
            let known = imprints.iter().find(|(of, _)| *of == digest);
            known.map_or_else(
                || crate::pki::digest::Digest::of(digest, &[]),
                |(_, imprint)| imprint.clone(),
            )
        };
        let room = Some(self.app.authorities.room_bytes);
        let token = self.stamping.token(self.app, &imprint, room).await;
        let token = token.map_err(|none| Stop::Waits(WaitCause::Timestamp(none)))?;
        let attached = self.thought(way, move |settings| {
            let raised = plan.attach(&token, settings.trust, settings.limits)?;
            Ok::<_, LongTermFault>((raised, token))
        });
        Ok(attached.await??)
    }

    /// Calculates with the bytes of a document on a thread of the engine, in a turn of the client service.
    async fn calculated<T: Send + 'static>(
        &self,
        way: &OnTheWay,
        work: impl FnOnce(Vec<u8>, &LongTermSettings<'_>) -> T + Send + 'static,
    ) -> Result<T, Stop> {
        let bytes = way.bytes.clone();
        self.thought(way, move |settings| work(bytes, settings)).await
    }

    /// The same, without the bytes.
    async fn thought<T: Send + 'static>(
        &self,
        way: &OnTheWay,
        work: impl FnOnce(&LongTermSettings<'_>) -> T + Send + 'static,
    ) -> Result<T, Stop> {
        let turn = self.app.engine.take(self.party, 1).await.ok();
        let content = way.content.clone();
        let (trust, at) = (self.app.evidence.trust.clone(), self.app.now());
        let document_ms = self.app.execution.document_ms;
        let limits = self.app.seal_limits.clone();
        let thread = tokio::task::spawn_blocking(move || {
            priority::lower();
            let limits = limits.with_patience(patience::of_document(document_ms));
            let content = content.as_deref().map(Vec::as_slice);
            let done = work(&LongTermSettings { trust: &trust, at, limits: &limits, content });
            drop(turn);
            done
        });
        thread.await.map_err(|error| Stop::Failed(Error::internal(error)))
    }

    async fn write(
        &self,
        preserved: &PreservedDocument,
        settings: &SealSettings,
        way: OnTheWay,
    ) -> Result<(), Error> {
        let mut settings = settings.clone();
        settings.level = self.level;
        for words in &way.left {
            let note = format!("a seal beside it was not raised to level {}: {words}", self.level);
            if !settings.notes.contains(&note) {
                settings.notes.push(note);
            }
        }
        let extended = ExtendedDocument {
            document: preserved.document,
            was: preserved.sha256,
            sha256: sha256(&way.bytes),
            length: u64::try_from(way.bytes.len()).unwrap_or(u64::MAX),
            settings,
            archive: way.archive,
        };
        let content = self.app.contents.replace(preserved.document, Arc::new(way.bytes));
        let parcel = ParcelId::from_i64(self.app.random_id()?);
        let ready = ahead::ready(self.app, self.party, parcel, vec![content]).await?;
        let Some(content) = ready.contents.first() else { return Ok(()) };
        let turn = self.app.writers.take(self.party, 1).await;
        let (until, now) = (lease_end(self.app), self.app.steady_now());
        let recorded =
            self.app.store.record_extended(self.lease, until, &extended, content, now).await;
        drop(turn);
        if let Err(error) = recorded {
            ready.give_up(self.app).await;
            return Err(error.into());
        }
        Ok(())
    }
}

/// A document of a level, without its bytes.
/// Which seals of a document are raised: ours alone in a container of others, and over one of another, who may have that
/// raised himself; else all of them.
fn raised_of(
    profile: &Profile,
    document: &[u8],
    level: Level,
    limits: &Limits,
) -> Result<Vec<WhichSeals>, LongTermFault> {
    if profile.is_beside_in_container() || profile.is_countersignature() {
        let mut seals = long_term::seals(document, limits)?;
        seals.retain(|seal| seal.is_countersignature == profile.is_countersignature());
        let is_known = profile.is_beside_in_container() || seals.len() == 1;
        if let Some(ours) = seals.pop().filter(|_| is_known) {
            return Ok(vec![WhichSeals::WithValue(ours.value)]);
        }
    }
    long_term::in_turn(document, level, limits)
}

const fn raised_frame(level: Level) -> Raised {
    Raised { bytes: Vec::new(), level, changed: false, notes: Vec::new() }
}
