//! The lists of the European Union as they were published, in the test files of EU DSS, with what DSS made of them that
//! must not be used.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use chancery_engine::domain::instant::Instant;
use chancery_engine::pki::certificate_file::certificates;
use chancery_engine::seal::Limits;
use chancery_engine::verify::trusted_list::{GatheredLists, ListFile, ListUse, gather};
use chancery_testing::judges::repository;

use super::report;

/// Who signed the list of the lists in 2019, and its pivots until 2021.
const SIGNER: &[u8] = include_bytes!("../../data/trusted_lists/lotl-signer-2019.pem");

fn lists() -> Vec<ListFile> {
    let folder = repository().join(".tools/judges/samples/dss-tsl-validation/lotlCache");
    let entries = std::fs::read_dir(&folder).expect("scripts/setup-judges.sh fetches them");
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> =
        paths.filter(|it| it.extension().is_some_and(|it| it == "xml")).collect();
    paths.sort();
    let read = |path: &std::path::PathBuf| ListFile {
        name: path.file_name().unwrap().to_string_lossy().into_owned(),
        octets: std::fs::read(path).unwrap(),
    };
    paths.iter().map(read).collect()
}

fn at(text: &str) -> Instant {
    Instant::parse_rfc3339(text).unwrap()
}

fn by_use(lists: &GatheredLists) -> BTreeMap<&'static str, usize> {
    let mut counted = BTreeMap::new();
    for standing in &lists.standings {
        let word = match standing.used {
            ListUse::Used => "used",
            ListUse::Expired => "expired",
            ListUse::Superseded => "superseded",
            ListUse::Refused => "refused",
        };
        *counted.entry(word).or_default() += 1;
    }
    counted
}

#[test]
#[ignore = "needs the test files of EU DSS: make conformance"]
fn conformance_of_trusted_lists() {
    let signers = certificates(SIGNER).unwrap();
    let all = lists();
    // autumn of 2019: the list of the lists of then, and those of the states
    let gathered = gather(&all, &signers, at("2019-10-01T00:00:00Z"), &Limits::default());
    let mut text = report::head(&["List", "Sequence", "Used"], &["Reason"]);
    for standing in &gathered.standings {
        let sequence = standing.sequence.map(|it| it.to_string()).unwrap_or_default();
        let reason = standing.reason.clone().unwrap_or_default();
        let _ =
            writeln!(text, "| {} | {sequence} | {:?} | {reason} |", standing.file, standing.used);
    }
    let _ = writeln!(text, "\n{:?}", by_use(&gathered));
    report::write("Trusted lists of 2019", &text);
    let used = |file: &str| {
        let standing = gathered.standings.iter().find(|standing| standing.file == file);
        standing.unwrap_or_else(|| panic!("{file}")).used
    };
    assert_eq!(used("EU.xml"), ListUse::Used);
    // signed by a key of RSA with 2032 bits
    let norway = gathered.standings.iter().find(|standing| standing.file == "NO.xml").unwrap();
    assert_eq!(norway.used, ListUse::Refused, "{norway:?}");
    assert!(norway.reason.as_ref().unwrap().contains("RSA key has 2032 bits"), "{norway:?}");
    for bad in ["broken-sig", "no-sig", "not-parsable", "empty", "two-sigs", "not-conform"] {
        let marked = gathered.standings.iter().filter(|standing| standing.file.contains(bad));
        for standing in marked {
            let unused = matches!(standing.used, ListUse::Refused | ListUse::Superseded);
            assert!(unused, "{standing:?}");
        }
    }
    let national =
        gathered.standings.iter().filter(|it| it.file.len() == 6 && it.used == ListUse::Used);
    assert!(national.count() >= 25, "{text}");
    // summer of 2024: the newest pivot is signed by a key that three pivots lead to
    let pivots: Vec<ListFile> =
        all.into_iter().filter(|it| it.name.starts_with("eu-lotl-pivot-")).collect();
    let gathered = gather(&pivots, &signers, at("2024-06-10T00:00:00Z"), &Limits::default());
    let newest = gathered.standings.iter().find(|it| it.sequence == Some(341)).unwrap();
    assert_eq!(newest.used, ListUse::Used, "{newest:?}");
    assert!(gathered.locations.len() >= 30, "{:?}", gathered.locations);
    let without: Vec<ListFile> = pivots.into_iter().filter(|it| !it.name.contains("335")).collect();
    let gathered = gather(&without, &signers, at("2024-06-10T00:00:00Z"), &Limits::default());
    assert!(
        gathered.standings.iter().all(|it| it.sequence != Some(341) || it.used == ListUse::Refused)
    );
}
