//! A relay and how it is spoken to. The password never shows.

use std::net::IpAddr;
use std::sync::Arc;

use secrecy::SecretString;
use serde::Deserialize;

use super::compose::Letter;
use super::dkim::DkimKey;
use crate::domain::delivery::MailAddress;
use crate::outbound::address::is_public;

/// How the way to the relay is protected. There is no "if possible": whoever sits between could always
/// make it impossible (RFC 8314 3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// STARTTLS, required (RFC 3207).
    #[default]
    Starttls,
    /// TLS from the first byte (SMTPS; RFC 8314 3.3).
    Implicit,
    /// Clear text, for a relay on the same machine.
    None,
}

impl Security {
    const ALL: [Self; 3] = [Self::Starttls, Self::Implicit, Self::None];

    /// As stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Starttls => "starttls",
            Self::Implicit => "implicit",
            Self::None => "none",
        }
    }

    /// The protection of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|security| security.as_str() == name)
    }

    /// The port where such a relay usually listens.
    #[must_use]
    pub const fn usual_port(self) -> u16 {
        match self {
            Self::Starttls => 587,
            Self::Implicit => 465,
            Self::None => 25,
        }
    }
}

/// How long is waited for what, in milliseconds; each holds for a whole step, however slowly the other
/// side trickles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For a TCP connection.
    pub connect_ms: u64,
    /// For the greeting, a TLS handshake, and the answer to each command.
    pub command_ms: u64,
    /// For a piece of the message to be taken (64 KiB).
    pub write_ms: u64,
    /// For the whole message to be taken, and again for the answer to it (RFC 5321 4.5.3.2.6).
    pub data_ms: u64,
    /// How long an unused connection is kept.
    pub idle_ms: u64,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect_ms: 10_000,
            command_ms: 60_000,
            write_ms: 20_000,
            data_ms: 600_000,
            idle_ms: 30_000,
        }
    }
}

/// Who we are to a relay.
#[derive(Clone, Debug)]
pub struct Login {
    /// User name.
    pub username: String,
    /// Password.
    pub password: SecretString,
}

/// A relay, and in whose name it is given mail.
#[derive(Clone, Debug)]
pub struct Account {
    /// Name or address of the relay; its certificate must carry it.
    pub host: String,
    /// Port of the relay.
    pub port: u16,
    /// How the way there is protected.
    pub security: Security,
    /// Sender, in the letter and in the envelope.
    pub from: MailAddress,
    /// Display name of the sender; may be empty.
    pub from_name: String,
    /// With it AUTH is required, without it none is tried. Never sent in clear text, except to this
    /// same machine.
    pub login: Option<Login>,
    /// How long is waited for what.
    pub timeouts: Timeouts,
    /// Certificates (PEM) that are trusted beside those of the system.
    pub ca_pem: Option<Arc<[u8]>>,
    /// How we name ourselves in EHLO; empty: an address literal.
    pub ehlo_name: String,
    /// Connections open at once.
    pub connections: usize,
    /// Signs every letter, if there is one.
    pub dkim: Option<Arc<DkimKey>>,
    /// Whether connections go to addresses of the public internet alone: whose server it is does not manage the
    /// installation.
    pub public_only: bool,
}

impl Account {
    /// An account with usual settings.
    #[must_use]
    pub fn new(host: &str, port: u16, security: Security, from: MailAddress) -> Self {
        Self {
            host: host.to_owned(),
            port,
            security,
            from,
            from_name: String::new(),
            login: None,
            timeouts: Timeouts::default(),
            ca_pem: None,
            ehlo_name: String::new(),
            connections: 4,
            dkim: None,
            public_only: false,
        }
    }

    /// The letter as it goes to the relay: composed, and signed if the account has a DKIM key. The same
    /// letter gives the same bytes, so it may be composed anew for each try.
    ///
    /// # Errors
    /// What about the letter cannot be written, or that the key does not sign.
    pub fn compose(&self, letter: &Letter) -> Result<Vec<u8>, String> {
        let message = letter.compose()?;
        match &self.dkim {
            Some(key) => key.sign(&message, letter.date).map_err(|error| error.to_string()),
            None => Ok(message),
        }
    }

    /// Whether the relay is this same machine, by its name.
    pub(super) fn is_here(&self) -> bool {
        if self.public_only {
            return false;
        }
        self.host.eq_ignore_ascii_case("localhost")
            || self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

/// Whether a server of this name can be on the public internet: an address tells at once, where a name leads is judged
/// at every connection.
#[must_use]
pub fn may_be_public(host: &str) -> bool {
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    match host.parse::<IpAddr>() {
        Ok(address) => is_public(address),
        Err(_) => name != "localhost" && !name.ends_with(".localhost"),
    }
}
