//! Transactions that write: how they begin and end, and what a failure means for the connection, for
//! the process and for whoever waits.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sqlx::{Any, AnyConnection, AnyPool, Connection as _, Transaction};
use tokio::sync::watch;

use super::{Engine, Error, Result, Store};

/// How often a transaction is begun anew because another one was in its way, and how long it waits
/// before, at most and multiplied by the try.
const AGAIN: u32 = 5;
const AGAIN_AT_MOST_MS: u64 = 50;

impl Store {
    /// Runs a transaction from its beginning to its end, again when another one was in its way: nothing
    /// of it was written then.
    pub(super) async fn again<T, F>(&self, attempt: impl Fn() -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let mut tries = 0;
        loop {
            match attempt().await {
                Err(error) if error.is_overtaken() && tries < AGAIN => {
                    tries += 1;
                    // Two that were in each other's way are not to meet again.
                    let spread = RandomState::new().build_hasher().finish() % AGAIN_AT_MOST_MS;
                    tokio::time::sleep(Duration::from_millis(spread * u64::from(tries))).await;
                }
                done => return done,
            }
        }
    }
}

/// The way to write. Cheap to clone.
#[derive(Clone)]
pub(super) struct WritingPool {
    pub(super) pool: AnyPool,
    pub(super) engine: Engine,
    pub(super) trust: Arc<Trust>,
}

impl WritingPool {
    /// Begins a write. On SQLite the write lock is taken at once: a transaction that reads first and
    /// writes later can otherwise fail half way (SQLITE_BUSY_SNAPSHOT).
    ///
    /// # Errors
    /// [`Error::Untrusted`] after a commit that did not reach the disk.
    pub(super) async fn begin(&self) -> Result<Tx> {
        if self.trust.is_lost() {
            return Err(Error::Untrusted);
        }
        let inner = match self.engine {
            Engine::Sqlite => self.pool.begin_with("BEGIN IMMEDIATE").await?,
            Engine::Postgres => self.pool.begin().await?,
        };
        Ok(Tx { inner, trust: Arc::clone(&self.trust) })
    }
}

/// A transaction that writes. Dropped, it is rolled back.
pub(super) struct Tx {
    inner: Transaction<'static, Any>,
    trust: Arc<Trust>,
}

impl Tx {
    /// Commits: what was written is on disk when this returns `Ok`.
    ///
    /// # Errors
    /// [`Error::Uncertain`] when nobody can say whether it was.
    pub(super) async fn commit(self) -> Result<()> {
        let Self { inner, trust } = self;
        inner.commit().await.map_err(|error| trust.not_committed(error))
    }

    /// Gives up what was written.
    pub(super) async fn rollback(self) -> Result<()> {
        let Self { inner, trust } = self;
        inner.rollback().await.map_err(|error| {
            trust.spoilt.store(true, Ordering::Relaxed);
            Error::from(error)
        })
    }
}

impl Deref for Tx {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        &self.inner
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.inner
    }
}

/// Whether the writing connection, and what the file says, can still be relied upon.
pub(super) struct Trust {
    /// A commit failed: the connection is not used again.
    spoilt: AtomicBool,
    /// A commit did not reach the disk. Nobody knows what the file holds after a crash then, so that
    /// this process writes nothing more.
    lost: watch::Sender<bool>,
}

impl Trust {
    pub(super) fn new() -> Self {
        Self { spoilt: AtomicBool::new(false), lost: watch::Sender::new(false) }
    }

    pub(super) fn is_lost(&self) -> bool {
        *self.lost.borrow()
    }

    /// Returns when a commit did not reach the disk; else never.
    pub(super) async fn lost(&self) {
        // The sender is ours, so this fails never.
        let _ = self.lost.subscribe().wait_for(|lost| *lost).await;
    }

    /// Whether SQLite's writing connection may be used again. When the disk is full SQLite rolls a
    /// transaction back by itself; the driver goes on counting it as open and could begin no other.
    pub(super) fn is_good(&self, connection: &AnyConnection) -> bool {
        !self.spoilt.swap(false, Ordering::Relaxed) && !connection.is_in_transaction()
    }

    /// What a commit that failed means.
    fn not_committed(&self, error: sqlx::Error) -> Error {
        self.spoilt.store(true, Ordering::Relaxed);
        let code = match &error {
            sqlx::Error::Database(database) => database.code().unwrap_or_default().into_owned(),
            _ => String::new(),
        };
        // SQLITE_IOERR_FSYNC, SQLITE_IOERR_DIR_FSYNC
        if matches!(code.as_str(), "1034" | "1290") {
            tracing::error!(
                "fsync failed: what the database's file holds is unknown until it is opened again"
            );
            self.lost.send_replace(true);
        }
        // Transaction rollback (serialization, deadlock), integrity constraint violation; SQLITE_BUSY.
        let certain = code.len() == 5 && (code.starts_with("40") || code.starts_with("23"));
        if certain || code == "5" { Error::from(error) } else { Error::Uncertain(error) }
    }
}
