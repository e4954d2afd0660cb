//! App: the house assembled once. Doors, clock, random, limits and the small caches that spare the
//! doors; no rules.

mod alarms;
mod delivery;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use serde::Deserialize;
use thiserror::Error;
use tokio::sync::{Notify, Semaphore, watch};

pub use alarms::AlarmsConfig;

use crate::domain::client_service::ClientService;
use crate::domain::company::Company;
use crate::domain::credential::Credential;
use crate::domain::ids::{ClientServiceId, CredentialId, MAX_ID, OperationId};
use crate::domain::instant::Instant;
use crate::keys::{KeyRef, Keyring};
use crate::outbound::mail::{Account, Mailer};
use crate::outbound::webhook::WebhookSender;
use crate::pki::certificate::Chain;
use crate::pki::envelope::{Kek, MacKey};
use crate::pki::jose::TokenKeys;
use crate::seal::Signer;
use crate::seal::catalogue::Catalogue;
use crate::seal::lint::schema::Schemas;
use crate::store::{Reader, Store};

/// What a request may carry.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Documents in one request.
    pub documents_per_request: usize,
    /// Bytes of one document.
    pub document_bytes: usize,
}

/// How operations are executed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExecutionConfig {
    /// Documents prepared, signed and committed together.
    pub chunk_documents: usize,
    /// Operations executed at once.
    pub executors: usize,
    /// Threads that prepare and finish documents; 0: one per core.
    pub engine_threads: usize,
    /// Milliseconds an operation belongs to a silent process.
    pub lease_ms: i64,
    /// Milliseconds between two looks for unfinished operations.
    pub poll_ms: u64,
    /// Milliseconds before each next try; the last one repeats.
    pub retry_ladder_ms: Vec<i64>,
    /// Tries before an operation ends as failed.
    pub max_attempts: u32,
    /// Milliseconds that stopping waits for work to end.
    pub drain_ms: u64,
}

/// Where seal profiles of the installation's own are.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfilesConfig {
    /// Folder of further `NAME.toml` files; empty for none.
    pub folder: PathBuf,
}

/// What documents are looked at with before they are sealed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LintConfig {
    /// Folder of XML schemas; empty for none.
    pub schemas: PathBuf,
}

/// How messages are delivered.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeliveryConfig {
    /// Name of a ladder of waits for mails, one of [`DeliveryConfig::MAIL_LADDERS`].
    #[serde(deserialize_with = "delivery::mail_ladder")]
    pub mail_ladder: String,
    /// Waits of one's own in milliseconds; empty for the ladder named.
    pub mail_waits_ms: Vec<i64>,
    /// The same for webhooks.
    pub webhook_waits_ms: Vec<i64>,
    /// Messages tried at once.
    pub senders: usize,
    /// Of these, over one mail server or to one endpoint.
    pub senders_per_way: usize,
    /// Milliseconds a message belongs to a silent process.
    pub lease_ms: i64,
    /// Milliseconds between two looks for due messages.
    pub poll_ms: u64,
    /// Milliseconds a way that was found closed rests at first; doubled every time.
    pub rest_ms: i64,
    /// Milliseconds it rests at most.
    pub rest_at_most_ms: i64,
    /// Hours after which a message whose way stays closed is given up.
    pub give_up_hours: i64,
    /// Octets of attached documents above which links take their place.
    pub attachment_limit_bytes: u64,
    /// Days a receiver's link opens.
    pub link_days: i64,
    /// Receivers of one operation, or of one wish to send again.
    pub receivers: usize,
    /// Messages sent again to one receiver of an operation in 24 hours.
    pub resend_per_receiver: u32,
    /// Messages sent again of one operation in 24 hours.
    pub resend_per_operation: u32,
}

/// The key of secrets at rest and of receivers' links.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretsConfig {
    /// File of 32 octets in base64.
    pub key_file: PathBuf,
}

/// How access tokens are made.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenConfig {
    /// Life of a token in seconds.
    pub access_token_seconds: i64,
    /// PKCS#8 PEM of the signing key.
    pub signing_key_file: PathBuf,
    /// PEM files of keys whose tokens are still accepted.
    pub previous_key_files: Vec<PathBuf>,
    /// Milliseconds a client service's status may be remembered.
    pub status_cache_ms: i64,
}

