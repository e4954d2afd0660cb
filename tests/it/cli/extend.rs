//! `extend`: a sealed PDF from level B to LTA with nothing but files; openssl is the TSA and the authority.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use chancery::domain::cades::{CadesPackaging, CadesProfile, ExistingCmsSignatures};
use chancery::domain::profile::Format;
use chancery::pki::certificate_file::certificates;
use chancery::pki::path::TrustAnchor;
use chancery::seal::{Limits, Profile, prepare};
use chancery::verify::{Indication, RevocationDemand, VerifySettings, verify};
use chancery_testing::pdf_judges::pyhanko_long_term;
use chancery_testing::sealing::{INVOICE, PKI, TestKey};
use chancery_testing::tsa::TSA;

use super::{BINARY, ROOT, text};
use crate::http::trusted_lists::seal;
use crate::support::service::now;

struct Folder(tempfile::TempDir);

impl Folder {
    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs the command on a file of the folder, with both roots trusted.
    fn extend(&self, file: &str, to: &str, more: &[&Path]) -> Output {
        let mut command = Command::new(BINARY);
        command.current_dir(self.0.path()).args(["extend", file, "--to", to]);
        for root in [PKI.root(), TSA.root()] {
            command.arg("--trust").arg(root);
        }
        command.args(more).output().unwrap()
    }

    #[track_caller]
    fn good(&self, file: &str, to: &str, more: &[&Path]) -> String {
        let output = self.extend(file, to, more);
        assert!(output.status.success(), "{}", text(&output));
        text(&output)
    }

    #[track_caller]
    fn bad(&self, file: &str, to: &str, more: &[&Path], words: &str) {
        let output = self.extend(file, to, more);
        assert!(!output.status.success() && text(&output).contains(words), "{}", text(&output));
    }

    /// The TSA answers what was asked.
    fn answer(&self, query: &str, answer: &str) {
        let query = std::fs::read(self.path(query)).unwrap();
        std::fs::write(self.path(answer), TSA.answer(&query, "ec", "")).unwrap();
    }
}

#[test]
fn a_pdf_is_raised_level_by_level() {
    let folder = Folder(tempfile::tempdir().unwrap());
    let pdf = std::fs::read(format!("{ROOT}/samples/pdf-one-page/input.pdf")).unwrap();
    let (profile, key) = (Profile::Pades(Box::default()), &PKI.p256);
    let prepared = prepare(pdf, &profile, &key.signer, key.now(), &Limits::default()).unwrap();
    let value = key.sign(prepared.to_be_signed());
    let sealed = prepared.attach(value).unwrap().finish().into_bytes();
    std::fs::write(folder.path("a.sealed.pdf"), &sealed).unwrap();
    let [root, ca] = PKI.lists();
    let tsa = TSA.list();
    let all = [Path::new("--revocation"), &root, &ca, &tsa];
    let [query, answer] = ["--query", "--answer"].map(Path::new);
    let [first, second] = ["1.tsq", "1.tsr"].map(Path::new);

    folder.bad("a.sealed.pdf", "lt", &all, "has no timestamp that holds");
    folder.bad("a.sealed.pdf", "t", &[], "--query");
    folder.good("a.sealed.pdf", "T", &[query, first]);
    folder.answer("1.tsq", "1.tsr");
    folder.bad("a.sealed.pdf", "t", &[answer, first], "1.tsq: ");
    let said = folder.good("a.sealed.pdf", "t", &[answer, second]);
    assert!(said.contains("a.sealed.t.pdf: level T") && said.contains("certificate of"), "{said}");

    folder.bad("a.sealed.t.pdf", "lt", &all[..3], "it is not known whether");
    folder.bad("a.sealed.t.pdf", "lt", &[Path::new("--revocation"), &PKI.root()], "root.pem: ");
    assert!(!folder.path("a.sealed.t.lt.pdf").exists());
    let said = folder.good("a.sealed.t.pdf", "lt", &all);
    assert!(said.contains("a.sealed.t.lt.pdf: level LT"), "{said}");
    let said = folder.good("a.sealed.t.lt.pdf", "lt", &[]);
    assert!(said.contains("nothing was missing"), "{said}");

    let output = [Path::new("--output"), Path::new("a.lta.pdf")];
    let [third, fourth] = ["2.tsq", "2.tsr"].map(Path::new);
    folder.good("a.sealed.t.lt.pdf", "lta", &[query, third]);
    folder.answer("2.tsq", "2.tsr");
    folder.bad("a.sealed.t.lt.pdf", "lta", &[answer, second], "1.tsr: ");
    let said = folder.good("a.sealed.t.lt.pdf", "lta", &[answer, fourth, output[0], output[1]]);
    assert!(said.contains("a.lta.pdf: level LTA"), "{said}");
    let raised = std::fs::read(folder.path("a.lta.pdf")).unwrap();
    assert!(raised.starts_with(&sealed));
    let files = [folder.path("a.sealed.t.lt.pdf"), folder.path("a.lta.pdf")];
    let verdicts = pyhanko_long_term(&[PKI.root(), TSA.root()], &files);
    let archived: Vec<usize> = verdicts.iter().map(|one| one.archived).collect();
    assert!(verdicts.iter().all(|one| one.accepted) && archived == [1, 2], "{verdicts:?}");

    std::fs::write(folder.path("a.txt"), "text").unwrap();
    folder.bad("a.txt", "lt", &all, "of XML, PDF, CMS and ASiC containers");
    folder.bad("missing.pdf", "lt", &all, "missing.pdf: cannot be read");
}

