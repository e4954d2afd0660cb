//! The audit record: who did what to whom, when and from where. It is written in the transaction of the fact, and
//! never changed.

use super::ids::PersonId;
use super::instant::Instant;

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    pub id: i64,
    pub at: Instant,
    pub actor: Actor,
    pub action: AuditAction,
    /// Whom it is about.
    pub person: PersonId,
    /// What was chosen, in words of the field; never a secret.
    pub detail: String,
    /// From where, when it came over the network.
    pub address: Option<String>,
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
}

impl AuditAction {
    /// All of them.
    pub const ALL: [Self; 18] = [
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
        }
    }

    /// The action of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == text)
    }
}
