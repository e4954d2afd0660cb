//! Every kind of key with every algorithm, from tokens and from files, with OpenSSL as judge.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use chancery::domain::profile::{DigestAlgorithm, SignatureAlgorithm};
use chancery::keys::{Error, Keyring, RsaMechanism, ToBeSigned};
use chancery::pki::algorithm::{KeyKind, digest_from_uri, digest_uri, signature_uri};
use chancery::pki::certificate::Certificate;
use chancery::pki::digest::Digest;
use chancery::pki::public_key::PublicKey;
use chancery::pki::signature::{self, SignatureValue};

use super::{RSA_2048, generated, one_value, run, self_signed, software};
use crate::support::softhsm::{token, write_private};

const KINDS: [KeyKind; 5] =
    [RSA_2048, KeyKind::P256, KeyKind::P384, KeyKind::P521, KeyKind::Secp256k1];

/// What OpenSSL calls the curves.
const CURVES: [(&str, KeyKind); 4] = [
    ("prime256v1", KeyKind::P256),
    ("secp384r1", KeyKind::P384),
    ("secp521r1", KeyKind::P521),
    ("secp256k1", KeyKind::Secp256k1),
];

const MESSAGE: &[u8] = b"<SignedInfo>one message</SignedInfo>";

/// What each kind of key can do, written down once more.
fn algorithms(kind: KeyKind) -> Vec<SignatureAlgorithm> {
    use DigestAlgorithm::{Sha1, Sha256, Sha384, Sha512};
    let modern = [Sha256, Sha384, Sha512];
    if kind == RSA_2048 {
        let pkcs1 = [Sha1, Sha256, Sha384, Sha512].map(SignatureAlgorithm::RsaPkcs1);
        pkcs1.into_iter().chain(modern.map(SignatureAlgorithm::RsaPss)).collect()
    } else {
        modern.map(SignatureAlgorithm::Ecdsa).to_vec()
    }
}

/// Asks the openssl command line whether a value is good, and whether it still is for another message.
fn judge(key: &PublicKey, algorithm: SignatureAlgorithm, value: &SignatureValue, folder: &Path) {
    std::fs::write(folder.join("key.der"), key.spki_der()).unwrap();
    std::fs::write(folder.join("value"), value.to_der(key.kind()).unwrap()).unwrap();
    std::fs::write(folder.join("message"), MESSAGE).unwrap();
    std::fs::write(folder.join("other"), b"another message").unwrap();
    let digest = match algorithm.digest() {
        DigestAlgorithm::Sha1 => "-sha1",
        DigestAlgorithm::Sha256 => "-sha256",
        DigestAlgorithm::Sha384 => "-sha384",
        DigestAlgorithm::Sha512 => "-sha512",
    };
    let mut arguments = vec!["dgst", digest, "-verify", "key.der", "-keyform", "DER"];
    if matches!(algorithm, SignatureAlgorithm::RsaPss(_)) {
        arguments.extend(["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"]);
    }
    arguments.extend(["-signature", "value"]);
    let said = run("openssl", &[&arguments[..], &["message"]].concat(), folder);
    assert!(said.contains("Verified OK"), "{} {}: {said}", key.kind().label(), algorithm.as_str());
    let refused = std::process::Command::new("openssl")
        .args(&arguments)
        .arg("other")
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(!refused.status.success(), "OpenSSL accepts everything");
}

async fn judge_all(keyring: &Keyring, backend: &str, key: &Arc<PublicKey>, folder: &Path) {
    for algorithm in algorithms(key.kind()) {
        let value = one_value(keyring, backend, key, algorithm, MESSAGE).await;
        if let Some(curve) = key.kind().curve() {
            assert_eq!(value.octets().len(), 2 * curve.order_length());
        }
        judge(key, algorithm, &value, folder);
        // Whoever has the digest alone gets a signature of the message.
        let digest = Digest::of(algorithm.digest(), MESSAGE);
        let item = ToBeSigned::of_digest(algorithm, digest).unwrap();
        let value = keyring.sign_with_public_key(backend, key, vec![item]).await.remove(0).unwrap();
        judge(key, algorithm, &value, folder);
    }
}

