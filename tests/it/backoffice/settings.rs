//! The settings that are in effect, on a page: what differs is marked, where it comes from is said, and no secret is shown.

use chancery::config::Config;
use chancery::domain::effective::{EffectiveSetting, SettingSource};

use super::House;
use super::client_services::page;
use crate::support::service::run;

const FILE: &str = r#"
[store]
url = "postgres://chancery:p@ss/word@db.example/chancery?password=hunter2"
[bulk]
approval_above = 7
[mail]
host = "relay.example"
password_file = "/nowhere/mail-password"
[keys.backends.hsm]
kind = "pkcs11"
module = "/usr/lib/<b>token.so"
token_label = "acme"
pin_env = "CHANCERY_TEST_PIN_OF_NOBODY"
"#;

fn loaded() -> Config {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("own.toml");
    std::fs::write(&file, FILE).unwrap();
    Config::load(Some(&file)).unwrap()
}

#[test]
fn every_setting_is_told_with_its_default_and_its_source() {
    let settings = loaded().origin.settings;
    let one = |path: &str| settings.all.iter().find(|it| it.path == path).expect(path);
    let above = one("bulk.approval_above");
    assert_eq!((above.value.as_str(), above.default.as_deref()), ("7", Some("100")));
    assert_eq!(above.source, SettingSource::File);
    assert!(above.differs() && above.meaning.contains("a second person has to agree"));
    let listen = one("web.listen");
    assert_eq!(listen.source, SettingSource::Default);
    assert!(!listen.differs() && listen.meaning.starts_with("Address and port of the service."));
    let most = one("web.connections.most_per_address");
    assert!(most.meaning.contains("from one address"), "as the one above: {}", most.meaning);
    assert_eq!(one("mail.password_file").is_there, Some(false));
    assert_eq!(one("keys.backends.hsm.pin_env").is_there, Some(false));
    assert_eq!(one("store.url").value, "postgres://\u{2026}@db.example/chancery?\u{2026}");
    let sections: Vec<&str> = settings.all.iter().map(EffectiveSetting::section).collect();
    let mut order = sections.clone();
    order.dedup();
    let mut sorted = order.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(order.len(), sorted.len(), "each section stands together: {order:?}");
    assert_eq!(order[0], "web");
}

#[test]
fn settings_are_shown_without_secrets_and_nothing_in_them_is_more_than_text() {
    run(async {
        let house = House::with(|setup| setup.config.origin = loaded().origin).await;
        let client = house.service.client().await;
        let mut ana = house.administrator().await.tab;
        let shown = page(&mut ana, "/office/settings").await;
        for words in [
            "<strong>7</strong> (differs)",
            "web.listen",
            "Address and port of the service.",
            "/nowhere/mail-password (it is not there)",
            "/usr/lib/&#60;b&#62;token.so",
            env!("CARGO_PKG_VERSION"),
            "takes writes",
            "hsm (pkcs11): ",
            "own.toml or the variable",
        ] {
            assert!(shown.contains(words), "{words} in {shown}");
        }
        for secret in ["hunter2", "p@ss", "word@db", "<b>token"] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
        let differing = page(&mut ana, "/office/settings?only=differing").await;
        assert!(differing.contains("bulk.approval_above"), "{differing}");
        assert!(!differing.contains("web.listen"), "{differing}");

        let calendar = page(&mut ana, "/office/settings/algorithms").await;
        let service = house.service.app.reader.client_service_by_alias(&client.alias).await;
        let credential = service.unwrap().unwrap().credential.unwrap();
        let credential = house.service.app.reader.credential(credential).await.unwrap().unwrap();
        for words in ["RSA below 3000 bits", "SHA-1", "ETSI TS 119 312", "no end is known"] {
            assert!(calendar.contains(words), "{words} in {calendar}");
        }
        assert!(calendar.contains(&format!(">{}</a>", credential.alias)), "{calendar}");
        house.service.stop().await;
    });
}
