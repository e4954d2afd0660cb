//! Kill -9 of the service at random moments while it mails: every mail arrives, none more often than
//! its ambiguous tries allow, none before its operation was finished.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::{Duration, Instant};

use chancery::domain::delivery::DeliveryStatus;
use chancery::domain::ids::OperationId;
use chancery::domain::scope::Scope;
use chancery::store::{Config as StoreConfig, Store};
use serde_json::Value;
use tokio::process::{Child, Command};

use super::with_receivers;
use crate::support::client::{HTTP, PATIENCE};
use crate::support::smtp::{Act, Script, SmtpServer, Step};

const BINARY: &str = env!("CARGO_BIN_EXE_chancery");
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// How long the service is killed again and again, and how much there is to do meanwhile.
struct Ordeal {
    killing: Duration,
    operations: usize,
    receivers: usize,
    /// How long the server takes over a mail, so that there is something to do for the whole time.
    mail: Duration,
}

impl Ordeal {
    /// A short one with the ordinary tests; a long one where `CHANCERY_SOAK` is set (`make soak`).
    fn of_this_run() -> Self {
        if std::env::var_os("CHANCERY_SOAK").is_some() {
            let (killing, mail) = (Duration::from_mins(1), Duration::from_millis(400));
            Self { killing, operations: 10, receivers: 50, mail }
        } else {
            let (killing, mail) = (Duration::from_secs(12), Duration::from_millis(1500));
            Self { killing, operations: 4, receivers: 20, mail }
        }
    }
}

struct Installation {
    folder: tempfile::TempDir,
    base: String,
    demo: Value,
}

