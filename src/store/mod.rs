//! The database door: one pool to write, one to read, one method per fact. What lives here is SQL;
//! what does not is any rule about what may follow what.
//!
//! One SQL text serves SQLite and PostgreSQL through sqlx's `Any` driver. On SQLite all writes go
//! through one connection (SQLite has one writer anyway) with WAL and `synchronous = FULL`, so that a
//! commit that returned survives a power cut.

pub mod acts;
pub mod alarms;
pub mod audit;
pub mod audit_chain;
pub mod bulk;
pub mod client_services;
pub mod companies;
pub mod contents;
pub mod credentials;
pub mod days;
pub mod detail;
pub mod diagnosis;
pub mod documents;
pub mod drafts;
pub mod events;
mod imports;
pub mod kept_values;
pub mod leases;
pub mod lists;
pub mod mail_templates;
pub mod operations;
pub mod outbox;
pub mod people;
pub mod pieces;
pub mod preservation;
pub mod quarantine;
pub mod renewals;
mod row;
pub mod sealed_secrets;
pub mod search;
pub mod settings;
pub mod smtp_accounts;
mod statement;
pub mod today;
pub mod usage;
pub mod webhooks;
mod writing;

use std::cmp::Ordering;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::{Arc, Once};
use std::time::Duration;

use serde::Deserialize;
use sqlx::any::AnyPoolOptions;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{AnyConnection, AnyPool, Connection as _, Executor as _, Row as _, SqlStr};
use thiserror::Error;

use self::writing::{Trust, Tx, WritingPool};
use crate::domain::instant::Instant;

/// Where and how data is kept.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `sqlite://PATH` or `postgres://USER:PASSWORD@HOST/DATABASE`.
    pub url: String,
    /// Connections for reading (SQLite) or for everything (PostgreSQL).
    pub connections: u32,
    /// Milliseconds to wait for a connection, or on SQLite for another process's write.
    pub wait_ms: u64,
    /// Milliseconds that PostgreSQL may work on one statement; 0: for ever.
    pub statement_ms: u64,
    /// Milliseconds that a statement may wait for another transaction's lock there; 0: for ever.
    pub lock_ms: u64,
}

impl Config {
    /// The URL without its password, for people.
    #[must_use]
    pub fn place(&self) -> String {
        let url = self.url.split('?').next().unwrap_or_default();
        match (url.split_once("://"), url.rsplit_once('@')) {
            (Some((scheme, _)), Some((_, host))) => format!("{scheme}://…@{host}"),
            _ => url.to_owned(),
        }
    }

    /// The file that holds the data, if it is one of SQLite's.
    #[must_use]
    pub fn sqlite_file(&self) -> Option<&Path> {
        let path = self.url.strip_prefix("sqlite://")?;
        Some(Path::new(path.split('?').next().unwrap_or(path)))
            .filter(|path| path.as_os_str() != ":memory:")
    }

    /// A database in memory that is gone with its last connection, for a look at what has none yet.
    #[must_use]
    pub fn imagined(&self) -> Self {
        Self { url: "sqlite:///not-there-yet?vfs=memdb&mode=rwc".to_owned(), ..self.clone() }
    }
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config")
            .field("url", &self.place())
            .field("connections", &self.connections)
            .field("wait_ms", &self.wait_ms)
            .field("statement_ms", &self.statement_ms)
            .field("lock_ms", &self.lock_ms)
            .finish()
    }
}

/// What can go wrong between us and the database.
#[derive(Debug, Error)]
pub enum Error {
    /// The database could not be asked, or gave up: worth another try.
    #[error("the database did not answer")]
    Unavailable(#[source] sqlx::Error),
    /// A commit failed and may have been made all the same.
    #[error("the database did not confirm a commit")]
    Uncertain(#[source] sqlx::Error),
    /// A commit did not reach the disk, so that this process writes nothing more.
    #[error("an earlier commit did not reach the disk")]
    Untrusted,
    /// The database answered with an error: a fault of ours, or of whoever changed the tables.
    #[error("the database refused a statement")]
    Refused(#[source] sqlx::Error),
    /// A stored value is not one we ever store.
    #[error("column {column} holds an unknown value")]
    Corrupt {
        /// Which column.
        column: &'static str,
    },
    /// Another worker took the operation over; nothing of this attempt was written.
    #[error("the lease on the operation was lost")]
    LeaseLost,
    /// What was put down ahead was swept before anybody referred to it; nothing was written.
    #[error("what was put down ahead is swept")]
    Swept,
    /// The tables are older or newer than this binary.
    #[error("migrations could not be applied")]
    Migration(#[from] MigrateError),
    /// The URL names no database we know.
    #[error("database URL must begin with sqlite:// or postgres://")]
    UrlUnknown,
    /// The same name exists already.
    #[error("{what} exists already")]
    Exists {
        /// What exists.
        what: &'static str,
    },
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) => {
                let code = database.code().unwrap_or_default();
                let transient = match code.parse::<i64>() {
                    // SQLite 5 BUSY, 6 LOCKED, 8 READONLY, 10 IOERR, 13 FULL, 14 CANTOPEN and their
                    // extended codes.
                    Ok(number) if code.len() < 5 => {
                        matches!(number & 0xff, 5 | 6 | 8 | 10 | 13 | 14)
                    }
                    _ => transient_sqlstate(&code),
                };
                if transient { Self::Unavailable(error) } else { Self::Refused(error) }
            }
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Unavailable(error),
            _ => Self::Refused(error),
        }
    }
}

impl Error {
    fn is_unique_violation(&self) -> bool {
        let (Self::Refused(sqlx::Error::Database(database))
        | Self::Unavailable(sqlx::Error::Database(database))) = self
        else {
            return false;
        };
        database.is_unique_violation()
    }

