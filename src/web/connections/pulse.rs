//! What a connection is doing, and until when it may. Its octets (`line`) and its requests tell; its
//! task asks.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::ConnectionsConfig;

/// The pulse of one connection.
pub(in crate::web) struct Pulse {
    state: Mutex<State>,
    /// Rings when the connection has to end.
    end: Notify,
}

struct State {
    /// Requests that are not answered to their last octet.
    requests: usize,
    /// Since when answers wait for the client to take more of them, by request.
    owed: BTreeMap<u64, Instant>,
    next: u64,
    /// Whether there was a request.
    used: bool,
    /// Whether requests share the connection: then octets between two of them begin none.
    shared: bool,
    /// Since when it rests.
    since: Instant,
    /// When the first octet of the next request came.
    heard: Option<Instant>,
    /// Since when the client takes nothing of what waits for it.
    stalled: Option<Instant>,
    /// Whether it was told to end.
    ended: bool,
}

/// A request in work; over when it is dropped.
pub(in crate::web) struct AtWork {
    pulse: Arc<Pulse>,
    number: u64,
    /// Whether others share its connection.
    pub(in crate::web) shared: bool,
}

impl Pulse {
    pub(in crate::web) fn new() -> Arc<Self> {
        let state = State {
            requests: 0,
            owed: BTreeMap::new(),
            next: 0,
            used: false,
            shared: false,
            since: Instant::now(),
            heard: None,
            stalled: None,
            ended: false,
        };
        Arc::new(Self { state: Mutex::new(state), end: Notify::new() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request has come whole, as far as its head goes.
    pub(in crate::web) fn begin(self: &Arc<Self>, shared: bool) -> AtWork {
        let mut state = self.state();
        state.requests += 1;
        state.used = true;
        state.shared = shared;
        state.heard = None;
        let number = state.next;
        state.next += 1;
        drop(state);
        AtWork { pulse: Arc::clone(self), number, shared }
    }

    /// Octets came.
    pub(super) fn heard(&self) {
        let mut state = self.state();
        if state.requests == 0 {
            state.heard.get_or_insert_with(Instant::now);
        }
    }

    /// The client took octets.
    pub(super) fn taken(&self) {
        let mut state = self.state();
        state.stalled = None;
        // On a shared one a client gets octets for its PINGs too; there requests alone are a use.
        if state.used && !state.shared {
            state.since = Instant::now();
        }
    }

    /// There are octets that the client does not take.
    pub(super) fn stalled(&self) {
        self.state().stalled.get_or_insert_with(Instant::now);
    }

    /// Until when the connection may go on as it does; `None` while a request is in work.
    pub(in crate::web) fn until(&self, limits: &ConnectionsConfig) -> Option<Instant> {
        let state = self.state();
        if let Some(stalled) = state.stalled {
            return Some(stalled + limits.answer_idle());
        }
        // Of what shares a connection any part may wait for the client while the octets flow.
        if let Some(owed) = state.owed.values().min() {
            return Some(*owed + limits.answer_idle());
        }
        match (state.requests, state.heard) {
            (0, _) if !state.used => Some(state.since + limits.head()),
            (0, Some(heard)) if !state.shared => Some(heard + limits.head()),
            (0, _) => Some(state.since + limits.idle()),
            _ => None,
        }
    }

    /// Since when the connection rests; `None` while it does something, or when it ends already.
    pub(super) fn resting(&self) -> Option<Instant> {
        let state = self.state();
        (state.requests == 0 && state.stalled.is_none() && !state.ended).then_some(state.since)
    }

    /// Ends the connection.
    pub(super) fn end(&self) {
        self.state().ended = true;
        self.end.notify_one();
    }

    /// Returns when the connection is to end.
    pub(in crate::web) async fn ended(&self, limits: &ConnectionsConfig) {
        // No limit begins to count and is over between two looks.
        let look = limits.head().min(limits.idle()).min(limits.answer_idle());
        let look = look.max(Duration::from_millis(1));
        let over = async {
            loop {
                let now = Instant::now();
                let until = self.until(limits).unwrap_or(now + look);
                if until <= now {
                    return;
                }
                tokio::time::sleep_until(until.min(now + look)).await;
            }
        };
        tokio::select! {
            () = over => {}
            () = self.end.notified() => {}
        }
    }
}

impl AtWork {
    /// There is something for the client to take.
    pub(in crate::web) fn offers(&self) {
        if self.shared {
            self.pulse.state().owed.insert(self.number, Instant::now());
        }
    }

    /// What comes next is ours to bring.
    pub(in crate::web) fn owes(&self) {
        if self.shared {
            self.pulse.state().owed.remove(&self.number);
        }
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        let mut state = self.pulse.state();
        state.owed.remove(&self.number);
        state.requests = state.requests.saturating_sub(1);
        state.since = Instant::now();
    }
}
