//! The check of our own seals before they are released. That all good ones pass is seen wherever tests seal
//! (`chancery_testing::sealing::checked`); here what must not pass does not.

use chancery_engine::domain::level::Level;
use chancery_engine::domain::profile::Profile;
use chancery_engine::domain::xades::XadesLevel;
use chancery_engine::seal::{Limits, Sealed, prepare};
use chancery_engine::verify::{MadeSeal, check_own};
use chancery_testing::pdfs;
use serde_json::{Value, json};

use crate::seal::extend::{signed, stamped};
use crate::seal::settings::CATALOGUE;
use crate::seal::support::*;

fn xades(name: Option<&str>, settings: &Value) -> Profile {
    let settings = CATALOGUE.settings(name, settings.as_object().unwrap()).unwrap();
    Profile::Xades(Box::new(settings))
}

fn cades(settings: &Value) -> Profile {
    Profile::Cades(Box::new(serde_json::from_value(settings.clone()).unwrap()))
}

fn seal(document: &[u8], key: &TestKey, profile: &Profile) -> Sealed {
    let limits = Limits::default();
    let prepared = prepare(document.to_vec(), profile, &key.signer, key.now(), &limits).unwrap();
    signed(prepared, key).finish()
}

fn said(file: &[u8], made: &MadeSeal<'_>) -> String {
    check_own(file, made, &Limits::default()).map_or_else(|it| it.to_string(), |()| String::new())
}

/// Every kind of seal, with its document.
fn all() -> Vec<(&'static [u8], Profile)> {
    let xml = INVOICE.as_bytes();
    let pdf = pdfs::named("classic").bytes.as_slice();
    vec![
        (xml, xades(None, &json!({}))),
        (xml, xades(Some("ubl"), &json!({}))),
        (xml, xades(None, &json!({ "packaging": "ENVELOPING" }))),
        (
            xml,
            xades(
                None,
                &json!({ "packaging": "DETACHED", "signatureTransform": "NONE",
            "reference": { "uri": "a.xml" } }),
            ),
        ),
        (xml, xades(None, &json!({ "packaging": "ASIC_E" }))),
        (
            xml,
            xades(
                None,
                &json!({ "xadesLevel": "NONE",
            "referenceOrder": ["DOCUMENT"] }),
            ),
        ),
        (pdf, Profile::Pades(Box::default())),
        (xml, cades(&json!({}))),
        (xml, cades(&json!({ "packaging": "DETACHED" }))),
        (xml, cades(&json!({ "packaging": "ASIC_E" }))),
    ]
}

#[test]
fn whatever_is_changed_in_a_seal_or_its_document_is_withheld() {
    for (document, profile) in all() {
        let sealed = seal(document, &PKI.p256, &profile);
        let made = MadeSeal::of(&sealed, &profile);
        assert_eq!(said(sealed.bytes(), &made), "", "{profile:?}");
        // in the document, in the value of the seal, or where a seal of octets begins
        let find =
            |word: &[u8]| sealed.bytes().windows(word.len()).position(|window| window == word);
        let seal = sealed.signature();
        let value = find(b"<ds:SignatureValue").and_then(|at| {
            let rest = &sealed.bytes()[at..];
            rest.iter().position(|octet| *octet == b'>').map(|end| at + end + 20)
        });
        let places = [find(b"1250.00"), Some(value.unwrap_or(seal.start + 20))];
        for at in places.into_iter().flatten() {
            let mut changed = sealed.bytes().to_vec();
            changed[at] = if changed[at] == b'7' { b'6' } else { b'7' };
            assert_ne!(said(&changed, &made), "", "{at} of {profile:?}");
        }
        let cut = &sealed.bytes()[..sealed.bytes().len() - 10];
        assert!(made.beside.is_some() || !said(cut, &made).is_empty(), "{profile:?}");
        assert_ne!(said(document, &made), "", "{profile:?}");
        assert_ne!(said(b"", &made), "");
    }
}

