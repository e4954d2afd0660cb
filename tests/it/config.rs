//! Settings from the environment: which variables are settings, and what their text becomes.

use chancery::config::environment::{distance, meant, read};
use config::ValueKind;

fn variables(of: &[(&str, &str)]) -> Vec<(std::ffi::OsString, std::ffi::OsString)> {
    of.iter().map(|(name, value)| (name.into(), value.into())).collect()
}

#[test]
fn lists_are_cut_at_commas_and_texts_stay_texts() {
    let found = read(
        variables(&[
            ("CHANCERY_ALARMS__EXPIRY_DAYS", "30, 7,1"),
            ("CHANCERY_MAIL__USERNAME", "007"),
            ("CHANCERY_MAIL__PASSWORD_ENV", "CHANCERY_MAIL_PASSWORD"),
            ("CHANCERY_KEYS__BACKENDS__HSM__SESSIONS", "4"),
            ("CHANCERY_KEYS__BACKENDS__HSM__TOKEN_LABEL", "4"),
            ("CHANCERY_WEB__LISTEN", ""),
            ("CHANCERY_CONFIG", "x.toml"),
            ("CHANCERY_WEB_LISTEN", "x"),
            ("PATH", "x"),
        ])
        .into_iter(),
    )
    .unwrap();
    let value = |path: &str| {
        let value = found.settings.iter().find(|(it, _)| it == path).map(|(_, value)| value);
        value.unwrap().kind.clone()
    };
    let days = value("alarms.expiry_days").into_iter_of();
    assert_eq!(days, ["30", "7", "1"]);
    assert_eq!(value("mail.username").to_string(), "007");
    assert!(matches!(value("keys.backends.hsm.sessions"), ValueKind::I64(4)));
    assert!(matches!(value("keys.backends.hsm.token_label"), ValueKind::String(_)));
    assert_eq!(found.others, ["CHANCERY_WEB_LISTEN"]);
    assert_eq!(found.variables.len(), 5);
}

trait Parts {
    fn into_iter_of(self) -> Vec<String>;
}

impl Parts for ValueKind {
    fn into_iter_of(self) -> Vec<String> {
        match self {
            Self::Array(parts) => parts.iter().map(ToString::to_string).collect(),
            other => vec![other.to_string()],
        }
    }
}

#[test]
fn what_looks_like_a_setting_and_is_none_is_named_with_the_one_that_was_meant() {
    for (wrong, meant) in [
        ("CHANCERY_STORE__URI", "did you mean CHANCERY_STORE__URL?"),
        ("CHANCERY_WEB__LISTN", "did you mean CHANCERY_WEB__LISTEN?"),
        ("CHANCERY_NOTHING__ALIKE", "CHANCERY_NOTHING__ALIKE is no setting. Every"),
    ] {
        let error = read(variables(&[(wrong, "x")]).into_iter()).unwrap_err().to_string();
        assert!(error.contains(wrong) && error.contains(meant), "{error}");
    }
    assert_eq!(meant("CHANCERY_WEB_LISTEN").unwrap(), "CHANCERY_WEB__LISTEN");
    assert_eq!(meant("CHANCERY_LISTEN"), None);
}

#[test]
fn letters_are_counted() {
    for (one, other, count) in
        [("", "", 0), ("a", "", 1), ("kitten", "sitting", 3), ("uri", "url", 1)]
    {
        assert_eq!(distance(one, other), count, "{one} {other}");
        assert_eq!(distance(other, one), count, "{other} {one}");
    }
}
