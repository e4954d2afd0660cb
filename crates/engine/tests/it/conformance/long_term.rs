//! Levels LT and LTA before EU DSS, which gets the trust anchors and nothing else: what validating takes is in
//! the file, and the level is the one that was said.

use std::fmt::Write as _;
use std::path::PathBuf;

use chancery_engine::domain::cades::CadesPackaging;
use chancery_engine::domain::instant::{DAY_MS, Instant};
use chancery_engine::seal::Limits;
use chancery_engine::seal::long_term::{Raised, stamp};
use chancery_engine::verify::{Indication, VerifySettings, verify};
use chancery_testing::judges::{DssTrust, DssVerdict, dss_seals, dss_validate};
use chancery_testing::pdfs;
use chancery_testing::tsa::TSA;

use super::report;
use crate::seal::extend::{cades, kept, prepare_cms, signed, stamped, xades};
use crate::seal::long_term::{archived, collected, lists, now, timestamped, trust, try_raise};
use crate::seal::long_term_asic::containers;
use crate::seal::long_term_xml;
use crate::seal::support::{INVOICE, PKI};

/// Archive timestamps of the file that was renewed.
const RENEWED: usize = 4;

/// Files of one format and level.
struct LevelCase {
    format: &'static str,
    level: &'static str,
    file: PathBuf,
}

fn archive(raised: Raised) -> Vec<u8> {
    archived(raised.archive(8192, &Limits::default(), None).unwrap(), "rsa").bytes
}

/// A sealed file at LT, LTA, and LTA that was renewed.
fn add(cases: &mut Vec<LevelCase>, format: &'static str, extension: &str, sealed: &[u8]) {
    let raised = try_raise(sealed, collected(&lists())).unwrap();
    let mut add = |level, bytes: &[u8]| {
        cases.push(LevelCase { format, level, file: kept(bytes, extension) });
    };
    add("T", sealed);
    add("LT", &raised.bytes);
    let mut document = archive(raised);
    add("LTA", &document);
    for _ in 1..RENEWED {
        document = archive(try_raise(&document, collected(&[TSA.list()])).unwrap());
    }
    add("LTA", &document);
}

fn cases() -> Vec<LevelCase> {
    let mut cases = Vec::new();
    for name in ["classic", "xref-stream", "hybrid"] {
        add(&mut cases, "PAdES", "pdf", &timestamped(&pdfs::named(name).bytes));
    }
    for key in [&PKI.rsa, &PKI.p256] {
        // EU DSS does not recognize UTF-16.
        let readable = long_term_xml::cases().into_iter();
        for (document, settings) in readable.filter(|(document, _)| !document.contains(&0)) {
            add(&mut cases, "XAdES", "xml", xades(&document, key, &settings).bytes());
        }
        let profile = cades(false, CadesPackaging::Attached);
        let sealed = stamped(signed(prepare_cms(b"content", &profile, key), key));
        add(&mut cases, "CAdES", "p7m", sealed.bytes());
    }
    for (name, sealed) in containers() {
        let format = if name.ends_with("XAdES") { "XAdES" } else { "CAdES" };
        add(&mut cases, format, "asice", &sealed);
    }
    cases
}

fn asked(cases: &[&LevelCase], lists: Vec<PathBuf>, time: Option<Instant>) -> Vec<DssVerdict> {
    let trust = DssTrust {
        roots: vec![PKI.root(), TSA.root()],
        certificates: Vec::new(),
        revocation_lists: lists,
        policies: Vec::new(),
        time: time.map(Instant::to_rfc3339),
    };
    let files: Vec<_> = cases.iter().map(|case| (case.file.clone(), None)).collect();
    dss_validate(&trust, &files)
}

/// Whether DSS finds the level of a case in its file; when that is demanded it passes, too.
fn judge(case: &LevelCase, verdict: &DssVerdict, demanded: bool) -> Result<(), String> {
    let level = format!("{}-BASELINE-{}", case.format, case.level);
    let right = verdict.intact && verdict.level == level;
    let passes = !demanded || verdict.indication == "TOTAL_PASSED";
    // It tells of what level LT and LTA add to a PDF as extensions, and would of anything else by other names.
    let odd = verdict.odd.split(';').any(|odd| !odd.is_empty() && !odd.starts_with("extensions="));
    if right && passes && !odd { Ok(()) } else { Err(format!("{verdict:?}")) }
}

