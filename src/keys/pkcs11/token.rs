//! Modules and tokens: loaded once, logged in once, PINs guarded.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Function, Pkcs11 as Context};
use cryptoki::error::{Error as TokenError, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::ObjectHandle;
use cryptoki::session::{Session, SessionState, UserType};
use cryptoki::slot::{Slot, TokenInfo};
use secrecy::SecretString;

use crate::keys::{Error, ModuleError};
use crate::secret::SecretSource;

/// One context per module and process, for ever: a second `C_Initialize` fails and a `C_Finalize`
/// would end everybody's sessions.
static MODULES: Mutex<BTreeMap<PathBuf, Arc<LoadedModule>>> = Mutex::new(BTreeMap::new());

/// A loaded and initialised PKCS#11 module.
pub(super) struct LoadedModule {
    pub(super) context: Context,
    /// Labels of the tokens that refused a PIN. Held while a login is tried, so that of many
    /// threads with a wrong PIN only one asks.
    guarded: Mutex<BTreeSet<String>>,
    /// Held while objects are listed or made: SoftHSM shows half-written objects to other threads.
    administration: Mutex<()>,
    path: PathBuf,
    /// Loaded with the first key that wants a login of its own for every signature.
    c_sign: OnceLock<c_sign::Module>,
}

impl LoadedModule {
    /// What signs in an operation that has begun.
    fn c_sign(&self) -> Result<&c_sign::Module, Error> {
        if let Some(module) = self.c_sign.get() {
            return Ok(module);
        }
        let wrong =
            |error| Error::Module { path: self.path.clone(), source: ModuleError::CSign(error) };
        let module = c_sign::Module::load(&self.path).map_err(wrong)?;
        Ok(self.c_sign.get_or_init(|| module))
    }
}

/// The module at a path, loaded now if this is the first time.
pub(super) fn load(path: &Path) -> Result<Arc<LoadedModule>, Error> {
    let wrong = |source| Error::Module { path: path.to_owned(), source };
    let canonical = path.canonicalize().map_err(|error| wrong(error.into()))?;
    let mut modules = lock(&MODULES);
    if let Some(module) = modules.get(&canonical) {
        return Ok(Arc::clone(module));
    }
    let context = Context::new(&canonical).map_err(|error| wrong(ModuleError::Cryptoki(error)))?;
    match context.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Ok(()) | Err(TokenError::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
        Err(error) => return Err(wrong(ModuleError::Cryptoki(error))),
    }
    let module = Arc::new(LoadedModule {
        context,
        guarded: Mutex::default(),
        administration: Mutex::default(),
        path: canonical.clone(),
        c_sign: OnceLock::new(),
    });
    modules.insert(canonical, Arc::clone(&module));
    Ok(module)
}

/// A token, named by its label, with everything needed to log in again.
pub(super) struct Token {
    module: PathBuf,
    label: String,
    pin: SecretSource,
    production: bool,
    state: Mutex<State>,
    logins: AtomicU64,
}

#[derive(Default)]
struct State {
    slot: Option<Slot>,
    /// A session that is never used to sign: when the last session closes, the login ends.
    keeper: Option<Session>,
    pin: Option<SecretString>,
}

impl Token {
    pub(super) fn new(module: PathBuf, label: String, pin: SecretSource, production: bool) -> Self {
        let (state, logins) = (Mutex::default(), AtomicU64::new(0));
        Self { module, label, pin, production, state, logins }
    }

    /// Number of logins tried so far. Object handles of an earlier login may name other objects.
    pub(super) fn logins(&self) -> u64 {
        self.logins.load(Ordering::Acquire)
    }

    /// A new session in which the user is logged in.
    ///
    /// # Errors
    /// [`Error::Module`], [`Error::TokenMissing`], [`Error::Secret`], [`Error::PinRefused`],
    /// [`Error::PinGuarded`], [`Error::Token`].
    pub(super) fn session(&self, writable: bool) -> Result<Session, Error> {
        let module = load(&self.module)?;
        let mut state = lock(&self.state);
        let slot = self.slot(&module, &mut state)?;
        let alive = state.keeper.as_ref().is_some_and(|keeper| keeper.get_session_info().is_ok());
        if !alive {
            state.keeper = None;
            state.keeper = Some(module.context.open_ro_session(slot).map_err(Error::Token)?);
        }
        let session = if writable {
            module.context.open_rw_session(slot)
        } else {
            module.context.open_ro_session(slot)
        }
        .map_err(Error::Token)?;
        if !is_user(&session)? {
            self.login(&module, &session, &mut state)?;
        }
        Ok(session)
    }

    /// Asks in a new session while nobody else of this process lists or makes objects.
    pub(super) fn administer<T>(
        &self,
        writable: bool,
        ask: impl FnOnce(&Session) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let module = load(&self.module)?;
        let _turn = lock(&module.administration);
        ask(&self.session(writable)?)
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

    /// What the token says about itself and the names of the mechanisms it offers.
    pub(super) fn describe(&self) -> Result<(TokenInfo, Vec<String>), Error> {
        let module = load(&self.module)?;
        let slot = self.slot(&module, &mut lock(&self.state))?;
        let info = module.context.get_token_info(slot).map_err(Error::Token)?;
        let mechanisms = module.context.get_mechanism_list(slot).map_err(Error::Token)?;
        Ok((info, mechanisms.iter().map(ToString::to_string).collect()))
    }

    /// The slot that holds the token now: slots are renumbered when tokens come and go.
    fn slot(&self, module: &LoadedModule, state: &mut State) -> Result<Slot, Error> {
        if let Some(slot) = state.slot
            && labelled(module, slot, &self.label)
        {
            return Ok(slot);
        }
        state.slot = None;
        let found = find(module, &self.label)?;
        state.slot = found;
        found.ok_or_else(|| missing(module, &self.label))
    }

    /// Signs with a key that wants a login of its own for every signature (`CKA_ALWAYS_AUTHENTICATE`):
    /// between the beginning of the operation and its data (PKCS#11 2.40, 4.9).
    pub(super) fn sign_confirmed(
        &self,
        session: &Session,
        mechanism: &Mechanism<'_>,
        key: ObjectHandle,
        input: &[u8],
    ) -> Result<Vec<u8>, Error> {
        let module = load(&self.module)?;
        let c_sign = module.c_sign()?;
        session.sign_init(mechanism, key).map_err(Error::Token)?;
        self.present_pin(&module, session, UserType::ContextSpecific, &mut lock(&self.state))?;
        c_sign.sign(session, input).map_err(Error::Token)
    }

    fn login(
        &self,
        module: &LoadedModule,
        session: &Session,
        state: &mut State,
    ) -> Result<(), Error> {
        // Counted before it happens, so that nobody sees the login without the new count.
        self.logins.fetch_add(1, Ordering::Release);
        self.present_pin(module, session, UserType::User, state)
    }

    fn present_pin(
        &self,
        module: &LoadedModule,
        session: &Session,
        user: UserType,
        state: &mut State,
    ) -> Result<(), Error> {
        let pin = match state.pin.take() {
            Some(pin) => pin,
            None => self.pin.read(self.production)?,
        };
        let pin = state.pin.insert(pin);
        let mut guarded = lock(&module.guarded);
        if guarded.contains(&self.label) {
            return Err(Error::PinGuarded);
        }
        match session.login(user, Some(pin)) {
            Ok(()) | Err(TokenError::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(()),
            Err(error) if refuses_pin(&error) => {
                guarded.insert(self.label.clone());
                tracing::error!(token = %self.label, %error,
                    "the token refused the PIN; no further login is tried until restart");
                Err(Error::PinRefused(error))
            }
            Err(error) => Err(Error::Token(error)),
        }
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
    let module = load(module)?;
    if find(&module, label)?.is_some() {
        return Err(Error::TokenTaken(label.to_owned()));
    }
    let slots = module.context.get_slots_with_token().map_err(Error::Token)?;
    let free = slots.into_iter().find(|slot| {
        module.context.get_token_info(*slot).is_ok_and(|info| !info.token_initialized())
    });
    let free = free.ok_or_else(|| missing(&module, label))?;
    module.context.init_token(free, so_pin, label).map_err(Error::Token)?;
    // SoftHSM gives the token another slot number from now on.
    let slot = find(&module, label)?.ok_or_else(|| missing(&module, label))?;
    let session = module.context.open_rw_session(slot).map_err(Error::Token)?;
    session.login(UserType::So, Some(so_pin)).map_err(Error::Token)?;
    session.init_pin(pin).map_err(Error::Token)?;
    session.logout().map_err(Error::Token)
}

fn find(module: &LoadedModule, label: &str) -> Result<Option<Slot>, Error> {
    let slots = module.context.get_slots_with_token().map_err(Error::Token)?;
    Ok(slots.into_iter().find(|slot| labelled(module, *slot, label)))
}

/// What to say when a token is not there: a label is easily mistyped, and some tokens are another user's.
fn missing(module: &LoadedModule, label: &str) -> Error {
    let slots = module.context.get_slots_with_token().unwrap_or_default();
    let infos = slots.into_iter().filter_map(|slot| module.context.get_token_info(slot).ok());
    let labels = infos.filter(TokenInfo::token_initialized);
    let labels: Vec<String> = labels.map(|info| format!("{:?}", info.label().trim_end())).collect();
    let seen = if labels.is_empty() {
        "the module shows no token at all: look at its own configuration and its rights".to_owned()
    } else {
        format!("the module shows {}", labels.join(", "))
    };
    Error::TokenMissing { label: label.to_owned(), seen }
}

fn labelled(module: &LoadedModule, slot: Slot, label: &str) -> bool {
    module
        .context
        .get_token_info(slot)
        .is_ok_and(|info| info.token_initialized() && info.label().trim_end() == label)
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

/// A panic elsewhere does not make these values wrong.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
