//! `verify --trusted-lists`: trust begins at the services of a list that is signed by whom it should be, and it is said
//! whether a signature is qualified; no other list is used.

use std::path::PathBuf;
use std::process::{Command, Output};

use chancery_testing::sealing::{INVOICE, PKI};
use serde_json::Value;

use super::{BINARY, text};
use crate::http::trusted_lists::{national, seal};

struct ListFolder(tempfile::TempDir);

impl ListFolder {
    /// A sealed invoice, and a list that names who issued its certificate, signed by the other key.
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.write("invoice.xml", &seal(INVOICE, &PKI.rsa));
        folder.write("lists/xx.xml", &national(5, &PKI.p256));
        folder.write("signer.pem", &std::fs::read(&PKI.p256.pem).unwrap());
        folder.write("other.pem", &std::fs::read(&PKI.rsa.pem).unwrap());
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, octets: &[u8]) {
        std::fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        std::fs::write(self.path(name), octets).unwrap();
    }

    fn verify(&self, more: &[&str]) -> Output {
        let mut command = Command::new(BINARY);
        command.current_dir(self.0.path()).args(["verify", "invoice.xml", "--no-revocation"]);
        command.args(more).output().unwrap()
    }

    fn verify_by(&self, lists: &str, signer: &str, more: &[&str]) -> Output {
        self.verify(&[&["--trusted-lists", lists, "--list-signers", signer], more].concat())
    }

    #[track_caller]
    fn refused(&self, lists: &str, signer: &str, words: &str) {
        let output = self.verify_by(lists, signer, &[]);
        assert_eq!(output.status.code(), Some(1), "{}", text(&output));
        let said = text(&output);
        assert!(said.contains(words) && said.contains("not used"), "{words} is not in {said}");
        assert!(said.contains("none of the trusted lists can be used"), "{said}");
        assert!(!said.contains("TOTAL-PASSED"), "{said}");
    }
}

#[test]
fn a_signature_is_judged_by_the_service_that_a_list_names() {
    let folder = ListFolder::new();
    let output = folder.verify_by("lists", "signer.pem", &[]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    for words in ["TOTAL-PASSED", "qualified", "certificate not qualified", "granted"] {
        assert!(text(&output).contains(words), "{words} is not in {}", text(&output));
    }
    let output = folder.verify_by("lists/xx.xml", "signer.pem", &["--json"]);
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    let facts = &json[0]["report"]["signatures"][0]["signer"]["qualification"];
    assert_eq!(
        (&facts["territory"], &facts["conclusion"]),
        (&"XX".into(), &"AdES".into()),
        "{facts}"
    );
    assert_eq!(facts["qualifiedCertificate"], false, "{facts}");
    // without the lists nobody is trusted
    let alone = folder.verify(&[]);
    assert_eq!(alone.status.code(), Some(3), "{}", text(&alone));
    // a list that ended begins no trust any more
    let at = PKI.p256.now().plus_ms(3 * 86_400_000).to_rfc3339();
    let late = folder.verify_by("lists", "signer.pem", &["--at", &at]);
    assert_eq!(late.status.code(), Some(3), "{}", text(&late));
    assert!(text(&late).contains("expired"), "{}", text(&late));
}

#[test]
fn lists_that_are_changed_unsigned_or_of_others_are_refused() {
    let folder = ListFolder::new();
    let list = String::from_utf8(national(5, &PKI.p256)).unwrap();
    let signature = list.find("<ds:Signature").unwrap();
    let end = list.find("</ds:Signature>").unwrap() + "</ds:Signature>".len();
    let unsigned = [&list[..signature], &list[end..]].concat();
    let changed = list.replacen("granted", "withdrawn", 1);
    let value = list.find("<ds:SignatureValue").unwrap() + 80;
    let mut broken = list.clone().into_bytes();
    broken[value] = if broken[value] == b'A' { b'B' } else { b'A' };
    folder.write("unsigned/xx.xml", unsigned.as_bytes());
    folder.write("changed/xx.xml", changed.as_bytes());
    folder.write("broken/xx.xml", &broken);
    folder.write("none/xx.xml", b"<a/>");
    folder.refused("unsigned", "signer.pem", "it is not signed");
    folder.refused("changed", "signer.pem", "digest");
    folder.refused("broken", "signer.pem", "signature");
    folder.refused("none", "signer.pem", "list");
    folder.refused("lists", "other.pem", "Seal p256");
    let output = folder.verify(&["--trusted-lists", "lists"]);
    assert_eq!(output.status.code(), Some(2), "nobody may sign it: {}", text(&output));
    // one that is refused takes none that is good with it
    folder.write("lists/yy.xml", changed.replace(">XX<", ">YY<").as_bytes());
    let both = folder.verify_by("lists", "signer.pem", &[]);
    assert_eq!(both.status.code(), Some(0), "{}", text(&both));
    assert!(text(&both).contains("yy.xml: not used"), "{}", text(&both));

    for (lists, signer, words) in [
        ("missing", "signer.pem", "missing"),
        ("lists", "missing.pem", "missing.pem"),
        ("lists", "invoice.xml", "invoice.xml"),
    ] {
        let output = folder.verify_by(lists, signer, &[]);
        assert_eq!(output.status.code(), Some(1), "{}", text(&output));
        assert!(text(&output).contains(words), "{words} is not in {}", text(&output));
    }
    let alone = folder.verify(&["--list-signers", "signer.pem"]);
    assert_eq!(alone.status.code(), Some(2), "{}", text(&alone));
}
