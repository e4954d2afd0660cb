//! Challenges of sign-ins that a browser has answered elsewhere. What was asked travels with the form, sealed for what it
//! is asked for and in whose session or browser; only what was answered is kept, so that strangers write nothing.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::sessions::PersonStay;
use crate::app::App;
use crate::domain::instant::Instant;
use crate::pki::digest::sha256;
use crate::store::people::AnsweredChallenge;
use crate::workflow::Error;

/// So long a challenge may be answered.
const LIFE_MS: i64 = 10 * 60_000;

/// Octets of a challenge (WebAuthn 13.4.3: 16 at least).
pub(super) const CHALLENGE_OCTETS: usize = 32;

/// For what who one is is asked for, and of whom.
#[derive(Clone, Copy)]
pub enum AskedFor<'a> {
    /// Adding a passkey.
    Adding(&'a PersonStay),
    /// Signing in, in a browser that is known by its cookie.
    SignIn(&'a str),
    /// The second step.
    SecondStep(&'a PersonStay),
    /// What is sensitive.
    Proof(&'a PersonStay),
}

/// What a form is sealed for: one purpose in one session or browser.
impl fmt::Display for AskedFor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Adding(who) => write!(f, "adding in session {}", who.session.id),
            Self::SignIn(browser) => write!(f, "sign-in in browser {browser}"),
            Self::SecondStep(who) => write!(f, "second step in session {}", who.session.id),
            Self::Proof(who) => write!(f, "proof in session {}", who.session.id),
        }
    }
}

/// By what a browser is known from now on in which nobody has signed in yet.
///
/// # Errors
/// [`Error::Internal`].
pub fn new_browser(app: &App) -> Result<String, Error> {
    Ok(URL_SAFE_NO_PAD.encode(app.random.octets::<16>()?))
}

/// A challenge that was asked.
pub(super) struct AskedChallenge {
    pub(super) octets: [u8; CHALLENGE_OCTETS],
    pub(super) ends: Instant,
}

impl AskedChallenge {
    /// What is kept of it once it is answered.
    pub(super) fn answered(&self) -> AnsweredChallenge {
        AnsweredChallenge { sha256: sha256(&self.octets), ends: self.ends }
    }
}

/// A new challenge, and as a form carries it.
pub(super) fn ask(app: &App, what: AskedFor<'_>) -> Result<(AskedChallenge, String), Error> {
    let octets = app.random.octets::<CHALLENGE_OCTETS>()?;
    let ends = app.now().plus_ms(LIFE_MS);
    let nonce = app.random.octets::<12>()?;
    let plain = [&octets[..], &ends.unix_ms().to_be_bytes()].concat();
    let sealed = app.kek.seal(nonce, &sealed_for(what), &plain).map_err(Error::internal)?;
    Ok((AskedChallenge { octets, ends }, URL_SAFE_NO_PAD.encode(sealed)))
}

/// The challenge that a form carries; `None` when it was asked for something else, of somebody else, or too long ago.
pub(super) fn asked(app: &App, what: AskedFor<'_>, pending: &str) -> Option<AskedChallenge> {
    let sealed = URL_SAFE_NO_PAD.decode(pending).ok()?;
    let plain = app.kek.open(&sealed_for(what), &sealed).ok()?;
    let (octets, ends) = plain.split_first_chunk::<CHALLENGE_OCTETS>()?;
    let ends = Instant::from_unix_ms(i64::from_be_bytes(ends.try_into().ok()?));
    (app.now() < ends).then_some(AskedChallenge { octets: *octets, ends })
}

fn sealed_for(what: AskedFor<'_>) -> Vec<u8> {
    format!("challenge of {what}").into_bytes()
}
