//! Settings of where validation data come from, and of what they must lead to.

use std::collections::BTreeMap;
use std::path::PathBuf;

use ipnet::IpNet;
use serde::Deserialize;
use thiserror::Error;

use crate::pki::revocation::crl;

/// The longest rest of an address, and the longest age of an answer: a day.
const DAY_MS: u64 = 86_400_000;

/// Section `revocation`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Files of certificates that the paths of seals and timestamps at levels LT and LTA must lead to.
    pub trust: Vec<PathBuf>,
    /// Files of certificates that may lie between.
    pub certificates: Vec<PathBuf>,
    /// Whether questions to OCSP responders have a nonce.
    pub nonce: NonceUse,
    /// Networks outside of the public internet that addresses in certificates may lead to.
    pub allow_networks: Vec<IpNet>,
    /// Milliseconds from the beginning of a question to the end of its answer.
    pub timeout_ms: u64,
    /// Milliseconds to connect, TLS included.
    pub connect_timeout_ms: u64,
    /// Bytes of a revocation list at most.
    pub list_bytes: usize,
    /// Bytes of answers that are kept in memory.
    pub cache_bytes: usize,
    /// How old an answer may be before it is asked for again.
    pub max_age_ms: u64,
    /// How often it is asked whether sealing certificates in use were revoked.
    pub own_ms: u64,
    /// How long an address is left alone after a failure; doubled for every one in a row.
    pub rest_ms: u64,
    /// The longest such rest.
    pub rest_at_most_ms: u64,
    /// Addresses beside those in certificates, by a name of the operator's for who issued them.
    #[serde(default)]
    pub issuers: BTreeMap<String, IssuerConfig>,
}

/// Where something is told of the certificates of an issuer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerConfig {
    /// File with the certificate of the issuer.
    pub certificate_file: PathBuf,
    /// OCSP responders.
    #[serde(default)]
    pub responders: Vec<String>,
    /// Complete revocation lists.
    #[serde(default)]
    pub lists: Vec<String>,
}

/// Whether a question has a random number that its answer repeats (RFC 9654).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NonceUse {
    /// It has none.
    None,
    /// It has one; an answer that was signed before may be without.
    Offered,
    /// It has one, and the answer too.
    Required,
}

/// Why settings cannot be used.
#[derive(Debug, Error)]
pub enum Error {
    /// A value is wrong.
    #[error("revocation.{0}")]
    Value(String),
}

impl Config {
    /// # Errors
    /// [`Error::Value`].
    pub fn check(&self) -> Result<(), Error> {
        let wrong = |what: &str| Err(Error::Value(what.to_owned()));
        if !(1..=600_000).contains(&self.timeout_ms)
            || !(1..=600_000).contains(&self.connect_timeout_ms)
        {
            return wrong("timeout_ms, connect_timeout_ms: use 1 to 600000");
        }
        if !(1024..=crl::MAX_LENGTH).contains(&self.list_bytes) {
            let most = crl::MAX_LENGTH;
            return Err(Error::Value(format!("list_bytes: use 1024 to {most}")));
        }
        if !(1000..=DAY_MS).contains(&self.own_ms) {
            return wrong("own_ms: use 1000 to 86400000");
        }
        if self.max_age_ms > DAY_MS {
            return wrong("max_age_ms: use at most 86400000");
        }
        if self.rest_ms > self.rest_at_most_ms || self.rest_at_most_ms > DAY_MS {
            return wrong("rest_ms: use at most rest_at_most_ms, and of that at most 86400000");
        }
        Ok(())
    }
}
