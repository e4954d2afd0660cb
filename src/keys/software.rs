//! Keys in files, for development and tests. Production refuses them before this file is reached.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rand::{self, SystemRandom};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{self as aws, EcdsaKeyPair, KeyPair as _, RsaEncoding, RsaKeyPair};
use der::Decode as _;
use pkcs8::pkcs5::pbes2;
use pkcs8::{EncryptedPrivateKeyInfoRef, LineEnding, PrivateKeyInfoRef, SecretDocument};
use secrecy::{ExposeSecret as _, SecretString};

use super::config::SoftwareConfig;
use super::secret::SecretSource;
use super::{Error, KeyDescription, ToBeSigned, checked, pkcs12, short_name};
use crate::domain::profile::{DigestAlgorithm, SignatureAlgorithm};
use crate::pki::algorithm::KeyKind;
use crate::pki::public_key::{EcCurve, PublicKey};
use crate::pki::signature::SignatureValue;

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

enum Pair {
    Rsa(RsaKeyPair),
    Ecdsa(EcdsaKeyPair),
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
    ) -> Vec<Result<SignatureValue, Error>> {
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

    fn sign_one(&self, key: &PublicKey, item: &ToBeSigned) -> Result<SignatureValue, Error> {
        let octets = self.key(key)?.pair.sign(item)?;
        checked(key, item, octets)
    }

    /// Whether the key is there. Blocks.
    pub(super) fn find(&self, key: &PublicKey) -> Result<(), Error> {
        self.key(key).map(|_| ())
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
        let pair = Pair::generate(kind)?;
        let der = pair.to_pkcs8()?;
        let pem = match self.passphrase()? {
            None => der.to_pem("PRIVATE KEY", LineEnding::LF),
            Some(passphrase) => {
                encrypt(&der, &passphrase)?.to_pem("ENCRYPTED PRIVATE KEY", LineEnding::LF)
            }
        };
        let path = self.directory.join(format!("{label}.pem"));
        let pem = pem.map_err(|_| unusable(&path, "it cannot be encoded"))?;
        let io = |source| Error::Io { path: path.clone(), source };
        std::fs::create_dir_all(&self.directory).map_err(io)?;
        let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        let mut file = file.map_err(|source| match source.kind() {
            std::io::ErrorKind::AlreadyExists => Error::LabelTaken(label.to_owned()),
            _ => io(source),
        })?;
        file.write_all(pem.as_bytes()).and_then(|()| file.sync_all()).map_err(io)?;
        let public = pair.public()?;
        let key = Key { label: label.to_owned(), public, pair, has_certificate: false };
        let description = key.describe();
        self.with_shelf(false, |shelf| {
            shelf.read.insert(path.clone());
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
        let mut shelf = self.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        if refresh {
            self.read_folder(&mut shelf)?;
        }
        Ok(f(&mut shelf))
    }

    fn read_folder(&self, shelf: &mut Shelf) -> Result<(), Error> {
        let io = |source| Error::Io { path: self.directory.clone(), source };
        shelf.problems.clear();
        let mut passphrase = None;
        for entry in std::fs::read_dir(&self.directory).map_err(io)? {
            let path = entry.map_err(io)?.path();
            let Some(format) = Format::of(&path).filter(|_| !shelf.read.contains(&path)) else {
                continue;
            };
            if passphrase.is_none() {
                passphrase = self.passphrase()?;
            }
            match read_file(&path, format, passphrase.as_ref()) {
                Ok(keys) => {
                    for key in keys {
                        shelf.keys.insert(key.public.fingerprint(), Arc::new(key));
                    }
                    shelf.read.insert(path);
                }
                Err(error) => {
                    tracing::warn!(%error, "a key file is skipped");
                    shelf.problems.push(error.to_string());
                }
            }
        }
        Ok(())
    }

    fn passphrase(&self) -> Result<Option<SecretString>, Error> {
        self.passphrase.as_ref().map(|source| source.read(false)).transpose()
    }
}

#[derive(Clone, Copy)]
enum Format {
    Pem,
    Der,
    Pkcs12,
}

impl Format {
    fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "pem" | "key" => Some(Self::Pem),
            "der" | "p8" => Some(Self::Der),
            "p12" | "pfx" => Some(Self::Pkcs12),
            _ => None,
        }
    }
}

