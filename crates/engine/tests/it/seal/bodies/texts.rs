//! Any text for the readers of what operators and clients write: names, calendars, profiles, letters,
//! secrets and tokens. The first line says which reader it is for.

use std::sync::LazyLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chancery_engine::domain::language::Language;
use chancery_engine::domain::name_style::NameStyle;
use chancery_engine::letters::{self, TemplateSource, Values};
use chancery_engine::pki::calendar::Calendar;
use chancery_engine::pki::folded_name::FoldedName;
use chancery_engine::pki::jose::{Claims, TokenKey, TokenKeys};
use chancery_engine::pki::name;
use chancery_engine::pki::webhook_signature::HookSecret;
use chancery_engine::seal::catalogue::Catalogue;
use chancery_testing::cost;
use serde_json::Map;

use super::pades::SOON;

static KEYS: LazyLock<TokenKeys> = LazyLock::new(|| {
    let random = SystemRandom::new();
    let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    let der = STANDARD.encode(der.as_ref());
    let lines: Vec<&str> =
        der.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let pem =
        format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"));
    TokenKeys::new(TokenKey::from_pem(&pem).unwrap(), Vec::new())
});

fn claims() -> Claims {
    let text = |text: &str| text.to_owned();
    Claims {
        iss: text("issuer"),
        sub: text("alias"),
        aud: text("audience"),
        client_id: text("alias"),
        scope: text("read"),
        iat: 1,
        exp: 2,
        nbf: None,
        jti: text("j"),
    }
}

/// A token that [`texts`] takes.
pub(crate) fn token() -> String {
    KEYS.sign(&claims()).unwrap()
}

/// Any text for the reader that the first line names.
pub(crate) fn texts(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Some((reader, text)) = text.split_once('\n') else { return };
    cost::at_most(SOON, reader, || match reader {
        "name" => {
            let Ok(read) = name::parse(text) else { return };
            let written = name::to_text(&read, &NameStyle::default()).unwrap();
            assert!(!written.is_empty(), "an empty name is refused");
            assert!(!FoldedName::of(&read).is_empty(), "something of it is compared");
        }
        "calendar" => {
            if let Ok(calendar) = Calendar::parse(text) {
                let _ = calendar.name();
            }
        }
        "profile" => {
            if let Ok(catalogue) = Catalogue::with([("mine", text)].into_iter()) {
                let entry = catalogue.entry("mine").unwrap();
                for format in entry.formats() {
                    let resolved = catalogue.profile(format, Some("mine"), &Map::new());
                    assert!(resolved.is_ok(), "a profile that is taken can be used");
                }
            }
        }
        "letter" => {
            let mut parts = text.splitn(3, "\n--\n").map(str::to_owned);
            let mut part = || parts.next().unwrap_or_default();
            let source = TemplateSource { subject: part(), text: part(), html: part() };
            if letters::check(&source).is_ok() {
                let values = Values::of(&letters::sample(Language::En));
                let _ = letters::render(&source, &values);
            }
        }
        "secret" => {
            if let Ok(secret) = HookSecret::parse(&text.to_owned().into()) {
                let again = HookSecret::parse(&secret.text());
                assert!(again.is_ok(), "a secret is read as it is written");
            }
        }
        "token" => {
            if let Ok(read) = KEYS.check(text, "issuer", "audience") {
                assert_eq!(read, claims(), "nobody else signs with our key");
            }
        }
        _ => {}
    });
}
