//! Sends webhooks (Standard Webhooks 1.0.0): one signed POST, no redirects, no proxy, no cookies, and
//! never to an address inside the house (see `address.rs`). What a status means for the next try is said
//! here; when that is, elsewhere.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use reqwest::dns::Resolve;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Certificate, Client, Response, StatusCode, Url, redirect, retry};
use serde::Deserialize;
use thiserror::Error;
use tokio::time::{Instant, timeout_at};

use super::address::{is_allowed, is_public, literal};
use super::http::{connect_words, find, tls_words};
use super::resolver::{Guarded, System, Unresolved};
use crate::domain::delivery::{Tried, Verdict};
use crate::domain::webhook::Endpoint;
use crate::pki::webhook_signature::HookSecret;

/// Most octets of an answer that are read.
pub const ANSWER_MOST: usize = 16 * 1024;
/// How long the text of an answer is waited for; its status is known by then.
const ANSWER_WAIT: Duration = Duration::from_secs(2);
/// Longest wait that a receiver may ask for: a day.
const WAIT_MOST_S: i64 = 86_400;
/// How long a connection is kept for the next webhook to the same receiver.
const IDLE: Duration = Duration::from_secs(30);
const IDLE_MOST: usize = 4;
/// The setting that lets webhooks go into networks of the house.
const NETWORKS: &str = "webhooks.allow_networks";

/// How webhooks are sent.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Networks outside of the public internet that receivers may be in.
    pub allow_networks: Vec<IpNet>,
    /// Whether receivers may be reached without TLS.
    pub allow_http: bool,
    /// Whether client services see what receivers outside of the public internet answer, beyond its status.
    pub show_inner_answers: bool,
    /// PEM file of authorities to trust besides the system's; empty for none.
    pub authorities_file: PathBuf,
    /// Milliseconds from the beginning to the end of a try.
    pub timeout_ms: u64,
    /// Milliseconds to connect, TLS included.
    pub connect_timeout_ms: u64,
}

/// Why nothing can be sent at all.
#[derive(Debug, Error)]
pub enum Error {
    /// The file of authorities.
    #[error("webhooks.authorities_file {path}: {reason}")]
    Authorities { path: PathBuf, reason: String },
    /// The HTTP client.
    #[error("webhooks cannot be sent: the HTTP client cannot be set up")]
    Client(#[source] reqwest::Error),
}

/// Why an address is none that webhooks are sent to.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum UrlRefused {
    /// Not an absolute URL, or too long.
    #[error(
        "it is not an address like https://example.com/hooks of at most {} octets",
        Endpoint::URL_MOST
    )]
    Malformed,
    /// Something else than HTTPS.
    #[error("it does not begin with https://")]
    Scheme,
    /// A user name or password.
    #[error("it holds a user name or password; the signature says who sends")]
    Userinfo,
    /// Port 0, which is none.
    #[error("its port is 0, where nobody listens")]
    Port,
    /// A literal address that is not public.
    #[error(
        "{0} is not on the public internet; an operator can allow its network in \
         webhooks.allow_networks"
    )]
    Address(IpAddr),
}

/// One webhook, this time.
#[derive(Debug)]
pub struct HookRequest<'a> {
    /// Where to.
    pub url: &'a str,
    /// `webhook-id`: the same for every try of this event; letters, digits, `_` and `-`.
    pub id: &'a str,
    /// `webhook-timestamp`: the time of this try, in seconds since 1970.
    pub timestamp: i64,
    /// JSON.
    pub body: &'a [u8],
    /// One signature is sent for each, in this order.
    pub secrets: &'a [HookSecret],
}

/// Sends webhooks.
pub struct WebhookSender {
    client: Client,
    config: Config,
    allowed: Arc<[IpNet]>,
}

impl WebhookSender {
    /// A sender that asks the system's resolver.
    pub fn new(config: Config) -> Result<Self, Error> {
        Self::resolving_with(config, Arc::new(System))
    }

    /// A sender that asks another resolver. What that one says is judged all the same.
    pub fn resolving_with(config: Config, inner: Arc<dyn Resolve>) -> Result<Self, Error> {
        let allowed: Arc<[IpNet]> = config.allow_networks.clone().into();
        let client = Client::builder()
            .dns_resolver(Guarded { inner, allowed: Arc::clone(&allowed), setting: NETWORKS })
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .no_proxy()
            .referer(false)
            .https_only(!config.allow_http)
            .timeout(Duration::from_millis(config.timeout_ms))
            .connect_timeout(Duration::from_millis(config.connect_timeout_ms))
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(IDLE_MOST)
            .user_agent(concat!("chancery/", env!("CARGO_PKG_VERSION")))
            .tls_certs_merge(authorities(&config)?)
            .build()
            .map_err(Error::Client)?;
        Ok(Self { client, config, allowed })
    }

    /// Whether webhooks may be sent there, as far as the address itself tells; where its name leads is
    /// judged at every connection.
    pub fn check(&self, url: &str) -> Result<(), UrlRefused> {
        self.parse(url).map(drop)
    }

