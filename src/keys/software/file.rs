//! Private keys in files: PKCS#8 (PEM, DER, encrypted or not) and PKCS#12.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use aws_lc_rs::rand;
use der::Decode as _;
use pkcs8::pkcs5::pbes2;
use pkcs8::{EncryptedPrivateKeyInfoRef, LineEnding, PrivateKeyInfoRef, SecretDocument};
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use super::pkcs12;
use crate::keys::Error;

/// Iterations of PBKDF2 with HMAC-SHA-256 for the files we write.
const ITERATIONS: u32 = 600_000;

/// How a key file is written, by the ending of its name.
#[derive(Clone, Copy)]
pub(super) enum KeyFileFormat {
    Pem,
    Der,
    Pkcs12,
}

impl KeyFileFormat {
    /// `None` for files that are not ours to read.
    pub(super) fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "pem" | "key" => Some(Self::Pem),
            "der" | "p8" => Some(Self::Der),
            "p12" | "pfx" => Some(Self::Pkcs12),
            _ => None,
        }
    }
}

/// The private keys in a file as PKCS#8, and whether a certificate lies beside them.
pub(super) fn read(
    path: &Path,
    format: KeyFileFormat,
    passphrase: Option<&SecretString>,
) -> Result<(Vec<SecretDocument>, bool), Error> {
    let bytes = std::fs::read(path)
        .map(Zeroizing::new)
        .map_err(|source| Error::Io { path: path.to_owned(), source })?;
    let (keys, certificate) = match format {
        KeyFileFormat::Pem => read_pem(path, &bytes, passphrase)?,
        KeyFileFormat::Der => (vec![open(path, &bytes, passphrase)?], false),
        KeyFileFormat::Pkcs12 => {
            let keys = pkcs12::private_keys(&bytes, passphrase);
            (keys.map_err(|reason| unusable(path, &reason))?, true)
        }
    };
    Ok((keys, certificate || path.with_extension("crt").exists()))
}

/// Writes a new PKCS#8 PEM file with mode 0600, encrypted when there is a passphrase. It is on disk
/// when this returns.
///
/// # Errors
/// [`Error::LabelTaken`] when the file exists, [`Error::Io`].
pub(super) fn write(
    path: &Path,
    label: &str,
    key: &SecretDocument,
    passphrase: Option<&SecretString>,
) -> Result<(), Error> {
    let pem = match passphrase {
        None => key.to_pem("PRIVATE KEY", LineEnding::LF),
        Some(passphrase) => {
            encrypt(path, key, passphrase)?.to_pem("ENCRYPTED PRIVATE KEY", LineEnding::LF)
        }
    };
    let pem = pem.map_err(|_| unusable(path, "it cannot be encoded"))?;
    let io = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::AlreadyExists => Error::LabelTaken(label.to_owned()),
        _ => Error::Io { path: path.to_owned(), source },
    };
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o600).open(path).map_err(io)?;
    file.write_all(pem.as_bytes()).and_then(|()| file.sync_all()).map_err(io)
}

/// The private keys of a PEM file, and whether it holds a certificate too. A file of certificates
/// alone is fine and holds no key.
fn read_pem(
    path: &Path,
    bytes: &[u8],
    passphrase: Option<&SecretString>,
) -> Result<(Vec<SecretDocument>, bool), Error> {
    let text = std::str::from_utf8(bytes).map_err(|_| unusable(path, "it is not PEM"))?;
    let mut keys = Vec::new();
    let mut certificate = false;
    for block in text.split("-----BEGIN ").skip(1) {
        match block.split("-----").next().unwrap_or_default() {
            label @ ("PRIVATE KEY" | "ENCRYPTED PRIVATE KEY") => {
                let end = format!("-----END {label}-----");
                let body = block.split_once(&end).map_or(block, |(body, _)| body);
                let pem = Zeroizing::new(format!("-----BEGIN {body}{end}\n"));
                let (_, document) = SecretDocument::from_pem(&pem)
                    .map_err(|_| unusable(path, "its PEM is damaged"))?;
                keys.push(open(path, document.as_bytes(), passphrase)?);
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
    Ok((keys, certificate))
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
            "neither PKCS#8 nor PKCS#8 with PBES2; convert it: openssl pkcs8 -topk8 -in FILE -out KEY.pem",
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

fn encrypt(
    path: &Path,
    key: &SecretDocument,
    passphrase: &SecretString,
) -> Result<SecretDocument, Error> {
    let (mut salt, mut iv) = ([0; 16], [0; 16]);
    rand::fill(&mut salt).and_then(|()| rand::fill(&mut iv)).map_err(|_| Error::Random)?;
    pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(ITERATIONS, &salt, iv)
        .ok()
        .zip(PrivateKeyInfoRef::from_der(key.as_bytes()).ok())
        .and_then(|(parameters, key)| {
            key.encrypt_with_params(parameters, passphrase.expose_secret()).ok()
        })
        .ok_or_else(|| unusable(path, "it cannot be encrypted"))
}

pub(super) fn unusable(path: &Path, reason: &str) -> Error {
    Error::KeyFile { path: path.to_owned(), reason: reason.to_owned() }
}
