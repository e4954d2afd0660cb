//! Modules whose calls fail or never return: nothing is lost with them, and all is well without a restart
//! once they are.

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use chancery::keys::{BackendConfig, Config, Error, ErrorClass, KeyRef, Keyring, Pkcs11Config};
use chancery::pki::algorithm::KeyKind;
use chancery::pki::signature::CheckedValue;

use super::{messages, self_signed};
use crate::support::client::PATIENCE;
use crate::support::shim::Shim;

/// Two lanes, whose steps take 200 ms at most.
fn hasty(settings: &mut Pkcs11Config) {
    settings.sessions = 2;
    settings.call_deadline_ms = 200;
    settings.deadline_ms = 1000;
}

async fn once(keyring: &Keyring, key: &KeyRef) -> Result<CheckedValue, Error> {
    keyring.sign(key, messages(KeyKind::P256, 1)).await.remove(0)
}

/// Asks until the key signs; how often it did not.
async fn until_it_signs(keyring: &Keyring, key: &KeyRef) -> usize {
    let mut failures = 0;
    let signs = tokio::time::timeout(PATIENCE, async {
        loop {
            match once(keyring, key).await {
                Ok(_) => return,
                Err(error) => assert_eq!(error.class(), ErrorClass::Transient, "{error:?}"),
            }
            failures += 1;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    signs.await.expect("the key signs again");
    failures
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_never_return_take_no_lane_with_them() {
    let shim = Shim::new("lanes");
    let keyring = shim.token.keyring_with(hasty);
    let key = self_signed(&keyring, "hsm", "lanes", KeyKind::P256).await;
    // As many as there are lanes, and one more on the way to the value.
    for (function, calls) in [("C_Sign", 2), ("C_FindObjectsInit", 1)] {
        let begun = shim.calls("C_Sign").len();
        shim.say(&format!("{function} hang times {calls}"));
        let mut told = 0;
        for _ in 0..calls {
            match once(&keyring, &key).await {
                Err(Error::NoAnswer) => told += 1,
                answer => drop(answer.unwrap()),
            }
        }
        let failures = until_it_signs(&keyring, &key).await;
        let asked = shim.calls("C_Sign").len() - begun;
        println!("{function}: {told} told, {failures} further failures, {asked} asked");
        assert!(failures <= 2, "new lanes took the places: {failures}");
        shim.say("");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_whose_every_call_hangs_is_out_of_service_until_they_return() {
    let (shim, other) = (Shim::new("out"), Shim::new("other"));
    let mut both = [shim.token.config(), other.token.config()];
    both.iter_mut().for_each(hasty);
    let [hung, well] = both.map(BackendConfig::Pkcs11);
    let backends = [("hsm".to_owned(), hung), ("other".to_owned(), well)];
    let config = Config { production: true, backends: backends.into() };
    let keyring = Arc::new(Keyring::open(&config).unwrap());
    let key = self_signed(&keyring, "hsm", "out", KeyKind::P256).await;
    let beside = self_signed(&keyring, "other", "beside", KeyKind::P256).await;
    let sessions = shim.calls("C_Initialize").len();

    shim.say("C_Sign hang\nC_GetSlotList wrong");
    let mut answers = Vec::new();
    while !matches!(answers.last(), Some(Error::OutOfService)) {
        answers.push(once(&keyring, &key).await.unwrap_err());
        assert!(answers.len() < 20, "{answers:?}");
        once(&keyring, &beside).await.unwrap();
    }
    assert!(answers.iter().all(|error| error.class() == ErrorClass::Transient));
    assert!(keyring.condition("hsm").await.is_err());
    assert!(keyring.condition("other").await.is_ok());
    println!("{} answers until: {}", answers.len(), answers.last().unwrap());
    // The token is gone too, but a module with calls inside is not ended.
    assert_eq!(shim.calls("C_Finalize").len(), 0);
    assert_eq!(shim.calls("C_Initialize").len(), sessions);

    shim.say("");
    let failures = until_it_signs(&keyring, &key).await;
    println!("after {failures} failures it signs");
    assert!(keyring.condition("hsm").await.is_ok());
}

/// What is not known of a PIN is not tried again, unless it was right before.
#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_never_returns_is_not_a_second_wrong_pin() {
    let shim = Shim::new("login");
    let patient = shim.token.keyring();
    let key = self_signed(&patient, "hsm", "login", KeyKind::P256).await;
    // The PIN was right: another login may be tried.
    shim.token.raw_session().logout().unwrap();
    shim.say("C_Login hang times 1");
    let keyring = shim.token.keyring_with(hasty);
    let failures = until_it_signs(&keyring, &key).await;
    println!("a right PIN: {failures} failures");
    shim.say("");

    // In a process that does not know it yet, or of another module, it may have been wrong.
    let fresh = Shim::new("fresh-login");
    fresh.say("C_Login hang");
    let keyring = fresh.token.keyring_with(hasty);
    let logins = || fresh.calls("C_Login").len();
    let before = logins();
    for _ in 0..5 {
        let error = keyring.list("hsm").await;
        drop(error);
    }
    assert!(keyring.condition("hsm").await.is_err());
    println!("an unknown PIN: {} further logins after the one that hangs", logins() - before);
    assert_eq!(logins(), before, "never a second one");
    fresh.say("");
    let healed = tokio::time::timeout(PATIENCE, async {
        while keyring.condition("hsm").await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    healed.await.expect("the login returned");
}

/// A first login that takes longer than anybody waits and then fails has presented no PIN that counts: as
/// soon as it is known how it ended, the next one is tried.
#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_fails_late_is_tried_again() {
    let shim = Shim::new("late");
    let before = shim.calls("C_Login").len();
    shim.say("C_Login late 900 CKR_DEVICE_ERROR times 1");
    let begin = std::time::Instant::now();
    let keyring = shim.token.keyring_with(hasty);
    let away = Duration::from_millis(900);
    let mut refused = Vec::new();
    while begin.elapsed() < PATIENCE {
        match keyring.condition("hsm").await {
            Ok(_) => break,
            Err(error) => {
                let logins = shim.calls("C_Login").len() - before;
                assert!(logins == 1 || begin.elapsed() >= away, "{logins} logins, {error}");
                refused.push(error.to_string());
            }
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    println!("{} answers until it was open, such as: {:?}", refused.len(), refused.first());
    assert!(keyring.condition("hsm").await.is_ok(), "the PIN was never refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_opened_is_opened_later() {
    let shim = Shim::new("later");
    let key = self_signed(&shim.token.keyring(), "hsm", "later", KeyKind::P256).await;
    for rules in [
        "C_OpenSession error CKR_HOST_MEMORY times 4",
        "C_GetSlotList error CKR_FUNCTION_FAILED times 4",
        "C_Login error CKR_DEVICE_ERROR times 2",
        "C_GetTokenInfo error CKR_CRYPTOKI_NOT_INITIALIZED times 4",
        "C_FindObjectsInit error CKR_DEVICE_REMOVED times 4",
    ] {
        shim.say(rules);
        let keyring = shim.token.keyring_with(hasty);
        let failures = until_it_signs(&keyring, &key).await;
        println!("{rules}: {failures} failures");
    }
    // The module itself: a file that is not there yet, and one that does not begin.
    let absent = shim.token.module.with_file_name("absent.so");
    let keyring = shim.token.keyring_with(|it| {
        hasty(it);
        it.module.clone_from(&absent);
    });
    let error = once(&keyring, &key).await.unwrap_err();
    assert!(matches!(error, Error::Module { .. }), "{error:?}");
    std::fs::copy(&shim.token.module, &absent).unwrap();
    let rules = std::fs::read_to_string(absent.with_file_name("shim.control")).unwrap();
    let module = rules.lines().next().unwrap();
    std::fs::write(
        absent.with_extension("control"),
        format!("{module}\nC_Initialize error CKR_HOST_MEMORY times 2\n"),
    )
    .unwrap();
    let mut answers = Vec::new();
    while answers.last() != Some(&None) && answers.len() < 20 {
        answers.push(once(&keyring, &key).await.err().map(|error| format!("{error:?}")));
    }
    println!("a module that did not begin twice: {answers:?}");
    assert!(answers.last() == Some(&None) && answers.len() <= 4, "{answers:?}");
}

/// Many modules look for tokens only when they are initialised.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_the_module_lost_is_found_by_a_new_beginning() {
    let shim = Shim::new("lost");
    let keyring = shim.token.keyring_with(hasty);
    let key = self_signed(&keyring, "hsm", "lost", KeyKind::P256).await;
    let gone = "C_GetSlotList wrong until C_Finalize\n\
                C_Sign error CKR_SESSION_HANDLE_INVALID until C_Finalize\n\
                C_GetSessionInfo error CKR_SESSION_HANDLE_INVALID until C_Finalize";
    shim.say(gone);
    let failures = until_it_signs(&keyring, &key).await;
    let (begun, ended) = (shim.calls("C_Initialize").len(), shim.calls("C_Finalize").len());
    println!("{failures} failures, begun {begun} times, ended {ended} times");
    assert_eq!((begun, ended), (2, 1));
    // And a session that is broken in ways that say nothing of the token.
    shim.say("C_FindObjectsInit error CKR_GENERAL_ERROR until C_Finalize");
    let fresh = shim.token.keyring_with(hasty);
    let failures = until_it_signs(&fresh, &key).await;
    println!("{failures} failures, ended {} times", shim.calls("C_Finalize").len());
    assert_eq!(shim.calls("C_Finalize").len(), 2);
    until_it_signs(&keyring, &key).await;
}

/// A module that never comes back from its beginning keeps nobody from starting.
#[tokio::test(flavor = "multi_thread")]
async fn a_module_that_hangs_at_its_beginning_is_left_alone() {
    let shim = Shim::new("beginning");
    let key = self_signed(&shim.token.keyring(), "hsm", "beginning", KeyKind::P256).await;
    let copy = shim.token.module.with_file_name("copy.so");
    std::fs::copy(&shim.token.module, &copy).unwrap();
    let rules = std::fs::read_to_string(copy.with_file_name("shim.control")).unwrap();
    std::fs::write(copy.with_extension("control"), format!("{rules}\nC_Initialize hang\n"))
        .unwrap();
    let opened = tokio::time::timeout(
        PATIENCE,
        tokio::task::spawn_blocking({
            let mut settings = shim.token.config();
            hasty(&mut settings);
            settings.module.clone_from(&copy);
            let backends = [("hsm".to_owned(), BackendConfig::Pkcs11(settings))];
            move || Keyring::open(&Config { production: true, backends: backends.into() }).unwrap()
        }),
    );
    let keyring = opened.await.expect("it opens all the same").unwrap();
    let error = once(&keyring, &key).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Transient, "{error:?}");
    std::fs::write(copy.with_extension("control"), rules).unwrap();
    until_it_signs(&keyring, &key).await;
}

/// The real thing: SoftHSM, in a process in which no descriptor is left for a while. In a process of its own,
/// as every other test would suffer.
#[test]
fn a_token_survives_a_want_of_descriptors() {
    let shim = Shim::new("descriptors");
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "keys::healing::child_without_descriptors", "--ignored", "--nocapture"])
        .env("CHANCERY_TEST_MODULE", crate::support::softhsm::module())
        .env("CHANCERY_TEST_TOKEN", &shim.token.label)
        .env("CHANCERY_TEST_PIN", &shim.token.pin_file)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    print!("{text}");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("1 passed"), "{} {text} {errors}", output.status);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by a_token_survives_a_want_of_descriptors in a process of its own"]
async fn child_without_descriptors() {
    let variable = |name: &str| std::env::var_os(name).unwrap();
    let settings = Pkcs11Config {
        pin_file: Some(variable("CHANCERY_TEST_PIN").into()),
        sessions: 2,
        ..crate::support::softhsm::Token::settings(
            variable("CHANCERY_TEST_MODULE").into(),
            variable("CHANCERY_TEST_TOKEN").into_string().unwrap(),
        )
    };
    let backends = [("hsm".to_owned(), BackendConfig::Pkcs11(settings))];
    let keyring = Keyring::open(&Config { production: true, backends: backends.into() }).unwrap();
    let key = self_signed(&keyring, "hsm", "descriptors", KeyKind::P256).await;
    let null = || std::fs::File::open("/dev/null");
    let mut taken = Vec::new();
    while let Ok(file) = null() {
        taken.push(file);
    }
    let mut words = Vec::new();
    for _ in 0..10 {
        words.extend(once(&keyring, &key).await.err().map(|error| format!("{error:?}")));
        words.extend(keyring.condition("hsm").await.err().map(|error| format!("{error:?}")));
    }
    words.dedup();
    let many = taken.len();
    drop(taken);
    let failures = until_it_signs(&keyring, &key).await;
    println!("{many} descriptors taken: {words:?}; {failures} failures after they came back");
    assert!(keyring.condition("hsm").await.is_ok());
}
