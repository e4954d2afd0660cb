//! A PostgreSQL server for a test: its own cluster in a temporary folder, reached through a socket
//! in that folder, run by an unprivileged user and stopped at the end.

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use tempfile::TempDir;

use super::client::PATIENCE;

/// A server that lives as long as this value.
pub(crate) struct Postgres {
    server: Child,
    folder: TempDir,
}

impl Postgres {
    pub(crate) fn start() -> Self {
        Self::with(&[])
    }

    /// A server that keeps every statement it is asked.
    pub(crate) fn that_writes_statements_down() -> Self {
        Self::with(&["log_statement=all", "log_line_prefix=@@", "log_parameter_max_length=0"])
    }

    fn with(settings: &[&str]) -> Self {
        let folder = tempfile::Builder::new().prefix("pg").tempdir_in("/tmp").unwrap();
        let cluster = folder.path().join("cluster");
        std::fs::create_dir(&cluster).unwrap();
        let user = unprivileged();
        if let Some((uid, gid)) = user {
            for place in [folder.path(), &cluster] {
                std::os::unix::fs::chown(place, Some(uid), Some(gid)).unwrap();
            }
        }
        let initdb = command("initdb", user)
            .args(["--auth=trust", "--username=chancery", "--encoding=UTF8", "--no-locale"])
            .args(["--no-sync", "-D"])
            .arg(&cluster)
            .output()
            .unwrap();
        assert!(initdb.status.success(), "{}", String::from_utf8_lossy(&initdb.stderr));
        let server = command("postgres", user)
            .arg("-D")
            .arg(&cluster)
            .arg("-k")
            .arg(folder.path())
            .args(["-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=40"])
            .args(settings.iter().flat_map(|setting| ["-c", setting]))
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(folder.path().join("log")).unwrap())
            .spawn()
            .unwrap();
        let mut server = Self { server, folder };
        server.wait();
        server
    }

    fn wait(&mut self) {
        let started = Instant::now();
        loop {
            let ready = Command::new(program("pg_isready"))
                .arg("-q")
                .arg("-h")
                .arg(self.folder.path())
                .status()
                .unwrap();
            if ready.success() {
                return;
            }
            let log = || std::fs::read_to_string(self.folder.path().join("log")).unwrap();
            let ended = self.server.try_wait().unwrap();
            assert!(ended.is_none() && started.elapsed() < PATIENCE, "no PostgreSQL: {}", log());
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }

    /// What it was asked until now, each with its whitespace as blanks.
    pub(crate) fn statements(&self) -> Vec<String> {
        let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap();
        let asked = log.split("@@").filter_map(|record| {
            let said = record.strip_prefix("LOG:")?.trim_start();
            let (how, statement) = said.split_once(": ")?;
            (how == "statement" || how.starts_with("execute ")).then_some(statement)
        });
        asked.map(|text| text.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    }

    /// For `store.url`.
    pub(crate) fn url(&self) -> String {
        let host = super::client::encode(&self.folder.path().display().to_string());
        format!("postgres:///postgres?host={host}&user=chancery")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // SIGINT: disconnect clients and stop.
        let _ = Command::new("kill").args(["-INT", &self.server.id().to_string()]).status();
        let _ = self.server.wait();
    }
}

/// `initdb` refuses to run as root: then somebody else runs it.
fn unprivileged() -> Option<(u32, u32)> {
    let id = |arguments: &[&str]| {
        let output = Command::new("id").args(arguments).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().parse::<u32>().ok()
    };
    if id(&["-u"]) != Some(0) {
        return None;
    }
    ["postgres", "nobody"].iter().find_map(|name| Some((id(&["-u", name])?, id(&["-g", name])?)))
}

fn command(name: &str, user: Option<(u32, u32)>) -> Command {
    let mut command = Command::new(program(name));
    command.current_dir("/").env_clear().env("LC_ALL", "C");
    if let Some((uid, gid)) = user {
        command.uid(uid).gid(gid);
    }
    command
}

/// Debian keeps the server's programs out of the path.
fn program(name: &str) -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let debian = versions.map(|version| version.path().join("bin").join(name));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path: Vec<PathBuf> = std::env::split_paths(&path).map(|folder| folder.join(name)).collect();
    debian
        .chain(path)
        .find(|program| Path::exists(program))
        .expect("PostgreSQL is missing: apt-get install postgresql (make test does it)")
}
