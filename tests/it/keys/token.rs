//! Signing with keys in a token.

use std::sync::Arc;

use chancery::domain::profile::{DigestAlgorithm, SignatureAlgorithm};
use chancery::keys::{Error, ErrorClass, KeyRef, Keyring, RsaMechanism, ToBeSigned};
use chancery::pki::algorithm::KeyKind;
use chancery::pki::digest::Digest;
use chancery::pki::public_key::PublicKey;
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{Attribute, AttributeType, ObjectClass};
use rsa::pkcs8::DecodePublicKey as _;
use rsa::signature::Verifier as _;

use super::{RSA_2048, generated, messages, one_value, self_signed};
use crate::support::softhsm::{token, untidy_token};

#[tokio::test(flavor = "multi_thread")]
async fn generated_keys_stay_inside() {
    let keyring = token().keyring();
    let made = keyring.generate("hsm", "inside", RSA_2048).await.unwrap();
    keyring.generate("hsm", "inside-p384", KeyKind::P384).await.unwrap();
    let listed = keyring.list("hsm").await.unwrap();
    assert!(listed.contains(&made), "{listed:?}");
    assert!(listed.iter().any(|it| it.label == "inside-p384" && it.kind == Some(KeyKind::P384)));
    let again = keyring.generate("hsm", "inside", RSA_2048).await.unwrap_err();
    assert!(matches!(again, Error::LabelTaken(_)), "{again}");
    let odd = keyring.generate("hsm", "odd", KeyKind::Rsa { bits: 2047 }).await.unwrap_err();
    assert!(matches!(odd, Error::KindUnsupported(_)), "{odd}");

    let session = token().raw_session();
    let template =
        [Attribute::Class(ObjectClass::PRIVATE_KEY), Attribute::Label(b"inside".to_vec())];
    let handle = session.find_objects(&template).unwrap()[0];
    let wanted = [
        AttributeType::Sensitive,
        AttributeType::Extractable,
        AttributeType::Private,
        AttributeType::Token,
        AttributeType::Sign,
        AttributeType::PrivateExponent,
    ];
    let attributes = session.get_attributes(handle, &wanted).unwrap();
    for expected in [
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Private(true),
        Attribute::Token(true),
        Attribute::Sign(true),
    ] {
        assert!(attributes.contains(&expected), "{expected:?} is missing in {attributes:?}");
    }
    assert!(!attributes.iter().any(|it| matches!(it, Attribute::PrivateExponent(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_at_once_come_back_in_order_and_a_second_library_agrees() {
    let keyring = Arc::new(token().keyring());
    let key = self_signed(&keyring, "hsm", "two-hundred", RSA_2048).await;
    let judge = rsa::RsaPublicKey::from_public_key_der(key.certificate.spki_der()).unwrap();
    let judge = rsa::pkcs1v15::VerifyingKey::<sha2::Sha256>::new(judge);
    let all = messages(RSA_2048, 200);
    let calls: Vec<_> = all
        .chunks(50)
        .map(|part| {
            let (keyring, key, part) = (Arc::clone(&keyring), key.clone(), part.to_vec());
            tokio::spawn(async move { keyring.sign(&key, part).await })
        })
        .collect();
    let mut values = Vec::new();
    for call in calls {
        values.extend(call.await.unwrap());
    }
    assert_eq!(values.len(), 200);
    for (item, value) in all.iter().zip(values) {
        let value = rsa::pkcs1v15::Signature::try_from(value.unwrap().octets()).unwrap();
        judge.verify(item.message().unwrap(), &value).expect("the rsa crate agrees");
    }
    let health = keyring.health().await.remove(0);
    let state = health.state.unwrap();
    assert!((1..=4).contains(&state.open_sessions) && state.waiting == 0, "{state:?}");
    assert!(state.mechanisms.iter().any(|it| it.contains("RSA_PKCS")), "{state:?}");
    assert!(state.summary.contains("SoftHSM"), "{state:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn our_digest_and_the_tokens_digest_agree() {
    let raw = token().keyring();
    let hashed = token().keyring_with(|it| it.rsa_mechanism = RsaMechanism::Hashed);
    let key = generated(&raw, "hsm", "agree", RSA_2048).await;
    for digest in [DigestAlgorithm::Sha256, DigestAlgorithm::Sha384, DigestAlgorithm::Sha512] {
        let pkcs1 = SignatureAlgorithm::RsaPkcs1(digest);
        let one = one_value(&raw, "hsm", &key, pkcs1, b"one message").await;
        let other = one_value(&hashed, "hsm", &key, pkcs1, b"one message").await;
        assert_eq!(one, other, "PKCS#1 v1.5 is deterministic");
        let pss = SignatureAlgorithm::RsaPss(digest);
        one_value(&raw, "hsm", &key, pss, b"one message").await;
        one_value(&hashed, "hsm", &key, pss, b"one message").await;
    }
    for kind in [KeyKind::P256, KeyKind::P384] {
        let key = generated(&raw, "hsm", &format!("agree-{}", kind.label()), kind).await;
        let algorithm = kind.default_signature();
        let value = one_value(&raw, "hsm", &key, algorithm, b"one message").await;
        assert_eq!(value.octets().len(), if kind == KeyKind::P256 { 64 } else { 96 });
        // SoftHSM 2.6 has no CKM_ECDSA_SHA256: the lane must find its way back to the raw one.
        one_value(&hashed, "hsm", &key, algorithm, b"one message").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_forbids_raw_signatures_is_asked_to_hash() {
    let token = untidy_token().await;
    let keyring = token.keyring();
    let session = token.raw_session();
    let name = [Attribute::Token(true), Attribute::Id(b"picky".to_vec())];
    let public = [
        Attribute::ModulusBits(2048.into()),
        Attribute::PublicExponent(vec![1, 0, 1]),
        Attribute::Private(false),
    ];
    let private = [
        Attribute::Label(b"picky".to_vec()),
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Sign(true),
        Attribute::AllowedMechanisms(vec![MechanismType::SHA256_RSA_PKCS]),
    ];
    let public = [name.as_slice(), public.as_slice()].concat();
    let private = [name.as_slice(), private.as_slice()].concat();
    session.generate_key_pair(&Mechanism::RsaPkcsKeyPairGen, &public, &private).unwrap();
    let key = Arc::new(keyring.public_key("hsm", "picky").await.unwrap());
    for _ in 0..3 {
        let sha256 = SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha256);
        one_value(&keyring, "hsm", &key, sha256, b"message").await;
    }
    let pss = SignatureAlgorithm::RsaPss(DigestAlgorithm::Sha256);
    let refused =
        keyring.sign_with_public_key("hsm", &key, vec![ToBeSigned::new(pss, *b"message")]).await;
    let error = refused.into_iter().next().unwrap().unwrap_err();
    assert!(matches!(error, Error::MechanismRefused(_)), "{error:?}");
    assert_eq!(error.class(), ErrorClass::Final);
    // A digest cannot be hashed by the token: said so, and messages are still signed afterwards.
    let sha256 = SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha256);
    let digest = Digest::of(DigestAlgorithm::Sha256, b"message");
    let item = ToBeSigned::of_digest(sha256, digest).unwrap();
    let error = keyring.sign_with_public_key("hsm", &key, vec![item]).await.remove(0).unwrap_err();
    assert!(matches!(error, Error::MechanismRefused(_)), "{error:?}");
    one_value(&keyring, "hsm", &key, sha256, b"message").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_said_plainly() {
    let keyring = token().keyring();
    let elsewhere = software_keyring();
    let stranger = self_signed(&elsewhere.1, "files", "stranger", KeyKind::P256).await;
    let stranger = KeyRef { backend: "hsm".to_owned(), ..stranger };
    let error = keyring.sign(&stranger, messages(KeyKind::P256, 1)).await.remove(0).unwrap_err();
    assert!(matches!(error, Error::KeyMissing(_)), "{error:?}");
    assert_eq!(error.class(), ErrorClass::Blocked);
    let error = keyring.prove(&stranger).await.unwrap_err();
    assert!(matches!(error, Error::KeyMissing(_)), "{error:?}");
    let nowhere = KeyRef { backend: "nowhere".to_owned(), ..stranger.clone() };
    let error = keyring.sign(&nowhere, messages(KeyKind::P256, 1)).await.remove(0).unwrap_err();
    assert!(matches!(error, Error::BackendUnknown(_)), "{error:?}");
    let error = keyring.sign(&stranger, messages(RSA_2048, 1)).await.remove(0).unwrap_err();
    assert!(matches!(error, Error::Pki(_)), "an EC key makes no RSA signatures: {error:?}");
    let error = keyring.public_key("hsm", "no such label").await.unwrap_err();
    assert!(matches!(error, Error::NameUnknown(_)), "{error:?}");
}

/// RSA keys whose public key object is gone are found by their own modulus, EC keys whose point is
/// kept without its OCTET STRING by the bare point.
#[tokio::test(flavor = "multi_thread")]
async fn keys_are_found_in_untidy_tokens() {
    let token = untidy_token().await;
    let keyring = token.keyring();
    let session = token.raw_session();
    let lonely = generated(&keyring, "hsm", "lonely", RSA_2048).await;
    let public = [Attribute::Class(ObjectClass::PUBLIC_KEY), Attribute::Label(b"lonely".to_vec())];
    for handle in session.find_objects(&public).unwrap() {
        session.destroy_object(handle).unwrap();
    }
    one_value(&keyring, "hsm", &lonely, RSA_2048.default_signature(), b"m").await;
    assert_eq!(keyring.public_key("hsm", "lonely").await.unwrap(), *lonely);

    let bare = generated(&keyring, "hsm", "bare", KeyKind::P256).await;
    let public = [Attribute::Class(ObjectClass::PUBLIC_KEY), Attribute::Label(b"bare".to_vec())];
    let handle = session.find_objects(&public).unwrap()[0];
    let parts = [AttributeType::EcParams, AttributeType::Id];
    let mut template = session.get_attributes(handle, &parts).unwrap();
    session.destroy_object(handle).unwrap();
    template.extend([
        Attribute::Class(ObjectClass::PUBLIC_KEY),
        Attribute::KeyType(cryptoki::object::KeyType::EC),
        Attribute::EcPoint(bare.bits().to_vec()),
        Attribute::Token(true),
        Attribute::Private(false),
    ]);
    session.create_object(&template).unwrap();
    one_value(&keyring, "hsm", &bare, KeyKind::P256.default_signature(), b"m").await;
    assert_eq!(keyring.public_key("hsm", "bare").await.unwrap(), *bare);
}

fn software_keyring() -> (tempfile::TempDir, Keyring) {
    let folder = tempfile::tempdir().unwrap();
    let keyring = super::software::keyring(folder.path(), None);
    (folder, keyring)
}

#[test]
fn a_public_key_survives_its_encoding() {
    let point = [4; 65];
    let key = PublicKey::ec(chancery::pki::public_key::EcCurve::P256, &point).unwrap();
    assert_eq!(PublicKey::from_spki_der(key.spki_der()).unwrap(), key);
    assert!(PublicKey::from_spki_der(b"nonsense").is_err());
}
