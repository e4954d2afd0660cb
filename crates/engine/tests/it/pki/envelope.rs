//! Secrets at rest: where they open, and keys that are derived.

use chancery_engine::pki::envelope::{Error, Kek, MacKey};

const PLACE: &[u8] = b"mail_relay/7/password";

#[test]
fn opens_only_what_it_sealed_for_that_place_and_unchanged() {
    let kek = Kek::from_bytes(&[7; 32]).unwrap();
    let sealed = kek.seal([1; 12], PLACE, b"canary").unwrap();
    assert_eq!(kek.open(PLACE, &sealed).unwrap().as_slice(), b"canary");
    assert!(!sealed.windows(6).any(|window| window == b"canary"));
    assert_eq!(kek.open(b"mail_relay/8/password", &sealed), Err(Error::Tampered));
    assert_eq!(Kek::from_bytes(&[8; 32]).unwrap().open(PLACE, &sealed), Err(Error::OtherKey));
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert!(kek.open(PLACE, &changed).is_err(), "octet {at}");
        assert!(kek.open(PLACE, &sealed[..at]).is_err(), "cut at {at}");
    }
    let empty = kek.seal([2; 12], PLACE, b"").unwrap();
    assert!(kek.open(PLACE, &empty).unwrap().is_empty());
    assert_eq!(format!("{kek:?}"), "Kek");
}

#[test]
fn derived_keys_differ_by_label_and_key_and_stay() {
    let kek = Kek::from_bytes(&[7; 32]).unwrap();
    let link = kek.derive("links").unwrap();
    let code = link.hmac_sha256(b"m");
    assert_eq!(code, kek.derive("links").unwrap().hmac_sha256(b"m"));
    assert_ne!(code, kek.derive("other").unwrap().hmac_sha256(b"m"));
    let other = Kek::from_bytes(&[8; 32]).unwrap();
    assert_ne!(code, other.derive("links").unwrap().hmac_sha256(b"m"));
    assert_ne!(code, link.hmac_sha256(b"n"));
}

#[test]
fn hmac_is_that_of_rfc_4231() {
    let code = MacKey::from_bytes(&[0x0b; 20]).hmac_sha256(b"Hi There");
    assert_eq!(code[..4], [0xb0, 0x34, 0x4c, 0x61]);
}
