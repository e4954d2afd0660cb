//! Settings of the service's own mail account. Nothing here holds a secret: only where secrets are.

use std::path::PathBuf;
use std::sync::Arc;

use serde::Deserialize;
use thiserror::Error;

use super::account::{Account, Login, Security, Timeouts};
use super::dkim::{DkimError, DkimKey};
use crate::domain::delivery::MailAddress;
use crate::secret::{self, SecretSource};

/// Section `mail`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The relay; empty: the service sends no mail of its own.
    pub host: String,
    /// Its port; 0: the usual one for `security`.
    pub port: u16,
    /// How the way there is protected.
    pub security: Security,
    /// The sender's address.
    pub from: String,
    /// The sender's display name.
    pub from_name: String,
    /// User name for AUTH; empty: none.
    pub username: String,
    /// File with the password.
    pub password_file: Option<PathBuf>,
    /// Environment variable with the password.
    pub password_env: Option<String>,
    /// systemd credential with the password.
    pub password_credential: Option<String>,
    /// PEM file with certificates trusted beside those of the system; empty: none.
    pub ca_file: PathBuf,
    /// Our name in EHLO; empty: an address literal.
    pub ehlo_name: String,
    /// Connections open at once.
    pub connections: usize,
    /// Wait for a TCP connection.
    pub connect_ms: u64,
    /// Wait for the answer to a command.
    pub command_ms: u64,
    /// Wait for a piece of the message to be taken.
    pub write_ms: u64,
    /// Wait for the answer to the message.
    pub data_ms: u64,
    /// How long an unused connection is kept.
    pub idle_ms: u64,
    /// Domain that signs (DKIM `d=`); empty: no signature.
    pub dkim_domain: String,
    /// Which of its keys (DKIM `s=`).
    pub dkim_selector: String,
    /// PEM file of the private key.
    pub dkim_key_file: PathBuf,
}

/// Why settings of mail cannot be used.
#[derive(Debug, Error)]
pub enum Error {
    /// A value is wrong.
    #[error("mail.{0}")]
    Value(String),
    /// A file cannot be read.
    #[error("mail.{setting}: {path} cannot be read")]
    File {
        /// The setting that names it.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The password cannot be read.
    #[error("mail")]
    Secret(#[from] secret::Error),
    /// The DKIM key cannot be used.
    #[error("mail.dkim_key_file")]
    Dkim(#[from] DkimError),
}

impl Config {
    /// The account, with its password, certificates and DKIM key read; `None` without a host.
    /// `production` warns of a password in the environment.
    ///
    /// # Errors
    /// [`type@Error`] names the setting, never a secret.
    pub fn account(&self, production: bool) -> Result<Option<Account>, Error> {
        if self.host.is_empty() {
            return Ok(None);
        }
        let from = MailAddress::parse(&self.from).ok_or_else(|| {
            Error::Value(format!("from = {:?} is no mail address: use name@domain", self.from))
        })?;
        let port = if self.port == 0 { self.security.usual_port() } else { self.port };
        if !(1..=100).contains(&self.connections) {
            return Err(Error::Value(format!("connections = {}: use 1 to 100", self.connections)));
        }
        let timeouts = self.timeouts()?;
        let login = self.login(production)?;
        let ca_pem = read(&self.ca_file, "ca_file")?.map(Arc::from);
        let account = Account::new(&self.host, port, self.security, from);
        if login.is_some() && self.security == Security::None && !account.is_here() {
            return Err(Error::Value(
                "security = \"none\" would send the password in clear text: use \"starttls\" or \
                 \"implicit\""
                    .to_owned(),
            ));
        }
        Ok(Some(Account {
            from_name: self.from_name.clone(),
            login,
            timeouts,
            ca_pem,
            ehlo_name: self.ehlo_name.clone(),
            connections: self.connections,
            dkim: self.dkim()?.map(Arc::new),
            ..account
        }))
    }

    fn timeouts(&self) -> Result<Timeouts, Error> {
        let named = [
            ("connect_ms", self.connect_ms),
            ("command_ms", self.command_ms),
            ("write_ms", self.write_ms),
            ("data_ms", self.data_ms),
            ("idle_ms", self.idle_ms),
        ];
        if let Some((name, _)) = named.iter().find(|(_, value)| !(1..=3_600_000).contains(value)) {
            return Err(Error::Value(format!("{name}: use 1 to 3600000")));
        }
        Ok(Timeouts {
            connect_ms: self.connect_ms,
            command_ms: self.command_ms,
            write_ms: self.write_ms,
            data_ms: self.data_ms,
            idle_ms: self.idle_ms,
        })
    }

    fn login(&self, production: bool) -> Result<Option<Login>, Error> {
        let source = SecretSource::one_of(
            "password",
            self.password_file.as_ref(),
            self.password_env.as_ref(),
            self.password_credential.as_ref(),
        )?;
        match (self.username.is_empty(), source) {
            (true, None) => Ok(None),
            (false, Some(source)) => {
                let password = source.read(production)?;
                Ok(Some(Login { username: self.username.clone(), password }))
            }
            (true, Some(_)) => Err(Error::Value("username: a password without one".to_owned())),
            (false, None) => Err(Error::Value(
                "username without a password: name one of password_file, password_env, \
                 password_credential"
                    .to_owned(),
            )),
        }
    }

    fn dkim(&self) -> Result<Option<DkimKey>, Error> {
        if self.dkim_domain.is_empty() {
            return Ok(None);
        }
        let pem = read(&self.dkim_key_file, "dkim_key_file")?
            .ok_or_else(|| Error::Value("dkim_key_file: dkim_domain needs a key".to_owned()))?;
        Ok(Some(DkimKey::from_pem(&self.dkim_domain, &self.dkim_selector, &pem)?))
    }
}

fn read(path: &PathBuf, setting: &'static str) -> Result<Option<Vec<u8>>, Error> {
    if path.as_os_str().is_empty() {
        return Ok(None);
    }
    let read = std::fs::read(path);
    read.map(Some).map_err(|source| Error::File { setting, path: path.clone(), source })
}