    /// Whether a transaction was rolled back because another one was in its way: serialization failure,
    /// deadlock.
    fn is_overtaken(&self) -> bool {
        let Self::Unavailable(sqlx::Error::Database(database)) = self else { return false };
        matches!(database.code().as_deref(), Some("40001" | "40P01"))
    }

    /// SQLite says 1 (any error in SQL) for it, PostgreSQL 42P01 (undefined_table).
    fn is_missing_table(&self) -> bool {
        let Self::Refused(sqlx::Error::Database(database)) = self else { return false };
        matches!(database.code().as_deref(), Some("1" | "42P01"))
    }
}

/// What stands in a database, as this binary sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tables {
    /// None of ours.
    Missing,
    /// Those of an earlier release; [`Store::migrate`] brings them up to date.
    Older,
    /// Its own.
    Ours,
    /// Those of a later release.
    Newer,
}

/// Result of asking the store.
pub type Result<T> = std::result::Result<T, Error>;

/// Writes facts. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    writer: WritingPool,
    reader: Reader,
    /// Of SQLite: the connection that writes its log back.
    checkpoints: Option<AnyPool>,
}

/// Reads what is committed: for whoever decides by it, answers with it, or goes on from it. Cheap to
/// clone; cannot write.
#[derive(Clone)]
pub struct Reader {
    pool: AnyPool,
}

/// Reads what may be some seconds old: for reports, logs and counts that nobody decides a step by. A
/// copy of the database will do. Cheap to clone; cannot write.
#[derive(Clone)]
pub struct Reports {
    pool: AnyPool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Engine {
    Sqlite,
    Postgres,
}

/// Every migration, oldest first; files are never changed once released.
const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "foundation", include_str!("../../migrations/0001_foundation.sql")),
    (2, "client service seals", include_str!("../../migrations/0002_client_service_seals.sql")),
    (3, "client service pdf", include_str!("../../migrations/0003_client_service_pdf.sql")),
    (4, "delivery", include_str!("../../migrations/0004_delivery.sql")),
    (5, "intent digest", include_str!("../../migrations/0005_intent_digest.sql")),
    (6, "look-ups", include_str!("../../migrations/0006_lookups.sql")),
    (7, "coordinate origin", include_str!("../../migrations/0007_coordinate_origin.sql")),
    (8, "custody", include_str!("../../migrations/0008_custody.sql")),
    (9, "probe", include_str!("../../migrations/0009_probe.sql")),
    (10, "tries", include_str!("../../migrations/0010_tries.sql")),
    (11, "postponed", include_str!("../../migrations/0011_postponed.sql")),
    (12, "quarantine", include_str!("../../migrations/0012_quarantine.sql")),
    (13, "mail limits", include_str!("../../migrations/0013_mail_limits.sql")),
    (14, "token ends", include_str!("../../migrations/0014_token_ends.sql")),
    (15, "process", include_str!("../../migrations/0015_process.sql")),
    (16, "attempts of endpoints", include_str!("../../migrations/0016_attempts_of_endpoints.sql")),
    (17, "due of each", include_str!("../../migrations/0017_due_of_each.sql")),
    (18, "events in order", include_str!("../../migrations/0018_events_in_order.sql")),
    (20, "timestamps", include_str!("../../migrations/0020_timestamps.sql")),
    (21, "portions", include_str!("../../migrations/0021_portions.sql")),
    (22, "kept values", include_str!("../../migrations/0022_kept_values.sql")),
    (23, "preservation", include_str!("../../migrations/0023_preservation.sql")),
    (26, "levels", include_str!("../../migrations/0026_levels.sql")),
    (30, "people", include_str!("../../migrations/0030_people.sql")),
    (35, "looking up", include_str!("../../migrations/0035_looking_up.sql")),
    (36, "by octets", include_str!("../../migrations/0036_by_octets.sqlite.sql")),
    (37, "counters", include_str!("../../migrations/0037_counters.sql")),
    (38, "acts", include_str!("../../migrations/0038_acts.sql")),
    (39, "bulk", include_str!("../../migrations/0039_bulk.sql")),
    (40, "administration", include_str!("../../migrations/0040_administration.sql")),
    (41, "audit chain", include_str!("../../migrations/0041_audit_chain.sql")),
    (42, "mails by day", include_str!("../../migrations/0042_mails_by_day.sql")),
    (43, "letters", include_str!("../../migrations/0043_letters.sql")),
    (44, "imports of credentials", include_str!("../../migrations/0044_imports.sql")),
    (45, "passkeys", include_str!("../../migrations/0045_passkeys.sql")),
    (46, "saved filters", include_str!("../../migrations/0046_saved_filters.sql")),
];

