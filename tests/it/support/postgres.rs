//! PostgreSQL for tests: a database for each, on a server that they share. Its cluster is in a temporary
//! folder, reached through a socket in that folder, and run by an unprivileged user. It ends with the
//! test process, however that ends.

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Instant;

use super::client::PATIENCE;

/// A database of its own.
pub(crate) struct Postgres {
    server: Arc<Server>,
    database: String,
}

/// A server that lives as long as this value, and not longer than the process.
struct Server {
    /// A shell around the server: it stops the server when our end of its input is gone.
    keeper: Child,
    folder: PathBuf,
}

impl Postgres {
    /// A database on the server that tests share.
    pub(crate) fn start() -> Self {
        static SHARED: LazyLock<Arc<Server>> = LazyLock::new(|| Arc::new(Server::start(&[])));
        static COUNT: AtomicUsize = AtomicUsize::new(1);
        let server = SHARED.clone();
        let database = format!("test{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let made = Command::new(program("createdb"))
            .args(["--username=chancery", "--host"])
            .arg(&server.folder)
            .arg(&database)
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        Self { server, database }
    }

    /// A server that keeps every statement it is asked.
    pub(crate) fn that_writes_statements_down() -> Self {
        let settings = ["log_statement=all", "log_line_prefix=@@", "log_parameter_max_length=0"];
        Self { server: Arc::new(Server::start(&settings)), database: "postgres".to_owned() }
    }

    /// What it was asked until now, each with its whitespace as blanks.
    pub(crate) fn statements(&self) -> Vec<String> {
        let log = self.server.log();
        let asked = log.split("@@").filter_map(|record| {
            let said = record.strip_prefix("LOG:")?.trim_start();
            let (how, statement) = said.split_once(": ")?;
            (how == "statement" || how.starts_with("execute ")).then_some(statement)
        });
        asked.map(|text| text.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    }

    /// Of the database.
    pub(crate) fn name(&self) -> &str {
        &self.database
    }

    /// For `store.url`.
    pub(crate) fn url(&self) -> String {
        let host = super::client::encode(&self.server.folder.display().to_string());
        format!("postgres:///{}?host={host}&user=chancery", self.database)
    }
}

impl Server {
    fn start(settings: &[&str]) -> Self {
        let folder = tempfile::Builder::new().prefix("pg").tempdir_in("/tmp").unwrap();
        let folder = folder.keep();
        let cluster = folder.join("cluster");
        std::fs::create_dir(&cluster).unwrap();
        let user = unprivileged();
        if let Some((uid, gid)) = user {
            for place in [&folder, &cluster] {
                std::os::unix::fs::chown(place, Some(uid), Some(gid)).unwrap();
            }
        }
        let initdb = command(&program("initdb"), user)
            .args(["--auth=trust", "--username=chancery", "--encoding=UTF8", "--no-locale"])
            .args(["--no-sync", "-D"])
            .arg(&cluster)
            .output()
            .unwrap();
        assert!(initdb.status.success(), "{}", String::from_utf8_lossy(&initdb.stderr));
        // SIGINT: disconnect clients and stop.
        let keep = "folder=$1; shift; \"$@\" </dev/null & read -r _; kill -INT $!; wait $!; rm -rf \"$folder\"";
        let keeper = command(Path::new("/bin/sh"), user)
            .args(["-c", keep, "sh"])
            .arg(&folder)
            .arg(program("postgres"))
            .arg("-D")
            .arg(&cluster)
            .arg("-k")
            .arg(&folder)
            .args(["-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=200"])
            .args(settings.iter().flat_map(|setting| ["-c", setting]))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(folder.join("log")).unwrap())
            .spawn()
            .unwrap();
        let mut server = Self { keeper, folder };
        server.wait();
        server
    }

    fn wait(&mut self) {
        let started = Instant::now();
        loop {
            let ready = Command::new(program("pg_isready"))
                .arg("-q")
                .arg("-h")
                .arg(&self.folder)
                .status()
                .unwrap();
            if ready.success() {
                return;
            }
            let ended = self.keeper.try_wait().unwrap();
            let goes_on = ended.is_none() && started.elapsed() < PATIENCE;
            assert!(goes_on, "no PostgreSQL: {}", self.log());
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
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

fn command(program: &Path, user: Option<(u32, u32)>) -> Command {
    let mut command = Command::new(program);
    command.current_dir("/").env_clear().env("LC_ALL", "C").env("PATH", "/usr/bin:/bin");
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
