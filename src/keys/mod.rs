//! The door to private keys. A key is asked for a signature value and never leaves; every value is
//! checked with the public key before anybody sees it. Certificates, documents and rules live
//! elsewhere.

mod config;
mod keyring;
pub mod pkcs11;
mod proofs;
mod software;

use std::path::PathBuf;
use std::sync::Arc;

use thiserror::Error;

pub use config::{BackendConfig, Config, Pkcs11Config, RsaMechanism, SoftwareConfig};
pub use keyring::{BackendHealth, BackendState, Keyring};
pub use pkcs11::initialise_token;
pub use proofs::{Failing, KeyName, Proof};

use crate::domain::text::hex;
use crate::pki;
use crate::pki::algorithm::KeyKind;
use crate::pki::certificate::Certificate;
use crate::pki::public_key::PublicKey;
use crate::pki::signature::{CheckedValue, SignatureValue};
pub use crate::pki::to_be_signed::ToBeSigned;

/// Where keys live: a closed list, one file (or folder) for each.
#[derive(Clone)]
enum KeyBackend {
    Software(Arc<software::Software>),
    Pkcs11(Arc<pkcs11::Pkcs11>),
}

/// The key behind a certificate.
#[derive(Clone, Debug)]
pub struct KeyRef {
    /// Name of the key back-end in the configuration.
    pub backend: String,
    /// Its public key names the private one.
    pub certificate: Arc<Certificate>,
}

impl KeyRef {
    /// What the key is known by.
    #[must_use]
    pub fn name(&self) -> KeyName {
        (self.backend.clone(), PublicKey::of(&self.certificate).fingerprint())
    }
}

/// What an operator sees of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyDescription {
    /// `CKA_LABEL`, or the file's name without its ending.
    pub label: String,
    /// `CKA_ID` in lower-case hexadecimal; for files the start of the public key's fingerprint.
    pub id: String,
    /// `None` for keys we cannot seal with.
    pub kind: Option<KeyKind>,
    /// Whether a certificate lies beside the key.
    pub has_certificate: bool,
}

