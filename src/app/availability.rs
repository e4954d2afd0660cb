//! Whether somebody who is asked for something answers, as this process knows it: after a restart the first one
//! who asks finds out again.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant as Moment};

use tokio::sync::{Mutex as Turn, MutexGuard as TurnGuard};

use crate::domain::instant::Instant;

/// Somebody who gave nothing when they were asked last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Away {
    /// Since when.
    pub since: Instant,
    /// How often in a row; what was on its way together counts once.
    pub failures: u32,
    /// Why, in words for who operates the service.
    pub words: String,
    rests_until: Moment,
}

/// What is known of somebody.
pub struct Availability {
    rest: Duration,
    rest_at_most: Duration,
    turn: Turn<()>,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    proven: Option<Moment>,
    away: Option<Away>,
}

impl Availability {
    /// Nothing is known yet. Who gives nothing is left alone for so long, doubled every time in a row.
    #[must_use]
    pub fn resting(rest: Duration, rest_at_most: Duration) -> Self {
        Self { rest, rest_at_most, turn: Turn::new(()), seen: Mutex::default() }
    }

    /// Since when they are away, if they are.
    #[must_use]
    pub fn away(&self) -> Option<Away> {
        self.lock().away.clone()
    }

    /// When they gave something last.
    #[must_use]
    pub fn proven(&self) -> Option<Moment> {
        self.lock().proven
    }

    /// Why they are left alone now, if they are.
    #[must_use]
    pub fn rests(&self) -> Option<String> {
        let seen = self.lock();
        let away = seen.away.as_ref().filter(|away| Moment::now() < away.rests_until);
        away.map(|away| away.words.clone())
    }

    /// Waits until nobody else has the turn.
    pub async fn turn(&self) -> TurnGuard<'_, ()> {
        self.turn.lock().await
    }

    /// They gave something. Returns what they were until now, if they were away.
    pub fn came_through(&self) -> Option<Away> {
        let mut seen = self.lock();
        seen.proven = Some(Moment::now());
        seen.away.take()
    }

    /// They gave nothing; they are left alone for a while, which doubles every time. Whether they were not away
    /// before.
    pub fn found_away(&self, now: Instant, words: &str) -> bool {
        let mut seen = self.lock();
        let (moment, is_new) = (Moment::now(), seen.away.is_none());
        let fresh = || Away { since: now, failures: 0, words: String::new(), rests_until: moment };
        let away = seen.away.get_or_insert_with(fresh);
        if away.failures == 0 || moment >= away.rests_until {
            let rest = self.rest.saturating_mul(1_u32 << away.failures.min(20));
            away.failures = away.failures.saturating_add(1);
            away.rests_until = moment + rest.min(self.rest_at_most);
        }
        words.clone_into(&mut away.words);
        is_new
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
