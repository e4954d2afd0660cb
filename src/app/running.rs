//! Operations in work in this process, and who waits for their end.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use crate::domain::ids::{ClientServiceId, OperationId};

/// Operations in work in this process, and a bell for each that rings at its end.
#[derive(Clone, Default)]
pub struct Running {
    bells: Arc<Mutex<HashMap<OperationId, Bell>>>,
    queued: Arc<Mutex<HashMap<ClientServiceId, usize>>>,
}

struct Bell {
    attempt: u32,
    ring: watch::Sender<()>,
}

impl Running {
    /// A receiver that fails when the operation's work here ends; `None` when it is not in work here.
    #[must_use]
    pub fn bell(&self, operation: OperationId) -> Option<watch::Receiver<()>> {
        self.bells().get(&operation).map(|bell| bell.ring.subscribe())
    }

    /// Every operation in work, with its newest attempt.
    #[must_use]
    pub fn all(&self) -> Vec<(OperationId, u32)> {
        self.bells().iter().map(|(operation, bell)| (*operation, bell.attempt)).collect()
    }

    /// How many are in work.
    #[must_use]
    pub fn count(&self) -> usize {
        self.bells().len()
    }

    /// Notes that an operation of a client service was taken up and waits for its turn, until what is
    /// returned is dropped.
    #[must_use]
    pub fn queue(&self, party: ClientServiceId) -> TakenUp {
        *self.queued().entry(party).or_default() += 1;
        TakenUp { running: self.clone(), party }
    }

    /// The client services that have so many in the queue.
    #[must_use]
    pub fn crowded(&self, most: usize) -> Vec<ClientServiceId> {
        let queued = self.queued();
        queued.iter().filter(|(_, count)| **count >= most).map(|(party, _)| *party).collect()
    }

    fn queued(&self) -> std::sync::MutexGuard<'_, HashMap<ClientServiceId, usize>> {
        self.queued.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn bells(&self) -> std::sync::MutexGuard<'_, HashMap<OperationId, Bell>> {
        self.bells.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An operation that was taken up and waits for its turn.
pub struct TakenUp {
    running: Running,
    party: ClientServiceId,
}

impl Drop for TakenUp {
    fn drop(&mut self) {
        let mut queued = self.running.queued();
        if let Some(count) = queued.get_mut(&self.party) {
            *count -= 1;
            if *count == 0 {
                queued.remove(&self.party);
            }
        }
    }
}

/// Work on an operation; the bell rings when it is dropped, also by a panic.
pub struct InWork {
    running: Running,
    operation: OperationId,
    attempt: u32,
}

impl InWork {
    /// Says that an attempt at an operation is in work. A newer attempt takes the bell over, and whoever
    /// waits goes on waiting.
    #[must_use]
    pub fn begin(running: &Running, operation: OperationId, attempt: u32) -> Self {
        let mut bells = running.bells();
        let fresh = || Bell { attempt, ring: watch::channel(()).0 };
        bells.entry(operation).or_insert_with(fresh).attempt = attempt;
        Self { running: running.clone(), operation, attempt }
    }
}

impl Drop for InWork {
    fn drop(&mut self) {
        let mut bells = self.running.bells();
        if bells.get(&self.operation).is_some_and(|bell| bell.attempt == self.attempt) {
            bells.remove(&self.operation);
        }
    }
}
