//! All key back-ends by name. What every back-end owes its callers is decided here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::config::{BackendConfig, Config};
use super::pkcs11::Pkcs11;
use super::proofs::{KeyName, Proof, Proofs};
use super::software::Software;
use super::{Error, ErrorClass, KeyBackend, KeyDescription, KeyRef, ToBeSigned, short_name};
use crate::domain::ids::ClientServiceId;
use crate::domain::profile::SignatureAlgorithm;
use crate::domain::sources::sources;
use crate::pki::algorithm::KeyKind;
use crate::pki::public_key::PublicKey;
use crate::pki::signature::{self, CheckedValue};

/// What trial signatures are over: nobody can take it for a document, an attribute or a request.
const TRIAL: &[u8] =
    b"Chancery asks whether this key signs. A signature over this text means nothing.";

/// The key back-ends of a configuration.
pub struct Keyring {
    backends: BTreeMap<String, KeyBackend>,
    quarantine: Mutex<Quarantine>,
    proofs: Proofs,
}

/// Keys that answered with a wrong value, by fingerprint of the public half.
#[derive(Default)]
struct Quarantine {
    /// As recorded elsewhere.
    recorded: BTreeSet<[u8; 32]>,
    /// Found by this process and not recorded yet.
    fresh: BTreeSet<[u8; 32]>,
}

/// How a back-end is.
#[derive(Debug)]
pub struct BackendHealth {
    /// Its name in the configuration.
    pub name: String,
    /// `pkcs11` or `software`.
    pub kind: &'static str,
    /// What was found, or why the back-end cannot be used now.
    pub state: Result<BackendState, Error>,
}

/// A back-end that can be used: the token is present and the login stands, or the folder is readable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BackendState {
    /// Maker, model and serial number of the token, or the number of keys in files.
    pub summary: String,
    /// Sessions that are open, out of those configured. Sessions open with their first signature.
    pub open_sessions: usize,
    pub sessions: usize,
    /// Messages that wait for a session.
    pub waiting: usize,
    /// PKCS#11 names of the mechanisms that the token offers; empty for software keys.
    pub mechanisms: Vec<String>,
    /// Things that do not stop the back-end but should be looked at.
    pub problems: Vec<String>,
}

impl Keyring {
    /// Makes a keyring and tries each back-end once. One that cannot be opened now does not stop
    /// the others: it is logged, shown by [`Keyring::health`] and tried again whenever it is used.
    /// Blocks while tokens answer.
    ///
    /// # Errors
    /// Only what no retry can mend: [`Error::Config`], [`Error::SoftwareInProduction`],
    /// [`Error::Threads`].
    pub fn open(config: &Config) -> Result<Self, Error> {
        let mut backends = BTreeMap::new();
        for (name, settings) in &config.backends {
            let in_section = |error| match error {
                Error::Config(text) => Error::Config(format!("back-end {name}: {text}")),
                other => other,
            };
            let backend = match settings {
                BackendConfig::Software(_) if config.production => {
                    return Err(Error::SoftwareInProduction(name.clone()));
                }
                BackendConfig::Software(settings) => {
                    KeyBackend::Software(Arc::new(Software::new(settings).map_err(in_section)?))
                }
                BackendConfig::Pkcs11(settings) => {
                    let opened = Pkcs11::new(name, settings, config.production);
                    KeyBackend::Pkcs11(Arc::new(opened.map_err(in_section)?))
                }
            };
            if let Err(error) = backend.state() {
                tracing::warn!(backend = %name, error = %sources(&error),
                    "a key back-end cannot be opened now");
            }
            backends.insert(name.clone(), backend);
        }
        Ok(Self { backends, quarantine: Mutex::default(), proofs: Proofs::default() })
    }

    /// Asks the key of a certificate for signature values, in the order of the messages. A value
    /// that is returned has been checked with the certificate's key.
    pub async fn sign(
        &self,
        key: &KeyRef,
        items: Vec<ToBeSigned>,
    ) -> Vec<Result<CheckedValue, Error>> {
        let public = Arc::new(PublicKey::of(&key.certificate));
        self.sign_with_public_key(&key.backend, &public, items).await
    }

    /// As [`Keyring::sign`], for a client service: where many wait for the key, each has its turn.
    pub async fn sign_for(
        &self,
        client_service: ClientServiceId,
        key: &KeyRef,
        items: Vec<ToBeSigned>,
    ) -> Vec<Result<CheckedValue, Error>> {
        let public = Arc::new(PublicKey::of(&key.certificate));
        self.ask(Some(client_service), (&key.backend, &public), items).await
    }

