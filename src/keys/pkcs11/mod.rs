//! Keys in a PKCS#11 token. The module is loaded once; a keeper session keeps the login; lanes sign. No
//! call of the module is waited for longer than its time: a thread that hangs in one is left alone.

mod lanes;
mod login;
mod mechanism;
mod module;
pub mod objects;
mod pool;
pub mod queue;
mod token;
pub mod turns;

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Duration;

use cryptoki::context::Function;
use cryptoki::error::{Error as TokenError, RvError};
use cryptoki::session::Session;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

pub use token::initialise_token;

use super::config::Pkcs11Config;
use super::{BackendState, Error, ErrorClass, KeyDescription, ToBeSigned};
use crate::domain::sources::sources;
use crate::pki::algorithm::KeyKind;
use crate::pki::public_key::PublicKey;
use crate::pki::signature::CheckedValue;
use lanes::{Counts, Post, QueuedMessage};
use pool::{Lanes, Pool};
use queue::{MessageQueue, Whom};
use token::Token;

/// How long after its deadline a message that has been started may still answer. A call that hangs
/// inside a module cannot be cancelled; its caller can be told.
const GRACE: Duration = Duration::from_secs(5);

/// How long the end waits for lanes that are in a call of the module.
const FAREWELL: Duration = Duration::from_secs(1);

/// How long a key pair may take to be made: on a card, RSA takes minutes.
const GENERATION: Duration = Duration::from_mins(10);

/// A token with its lanes.
pub(super) struct Pkcs11 {
    pool: Arc<Pool>,
    queue: Arc<MessageQueue<QueuedMessage>>,
    deadline: Duration,
    /// Its other ends are with the lanes, which drop them when they are done with the module.
    ended: Mutex<mpsc::Receiver<Infallible>>,
}

/// A module that is unloaded at the end of the process under a thread that closes its session there
/// ends it by a segmentation fault (seen with SoftHSM). So the lanes go first; one that hangs in the
/// module keeps nobody for long.
impl Drop for Pkcs11 {
    fn drop(&mut self) {
        self.queue.close();
        self.pool.end();
        let ended = self.ended.get_mut().unwrap_or_else(PoisonError::into_inner);
        if ended.recv_timeout(FAREWELL) == Err(mpsc::RecvTimeoutError::Timeout) {
            tracing::warn!("the PKCS#11 module does not let a session go");
        } else {
            self.pool.token.let_go();
        }
    }
}

impl Pkcs11 {
    /// Starts the lanes. The token is asked for nothing yet.
    ///
    /// # Errors
    /// [`Error::Config`], [`Error::Threads`].
    pub(super) fn new(name: &str, config: &Pkcs11Config, production: bool) -> Result<Self, Error> {
        config.check()?;
        let longest = Duration::from_millis(config.call_deadline_ms);
        let token = Token::new(
            (config.module.clone(), config.token_label.clone()),
            config.pin()?,
            production,
            longest / 2,
        );
        let queue = Arc::new(MessageQueue::new(config.queue()));
        let (done, ended) = mpsc::sync_channel(1);
        let pool = Pool {
            name: name.to_owned(),
            token: Arc::new(token),
            preferred: config.rsa_mechanism,
            messages: Arc::clone(&queue),
            sessions: config.sessions,
            longest,
            counts: Counts::default(),
            lanes: Mutex::new(Lanes::new(done)),
        };
        let deadline = Duration::from_millis(config.deadline_ms);
        Ok(Self { pool: pool.start()?, queue, deadline, ended: Mutex::new(ended) })
    }

    /// Spreads messages over the lanes, which take those of each whom they are signed `for_whom` in turn;
    /// answers in the order of the messages.
    pub(super) async fn sign(
        &self,
        for_whom: Whom,
        key: &Arc<PublicKey>,
        items: Vec<ToBeSigned>,
    ) -> Vec<Result<CheckedValue, Error>> {
        if self.pool.is_out_of_service() {
            return items.iter().map(|_| Err(Error::OutOfService)).collect();
        }
        let deadline = Instant::now() + self.deadline;
        let mut waiting = Vec::with_capacity(items.len());
        for item in items {
            let (reply, answer) = oneshot::channel();
            let queued =
                QueuedMessage { key: Arc::clone(key), item, deadline: deadline.into_std(), reply };
            waiting.push(match timeout_at(deadline, self.queue.put(for_whom, queued)).await {
                Ok(Ok(())) => Ok(answer),
                Ok(Err(_)) => Err(Error::Closed),
                Err(_) => Err(Error::Saturated),
            });
        }
        let mut answers = Vec::with_capacity(waiting.len());
        for answer in waiting {
            answers.push(match answer {
                Ok(answer) => match timeout_at(deadline + GRACE, answer).await {
                    Ok(Ok(result)) => result,
                    Ok(Err(_)) => Err(Error::Closed),
                    Err(_) => Err(Error::NoAnswer),
                },
                Err(error) => Err(error),
            });
        }
        answers
    }

    /// What lies in the token. Blocks.
    pub(super) fn list(&self) -> Result<Vec<KeyDescription>, Error> {
        self.twice(false, GENERATION, objects::list)
    }

    /// The public half of a named key. Blocks.
    pub(super) fn public_key(&self, name: &str) -> Result<PublicKey, Error> {
        let name = name.to_owned();
        self.twice(false, GENERATION, move |session| objects::public_key(session, &name))
    }

    /// Generates a key pair inside the token. Blocks, for RSA up to seconds.
    pub(super) fn generate(&self, label: &str, kind: KeyKind) -> Result<KeyDescription, Error> {
        let label = label.to_owned();
        self.twice(true, GENERATION, move |session| {
            // A new one each time: a failed attempt may have left half a pair behind.
            let mut id = [0; 16];
            aws_lc_rs::rand::fill(&mut id).map_err(|_| Error::Random)?;
            objects::generate(session, &label, &id, kind)
        })
    }

