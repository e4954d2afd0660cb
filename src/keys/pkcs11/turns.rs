//! One at a time, without waiting for ever: a turn that lasts too long is another's.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::lock;
use crate::keys::Error;

/// Turns that are taken one after the other.
#[derive(Default)]
pub(super) struct Turns {
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
pub(super) struct Turn<'a> {
    turns: &'a Turns,
    number: u64,
}

impl Turns {
    /// Takes the next turn; at once when the present one has lasted `longest`.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] when it did not come in as much time.
    pub(super) fn take(&self, longest: Duration) -> Result<Turn<'_>, Error> {
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

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut state = lock(&self.turns.state);
        if state.taken.is_some_and(|(number, _)| number == self.number) {
            state.taken = None;
            self.turns.free.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_that_lasts_too_long_is_anothers() {
        let turns = Turns::default();
        let long = Duration::from_mins(1);
        let stuck = turns.take(long).unwrap();
        // Waited for, and taken over when it has lasted too long.
        let next = turns.take(Duration::from_millis(1)).unwrap();
        assert_eq!(next.number, stuck.number + 1);
        // Its end is no longer anybody's business.
        drop(stuck);
        assert!(lock(&turns.state).taken.is_some());
        drop(next);
        assert!(lock(&turns.state).taken.is_none());
    }
}