/// Two companies sealed it, and each seal gets its own timestamps; one of them may be named.
#[test]
fn each_of_several_signatures_is_raised() {
    let folder = Folder(tempfile::tempdir().unwrap());
    let xml = |settings: &str| {
        let settings: serde_json::Map<_, _> = serde_json::from_str(settings).unwrap();
        let catalogue = chancery::seal::catalogue::Catalogue::built_in().unwrap();
        catalogue.profile(Format::Xades, None, &settings).unwrap()
    };
    let cms = |existing_signatures| {
        let profile = CadesProfile { existing_signatures, ..CadesProfile::default() };
        Profile::Cades(Box::new(profile))
    };
    let container = |existing_signatures| {
        let packaging = CadesPackaging::AsicE;
        let profile = CadesProfile { packaging, existing_signatures, ..CadesProfile::default() };
        Profile::Cades(Box::new(profile))
    };
    let sealed = |document: Vec<u8>, profile: &Profile, key: &TestKey| {
        let prepared = prepare(document, profile, &key.signer, key.now(), &Limits::default());
        let prepared = prepared.unwrap();
        let value = key.sign(prepared.to_be_signed());
        prepared.attach(value).unwrap().finish().into_bytes()
    };
    let parallel = r#"{ "existingSignatures": "PARALLEL", "signatureTransform": "XPATH" }"#;
    let asic = r#"{ "packaging": "ASIC_E", "existingSignatures": "PARALLEL" }"#;
    let (beside, over) = (ExistingCmsSignatures::Parallel, ExistingCmsSignatures::Countersign);
    let kinds = [
        ("two.xml", xml(parallel), xml(parallel), 2, 2),
        ("over.xml", xml(parallel), xml(r#"{ "existingSignatures": "COUNTERSIGN" }"#), 2, 1),
        ("two.p7m", cms(beside), cms(beside), 2, 2),
        ("over.p7m", cms(beside), cms(over), 2, 1),
        ("xades.asice", xml(asic), xml(asic), 2, 2),
        ("cades.asice", container(beside), container(beside), 2, 1),
    ];
    let [root, ca] = PKI.lists();
    let tsa = TSA.list();
    let all = [Path::new("--revocation"), &root, &ca, &tsa];
    let [query, answer, request, number] =
        ["--query", "--answer", "q.tsq", "--signature"].map(Path::new);
    for (name, first, second, at_t, at_lta) in kinds {
        let file = sealed(INVOICE.as_bytes().to_vec(), &first, &PKI.rsa);
        std::fs::write(folder.path(name), sealed(file, &second, &PKI.p256)).unwrap();
        // requests of earlier files are in the way
        let asks = |file: &str, to: &str, count: usize, more: &[&Path]| {
            let (stem, extension) = file.rsplit_once('.').unwrap();
            let raised = format!("{stem}.{to}.{extension}");
            for name in ["q.tsq", "q.2.tsq", "a.tsr", "a.2.tsr", &raised] {
                let _ = std::fs::remove_file(folder.path(name));
            }
            folder.good(file, to, &[&[query, request][..], more].concat());
            assert_eq!(folder.path("q.2.tsq").exists(), count == 2, "{name} {to}");
            folder.answer("q.tsq", "a.tsr");
            let mut answers = vec![answer, Path::new("a.tsr")];
            if count == 2 {
                let one = [&answers[..], more].concat();
                folder.bad(file, to, &one, "it takes 2 timestamps");
                folder.answer("q.2.tsq", "a.2.tsr");
                answers.push(Path::new("a.2.tsr"));
            }
            let said = folder.good(file, to, &[&answers[..], more].concat());
            assert!(said.contains(&format!("{raised}: level {}", to.to_uppercase())), "{said}");
            raised
        };
        let levels = |file: &str| {
            let mut settings = VerifySettings::new(
                [PKI.root(), TSA.root()].iter().flat_map(|root| anchors(root)).collect(),
                now(),
            );
            settings.revocation = RevocationDemand::NotAsked;
            let report = verify(&std::fs::read(folder.path(file)).unwrap(), &settings);
            assert_eq!(report.indication, Indication::Passed, "{file}: {report:#?}");
            let mut levels: Vec<_> = report.signatures.iter().filter_map(|one| one.level).collect();
            // a set of signers has an order of its own
            levels.sort_unstable();
            levels
        };
        folder.bad(name, "t", &[number, Path::new("3"), query, request], "but 1 to 2");
        let one = asks(name, "t", 1, &[number, Path::new("1")]);
        assert_eq!(levels(&one), ["B", "T"], "{name}");
        // the other one is what is missing
        let both = asks(&one, "t", 1, &[]);
        assert_eq!(levels(&both), ["T", "T"], "{name}");
        folder.bad(&both, "t", &[query, request], "each of its signatures has a timestamp");
        let t = asks(name, "t", at_t, &[]);
        assert_eq!(levels(&t), ["T", "T"], "{name}");
        folder.good(&t, "lt", &all);
        let lt = t.replace(".t.", ".t.lt.");
        assert_eq!(levels(&lt), ["LT", "LT"], "{name}");
        let lta = asks(&t, "lta", at_lta, &all);
        // in XML each has an archive timestamp of its own
        let over = if name == "over.xml" { "LT" } else { "LTA" };
        assert_eq!(levels(&lta), [over, "LTA"], "{name}");
        let renewed = asks(&lta, "lta", at_lta, &all);
        assert_eq!(levels(&renewed), [over, "LTA"], "{name}");
    }
    let pdf = std::fs::read(format!("{ROOT}/samples/pdf-one-page/input.pdf")).unwrap();
    let pdf = sealed(pdf, &Profile::Pades(Box::default()), &PKI.p256);
    std::fs::write(folder.path("a.pdf"), pdf).unwrap();
    folder.bad("a.pdf", "lt", &[number, Path::new("1")], "are raised together");
}

fn anchors(file: &Path) -> Vec<TrustAnchor> {
    let read = certificates(&std::fs::read(file).unwrap()).unwrap();
    read.into_iter().map(TrustAnchor::of).collect()
}

/// Each by name, and no file is written.
#[test]
fn what_cannot_be_raised_is_named() {
    let folder = Folder(tempfile::tempdir().unwrap());
    let write = |name: &str, octets: &[u8]| std::fs::write(folder.path(name), octets).unwrap();
    let sealed = seal(INVOICE, &PKI.p256);
    write("a.xml", &sealed);
    write("plain.xml", INVOICE.as_bytes());
    let text_of = String::from_utf8(sealed).unwrap();
    write("changed.xml", text_of.replacen("1250.00", "9250.00", 1).as_bytes());
    write("cut.xml", &text_of.as_bytes()[..text_of.len() - 20]);
    write("other.txt", b"something else");
    let [root, ca] = PKI.lists();
    let tsa = TSA.list();
    let all = [Path::new("--revocation"), &root, &ca, &tsa];
    let [query, answer, request] = ["--query", "--answer", "1.tsq"].map(Path::new);

    // of the command
    folder.bad("a.xml", "lt", &[query, request], "--to lt needs none");
    folder.bad("a.xml", "lta", &[], "--query");
    folder.bad("a.xml", "b", &[], "possible values: t, lt, lta");
    folder.bad("a.xml", "t", &[query, request, answer, request], "cannot be used with");
    folder.bad(
        "a.xml",
        "lt",
        &[Path::new("--revocation"), Path::new("missing.crl")],
        "missing.crl: cannot be read",
    );
    folder.bad("a.xml", "lt", &[Path::new("--trust"), Path::new("other.txt")], "other.txt: ");
    folder.bad(
        "a.xml",
        "lt",
        &[Path::new("--certificates"), Path::new("other.txt")],
        "other.txt: ",
    );

    // of the file
    folder.bad("plain.xml", "t", &[query, request], "plain.xml: ");
    folder.bad("plain.xml", "lt", &all, "there is no seal in it");
    folder.bad("changed.xml", "t", &[query, request], "changed.xml: ");
    folder.bad("changed.xml", "lt", &all, "changed.xml: ");
    folder.bad("cut.xml", "lt", &all, "cut.xml: ");
    folder.bad("a.xml", "lt", &all, "no timestamp that holds");
    assert!(!folder.path("1.tsq").exists(), "nothing is asked of a TSA for what cannot be raised");

    // of the answer: none, one to something else, one that was changed, one of a TSA that nobody trusts
    folder.good("a.xml", "t", &[query, request]);
    let asked = std::fs::read(folder.path("1.tsq")).unwrap();
    let response = TSA.answer(&asked, "ec", "");
    let mut changed = response.clone();
    let end = changed.len() - 3;
    changed[end] ^= 1;
    write("changed.tsr", &changed);
    write("cut.tsr", &response[..response.len() / 2]);
    write("refused.tsr", &TSA.answer(&asked, "ec", "digests=sha512"));
    write("lenient.tsr", &TSA.answer(&asked, "rsa", ""));
    for name in ["changed.tsr", "cut.tsr", "refused.tsr", "other.txt", "1.tsq", "missing.tsr"] {
        folder.bad("a.xml", "t", &[answer, Path::new(name)], &format!("{name}: "));
    }
    let alone = Command::new(BINARY)
        .current_dir(folder.0.path())
        .args(["extend", "a.xml", "--to", "t", "--answer", "lenient.tsr", "--trust"])
        .arg(PKI.root())
        .output()
        .unwrap();
    assert!(!alone.status.success() && text(&alone).contains("lenient.tsr: "), "{}", text(&alone));
    assert!(!folder.path("a.t.xml").exists());

    // what is there is not written over
    write("a.t.xml", b"mine");
    folder.bad("a.xml", "t", &[answer, Path::new("lenient.tsr")], "a.t.xml is there already");
    assert_eq!(std::fs::read(folder.path("a.t.xml")).unwrap(), b"mine");
}
