//! A client service: the machine that calls us. Its alias is its OAuth `client_id`.

use super::ids::{ClientServiceId, CompanyId, CredentialId};
use super::instant::Instant;
use super::language::Language;
use super::level::Level;
use super::pades::ActiveContent;
use super::refusal::Refusal;
use super::visible::CoordinateOrigin;

/// A machine that calls us on behalf of one issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientService {
    pub id: ClientServiceId,
    pub alias: Alias,
    pub issuer: CompanyId,
    pub status: ClientServiceStatus,
    /// The credential that seals its documents; `None` until one is assigned.
    pub credential: Option<CredentialId>,
    pub document_references: DocumentReferences,
    /// The profile of its seals when a request names none; `None` for the service's own default.
    pub profile: Option<ProfileName>,
    /// Whether its seals may use SHA-1 (see docs/decisions/0007).
    pub allow_sha1: bool,
    /// How its documents are looked at before they are sealed.
    pub lint: Lint,
    /// Template of the text of its visible signatures, when a request brings none.
    pub signature_template: Option<String>,
    /// What to do with a PDF that runs something; a request may only be stricter.
    pub active_content: ActiveContent,
    /// From where its visible signatures are placed, when a request does not say.
    pub coordinate_origin: CoordinateOrigin,
    /// The level of its seals when a request names none. Above B only with timestamps.
    pub level: Level,
    /// What becomes of its wishes for timestamps.
    pub timestamps: Timestamps,
    /// Time-stamp authorities of its seals, by their names in the configuration; none for all of them.
    pub timestamp_authorities: Vec<String>,
    /// Which of them is asked first.
    pub timestamp_order: AuthorityOrder,
    /// In which its receivers are written to when they have none of their own; `None` for the
    /// issuer's.
    pub language: Option<Language>,
    /// Mails it may have sent in 24 hours, 0 for any number; `None` for the installation's limits.
    pub mails_per_day: Option<u32>,
    /// Access tokens from before are not taken.
    pub tokens_not_before: Option<Instant>,
    pub created: Instant,
}

impl ClientService {
    /// The first second, since 1970, in which a token may be issued that is taken: the one behind that in
    /// which earlier tokens were ended, as tokens know no parts of it.
    #[must_use]
    pub const fn tokens_from_seconds(&self) -> i64 {
        match self.tokens_not_before {
            Some(ended) => ended.unix_ms().div_euclid(1000) + 1,
            None => i64::MIN,
        }
    }
}

/// Name of a client service, unique in the installation: 3 to 100 characters of `A-Z a-z 0-9 . - _`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Alias(String);

impl Alias {
    /// Accepts an alias.
    ///
    /// # Errors
    /// [`Refusal::AliasInvalid`] when a character or the length is not allowed.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        if (3..=100).contains(&text.len()) && text.chars().all(plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Refusal::AliasInvalid)
        }
    }

    /// Wraps a stored value.
    #[must_use]
    pub const fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The alias as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Name of a profile: 1 to 100 characters of `a-z 0-9 - .`. That there is such a profile is for others
/// to check.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ProfileName(String);

impl ProfileName {
    /// Accepts a name; `None` when a character or the length is not allowed.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let plain =
            |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
        ((1..=100).contains(&text.len()) && text.chars().all(plain)).then(|| Self(text.to_owned()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How documents are looked at before they are sealed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lint {
    /// Not at all, beyond what sealing needs.
    #[default]
    None,
    /// For what is certainly wrong with an invoice.
    Basic,
    /// Against the schema of their format.
    Schema,
}

impl Lint {
    /// As stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "NONE",
            Self::Basic => "BASIC",
            Self::Schema => "SCHEMA",
        }
    }

    /// The level of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::None, Self::Basic, Self::Schema].into_iter().find(|level| level.as_str() == text)
    }
}

/// What becomes of a wish for a timestamp.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Timestamps {
    /// The document is refused.
    #[default]
    Refuse,
    /// The seal has none, and the answer says so.
    Omit,
    /// The seal has one. When no time-stamp authority gives it, the document waits.
    Wait,
    /// The seal has one. When no time-stamp authority gives it, the document fails.
    Fail,
}

impl Timestamps {
    /// As stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Refuse => "REFUSE",
            Self::Omit => "OMIT",
            Self::Wait => "WAIT",
            Self::Fail => "FAIL",
        }
    }

    /// The choice of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let all = [Self::Refuse, Self::Omit, Self::Wait, Self::Fail];
        all.into_iter().find(|choice| choice.as_str() == text)
    }
}

/// Which of several time-stamp authorities is asked first. When it gives no token the next one is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AuthorityOrder {
    /// The first one that is named.
    #[default]
    InOrder,
    /// Each in its turn.
    Shared,
}

impl AuthorityOrder {
    /// As stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InOrder => "IN_ORDER",
            Self::Shared => "SHARED",
        }
    }

    /// The order of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::InOrder, Self::Shared].into_iter().find(|order| order.as_str() == text)
    }
}

/// One setting of a change: most stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Change<T> {
    #[default]
    Keep,
    To(T),
}

/// A change of how the requests of a client service are taken and its documents sealed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SealSettingsChange {
    pub profile: Change<Option<ProfileName>>,
    pub allow_sha1: Change<bool>,
    pub lint: Change<Lint>,
    pub signature_template: Change<Option<String>>,
    pub active_content: Change<ActiveContent>,
    pub coordinate_origin: Change<CoordinateOrigin>,
    pub document_references: Change<DocumentReferences>,
    pub level: Change<Level>,
    pub timestamps: Change<Timestamps>,
    pub timestamp_authorities: Change<Vec<String>>,
    pub timestamp_order: Change<AuthorityOrder>,
}

/// Whether a client service may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientServiceStatus {
    Active,
    Suspended,
}

impl ClientServiceStatus {
    /// As stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Suspended => "SUSPENDED",
        }
    }

    /// The status of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Active, Self::Suspended].into_iter().find(|status| status.as_str() == text)
    }
}

/// What becomes of the secret before when a client service is given a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretOverlap {
    /// It ends, and with it every access token that was granted until then.
    None,
    /// It is good for so many milliseconds more.
    For(i64),
    /// It is good until the next new one is made.
    UntilNext,
}

/// A live secret, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecretLife {
    pub made: Instant,
    /// `None`: as long as no newer one ends it.
    pub ends: Option<Instant>,
}

/// What a document's external reference promises (the request's reference is always unique).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentReferences {
    /// A reference names one sealed document for ever; using it again is a conflict.
    Unique,
    /// The client repeats document references; look-ups by document reference find the newest.
    Reusable,
}

impl DocumentReferences {
    /// As stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unique => "UNIQUE",
            Self::Reusable => "REUSABLE",
        }
    }

    /// The policy of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Unique, Self::Reusable].into_iter().find(|policy| policy.as_str() == text)
    }
}
