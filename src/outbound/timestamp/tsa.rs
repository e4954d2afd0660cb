//! One authority, and one request to it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Client, Response, StatusCode, Url, redirect, retry};
use secrecy::{ExposeSecret as _, SecretString};
use thiserror::Error;

use super::config::{AuthorityConfig, Error, Meant};
use crate::domain::instant::Instant;
use crate::domain::profile::DigestAlgorithm;
use crate::outbound::http::{Unread, read_at_most, unanswered_words};
use crate::pki::digest::Digest;
use crate::pki::path::TrustAnchor;
use crate::pki::timestamp::{
    MAX_RESPONSE, TimestampFault, TimestampRequest, TimestampToken, check, check_trust,
};

const QUERY: &str = "application/timestamp-query";
const REPLY: &str = "application/timestamp-reply";

/// How long a connection is kept for the next request: for those of one chunk of documents.
const IDLE: Duration = Duration::from_secs(5);

/// Characters of another content type that are told.
const SHOWN: usize = 80;

/// A time-stamp authority, as its settings say.
pub struct Tsa {
    name: String,
    client: Client,
    url: Url,
    policy: Option<der::asn1::ObjectIdentifier>,
    digest: DigestAlgorithm,
    nonce: bool,
    login: Option<(String, SecretString)>,
    demands: Arc<Demands>,
    timeout_ms: u64,
    requests: usize,
}

/// What is demanded of an answer beside that it is one.
struct Demands {
    anchors: Vec<TrustAnchor>,
    tolerance_ms: i64,
}

/// What an authority answered. Nothing of it is believed yet.
pub struct TimestampAnswer {
    octets: Vec<u8>,
    asked: TimestampRequest,
    came: Instant,
    demands: Arc<Demands>,
}

impl TimestampAnswer {
    /// The token in it, of at most `room` octets where there is a limit. What is returned passed [`check`], and
    /// leads to a certificate that is trusted where some are named. Calculates: of signatures, as many as a
    /// path to such a certificate may take.
    ///
    /// # Errors
    /// [`AskError::Answer`], [`AskError::NoRoom`].
    pub fn token(&self, room: Option<usize>) -> Result<TimestampToken, AskError> {
        let Demands { anchors, tolerance_ms } = &*self.demands;
        let token = check(&self.octets, &self.asked, self.came, *tolerance_ms)?;
        if !anchors.is_empty() {
            check_trust(&token, anchors)?;
        }
        match room {
            Some(room) if token.der().len() > room => {
                Err(AskError::NoRoom { octets: token.der().len(), room })
            }
            _ => Ok(token),
        }
    }
}

/// Why a try gave no token, in words for who operates the service.
#[derive(Debug, Error)]
pub enum AskError {
    /// There was no answer of HTTP.
    #[error("{0}")]
    Unanswered(String),
    /// Another status than 200.
    #[error("it answered HTTP {0}{1}")]
    Status(u16, &'static str),
    /// Another content type than that of RFC 3161, 3.4.
    #[error("its answer is {0:?} and not {REPLY} (RFC 3161, 3.4); check its address")]
    ContentType(String),
    /// More octets than are read.
    #[error("its answer has more than the {MAX_RESPONSE} octets that are read")]
    TooLarge,
    /// What it answered is not used.
    #[error(transparent)]
    Answer(#[from] TimestampFault),
    /// Its token is good and has no place in the seal.
    #[error(
        "its token of {octets} octets does not fit into the {room} that the PDF keeps free (timestamp.room_bytes)"
    )]
    NoRoom {
        /// Of the token.
        octets: usize,
        /// For the token.
        room: usize,
    },
    /// The request could not be written.
    #[error("the request cannot be written")]
    Request(#[source] crate::pki::Error),
}

impl Tsa {
    /// The authority of these settings, whose files are read now. `production` warns of a password in the
    /// environment.
    ///
    /// # Errors
    /// [`Error`](enum@Error) names the setting, never a secret.
    pub fn new(name: &str, config: &AuthorityConfig, production: bool) -> Result<Self, Error> {
        let Meant { url, policy, digest, login, identity, roots, anchors } =
            config.read(name, production)?;
        let mut builder = Client::builder()
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .no_proxy()
            .referer(false)
            .timeout(Duration::from_millis(config.timeout_ms))
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(config.requests)
            .user_agent(concat!("chancery/", env!("CARGO_PKG_VERSION")))
            .tls_certs_merge(roots);
        if let Some(identity) = identity {
            builder = builder.identity(identity);
        }
        let unusable = |error| Error::Client(name.to_owned(), error);
        Ok(Self {
            name: name.to_owned(),
            client: builder.build().map_err(unusable)?,
            url,
            policy,
            digest,
            nonce: config.nonce,
            login,
            demands: Arc::new(Demands {
                anchors,
                tolerance_ms: i64::try_from(config.tolerance_ms).unwrap_or(i64::MAX),
            }),
            timeout_ms: config.timeout_ms,
            requests: config.requests,
        })
    }

