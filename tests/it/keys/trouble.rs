//! Tokens that misbehave, and settings that are wrong.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chancery::domain::profile::{DigestAlgorithm, SignatureAlgorithm};
use chancery::keys::{BackendConfig, Config, Error, ErrorClass, KeyRef, Keyring};
use chancery::pki::algorithm::KeyKind;
use chancery::pki::issue::CertificateProfile;
use chancery::pki::signature::CheckedValue;
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass};

use super::{RSA_2048, RSA_3072, generated, issued, messages, self_signed};
use crate::support::client::PATIENCE;
use crate::support::softhsm::{Token, shaky_token, token, untidy_token, write_private};

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_is_told_not_waited_for() {
    let patient = token().keyring();
    let key = self_signed(&patient, "hsm", "saturated", RSA_3072).await;
    let keyring = token().keyring_with(|it| {
        it.sessions = 1;
        it.queue = Some(1);
        it.deadline_ms = 100;
    });
    let answers = keyring.sign(&key, messages(RSA_3072, 2000)).await;
    let refused = answers.iter().filter_map(|it| it.as_ref().err());
    assert!(refused.clone().all(|error| error.class() == ErrorClass::Saturated));
    assert!(refused.count() > 1000 && answers.iter().any(Result::is_ok));
    // And afterwards all is well again.
    let answers = keyring.sign(&key, messages(RSA_3072, 3)).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logout_elsewhere_is_healed() {
    let keyring = Arc::new(shaky_token().keyring());
    let key = self_signed(&keyring, "hsm", "healed", RSA_2048).await;
    for round in 0..20 {
        let answers = keyring.sign(&key, messages(RSA_2048, 8)).await;
        assert!(answers.iter().all(Result::is_ok), "round {round}: {:?}", wrong(&answers));
        // All lanes lose their login and their handles.
        shaky_token().raw_session().logout().unwrap();
    }
    // While signatures are on their way. (Lanes try twice, so they get one logout, not two.)
    let answers = keyring.sign(&key, messages(RSA_2048, 100)).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    let busy = {
        let (keyring, key) = (Arc::clone(&keyring), key.clone());
        tokio::spawn(async move { keyring.sign(&key, messages(RSA_2048, 300)).await })
    };
    tokio::time::sleep(Duration::from_millis(20)).await;
    shaky_token().raw_session().logout().unwrap();
    let answers = busy.await.unwrap();
    assert!(answers.iter().all(Result::is_ok), "{:?}", wrong(&answers));
}

fn wrong(answers: &[Result<CheckedValue, Error>]) -> Vec<&Error> {
    answers.iter().filter_map(|answer| answer.as_ref().err()).collect()
}

/// A public key object that carries another key's id: the token then signs with the wrong key.
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_value_never_leaves_and_locks_the_key() {
    let token = untidy_token().await;
    let keyring = token.keyring();
    let honest = self_signed(&keyring, "hsm", "honest", KeyKind::P256).await;
    let folder = tempfile::tempdir().unwrap();
    let files = super::software::keyring(folder.path(), None);
    let mut forged = self_signed(&files, "files", "forged", KeyKind::P256).await;
    forged.backend = "hsm".to_owned();
    let session = token.raw_session();
    let public = [Attribute::Class(ObjectClass::PUBLIC_KEY), Attribute::Label(b"honest".to_vec())];
    let parts = [AttributeType::EcParams, AttributeType::Id];
    let handle = session.find_objects(&public).unwrap()[0];
    let mut template = session.get_attributes(handle, &parts).unwrap();
    let point = [&[4, 65], forged.certificate.public_key_bits()].concat();
    template.extend([
        Attribute::Class(ObjectClass::PUBLIC_KEY),
        Attribute::KeyType(KeyType::EC),
        Attribute::EcPoint(point),
        Attribute::Token(true),
        Attribute::Private(false),
    ]);
    let liar = session.create_object(&template).unwrap();
    let error = keyring.sign(&forged, messages(KeyKind::P256, 1)).await.remove(0).unwrap_err();
    assert!(matches!(error, Error::WrongSignature(_)), "{error:?}");
    assert_eq!(error.class(), ErrorClass::Blocked);
    session.destroy_object(liar).unwrap();
    let error = keyring.sign(&forged, messages(KeyKind::P256, 1)).await.remove(0).unwrap_err();
    assert!(matches!(error, Error::Quarantined(_)), "{error:?}");
    let others = keyring.sign(&honest, messages(KeyKind::P256, 1)).await;
    assert!(others.iter().all(Result::is_ok));
}

/// `CKA_ALWAYS_AUTHENTICATE`: the PIN is given again for every signature, by every lane.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_wants_the_pin_every_time_gets_it() {
    let token = untidy_token().await;
    let keyring = token.keyring();
    let confirms = [Attribute::Sign(true), Attribute::AlwaysAuthenticate(true)];
    for (label, kind) in [("confirms-rsa", RSA_2048), ("confirms-ec", KeyKind::P256)] {
        token.odd_key(label, kind, &confirms);
        let key = Arc::new(keyring.public_key("hsm", label).await.unwrap());
        let values = keyring.sign_with_public_key("hsm", &key, messages(kind, 20)).await;
        assert!(values.iter().all(Result::is_ok), "{label}: {:?}", wrong(&values));
    }
    // The token does ask: without the PIN in between it refuses.
    let session = token.raw_session();
    let label = Attribute::Label(b"confirms-rsa".to_vec());
    let private = [Attribute::Class(ObjectClass::PRIVATE_KEY), label];
    let handle = session.find_objects(&private).unwrap()[0];
    let refused = session.sign(&Mechanism::Sha256RsaPkcs, handle, b"message");
    assert!(refused.is_err(), "the token does not ask for its PIN");
}

