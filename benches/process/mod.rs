//! The service as a process of its own, from the folder that the demo made: what it costs, and log-in.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

const BINARY: &str = env!("CARGO_BIN_EXE_chancery");

/// How long a start may take.
const START: Duration = Duration::from_secs(20);

/// A folder that the demo made.
pub(crate) struct Folder {
    root: PathBuf,
}

impl Folder {
    /// The one of that name under `target/tmp`. Its script has made it and set `SOFTHSM2_CONF`, which
    /// `SoftHSM` reads before anything else happens in a process.
    pub(crate) fn made(name: &str) -> Self {
        let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        let wanted = root.join("softhsm2.conf");
        assert!(
            std::env::var_os("SOFTHSM2_CONF").is_some_and(|conf| conf == *wanted),
            "run it with make: SOFTHSM2_CONF must be {}",
            wanted.display()
        );
        Self { root }
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.root.join("chancery.toml")
    }

    /// Where the service is reached.
    pub(crate) fn address(&self) -> String {
        let demo = std::fs::read(self.root.join("demo.json")).unwrap();
        let demo: Value = serde_json::from_slice(&demo).unwrap();
        demo["base_url"].as_str().unwrap().to_owned()
    }

    /// A new secret of a client service.
    pub(crate) fn secret(&self, client: &str) -> String {
        let output = self.command().args(["client-service", "rotate-secret", client]).output();
        let text = String::from_utf8(output.unwrap().stdout).unwrap();
        text.split_whitespace().nth(1).unwrap().to_owned()
    }

    /// Starts the service; it may not answer yet.
    pub(crate) fn serve(&self) -> Service {
        self.serve_with(&[])
    }

    /// The same, with other settings: names and values of the environment.
    pub(crate) fn serve_with(&self, settings: &[(&str, &str)]) -> Service {
        let mut command = self.command();
        command.arg("serve").stdin(Stdio::null()).envs(settings.iter().copied());
        Service { child: command.spawn().unwrap() }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(BINARY);
        command.arg("--config").arg(self.config());
        command
    }
}

/// A running service, killed when dropped.
pub(crate) struct Service {
    child: Child,
}

impl Service {
    /// CPU seconds that it has used, in steps of 10 ms.
    pub(crate) fn cpu(&self) -> f64 {
        let stat = self.read("stat");
        let after_name = stat.rsplit(')').next().unwrap();
        let fields: Vec<&str> = after_name.split_whitespace().collect();
        // utime and stime, in ticks of 10 ms (proc(5))
        let ticks: f64 = fields[11..=12].iter().map(|ticks| ticks.parse::<f64>().unwrap()).sum();
        ticks / 100.0
    }

    /// Bytes that are resident.
    pub(crate) fn resident(&self) -> u64 {
        self.status("VmRSS:")
    }

    /// Bytes that were resident at most since [`Self::forget_peak`], or the start.
    pub(crate) fn peak(&self) -> u64 {
        self.status("VmHWM:")
    }

    /// Lets the peak begin at what is resident now.
    pub(crate) fn forget_peak(&self) {
        // 5: the peak of the resident set (proc_pid_clear_refs(5))
        std::fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5").unwrap();
    }

    fn status(&self, name: &str) -> u64 {
        let status = self.read("status");
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/{name}", self.child.id())).unwrap()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An access token, as soon as the service answers.
pub(crate) async fn log_in(
    http: &reqwest::Client,
    base: &str,
    client: &str,
    secret: &str,
) -> String {
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
            Err(error) => assert!(begin.elapsed() < START, "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
