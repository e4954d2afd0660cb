//! The mail server of a client service, as it is kept.

use super::delivery::MailAddress;

/// A mail server and in whose name it is used. The password is kept apart, encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmtpSettings {
    /// For people.
    pub description: String,
    pub host: String,
    pub port: u16,
    /// `starttls` (required), `implicit` or `none`.
    pub security: String,
    /// Sender.
    pub from: MailAddress,
    /// Display name of the sender; may be empty.
    pub from_name: String,
    /// With it AUTH is required.
    pub username: Option<String>,
    /// Milliseconds for a connection.
    pub connect_timeout_ms: u64,
    /// Milliseconds for the answer to a command.
    pub command_timeout_ms: u64,
    /// Milliseconds for a piece of the message to be taken.
    pub write_timeout_ms: u64,
    /// Whether it is connected to at addresses of the public internet alone.
    pub public_only: bool,
}