impl Installation {
    async fn new(smtp: &SmtpServer) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = Command::new(BINARY)
            .args(["demo", "--samples", &format!("{ROOT}/samples"), "--directory"])
            .arg(folder.path())
            .stdin(Stdio::null())
            .output()
            .await
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stdout));
        let free = chancery_testing::ports::free_address();
        let file = folder.path().join("chancery.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        let lines = text.lines().map(|line| match line.split_once(" = ") {
            Some(("listen", _)) => format!("listen = \"{free}\""),
            Some(("port", _)) => format!("port = {}", smtp.port()),
            _ => line.to_owned(),
        });
        let mut text: String = lines.map(|line| line + "\n").collect();
        text += "[workflow]\nlease_ms = 500\npoll_ms = 50\n\
                 [delivery]\nlease_ms = 1000\npoll_ms = 50\nsenders_per_way = 8\n\
                 mail_waits_ms = [200, 200, 200]\n";
        std::fs::write(&file, text).unwrap();
        let demo = std::fs::read(folder.path().join("demo.json")).unwrap();
        let demo = serde_json::from_slice(&demo).unwrap();
        Self { folder, base: format!("http://{free}"), demo }
    }

    fn start(&self) -> Child {
        Command::new(BINARY)
            .arg("--config")
            .arg(self.folder.path().join("chancery.toml"))
            .arg("serve")
            .env("SOFTHSM2_CONF", self.folder.path().join("softhsm2.conf"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap()
    }

    async fn log_in(&self) -> Option<String> {
        let secret = self.demo["client_secret"].as_str();
        let request = HTTP
            .post(format!("{}/oauth2/token", self.base))
            .basic_auth(self.demo["client_id"].as_str().unwrap(), secret)
            .body("grant_type=client_credentials");
        let answer: Value = request.send().await.ok()?.json().await.ok()?;
        Some(answer["access_token"].as_str()?.to_owned())
    }

    async fn store(&self) -> Store {
        let url = format!("sqlite://{}", self.folder.path().join("chancery.db").display());
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
}

/// Sends one request until it is answered, whatever becomes of the service meanwhile.
async fn sign(installation: &Installation, request: &Value) -> OperationId {
    let begin = Instant::now();
    loop {
        assert!(begin.elapsed() < 2 * PATIENCE, "the request was never answered");
        if let Some(token) = installation.log_in().await {
            let url = format!("{}/api/v0/document/sign/base64/", installation.base);
            let send = HTTP.post(url).bearer_auth(token).json(request).send().await;
            if let Ok(answer) = send
                && let Ok(answer) = answer.json::<Value>().await
                && let Some(id) = answer["id"].as_i64()
            {
                return OperationId::from_i64(id);
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn random(below: u64) -> u64 {
    let mut octets = [0; 8];
    aws_lc_rs::rand::fill(&mut octets).unwrap();
    u64::from_be_bytes(octets) % below
}

/// Kills and starts until the time is over. Returns the life that goes on, and how many there were.
async fn kill_and_start(installation: &Installation, killing: Duration) -> (Child, usize) {
    let begin = Instant::now();
    let mut lives = 1;
    let mut child = installation.start();
    while begin.elapsed() < killing {
        tokio::time::sleep(Duration::from_millis(300 + random(2500))).await;
        child.kill().await.unwrap();
        child = installation.start();
        lives += 1;
    }
    (child, lives)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mail_arrives_however_often_the_service_is_killed() {
    let smtp = SmtpServer::start(Script::default());
    let installation = Installation::new(&smtp).await;
    let told_before = smtp.accepted().len();
    let ordeal = Ordeal::of_this_run();
    smtp.set(|script| script.at(Step::Message, Act::Wait(ordeal.mail)));

    let mark = crate::support::service::unique("killed");
    let requests: Vec<Value> = (0..ordeal.operations)
        .map(|operation| {
            let receivers: Vec<String> = (0..ordeal.receivers)
                .map(|n| format!("r{operation}-{n}@customer.example"))
                .collect();
            let receivers: Vec<&str> = receivers.iter().map(String::as_str).collect();
            with_receivers(&format!("{mark}/{operation}"), &receivers, false)
        })
        .collect();
    let signing = async {
        let mut ids = Vec::new();
        for request in &requests {
            ids.push(sign(&installation, request).await);
        }
        ids
    };
    let ((mut child, lives), ids) =
        tokio::join!(kill_and_start(&installation, ordeal.killing), signing);
    assert!(lives as u64 > ordeal.killing.as_secs() / 4, "only {lives} lives");

    // The last life ends what is left, without anybody asking.
    smtp.set(Script::behave);
    let store = installation.store().await;
    let reader = store.reader();
    let begin = Instant::now();
    let mut mails = Vec::new();
    for id in &ids {
        loop {
            mails = reader.mails_of(*id).await.unwrap();
            if mails.iter().all(|mail| mail.status == DeliveryStatus::Sent) {
                break;
            }
            assert!(
                begin.elapsed() < 2 * PATIENCE,
                "{:?}",
                mails.iter().map(|it| it.status).collect::<Vec<_>>()
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    assert_eq!(mails.len(), ordeal.receivers);
    child.kill().await.unwrap();

    let mut arrived: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for mail in &smtp.accepted()[told_before..] {
        let id = mail.header("Message-ID").unwrap();
        let at = mail.at.unix_ms();
        arrived.entry(id.trim_matches(['<', '>']).to_owned()).or_default().push(at);
    }
    let (mut all, mut doubles, mut interrupted) = (0, 0, 0);
    for id in ids {
        let operation = reader.operation(Scope::Installation, id).await.unwrap().unwrap();
        let finished = operation.finished.unwrap().unix_ms();
        for mail in reader.mails_of(id).await.unwrap() {
            let times = arrived.remove(mail.mail_id.as_deref().unwrap()).unwrap_or_default();
            let attempts = reader.attempts_of(mail.id).await.unwrap();
            let ambiguous = attempts.iter().filter(|attempt| attempt.ambiguous).count();
            assert!(!times.is_empty(), "{mail:?} never arrived");
            assert!(times.len() <= 1 + ambiguous, "{} mails: {attempts:?}", times.len());
            assert!(times.iter().all(|at| *at >= finished), "a mail before its operation's end");
            all += 1;
            doubles += times.len() - 1;
            interrupted += ambiguous;
        }
    }
    assert_eq!(all, ordeal.operations * ordeal.receivers);
    assert!(arrived.is_empty(), "mails that nobody asked for: {arrived:?}");
    assert!(interrupted > 0, "no kill ever met a mail: this test proved nothing");
    store.close().await;
    // For who reads the log of a run.
    println!("{lives} lives, {all} mails, {interrupted} tries cut short, {doubles} mails twice");
}