    /// Lists or makes objects, once more in a new session when the device gave trouble or the login
    /// ended meanwhile.
    fn twice<T: Send + 'static>(
        &self,
        writable: bool,
        longest: Duration,
        ask: impl Fn(&Session) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.ask(longest, move |token| {
            let once = || {
                token.administer(writable, longest, |session| {
                    token.steadily(session, |session| ask(session))
                })
            };
            once().or_else(|error| match error.class() {
                ErrorClass::Transient => {
                    token.revive(&error);
                    tracing::warn!(error = %sources(&error), "asking the token once more");
                    once()
                }
                ErrorClass::Blocked | ErrorClass::Final | ErrorClass::Saturated => Err(error),
            })
        })
    }

    /// Logs in and tells how the token is. Blocks.
    pub(super) fn condition(&self) -> Result<BackendState, Error> {
        let (info, mechanisms) = self.ask(self.pool.longest, |token| {
            token.describe().or_else(|error| {
                token.revive(&error);
                match error {
                    Error::TokenMissing { .. } => token.describe(),
                    error => Err(error),
                }
            })
        })?;
        let text = |part: &str| part.trim_end().to_owned();
        let mut problems = Vec::new();
        if info.user_pin_count_low() {
            problems.push("somebody gave the token a wrong PIN lately".to_owned());
        }
        if info.user_pin_final_try() {
            problems.push("the next wrong PIN locks the token".to_owned());
        }
        let stuck = self.pool.stuck();
        if stuck > 0 {
            problems.push(format!("{stuck} calls of the PKCS#11 module do not return"));
        }
        Ok(BackendState {
            summary: format!(
                "{} {} serial {}",
                text(info.manufacturer_id()),
                text(info.model()),
                text(info.serial_number())
            ),
            problems,
            mechanisms,
            open_sessions: self.pool.counts.open_sessions.load(Ordering::Relaxed),
            sessions: self.pool.sessions,
            waiting: self.queue.waiting(),
        })
    }

    /// Asks in a thread of its own, which is left alone when it does not come back in time.
    fn ask<T: Send + 'static>(
        &self,
        longest: Duration,
        ask: impl FnOnce(&Token) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        if self.pool.is_out_of_service() {
            return Err(Error::OutOfService);
        }
        let post = Arc::new(Post::default());
        let (answer, waiting) = mpsc::sync_channel(1);
        let token = Arc::clone(&self.pool.token);
        let stuck = Arc::clone(&self.pool.counts.stuck);
        let (own_post, own_stuck) = (Arc::clone(&post), Arc::clone(&stuck));
        post.begin(None);
        let work = move || {
            // As in lanes.
            let result = catch_unwind(AssertUnwindSafe(|| ask(&token))).unwrap_or_else(|_| {
                tracing::error!("a thread that asked the token panicked");
                Err(Error::NoAnswer)
            });
            if own_post.end(&own_stuck).is_ok() {
                // The caller may have gone meanwhile.
                let _ = answer.send(result);
            }
        };
        let thread = std::thread::Builder::new().name(format!("ask-{}", self.pool.name));
        thread.spawn(work).map_err(Error::Threads)?;
        match waiting.recv_timeout(longest) {
            Ok(result) => result,
            // It may have come back at the last moment.
            Err(_) if post.leave(Duration::ZERO, &stuck) => Err(Error::NoAnswer),
            Err(_) => waiting.try_recv().unwrap_or(Err(Error::NoAnswer)),
        }
    }
}

/// A panic elsewhere does not make these values wrong.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a caller can do about an answer of a token.
///
/// `CKR_GENERAL_ERROR` and vendor codes count as device trouble: a network HSM that lost its
/// connection answers so, and what they could mean otherwise (mismatching algorithm, input too long)
/// is ruled out before the token is asked.
pub(super) fn class(error: &TokenError) -> ErrorClass {
    use RvError as Rv;
    match error {
        TokenError::Pkcs11(
            Rv::Cancel
            | Rv::CryptokiNotInitialized
            | Rv::DeviceError
            | Rv::DeviceMemory
            | Rv::DeviceRemoved
            | Rv::FunctionCanceled
            | Rv::FunctionFailed
            | Rv::GeneralError
            | Rv::HostMemory
            | Rv::KeyHandleInvalid
            | Rv::ObjectHandleInvalid
            | Rv::OperationActive
            | Rv::OperationNotInitialized
            | Rv::SessionClosed
            | Rv::SessionCount
            | Rv::SessionHandleInvalid
            | Rv::SlotIdInvalid
            | Rv::TokenNotPresent
            | Rv::TokenNotRecognized
            | Rv::UnknownErrorCode(_)
            | Rv::UserNotLoggedIn
            | Rv::VendorDefined(_),
            _,
        ) => ErrorClass::Transient,
        // What is said of the key or of what it is asked for, at a signature: the next try is the same.
        TokenError::Pkcs11(
            Rv::ActionProhibited
            | Rv::ArgumentsBad
            | Rv::CurveNotSupported
            | Rv::DataInvalid
            | Rv::DataLenRange
            | Rv::FunctionNotSupported
            | Rv::KeyFunctionNotPermitted
            | Rv::KeySizeRange
            | Rv::KeyTypeInconsistent
            | Rv::MechanismInvalid
            | Rv::MechanismParamInvalid,
            Function::SignInit | Function::Sign,
        ) => ErrorClass::Final,
        _ => ErrorClass::Blocked,
    }
}
