//! What is known of a token's PIN, by everybody in this process who uses the token. A PIN that was refused
//! is never presented again, and one whose answer is not known only when it cannot have been wrong. Another
//! PIN than the refused one is presented once, too, while there are not too many of them.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use cryptoki::context::Function;
use cryptoki::error::{Error as TokenError, RvError};
use secrecy::{ExposeSecret as _, SecretString};
use subtle::ConstantTimeEq as _;

use super::lock;
use super::turns::Turns;
use crate::keys::Error;

/// PINs that one process finds wrong at most: tokens lock or erase themselves after a few.
const WRONG_PINS: usize = 2;

/// What a token says of the PINs that it was given.
#[derive(Clone, Copy)]
pub(super) struct PinTries {
    /// Somebody gave it a wrong one since the last right one.
    pub(super) were_wrong: bool,
    /// The next wrong one locks it, or the last one has.
    pub(super) are_over: bool,
}

/// Logins into one token: one is tried at a time, so that of many threads with a wrong PIN only one asks.
#[derive(Default)]
pub(super) struct TokenLogin {
    turns: Turns,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    refused: Vec<SecretString>,
    accepted: bool,
    /// Logins that are with the module. Whoever has a turn finds those whose turn was taken over.
    under_way: u32,
    used: Option<Instant>,
    /// Failures in a row that the module may be the cause of, and how often it began again for them.
    failures: u32,
    beginnings: u32,
}

impl TokenLogin {
    /// Presents a PIN unless that could be a wrong one's second time, or one too many. `tries` asks the token
    /// about earlier ones.
    ///
    /// # Errors
    /// [`Error::PinRefused`], [`Error::PinGuarded`], [`Error::LoginUnanswered`], [`Error::NoAnswer`] when
    /// it was never our turn, [`Error::Token`].
    pub(super) fn present(
        &self,
        (token, longest): (&str, Duration),
        pin: &SecretString,
        tries: impl Fn() -> PinTries,
        login: impl FnOnce() -> Result<(), TokenError>,
    ) -> Result<(), Error> {
        let _turn = self.turns.take(longest)?;
        let (unanswered, accepted, another) = {
            let state = lock(&self.state);
            if state.guards(pin) {
                return Err(Error::PinGuarded);
            }
            (state.under_way, state.accepted, !state.refused.is_empty())
        };
        if unanswered > 0 && (!accepted || tries().were_wrong) {
            return Err(Error::LoginUnanswered);
        }
        if another && tries().are_over {
            return Err(Error::PinGuarded);
        }
        let under_way = UnderWay::begin(&self.state, unanswered, pin)?;
        let answer = login();
        drop(under_way);
        let mut state = lock(&self.state);
        match answer {
            Ok(()) => {
                state.accepted = true;
                Ok(())
            }
            Err(TokenError::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(()),
            Err(error) if refuses_pin(&error) => {
                state.refused.push(pin.clone());
                tracing::error!(token, %error,
                    "the token refused the PIN; no further login is tried with it");
                Err(Error::PinRefused(error))
            }
            Err(error) => Err(Error::Token(error)),
        }
    }

    /// Whether a PIN was refused, so that another is needed.
    pub(super) fn needs_another(&self) -> bool {
        !lock(&self.state).refused.is_empty()
    }

    /// Whether this PIN is not to be presented.
    pub(super) fn guards(&self, pin: &SecretString) -> bool {
        lock(&self.state).guards(pin)
    }

    /// Notes that the token did what it was asked.
    pub(super) fn note_use(&self) {
        let mut state = lock(&self.state);
        (state.used, state.failures, state.beginnings) = (Some(Instant::now()), 0, 0);
    }

    /// Notes a failure; how many there were in a row.
    pub(super) fn note_failure(&self) -> u32 {
        let mut state = lock(&self.state);
        state.failures = state.failures.saturating_add(1);
        state.failures
    }

    /// Notes that the module began again for the sake of this token.
    pub(super) fn note_beginning(&self) {
        let mut state = lock(&self.state);
        state.beginnings = state.beginnings.saturating_add(1);
    }

    /// How often it did since the token last did what it was asked.
    pub(super) fn beginnings(&self) -> u32 {
        lock(&self.state).beginnings
    }

    pub(super) fn was_used(&self) -> bool {
        lock(&self.state).used.is_some()
    }

    pub(super) fn used_within(&self, time: Duration) -> bool {
        lock(&self.state).used.is_some_and(|used| used.elapsed() < time)
    }
}

impl State {
    fn guards(&self, pin: &SecretString) -> bool {
        let pin = pin.expose_secret().as_bytes();
        let same = |it: &SecretString| bool::from(it.expose_secret().as_bytes().ct_eq(pin));
        self.refused.len() >= WRONG_PINS || self.refused.iter().any(same)
    }
}

/// A login that is with the module, until it is dropped.
struct UnderWay<'a>(&'a Mutex<State>);

impl<'a> UnderWay<'a> {
    /// Begins one beside those that are known to be there.
    ///
    /// # Errors
    /// [`Error::LoginUnanswered`] when there are others meanwhile: our turn was taken over.
    fn begin(state: &'a Mutex<State>, known: u32, pin: &SecretString) -> Result<Self, Error> {
        let mut begun = lock(state);
        if begun.guards(pin) {
            return Err(Error::PinGuarded);
        }
        if begun.under_way > known {
            return Err(Error::LoginUnanswered);
        }
        begun.under_way += 1;
        drop(begun);
        Ok(Self(state))
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        lock(self.0).under_way -= 1;
    }
}

/// Whether asking again with the same PIN would bring the token nearer to its lock.
fn refuses_pin(error: &TokenError) -> bool {
    use RvError::{PinExpired, PinIncorrect, PinInvalid, PinLenRange, PinLocked};
    matches!(
        error,
        TokenError::Pkcs11(
            PinIncorrect | PinLocked | PinExpired | PinInvalid | PinLenRange,
            Function::Login
        )
    )
}