#[test]
fn a_seal_of_another_key_time_level_or_document_is_withheld() {
    for (document, profile) in all() {
        let sealed = seal(document, &PKI.p256, &profile);
        let made = MadeSeal::of(&sealed, &profile);
        let other = PKI.rsa.signer.certificate();
        let other = said(sealed.bytes(), &MadeSeal { certificate: other, ..made.clone() });
        assert_ne!(other, "", "{profile:?}");
        let stamped = MadeSeal { level: Level::T, ..made.clone() };
        assert_eq!(said(sealed.bytes(), &stamped), "its timestamp is not in it", "{profile:?}");
        if made.beside.is_some() {
            let beside = Some(&b"<another/>"[..]);
            assert_ne!(said(sealed.bytes(), &MadeSeal { beside, ..made.clone() }), "");
            assert_ne!(said(sealed.bytes(), &MadeSeal { beside: None, ..made }), "");
        }
    }
}

#[test]
fn a_timestamp_that_does_not_hold_is_withheld() {
    for (document, profile) in all() {
        if matches!(&profile, Profile::Xades(it) if it.xades_level != XadesLevel::default())
            || matches!(profile, Profile::Pades(_))
        {
            continue;
        }
        let limits = Limits::default();
        let key = &PKI.p256;
        let prepared =
            prepare(document.to_vec(), &profile, &key.signer, key.now(), &limits).unwrap();
        let sealed = stamped(signed(prepared, key));
        let made = MadeSeal::of(&sealed, &profile);
        assert_eq!(said(sealed.bytes(), &made), "", "{profile:?}");
    }
    let profile = xades(None, &json!({}));
    let prepared = |key: &TestKey| {
        let limits = Limits::default();
        prepare(INVOICE.as_bytes().to_vec(), &profile, &key.signer, key.now(), &limits).unwrap()
    };
    let token = |text: &str| {
        let start = text.find("<xades:EncapsulatedTimeStamp>").unwrap();
        let end = text.find("</xades:EncapsulatedTimeStamp>").unwrap();
        text[start..end].to_owned()
    };
    let [one, other] = [&PKI.p256, &PKI.rsa].map(|key| stamped(signed(prepared(key), key)));
    let text = |sealed: &Sealed| String::from_utf8(sealed.bytes().to_vec()).unwrap();
    let swapped = text(&one).replace(&token(&text(&one)), &token(&text(&other)));
    let made = MadeSeal::of(&one, &profile);
    let made = MadeSeal { signature: one.signature().start..swapped.len(), ..made };
    assert!(said(swapped.as_bytes(), &made).contains("timestamp does not hold"));
}

/// What a seal covers is held against what its profile wants.
#[test]
fn what_covers_less_than_its_profile_wants_is_withheld() {
    let part = INVOICE.replacen("<cbc:ID>", "<cbc:ID Id=\"part\">", 1);
    let part = part.as_bytes();
    let of_part = xades(
        None,
        &json!({ "reference": { "uri": "#part" },
        "signatureTransform": "NONE" }),
    );
    let sealed = seal(part, &PKI.p256, &of_part);
    assert_eq!(said(sealed.bytes(), &MadeSeal::of(&sealed, &of_part)), "");
    let whole = xades(None, &json!({}));
    let less = said(sealed.bytes(), &MadeSeal::of(&sealed, &whole));
    assert!(less.contains("holds more than it covers"), "{less}");
    // something beside the signatures, where UBL leaves out what is for them
    let sealed = seal(INVOICE.as_bytes(), &PKI.p256, &xades(Some("ubl-nonfinal"), &json!({})));
    let profile = xades(Some("ubl-nonfinal"), &json!({}));
    assert_eq!(said(sealed.bytes(), &MadeSeal::of(&sealed, &profile)), "");
    let text = String::from_utf8(sealed.bytes().to_vec()).unwrap();
    let end = "</sac:SignatureInformation>";
    let more = text.replacen(end, &format!("<a>9250.00</a>{end}"), 1);
    assert_ne!(more, text);
    let more = said(more.as_bytes(), &MadeSeal::of(&sealed, &profile));
    assert!(more.contains("holds more than it covers"), "{more}");
}

/// What can be sealed at the limits passes, although the seal is more than they allow of a document.
#[test]
fn what_is_at_the_limits_passes_with_its_seal() {
    let parallel = xades(None, &json!({ "existingSignatures": "PARALLEL" }));
    let deep = format!("{}{}", "<a>".repeat(64), "</a>".repeat(64));
    let other = "<ds:Signature xmlns:ds='http://www.w3.org/2000/09/xmldsig#'><ds:SignedInfo/>\
        <ds:SignatureValue>AAAA</ds:SignatureValue></ds:Signature>";
    let others = format!("<a>{}</a>", other.repeat(70));
    let innermost = xades(None, &json!({ "signatureLocation": "/a".repeat(64) }));
    for (document, profile) in [(deep, innermost), (others, parallel)] {
        let sealed = seal(document.as_bytes(), &PKI.p256, &profile);
        assert_eq!(said(sealed.bytes(), &MadeSeal::of(&sealed, &profile)), "");
    }
}

