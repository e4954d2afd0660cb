//! `target/conformance/report.md`: a table for each test that asks judges.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::sync::Mutex;

use super::court::Tally;
use chancery_testing::judges::repository;

/// What the tests of this run wrote, by title.
static SECTIONS: Mutex<BTreeMap<&'static str, String>> = Mutex::new(BTreeMap::new());

/// Prints a section and writes the report with all sections of this run.
pub(super) fn write(title: &'static str, text: &str) {
    println!("{title}\n\n{text}");
    let mut sections = SECTIONS.lock().unwrap();
    sections.insert(title, text.to_owned());
    let mut whole = String::from("Accepted of asked; - for not asked.\n");
    for (title, text) in &*sections {
        let _ = write!(whole, "\n# {title}\n\n{text}");
    }
    let folder = repository().join("target/conformance");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("report.md"), whole).unwrap();
}

/// The first lines of a table.
pub(super) fn head(names: &[&str], judges: &[&str]) -> String {
    let columns = [names, judges].concat();
    format!("| {} |\n|{}\n", columns.join(" | "), "---|".repeat(columns.len()))
}

/// A line of it.
pub(super) fn row(names: &[&str], judges: &[&str], tallies: &[Tally]) -> String {
    let cells = judges.iter().map(|judge| match tallies.iter().find(|it| it.judge == *judge) {
        Some(tally) if tally.total() > 0 => format!("{}/{}", tally.accepted(), tally.total()),
        _ => "-".to_owned(),
    });
    let cells: Vec<String> = names.iter().map(|it| (*it).to_owned()).chain(cells).collect();
    format!("| {} |\n", cells.join(" | "))
}
