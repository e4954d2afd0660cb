//! Modules: loaded once, initialised as often as needed, never under the feet of a thread that is inside.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::time::{Duration, Instant};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11 as Context};
use cryptoki::error::{Error as TokenError, RvError};
use cryptoki::session::Session;

use super::login::TokenLogin;
use super::{lock, turns::Turns};
use crate::keys::{Error, ModuleError};

/// One for each module and process: a second `C_Initialize` fails, and `C_Finalize` ends everybody's
/// sessions.
static MODULES: Mutex<BTreeMap<PathBuf, Arc<Pkcs11Module>>> = Mutex::new(BTreeMap::new());

/// How long a module rests between two beginnings at first; twice as long after every one in vain, up to
/// the second, or the third when it does not say itself that a token is missing.
const REST: Duration = Duration::from_secs(1);
const REST_AT_MOST: Duration = Duration::from_secs(5);
const REST_WHEN_UNSURE: Duration = Duration::from_mins(1);

/// How long, when another of its tokens is in use, and when that is so.
const REST_OF_OTHERS: Duration = Duration::from_mins(1);
const IN_USE: Duration = Duration::from_mins(3);

/// A PKCS#11 module. It is loaded and initialised when somebody first goes inside.
pub(super) struct Pkcs11Module {
    pub(super) path: PathBuf,
    state: Mutex<State>,
    changed: Condvar,
    /// What is known of its tokens, by label.
    logins: Mutex<BTreeMap<String, Arc<TokenLogin>>>,
    /// Held while objects are listed or made: SoftHSM shows half-written objects to other threads.
    pub(super) administration: Turns,
    /// Loaded with the first key that wants a login of its own for every signature.
    c_sign: OnceLock<c_sign::Module>,
}

#[derive(Default)]
struct State {
    context: Option<Context>,
    initialised: bool,
    /// How often it was initialised: sessions and slots of an earlier life may be another's by now.
    life: u64,
    /// Threads in a call of the module, or between two of them. One that hangs is counted for as long as it
    /// does, and as long nobody ends the module.
    inside: usize,
    /// Somebody initialises or ends it. Nobody goes in.
    changing: bool,
    began: Option<Instant>,
}

/// A thread's stay inside a module: while it lasts, the module is neither ended nor initialised.
pub(super) struct Inside {
    module: Arc<Pkcs11Module>,
    pub(super) context: Context,
    pub(super) life: u64,
}

impl Drop for Inside {
    fn drop(&mut self) {
        lock(&self.module.state).inside -= 1;
        self.module.changed.notify_all();
    }
}

impl Pkcs11Module {
    /// The module at a path.
    ///
    /// # Errors
    /// [`Error::Module`] when there is no such file.
    pub(super) fn at(path: &Path) -> Result<Arc<Self>, Error> {
        let canonical = path
            .canonicalize()
            .map_err(|error| Error::Module { path: path.to_owned(), source: error.into() })?;
        let mut modules = lock(&MODULES);
        let module = modules.entry(canonical.clone()).or_insert_with(|| {
            Arc::new(Self {
                path: canonical,
                state: Mutex::default(),
                changed: Condvar::new(),
                logins: Mutex::default(),
                administration: Turns::default(),
                c_sign: OnceLock::new(),
            })
        });
        Ok(Arc::clone(module))
    }

    /// Goes inside; loads and initialises the module when that has not happened, or is undone. Waits no
    /// longer than `patience` while another thread does.
    ///
    /// # Errors
    /// [`Error::Module`], and [`Error::NoAnswer`] when another thread hangs in doing so.
    pub(super) fn enter(self: &Arc<Self>, patience: Duration) -> Result<Inside, Error> {
        let state = lock(&self.state);
        let busy = |state: &mut State| state.changing || (!state.initialised && state.inside > 0);
        let waited = self.changed.wait_timeout_while(state, patience, busy);
        let (mut state, _) = waited.unwrap_or_else(std::sync::PoisonError::into_inner);
        if busy(&mut state) {
            return Err(Error::NoAnswer);
        }
        if !state.initialised {
            state.changing = true;
            let context = state.context.clone();
            drop(state);
            let loaded = context.map_or_else(|| self.load(), Ok);
            let begun = loaded.as_ref().ok().map(|context| self.begin(context));
            state = lock(&self.state);
            state.note(&self.changed, loaded, begun)?;
        }
        self.go_in(&mut state).ok_or(Error::NoAnswer)
    }

    /// Goes inside if the module still has the same life: to let go what belongs to it.
    fn enter_life(self: &Arc<Self>, life: u64) -> Option<Inside> {
        let mut state = lock(&self.state);
        let same = state.life == life && state.initialised && !state.changing;
        same.then(|| self.go_in(&mut state)).flatten()
    }

