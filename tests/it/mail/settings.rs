//! Section `mail` of the settings.

use chancery::config::DEFAULTS;
use chancery::outbound::mail::{Config, Security};

fn config(lines: &str) -> Config {
    let mut all: toml::Table = DEFAULTS.parse().unwrap();
    let changes: toml::Table = lines.parse().unwrap();
    let mail = all.get_mut("mail").unwrap().as_table_mut().unwrap();
    mail.extend(changes);
    mail.clone().try_into().unwrap()
}

#[test]
fn without_a_host_there_is_no_account() {
    assert!(config("").account(true).unwrap().is_none());
}

#[test]
fn an_account_comes_with_its_password_and_its_usual_port() {
    let folder = tempfile::tempdir().unwrap();
    let password = folder.path().join("password");
    std::fs::write(&password, "canary\n").unwrap();
    let lines = format!(
        "host = 'mx.example'\nfrom = 'a@b.example'\nusername = 'u'\npassword_file = '{}'",
        password.display()
    );
    let account = config(&lines).account(true).unwrap().unwrap();
    assert_eq!((account.port, account.security), (587, Security::Starttls));
    assert!(account.login.is_some());
    assert!(!format!("{account:?}").contains("canary"));
    let implicit = config(&format!("{lines}\nsecurity = 'implicit'"));
    assert_eq!(implicit.account(true).unwrap().unwrap().port, 465);
    let clear = config(&format!("{lines}\nsecurity = 'none'")).account(true).unwrap_err();
    assert!(clear.to_string().contains("clear text"), "{clear}");
}

#[test]
fn what_is_wrong_is_named() {
    let cases = [
        ("", "from"),
        ("from = 'nobody'", "from"),
        ("from = 'a@b.example'\nusername = 'u'", "password_file"),
        ("from = 'a@b.example'\npassword_env = 'HOME'", "username"),
        ("from = 'a@b.example'\nconnections = 0", "connections"),
        ("from = 'a@b.example'\ncommand_ms = 0", "command_ms"),
        ("from = 'a@b.example'\nca_file = '/nowhere/ca.pem'", "ca_file"),
        ("from = 'a@b.example'\ndkim_domain = 'b.example'", "dkim_key_file"),
    ];
    for (lines, named) in cases {
        let error = config(&format!("host = 'mx.example'\n{lines}")).account(true).unwrap_err();
        assert!(error.to_string().contains(named), "{lines}: {error}");
    }
}
