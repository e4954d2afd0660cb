//! Sees that keys sign: one that signed nothing for a while, or failed, is asked for a signature over a text
//! that means nothing. When a key signs again, what waited for it is due at once.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::execute::IN_VAIN;
use super::{Error, credentials, quarantine};
use crate::app::{App, ReadyCredential};
use crate::domain::ids::CredentialId;
use crate::domain::sources::sources;
use crate::keys::{KeyName, Proof};

/// How often new and disabled credentials are looked for.
const LISTED: Duration = Duration::from_secs(2);

/// Probes at once over one back-end, and over one whose keys fail: they would only wait for each other.
const PROBES: usize = 8;
const PROBES_IN_VAIN: usize = 2;

/// A key that goes on failing is probed so many times more seldom at most.
const SELDOM: u32 = 5;

/// Looks until `stop` changes. Errors are logged and the next look comes in time.
pub async fn watch(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    let period = Duration::from_millis((app.execution.probe_ms / 2).clamp(10, 1000));
    let mut prover = Prover::default();
    let mut failed = false;
    loop {
        let looked = prover.look(&app).await;
        // Told once, not at every look.
        if let Err(error) = &looked
            && !failed
        {
            tracing::error!(error = %sources(error), "keys cannot be looked after");
        }
        failed = looked.is_err();
        tokio::select! {
            () = tokio::time::sleep(period) => {}
            () = app.keyring.healed() => {}
            _ = stop.changed() => return,
        }
    }
}

/// What is asked: a key, or, where there is none in use, a back-end.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Probed {
    Key(CredentialId),
    BackEnd(String),
}

/// Probes that are on their way, and what is to be done after them.
#[derive(Default)]
struct Prover {
    listed: Option<Instant>,
    credentials: Vec<Arc<ReadyCredential>>,
    probes: JoinSet<Probed>,
    /// What these ask, with the back-ends.
    probed: HashMap<Probed, String>,
    /// Keys that sign again, whose operations are not due yet.
    healed: Vec<KeyName>,
}

impl Prover {
    async fn look(&mut self, app: &Arc<App>) -> Result<(), Error> {
        while let Some(done) = self.probes.try_join_next() {
            match done {
                Ok(id) => drop(self.probed.remove(&id)),
                Err(error) => tracing::error!(%error, "a probe ended early"),
            }
        }
        if self.probes.is_empty() {
            self.probed.clear();
        }
        quarantine::share(app).await?;
        self.healed.extend(app.keyring.take_healed());
        let old = self.listed.is_none_or(|at| at.elapsed() >= LISTED);
        // Operations that wait may be of a credential that is newer than the list.
        if old || !self.healed.is_empty() {
            self.credentials = credentials::active(app).await?;
            self.listed = Some(Instant::now());
        }
        self.release(app).await?;
        for ready in &self.credentials {
            let (id, backend) = (Probed::Key(ready.credential.id), &ready.key.backend);
            let proof = app.keyring.proof(&ready.key);
            let most = if proof.failing.is_some() { PROBES_IN_VAIN } else { PROBES };
            let beside = self.probed.values().filter(|it| *it == backend).count();
            if self.probed.contains_key(&id) || beside >= most || !is_due(app, ready, &proof) {
                continue;
            }
            self.probed.insert(id.clone(), backend.clone());
            let (app, ready) = (Arc::clone(app), Arc::clone(ready));
            self.probes.spawn(async move {
                // The keyring notes how it went.
                let _ = app.keyring.prove(&ready.key).await;
                id
            });
        }
        self.ask_back_ends(app);
        Ok(())
    }

    /// Asks back-ends that hold no key in use how they are.
    fn ask_back_ends(&mut self, app: &Arc<App>) {
        for (name, _) in app.keyring.back_ends() {
            let every = Duration::from_millis(match app.keyring.last_condition(name) {
                Some((_, true)) => app.execution.prove_ms,
                Some((_, false)) => app.execution.probe_ms,
                None => 0,
            });
            let asked =
                app.keyring.last_condition(name).is_some_and(|(at, _)| at.elapsed() < every);
            let used = self.credentials.iter().any(|ready| ready.key.backend == name);
            let id = Probed::BackEnd(name.to_owned());
            if asked || used || self.probed.contains_key(&id) {
                continue;
            }
            self.probed.insert(id.clone(), name.to_owned());
            let (app, name) = (Arc::clone(app), name.to_owned());
            self.probes.spawn(async move {
                // The keyring notes how it went.
                let _ = app.keyring.condition(&name).await;
                id
            });
        }
    }

    /// Makes due what waited for keys that sign again.
    async fn release(&mut self, app: &App) -> Result<(), Error> {
        while let Some(key) = self.healed.last() {
            for ready in self.credentials.iter().filter(|ready| ready.key.name() == *key) {
                let now = app.steady_now();
                let due = app.store.make_due(ready.credential.id, IN_VAIN, now).await?;
                if due > 0 {
                    tracing::info!(credential = %ready.credential.alias, due,
                        "the key signs; operations that waited for it go on");
                    app.take_up_bell.notify_one();
                }
            }
            self.healed.pop();
        }
        Ok(())
    }
}

/// Whether it is time to ask a key.
fn is_due(app: &App, ready: &ReadyCredential, proof: &Proof) -> bool {
    if app.keyring.is_quarantined(ready.key.name().1) {
        return false;
    }
    match (&proof.failing, proof.proven) {
        (Some(failing), _) => {
            // Every time, then every second time, and so on.
            let times = failing.tries.div_ceil(5).min(SELDOM);
            failing.asked.elapsed() >= Duration::from_millis(app.execution.probe_ms) * times
        }
        (None, Some(proven)) => proven.elapsed() >= Duration::from_millis(app.execution.prove_ms),
        (None, None) => true,
    }
}