/// The house.
pub struct App {
    /// Database, writing.
    pub store: Store,
    /// Database, reading.
    pub reader: Reader,
    /// Keys.
    pub keyring: Keyring,
    /// Keys that sign access tokens.
    pub token_keys: TokenKeys,
    /// Settings of access tokens.
    pub tokens: TokenConfig,
    /// Issuer of access tokens: the public address.
    pub issuer: String,
    /// The time.
    pub clock: Clock,
    /// Random octets.
    pub random: Random,
    /// Fresh ids.
    pub ids: Ids,
    /// What a request may carry.
    pub limits: Limits,
    /// What an XML document may look like.
    pub seal_limits: crate::seal::Limits,
    /// Named seal profiles.
    pub profiles: Catalogue,
    /// Schemas that documents are validated with.
    pub schemas: Arc<Schemas>,
    /// How operations are executed.
    pub execution: ExecutionConfig,
    /// How messages are delivered.
    pub delivery: DeliveryConfig,
    /// Who is told what is wrong.
    pub alarms: AlarmsConfig,
    /// Seals secrets at rest.
    pub kek: Kek,
    /// Signs receivers' links.
    pub link_key: MacKey,
    /// Sends webhooks.
    pub webhooks: WebhookSender,
    /// Rings when a message may have become due.
    pub outbox_bell: Notify,
    /// The way out for mail.
    pub mail: MailDoor,
    /// Mail servers that refuse everybody.
    pub circuits: Circuits,
    /// Permits to execute operations.
    pub executors: Arc<Semaphore>,
    /// Permits to use a core.
    pub engine: Arc<Semaphore>,
    /// Operations in work in this process.
    pub running: Running,
    /// Credentials, parsed.
    pub credentials: Credentials,
    /// Client services, remembered for a moment.
    pub callers: Callers,
}

/// The parts that the house is built from.
pub struct Parts {
    /// Connected and migrated.
    pub store: Store,
    /// Opened.
    pub keyring: Keyring,
    /// Read from their files.
    pub token_keys: TokenKeys,
    /// Settings.
    pub tokens: TokenConfig,
    /// Public address.
    pub issuer: String,
    /// Settings.
    pub limits: Limits,
    /// Read from their files.
    pub profiles: Catalogue,
    /// Read from their files.
    pub schemas: Schemas,
    /// Settings.
    pub execution: ExecutionConfig,
    /// Settings.
    pub delivery: DeliveryConfig,
    /// Settings.
    pub alarms: AlarmsConfig,
    /// Read from its file.
    pub kek: Kek,
    /// The installation's mail server, if it has one.
    pub mail_account: Option<Account>,
    /// Set up.
    pub webhooks: WebhookSender,
    /// The machine's, but for tests of expiry.
    pub clock: Clock,
}

impl App {
    /// Puts the house together.
    ///
    /// # Errors
    /// [`pki::envelope::Error::Library`](crate::pki::envelope::Error): keys cannot be derived.
    pub fn new(parts: Parts) -> Result<Arc<Self>, crate::pki::envelope::Error> {
        let link_key = parts.kek.derive("receiver links")?;
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        let threads = match parts.execution.engine_threads {
            0 => cores,
            threads => threads,
        };
        Ok(Arc::new(Self {
            reader: parts.store.reader().clone(),
            store: parts.store,
            keyring: parts.keyring,
            token_keys: parts.token_keys,
            tokens: parts.tokens,
            issuer: parts.issuer,
            clock: parts.clock,
            random: Random::System(SystemRandom::new()),
            ids: Ids::default(),
            limits: parts.limits,
            seal_limits: crate::seal::Limits::default(),
            profiles: parts.profiles,
            schemas: Arc::new(parts.schemas),
            executors: Arc::new(Semaphore::new(parts.execution.executors.max(1))),
            engine: Arc::new(Semaphore::new(threads)),
            execution: parts.execution,
            delivery: parts.delivery,
            alarms: parts.alarms,
            kek: parts.kek,
            link_key,
            webhooks: parts.webhooks,
            outbox_bell: Notify::new(),
            mail: MailDoor { mailer: Mailer::new(), account: parts.mail_account },
            circuits: Circuits::default(),
            running: Running::default(),
            credentials: Credentials::default(),
            callers: Callers::default(),
        }))
    }

    /// The present.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// A fresh id, larger than any other of this process.
    #[must_use]
    pub fn next_id(&self) -> i64 {
        // Without random ids are still unique in this process.
        self.ids.next(self.now(), self.random.octets().unwrap_or_default())
    }

