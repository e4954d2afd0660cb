//! Alarms: what operators should know before it hurts.

use serde::{Deserialize, Serialize};

use super::instant::Instant;

/// An alarm with everything its letter says. As JSON it has its name in `alarm` and times in
/// milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "alarm", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Alarm {
    /// The certificate of a credential ends in a number of days.
    CredentialExpiring {
        alias: String,
        subject: String,
        #[serde(with = "unix_ms")]
        not_after: Instant,
        days: u32,
    },
    /// It has ended.
    CredentialExpired {
        alias: String,
        subject: String,
        #[serde(with = "unix_ms")]
        not_after: Instant,
    },
    /// Something that its seals stand on is accepted for a number of days yet.
    AlgorithmEnding {
        alias: String,
        what: String,
        source: String,
        #[serde(with = "unix_ms")]
        until: Instant,
        days: u32,
    },
    /// It is no longer.
    AlgorithmEnded {
        alias: String,
        what: String,
        source: String,
        #[serde(with = "unix_ms")]
        until: Instant,
    },
    /// The authority's permission to use a credential ends soon.
    GrantEnding {
        alias: String,
        #[serde(with = "unix_ms")]
        ends: Instant,
    },
    /// It has ended, by its time or by the number of signatures.
    GrantEnded {
        alias: String,
        #[serde(with = "unix_ms")]
        ends: Instant,
    },
    /// So much of the signatures it permits is used.
    GrantUsed { alias: String, percent: u8 },
    /// A key answered with a value that its certificate does not verify, and is not used until it is
    /// released.
    KeyQuarantined {
        alias: String,
        #[serde(with = "unix_ms")]
        since: Instant,
    },
    /// A company comes near its limit of documents.
    UsageNear {
        company: String,
        used: u64,
        limit: u64,
        #[serde(with = "unix_ms")]
        period_end: Instant,
    },
    /// So much of the period a company subscribed to is over.
    PeriodNear {
        company: String,
        percent: u8,
        used: u64,
        limit: u64,
        #[serde(with = "unix_ms")]
        period_end: Instant,
    },
    /// A company has sealed more than it subscribed to.
    UsageExceeded {
        company: String,
        used: u64,
        limit: u64,
        #[serde(with = "unix_ms")]
        period_end: Instant,
    },
    /// The period a company subscribed to is over.
    UsageEnded {
        company: String,
        used: u64,
        limit: u64,
        #[serde(with = "unix_ms")]
        period_end: Instant,
    },
    /// A mail server refuses everybody; `account` is the alias of the client service whose server it
    /// is, or `Chancery` for the installation's.
    MailClosed {
        account: String,
        #[serde(with = "unix_ms")]
        since: Instant,
        last_words: String,
    },
    /// A time-stamp authority, by its name in the configuration, gives no tokens.
    AuthorityAway {
        name: String,
        #[serde(with = "unix_ms")]
        since: Instant,
        last_words: String,
    },
    /// Where something was told of certificates (OCSP, revocation lists), by its address, nothing of use is told.
    SourceAway {
        address: String,
        #[serde(with = "unix_ms")]
        since: Instant,
        last_words: String,
    },
    /// The certificate of a credential was revoked, or one above it; the credential is disabled.
    CredentialRevoked {
        alias: String,
        #[serde(with = "unix_ms")]
        since: Instant,
        /// What was said of which certificate.
        last_words: String,
    },
    /// A credential, a time-stamp authority or a trust anchor is of a test authority, and the service is not for this
    /// machine alone.
    TestAuthority {
        /// Which: a setting, or a credential.
        what: String,
    },
    /// A client service has had as many mails sent in a day as it may: to receivers of this domain, or,
    /// where it is empty, to all.
    MailsAtLimit {
        client: String,
        domain: String,
        limit: u32,
        #[serde(with = "unix_ms")]
        free: Instant,
    },
    /// Log-ins fail again and again: of the client service or from the address `who` is.
    LoginsFailing {
        who: String,
        failures: u64,
        #[serde(with = "unix_ms")]
        since: Instant,
        /// From where the last one came.
        address: String,
    },
    /// People sign in to the back office and fail again and again: as the person or from the address `who` is.
    SignInsFailing {
        who: String,
        failures: u64,
        #[serde(with = "unix_ms")]
        since: Instant,
        /// From where the last one came.
        address: String,
    },
    /// Seals of a credential were not what they were to be, and are withheld.
    SealsWithheld {
        alias: String,
        #[serde(with = "unix_ms")]
        since: Instant,
        /// What was found in the last one.
        last_words: String,
    },
    /// Messages wait too long.
    QueueOld {
        #[serde(with = "unix_ms")]
        oldest: Instant,
        waiting: u64,
    },
    /// Operations are unfinished for too long.
    OperationsOld {
        #[serde(with = "unix_ms")]
        oldest: Instant,
        waiting: u64,
    },
    /// Preserved documents have no evidence record although their day is over for long.
    EvidenceOverdue {
        #[serde(with = "unix_ms")]
        oldest: Instant,
    },
    /// What proves that preserved documents were there is not renewed: an evidence record, or the archive timestamp of a
    /// seal.
    RenewalOverdue {
        #[serde(with = "unix_ms")]
        ends: Instant,
    },
    /// The service ended several times while it executed the same operations.
    OperationsCrash { waiting: u64 },
    /// The clock of a machine jumped, or differs from that of the database.
    ClockWrong { seconds: u64 },
}

mod unix_ms {
    use serde::{Deserialize as _, Deserializer, Serializer};

    use super::Instant;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives fields by reference")]
    pub(super) fn serialize<S: Serializer>(
        instant: &Instant,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(instant.unix_ms())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Instant, D::Error> {
        i64::deserialize(deserializer).map(Instant::from_unix_ms)
    }
}
