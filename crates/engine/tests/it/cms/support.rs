//! Keys of one run, sealing in one line, OpenSSL as judge.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use chancery_engine::domain::cades::CadesProfile;
use chancery_engine::domain::instant::Instant;
use chancery_engine::domain::refusal::Refusal;
use chancery_engine::pki::path;
use chancery_engine::seal::{Limits, Prepared, Profile, Sealed, Signer, prepare};
use chancery_testing::openssl;
use chancery_testing::sealing::checked;
use tempfile::TempDir;

/// Names of the keys.
pub(super) const KEYS: [&str; 6] = ["rsa2048", "rsa4096", "P-256", "P-384", "P-521", "secp256k1"];

/// `NAME.pem` and the self-signed `NAME.cert` of every key, made once per run.
static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    for name in KEYS {
        let kind = match name.strip_prefix("rsa") {
            Some(bits) => format!("-algorithm RSA -pkeyopt rsa_keygen_bits:{bits}"),
            None => format!("-algorithm EC -pkeyopt ec_paramgen_curve:{name}"),
        };
        let make = format!(
            "openssl genpkey -quiet {kind} -out {name}.pem && openssl req -x509 -new -key {name}.pem \
             -subj '/O=Chancery test/CN=Seal {name}' -days 2 -out {name}.cert \
             -addext basicConstraints=critical,CA:FALSE"
        );
        assert!(sh(&make, folder.path()).is_ok(), "these tests need the openssl command line");
    }
    folder
});

/// Runs a line of shell; `Err` has what it said.
pub(super) fn sh(line: &str, folder: &Path) -> Result<String, String> {
    let output = Command::new("sh").args(["-c", line]).current_dir(folder).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    if output.status.success() { Ok(said) } else { Err(said) }
}

pub(super) fn certificate(key: &str) -> PathBuf {
    FOLDER.path().join(format!("{key}.cert"))
}

pub(super) fn key_file(key: &str) -> PathBuf {
    FOLDER.path().join(format!("{key}.pem"))
}

pub(super) fn signer(key: &str) -> Signer {
    Signer::new(
        &path::of_file(&fs::read(certificate(key)).unwrap(), Instant::from_unix_ms(0)).unwrap(),
    )
}

pub(super) fn try_prepare(
    document: &[u8],
    profile: &Profile,
    signer: &Signer,
) -> Result<Prepared, Refusal> {
    let at = signer.certificate().not_before().plus_ms(1000);
    prepare(document.to_vec(), profile, signer, at, &Limits::default())
}

/// Prepares, asks the key, finishes.
pub(super) fn seal(document: &[u8], profile: &Profile, key: &str) -> Sealed {
    let signer = signer(key);
    let prepared = try_prepare(document, profile, &signer).unwrap();
    let kind = signer.certificate().key_kind();
    let algorithm = prepared.signature_algorithm();
    let value = openssl::sign(&key_file(key), kind, algorithm, prepared.to_be_signed());
    checked(prepared.attach(value).unwrap().finish(), profile)
}

pub(super) fn cades(profile: CadesProfile) -> Profile {
    Profile::Cades(Box::new(profile))
}

/// Why a document is refused.
pub(super) fn refusal(document: &[u8], profile: &Profile) -> Refusal {
    try_prepare(document, profile, &signer("P-256")).err().expect("a refusal")
}

/// Asks OpenSSL about a CMS; gives the content that it found in it or was told.
pub(super) fn openssl_verify(
    file: &[u8],
    content: Option<&[u8]>,
    key: &str,
) -> Result<Vec<u8>, String> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("signature"), file).unwrap();
    let content = content.map_or("", |content| {
        fs::write(folder.path().join("content"), content).unwrap();
        "-content content"
    });
    let line = format!(
        "openssl cms -verify -cades -binary -inform DER -in signature {content} -purpose any \
         -CAfile '{}' -out found",
        certificate(key).display()
    );
    sh(&line, folder.path())?;
    Ok(fs::read(folder.path().join("found")).unwrap())
}