/// What can go wrong at this door.
#[derive(Debug, Error)]
pub enum Error {
    #[error("keys: {0}")]
    Config(String),
    #[error("no key back-end is called {0:?}")]
    BackendUnknown(String),
    #[error(
        "key back-end {0:?} keeps keys in files, which production refuses; \
         use kind = \"pkcs11\", or set keys.production = false for development"
    )]
    SoftwareInProduction(String),
    #[error(transparent)]
    Secret(crate::secret::Error),
    #[error("PKCS#11 module {path} cannot be loaded")]
    Module {
        path: PathBuf,
        #[source]
        source: ModuleError,
    },
    #[error("no token labelled {label:?} is present; {seen}")]
    TokenMissing {
        label: String,
        /// What the module shows instead, in words.
        seen: String,
    },
    #[error("a token labelled {0:?} exists already")]
    TokenTaken(String),
    #[error("the token refused the PIN; no further login is tried with it")]
    PinRefused(#[source] cryptoki::error::Error),
    #[error(
        "the token refused the PIN earlier; correct it where the service reads it, and restart the service \
         when that is a systemd credential or it was corrected once before (tokens lock or erase themselves \
         after a few wrong PINs)"
    )]
    PinGuarded,
    #[error("the token answered with an error")]
    Token(#[source] cryptoki::error::Error),
    #[error(
        "the token allows no suitable mechanism for this key; look at its CKA_ALLOWED_MECHANISMS, or \
         ask for another signature algorithm"
    )]
    MechanismRefused(#[source] cryptoki::error::Error),
    #[error(
        "the token does not let this key sign; look at its CKA_SIGN and CKA_ALLOWED_MECHANISMS"
    )]
    SigningForbidden(#[source] cryptoki::error::Error),
    #[error("the key back-end has no private key for public key {0}")]
    KeyMissing(String),
    #[error("no key has the label or id {0:?}")]
    NameUnknown(String),
    #[error("several keys have the label {0:?}; name one by its id")]
    NameAmbiguous(String),
    #[error("a key labelled {0:?} exists already")]
    LabelTaken(String),
    #[error(
        "keys of kind {0} cannot be generated here; use RSA-2048, RSA-3072, RSA-4096, P-256, P-384, \
         P-521 or secp256k1"
    )]
    KindUnsupported(String),
    #[error("the key answered with a signature value that its public key {0} does not verify")]
    WrongSignature(String),
    #[error(
        "key {0} answered with a wrong value earlier and is not used until it is released (chancery keys \
         release)"
    )]
    Quarantined(String),
    #[error("the key did not sign a moment ago and is probed until it does ({0})")]
    Resting(String),
    #[error("all sessions of the key back-end were busy until the deadline")]
    Saturated,
    #[error("the key back-end did not answer in time")]
    NoAnswer,
    #[error(
        "calls of the PKCS#11 module do not return; the key back-end is out of service until they do, or \
         until the service is restarted"
    )]
    OutOfService,
    #[error(
        "a login did not return, and whether the token refused the PIN is not known; no further login is \
         tried until it returns"
    )]
    LoginUnanswered,
    #[error("the threads of the key back-end have ended")]
    Closed,
    #[error("key file {path}: {reason}")]
    KeyFile { path: PathBuf, reason: String },
    #[error("{path} cannot be read or written")]
    Io {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("threads of the key back-end cannot be started")]
    Threads(#[source] std::io::Error),
    #[error("the random generator failed")]
    Random,
    #[error(transparent)]
    Pki(#[from] pki::Error),
}

/// Why a module could not be loaded.
#[derive(Debug, Error)]
pub enum ModuleError {
    #[error(transparent)]
    Path(#[from] std::io::Error),
    #[error(transparent)]
    Cryptoki(#[from] cryptoki::error::Error),
    #[error(transparent)]
    CSign(c_sign::LoadError),
}

/// What a caller can do about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// Session or device trouble: worth another try later.
    Transient,
    /// Somebody has to change something outside first (a PIN, a setting, a key that is gone); then the
    /// same is signed.
    Blocked,
    /// This key never signs this.
    Final,
    /// Too much at once: slow down, then try again.
    Saturated,
}

impl From<crate::secret::Error> for Error {
    fn from(error: crate::secret::Error) -> Self {
        match error {
            // A setting, and told with the back-end's name as all of them.
            crate::secret::Error::Several(_) => Self::Config(error.to_string()),
            crate::secret::Error::Unreadable { .. } => Self::Secret(error),
        }
    }
}

impl Error {
    /// What a caller can do about it.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Saturated => ErrorClass::Saturated,
            Self::TokenMissing { .. }
            | Self::NoAnswer
            | Self::Resting(_)
            | Self::OutOfService
            | Self::LoginUnanswered
            | Self::Closed
            | Self::Random => ErrorClass::Transient,
            Self::Token(source) => pkcs11::class(source),
            Self::MechanismRefused(_) | Self::SigningForbidden(_) | Self::Pki(_) => {
                ErrorClass::Final
            }
            Self::Config(_)
            | Self::BackendUnknown(_)
            | Self::SoftwareInProduction(_)
            | Self::Secret(_)
            | Self::Module { .. }
            | Self::TokenTaken(_)
            | Self::PinRefused(_)
            | Self::PinGuarded
            | Self::KeyMissing(_)
            | Self::NameUnknown(_)
            | Self::NameAmbiguous(_)
            | Self::LabelTaken(_)
            | Self::KindUnsupported(_)
            | Self::WrongSignature(_)
            | Self::Quarantined(_)
            | Self::KeyFile { .. }
            | Self::Threads(_)
            | Self::Io { .. } => ErrorClass::Blocked,
        }
    }
}

/// The only way from a back-end's octets to a value that leaves this room: ECDSA as `r || s`, whatever
/// the back-end made of it.
fn checked(key: &PublicKey, item: &ToBeSigned, octets: Vec<u8>) -> Result<CheckedValue, Error> {
    let value = SignatureValue::of_key(key.kind(), octets);
    CheckedValue::new(key, item, value).map_err(|_| Error::WrongSignature(short_name(key)))
}

/// How a public key is called in messages: the start of its fingerprint.
fn short_name(key: &PublicKey) -> String {
    hex(key.fingerprint().get(..8).unwrap_or_default())
}