/// Others' signatures are not ours: one that does not hold is told of elsewhere, and withholds nothing.
#[test]
fn only_our_seal_counts_beside_others() {
    let profile = xades(Some("ubl-nonfinal"), &json!({}));
    let first = seal(INVOICE.as_bytes(), &PKI.rsa, &profile);
    let parallel = xades(Some("ubl-nonfinal"), &json!({ "existingSignatures": "PARALLEL" }));
    let both = seal(first.bytes(), &PKI.p256, &parallel);
    let made = MadeSeal::of(&both, &parallel);
    assert_eq!(said(both.bytes(), &made), "");
    let counter = xades(Some("ubl"), &json!({ "existingSignatures": "COUNTERSIGN" }));
    let over = seal(first.bytes(), &PKI.p256, &counter);
    assert_eq!(said(over.bytes(), &MadeSeal::of(&over, &counter)), "");
    let text = String::from_utf8(both.bytes().to_vec()).unwrap();
    let values: Vec<usize> =
        text.match_indices("<ds:SignatureValue").map(|(at, _)| at + 100).collect();
    for at in values {
        let mut changed = text.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let ours = made.signature.contains(&at);
        assert_eq!(!said(&changed, &made).is_empty(), ours, "{at}");
    }
    let parallel = cades(&json!({ "existingSignatures": "PARALLEL" }));
    let first = seal(b"text", &PKI.rsa, &cades(&json!({})));
    let both = seal(first.bytes(), &PKI.p256, &parallel);
    assert_eq!(said(both.bytes(), &MadeSeal::of(&both, &parallel)), "");

    // of a countersignature what it is over is not ours either, but that it is over it
    let counter = cades(&json!({ "existingSignatures": "COUNTERSIGN" }));
    let over = seal(first.bytes(), &PKI.p256, &counter);
    let made = MadeSeal::of(&over, &counter);
    assert_eq!(said(over.bytes(), &made), "");
    assert!(said(first.bytes(), &made).contains("not found"), "it is not there");
    for value in [first.value().octets(), &over.value().octets()[..32]] {
        let part = &value[value.len() - 20..];
        let at = over.bytes().windows(20).position(|window| window == part).unwrap();
        let mut changed = over.bytes().to_vec();
        changed[at] ^= 1;
        assert_ne!(said(&changed, &made), "");
    }
}

/// However many signatures stand before it, the seal at the end is found.
#[test]
fn a_seal_behind_many_others_passes() {
    let profile = Profile::Pades(Box::default());
    let mut file = pdfs::named("classic").bytes.clone();
    for number in 0..66 {
        let sealed = seal(&file, &PKI.p256, &profile);
        if number > 62 {
            assert_eq!(said(sealed.bytes(), &MadeSeal::of(&sealed, &profile)), "", "{number}");
        }
        file = sealed.into_bytes();
    }
}

/// Otherwise a client could make a seal that has to be withheld.
#[test]
fn what_stands_in_the_place_for_signatures_is_told_before_a_key_is_used() {
    for name in ["ubl-nonfinal", "ubl-nonfinal-here"] {
        let profile = xades(Some(name), &json!({}));
        let sealed = seal(INVOICE.as_bytes(), &PKI.p256, &profile);
        let text = String::from_utf8(sealed.bytes().to_vec()).unwrap();
        let end = "</ds:Signature>";
        let seal = text.find("<ds:Signature ").unwrap()..text.find(end).unwrap() + end.len();
        let again = |junk: &str| {
            let document = [&text[..seal.start], junk, &text[seal.end..]].concat().into_bytes();
            let key = &PKI.p256;
            prepare(document, &profile, &key.signer, key.now(), &Limits::default())
        };
        again("").unwrap();
        for junk in ["<a>9250.00</a>", "9250.00", "<a><b/></a>"] {
            let refusal = again(junk).err().unwrap();
            assert_eq!(refusal.code(), "place-holds-more", "{name}: {refusal}");
            assert!(refusal.to_string().contains("SignatureInformation"), "{refusal}");
        }
    }
}
