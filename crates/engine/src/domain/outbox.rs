//! The outbox: messages that wait, were tried, and ended. One message is one receiver.

use super::delivery::{DeliveryStatus, MailAddress};
use super::ids::{ClientServiceId, EndpointId, EventId, MessageId, OperationId};
use super::instant::Instant;
use super::language::Language;

/// Why a message is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MessageKind {
    /// The client asked for it with the operation.
    Notification,
    /// Somebody asked for it again.
    Resend,
    /// Operators are to know something.
    Alarm,
    /// The test button.
    Test,
    /// A person may set its password.
    Invitation,
    /// An event for a webhook.
    Event,
}

impl MessageKind {
    const ALL: [Self; 6] =
        [Self::Notification, Self::Resend, Self::Alarm, Self::Test, Self::Invitation, Self::Event];

    /// As stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Notification => "NOTIFICATION",
            Self::Resend => "RESEND",
            Self::Alarm => "ALARM",
            Self::Test => "TEST",
            Self::Invitation => "INVITATION",
            Self::Event => "EVENT",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// What messages travel by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    Mail,
    Webhook,
}

impl Channel {
    /// As stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "MAIL",
            Self::Webhook => "WEBHOOK",
        }
    }
}

/// Where a message goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A mailbox, and the language its reader is known to prefer.
    Mail { address: MailAddress, language: Option<Language> },
    /// A webhook endpoint, told of an event.
    Webhook { endpoint: EndpointId, event: EventId },
}

impl Target {
    /// The receiver's own language, when it is known.
    #[must_use]
    pub const fn language(&self) -> Option<Language> {
        match self {
            Self::Mail { language, .. } => *language,
            Self::Webhook { .. } => None,
        }
    }
}

/// A way that messages take: tries on it are limited together, and fail together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Way {
    /// The mail server of a client service, or the installation's.
    Mail(Option<ClientServiceId>),
    /// A webhook endpoint.
    Hook(EndpointId),
}

/// One message to one receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub id: MessageId,
    pub kind: MessageKind,
    /// Whose it is; `None` for the installation's own.
    pub client_service: Option<ClientServiceId>,
    pub operation: Option<OperationId>,
    pub target: Target,
    /// Place among the receivers of the request, from 0.
    pub position: u32,
    /// Whether the documents are to be attached.
    pub attach: bool,
    /// They turned out to be too large for the way: links instead.
    pub links_only: bool,
    /// JSON of what is in no other place: an alarm.
    pub content: Option<String>,
    /// Message-ID of a mail without its angle brackets; the same for every try.
    pub mail_id: Option<String>,
    pub status: DeliveryStatus,
    /// Failed tries that say something about this receiver.
    pub tries: u32,
    /// When it is tried next; while it is being tried, when others may take it over. `None`: it waits
    /// for its operation, or has ended.
    pub next: Option<Instant>,
    pub created: Instant,
    /// When it was due first; `None` while its operation is not finished.
    pub released: Option<Instant>,
    pub ended: Option<Instant>,
    /// The last words about it.
    pub last_reply: Option<String>,
    /// Until when its link opens.
    pub link_expires: Option<Instant>,
    pub link_revoked: Option<Instant>,
    /// When its link was opened first.
    pub opened: Option<Instant>,
}

impl Message {
    /// A message that is due at once and says nothing but what its kind and target say.
    #[must_use]
    pub const fn due(id: MessageId, kind: MessageKind, target: Target, now: Instant) -> Self {
        Self {
            id,
            kind,
            client_service: None,
            operation: None,
            target,
            position: 0,
            attach: false,
            links_only: false,
            content: None,
            mail_id: None,
            status: DeliveryStatus::Pending,
            tries: 0,
            next: Some(now),
            created: now,
            released: Some(now),
            ended: None,
            last_reply: None,
            link_expires: None,
            link_revoked: None,
            opened: None,
        }
    }
}

/// The right to try a message: writes are accepted only under the newest lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageLease {
    pub message: MessageId,
    /// The fencing epoch.
    pub number: u32,
}

/// A try as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub number: u32,
    pub started: Instant,
    /// `None` while it runs.
    pub ended: Option<Instant>,
    /// `ACCEPTED`, `LATER`, `NEVER`, `TOO_LARGE`, `RELAY`, or `INTERRUPTED` by our own end.
    pub verdict: Option<String>,
    /// The message may have arrived although it does not say so.
    pub ambiguous: bool,
    pub phase: Option<String>,
    /// The other side's words.
    pub reply: Option<String>,
}

/// What becomes of a message after a try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// It arrived.
    Sent,
    /// Again at this time; `counted`: the failed try is one of the ladder's.
    Again { at: Instant, counted: bool, links_only: bool },
    /// Given up.
    Failed,
}
