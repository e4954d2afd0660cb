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

/// Every rule that a profile can name is explained.
#[test]
fn every_rule_is_in_the_lint_page() {
    let page = read("docs/lint.md");
    for rule in chancery::seal::lint::rules::ALL {
        let row = format!("| `{}` | {} | {} |", rule.name, rule.about, rule.source);
        assert!(page.contains(&row), "docs/lint.md lacks the row\n{row}");
    }
}

/// The page of profiles lists the built-in ones and every setting, and marks those with SHA-1.
#[test]
fn every_profile_and_setting_is_in_the_page_of_profiles() {
    let catalogue = chancery::seal::catalogue::Catalogue::built_in().unwrap();
    let page = read("docs/profiles.md");
    let first_cells = |rows: &str| -> Vec<String> {
        let rows = rows.lines().filter_map(|line| line.strip_prefix("| `"));
        rows.filter_map(|row| Some(row.split_once(" |")?.0.replace('`', ""))).collect()
    };
    let (profiles, settings) = page.split_once("## Saying more").unwrap();
    let mut listed = first_cells(profiles);
    listed.sort();
    let mark = |sha1| if sha1 { "*" } else { "" };
    let mut built_in: Vec<String> =
        catalogue.entries().map(|(name, entry)| format!("{name}{}", mark(entry.sha1))).collect();
    built_in.sort();
    assert_eq!(listed, built_in);

    let everything = catalogue.settings(None, &serde_json::Map::new()).unwrap();
    let everything = serde_json::to_value(everything).unwrap();
    let settings = first_cells(settings).join(", ");
    for name in everything.as_object().unwrap().keys() {
        assert!(settings.split(", ").any(|it| it == name), "docs/profiles.md does not know {name}");
    }
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
