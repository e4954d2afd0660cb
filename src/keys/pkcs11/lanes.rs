//! Lanes: threads that own one session each and take messages from one bounded queue.
//! A session that answered with an error is never used again.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use async_channel::Receiver;
use cryptoki::session::Session;
use tokio::sync::oneshot;

use super::mechanism;
use super::objects::PrivateKey;
use super::token::Token;
use crate::domain::sources::sources;
use crate::keys::{Error, ErrorClass, RsaMechanism, ToBeSigned, checked, short_name};
use crate::pki::public_key::PublicKey;
use crate::pki::signature::CheckedValue;

/// One message waiting for a session.
pub(super) struct QueuedMessage {
    pub(super) key: Arc<PublicKey>,
    pub(super) item: ToBeSigned,
    /// Nobody wants the value after this.
    pub(super) deadline: Instant,
    pub(super) reply: oneshot::Sender<Result<CheckedValue, Error>>,
}

/// A thread and what it knows. It ends when the queue is closed.
pub(super) struct Lane {
    token: Arc<Token>,
    preferred: RsaMechanism,
    /// Who digests, for keys that do not allow the preferred way. Outlives sessions.
    exceptions: HashMap<[u8; 32], RsaMechanism>,
    open: Option<Open>,
    /// How many lanes have a session, for health.
    open_sessions: Arc<AtomicUsize>,
}

/// A session and the private keys found in it, by fingerprint of the public key.
struct Open {
    session: Session,
    login: u64,
    keys: HashMap<[u8; 32], PrivateKey>,
}

impl Lane {
    pub(super) fn new(
        token: Arc<Token>,
        preferred: RsaMechanism,
        open_sessions: Arc<AtomicUsize>,
    ) -> Self {
        Self { token, preferred, exceptions: HashMap::new(), open: None, open_sessions }
    }

    /// Signs until the queue is closed. Messages that nobody waits for any more are not signed.
    pub(super) fn run(mut self, queue: &Receiver<QueuedMessage>) {
        while let Ok(queued) = queue.recv_blocking() {
            if queued.reply.is_closed() {
                continue;
            }
            let result = if Instant::now() < queued.deadline {
                self.sign(&queued.key, &queued.item)
            } else {
                Err(Error::Saturated)
            };
            // The caller may have gone meanwhile; then the value is of no use to anybody.
            let _ = queued.reply.send(result);
        }
        self.close();
    }

    /// Signs, with a second try in a new session after session or device trouble, and with the
    /// other way of digesting when the token does not allow the first.
    fn sign(&mut self, key: &PublicKey, item: &ToBeSigned) -> Result<CheckedValue, Error> {
        let name = key.fingerprint();
        let (mut retried, mut switched) = (false, false);
        loop {
            let by = self.exceptions.get(&name).copied().unwrap_or(self.preferred);
            let error = match self.attempt(key, name, by, item) {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            self.close();
            match &error {
                Error::MechanismRefused(_) | Error::SigningForbidden(_)
                    if !switched && item.message().is_some() =>
                {
                    switched = true;
                    let other = match by {
                        RsaMechanism::Raw => RsaMechanism::Hashed,
                        RsaMechanism::Hashed => RsaMechanism::Raw,
                    };
                    tracing::info!(key = %short_name(key), from = ?by, to = ?other,
                        "the token does not allow this mechanism; trying the other one");
                    self.exceptions.insert(name, other);
                }
                _ if !retried && error.class() == ErrorClass::Transient => {
                    retried = true;
                    tracing::warn!(error = %sources(&error), "signing once more in a new session");
                }
                _ => {
                    if switched {
                        self.exceptions.remove(&name);
                    }
                    return Err(error);
                }
            }
        }
    }

    fn attempt(
        &mut self,
        key: &PublicKey,
        name: [u8; 32],
        by: RsaMechanism,
        item: &ToBeSigned,
    ) -> Result<CheckedValue, Error> {
        let open = if let Some(open) = self.open.take() {
            self.open.insert(open)
        } else {
            let session = self.token.session(false)?;
            self.open_sessions.fetch_add(1, Ordering::Relaxed);
            let login = self.token.logins();
            self.open.insert(Open { session, login, keys: HashMap::new() })
        };
        let login = self.token.logins();
        if open.login != login {
            open.login = login;
            open.keys.clear();
        }
        let private = match open.keys.entry(name) {
            Entry::Occupied(entry) => *entry.get(),
            Entry::Vacant(entry) => {
                let found =
                    self.token.steadily(&open.session, |session| PrivateKey::find(session, key))?;
                *entry.insert(found.ok_or_else(|| Error::KeyMissing(short_name(key)))?)
            }
        };
        let value = mechanism::sign(&self.token, &open.session, private, key.kind(), by, item)?;
        checked(key, item, value)
    }

    fn close(&mut self) {
        if self.open.take().is_some() {
            self.open_sessions.fetch_sub(1, Ordering::Relaxed);
        }
    }
}