#[test]
#[ignore = "needs a JVM: make conformance"]
fn conformance_of_long_term_levels() {
    let cases = cases();
    let all: Vec<&LevelCase> = cases.iter().collect();
    let mut complaints = String::new();
    let mut text = report::head(&["Format", "Level"], &["EU DSS"]);
    let mut rows = std::collections::BTreeMap::<_, [usize; 2]>::new();
    for (case, verdict) in all.iter().zip(asked(&all, Vec::new(), None)) {
        // at T nothing says whether a certificate was revoked
        let judged = judge(case, &verdict, case.level != "T");
        let [accepted, total] = rows.entry((case.format, case.level)).or_default();
        *accepted += usize::from(judged.is_ok());
        *total += 1;
        if let Err(wrong) = judged {
            let _ = writeln!(complaints, "{} {}: {wrong}", case.format, case.level);
        }
    }
    for ((format, level), [accepted, total]) in rows {
        let _ = writeln!(text, "| {format} | {level} | {accepted}/{total} |");
    }
    report::write("Levels LT and LTA, from what is in the file", &text);
    // The certificates of seals end after 20 days, those of timestamps after 30.
    let later = now().plus_ms(22 * DAY_MS);
    let archived: Vec<&LevelCase> = all.into_iter().filter(|case| case.level == "LTA").collect();
    for (case, verdict) in archived.iter().zip(asked(&archived, Vec::new(), Some(later))) {
        if let Err(wrong) = judge(case, &verdict, true) {
            let _ = writeln!(complaints, "{} when its certificate has ended: {wrong}", case.format);
        }
    }
    assert!(complaints.is_empty(), "{complaints}");
}

/// What EU DSS made of every format and level, raised by us level by level: it finds the next level, and so do we.
#[test]
#[ignore = "needs a JVM: make conformance"]
fn conformance_of_files_of_eu_dss_that_are_raised() {
    let folder = tempfile::tempdir().unwrap();
    let document = kept(INVOICE.as_bytes(), "xml");
    let pdf = kept(&pdfs::named("classic").bytes, "pdf");
    let [tsa, tsa_key] = TSA.files("rsa");
    let seal = &PKI.rsa.pem;
    let mut arguments = vec![seal.with_extension("key"), seal.with_extension("chain.pem")];
    arguments.extend([tsa_key, tsa, pdf, document, folder.path().to_owned()]);
    arguments.extend([PKI.root(), TSA.root()]);
    arguments.extend(lists());
    dss_seals(&arguments);
    let (mut cases, mut complaints) = (Vec::new(), String::new());
    let formats = ["xades.xml", "pades.pdf", "cades.p7m", "asic-xades.asice", "asic-cades.asice"];
    for file in formats {
        let (name, extension) = file.split_once('.').unwrap();
        let format = match name {
            "pades" => "PAdES",
            name if name.ends_with("xades") => "XAdES",
            _ => "CAdES",
        };
        for level in ["b", "t", "lt", "lta"] {
            let path = folder.path().join(format!("{name}-{level}.{extension}"));
            let bytes = std::fs::read(path).unwrap();
            let raised = match level {
                "b" => stamp(bytes, 8192, &Limits::default(), None)
                    .map(|plan| archived(plan, "rsa").bytes)
                    .map(|bytes| ("T", bytes)),
                "t" => try_raise(&bytes, collected(&lists())).map(|it| ("LT", it.bytes)),
                _ => try_raise(&bytes, collected(&lists())).map(|it| ("LTA", archive(it))),
            };
            match raised {
                Ok((level, bytes)) => {
                    let settings = VerifySettings::new(trust(), now().plus_ms(60_000));
                    let report = verify(&bytes, &settings);
                    let said =
                        (report.indication, report.signatures.iter().find_map(|it| it.level));
                    // of level T nobody knows yet whether a certificate was revoked
                    if level != "T" && said != (Indication::Passed, Some(level)) {
                        let _ = writeln!(complaints, "{name} {level}: we say {report:#?}");
                    }
                    cases.push(LevelCase { format, level, file: kept(&bytes, extension) });
                }
                Err(fault) => {
                    let _ = writeln!(complaints, "{name} {level}: {fault}");
                }
            }
        }
    }
    let all: Vec<&LevelCase> = cases.iter().collect();
    let mut text = report::head(&["Format", "File"], &["Raised to", "EU DSS"]);
    for (case, verdict) in all.iter().zip(asked(&all, Vec::new(), None)) {
        let judged = judge(case, &verdict, case.level != "T");
        let said = if judged.is_ok() { "accepts" } else { "refuses" };
        let extension = case.file.extension().unwrap_or_default().to_string_lossy();
        let _ = writeln!(text, "| {} | {extension} | {} | {said} |", case.format, case.level);
        if let Err(wrong) = judged {
            let _ = writeln!(complaints, "{} {extension} {}: {wrong}", case.format, case.level);
        }
    }
    report::write("Files of EU DSS, raised by one level", &text);
    assert!(complaints.is_empty(), "{complaints}");
}
