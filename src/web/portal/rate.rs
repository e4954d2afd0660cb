//! How often the page may be asked for: by link, and by address, so that nobody keeps the service
//! busy. Codes of links cannot be guessed in any case (128 bits).

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Mutex, PoisonError};

use axum::http::HeaderMap;
use ipnet::IpNet;

use crate::domain::ids::MessageId;
use crate::domain::instant::Instant;
use crate::web::connections::{among, party};

/// Requests in a minute with one link.
pub const OF_LINK: u32 = 60;
/// Requests in a minute from one address, behind which a whole company may sit.
pub const FROM_ADDRESS: u32 = 300;
const WINDOW_MS: i64 = 60_000;
/// Visitors remembered at once; beyond it everybody begins anew.
const MOST: usize = 50_000;

/// Who is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Visitor {
    Address(IpAddr),
    Link(MessageId),
}

impl Visitor {
    const fn allowed(self) -> u32 {
        match self {
            Self::Address(_) => FROM_ADDRESS,
            Self::Link(_) => OF_LINK,
        }
    }
}

/// Requests of the current minute.
#[derive(Default)]
pub struct Visits {
    counted: Mutex<HashMap<Visitor, (Instant, u32)>>,
}

impl Visits {
    /// Counts a request.
    ///
    /// # Errors
    /// The seconds until the next one is answered.
    pub fn count(&self, visitor: Visitor, now: Instant) -> Result<(), u64> {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let over = |begun: Instant| !(begun..begun.plus_ms(WINDOW_MS)).contains(&now);
        if counted.len() >= MOST && !counted.contains_key(&visitor) {
            counted.retain(|_, (begun, _)| !over(*begun));
            if counted.len() >= MOST {
                counted.clear();
            }
        }
        let (begun, requests) = counted.entry(visitor).or_insert((now, 0));
        if over(*begun) {
            (*begun, *requests) = (now, 0);
        }
        *requests = requests.saturating_add(1);
        if *requests <= visitor.allowed() {
            return Ok(());
        }
        let left = begun.plus_ms(WINDOW_MS).unix_ms().saturating_sub(now.unix_ms());
        Err(u64::try_from(left).unwrap_or_default().div_ceil(1000).max(1))
    }
}

/// Who is counted for a request: where it comes from; of IPv6 the network of a subscriber (/64).
#[must_use]
pub fn address(peer: Option<SocketAddr>, headers: &HeaderMap, proxies: &[IpNet]) -> IpAddr {
    party(origin(peer, headers, proxies))
}

/// Where a request comes from: the peer's address, or, when the peer is a proxy of ours, the last one that
/// it names.
#[must_use]
pub fn origin(peer: Option<SocketAddr>, headers: &HeaderMap, proxies: &[IpNet]) -> IpAddr {
    let peer = peer.map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |peer| peer.ip());
    let forwarded =
        headers.get_all("x-forwarded-for").iter().next_back().and_then(|value| {
            value.to_str().ok()?.rsplit(',').next()?.trim().parse::<IpAddr>().ok()
        });
    if among(proxies, peer) { forwarded.unwrap_or(peer) } else { peer }
}
