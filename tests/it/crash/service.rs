//! The service as a process of its own, set up by the demo's own commands, with the witness between
//! it and its token.

use std::path::{Path, PathBuf};
use std::process::{Command as StdCommand, Stdio};
use std::time::{Duration, Instant};

use chancery::store::{Config as StoreConfig, Store};
use chancery_testing::status_authority::StatusAuthority;
use chancery_testing::tsa::TSA;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use super::{PATIENCE, witness};

const BINARY: &str = env!("CARGO_BIN_EXE_chancery");
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// What requests and answers may have in memory.
pub(super) const BYTES_IN_FLIGHT: usize = 64 * 1024 * 1024;

/// When the service is killed.
pub(super) enum Kill {
    /// As the n-th commit is about to reach the disk.
    AtSync(u32),
    /// As the witness is about to note the n-th call of a lane.
    AtTokenCall(u32),
}

impl Kill {
    /// Names the life that ends so.
    pub(super) fn mark(&self) -> String {
        match self {
            Self::AtSync(step) => format!("sync-{step}"),
            Self::AtTokenCall(call) => format!("call-{call}"),
        }
    }
}

/// Database, token, credentials and client service of a few services that live one after the other.
pub(super) struct Installation {
    folder: TempDir,
    demo: Value,
    address: String,
}

impl Installation {
    /// Makes one with the demo, and puts the witness in front of its token.
    pub(super) async fn new() -> Self {
        Self::over(&spy()).await
    }