/// The number of the newest migration: what the tables of this binary are.
#[must_use]
pub fn schema_version() -> i64 {
    MIGRATIONS.last().map_or(0, |(version, _, _)| *version)
}

/// Those that are another text in PostgreSQL: what SQL has no common words for.
const MIGRATIONS_OF_POSTGRES: &[(i64, &str)] =
    &[(36, include_str!("../../migrations/0036_by_octets.postgres.sql"))];

/// Pages of 4 KiB that SQLite's log gathers before they are written back, beside what is written then; and
/// those with which the next commit does so itself, so that the log cannot grow without end.
const CHECKPOINT_PAGES: i64 = 1000;
const LOG_PAGES: i64 = 16_384;

/// How soon a server that does not listen yet is asked again.
const ASK_AGAIN: Duration = Duration::from_millis(200);

static DRIVERS: Once = Once::new();

impl Store {
    /// Connects. Creates the SQLite file (readable by its owner only as far as the process umask
    /// says) when it is missing; tables come with [`Store::migrate`].
    pub async fn connect(config: &Config) -> Result<Self> {
        Self::open(config, "rwc").await
    }

    /// Connects to what is there already.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Refused`] too when there is no such file.
    pub async fn connect_to_existing(config: &Config) -> Result<Self> {
        Self::open(config, "rw").await
    }

    async fn open(config: &Config, mode: &str) -> Result<Self> {
        DRIVERS.call_once(sqlx::any::install_default_drivers);
        let wait = Duration::from_millis(config.wait_ms);
        let trust = Arc::new(Trust::new());
        let options = AnyPoolOptions::new().acquire_timeout(wait).min_connections(1);
        if config.url.starts_with("sqlite://") {
            let url = sqlite_url(&config.url, mode);
            let wait_ms = config.wait_ms;
            // A local file does not go away: no question before every use whether it is still there.
            let options = options.test_before_acquire(false);
            opens(&url, wait_ms).await?;
            let watched = Arc::clone(&trust);
            let writing = sqlite_ready(options.clone(), (wait_ms, WRITER_CACHE_KIB));
            let writing = writing.max_connections(1).before_acquire(move |connection, _| {
                let good = watched.is_good(connection);
                Box::pin(async move { Ok(good) })
            });
            let writer =
                WritingPool { pool: writing.connect(&url).await?, engine: Engine::Sqlite, trust };
            let reading = sqlite_ready(options, (wait_ms, READER_CACHE_KIB));
            let checkpoints =
                reading.clone().min_connections(0).max_connections(1).connect_lazy(&url)?;
            let pool = reading.max_connections(config.connections.max(1)).connect(&url).await?;
            return Ok(Self { writer, reader: Reader { pool }, checkpoints: Some(checkpoints) });
        }
        if config.url.starts_with("postgres://") || config.url.starts_with("postgresql://") {
            let limits = postgres_limits(config);
            let options = options.after_connect(move |connection, _| {
                let limits = limits.clone();
                Box::pin(async move {
                    connection.execute(sqlx::AssertSqlSafe(limits)).await?;
                    Ok(())
                })
            });
            answers(&config.url, wait).await?;
            let pool =
                options.max_connections(config.connections.max(2)).connect(&config.url).await?;
            let writer = WritingPool { pool: pool.clone(), engine: Engine::Postgres, trust };
            return Ok(Self { writer, reader: Reader { pool }, checkpoints: None });
        }
        Err(Error::UrlUnknown)
    }