    /// A fresh id that tells nothing and meets no other: 63 random bits.
    ///
    /// # Errors
    /// [`RandomFailed`].
    pub fn random_id(&self) -> Result<i64, RandomFailed> {
        Ok(i64::from_be_bytes(self.random.octets()?) & i64::MAX)
    }
}

/// Where time comes from.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// Always this instant: tests of expiry.
    Fixed(Instant),
    /// Milliseconds since 1970 that somebody else moves: tests in which days pass.
    Moved(Arc<AtomicI64>),
}

impl Clock {
    /// The present.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    pub fn now(&self) -> Instant {
        match self {
            Self::System => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                Instant::from_unix_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
            }
            Self::Fixed(instant) => *instant,
            Self::Moved(ms) => Instant::from_unix_ms(ms.load(Ordering::Relaxed)),
        }
    }
}

/// The system could not give random octets.
#[derive(Clone, Copy, Debug, Error)]
#[error("the random source failed")]
pub struct RandomFailed;

/// Where random octets come from.
pub enum Random {
    /// The system's generator.
    System(SystemRandom),
}

impl Random {
    /// Random octets, fit for secrets.
    ///
    /// # Errors
    /// [`RandomFailed`]; nothing may be made from the output then.
    pub fn octets<const N: usize>(&self) -> Result<[u8; N], RandomFailed> {
        let Self::System(random) = self;
        let mut octets = [0; N];
        random.fill(&mut octets).map_err(|_| RandomFailed)?;
        Ok(octets)
    }
}

/// Makes ids: milliseconds since 2025 and eleven random bits below, always rising in one process and
/// always below 2^53. Replicas meet rarely; the primary key decides then, and the caller tries again.
#[derive(Default)]
pub struct Ids {
    last: AtomicI64,
}

impl Ids {
    const EPOCH_MS: i64 = 1_735_689_600_000;

    fn next(&self, now: Instant, random: [u8; 2]) -> i64 {
        let low = i64::from(u16::from_be_bytes(random) & 0x7ff);
        let fresh = ((now.unix_ms() - Self::EPOCH_MS).max(0) << 11) | low;
        let before = self
            .last
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(fresh.max(last + 1)))
            .unwrap_or_default();
        fresh.max(before + 1) & MAX_ID
    }
}

/// The way out for mail.
pub struct MailDoor {
    /// Sends.
    pub mailer: Mailer,
    /// The installation's server.
    pub account: Option<Account>,
}

/// Mail servers (of a client service, or `None` for the installation's) that were found closed for
/// everybody. Kept by this process: after a restart the first message finds out again.
#[derive(Default)]
pub struct Circuits {
    open: Mutex<HashMap<Option<ClientServiceId>, Circuit>>,
}

/// Which mail server was found closed.
#[derive(Clone, Copy, Debug)]
pub struct Closed {
    /// Of a client service, or `None` for the installation's.
    pub account: Option<ClientServiceId>,
    /// Of its settings.
    pub revision: i64,
}

/// A way that was found closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Circuit {
    /// Of this state of the server's settings; another one may be open.
    pub revision: i64,
    /// Since when.
    pub since: Instant,
    /// Before this nobody tries; then one does.
    pub rests_until: Instant,
    /// How often it was found closed in a row.
    pub failures: u32,
    /// What was said.
    pub words: String,
}

impl Circuits {
    /// The circuit of a way, when it is open.
    #[must_use]
    pub fn of(&self, way: Option<ClientServiceId>) -> Option<Circuit> {
        self.lock().get(&way).cloned()
    }

    /// Every open circuit.
    #[must_use]
    pub fn all(&self) -> Vec<(Option<ClientServiceId>, Circuit)> {
        self.lock().iter().map(|(way, circuit)| (*way, circuit.clone())).collect()
    }

    /// Somebody came through.
    pub fn close(&self, way: Option<ClientServiceId>) {
        self.lock().remove(&way);
    }

