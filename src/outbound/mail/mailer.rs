//! One try to hand a letter to a relay: which connection, which commands, and what their answers mean.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{MailBodyParameter, MailParameter};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;

use super::account::Account;
use super::compose::mailbox;
use super::dialogue::{Dialogue, Sent, Trouble};
use super::reply::Reply;
use super::tls;
use crate::domain::delivery::{MailAddress, Tried, Verdict};

mod connect;

/// Which account a connection belongs to. A changed account has another revision, and none of its
/// connections is used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountKey {
    /// Ours for the account.
    pub id: i64,
    /// Moves with every change of it.
    pub revision: i64,
}

/// Sends mail and keeps connections for a while.
#[derive(Default)]
pub struct Mailer {
    accounts: Mutex<HashMap<i64, Arc<Pool>>>,
}

/// The connections of one account.
struct Pool {
    revision: i64,
    /// As many permits as connections may be open.
    gate: Semaphore,
    connector: Result<TlsConnector, String>,
    idle_ms: u64,
    rack: Mutex<Rack>,
}

#[derive(Default)]
struct Rack {
    idle: Vec<(Line, Instant)>,
    /// Whether somebody looks for connections that were idle too long.
    watched: bool,
    /// Whether the account has changed.
    retired: bool,
}

/// A connection that is ready for MAIL.
struct Line {
    dialogue: Dialogue,
    hello: Reply,
    /// Whether it carried a transaction before.
    used: bool,
    /// Whether that one ended with the message taken, so that nothing is left to reset.
    clean: bool,
}

/// How a transaction ended.
enum Ended {
    /// Before it began: the relay had given the connection up while it was idle.
    Stale,
    /// The connection can carry another one.
    Kept(Tried),
    /// It cannot.
    Lost(Tried),
}

/// Who sends what to whom.
struct Envelope<'a> {
    from: Address,
    to: Address,
    message: &'a [u8],
}

impl Envelope<'_> {
    fn needs_utf8(&self) -> bool {
        let is_ascii = |address: &Address| AsRef::<str>::as_ref(address).is_ascii();
        !is_ascii(&self.from) || !is_ascii(&self.to)
    }
}

impl Mailer {
    /// A mailer without connections.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes one try to give a message, as composed, to the account's relay for one receiver. When it
    /// returns, the try is over; nothing goes on behind. Waits while as many connections are in use
    /// as the account allows.
    ///
    /// A kept connection that the relay had closed meanwhile costs no try: another is made, as nothing
    /// of the letter was sent.
    pub async fn send(
        &self,
        account: &Account,
        key: AccountKey,
        to: &MailAddress,
        message: &[u8],
    ) -> Tried {
        let from = match mailbox(&account.from) {
            Ok(from) => from,
            Err(said) => return Tried::new(Verdict::Relay, "mail", &said),
        };
        let to = match mailbox(to) {
            Ok(to) => to,
            Err(said) => return Tried::new(Verdict::Never, "rcpt", &said),
        };
        let envelope = Envelope { from, to, message };
        let pool = self.pool(account, key);
        let Ok(_open) = pool.gate.acquire().await else {
            return Tried::new(Verdict::Relay, "connect", "the account is being closed");
        };
        while let Some(line) = pool.take() {
            if let Some(tried) = transact(line, account, &envelope, &pool).await {
                return tried;
            }
        }
        match Line::connect(account, &pool.connector).await {
            Ok(line) => transact(line, account, &envelope, &pool).await.unwrap_or_else(|| {
                Tried::new(Verdict::Relay, "mail", "the relay closed a new connection")
            }),
            Err(tried) => tried,
        }
    }

    /// Asks an account's relay whether it would take mail from us: connects, negotiates TLS, logs in.
    /// `None` when it would.
    pub async fn probe(&self, account: &Account) -> Option<Tried> {
        let connector = tls::connector(account.ca_pem.as_deref());
        match Line::connect(account, &connector).await {
            Ok(line) => {
                line.dialogue.close().await;
                None
            }
            Err(tried) => Some(tried),
        }
    }

    /// Says goodbye on every connection that is not in use, for a clean end of the process.
    pub async fn close(&self) {
        let accounts: Vec<_> = locked(&self.accounts).drain().map(|(_, pool)| pool).collect();
        for line in accounts.iter().flat_map(|pool| pool.retire()) {
            line.dialogue.close().await;
        }
    }

