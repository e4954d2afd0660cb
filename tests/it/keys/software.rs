//! Keys in files.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use chancery::domain::profile::{DigestAlgorithm, SignatureAlgorithm};
use chancery::keys::{BackendConfig, Config, Error, Keyring, SoftwareConfig, ToBeSigned};
use chancery::pki::algorithm::KeyKind;

use super::{RSA_2048, generated, messages, one_value, run, self_signed};
use crate::support::softhsm::write_private;

/// A keyring with a folder as back-end `files`.
pub(super) fn keyring(directory: &Path, passphrase_file: Option<PathBuf>) -> Keyring {
    Keyring::open(&config(directory, passphrase_file, false)).unwrap()
}

fn config(directory: &Path, passphrase_file: Option<PathBuf>, production: bool) -> Config {
    let settings = SoftwareConfig {
        directory: directory.to_owned(),
        passphrase_file,
        passphrase_env: None,
        passphrase_credential: None,
    };
    let backends = [("files".to_owned(), BackendConfig::Software(settings))];
    Config { production, backends: backends.into() }
}

#[test]
fn production_refuses_keys_in_files() {
    let folder = tempfile::tempdir().unwrap();
    let error = Keyring::open(&config(folder.path(), None, true)).err().unwrap();
    assert!(matches!(error, Error::SoftwareInProduction(_)), "{error:?}");
    assert!(Config::default().production, "the safe side is the default");
}

#[tokio::test(flavor = "multi_thread")]
async fn generated_keys_sign_and_are_found_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let first = keyring(folder.path(), None);
    let rsa = self_signed(&first, "files", "rsa", RSA_2048).await;
    let ec = self_signed(&first, "files", "ec", KeyKind::P384).await;
    let mode = std::fs::metadata(folder.path().join("rsa.pem")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    run("openssl", &["pkey", "-in", "rsa.pem", "-check", "-noout"], folder.path());
    let taken = first.generate("files", "rsa", RSA_2048).await.unwrap_err();
    assert!(matches!(taken, Error::LabelTaken(_)), "{taken:?}");
    let escape = first.generate("files", "../rsa", RSA_2048).await.unwrap_err();
    assert!(matches!(escape, Error::Config(_)), "{escape:?}");

    let second = keyring(folder.path(), None);
    for (key, kind) in [(&rsa, RSA_2048), (&ec, KeyKind::P384)] {
        let answers = second.sign(key, messages(kind, 33)).await;
        assert_eq!(answers.len(), 33);
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");
        second.prove(key).await.unwrap();
    }
    let pss = SignatureAlgorithm::RsaPss(DigestAlgorithm::Sha384);
    let answers = second.sign(&rsa, vec![ToBeSigned::new(pss, *b"pss")]).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    let labels: Vec<_> =
        second.list("files").await.unwrap().into_iter().map(|key| key.label).collect();
    assert_eq!(labels, ["ec", "rsa"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_openssl_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let openssl = |arguments: &str| {
        run("openssl", &arguments.split(' ').collect::<Vec<_>>(), folder.path());
    };
    write_private(&folder.path().join("passphrase"), "canary-passphrase\n");
    openssl("ecparam -name prime256v1 -genkey -noout -out ec.tmp");
    openssl("pkcs8 -topk8 -nocrypt -in ec.tmp -out plain.pem");
    openssl("ecparam -name secp521r1 -genkey -noout -out p521.tmp");
    openssl("pkcs8 -topk8 -nocrypt -in p521.tmp -outform DER -out plain.der");
    openssl("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.tmp");
    openssl("pkcs8 -topk8 -in rsa.tmp -passout file:passphrase -out secret.pem");
    openssl("req -x509 -newkey rsa:2048 -nodes -keyout p12.tmp -subj /CN=p12 -out p12.cert");
    openssl("pkcs12 -export -inkey p12.tmp -in p12.cert -passout file:passphrase -out modern.p12");
    openssl(
        "pkcs12 -export -legacy -inkey p12.tmp -in p12.cert -passout file:passphrase -out old.pfx",
    );
    std::fs::copy(folder.path().join("ec.tmp"), folder.path().join("sec1.key")).unwrap();

    let keyring = keyring(folder.path(), Some(folder.path().join("passphrase")));
    let keys = keyring.list("files").await.unwrap();
    let labels: Vec<_> = keys.iter().map(|key| (key.label.as_str(), key.has_certificate)).collect();
    assert_eq!(
        labels,
        [("modern", true), ("plain", false), ("plain", false), ("secret", false)],
        "the legacy PKCS#12 and the SEC1 file are refused"
    );
    for key in &keys {
        let public = std::sync::Arc::new(keyring.public_key("files", &key.id).await.unwrap());
        let algorithm = key.kind.unwrap().default_signature();
        one_value(&keyring, "files", &public, algorithm, b"message").await;
    }
    let error = keyring.public_key("files", "plain").await.unwrap_err();
    assert!(matches!(error, Error::NameAmbiguous(_)), "{error:?}");
    let state = keyring.health().await.remove(0).state.unwrap();
    let problems = state.problems.join("\n");
    assert!(problems.contains("openssl pkcs12 -legacy"), "{problems}");
    assert!(problems.contains("openssl pkcs8 -topk8"), "{problems}");
    assert!(!problems.contains("canary"), "{problems}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passphrase_encrypts_what_is_generated() {
    let folder = tempfile::tempdir().unwrap();
    let passphrase = folder.path().join("passphrase");
    write_private(&passphrase, "long enough");
    let first = keyring(folder.path(), Some(passphrase.clone()));
    generated(&first, "files", "locked", KeyKind::P256).await;
    let text = std::fs::read_to_string(folder.path().join("locked.pem")).unwrap();
    assert!(text.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"), "{text}");
    let check = ["pkey", "-in", "locked.pem", "-passin", "file:passphrase", "-check", "-noout"];
    run("openssl", &check, folder.path());
    assert_eq!(keyring(folder.path(), Some(passphrase)).list("files").await.unwrap().len(), 1);
    let blind = keyring(folder.path(), None).health().await.remove(0).state.unwrap();
    assert!(blind.problems[0].contains("it is encrypted"), "{blind:?}");
}
