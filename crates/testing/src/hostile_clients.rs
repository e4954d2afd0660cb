//! Clients that mean no good, over plain sockets: what a service has to bear from each is the same for
//! the tests and for an attack on a service that runs. Addresses are `host:port`.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

/// Where documents are sealed.
pub const SIGN: &str = "/api/v0/document/sign/base64";

/// Connections that say nothing.
///
/// # Errors
/// When one cannot be opened; those from before are closed.
pub async fn idle(address: &str, count: usize) -> io::Result<Vec<TcpStream>> {
    saying(address, count, b"").await
}

/// Connections with the begin of a head, which does not end.
///
/// # Errors
/// As [`idle`].
pub async fn slow_headers(address: &str, count: usize) -> io::Result<Vec<TcpStream>> {
    saying(address, count, b"GET /livez HTTP/1.1\r\nhost: x\r\nx-slow: ").await
}

/// Requests with a body of which one octet comes, and `declared` are promised.
///
/// # Errors
/// As [`idle`].
pub async fn one_octet_bodies(
    address: &str,
    path: &str,
    token: &str,
    count: usize,
    declared: usize,
) -> io::Result<Vec<TcpStream>> {
    let head = head(path, token, &format!("content-length: {declared}\r\n"));
    saying(address, count, format!("{head}{{").as_bytes()).await
}

/// Requests whose answers are read up to their first octets and no further.
///
/// # Errors
/// As [`idle`]; and when an answer does not begin.
pub async fn unread_answers(
    address: &str,
    path: &str,
    token: &str,
    count: usize,
) -> io::Result<Vec<TcpStream>> {
    let mut streams = Vec::with_capacity(count);
    for _ in 0..count {
        let mut stream = small_window(address).await?;
        let ask =
            format!("GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n");
        stream.write_all(ask.as_bytes()).await?;
        streams.push(stream);
    }
    for stream in &mut streams {
        let mut first = [0; 15];
        stream.read_exact(&mut first).await?;
    }
    Ok(streams)
}

/// A request whose length is not said beforehand, in pieces of so many octets; its answer.
///
/// # Errors
/// When the connection breaks before there is an answer.
pub async fn chunked(
    address: &str,
    path: &str,
    token: &str,
    body: &[u8],
    piece: usize,
) -> io::Result<Vec<u8>> {
    let stream = TcpStream::connect(address).await?;
    let (mut reader, mut writer) = stream.into_split();
    let head = head(path, token, "transfer-encoding: chunked\r\nconnection: close\r\n");
    let sending = async {
        let mut octets = head.into_bytes();
        for part in body.chunks(piece) {
            octets.extend_from_slice(format!("{:x}\r\n", part.len()).as_bytes());
            octets.extend_from_slice(part);
            octets.extend_from_slice(b"\r\n");
            if octets.len() > 64 * 1024 {
                writer.write_all(&octets).await?;
                octets.clear();
            }
        }
        octets.extend_from_slice(b"0\r\n\r\n");
        writer.write_all(&octets).await
    };
    let mut answer = Vec::new();
    // Who is refused may hear of it before all is sent.
    let (_, read) = tokio::join!(sending, reader.read_to_end(&mut answer));
    read.map(|_| answer)
}

/// A sign request of so many documents that say nothing: few octets, much to note.
pub fn many_documents(reference: &str, count: usize) -> String {
    let mut documents = "{},".repeat(count);
    documents.pop();
    format!(
        "{{\"externalReference\":\"{reference}\",\"description\":\"d\",\"documents\":[{documents}]}}"
    )
}

/// The begin of a POST request.
pub fn head(path: &str, token: &str, more: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
         authorization: Bearer {token}\r\n{more}\r\n"
    )
}

/// A connection that takes little at a time.
///
/// # Errors
/// When it cannot be opened.
pub async fn small_window(address: &str) -> io::Result<TcpStream> {
    let address = address.parse().map_err(io::Error::other)?;
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(16 << 10)?;
    socket.connect(address).await
}

/// What is still said on a connection until the other side closes it; an error when it does not within
/// `patience`.
///
/// # Errors
/// [`io::ErrorKind::TimedOut`]. A reset is an end too.
pub async fn last_words(stream: &mut TcpStream, patience: Duration) -> io::Result<Vec<u8>> {
    let mut said = Vec::new();
    match tokio::time::timeout(patience, stream.read_to_end(&mut said)).await {
        Ok(Err(error)) if error.kind() != io::ErrorKind::ConnectionReset => Err(error),
        Ok(_) => Ok(said),
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    }
}

async fn saying(address: &str, count: usize, octets: &[u8]) -> io::Result<Vec<TcpStream>> {
    let mut streams = Vec::with_capacity(count);
    for _ in 0..count {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(octets).await?;
        streams.push(stream);
    }
    Ok(streams)
}
