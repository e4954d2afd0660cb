//! One conversation of the scripted server.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::super::service::now;
use super::{Accepted, Act, CERTIFICATES, Identity, Shared, Step, Tls};

trait Wire: AsyncRead + AsyncWrite + Send + Unpin {
    fn tcp(&self) -> &TcpStream;
}

impl Wire for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Wire for TlsStream<Box<dyn Wire>> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0.tcp()
    }
}

struct Session {
    wire: Option<Box<dyn Wire>>,
    shared: Arc<Shared>,
    number: usize,
    heard: Vec<u8>,
    tls: bool,
    user: Option<String>,
    from: Option<String>,
    to: Vec<String>,
    /// Waits to be taken over; it is when the answer to it is a good one.
    message: Option<Vec<u8>>,
    /// What is said behind the next answer.
    ahead: Option<String>,
}

/// Serves a connection until either side ends it.
pub(super) async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let mut number = 0;
    shared.note(|journal| {
        journal.connections += 1;
        journal.open += 1;
        number = journal.connections;
    });
    let ended = Arc::clone(&shared);
    let _ = converse(stream, shared, number).await;
    ended.note(|journal| journal.open -= 1);
}

async fn converse(stream: TcpStream, shared: Arc<Shared>, number: usize) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let tls = shared.script().tls;
    let (wire, is_tls): (Box<dyn Wire>, bool) = match tls {
        Tls::Implicit(identity) => (Box::new(handshake(Box::new(stream), identity).await?), true),
        _ => (Box::new(stream), false),
    };
    let mut session = Session {
        wire: Some(wire),
        shared,
        number,
        heard: Vec::new(),
        tls: is_tls,
        user: None,
        from: None,
        to: Vec::new(),
        message: None,
        ahead: None,
    };
    session.answer(Step::Connect, "220 scripted.example ESMTP").await?;
    loop {
        let line = session.line().await?;
        let text = String::from_utf8_lossy(&line).into_owned();
        session.shared.note(|journal| journal.commands.push((number, text.clone())));
        session.command(&text).await?;
    }
}

async fn handshake(
    wire: Box<dyn Wire>,
    identity: Identity,
) -> io::Result<TlsStream<Box<dyn Wire>>> {
    TlsAcceptor::from(CERTIFICATES.config(identity)).accept(wire).await
}

fn gone() -> io::Error {
    io::ErrorKind::ConnectionAborted.into()
}

/// What stands between the brackets.
fn path(text: &str) -> Option<String> {
    let (_, rest) = text.split_once('<')?;
    Some(rest.split_once('>')?.0.to_owned())
}

fn local(address: &str) -> &str {
    address.rsplit_once('@').map_or(address, |(local, _)| local)
}

impl Session {
    fn wire(&mut self) -> io::Result<&mut Box<dyn Wire>> {
        self.wire.as_mut().ok_or_else(gone)
    }

    async fn fill(&mut self) -> io::Result<()> {
        let idle = self.shared.script().idle.unwrap_or(Duration::from_hours(1));
        let mut piece = vec![0; 65_536];
        let read = tokio::time::timeout(idle, self.wire()?.read(&mut piece)).await;
        let count = read.map_err(|_| gone())??;
        if count == 0 {
            return Err(gone());
        }
        self.heard.extend(&piece[..count]);
        Ok(())
    }

    async fn line(&mut self) -> io::Result<Vec<u8>> {
        loop {
            if let Some(end) = self.heard.windows(2).position(|two| two == b"\r\n") {
                let mut line: Vec<u8> = self.heard.drain(..end + 2).collect();
                line.truncate(end);
                return Ok(line);
            }
            self.fill().await?;
        }
    }

    async fn say(&mut self, text: &str) -> io::Result<()> {
        // First, so that whoever reads the answer finds the message.
        if text.starts_with('2') {
            self.take();
        }
        let mut out = text.replace("\r\n", "\n").replace('\n', "\r\n") + "\r\n";
        out.extend(self.ahead.take().map(|ahead| ahead + "\r\n"));
        let wire = self.wire()?;
        wire.write_all(out.as_bytes()).await?;
        wire.flush().await?;
        if text.starts_with("421") || text.starts_with("221") {
            let _ = wire.shutdown().await;
            return Err(gone());
        }
        Ok(())
    }

