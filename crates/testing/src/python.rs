//! Runs the programs of `tests/peers`. Importing pyHanko takes a second, so they are forked from one process
//! that has imported it (`forked.py`).

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{ChildStdin, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, mpsc};

use serde_json::{Value, json};

use super::judges::repository;

/// A program of `tests/peers` that is to be run, with its arguments.
#[derive(Debug)]
pub struct Python {
    program: String,
    arguments: Vec<OsString>,
}

/// A program of `tests/peers`, by its name.
#[must_use]
pub fn python(program: &str) -> Python {
    let path = repository().join("tests/peers").join(program);
    Python { program: path.display().to_string(), arguments: Vec::new() }
}

impl Python {
    /// One more argument.
    pub fn arg(&mut self, argument: impl AsRef<OsStr>) -> &mut Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// More arguments.
    pub fn args(&mut self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> &mut Self {
        self.arguments.extend(arguments.into_iter().map(|it| it.as_ref().to_owned()));
        self
    }

    /// Runs it in the folder of this process, with nothing to read; what it wrote, and its exit code. A signal
    /// that ended it is its code with a minus.
    ///
    /// # Panics
    /// Without the Python judges, or when an argument is no UTF-8.
    pub fn output(&mut self) -> Output {
        let folder = tempfile::tempdir().unwrap();
        let (stdout, stderr) = (folder.path().join("stdout"), folder.path().join("stderr"));
        let arguments: Vec<&str> = self.arguments.iter().map(|it| it.to_str().unwrap()).collect();
        let code = FORKED.run(json!({
            "program": self.program,
            "arguments": arguments,
            "stdout": stdout,
            "stderr": stderr,
        }));
        let status = ExitStatus::from_raw(if code < 0 { -code } else { code << 8 });
        Output {
            status,
            stdout: std::fs::read(stdout).unwrap(),
            stderr: std::fs::read(stderr).unwrap(),
        }
    }
}

static FORKED: LazyLock<Forked> = LazyLock::new(Forked::start);

/// The process that forks. It ends with this one: its input does.
struct Forked {
    input: Mutex<ChildStdin>,
    waiting: &'static Waiting,
    next: AtomicU64,
}

/// Who waits for which number.
type Waiting = Mutex<HashMap<u64, mpsc::SyncSender<i32>>>;

impl Forked {
    fn start() -> Self {
        let mut child = Command::new(repository().join(".venv/bin/python"))
            .arg(repository().join("tests/peers/forked.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the Python judges are missing: scripts/setup.sh test (make test does it)");
        let waiting: &'static Waiting = Box::leak(Box::default());
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        std::thread::spawn(move || {
            tell(output, waiting);
            // It has ended: so has its output.
            let _ = child.wait();
        });
        Self { input: Mutex::new(input), waiting, next: AtomicU64::new(0) }
    }

    fn run(&self, mut task: Value) -> i32 {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        task["number"] = number.into();
        let (ended, code) = mpsc::sync_channel(1);
        self.waiting.lock().unwrap().insert(number, ended);
        writeln!(self.input.lock().unwrap(), "{task}").unwrap();
        code.recv().expect("forked.py has ended")
    }
}

/// Tells everybody the exit code of what was run for them. When the process ends nobody waits any more.
fn tell(output: ChildStdout, waiting: &Waiting) {
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        let said: Value = serde_json::from_str(&line).unwrap();
        let number = said["number"].as_u64().unwrap();
        let code = i32::try_from(said["code"].as_i64().unwrap()).unwrap();
        if let Some(ended) = waiting.lock().unwrap().remove(&number) {
            let _ = ended.send(code);
        }
    }
    waiting.lock().unwrap().clear();
}
