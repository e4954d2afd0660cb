//! The demo's mail server: takes every mail over SMTP (RFC 5321) on loopback and writes it into a
//! folder. For looking at mails, not for delivering them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::super::Failure;

/// Longest line that is read.
const LINE_LIMIT: u64 = 4096;

/// Largest mail that is taken.
const MAIL_LIMIT: usize = 64 * 1024 * 1024;

/// Starts the server on a free port; it lives as long as the demo. `folder` gets one `.eml` for each
/// accepted mail, numbered on from those that are there. Returns the port.
pub(super) async fn start(folder: &Path) -> Result<u16, Failure> {
    std::fs::create_dir_all(folder)?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    let folder = folder.to_owned();
    let next = Arc::new(AtomicUsize::new(mails(&folder)?.len() + 1));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (folder, next) = (folder.clone(), Arc::clone(&next));
            tokio::spawn(async move {
                if let Err(error) = converse(stream, &folder, &next).await {
                    tracing::debug!(%error, "a mail connection ended");
                }
            });
        }
    });
    Ok(port)
}

/// The mails in the folder, oldest first.
pub(super) fn mails(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut mails = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "eml") {
            mails.push(path);
        }
    }
    mails.sort();
    Ok(mails)
}

async fn converse(stream: TcpStream, folder: &Path, next: &AtomicUsize) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut receiver = None;
    say(&mut stream, "220 sink.demo.invalid ESMTP").await?;
    loop {
        let line = read_line(&mut stream).await?;
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        let verb = text.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        match verb.as_str() {
            "" if line.is_empty() => return Ok(()),
            "EHLO" => {
                say(&mut stream, "250-sink.demo.invalid\r\n250-8BITMIME\r\n250 SMTPUTF8").await?;
            }
            "HELO" | "NOOP" => say(&mut stream, "250 OK").await?,
            "MAIL" | "RSET" => {
                receiver = None;
                say(&mut stream, "250 OK").await?;
            }
            "RCPT" => {
                let address = text.split(['<', '>']).nth(1).unwrap_or("unknown");
                receiver = Some(address.to_owned());
                say(&mut stream, "250 OK").await?;
            }
            "DATA" => match receiver.take() {
                None => say(&mut stream, "503 RCPT first").await?,
                Some(receiver) => {
                    say(&mut stream, "354 go on, a dot alone ends it").await?;
                    let mail = read_mail(&mut stream).await?;
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    keep(folder, number, &receiver, &mail).await?;
                    say(&mut stream, "250 taken").await?;
                }
            },
            "QUIT" => return say(&mut stream, "221 bye").await,
            _ => say(&mut stream, "502 not known here").await?,
        }
    }
}

/// Written beside and renamed: what is there is whole.
async fn keep(folder: &Path, number: usize, receiver: &str, mail: &[u8]) -> std::io::Result<()> {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "@.-_".contains(c) { c } else { '_' };
    let receiver: String = receiver.chars().map(plain).collect();
    let target = folder.join(format!("{number:04}-{receiver}.eml"));
    let part = target.with_extension("part");
    tokio::task::spawn_blocking({
        let mail = mail.to_vec();
        move || std::fs::write(&part, mail).and_then(|()| std::fs::rename(&part, target))
    })
    .await?
}

async fn say(stream: &mut BufReader<TcpStream>, words: &str) -> std::io::Result<()> {
    stream.get_mut().write_all(format!("{words}\r\n").as_bytes()).await
}

async fn read_line(stream: &mut BufReader<TcpStream>) -> std::io::Result<Vec<u8>> {
    let mut line = Vec::new();
    stream.take(LINE_LIMIT).read_until(b'\n', &mut line).await?;
    Ok(line)
}

/// The mail up to the dot, transparency undone (RFC 5321 4.5.2).
async fn read_mail(stream: &mut BufReader<TcpStream>) -> std::io::Result<Vec<u8>> {
    let mut mail = Vec::new();
    loop {
        let line = read_line(stream).await?;
        match line.as_slice() {
            b".\r\n" => return Ok(mail),
            [] => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            line => mail.extend_from_slice(line.strip_prefix(b".").unwrap_or(line)),
        }
        if mail.len() > MAIL_LIMIT {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
    }
}