    /// Says the usual, or does what the script says; whether the usual was said.
    async fn answer(&mut self, step: Step, usual: &str) -> io::Result<bool> {
        let receiver = self.to.last().map(|to| local(to).to_owned());
        self.answer_for(receiver.as_deref(), step, usual).await
    }

    async fn answer_for(
        &mut self,
        receiver: Option<&str>,
        step: Step,
        usual: &str,
    ) -> io::Result<bool> {
        let Some(act) = self.shared.act(receiver, step) else {
            self.say(usual).await?;
            return Ok(true);
        };
        match act {
            Act::Say(text) => {
                self.say(&text).await?;
                return Ok(text.starts_with('2') || text.starts_with('3'));
            }
            Act::Wait(wait) => tokio::time::sleep(wait).await,
            Act::WaitAndSay(wait, text) => {
                tokio::time::sleep(wait).await;
                self.say(&text).await?;
                return Ok(text.starts_with('2') || text.starts_with('3'));
            }
            Act::Ahead(text) => self.ahead = Some(text),
            Act::Close => return Err(gone()),
            Act::Reset => return self.reset(),
            Act::Silence => return self.silence().await,
            Act::Endless => return self.endless(usual).await,
            Act::Flood(bytes) => {
                let flood = "2".repeat(bytes);
                self.wire()?.write_all(flood.as_bytes()).await?;
                return self.silence().await;
            }
            Act::Trickle(pause) => {
                self.take();
                for byte in format!("{usual}\r\n").bytes() {
                    tokio::time::sleep(pause).await;
                    let wire = self.wire()?;
                    wire.write_all(&[byte]).await?;
                    wire.flush().await?;
                }
                return Ok(true);
            }
            Act::TakeThenReset => {
                self.take();
                return self.reset();
            }
            Act::TakeThenSilence => {
                self.take();
                return self.silence().await;
            }
            Act::TakeThenWait(wait) => {
                self.take();
                tokio::time::sleep(wait).await;
                self.say(usual).await?;
                return Ok(true);
            }
        }
        self.say(usual).await?;
        Ok(true)
    }

    fn reset(&mut self) -> io::Result<bool> {
        if let Some(wire) = self.wire.take() {
            wire.tcp().set_zero_linger()?;
        }
        Err(gone())
    }

    /// Until the other side has enough of it.
    async fn silence(&mut self) -> io::Result<bool> {
        loop {
            self.fill().await?;
            self.heard.clear();
        }
    }

    async fn endless(&mut self, usual: &str) -> io::Result<bool> {
        let line = format!("{}-and more\r\n", usual.get(..3).unwrap_or("250"));
        loop {
            self.wire()?.write_all(line.as_bytes()).await?;
        }
    }

    fn take(&mut self) {
        let Some(message) = self.message.take() else { return };
        self.shared.take(Accepted {
            from: self.from.clone().unwrap_or_default(),
            to: self.to.clone(),
            message,
            at: now(),
            tls: self.tls,
            user: self.user.clone(),
            connection: self.number,
        });
    }

    async fn command(&mut self, text: &str) -> io::Result<()> {
        let verb = text.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        match verb.as_str() {
            "EHLO" | "HELO" => self.ehlo().await,
            "STARTTLS" => self.starttls().await,
            "AUTH" => self.auth(text).await,
            "MAIL" => self.mail(text).await,
            "RCPT" => self.rcpt(text).await,
            "DATA" => self.data().await,
            "RSET" => {
                (self.from, self.to) = (None, Vec::new());
                self.answer(Step::Rset, "250 2.0.0 reset").await.map(drop)
            }
            "NOOP" => self.say("250 2.0.0 ok").await,
            "QUIT" => self.say("221 2.0.0 bye").await,
            _ => self.say("500 5.5.1 what?").await,
        }
    }

