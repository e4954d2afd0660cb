//! Countersignatures of CMS signatures: each in the signer whose value it is over. openssl takes the signature around it as
//! before, and prints it; asn1crypto with cryptography verifies it.

use std::fs;

use chancery_engine::domain::cades::{CadesPackaging, CadesProfile, ExistingCmsSignatures};
use chancery_engine::domain::refusal::{CmsRefusal, Refusal};
use chancery_engine::pki::cms::MAX_SIGNERS;
use chancery_engine::seal::Profile;
use chancery_testing::judges::{FileVerdict, countersignatures};
use cms::content_info::ContentInfo;
use der::{Decode as _, Encode as _};

use super::existing::{DOCUMENT, by_openssl, profile, signers};
use super::support::{cades, certificate, refusal, seal, sh};

fn countersigning() -> Profile {
    profile(ExistingCmsSignatures::Countersign)
}

/// What openssl takes as the signature of its key, over a content that is inside or beside it; and how many
/// countersignatures it prints.
fn judged(file: &[u8], content: Option<&[u8]>) -> usize {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), file).unwrap();
    fs::write(folder.path().join("content"), content.unwrap_or_default()).unwrap();
    let beside = if content.is_some() { "-content content" } else { "" };
    let verify = format!(
        "openssl cms -verify -binary -inform DER -in file {beside} -purpose any -CAfile '{}' -out out && \
         cat out && openssl cms -cmsout -print -noout -inform DER -in file",
        certificate("P-384").display()
    );
    let said = sh(&verify, folder.path()).unwrap();
    assert!(said.contains(std::str::from_utf8(DOCUMENT).unwrap()), "{said}");
    said.matches("object: countersignature").count()
}

fn asn1crypto(file: &[u8]) -> FileVerdict {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, file).unwrap();
    countersignatures(&[path]).remove(0)
}

#[test]
fn a_countersignature_is_over_the_value_of_the_signer() {
    for key in ["P-256", "rsa2048", "P-521"] {
        for options in ["-nodetach -cades", "-nodetach -stream", "-nodetach -md sha512", ""] {
            let content = options.is_empty().then_some(DOCUMENT);
            let first = by_openssl(DOCUMENT, options);
            let over = seal(&first, &countersigning(), key);
            assert_eq!(over.beside(), None);
            let [name, kind] = ["a.p7s", "application/pkcs7-signature"];
            let same = (name.to_owned(), kind.to_owned());
            assert_eq!(countersigning().sealed_file(name, kind), same);
            assert_eq!(judged(over.bytes(), content), 1, "{key} {options}");
            let verdict = asn1crypto(over.bytes());
            assert!(verdict.accepted, "{key} {options}: {}", verdict.said);
            // the value that it is over, and its own
            for value in [value_of(&first), over.value().octets().to_vec()] {
                let mut changed = over.bytes().to_vec();
                let at = position(&changed, &value[value.len() - 20..]);
                changed[at] ^= 1;
                assert!(!asn1crypto(&changed).accepted, "{key} {options}");
            }
        }
    }
}

/// The value of the last signer of a file.
fn value_of(file: &[u8]) -> Vec<u8> {
    use cms::signed_data::SignedData;
    // the reader takes DER only
    let info = ContentInfo::from_der(file);
    let Ok(info) = info else { return file[file.len() - 40..file.len() - 20].to_vec() };
    let signed_data = info.content.decode_as::<SignedData>().unwrap();
    signed_data.signer_infos.0.iter().last().unwrap().signature.as_bytes().to_vec()
}

fn position(file: &[u8], part: &[u8]) -> usize {
    file.windows(part.len()).position(|window| window == part).unwrap()
}

/// Each is over the signer, none over another one, and what is there keeps its bytes.
#[test]
fn several_countersign_one_signer() {
    let mut file = seal(DOCUMENT, &profile(ExistingCmsSignatures::Refuse), "P-384").into_bytes();
    for number in 1..=MAX_SIGNERS {
        file = seal(&file, &countersigning(), "P-256").into_bytes();
        assert_eq!(signers(&file), 1);
        assert_eq!(judged(&file, None), number);
        let info = ContentInfo::from_der(&file).expect("DER");
        assert_eq!(info.to_der().unwrap(), file);
    }
    let verdict = asn1crypto(&file);
    assert!(verdict.accepted && verdict.said.starts_with("16"), "{verdict:?}");
    // no more are looked at by who verifies it
    let said = refusal(&file, &countersigning());
    assert_eq!(said.code(), "cms-too-many-inside");
    assert!(said.to_string().contains("more than the 15 countersigners"), "{said}");
}

/// It says what is asked for, as any other signature.
#[test]
fn a_countersignature_has_its_settings() {
    let first = by_openssl(DOCUMENT, "-nodetach");
    let settings = CadesProfile {
        existing_signatures: ExistingCmsSignatures::Countersign,
        claimed_roles: vec!["notary".to_owned()],
        mime_type: Some("application/pkcs7-mime".to_owned()),
        ..CadesProfile::default()
    };
    let over = seal(&first, &cades(settings), "P-256");
    assert!(asn1crypto(over.bytes()).accepted);
    position(over.bytes(), b"notary");
    // that of what is signed, which is a value
    let mime_type = [6, 6, 4, 0, 0x8D, 0x45, 2, 1];
    assert!(!over.bytes().windows(8).any(|window| window == mime_type));
}

#[test]
fn what_is_not_countersigned_is_refused_by_name() {
    let none = Refusal::Cms(CmsRefusal::NotSigned);
    assert_eq!(refusal(DOCUMENT, &countersigning()), none);
    assert_eq!(refusal(b"", &countersigning()), Refusal::DocumentEmpty);
    let first = seal(DOCUMENT, &profile(ExistingCmsSignatures::Refuse), "rsa2048");
    let both = seal(first.bytes(), &profile(ExistingCmsSignatures::Parallel), "P-256");
    let several = Refusal::Cms(CmsRefusal::SeveralSigners { count: 2 });
    assert_eq!(refusal(both.bytes(), &countersigning()), several);
    let pem = by_openssl(DOCUMENT, "-nodetach -outform PEM");
    assert_eq!(refusal(&pem, &countersigning()).code(), "cms-malformed");
    let whole = by_openssl(DOCUMENT, "-nodetach");
    for end in 17..whole.len() {
        assert_eq!(refusal(&whole[..end], &countersigning()).code(), "cms-malformed", "{end}");
    }
    for packaging in [CadesPackaging::Detached, CadesPackaging::AsicE] {
        let existing_signatures = ExistingCmsSignatures::Countersign;
        let profile =
            cades(CadesProfile { packaging, existing_signatures, ..CadesProfile::default() });
        let said = refusal(&whole, &profile).to_string();
        assert!(said.starts_with("existingSignatures"), "{said}");
    }
}
