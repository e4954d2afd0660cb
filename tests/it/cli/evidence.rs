//! `evidence`: made, shown, verified and renewed with nothing but files; and what each says of what is damaged.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use chancery_testing::tsa::TSA;
use serde_json::Value;

use super::{BINARY, text};

struct EvidenceFolder(tempfile::TempDir);

impl EvidenceFolder {
    /// With three files, of which two have the same content.
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for (name, content) in [("a.pdf", "one"), ("b.pdf", "two"), ("c.pdf", "one")] {
            std::fs::write(folder.path(name), content).unwrap();
        }
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(BINARY);
        command.current_dir(self.0.path()).arg("evidence").args(arguments).output().unwrap()
    }

    #[track_caller]
    fn good(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", text(&output));
        text(&output)
    }

    #[track_caller]
    fn bad(&self, code: i32, arguments: &[&str], words: &str) {
        let output = self.run(arguments);
        let said = text(&output);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(words), "{arguments:?}: {words} is not in {said}");
    }

    /// The TSA answers what was asked.
    fn answer(&self, query: &str, answer: &str, name: &str) {
        let query = std::fs::read(self.path(query)).unwrap();
        std::fs::write(self.path(answer), TSA.answer(&query, name, "")).unwrap();
    }

    /// Verifies with the TSA trusted and its list beside it.
    fn verify(&self, record: &str, files: &[&str]) -> Output {
        let [root, list] = [TSA.root(), TSA.list()];
        let trust = ["--trust", root.to_str().unwrap(), "--revocation", list.to_str().unwrap()];
        self.run(&[&["verify", record], files, &trust[..]].concat())
    }

    fn change(&self, from: &str, to: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let mut octets = std::fs::read(self.path(from)).unwrap();
        change(&mut octets);
        std::fs::write(self.path(to), octets).unwrap();
    }
}

const FILES: [&str; 3] = ["a.pdf", "b.pdf", "c.pdf"];

fn made() -> EvidenceFolder {
    let folder = EvidenceFolder::new();
    let said = folder.good(&[&["make"], &FILES[..], &["--query", "1.tsq"]].concat());
    assert!(said.contains("3 files with 2 different contents"), "{said}");
    assert!(!folder.path("a.pdf.ers").exists(), "nothing but the request is written");
    folder.answer("1.tsq", "1.tsr", "ec");
    let said = folder.good(&[&["make"], &FILES[..], &["--answer", "1.tsr"]].concat());
    assert!(said.contains("3 records prove") && said.contains("Renew them before"), "{said}");
    folder
}

#[test]
fn records_are_made_shown_verified_and_renewed() {
    let folder = made();
    let same = |name: &str| std::fs::read(folder.path(name)).unwrap();
    assert_eq!(same("a.pdf.ers"), same("c.pdf.ers"), "the same content has the same record");
    for name in FILES {
        let output = folder.verify(&format!("{name}.ers"), &[name]);
        assert!(output.status.success(), "{}", text(&output));
        assert!(text(&output).contains("TOTAL-PASSED"), "{}", text(&output));
        assert!(text(&output).contains("proven "), "{}", text(&output));
    }
    let shown = folder.good(&["show", "a.pdf.ers"]);
    assert!(shown.contains("1 chains") && shown.contains("renew before"), "{shown}");
    let json: Value = serde_json::from_str(&folder.good(&["show", "a.pdf.ers", "--json"])).unwrap();
    assert_eq!(json["chains"][0]["timestamps"][0]["steps"], 1, "{json}");

    // by time into another folder, then by hash
    let records = ["a.pdf.ers", "b.pdf.ers"];
    folder.good(&[&["renew"], &records[..], &["--output", "2", "--query", "2.tsq"]].concat());
    folder.answer("2.tsq", "2.tsr", "rsa");
    let said =
        folder.good(&[&["renew"], &records[..], &["--output", "2", "--answer", "2.tsr"]].concat());
    assert!(said.contains("2 records are renewed"), "{said}");
    let hash = ["renew", "2/a.pdf.ers", "2/b.pdf.ers", "--digest", "sha512", "--data", "."];
    folder.good(&[&hash[..], &["--output", "3", "--query", "3.tsq"]].concat());
    folder.answer("3.tsq", "3.tsr", "ec384");
    folder.good(&[&hash[..], &["--output", "3", "--answer", "3.tsr"]].concat());
    for (record, chains) in [("2/a.pdf.ers", 1), ("3/a.pdf.ers", 2), ("3/b.pdf.ers", 2)] {
        let file = if record.contains('b') { "b.pdf" } else { "a.pdf" };
        let output = folder.verify(record, &[file, "--json"]);
        assert!(output.status.success(), "{}", text(&output));
        let json: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(json["report"]["chains"].as_array().unwrap().len(), chains, "{json}");
        assert_eq!(json["report"]["indication"], "TOTAL-PASSED");
    }
    assert!(std::fs::read(folder.path("a.pdf.ers")).unwrap() == same("c.pdf.ers"), "as it was");
}

