//! A mail server that does what a test tells it to, for each step and each receiver, while it runs. It
//! runs on a thread of its own with a runtime of its own, so any test can use it:
//!
//! ```text
//! let server = SmtpServer::start(Script::default());            // clear text, takes everything
//! server.set(|script| script.receiver("gone", Step::Rcpt, Act::say("550 5.1.1 no such user")));
//! server.set(|script| script.at(Step::Mail, Act::say("421 closing")));
//! ... mail is sent to ("localhost", server.port()) ...
//! let mails = server.wait_for(3);                               // panics after PATIENCE
//! ```
//!
//! Receivers are told apart by their local part. What a message's [`Accepted`] says is what a relay
//! would have taken over, also where the script then does not say so (`Act::TakeThen…`). Greylisting
//! goes by triplet, for a number of tries or by any clock. With `Script::folder` every accepted message
//! is also written there as `000001.eml`, with its envelope in `000001.json`, complete when it appears.

mod certificates;
mod session;

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use tokio::sync::oneshot;

pub(crate) use certificates::{CERTIFICATES, Identity};

use super::client::PATIENCE;

/// A step of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Step {
    /// A connection was made, the greeting is due.
    Connect,
    Ehlo,
    Starttls,
    Auth,
    Mail,
    Rcpt,
    /// The command DATA.
    Data,
    /// The final dot.
    Message,
    Rset,
}

/// What is done at a step, instead of the usual.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// Says these lines; after 421 and 221 the connection is closed.
    Say(String),
    /// Waits, then does the usual.
    Wait(Duration),
    /// Waits, then says.
    WaitAndSay(Duration, String),
    /// Closes without a word.
    Close,
    /// Resets the connection (RST).
    Reset,
    /// Says nothing any more and keeps the connection.
    Silence,
    /// Says continuation lines without end.
    Endless,
    /// Says so many bytes without a line end.
    Flood(usize),
    /// Says its answer one byte at a time, with a pause before each.
    Trickle(Duration),
    /// Answers the next command too, before it came.
    Ahead(String),
    /// Takes the message over, then resets (only at [`Step::Message`]).
    TakeThenReset,
    /// Takes the message over, then says nothing (only at [`Step::Message`]).
    TakeThenSilence,
    /// Takes the message over, waits, then says so (only at [`Step::Message`]).
    TakeThenWait(Duration),
}

impl Act {
    pub(crate) fn say(text: &str) -> Self {
        Self::Say(text.to_owned())
    }
}

/// How connections are protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tls {
    None,
    Starttls(Identity),
    /// STARTTLS is known but somebody on the way took it out of the answer to EHLO.
    Stripped,
    /// As `Starttls`, with more said in clear text behind the go-ahead.
    Injected(Identity),
    Implicit(Identity),
}

/// When greylisting lets a triplet pass.
#[derive(Clone)]
pub(crate) enum Greylist {
    /// At the try after so many refused ones.
    Tries(u32),
    /// So many milliseconds after its first try, by this clock.
    After(i64, Arc<dyn Fn() -> i64 + Send + Sync>),
}

/// What the server does.
#[derive(Clone)]
pub(crate) struct Script {
    pub(crate) tls: Tls,
    /// User and password; with them MAIL needs AUTH.
    pub(crate) login: Option<(String, String)>,
    /// Mechanisms offered.
    pub(crate) mechanisms: &'static str,
    /// Lines of the answer to EHLO, beside STARTTLS and AUTH.
    pub(crate) extensions: Vec<String>,
    pub(crate) greylist: Option<Greylist>,
    /// Closes connections on which nothing is said for so long.
    pub(crate) idle: Option<Duration>,
    /// Where accepted messages are written.
    pub(crate) folder: Option<PathBuf>,
    /// Set with [`Script::at`] and [`Script::receiver`].
    pub(crate) acts: HashMap<(Option<String>, Step), Act>,
}

impl Default for Script {
    fn default() -> Self {
        let extensions = ["PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE 52428800"];
        Self {
            tls: Tls::None,
            login: None,
            mechanisms: "PLAIN LOGIN",
            extensions: extensions.map(str::to_owned).into(),
            greylist: None,
            idle: None,
            folder: None,
            acts: HashMap::new(),
        }
    }
}

impl Script {
    pub(crate) fn with_tls(tls: Tls) -> Self {
        Self { tls, ..Self::default() }
    }

    /// Sets what is done at a step of every conversation.
    pub(crate) fn at(&mut self, step: Step, act: Act) {
        self.acts.insert((None, step), act);
    }

    /// Sets what is done for a receiver, by local part, at RCPT, DATA or the final dot.
    pub(crate) fn receiver(&mut self, local: &str, step: Step, act: Act) {
        self.acts.insert((Some(local.to_owned()), step), act);
    }

    /// Does the usual again everywhere.
    pub(crate) fn behave(&mut self) {
        self.acts.clear();
        self.greylist = None;
    }

    fn act(&self, local: Option<&str>, step: Step) -> Option<Act> {
        let of_receiver = local.and_then(|local| self.acts.get(&(Some(local.to_owned()), step)));
        of_receiver.or_else(|| self.acts.get(&(None, step))).cloned()
    }
}

/// A message that was taken over.
#[derive(Clone, Debug)]
pub(crate) struct Accepted {
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    /// As it was sent, dots undone.
    pub(crate) message: Vec<u8>,
    pub(crate) at: chancery::domain::instant::Instant,
    pub(crate) tls: bool,
    /// Who had logged in.
    pub(crate) user: Option<String>,
    /// Which connection brought it, counted from 1.
    pub(crate) connection: usize,
}

