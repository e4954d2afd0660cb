//! Webhooks: what is told, to whom. How it is signed is `pki::webhook_signature`, how it is sent
//! `outbound::webhook`, when it is tried again [`Ladder::webhook`](super::delivery::Ladder::webhook).

use super::ids::{ClientServiceId, EndpointId};
use super::instant::{DAY_MS, Instant};

/// What happened: the `type` of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventKind {
    /// An operation ended with at least one sealed document.
    OperationFinished,
    /// An operation ended without one.
    OperationFailed,
    /// A document was sealed.
    DocumentSealed,
    /// A document will not be sealed under this operation.
    DocumentFailed,
    /// A receiver's mail was taken over by the receiving side.
    NotificationSent,
    /// A receiver's mail was given up.
    NotificationFailed,
    /// A receiver opened the link of a notification.
    NotificationReceived,
    /// A credential of the client service ends soon, or has ended.
    CredentialExpiring,
    /// The test button.
    WebhookTest,
}

impl EventKind {
    /// All there are.
    pub const ALL: [Self; 9] = [
        Self::OperationFinished,
        Self::OperationFailed,
        Self::DocumentSealed,
        Self::DocumentFailed,
        Self::NotificationSent,
        Self::NotificationFailed,
        Self::NotificationReceived,
        Self::CredentialExpiring,
        Self::WebhookTest,
    ];

    /// As stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OperationFinished => "operation.finished",
            Self::OperationFailed => "operation.failed",
            Self::DocumentSealed => "document.sealed",
            Self::DocumentFailed => "document.failed",
            Self::NotificationSent => "notification.sent",
            Self::NotificationFailed => "notification.failed",
            Self::NotificationReceived => "notification.received",
            Self::CredentialExpiring => "credential.expiring",
            Self::WebhookTest => "webhook.test",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Whether an endpoint can ask for it. A test is sent to the one endpoint that is tested, whatever
    /// that one asked for.
    #[must_use]
    pub const fn is_subscribable(self) -> bool {
        !matches!(self, Self::WebhookTest)
    }
}

/// Whether an endpoint is sent anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndpointStatus {
    /// It is.
    Active,
    /// It is not, until somebody enables it again.
    Disabled {
        /// Who decided.
        reason: DisabledReason,
        /// When.
        since: Instant,
    },
}

/// Why an endpoint is sent nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisabledReason {
    /// Somebody asked for it.
    Asked,
    /// It answered 410 Gone.
    Gone,
    /// Nothing was taken over for [`Endpoint::FAILING_MOST_MS`].
    Failing,
}

impl DisabledReason {
    const ALL: [Self; 3] = [Self::Asked, Self::Gone, Self::Failing];

    /// As stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "ASKED",
            Self::Gone => "GONE",
            Self::Failing => "FAILING",
        }
    }

    /// The reason of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text)
    }
}

/// A place that a client service wants events sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    pub id: EndpointId,
    pub client_service: ClientServiceId,
    pub url: String,
    /// What it is told; empty: everything.
    pub events: Vec<EventKind>,
    pub description: String,
    pub status: EndpointStatus,
    pub created: Instant,
}

impl Endpoint {
    /// Most octets of an address.
    pub const URL_MOST: usize = 2000;
    /// Most characters of a description.
    pub const DESCRIPTION_MOST: usize = 200;
    /// How many endpoints a client service has at most: each that hangs takes a place of the senders.
    pub const PER_CLIENT_SERVICE: usize = 5;
    /// How long an endpoint may refuse everything before it is disabled: five days.
    pub const FAILING_MOST_MS: i64 = 5 * DAY_MS;

    /// Whether it asked for events of that kind.
    #[must_use]
    pub fn is_about(&self, kind: EventKind) -> bool {
        kind.is_subscribable() && (self.events.is_empty() || self.events.contains(&kind))
    }

    /// Whether events of that kind are sent there now.
    #[must_use]
    pub fn wants(&self, kind: EventKind) -> bool {
        self.status == EndpointStatus::Active && self.is_about(kind)
    }
}

/// How events for an endpoint are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignatureScheme {
    /// `v1`: HMAC-SHA-256 with a secret that both sides have.
    Hmac,
    /// `v1a`: Ed25519, the receiver has the public key only.
    Ed25519,
}

impl SignatureScheme {
    const ALL: [Self; 2] = [Self::Hmac, Self::Ed25519];

    /// As stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hmac => "HMAC",
            Self::Ed25519 => "ED25519",
        }
    }

    /// The scheme of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scheme| scheme.as_str() == text)
    }
}