    async fn ehlo(&mut self) -> io::Result<()> {
        let script = self.shared.script();
        let mut lines = vec!["scripted.example greets you".to_owned()];
        lines.extend(script.extensions);
        if matches!(script.tls, Tls::Starttls(_) | Tls::Injected(_)) && !self.tls {
            lines.push("STARTTLS".to_owned());
        }
        if script.login.is_some() {
            lines.push(format!("AUTH {}", script.mechanisms));
        }
        let last = lines.len() - 1;
        let lines = lines.iter().enumerate();
        let lines = lines.map(|(i, l)| format!("250{}{l}", if i == last { ' ' } else { '-' }));
        let answer = lines.collect::<Vec<_>>().join("\n");
        self.answer(Step::Ehlo, &answer).await.map(drop)
    }

    async fn starttls(&mut self) -> io::Result<()> {
        let (identity, injected) = match self.shared.script().tls {
            Tls::Starttls(identity) => (identity, None),
            Tls::Injected(identity) => (identity, Some("250 injected.example".to_owned())),
            _ => return self.say("454 4.7.0 no TLS here").await,
        };
        self.ahead = injected;
        if !self.answer(Step::Starttls, "220 2.0.0 go ahead").await? {
            return Ok(());
        }
        let wire = self.wire.take().ok_or_else(gone)?;
        self.wire = Some(Box::new(handshake(wire, identity).await?));
        self.tls = true;
        Ok(())
    }

    async fn auth(&mut self, text: &str) -> io::Result<()> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let decode = |text: &str| STANDARD.decode(text).unwrap_or_default();
        let (user, password) = if words.get(1) == Some(&"LOGIN") {
            self.say("334 VXNlcm5hbWU6").await?;
            let user = self.line().await?;
            self.say("334 UGFzc3dvcmQ6").await?;
            let password = self.line().await?;
            let plain = |line: Vec<u8>| decode(&String::from_utf8_lossy(&line));
            (plain(user), plain(password))
        } else {
            let response = decode(words.get(2).unwrap_or(&""));
            let mut parts = response.split(|byte| *byte == 0).skip(1).map(<[u8]>::to_vec);
            (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
        };
        let user = String::from_utf8_lossy(&user).into_owned();
        let given = (user.clone(), String::from_utf8_lossy(&password).into_owned());
        if self.shared.script().login != Some(given) {
            return self.say("535 5.7.8 user or password is wrong").await;
        }
        if self.answer(Step::Auth, "235 2.7.0 welcome").await? {
            self.user = Some(user);
        }
        Ok(())
    }

    async fn mail(&mut self, text: &str) -> io::Result<()> {
        if self.shared.script().login.is_some() && self.user.is_none() {
            return self.say("530 5.7.0 log in first").await;
        }
        if self.from.is_some() {
            return self.say("503 5.5.1 a transaction is open").await;
        }
        self.to.clear();
        if self.answer(Step::Mail, "250 2.1.0 ok").await? {
            self.from = path(text);
        }
        Ok(())
    }

    async fn rcpt(&mut self, text: &str) -> io::Result<()> {
        let (Some(from), Some(to)) = (self.from.clone(), path(text)) else {
            return self.say("503 5.5.1 MAIL first").await;
        };
        if self.shared.is_grey(("127.0.0.1".to_owned(), from, to.clone())) {
            return self.say("450 4.7.1 greylisted, come back later").await;
        }
        if self.answer_for(Some(local(&to)), Step::Rcpt, "250 2.1.5 ok").await? {
            self.to.push(to);
        }
        Ok(())
    }

    async fn data(&mut self) -> io::Result<()> {
        if self.to.is_empty() {
            return self.say("554 5.5.1 no receiver").await;
        }
        if !self.answer(Step::Data, "354 go on").await? {
            return Ok(());
        }
        let mut message = Vec::new();
        loop {
            let line = self.line().await?;
            if line == b"." {
                break;
            }
            message.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
            message.extend_from_slice(b"\r\n");
        }
        self.message = Some(message);
        self.answer(Step::Message, "250 2.0.0 taken").await?;
        self.message = None;
        (self.from, self.to) = (None, Vec::new());
        Ok(())
    }
}
