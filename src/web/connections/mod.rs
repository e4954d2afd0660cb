//! Connections: how many there are, and what each may take its time with. A client that sends half a
//! request, nothing at all, or does not read its answer harms itself only.

mod line;
mod pace;
mod pulse;
mod seats;

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;
use serde::Deserialize;

pub(super) use self::line::Line;
pub(super) use self::pace::Paced;
pub(super) use self::pulse::{AtWork, Pulse};
pub(super) use self::seats::{Seat, Seats, party};

/// Limits of connections.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConnectionsConfig {
    /// Open at once.
    pub most: usize,
    /// Open at once from one address that is no proxy's.
    pub most_per_address: usize,
    /// File descriptors that connections leave to database, token and mail.
    pub descriptors_reserved: usize,
    /// Milliseconds for the head of a request, from its first octet or the begin of the connection.
    pub head_ms: u64,
    /// Octets of a head, request line and headers.
    pub head_bytes: usize,
    /// Headers of a request.
    pub headers: usize,
    /// Milliseconds that a connection may rest between two requests.
    pub idle_ms: u64,
    /// Milliseconds of a body that are free; after them it has to keep the pace.
    pub body_grace_ms: u64,
    /// The pace: octets a second, on the whole.
    pub body_bytes_per_second: u64,
    /// Milliseconds in which a client must take something of an answer that waits for it.
    pub answer_idle_ms: u64,
}

/// Fewer connections than this are not worth to start with.
const FEWEST: usize = 16;

/// A head of one line fits in what hyper wants to have at least.
const LEAST_HEAD_BYTES: usize = 8 * 1024;

impl ConnectionsConfig {
    /// How many connections there may be at once, of `descriptors` that the process may have open.
    ///
    /// # Errors
    /// A sentence, when next to none are left.
    pub fn room(&self, descriptors: Option<u64>) -> Result<usize, String> {
        let Some(descriptors) = descriptors else { return Ok(self.most.max(1)) };
        let descriptors = usize::try_from(descriptors).unwrap_or(usize::MAX);
        let left = descriptors.saturating_sub(self.descriptors_reserved);
        if left < FEWEST.min(self.most) {
            return Err(format!(
                "the process may open {descriptors} files, and web.connections.descriptors_reserved \
                 keeps {} of them: raise the limit (LimitNOFILE= of the unit, ulimit -n)",
                self.descriptors_reserved
            ));
        }
        Ok(self.most.min(left).max(1))
    }

    pub(super) const fn head(&self) -> Duration {
        Duration::from_millis(self.head_ms)
    }

    pub(super) const fn idle(&self) -> Duration {
        Duration::from_millis(self.idle_ms)
    }

    pub(super) const fn answer_idle(&self) -> Duration {
        Duration::from_millis(self.answer_idle_ms)
    }

    pub(super) fn head_bytes(&self) -> usize {
        self.head_bytes.max(LEAST_HEAD_BYTES)
    }
}

/// How many files this process may have open; `None` without a limit.
#[must_use]
pub fn descriptors() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).current
}

/// Whether an address belongs to one of the networks.
pub(super) fn among(networks: &[IpNet], address: IpAddr) -> bool {
    let address = address.to_canonical();
    networks.iter().any(|network| network.contains(&address))
}