    /// Brings the tables up to date. Safe to call again and from several processes at once.
    pub async fn migrate(&self) -> Result<()> {
        let of_postgres: &[(i64, &str)] = match self.writer.engine {
            Engine::Sqlite => &[],
            Engine::Postgres => MIGRATIONS_OF_POSTGRES,
        };
        let migrations = MIGRATIONS.iter().map(|(version, name, sql)| {
            let own = of_postgres.iter().find(|(own, _)| own == version);
            let sql = SqlStr::from_static(own.map_or(*sql, |(_, own)| *own));
            Migration::new(*version, (*name).into(), MigrationType::Simple, sql, false)
        });
        let migrator = Migrator::with_migrations(migrations.collect());
        let mut connection = self.writer.pool.acquire().await?.detach();
        if self.writer.engine == Engine::Postgres {
            // A large table takes its time.
            let patience = "SET statement_timeout = 0; SET lock_timeout = 0";
            connection.execute(patience).await?;
        }
        // SQLite knows no lock around migrations: of two processes that begin at once one fails, and
        // finds everything done when it looks again.
        let mut tries = 3;
        let done = loop {
            match migrator.run(&mut connection).await {
                Err(MigrateError::Execute(_) | MigrateError::ExecuteMigration(..)) if tries > 0 => {
                    tries -= 1;
                }
                done => break done,
            }
        };
        let _ = connection.close().await;
        done?;
        self.chain_what_was_before().await
    }

    /// Whether the tables are those of this binary. Changes nothing.
    pub async fn tables(&self) -> Result<Tables> {
        let query = sqlx::query_scalar("SELECT MAX(version) FROM _sqlx_migrations WHERE success");
        let newest: Result<Option<i64>> =
            query.fetch_one(&self.reader.pool).await.map_err(Error::from);
        let newest = match newest {
            Ok(newest) => newest,
            Err(error) if error.is_missing_table() => None,
            Err(error) => return Err(error),
        };
        let ours = MIGRATIONS.last().map(|(version, ..)| *version);
        Ok(match newest.cmp(&ours) {
            Ordering::Less if newest.is_none() => Tables::Missing,
            Ordering::Less => Tables::Older,
            Ordering::Equal => Tables::Ours,
            Ordering::Greater => Tables::Newer,
        })
    }

    /// Writes one small row and commits it, to see that writing works: a full disk or a server that
    /// became read-only still answers who only reads.
    pub async fn probe_write(&self) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            sqlx::query(
                "INSERT INTO probe (id, times) VALUES (1, 1)
                 ON CONFLICT (id) DO UPDATE SET times = probe.times + 1",
            )
            .execute(&mut *tx)
            .await?;
            tx.commit().await
        })
        .await
    }

    /// Writes SQLite's log back into the file when it has grown, while others go on reading and writing. Of
    /// PostgreSQL that is the server's business.
    pub async fn checkpoint(&self) -> Result<()> {
        let Some(pool) = &self.checkpoints else { return Ok(()) };
        // Busy or not, pages in the log, and those of them that are in the file.
        let look = sqlx::query("PRAGMA wal_checkpoint(NOOP)").fetch_one(pool).await?;
        let (logged, written): (i64, i64) = (look.try_get(1)?, look.try_get(2)?);
        if logged - written >= CHECKPOINT_PAGES {
            sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").fetch_one(pool).await?;
        }
        Ok(())
    }

    /// The time of the database, if it has one of its own: `SQLite` has that of this machine.
    pub async fn clock(&self) -> Result<Option<Instant>> {
        if self.writer.engine == Engine::Sqlite {
            return Ok(None);
        }
        let sql = " SELECT CAST(EXTRACT(EPOCH FROM pg_catalog.clock_timestamp()) * 1000 AS BIGINT)";
        let now: i64 = sqlx::query_scalar(sql).fetch_one(&self.reader.pool).await?;
        Ok(Some(Instant::from_unix_ms(now)))
    }

    /// The reading half.
    #[must_use]
    pub const fn reader(&self) -> &Reader {
        &self.reader
    }

    /// The reading half for reports: as long as there is one database, of the same one.
    #[must_use]
    pub fn reports(&self) -> Reports {
        Reports { pool: self.reader.pool.clone() }
    }

    /// `SQLite` or `PostgreSQL`, for people.
    #[must_use]
    pub const fn engine_name(&self) -> &'static str {
        match self.writer.engine {
            Engine::Sqlite => "SQLite",
            Engine::Postgres => "PostgreSQL",
        }
    }

    /// Closes every connection; what is committed is on disk.
    pub async fn close(&self) {
        if let Some(pool) = &self.checkpoints {
            pool.close().await;
        }
        self.writer.pool.close().await;
        self.reader.pool.close().await;
    }

    /// Returns when a commit did not reach the disk, which ends this process: another one finds out
    /// what the file holds.
    pub async fn untrusted(&self) {
        self.writer.trust.lost().await;
    }

    async fn begin(&self) -> Result<Tx> {
        self.writer.begin().await
    }
}