/// A value belongs to one algorithm and one digest, whether the message was at hand or not.
#[tokio::test(flavor = "multi_thread")]
async fn a_value_is_over_what_was_signed() {
    let folder = tempfile::tempdir().unwrap();
    let keyring = software::keyring(folder.path(), None);
    let key = self_signed(&keyring, "files", "over", RSA_2048).await;
    let algorithm = SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha256);
    let message = ToBeSigned::new(algorithm, MESSAGE);
    let digest = ToBeSigned::of_digest(algorithm, message.digest().clone()).unwrap();
    let value = keyring.sign(&key, vec![digest.clone()]).await.remove(0).unwrap();
    for item in [&message, &digest] {
        assert!(value.clone().over(&key.certificate, item).is_ok());
    }
    let pss = SignatureAlgorithm::RsaPss(DigestAlgorithm::Sha256);
    for item in [ToBeSigned::new(pss, MESSAGE), ToBeSigned::new(algorithm, *b"another")] {
        assert!(value.clone().over(&key.certificate, &item).is_err());
    }
    let sha512 = Digest::of(DigestAlgorithm::Sha512, MESSAGE);
    assert!(ToBeSigned::of_digest(algorithm, sha512).is_err(), "not the algorithm's digest");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_in_a_token_make_every_signature() {
    let raw = token().keyring();
    let hashed = token().keyring_with(|it| it.rsa_mechanism = RsaMechanism::Hashed);
    let folder = tempfile::tempdir().unwrap();
    for kind in KINDS {
        let key = generated(&raw, "hsm", &format!("every-{}", kind.label()), kind).await;
        judge_all(&raw, "hsm", &key, folder.path()).await;
        judge_all(&hashed, "hsm", &key, folder.path()).await;
    }
    let listed = raw.list("hsm").await.unwrap();
    for kind in KINDS {
        let label = format!("every-{}", kind.label());
        assert!(listed.iter().any(|key| key.label == label && key.kind == Some(kind)), "{label}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn generated_files_make_every_signature() {
    let folder = tempfile::tempdir().unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let keyring = software::keyring(folder.path(), None);
    for kind in KINDS {
        let key = generated(&keyring, "files", &kind.label(), kind).await;
        judge_all(&keyring, "files", &key, scratch.path()).await;
        let file = format!("{}.pem", kind.label());
        run("openssl", &["pkey", "-in", &file, "-check", "-noout"], folder.path());
    }
    let again = software::keyring(folder.path(), None).list("files").await.unwrap();
    assert_eq!(again.len(), KINDS.len(), "all are read after a restart: {again:?}");
}

/// PKCS#8 and PKCS#12 as OpenSSL writes them.
#[tokio::test(flavor = "multi_thread")]
async fn files_of_openssl_make_every_signature() {
    let folder = tempfile::tempdir().unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let openssl = |arguments: &str| {
        run("openssl", &arguments.split(' ').collect::<Vec<_>>(), folder.path());
    };
    write_private(&folder.path().join("passphrase"), "long enough\n");
    openssl("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.pem");
    for (name, _) in CURVES {
        openssl(&format!("ecparam -name {name} -genkey -noout -out {name}.tmp"));
        openssl(&format!("pkcs8 -topk8 -nocrypt -in {name}.tmp -out {name}-pkcs8.pem"));
        openssl(&format!("ecparam -name {name} -genkey -noout -out {name}.tmp"));
        openssl(&format!("req -x509 -new -key {name}.tmp -subj /CN={name} -out {name}.tmp2"));
        openssl(&format!(
            "pkcs12 -export -inkey {name}.tmp -in {name}.tmp2 -passout file:passphrase \
             -out {name}-pkcs12.p12"
        ));
    }
    let keyring = software::keyring(folder.path(), Some(folder.path().join("passphrase")));
    let keys = keyring.list("files").await.unwrap();
    assert_eq!(keys.len(), 1 + 2 * CURVES.len(), "{keys:?}");
    for key in keys {
        let public = Arc::new(keyring.public_key("files", &key.label).await.unwrap());
        let wanted = CURVES.iter().find(|(name, _)| key.label.starts_with(name));
        assert_eq!(public.kind(), wanted.map_or(RSA_2048, |(_, kind)| *kind));
        judge_all(&keyring, "files", &public, scratch.path()).await;
    }
}

/// A key is not even asked for what it cannot make.
#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_is_refused() {
    use SignatureAlgorithm::{Ecdsa, RsaPkcs1, RsaPss};
    let folder = tempfile::tempdir().unwrap();
    let keyring = software::keyring(folder.path(), None);
    for kind in KINDS {
        let key = generated(&keyring, "files", &kind.label(), kind).await;
        for digest in DigestAlgorithm::ALL {
            for algorithm in [RsaPkcs1(digest), RsaPss(digest), Ecdsa(digest)] {
                let fits = algorithms(kind).contains(&algorithm);
                assert_eq!(signature::suits(kind, algorithm).is_ok(), fits, "{algorithm:?}");
                let items = vec![ToBeSigned::new(algorithm, MESSAGE)];
                let answer = keyring.sign_with_public_key("files", &key, items).await.remove(0);
                if fits {
                    assert!(answer.is_ok(), "{kind:?} {algorithm:?}: {answer:?}");
                } else {
                    let refused = answer.unwrap_err();
                    assert!(matches!(refused, Error::Pki(_)), "{kind:?} {algorithm:?} {refused:?}");
                    let zeros = SignatureValue::new(vec![0; 64]);
                    let check = signature::check_with_key(&key, algorithm, MESSAGE, &zeros);
                    let said = check.unwrap_err().to_string();
                    assert!(said.contains(algorithm.as_str()), "{said}");
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn short_rsa_keys_are_refused_with_their_size() {
    let folder = tempfile::tempdir().unwrap();
    let arguments =
        "req -x509 -newkey rsa:1024 -nodes -keyout short.pem -subj /CN=short -outform DER -out c";
    run("openssl", &arguments.split(' ').collect::<Vec<_>>(), folder.path());
    let certificate = std::fs::read(folder.path().join("c")).unwrap();
    let refused = Certificate::from_der(&certificate).unwrap_err().to_string();
    assert!(refused.contains("1024 bits") && refused.contains("2048"), "{refused}");
    let keyring = software::keyring(folder.path(), None);
    let short = KeyKind::Rsa { bits: 1024 };
    for (keyring, backend) in [(&keyring, "files"), (&token().keyring(), "hsm")] {
        let refused = keyring.generate(backend, "short", short).await.unwrap_err().to_string();
        assert!(refused.contains("RSA-1024") && refused.contains("RSA-2048"), "{refused}");
    }
    let state = keyring.health().await.remove(0).state.unwrap();
    assert!(state.problems[0].contains("2048"), "{state:?}");
}

/// Values of ECDSA survive both encodings: OpenSSL's DER comes back byte for byte.
#[test]
fn ecdsa_values_in_both_encodings() {
    let folder = tempfile::tempdir().unwrap();
    let openssl = |arguments: &str| {
        run("openssl", &arguments.split(' ').collect::<Vec<_>>(), folder.path());
    };
    std::fs::write(folder.path().join("message"), MESSAGE).unwrap();
    for (name, kind) in CURVES {
        openssl(&format!("ecparam -name {name} -genkey -noout -out key"));
        openssl("ec -in key -pubout -outform DER -out public");
        let public = std::fs::read(folder.path().join("public")).unwrap();
        let public = PublicKey::from_spki_der(&public).unwrap();
        assert_eq!(public.kind(), kind);
        let algorithm = SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha384);
        for _ in 0..8 {
            openssl("dgst -sha384 -sign key -out value message");
            let der = std::fs::read(folder.path().join("value")).unwrap();
            let value = SignatureValue::from_der(kind, &der).unwrap();
            signature::check_with_key(&public, algorithm, MESSAGE, &value).unwrap();
            assert_eq!(value.to_der(kind).unwrap(), der);
            assert_eq!(SignatureValue::of_key(kind, der), value, "a token that answers in DER");
        }
    }
}

/// Tokens differ in what they make of small numbers.
#[test]
fn ecdsa_values_of_any_token() {
    for (_, kind) in CURVES {
        let length = kind.curve().unwrap().order_length();
        let number = |first: u8| [vec![0; length - 2], vec![first, 0x82]].concat();
        let full = [number(0x81), number(0x03)].concat();
        let value = SignatureValue::new(full.clone());
        let of_key = |octets: &[u8]| SignatureValue::of_key(kind, octets.to_vec());
        assert_eq!(of_key(&full), value);
        assert_eq!(of_key(&[0x81, 0x82, 0x03, 0x82]), value, "both numbers equally short");
        let der = [0x30, 9, 2, 3, 0, 0x81, 0x82, 2, 2, 0x03, 0x82];
        assert_eq!(of_key(&der), value);
        assert_eq!(value.to_der(kind).unwrap(), der);
        for nonsense in [&[][..], &[1, 2, 3], &der[..10], &[7; 200]] {
            assert!(SignatureValue::from_der(kind, nonsense).is_err(), "{nonsense:?}");
        }
        // A number longer than the order, and a value of another curve.
        let long = [&[0x30, 0x49, 2, 0x44][..], &[1; 0x44], &[2, 1, 1]].concat();
        assert!(SignatureValue::from_der(kind, &long).is_err());
        assert!(SignatureValue::new(vec![1; 62]).to_der(kind).is_err());
    }
    let rsa = SignatureValue::of_key(RSA_2048, vec![1; 256]);
    assert_eq!(rsa.to_der(RSA_2048).unwrap(), rsa.octets());
}

#[test]
fn algorithms_by_name_and_uri() {
    use SignatureAlgorithm::{Ecdsa, RsaPkcs1, RsaPss};
    for digest in DigestAlgorithm::ALL {
        assert_eq!(DigestAlgorithm::parse(digest.as_str()), Some(digest));
        assert_eq!(digest_from_uri(digest_uri(digest)), Some(digest));
    }
    for algorithm in SignatureAlgorithm::ALL {
        assert_eq!(SignatureAlgorithm::parse(algorithm.as_str()), Some(algorithm));
        let json = serde_json::to_string(&algorithm).unwrap();
        assert_eq!(serde_json::from_str::<SignatureAlgorithm>(&json).unwrap(), algorithm);
    }
    let wire = |text: &str| serde_json::from_value::<SignatureAlgorithm>(text.into());
    assert_eq!(wire("RSA_SHA1").unwrap(), RsaPkcs1(DigestAlgorithm::Sha1));
    assert_eq!(wire("RSA_SHA256").unwrap(), RsaPkcs1(DigestAlgorithm::Sha256));
    assert_eq!(wire("RSA_PSS_SHA384").unwrap(), RsaPss(DigestAlgorithm::Sha384));
    assert_eq!(wire("ECDSA_SHA256").unwrap(), Ecdsa(DigestAlgorithm::Sha256));
    for unknown in ["ECDSA_SHA1", "RSA_PSS_SHA1", "rsa_sha256", "RSA-PKCS1-SHA256", ""] {
        let said = wire(unknown).unwrap_err().to_string();
        assert!(said.contains("RSA_PSS_SHA384"), "{said}");
    }
    let digest = |text: &str| serde_json::from_value::<DigestAlgorithm>(text.into());
    assert_eq!(digest("SHA256").unwrap(), DigestAlgorithm::Sha256);
    assert!(digest("SHA-256").unwrap_err().to_string().contains("SHA1, SHA256"));
    let uris: BTreeSet<&str> = SignatureAlgorithm::ALL.map(signature_uri).into();
    assert_eq!(uris.len(), SignatureAlgorithm::ALL.len(), "each has a name of its own");
    assert_eq!(digest_uri(DigestAlgorithm::Sha1), "http://www.w3.org/2000/09/xmldsig#sha1");
}
