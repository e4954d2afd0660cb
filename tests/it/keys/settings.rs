//! Settings: what is refused, and what is never shown.

use chancery::keys::{BackendConfig, Config, Error, Keyring, RsaMechanism};

fn parse(text: &str) -> Result<Config, config::ConfigError> {
    config::Config::builder()
        .add_source(config::File::from_str(text, config::FileFormat::Toml))
        .build()
        .and_then(config::Config::try_deserialize)
}

const TOKEN: &str = "backends.hsm = { kind = 'pkcs11', module = '/m.so', token_label = 't'";

#[test]
fn defaults_are_filled_in() {
    let config = parse(&format!("{TOKEN}, pin_credential = 'pin' }}")).unwrap();
    assert!(config.production);
    let Some(BackendConfig::Pkcs11(settings)) = config.backends.get("hsm") else {
        panic!("{config:?}")
    };
    assert!((1..=8).contains(&settings.sessions));
    assert_eq!((settings.deadline_ms, settings.rsa_mechanism), (10_000, RsaMechanism::Raw));
    let software = "production = false\nbackends.dev = { kind = 'software', directory = '/k' }";
    assert!(matches!(
        parse(software).unwrap().backends.get("dev"),
        Some(BackendConfig::Software(_))
    ));
}

#[test]
fn unknown_settings_and_kinds_are_refused() {
    for bad in [
        "productoin = true".to_owned(),
        format!("{TOKEN}, pin = '1234' }}"),
        format!("{TOKEN}, pin_file = '/p', rsa_mechanism = 'cooked' }}"),
        "backends.hsm = { kind = 'cloud' }".to_owned(),
        "backends.dev = { kind = 'software', directory = '/k', pin_file = '/p' }".to_owned(),
    ] {
        assert!(parse(&bad).is_err(), "{bad}");
    }
}

#[test]
fn contradictions_are_refused_with_the_name_of_the_back_end() {
    for bad in [
        " }",
        ", pin_file = '/p', pin_env = 'P' }",
        ", pin_file = '/p', sessions = 0 }",
        ", pin_file = '/p', sessions = 65 }",
        ", pin_file = '/p', queue = 0 }",
        ", pin_file = '/p', deadline_ms = 0 }",
    ] {
        let config = parse(&format!("{TOKEN}{bad}")).unwrap();
        let error = Keyring::open(&config).err().expect(bad);
        assert!(matches!(error, Error::Config(_)), "{error:?}");
        assert!(error.to_string().contains("hsm"), "{error}");
    }
}

#[test]
fn debug_shows_where_secrets_are_and_nothing_more() {
    let text = format!("{:?}", parse(&format!("{TOKEN}, pin_env = 'CHANCERY_PIN' }}")).unwrap());
    assert!(text.contains("CHANCERY_PIN"), "{text}");
    let token = crate::support::softhsm::token();
    let pin = std::fs::read_to_string(&token.pin_file).unwrap();
    let shown = format!("{:?}", token.config());
    assert!(!shown.contains(&pin), "{shown}");
}
