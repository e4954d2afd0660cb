//! Lists of operations: which of them, from which place on, and how a choice is written so that it can be kept in an
//! address. How they are found is not here.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use thiserror::Error;

use super::client_service::ProfileName;
use super::delivery::{DeliveryStatus, MailAddress};
use super::document::SigningError;
use super::ids::{ClientServiceId, CompanyId, OperationId};
use super::instant::{DAY_MS, Instant};
use super::operation::OperationState;
use super::profile::Format;

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OperationKind {
    /// Seals documents.
    Sign,
    /// Extends the preservation of another one's.
    ExtendPreservation,
}

impl OperationKind {
    /// As shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sign => "SIGN",
            Self::ExtendPreservation => "EXTEND_PRESERVATION",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Sign, Self::ExtendPreservation].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// Why a document was not sealed, as one looks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    /// What kind of error it is.
    Error(SigningError),
    /// Its stable name, such as `document-too-large`.
    Reason(String),
}

impl ErrorCode {
    /// Most characters of a name.
    const MOST: usize = 100;

    /// As shown.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Error(error) => error.as_str(),
            Self::Reason(reason) => reason,
        }
    }

    /// The code of that name; `None` for what is none of our names.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(error) = SigningError::parse(text) {
            return Some(Self::Error(error));
        }
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let good = !text.is_empty() && text.len() <= Self::MOST && text.bytes().all(plain);
        good.then(|| Self::Reason(text.to_owned()))
    }
}

/// Which operations. What is `None` does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OperationFilter {
    pub state: Option<OperationState>,
    pub kind: Option<OperationKind>,
    pub client_service: Option<ClientServiceId>,
    pub company: Option<CompanyId>,
    /// Accepted at this time or later.
    pub from: Option<Instant>,
    /// Accepted before.
    pub until: Option<Instant>,
    /// With a document whose seal has this format.
    pub format: Option<Format>,
    /// With a document that is sealed by this profile.
    pub profile: Option<ProfileName>,
    /// With a document that was not sealed for this reason.
    pub error: Option<ErrorCode>,
    /// With a mail to this mailbox.
    pub receiver: Option<MailAddress>,
    /// With a receiver who stands so: received, if one of the mails to them was, else as the newest one.
    pub standing: Option<DeliveryStatus>,
}

/// What a person calls a choice: 1 to 60 characters, none of control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterName(String);

impl FilterName {
    /// Most characters.
    pub const MAX_CHARS: usize = 60;