#[test]
fn what_is_damaged_or_of_something_else_is_named() {
    let folder = made();
    std::fs::write(folder.path("other.pdf"), "three").unwrap();
    folder.change("a.pdf.ers", "cut.ers", |octets| octets.truncate(octets.len() / 2));
    folder.change("a.pdf.ers", "more.ers", |octets| octets.push(0));
    folder.change("a.pdf.ers", "token.ers", |octets| {
        let end = octets.len() - 3;
        octets[end] ^= 1;
    });
    std::fs::write(folder.path("text.ers"), "<EvidenceRecord/>").unwrap();

    for record in ["cut.ers", "more.ers", "text.ers"] {
        folder.bad(1, &["show", record], "no evidence record");
        let output = folder.verify(record, &["a.pdf"]);
        assert_eq!(output.status.code(), Some(1), "{}", text(&output));
        assert!(text(&output).contains("TOTAL-FAILED FORMAT_FAILURE"), "{}", text(&output));
        folder.bad(1, &["renew", record, "--output", "x", "--query", "x.tsq"], record);
    }
    let shown = folder.good(&["show", "token.ers"]);
    assert!(shown.contains("does not hold"), "{shown}");
    let output = folder.verify("token.ers", &["a.pdf"]);
    assert!(text(&output).contains("TOTAL-FAILED FORMAT_FAILURE"), "{}", text(&output));
    let output = folder.verify("a.pdf.ers", &["other.pdf"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output).contains("HASH_FAILURE"), "{}", text(&output));

    // nobody is trusted, and nothing is known of revocation: not known, which is no failure
    folder.bad(3, &["verify", "a.pdf.ers", "a.pdf"], "NO_CERTIFICATE_CHAIN_FOUND");
    let root = TSA.root();
    let trust = ["verify", "a.pdf.ers", "a.pdf", "--trust", root.to_str().unwrap()];
    folder.bad(3, &trust, "TRY_LATER");
    folder.good(&[&trust[..], &["--no-revocation"]].concat());
    folder.bad(
        3,
        &[&trust[..], &["--no-revocation", "--at", "2020-01-01T00:00:00Z"]].concat(),
        "still to come",
    );
    folder.bad(2, &[&trust[..], &["--at", "yesterday"]].concat(), "--at");
    folder.bad(1, &["verify", "a.pdf.ers", "missing.pdf"], "missing.pdf: cannot be read");
    folder.bad(1, &["verify", "a.pdf.ers", "a.pdf", "--trust", "a.pdf"], "a.pdf: ");
    folder.bad(
        1,
        &["verify", "a.pdf.ers", "a.pdf", "--revocation", "a.pdf"],
        "not a revocation list",
    );
}