    /// Makes one with the demo, and puts a module in front of its token.
    pub(super) async fn over(module: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let output = Command::new(BINARY)
            .args(["demo", "--samples", &format!("{ROOT}/samples"), "--directory"])
            .arg(folder.path())
            .stdin(Stdio::null())
            .output()
            .await
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        let demo = std::fs::read(folder.path().join("demo.json")).unwrap();
        let free = chancery_testing::ports::free_address();
        let installation = Self {
            demo: serde_json::from_slice(&demo).unwrap(),
            address: free.to_string(),
            folder,
        };
        installation.write_config(module);
        installation
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The demo's configuration with the module, one lane, small chunks and short leases.
    fn write_config(&self, module: &Path) {
        let file = self.path("chancery.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        // The tests have authorities of their own.
        let mut is_of_demo = false;
        let kept = text.lines().filter(|line| {
            if line.starts_with('[') {
                let sections = ["[timestamp", "[revocation", "[verification"];
                is_of_demo = sections.iter().any(|section| line.starts_with(section));
            }
            !is_of_demo
        });
        let lines = kept.map(|line| match line.split_once(" = ") {
            Some(("module", _)) => format!("module = \"{}\"\nsessions = 1", module.display()),
            Some(("listen", _)) => {
                format!("listen = \"{}\"\nbytes_in_flight = {BYTES_IN_FLIGHT}", self.address)
            }
            _ => line.to_owned(),
        });
        let mut text: String = lines.map(|line| line + "\n").collect();
        text += "[workflow]\nchunk_documents = 5\nlease_ms = 300\npoll_ms = 20\n\
                 document_tries = 2\n";
        std::fs::write(file, text).unwrap();
    }

    /// Changes a setting of the workflow for services that start later.
    pub(super) fn set(&self, setting: &str, value: u64) {
        let file = self.path("chancery.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        let others = text.lines().filter(|line| !line.starts_with(&format!("{setting} = ")));
        // It is the last section.
        let lines: Vec<String> =
            others.map(str::to_owned).chain([format!("{setting} = {value}\n")]).collect();
        std::fs::write(file, lines.join("\n")).unwrap();
    }

    /// Has the client service's documents stamped by an authority.
    pub(super) async fn stamps(&self, url: &str) {
        let file = self.path("chancery.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        let authority =
            format!("[timestamp.authorities.first]\nurl = {url:?}\ntimeout_ms = 60000\n");
        std::fs::write(&file, text + &authority).unwrap();
        let client = self.demo["client_id"].as_str().unwrap();
        self.command(&["client-service", "set", client, "--timestamps", "wait"]).await;
    }

    /// Gives the client service's key a certificate of this authority, and has documents raised to levels LT and LTA
    /// by what it tells of that and of an authority for timestamps.
    pub(super) async fn lasts(&self, url: &str) -> StatusAuthority {
        let store = self.store().await;
        let alias = "demo-rsa-3072";
        let credential = store.reader().credential_by_alias(alias).await.unwrap().unwrap();
        store.close().await;
        let (der, public) = (self.path("seal.der"), self.path("seal-key.pem"));
        std::fs::write(&der, &credential.chain_der[0]).unwrap();
        let mut command = StdCommand::new("openssl");
        command.args(["x509", "-inform", "DER", "-noout", "-pubkey", "-in"]).arg(&der);
        std::fs::write(&public, command.output().unwrap().stdout).unwrap();
        let status = StatusAuthority::start(&public);
        let file = self.path("chancery.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        let trust = [status.file("root.pem"), TSA.root()];
        let revocation = format!(
            "[revocation]\ntrust = {trust:?}\nallow_networks = [\"127.0.0.0/8\"]\nrest_ms = 0\n\
             rest_at_most_ms = 0\ntimeout_ms = 60000\n\
             [revocation.issuers.tsa]\ncertificate_file = {:?}\nlists = [{:?}]\n",
            TSA.root(),
            status.url("/tsa.crl")
        );
        std::fs::write(&file, text + &revocation).unwrap();
        self.stamps(url).await;
        let chain = self.path("lasting.pem");
        let all =
            ["seal.pem", "ca.pem", "root.pem"].map(|it| std::fs::read(status.file(it)).unwrap());
        std::fs::write(&chain, all.concat()).unwrap();
        let backend = credential.backend.as_str();
        let import =
            ["credential", "import", "--alias", "lasting", "--backend", backend, "--chain"];
        self.command(&[&import[..], &[chain.to_str().unwrap()]].concat()).await;
        let client = self.demo["client_id"].as_str().unwrap();
        self.command(&["client-service", "assign", client, "--credential", "lasting"]).await;
        status
    }

    /// Runs a command, which has to succeed.
    async fn command(&self, arguments: &[&str]) {
        let mut command = Command::new(BINARY);
        command.arg("--config").arg(self.path("chancery.toml")).args(arguments);
        command.env("SOFTHSM2_CONF", self.path("softhsm2.conf"));
        command.env("PKCS11SPY", crate::support::softhsm::module());
        command.env("PKCS11SPY_OUTPUT", self.path("commands"));
        let output = command.output().await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Starts the service; what its token is asked in this life is added to the log of `mark`.
    pub(super) async fn start(&self, mark: &str) -> Service {
        let child = Command::new(BINARY)
            .arg("--config")
            .arg(self.path("chancery.toml"))
            .arg("serve")
            .env("SOFTHSM2_CONF", self.path("softhsm2.conf"))
            .env("CHANCERY_LOG__FILTER", "info")
            .env("NO_COLOR", "1")
            .env("PKCS11SPY", crate::support::softhsm::module())
            .env("PKCS11SPY_OUTPUT", self.path(mark))
            .stdin(Stdio::null())
            .stdout(self.log())
            .stderr(self.log())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let base = format!("http://{}", self.address);
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let begin = Instant::now();
        while http.get(format!("{base}/livez")).send().await.is_err() {
            assert!(begin.elapsed() < PATIENCE, "the service did not start");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let token: Value = http
            .post(format!("{base}/oauth2/token"))
            .basic_auth(
                self.demo["client_id"].as_str().unwrap(),
                self.demo["client_secret"].as_str(),
            )
            .body("grant_type=client_credentials")
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        let token = token["access_token"].as_str().unwrap().to_owned();
        Service { child, base, http, token, witness: self.path(mark) }
    }

    /// The alias of the client service that signs.
    pub(super) fn client_service(&self) -> &str {
        self.demo["client_id"].as_str().unwrap()
    }

    fn log(&self) -> std::fs::File {
        std::fs::File::options().create(true).append(true).open(self.path("log")).unwrap()
    }

    /// What the services have said.
    pub(super) fn said(&self) -> String {
        std::fs::read_to_string(self.path("log")).unwrap()
    }

    /// The database, while no service runs.
    pub(super) async fn store(&self) -> Store {
        let url = format!("sqlite://{}", self.path("chancery.db").display());
        Store::connect(&StoreConfig {
            url,
            connections: 1,
            wait_ms: 5000,
            statement_ms: 0,
            lock_ms: 0,
        })
        .await
        .unwrap()
    }

    /// The number that a query tells, while no service runs.
    pub(super) async fn counted(&self, query: &'static str) -> i64 {
        let url = format!("sqlite://{}", self.path("chancery.db").display());
        let pool = sqlx::any::AnyPoolOptions::new().max_connections(1).connect(&url).await.unwrap();
        let counted = sqlx::query_scalar(query).fetch_one(&pool).await.unwrap();
        pool.close().await;
        counted
    }

    /// Keeps every service from writing, until it is dropped.
    pub(super) async fn hold_writes(&self) -> sqlx::Transaction<'static, sqlx::Any> {
        sqlx::any::install_default_drivers();
        let url = format!("sqlite://{}", self.path("chancery.db").display());
        let options = sqlx::any::AnyPoolOptions::new().max_connections(1);
        options.connect(&url).await.unwrap().begin_with("BEGIN IMMEDIATE").await.unwrap()
    }

    /// The digests that the token was asked to sign in the lives of `mark`.
    pub(super) fn asked(&self, mark: &str) -> std::collections::BTreeSet<Vec<u8>> {
        let log = std::fs::read(self.path(mark)).unwrap_or_default();
        witness::digests(&String::from_utf8_lossy(&log))
    }

    /// Has xmlsec1 verify a sealed document.
    pub(super) fn verify(&self, sealed: &[u8]) {
        let file = self.path("sealed.xml");
        std::fs::write(&file, sealed).unwrap();
        let output = StdCommand::new("xmlsec1")
            .args(["--verify", "--id-attr:Id"])
            .arg("http://uri.etsi.org/01903/v1.3.2#:SignedProperties")
            .args(["--trusted-pem", self.demo["trust_anchor"].as_str().unwrap()])
            .arg(file)
            .output()
            .expect("xmlsec1 is installed (make test installs it)");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// One life of the service.
pub(super) struct Service {
    child: Child,
    base: String,
    http: reqwest::Client,
    token: String,
    witness: PathBuf,
}

impl Service {
    /// Sets strace on the service; when this returns it watches.
    pub(super) async fn attach(&self, kill: &Kill) -> Child {
        let pid = self.child.id().unwrap().to_string();
        let mut strace = Command::new("strace");
        strace.args(["-f", "-o", "/dev/null", "-p", &pid]);
        match kill {
            Kill::AtSync(step) => strace
                .args(["-e", "trace=fsync,fdatasync", "-e"])
                .arg(format!("inject=fsync,fdatasync:signal=KILL:when={step}")),
            Kill::AtTokenCall(call) => strace
                .arg("-P")
                .arg(&self.witness)
                .args(["-e", "trace=write", "-e"])
                .arg(format!("inject=write:signal=KILL:when={call}")),
        };
        attached(strace).await
    }

    /// Lets these system calls of the service fail; they work again when strace is sent away.
    pub(super) async fn failing(&self, calls: &str, error: &str) -> Child {
        let mut strace = Command::new("strace");
        strace.args(["-f", "-o", "/dev/null", "-p", &self.child.id().unwrap().to_string()]);
        strace.args(["-e", &format!("trace={calls}")]);
        strace.args(["-e", &format!("inject={calls}:error={error}")]);
        attached(strace).await
    }

    /// Tells the service to end, as systemd does.
    pub(super) fn terminate(&self) {
        let pid = self.child.id().unwrap().to_string();
        assert!(StdCommand::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    }

    /// The status of what answers at an address.
    pub(super) async fn status_of(&self, path: &str) -> u16 {
        let answer = self.http.get(format!("{}{path}", self.base)).send().await.unwrap();
        answer.status().as_u16()
    }

    /// The status and body of what answers a sign request.
    pub(super) async fn asked_to_sign(&self, request: &Value) -> reqwest::Result<(u16, Value)> {
        let url = format!("{}/api/v0/document/sign/base64/", self.base);
        let request = self.http.post(url).bearer_auth(&self.token).json(request);
        let answer = request.timeout(PATIENCE).send().await?;
        Ok((answer.status().as_u16(), answer.json().await?))
    }

    /// How often an operation with its contents is answered, asked so many times at once.
    pub(super) async fn read_at_once(&self, id: i64, many: usize) -> usize {
        let url = format!("{}/api/v0/operation/sign/detail/{id}/contentInResponse/true", self.base);
        let readers: Vec<_> = (0..many)
            .map(|_| {
                let request = self.http.get(&url).bearer_auth(&self.token);
                tokio::spawn(async move {
                    let mut answer = request.send().await.unwrap();
                    while answer.chunk().await.unwrap().is_some() {}
                    answer.status().is_success()
                })
            })
            .collect();
        let mut answered = 0;
        for reader in readers {
            answered += usize::from(reader.await.unwrap());
        }
        answered
    }

    /// How much memory the service has now, and had at most since the last time, in bytes.
    pub(super) fn memory(&self) -> (usize, usize) {
        let folder = PathBuf::from(format!("/proc/{}", self.child.id().unwrap()));
        let status = std::fs::read_to_string(folder.join("status")).unwrap();
        let line = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
        };
        // proc(5): forgets the peak.
        std::fs::write(folder.join("clear_refs"), "5").unwrap();
        (line("VmRSS:"), line("VmHWM:"))
    }

    /// Waits until the service ends by itself; whether it says that all is well. What it `said` is shown
    /// when it does not.
    pub(super) async fn ends(mut self, installation: &Installation) -> bool {
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        let ended = ended.unwrap_or_else(|_| panic!("it goes on: {}", installation.said()));
        ended.unwrap().success()
    }

    /// Sends a sign request.
    pub(super) async fn sign(&self, request: &Value) -> reqwest::Result<Value> {
        let url = format!("{}/api/v0/document/sign/base64/", self.base);
        let request = self.http.post(url).bearer_auth(&self.token).json(request);
        request.timeout(PATIENCE).send().await?.json().await
    }

    /// Waits until an operation is finished.
    pub(super) async fn finishes(&self, id: i64) {
        let begin = Instant::now();
        loop {
            let url = format!("{}/api/v0/operation/status/{id}", self.base);
            let request = self.http.get(url).bearer_auth(&self.token);
            let answer: Value = request.send().await.unwrap().json().await.unwrap();
            match answer["status"].as_str() {
                Some("EXECUTED") => return,
                Some("PENDING_EXECUTION") => {}
                _ => panic!("the operation went astray: {answer}"),
            }
            assert!(begin.elapsed() < PATIENCE, "the operation was not taken up");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Kills the service, if it still lives, and waits for its end.
    pub(super) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }
}

/// Lets strace watch; when this returns it does.
async fn attached(mut strace: Command) -> Child {
    let mut child = strace
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("strace is installed (make test installs it)");
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        assert!(!line.contains("ttach: "), "strace may not watch processes here: {line}");
        if line.contains("attached") {
            break;
        }
    }
    // Somebody has to read what strace says, or it stops to wait for a reader.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    child
}

/// Sends strace away from what it watches, which goes on undisturbed.
pub(super) async fn send_away(mut strace: Child) {
    let pid = strace.id().unwrap().to_string();
    assert!(StdCommand::new("kill").args(["-INT", &pid]).status().unwrap().success());
    strace.wait().await.unwrap();
}

fn spy() -> PathBuf {
    ["/usr/lib/x86_64-linux-gnu/pkcs11-spy.so", "/usr/lib/aarch64-linux-gnu/pkcs11-spy.so"]
        .into_iter()
        .map(Path::new)
        .find(|module| module.exists())
        .expect("OpenSC's pkcs11-spy is installed (make test installs it)")
        .to_owned()
}
