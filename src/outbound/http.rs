//! What the ways out over HTTP share: answers of bounded size, and why there is none, in words of our own.

use std::error::Error as _;
use std::io::ErrorKind;

use reqwest::Response;

use super::resolver::Unresolved;

/// Why an answer was not read to its end.
pub(super) enum Unread {
    /// It has more octets than are read.
    TooLarge,
    /// It ended before.
    Broken(reqwest::Error),
}

/// The octets of an answer, so many at most. Never more are in memory.
pub(super) async fn read_at_most(mut answer: Response, most: usize) -> Result<Vec<u8>, Unread> {
    let mut octets = Vec::new();
    loop {
        match answer.chunk().await {
            Ok(Some(chunk)) if octets.len() + chunk.len() > most => return Err(Unread::TooLarge),
            Ok(Some(chunk)) => octets.extend_from_slice(&chunk),
            Ok(None) => return Ok(octets),
            Err(error) => return Err(Unread::Broken(error)),
        }
    }
}

/// What a try without a whole answer was.
pub(super) fn unanswered_words(error: &reqwest::Error, timeout_ms: u64) -> String {
    if let Some(unresolved) = find::<Unresolved>(error) {
        unresolved.to_string()
    } else if let Some(reason) = find::<rustls::Error>(error) {
        format!("there is no TLS with it: {}", tls_words(reason))
    } else if error.is_timeout() {
        format!("there was no whole answer within {timeout_ms} ms")
    } else if error.is_connect() {
        connect_words(error).to_owned()
    } else {
        "the connection ended before a whole answer of HTTP".to_owned()
    }
}

/// The cause of that kind, wherever it hides.
pub(super) fn find<E: std::error::Error + 'static>(error: &reqwest::Error) -> Option<&E> {
    let mut next = error.source();
    while let Some(cause) = next {
        if let Some(found) = cause.downcast_ref::<E>() {
            return Some(found);
        }
        // An IO error leaves out of its chain what it wraps.
        let wrapped = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        next = match wrapped {
            Some(wrapped) => Some(wrapped),
            None => cause.source(),
        };
    }
    None
}

/// Why there is no TLS. The words of the library have the names in the certificate, which may be those of the
/// house.
pub(super) const fn tls_words(error: &rustls::Error) -> &'static str {
    use rustls::CertificateError as Wrong;
    match error {
        rustls::Error::InvalidCertificate(wrong) => match wrong {
            Wrong::Expired | Wrong::ExpiredContext { .. } => "its certificate has expired",
            Wrong::NotValidYet | Wrong::NotValidYetContext { .. } => {
                "its certificate is not valid yet"
            }
            Wrong::UnknownIssuer => "its certificate is of an authority that is not trusted here",
            Wrong::NotValidForName | Wrong::NotValidForNameContext { .. } => {
                "its certificate is for another name"
            }
            Wrong::Revoked => "its certificate is revoked",
            _ => "its certificate is refused",
        },
        _ => "it speaks no TLS that is spoken here",
    }
}

/// Why there is no connection, without the words of the system.
pub(super) fn connect_words(error: &reqwest::Error) -> &'static str {
    match find::<std::io::Error>(error).map(std::io::Error::kind) {
        Some(ErrorKind::ConnectionRefused) => "the connection was refused",
        Some(ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable) => "there is no way there",
        _ => "no connection",
    }
}