fn read_file(
    path: &Path,
    format: Format,
    passphrase: Option<&SecretString>,
) -> Result<Vec<Key>, Error> {
    let bytes = std::fs::read(path)
        .map(zeroize::Zeroizing::new)
        .map_err(|source| Error::Io { path: path.to_owned(), source })?;
    let (documents, beside) = match format {
        Format::Pem => read_pem(path, &bytes, passphrase)?,
        Format::Der => (vec![open(path, &bytes, passphrase)?], false),
        Format::Pkcs12 => {
            let keys = pkcs12::private_keys(&bytes, passphrase);
            (keys.map_err(|reason| unusable(path, &reason))?, true)
        }
    };
    let has_certificate = beside || path.with_extension("crt").exists();
    let label = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    documents
        .iter()
        .map(|document| {
            let pair = Pair::from_pkcs8(document.as_bytes()).ok_or_else(|| {
                unusable(path, "neither RSA (2048 to 8192) nor P-256, P-384, P-521")
            })?;
            Ok(Key { label: label.clone(), public: pair.public()?, pair, has_certificate })
        })
        .collect()
}

/// The private keys of a PEM file, and whether it holds a certificate too. A file of certificates
/// alone is fine and holds no key.
fn read_pem(
    path: &Path,
    bytes: &[u8],
    passphrase: Option<&SecretString>,
) -> Result<(Vec<SecretDocument>, bool), Error> {
    let text = std::str::from_utf8(bytes).map_err(|_| unusable(path, "it is not PEM"))?;
    let mut documents = Vec::new();
    let mut certificate = false;
    for block in text.split_inclusive("-----END ").skip(1).zip(text.split("-----BEGIN ").skip(1)) {
        let body = block.1;
        let label = body.split("-----").next().unwrap_or_default();
        match label {
            "PRIVATE KEY" | "ENCRYPTED PRIVATE KEY" => {
                let end = format!("-----END {label}-----");
                let body = body.split_once(&end).map_or(body, |(body, _)| body);
                let pem = zeroize::Zeroizing::new(format!("-----BEGIN {body}{end}\n"));
                let (_, document) = SecretDocument::from_pem(&pem)
                    .map_err(|_| unusable(path, "its PEM is damaged"))?;
                documents.push(open(path, document.as_bytes(), passphrase)?);
            }
            "CERTIFICATE" => certificate = true,
            other if other.ends_with("PRIVATE KEY") => {
                let advice =
                    format!("{other} is not PKCS#8: openssl pkcs8 -topk8 -in FILE -out KEY.pem");
                return Err(unusable(path, &advice));
            }
            _ => {}
        }
    }
    Ok((documents, certificate))
}

/// PKCS#8, decrypted if it is encrypted.
fn open(
    path: &Path,
    der: &[u8],
    passphrase: Option<&SecretString>,
) -> Result<SecretDocument, Error> {
    if PrivateKeyInfoRef::from_der(der).is_ok() {
        return SecretDocument::try_from(der).map_err(|_| unusable(path, "it is not PKCS#8"));
    }
    let encrypted = EncryptedPrivateKeyInfoRef::from_der(der).map_err(|_| {
        unusable(
            path,
            "neither PKCS#8 nor PKCS#8 encrypted with PBES2: openssl pkcs8 -topk8 -v2 aes-256-cbc",
        )
    })?;
    let passphrase = passphrase.ok_or_else(|| {
        unusable(
            path,
            "it is encrypted; name one of passphrase_file, passphrase_env, passphrase_credential",
        )
    })?;
    encrypted
        .decrypt(passphrase.expose_secret())
        .map_err(|_| unusable(path, "the passphrase does not open it"))
}

fn encrypt(der: &SecretDocument, passphrase: &SecretString) -> Result<SecretDocument, Error> {
    let (mut salt, mut iv) = ([0; 16], [0; 16]);
    rand::fill(&mut salt).and_then(|()| rand::fill(&mut iv)).map_err(|_| Error::Random)?;
    let parameters = pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(600_000, &salt, iv);
    let parameters = parameters.map_err(|_| Error::Random)?;
    PrivateKeyInfoRef::from_der(der.as_bytes())
        .and_then(|key| {
            key.encrypt_with_params(parameters, passphrase.expose_secret())
                .map_err(|_| der::ErrorKind::Failed.into())
        })
        .map_err(|error| Error::Pki(crate::pki::Error::Encoding(error)))
}