    /// Nobody comes through; rests for `rest_ms`, doubled for every time in a row up to `most_ms`.
    pub fn found_closed(
        &self,
        Closed { account: way, revision }: Closed,
        now: Instant,
        (rest_ms, most_ms): (i64, i64),
        words: &str,
    ) -> Circuit {
        let mut open = self.lock();
        let fresh = || Circuit {
            revision,
            since: now,
            rests_until: now,
            failures: 0,
            words: String::new(),
        };
        let circuit = open.entry(way).or_insert_with(fresh);
        if circuit.revision != revision {
            *circuit = fresh();
        }
        // Those that were on their way together are one finding.
        if circuit.failures == 0 || now >= circuit.rests_until {
            let doubled = rest_ms.saturating_mul(1_i64 << circuit.failures.min(20));
            circuit.failures = circuit.failures.saturating_add(1);
            circuit.rests_until = now.plus_ms(doubled.min(most_ms));
        }
        words.clone_into(&mut circuit.words);
        circuit.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Option<ClientServiceId>, Circuit>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Operations in work in this process, and a bell for each that rings at its end.
#[derive(Default)]
pub struct Running {
    bells: Mutex<HashMap<OperationId, Bell>>,
}

struct Bell {
    attempt: u32,
    ring: watch::Sender<()>,
}

/// Work on an operation; the bell rings when it is dropped, also by a panic.
pub struct InWork {
    app: Arc<App>,
    operation: OperationId,
    attempt: u32,
}

impl InWork {
    /// Says that an attempt at an operation is in work. A newer attempt takes the bell over, and whoever
    /// waits goes on waiting.
    #[must_use]
    pub fn begin(app: &Arc<App>, operation: OperationId, attempt: u32) -> Self {
        let mut bells = app.running.bells();
        let fresh = || Bell { attempt, ring: watch::channel(()).0 };
        bells.entry(operation).or_insert_with(fresh).attempt = attempt;
        Self { app: Arc::clone(app), operation, attempt }
    }
}

impl Drop for InWork {
    fn drop(&mut self) {
        let mut bells = self.app.running.bells();
        if bells.get(&self.operation).is_some_and(|bell| bell.attempt == self.attempt) {
            bells.remove(&self.operation);
        }
    }
}

impl Running {
    /// A receiver that fails when the operation's work here ends; `None` when it is not in work here.
    pub fn bell(&self, operation: OperationId) -> Option<watch::Receiver<()>> {
        self.bells().get(&operation).map(|bell| bell.ring.subscribe())
    }

    /// How many are in work.
    pub fn count(&self) -> usize {
        self.bells().len()
    }

    fn bells(&self) -> std::sync::MutexGuard<'_, HashMap<OperationId, Bell>> {
        self.bells.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A credential ready for work: chain parsed, its text forms made once.
pub struct ReadyCredential {
    /// As stored.
    pub credential: Credential,
    /// Parsed chain.
    pub chain: Arc<Chain>,
    /// Names the key in its back-end.
    pub key: KeyRef,
    /// What the engines need from the chain, made once.
    pub signer: Signer,
}

/// Parsed credentials. A credential's chain never changes, so an entry is good for ever; only its
/// status does, which is why it is asked for separately.
#[derive(Default)]
pub struct Credentials {
    ready: RwLock<HashMap<CredentialId, Arc<ReadyCredential>>>,
}

impl Credentials {
    /// The credential if it is here; whether it may be used is not known here.
    pub fn known(&self, id: CredentialId) -> Option<Arc<ReadyCredential>> {
        self.ready.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    /// Remembers a credential.
    pub fn remember(&self, ready: &Arc<ReadyCredential>) {
        let mut entries = self.ready.write().unwrap_or_else(PoisonError::into_inner);
        entries.insert(ready.credential.id, Arc::clone(ready));
    }
}

/// A client service with its issuer, as an authenticated caller.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The client service.
    pub client_service: ClientService,
    /// Its issuer.
    pub issuer: Company,
}

/// Callers remembered for a moment, so that not every request asks the database. Suspension takes
/// effect when the moment is over.
#[derive(Default)]
pub struct Callers {
    by_alias: RwLock<HashMap<String, (Instant, Arc<Caller>)>>,
}

impl Callers {
    const MOST: usize = 10_000;

    /// The caller, if it was seen not longer ago than `age_ms`.
    pub fn recent(&self, alias: &str, now: Instant, age_ms: i64) -> Option<Arc<Caller>> {
        let entries = self.by_alias.read().unwrap_or_else(PoisonError::into_inner);
        let (seen, caller) = entries.get(alias)?;
        (now.unix_ms().abs_diff(seen.unix_ms()) <= age_ms.unsigned_abs())
            .then(|| Arc::clone(caller))
    }

    /// Remembers a caller as read from the database at `now`.
    pub fn remember(&self, caller: &Arc<Caller>, now: Instant) {
        let mut entries = self.by_alias.write().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= Self::MOST {
            entries.clear();
        }
        let alias = caller.client_service.alias.as_str().to_owned();
        entries.insert(alias, (now, Arc::clone(caller)));
    }
}