#[test]
fn what_cannot_be_made_or_renewed_is_named_and_nothing_is_written() {
    let folder = made();
    let make = |more: &[&'static str]| [&["make"], more].concat();
    folder.bad(1, &make(&["--query", "q"]), "name the files");
    folder.bad(2, &make(&["a.pdf"]), "--query");
    folder.bad(2, &make(&["a.pdf", "--query", "q", "--answer", "1.tsr"]), "cannot be used with");
    folder.bad(1, &make(&["missing.pdf", "--query", "q"]), "missing.pdf: ");
    folder.bad(1, &make(&["--list", "missing", "--query", "q"]), "missing: ");
    folder.bad(1, &make(&["a.pdf", "--answer", "a.pdf"]), "a.pdf: ");
    // the answer is to another request
    folder.bad(1, &make(&["a.pdf", "--answer", "1.tsr", "--output", "x"]), "1.tsr: ");
    // of a TSA whose certificate is for something else
    folder.good(&make(&["b.pdf", "--query", "2.tsq"]));
    folder.answer("2.tsq", "2.tsr", "ec");
    folder.change("2.tsr", "changed.tsr", |octets| {
        let end = octets.len() - 3;
        octets[end] ^= 1;
    });
    folder.bad(1, &make(&["b.pdf", "--answer", "changed.tsr", "--output", "x"]), "changed.tsr: ");
    // another record is there under that name
    folder.bad(1, &make(&["b.pdf", "--answer", "2.tsr"]), "b.pdf.ers is there already");
    assert!(!folder.path("x").exists());

    let renew = |more: &[&'static str]| [&["renew", "--output", "y"], more].concat();
    folder.bad(1, &renew(&["missing.ers", "--query", "r"]), "missing.ers: cannot be read");
    folder.bad(2, &renew(&["a.pdf.ers", "--data", ".", "--query", "r"]), "--digest");
    folder.bad(1, &renew(&["a.pdf.ers", "--answer", "1.tsr"]), "1.tsr: ");
    std::fs::copy(folder.path("a.pdf.ers"), folder.path("named")).unwrap();
    let hash =
        |more: &[&'static str]| renew(&[&["--digest", "sha512", "--query", "r"], more].concat());
    folder.bad(1, &hash(&["named"]), "does not end in .ers");
    folder.bad(1, &hash(&["b.pdf.ers", "--data", "nowhere"]), "nowhere/b.pdf: cannot be read");
    std::fs::write(folder.path("b.pdf"), "changed").unwrap();
    folder.bad(1, &hash(&["b.pdf.ers"]), "is not over the data");
    // records with different digests
    folder.good(&["make", "a.pdf", "--digest", "sha512", "--query", "5.tsq"]);
    folder.answer("5.tsq", "5.tsr", "ec");
    folder.good(&["make", "a.pdf", "--digest", "sha512", "--answer", "5.tsr", "--output", "5"]);
    folder.bad(
        1,
        &renew(&["a.pdf.ers", "5/a.pdf.ers", "--query", "r"]),
        "another digest than others",
    );
    assert!(!folder.path("y").exists() && !folder.path("r").exists());
    assert!(Path::new(&folder.path("5/a.pdf.ers")).exists());
}

const INVOICE: &str =
    "<?xml version=\"1.0\"?>\n<invoice b='2' a='1'><id>7</id><!-- sent --></invoice>\n";

/// Records in XML: over the canonical form of XML, over the octets of others, renewed in their own syntax beside those in DER.
#[test]
fn records_in_xml_are_made_shown_verified_and_renewed() {
    let folder = made();
    std::fs::write(folder.path("invoice.xml"), INVOICE).unwrap();
    let make = ["make", "a.pdf", "invoice.xml", "--format", "xml"];
    folder.good(&[&make[..], &["--query", "x.tsq"]].concat());
    folder.answer("x.tsq", "x.tsr", "rsa");
    let said = folder.good(&[&make[..], &["--answer", "x.tsr"]].concat());
    assert!(said.contains("2 records prove"), "{said}");
    for name in ["a.pdf", "invoice.xml"] {
        let record = std::fs::read_to_string(folder.path(&format!("{name}.ers.xml"))).unwrap();
        assert!(record.contains("urn:ietf:params:xml:ns:ers"), "{record}");
        let output = folder.verify(&format!("{name}.ers.xml"), &[name]);
        assert!(text(&output).contains("TOTAL-PASSED"), "{}", text(&output));
    }
    let json = folder.good(&["show", "a.pdf.ers.xml", "--json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (json["format"].as_str(), &json["chains"][0]["timestamps"][0]["steps"]),
        (Some("xml"), &2.into())
    );
    let json: Value = serde_json::from_str(&folder.good(&["show", "a.pdf.ers", "--json"])).unwrap();
    assert_eq!(json["format"], "der");

    // the same XML in other octets, and another
    std::fs::write(folder.path("same.xml"), INVOICE.replace("b='2' a='1'", "a=\"1\"  b=\"2\""))
        .unwrap();
    let output = folder.verify("invoice.xml.ers.xml", &["same.xml"]);
    assert!(output.status.success(), "{}", text(&output));
    std::fs::write(folder.path("other.xml"), INVOICE.replace("sent", "paid")).unwrap();
    let output = folder.verify("invoice.xml.ers.xml", &["other.xml"]);
    assert!(text(&output).contains("TOTAL-FAILED HASH_FAILURE"), "{}", text(&output));

    // records of both kinds under one timestamp, each in its syntax
    let list = TSA.list();
    let revocation = ["--revocation", list.to_str().unwrap()];
    let records =
        [&["renew", "a.pdf.ers", "invoice.xml.ers.xml", "--output", "2"], &revocation[..]].concat();
    folder.good(&[&records[..], &["--query", "2.tsq"]].concat());
    folder.answer("2.tsq", "2.tsr", "ec");
    folder.good(&[&records[..], &["--answer", "2.tsr"]].concat());
    // what was known of the first authority is in them, and of the second by the list of both
    let root = TSA.root();
    for (record, file) in [("2/a.pdf.ers", "a.pdf"), ("2/invoice.xml.ers.xml", "invoice.xml")] {
        folder.good(&["verify", record, file, "--trust", root.to_str().unwrap()]);
    }
    folder.bad(
        1,
        &["renew", "a.pdf.ers", "--output", "x", "--query", "q", "--revocation", "a.pdf"],
        "not a revocation list",
    );
    let hash =
        ["renew", "2/a.pdf.ers", "2/invoice.xml.ers.xml", "--digest", "sha512", "--data", "."];
    folder.good(&[&hash[..], &["--output", "3", "--query", "3.tsq"]].concat());
    folder.answer("3.tsq", "3.tsr", "ec384");
    folder.good(&[&hash[..], &["--output", "3", "--answer", "3.tsr"]].concat());
    for (record, file, chains) in [
        ("2/a.pdf.ers", "a.pdf", 1),
        ("2/invoice.xml.ers.xml", "invoice.xml", 1),
        ("3/a.pdf.ers", "a.pdf", 2),
        ("3/invoice.xml.ers.xml", "invoice.xml", 2),
    ] {
        let output = folder.verify(record, &[file, "--json"]);
        assert!(output.status.success(), "{record}: {}", text(&output));
        let json: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(json["report"]["chains"].as_array().unwrap().len(), chains, "{json}");
    }
    let renewed = std::fs::read(folder.path("3/invoice.xml.ers.xml")).unwrap();
    assert!(renewed.starts_with(b"<?xml"));

    // what has no canonical form here, and what only begins as XML
    std::fs::write(folder.path("doctype.xml"), "<!DOCTYPE a><a/>").unwrap();
    let make = |file: &'static str| ["make", file, "--format", "xml", "--query", "q"];
    folder.bad(1, &make("doctype.xml"), "doctype.xml: the data are XML whose canonical form");
    assert!(!folder.path("q").exists());
    std::fs::write(folder.path("page.html"), "<p>no end").unwrap();
    folder.good(&make("page.html"));
    folder.change("a.pdf.ers.xml", "bad.ers.xml", |octets| octets.truncate(octets.len() / 2));
    folder.bad(1, &["show", "bad.ers.xml"], "no evidence record (RFC 6283)");
}
