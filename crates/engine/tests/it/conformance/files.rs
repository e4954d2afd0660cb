//! CAdES files and ASiC-E containers, before EU DSS and OpenSSL.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use chancery_engine::domain::xades::{Packaging, XadesProfile};
use chancery_engine::seal::Profile;
use serde_json::{Value, json};

use super::court::Tally;
use super::report;
use super::sealing::TestAuthority;
use crate::cms::asic::zip;
use chancery_testing::judges::{DssVerdict, corpus, dss_validate, repository};

const JUDGES: [&str; 3] = ["EU DSS", "EU DSS, damaged", "OpenSSL"];
const CADES: &str = "CAdES-BASELINE-B";

/// One sealed file.
struct FileCase {
    kind: &'static str,
    level: &'static str,
    file: PathBuf,
    content: Option<PathBuf>,
    /// The same with a byte changed.
    damaged: (PathBuf, Option<PathBuf>),
    /// How many signatures are ours.
    ours: usize,
}

struct Docket {
    authority: TestAuthority,
    cases: Vec<FileCase>,
}

fn cades(written: &Value) -> Profile {
    Profile::Cades(Box::new(serde_json::from_value(written.clone()).unwrap()))
}

fn sample(name: &str) -> Vec<u8> {
    fs::read(repository().join("samples").join(name)).unwrap()
}

