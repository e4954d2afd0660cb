//! Secrets of webhooks and what is signed with them.

use chancery_engine::domain::webhook::SignatureScheme;
use chancery_engine::pki::webhook_signature::{Error, HookSecret};
use secrecy::{ExposeSecret as _, SecretString};

fn parse(text: &str) -> Result<HookSecret, Error> {
    HookSecret::parse(&SecretString::from(text))
}

#[test]
fn signs_the_example_that_svix_publishes() {
    let secret = parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    let signature =
        secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
    assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

#[test]
fn written_forms_come_back_and_wrong_ones_are_named() {
    for scheme in [SignatureScheme::Hmac, SignatureScheme::Ed25519] {
        let secret = HookSecret::from_random(scheme, [7; 32]).unwrap();
        let again = HookSecret::parse(&secret.text()).unwrap();
        assert_eq!(again.scheme(), scheme);
        assert_eq!(again.sign("msg_1", 1, b"{}"), secret.sign("msg_1", 1, b"{}"));
        let unpadded = secret.text().expose_secret().trim_end_matches('=').to_owned();
        assert_eq!(parse(&unpadded).unwrap().public_text(), secret.public_text());
        assert!(!format!("{secret:?}").contains("Bwc"), "{secret:?}");
    }
    assert_eq!(parse("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap_err(), Error::Prefix);
    assert_eq!(parse("whsec_*").unwrap_err(), Error::Encoding);
    assert_eq!(parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2La").unwrap_err(), Error::Length);
    assert_eq!(parse("whsk_AAAA").unwrap_err(), Error::Length);
    let strangers = format!("whsk_{}=", "B".repeat(85) + "g=");
    assert_eq!(parse(&strangers).unwrap_err(), Error::Key);
}
