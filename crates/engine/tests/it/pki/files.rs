//! Files of certificates in every dress, made by OpenSSL; and files that are something else.

use std::path::Path;

use chancery_engine::domain::cades::CadesProfile;
use chancery_engine::domain::instant::Instant;
use chancery_engine::domain::profile::{DigestAlgorithm, SignatureAlgorithm};
use chancery_engine::domain::refusal::Refusal;
use chancery_engine::pki::certificate_file::certificates;
use chancery_engine::pki::path;
use chancery_engine::pki::public_key::PublicKey;
use chancery_engine::seal::{Limits, Profile, Signer, prepare};
use chancery_testing::judges::shared;
use chancery_testing::openssl::sign;
use chancery_testing::sealing::PKI;

use super::openssl;

fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(unit).collect()
}

#[test]
fn certificates_are_read_in_every_dress() {
    let folder = tempfile::tempdir().unwrap();
    let made = |arguments: &str, name: &str| {
        openssl(&arguments.split(' ').collect::<Vec<_>>(), folder.path());
        std::fs::read(folder.path().join(name)).unwrap()
    };
    let pem = std::fs::read_to_string(&PKI.p256.pem).unwrap();
    std::fs::write(folder.path().join("c.pem"), &pem).unwrap();
    let der = made("x509 -in c.pem -outform DER -out c.der", "c.der");
    let p7b = made("crl2pkcs7 -nocrl -certfile c.pem -outform DER -out c.p7b", "c.p7b");
    let p7b_pem = made("crl2pkcs7 -nocrl -certfile c.pem -out c.p7p", "c.p7p");
    let trusted =
        made("x509 -in c.pem -trustout -addtrust emailProtection -out c.trusted", "c.trusted");
    let body: String = pem.lines().filter(|line| !line.starts_with("--")).collect();
    let key = "-----BEGIN PRIVATE KEY-----\nMC4=\n-----END PRIVATE KEY-----\n";
    let dresses: Vec<(&str, Vec<u8>)> = vec![
        ("PEM", pem.clone().into_bytes()),
        ("with text around", format!("subject=CN = x\n{pem}\nissuer=y\n").into_bytes()),
        ("beside a key", format!("{key}{pem}").into_bytes()),
        ("carriage returns", pem.replace('\n', "\r\n").into_bytes()),
        ("byte order mark", format!("\u{FEFF}{pem}").into_bytes()),
        ("UTF-16", utf16(&format!("\u{FEFF}{pem}"), u16::to_le_bytes)),
        ("UTF-16BE", utf16(&format!("\u{FEFF}{pem}"), u16::to_be_bytes)),
        ("UTF-16 without mark", utf16(&pem, u16::to_le_bytes)),
        ("X509 CERTIFICATE", pem.replace("CERTIFICATE", "X509 CERTIFICATE").into_bytes()),
        ("TRUSTED CERTIFICATE", trusted),
        (
            "one line",
            format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----").into_bytes(),
        ),
        ("base64 alone", body.into_bytes()),
        ("DER", der.clone()),
        ("two of DER", [der.clone(), der].concat()),
        ("PKCS#7", p7b),
        ("PKCS#7 in PEM", p7b_pem),
    ];
    for (dress, file) in dresses {
        let found = certificates(&file).unwrap_or_else(|error| panic!("{dress}: {error}"));
        assert_eq!(found.len(), if dress == "two of DER" { 2 } else { 1 }, "{dress}");
        assert_eq!(found[0].der(), PKI.p256.signer.certificate().der(), "{dress}");
    }
}

