//! CAdES signatures of every key and algorithm, and what they say.

use chancery_engine::domain::cades::{CadesPackaging, CadesProfile, ExistingCmsSignatures};
use chancery_engine::domain::claims::{Commitment, HashValue, Policy, ProductionPlace};
use chancery_engine::domain::instant::Instant;
use chancery_engine::domain::profile::{DigestAlgorithm, SignatureAlgorithm};
use chancery_engine::domain::refusal::Refusal;
use chancery_engine::domain::xades::Certificates;
use chancery_engine::pki::cms::{
    ID_DATA, Identity, SignedAttributeSettings, SignedAttributes, Unsigned,
};
use chancery_engine::pki::digest::Digest;
use chancery_engine::pki::path;
use chancery_engine::pki::signature::{SignatureValue, suits};
use cms::content_info::ContentInfo;
use cms::signed_data::{SignedData, SignerIdentifier};
use der::{Decode, Encode};

use super::support::{
    KEYS, cades, certificate, openssl_verify, refusal, seal, sh, signer, try_prepare,
};

const DOCUMENT: &[u8] = b"line one\r\nline two\n\x00\xFF";

/// Reads a file as DER, writes it again, and compares.
fn strict(file: &[u8]) -> SignedData {
    let info = ContentInfo::from_der(file).expect("DER");
    let signed_data = info.content.decode_as::<SignedData>().expect("DER of SignedData");
    assert_eq!(info.to_der().unwrap(), file);
    assert_eq!(signed_data.to_der().unwrap(), info.content.to_der().unwrap());
    signed_data
}

fn attributes(signed_data: &SignedData) -> Vec<String> {
    let signer = signed_data.signer_infos.0.get(0).unwrap();
    signer.signed_attrs.as_ref().unwrap().iter().map(|it| it.oid.to_string()).collect()
}

#[test]
fn openssl_accepts_every_algorithm() {
    let mut seals = 0;
    for key in KEYS {
        let kind = signer(key).certificate().key_kind();
        for algorithm in SignatureAlgorithm::ALL {
            if suits(kind, algorithm).is_err() {
                continue;
            }
            let profile = |packaging| {
                let signature_algorithm = Some(algorithm);
                cades(CadesProfile { packaging, signature_algorithm, ..CadesProfile::default() })
            };
            let attached = seal(DOCUMENT, &profile(CadesPackaging::Attached), key);
            let file = attached.bytes();
            assert_eq!(attached.signature(), 0..file.len());
            let what = format!("{key} {}", algorithm.as_str());
            let found = openssl_verify(file, None, key).unwrap_or_else(|e| panic!("{what}: {e}"));
            assert_eq!(found, DOCUMENT, "{what}");
            strict(file);
            let place = file.windows(8).position(|it| it == b"line one").expect("the document");
            let mut changed = file.to_vec();
            changed[place] ^= 1;
            openssl_verify(&changed, None, key).expect_err("a changed document");

            let detached = seal(DOCUMENT, &profile(CadesPackaging::Detached), key);
            let file = detached.bytes();
            openssl_verify(file, Some(DOCUMENT), key).unwrap_or_else(|e| panic!("{what}: {e}"));
            openssl_verify(file, Some(b"another"), key).expect_err("another document");
            assert!(strict(file).encap_content_info.econtent.is_none());
            seals += 1;
        }
    }
    assert_eq!(seals, 2 * 7 + 4 * 3);
}

