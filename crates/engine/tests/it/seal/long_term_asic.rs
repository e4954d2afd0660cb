//! ASiC containers from level T to LTA. openssl finds each timestamp over what it has to be over; EU DSS says which
//! level that is, in `conformance`.

use std::path::Path;
use std::process::Command;

use chancery_engine::domain::cades::CadesPackaging;
use chancery_engine::domain::level::Level;
use chancery_engine::domain::profile::DigestAlgorithm;
use chancery_engine::pki::validation_data::CollectedData;
use chancery_engine::seal::Limits;
use chancery_engine::seal::long_term::{LongTermFault, Raised, stamp};
use chancery_testing::tsa::TSA;
use serde_json::json;
use tempfile::TempDir;

use super::extend::{cades, kept, prepare_cms, signed, stamped, xades};
use super::long_term::{ROOM, archived, collected, lists, trust, try_raise};
use super::support::*;

fn archive(raised: Raised, tsa: &str) -> Vec<u8> {
    let plan = raised.archive(ROOM, &Limits::default(), None).unwrap();
    let lta = archived(plan, tsa);
    assert_eq!((lta.level, lta.changed), (Level::Lta, true));
    lta.bytes
}

/// Containers at level T.
pub(crate) fn containers() -> [(&'static str, Vec<u8>); 2] {
    let settings = json!({ "packaging": "ASIC_E", "reference": { "uri": "a.xml" } });
    let prepared = prepare_cms(INVOICE.as_bytes(), &cades(false, CadesPackaging::AsicE), &PKI.p256);
    [
        ("ASiC with XAdES", xades(INVOICE.as_bytes(), &PKI.p256, &settings).into_bytes()),
        ("ASiC with CAdES", stamped(signed(prepared, &PKI.p256)).into_bytes()),
    ]
}

fn unpacked(container: &[u8]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let file = kept(container, "asice");
    let unzip = Command::new("unzip").arg("-qq").arg(file).arg("-d").arg(folder.path()).status();
    assert!(unzip.unwrap().success());
    folder
}

#[test]
fn containers_are_raised_level_by_level_and_renewed() {
    for (name, sealed) in containers() {
        let raised = try_raise(&sealed, collected(&lists())).unwrap();
        assert_eq!((raised.level, raised.changed), (Level::Lt, true), "{name}");
        let again = try_raise(&raised.bytes, CollectedData::default()).unwrap();
        assert_eq!((again.level, again.changed), (Level::Lt, false), "{name}");
        assert_eq!(again.bytes, raised.bytes);
        let mut lta = archive(raised, "rsa");
        for tsa in ["ec", "ec384"] {
            let raised = try_raise(&lta, collected(&[TSA.list()])).unwrap();
            assert_eq!(raised.level, Level::Lta, "{name}: the first one covers what is needed");
            lta = archive(raised, tsa);
        }
        let folder = unpacked(&lta);
        let inside = |file: &str| std::fs::read(folder.path().join(file)).unwrap();
        let document = if name.ends_with("XAdES") { "a.xml" } else { "document" };
        assert_eq!(inside(document), INVOICE.as_bytes(), "{name}");
        if name.ends_with("CAdES") {
            let manifests = ["001", "002", ""];
            for (number, manifest) in (1..).zip(manifests) {
                let token = inside(&format!("META-INF/timestamp{number:03}.tst"));
                let over = inside(&format!("META-INF/ASiCArchiveManifest{manifest}.xml"));
                TSA.verify(&token, &over).unwrap();
            }
            openssl_cms(folder.path());
        }
    }
}

/// The seal itself, as it was.
fn openssl_cms(folder: &Path) {
    let mut command = Command::new("openssl");
    command.args(["cms", "-verify", "-cades", "-binary", "-inform", "DER", "-purpose", "any"]);
    command.args(["-in", "META-INF/signature001.p7s"]);
    command.args(["-content", "META-INF/ASiCManifest001.xml", "-out", "/dev/null"]);
    let output = command.arg("-CAfile").arg(PKI.root()).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_container_without_a_timestamp_gets_one() {
    let settings = json!({ "packaging": "ASIC_E" });
    let xades = super::settings::prepare_as(INVOICE.as_bytes(), &PKI.rsa, None, &settings).unwrap();
    let cades = prepare_cms(b"text", &cades(false, CadesPackaging::AsicE), &PKI.rsa);
    for prepared in [xades, cades] {
        let sealed = signed(prepared, &PKI.rsa).finish().into_bytes();
        let fault = try_raise(&sealed, collected(&lists())).unwrap_err();
        assert!(matches!(fault, LongTermFault::NoTimestamp { .. }), "{fault}");
        let plan = || stamp(sealed.clone(), ROOM, &Limits::default(), None).unwrap();
        let stamped = archived(plan(), "rsa");
        assert_eq!(stamped.level, Level::T);
        assert_eq!(try_raise(&stamped.bytes, collected(&lists())).unwrap().level, Level::Lt);
        let other = super::extend::token(b"other", DigestAlgorithm::Sha256, "rsa");
        assert!(matches!(
            plan().attach(&other, &trust(), &Limits::default()),
            Err(LongTermFault::NotOver)
        ));
    }
}

/// Nothing is added to what is not right: every octet that a timestamp covers counts.
#[test]
fn a_changed_container_is_not_raised() {
    for (name, sealed) in containers() {
        let lta = archive(try_raise(&sealed, collected(&lists())).unwrap(), "rsa");
        let at = |word: &[u8]| lta.windows(word.len()).position(|window| window == word).unwrap();
        for place in [at(b"1250.00"), lta.len() / 2] {
            let mut changed = lta.clone();
            changed[place] ^= 1;
            try_raise(&changed, collected(&lists())).unwrap_err();
        }
        let mut some = lists();
        some.remove(0);
        let fault = try_raise(&sealed, collected(&some)).unwrap_err().to_string();
        assert!(fault.contains("it is not known whether"), "{name}: {fault}");
    }
}
