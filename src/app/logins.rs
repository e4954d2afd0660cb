//! Log-ins that failed lately: who has to wait before the next one is looked at. Waiting goes by address, alone
//! and with an alias, never by alias alone: whoever guesses at an alias locks nobody else out of it.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use crate::domain::instant::Instant;
use crate::pki::digest::sha256;

/// Log-ins of one alias that may fail from one address before it has to wait.
pub const FREE_OF_ALIAS: u32 = 5;
/// Of any alias.
pub const FREE_FROM_ADDRESS: u32 = 40;
/// After so many failed log-ins of an alias, from wherever, an address has one before it has to wait.
pub const MANY_OF_ALIAS: u32 = 50;
/// The longest wait of an address with an alias, and of an address.
const WAITS_MOST_MS: (i64, i64) = (300_000, 10_000);
/// After so long without a failure everything is forgotten.
pub const FORGET_MS: i64 = 15 * 60_000;
/// So long an alias that logged in from an address does not wait for what others do there.
const KNOWN_MS: i64 = 24 * 60 * 60_000;

/// Log-ins that failed lately, in this process.
#[derive(Default)]
pub struct Logins(Mutex<Generations>);

/// How often it failed within a burst, this time included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failed {
    /// This alias from this address.
    pub here: u32,
    /// This alias from anywhere.
    pub of_alias: u32,
    /// Any alias from this address.
    pub from_address: u32,
    /// Since when this alias fails.
    pub since: Instant,
}

impl Logins {
    /// Aliases, addresses and pairs of them that are remembered: whatever was not heard of while as many others
    /// came is forgotten.
    pub const MOST: usize = 20_000;

    /// Whether a log-in is looked at.
    ///
    /// # Errors
    /// The seconds until one is.
    pub fn may_try(&self, alias: &str, address: IpAddr, now: Instant) -> Result<(), u64> {
        let seen = self.lock();
        let name = name_of(alias);
        let here = seen.get(Key::Here(name, address), now);
        let free = match seen.get(Key::Alias(name), now).failures {
            many if many >= MANY_OF_ALIAS => 1,
            _ => FREE_OF_ALIAS,
        };
        let mut until = here.free_from(free, WAITS_MOST_MS.0);
        if here.known.is_none_or(|known| !lately(known, now, KNOWN_MS)) {
            let address = seen.get(Key::Address(address), now);
            until = until.max(address.free_from(FREE_FROM_ADDRESS, WAITS_MOST_MS.1));
        }
        let left_ms = until.unix_ms().saturating_sub(now.unix_ms());
        if left_ms <= 0 { Ok(()) } else { Err(left_ms.unsigned_abs().div_ceil(1000)) }
    }

    /// A log-in failed.
    pub fn failed(&self, alias: &str, address: IpAddr, now: Instant) -> Failed {
        let mut seen = self.lock();
        let name = name_of(alias);
        let [here, of_alias, from_address] =
            [Key::Here(name, address), Key::Alias(name), Key::Address(address)]
                .map(|key| seen.change(key, now, Entry::fails));
        Failed {
            here: here.failures,
            of_alias: of_alias.failures,
            from_address: from_address.failures,
            since: of_alias.since,
        }
    }

    /// A secret was right: what failed there with this alias before was a mistake.
    pub fn succeeded(&self, alias: &str, address: IpAddr, now: Instant) {
        let key = Key::Here(name_of(alias), address);
        self.lock().change(key, now, |entry, now| {
            *entry = Entry { known: Some(now), ..Entry::at(now) };
        });
    }

    /// How many aliases, addresses and pairs of them are remembered: never more than [`Logins::MOST`].
    #[must_use]
    pub fn remembered(&self) -> usize {
        let seen = self.lock();
        seen.young.len() + seen.old.len()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Generations> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An alias as claimed may be of any length.
type Name = [u8; 32];

fn name_of(alias: &str) -> Name {
    sha256(alias.as_bytes())
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    Here(Name, IpAddr),
    Alias(Name),
    Address(IpAddr),
}

#[derive(Clone, Copy)]
struct Entry {
    failures: u32,
    /// When the first of them was, and the last.
    since: Instant,
    last: Instant,
    /// When the alias logged in here.
    known: Option<Instant>,
}

impl Entry {
    const fn at(now: Instant) -> Self {
        Self { failures: 0, since: now, last: now, known: None }
    }

    fn fails(&mut self, now: Instant) {
        if self.failures == 0 {
            self.since = now;
        }
        self.failures = self.failures.saturating_add(1);
        self.last = now;
    }

    /// When the next try is looked at: at once for so many failures, then after a second, doubled every time.
    fn free_from(&self, free: u32, most_ms: i64) -> Instant {
        match self.failures.checked_sub(free) {
            None => self.last,
            Some(beyond) => self.last.plus_ms((1000_i64 << beyond.min(20)).min(most_ms)),
        }
    }
}

/// Whether it is not longer ago; a clock that was set back begins anew.
fn lately(then: Instant, now: Instant, ms: i64) -> bool {
    (then..then.plus_ms(ms)).contains(&now)
}

/// Two halves: when the young one is full it becomes the old one, and what was in that is forgotten.
#[derive(Default)]
struct Generations {
    young: HashMap<Key, Entry>,
    old: HashMap<Key, Entry>,
}

impl Generations {
    fn get(&self, key: Key, now: Instant) -> Entry {
        let found = self.young.get(&key).or_else(|| self.old.get(&key));
        let mut entry = found.copied().unwrap_or(Entry::at(now));
        if !lately(entry.last, now, FORGET_MS) {
            entry = Entry { known: entry.known, ..Entry::at(now) };
        }
        entry
    }

    fn change(
        &mut self,
        key: Key,
        now: Instant,
        change: impl FnOnce(&mut Entry, Instant),
    ) -> Entry {
        let mut entry = self.get(key, now);
        change(&mut entry, now);
        if self.young.len() >= Logins::MOST / 2 && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, entry);
        entry
    }
}
