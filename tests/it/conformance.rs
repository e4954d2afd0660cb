//! Seals before the judges that need more than the ordinary tests may ask for: a JVM, EU DSS, the
//! rules of national authorities. `make conformance` sets them up and runs what is ignored here.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use chancery::domain::xades::XadesProfile;
use chancery::pki::certificate::Chain;
use chancery::pki::signature::SignatureValue;
use chancery::seal::{Limits, Profile, Signer, prepare};
use tempfile::TempDir;

use crate::support::judges::{
    DssTrust, DssVerdict, corpus, dss_validate, en16931_rules, jdk_verify, python_xmlsec_verify,
    recompute_myinvois, recompute_zatca, repository, ubl_tr_rules, xades_schema,
};

/// An authority with revocation lists, made for one test.
struct Authority {
    folder: TempDir,
}

impl Authority {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = Command::new(repository().join(".venv/bin/python"))
            .arg(repository().join("tests/peers/make_pki.py"))
            .arg(folder.path())
            .status()
            .expect("the Python judges are missing: scripts/setup-judges.sh");
        assert!(made.success());
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn trust(&self) -> DssTrust {
        DssTrust {
            roots: vec![self.path("root.pem")],
            revocation_lists: vec![self.path("root.crl"), self.path("issuing.crl")],
            ..DssTrust::default()
        }
    }

    /// Seals with the default profile and this authority's RSA key.
    fn seal(&self, document: Vec<u8>) -> Vec<u8> {
        let chain = Chain::from_pem(&fs::read(self.path("rsa-chain.pem")).unwrap()).unwrap();
        let pem = fs::read(self.path("rsa-key.pem")).unwrap();
        let key = RsaKeyPair::from_pkcs8(&der::pem::decode_vec(&pem).unwrap().1).unwrap();
        let profile = Profile::Xades(Box::new(XadesProfile::default()));
        let signer = Signer::new(&chain);
        let at = signer.certificate().not_before().plus_ms(1000);
        let prepared = prepare(document, &profile, &signer, at, &Limits::default()).unwrap();
        let mut value = vec![0; key.public_modulus_len()];
        let message = prepared.to_be_signed();
        key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut value).unwrap();
        prepared.attach(SignatureValue::new(value)).unwrap().finish().into_bytes()
    }
}

/// Our own sample documents.
fn samples() -> Vec<PathBuf> {
    let cases = fs::read_dir(repository().join("samples")).unwrap();
    let mut files: Vec<PathBuf> = cases
        .map(|case| case.unwrap().path().join("input.xml"))
        .filter(|file| file.is_file())
        .collect();
    files.sort();
    files
}

/// Where the reports go; `scripts/conformance.sh` empties it.
fn report(name: &str, lines: &[String]) {
    let folder = repository().join("target/conformance");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(name), lines.join("\n") + "\n").unwrap();
}

fn write(folder: &Path, original: &Path, sealed: &[u8]) -> PathBuf {
    let case = original.parent().unwrap().file_name().unwrap().to_string_lossy();
    let path = folder.join(format!("{case}.xml"));
    fs::write(&path, sealed).unwrap();
    path
}

fn line(verdict: &DssVerdict) -> String {
    format!(
        "{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}",
        verdict.path.file_name().unwrap().to_string_lossy(),
        verdict.id,
        verdict.level,
        verdict.indication,
        verdict.sub_indication.as_deref().unwrap_or("-"),
        if verdict.intact { "intact" } else { "broken" },
        verdict.errors,
        verdict.warnings,
    )
}

/// Every sample under the default profile: EU DSS says B-level and passed, both other engines verify,
/// the schemas hold, and the rules of EN 16931 find what they found before.
#[test]
#[ignore = "needs a JVM: make conformance"]
fn conformance_of_the_default_profile() {
    let authority = Authority::new();
    let originals = samples();
    let sealed: Vec<PathBuf> = originals
        .iter()
        .map(|file| {
            let sealed = authority.seal(fs::read(file).unwrap());
            write(authority.folder.path(), file, &sealed)
        })
        .collect();
    assert!(sealed.len() >= 12, "only {} samples", sealed.len());

    let files: Vec<_> = sealed.iter().map(|file| (file.clone(), None)).collect();
    let verdicts = dss_validate(&authority.trust(), &files);
    report("default-profile-dss.tsv", &verdicts.iter().map(line).collect::<Vec<_>>());
    assert_eq!(verdicts.len(), sealed.len());
    for verdict in &verdicts {
        let passed = verdict.level == "XAdES-BASELINE-B"
            && verdict.indication == "TOTAL_PASSED"
            && verdict.intact;
        assert!(passed, "{verdict:?}");
    }
    let without_lists = DssTrust { revocation_lists: Vec::new(), ..authority.trust() };
    let undecided = dss_validate(&without_lists, &files[..1]);
    assert_eq!(
        undecided[0].sub_indication.as_deref(),
        Some("CERTIFICATE_CHAIN_GENERAL_FAILURE"),
        "{undecided:?}"
    );

    let engines = [jdk_verify(None, &sealed), python_xmlsec_verify(None, &sealed)];
    for verdicts in engines {
        assert_eq!(verdicts.len(), sealed.len());
        for verdict in verdicts {
            let right = verdict.accepted && verdict.number == 1 && verdict.references == "++";
            assert!(right, "{}: {}", verdict.path.display(), verdict.reason);
        }
    }
    for verdict in xades_schema(&sealed) {
        assert!(verdict.accepted, "{}: {}", verdict.path.display(), verdict.said);
    }
    for (before, after) in en16931_rules(&originals).iter().zip(en16931_rules(&sealed)) {
        assert_eq!((before.accepted, &before.said), (after.accepted, &after.said), "{after:?}");
    }
}

/// The recipes of the authorities that no engine knows accept the authorities' own documents and
/// refuse ours; GIB's rules read a Turkish invoice. Only with the larger corpus.
#[test]
#[ignore = "needs the national judges: make conformance"]
fn conformance_of_the_authorities_own_documents() {
    let Some(corpus) = corpus() else { return };
    let named = |start: &str| -> Vec<PathBuf> {
        let entries = fs::read_dir(corpus.join("signed-xml")).unwrap();
        let files = entries.map(|entry| entry.unwrap().path());
        files
            .filter(|file| file.file_name().unwrap().to_string_lossy().starts_with(start))
            .collect()
    };
    let (zatca, myinvois) = (named("zatca-"), named("xmlsigner__"));
    assert!(!zatca.is_empty() && !myinvois.is_empty());
    for verdict in recompute_zatca(&zatca).iter().chain(&recompute_myinvois(&myinvois)) {
        assert!(verdict.accepted, "{}: {}", verdict.path.display(), verdict.said);
    }
    for verdict in recompute_zatca(&myinvois).iter().chain(&recompute_myinvois(&zatca)) {
        assert!(!verdict.accepted, "{} passed for the other's", verdict.path.display());
    }
    let message = named("ph-ubl__5_KULLANICI_SILME");
    assert!(ubl_tr_rules(&message)[0].accepted);
    assert!(!ubl_tr_rules(&zatca)[0].accepted);
}
