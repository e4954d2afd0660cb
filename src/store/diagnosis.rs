//! Why a database cannot be used, in words for whoever can change that.

use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use rustix::fs::{Access, access};
use rustix::io::Errno;
use sqlx::migrate::MigrateError;
use sqlx::{AnyConnection, Connection as _};

use super::{Config, Engine, Error, Result, Store, sqlite_url};

/// How every file of SQLite begins.
const HEADER: &[u8] = b"SQLite format 3\0";

/// What was found inside of a database's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Soundness {
    /// Nothing is wrong.
    Sound,
    /// The first thing that is.
    Damaged(String),
    /// There was not enough time to look at all of it.
    Unknown,
    /// The database is no file of ours.
    Elsewhere,
}

impl Config {
    /// What stands in the way of opening a file that is there, as far as that can be seen from outside, and
    /// what to do. `None` for files that are not there, and for servers.
    #[must_use]
    pub fn obstacle(&self) -> Option<String> {
        let file = self.sqlite_file()?;
        let shown = file.display();
        let found = match std::fs::metadata(file) {
            Ok(found) => found,
            Err(error) if error.kind() == ErrorKind::NotFound => return None,
            Err(error) => {
                return Some(format!(
                    "{shown} cannot be looked at ({error}); let the user of the service into its folder"
                ));
            }
        };
        if found.is_dir() {
            return Some(format!("{shown} is a folder; name a file in it with store.url"));
        }
        if !found.is_file() {
            return Some(format!("{shown} is no file; name one with store.url"));
        }
        if let Err(error) = access(file, Access::READ_OK | Access::WRITE_OK) {
            return Some(closed(&shown.to_string(), error));
        }
        let folder = match file.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        if let Err(error) = access(folder, Access::WRITE_OK | Access::EXEC_OK) {
            let folder = format!("{}, where files beside the database are made,", folder.display());
            return Some(closed(&folder, error));
        }
        match begins_as_it_should(file) {
            Ok(true) => None,
            Ok(false) => Some(format!(
                "{shown} is no database of SQLite: its first octets are others; restore it from a copy, or \
                 name another file with store.url"
            )),
            Err(error) => Some(format!("{shown} cannot be read ({error}); look at the disk")),
        }
    }
}

fn closed(what: &str, error: Errno) -> String {
    match error {
        Errno::ROFS => format!(
            "{what} is on a file system that can only be read; mount it for writing, or name a file \
             elsewhere with store.url"
        ),
        error => format!(
            "{what} cannot be read and written ({error}); let it belong to the user of the service: chown"
        ),
    }
}

fn begins_as_it_should(file: &Path) -> std::io::Result<bool> {
    use std::io::Read as _;
    let mut begin = Vec::with_capacity(HEADER.len());
    std::fs::File::open(file)?.take(HEADER.len() as u64).read_to_end(&mut begin)?;
    // SQLite makes a database of an empty file.
    Ok(begin.is_empty() || begin == HEADER)
}

impl Error {
    /// What to do about it, where that is known.
    #[must_use]
    pub fn advice(&self) -> Option<&'static str> {
        match self {
            Self::Unavailable(error) | Self::Refused(error) | Self::Uncertain(error) => {
                advice(error)
            }
            Self::Migration(
                MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _),
            ) => advice(error),
            _ => None,
        }
    }
}

fn advice(error: &sqlx::Error) -> Option<&'static str> {
    match error {
        sqlx::Error::Io(error) => match error.kind() {
            ErrorKind::ConnectionRefused => Some(
                "nobody listens there: is the server running, are host and port in store.url right?",
            ),
            ErrorKind::NotFound => Some(
                "there is no such socket: is the server running, is the host in store.url right?",
            ),
            _ => Some("look at the network between, and at the host in store.url"),
        },
        sqlx::Error::Tls(_) => Some("look at the server's certificate and sslmode in store.url"),
        sqlx::Error::PoolTimedOut => Some(
            "no connection came about within store.wait_ms; look at the server's load and limits",
        ),
        sqlx::Error::Database(database) => {
            let code = database.code().unwrap_or_default();
            match code.parse::<i64>() {
                Ok(number) if code.len() < 5 => sqlite_advice(number & 0xff),
                _ => postgres_advice(&code),
            }
        }
        _ => None,
    }
}

const fn sqlite_advice(code: i64) -> Option<&'static str> {
    match code {
        5 | 6 => Some("another process writes for long; is there one that hangs?"),
        8 => Some(
            "it can only be read; look at the rights of the file, its folder and the file system",
        ),
        10 => Some("the disk fails; look at its log"),
        11 => Some(
            "the file is damaged; stop the service, keep the file, and restore a copy (sqlite3 FILE \
             .recover saves what can be read)",
        ),
        13 => Some("the disk is full; make room"),
        14 => Some("look at the rights of the file and its folder"),
        26 => {
            Some("the file is no database of SQLite; restore it from a copy, or look at store.url")
        }
        _ => None,
    }
}

fn postgres_advice(code: &str) -> Option<&'static str> {
    match code {
        "28P01" | "28000" => Some(
            "the server does not let this user in; look at user and password in store.url, and at pg_hba.conf",
        ),
        "3D000" => {
            Some("there is no such database; make it (createdb), or look at its name in store.url")
        }
        "42501" => Some("the user may not do that; let the database belong to it"),
        "25006" => Some("the server only reads, as a standby does; name the primary in store.url"),
        "53300" => Some(
            "the server takes no more connections; raise its max_connections, or lower store.connections",
        ),
        "57P03" => Some("the server is starting or stopping; try again in a moment"),
        "58P01" | "58030" | "53100" => Some("the server's disk fails or is full; look at its log"),
        _ => None,
    }
}

impl Store {
    /// Looks through a database's file for damage, for so long at most (SQLite: `PRAGMA quick_check`). On
    /// a connection of its own, which is left to itself when the time is over.
    pub async fn soundness(config: &Config, patience: Duration) -> Result<Soundness> {
        if config.sqlite_file().is_none() {
            return Ok(Soundness::Elsewhere);
        }
        let look = async {
            let mut connection = AnyConnection::connect(&sqlite_url(&config.url, "rw")).await?;
            let found: String =
                sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(&mut connection).await?;
            connection.close().await?;
            Ok::<_, sqlx::Error>(found)
        };
        Ok(match tokio::time::timeout(patience, look).await {
            Err(_) => Soundness::Unknown,
            Ok(found) => match found?.as_str() {
                "ok" => Soundness::Sound,
                damage => Soundness::Damaged(damage.to_owned()),
            },
        })
    }

    /// Whether the database takes no writes, as a standby server does.
    pub async fn only_reads(&self) -> Result<bool> {
        if self.writer.engine == Engine::Sqlite {
            return Ok(false);
        }
        let sql = " SELECT current_setting('transaction_read_only')";
        let setting: String = sqlx::query_scalar(sql).fetch_one(&self.reader.pool).await?;
        Ok(setting == "on")
    }
}
