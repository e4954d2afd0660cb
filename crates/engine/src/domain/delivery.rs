//! Delivery: who is told, by what message, how often it is tried. Rooms that send know nothing of
//! these rules; rooms that decide know nothing of SMTP and HTTP.

use std::collections::HashMap;
use std::fmt;

/// A mail address (RFC 5321 4.1.2 `Mailbox`, RFC 6531 for other scripts), without a display name.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct MailAddress(String);

impl MailAddress {
    /// Domains of the highest level in which nobody on the internet receives mail: of special use (RFC 6761,
    /// 6762, 7686, 9476), and those that networks of companies give themselves (RFC 6762, appendix G).
    const LOCAL: [&'static str; 13] = [
        "alt",
        "corp",
        "home",
        "internal",
        "intranet",
        "invalid",
        "lan",
        "local",
        "localdomain",
        "localhost",
        "onion",
        "private",
        "arpa",
    ];

    /// Most octets of an address (RFC 5321 4.5.3.1.3: a path is 256 with its brackets).
    pub const MOST: usize = 254;

    /// Accepts an address; blanks around it are dropped. Quoted local parts and address literals are
    /// refused, as are addresses whose domain has no dot unless it is `localhost`: nobody receives
    /// invoices there, and both are how headers and commands are smuggled.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let options = email_address::Options::default()
            .without_display_text()
            .without_domain_literal()
            .with_no_minimum_sub_domains();
        let parsed = email_address::EmailAddress::parse_with_options(text, options).ok()?;
        let (local, domain) = (parsed.local_part(), parsed.domain());
        let plain = |part: &str| !part.chars().any(|c| c.is_whitespace() || c.is_control());
        let routable = domain.contains('.') || domain.eq_ignore_ascii_case("localhost");
        (text.len() <= Self::MOST
            && plain(text)
            && !local.contains('"')
            && !domain.ends_with('.')
            && routable)
            .then(|| Self(text.to_owned()))
    }

    /// Wraps a stored value.
    #[must_use]
    pub const fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// As given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What two spellings of one mailbox have in common, as far as it can be known: lower case
    /// throughout. (RFC 5321 2.4 lets a host tell local parts apart by case; none that matters does.)
    #[must_use]
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }

    /// Whether only machines of the same house could know its domain: mail to it would go to them, or
    /// nowhere. A number at the end is an address of the network, whatever it looks like.
    #[must_use]
    pub fn is_local(&self) -> bool {
        let top = self.domain().rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        top.starts_with(|c: char| c.is_ascii_digit()) || Self::LOCAL.contains(&top.as_str())
    }

    /// The part behind the @.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

impl fmt::Debug for MailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for MailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a message to one receiver stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeliveryStatus {
    /// Recorded; not tried yet, or waiting for its operation to finish.
    Pending,
    /// The receiving side took it over.
    Sent,
    /// The receiver confirmed it, by opening the link.
    Received,
    /// The last try failed; it is tried again by itself.
    SendingError,
    /// Given up: refused for good, or every try used.
    SendingFailed,
}

impl DeliveryStatus {
    /// All of them, in the order they are shown.
    pub const ALL: [Self; 5] =
        [Self::Pending, Self::Sent, Self::Received, Self::SendingError, Self::SendingFailed];

    /// As stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Sent => "SENT",
            Self::Received => "RECEIVED",
            Self::SendingError => "SENDING_ERROR",
            Self::SendingFailed => "SENDING_FAILED",
        }
    }

    /// The status of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

/// One line for each mailbox among mails, in the order they were named first: received, if one of the mails to it was,
/// else as the newest one stands. Mails are in the order in which they were asked for.
#[must_use]
pub fn standings(
    mails: impl IntoIterator<Item = (MailAddress, DeliveryStatus)>,
) -> Vec<(MailAddress, DeliveryStatus)> {
    let mut lines: Vec<(MailAddress, DeliveryStatus)> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for (address, status) in mails {
        let folded = address.folded();
        match known.get(&folded).and_then(|at| lines.get_mut(*at)) {
            Some((_, DeliveryStatus::Received)) => {}
            Some((_, standing)) => *standing = status,
            None => {
                known.insert(folded, lines.len());
                lines.push((address, status));
            }
        }
    }
    lines
}

