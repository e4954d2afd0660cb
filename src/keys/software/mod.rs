//! Keys in files, for development and tests. Production refuses them before this file is reached.

mod file;
mod legacy;
mod pair;
mod pkcs12;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use secrecy::SecretString;

use super::config::SoftwareConfig;
use super::{Error, KeyDescription, ToBeSigned, checked, short_name};
use crate::pki::algorithm::KeyKind;
use crate::pki::public_key::PublicKey;
use crate::pki::signature::CheckedValue;
use crate::secret::SecretSource;
use file::KeyFileFormat;
use pair::Pair;

/// A folder of keys.
pub(super) struct Software {
    directory: PathBuf,
    passphrase: Option<SecretSource>,
    shelf: Mutex<Shelf>,
}

/// What has been read so far; files are read once.
#[derive(Default)]
struct Shelf {
    keys: BTreeMap<[u8; 32], Arc<Key>>,
    read: BTreeSet<PathBuf>,
    problems: Vec<String>,
}

struct Key {
    label: String,
    public: PublicKey,
    pair: Pair,
    has_certificate: bool,
}

impl Software {
    /// Nothing is read yet.
    pub(super) fn new(config: &SoftwareConfig) -> Result<Self, Error> {
        let (directory, passphrase) = (config.directory.clone(), config.passphrase()?);
        Ok(Self { directory, passphrase, shelf: Mutex::default() })
    }

    /// Signs on as many blocking threads as there are cores; answers in the order of the messages.
    pub(super) async fn sign(
        self: &Arc<Self>,
        key: &Arc<PublicKey>,
        items: Vec<ToBeSigned>,
    ) -> Vec<Result<CheckedValue, Error>> {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let chunk = items.len().div_ceil(cores).max(1);
        let tasks: Vec<_> = items
            .chunks(chunk)
            .map(|items| {
                let (this, key, items) = (Arc::clone(self), Arc::clone(key), items.to_vec());
                let count = items.len();
                let task = tokio::task::spawn_blocking(move || {
                    items.iter().map(|item| this.sign_one(&key, item)).collect::<Vec<_>>()
                });
                (count, task)
            })
            .collect();
        let mut answers = Vec::with_capacity(items.len());
        for (count, task) in tasks {
            match task.await {
                Ok(values) => answers.extend(values),
                Err(_) => answers.extend((0..count).map(|_| Err(Error::Closed))),
            }
        }
        answers
    }

    fn sign_one(&self, key: &PublicKey, item: &ToBeSigned) -> Result<CheckedValue, Error> {
        let octets = self.key(key)?.pair.sign(item)?;
        checked(key, item, octets)
    }

    /// The keys of the folder, sorted by label. Blocks.
    pub(super) fn list(&self) -> Result<Vec<KeyDescription>, Error> {
        let mut keys: Vec<_> =
            self.with_shelf(true, |shelf| shelf.keys.values().map(|key| key.describe()).collect())?;
        keys.sort_by(|one: &KeyDescription, other| one.label.cmp(&other.label));
        Ok(keys)
    }

    /// The public half of a named key. Blocks.
    pub(super) fn public_key(&self, name: &str) -> Result<PublicKey, Error> {
        let named: Vec<PublicKey> = self.with_shelf(true, |shelf| {
            let is_named = |key: &&Arc<Key>| key.label == name || short_name(&key.public) == name;
            shelf.keys.values().filter(is_named).map(|key| key.public.clone()).collect()
        })?;
        match <[PublicKey; 1]>::try_from(named) {
            Ok([key]) => Ok(key),
            Err(none) if none.is_empty() => Err(Error::NameUnknown(name.to_owned())),
            Err(_) => Err(Error::NameAmbiguous(name.to_owned())),
        }
    }

