//! The service as a process that may not open many files.

use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

use chancery_testing::hostile_clients as hostile;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::support::client::{Client, HTTP, PATIENCE, small};
use crate::support::service::{block_on, unique};

const BINARY: &str = env!("CARGO_BIN_EXE_chancery");
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The demo's token and client service, served by a process with limits.
struct Process {
    child: Child,
    base: String,
    demo: Value,
    _folder: TempDir,
}

impl Process {
    async fn start(files: u32, settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = Command::new(BINARY)
            .args(["demo", "--samples", &format!("{ROOT}/samples"), "--directory"])
            .arg(folder.path())
            .stdin(Stdio::null())
            .output()
            .await
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stdout));
        let demo = std::fs::read(folder.path().join("demo.json")).unwrap();
        let free = chancery_testing::ports::free_address();
        let config = folder.path().join("chancery.toml");
        configure(&config, &free.to_string(), settings);
        let child = Command::new("sh")
            .args(["-c", &format!("ulimit -n {files}; exec \"$0\" \"$@\""), BINARY, "--config"])
            .arg(config)
            .arg("serve")
            .env("SOFTHSM2_CONF", folder.path().join("softhsm2.conf"))
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let demo = serde_json::from_slice(&demo).unwrap();
        let process = Self { child, base: format!("http://{free}"), demo, _folder: folder };
        process.answers("/livez").await;
        process
    }

    fn address(&self) -> &str {
        self.base.strip_prefix("http://").unwrap()
    }

    /// Returns when an address answers 200.
    async fn answers(&self, path: &str) {
        let begin = Instant::now();
        loop {
            let answer = HTTP.get(format!("{}{path}", self.base)).send().await;
            if answer.is_ok_and(|answer| answer.status() == 200) {
                return;
            }
            assert!(begin.elapsed() < PATIENCE, "{path} does not answer");
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    async fn client(&self) -> Client {
        let [alias, secret] =
            ["client_id", "client_secret"].map(|name| self.demo[name].as_str().unwrap());
        Client::log_in(&self.base, alias, secret).await
    }

    /// Ends the process; what it said.
    async fn log(mut self) -> Vec<String> {
        let mut lines = BufReader::new(self.child.stderr.take().unwrap()).lines();
        self.child.kill().await.unwrap();
        let mut all = Vec::new();
        while let Some(line) = lines.next_line().await.unwrap() {
            all.push(line);
        }
        all
    }
}

/// Writes settings beside those of the demo; the part `[web]` is there already.
fn configure(file: &Path, address: &str, settings: &str) {
    let text = std::fs::read_to_string(file).unwrap();
    let lines = text.lines().map(|line| match line.split_once(" = ") {
        Some(("listen", _)) => format!("listen = \"{address}\""),
        _ => line.to_owned(),
    });
    let text: String = lines.map(|line| line + "\n").collect();
    std::fs::write(file, text + settings).unwrap();
}

#[test]
fn connections_never_take_the_files_of_token_and_database() {
    block_on(async {
        let process = Process::start(200, "[web.connections]\ndescriptors_reserved = 120\n").await;
        let client = process.client().await;
        let held = hostile::idle(process.address(), 400).await.unwrap();
        // Longer than the readiness is remembered.
        for round in 0..3 {
            let answer = client.sign(&small(&unique(&format!("round-{round}")))).await.good();
            assert_eq!(answer["status"], "EXECUTED", "{answer}");
        }
        let ready = client.get("/readyz").await.json();
        assert_eq!((&ready["keys"], &ready["database"]), (&"ok".into(), &"ok".into()), "{ready}");
        drop(held);
        process.log().await;
    });
}

#[test]
fn a_system_without_files_is_survived_and_told_once() {
    block_on(async {
        let settings = "[web.connections]\ndescriptors_reserved = 0\nhead_ms = 1500\n";
        let process = Process::start(100, settings).await;
        let held = hostile::idle(process.address(), 150).await.unwrap();
        // Those that were accepted have to send something, and make place.
        process.answers("/livez").await;
        drop(held);
        let log = process.log().await;
        let told = log.iter().filter(|line| line.contains("no connection can be accepted")).count();
        assert!((1..=10).contains(&told), "{told} times: {log:#?}");
    });
}