    /// Accepts a name; `None` when it is empty or too long.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let good = !text.is_empty()
            && text.chars().count() <= Self::MAX_CHARS
            && !text.chars().any(char::is_control);
        good.then(|| Self(text.to_owned()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A choice that a person keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedFilter {
    pub name: FilterName,
    pub choice: OperationFilter,
}

/// Why a text says no choice.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FilterFault {
    #[error("'{key}' is nothing that operations are chosen by")]
    Unknown { key: String },
    #[error("'{key}' is said more than once")]
    Repeated { key: &'static str },
    #[error("'{key}' must be {expected}")]
    Invalid { key: &'static str, expected: &'static str },
}

/// What is written as it is: what no part of an address gives a meaning to (RFC 3986, 2.3), and the colons of times.
const PLAIN: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':').remove(b'@');

/// Most octets of a text that says a choice.
const MOST_TEXT: usize = 4096;

const STATE: &str = "state";
const KIND: &str = "type";
const CLIENT: &str = "client";
const COMPANY: &str = "company";
const FROM: &str = "from";
const UNTIL: &str = "until";
const FORMAT: &str = "format";
const PROFILE: &str = "profile";
const ERROR: &str = "error";
const RECEIVER: &str = "receiver";
const STANDING: &str = "delivery";

impl OperationFilter {
    /// Names of what there is to choose by, in the order in which they are written.
    pub const KEYS: [&'static str; 11] =
        [STATE, KIND, CLIENT, COMPANY, FROM, UNTIL, FORMAT, PROFILE, ERROR, RECEIVER, STANDING];

    /// As the query of an address says it. The same choice always gives the same text, the empty one an empty text.
    #[must_use]
    pub fn to_text(&self) -> String {
        let said = [
            (STATE, self.state.map(|it| it.as_str().to_owned())),
            (KIND, self.kind.map(|it| it.as_str().to_owned())),
            (CLIENT, self.client_service.map(|it| it.to_string())),
            (COMPANY, self.company.map(|it| it.to_string())),
            (FROM, self.from.map(Instant::to_rfc3339)),
            (UNTIL, self.until.map(Instant::to_rfc3339)),
            (FORMAT, self.format.map(|it| it.as_str().to_owned())),
            (PROFILE, self.profile.as_ref().map(|it| it.as_str().to_owned())),
            (ERROR, self.error.as_ref().map(|it| it.as_str().to_owned())),
            (RECEIVER, self.receiver.as_ref().map(|it| it.as_str().to_owned())),
            (STANDING, self.standing.map(|it| it.as_str().to_owned())),
        ];
        let said = said.into_iter().filter_map(|(key, value)| Some((key, value?)));
        let said = said.map(|(key, value)| format!("{key}={}", utf8_percent_encode(&value, PLAIN)));
        said.collect::<Vec<_>>().join("&")
    }

    /// Reads the query of an address, with or without its question mark. What is empty is not said. `beside` names what
    /// else may stand in it and is passed over.
    ///
    /// # Errors
    /// [`FilterFault`]: nothing that somebody wrote is passed over in silence.
    pub fn parse(text: &str, beside: &[&str]) -> Result<Self, FilterFault> {
        let mut filter = Self::default();
        let mut said = Vec::new();
        if text.len() > MOST_TEXT {
            let shown: String = text.chars().take(20).collect();
            return Err(FilterFault::Unknown { key: format!("{shown}…") });
        }
        for pair in text.trim_start_matches('?').split('&') {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (key, value) = (decoded(key), decoded(value));
            if value.is_empty() || beside.contains(&key.as_str()) {
                continue;
            }
            let Some(known) = Self::KEYS.into_iter().find(|known| *known == key) else {
                return Err(FilterFault::Unknown { key });
            };
            if said.contains(&known) {
                return Err(FilterFault::Repeated { key: known });
            }
            said.push(known);
            filter.set(known, &value)?;
        }
        Ok(filter)
    }

    fn set(&mut self, key: &'static str, value: &str) -> Result<(), FilterFault> {
        fn good<T>(
            key: &'static str,
            value: Option<T>,
            expected: &'static str,
        ) -> Result<Option<T>, FilterFault> {
            value.map(Some).ok_or(FilterFault::Invalid { key, expected })
        }
        const ID: &str = "a number";
        const TIME: &str = "a day such as 2026-11-22, or a time as RFC 3339 writes it";
        match key {
            STATE => {
                self.state = good(key, OperationState::parse(value), "a state of operations")?;
            }
            KIND => {
                let kind = OperationKind::parse(value);
                self.kind = good(key, kind, "SIGN or EXTEND_PRESERVATION")?;
            }
            CLIENT => self.client_service = good(key, value.parse().ok(), ID)?,
            COMPANY => self.company = good(key, value.parse().ok(), ID)?,
            FROM => self.from = good(key, time(value, 0), TIME)?,
            // A day is in it as a whole.
            UNTIL => self.until = good(key, time(value, DAY_MS), TIME)?,
            FORMAT => self.format = good(key, Format::parse(value), "XAdES, PAdES or CAdES")?,
            PROFILE => {
                self.profile = good(key, ProfileName::parse(value), "the name of a profile")?;
            }
            ERROR => self.error = good(key, ErrorCode::parse(value), "the name of an error")?,
            RECEIVER => self.receiver = good(key, MailAddress::parse(value), "a mail address")?,
            _ => {
                let status = DeliveryStatus::parse(value);
                self.standing = good(key, status, "a state of deliveries")?;
            }
        }
        Ok(())
    }
}

/// A value of a query, as forms write it (`+` for blanks).
fn decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().trim().to_owned()
}

/// A time; of a day alone its beginning (UTC), or so much later.
fn time(text: &str, later_ms: i64) -> Option<Instant> {
    let day = Instant::parse_rfc3339(&format!("{text}T00:00:00Z")).map(|day| day.plus_ms(later_ms));
    day.or_else(|| Instant::parse_rfc3339(text)).filter(|at| {
        // Years of four digits: others cannot be written.
        (0..=253_402_300_799_999).contains(&at.unix_ms())
    })
}

/// A place in a list of operations, newest first: older ones follow. Of those that were accepted at the same time the
/// one with the larger number is the newer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListPlace {
    pub accepted: Instant,
    pub operation: OperationId,
}

impl ListPlace {
    /// Before the newest.
    pub const BEGINNING: Self = Self {
        accepted: Instant::from_unix_ms(i64::MAX),
        operation: OperationId::from_i64(i64::MAX),
    };

    /// As an address says it.
    #[must_use]
    pub fn to_text(self) -> String {
        format!("{}.{}", self.accepted.unix_ms(), self.operation)
    }

    /// The place that a text says.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (accepted, operation) = text.split_once('.')?;
        Some(Self {
            accepted: Instant::from_unix_ms(accepted.parse().ok()?),
            operation: operation.parse().ok()?,
        })
    }
}

/// How many there are, counted as far as it is worth while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoundedCount {
    /// So many.
    Exactly(u64),
    /// So many, and maybe more.
    AtLeast(u64),
}

impl BoundedCount {
    /// As many as were counted.
    #[must_use]
    pub const fn counted(self) -> u64 {
        match self {
            Self::Exactly(many) | Self::AtLeast(many) => many,
        }
    }

    /// What was counted with a bound, one of which more was looked for.
    #[must_use]
    pub const fn of(counted: u64, bound: u64) -> Self {
        if counted > bound { Self::AtLeast(bound) } else { Self::Exactly(counted) }
    }
}
