//! What clients and strangers do too much of, remembered until operators are told.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::alarm::Alarm;
use crate::domain::ids::CompanyId;
use crate::domain::instant::Instant;

/// Excesses that were noted lately, by the name of their alarm. Kept by this process: after a restart the next
/// one is noted anew.
#[derive(Default)]
pub struct Excesses {
    noted: Mutex<BTreeMap<String, Excess>>,
}

/// Something that somebody does too much of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excess {
    /// As it was the last time.
    pub alarm: Alarm,
    /// Whose client service it is about.
    pub company: Option<CompanyId>,
    /// When it was noted first.
    pub since: Instant,
    /// And last.
    pub last: Instant,
}

impl Excesses {
    /// Most that are remembered; who comes later is not told of until there is room.
    pub const MOST: usize = 1000;
    /// After so long without another it is over.
    pub const OVER_MS: i64 = 60 * 60 * 1000;

    /// Notes an excess.
    pub fn note(&self, name: String, alarm: Alarm, company: Option<CompanyId>, now: Instant) {
        let mut noted = self.lock();
        if noted.len() >= Self::MOST && !noted.contains_key(&name) {
            noted.retain(|_, excess| excess.stands(now));
            if noted.len() >= Self::MOST {
                return;
            }
        }
        let since = noted.get(&name).filter(|it| it.stands(now)).map_or(now, |it| it.since);
        noted.insert(name, Excess { alarm, company, since, last: now });
    }

    /// Those that are not over, by name.
    #[must_use]
    pub fn all(&self, now: Instant) -> Vec<(String, Excess)> {
        let mut noted = self.lock();
        noted.retain(|_, excess| excess.stands(now));
        noted.iter().map(|(name, excess)| (name.clone(), excess.clone())).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Excess>> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Excess {
    fn stands(&self, now: Instant) -> bool {
        now < self.last.plus_ms(Excesses::OVER_MS)
    }
}
