//! The service as a process of its own under load over HTTP: documents a second, its CPU time a
//! document, its memory.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

const BINARY: &str = env!("CARGO_BIN_EXE_chancery");

/// How long each load lasts.
const LOAD: Duration = Duration::from_secs(4);

/// Requests in flight.
const CLIENTS: usize = 8;

/// What the demo left, used again.
pub(crate) struct Folder {
    root: PathBuf,
}

impl Folder {
    /// Makes token, credentials and client services with the demo; again at every run, as references
    /// are used up.
    pub(crate) fn prepare() -> Self {
        let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("bench");
        let folder = Self { root };
        // scripts/bench.sh has made it: SoftHSM wants its variable set before this process began.
        let wanted = folder.root.join("softhsm2.conf");
        assert!(
            std::env::var_os("SOFTHSM2_CONF").is_some_and(|conf| conf == *wanted),
            "run it with `make bench`: SOFTHSM2_CONF must be {}",
            wanted.display()
        );
        folder
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.root.join("chancery.toml")
    }

    /// A folder for further keys.
    pub(crate) fn keys(&self) -> PathBuf {
        let folder = self.root.join("further-keys");
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    /// Measures single requests and batches of fifty.
    pub(crate) fn measure(&self, client: &str, document: &[u8], token_rate: f64) {
        let secret = self.secret(client);
        let base = self.address();
        let mut service = Command::new(BINARY)
            .arg("--config")
            .arg(self.config())
            .arg("serve")
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let http = reqwest::Client::builder().no_proxy().build().unwrap();
            let bearer = log_in(&http, &base, client, &secret).await;
            for batch in [1, 50] {
                let before = cpu(&service);
                let begin = Instant::now();
                let sealed = load(&http, &base, &bearer, document, batch).await;
                let seconds = begin.elapsed().as_secs_f64();
                let cpu_ms = (cpu(&service) - before) * 1000.0 / sealed as f64;
                let key_ms = 1000.0 * cores() / token_rate;
                println!(
                    "  service      {:8.0} documents/s in requests of {batch:2}: CPU {cpu_ms:.2} ms a \
                     document, {:.2} without the key; memory {} MiB",
                    sealed as f64 / seconds,
                    (cpu_ms - key_ms).max(0.0),
                    memory_mib(&service),
                );
            }
        });
        service.kill().unwrap();
        service.wait().unwrap();
    }

    fn address(&self) -> String {
        let demo = std::fs::read(self.root.join("demo.json")).unwrap();
        let demo: Value = serde_json::from_slice(&demo).unwrap();
        demo["base_url"].as_str().unwrap().to_owned()
    }

    fn secret(&self, client: &str) -> String {
        let output = Command::new(BINARY)
            .arg("--config")
            .arg(self.config())
            .args(["client-service", "rotate-secret", client])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.split_whitespace().nth(1).unwrap().to_owned()
    }
}

async fn log_in(http: &reqwest::Client, base: &str, client: &str, secret: &str) -> String {
    let begin = Instant::now();
    loop {
        let request = http
            .post(format!("{base}/oauth2/token"))
            .basic_auth(client, Some(secret))
            .body("grant_type=client_credentials");
        match request.send().await {
            Ok(response) => {
                let token: Value = response.json().await.unwrap();
                return token["access_token"].as_str().unwrap().to_owned();
            }
            Err(error) => assert!(begin.elapsed().as_secs() < 20, "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Sends requests for a while; returns how many documents were sealed.
async fn load(
    http: &reqwest::Client,
    base: &str,
    bearer: &str,
    document: &[u8],
    batch: usize,
) -> usize {
    let content = Arc::new(STANDARD.encode(document));
    let run = std::process::id();
    let (next, sealed) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let begin = Instant::now();
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..CLIENTS {
        let (http, content) = (http.clone(), Arc::clone(&content));
        let (next, sealed) = (Arc::clone(&next), Arc::clone(&sealed));
        let (url, bearer) = (format!("{base}/api/v0/document/sign/base64/"), bearer.to_owned());
        clients.spawn(async move {
            while begin.elapsed() < LOAD {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let reference = format!("bench {run} {batch} {number}");
                let body = request(&reference, &content, batch);
                let answer: Value = http
                    .post(&url)
                    .bearer_auth(&bearer)
                    .json(&body)
                    .send()
                    .await
                    .unwrap()
                    .json()
                    .await
                    .unwrap();
                assert_eq!(answer["status"], "EXECUTED", "{answer}");
                sealed.fetch_add(batch, Ordering::Relaxed);
            }
        });
    }
    while let Some(done) = clients.join_next().await {
        done.unwrap();
    }
    sealed.load(Ordering::Relaxed)
}

fn request(reference: &str, content: &str, batch: usize) -> Value {
    let documents: Vec<Value> = (0..batch)
        .map(|number| {
            json!({
                "documentRequest": {
                    "externalReference": format!("{reference}/{number}"),
                    "name": "invoice.xml",
                    "contentType": "application/xml",
                    "base64Content": content,
                },
                "signatureInfo": { "signatureType": "XAdES" },
            })
        })
        .collect();
    json!({ "externalReference": reference, "description": "bench", "documents": documents })
}

/// CPU seconds that a process has used.
fn cpu(process: &Child) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", process.id())).unwrap();
    let after_name = stat.rsplit(')').next().unwrap();
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    // utime and stime, in ticks of 10 ms (proc(5))
    let ticks: f64 = fields[11..=12].iter().map(|ticks| ticks.parse::<f64>().unwrap()).sum();
    ticks / 100.0
}

fn memory_mib(process: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

/// Cores that the token's raw rate was measured on: its lanes use all of them.
fn cores() -> f64 {
    std::thread::available_parallelism().map_or(1, usize::from) as f64
}
