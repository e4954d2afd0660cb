//! Whether this process can seal: whether the database takes a write, and each key signs. Nothing is asked
//! of a token here: what signatures and probes found out counts, so that one that hangs keeps nobody.

use std::time::{Duration, Instant};

use super::preservation::{self, Overdue};
use super::{Error, clock, credentials, test_authorities};
use crate::app::App;
use crate::keys::{KeyRef, Proof};
use crate::store::alarms::Backlog;

/// How long a look waits for the first probes of a process that has just started.
const FIRST_PROBES: Duration = Duration::from_millis(1500);

/// How often it looks whether they are back.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// More than twice the time between two probes of a key: as long as one may take.
const PROBE_TAKES: Duration = Duration::from_secs(30);

/// How long a look waits for what is only told beside.
const BACKLOG: Duration = Duration::from_secs(1);

/// Credentials that are named; those that cannot sign come first.
const NAMED: usize = 500;

/// What is ready.
#[derive(Clone, Debug, Default)]
pub struct Readiness {
    /// The database took a write just now.
    pub writes: bool,
    /// This machine and the database agree what time it is, or the database is on this machine.
    pub clock: bool,
    /// Somebody can seal.
    pub keys: bool,
    /// By name.
    pub back_ends: Vec<BackEndReadiness>,
    /// Those that cannot sign first; at most 500.
    pub credentials: Vec<CredentialKey>,
    /// What is of a test authority: credentials and settings.
    pub for_tests: Vec<String>,
    /// What waits; `None` when the database did not say.
    pub backlog: Option<Backlog>,
    /// What of preservation is overdue; `None` when the database did not say.
    pub overdue: Option<Overdue>,
}

/// A key back-end.
#[derive(Clone, Debug)]
pub struct BackEndReadiness {
    /// In the configuration.
    pub name: String,
    /// `pkcs11` or `software`.
    pub kind: &'static str,
    /// Of its keys the best; without keys, how it said that it is.
    pub state: KeyState,
    /// When a key of it signed last.
    pub proven: Option<Instant>,
    /// Since when none of its keys signs, where each was asked and failed.
    pub failing: Option<Instant>,
}

/// The key of an active credential.
#[derive(Clone, Debug)]
pub struct CredentialKey {
    /// Operator's name for the credential.
    pub alias: String,
    /// Name of its back-end.
    pub back_end: String,
    /// Whether it signs.
    pub state: KeyState,
    /// When it signed last, in this process.
    pub proven: Option<Instant>,
    /// Since when it does not sign.
    pub failing: Option<Instant>,
}

/// Whether a key signs. The first is the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyState {
    /// It answered with a wrong value and is not used until it is released.
    Quarantined,
    /// It did not sign when it was asked last.
    Failing,
    /// It was not asked yet, or has been asked and not answered for long.
    Unproven,
    /// It signed lately.
    Ok,
}

impl KeyState {
    /// As it is shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Quarantined => "quarantined",
            Self::Failing => "failing",
            Self::Unproven => "unproven",
            Self::Ok => "ok",
        }
    }
}

/// Looks. What cannot be found out is not ready.
pub async fn look(app: &App) -> Readiness {
    let backlog = tokio::time::timeout(BACKLOG, app.reports.backlog());
    let overdue = tokio::time::timeout(BACKLOG, preservation::overdue(app));
    let (writes, clock, backlog, overdue) =
        tokio::join!(app.store.probe_write(), clock::too_far_apart(app), backlog, overdue);
    let (writes, backlog) = (writes.is_ok(), backlog.ok().and_then(Result::ok));
    let waits = (backlog, overdue.ok().and_then(Result::ok));
    let for_tests = test_authorities::found(app).await.unwrap_or_default();
    // A database that does not answer is told by its own member.
    let clock = !matches!(clock, Ok(Some(_)));
    let until = Instant::now() + FIRST_PROBES;
    loop {
        let seen = keys(app).await.unwrap_or_default();
        let unproven = |state: KeyState| state == KeyState::Unproven;
        let unknown = seen.0.iter().any(|it| unproven(it.state))
            || seen.1.iter().any(|it| unproven(it.state));
        if !unknown || Instant::now() >= until {
            return Readiness { for_tests, ..finished((writes, clock), waits, seen) };
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

type Seen = (Vec<BackEndReadiness>, Vec<CredentialKey>);

async fn keys(app: &App) -> Result<Seen, Error> {
    let fresh = fresh(app);
    let mut credentials: Vec<CredentialKey> = credentials::active(app)
        .await?
        .iter()
        .map(|ready| {
            let (state, proof) = state_of(app, &ready.key);
            CredentialKey {
                alias: ready.credential.alias.clone(),
                back_end: ready.key.backend.clone(),
                state,
                proven: proof.proven,
                failing: proof.failing.map(|failing| failing.since),
            }
        })
        .collect();
    credentials.sort_by(|one, other| (one.state, &one.alias).cmp(&(other.state, &other.alias)));
    let back_ends = app.keyring.back_ends().map(|(name, kind)| {
        let own = || credentials.iter().filter(|key| key.back_end == name);
        let state = own().map(|key| key.state).max();
        let state = state.unwrap_or_else(|| match app.keyring.last_condition(name) {
            Some((at, true)) if at.elapsed() < fresh => KeyState::Ok,
            Some((_, false)) => KeyState::Failing,
            Some((_, true)) | None => KeyState::Unproven,
        });
        let proven = own().filter_map(|key| key.proven).max();
        // The last one of them that failed.
        let failing: Option<Vec<Instant>> = own().map(|key| key.failing).collect();
        let failing = failing.and_then(|all| all.into_iter().max());
        BackEndReadiness { name: name.to_owned(), kind, state, proven, failing }
    });
    Ok((back_ends.collect(), credentials))
}

/// Whether a key signs, and what tells.
pub(super) fn state_of(app: &App, key: &KeyRef) -> (KeyState, Proof) {
    let proof = app.keyring.proof(key);
    let state = match (&proof.failing, proof.proven) {
        _ if app.keyring.is_quarantined(key.name().1) => KeyState::Quarantined,
        (Some(_), _) => KeyState::Failing,
        (None, Some(proven)) if proven.elapsed() < fresh(app) => KeyState::Ok,
        (None, _) => KeyState::Unproven,
    };
    (state, proof)
}

/// How long a signature shows that a key signs.
fn fresh(app: &App) -> Duration {
    Duration::from_millis(app.execution.prove_ms) * 2 + PROBE_TAKES
}

fn finished(
    (writes, clock): (bool, bool),
    (backlog, overdue): (Option<Backlog>, Option<Overdue>),
    seen: Seen,
) -> Readiness {
    let (back_ends, mut credentials) = seen;
    let signs = |state: KeyState| state == KeyState::Ok;
    let keys = if credentials.is_empty() {
        back_ends.iter().any(|back_end| signs(back_end.state))
    } else {
        credentials.iter().any(|key| signs(key.state))
    };
    credentials.truncate(NAMED);
    let for_tests = Vec::new();
    Readiness { writes, clock, keys, back_ends, credentials, for_tests, backlog, overdue }
}
