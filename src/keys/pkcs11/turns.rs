//! One at a time, without waiting for ever: a turn that lasts too long is another's.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::lock;
use crate::keys::Error;

/// Turns that are taken one after the other.
#[derive(Default)]
pub struct Turns {
    state: Mutex<State>,
    free: Condvar,
}

#[derive(Default)]
struct State {
    /// The number of the turn that is taken, and since when.
    taken: Option<(u64, Instant)>,
    last: u64,
}

/// A turn; over when it is dropped.
pub struct Turn<'a> {
    turns: &'a Turns,
    number: u64,
}

impl Turns {
    /// Whether somebody has a turn.
    #[must_use]
    pub fn is_taken(&self) -> bool {
        lock(&self.state).taken.is_some()
    }

    /// Takes the next turn; at once when the present one has lasted `longest`.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] when it did not come in as much time.
    pub fn take(&self, longest: Duration) -> Result<Turn<'_>, Error> {
        let until = Instant::now() + longest;
        let mut state = lock(&self.state);
        loop {
            let left = match state.taken {
                None => Duration::ZERO,
                Some((_, since)) => longest.saturating_sub(since.elapsed()),
            };
            if left.is_zero() {
                state.last += 1;
                let number = state.last;
                state.taken = Some((number, Instant::now()));
                return Ok(Turn { turns: self, number });
            }
            let patience = until.saturating_duration_since(Instant::now());
            if patience.is_zero() {
                return Err(Error::NoAnswer);
            }
            let waited = self.free.wait_timeout(state, left.min(patience));
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Turn<'_> {
    /// Its number: each turn has the next one.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut state = lock(&self.turns.state);
        if state.taken.is_some_and(|(number, _)| number == self.number) {
            state.taken = None;
            self.turns.free.notify_one();
        }
    }
}