#[test]
fn a_plain_signature_has_what_the_baseline_asks_for() {
    let sealed = seal(DOCUMENT, &cades(CadesProfile::default()), "P-256");
    let signed_data = strict(sealed.bytes());
    assert_eq!(
        attributes(&signed_data),
        [
            "1.2.840.113549.1.9.3",
            "1.2.840.113549.1.9.5",
            "1.2.840.113549.1.9.4",
            "1.2.840.113549.1.9.16.2.47",
        ]
    );
    let SignerIdentifier::IssuerAndSerialNumber(named) =
        &signed_data.signer_infos.0.get(0).unwrap().sid
    else {
        panic!("the signer is named by issuer and serial number")
    };
    let own = signer("P-256");
    assert_eq!(named.issuer.to_der().unwrap(), own.certificate().issuer_der());
    assert_eq!(named.serial_number.to_der().unwrap(), own.certificate().serial_der());
    assert_eq!(signed_data.certificates.unwrap().0.len(), 1);
}

fn talkative() -> CadesProfile {
    let commitment =
        |identifier: &str| Commitment { identifier: identifier.to_owned(), description: None };
    CadesProfile {
        packaging: CadesPackaging::Detached,
        digest_algorithm: Some(DigestAlgorithm::Sha512),
        policy: Some(Policy {
            identifier: "urn:oid:2.16.724.1.3.1.1.2.1.9".to_owned(),
            hash: Some(HashValue {
                algorithm: "SHA1".to_owned(),
                value: "G7roucf600+f03r/o0bAOQ6WAs0=".to_owned(),
            }),
            spuri: Some("https://example.org/policy.pdf".to_owned()),
            ..Policy::default()
        }),
        commitments: vec![
            commitment("http://uri.etsi.org/01903/v1.2.2#ProofOfOrigin"),
            commitment("1.2.3.4"),
        ],
        claimed_roles: vec!["emisor".to_owned(), "çift imza".to_owned()],
        production_place: Some(ProductionPlace {
            city: Some("Ankara".to_owned()),
            postal_code: Some("06420".to_owned()),
            country: Some("TR".to_owned()),
            ..ProductionPlace::default()
        }),
        mime_type: Some("text/plain".to_owned()),
        ..CadesProfile::default()
    }
}

#[test]
fn everything_that_can_be_claimed_is_strict_der_and_accepted() {
    let sealed = seal(DOCUMENT, &cades(talkative()), "rsa2048");
    openssl_verify(sealed.bytes(), Some(DOCUMENT), "rsa2048").unwrap();
    let signed_data = strict(sealed.bytes());
    let mut found = attributes(&signed_data);
    found.sort();
    assert_eq!(
        found,
        [
            "0.4.0.1733.2.1",
            "0.4.0.19122.1.1",
            "1.2.840.113549.1.9.16.2.15",
            "1.2.840.113549.1.9.16.2.16",
            "1.2.840.113549.1.9.16.2.17",
            "1.2.840.113549.1.9.16.2.47",
            "1.2.840.113549.1.9.3",
            "1.2.840.113549.1.9.4",
            "1.2.840.113549.1.9.5",
        ]
    );
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("signature"), sealed.bytes()).unwrap();
    let print = "openssl cms -cmsout -print -noout -inform DER -in signature -nameopt utf8";
    let said = sh(print, folder.path()).unwrap();
    for text in [
        "id-smime-aa-ets-sigPolicyId",
        "2.16.724.1.3.1.1.2.1.9",
        "https://example.org/policy.pdf",
        "id-smime-cti-ets-proofOfOrigin",
        "1.2.3.4",
        "Ankara",
        "06420",
        "text/plain",
        "sha512",
    ] {
        assert!(said.contains(text), "OpenSSL does not find {text} in\n{said}");
    }
}

/// SHA-1 has the first version of the signing-certificate attribute, and no other digest has.
#[test]
fn sha1_has_the_old_signing_certificate() {
    let digest_algorithm = Some(DigestAlgorithm::Sha1);
    let profile = cades(CadesProfile { digest_algorithm, ..CadesProfile::default() });
    assert!(profile.uses_sha1());
    let sealed = seal(DOCUMENT, &profile, "rsa2048");
    let found = attributes(&strict(sealed.bytes()));
    assert!(found.contains(&"1.2.840.113549.1.9.16.2.12".to_owned()), "{found:?}");
    assert!(!found.contains(&"1.2.840.113549.1.9.16.2.47".to_owned()), "{found:?}");
}

