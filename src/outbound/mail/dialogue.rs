//! One conversation with a relay, command by command. Everything the other side says is bounded in
//! bytes and in time; nothing is believed that was said before we asked.

use std::io;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use super::reply::{MOST_BYTES, Misread, Reply};

/// Pieces in which a message is written.
const PIECE: usize = 64 * 1024;

/// What an answer is waited for, in the words of whoever waits.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The other side broke off, or the network did.
    Broken(String),
    /// It took too long.
    Late(String),
    /// What it says is no SMTP.
    Nonsense(String),
}

impl Trouble {
    /// What an operator reads.
    pub(super) fn into_text(self) -> String {
        match self {
            Self::Broken(text) | Self::Late(text) | Self::Nonsense(text) => text,
        }
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Broken(match error.kind() {
            io::ErrorKind::UnexpectedEof => "the relay closed the connection".to_owned(),
            _ => format!("connection lost: {error}"),
        })
    }
}

/// How sending a message's bytes ended.
pub(super) enum Sent {
    /// All of it, with the final dot; the answer is due.
    Whole,
    /// The relay answered before the final dot was sent.
    Refused(Reply),
}

trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// A connection to a relay.
pub(super) struct Dialogue {
    wire: Box<dyn Wire>,
    heard: Vec<u8>,
}

impl Dialogue {
    /// A connection that was just made, in clear text.
    pub(super) fn over(stream: TcpStream) -> Self {
        Self { wire: Box::new(stream), heard: Vec::new() }
    }