    fn pool(&self, account: &Account, key: AccountKey) -> Arc<Pool> {
        let mut accounts = locked(&self.accounts);
        if let Some(pool) = accounts.get(&key.id)
            && pool.revision == key.revision
        {
            return Arc::clone(pool);
        }
        let pool = Arc::new(Pool {
            revision: key.revision,
            gate: Semaphore::new(account.connections.clamp(1, 1_000)),
            connector: tls::connector(account.ca_pem.as_deref()),
            idle_ms: account.timeouts.idle_ms,
            rack: Mutex::default(),
        });
        if let Some(old) = accounts.insert(key.id, Arc::clone(&pool)) {
            let lines = old.retire();
            tokio::spawn(async move {
                for line in lines {
                    line.dialogue.close().await;
                }
            });
        }
        pool
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pool {
    /// The connection that was used last: those before it may run out of time.
    fn take(&self) -> Option<Line> {
        locked(&self.rack).idle.pop().map(|(line, _)| line)
    }

    fn put(self: &Arc<Self>, line: Line) {
        let mut rack = locked(&self.rack);
        if rack.retired {
            drop(rack);
            tokio::spawn(line.dialogue.close());
            return;
        }
        rack.idle.push((line, Instant::now()));
        if !rack.watched {
            rack.watched = true;
            tokio::spawn(Arc::clone(self).watch());
        }
    }

    /// Closes what was idle too long, until nothing is left.
    async fn watch(self: Arc<Self>) {
        let most = Duration::from_millis(self.idle_ms);
        loop {
            tokio::time::sleep(most / 2).await;
            let mut old = Vec::new();
            let empty = {
                let mut rack = locked(&self.rack);
                let now = Instant::now();
                old.extend(rack.idle.extract_if(.., |(_, since)| now - *since >= most));
                rack.watched = !rack.idle.is_empty();
                !rack.watched
            };
            for (line, _) in old {
                line.dialogue.close().await;
            }
            if empty {
                return;
            }
        }
    }

    fn retire(&self) -> Vec<Line> {
        let mut rack = locked(&self.rack);
        rack.retired = true;
        rack.idle.drain(..).map(|(line, _)| line).collect()
    }
}

/// One transaction, and back to the pool with the connection; `None` when it was stale.
async fn transact(
    mut line: Line,
    account: &Account,
    envelope: &Envelope<'_>,
    pool: &Arc<Pool>,
) -> Option<Tried> {
    match line.transact(account, envelope).await {
        Ended::Stale => None,
        Ended::Lost(tried) => Some(tried),
        Ended::Kept(tried) => {
            line.used = true;
            line.clean = tried.verdict == Verdict::Accepted;
            pool.put(line);
            Some(tried)
        }
    }
}

impl Line {
    async fn transact(&mut self, account: &Account, envelope: &Envelope<'_>) -> Ended {
        let wait_ms = account.timeouts.command_ms;
        if self.used && !self.clean {
            match self.dialogue.ask(&Rset.to_string(), wait_ms).await {
                Ok(reply) if reply.is_done() => {}
                Err(Trouble::Late(said)) => {
                    return Ended::Lost(Tried::new(Verdict::Relay, "mail", &said));
                }
                _ => return Ended::Stale,
            }
        }
        let parameters = match self.parameters(envelope) {
            Ok(parameters) => parameters,
            Err(tried) => return Ended::Kept(tried),
        };
        let mail = Mail::new(Some(envelope.from.clone()), parameters).to_string();
        match self.dialogue.ask(&mail, wait_ms).await {
            Ok(reply) if reply.is_done() => {}
            // Also relays that take only so many messages on a connection.
            Ok(reply) if self.used && reply.is_transient() => return Ended::Stale,
            // Not when it is late: so long a wait is not begun anew.
            Err(Trouble::Broken(_) | Trouble::Nonsense(_)) if self.used => return Ended::Stale,
            Ok(reply) if reply.is_too_large(true) => {
                return Ended::Kept(Tried::new(Verdict::TooLarge, "mail", &reply.text()));
            }
            Ok(reply) => return ended(&reply, Tried::new(Verdict::Relay, "mail", &reply.text())),
            Err(trouble) => {
                return Ended::Lost(Tried::new(Verdict::Relay, "mail", &trouble.into_text()));
            }
        }
        let rcpt = Rcpt::new(envelope.to.clone(), Vec::new()).to_string();
        match self.dialogue.ask(&rcpt, wait_ms).await {
            Ok(reply) if reply.is_done() => {}
            answer => return refused(answer, "rcpt", false),
        }
        match self.dialogue.ask(&Data.to_string(), wait_ms).await {
            Ok(reply) if reply.code == 354 => {}
            answer => return refused(answer, "data", true),
        }
        self.hand_over(account, envelope.message).await
    }

    /// The message itself, after 354.
    async fn hand_over(&mut self, account: &Account, message: &[u8]) -> Ended {
        let timeouts = &account.timeouts;
        match self.dialogue.message(message, timeouts.write_ms, timeouts.data_ms).await {
            Ok(Sent::Whole) => {}
            Ok(Sent::Refused(reply)) => return Ended::Lost(judged(&reply, "data", true)),
            Err(trouble) => return refused(Err(trouble), "data", true),
        }
        match self.dialogue.finish(timeouts.write_ms, timeouts.data_ms).await {
            Ok(reply) if reply.is_done() => {
                Ended::Kept(Tried::new(Verdict::Accepted, "message", &reply.text()))
            }
            Ok(reply) if reply.code >= 400 => ended(&reply, judged(&reply, "message", true)),
            Ok(reply) => {
                Ended::Lost(Tried::new(Verdict::Later, "message", &reply.text()).but_ambiguous())
            }
            Err(trouble) => {
                let tried = Tried::new(Verdict::Later, "message", &trouble.into_text());
                Ended::Lost(tried.but_ambiguous())
            }
        }
    }

    /// What MAIL has to say for this message, or why this relay cannot take it.
    fn parameters(&self, envelope: &Envelope<'_>) -> Result<Vec<MailParameter>, Tried> {
        let offers = |keyword| self.hello.keyword(keyword).is_some();
        let mut parameters = Vec::new();
        if let Some(most) = self.hello.keyword("SIZE") {
            let size = envelope.message.len();
            // 0 and nothing mean: no fixed limit (RFC 1870 4).
            let most = most.trim().parse::<usize>().unwrap_or(0);
            if most != 0 && size > most {
                let said = format!("the relay takes {most} bytes, the message has {size}");
                return Err(Tried::new(Verdict::TooLarge, "mail", &said));
            }
            parameters.push(MailParameter::Size(size));
        }
        if envelope.needs_utf8() {
            if !offers("SMTPUTF8") {
                let said = "the address is not ASCII and the relay has no SMTPUTF8 (RFC 6531)";
                return Err(Tried::new(Verdict::Never, "rcpt", said));
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        if !envelope.message.is_ascii() {
            if !offers("8BITMIME") {
                let said = "the message is not 7-bit and the relay has no 8BITMIME (RFC 6152)";
                return Err(Tried::new(Verdict::Never, "mail", said));
            }
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        Ok(parameters)
    }
}

/// What an answer that is not the wanted one means after MAIL was accepted, before the message ended.
fn refused(answer: Result<Reply, Trouble>, phase: &'static str, plain_552: bool) -> Ended {
    match answer {
        Ok(reply) if reply.code >= 400 => ended(&reply, judged(&reply, phase, plain_552)),
        Ok(reply) => Ended::Lost(Tried::new(Verdict::Later, phase, &reply.text())),
        Err(trouble) => Ended::Lost(Tried::new(Verdict::Later, phase, &trouble.into_text())),
    }
}

/// 4xx: later; 5xx: never, or not so large.
fn judged(reply: &Reply, phase: &'static str, plain_552: bool) -> Tried {
    let verdict = match reply {
        reply if reply.is_transient() => Verdict::Later,
        reply if reply.is_too_large(plain_552) => Verdict::TooLarge,
        _ => Verdict::Never,
    };
    Tried::new(verdict, phase, &reply.text())
}

/// 421 says that the relay closes the connection (RFC 5321 3.8).
fn ended(reply: &Reply, tried: Tried) -> Ended {
    if reply.code == 421 { Ended::Lost(tried) } else { Ended::Kept(tried) }
}
