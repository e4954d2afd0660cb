//! Real files of ../shared/samples (skipped where that folder is not): each opens or is refused for
//! the reason that it has, and other readers read its update.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::support::{assert_updated, hayro_reads, open, qpdf_check, updated};
use chancery_testing::judges::{at_least, corpus_files};

/// Files that are refused, and why; all others open.
const REFUSED: [(&str, &str); 3] = [
    ("dss__EmptyPage-corrupted.pdf", "pdf-truncated"),
    ("pdfbox__PasswordSample-128bit.pdf", "pdf-password-needed"),
    ("pyHanko__minimal-aes256.pdf", "pdf-password-needed"),
];

fn files() -> BTreeMap<String, PathBuf> {
    let paths = ["pdf", "signed-pdf"].into_iter().flat_map(|folder| corpus_files(folder, "pdf"));
    paths.map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), path)).collect()
}

#[test]
fn every_sample_opens_or_says_why_not() {
    let mut refused = 0;
    for (name, path) in files() {
        let bytes = std::fs::read(path).unwrap();
        let expected = REFUSED.iter().find(|(file, _)| *file == name).map(|(_, code)| *code);
        let found = open(&bytes);
        let found = found.err().map(|refusal| refusal.code());
        assert_eq!(found, expected, "{name}");
        refused += usize::from(found.is_some());
    }
    at_least(REFUSED.len(), refused, "files refused");
}

#[test]
fn other_readers_read_every_update() {
    let mut read = 0;
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
        read += 1;
    }
    at_least(35, read, "updates read");
}