fn unusable(path: &Path, reason: &str) -> Error {
    Error::KeyFile { path: path.to_owned(), reason: reason.to_owned() }
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

impl Pair {
    fn from_pkcs8(der: &[u8]) -> Option<Self> {
        if let Ok(pair) = RsaKeyPair::from_pkcs8(der) {
            return Some(Self::Rsa(pair));
        }
        [EcCurve::P256, EcCurve::P384, EcCurve::P521]
            .into_iter()
            .find_map(|curve| EcdsaKeyPair::from_pkcs8(ecdsa(curve), der).ok())
            .map(Self::Ecdsa)
    }

    fn generate(kind: KeyKind) -> Result<Self, Error> {
        let rsa = |size| RsaKeyPair::generate(size).map(Self::Rsa);
        let ec = |curve| EcdsaKeyPair::generate(ecdsa(curve)).map(Self::Ecdsa);
        match kind {
            KeyKind::Rsa { bits: 2048 } => rsa(KeySize::Rsa2048),
            KeyKind::Rsa { bits: 3072 } => rsa(KeySize::Rsa3072),
            KeyKind::Rsa { bits: 4096 } => rsa(KeySize::Rsa4096),
            KeyKind::P256 => ec(EcCurve::P256),
            KeyKind::P384 => ec(EcCurve::P384),
            KeyKind::Rsa { .. } | KeyKind::P521 => {
                return Err(Error::KindUnsupported(kind.label()));
            }
        }
        .map_err(|_| Error::Random)
    }

    fn to_pkcs8(&self) -> Result<SecretDocument, Error> {
        let wrong = |_| Error::Pki(crate::pki::Error::Encoding(der::ErrorKind::Failed.into()));
        match self {
            Self::Rsa(pair) => {
                let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| Error::Random)?;
                SecretDocument::try_from(der.as_ref()).map_err(wrong)
            }
            Self::Ecdsa(pair) => {
                let der = pair.to_pkcs8v1().map_err(|_| Error::Random)?;
                SecretDocument::try_from(der.as_ref()).map_err(wrong)
            }
        }
    }

    fn public(&self) -> Result<PublicKey, Error> {
        Ok(match self {
            Self::Rsa(pair) => {
                let public = pair.public_key();
                PublicKey::rsa(
                    public.modulus().big_endian_without_leading_zero(),
                    public.exponent().big_endian_without_leading_zero(),
                )?
            }
            Self::Ecdsa(pair) => {
                let algorithm = pair.algorithm();
                let curve = [EcCurve::P256, EcCurve::P384, EcCurve::P521]
                    .into_iter()
                    .find(|curve| ecdsa(*curve) == algorithm)
                    .unwrap_or(EcCurve::P256);
                PublicKey::ec(curve, pair.public_key().as_ref())?
            }
        })
    }

    fn sign(&self, item: &ToBeSigned) -> Result<Vec<u8>, Error> {
        let random = SystemRandom::new();
        let mismatch = || crate::pki::Error::AlgorithmMismatch(item.algorithm().as_str());
        match self {
            Self::Rsa(pair) => {
                let encoding = rsa_encoding(item.algorithm()).ok_or_else(mismatch)?;
                let mut value = vec![0; pair.public_modulus_len()];
                pair.sign(encoding, &random, item.message(), &mut value)
                    .map_err(|_| Error::Random)?;
                Ok(value)
            }
            Self::Ecdsa(pair) => {
                let value = pair.sign(&random, item.message()).map_err(|_| Error::Random)?;
                Ok(value.as_ref().to_vec())
            }
        }
    }
}

const fn ecdsa(curve: EcCurve) -> &'static aws::EcdsaSigningAlgorithm {
    match curve {
        EcCurve::P256 => &aws::ECDSA_P256_SHA256_FIXED_SIGNING,
        EcCurve::P384 => &aws::ECDSA_P384_SHA384_FIXED_SIGNING,
        EcCurve::P521 => &aws::ECDSA_P521_SHA512_FIXED_SIGNING,
    }
}

fn rsa_encoding(algorithm: SignatureAlgorithm) -> Option<&'static dyn RsaEncoding> {
    use DigestAlgorithm::{Sha256, Sha384, Sha512};
    Some(match algorithm {
        SignatureAlgorithm::RsaPkcs1(Sha256) => &aws::RSA_PKCS1_SHA256,
        SignatureAlgorithm::RsaPkcs1(Sha384) => &aws::RSA_PKCS1_SHA384,
        SignatureAlgorithm::RsaPkcs1(Sha512) => &aws::RSA_PKCS1_SHA512,
        SignatureAlgorithm::RsaPss(Sha256) => &aws::RSA_PSS_SHA256,
        SignatureAlgorithm::RsaPss(Sha384) => &aws::RSA_PSS_SHA384,
        SignatureAlgorithm::RsaPss(Sha512) => &aws::RSA_PSS_SHA512,
        SignatureAlgorithm::Ecdsa(_) => return None,
    })
}
