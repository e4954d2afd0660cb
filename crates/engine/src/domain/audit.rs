//! The audit record: who did what to whom, when and from where. It is written in the transaction of the fact, and
//! never changed.

use super::ids::{ClientServiceId, CompanyId, CredentialId, PersonId};
use super::instant::{DAY_MS, Instant};

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    pub id: i64,
    pub at: Instant,
    pub actor: Actor,
    pub action: AuditAction,
    /// Whom it is about; who did it, when it is about no person.
    pub person: PersonId,
    /// What else it is about.
    pub about: Option<AuditSubject>,
    /// What was chosen, in words of the field; never a secret.
    pub detail: String,
    /// From where, when it came over the network.
    pub address: Option<String>,
}

/// One entry as it is kept, column by column: what a hash is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedEntry {
    pub id: i64,
    pub at_ms: i64,
    pub actor: String,
    pub actor_id: Option<i64>,
    pub action: String,
    pub person: i64,
    pub subject: Option<String>,
    pub detail: String,
    pub address: Option<String>,
}

/// What an entry is about that is no person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditSubject {
    ClientService(ClientServiceId),
    Company(CompanyId),
    Credential(CredentialId),
}

impl AuditSubject {
    /// As stored: what it is, and its number.
    #[must_use]
    pub fn to_text(self) -> String {
        match self {
            Self::ClientService(id) => format!("client-service:{id}"),
            Self::Company(id) => format!("company:{id}"),
            Self::Credential(id) => format!("credential:{id}"),
        }
    }

    /// The subject that is stored so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, id) = text.split_once(':')?;
        match kind {
            "client-service" => id.parse().ok().map(Self::ClientService),
            "company" => id.parse().ok().map(Self::Company),
            "credential" => id.parse().ok().map(Self::Credential),
            _ => None,
        }
    }
}

/// Why somebody did something, as that person wrote it: 1 to 500 characters, none of control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenReason(String);

impl WrittenReason {
    /// Most characters.
    pub const MAX_CHARS: usize = 500;

    /// Accepts a reason; `None` when it says nothing, or too much.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let good = !text.is_empty()
            && text.chars().count() <= Self::MAX_CHARS
            && !text.chars().any(char::is_control);
        good.then(|| Self(text.to_owned()))
    }

    /// The reason as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Who did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A person who had signed in, or was about to.
    Person(PersonId),
    /// Whoever has the command line.
    Command,
    /// Nobody who is known.
    Stranger,
}

impl Actor {
    /// As stored: what somebody is, and who.
    #[must_use]
    pub const fn stored(self) -> (&'static str, Option<i64>) {
        match self {
            Self::Person(id) => ("PERSON", Some(id.as_i64())),
            Self::Command => ("COMMAND", None),
            Self::Stranger => ("STRANGER", None),
        }
    }

    /// As an address says it: the number of a person, `COMMAND` or `STRANGER`.
    #[must_use]
    pub fn to_text(self) -> String {
        match self {
            Self::Person(id) => id.to_string(),
            Self::Command | Self::Stranger => self.stored().0.to_owned(),
        }
    }

    /// Who a text of an address says.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "COMMAND" => Some(Self::Command),
            "STRANGER" => Some(Self::Stranger),
            number => number.parse().ok().map(Self::Person),
        }
    }
}

/// Which entries. What is `None` does not matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    pub actor: Option<Actor>,
    pub action: Option<AuditAction>,
    /// Whom they are about.
    pub about: Option<PersonId>,
    /// At this time or later.
    pub from: Option<Instant>,
    /// Before.
    pub until: Option<Instant>,
}