#[test]
fn what_is_no_certificate_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let chain = PKI.p256.pem.with_file_name("p256.chain.pem");
    std::fs::copy(chain, folder.path().join("c.pem")).unwrap();
    let run = |arguments: &str| {
        openssl(&arguments.split(' ').collect::<Vec<_>>(), folder.path());
    };
    run("genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out key.pem");
    run("req -x509 -new -key key.pem -subj /CN=x -days 2 -out own.pem");
    run("pkey -in key.pem -outform DER -out pkcs8.der");
    run("rsa -in key.pem -traditional -outform DER -out pkcs1.der");
    run("pkcs8 -topk8 -in key.pem -passout pass:x -outform DER -out encrypted.der");
    run("pkey -in key.pem -pubout -outform DER -out public.der");
    run("req -new -key key.pem -subj /CN=x -outform DER -out request.der");
    run("pkcs12 -export -inkey key.pem -in own.pem -passout pass:x -out file.p12");
    let damaged = std::fs::read_to_string(folder.path().join("own.pem")).unwrap();
    std::fs::write(folder.path().join("damaged.pem"), damaged.replacen("MII", "M!I", 1)).unwrap();
    std::fs::write(folder.path().join("page.html"), "<!DOCTYPE html><p>Sign in").unwrap();
    for (file, word) in [
        ("key.pem", "PRIVATE KEY"),
        ("pkcs8.der", "private key"),
        ("pkcs1.der", "private key"),
        ("encrypted.der", "encrypted private key"),
        ("public.der", "public key"),
        ("request.der", "certification request"),
        ("file.p12", "openssl pkcs12"),
        ("damaged.pem", "damaged"),
        ("page.html", "no PEM"),
    ] {
        let bytes = std::fs::read(folder.path().join(file)).unwrap();
        let said = certificates(&bytes).unwrap_err().to_string();
        assert!(said.contains(word), "{file}: {said}");
    }
    for empty in [&b""[..], b" \n"] {
        assert!(certificates(empty).is_err());
    }
}

/// A certificate of id-RSASSA-PSS stands for the plain RSA key of a token, and allows what its
/// parameters say (RFC 4055, 3.1).
#[test]
fn certificates_for_pss() {
    use DigestAlgorithm::{Sha256, Sha384, Sha512};
    use SignatureAlgorithm::{RsaPkcs1, RsaPss};
    let folder = tempfile::tempdir().unwrap();
    let made = |name: &str, options: &[&str]| {
        let key = [&["genpkey", "-quiet", "-algorithm", "RSA-PSS", "-out", name], options];
        openssl(&key.concat(), folder.path());
        let request = format!(
            "req -x509 -new -key {name} -subj /CN=pss -days 2 -out c.pem -addext \
             basicConstraints=critical,CA:FALSE"
        );
        openssl(&request.split_whitespace().collect::<Vec<_>>(), folder.path());
        std::fs::read(folder.path().join("c.pem")).unwrap()
    };
    let bits = ["-pkeyopt", "rsa_keygen_bits:2048"];
    let restricted = |digest: &str, salt: &str| -> Vec<u8> {
        let digest_option = format!("rsa_pss_keygen_md:{digest}");
        let mask_option = format!("rsa_pss_keygen_mgf1_md:{digest}");
        let salt_option = format!("rsa_pss_keygen_saltlen:{salt}");
        made(
            digest,
            &[
                &bits[..],
                &["-pkeyopt", &digest_option, "-pkeyopt", &mask_option, "-pkeyopt", &salt_option],
            ]
            .concat(),
        )
    };
    let free = made("free", &bits);
    for (key_name, file, usual, others) in [
        ("free", free, Sha256, vec![Sha384, Sha512]),
        ("sha384", restricted("sha384", "48"), Sha384, vec![]),
        ("sha512", restricted("sha512", "20"), Sha512, vec![]),
    ] {
        let chain = path::of_file(&file, Instant::from_unix_ms(0)).unwrap();
        let certificate = chain.signing();
        assert_eq!(certificate.default_signature(), RsaPss(usual));
        for digest in [Sha256, Sha384, Sha512] {
            let allowed = certificate.allows(RsaPss(digest)).is_ok();
            assert_eq!(allowed, digest == usual || others.contains(&digest), "{digest:?}");
            assert!(certificate.allows(RsaPkcs1(digest)).is_err());
        }
        let key = PublicKey::of(certificate);
        let plain = PublicKey::rsa(key.rsa_modulus().unwrap(), key.rsa_exponent().unwrap());
        assert_eq!(key, plain.unwrap(), "named as tokens name it");
        let at = certificate.not_before().plus_ms(1000);
        let signer = Signer::new(&chain);
        assert!(signer.check_at(at).is_ok());
        // And seals with it are good for OpenSSL.
        std::fs::write(folder.path().join("c.pem"), &file).unwrap();
        let profile = Profile::Cades(Box::default());
        let prepared =
            prepare(b"a document".to_vec(), &profile, &signer, at, &Limits::default()).unwrap();
        assert_eq!(prepared.signature_algorithm(), RsaPss(usual));
        let key_file = folder.path().join(key_name);
        let (kind, message) = (certificate.key_kind(), prepared.to_be_signed());
        let value = sign(&key_file, kind, RsaPss(usual), message);
        let sealed = prepared.attach(value).unwrap().finish().into_bytes();
        std::fs::write(folder.path().join("sealed.p7m"), sealed).unwrap();
        let verify =
            "cms -verify -binary -inform DER -in sealed.p7m -certfile c.pem -noverify -out out";
        openssl(&verify.split(' ').collect::<Vec<_>>(), folder.path());
        let plain = Profile::Cades(Box::new(CadesProfile {
            signature_algorithm: Some(RsaPkcs1(Sha256)),
            ..CadesProfile::default()
        }));
        let refused = prepare(b"a document".to_vec(), &plain, &signer, at, &Limits::default());
        let Err(Refusal::CertificateUnusable { reason }) = refused.map(|_| ()) else {
            panic!("PKCS#1 v1.5 with a key for PSS");
        };
        assert!(reason.contains("RSASSA-PSS") && reason.contains("RSA_PSS_SHA"), "{reason}");
    }
    let wrong = certificates(&restricted("sha256", "64")).unwrap_err().to_string();
    assert!(wrong.contains("RSASSA-PSS"), "{wrong}");
}

