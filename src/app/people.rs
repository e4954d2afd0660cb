//! What signing in to the back office needs beside the database: its settings, who failed lately, turns to hash
//! passwords.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Logins;
use crate::domain::instant::DAY_MS;
use crate::pki::envelope::{Error, Kek, MacKey};

/// How people sign in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeopleConfig {
    /// Milliseconds without a request after which a session ends.
    pub idle_ms: i64,
    /// Milliseconds after which it ends in any case.
    pub session_ms: i64,
    /// Milliseconds after showing who one is in which what is sensitive may be done.
    pub proof_ms: i64,
    /// Hours in which an invitation opens.
    pub invitation_hours: i64,
    /// Whether nobody gets further than to his own account without an app for codes or a passkey.
    pub second_factor: bool,
    /// KiB of memory that hashing a password takes.
    pub hash_memory_kib: u32,
    /// Passes over it.
    pub hash_passes: u32,
}

impl PeopleConfig {
    /// Refuses values with which nobody could work, or sessions would never end.
    ///
    /// # Errors
    /// A sentence that names the setting and what it may be.
    pub fn check(&self) -> Result<(), String> {
        within("idle_ms", self.idle_ms, 1000..=DAY_MS)?;
        within("session_ms", self.session_ms, self.idle_ms..=7 * DAY_MS)?;
        within("proof_ms", self.proof_ms, 1000..=self.session_ms)?;
        within("invitation_hours", self.invitation_hours, 1..=8760)?;
        // Argon2 takes no less than 8 KiB.
        within("hash_memory_kib", self.hash_memory_kib.into(), 8..=1_048_576)?;
        within("hash_passes", self.hash_passes.into(), 1..=100)
    }
}

fn within(name: &str, value: i64, range: RangeInclusive<i64>) -> Result<(), String> {
    if range.contains(&value) {
        return Ok(());
    }
    let (least, most) = range.into_inner();
    Err(format!("people.{name}: {value} cannot be used: use {least} to {most}"))
}

/// Passwords that are hashed at once: each takes memory and a core.
const HASHED_AT_ONCE: usize = 2;

/// How long a turn is waited for.
const HASH_WAIT: Duration = Duration::from_secs(5);

/// The door to the back office.
pub struct PeopleDoor {
    /// How people sign in.
    pub config: PeopleConfig,
    /// Who failed to sign in lately.
    pub sign_ins: Logins,
    /// Makes the codes of invitations.
    pub invitation_key: MacKey,
    /// Hashes recovery codes.
    pub recovery_key: MacKey,
    /// Makes what authenticators know people by.
    pub passkey_key: MacKey,
    /// Makes the tokens that forms carry.
    pub form_key: MacKey,
    hashing: Arc<Semaphore>,
}

impl PeopleDoor {
    /// A door before which nobody has failed yet.
    ///
    /// # Errors
    /// No keys can be derived from the installation's.
    pub fn new(config: PeopleConfig, kek: &Kek) -> Result<Self, Error> {
        Ok(Self {
            config,
            sign_ins: Logins::default(),
            invitation_key: kek.derive("invitations of people")?,
            recovery_key: kek.derive("recovery codes of people")?,
            passkey_key: kek.derive("passkeys of people")?,
            form_key: kek.derive("forms of the back office")?,
            hashing: Arc::new(Semaphore::new(HASHED_AT_ONCE)),
        })
    }

    /// A turn to hash a password; `None` when none got free in time.
    pub async fn turn_to_hash(&self) -> Option<OwnedSemaphorePermit> {
        let turn = Arc::clone(&self.hashing).acquire_owned();
        tokio::time::timeout(HASH_WAIT, turn).await.ok()?.ok()
    }
}
