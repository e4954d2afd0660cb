//! DKIM signatures (RFC 6376; Ed25519: RFC 8463), relaxed/relaxed. Pure: the same message and time give
//! the same signature.

use aws_lc_rs::digest;
use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

use crate::domain::instant::Instant;

/// Headers that are signed. Each is named once more than it occurs, so that none can be added (RFC 6376
/// 5.4 and 8.15).
const SIGNED: [&str; 10] = [
    "From",
    "Reply-To",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "MIME-Version",
    "Content-Type",
    "Auto-Submitted",
    "List-Id",
];

/// Why there is no DKIM key.
#[derive(Debug, Error)]
pub enum DkimError {
    /// Domain or selector is no name.
    #[error("{0:?} is no domain name")]
    Name(String),
    /// The key is none that DKIM knows.
    #[error(
        "the DKIM key is no PEM of an RSA key (2048 bits or more) or an Ed25519 key; make one with \
         openssl genpkey -algorithm rsa -pkeyopt rsa_keygen_bits:2048"
    )]
    Key,
}

/// A key that signs for a domain. It never shows.
pub struct DkimKey {
    domain: String,
    selector: String,
    pair: Pair,
}

enum Pair {
    Rsa(Box<RsaKeyPair>),
    Ed25519(Ed25519KeyPair),
}

impl std::fmt::Debug for DkimKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DkimKey({}._domainkey.{})", self.selector, self.domain)
    }
}

impl DkimKey {
    /// Reads a private key: PKCS#8 of RSA or Ed25519, or PKCS#1.
    ///
    /// # Errors
    /// [`DkimError`].
    pub fn from_pem(domain: &str, selector: &str, pem: &[u8]) -> Result<Self, DkimError> {
        let label = |text: &str| {
            !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
        };
        for name in [domain, selector] {
            if name.len() > 200 || !name.split('.').all(label) {
                return Err(DkimError::Name(name.to_owned()));
            }
        }
        let pem = std::str::from_utf8(pem).map_err(|_| DkimError::Key)?;
        let (label, key) =
            der::SecretDocument::from_pem(pem.trim_start()).map_err(|_| DkimError::Key)?;
        let key = key.as_bytes();
        let pair = match label {
            "PRIVATE KEY" => Ed25519KeyPair::from_pkcs8_maybe_unchecked(key)
                .map(Pair::Ed25519)
                .or_else(|_| RsaKeyPair::from_pkcs8(key).map(|pair| Pair::Rsa(Box::new(pair)))),
            "RSA PRIVATE KEY" => RsaKeyPair::from_der(key).map(|pair| Pair::Rsa(Box::new(pair))),
            _ => return Err(DkimError::Key),
        };
        let pair = pair.map_err(|_| DkimError::Key)?;
        if let Pair::Rsa(pair) = &pair
            && pair.public_modulus_len() < 256
        {
            return Err(DkimError::Key);
        }
        Ok(Self { domain: domain.to_owned(), selector: selector.to_owned(), pair })
    }

    /// Name and text of the TXT record that receivers look up (RFC 6376 3.6).
    ///
    /// # Errors
    /// [`DkimError::Key`] when the public key cannot be written.
    pub fn record(&self) -> Result<(String, String), DkimError> {
        let (kind, key) = match &self.pair {
            Pair::Rsa(pair) => {
                let key: PublicKeyX509Der<'_> =
                    pair.public_key().as_der().map_err(|_| DkimError::Key)?;
                ("rsa", STANDARD.encode(key.as_ref()))
            }
            Pair::Ed25519(pair) => ("ed25519", STANDARD.encode(pair.public_key().as_ref())),
        };
        let name = format!("{}._domainkey.{}", self.selector, self.domain);
        Ok((name, format!("v=DKIM1; k={kind}; p={key}")))
    }

    /// Whether its signature says something about mail from a domain: it is the key's own, or one below
    /// it (relaxed alignment, RFC 7489 3.1.1).
    #[must_use]
    pub fn is_for(&self, domain: &str) -> bool {
        let (domain, own) = (domain.to_ascii_lowercase(), self.domain.to_ascii_lowercase());
        domain == own || domain.strip_suffix(&own).is_some_and(|rest| rest.ends_with('.'))
    }

