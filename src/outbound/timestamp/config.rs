//! Settings of time-stamp authorities. Nothing here holds a secret: only where secrets are.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use der::asn1::ObjectIdentifier;
use reqwest::{Certificate as Root, Identity, Url};
use secrecy::SecretString;
use serde::Deserialize;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::domain::profile::DigestAlgorithm;
use crate::domain::sources::sources;
use crate::pki::certificate_file::certificates;
use crate::pki::path::TrustAnchor;
use crate::pki::timestamp::MAX_RESPONSE;
use crate::secret::{self, SecretSource};

/// Octets that a PDF keeps free at least: less holds no token.
const LEAST_ROOM: usize = 1024;

/// Section `timestamp`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Octets that a PDF keeps free for a token.
    pub room_bytes: usize,
    /// How long an authority is left alone after a failure, in milliseconds; doubled for every one in a row.
    pub rest_ms: u64,
    /// The longest such rest.
    pub rest_at_most_ms: u64,
    /// Time-stamp authorities by name.
    #[serde(default)]
    pub authorities: BTreeMap<String, AuthorityConfig>,
}

/// One time-stamp authority.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthorityConfig {
    /// Where it is asked.
    pub url: String,
    /// The policy that tokens are asked for under, as 1.2.3.4; empty: its own choice.
    #[serde(default)]
    pub policy: String,
    /// Digest of the imprint: `SHA256`, `SHA384` or `SHA512`.
    #[serde(default = "usual_digest")]
    pub digest: String,
    /// Whether a nonce is sent, which the token must have then.
    #[serde(default = "yes")]
    pub nonce: bool,
    /// User name (RFC 7617); empty: none.
    #[serde(default)]
    pub username: String,
    /// File with the password.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
    /// Environment variable with the password.
    #[serde(default)]
    pub password_env: Option<String>,
    /// systemd credential with the password.
    #[serde(default)]
    pub password_credential: Option<String>,
    /// PEM file of the certificate that we show it, with its chain; empty: none.
    #[serde(default)]
    pub client_certificate_file: PathBuf,
    /// PEM file of its private key.
    #[serde(default)]
    pub client_key_file: PathBuf,
    /// PEM file of certificates that its TLS may lead to beside those of the system; empty: none.
    #[serde(default)]
    pub ca_file: PathBuf,
    /// PEM file of certificates that its tokens must lead to; empty: they are not held against any.
    #[serde(default)]
    pub trust_file: PathBuf,
    /// Milliseconds from the beginning of a request to the end of its answer.
    #[serde(default = "usual_timeout_ms")]
    pub timeout_ms: u64,
    /// Milliseconds by which its time may differ from ours, and by which it may say that it is off.
    #[serde(default = "usual_tolerance_ms")]
    pub tolerance_ms: u64,
    /// Requests at once.
    #[serde(default = "usual_requests")]
    pub requests: usize,
}

const fn yes() -> bool {
    true
}

fn usual_digest() -> String {
    DigestAlgorithm::Sha256.as_str().to_owned()
}

const fn usual_timeout_ms() -> u64 {
    10_000
}

const fn usual_tolerance_ms() -> u64 {
    60_000
}

const fn usual_requests() -> usize {
    8
}

/// Why settings of time-stamp authorities cannot be used.
#[derive(Debug, Error)]
pub enum Error {
    /// A value of the section is wrong.
    #[error("timestamp.{0}")]
    Value(String),
    /// A value of an authority is wrong.
    #[error("timestamp.authorities.{name}.{what}")]
    Authority {
        /// Its name.
        name: String,
        /// Which, and why.
        what: String,
    },
    /// The HTTP client.
    #[error("timestamp.authorities.{0}: the HTTP client cannot be set up")]
    Client(String, #[source] reqwest::Error),
}

impl Config {
    /// # Errors
    /// [`Error::Value`].
    pub fn check(&self) -> Result<(), Error> {
        if !(LEAST_ROOM..=MAX_RESPONSE).contains(&self.room_bytes) {
            return Err(Error::Value(format!("room_bytes: use {LEAST_ROOM} to {MAX_RESPONSE}")));
        }
        if self.rest_ms > self.rest_at_most_ms || self.rest_at_most_ms > 86_400_000 {
            let words = "rest_ms: use at most rest_at_most_ms, and of that at most 86400000";
            return Err(Error::Value(words.to_owned()));
        }
        Ok(())
    }
}

/// What one authority's settings mean.
pub(super) struct Meant {
    pub(super) url: Url,
    pub(super) policy: Option<ObjectIdentifier>,
    pub(super) digest: DigestAlgorithm,
    pub(super) login: Option<(String, SecretString)>,
    pub(super) identity: Option<Identity>,
    pub(super) roots: Vec<Root>,
    pub(super) anchors: Vec<TrustAnchor>,
}

impl AuthorityConfig {
    /// Reads the settings, and the files that they name. `production` warns of a password in the environment.
    pub(super) fn read(&self, name: &str, production: bool) -> Result<Meant, Error> {
        let wrong = |what: String| Error::Authority { name: name.to_owned(), what };
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        if !(1..=100).contains(&name.len()) || !name.chars().all(plain) {
            return Err(wrong(
                "its name must be 1 to 100 characters of A-Z a-z 0-9 . - _".to_owned(),
            ));
        }
        if !(1..=600_000).contains(&self.timeout_ms) {
            return Err(wrong("timeout_ms: use 1 to 600000".to_owned()));
        }
        if !(1..=86_400_000).contains(&self.tolerance_ms) {
            return Err(wrong("tolerance_ms: use 1 to 86400000".to_owned()));
        }
        if !(1..=100).contains(&self.requests) {
            return Err(wrong("requests: use 1 to 100".to_owned()));
        }
        let policy = Some(self.policy.as_str()).filter(|policy| !policy.is_empty());
        let policy = policy.map(ObjectIdentifier::new).transpose().map_err(|_| {
            wrong(format!("policy = {:?} is no object identifier like 1.2.3.4", self.policy))
        })?;
        let digest = DigestAlgorithm::parse(&self.digest).filter(|digest| !digest.is_legacy());
        let digest = digest.ok_or_else(|| {
            wrong(format!("digest = {:?}: use SHA256, SHA384 or SHA512", self.digest))
        })?;
        Ok(Meant {
            url: self.url().map_err(&wrong)?,
            policy,
            digest,
            login: self.login(production).map_err(&wrong)?,
            identity: self.identity().map_err(&wrong)?,
            roots: self.roots().map_err(&wrong)?,
            anchors: self.anchors().map_err(&wrong)?,
        })
    }

