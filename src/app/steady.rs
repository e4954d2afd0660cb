//! Time for leases and waits: it only goes forward, whatever happens to the machine's clock.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant as Ticks};

use super::Clock;
use crate::domain::instant::Instant;

/// A clock that differs by less from what it said before was set, not put right.
const JUMP_MS: i64 = 10_000;

/// How long a jump is spoken of.
const REMEMBERED: Duration = Duration::from_hours(1);

/// Time that only goes forward. With a server as database it is that server's, so that replicas agree;
/// else it is the machine's, but for jumps back.
pub struct Steady {
    state: Mutex<SteadyState>,
}

struct SteadyState {
    /// What the time was, and when that was.
    anchor: (Instant, Ticks),
    /// Whether a database said so.
    of_database: bool,
    /// What the machine's clock said when it was looked at last.
    seen: (Instant, Ticks),
    /// The last jump of the machine's clock, in milliseconds.
    jump: Option<(i64, Ticks)>,
}

impl Steady {
    /// Begins with what a clock says.
    #[must_use]
    pub fn from(clock: &Clock) -> Self {
        let now = (clock.now(), Ticks::now());
        Self {
            state: Mutex::new(SteadyState {
                anchor: now,
                of_database: false,
                seen: now,
                jump: None,
            }),
        }
    }

    /// The present.
    #[must_use]
    pub fn now(&self, clock: &Clock) -> Instant {
        let mut state = self.state();
        let now = after(state.anchor, clock);
        if state.of_database || clock.now() <= now {
            return now;
        }
        state.anchor = (clock.now(), Ticks::now());
        state.anchor.0
    }

    /// Takes over what the database says. A server that comes up with an earlier time is not followed
    /// back: what is leased would stay so.
    pub fn agree(&self, clock: &Clock, database: Instant) {
        // A clock that somebody moves is not wrong.
        if !clock.runs() {
            return;
        }
        let mut state = self.state();
        if !state.of_database || database > after(state.anchor, clock) {
            state.anchor = (database, Ticks::now());
            state.of_database = true;
        }
    }

    /// How many milliseconds the machine's clock is before the database's, or behind it; `None` when none
    /// was asked.
    #[must_use]
    pub fn gap_ms(&self, clock: &Clock) -> Option<i64> {
        let state = self.state();
        let gap = clock.now().unix_ms() - after(state.anchor, clock).unix_ms();
        state.of_database.then_some(gap)
    }

    /// Looks whether the machine's clock jumped since the last look. Returns by how many milliseconds.
    pub fn look(&self, clock: &Clock) -> Option<i64> {
        let mut state = self.state();
        let jump = clock.now().unix_ms() - after(state.seen, clock).unix_ms();
        state.seen = (clock.now(), Ticks::now());
        if !clock.runs() || jump.abs() < JUMP_MS {
            return None;
        }
        state.jump = Some((jump, Ticks::now()));
        Some(jump)
    }

    /// By how many milliseconds the machine's clock jumped lately.
    #[must_use]
    pub fn jumped_ms(&self) -> Option<i64> {
        self.state().jump.filter(|(_, at)| at.elapsed() < REMEMBERED).map(|(jump, _)| jump)
    }

    fn state(&self) -> MutexGuard<'_, SteadyState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the time is now that was this then.
fn after((then, at): (Instant, Ticks), clock: &Clock) -> Instant {
    let elapsed = if clock.runs() { at.elapsed() } else { Duration::ZERO };
    then.plus_ms(i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX))
}
