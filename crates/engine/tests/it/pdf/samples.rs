//! Real files of ../shared/samples (skipped where that folder is not): each opens or is refused for
//! the reason that it has, and other readers read its update.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::support::{assert_updated, hayro_reads, open, qpdf_check, updated};
use chancery_testing::judges::corpus;

/// Files that are refused, and why; all others open.
const REFUSED: [(&str, &str); 3] = [
    ("dss__EmptyPage-corrupted.pdf", "pdf-truncated"),
    ("pdfbox__PasswordSample-128bit.pdf", "pdf-password-needed"),
    ("pyHanko__minimal-aes256.pdf", "pdf-password-needed"),
];

fn files() -> BTreeMap<String, PathBuf> {
    let Some(samples) = corpus() else { return BTreeMap::new() };
    let folders = ["pdf", "signed-pdf"].map(|folder| samples.join(folder));
    let entries = folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap());
    let paths = entries.map(|entry| entry.unwrap().path());
    let pdfs = paths.filter(|path| path.extension().is_some_and(|end| end == "pdf"));
    pdfs.map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), path)).collect()
}

#[test]
fn every_sample_opens_or_says_why_not() {
    for (name, path) in files() {
        let bytes = std::fs::read(path).unwrap();
        let expected = REFUSED.iter().find(|(file, _)| *file == name).map(|(_, code)| *code);
        let found = open(&bytes);
        assert_eq!(found.err().map(|refusal| refusal.code()), expected, "{name}");
    }
}

#[test]
fn other_readers_read_every_update() {
    for (name, path) in files() {
        let bytes = std::fs::read(path).unwrap();
        let Ok(after) = updated(&bytes) else { continue };
        assert_updated(&name, &bytes, &after);
        let (before, _) = qpdf_check(&bytes);
        let (code, text) = qpdf_check(&after);
        // what qpdf finds in the original and not in its structure it finds again
        let rank = |code| [0, 3, 2].iter().position(|known| *known == code);
        assert!(rank(code) <= rank(before), "{name}: {text}");
        assert!(hayro_reads(&after).is_ok(), "{name}: {:?}", hayro_reads(&after));
    }
}
