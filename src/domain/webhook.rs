//! Webhooks: the events that are told.

/// A kind of event. Names are those that receivers see in `type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// An operation ended with at least one sealed document.
    OperationFinished,
    /// An operation ended without one.
    OperationFailed,
    /// A document was sealed.
    DocumentSealed,
    /// A document will not be sealed under this operation.
    DocumentFailed,
    /// A receiver's mail server took a notification over.
    NotificationSent,
    /// A notification was given up.
    NotificationFailed,
    /// A receiver opened the link of a notification.
    NotificationReceived,
    /// A credential of the client service ends soon, or has ended.
    CredentialExpiring,
    /// The test button.
    WebhookTest,
}

impl EventKind {
    /// All of them.
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

    /// As stored and shown.
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
}
