//! A second seal in containers of ours and of EU DSS, whatever level the first one has, before EU DSS.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use chancery_engine::domain::level::Level;
use chancery_engine::verify::{Indication, VerifySettings, verify};
use chancery_testing::judges::{DssTrust, DssVerdict, dss_seals, dss_validate};
use chancery_testing::pdfs;
use chancery_testing::tsa::TSA;

use super::report;
use crate::seal::extend::kept;
use crate::seal::long_term::{lists, now, trust};
use crate::seal::support::{INVOICE, PKI};
use crate::verify::beside::{parallel, plain, with};
use crate::verify::own_raised::stamp;

/// A container with two seals.
struct TwiceSealed {
    kind: &'static str,
    /// Who made the first, and its level.
    first: String,
    level: Level,
    file: PathBuf,
    bytes: Vec<u8>,
}

/// Containers of EU DSS of every level, and what kind of signature they have.
fn of_dss(folder: &std::path::Path) -> Vec<(&'static str, String, Vec<u8>)> {
    let document = kept(INVOICE.as_bytes(), "xml");
    let pdf = kept(&pdfs::named("classic").bytes, "pdf");
    let [tsa, tsa_key] = TSA.files("rsa");
    let seal = &PKI.rsa.pem;
    let mut arguments = vec![seal.with_extension("key"), seal.with_extension("chain.pem")];
    arguments.extend([tsa_key, tsa, pdf, document, folder.to_owned(), PKI.root(), TSA.root()]);
    arguments.extend(lists());
    dss_seals(&arguments);
    let mut made = Vec::new();
    for (kind, name) in [("XAdES", "asic-xades"), ("CAdES", "asic-cades")] {
        for level in ["b", "t", "lt", "lta"] {
            let bytes = fs::read(folder.join(format!("{name}-{level}.asice"))).unwrap();
            made.push((kind, format!("EU DSS {}", level.to_uppercase()), bytes));
        }
    }
    made
}

fn of_ours() -> Vec<(&'static str, String, Vec<u8>)> {
    let mut made = Vec::new();
    for kind in ["XAdES", "CAdES"] {
        let first = stamp(INVOICE.as_bytes(), &PKI.rsa, plain(kind));
        made.push((kind, "ours T".to_owned(), first.sealed.bytes().to_vec()));
        for level in [Level::Lt, Level::Lta] {
            made.push((kind, format!("ours {level}"), first.raised(level)));
        }
    }
    made
}

fn asked(files: &[PathBuf], lists: Vec<PathBuf>) -> Vec<DssVerdict> {
    let trust = DssTrust {
        roots: vec![PKI.root(), TSA.root()],
        revocation_lists: lists,
        ..DssTrust::default()
    };
    let files: Vec<_> = files.iter().map(|file| (file.clone(), None)).collect();
    dss_validate(&trust, &files)
}

/// Two signatures that are right, one of them of our level, and passed where the file has what that takes.
fn judge(case: &TwiceSealed, verdicts: &[&DssVerdict]) -> Result<(), String> {
    let level = format!("{}-BASELINE-{}", case.kind, case.level);
    let intact = verdicts.len() == 2 && verdicts.iter().all(|one| one.intact);
    let ours = verdicts.iter().any(|one| one.level == level && one.indication == "TOTAL_PASSED");
    let all = verdicts.iter().all(|one| one.indication == "TOTAL_PASSED");
    if intact && ours && all { Ok(()) } else { Err(format!("{verdicts:?}")) }
}

#[test]
#[ignore = "needs a JVM: make conformance"]
fn conformance_of_second_seals_in_containers() {
    let folder = tempfile::tempdir().unwrap();
    let mut cases = Vec::new();
    for (kind, first, container) in of_dss(folder.path()).into_iter().chain(of_ours()) {
        let ours = stamp(&container, &PKI.p256, parallel(kind));
        for level in [Level::T, Level::Lt, Level::Lta] {
            let bytes = match level {
                Level::T => ours.sealed.bytes().to_vec(),
                level => ours.raised(level),
            };
            let file = kept(&bytes, "asice");
            cases.push(TwiceSealed { kind, first: first.clone(), level, file, bytes });
        }
    }
    let files: Vec<PathBuf> = cases.iter().map(|case| case.file.clone()).collect();
    let verdicts = asked(&files, lists());
    let mut complaints = String::new();
    let mut text = report::head(&["First seal", "Second seal"], &["EU DSS", "ours"]);
    for case in &cases {
        let own: Vec<_> = verdicts.iter().filter(|one| one.path == case.file).collect();
        let judged = judge(case, &own);
        let mut settings = VerifySettings::new(trust(), now().plus_ms(60_000));
        settings.lists = crate::seal::long_term::collected(&lists()).lists().to_vec();
        let said = verify(&case.bytes, &settings).indication;
        let mark = |holds: bool| if holds { "passed" } else { "no" };
        let _ = writeln!(
            text,
            "| {} {} | {} | {} | {} |",
            case.kind,
            case.first,
            case.level,
            mark(judged.is_ok()),
            mark(said == Indication::Passed)
        );
        if let Err(wrong) = judged {
            let _ = writeln!(complaints, "{} {} {}: {wrong}", case.kind, case.first, case.level);
        }
        if said != Indication::Passed {
            let _ = writeln!(
                complaints,
                "{} {} {}: we say {said:?}",
                case.kind, case.first, case.level
            );
        }
    }
    report::write("A second seal in a container", &text);

    // One octet of a document: no signature over it is right any more.
    let mut changed = Vec::new();
    for case in cases.iter().filter(|case| case.level == Level::Lta) {
        let bytes = with(&case.bytes, |files| {
            let document = files
                .iter_mut()
                .find(|file| !file.name.starts_with("META-INF/") && file.name != "mimetype");
            document.unwrap().octets[60] ^= 1;
        });
        changed.push(kept(&bytes, "asice"));
    }
    for verdict in asked(&changed, lists()) {
        // With CAdES the value is over the manifest, and right as before.
        if verdict.indication != "TOTAL_FAILED" {
            let _ = writeln!(complaints, "a changed file: {verdict:?}");
        }
    }
    assert!(complaints.is_empty(), "{complaints}");
}
