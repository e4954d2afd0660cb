//! Keys in a PKCS#11 token. The module is loaded once; a keeper session keeps the login; lanes sign.

mod lanes;
mod mechanism;
mod objects;
mod token;

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use async_channel::Sender;
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
use lanes::{Lane, QueuedMessage};
use token::Token;

/// How long after its deadline a message that has been started may still answer. A call that hangs
/// inside a module cannot be cancelled; its caller can be told.
const GRACE: Duration = Duration::from_secs(5);

/// How long the end waits for lanes that are in a call of the module.
const FAREWELL: Duration = Duration::from_secs(1);

/// A token with its lanes.
pub(super) struct Pkcs11 {
    token: Arc<Token>,
    queue: Sender<QueuedMessage>,
    deadline: Duration,
    open_sessions: Arc<AtomicUsize>,
    sessions: usize,
    /// Its other ends are with the lanes, which drop them when they are done with the module.
    ended: Mutex<mpsc::Receiver<Infallible>>,
}

/// A module that is unloaded at the end of the process under a thread that closes its session there
/// ends it by a segmentation fault (seen with SoftHSM). So the lanes go first; one that hangs in the
/// module keeps nobody for long.
impl Drop for Pkcs11 {
    fn drop(&mut self) {
        self.queue.close();
        let ended = self.ended.get_mut().unwrap_or_else(PoisonError::into_inner);
        if ended.recv_timeout(FAREWELL) == Err(mpsc::RecvTimeoutError::Timeout) {
            tracing::warn!("the PKCS#11 module does not let a session go");
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
        let token = Arc::new(Token::new(
            config.module.clone(),
            config.token_label.clone(),
            config.pin()?,
            production,
        ));
        let (queue, messages) = async_channel::bounded(config.queue());
        let open_sessions = Arc::new(AtomicUsize::new(0));
        let (done, ended) = mpsc::sync_channel(1);
        for number in 0..config.sessions {
            let lane =
                Lane::new(Arc::clone(&token), config.rsa_mechanism, Arc::clone(&open_sessions));
            let (messages, done) = (messages.clone(), done.clone());
            let work = move || {
                lane.run(&messages);
                drop(done);
            };
            std::thread::Builder::new()
                .name(format!("lane-{name}-{number}"))
                .spawn(work)
                .map_err(Error::Threads)?;
        }
        let deadline = Duration::from_millis(config.deadline_ms);
        let (sessions, ended) = (config.sessions, Mutex::new(ended));
        Ok(Self { token, queue, deadline, open_sessions, sessions, ended })
    }

    /// Spreads messages over the lanes; answers in the order of the messages.
    pub(super) async fn sign(
        &self,
        key: &Arc<PublicKey>,
        items: Vec<ToBeSigned>,
    ) -> Vec<Result<CheckedValue, Error>> {
        let deadline = Instant::now() + self.deadline;
        let mut waiting = Vec::with_capacity(items.len());
        for item in items {
            let (reply, answer) = oneshot::channel();
            let queued =
                QueuedMessage { key: Arc::clone(key), item, deadline: deadline.into_std(), reply };
            waiting.push(match timeout_at(deadline, self.queue.send(queued)).await {
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
        self.twice(false, objects::list)
    }

    /// The public half of a named key. Blocks.
    pub(super) fn public_key(&self, name: &str) -> Result<PublicKey, Error> {
        self.twice(false, |session| objects::public_key(session, name))
    }

    /// Generates a key pair inside the token. Blocks, for RSA up to seconds.
    pub(super) fn generate(&self, label: &str, kind: KeyKind) -> Result<KeyDescription, Error> {
        self.twice(true, |session| {
            // A new one each time: a failed attempt may have left half a pair behind.
            let mut id = [0; 16];
            aws_lc_rs::rand::fill(&mut id).map_err(|_| Error::Random)?;
            objects::generate(session, label, &id, kind)
        })
    }

    /// Lists or makes objects, once more in a new session when the device gave trouble or the login
    /// ended meanwhile.
    fn twice<T>(
        &self,
        writable: bool,
        ask: impl Fn(&Session) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let once = || {
            self.token.administer(writable, |session| self.token.steadily(session, |it| ask(it)))
        };
        once().or_else(|error| match error.class() {
            ErrorClass::Transient => {
                tracing::warn!(error = %sources(&error), "asking the token once more");
                once()
            }
            ErrorClass::Blocked | ErrorClass::Final | ErrorClass::Saturated => Err(error),
        })
    }

    /// Logs in and tells how the token is. Blocks.
    pub(super) fn condition(&self) -> Result<BackendState, Error> {
        let (info, mechanisms) = self.token.describe()?;
        drop(self.token.session(false)?);
        let text = |part: &str| part.trim_end().to_owned();
        let mut problems = Vec::new();
        if info.user_pin_count_low() {
            problems.push("somebody gave the token a wrong PIN lately".to_owned());
        }
        if info.user_pin_final_try() {
            problems.push("the next wrong PIN locks the token".to_owned());
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
            open_sessions: self.open_sessions.load(Ordering::Relaxed),
            sessions: self.sessions,
            waiting: self.queue.len(),
        })
    }
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
