//! Messages on their way in this process: how many, of whom, over which way.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OwnedSemaphorePermit;

use crate::app::App;
use crate::domain::ids::{ClientServiceId, MessageId};
use crate::domain::instant::Instant;
use crate::domain::outbox::{MessageLease, Way};
use crate::store::outbox::DueMailer;

/// Messages on their way in this process.
#[derive(Default)]
pub(super) struct Traffic {
    on: Mutex<OnTheirWay>,
}

/// How many there are, and who had a turn when.
#[derive(Default)]
pub(super) struct OnTheirWay {
    /// By way and client service.
    pub(super) on: HashMap<(Way, Option<ClientServiceId>), usize>,
    /// The last turn of each client service that has something due or on its way.
    pub(super) turns: HashMap<Option<ClientServiceId>, u64>,
    /// The newest turn.
    turn: u64,
    /// The lease of each, and when it ends.
    leases: HashMap<MessageId, (MessageLease, Instant)>,
}

impl OnTheirWay {
    /// The leases that have ended while their messages are on their way: the database was away.
    pub(super) fn overdue(&self, now: Instant) -> Vec<MessageLease> {
        let ended = self.leases.values().filter(|(_, until)| *until <= now);
        ended.map(|(lease, _)| *lease).collect()
    }

    /// Takes note that leases were renewed.
    pub(super) fn renewed(&mut self, leases: &[MessageLease], until: Instant) {
        for lease in leases {
            if let Some(known) = self.leases.get_mut(&lease.message) {
                known.1 = until;
            }
        }
    }

    /// How many there are on each way.
    pub(super) fn ways(&self) -> HashMap<Way, usize> {
        let mut ways = HashMap::new();
        for ((way, _), on) in &self.on {
            *ways.entry(*way).or_default() += on;
        }
        ways
    }

    /// How many there are of each client service.
    pub(super) fn services(&self) -> HashMap<ClientServiceId, usize> {
        let mut services = HashMap::new();
        for ((_, service), on) in &self.on {
            if let Some(service) = service {
                *services.entry(*service).or_default() += on;
            }
        }
        services
    }

    /// Takes note of who has something due. Whoever comes anew has the newest turn: those that wait already
    /// come before.
    pub(super) fn meet(&mut self, due: &[DueMailer]) {
        let turn = self.turn;
        let before = std::mem::take(&mut self.turns);
        let on = self.on.keys().map(|(_, service)| *service);
        let present = on.chain(due.iter().map(|mailer| mailer.client_service));
        self.turns = present.map(|who| (who, before.get(&who).copied().unwrap_or(turn))).collect();
    }
}

impl Traffic {
    pub(super) fn lock(&self) -> MutexGuard<'_, OnTheirWay> {
        self.on.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A message on its way; the way has room again when it is dropped, also by a panic.
pub(super) struct OnItsWay {
    app: Arc<App>,
    traffic: Arc<Traffic>,
    key: (Way, Option<ClientServiceId>),
    lease: MessageLease,
    _permit: OwnedSemaphorePermit,
}

impl OnItsWay {
    pub(super) fn start(
        app: &Arc<App>,
        traffic: &Arc<Traffic>,
        key: (Way, Option<ClientServiceId>),
        (lease, until): (MessageLease, Instant),
        permit: OwnedSemaphorePermit,
    ) -> Self {
        let mut all = traffic.lock();
        all.leases.insert(lease.message, (lease, until));
        *all.on.entry(key).or_default() += 1;
        all.turn += 1;
        let turn = all.turn;
        all.turns.insert(key.1, turn);
        drop(all);
        let (app, traffic) = (Arc::clone(app), Arc::clone(traffic));
        Self { app, traffic, key, lease, _permit: permit }
    }

    /// Takes note that its lease was renewed.
    pub(super) fn renewed(&self, until: Instant) {
        self.traffic.lock().renewed(&[self.lease], until);
    }
}

impl Drop for OnItsWay {
    fn drop(&mut self) {
        let mut all = self.traffic.lock();
        one_less(&mut all.on, &self.key);
        all.leases.remove(&self.lease.message);
        drop(all);
        self.app.outbox_bell.notify_one();
    }
}

fn one_less<K: Eq + Hash>(counts: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count = count.saturating_sub(1);
        if *count == 0 {
            counts.remove(key);
        }
    }
}