    /// As [`Keyring::sign`], for a key that has no certificate yet.
    pub async fn sign_with_public_key(
        &self,
        backend: &str,
        key: &Arc<PublicKey>,
        items: Vec<ToBeSigned>,
    ) -> Vec<Result<CheckedValue, Error>> {
        self.ask(None, (backend, key), items).await
    }

    async fn ask(
        &self,
        for_whom: Option<ClientServiceId>,
        (backend, key): (&str, &Arc<PublicKey>),
        items: Vec<ToBeSigned>,
    ) -> Vec<Result<CheckedValue, Error>> {
        let name = key.fingerprint();
        let refusals: Vec<Option<Error>> =
            items.iter().map(|item| self.refusal(backend, key, item)).collect();
        let allowed = items
            .into_iter()
            .zip(&refusals)
            .filter_map(|(item, refusal)| refusal.is_none().then_some(item))
            .collect();
        let values = match self.backends.get(backend) {
            Some(KeyBackend::Software(backend)) => backend.sign(key, allowed).await,
            Some(KeyBackend::Pkcs11(backend)) => backend.sign(for_whom, key, allowed).await,
            None => Vec::new(),
        };
        if values.iter().any(|value| matches!(value, Err(Error::WrongSignature(_)))) {
            tracing::error!(backend, key = %short_name(key),
                "a key answered with a wrong signature value; it is not used until it is released");
            self.quarantine().fresh.insert(name);
        }
        let mut values = values.into_iter();
        let values: Vec<_> = refusals
            .into_iter()
            .map(|refusal| match refusal {
                Some(error) => Err(error),
                None => values.next().unwrap_or(Err(Error::Closed)),
            })
            .collect();
        if self.backends.contains_key(backend) {
            self.proofs.note(&(backend.to_owned(), name), &values);
        }
        values
    }

    /// Why a message is not even shown to the key.
    fn refusal(&self, backend: &str, key: &PublicKey, item: &ToBeSigned) -> Option<Error> {
        if !self.backends.contains_key(backend) {
            return Some(Error::BackendUnknown(backend.to_owned()));
        }
        if self.is_quarantined(key.fingerprint()) {
            return Some(Error::Quarantined(short_name(key)));
        }
        signature::suits(key.kind(), item.algorithm()).err().map(Error::Pki)
    }

    /// Whether a key answered with a wrong value and was not released.
    #[must_use]
    pub fn is_quarantined(&self, fingerprint: [u8; 32]) -> bool {
        let quarantine = self.quarantine();
        quarantine.recorded.contains(&fingerprint) || quarantine.fresh.contains(&fingerprint)
    }

    /// Keys that answered with a wrong value, which is to be recorded.
    #[must_use]
    pub fn to_be_quarantined(&self) -> Vec<[u8; 32]> {
        self.quarantine().fresh.iter().copied().collect()
    }

    /// Says that it is recorded that these are in quarantine.
    pub fn note_quarantined(&self, keys: &[[u8; 32]]) {
        let mut quarantine = self.quarantine();
        for key in keys {
            quarantine.fresh.remove(key);
            quarantine.recorded.insert(*key);
        }
    }

    /// Takes over what is recorded, in place of what was before. Keys that were released are asked at once.
    pub fn set_quarantined(&self, recorded: BTreeSet<[u8; 32]>) {
        let before = std::mem::replace(&mut self.quarantine().recorded, recorded);
        for key in before.into_iter().filter(|key| !self.is_quarantined(*key)) {
            for backend in self.backends.keys() {
                self.proofs.forget(&(backend.clone(), key));
            }
        }
    }

    fn quarantine(&self) -> std::sync::MutexGuard<'_, Quarantine> {
        self.quarantine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of the key of a certificate.
    #[must_use]
    pub fn proof(&self, key: &KeyRef) -> Proof {
        self.proofs.of(&key.name())
    }

    /// Returns when a key signed for the first time or again: [`Keyring::take_healed`] has it.
    pub async fn healed(&self) {
        self.proofs.bell.notified().await;
    }

    /// The keys that signed for the first time, or again after a failure, since this was asked last.
    #[must_use]
    pub fn take_healed(&self) -> Vec<KeyName> {
        self.proofs.take_healed()
    }

    /// The back-ends, by name, with their kind.
    pub fn back_ends(&self) -> impl Iterator<Item = (&str, &'static str)> {
        self.backends.iter().map(|(name, backend)| (name.as_str(), backend.kind()))
    }