/// The larger corpus has certificates that were imported without a word, and files that were not read.
#[test]
fn shared_cases() {
    let Some(folder) = shared().map(|folder| folder.join("cases/certificates")) else { return };
    if !folder.exists() {
        return;
    }
    // 2026-12-01
    let at = Instant::from_unix_ms(1_796_083_200_000);
    let read = |file: &str| path::of_file(&std::fs::read(Path::join(&folder, file)).unwrap(), at);
    for (file, word) in [
        ("ku-enc.pem", "keyEncipherment"),
        ("ku-ka.pem", "keyAgreement"),
        ("ku-certsign.pem", "keyCertSign"),
        ("ca.pem", "certificate authority"),
        ("eku.pem", "serverAuth"),
    ] {
        let refused = Signer::new(&read(file).unwrap()).check_at(at);
        let Err(Refusal::CertificateUnusable { reason }) = refused else {
            panic!("{file}: {refused:?}");
        };
        assert!(reason.contains(word), "{file}: {reason}");
    }
    for file in [
        "pss-free.pem",
        "pss-384.pem",
        "utf8-bom.pem",
        "utf16.pem",
        "x509-certificate-label.pem",
        "base64-in-one-line.pem",
        "leaf.der",
        "chain.p7b",
        "leaf-twice.pem",
    ] {
        let chain = read(file).unwrap_or_else(|error| panic!("{file}: {error}"));
        Signer::new(&chain).check_at(at).unwrap_or_else(|error| panic!("{file}: {error}"));
    }
    let said = |file: &str| read(file).unwrap_err().to_string();
    assert!(said("intermediate-missing.pem").contains("CN=Int CA"));
    let stranger = said("stranger-in-the-file.pem");
    assert!(stranger.contains("CN="), "{stranger}");
}

/// Values whose octets are those of blanks are passed over once each.
#[test]
fn values_that_look_like_blanks_are_read_once() {
    chancery_testing::cost::follows_length("values that look like blanks", 2000, |count| {
        let blanks = [9, 2, 9, 9].repeat(count);
        let file = [&[0x30, 0], &*blanks, &[0x30, 0]].concat();
        assert!(certificates(&file).is_err());
    });
}
