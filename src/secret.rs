//! PINs, passphrases and passwords: where they come from, read when first needed, never shown.
//! Doors share this and nothing else.

use std::fmt;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};
use thiserror::Error;
use zeroize::Zeroizing;

/// Longest secret we read from a file, in bytes.
const LONGEST: u64 = 4096;

/// Why there is no secret.
#[derive(Debug, Error)]
pub enum Error {
    /// More than one place is named.
    #[error("{0}_file, {0}_env and {0}_credential exclude each other: keep one")]
    Several(&'static str),
    /// The place does not give it; the content is never named.
    #[error("secret from {place} cannot be read: {reason}")]
    Unreadable {
        /// Where it was looked for.
        place: String,
        /// What is wrong there.
        reason: String,
    },
}

/// A place that holds one secret.
#[derive(Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// A file that only the service may read; one trailing line end is cut off.
    File(PathBuf),
    /// An environment variable: children and crash dumps inherit it, so it is the last choice.
    Environment(String),
    /// A systemd credential (`LoadCredential=`), read from `$CREDENTIALS_DIRECTORY`.
    Credential(String),
}

impl SecretSource {
    /// Picks the one place that is named. `what` is the setting's stem: `pin`, `passphrase`,
    /// `password`.
    ///
    /// # Errors
    /// [`Error::Several`].
    pub fn one_of(
        what: &'static str,
        file: Option<&PathBuf>,
        environment: Option<&String>,
        credential: Option<&String>,
    ) -> Result<Option<Self>, Error> {
        let mut named = file
            .map(|path| Self::File(path.clone()))
            .into_iter()
            .chain(environment.map(|name| Self::Environment(name.clone())))
            .chain(credential.map(|name| Self::Credential(name.clone())));
        let first = named.next();
        if named.next().is_some() {
            return Err(Error::Several(what));
        }
        Ok(first)
    }

    /// Reads the secret.
    ///
    /// # Errors
    /// [`Error::Unreadable`], which names the place and never the content.
    pub fn read(&self, production: bool) -> Result<SecretString, Error> {
        let secret = match self {
            Self::File(path) => self.read_file(path)?,
            Self::Credential(name) => self.read_file(&self.credential_path(name)?)?,
            Self::Environment(name) => {
                if production {
                    tracing::warn!(variable = %name, "a secret comes from the environment; \
                        prefer a systemd credential or a file of mode 0400");
                }
                let value = std::env::var(name)
                    .map_err(|_| self.unreadable("the variable is not set, or not UTF-8"))?;
                SecretString::from(value)
            }
        };
        if secret.expose_secret().is_empty() {
            return Err(self.unreadable("it is empty"));
        }
        Ok(secret)
    }

    fn credential_path(&self, name: &str) -> Result<PathBuf, Error> {
        if name.contains('/') || name.starts_with('.') || name.is_empty() {
            return Err(self.unreadable("a credential's name is a plain file name"));
        }
        let directory = std::env::var_os("CREDENTIALS_DIRECTORY").ok_or_else(|| {
            self.unreadable("CREDENTIALS_DIRECTORY is not set: not started by systemd?")
        })?;
        Ok(Path::new(&directory).join(name))
    }

    fn read_file(&self, path: &Path) -> Result<SecretString, Error> {
        let metadata =
            std::fs::metadata(path).map_err(|error| self.unreadable(&error.to_string()))?;
        if !metadata.is_file() {
            return Err(self.unreadable("it is not a file"));
        }
        if metadata.len() > LONGEST {
            return Err(self.unreadable("it is longer than 4096 bytes"));
        }
        if metadata.mode() & 0o077 != 0 {
            tracing::warn!(path = %path.display(), mode = %format!("{:o}", metadata.mode() & 0o777),
                "a secret can be read by others than its owner; chmod 0400 it");
        }
        let bytes =
            Zeroizing::new(std::fs::read(path).map_err(|e| self.unreadable(&e.to_string()))?);
        let text = std::str::from_utf8(&bytes).map_err(|_| self.unreadable("it is not UTF-8"))?;
        let text = text.strip_suffix('\n').unwrap_or(text);
        Ok(SecretString::from(text.strip_suffix('\r').unwrap_or(text).to_owned()))
    }

    fn unreadable(&self, reason: &str) -> Error {
        Error::Unreadable { place: self.to_string(), reason: reason.to_owned() }
    }
}

impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Environment(name) => write!(f, "environment variable {name}"),
            Self::Credential(name) => write!(f, "systemd credential {name}"),
        }
    }
}

impl fmt::Debug for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