/// Opens a file once. A pool would try again and again, and then say only that no connection came about.
async fn opens(url: &str, wait_ms: u64) -> Result<()> {
    let mut connection = AnyConnection::connect(url).await?;
    for pragma in sqlite_pragmas(wait_ms, READER_CACHE_KIB) {
        connection.execute(sqlx::AssertSqlSafe(pragma)).await?;
    }
    Ok(connection.close().await?)
}

/// Waits until a server takes a connection. A pool says only that none came about; this says why.
async fn answers(url: &str, patience: Duration) -> Result<()> {
    let until = tokio::time::Instant::now() + patience;
    let mut refused = None;
    loop {
        let connecting = tokio::time::timeout_at(until, AnyConnection::connect(url)).await;
        match connecting {
            Ok(Ok(connection)) => return Ok(connection.close().await?),
            // It may be about to start.
            Ok(Err(sqlx::Error::Io(error))) if error.kind() == ErrorKind::ConnectionRefused => {
                refused = Some(sqlx::Error::Io(error));
                tokio::time::sleep(ASK_AGAIN).await;
            }
            Ok(Err(error)) => return Err(error.into()),
            Err(_) => return Err(refused.unwrap_or(sqlx::Error::PoolTimedOut).into()),
        }
    }
}

/// Whether PostgreSQL may answer otherwise in a moment: connection (08), transaction rolled back (40),
/// resources (53), operator intervention with statement time-outs (57), system (58); a server that became
/// read-only (25006) or lets a session wait too long in a transaction (25P03); not in the state needed
/// (55000), lock not available (55P03).
fn transient_sqlstate(code: &str) -> bool {
    ["08", "40", "53", "57", "58"].iter().any(|class| code.starts_with(class))
        || matches!(code, "25006" | "25P03" | "55000" | "55P03")
}

fn sqlite_url(url: &str, mode: &str) -> String {
    if url.contains('?') {
        url.replace("mode=rwc", &format!("mode={mode}"))
    } else {
        format!("{url}?mode={mode}")
    }
}

/// KiB of pages that a connection keeps. Each reader keeps its own, and a large document that is read
/// drives out all others: what is read often the system keeps once for all of them.
const WRITER_CACHE_KIB: u32 = 16_000;
const READER_CACHE_KIB: u32 = 2_000;

/// Connections set up as ours are.
fn sqlite_ready(options: AnyPoolOptions, (wait_ms, cache_kib): (u64, u32)) -> AnyPoolOptions {
    options.after_connect(move |connection, _| {
        Box::pin(async move {
            for pragma in sqlite_pragmas(wait_ms, cache_kib) {
                connection.execute(sqlx::AssertSqlSafe(pragma)).await?;
            }
            Ok(())
        })
    })
}

fn sqlite_pragmas(wait_ms: u64, cache_kib: u32) -> [String; 6] {
    [
        format!("PRAGMA busy_timeout = {wait_ms}"),
        "PRAGMA journal_mode = WAL".to_owned(),
        "PRAGMA synchronous = FULL".to_owned(),
        format!("PRAGMA wal_autocheckpoint = {LOG_PAGES}"),
        "PRAGMA foreign_keys = ON".to_owned(),
        format!("PRAGMA cache_size = -{cache_kib}"),
    ]
}

/// Whoever lets a transaction lie there holds locks: no longer than a statement may take. No statement here reads
/// so much that compiling it pays, and without statistics a server thinks that many do.
fn postgres_limits(config: &Config) -> String {
    let Config { statement_ms, lock_ms, .. } = config;
    format!(
        "SET statement_timeout = {statement_ms}; SET lock_timeout = {lock_ms};
         SET idle_in_transaction_session_timeout = {statement_ms}; SET jit = off"
    )
}

/// `($1,$2),($3,$4)` for a number of rows of a number of columns.
fn placeholders(rows: usize, columns: usize) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(rows * columns * 6);
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ",(" });
        for column in 0..columns {
            let comma = if column == 0 { "" } else { "," };
            let _ = write!(text, "{comma}${}", row * columns + column + 1);
        }
        text.push(')');
    }
    text
}
