//! Seals with every kind of key, signature algorithm and digest, before foreign verifiers.

use std::fs;
use std::path::Path;
use std::process::Command;

use bergshamra::keys::loader::load_x509_cert_pem;
use bergshamra::{DsigContext, KeysManager, verify};
use chancery_engine::domain::instant::Instant;
use chancery_engine::domain::profile::{Canonicalization, DigestAlgorithm, SignatureAlgorithm};
use chancery_engine::domain::xades::SignatureLocation;
use chancery_engine::pki::path;
use chancery_engine::pki::signature::suits;
use chancery_engine::seal::{Limits, Profile, Signer, prepare};

use super::support::{INVOICE, PKI, profile};
use chancery_testing::judges::xmlsec_verify_under;
use chancery_testing::openssl;

/// A key file and a certificate that it signed itself, as `NAME.pem` and `NAME.cert`.
fn make(folder: &Path, name: &str, generate: &[&str]) {
    let file = format!("{name}.pem");
    let certificate = format!("{name}.cert");
    let subject = format!("/CN={name}");
    let request = ["req", "-x509", "-new", "-key", &file, "-subj", &subject, "-days", "2"];
    let sealing = ["-addext", "basicConstraints=critical,CA:FALSE", "-out"];
    let generate = [&["genpkey", "-quiet"], generate, &["-out", &file]].concat();
    for arguments in [generate, [&request[..], &sealing, &[&certificate]].concat()] {
        let output = Command::new("openssl").args(&arguments).current_dir(folder).output().unwrap();
        assert!(output.status.success(), "{arguments:?}");
    }
}

fn bergshamra_accepts(sealed: &str, certificate: &Path) -> bool {
    let mut keys = KeysManager::new();
    keys.add_key(load_x509_cert_pem(&fs::read(certificate).unwrap()).unwrap());
    let context = DsigContext::new(keys).with_strict_verification(false);
    verify(&context, sealed).is_ok_and(|result| result.is_valid())
}

#[test]
fn every_algorithm_verifies() {
    let folder = tempfile::tempdir().unwrap();
    let curve = |name: &str| format!("ec_paramgen_curve:{name}");
    make(folder.path(), "rsa", &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]);
    let curves = ["P-256", "P-384", "P-521", "secp256k1"];
    for name in curves {
        make(folder.path(), name, &["-algorithm", "EC", "-pkeyopt", &curve(name)]);
    }
    let mut seals = 0;
    for name in ["rsa"].into_iter().chain(curves) {
        let certificate = folder.path().join(format!("{name}.cert"));
        let chain =
            path::of_file(&fs::read(&certificate).unwrap(), Instant::from_unix_ms(0)).unwrap();
        let key = folder.path().join(format!("{name}.pem"));
        let kind = chain.signing().key_kind();
        let signer = Signer::new(&chain);
        let mut files = Vec::new();
        for algorithm in SignatureAlgorithm::ALL {
            if suits(chain.signing().key_kind(), algorithm).is_err() {
                continue;
            }
            // Each digest once for the references, whatever signs.
            let digest = DigestAlgorithm::ALL[seals % DigestAlgorithm::ALL.len()];
            let Profile::Xades(mut xades) =
                profile(&PKI.p256, Canonicalization::EXCLUSIVE, SignatureLocation::default())
            else {
                panic!("these are XAdES settings")
            };
            (xades.digest_algorithm, xades.signature_algorithm) = (digest, Some(algorithm));
            let at = chain.signing().not_before().plus_ms(1000);
            let document = INVOICE.as_bytes().to_vec();
            let limits = Limits::default();
            let prepared = prepare(document, &Profile::Xades(xades), &signer, at, &limits).unwrap();
            let value = openssl::sign(&key, kind, algorithm, prepared.to_be_signed());
            let sealed = prepared.attach(value).unwrap().finish().into_bytes();
            let text = String::from_utf8(sealed).unwrap();
            seals += 1;
            if matches!(algorithm, SignatureAlgorithm::RsaPss(_)) {
                // xmlsec1 knows PSS from version 1.3 on only.
                assert!(bergshamra_accepts(&text, &certificate), "{algorithm:?}");
                let changed = text.replace("1250.00", "1251.00");
                assert!(!bergshamra_accepts(&changed, &certificate));
            } else {
                let file = folder.path().join(format!("{name}.{}.xml", algorithm.as_str()));
                fs::write(&file, text).unwrap();
                files.push(file);
            }
        }
        if let Err(said) = xmlsec_verify_under(&certificate, &files, &[]) {
            panic!("xmlsec1 refuses {name}: {said}");
        }
    }
    assert_eq!(seals, 7 + 4 * 3);
}