/// A gap of this size is never too small: values of all ones are the longest there are.
#[test]
fn the_longest_signature_is_known_before_it_is_made() {
    for key in KEYS {
        let chain =
            path::of_file(&std::fs::read(certificate(key)).unwrap(), Instant::from_unix_ms(0))
                .unwrap();
        let identity = Identity::new(&chain);
        let kind = chain.signing().key_kind();
        let attributes = SignedAttributes::new(&SignedAttributeSettings {
            identity: &identity,
            message_digest: &Digest::of(DigestAlgorithm::Sha256, DOCUMENT),
            content_type: Some(ID_DATA),
            certificate_digest: DigestAlgorithm::Sha256,
            issuer_serial: true,
            signing_time: None,
            policy: None,
            commitments: &[],
            claimed_roles: &[],
            place: None,
            mime_type: None,
        })
        .unwrap();
        let algorithm = kind.default_signature();
        let unsigned =
            Unsigned::new(&identity, attributes, algorithm, Certificates::Chain).unwrap();
        let (octets, first) = match key {
            "rsa2048" => (256, 0xFF),
            "rsa4096" => (512, 0xFF),
            "P-384" => (96, 0xFF),
            // The highest of the 528 bits are never set: the order has 521.
            "P-521" => (132, 0x01),
            _ => (64, 0xFF),
        };
        let mut value = vec![0xFF; octets];
        (value[0], value[octets / 2]) = (first, first);
        let file = unsigned.detached(&SignatureValue::new(value));
        assert_eq!(file.len(), unsigned.longest(), "{key}");
        strict(&file);
        let short = unsigned.detached(&SignatureValue::new(vec![0; octets]));
        assert!(short.len() <= unsigned.longest(), "{key}");
    }
}

#[test]
fn the_same_input_gives_the_same_bytes_to_sign() {
    let signer = signer("P-256");
    let prepare = |document: &[u8]| {
        let prepared = try_prepare(document, &cades(talkative()), &signer).unwrap();
        prepared.to_be_signed().to_vec()
    };
    assert_eq!(prepare(DOCUMENT), prepare(DOCUMENT));
    assert_ne!(prepare(DOCUMENT), prepare(b"another"));
}

#[test]
fn settings_that_cannot_be_written_are_refused() {
    type Change = fn(&mut CadesProfile);
    let changes: [(&str, Change); 9] = [
        ("digestAlgorithm", |it| {
            it.signature_algorithm = Some(SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha256));
        }),
        ("policy.identifier", |it| {
            it.policy =
                Some(Policy { identifier: "https://example.org".into(), ..Policy::default() });
        }),
        ("policy.hash", |it| {
            it.policy = Some(Policy { identifier: "1.2.3".into(), ..Policy::default() });
        }),
        ("claimedRoles", |it| it.claimed_roles = vec![" ".into()]),
        ("commitments", |it| it.commitments[0].identifier = "ProofOfOrigin".into()),
        ("productionPlace", |it| it.production_place = Some(ProductionPlace::default())),
        ("existingSignatures", |it| it.existing_signatures = ExistingCmsSignatures::Parallel),
        ("existingSignatures", |it| it.existing_signatures = ExistingCmsSignatures::Countersign),
        ("existingSignatures", |it| {
            it.existing_signatures = ExistingCmsSignatures::Countersign;
            it.packaging = CadesPackaging::AsicE;
        }),
    ];
    for (expected, change) in changes {
        let mut profile = talkative();
        change(&mut profile);
        let said = refusal(DOCUMENT, &cades(profile));
        let Refusal::SettingConflict { path, .. } = &said else { panic!("{expected}: {said}") };
        assert_eq!(*path, expected);
    }
    assert_eq!(refusal(b"", &cades(CadesProfile::default())), Refusal::DocumentEmpty);
}