    /// Its name in the configuration.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it is asked; there is no password in it.
    #[must_use]
    pub const fn url(&self) -> &Url {
        &self.url
    }

    /// Requests at once.
    #[must_use]
    pub const fn requests(&self) -> usize {
        self.requests
    }

    /// What its tokens must lead to; none when they are not held against any.
    #[must_use]
    pub fn anchors(&self) -> &[TrustAnchor] {
        &self.demands.anchors
    }

    /// Whether its tokens are held against certificates that are trusted here.
    #[must_use]
    pub fn is_held_against_trust(&self) -> bool {
        !self.demands.anchors.is_empty()
    }

    /// Whether a password is sent to it that can be read on the way.
    #[must_use]
    pub fn tells_password(&self) -> bool {
        self.login.is_some() && self.url.scheme() == "http"
    }

    /// What makes the imprints of its tokens.
    #[must_use]
    pub const fn digest(&self) -> DigestAlgorithm {
        self.digest
    }

    /// Asks once for a token over an imprint, made with [`Tsa::digest`]. The nonce is used once; `now` is asked when
    /// the answer is there, which nobody has looked at when it is returned: [`TimestampAnswer::token`] does.
    ///
    /// # Errors
    /// [`AskError`].
    pub async fn ask(
        &self,
        imprint: Digest,
        nonce: u64,
        now: impl Fn() -> Instant,
    ) -> Result<TimestampAnswer, AskError> {
        let asked = TimestampRequest::new(imprint, self.policy, self.nonce.then_some(nonce))?;
        let query = asked.to_der().map_err(AskError::Request)?;
        let mut request = self.client.post(self.url.clone());
        request = request.header(CONTENT_TYPE, QUERY).header(ACCEPT, REPLY).body(query);
        if let Some((name, password)) = &self.login {
            request = request.basic_auth(name, Some(password.expose_secret()));
        }
        let answer = request.send().await.map_err(|error| self.unanswered(&error))?;
        let octets = self.body(answer).await?;
        Ok(TimestampAnswer { octets, asked, came: now(), demands: Arc::clone(&self.demands) })
    }

    /// The octets of an answer that says that it is one.
    async fn body(&self, answer: Response) -> Result<Vec<u8>, AskError> {
        let status = answer.status();
        if status != StatusCode::OK {
            let why = match status {
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                    "; check username, password and client certificate"
                }
                _ if status.is_redirection() => "; redirects are not followed, name where it leads",
                _ => "",
            };
            return Err(AskError::Status(status.as_u16(), why));
        }
        let kind = answer.headers().get(CONTENT_TYPE).map(|kind| kind.as_bytes().to_vec());
        let kind = String::from_utf8_lossy(&kind.unwrap_or_default()).into_owned();
        let essence = kind.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case(REPLY) {
            return Err(AskError::ContentType(kind.chars().take(SHOWN).collect()));
        }
        read_at_most(answer, MAX_RESPONSE).await.map_err(|unread| match unread {
            Unread::TooLarge => AskError::TooLarge,
            Unread::Broken(error) => self.unanswered(&error),
        })
    }

    /// What a try without a whole answer was.
    fn unanswered(&self, error: &reqwest::Error) -> AskError {
        AskError::Unanswered(unanswered_words(error, self.timeout_ms))
    }
}

impl fmt::Debug for Tsa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tsa").field("name", &self.name).finish_non_exhaustive()
    }
}
