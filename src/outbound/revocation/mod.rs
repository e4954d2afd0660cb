//! Asks whether certificates were revoked, and who issued them: OCSP (RFC 6960, appendix A), revocation lists and
//! certificates over HTTP (RFC 5280, 4.2.1.13 and 4.2.2.1). One request, no redirects, no proxy, no cookies, an
//! answer of bounded size within a bounded time, of which nothing is believed yet. Addresses in certificates are
//! others' words: they lead to no address inside the house but where the operator allows it. Which one is asked,
//! and again, is decided elsewhere.

mod config;

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ipnet::IpNet;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Client, RequestBuilder, StatusCode, Url, redirect, retry};
use thiserror::Error;

pub use self::config::{Config, Error, IssuerConfig, NonceUse};
use super::address::{is_allowed, literal};
use super::http::{Unread, read_at_most, unanswered_words};
use super::resolver::{Guarded, System};
use crate::pki::revocation::ocsp::{self, OcspRequest};

const REQUEST: &str = "application/ocsp-request";
const RESPONSE: &str = "application/ocsp-response";

/// Octets of a file with the certificates of an issuer.
const MOST_CERTIFICATES: usize = 256 * 1024;

/// How long a connection is kept for the next question.
const IDLE: Duration = Duration::from_secs(5);

/// The setting that lets questions go into networks of the house.
const NETWORKS: &str = "revocation.allow_networks";

/// Where something is asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AskedPlace {
    /// The address.
    pub url: String,
    /// Whether the operator names it, and not a certificate.
    pub named: bool,
}

impl fmt::Display for AskedPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)
    }
}

/// Why there is no answer, in words for who operates the service.
#[derive(Debug, Error)]
pub enum FetchError {
    /// The address is none, or none that is gone to.
    #[error("its address is no address like http://ca.example.com/ without user name and password")]
    Malformed,
    /// A literal address that is not public.
    #[error("{0} is not on the public internet; allow its network in {NETWORKS}")]
    Address(IpAddr),
    /// The HTTP client.
    #[error("the HTTP client cannot be set up")]
    Client(#[source] reqwest::Error),
    /// There was no answer of HTTP.
    #[error("{0}")]
    Unanswered(String),
    /// Another status than 200.
    #[error("it answered HTTP {0}{1}")]
    Status(u16, &'static str),
    /// More octets than are read.
    #[error("its answer has more than the {0} octets that are read")]
    TooLarge(usize),
}

/// Asks.
pub struct RevocationDoor {
    /// Made when something is asked: most installations and commands never do.
    clients: OnceLock<DoorClients>,
    allowed: Arc<[IpNet]>,
    timeout_ms: u64,
    connect_timeout_ms: u64,
    list_bytes: usize,
}

struct DoorClients {
    /// For addresses in certificates.
    guarded: Client,
    /// For addresses in the configuration.
    open: Client,
}

impl RevocationDoor {
    /// A door that asks the system's resolver.
    ///
    /// # Errors
    /// [`Error`](enum@Error) names the setting.
    pub fn new(config: &Config) -> Result<Self, Error> {
        config.check()?;
        Ok(Self {
            clients: OnceLock::new(),
            allowed: config.allow_networks.clone().into(),
            timeout_ms: config.timeout_ms,
            connect_timeout_ms: config.connect_timeout_ms,
            list_bytes: config.list_bytes,
        })
    }

    fn clients(&self) -> Result<&DoorClients, FetchError> {
        if let Some(clients) = self.clients.get() {
            return Ok(clients);
        }
        let guard = Guarded {
            inner: Arc::new(System),
            allowed: Arc::clone(&self.allowed),
            setting: NETWORKS,
        };
        let client = || {
            Client::builder()
                .redirect(redirect::Policy::none())
                .retry(retry::never())
                .no_proxy()
                .referer(false)
                .timeout(Duration::from_millis(self.timeout_ms))
                .connect_timeout(Duration::from_millis(self.connect_timeout_ms))
                .pool_idle_timeout(IDLE)
                .pool_max_idle_per_host(1)
                .user_agent(concat!("chancery/", env!("CARGO_PKG_VERSION")))
        };
        let guarded = client().dns_resolver(guard).build().map_err(FetchError::Client)?;
        let open = client().build().map_err(FetchError::Client)?;
        Ok(self.clients.get_or_init(|| DoorClients { guarded, open }))
    }

    /// Asks an OCSP responder. What is returned is what it answered, whatever that is.
    ///
    /// # Errors
    /// [`FetchError`].
    pub async fn ask(
        &self,
        place: &AskedPlace,
        request: &OcspRequest,
    ) -> Result<Vec<u8>, FetchError> {
        let (client, url) = self.way(place)?;
        let post = client.post(url).header(CONTENT_TYPE, REQUEST).header(ACCEPT, RESPONSE);
        self.send(post.body(request.der().to_vec()), ocsp::MAX_RESPONSE).await
    }

    /// Fetches a revocation list.
    ///
    /// # Errors
    /// [`FetchError`].
    pub async fn list(&self, place: &AskedPlace) -> Result<Vec<u8>, FetchError> {
        let (client, url) = self.way(place)?;
        self.send(client.get(url), self.list_bytes).await
    }

    /// Fetches the certificate of an issuer, or some (RFC 5280, 4.2.2.1: DER, or a PKCS#7 of them).
    ///
    /// # Errors
    /// [`FetchError`].
    pub async fn certificates(&self, place: &AskedPlace) -> Result<Vec<u8>, FetchError> {
        let (client, url) = self.way(place)?;
        self.send(client.get(url), MOST_CERTIFICATES).await
    }

    /// The client for an address, which leads to where it may.
    fn way(&self, place: &AskedPlace) -> Result<(&Client, Url), FetchError> {
        let url = Url::parse(&place.url).map_err(|_| FetchError::Malformed)?;
        let is_plain = url.username().is_empty() && url.password().is_none();
        if !matches!(url.scheme(), "http" | "https") || !is_plain || url.port() == Some(0) {
            return Err(FetchError::Malformed);
        }
        if place.named {
            return Ok((&self.clients()?.open, url));
        }
        match literal(&url) {
            Ok(Some(address)) if !is_allowed(address, &self.allowed) => {
                Err(FetchError::Address(address))
            }
            Err(_) => Err(FetchError::Malformed),
            Ok(_) => Ok((&self.clients()?.guarded, url)),
        }
    }

    async fn send(&self, request: RequestBuilder, most: usize) -> Result<Vec<u8>, FetchError> {
        let unanswered = |error: &reqwest::Error| {
            FetchError::Unanswered(unanswered_words(error, self.timeout_ms))
        };
        let answer = request.send().await.map_err(|error| unanswered(&error))?;
        let status = answer.status();
        if status != StatusCode::OK {
            let redirected =
                "; redirects are not followed, name where it leads in revocation.issuers";
            let why = if status.is_redirection() { redirected } else { "" };
            return Err(FetchError::Status(status.as_u16(), why));
        }
        read_at_most(answer, most).await.map_err(|unread| match unread {
            Unread::TooLarge => FetchError::TooLarge(most),
            Unread::Broken(error) => unanswered(&error),
        })
    }
}
