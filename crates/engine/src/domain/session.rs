//! A person's stay in the back office, and the link by which it begins for the first time.

use super::ids::{InvitationId, PersonId, SessionId};
use super::instant::Instant;

/// A stay, from signing in to its end. Whoever shows its token is taken for the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonSession {
    pub id: SessionId,
    pub person: PersonId,
    pub stage: SessionStage,
    pub created: Instant,
    /// When something was asked for last; remembered by the minute.
    pub seen: Instant,
    /// When the person showed last who it is.
    pub proved: Instant,
    /// It ends then, whatever is done in it.
    pub ends: Instant,
    /// From where it was begun.
    pub address: String,
    /// What the browser said of itself.
    pub agent: String,
}

impl PersonSession {
    /// Whether it is over: by its end, by idling, or because the clock is before its beginning.
    #[must_use]
    pub fn is_over(&self, now: Instant, idle_ms: i64) -> bool {
        now >= self.ends || now >= self.seen.plus_ms(idle_ms) || now < self.created
    }
}

/// How far a person has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SessionStage {
    /// The password was right; the second step is owed.
    Half,
    /// Signed in.
    Whole,
}

impl SessionStage {
    /// As stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Half => "HALF",
            Self::Whole => "WHOLE",
        }
    }

    /// The stage of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Half, Self::Whole].into_iter().find(|stage| stage.as_str() == text)
    }
}

/// A link by which a person sets its password, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invitation {
    pub id: InvitationId,
    pub person: PersonId,
    pub created: Instant,
    pub expires: Instant,
    pub used: Option<Instant>,
    /// Another one took its place, or the person was disabled.
    pub revoked: Option<Instant>,
}

impl Invitation {
    /// Whether it opens something.
    #[must_use]
    pub fn is_open(&self, now: Instant) -> bool {
        self.used.is_none() && self.revoked.is_none() && now < self.expires
    }
}
