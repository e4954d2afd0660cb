//! Lanes: threads that own one session each and take messages from one queue. A session that answered
//! with an error is never used again, and a lane whose call does not return is left alone.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::module::Kept;
use super::objects::PrivateKey;
use super::queue::MessageQueue;
use super::token::Token;
use super::{lock, mechanism};
use crate::domain::sources::sources;
use crate::keys::{Error, ErrorClass, RsaMechanism, ToBeSigned, checked, short_name};
use crate::pki::public_key::PublicKey;
use crate::pki::signature::CheckedValue;

/// Where the answer to a message goes.
type Reply = oneshot::Sender<Result<CheckedValue, Error>>;

/// One message waiting for a session.
pub(super) struct QueuedMessage {
    pub(super) key: Arc<PublicKey>,
    pub(super) item: ToBeSigned,
    /// Nobody wants the value after this.
    pub(super) deadline: Instant,
    pub(super) reply: Reply,
}

/// What others know of a thread that asks a module: since when it is at it, and whom to tell when it does
/// not come back.
#[derive(Default)]
pub(super) struct Post {
    state: Mutex<Posted>,
}

#[derive(Default)]
struct Posted {
    since: Option<Instant>,
    reply: Option<Reply>,
    left: bool,
}

impl Post {
    /// Begins a message.
    pub(super) fn begin(&self, reply: Option<Reply>) {
        let mut state = lock(&self.state);
        (state.since, state.reply) = (Some(Instant::now()), reply);
    }

    /// Begins a step of the message: from here on it has its time.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] when the thread was left alone: it must ask the module for nothing more.
    fn step(&self) -> Result<(), Error> {
        let mut state = lock(&self.state);
        if state.left {
            return Err(Error::NoAnswer);
        }
        state.since = Some(Instant::now());
        Ok(())
    }

    /// Ends the message: whom to tell, or `Err` when the thread was left alone. It is then no longer counted as
    /// stuck, and ends.
    pub(super) fn end(&self, stuck: &AtomicUsize) -> Result<Option<Reply>, ()> {
        let mut state = lock(&self.state);
        state.since = None;
        if state.left {
            stuck.fetch_sub(1, Ordering::Relaxed);
            return Err(());
        }
        Ok(state.reply.take())
    }

    /// Leaves the thread alone when its step has lasted `longest`; whoever waits for it is told. Returns
    /// whether it was left; it is counted as stuck then.
    pub(super) fn leave(&self, longest: Duration, stuck: &AtomicUsize) -> bool {
        let mut state = lock(&self.state);
        if state.left || state.since.is_none_or(|since| since.elapsed() < longest) {
            return false;
        }
        state.left = true;
        stuck.fetch_add(1, Ordering::Relaxed);
        if let Some(reply) = state.reply.take() {
            // The caller may have gone meanwhile.
            let _ = reply.send(Err(Error::NoAnswer));
        }
        true
    }
}

/// A thread and what it knows. It ends when the queue is closed, or when it comes back from a call after it
/// was left alone.
pub(super) struct Lane {
    token: Arc<Token>,
    preferred: RsaMechanism,
    /// Who digests, for keys that do not allow the preferred way. Outlives sessions.
    exceptions: HashMap<[u8; 32], RsaMechanism>,
    open: Option<Open>,
    post: Arc<Post>,
    counts: Counts,
}

/// How many lanes have a session, and how many threads do not come back from the module.
#[derive(Clone, Default)]
pub(super) struct Counts {
    pub(super) open_sessions: Arc<AtomicUsize>,
    pub(super) stuck: Arc<AtomicUsize>,
}

/// A session and the private keys found in it, by fingerprint of the public key.
struct Open {
    session: Kept,
    login: u64,
    keys: HashMap<[u8; 32], PrivateKey>,
}

impl Lane {
    pub(super) fn new(
        token: Arc<Token>,
        preferred: RsaMechanism,
        post: Arc<Post>,
        counts: Counts,
    ) -> Self {
        Self { token, preferred, exceptions: HashMap::new(), open: None, post, counts }
    }

    /// Signs until the queue is closed. Messages that nobody waits for any more are not signed.
    pub(super) fn run(mut self, queue: &MessageQueue<QueuedMessage>) {
        while let Some(QueuedMessage { key, item, deadline, reply }) = queue.take() {
            if reply.is_closed() {
                continue;
            }
            self.post.begin(Some(reply));
            let result = if Instant::now() < deadline {
                // A panic of ours must not look like a call that hangs, for ever.
                let sign = AssertUnwindSafe(|| self.sign(&key, &item));
                catch_unwind(sign).unwrap_or_else(|_| {
                    tracing::error!("a thread of the token panicked");
                    self.close();
                    Err(Error::NoAnswer)
                })
            } else {
                Err(Error::Saturated)
            };
            match self.post.end(&self.counts.stuck) {
                // The caller may have gone meanwhile; then the value is of no use to anybody.
                Ok(reply) => drop(reply.map(|reply| reply.send(result))),
                Err(()) => {
                    tracing::warn!(
                        "a call of the PKCS#11 module came back after its thread was left"
                    );
                    break;
                }
            }
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
            self.token.revive(&error);
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
        self.post.step()?;
        let token = Arc::clone(&self.token);
        let value = token.inside(|inside| {
            if self.open.as_ref().is_none_or(|open| open.session.of(inside).is_none()) {
                self.close();
                let session = Kept::new(token.session(inside, false)?, inside);
                self.counts.open_sessions.fetch_add(1, Ordering::Relaxed);
                self.open = Some(Open { session, login: token.logins(), keys: HashMap::new() });
                self.post.step()?;
            }
            let open = self.open.as_mut().ok_or(Error::Closed)?;
            let session = open.session.of(inside).ok_or(Error::Closed)?;
            let login = token.logins();
            if open.login != login {
                open.login = login;
                open.keys.clear();
            }
            let private = match open.keys.entry(name) {
                Entry::Occupied(entry) => *entry.get(),
                Entry::Vacant(entry) => {
                    let found = token.steadily(session, |it| PrivateKey::find(it, key))?;
                    *entry.insert(found.ok_or_else(|| Error::KeyMissing(short_name(key)))?)
                }
            };
            self.post.step()?;
            mechanism::sign((&*token, inside), session, private, key.kind(), by, item)
        })?;
        checked(key, item, value)
    }

    fn close(&mut self) {
        if self.open.take().is_some() {
            self.counts.open_sessions.fetch_sub(1, Ordering::Relaxed);
        }
    }
}