    /// The same connection inside TLS. Whatever was said in clear text and not yet read is refused: it
    /// would be taken for something said inside (response injection, CVE-2021-38371 and its kin).
    pub(super) async fn protect(
        self,
        connector: &TlsConnector,
        host: &str,
        wait_ms: u64,
    ) -> Result<Self, Trouble> {
        if !self.heard.is_empty() {
            let what = "the relay spoke in clear text where TLS had to begin";
            return Err(Trouble::Nonsense(what.to_owned()));
        }
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| Trouble::Nonsense(format!("{host:?} is no name of a server")))?;
        let handshake = within(wait_ms, "TLS handshake", connector.connect(name, self.wire));
        Ok(Self { wire: Box::new(handshake.await?), heard: Vec::new() })
    }

    /// Sends a command, which ends with CR LF, and waits for its answer. What the relay said unasked
    /// counts as the answer when it is a refusal (421 of a connection it closes), and is nonsense
    /// otherwise.
    pub(super) async fn ask(&mut self, command: &str, wait_ms: u64) -> Result<Reply, Trouble> {
        if let Some(refusal) = self.said_unasked().await? {
            return Ok(refusal);
        }
        within(wait_ms, "taking a command", async {
            self.wire.write_all(command.as_bytes()).await?;
            self.wire.flush().await
        })
        .await?;
        self.listen(wait_ms).await
    }

    /// Waits for a reply.
    pub(super) async fn listen(&mut self, wait_ms: u64) -> Result<Reply, Trouble> {
        let late = || Trouble::Late(format!("no answer within {wait_ms} ms"));
        let reply = timeout(Duration::from_millis(wait_ms), self.next_reply());
        reply.await.map_err(|_| late())?
    }

    async fn next_reply(&mut self) -> Result<Reply, Trouble> {
        loop {
            if let Some(reply) = self.heard_reply()? {
                return Ok(reply);
            }
            let mut piece = [0; 4096];
            let count = self.wire.read(&mut piece).await?;
            if count == 0 {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
            self.heard.extend(piece.iter().take(count));
        }
    }

    fn heard_reply(&mut self) -> Result<Option<Reply>, Trouble> {
        match Reply::read(&self.heard) {
            Ok((reply, taken)) => {
                self.heard.drain(..taken);
                Ok(Some(reply))
            }
            Err(Misread::Incomplete) if self.heard.len() <= MOST_BYTES => Ok(None),
            Err(Misread::Incomplete) => Err(Trouble::Nonsense(format!(
                "an answer of more than {MOST_BYTES} bytes was not read further"
            ))),
            Err(Misread::Nonsense) => {
                let said: String = String::from_utf8_lossy(&self.heard).chars().take(80).collect();
                Err(Trouble::Nonsense(format!("this is not SMTP: {said}")))
            }
        }
    }

    /// What the relay said without being asked: a refusal, or nothing.
    async fn said_unasked(&mut self) -> Result<Option<Reply>, Trouble> {
        let mut space = [0; 4096];
        let mut piece = ReadBuf::new(&mut space);
        let wire = &mut self.wire;
        let end = std::future::poll_fn(|context| {
            Poll::Ready(match Pin::new(&mut *wire).poll_read(context, &mut piece) {
                Poll::Ready(Ok(())) => Ok(piece.filled().is_empty()),
                Poll::Ready(Err(error)) => Err(error),
                Poll::Pending => Ok(false),
            })
        })
        .await?;
        self.heard.extend(piece.filled());
        match self.heard_reply() {
            Ok(Some(reply)) if reply.code >= 400 => Ok(Some(reply)),
            Ok(None) if end => Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
            Ok(None) if self.heard.is_empty() => Ok(None),
            Ok(_) => {
                let what = "the relay answered what it was not asked yet";
                Err(Trouble::Nonsense(what.to_owned()))
            }
            Err(trouble) => Err(trouble),
        }
    }

    /// Sends a message with its lines made transparent (RFC 5321 4.5.2), up to but without the final
    /// dot, then [`Self::finish`] is due. Looks after each piece whether the relay refused already.
    pub(super) async fn message(
        &mut self,
        message: &[u8],
        write_ms: u64,
        data_ms: u64,
    ) -> Result<Sent, Trouble> {
        let stuffed = transparent(message);
        let whole = async {
            for piece in stuffed.chunks(PIECE) {
                within(write_ms, "taking the message", self.wire.write_all(piece)).await?;
                if let Some(refusal) = self.said_unasked().await? {
                    return Ok(Sent::Refused(refusal));
                }
            }
            within(write_ms, "taking the message", self.wire.flush()).await?;
            Ok(match self.said_unasked().await? {
                Some(refusal) => Sent::Refused(refusal),
                None => Sent::Whole,
            })
        };
        let late = |_| Trouble::Late(format!("the message was not taken within {data_ms} ms"));
        timeout(Duration::from_millis(data_ms), whole).await.map_err(late)?
    }

    /// Sends the final dot and waits for the answer. From here on the message may have been taken.
    pub(super) async fn finish(&mut self, write_ms: u64, data_ms: u64) -> Result<Reply, Trouble> {
        within(write_ms, "taking the end of the message", async {
            self.wire.write_all(b".\r\n").await?;
            self.wire.flush().await
        })
        .await?;
        self.listen(data_ms).await
    }

    /// Says goodbye and closes, as far as the other side lets us within a second.
    pub(super) async fn close(mut self) {
        let goodbye = async {
            if self.ask("QUIT\r\n", 1_000).await.is_ok() {
                let _ = self.wire.shutdown().await;
            }
        };
        let _ = timeout(Duration::from_secs(1), goodbye).await;
    }
}

async fn within<T>(
    wait_ms: u64,
    what: &str,
    step: impl Future<Output = io::Result<T>>,
) -> Result<T, Trouble> {
    match timeout(Duration::from_millis(wait_ms), step).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) if what.starts_with("TLS") => Err(Trouble::Broken(format!("TLS: {error}"))),
        Ok(Err(error)) => Err(error.into()),
        Err(_) => Err(Trouble::Late(format!("{what} took more than {wait_ms} ms"))),
    }
}

/// The message with a dot doubled at the start of each line, every line end CR LF, also the last.
#[must_use]
pub fn transparent(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + message.len() / 50 + 2);
    for line in message.split_inclusive(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.first() == Some(&b'.') {
            out.push(b'.');
        }
        // A bare CR would be a line end to some relays and none to others.
        out.extend(line.iter().map(|byte| if *byte == b'\r' { b' ' } else { *byte }));
        out.extend_from_slice(b"\r\n");
    }
    out
}
