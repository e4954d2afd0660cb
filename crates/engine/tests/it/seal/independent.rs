//! bergshamra as one more verifier, and why it does not compute our digests
//! (`docs/decisions/0001-xml-stack.md`).

use std::fs;

use bergshamra::keys::loader::load_x509_cert_pem;
use bergshamra::{DsigContext, KeysManager, verify};
use chancery_engine::domain::xades::SignatureLocation;

use super::support::*;

fn bergshamra_accepts(text: &str, key: &TestKey) -> bool {
    let mut keys = KeysManager::new();
    keys.add_key(load_x509_cert_pem(&fs::read(&key.pem).unwrap()).unwrap());
    let context = DsigContext::new(keys).with_strict_verification(false);
    let result = verify(&context, text);
    result.is_ok_and(|result| result.is_valid())
}

#[test]
fn bergshamra_agrees_on_a_clean_document() {
    for key in [&PKI.rsa, &PKI.p256] {
        for canonicalization in ALL_CANONICALIZATIONS {
            let sealed = seal_and_verify(
                INVOICE.as_bytes(),
                key,
                canonicalization,
                SignatureLocation::default(),
            );
            let text = String::from_utf8(sealed).unwrap();
            assert!(bergshamra_accepts(&text, key), "{canonicalization:?} with {}", key.name);
            assert!(!bergshamra_accepts(&text.replace("1250.00", "1251.00"), key));
        }
    }
}

#[test]
fn bergshamra_is_wrong_about_a_line_break_in_an_attribute() {
    let document =
        INVOICE.replacen("<cbc:ID>F-2026/1", "<cbc:ID schemeName=\"one\ntwo\">F-2026/1", 1);
    let key = &PKI.p256;
    let sealed = seal_and_verify(
        document.as_bytes(),
        key,
        ALL_CANONICALIZATIONS[0],
        SignatureLocation::default(),
    );
    let text = String::from_utf8(sealed).unwrap();
    // xmlsec1 has accepted it. When this fails, bergshamra has learnt attribute-value
    // normalisation (XML 1.0, 3.3.3): look at the decision record again.
    assert!(!bergshamra_accepts(&text, key), "bergshamra has been mended");
}
