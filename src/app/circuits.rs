//! Mail servers that refuse everybody.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::domain::ids::ClientServiceId;
use crate::domain::instant::Instant;

/// Mail servers (of a client service, or `None` for the installation's) that were found closed for
/// everybody. Kept by this process: after a restart the first message finds out again.
#[derive(Default)]
pub struct Circuits {
    open: Mutex<HashMap<Option<ClientServiceId>, Circuit>>,
}

/// Which mail server was found closed.
#[derive(Clone, Copy, Debug)]
pub struct Closed {
    /// Of a client service, or `None` for the installation's.
    pub account: Option<ClientServiceId>,
    /// Of its settings.
    pub revision: i64,
}

/// A way that was found closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Circuit {
    /// Of this state of the server's settings; another one may be open.
    pub revision: i64,
    /// Since when.
    pub since: Instant,
    /// Before this nobody tries; then one does.
    pub rests_until: Instant,
    /// How often it was found closed in a row.
    pub failures: u32,
    /// What was said.
    pub words: String,
}

impl Circuits {
    /// The circuit of a way, when it is open.
    #[must_use]
    pub fn of(&self, way: Option<ClientServiceId>) -> Option<Circuit> {
        self.lock().get(&way).cloned()
    }

    /// Every open circuit.
    #[must_use]
    pub fn all(&self) -> Vec<(Option<ClientServiceId>, Circuit)> {
        self.lock().iter().map(|(way, circuit)| (*way, circuit.clone())).collect()
    }

    /// Somebody came through.
    pub fn close(&self, way: Option<ClientServiceId>) {
        self.lock().remove(&way);
    }

    /// Nobody comes through; rests for `rest_ms`, doubled for every time in a row up to `most_ms`.
    pub fn found_closed(
        &self,
        Closed { account: way, revision }: Closed,
        now: Instant,
        (rest_ms, most_ms): (i64, i64),
        words: &str,
    ) -> Circuit {
        let mut open = self.lock();
        let fresh = || Circuit {
            revision,
            since: now,
            rests_until: now,
            failures: 0,
            words: String::new(),
        };
        let circuit = open.entry(way).or_insert_with(fresh);
        if circuit.revision != revision {
            *circuit = fresh();
        }
        // Those that were on their way together are one finding.
        if circuit.failures == 0 || now >= circuit.rests_until {
            let doubled = rest_ms.saturating_mul(1_i64 << circuit.failures.min(20));
            circuit.failures = circuit.failures.saturating_add(1);
            circuit.rests_until = now.plus_ms(doubled.min(most_ms));
        }
        words.clone_into(&mut circuit.words);
        circuit.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Option<ClientServiceId>, Circuit>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
