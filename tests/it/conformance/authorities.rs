//! The national judges before the authorities' own documents.

use std::fs;
use std::path::PathBuf;

use crate::support::judges::{corpus, recompute_myinvois, recompute_zatca, ubl_tr_rules};

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
