//! Time-stamp authorities, each with what is known of it: whether it gave a token when it was asked last.
//! Kept by this process: after a restart the first document finds out again.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant as Moment};

use tokio::sync::{MutexGuard as TurnGuard, Semaphore, SemaphorePermit};

use super::availability::{Availability, Away};
use crate::domain::instant::Instant;
use crate::outbound::timestamp::{Config, Error, Tsa};
use crate::pki::certificate::Certificate;
use crate::pki::path::TrustAnchor;
use crate::pki::test_marker::is_of_test_authority;

/// The time-stamp authorities of the configuration.
pub struct TimeAuthorities {
    all: BTreeMap<String, TimeAuthority>,
    turns: AtomicUsize,
    /// Octets that a PDF keeps free for a token.
    pub room_bytes: usize,
}

/// An authority, and what is known of it.
pub struct TimeAuthority {
    /// Asks it.
    pub tsa: Tsa,
    places: Semaphore,
    available: Availability,
    /// Its last token was of a test authority.
    gave_test: AtomicBool,
    /// Of its last token.
    stamped: Mutex<Option<Certificate>>,
}

/// A place among those who ask an authority; given back when it is dropped. Of one that is away, one at a time
/// has a place.
pub struct Asking<'a> {
    _place: Option<SemaphorePermit<'a>>,
    probe: Option<TurnGuard<'a, ()>>,
}

impl Asking<'_> {
    /// Whether the authority is away, and this is the one who finds out whether it still is.
    #[must_use]
    pub const fn is_probe(&self) -> bool {
        self.probe.is_some()
    }
}

impl TimeAuthorities {
    /// The authorities of the configuration; their files are read now.
    ///
    /// # Errors
    /// [`Error`](enum@Error) names the setting.
    pub fn new(config: &Config, production: bool) -> Result<Self, Error> {
        config.check()?;
        let mut all = BTreeMap::new();
        for (name, settings) in &config.authorities {
            let authority = TimeAuthority {
                tsa: Tsa::new(name, settings, production)?,
                places: Semaphore::new(settings.requests),
                available: Availability::resting(
                    Duration::from_millis(config.rest_ms),
                    Duration::from_millis(config.rest_at_most_ms),
                ),
                gave_test: AtomicBool::new(false),
                stamped: Mutex::new(None),
            };
            all.insert(name.clone(), authority);
        }
        Ok(Self { all, turns: AtomicUsize::new(0), room_bytes: config.room_bytes })
    }

    /// All of them, by name.
    pub fn all(&self) -> impl Iterator<Item = &TimeAuthority> {
        self.all.values()
    }

    /// The one of that name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&TimeAuthority> {
        self.all.get(name)
    }

    /// A number that is one higher at every call: whose turn it is where work is shared out.
    pub fn turn(&self) -> usize {
        self.turns.fetch_add(1, Ordering::Relaxed)
    }
}

impl TimeAuthority {
    /// Whether it answers.
    #[must_use]
    pub const fn available(&self) -> &Availability {
        &self.available
    }

    /// Since when it is away, if it is.
    #[must_use]
    pub fn away(&self) -> Option<Away> {
        self.available.away()
    }

    /// When it gave a token last.
    #[must_use]
    pub fn proven(&self) -> Option<Moment> {
        self.available.proven()
    }

    /// Why it is left alone now, if it is.
    #[must_use]
    pub fn rests(&self) -> Option<String> {
        self.available.rests()
    }

    /// Waits for a place among those who ask it. Whoever waits while another finds it away goes without.
    ///
    /// # Errors
    /// Why it is left alone.
    pub async fn place(&self) -> Result<Asking<'_>, String> {
        // It is never closed.
        let place = self.places.acquire().await.ok();
        if let Some(words) = self.rests() {
            return Err(words);
        }
        if self.away().is_none() {
            return Ok(Asking { _place: place, probe: None });
        }
        let probe = self.available.turn().await;
        match self.rests() {
            Some(words) => Err(words),
            None => {
                let probe = self.away().is_some().then_some(probe);
                Ok(Asking { _place: place, probe })
            }
        }
    }

    /// Whether it is a test authority, by what its tokens must lead to or by whom the last one was of.
    #[must_use]
    pub fn is_for_tests(&self) -> bool {
        let anchors = self.tsa.anchors().iter();
        self.gave_test.load(Ordering::Relaxed)
            || anchors.map(TrustAnchor::certificate).any(is_of_test_authority)
    }

    /// It gave a token of this certificate.
    pub fn gave_token_of(&self, certificate: &Certificate) {
        self.gave_test.store(is_of_test_authority(certificate), Ordering::Relaxed);
        let mut stamped = self.stamped.lock().unwrap_or_else(PoisonError::into_inner);
        if stamped.as_ref().is_none_or(|known| known.der() != certificate.der()) {
            *stamped = Some(certificate.clone());
        }
        drop(stamped);
        self.came_through();
    }

    /// The certificate of its last token, if this process was given one.
    #[must_use]
    pub fn stamps_with(&self) -> Option<Certificate> {
        self.stamped.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// It gave a token.
    pub fn came_through(&self) {
        if let Some(away) = self.available.came_through() {
            tracing::info!(
                authority = self.tsa.name(),
                failures = away.failures,
                "the time-stamp authority answers again"
            );
        }
    }

    /// It gave none; it is left alone for a while, which doubles every time.
    pub fn found_away(&self, now: Instant, words: &str) {
        if self.available.found_away(now, words) {
            tracing::warn!(
                authority = self.tsa.name(),
                error = words,
                "the time-stamp authority gives no token"
            );
        }
    }
}
