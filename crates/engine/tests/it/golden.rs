//! Golden samples: every sample sealed at a fixed time with a fixed key gives the bytes in the
//! repository. A change of these bytes is a change of what is signed: it must be meant, and it makes
//! the intents of unfinished operations irreproducible (docs/decisions/0003-exactly-once.md).
//! `UPDATE_SAMPLES=1` rewrites them.

use std::path::PathBuf;
use std::process::Command;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use chancery_engine::domain::instant::Instant;
use chancery_engine::domain::profile::{Canonicalization, DigestAlgorithm, SignatureAlgorithm};
use chancery_engine::domain::xades::{SignatureLocation, XadesProfile};
use chancery_engine::pki::path;
use chancery_engine::pki::signature::SignatureValue;
use chancery_engine::seal::{Limits, Profile, Signer, prepare};
use chancery_testing::judges::repository;

/// 2026-12-01T12:00:00Z.
const SIGNING_TIME: Instant = Instant::from_unix_ms(1_796_126_400_000);

fn samples() -> PathBuf {
    repository().join("samples")
}

fn seal(document: Vec<u8>) -> Vec<u8> {
    let profile = Profile::Xades(Box::new(XadesProfile {
        canonical_transform: Canonicalization::EXCLUSIVE,
        signature_location: SignatureLocation::default(),
        signature_algorithm: Some(SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha256)),
        mime_type: Some("application/xml".to_owned()),
        ..XadesProfile::default()
    }));
    seal_with(document, &profile)
}

/// Seals with the key of the samples at their time: the same bytes always.
pub(crate) fn seal_with(document: Vec<u8>, profile: &Profile) -> Vec<u8> {
    let chain = path::of_file(
        &std::fs::read(samples().join("pki/chain.pem")).unwrap(),
        Instant::from_unix_ms(0),
    )
    .unwrap();
    let pem = std::fs::read(samples().join("pki/seal-key.pem")).unwrap();
    let key = RsaKeyPair::from_pkcs8(&der::pem::decode_vec(&pem).unwrap().1).unwrap();
    let signer = Signer::new(&chain);
    let prepared = prepare(document, profile, &signer, SIGNING_TIME, &Limits::default()).unwrap();
    let mut value = vec![0; key.public_modulus_len()];
    let message = prepared.to_be_signed();
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut value).unwrap();
    prepared.attach(SignatureValue::new(value)).unwrap().finish().into_bytes()
}

#[test]
fn samples_give_the_same_bytes_as_ever() {
    let mut seen = 0;
    for entry in std::fs::read_dir(samples()).unwrap() {
        let case = entry.unwrap().path();
        let Ok(document) = std::fs::read(case.join("input.xml")) else { continue };
        seen += 1;
        let golden = case.join("sealed.xml");
        let sealed = seal(document);
        if std::env::var_os("UPDATE_SAMPLES").is_some() {
            std::fs::write(&golden, &sealed).unwrap();
        }
        let expected = std::fs::read(&golden).unwrap();
        assert!(sealed == expected, "{} changed", golden.display());
        let verdict = Command::new("xmlsec1")
            .args(["--verify", "--id-attr:Id"])
            .arg("http://uri.etsi.org/01903/v1.3.2#:SignedProperties")
            .arg("--trusted-pem")
            .arg(samples().join("pki/root.pem"))
            .arg(&golden)
            .output()
            .expect("xmlsec1 is installed (make test installs it)");
        let words = String::from_utf8_lossy(&verdict.stderr);
        assert!(verdict.status.success(), "{}: {words}", golden.display());
    }
    assert!(seen >= 12, "only {seen} samples");
}
