//! The receiving side: `tests/peers/webhook_receiver.py`, which is not ours but that of the authors of
//! the specification.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver as Lines, sync_channel};
use std::time::Duration;

use serde_json::Value;

use crate::support::judges::repository;

const PATIENCE: Duration = Duration::from_secs(30);

/// A running receiver; it ends with the test.
pub(crate) struct Receiver {
    pub(crate) port: u16,
    child: Child,
    lines: Lines<Value>,
}

impl Receiver {
    /// Starts one with these arguments.
    pub(crate) fn start<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Self {
        let mut child = Command::new(repository().join(".venv/bin/python"))
            .arg(repository().join("tests/peers/webhook_receiver.py"))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the Python judges are missing: scripts/setup.sh test (make test does it)");
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = sync_channel(1000);
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if sender.send(serde_json::from_str(&line).unwrap()).is_err() {
                    break;
                }
            }
        });
        let mut receiver = Self { port: 0, child, lines };
        receiver.port = u16::try_from(receiver.next()["port"].as_u64().unwrap()).unwrap();
        receiver
    }

    /// Starts one that knows these secrets and answers as told.
    pub(crate) fn answering(secrets: &[(&str, &str)], answers: &Value) -> Self {
        let named = |(name, text): &(&str, &str)| {
            let option = if text.starts_with("whpk_") { "--public" } else { "--secret" };
            [option.to_owned(), format!("{name}={text}")]
        };
        let arguments: Vec<String> = secrets
            .iter()
            .flat_map(named)
            .chain(["--answers".to_owned(), answers.to_string()])
            .collect();
        Self::start(arguments.iter().map(String::as_str))
    }

    /// What it says next.
    pub(crate) fn next(&self) -> Value {
        self.lines.recv_timeout(PATIENCE).expect("the receiver says nothing")
    }

    /// What it said in the meantime and nobody asked for.
    pub(crate) fn rest(&self) -> Vec<Value> {
        self.lines.try_iter().collect()
    }

    /// Gives it another secret.
    pub(crate) fn learn(&mut self, name: &str, secret: &str) {
        let line = serde_json::json!({ name: secret });
        writeln!(self.child.stdin.as_mut().unwrap(), "{line}").unwrap();
        assert_eq!(self.next()["learned"][0], name);
    }

    /// Its address.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hooks", self.port)
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