impl Accepted {
    /// The value of a header that is not folded.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let text = String::from_utf8_lossy(&self.message);
        let headers = text.split("\r\n\r\n").next()?;
        headers.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then(|| value.to_owned())
        })
    }
}

/// What happened.
#[derive(Default)]
struct Journal {
    accepted: Vec<Accepted>,
    /// Every command, with the connection it came on.
    commands: Vec<(usize, String)>,
    connections: usize,
    open: usize,
    /// First try and number of tries by triplet.
    triplets: HashMap<(String, String, String), (i64, u32)>,
}

struct Shared {
    script: Mutex<Script>,
    journal: Mutex<Journal>,
    changed: Condvar,
}

/// The server; it stops when this is dropped.
pub(crate) struct SmtpServer {
    shared: Arc<Shared>,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl SmtpServer {
    /// Listens on a free port of 127.0.0.1.
    pub(crate) fn start(script: Script) -> Self {
        let shared = Arc::new(Shared {
            script: Mutex::new(script),
            journal: Mutex::default(),
            changed: Condvar::new(),
        });
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let served = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async move {
                let listener = TcpListener::from_std(listener).unwrap();
                let serve = async {
                    while let Ok((stream, _)) = listener.accept().await {
                        tokio::spawn(session::serve(stream, Arc::clone(&served)));
                    }
                };
                tokio::select! { () = serve => {}, _ = stopped => {} }
            });
        });
        Self { shared, address, stop: Some(stop), thread: Some(thread) }
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Changes what is done from the next step on, also on connections that are open.
    pub(crate) fn set(&self, change: impl FnOnce(&mut Script)) {
        change(&mut self.shared.script.lock().unwrap());
    }

    /// Messages taken over until now, in order.
    pub(crate) fn accepted(&self) -> Vec<Accepted> {
        self.shared.journal.lock().unwrap().accepted.clone()
    }

    /// Commands until now, each with the number of its connection.
    pub(crate) fn commands(&self) -> Vec<(usize, String)> {
        self.shared.journal.lock().unwrap().commands.clone()
    }

    /// How many connections there were.
    pub(crate) fn connections(&self) -> usize {
        self.shared.journal.lock().unwrap().connections
    }

    /// How often RCPT was tried for a receiver.
    pub(crate) fn tries(&self, receiver: &str) -> usize {
        let rcpt = format!("RCPT TO:<{receiver}>");
        self.commands().iter().filter(|(_, command)| command.starts_with(&rcpt)).count()
    }

    /// Waits until so many messages were taken over, and gives them all.
    pub(crate) fn wait_for(&self, count: usize) -> Vec<Accepted> {
        let journal = self.wait_until(|journal| journal.accepted.len() >= count);
        journal.unwrap_or_else(|seen| panic!("{seen} of {count} messages came"))
    }

    /// Waits until a message for a receiver was taken over, and gives it.
    pub(crate) fn wait_for_mail_to(&self, receiver: &str) -> Accepted {
        let theirs = |mail: &&Accepted| mail.to.iter().any(|to| to == receiver);
        let journal = self.wait_until(|journal| journal.accepted.iter().any(|mail| theirs(&mail)));
        let journal = journal.unwrap_or_else(|seen| panic!("none of {seen} is for {receiver}"));
        journal.iter().find(theirs).unwrap().clone()
    }

    /// Waits until no connection is open.
    pub(crate) fn wait_for_quiet(&self) {
        let open = self.wait_until(|journal| journal.open == 0);
        assert!(open.is_ok(), "connections stay open");
    }

    fn wait_until(&self, done: impl Fn(&Journal) -> bool) -> Result<Vec<Accepted>, usize> {
        let deadline = Instant::now() + PATIENCE;
        let mut journal = self.shared.journal.lock().unwrap();
        while !done(&journal) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(journal.accepted.len());
            }
            journal = self.shared.changed.wait_timeout(journal, left).unwrap().0;
        }
        Ok(journal.accepted.clone())
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn note(&self, change: impl FnOnce(&mut Journal)) {
        change(&mut self.journal.lock().unwrap());
        self.changed.notify_all();
    }

    fn act(&self, local: Option<&str>, step: Step) -> Option<Act> {
        self.script.lock().unwrap().act(local, step)
    }

    fn script(&self) -> Script {
        self.script.lock().unwrap().clone()
    }

    /// Takes a message over: in the folder first, then in the journal.
    fn take(&self, accepted: Accepted) {
        let folder = self.script.lock().unwrap().folder.clone();
        self.note(|journal| {
            if let Some(folder) = folder {
                let name = format!("{:06}", journal.accepted.len() + 1);
                let envelope = serde_json::json!({
                    "from": accepted.from, "to": accepted.to, "tls": accepted.tls,
                    "user": accepted.user, "at_ms": accepted.at.unix_ms(),
                });
                std::fs::write(folder.join(format!("{name}.json")), envelope.to_string()).unwrap();
                let partial = folder.join(format!("{name}.part"));
                std::fs::write(&partial, &accepted.message).unwrap();
                std::fs::rename(partial, folder.join(format!("{name}.eml"))).unwrap();
            }
            journal.accepted.push(accepted);
        });
    }

    /// Whether greylisting refuses this try.
    fn is_grey(&self, triplet: (String, String, String)) -> bool {
        let Some(greylist) = self.script.lock().unwrap().greylist.clone() else { return false };
        let now = match &greylist {
            Greylist::Tries(_) => 0,
            Greylist::After(_, clock) => clock(),
        };
        let mut journal = self.journal.lock().unwrap();
        let (first, tries) = journal.triplets.entry(triplet).or_insert((now, 0));
        *tries += 1;
        match greylist {
            Greylist::Tries(most) => *tries <= most,
            Greylist::After(wait, _) => now - *first < wait,
        }
    }
}
