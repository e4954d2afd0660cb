//! The documents say what the code does.

use std::path::Path;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// Every reason that the code can give is explained.
#[test]
fn every_reason_is_in_the_error_page() {
    let source = read("src/domain/refusal.rs");
    let reasons: Vec<&str> =
        source.lines().filter_map(|line| line.split_once("=> \"")?.1.strip_suffix("\",")).collect();
    assert!(reasons.len() > 40, "only {} reasons found", reasons.len());
    let page = read("docs/errors.md");
    let missing: Vec<&str> =
        reasons.into_iter().filter(|reason| !page.contains(&format!("`{reason}`"))).collect();
    assert!(missing.is_empty(), "docs/errors.md does not explain {missing:?}");
}

/// The OpenAPI document in the repository is the one that the service serves.
#[test]
fn the_openapi_document_is_the_served_one() {
    let served = chancery::web::openapi_document();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/openapi.json");
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(&path, format!("{served}\n")).unwrap();
    }
    assert!(
        read("docs/openapi.json").trim_end() == served,
        "docs/openapi.json is stale; UPDATE_OPENAPI=1 make test ARGS=openapi writes it"
    );
}