impl AuditFilter {
    /// Takes one thing that an address says: `by`, `what`, `about`, and the days `from` and `until`. Returns whether it
    /// says something; what is empty says that it does not matter.
    #[must_use]
    pub fn take(&mut self, key: &str, value: &str) -> bool {
        let day = |later_ms: i64| {
            let day = Instant::parse_rfc3339(&format!("{value}T00:00:00Z"));
            day.map(|day| day.plus_ms(later_ms))
        };
        let empty = value.is_empty();
        match key {
            "by" => self.actor = Actor::parse(value),
            "what" => self.action = AuditAction::parse(value),
            "about" => self.about = value.parse().ok(),
            "from" => self.from = day(0),
            // A day is in it as a whole.
            "until" => self.until = day(DAY_MS),
            _ => return false,
        }
        let said = match key {
            "by" => self.actor.is_some(),
            "what" => self.action.is_some(),
            "about" => self.about.is_some(),
            "from" => self.from.is_some(),
            _ => self.until.is_some(),
        };
        said || empty
    }
}

/// A place in the record, newest first: older ones follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditPlace {
    pub at: Instant,
    pub id: i64,
}

impl AuditPlace {
    /// Before the newest.
    pub const BEGINNING: Self = Self { at: Instant::from_unix_ms(i64::MAX), id: i64::MAX };

    /// As an address says it.
    #[must_use]
    pub fn to_text(self) -> String {
        format!("{}.{}", self.at.unix_ms(), self.id)
    }

    /// The place that a text says.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (at, id) = text.split_once('.')?;
        Some(Self { at: Instant::from_unix_ms(at.parse().ok()?), id: id.parse().ok()? })
    }
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuditAction {
    PersonInvited,
    PersonChanged,
    PersonDisabled,
    PersonEnabled,
    PersonReset,
    InvitationAccepted,
    SignedIn,
    SignInFailed,
    SignedOut,
    SecondFactorFailed,
    Proved,
    ProofFailed,
    PasswordChanged,
    SecondFactorSet,
    RecoveryCodesMade,
    RecoveryCodeUsed,
    SessionEnded,
    OtherSessionsEnded,
    ServiceSecretMade,
    ServiceSuspended,
    ServiceReactivated,
    ServiceCreated,
    CompanySuspended,
    CompanyReactivated,
    CredentialTried,
    CredentialDisabled,
    CredentialEnabled,
    CredentialRequested,
    RenewalProposed,
    RenewalConfirmed,
    RenewalRefused,
    PasskeyAdded,
    PasskeyRemoved,
    PasskeyRefused,
    WebhookAdded,
    WebhookChanged,
    WebhookRemoved,
    WebhookSecretMade,
    WebhookTested,
    WebhooksReplayed,
    KeyGenerated,
    KeyRequested,
    ImportProposed,
    ImportConfirmed,
    ImportRefused,
    CredentialGranted,
    LetterSet,
    LetterTakenBack,
    MailTested,
    MailServerSet,
    MailServerTakenAway,
}

impl AuditAction {
    /// All of them.
    pub const ALL: [Self; 51] = [
        Self::PersonInvited,
        Self::PersonChanged,
        Self::PersonDisabled,
        Self::PersonEnabled,
        Self::PersonReset,
        Self::InvitationAccepted,
        Self::SignedIn,
        Self::SignInFailed,
        Self::SignedOut,
        Self::SecondFactorFailed,
        Self::Proved,
        Self::ProofFailed,
        Self::PasswordChanged,
        Self::SecondFactorSet,
        Self::RecoveryCodesMade,
        Self::RecoveryCodeUsed,
        Self::SessionEnded,
        Self::OtherSessionsEnded,
        Self::ServiceSecretMade,
        Self::ServiceSuspended,
        Self::ServiceReactivated,
        Self::ServiceCreated,
        Self::CompanySuspended,
        Self::CompanyReactivated,
        Self::CredentialTried,
        Self::CredentialDisabled,
        Self::CredentialEnabled,
        Self::CredentialRequested,
        Self::RenewalProposed,
        Self::RenewalConfirmed,
        Self::RenewalRefused,
        Self::PasskeyAdded,
        Self::PasskeyRemoved,
        Self::PasskeyRefused,
        Self::WebhookAdded,
        Self::WebhookChanged,
        Self::WebhookRemoved,
        Self::WebhookSecretMade,
        Self::WebhookTested,
        Self::WebhooksReplayed,
        Self::KeyGenerated,
        Self::KeyRequested,
        Self::ImportProposed,
        Self::ImportConfirmed,
        Self::ImportRefused,
        Self::CredentialGranted,
        Self::LetterSet,
        Self::LetterTakenBack,
        Self::MailTested,
        Self::MailServerSet,
        Self::MailServerTakenAway,
    ];