    /// The message with a `DKIM-Signature` in front.
    ///
    /// # Errors
    /// [`DkimError::Key`] when the key does not sign.
    pub fn sign(&self, message: &[u8], at: Instant) -> Result<Vec<u8>, DkimError> {
        let (headers, body) = split(message);
        let fields = fields(headers);
        let mut names = Vec::new();
        let mut input = Vec::new();
        for name in SIGNED {
            let of_name =
                |(field, _): &&(&[u8], &[u8])| field.eq_ignore_ascii_case(name.as_bytes());
            // From below to above: that is how verifiers pick them (RFC 6376 5.4.2).
            for (field, value) in fields.iter().rev().filter(of_name) {
                names.push(name);
                relaxed_header(field, value, &mut input);
            }
            names.push(name);
        }
        let body = digest::digest(&digest::SHA256, &relaxed_body(body));
        let algorithm = match self.pair {
            Pair::Rsa(_) => "rsa-sha256",
            Pair::Ed25519(_) => "ed25519-sha256",
        };
        let value = format!(
            " v=1; a={algorithm}; c=relaxed/relaxed; d={};\r\n\ts={}; t={};\r\n\th={};\r\n\tbh={};\r\n\tb=",
            self.domain,
            self.selector,
            at.unix_ms().div_euclid(1_000),
            names.join(":\r\n\t "),
            STANDARD.encode(body.as_ref()),
        );
        relaxed_header(b"DKIM-Signature", value.as_bytes(), &mut input);
        // Its own field goes in last and without a line end (RFC 6376 3.7).
        input.truncate(input.len().saturating_sub(2));
        let signature = STANDARD.encode(self.pair.sign(&input)?);
        let mut signed = format!("DKIM-Signature:{value}").into_bytes();
        for (at, piece) in signature.as_bytes().chunks(70).enumerate() {
            signed.extend_from_slice(if at == 0 { b"" } else { b"\r\n\t " });
            signed.extend_from_slice(piece);
        }
        signed.extend_from_slice(b"\r\n");
        signed.extend_from_slice(message);
        Ok(signed)
    }
}

impl Pair {
    fn sign(&self, input: &[u8]) -> Result<Vec<u8>, DkimError> {
        match self {
            Self::Rsa(pair) => {
                let mut value = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), input, &mut value)
                    .map_err(|_| DkimError::Key)?;
                Ok(value)
            }
            // RFC 8463 3: the digest of the input is what is signed.
            Self::Ed25519(pair) => {
                let digest = digest::digest(&digest::SHA256, input);
                Ok(pair.sign(digest.as_ref()).as_ref().to_vec())
            }
        }
    }
}

/// Headers with their line ends, and the body.
#[must_use]
pub fn split(message: &[u8]) -> (&[u8], &[u8]) {
    let end = message.windows(4).position(|four| four == b"\r\n\r\n");
    match end.and_then(|end| message.split_at_checked(end + 2)) {
        Some((headers, rest)) => (headers, rest.get(2..).unwrap_or_default()),
        None => (message, &[]),
    }
}

/// Names and values, in order, values still folded.
#[must_use]
pub fn fields(headers: &[u8]) -> Vec<(&[u8], &[u8])> {
    let mut starts = vec![0];
    let lines = headers.windows(3).enumerate().filter(|(_, three)| three.starts_with(b"\r\n"));
    starts.extend(
        lines.filter(|(_, t)| !t.ends_with(b" ") && !t.ends_with(b"\t")).map(|(i, _)| i + 2),
    );
    starts.push(headers.len());
    let field = |pair: &[usize]| {
        let [start, end] = pair else { return None };
        let field = headers.get(*start..*end)?;
        let colon = field.iter().position(|byte| *byte == b':')?;
        Some((field.get(..colon)?, field.get(colon + 1..)?))
    };
    starts.windows(2).filter_map(field).collect()
}

/// Adds a field in the relaxed form of headers (RFC 6376 3.4.2).
pub fn relaxed_header(name: &[u8], value: &[u8], out: &mut Vec<u8>) {
    out.extend(name.trim_ascii_end().to_ascii_lowercase());
    out.push(b':');
    let words = value.split(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
    for (at, word) in words.filter(|word| !word.is_empty()).enumerate() {
        if at > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(word);
    }
    out.extend_from_slice(b"\r\n");
}

/// The relaxed form of a body (RFC 6376 3.4.4).
#[must_use]
pub fn relaxed_body(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut end = 0;
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let mut blank = false;
        for byte in line {
            if matches!(byte, b' ' | b'\t') {
                blank = true;
                continue;
            }
            if std::mem::take(&mut blank) {
                out.push(b' ');
            }
            out.push(*byte);
            end = out.len() + 2;
        }
        out.extend_from_slice(b"\r\n");
    }
    out.truncate(end);
    out
}
