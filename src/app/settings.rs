//! What the configuration says to the whole house. Settings of delivery are checked in `delivery`, those
//! of alarms are in `alarms`.

use std::path::PathBuf;

use serde::Deserialize;

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
    /// Milliseconds of processor time that one document may take there.
    pub document_ms: u64,
    /// Whether every seal is verified before it is released.
    pub check_seals: bool,
    /// Milliseconds an operation belongs to a silent process.
    pub lease_ms: i64,
    /// Milliseconds between two looks for unfinished operations.
    pub poll_ms: u64,
    /// Milliseconds before each next try; the last one repeats.
    pub retry_ladder_ms: Vec<i64>,
    /// Tries before an operation ends as failed.
    pub max_attempts: u32,
    /// Milliseconds after which a thread is given up that does not come to the end of one document.
    pub stuck_ms: u64,
    /// Tries of a document that end the process before it is put aside.
    pub document_tries: u32,
    /// Milliseconds after which a key that failed is probed; a few times as long when it goes on failing.
    pub probe_ms: u64,
    /// Milliseconds after its last signature in which a key is good without being probed.
    pub prove_ms: u64,
    /// Milliseconds that stopping takes at most, all in all.
    pub drain_ms: u64,
    /// Of these, milliseconds in which only the readiness has changed.
    pub leave_ms: u64,
}

/// Where seal profiles of the installation's own are.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfilesConfig {
    /// Folder of further `NAME.toml` files; empty for none.
    pub folder: PathBuf,
}

/// The calendar of algorithms.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlgorithmsConfig {
    /// File that takes the place of the built-in calendar; empty for that.
    pub calendar: PathBuf,
}

/// What documents are looked at with before they are sealed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LintConfig {
    /// Folder of XML schemas; empty for none.
    pub schemas: PathBuf,
}

/// What signatures of strangers' files are verified against.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerificationConfig {
    /// Files of certificates where trust begins.
    pub trust: Vec<PathBuf>,
    /// Files of certificates that may lie between, beside those in the files.
    pub certificates: Vec<PathBuf>,
    /// Whether it is asked whether certificates were revoked, where a request does not say.
    pub revocation: bool,
}

/// How preserved documents are looked after.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreservationConfig {
    /// Whether they get evidence records.
    pub evidence: bool,
    /// Names of the time-stamp authorities that are asked, the first one first; all without any.
    pub authorities: Vec<String>,
    /// Days before something ends that a timestamp stands on at which the next one is asked for.
    pub renew_days: u32,
    /// Milliseconds between two looks.
    pub poll_ms: u64,
    /// Milliseconds that the turn belongs to a silent process.
    pub lease_ms: i64,
    /// Milliseconds after the end of a day by which its documents have their evidence, or people are told.
    pub overdue_ms: i64,
}

/// How messages are delivered.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeliveryConfig {
    /// Name of a ladder of waits for mails, one of [`DeliveryConfig::MAIL_LADDERS`].
    #[serde(deserialize_with = "super::delivery::mail_ladder")]
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
    /// Whether mails are sent to addresses of local networks.
    pub allow_local_receivers: bool,
    /// Mails of one client service in 24 hours; 0 for any number.
    pub mails_per_day: u32,
    /// Of these, to receivers of one domain; 0 for any number.
    pub mails_per_domain_per_day: u32,
    /// Messages sent again to one receiver of an operation in 24 hours.
    pub resend_per_receiver: u32,
    /// Messages sent again of one operation in 24 hours.
    pub resend_per_operation: u32,
}

/// What is done to many operations at once.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BulkConfig {
    /// Mails or operations that are chosen at once.
    pub most: u32,
    /// With more than this a second person must agree.
    pub approval_above: u32,
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
