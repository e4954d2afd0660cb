//! What is known of each key: when it signed last, and since when it does not.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::{Error, ErrorClass};
use crate::domain::sources::sources;
use crate::pki::signature::CheckedValue;

/// After a failure a key is not asked for documents for so long, as it is probed meanwhile: a back-end that
/// does not answer must not keep everybody busy.
const LEFT_TO_PROBES: Duration = Duration::from_secs(30);

/// A key: the name of its back-end and the fingerprint of its public half.
pub type KeyName = (String, [u8; 32]);

/// A key as it was seen last.
#[derive(Clone, Debug, Default)]
pub struct Proof {
    /// When it signed last, in this process.
    pub proven: Option<Instant>,
    /// Since when it does not.
    pub failing: Option<Failing>,
}

/// A key that does not sign.
#[derive(Clone, Debug)]
pub struct Failing {
    /// Since when.
    pub since: Instant,
    /// When it was asked last.
    pub asked: Instant,
    /// How often in a row it failed; 0 when it is to be asked again at once.
    pub tries: u32,
    /// Why, in words for the log.
    pub words: String,
    /// It answered, and never signs what it was asked for.
    pub refuses: bool,
}

impl Proof {
    /// Why the key is not to be asked for documents now. One that refuses for good is asked all the same:
    /// its documents end by that, and do not wait.
    #[must_use]
    pub fn rests(&self) -> Option<&str> {
        let failing = self.failing.as_ref()?;
        (!failing.refuses && failing.asked.elapsed() < LEFT_TO_PROBES)
            .then_some(failing.words.as_str())
    }
}

/// What is known of all keys, and a bell that rings when one signs again.
#[derive(Default)]
pub(super) struct Proofs {
    keys: Mutex<HashMap<KeyName, Proof>>,
    healed: Mutex<Vec<KeyName>>,
    /// Of back-ends: whether they could be used when they were asked last, and when that was.
    conditions: Mutex<HashMap<String, (Instant, bool)>>,
    pub(super) bell: Notify,
}

impl Proofs {
    pub(super) fn of(&self, name: &KeyName) -> Proof {
        self.lock().get(name).cloned().unwrap_or_default()
    }

    /// Notes what a key answered. One that was only busy, or that never signs what it was asked for, has
    /// not failed.
    pub(super) fn note(&self, name: &KeyName, values: &[Result<CheckedValue, Error>]) {
        if values.iter().any(Result::is_ok) {
            return self.note_success(name);
        }
        let failure = values
            .iter()
            .filter_map(|value| value.as_ref().err())
            .find(|error| matches!(error.class(), ErrorClass::Transient | ErrorClass::Blocked));
        if let Some(error) = failure {
            self.note_failure(name, error);
        }
    }

    fn note_success(&self, name: &KeyName) {
        let mut keys = self.lock();
        let proof = keys.entry(name.clone()).or_default();
        let healed = proof.proven.is_none() || proof.failing.is_some();
        *proof = Proof { proven: Some(Instant::now()), failing: None };
        if !healed {
            return;
        }
        // What failed beside it may have had the same cause.
        for (other, proof) in keys.iter_mut() {
            if let Some(failing) = proof.failing.as_mut().filter(|_| other.0 == name.0) {
                failing.tries = 0;
            }
        }
        drop(keys);
        tracing::info!(backend = %name.0, key = %short(name), "the key signs");
        self.healed.lock().unwrap_or_else(PoisonError::into_inner).push(name.clone());
        self.bell.notify_one();
    }

    pub(super) fn note_failure(&self, name: &KeyName, error: &Error) {
        let now = Instant::now();
        let words = sources(error);
        let mut keys = self.lock();
        let proof = keys.entry(name.clone()).or_default();
        if proof.failing.is_none() {
            tracing::warn!(backend = %name.0, key = %short(name), error = %words,
                "the key does not sign; it is probed until it does");
        }
        let fresh =
            Failing { since: now, asked: now, tries: 0, words: String::new(), refuses: false };
        let failing = proof.failing.get_or_insert(fresh);
        (failing.asked, failing.words) = (now, words);
        failing.refuses = error.class() == ErrorClass::Final;
        failing.tries = failing.tries.saturating_add(1);
    }

    /// Forgets what is known of a key: it is asked at once, and when it signs that is told.
    pub(super) fn forget(&self, name: &KeyName) {
        self.lock().remove(name);
    }

    /// The keys that signed for the first time, or again, since this was asked last.
    pub(super) fn take_healed(&self) -> Vec<KeyName> {
        std::mem::take(&mut self.healed.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn note_condition(&self, backend: &str, good: bool) {
        let mut conditions = self.conditions.lock().unwrap_or_else(PoisonError::into_inner);
        conditions.insert(backend.to_owned(), (Instant::now(), good));
    }

    pub(super) fn condition(&self, backend: &str) -> Option<(Instant, bool)> {
        let conditions = self.conditions.lock().unwrap_or_else(PoisonError::into_inner);
        conditions.get(backend).copied()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<KeyName, Proof>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn short((_, fingerprint): &KeyName) -> String {
    crate::domain::text::hex(fingerprint.get(..8).unwrap_or_default())
}
