//! Names into addresses, and only into such as may be connected to. Asked for each new connection, which
//! then goes to exactly what was judged: a name that changes its mind in between gains nothing.

use std::net::SocketAddr;
use std::sync::Arc;

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use thiserror::Error;

use super::address::is_allowed;

/// Most addresses of one name that are looked at.
const ADDRESSES_MOST: usize = 32;

/// A name leads nowhere: the name service does not know it, or knows only addresses that are refused. Those who
/// name them learn neither which nor where: they would learn the names of the house.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "the name {name} leads to no address on the public internet; an operator can allow a network of the \
     house in {setting}"
)]
pub(super) struct Unresolved {
    name: String,
    /// Where networks are allowed.
    setting: &'static str,
}

/// Asks another resolver and keeps what is allowed.
pub(super) struct Guarded {
    pub(super) inner: Arc<dyn Resolve>,
    pub(super) allowed: Arc<[IpNet]>,
    /// The setting that allows networks.
    pub(super) setting: &'static str,
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let (host, setting) = (name.as_str().to_owned(), self.setting);
        let (asked, allowed) = (self.inner.resolve(name), Arc::clone(&self.allowed));
        Box::pin(async move {
            let unknown = |_| Unresolved { name: host.clone(), setting };
            let all: Vec<SocketAddr> = asked.await.map_err(unknown)?.take(ADDRESSES_MOST).collect();
            let good: Vec<SocketAddr> =
                all.iter().copied().filter(|each| is_allowed(each.ip(), &allowed)).collect();
            if good.is_empty() {
                if let Some(first) = all.first() {
                    tracing::warn!(name = %host, address = %first.ip(),
                        setting, "a name leads to where nothing is sent");
                }
                return Err(Unresolved { name: host, setting }.into());
            }
            Ok(Box::new(good.into_iter()) as Addrs)
        })
    }
}

/// The resolver of the system.
pub(super) struct System;

impl Resolve for System {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(Box::new(found.collect::<Vec<_>>().into_iter()) as Addrs)
        })
    }
}
