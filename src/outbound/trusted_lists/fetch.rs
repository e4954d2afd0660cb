//! Fetches a trusted list: GET over HTTP, of bounded size within a bounded time, never from inside the house unless
//! the operator allows it, whoever named the address. What comes is believed by nobody yet.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use reqwest::header::{ACCEPT, LOCATION};
use reqwest::{Client, Response, Url, redirect, retry};
use thiserror::Error;

use super::config::Config;
use super::folder::MAX_FILE;
use crate::outbound::address::{is_allowed, literal};
use crate::outbound::http::{connect_words, find, tls_words};
use crate::outbound::resolver::{Guarded, System, Unresolved};

/// The setting that lets lists come from networks of the house.
const NETWORKS: &str = "trusted_lists.allow_networks";

/// How often an address may lead to another one: some states have moved.
const MOST_REDIRECTS: usize = 3;

/// How long a connection is kept for the next list.
const IDLE: Duration = Duration::from_secs(5);

/// Why there is no list, in words for who operates the service.
#[derive(Debug, Error)]
pub enum ListFetchError {
    #[error("the HTTP client cannot be set up")]
    Client(#[source] reqwest::Error),
    #[error(
        "its address is no address like https://lists.example.com/list.xml without user name and password"
    )]
    Malformed,
    #[error("{0} is not on the public internet; allow its network in {NETWORKS}")]
    Address(IpAddr),
    #[error("{0}")]
    Unanswered(String),
    #[error("it answered HTTP {0}")]
    Status(u16),
    #[error("it leads to other addresses more than {MOST_REDIRECTS} times")]
    Redirects,
    #[error("it has more than the {0} octets that are read")]
    TooLarge(u64),
}

/// Fetches lists.
pub struct ListDoor {
    client: Client,
    allowed: Arc<[IpNet]>,
    timeout_ms: u64,
}

impl ListDoor {
    /// A door that asks the system's resolver.
    ///
    /// # Errors
    /// [`ListFetchError::Client`].
    pub fn new(config: &Config) -> Result<Self, ListFetchError> {
        let allowed: Arc<[IpNet]> = config.allow_networks.clone().into();
        let guard =
            Guarded { inner: Arc::new(System), allowed: Arc::clone(&allowed), setting: NETWORKS };
        let client = Client::builder()
            .dns_resolver(guard)
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .no_proxy()
            .referer(false)
            .timeout(Duration::from_millis(config.timeout_ms))
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(1)
            .user_agent(concat!("chancery/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(ListFetchError::Client)?;
        Ok(Self { client, allowed, timeout_ms: config.timeout_ms })
    }

    /// Fetches what is at an address.
    ///
    /// # Errors
    /// [`ListFetchError`].
    pub async fn fetch(&self, address: &str) -> Result<Vec<u8>, ListFetchError> {
        let mut url = self.judged(Url::parse(address).map_err(|_| ListFetchError::Malformed)?)?;
        for _ in 0..=MOST_REDIRECTS {
            let asked =
                self.client.get(url.clone()).header(ACCEPT, "application/vnd.etsi.tsl+xml, */*");
            let answer = asked.send().await.map_err(|error| self.unanswered(&error))?;
            let status = answer.status();
            if status.is_success() {
                return self.read(answer).await;
            }
            let location = answer.headers().get(LOCATION).and_then(|value| value.to_str().ok());
            let Some(location) = location.filter(|_| status.is_redirection()) else {
                return Err(ListFetchError::Status(status.as_u16()));
            };
            url = self.judged(url.join(location).map_err(|_| ListFetchError::Malformed)?)?;
        }
        Err(ListFetchError::Redirects)
    }

    /// Lists are signed, so that they may come without TLS; where they come from is judged all the same.
    fn judged(&self, url: Url) -> Result<Url, ListFetchError> {
        let has_user = !url.username().is_empty() || url.password().is_some();
        if !matches!(url.scheme(), "https" | "http") || has_user || url.port() == Some(0) {
            return Err(ListFetchError::Malformed);
        }
        match literal(&url) {
            Ok(Some(address)) if !is_allowed(address, &self.allowed) => {
                Err(ListFetchError::Address(address))
            }
            Err(_) => Err(ListFetchError::Malformed),
            Ok(_) => Ok(url),
        }
    }

    async fn read(&self, mut answer: Response) -> Result<Vec<u8>, ListFetchError> {
        let mut octets: Vec<u8> = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| self.unanswered(&error))? {
            if (octets.len() + chunk.len()) as u64 > MAX_FILE {
                return Err(ListFetchError::TooLarge(MAX_FILE));
            }
            octets.extend_from_slice(&chunk);
        }
        Ok(octets)
    }

    fn unanswered(&self, error: &reqwest::Error) -> ListFetchError {
        ListFetchError::Unanswered(if let Some(unresolved) = find::<Unresolved>(error) {
            unresolved.to_string()
        } else if let Some(reason) = find::<rustls::Error>(error) {
            format!("there is no TLS with it: {}", tls_words(reason))
        } else if error.is_timeout() {
            format!("there was no whole answer within {} ms", self.timeout_ms)
        } else if error.is_connect() {
            connect_words(error).to_owned()
        } else {
            "the connection ended before a whole answer of HTTP".to_owned()
        })
    }
}
