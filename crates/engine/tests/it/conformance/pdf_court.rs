//! The judges of sealed PDFs, and what is known of each.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::court::Tally;
use super::sealing::TestAuthority;
use chancery_testing::judges::{DssVerdict, dss_validate, repository};
use chancery_testing::pdf_judges::{
    PadesVerdict, mutool_info, mutool_signatures, pdfsig, pyhanko_verify, qpdf_check, verapdf,
};

/// Columns of the table.
pub(super) const JUDGES: [&str; 7] =
    ["pyHanko", "EU DSS", "pdfsig", "qpdf", "mupdf reads", "mupdf verifies", "veraPDF"];

/// One sealed PDF.
pub(super) struct PdfCase {
    /// The file that was sealed, without what was done to it.
    pub(super) document: String,
    pub(super) kind: &'static str,
    pub(super) original: PathBuf,
    pub(super) sealed: PathBuf,
    /// How many of the last signatures are ours.
    pub(super) ours: usize,
}

/// Asks all about cases.
pub(super) fn all(authority: &TestAuthority, cases: &[PdfCase]) -> Vec<Tally> {
    println!("{} sealed PDFs: pyHanko is asked", cases.len());
    let mut tallies = vec![pyhanko(authority, cases)];
    println!("EU DSS is asked");
    tallies.push(dss(authority, cases));
    println!("pdfsig, qpdf and mupdf are asked");
    let mut verdicts = [Tally::new("pdfsig", true), Tally::new("mupdf verifies", true)];
    let mut readers = [Tally::new("qpdf", false), Tally::new("mupdf reads", false)];
    for case in cases {
        let reports = pdfsig(&case.sealed);
        let whole = reports.iter().any(|report| report.total && report.valid);
        verdicts[0].push(&case.sealed, whole.then_some(()).ok_or_else(|| format!("{reports:?}")));
        let said = mutool_signatures(&case.sealed);
        let unchanged = said.iter().any(|one| one == "The document is unchanged since signing.");
        verdicts[1].push(&case.sealed, unchanged.then_some(()).ok_or_else(|| said.join(" | ")));
        // What a reader finds wrong with the original is not ours.
        if qpdf_check(&case.original).is_ok() {
            readers[0].push(&case.sealed, qpdf_check(&case.sealed));
        }
        if mutool_info(&case.original).is_ok() {
            readers[1].push(&case.sealed, mutool_info(&case.sealed));
        }
    }
    tallies.extend(verdicts.into_iter().chain(readers));
    println!("veraPDF is asked");
    tallies.push(archives(cases));
    tallies
}

fn sealed(cases: &[PdfCase]) -> Vec<PathBuf> {
    cases.iter().map(|case| case.sealed.clone()).collect()
}

/// The files that were sealed, each once.
fn originals(cases: &[PdfCase]) -> Vec<PathBuf> {
    let all: BTreeSet<_> = cases.iter().map(|case| case.original.clone()).collect();
    all.into_iter().collect()
}

/// Those of them that are signed: the place of a signature cannot be in a compressed object.
fn signed(cases: &[PdfCase]) -> Vec<PathBuf> {
    let mut files = originals(cases);
    files.retain(|file| {
        let bytes = std::fs::read(file).unwrap();
        bytes.windows(10).any(|window| window == b"/ByteRange")
    });
    files
}

fn by_file<T>(verdicts: Vec<T>, path: impl Fn(&T) -> &PathBuf) -> BTreeMap<PathBuf, Vec<T>> {
    let mut map: BTreeMap<PathBuf, Vec<T>> = BTreeMap::new();
    for verdict in verdicts {
        map.entry(path(&verdict).clone()).or_default().push(verdict);
    }
    map
}

/// Ours hold, have the form of the baseline and the last covers the file; earlier ones that held still
/// do.
fn pyhanko(authority: &TestAuthority, cases: &[PdfCase]) -> Tally {
    let roots = [authority.path("root.pem"), repository().join("samples/pki/root.pem")];
    // It keeps what it has read; a new process for each hundred gives that back.
    let ask = |files: Vec<PathBuf>| {
        let verdicts = files.chunks(100).flat_map(|some| pyhanko_verify(&roots, some));
        by_file(verdicts.collect(), |it| &it.path)
    };
    let (before, after) = (ask(signed(cases)), ask(sealed(cases)));
    let mut tally = Tally::new("pyHanko", true);
    for case in cases {
        let before = before.get(&case.original).map(Vec::as_slice).unwrap_or_default();
        let verdict = pyhanko_verdict(case, before, &after[&case.sealed]);
        tally.push(&case.sealed, verdict);
    }
    tally
}

