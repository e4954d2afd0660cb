//! The door to private keys, with real tokens and with OpenSSL as judge.

mod algorithms;
mod certificates;
mod commands;
mod fair;
mod healing;
mod points;
mod queue;
mod rates;
mod settings;
mod software;
mod token;
mod trouble;
mod turns;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use chancery::domain::instant::Instant;
use chancery::domain::profile::SignatureAlgorithm;
use chancery::keys::{KeyRef, Keyring, ToBeSigned};
use chancery::pki::algorithm::KeyKind;
use chancery::pki::certificate::Certificate;
use chancery::pki::issue::{CertificateProfile, Order, UnsignedCertificate};
use chancery::pki::public_key::PublicKey;
use chancery::pki::signature::CheckedValue;
use chancery::pki::status_places::StatusPlaces;

const RSA_2048: KeyKind = KeyKind::Rsa { bits: 2048 };
const RSA_3072: KeyKind = KeyKind::Rsa { bits: 3072 };
/// 2026-01-01 and 2046-01-01.
const FROM: Instant = Instant::from_unix_ms(1_767_225_600_000);
const TO: Instant = Instant::from_unix_ms(2_398_377_600_000);

/// Generates a key and returns its public half.
async fn generated(keyring: &Keyring, backend: &str, label: &str, kind: KeyKind) -> Arc<PublicKey> {
    let description = keyring.generate(backend, label, kind).await.unwrap();
    assert_eq!((description.label.as_str(), description.kind), (label, Some(kind)));
    let key = keyring.public_key(backend, &description.id).await.unwrap();
    assert_eq!(key.kind(), kind);
    Arc::new(key)
}

/// One signature value with a key that may have no certificate.
async fn one_value(
    keyring: &Keyring,
    backend: &str,
    key: &Arc<PublicKey>,
    algorithm: SignatureAlgorithm,
    message: &[u8],
) -> CheckedValue {
    let items = vec![ToBeSigned::new(algorithm, message)];
    keyring.sign_with_public_key(backend, key, items).await.remove(0).unwrap()
}

/// A key with a certificate that it signed itself.
async fn self_signed(keyring: &Keyring, backend: &str, label: &str, kind: KeyKind) -> KeyRef {
    let key = generated(keyring, backend, label, kind).await;
    let subject = format!("CN={label},O=Test,C=TR");
    let certificate =
        issued(keyring, backend, &subject, &key, None, (&CertificateProfile::Seal, &[])).await;
    KeyRef { backend: backend.to_owned(), certificate: Arc::new(certificate) }
}

/// A certificate for a key, signed by the issuer's key in the same back-end, or by itself.
async fn issued(
    keyring: &Keyring,
    backend: &str,
    subject: &str,
    key: &Arc<PublicKey>,
    issuer: Option<&Certificate>,
    (profile, policies): (&CertificateProfile, &[String]),
) -> Certificate {
    let issuer_key = issuer.map_or_else(|| Arc::clone(key), |it| Arc::new(PublicKey::of(it)));
    let algorithm = issuer_key.kind().default_signature();
    let serial = &key.fingerprint()[..8];
    let (not_before, not_after) = (FROM, TO);
    let places = &StatusPlaces::default();
    let order = Order {
        subject,
        key,
        issuer,
        algorithm,
        not_before,
        not_after,
        serial,
        profile,
        policies,
        places,
    };
    let unsigned = UnsignedCertificate::new(order).unwrap();
    let value = one_value(keyring, backend, &issuer_key, algorithm, unsigned.to_be_signed()).await;
    unsigned.finish(&value).unwrap()
}

/// Messages that differ, all for the default algorithm of a key.
fn messages(kind: KeyKind, count: usize) -> Vec<ToBeSigned> {
    (0..count)
        .map(|number| {
            let text = format!("<SignedInfo>{number}</SignedInfo>");
            ToBeSigned::new(kind.default_signature(), text.into_bytes())
        })
        .collect()
}

/// Runs a command, demands success and returns what it printed.
fn run(program: &str, arguments: &[&str], folder: &Path) -> String {
    let output =
        Command::new(program).args(arguments).current_dir(folder).output().unwrap_or_else(
            |error| panic!("{program} is missing ({error}); make test installs it"),
        );
    let text = [output.stdout, output.stderr].map(|it| String::from_utf8_lossy(&it).into_owned());
    let text = text.concat();
    assert!(output.status.success(), "{program} {arguments:?}: {text}");
    text
}

fn pem(certificate: &Certificate) -> String {
    der::pem::encode_string("CERTIFICATE", der::pem::LineEnding::LF, certificate.der()).unwrap()
}
