//! Between signed and sealed: a time-stamp token of another program over each kind of signature.

use std::process::Command;

use chancery_engine::domain::level::Level;
use chancery_engine::seal::extend::ExtendError;
use chancery_engine::seal::{Limits, Profile, Room, Signed, prepare, prepare_with_room};
use serde_json::json;

use super::settings::{ID_ATTRIBUTES, prepare_as};
use super::support::*;
use chancery_testing::pdf_judges::{pdfsig, pyhanko_verify, qpdf_check};
use chancery_testing::pdfs;

/// A time-stamp authority of one run: openssl.
struct Authority(tempfile::TempDir);

impl Authority {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let script = r"
            set -e
            openssl req -x509 -newkey rsa:2048 -nodes -keyout tsa.key -out tsa.pem -days 30 \
                -subj '/O=Chancery test/CN=TSA' -addext extendedKeyUsage=critical,timeStamping \
                -addext keyUsage=critical,digitalSignature
            echo 01 > serial
            printf '[tsa]\ndefault_tsa=t\n[t]\nserial=serial\nsigner_cert=tsa.pem\nsigner_key=tsa.key\n' > ts.cnf
            printf 'signer_digest=sha256\ndefault_policy=1.2.3.4\ndigests=sha256\ness_cert_id_alg=sha256\n' >> ts.cnf
        ";
        let output = Command::new("sh").arg("-c").arg(script).current_dir(folder.path()).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Self(folder)
    }

    fn openssl(&self, arguments: &[&str]) {
        let output = Command::new("openssl").args(arguments).current_dir(self.0.path()).output();
        let output = output.unwrap();
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }

    /// The DER of a token over some octets.
    fn token(&self, octets: &[u8]) -> Vec<u8> {
        std::fs::write(self.0.path().join("data"), octets).unwrap();
        self.openssl(&["ts", "-query", "-data", "data", "-sha256", "-cert", "-out", "query"]);
        self.openssl(&[
            "ts",
            "-reply",
            "-config",
            "ts.cnf",
            "-queryfile",
            "query",
            "-token_out",
            "-out",
            "token",
        ]);
        std::fs::read(self.0.path().join("token")).unwrap()
    }

    /// Whether openssl takes a token for one over these octets.
    fn verifies(&self, token: &[u8], octets: &[u8]) {
        std::fs::write(self.0.path().join("there"), token).unwrap();
        std::fs::write(self.0.path().join("covered"), octets).unwrap();
        self.openssl(&[
            "ts",
            "-verify",
            "-token_in",
            "-in",
            "there",
            "-data",
            "covered",
            "-CAfile",
            "tsa.pem",
        ]);
    }
}

fn stamped(authority: &Authority, signed: Signed) -> Vec<u8> {
    let token = authority.token(&signed.time_stamped().unwrap());
    let extended = signed.with_time_stamp(&token).unwrap();
    assert_eq!(extended.level(), Level::T);
    let sealed = extended.finish();
    assert_eq!(sealed.level(), Level::T);
    sealed.into_bytes()
}

#[test]
fn a_xades_seal_takes_a_time_stamp() {
    use base64::Engine as _;
    let authority = Authority::new();
    for settings in [
        json!({}),
        json!({ "prefixes": { "ds": "" }, "base64Wrap": 64, "ids": { "signatureValue": "" } }),
        json!({ "packaging": "ENVELOPING", "canonicalTransform": "INCLUSIVE" }),
    ] {
        let prepared = prepare_as(INVOICE.as_bytes(), &PKI.rsa, None, &settings).unwrap();
        let value = PKI.rsa.sign(prepared.to_be_signed());
        let bytes = stamped(&authority, prepared.attach(value).unwrap());
        xmlsec_verify(&[write(&bytes)], &ID_ATTRIBUTES).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        // The value by its markup: exclusive canonicalization adds the one namespace that it uses.
        let from = text.find("SignatureValue").unwrap();
        let from = text[..from].rfind('<').unwrap();
        let end = from + text[from..].find("</").unwrap();
        let element = &text[from..=end + text[end..].find('>').unwrap()];
        let name = element.split(['>', ' ']).next().unwrap();
        let prefix = if name.contains(':') { ":ds" } else { "" };
        let declared = format!("{name} xmlns{prefix}=\"http://www.w3.org/2000/09/xmldsig#\"");
        let canonical = element.replacen(name, &declared, 1);
        let token = text.split("EncapsulatedTimeStamp>").nth(1).unwrap().split('<').next().unwrap();
        let token = base64::engine::general_purpose::STANDARD.decode(token).unwrap();
        authority.verifies(&token, canonical.as_bytes());
    }
    let plain = prepare_as(b"<a/>", &PKI.rsa, None, &json!({ "xadesLevel": "NONE" })).unwrap();
    let value = PKI.rsa.sign(plain.to_be_signed());
    let signed = plain.attach(value).unwrap();
    assert_eq!(signed.time_stamped().unwrap_err(), ExtendError::NoPlace);
    assert_eq!(signed.with_time_stamp(&[]).err(), Some(ExtendError::NoPlace));
}

#[test]
fn a_cades_seal_takes_a_time_stamp() {
    let authority = Authority::new();
    let (key, limits) = (&PKI.rsa, Limits::default());
    let profile = Profile::Cades(Box::default());
    let prepared = prepare(b"content".to_vec(), &profile, &key.signer, key.now(), &limits).unwrap();
    let value = key.sign(prepared.to_be_signed());
    let bytes = stamped(&authority, prepared.attach(value).unwrap());
    let file = PKI.path("p7m");
    std::fs::write(&file, bytes).unwrap();
    let output = Command::new("openssl")
        .args(["cms", "-verify", "-binary", "-inform", "DER", "-purpose", "any", "-CAfile"])
        .arg(PKI.root())
        .arg("-in")
        .arg(&file)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.stdout, b"content");
}

#[test]
fn the_gap_of_a_pdf_has_the_room_that_is_asked_for() {
    let authority = Authority::new();
    let (key, limits) = (&PKI.rsa, Limits::default());
    let profile = Profile::Pades(Box::default());
    let document = &pdfs::named("classic").bytes;
    let signed = |unsigned: usize| {
        let room = Room { unsigned };
        let prepared =
            prepare_with_room(document.clone(), &profile, &key.signer, key.now(), &limits, room);
        let prepared = prepared.unwrap();
        let value = key.sign(prepared.to_be_signed());
        prepared.attach(value).unwrap()
    };
    let token = authority.token(&signed(0).time_stamped().unwrap());
    let refused = signed(0).with_time_stamp(&token).err().unwrap();
    assert!(matches!(refused, ExtendError::NoRoom { needed, room } if needed > room), "{refused}");
    // The attribute around the token has a head and an identifier.
    let bytes = stamped(&authority, signed(token.len() + 64));
    let file = PKI.path("pdf");
    std::fs::write(&file, bytes).unwrap();
    let verdicts = pyhanko_verify(&[PKI.root()], std::slice::from_ref(&file));
    assert!(verdicts.iter().all(|verdict| verdict.accepted), "{verdicts:?}");
    assert!(pdfsig(&file).iter().all(|report| report.valid && report.total));
    qpdf_check(&file).unwrap();
    let small = signed(0).finish();
    assert_eq!(small.level(), Level::B);
    assert!(small.bytes().len() < signed(4096).finish().bytes().len());
}
