//! Tokens: found by their label, logged in once.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use cryptoki::context::{Function, Pkcs11 as Context};
use cryptoki::error::{Error as TokenError, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::ObjectHandle;
use cryptoki::session::{Session, SessionState, UserType};
use cryptoki::slot::{Slot, TokenInfo};
use secrecy::{ExposeSecret as _, SecretString};

use super::lock;
use super::login::{PinTries, TokenLogin};
use super::module::{Inside, Kept, Pkcs11Module};
use crate::domain::sources::sources;
use crate::keys::{Error, ErrorClass};
use crate::secret::SecretSource;

/// So many failures in a row, and no success for so long, are the module's, for all we know.
const FAILURES: u32 = 3;
const IN_VAIN: Duration = Duration::from_secs(2);

/// A PIN that comes after a refused one must have stood where it is for so long: who writes it may not be done.
const SETTLED: Duration = Duration::from_secs(3);

/// How long a new token waits for others.
const PATIENCE: Duration = Duration::from_secs(30);

/// A token, named by its label, with everything needed to log in again. No lock is held while the module is
/// asked: a call that hangs holds up nobody.
pub(super) struct Token {
    module: PathBuf,
    label: String,
    pin: SecretSource,
    production: bool,
    /// How long another thread may initialise the module, or log in, before we go on without it.
    patience: Duration,
    known_pin: Mutex<KnownPin>,
    /// Where it was found, in which life of the module.
    slot: Mutex<Option<(u64, Slot)>>,
    /// A session that is never used to sign: when the last session closes, the login ends.
    keeper: Mutex<Option<Kept>>,
    logins: AtomicU64,
}

/// The PIN as it was read, and one that may take its place, since when it is there.
#[derive(Default)]
struct KnownPin {
    read: Option<Arc<SecretString>>,
    next: Option<(SecretString, Instant)>,
}

impl Token {
    pub(super) fn new(
        (module, label): (PathBuf, String),
        pin: SecretSource,
        production: bool,
        patience: Duration,
    ) -> Self {
        Self {
            module,
            label,
            pin,
            production,
            patience,
            known_pin: Mutex::default(),
            slot: Mutex::default(),
            keeper: Mutex::default(),
            logins: AtomicU64::new(0),
        }
    }

    /// Number of logins tried so far. Object handles of an earlier login may name other objects.
    pub(super) fn logins(&self) -> u64 {
        self.logins.load(Ordering::Acquire)
    }

    /// Closes the session that keeps the login.
    pub(super) fn let_go(&self) {
        let keeper = lock(&self.keeper).take();
        drop(keeper);
    }

    /// Asks inside of the module, and notes how it went.
    ///
    /// # Errors
    /// [`Error::Module`], [`Error::NoAnswer`], and those of what is asked.
    pub(super) fn inside<T>(
        &self,
        ask: impl FnOnce(&Inside) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let module = Pkcs11Module::at(&self.module)?;
        let inside = module.enter(self.patience)?;
        let (life, answer) = (inside.life, ask(&inside));
        drop(inside);
        match &answer {
            Ok(_) => module.login(&self.label).note_use(),
            Err(Error::Token(TokenError::Pkcs11(RvError::CryptokiNotInitialized, _))) => {
                module.note_ended(life);
            }
            Err(_) => {}
        }
        answer
    }

    /// Has the module begin again when an error says that it lost the token, or when nothing but errors
    /// came for a while. Nobody of this thread may be inside.
    pub(super) fn revive(&self, error: &Error) {
        let Ok(module) = Pkcs11Module::at(&self.module) else { return };
        let suspicious = match error {
            Error::KeyMissing(_) => true,
            Error::PinRefused(_) | Error::PinGuarded | Error::LoginUnanswered => false,
            error => error.class() == ErrorClass::Transient,
        };
        if !suspicious {
            return;
        }
        let login = module.login(&self.label);
        let failures = login.note_failure();
        let in_vain = failures >= FAILURES && !login.used_within(IN_VAIN);
        let lost = matches!(error, Error::TokenMissing { .. });
        if lost || in_vain {
            let begun = module.begin_again(&self.label, lost);
            tracing::debug!(token = %self.label, begun, failures, error = %sources(error),
                "the token does not do what it is asked");
        }
    }

    /// A new session in which the user is logged in.
    ///
    /// # Errors
    /// [`Error::TokenMissing`], [`Error::Secret`], [`Error::PinRefused`], [`Error::PinGuarded`],
    /// [`Error::LoginUnanswered`], [`Error::NoAnswer`], [`Error::Token`].
    pub(super) fn session(&self, inside: &Inside, writable: bool) -> Result<Session, Error> {
        let slot = self.slot(inside)?;
        // Taken out while it is asked: if that hangs, the next one opens another.
        let keeper = lock(&self.keeper).take();
        let alive = keeper.filter(|keeper| {
            keeper.of(inside).is_some_and(|session| session.get_session_info().is_ok())
        });
        let keeper = match alive {
            Some(keeper) => keeper,
            None => {
                let session = inside.context.open_ro_session(slot).map_err(Error::Token)?;
                Kept::new(session, inside)
            }
        };
        let before = lock(&self.keeper).replace(keeper);
        drop(before);
        let session = if writable {
            inside.context.open_rw_session(slot)
        } else {
            inside.context.open_ro_session(slot)
        }
        .map_err(Error::Token)?;
        if !is_user(&session)? {
            // Counted before it happens, so that nobody sees the login without the new count.
            self.logins.fetch_add(1, Ordering::Release);
            self.present_pin(inside, &session, UserType::User)?;
        }
        Ok(session)
    }

    /// Asks in a new session while nobody else of this process lists or makes objects.
    pub(super) fn administer<T>(
        &self,
        writable: bool,
        longest: Duration,
        ask: impl FnOnce(&Session) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let module = Pkcs11Module::at(&self.module)?;
        let _turn = module.administration.take(longest)?;
        self.inside(|inside| ask(&self.session(inside, writable)?))
    }

    /// Asks in a session, and believes the answer only if the login stood all the time: to a session
    /// without a login a token answers "nothing there" as if it were true.
    pub(super) fn steadily<T>(
        &self,
        session: &Session,
        ask: impl FnOnce(&Session) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let login = self.logins();
        let before = is_user(session)?;
        let answer = ask(session);
        if before && is_user(session)? && self.logins() == login {
            answer
        } else {
            Err(Error::Token(TokenError::Pkcs11(RvError::UserNotLoggedIn, Function::FindObjects)))
        }
    }

    /// What the token says about itself and the names of the mechanisms it offers, once a session with a
    /// login has been opened.
    pub(super) fn describe(&self) -> Result<(TokenInfo, Vec<String>), Error> {
        self.inside(|inside| {
            let slot = self.slot(inside)?;
            let info = inside.context.get_token_info(slot).map_err(Error::Token)?;
            let mechanisms = inside.context.get_mechanism_list(slot).map_err(Error::Token)?;
            drop(self.session(inside, false)?);
            Ok((info, mechanisms.iter().map(ToString::to_string).collect()))
        })
    }

    /// The slot that holds the token now: slots are renumbered when tokens come and go.
    fn slot(&self, inside: &Inside) -> Result<Slot, Error> {
        let known = *lock(&self.slot);
        if let Some((life, slot)) = known
            && life == inside.life
            && labelled(&inside.context, slot, &self.label)
        {
            return Ok(slot);
        }
        let found = find(&inside.context, &self.label)?;
        *lock(&self.slot) = found.map(|slot| (inside.life, slot));
        found.ok_or_else(|| missing(&inside.context, &self.label))
    }

    /// Signs with a key that wants a login of its own for every signature (`CKA_ALWAYS_AUTHENTICATE`):
    /// between the beginning of the operation and its data (PKCS#11 2.40, 4.9).
    pub(super) fn sign_confirmed(
        &self,
        inside: &Inside,
        session: &Session,
        (mechanism, key): (&Mechanism<'_>, ObjectHandle),
        input: &[u8],
    ) -> Result<Vec<u8>, Error> {
        let module = Pkcs11Module::at(&self.module)?;
        let c_sign = module.c_sign()?;
        session.sign_init(mechanism, key).map_err(Error::Token)?;
        self.present_pin(inside, session, UserType::ContextSpecific)?;
        c_sign.sign(session, input).map_err(Error::Token)
    }

    fn present_pin(&self, inside: &Inside, session: &Session, user: UserType) -> Result<(), Error> {
        let module = Pkcs11Module::at(&self.module)?;
        let login = module.login(&self.label);
        let pin = self.pin(&login)?;
        let tries = || {
            let info = self.slot(inside).ok().map(|slot| inside.context.get_token_info(slot));
            let Some(Ok(info)) = info else { return PinTries { were_wrong: true, are_over: true } };
            let are_over = info.user_pin_final_try() || info.user_pin_locked();
            PinTries { were_wrong: are_over || info.user_pin_count_low(), are_over }
        };
        login.present((&self.label, self.patience), &pin, tries, || session.login(user, Some(&pin)))
    }

    /// The PIN, read once; when the token refused it, the one that stands in its place by now.
    ///
    /// # Errors
    /// [`Error::Secret`]; [`Error::PinGuarded`] while none is there that may be presented.
    fn pin(&self, login: &TokenLogin) -> Result<Arc<SecretString>, Error> {
        let mut known = lock(&self.known_pin);
        if let Some(pin) = known.read.as_ref().filter(|pin| !login.guards(pin)) {
            return Ok(Arc::clone(pin));
        }
        let pin = self.pin.read(self.production)?;
        if login.guards(&pin) {
            known.next = None;
            return Err(Error::PinGuarded);
        }
        if login.needs_another() {
            let same =
                |(next, _): &&(SecretString, Instant)| next.expose_secret() == pin.expose_secret();
            let since = known.next.as_ref().filter(same).map(|(_, since)| *since);
            if since.is_none_or(|since| since.elapsed() < SETTLED) {
                known.next = Some((pin, since.unwrap_or_else(Instant::now)));
                return Err(Error::PinGuarded);
            }
            tracing::info!(token = %self.label, "another PIN stands where the refused one was");
        }
        known.next = None;
        Ok(Arc::clone(known.read.insert(Arc::new(pin))))
    }
}

/// Whether the user is logged in, as this session sees it.
fn is_user(session: &Session) -> Result<bool, Error> {
    let info = session.get_session_info().map_err(Error::Token)?;
    Ok(matches!(info.session_state(), SessionState::RoUser | SessionState::RwUser))
}

/// Makes a new token in a free slot and sets both PINs. Blocks; for demonstrations and tests.
///
/// # Errors
/// [`Error::TokenTaken`] when the label is in use, [`Error::TokenMissing`] when the module has no
/// free slot, [`Error::Module`], [`Error::Token`].
pub fn initialise_token(
    module: &Path,
    label: &str,
    so_pin: &SecretString,
    pin: &SecretString,
) -> Result<(), Error> {
    // Held to the end: a module hands out one free slot, and two callers must not both take it.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = lock(&ONE_AT_A_TIME);
    let inside = Pkcs11Module::at(module)?.enter(PATIENCE)?;
    let context = &inside.context;
    if find(context, label)?.is_some() {
        return Err(Error::TokenTaken(label.to_owned()));
    }
    let slots = context.get_slots_with_token().map_err(Error::Token)?;
    let free = slots
        .into_iter()
        .find(|slot| context.get_token_info(*slot).is_ok_and(|info| !info.token_initialized()));
    let free = free.ok_or_else(|| missing(context, label))?;
    context.init_token(free, so_pin, label).map_err(Error::Token)?;
    // SoftHSM gives the token another slot number from now on.
    let slot = find(context, label)?.ok_or_else(|| missing(context, label))?;
    let session = context.open_rw_session(slot).map_err(Error::Token)?;
    session.login(UserType::So, Some(so_pin)).map_err(Error::Token)?;
    session.init_pin(pin).map_err(Error::Token)?;
    session.logout().map_err(Error::Token)
}

fn find(context: &Context, label: &str) -> Result<Option<Slot>, Error> {
    let slots = context.get_slots_with_token().map_err(Error::Token)?;
    Ok(slots.into_iter().find(|slot| labelled(context, *slot, label)))
}

/// What to say when a token is not there: a label is easily mistyped, and some tokens are another user's.
fn missing(context: &Context, label: &str) -> Error {
    let slots = context.get_slots_with_token().unwrap_or_default();
    let infos = slots.into_iter().filter_map(|slot| context.get_token_info(slot).ok());
    let labels = infos.filter(TokenInfo::token_initialized);
    let labels: Vec<String> = labels.map(|info| format!("{:?}", info.label().trim_end())).collect();
    let seen = if labels.is_empty() {
        "the module shows no token at all: look at its own configuration and its rights".to_owned()
    } else {
        format!("the module shows {}", labels.join(", "))
    };
    Error::TokenMissing { label: label.to_owned(), seen }
}

fn labelled(context: &Context, slot: Slot, label: &str) -> bool {
    context
        .get_token_info(slot)
        .is_ok_and(|info| info.token_initialized() && info.label().trim_end() == label)
}
