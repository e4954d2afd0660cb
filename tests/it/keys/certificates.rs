//! Requests and certificates signed inside the token, judged by OpenSSL.

use std::sync::Arc;

use chancery::domain::profile::{DigestAlgorithm, SignatureAlgorithm};
use chancery::keys::KeyRef;
use chancery::pki::algorithm::KeyKind;
use chancery::pki::issue::{CertificateProfile, Order, UnsignedCertificate};
use chancery::pki::request::UnsignedRequest;
use chancery::pki::signature::SignatureValue;
use chancery::pki::status_places::StatusPlaces;

use super::{FROM, RSA_2048, RSA_3072, TO, generated, issued, one_value, pem, run};
use crate::support::softhsm::token;

#[tokio::test(flavor = "multi_thread")]
async fn requests_of_every_kind_of_key_verify() {
    let keyring = token().keyring();
    let folder = tempfile::tempdir().unwrap();
    let ec = [KeyKind::P256, KeyKind::P384, KeyKind::P521, KeyKind::Secp256k1];
    let kinds = [RSA_2048, RSA_3072].into_iter().chain(ec);
    for kind in kinds {
        let label = format!("request-{}", kind.label());
        let key = generated(&keyring, "hsm", &label, kind).await;
        let mut algorithms = vec![kind.default_signature()];
        if kind == RSA_2048 {
            algorithms.push(SignatureAlgorithm::RsaPss(DigestAlgorithm::Sha512));
            algorithms.push(SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha1));
        } else if kind == KeyKind::Secp256k1 {
            algorithms.push(SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha512));
        }
        for algorithm in algorithms {
            let subject = r"CN=Örnek Mühür\, A.Ş.,O=Örnek,C=TR";
            let request = UnsignedRequest::new(subject, &key, algorithm).unwrap();
            let value = one_value(&keyring, "hsm", &key, algorithm, request.to_be_signed()).await;
            let request = request.finish(&value).unwrap();
            std::fs::write(folder.path().join("r.pem"), request.to_pem().unwrap()).unwrap();
            let openssl = ["req", "-in", "r.pem", "-verify", "-noout", "-text", "-nameopt", "utf8"];
            let text = run("openssl", &openssl, folder.path());
            assert!(text.contains("verify OK") && text.contains("Mühür"), "{text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_from_root_to_seal_is_strictly_valid() {
    let keyring = token().keyring();
    let folder = tempfile::tempdir().unwrap();
    let root_key = generated(&keyring, "hsm", "chain-root", RSA_3072).await;
    let middle_key = generated(&keyring, "hsm", "chain-middle", KeyKind::P384).await;
    let rsa_key = generated(&keyring, "hsm", "chain-rsa", RSA_3072).await;
    let ec_key = generated(&keyring, "hsm", "chain-ec", KeyKind::P256).await;
    let long_key = generated(&keyring, "hsm", "chain-p521", KeyKind::P521).await;
    let other_key = generated(&keyring, "hsm", "chain-secp256k1", KeyKind::Secp256k1).await;
    let policies = ["0.4.0.194112.1.3".to_owned()];
    let seal = (&CertificateProfile::Seal, &policies[..]);
    let root = issued(
        &keyring,
        "hsm",
        "CN=Test Root,O=Test,C=TR",
        &root_key,
        None,
        (&CertificateProfile::Root, &[]),
    )
    .await;
    let middle_name = "CN=Test Issuer,O=Test,C=TR";
    let profile = (&CertificateProfile::Intermediate, &[][..]);
    let middle = issued(&keyring, "hsm", middle_name, &middle_key, Some(&root), profile).await;
    std::fs::write(folder.path().join("root.pem"), pem(&root)).unwrap();
    std::fs::write(folder.path().join("middle.pem"), pem(&middle)).unwrap();
    for key in [rsa_key, ec_key, long_key, other_key] {
        let name = "CN=Example Seal,O=Example,C=TR";
        let certificate = issued(&keyring, "hsm", name, &key, Some(&middle), seal).await;
        assert_eq!(certificate.spki_der(), key.spki_der());
        let own = KeyRef { backend: "hsm".to_owned(), certificate: Arc::new(certificate.clone()) };
        assert_eq!(keyring.prove(&own).await.unwrap(), key.kind().default_signature());
        std::fs::write(folder.path().join("seal.pem"), pem(&certificate)).unwrap();
        let verify =
            ["verify", "-x509_strict", "-policy_check", "-check_ss_sig", "-purpose", "any"];
        let files = ["-CAfile", "root.pem", "-untrusted", "middle.pem", "seal.pem"];
        run("openssl", &[verify.as_slice(), files.as_slice()].concat(), folder.path());
        let text = run("openssl", &["x509", "-in", "seal.pem", "-noout", "-text"], folder.path());
        for expected in [
            "Digital Signature, Non Repudiation",
            "CA:FALSE",
            "0.4.0.194112.1.3",
            "Issuer: C = TR, O = Test, CN = Test Issuer",
            "Not After : Jan  1 00:00:00 2046 GMT",
            "X509v3 Authority Key Identifier",
        ] {
            assert!(text.contains(expected), "{expected} is missing in {text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_is_refused_before_any_key_is_asked() {
    let keyring = token().keyring();
    let key = generated(&keyring, "hsm", "nonsense", KeyKind::P256).await;
    let algorithm = KeyKind::P256.default_signature();
    let places = StatusPlaces::default();
    let good = Order {
        subject: "CN=A",
        key: &key,
        issuer: None,
        algorithm,
        not_before: FROM,
        not_after: TO,
        serial: &[1],
        profile: &CertificateProfile::Root,
        policies: &[],
        places: &places,
    };
    assert!(UnsignedCertificate::new(good).is_ok());
    let policies = ["not an oid".to_owned()];
    let rsa = SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha256);
    for bad in [
        Order { subject: "", ..good },
        Order { subject: "Example", ..good },
        Order { serial: &[], ..good },
        Order { serial: &[0, 0], ..good },
        Order { serial: &[1; 21], ..good },
        Order { not_after: FROM, ..good },
        Order { algorithm: rsa, ..good },
        Order { policies: &policies, ..good },
    ] {
        assert!(UnsignedCertificate::new(bad).is_err(), "{bad:?}");
    }
    // High bit set: DER needs a leading zero, the number stays positive.
    let high = UnsignedCertificate::new(Order { serial: &[0xff; 8], ..good }).unwrap();
    let value = one_value(&keyring, "hsm", &key, algorithm, high.to_be_signed()).await;
    assert!(high.clone().finish(&SignatureValue::new(vec![7; 64])).is_err());
    let certificate = high.finish(&value).unwrap();
    let serial = certificate.x509().tbs_certificate().serial_number().as_bytes();
    assert!(serial.ends_with(&[0xff; 8]));
}