/// What a token says of the key itself is not tried again, and is found out by the trial signature.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_never_signs_is_told_from_one_that_does_not_answer() {
    let token = untidy_token().await;
    let keyring = token.keyring();
    let files = tempfile::tempdir().unwrap();
    let files = super::software::keyring(files.path(), None);
    let mut issuer = self_signed(&files, "files", "issuer", KeyKind::P256).await;
    issuer.backend = "files".to_owned();
    let encrypts = Attribute::AllowedMechanisms(vec![MechanismType::RSA_PKCS_OAEP]);
    let pss = Attribute::AllowedMechanisms(vec![
        MechanismType::RSA_PKCS_PSS,
        MechanismType::SHA256_RSA_PKCS_PSS,
    ]);
    let pss_only = SignatureAlgorithm::RsaPss(DigestAlgorithm::Sha256);
    let keys = [
        ("no-sign", Attribute::Sign(false), Err("CKA_SIGN")),
        ("no-mechanism", encrypts, Err("CKA_ALLOWED_MECHANISMS")),
        ("pss-only", pss, Ok(pss_only)),
    ];
    for (label, attribute, wanted) in keys {
        let sign = Attribute::Sign(!matches!(attribute, Attribute::Sign(false)));
        let attributes = match &attribute {
            Attribute::Sign(_) => vec![sign],
            _ => vec![sign, attribute],
        };
        token.odd_key(label, RSA_2048, &attributes);
        let key = Arc::new(keyring.public_key("hsm", label).await.unwrap());
        let profile = (&CertificateProfile::Seal, &[][..]);
        let subject = format!("CN={label},C=TR");
        let issuer = Some(&*issuer.certificate);
        let certificate = issued(&files, "files", &subject, &key, issuer, profile).await;
        let key = KeyRef { backend: "hsm".to_owned(), certificate: Arc::new(certificate) };
        match (keyring.prove(&key).await, wanted) {
            (Ok(signs), Ok(wanted)) => assert_eq!(signs, wanted),
            (Err(error), Err(word)) => {
                assert_eq!(error.class(), ErrorClass::Final, "{error:?}");
                assert!(error.to_string().contains(word), "{error}");
            }
            (answer, _) => panic!("{label}: {answer:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_back_end_that_cannot_be_opened_does_not_stop_the_others() {
    let mut absent = token().config();
    absent.token_label = "not there".to_owned();
    let mut unloadable = token().config();
    unloadable.module = "/nonexistent/module.so".into();
    let backends = [
        ("good".to_owned(), BackendConfig::Pkcs11(token().config())),
        ("absent".to_owned(), BackendConfig::Pkcs11(absent)),
        ("unloadable".to_owned(), BackendConfig::Pkcs11(unloadable)),
    ];
    let keyring = Keyring::open(&Config { production: true, backends: backends.into() }).unwrap();
    generated(&keyring, "good", "among-bad-ones", KeyKind::P256).await;
    let health = keyring.health().await;
    let state = |name: &str| &health.iter().find(|it| it.name == name).unwrap().state;
    assert!(state("good").is_ok());
    let absent = state("absent").as_ref().unwrap_err();
    assert!(matches!(absent, Error::TokenMissing { .. }), "{absent:?}");
    let label = format!("{:?}", token().config().token_label);
    assert!(absent.to_string().contains(&label), "what is there is named: {absent}");
    assert_eq!(absent.class(), ErrorClass::Transient);
    let unloadable = state("unloadable").as_ref().unwrap_err();
    assert!(matches!(unloadable, Error::Module { .. }), "{unloadable:?}");
}

#[test]
fn a_wrong_pin_is_tried_once() {
    let journal = journal_of("keys::trouble::child_with_a_wrong_pin");
    assert_eq!(journal.matches(": C_Login").count(), 1, "one login attempt");
    assert!(journal.contains("CKR_PIN_INCORRECT"), "and it was refused");
}

/// Each of several PINs is tried once; the right one heals the token.
#[test]
fn a_corrected_pin_needs_no_restart() {
    let journal = journal_of("keys::trouble::child_with_a_corrected_pin");
    assert_eq!(journal.matches(": C_Login").count(), 2, "one login attempt with each PIN");
    assert_eq!(journal.matches("CKR_PIN_INCORRECT").count(), 1, "and one was refused");
}

/// After two wrong ones a third is not tried, whatever it is.
#[test]
fn few_wrong_pins_are_tried() {
    let journal = journal_of("keys::trouble::child_with_wrong_pins");
    assert_eq!(journal.matches(": C_Login").count(), 2, "one login attempt with each of two");
    assert_eq!(journal.matches("CKR_PIN_INCORRECT").count(), 2, "and both were refused");
}

/// What the token was asked by a test in a process of its own. `pkcs11-spy` writes down every call, so it is
/// the witness; it has to be told before the module is loaded.
fn journal_of(child: &str) -> String {
    let token = token();
    let spy =
        ["/usr/lib/x86_64-linux-gnu/pkcs11-spy.so", "/usr/lib/aarch64-linux-gnu/pkcs11-spy.so"];
    let spy = spy.into_iter().find(|path| Path::new(path).exists());
    let spy = spy.expect("pkcs11-spy is missing: apt-get install opensc (make test does it)");
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("spy.log");
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", child, "--ignored", "--nocapture"])
        .env("PKCS11SPY", &token.module)
        .env("PKCS11SPY_OUTPUT", &journal)
        .env("CHANCERY_TEST_MODULE", spy)
        .env("CHANCERY_TEST_TOKEN", &token.label)
        .env("CHANCERY_TEST_PIN", &token.pin_file)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let journal = std::fs::read_to_string(&journal).unwrap();
    let tail = &journal[journal.len().saturating_sub(1500)..];
    assert!(text.contains("1 passed"), "{} {text} {tail}", output.status);
    journal
}

/// A back-end on the token of the parent, with the PIN in this file.
fn with_pin_of(pin_file: &Path) -> Config {
    let module = std::env::var_os("CHANCERY_TEST_MODULE").unwrap();
    let mut settings =
        Token::settings(module.into(), std::env::var("CHANCERY_TEST_TOKEN").unwrap());
    settings.pin_file = Some(pin_file.to_owned());
    let backends = [("hsm".to_owned(), BackendConfig::Pkcs11(settings))];
    Config { production: true, backends: backends.into() }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by a_corrected_pin_needs_no_restart in a process of its own"]
async fn child_with_a_corrected_pin() {
    let folder = tempfile::tempdir().unwrap();
    let pin_file = folder.path().join("pin");
    write_private(&pin_file, "999999\n");
    let keyring = Keyring::open(&with_pin_of(&pin_file)).unwrap();
    assert!(keyring.health().await.remove(0).state.is_err());
    let right = std::fs::read_to_string(std::env::var_os("CHANCERY_TEST_PIN").unwrap()).unwrap();
    std::fs::write(&pin_file, right).unwrap();
    // Whoever wrote it may not be done.
    assert!(matches!(keyring.health().await.remove(0).state, Err(Error::PinGuarded)));
    let begin = Instant::now();
    while let Err(error) = keyring.health().await.remove(0).state {
        assert!(matches!(error, Error::PinGuarded), "{error:?}");
        assert!(begin.elapsed() < PATIENCE, "the right PIN is not tried");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by few_wrong_pins_are_tried in a process of its own"]
async fn child_with_wrong_pins() {
    let folder = tempfile::tempdir().unwrap();
    let pin_file = folder.path().join("pin");
    write_private(&pin_file, "999999\n");
    let keyring = Keyring::open(&with_pin_of(&pin_file)).unwrap();
    let refused = async |keyring: &Keyring| {
        matches!(keyring.health().await.remove(0).state, Err(Error::PinRefused(_)))
    };
    assert!(keyring.health().await.remove(0).state.is_err());
    std::fs::write(&pin_file, "888888").unwrap();
    let begin = Instant::now();
    while !refused(&keyring).await {
        assert!(begin.elapsed() < PATIENCE, "the second PIN is not tried");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    std::fs::write(&pin_file, "777777").unwrap();
    // Another keyring has not waited for the third, nor has to.
    let again = Keyring::open(&with_pin_of(&pin_file)).unwrap();
    for keyring in [&keyring, &again] {
        assert!(matches!(keyring.health().await.remove(0).state, Err(Error::PinGuarded)));
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by a_wrong_pin_is_tried_once in a process of its own"]
async fn child_with_a_wrong_pin() {
    let folder = tempfile::tempdir().unwrap();
    let pin_file = folder.path().join("pin");
    write_private(&pin_file, "999999\n");
    let files = super::software::keyring(folder.path(), None);
    let mut key = self_signed(&files, "files", "any", KeyKind::P256).await;
    key.backend = "hsm".to_owned();
    let config = with_pin_of(&pin_file);
    let keyring = Keyring::open(&config).unwrap();
    for _ in 0..3 {
        for answer in keyring.sign(&key, messages(KeyKind::P256, 20)).await {
            let error = answer.unwrap_err();
            assert!(matches!(error, Error::PinGuarded | Error::PinRefused(_)), "{error:?}");
            assert_eq!(error.class(), ErrorClass::Blocked);
        }
        assert!(keyring.health().await.remove(0).state.is_err());
    }
    // A second keyring in the same process knows it too.
    let again = Keyring::open(&config).unwrap();
    assert!(matches!(again.health().await.remove(0).state, Err(Error::PinGuarded)));
}
