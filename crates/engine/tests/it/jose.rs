//! Access tokens: only what our own keys signed is accepted.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chancery_engine::pki::jose::{Claims, TokenKey, TokenKeys};

const ISSUER: &str = "https://seal.example";
const AUDIENCE: &str = "chancery";

fn claims() -> Claims {
    Claims {
        iss: ISSUER.to_owned(),
        sub: "alias".to_owned(),
        aud: AUDIENCE.to_owned(),
        client_id: "alias".to_owned(),
        scope: "read write".to_owned(),
        iat: 1,
        exp: 2,
        nbf: None,
        jti: "j".to_owned(),
    }
}

fn pem() -> String {
    let random = SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    der::pem::encode_string("PRIVATE KEY", der::pem::LineEnding::LF, pkcs8.as_ref()).unwrap()
}

fn keys(current: &str, previous: &[&str]) -> TokenKeys {
    let previous = previous.iter().map(|pem| TokenKey::from_pem(pem).unwrap());
    TokenKeys::new(TokenKey::from_pem(current).unwrap(), previous.collect())
}

#[test]
fn accepts_its_own_and_its_predecessors_tokens_only() {
    let (first, second) = (pem(), pem());
    let old = keys(&first, &[]);
    let token = old.sign(&claims()).unwrap();
    assert_eq!(old.check(&token, ISSUER, AUDIENCE).unwrap(), claims());
    assert!(old.check(&token, "https://other.example", AUDIENCE).is_err());
    assert!(old.check(&token, ISSUER, "other").is_err());

    assert!(keys(&second, &[]).check(&token, ISSUER, AUDIENCE).is_err());
    let rotated = keys(&second, &[&first]);
    assert!(rotated.check(&token, ISSUER, AUDIENCE).is_ok());
    assert_eq!(rotated.public_set().len(), 2);
}

#[test]
fn refuses_unsigned_and_altered_tokens() {
    let keys = keys(&pem(), &[]);
    let token = keys.sign(&claims()).unwrap();
    let replace = |place: usize, json: &str| {
        let mut parts: Vec<String> = token.split('.').map(ToOwned::to_owned).collect();
        parts[place] = URL_SAFE_NO_PAD.encode(json);
        parts.join(".")
    };
    let kid = keys.public_set()[0].kid.clone();
    for forged in [
        replace(0, &format!(r#"{{"alg":"none","typ":"at+jwt","kid":"{kid}"}}"#)),
        replace(0, &format!(r#"{{"alg":"HS256","typ":"at+jwt","kid":"{kid}"}}"#)),
        replace(0, &format!(r#"{{"alg":"ES256","typ":"JWT","kid":"{kid}"}}"#)),
        replace(
            1,
            &serde_json::to_string(&Claims { sub: "other".to_owned(), ..claims() }).unwrap(),
        ),
        replace(2, ""),
        format!("{token}x"),
        String::new(),
    ] {
        assert!(keys.check(&forged, ISSUER, AUDIENCE).is_err(), "{forged}");
    }
}
