//! Who may be connected: so many in all, and so many from one address. When there is no room, a
//! connection that rests makes place for one that comes.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ipnet::IpNet;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Pulse, among};

/// How long a connection that is ended may take to be gone.
const LEAVING: Duration = Duration::from_secs(1);

/// All seats.
pub(in crate::web) struct Seats {
    free: Arc<Semaphore>,
    per_address: usize,
    /// From these may come as many as there are seats.
    proxies: Vec<IpNet>,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    next: u64,
    connections: HashMap<u64, (IpAddr, Arc<Pulse>)>,
    by_address: HashMap<IpAddr, usize>,
}

/// The seat of a connection; free again when it is dropped.
pub(in crate::web) struct Seat {
    seats: Arc<Seats>,
    number: u64,
    _permit: OwnedSemaphorePermit,
}

impl Seats {
    pub(in crate::web) fn new(most: usize, per_address: usize, proxies: Vec<IpNet>) -> Arc<Self> {
        let free = Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS)));
        Arc::new(Self { free, per_address: per_address.max(1), proxies, taken: Mutex::default() })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A seat for a connection from `peer`; `None` when every other that could make place for it is at
    /// work.
    pub(in crate::web) async fn take(
        self: &Arc<Self>,
        peer: IpAddr,
        pulse: &Arc<Pulse>,
    ) -> Option<Seat> {
        let address = party(peer);
        if !among(&self.proxies, peer) && !self.taken().makes_room(address, self.per_address) {
            return None;
        }
        let permit = match Arc::clone(&self.free).try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => {
                self.taken().longest_resting(None)?.end();
                let freed = Arc::clone(&self.free).acquire_owned();
                tokio::time::timeout(LEAVING, freed).await.ok()?.ok()?
            }
        };
        let mut taken = self.taken();
        let number = taken.next;
        taken.next += 1;
        taken.connections.insert(number, (address, Arc::clone(pulse)));
        *taken.by_address.entry(address).or_default() += 1;
        drop(taken);
        Some(Seat { seats: Arc::clone(self), number, _permit: permit })
    }
}

impl Taken {
    /// Whether the address may have one more, when need be instead of one that rests.
    fn makes_room(&self, address: IpAddr, most: usize) -> bool {
        if self.by_address.get(&address).is_none_or(|taken| *taken < most) {
            return true;
        }
        let resting = self.longest_resting(Some(address));
        if let Some(pulse) = &resting {
            pulse.end();
        }
        resting.is_some()
    }

    fn longest_resting(&self, from: Option<IpAddr>) -> Option<Arc<Pulse>> {
        self.connections
            .values()
            .filter(|(address, _)| from.is_none_or(|from| from == *address))
            .filter_map(|(_, pulse)| Some((pulse.resting()?, pulse)))
            .min_by_key(|(since, _)| *since)
            .map(|(_, pulse)| Arc::clone(pulse))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken();
        if let Some((address, _)) = taken.connections.remove(&self.number)
            && let Some(count) = taken.by_address.get_mut(&address)
        {
            *count -= 1;
            if *count == 0 {
                taken.by_address.remove(&address);
            }
        }
    }
}

/// Who is counted as one: an address; of IPv6 the network of a subscriber (/64).
pub(in crate::web) fn party(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)))
        }
        address @ IpAddr::V4(_) => address,
    }
}
