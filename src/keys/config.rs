//! Settings of the key back-ends. Nothing here holds a secret: only where secrets are.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use super::Error;
use crate::secret::SecretSource;

/// Section `keys`.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Refuses software keys. On unless switched off: whoever forgets the line gets the safe side.
    pub production: bool,
    /// Key back-ends by name; credentials name theirs.
    pub backends: BTreeMap<String, BackendConfig>,
}

impl Default for Config {
    fn default() -> Self {
        Self { production: true, backends: BTreeMap::new() }
    }
}

/// One key back-end: `kind = "pkcs11"` or `kind = "software"`.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum BackendConfig {
    Pkcs11(Pkcs11Config),
    Software(SoftwareConfig),
}

/// A token behind a PKCS#11 module. Exactly one of the `pin_` settings is needed.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Pkcs11Config {
    /// Path of the module, a shared library of the token's vendor.
    pub module: PathBuf,
    /// Label of the token (`CKA_LABEL`, at most 32 bytes).
    pub token_label: String,
    /// File that holds the PIN; mode 0400 is expected, others are warned about.
    #[serde(default)]
    pub pin_file: Option<PathBuf>,
    /// Name of the environment variable that holds the PIN; warned about in production.
    #[serde(default)]
    pub pin_env: Option<String>,
    /// Name of the systemd credential that holds the PIN.
    #[serde(default)]
    pub pin_credential: Option<String>,
    /// Sessions that sign at once, 1 to 64. A software token wants as many as cores, a network HSM
    /// more (its vendor knows; 30 is usual). Default: twice the cores, at most 8.
    #[serde(default = "default_sessions")]
    pub sessions: usize,
    /// Documents of one client service that may wait for a session, 1 to 100,000. Default: 256 for each session.
    #[serde(default)]
    pub queue: Option<usize>,
    /// How long a document may wait and be signed, in milliseconds. Default: 10,000.
    #[serde(default = "default_deadline_ms")]
    pub deadline_ms: u64,
    /// How long the module may take for one step (opening a session, finding a key, one signature), in
    /// milliseconds. A thread that takes longer is left alone and another takes its place; when twice
    /// as many hang as there are sessions, the token is out of service until calls come back.
    /// Default: 10,000.
    #[serde(default = "default_call_deadline_ms")]
    pub call_deadline_ms: u64,
    /// Who computes the digest. Default: `raw`.
    #[serde(default)]
    pub rsa_mechanism: RsaMechanism,
}

/// Who computes the digest of what is signed. When a token forbids one way, the other is tried.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum RsaMechanism {
    /// We do: `CKM_RSA_PKCS`, `CKM_RSA_PKCS_PSS`, `CKM_ECDSA`.
    #[default]
    Raw,
    /// The token does: `CKM_SHA256_RSA_PKCS` and its kin.
    Hashed,
}

/// Keys in files: for development and tests. Refused in production.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct SoftwareConfig {
    /// Folder of PKCS#8 (`.pem`, `.key`, `.der`, `.p8`) and PKCS#12 (`.p12`, `.pfx`) files.
    pub directory: PathBuf,
    /// File that holds the passphrase of the encrypted ones.
    #[serde(default)]
    pub passphrase_file: Option<PathBuf>,
    /// Name of the environment variable that holds it.
    #[serde(default)]
    pub passphrase_env: Option<String>,
    /// Name of the systemd credential that holds it.
    #[serde(default)]
    pub passphrase_credential: Option<String>,
}

impl Pkcs11Config {
    /// Where the PIN is; exactly one place.
    pub(super) fn pin(&self) -> Result<SecretSource, Error> {
        let named = SecretSource::one_of(
            "pin",
            self.pin_file.as_ref(),
            self.pin_env.as_ref(),
            self.pin_credential.as_ref(),
        )?;
        named.ok_or_else(|| {
            Error::Config("no PIN: name one of pin_file, pin_env, pin_credential".to_owned())
        })
    }

    /// Documents of one client service that may wait for a session.
    pub(super) fn queue(&self) -> usize {
        self.queue.unwrap_or(self.sessions * 256)
    }

    /// Checks the ranges that the fields promise.
    pub(super) fn check(&self) -> Result<(), Error> {
        if !(1..=64).contains(&self.sessions) {
            return Err(Error::Config(format!("sessions = {}: use 1 to 64", self.sessions)));
        }
        if !(1..=100_000).contains(&self.queue()) {
            return Err(Error::Config(format!("queue = {}: use 1 to 100000", self.queue())));
        }
        if self.deadline_ms == 0 {
            return Err(Error::Config("deadline_ms = 0: nothing could be signed".to_owned()));
        }
        if self.call_deadline_ms == 0 {
            return Err(Error::Config("call_deadline_ms = 0: no call could end".to_owned()));
        }
        if self.token_label.is_empty() || self.token_label.len() > 32 {
            return Err(Error::Config("token_label has 1 to 32 bytes".to_owned()));
        }
        self.pin().map(|_| ())
    }
}

impl SoftwareConfig {
    /// Where the passphrase is, if files need one.
    pub(super) fn passphrase(&self) -> Result<Option<SecretSource>, Error> {
        Ok(SecretSource::one_of(
            "passphrase",
            self.passphrase_file.as_ref(),
            self.passphrase_env.as_ref(),
            self.passphrase_credential.as_ref(),
        )?)
    }
}

fn default_sessions() -> usize {
    std::thread::available_parallelism().map_or(2, |cores| (2 * cores.get()).min(8))
}

const fn default_deadline_ms() -> u64 {
    10_000
}

const fn default_call_deadline_ms() -> u64 {
    10_000
}