    /// Generates a key and writes it as PKCS#8 PEM with mode 0600, encrypted when there is a
    /// passphrase. Blocks.
    pub(super) fn generate(&self, label: &str, kind: KeyKind) -> Result<KeyDescription, Error> {
        if label.is_empty() || label.starts_with('.') || label.contains(['/', '\\', '\0']) {
            return Err(Error::Config(format!("{label:?} cannot be the name of a key file")));
        }
        let io = |source| Error::Io { path: self.directory.clone(), source };
        std::fs::create_dir_all(&self.directory).map_err(io)?;
        let path = self.directory.join(format!("{label}.pem"));
        let pair = Pair::generate(kind)?;
        file::write(&path, label, &pair.to_pkcs8()?, self.passphrase()?.as_ref())?;
        let public = pair.public()?;
        let key = Key { label: label.to_owned(), public, pair, has_certificate: false };
        let description = key.describe();
        self.with_shelf(false, |shelf| {
            shelf.read.insert(path);
            shelf.keys.insert(key.public.fingerprint(), Arc::new(key));
        })?;
        Ok(description)
    }

    /// Reads the folder again; number of keys and what is wrong with the other files. Blocks.
    pub(super) fn condition(&self) -> Result<(usize, Vec<String>), Error> {
        self.with_shelf(true, |shelf| (shelf.keys.len(), shelf.problems.clone()))
    }

    fn key(&self, key: &PublicKey) -> Result<Arc<Key>, Error> {
        let name = key.fingerprint();
        if let Some(found) = self.with_shelf(false, |shelf| shelf.keys.get(&name).cloned())? {
            return Ok(found);
        }
        self.with_shelf(true, |shelf| shelf.keys.get(&name).cloned())?
            .ok_or_else(|| Error::KeyMissing(short_name(key)))
    }

    fn with_shelf<T>(&self, refresh: bool, f: impl FnOnce(&mut Shelf) -> T) -> Result<T, Error> {
        let mut locked = self.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        if refresh {
            self.read_folder(&mut locked)?;
        }
        Ok(f(&mut locked))
    }

    fn read_folder(&self, onto: &mut Shelf) -> Result<(), Error> {
        let io = |source| Error::Io { path: self.directory.clone(), source };
        onto.problems.clear();
        let mut passphrase = None;
        for entry in std::fs::read_dir(&self.directory).map_err(io)? {
            let path = entry.map_err(io)?.path();
            let Some(format) = KeyFileFormat::of(&path).filter(|_| !onto.read.contains(&path))
            else {
                continue;
            };
            if passphrase.is_none() {
                passphrase = self.passphrase()?;
            }
            match read_keys(&path, format, passphrase.as_ref()) {
                Ok(keys) => {
                    for key in keys {
                        onto.keys.insert(key.public.fingerprint(), Arc::new(key));
                    }
                    onto.read.insert(path);
                }
                Err(error) => {
                    tracing::warn!(%error, "a key file is skipped");
                    onto.problems.push(error.to_string());
                }
            }
        }
        Ok(())
    }

    fn passphrase(&self) -> Result<Option<SecretString>, Error> {
        Ok(self.passphrase.as_ref().map(|source| source.read(false)).transpose()?)
    }
}

fn read_keys(
    path: &Path,
    format: KeyFileFormat,
    passphrase: Option<&SecretString>,
) -> Result<Vec<Key>, Error> {
    let (documents, has_certificate) = file::read(path, format, passphrase)?;
    let label = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    documents
        .iter()
        .map(|document| {
            let pair = Pair::from_pkcs8(document.as_bytes()).ok_or_else(|| {
                file::unusable(
                    path,
                    "neither RSA (2048 to 8192 bits) nor EC P-256, P-384, P-521, secp256k1",
                )
            })?;
            Ok(Key { label: label.clone(), public: pair.public()?, pair, has_certificate })
        })
        .collect()
}

impl Key {
    fn describe(&self) -> KeyDescription {
        KeyDescription {
            label: self.label.clone(),
            id: short_name(&self.public),
            kind: Some(self.public.kind()),
            has_certificate: self.has_certificate,
        }
    }
}