impl Docket {
    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.authority.path(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Writes a sealed file, and the same with the first of some bytes changed.
    fn add(
        &mut self,
        kind: &'static str,
        level: &'static str,
        (extension, ours): (&str, usize),
        sealed: &[u8],
        (document, signed): (Option<&[u8]>, &[u8]),
    ) {
        let number = self.cases.len();
        let name = |what: &str| format!("{what}-{number:03}.{extension}");
        let file = self.write(&name("sealed"), sealed);
        let content = document.map(|it| self.write(&format!("content-{number:03}"), it));
        let damaged = match document {
            Some(document) => {
                let beside =
                    self.write(&format!("damaged-{number:03}"), &changed(document, signed));
                // A path of its own, so that verdicts are told apart.
                (self.write(&name("damaged"), sealed), Some(beside))
            }
            None => (self.write(&name("damaged"), &changed(sealed, signed)), None),
        };
        self.cases.push(FileCase { kind, level, file, content, damaged, ours });
    }

    fn seal(&self, document: &[u8], profile: &Profile, key: &str) -> Vec<u8> {
        let sealed = self.authority.seal_bytes(document, profile, key);
        sealed.unwrap_or_else(|refusal| panic!("{key}: {refusal}"))
    }

    fn files(&mut self) {
        let documents = [
            sample("invoice-minimal/input.xml"),
            sample("pdf/invoice.pdf"),
            (0..=255).cycle().take(100_000).collect(),
        ];
        for (algorithm, key) in [
            ("RSA_SHA256", "rsa2048"),
            ("RSA_SHA512", "rsa"),
            ("RSA_PSS_SHA256", "rsa"),
            ("RSA_PSS_SHA384", "rsa"),
            ("ECDSA_SHA256", "p256"),
            ("ECDSA_SHA384", "p384"),
        ] {
            for document in &documents {
                let signed = &document[..20];
                let attached = cades(&json!({ "signatureAlgorithm": algorithm }));
                let sealed = self.seal(document, &attached, key);
                self.add("CAdES attached", CADES, ("p7m", 1), &sealed, (None, signed));
                let detached =
                    cades(&json!({ "signatureAlgorithm": algorithm, "packaging": "DETACHED" }));
                let sealed = self.seal(document, &detached, key);
                let document = (Some(&**document), signed);
                self.add("CAdES detached", CADES, ("p7s", 1), &sealed, document);
            }
        }
    }

    fn claims(&mut self) {
        let document = sample("invoice-minimal/input.xml");
        for packaging in ["ATTACHED", "DETACHED"] {
            let written = json!({
                "packaging": packaging,
                "commitments": [{ "identifier": "http://uri.etsi.org/01903/v1.2.2#ProofOfOrigin" }],
                "claimedRoles": ["emisor", "çift imza"],
                "productionPlace": { "city": "Ankara", "country": "TR" },
            });
            let sealed = self.seal(&document, &cades(&written), "rsa");
            let content = (packaging == "DETACHED").then_some(&*document);
            self.add("CAdES with claims", CADES, ("p7s", 1), &sealed, (content, &document[..20]));
        }
    }

    fn parallel(&mut self) {
        let document = sample("invoice-minimal/input.xml");
        let parallel = cades(&json!({ "existingSignatures": "PARALLEL" }));
        let first = self.seal(&document, &cades(&json!({})), "rsa");
        let both = self.seal(&first, &parallel, "p256");
        let signed = (None, &document[..20]);
        self.add("CAdES parallel", CADES, ("p7m", 2), &both, signed);
        let three = self.seal(&both, &parallel, "p384");
        self.add("CAdES parallel", CADES, ("p7m", 3), &three, signed);
        let italian = "signed-xml/FatturaElettronica__IT02182030391_31.xml.p7m";
        if let Some(Ok(theirs)) = corpus().map(|folder| fs::read(folder.join(italian))) {
            let both = self.seal(&theirs, &parallel, "p256");
            self.add("CAdES parallel", CADES, ("p7m", 1), &both, (None, b"<FormatoTrasmissione>"));
        }
    }

    fn containers(&mut self) {
        let invoice = sample("invoice-minimal/input.xml");
        let pdf = sample("pdf/invoice.pdf");
        let files: [(&str, &[u8]); 3] = [
            ("invoice.xml", &invoice),
            ("attachments/a 1%.pdf", &pdf),
            ("\u{15E}ema.txt", b"text"),
        ];
        let several = zip(&files, "STORED");
        let with_xades = XadesProfile { packaging: Packaging::AsicE, ..XadesProfile::default() };
        let with_xades = Profile::Xades(Box::new(with_xades));
        let cms = cades(&json!({ "packaging": "ASIC_E" }));
        for key in ["rsa", "p256", "p384"] {
            for document in [&invoice, &several] {
                let signed = (None, &*invoice);
                let sealed = self.seal(document, &with_xades, key);
                let level = "XAdES-BASELINE-B";
                self.add("ASiC-E with XAdES", level, ("asice", 1), &sealed, signed);
                let sealed = self.seal(document, &cms, key);
                self.add("ASiC-E with CAdES", CADES, ("asice", 1), &sealed, signed);
            }
        }
    }

    /// OpenSSL, which reads no containers.
    fn openssl(&self, case: &FileCase) -> Result<(), String> {
        let mut command = Command::new("openssl");
        command.args(["cms", "-verify", "-cades", "-binary", "-inform", "DER", "-purpose", "any"]);
        command.arg("-CAfile").arg(self.authority.path("root.pem")).arg("-in").arg(&case.file);
        if let Some(content) = &case.content {
            command.arg("-content").arg(content);
        }
        let output = command.args(["-out", "/dev/null"]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        output.status.success().then_some(()).ok_or(said)
    }

    fn judge(&self, cases: &[&FileCase]) -> Vec<Tally> {
        let trust = self.authority.trust();
        let good: Vec<_> = cases.iter().map(|it| (it.file.clone(), it.content.clone())).collect();
        let verdicts = dss_validate(&trust, &good);
        let mut tallies = JUDGES.map(|judge| Tally::new(judge, true));
        for case in cases {
            let of: Vec<_> = verdicts.iter().filter(|it| it.path == case.file).collect();
            tallies[0].push(&case.file, passes(case, &of));
            // It speaks of the whole file, and does not know who signed before.
            let is_ours = of.len() == case.ours;
            if is_ours && case.file.extension().is_some_and(|it| it != "asice") {
                tallies[2].push(&case.file, self.openssl(case));
            }
        }
        let damaged: Vec<_> = cases.iter().map(|it| it.damaged.clone()).collect();
        let verdicts = dss_validate(&trust, &damaged);
        for case in cases {
            let of: Vec<_> = verdicts.iter().filter(|it| it.path == case.damaged.0).collect();
            let failed = of.iter().filter(|it| it.indication == "TOTAL_FAILED").count();
            let refused = failed == of.len() && failed >= case.ours;
            tallies[1].push(&case.file, refused.then_some(()).ok_or(format!("{of:?}")));
        }
        tallies.into()
    }
}

/// The first byte of what is signed changed; of a file in a container also its checksum, so that it is
/// the signature that does not hold.
fn changed(bytes: &[u8], signed: &[u8]) -> Vec<u8> {
    let find = |part: &[u8]| bytes.windows(part.len()).position(|window| window == part);
    let at = find(signed).expect("what is signed stands there as it is");
    let mut changed = bytes.to_vec();
    changed[at] ^= 1;
    if !bytes.starts_with(b"PK") {
        return changed;
    }
    let checksum = |bytes: &[u8]| {
        let mut checksum = flate2::Crc::new();
        checksum.update(&bytes[at..at + signed.len()]);
        checksum.sum().to_le_bytes()
    };
    let (was, is) = (checksum(bytes), checksum(&changed));
    let places = bytes.windows(4).enumerate().filter(|(_, window)| *window == was);
    let places: Vec<usize> = places.map(|(place, _)| place).collect();
    assert_eq!(places.len(), 2, "one before the file and one in the directory");
    for place in places {
        changed[place..place + 4].copy_from_slice(&is);
    }
    changed
}

/// Ours pass at their level; who signed before still has an intact signature.
fn passes(case: &FileCase, said: &[&DssVerdict]) -> Result<(), String> {
    let passed = |it: &&&DssVerdict| it.level == case.level && it.indication == "TOTAL_PASSED";
    let good = said.iter().all(|it| it.intact) && said.iter().filter(passed).count() == case.ours;
    good.then_some(()).ok_or(format!("{said:?}"))
}

/// Attached and detached, with claims, beside other signers, in containers: EU DSS says the level and
/// passes each, fails each with a changed byte, and OpenSSL accepts what is CMS.
#[test]
#[ignore = "needs judges in Java: make conformance"]
fn conformance_of_sealed_files() {
    let mut docket = Docket { authority: TestAuthority::new(), cases: Vec::new() };
    docket.files();
    docket.claims();
    docket.parallel();
    docket.containers();
    let (mut text, mut complaints) = (report::head(&["Files", "Level"], &JUDGES), String::new());
    let mut kinds: Vec<&str> = docket.cases.iter().map(|case| case.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    for kind in kinds {
        let cases: Vec<&FileCase> = docket.cases.iter().filter(|it| it.kind == kind).collect();
        let tallies = docket.judge(&cases);
        text.push_str(&report::row(&[kind, cases[0].level], &JUDGES, &tallies));
        for tally in &tallies {
            for (file, said) in tally.refused() {
                let name = file.file_name().map(Path::new).unwrap().display();
                let _ = writeln!(complaints, "{kind}: {}: {name}: {said}", tally.judge);
            }
        }
    }
    report::write("Files before judges", &text);
    assert!(complaints.is_empty(), "{complaints}");
}