    /// As stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PersonInvited => "PERSON_INVITED",
            Self::PersonChanged => "PERSON_CHANGED",
            Self::PersonDisabled => "PERSON_DISABLED",
            Self::PersonEnabled => "PERSON_ENABLED",
            Self::PersonReset => "PERSON_RESET",
            Self::InvitationAccepted => "INVITATION_ACCEPTED",
            Self::SignedIn => "SIGNED_IN",
            Self::SignInFailed => "SIGN_IN_FAILED",
            Self::SignedOut => "SIGNED_OUT",
            Self::SecondFactorFailed => "SECOND_FACTOR_FAILED",
            Self::Proved => "PROVED",
            Self::ProofFailed => "PROOF_FAILED",
            Self::PasswordChanged => "PASSWORD_CHANGED",
            Self::SecondFactorSet => "SECOND_FACTOR_SET",
            Self::RecoveryCodesMade => "RECOVERY_CODES_MADE",
            Self::RecoveryCodeUsed => "RECOVERY_CODE_USED",
            Self::SessionEnded => "SESSION_ENDED",
            Self::OtherSessionsEnded => "OTHER_SESSIONS_ENDED",
            Self::ServiceSecretMade => "SERVICE_SECRET_MADE",
            Self::ServiceSuspended => "SERVICE_SUSPENDED",
            Self::ServiceReactivated => "SERVICE_REACTIVATED",
            Self::ServiceCreated => "SERVICE_CREATED",
            Self::CompanySuspended => "COMPANY_SUSPENDED",
            Self::CompanyReactivated => "COMPANY_REACTIVATED",
            Self::CredentialTried => "CREDENTIAL_TRIED",
            Self::CredentialDisabled => "CREDENTIAL_DISABLED",
            Self::CredentialEnabled => "CREDENTIAL_ENABLED",
            Self::CredentialRequested => "CREDENTIAL_REQUESTED",
            Self::RenewalProposed => "RENEWAL_PROPOSED",
            Self::RenewalConfirmed => "RENEWAL_CONFIRMED",
            Self::RenewalRefused => "RENEWAL_REFUSED",
            Self::PasskeyAdded => "PASSKEY_ADDED",
            Self::PasskeyRemoved => "PASSKEY_REMOVED",
            Self::PasskeyRefused => "PASSKEY_REFUSED",
            Self::WebhookAdded => "WEBHOOK_ADDED",
            Self::WebhookChanged => "WEBHOOK_CHANGED",
            Self::WebhookRemoved => "WEBHOOK_REMOVED",
            Self::WebhookSecretMade => "WEBHOOK_SECRET_MADE",
            Self::WebhookTested => "WEBHOOK_TESTED",
            Self::WebhooksReplayed => "WEBHOOKS_REPLAYED",
            Self::KeyGenerated => "KEY_GENERATED",
            Self::KeyRequested => "KEY_REQUESTED",
            Self::ImportProposed => "IMPORT_PROPOSED",
            Self::ImportConfirmed => "IMPORT_CONFIRMED",
            Self::ImportRefused => "IMPORT_REFUSED",
            Self::CredentialGranted => "CREDENTIAL_GRANTED",
            Self::LetterSet => "LETTER_SET",
            Self::LetterTakenBack => "LETTER_TAKEN_BACK",
            Self::MailTested => "MAIL_TESTED",
            Self::MailServerSet => "MAIL_SERVER_SET",
            Self::MailServerTakenAway => "MAIL_SERVER_TAKEN_AWAY",
        }
    }

    /// The action of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == text)
    }
}