    fn parse(&self, text: &str) -> Result<Url, UrlRefused> {
        let url = Url::parse(text).map_err(|_| UrlRefused::Malformed)?;
        if text.len() > Endpoint::URL_MOST {
            return Err(UrlRefused::Malformed);
        }
        if !(url.scheme() == "https" || url.scheme() == "http" && self.config.allow_http) {
            return Err(UrlRefused::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UrlRefused::Userinfo);
        }
        if url.port() == Some(0) {
            return Err(UrlRefused::Port);
        }
        match literal(&url) {
            Ok(Some(address)) if !is_allowed(address, &self.allowed) => {
                Err(UrlRefused::Address(address))
            }
            Err(_) => Err(UrlRefused::Malformed),
            Ok(_) => Ok(url),
        }
    }

    /// Tries once. The verdict is `Accepted` for 2xx, `Never` for 410 (the receiver wants nothing any
    /// more), else `Later`; `phase` is `response` when a status was seen.
    pub async fn send(&self, request: &HookRequest<'_>) -> Tried {
        let url = match self.parse(request.url) {
            Ok(url) => url,
            Err(refused) => return Tried::new(Verdict::Later, "resolve", &refused.to_string()),
        };
        let signatures: Vec<String> = request
            .secrets
            .iter()
            .map(|secret| secret.sign(request.id, request.timestamp, request.body))
            .collect();
        let sent = self
            .client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", request.id)
            .header("webhook-timestamp", request.timestamp)
            .header("webhook-signature", signatures.join(" "))
            .body(request.body.to_vec())
            .send()
            .await;
        match sent {
            Ok(response) => {
                let outside = response.remote_addr().is_some_and(|peer| is_public(peer.ip()));
                let shown = outside || self.config.show_inner_answers;
                answered(response, request.timestamp, shown).await
            }
            Err(error) => self.unanswered(&error),
        }
    }

    /// What a try without a status was.
    fn unanswered(&self, error: &reqwest::Error) -> Tried {
        let later = |phase, words: &str| Tried::new(Verdict::Later, phase, words);
        if let Some(unresolved) = find::<Unresolved>(error) {
            return later("resolve", &unresolved.to_string());
        }
        if let Some(reason) = find::<rustls::Error>(error) {
            return later("tls", tls_words(reason));
        }
        if error.is_builder() {
            return later("request", "it cannot be asked as its address is written");
        }
        if error.is_connect() && error.is_timeout() {
            let limit = self.config.connect_timeout_ms;
            return later("connect", &format!("no connection within {limit} ms"));
        }
        if error.is_connect() {
            return later("connect", connect_words(error));
        }
        // Connected, so the request may have arrived, whole.
        let words = if error.is_timeout() {
            format!("no answer within {} ms", self.config.timeout_ms)
        } else {
            "the connection ended without an answer of HTTP".to_owned()
        };
        later("request", &words).but_ambiguous()
    }
}

fn authorities(config: &Config) -> Result<Vec<Certificate>, Error> {
    let path = &config.authorities_file;
    if path.as_os_str().is_empty() {
        return Ok(Vec::new());
    }
    let refused = |reason: String| Error::Authorities { path: path.clone(), reason };
    let pem = std::fs::read(path).map_err(|error| refused(error.to_string()))?;
    let found = Certificate::from_pem_bundle(&pem).map_err(|error| refused(error.to_string()))?;
    if found.is_empty() { Err(refused("it holds no certificate".to_owned())) } else { Ok(found) }
}

/// What a try with a status was; beyond the status only where it may be `shown`.
async fn answered(mut response: Response, now: i64, shown: bool) -> Tried {
    let status = response.status();
    let verdict = match status {
        _ if status.is_success() => Verdict::Accepted,
        StatusCode::GONE => Verdict::Never,
        _ => Verdict::Later,
    };
    let wait_ms = retry_after(&response, now).filter(|_| verdict == Verdict::Later);
    let mut words = format!("HTTP {}", status.as_u16());
    if status.is_redirection() {
        words.push_str(": redirects are not followed; register the address it leads to");
    } else if shown {
        let text = first_words(&mut response).await;
        if !text.is_empty() {
            words = format!("{words}: {text}");
        }
    }
    Tried { wait_ms, ..Tried::new(verdict, "response", &words) }
}

/// The beginning of the answer's text. Whatever happens to it, the status stands.
async fn first_words(response: &mut Response) -> String {
    let until = Instant::now() + ANSWER_WAIT;
    let mut read: Vec<u8> = Vec::new();
    while read.len() < ANSWER_MOST {
        match timeout_at(until, response.chunk()).await {
            Ok(Ok(Some(chunk))) => read.extend_from_slice(&chunk),
            Ok(Ok(None) | Err(_)) | Err(_) => break,
        }
    }
    // Four octets for each character that is kept suffice.
    read.truncate(4 * Tried::REPLY_LIMIT);
    String::from_utf8_lossy(&read).trim().to_owned()
}

/// `Retry-After` (RFC 9110 10.2.3), in milliseconds from now.
fn retry_after(response: &Response, now: i64) -> Option<i64> {
    let text = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim();
    let seconds = text.parse::<u32>().map(i64::from).ok().or_else(|| {
        let at = httpdate::parse_http_date(text).ok()?;
        let at = at.duration_since(std::time::UNIX_EPOCH).ok()?.as_secs();
        Some(i64::try_from(at).ok()?.saturating_sub(now))
    })?;
    Some(seconds.clamp(0, WAIT_MOST_S) * 1000)
}
