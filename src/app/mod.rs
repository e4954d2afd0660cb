//! App: the house assembled once. Doors, clock, random, limits and the small caches that spare the
//! doors; no rules.

mod alarms;
mod authorities;
mod availability;
mod caches;
mod circuits;
mod clock;
mod delivery;
mod evidence;
mod excesses;
mod fair;
pub mod logins;
pub mod patience;
mod people;
pub mod priority;
mod running;
mod settings;
mod steady;
mod stopping;
mod trusted_lists;

use std::sync::Arc;

use tokio::sync::{Notify, Semaphore};

pub use self::alarms::AlarmsConfig;
pub use self::authorities::{Asking, TimeAuthorities, TimeAuthority};
pub use self::availability::{Availability, Away};
pub use self::caches::{Caller, Client, Clients, Credentials, ReadyCredential};
pub use self::circuits::{Circuit, Circuits, Closed};
pub use self::clock::{Clock, Ids, Random, RandomFailed};
pub use self::evidence::{
    Evidence, EvidenceQuestion, EvidenceSource, EvidenceSources, NamedPlaces,
};
pub use self::excesses::{Excess, Excesses};
pub use self::fair::{Crowded, Fair, Party, Rules, Share};
pub use self::logins::{Failed, Logins};
pub use self::people::{PeopleConfig, PeopleDoor};
pub use self::running::{InWork, Running, TakenUp};
pub use self::settings::{
    AlgorithmsConfig, BulkConfig, DeliveryConfig, ExecutionConfig, Limits, LintConfig,
    PreservationConfig, ProfilesConfig, SecretsConfig, TokenConfig, VerificationConfig,
};
pub use self::steady::Steady;
pub use self::stopping::Stopping;
pub use self::trusted_lists::{HeldLists, TrustedLists};
use crate::contents::Contents;
use crate::domain::effective::EffectiveSettings;
use crate::domain::ids::{ClientServiceId, ProcessId};
use crate::domain::instant::Instant;
use crate::keys::Keyring;
use crate::outbound::mail::{Account, Mailer};
use crate::outbound::webhook::WebhookSender;
use crate::pki::calendar::Calendar;
use crate::pki::certificate::Certificate;
use crate::pki::envelope::{Kek, MacKey};
use crate::pki::jose::TokenKeys;
use crate::pki::path::TrustAnchor;
use crate::seal::catalogue::Catalogue;
use crate::seal::lint::schema::Schemas;
use crate::store::{Reader, Reports, Store};

/// The house.
pub struct App {
    /// Database, writing.
    pub store: Store,
    /// Database, reading what is committed.
    pub reader: Reader,
    /// Database, reading what may be some seconds old.
    pub reports: Reports,
    /// Bytes of documents.
    pub contents: Contents,
    /// Keys.
    pub keyring: Keyring,
    /// Keys that sign access tokens.
    pub token_keys: TokenKeys,
    /// Whether the service is for programs on this machine alone, so that what is for tests is no fault.
    pub is_for_this_machine: bool,
    /// Settings of access tokens.
    pub tokens: TokenConfig,
    /// Issuer of access tokens: the public address.
    pub issuer: String,
    /// The settings that are in effect, for people.
    pub settings: Arc<EffectiveSettings>,
    /// Since when this process runs.
    pub started: Instant,
    /// The time.
    pub clock: Clock,
    /// The time of leases and waits.
    pub steady: Steady,
    /// Random octets.
    pub random: Random,
    /// Fresh ids.
    pub ids: Ids,
    /// This run of the service.
    pub process: ProcessId,
    /// What a request may carry.
    pub limits: Limits,
    /// What an XML document may look like.
    pub seal_limits: crate::seal::Limits,
    /// Until when algorithms and keys are accepted.
    pub calendar: Arc<Calendar>,
    /// Named seal profiles.
    pub profiles: Catalogue,
    /// Schemas that documents are validated with.
    pub schemas: Arc<Schemas>,
    /// What signatures are verified against.
    pub trust: TrustedCertificates,
    /// Trusted lists, where any are used.
    pub trusted_lists: Option<TrustedLists>,
    /// How operations are executed.
    pub execution: ExecutionConfig,
    /// How messages are delivered.
    pub delivery: DeliveryConfig,
    /// What is done to many operations at once.
    pub bulk: BulkConfig,
    /// How preserved documents are looked after.
    pub preservation: PreservationConfig,
    /// Who is told what is wrong.
    pub alarms: AlarmsConfig,
    /// Seals secrets at rest.
    pub kek: Kek,
    /// Signs receivers' links.
    pub link_key: MacKey,
    /// Sends webhooks.
    pub webhooks: WebhookSender,
    /// Time-stamp authorities.
    pub authorities: TimeAuthorities,
    /// Where it is asked whether certificates were revoked.
    pub evidence: EvidenceSources,
    /// Rings when a message may have become due.
    pub outbox_bell: Notify,
    /// The way out for mail.
    pub mail: MailDoor,
    /// Mail servers that refuse everybody.
    pub circuits: Circuits,
    /// Log-ins that failed lately.
    pub logins: Logins,
    /// People who sign in.
    pub people: PeopleDoor,
    /// What somebody does too much of.
    pub excesses: Excesses,
    /// Rings when a set of operations may be to be done.
    pub bulk_bell: Notify,
    /// Rings when operations may have become due.
    pub take_up_bell: Notify,
    /// Turns to write: of each client service one at a time where the database has one writer.
    pub writers: Fair<ClientServiceId>,
    /// Places for portions that are put down ahead; beside others one client service has as many as may write.
    pub portions: Fair<ClientServiceId>,
    /// Turns of operations.
    pub executors: Fair<ClientServiceId>,
    /// Turns of chunks of operations; beside others one client service has few at once.
    pub chunks: Fair<ClientServiceId>,
    /// The permit to execute a document alone, after a process ended.
    pub alone: Semaphore,
    /// Turns on a core, short ones.
    pub engine: Fair<ClientServiceId>,
    /// The way out of this process.
    pub stopping: Stopping,
    /// Operations in work in this process.
    pub running: Running,
    /// Credentials, parsed.
    pub credentials: Credentials,
    /// Client services, remembered for a moment.
    pub clients: Clients,
}

impl App {
    /// The present.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// The present, for leases and waits: it only goes forward, and replicas agree on it.
    #[must_use]
    pub fn steady_now(&self) -> Instant {
        self.steady.now(&self.clock)
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

/// What signatures of strangers' files are verified against.
pub struct TrustedCertificates {
    /// Where trust begins.
    pub anchors: Vec<TrustAnchor>,
    /// Certificates that may lie between.
    pub certificates: Vec<Certificate>,
    /// Whether it is asked whether certificates were revoked, where nobody says.
    pub asks_revocation: bool,
}

/// The way out for mail.
pub struct MailDoor {
    /// Sends.
    pub mailer: Mailer,
    /// The installation's server.
    pub account: Option<Account>,
}

impl MailDoor {
    /// A way out over the installation's server, if it has one.
    #[must_use]
    pub fn new(account: Option<Account>) -> Self {
        Self { mailer: Mailer::new(), account }
    }
}