    fn url(&self) -> Result<Url, String> {
        let refused = |why: &str| format!("url = {:?}: {why}", self.url);
        // Without what is in it: it may be a password.
        let url = Url::parse(&self.url).map_err(|_| "url: it is no address".to_owned())?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(
                "url: it holds a user name or password; use username and password_file".to_owned()
            );
        }
        match url.scheme() {
            "http" | "https" if url.port() != Some(0) => Ok(url),
            _ => Err(refused("use an address like https://tsa.example.com/tsr")),
        }
    }

    fn login(&self, production: bool) -> Result<Option<(String, SecretString)>, String> {
        let said = |error: secret::Error| sources(&error);
        let source = SecretSource::one_of(
            "password",
            self.password_file.as_ref(),
            self.password_env.as_ref(),
            self.password_credential.as_ref(),
        );
        match (self.username.as_str(), source.map_err(said)?) {
            ("", None) => Ok(None),
            ("", Some(_)) => Err("username: there is a password without one".to_owned()),
            (name, Some(source)) if !name.contains(':') => {
                Ok(Some((name.to_owned(), source.read(production).map_err(said)?)))
            }
            (_, Some(_)) => Err("username: it must not have a colon (RFC 7617, 2)".to_owned()),
            (_, None) => {
                Err("username: name one of password_file, password_env, password_credential"
                    .to_owned())
            }
        }
    }

    fn identity(&self) -> Result<Option<Identity>, String> {
        let (certificate, key) = (&self.client_certificate_file, &self.client_key_file);
        let none = |path: &Path| path.as_os_str().is_empty();
        match (none(certificate), none(key)) {
            (true, true) => Ok(None),
            (false, false) => {
                let mut pem = Zeroizing::new(read("client_certificate_file", certificate)?);
                pem.push(b'\n');
                pem.extend_from_slice(&Zeroizing::new(read("client_key_file", key)?));
                let unusable =
                    |_| "client_key_file: a certificate and its key in PEM are needed".to_owned();
                Identity::from_pem(&pem).map(Some).map_err(unusable)
            }
            _ => Err("client_certificate_file and client_key_file need each other".to_owned()),
        }
    }

    fn roots(&self) -> Result<Vec<Root>, String> {
        if self.ca_file.as_os_str().is_empty() {
            return Ok(Vec::new());
        }
        let pem = read("ca_file", &self.ca_file)?;
        match Root::from_pem_bundle(&pem) {
            Ok(roots) if !roots.is_empty() => Ok(roots),
            _ => Err(format!("ca_file: {} holds no certificate in PEM", self.ca_file.display())),
        }
    }

    fn anchors(&self) -> Result<Vec<TrustAnchor>, String> {
        if self.trust_file.as_os_str().is_empty() {
            return Ok(Vec::new());
        }
        let pem = read("trust_file", &self.trust_file)?;
        let file = self.trust_file.display();
        let found = certificates(&pem);
        let found = found.map_err(|error| format!("trust_file: {file}: {}", sources(&error)))?;
        if found.is_empty() {
            return Err(format!("trust_file: {file} holds no certificate"));
        }
        Ok(found.into_iter().map(TrustAnchor::of).collect())
    }
}

fn read(setting: &str, path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("{setting}: {}: {error}", path.display()))
}
