//! The audit record: who did what to whom, when and from where. It is written in the transaction of the fact, and
//! never changed.

use super::ids::{ClientServiceId, CompanyId, CredentialId, PersonId};
use super::instant::Instant;

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
}

impl AuditAction {
    /// All of them.
    pub const ALL: [Self; 31] = [
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
        }
    }

    /// The action of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == text)
    }
}