/// How a try ended, as far as the one who decides about the next cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The other side took the message over.
    Accepted,
    /// Not now; worth another try (SMTP 4xx, a time-out, HTTP 5xx).
    Later,
    /// Never, for this receiver (SMTP 5xx on RCPT or on the message, HTTP 410).
    Never,
    /// The message is too large for the other side (SMTP 552, RFC 3463 X.3.4); a smaller one may pass.
    TooLarge,
    /// The way there is closed for everybody (no connection, TLS, AUTH or MAIL refused): says nothing
    /// about this receiver, and is not counted as a try.
    Relay,
}

impl Verdict {
    /// As stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "ACCEPTED",
            Self::Later => "LATER",
            Self::Never => "NEVER",
            Self::TooLarge => "TOO_LARGE",
            Self::Relay => "RELAY",
        }
    }
}

/// A try as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// How it ended.
    pub verdict: Verdict,
    /// Whether the message may have been taken over all the same: everything was sent and no answer
    /// was seen.
    pub ambiguous: bool,
    /// The step it ended at: `connect`, `tls`, `ehlo`, `auth`, `mail`, `rcpt`, `data`, `message` or, of
    /// a webhook, `resolve`, `connect`, `tls`, `request`, `response`.
    pub phase: &'static str,
    /// The other side's words, or ours about it; at most [`Tried::REPLY_LIMIT`] characters.
    pub reply: String,
    /// What the other side asked us to wait at least (HTTP Retry-After), in milliseconds.
    pub wait_ms: Option<i64>,
}

impl Tried {
    /// Most characters of a reply that are kept.
    pub const REPLY_LIMIT: usize = 500;

    /// A try that ended.
    #[must_use]
    pub fn new(verdict: Verdict, phase: &'static str, reply: &str) -> Self {
        let plain = |c: char| if c.is_control() { ' ' } else { c };
        let reply = reply.trim().chars().take(Self::REPLY_LIMIT).map(plain).collect();
        Self { verdict, ambiguous: false, phase, reply, wait_ms: None }
    }

    /// The same try, with everything sent and no answer seen.
    #[must_use]
    pub fn but_ambiguous(mut self) -> Self {
        self.ambiguous = true;
        self
    }
}

/// The waits between tries, in milliseconds; one more try than waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ladder(Vec<i64>);

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

impl Ladder {
    /// Three retries, as the documentation of Sign'Stash promises; spread so that greylisting (RFC
    /// 6647, some minutes) is survived.
    #[must_use]
    pub fn compat() -> Self {
        Self(vec![5 * MINUTE, 30 * MINUTE, 4 * HOUR])
    }

    /// Several days: two tries in the first hour, then at least half an hour apart, giving up after
    /// four to five days (RFC 5321 4.5.4.1).
    #[must_use]
    pub fn standard() -> Self {
        let hours = [1, 2, 4, 8, 16, 24, 24, 24];
        Self([30 * MINUTE].into_iter().chain(hours.map(|hours| hours * HOUR)).collect())
    }

    /// The schedule of the Standard Webhooks specification.
    #[must_use]
    pub fn webhook() -> Self {
        let minutes = [5, 30, 2 * 60, 5 * 60, 10 * 60, 14 * 60, 20 * 60, 24 * 60];
        Self([5_000].into_iter().chain(minutes.map(|minutes| minutes * MINUTE)).collect())
    }

    /// A ladder of somebody's own.
    #[must_use]
    pub const fn of(waits_ms: Vec<i64>) -> Self {
        Self(waits_ms)
    }

    /// The built-in ladder of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "compat" => Some(Self::compat()),
            "standard" => Some(Self::standard()),
            "webhook" => Some(Self::webhook()),
            _ => None,
        }
    }

    /// The wait after a number of failed tries, moved by up to a fifth either way; `None` when that was
    /// the last one. `random` decides how far.
    #[must_use]
    pub fn wait_ms(&self, failed_tries: u32, random: u16) -> Option<i64> {
        let step = usize::try_from(failed_tries.saturating_sub(1)).ok()?;
        let wait = *self.0.get(step)?;
        // From 0.8 to 1.2.
        let most = i64::from(u16::MAX);
        Some(wait.saturating_mul(most * 4 / 5 + i64::from(random) * 2 / 5) / most)
    }

    /// How often a message is tried at most.
    #[must_use]
    pub fn tries(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap_or(u32::MAX).saturating_add(1)
    }
}
