//! A time-stamp authority over HTTP: `openssl ts` behind a listener of this machine, which can be told to
//! answer anything else. Each answer closes its connection.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use chancery_engine::domain::instant::Instant;

use crate::tsa::{TSA, TST_INFO};

/// A request as it came.
#[derive(Clone, Debug)]
pub struct SeenQuery {
    pub path: String,
    /// Names in small letters.
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

/// What a request is answered.
#[derive(Clone, Debug)]
pub struct TsaReply {
    pub status: u16,
    /// Without the length.
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    /// The body stops after so many octets, and the connection stays open until the other side ends it.
    pub stops_after: Option<usize>,
}

impl TsaReply {
    /// A body that says that it is an answer.
    pub fn of(body: Vec<u8>) -> Self {
        let headers = vec![("content-type", "application/timestamp-reply".to_owned())];
        Self { status: 200, headers, body, stops_after: None }
    }

    /// What a good authority answers, with the certificate `rsa` of [`TSA`].
    pub fn good(query: &SeenQuery) -> Self {
        Self::of(TSA.answer(&query.body, "rsa", ""))
    }
}

impl TsaReply {
    /// What it answers at another time: with the certificate `rsa` and no accuracy.
    pub fn good_at(query: &SeenQuery, at: Instant) -> Self {
        let mut info = TSA.info(&TSA.token(&TSA.answer(&query.body, "rsa", "")));
        let start = [0x18, 15, b'2', b'0'];
        let from = info.windows(start.len()).position(|window| window == start).unwrap() + 2;
        let digits: Vec<u8> = at.to_rfc3339().bytes().filter(u8::is_ascii_digit).take(14).collect();
        info[from..from + 14].copy_from_slice(&digits);
        let options =
            format!("-cades -econtent_type {TST_INFO} -md sha256 -signer rsa.pem -inkey rsa.key");
        let token = TSA.sign(&info, &options);
        let status = [0x30, 3, 2, 1, 0];
        let length = u16::try_from(status.len() + token.len()).unwrap().to_be_bytes();
        Self::of([&[0x30, 0x82][..], &length, &status, &token].concat())
    }
}

type Answers = Arc<Mutex<Arc<dyn Fn(&SeenQuery) -> TsaReply + Send + Sync>>>;

/// An authority that listens until the test ends.
pub struct TsaServer {
    pub port: u16,
    answers: Answers,
    seen: Arc<Mutex<Vec<SeenQuery>>>,
}

impl TsaServer {
    /// One that gives good tokens.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let answers: Answers = Arc::new(Mutex::new(Arc::new(TsaReply::good)));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let server = Self { port, answers: Arc::clone(&answers), seen: Arc::clone(&seen) };
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (answers, seen) = (Arc::clone(&answers), Arc::clone(&seen));
                thread::spawn(move || drop(serve(stream, &answers, &seen)));
            }
        });
        server
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/tsr", self.port)
    }

    /// From now on requests are answered so.
    pub fn answers(&self, answer: impl Fn(&SeenQuery) -> TsaReply + Send + Sync + 'static) {
        *self.answers.lock().unwrap() = Arc::new(answer);
    }

    /// From now on there is no token.
    pub fn goes_away(&self) {
        self.answers(|_| TsaReply { status: 503, ..TsaReply::of(Vec::new()) });
    }

    /// From now on tokens are good.
    pub fn comes_back(&self) {
        self.answers(TsaReply::good);
    }

    /// What was asked so far.
    pub fn seen(&self) -> Vec<SeenQuery> {
        self.seen.lock().unwrap().clone()
    }
}

/// Reads one request and answers it.
fn serve(
    stream: TcpStream,
    answers: &Answers,
    seen: &Mutex<Vec<SeenQuery>>,
) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_mins(1)))?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut headers = BTreeMap::new();
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let query = SeenQuery { path, headers, body };
    seen.lock().unwrap().push(query.clone());
    let answer = Arc::clone(&answers.lock().unwrap());
    let reply = answer(&query);
    let mut stream = stream;
    write!(stream, "HTTP/1.1 {} said\r\nconnection: close\r\n", reply.status)?;
    for (name, value) in &reply.headers {
        write!(stream, "{name}: {value}\r\n")?;
    }
    write!(stream, "content-length: {}\r\n\r\n", reply.body.len())?;
    let sent = reply.stops_after.unwrap_or(reply.body.len()).min(reply.body.len());
    stream.write_all(&reply.body[..sent])?;
    if reply.stops_after.is_some() {
        // Ends when the other side does.
        stream.read_exact(&mut [0])?;
    }
    Ok(())
}