    fn go_in(self: &Arc<Self>, state: &mut State) -> Option<Inside> {
        let context = state.context.clone()?;
        state.inside += 1;
        Some(Inside { module: Arc::clone(self), context, life: state.life })
    }

    /// Ends the module and begins it anew, for a token that the module has lost: many look for tokens only
    /// when they are initialised. Returns whether it was done. It is not while a thread is inside, and a
    /// thread that hangs is: what a module does that is ended under a call nobody knows. Nor is it for
    /// the sake of one token while others are in use, unless it was there before and is missing now; nor again
    /// before a rest.
    pub(super) fn begin_again(self: &Arc<Self>, label: &str, missing: bool) -> bool {
        let login = self.login(label);
        let used =
            |(name, login): (&String, &Arc<TokenLogin>)| name != label && login.used_within(IN_USE);
        let others = lock(&self.logins).iter().any(used);
        let (was_there, before) = (login.was_used(), login.beginnings());
        let most = if missing { REST_AT_MOST } else { REST_WHEN_UNSURE };
        let rest = (REST * 2_u32.pow(before.min(10))).min(most);
        let rest = if others { REST_OF_OTHERS } else { rest };
        let mut state = lock(&self.state);
        let rested = state.began.is_none_or(|began| began.elapsed() >= rest);
        if state.changing || state.inside > 0 || !rested || (others && !(missing && was_there)) {
            return false;
        }
        let Some(context) = state.context.clone() else { return false };
        (state.changing, state.initialised) = (true, false);
        drop(state);
        login.note_beginning();
        if before == 0 {
            tracing::warn!(module = %self.path.display(), token = label,
                "the module does not do what it is asked; it is ended and initialised again");
        }
        // One that is not initialised needs no end; any other trouble shows at the beginning.
        let _ = context.clone().finalize();
        let begun = self.begin(&context);
        let mut state = lock(&self.state);
        state.note(&self.changed, Ok(context), Some(begun)).is_ok()
    }

    /// Says that a call of this life was told that the module is not initialised.
    pub(super) fn note_ended(&self, life: u64) {
        let mut state = lock(&self.state);
        if state.life == life && !state.changing {
            state.initialised = false;
        }
    }

    fn load(&self) -> Result<Context, Error> {
        Context::new(&self.path).map_err(|error| self.wrong(error))
    }

    fn begin(&self, context: &Context) -> Result<(), Error> {
        match context.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
            Ok(()) | Err(TokenError::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(()),
            Err(error) => Err(self.wrong(error)),
        }
    }

    fn wrong(&self, error: TokenError) -> Error {
        Error::Module { path: self.path.clone(), source: ModuleError::Cryptoki(error) }
    }

    /// What is known of a token.
    pub(super) fn login(&self, label: &str) -> Arc<TokenLogin> {
        Arc::clone(lock(&self.logins).entry(label.to_owned()).or_default())
    }

    /// What signs in an operation that has begun.
    pub(super) fn c_sign(&self) -> Result<&c_sign::Module, Error> {
        if let Some(module) = self.c_sign.get() {
            return Ok(module);
        }
        let wrong =
            |error| Error::Module { path: self.path.clone(), source: ModuleError::CSign(error) };
        let module = c_sign::Module::load(&self.path).map_err(wrong)?;
        Ok(self.c_sign.get_or_init(|| module))
    }
}

impl State {
    /// Ends a change with what came of it. A module that was loaded stays so, whether it begins or not.
    fn note(
        &mut self,
        changed: &Condvar,
        loaded: Result<Context, Error>,
        begun: Option<Result<(), Error>>,
    ) -> Result<(), Error> {
        self.changing = false;
        changed.notify_all();
        self.context = Some(loaded?);
        begun.unwrap_or(Ok(()))?;
        self.initialised = true;
        self.life += 1;
        self.began = Some(Instant::now());
        Ok(())
    }
}

/// A session that is kept between two stays inside. One of an earlier life is forgotten, not closed: its
/// number may be another session's by now.
pub(super) struct Kept {
    session: Option<Session>,
    module: Arc<Pkcs11Module>,
    life: u64,
}

impl Kept {
    pub(super) fn new(session: Session, inside: &Inside) -> Self {
        Self { session: Some(session), module: Arc::clone(&inside.module), life: inside.life }
    }

    /// The session, if it is of this life of the module.
    pub(super) fn of(&self, inside: &Inside) -> Option<&Session> {
        self.session.as_ref().filter(|_| self.life == inside.life)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let inside = self.module.enter_life(self.life);
        match (self.session.take(), &inside) {
            (Some(session), None) => std::mem::forget(session),
            (session, _) => drop(session),
        }
    }
}