fn pyhanko_verdict(
    case: &PdfCase,
    before: &[PadesVerdict],
    after: &[PadesVerdict],
) -> Result<(), String> {
    let earlier = before.iter().filter(|one| one.number > 0).count();
    if after.len() != earlier + case.ours || after.iter().any(|one| one.number == 0) {
        return Err(format!("{earlier} signatures before, then {after:?}"));
    }
    let (theirs, ours) = after.split_at(earlier);
    for (was, is) in before.iter().zip(theirs) {
        if was.accepted && !is.accepted {
            return Err(format!("an earlier signature does not hold any more: {is:?}"));
        }
    }
    match ours.iter().find(|one| !one.accepted || !one.lacks.is_empty()) {
        Some(wrong) => Err(format!("{wrong:?}")),
        None if ours.last().is_none_or(|last| last.coverage != "ENTIRE_FILE") => {
            Err(format!("the last does not cover the file: {ours:?}"))
        }
        None => Ok(()),
    }
}

/// Ours are PAdES-BASELINE-B and pass, with the last nothing is odd; earlier ones are as intact as they
/// were.
fn dss(authority: &TestAuthority, cases: &[PdfCase]) -> Tally {
    let mut trust = authority.trust();
    trust.roots.push(repository().join("samples/pki/root.pem"));
    let ask = |files: Vec<PathBuf>| {
        let files: Vec<_> = files.into_iter().map(|file| (file, None)).collect();
        by_file(dss_validate(&trust, &files), |it| &it.path)
    };
    let (before, after) = (ask(signed(cases)), ask(sealed(cases)));
    let mut tally = Tally::new("EU DSS", true);
    for case in cases {
        let before = before.get(&case.original).map(Vec::as_slice).unwrap_or_default();
        let verdict = dss_verdict(case, before, &after[&case.sealed]);
        tally.push(&case.sealed, verdict);
    }
    tally
}

fn dss_verdict(case: &PdfCase, before: &[DssVerdict], after: &[DssVerdict]) -> Result<(), String> {
    let earlier = before.iter().filter(|one| !["NONE", "ERROR"].contains(&&*one.level)).count();
    if after.len() != earlier + case.ours {
        return Err(format!("{earlier} signatures before, then {after:?}"));
    }
    let (theirs, ours) = after.split_at(earlier);
    let intact = |verdicts: &[DssVerdict]| verdicts.iter().filter(|one| one.intact).count();
    if intact(theirs) < intact(&before[..earlier]) {
        return Err(format!("an earlier signature does not hold any more: {theirs:?}"));
    }
    for (number, one) in ours.iter().enumerate() {
        let is_last = number + 1 == ours.len();
        let good = one.level == "PAdES-BASELINE-B" && one.indication == "TOTAL_PASSED";
        // Of the others it tells that a signature was added, and what that shows.
        let is_clean = if is_last { one.odd.is_empty() } else { !one.odd.contains("undefined") };
        if !good || !one.intact || !is_clean {
            return Err(format!("{one:?}"));
        }
    }
    Ok(())
}

/// veraPDF, about those that it accepts before.
fn archives(cases: &[PdfCase]) -> Tally {
    let passes = |files: &[PathBuf]| -> BTreeMap<PathBuf, (bool, String)> {
        let verdicts = verapdf(files).into_iter();
        verdicts
            .map(|it| (it.path, (it.accepted, format!("{:?} {}", it.flavour, it.said))))
            .collect()
    };
    let before = passes(&originals(cases));
    let cases: Vec<&PdfCase> = cases.iter().filter(|case| before[&case.original].0).collect();
    let mut tally = Tally::new("veraPDF", false);
    if cases.is_empty() {
        return tally;
    }
    let files: Vec<PathBuf> = cases.iter().map(|case| case.sealed.clone()).collect();
    for (file, (passed, said)) in passes(&files) {
        tally.push(&file, passed.then_some(()).ok_or(said));
    }
    tally
}