    /// How one back-end is: opens what is not open, logs in, asks the token for its condition.
    ///
    /// # Errors
    /// Why it cannot be used now.
    pub async fn condition(&self, backend: &str) -> Result<BackendState, Error> {
        let state = self.blocking(backend, KeyBackend::state).await;
        self.proofs.note_condition(backend, state.is_ok());
        state
    }

    /// Whether a back-end could be used when it was asked last, and when that was.
    #[must_use]
    pub fn last_condition(&self, backend: &str) -> Option<(Instant, bool)> {
        self.proofs.condition(backend)
    }

    /// Lets the key of a certificate sign a text that means nothing, to see that it does: whether it is
    /// there is not yet whether it may. Returns the algorithm it signed with: the usual one of such a
    /// key, or the first that the token allows.
    ///
    /// # Errors
    /// [`Error::KeyMissing`] when it is not there; why it refused the usual algorithm; otherwise why
    /// nobody can tell.
    pub async fn prove(&self, key: &KeyRef) -> Result<SignatureAlgorithm, Error> {
        let usual = key.certificate.default_signature();
        let others = SignatureAlgorithm::ALL.into_iter().filter(|other| {
            *other != usual && !other.digest().is_legacy() && key.certificate.allows(*other).is_ok()
        });
        let mut refused = None;
        for algorithm in std::iter::once(usual).chain(others) {
            let mut values = self.sign(key, vec![ToBeSigned::new(algorithm, TRIAL)]).await;
            match values.pop().unwrap_or(Err(Error::Closed)) {
                Ok(_) => return Ok(algorithm),
                Err(error) if error.class() == ErrorClass::Final => {
                    refused = refused.or(Some(error));
                }
                Err(error) => return Err(error),
            }
        }
        let refused = refused.unwrap_or(Error::Closed);
        self.proofs.note_failure(&key.name(), &refused);
        Err(refused)
    }

    /// How each back-end is: opens what is not open, logs in, asks the token for its condition.
    pub async fn health(&self) -> Vec<BackendHealth> {
        let mut all = Vec::with_capacity(self.backends.len());
        for (name, backend) in &self.backends {
            let state = self.blocking(name, KeyBackend::state).await;
            all.push(BackendHealth { name: name.clone(), kind: backend.kind(), state });
        }
        all
    }

    /// The keys of a back-end.
    pub async fn list(&self, backend: &str) -> Result<Vec<KeyDescription>, Error> {
        self.blocking(backend, |backend| match backend {
            KeyBackend::Software(backend) => backend.list(),
            KeyBackend::Pkcs11(backend) => backend.list(),
        })
        .await
    }

    /// Generates a key: in a token inside of it, never to leave; in software as a new file.
    ///
    /// # Errors
    /// [`Error::KindUnsupported`], [`Error::LabelTaken`], and the back-end's own.
    pub async fn generate(
        &self,
        backend: &str,
        label: &str,
        kind: KeyKind,
    ) -> Result<KeyDescription, Error> {
        let label = label.to_owned();
        self.blocking(backend, move |backend| match backend {
            KeyBackend::Software(backend) => backend.generate(&label, kind),
            KeyBackend::Pkcs11(backend) => backend.generate(&label, kind),
        })
        .await
    }

    /// The public half of the key with this label or id.
    ///
    /// # Errors
    /// [`Error::NameUnknown`], [`Error::NameAmbiguous`], and the back-end's own.
    pub async fn public_key(&self, backend: &str, name: &str) -> Result<PublicKey, Error> {
        let name = name.to_owned();
        self.blocking(backend, move |backend| match backend {
            KeyBackend::Software(backend) => backend.public_key(&name),
            KeyBackend::Pkcs11(backend) => backend.public_key(&name),
        })
        .await
    }

    async fn blocking<T: Send + 'static>(
        &self,
        name: &str,
        ask: impl FnOnce(&KeyBackend) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let backend =
            self.backends.get(name).ok_or_else(|| Error::BackendUnknown(name.to_owned()))?.clone();
        tokio::task::spawn_blocking(move || ask(&backend)).await.unwrap_or(Err(Error::Closed))
    }
}

impl KeyBackend {
    const fn kind(&self) -> &'static str {
        match self {
            Self::Software(_) => "software",
            Self::Pkcs11(_) => "pkcs11",
        }
    }

    fn state(&self) -> Result<BackendState, Error> {
        match self {
            Self::Software(backend) => {
                let (keys, problems) = backend.condition()?;
                let summary = format!("{keys} keys in files");
                Ok(BackendState { summary, problems, ..BackendState::default() })
            }
            Self::Pkcs11(backend) => backend.condition(),
        }
    }
}
