//! What `ds:KeyInfo` and XAdES say about a certificate, compared with what OpenSSL says.

use chancery_engine::domain::profile::DigestAlgorithm;
use chancery_engine::domain::text::hex;
use chancery_engine::pki::algorithm::KeyKind;
use chancery_engine::pki::public_key::{EcCurve, PublicKey};

use super::{certificate, openssl};
use chancery_engine::pki::certificate::Certificate;

const UTF8: &str = "0x2000";

#[test]
fn serial_numbers_of_any_length() {
    let folder = tempfile::tempdir().unwrap();
    for serial in [
        "1",
        "255",
        "128",
        "256",
        "18446744073709551616",
        "170141183460469231731687303715884105727",
        "730750818665451459101842416358141509827966271487",
        "-129",
    ] {
        let made = certificate(folder.path(), "/CN=Serial", UTF8, &["-set_serial", serial]);
        assert_eq!(made.serial_decimal(), serial);
    }
}

#[test]
fn digests_are_openssl_fingerprints() {
    let folder = tempfile::tempdir().unwrap();
    let made = certificate(folder.path(), "/CN=Digest", UTF8, &[]);
    for digest in DigestAlgorithm::ALL {
        let option = format!("-{}", digest.as_str().to_ascii_lowercase());
        let arguments = ["x509", "-inform", "DER", "-in", "c.der", "-noout", "-fingerprint"];
        let said = openssl(&[&arguments[..], &[&option]].concat(), folder.path());
        let theirs = said.trim_end().split_once('=').unwrap().1.replace(':', "");
        let ours = made.digest(digest);
        assert_eq!(hex(ours.value()), theirs.to_ascii_lowercase());
        assert_eq!(ours.value().len(), digest.length());
    }
}

#[test]
fn parts_of_rsa_keys() {
    let folder = tempfile::tempdir().unwrap();
    let exponent = "rsa_keygen_pubexp:65539";
    let generate = ["genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", exponent];
    openssl(&[&generate[..], &["-out", "key.pem"]].concat(), folder.path());
    let key = PublicKey::of(&certificate(folder.path(), "/CN=RSA", UTF8, &[]));
    let said =
        openssl(&["x509", "-inform", "DER", "-in", "c.der", "-noout", "-modulus"], folder.path());
    let theirs = said.trim_end().strip_prefix("Modulus=").unwrap().to_ascii_lowercase();
    assert_eq!(hex(key.rsa_modulus().unwrap()), theirs);
    assert_eq!(key.rsa_exponent().unwrap(), [1, 0, 3]);
    assert_eq!(key.ec_point(), None);
}

#[test]
fn parts_of_ec_keys() {
    let folder = tempfile::tempdir().unwrap();
    for (name, kind, urn) in [
        ("prime256v1", KeyKind::P256, "urn:oid:1.2.840.10045.3.1.7"),
        ("secp384r1", KeyKind::P384, "urn:oid:1.3.132.0.34"),
        ("secp521r1", KeyKind::P521, "urn:oid:1.3.132.0.35"),
        ("secp256k1", KeyKind::Secp256k1, "urn:oid:1.3.132.0.10"),
    ] {
        openssl(&["ecparam", "-name", name, "-genkey", "-noout", "-out", "key.pem"], folder.path());
        let made = certificate(folder.path(), "/CN=EC", UTF8, &[]);
        assert_eq!(made.key_kind(), kind);
        let key = PublicKey::of(&made);
        let (curve, point) = key.ec_point().unwrap();
        assert_eq!((curve.key_kind(), curve.urn().as_str()), (kind, urn));
        assert_eq!(point.len(), curve.point_length());
        let text = openssl(&["ec", "-in", "key.pem", "-noout", "-text"], folder.path());
        let theirs = text.split("pub:").nth(1).unwrap().split("ASN1").next().unwrap();
        let theirs: String = theirs.chars().filter(char::is_ascii_hexdigit).collect();
        assert_eq!(hex(point), theirs);
        assert_eq!((key.rsa_modulus(), key.rsa_exponent()), (None, None));
        assert_eq!(EcCurve::from_parameters_der(&curve.parameters_der().unwrap()), Some(curve));
    }
}

/// OpenSSL writes the same IssuerSerial into the signed attributes of CAdES.
#[test]
fn issuer_serial_is_what_openssl_signs() {
    let folder = tempfile::tempdir().unwrap();
    let subject = "/C=PT/O=Emissão, Lda/CN=Issuer Serial";
    let serial = ["-set_serial", "730750818665451459101842416358141509827966271487"];
    let made = certificate(folder.path(), subject, UTF8, &serial);
    openssl(&["x509", "-inform", "DER", "-in", "c.der", "-out", "c.pem"], folder.path());
    std::fs::write(folder.path().join("message"), "message").unwrap();
    let sign = ["cms", "-sign", "-cades", "-in", "message", "-signer", "c.pem"];
    let output = ["-inkey", "key.pem", "-outform", "DER", "-out", "cms.der"];
    openssl(&[&sign[..], &output].concat(), folder.path());
    let cms = std::fs::read(folder.path().join("cms.der")).unwrap();
    let ours = made.issuer_serial_der();
    assert!(cms.windows(ours.len()).any(|window| window == ours), "{}", hex(&ours));
}

/// Some authorities write the parts of a name in an order that DER has not; it stays as it is, as in what
/// CMS says.
#[test]
fn issuer_serial_keeps_the_octets_of_the_issuer() {
    let folder = tempfile::tempdir().unwrap();
    let made = certificate(folder.path(), "/O=Order/CN=Multi+serialNumber=12", UTF8, &[]);
    let der = made.der();
    // the two parts of the last name part, as OpenSSL writes them: in the order of DER
    let parts = |from: usize| {
        let begins = [0x31, 0x19, 0x30, 0x09];
        let tag = der[from..].windows(4).position(|it| it == begins).unwrap() + from;
        (tag + 2, tag + 2 + 0x19)
    };
    let mut other = der.to_vec();
    let mut from = 0;
    for _ in ["issuer", "subject"] {
        let (start, end) = parts(from);
        let first = usize::from(der[start + 1]) + 2;
        other[start..end].rotate_left(first);
        from = end;
    }
    let turned = Certificate::from_der(&other).unwrap();
    assert_ne!(turned.issuer_der(), made.issuer_der());
    let says = |of: &Certificate, issuer: &[u8]| {
        of.issuer_serial_der().windows(issuer.len()).any(|window| window == issuer)
    };
    assert!(says(&made, made.issuer_der()) && says(&turned, turned.issuer_der()));
}
