//! The documents say what the code does.

use std::path::Path;

use chancery::domain::delivery::DeliveryStatus;
use chancery::domain::document::SigningError;
use chancery::domain::operation::OperationState;
use chancery_testing::python::python;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// Every reason that the code can give is explained.
#[test]
fn every_reason_is_in_the_error_page() {
    let files = ["mod.rs", "pdf.rs", "cms.rs"];
    let source =
        files.map(|file| read(&format!("crates/engine/src/domain/refusal/{file}"))).concat();
    let reasons: Vec<&str> =
        source.lines().filter_map(|line| line.split_once("=> \"")?.1.strip_suffix("\",")).collect();
    assert!(reasons.len() > 40, "only {} reasons found", reasons.len());
    let page = read("docs/errors.md");
    let missing: Vec<&str> =
        reasons.into_iter().filter(|reason| !page.contains(&format!("`{reason}`"))).collect();
    assert!(missing.is_empty(), "docs/errors.md does not explain {missing:?}");
}

/// Every error of the page has one that people read, and those have no other.
#[test]
fn every_error_is_explained_to_people() {
    use chancery::domain::error_topic::ErrorTopic;
    let page = read("docs/errors.md");
    let mut written = Vec::new();
    for row in page.lines().filter(|line| line.starts_with("| ") && line.contains('`')) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let is_of_requests = cells[1].starts_with(|c: char| c.is_ascii_digit());
        let names = cells[if is_of_requests { 3 } else { 2 }];
        written.extend(names.split('`').skip(1).step_by(2));
    }
    assert!(written.len() > 150, "only {} errors found", written.len());
    // Of documents that wait.
    written.extend(["in-work", "postponed"]);
    let silent: Vec<&&str> =
        written.iter().filter(|reason| ErrorTopic::of(reason).is_none()).collect();
    assert!(silent.is_empty(), "people are told nothing of {silent:?}");
    let all: Vec<&str> =
        ErrorTopic::ALL.iter().flat_map(|topic| topic.reasons()).copied().collect();
    let unwritten: Vec<&&str> = all.iter().filter(|reason| !written.contains(reason)).collect();
    assert!(unwritten.is_empty(), "docs/errors.md does not have {unwritten:?}");
    let once: std::collections::BTreeSet<&str> = all.iter().copied().collect();
    assert_eq!(once.len(), all.len(), "an error has one topic");
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

/// Every name that a template can use is explained.
#[test]
fn every_variable_is_in_the_page_of_templates() {
    use chancery::letters::{VARIABLES, ValueKind};
    let page = read("docs/templates.md");
    for variable in VARIABLES {
        let kind = match variable.kind {
            ValueKind::Text => "text",
            ValueKind::YesNo => "yes or no",
            ValueKind::List => "list",
        };
        let row = format!("| `{}` | {kind} | {} |", variable.name, variable.meaning);
        assert!(page.contains(&row), "docs/templates.md lacks the row\n{row}");
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

/// Every part of a path that is left open is a parameter, every other parameter goes elsewhere, and
/// calls behind the access token say what they answer when it is not enough.
#[test]
fn the_published_calls_are_whole() {
    let document: serde_json::Value =
        serde_json::from_str(&chancery::web::openapi_document()).unwrap();
    let mut calls = 0;
    let mut seen = std::collections::BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let mut open: Vec<&str> =
            path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        open.sort_unstable();
        for (method, call) in item.as_object().unwrap() {
            calls += 1;
            let parameters = call["parameters"].as_array().cloned().unwrap_or_default();
            let mut named: Vec<&str> = parameters
                .iter()
                .filter(|parameter| parameter["in"] == "path")
                .map(|parameter| parameter["name"].as_str().unwrap())
                .collect();
            named.sort_unstable();
            assert_eq!(named, open, "{method} {path}");
            assert!(
                seen.insert(call["operationId"].to_string()),
                "{method} {path}: its id is another's"
            );
            for (status, answer) in call["responses"].as_object().unwrap() {
                let about = answer["description"].as_str().unwrap_or_default();
                assert!(!about.is_empty(), "{method} {path}: {status} has no description");
                assert!(answer["headers"]["X-Request-Id"].is_object(), "{method} {path}: {status}");
            }
            for parameter in parameters.iter().filter(|parameter| parameter["in"] == "query") {
                assert_eq!(parameter["required"], false, "{method} {path}: {parameter}");
            }
            if call["security"].as_array().is_none_or(Vec::is_empty) {
                continue;
            }
            for status in ["401", "403", "503"] {
                let (media_type, schema) = if path.starts_with("/api/v1/") {
                    ("application/problem+json", "ProblemDetails")
                } else {
                    ("application/json", "ErrorResponse")
                };
                let told = &call["responses"][status]["content"][media_type]["schema"]["$ref"];
                let expected = format!("#/components/schemas/{schema}");
                assert_eq!(told, &expected, "{method} {path}: {status}");
            }
        }
    }
    assert!(calls >= 20, "{calls}");
}

/// A client made from the published schema sends the defaults that it names, which would undo the
/// profile: no setting may have one, and each can be left out.
#[test]
fn the_published_settings_are_overrides() {
    let document: serde_json::Value =
        serde_json::from_str(&chancery::web::openapi_document()).unwrap();
    let schemas = &document["components"]["schemas"];
    let infos = ["XadesSignatureInfo", "PadesSignatureInfo", "CadesSignatureInfo"];
    let mut ahead: Vec<serde_json::Value> = infos
        .map(|info| schemas[info]["properties"]["advancedSignatureInfo"].clone())
        .into_iter()
        .collect();
    let mut seen = std::collections::BTreeSet::new();
    while let Some(value) = ahead.pop() {
        if let Some(name) = value["$ref"].as_str().and_then(|it| it.rsplit('/').next())
            && seen.insert(name.to_owned())
        {
            ahead.push(schemas[name].clone());
        }
        assert!(value.get("default").is_none(), "a default: {value}");
        let about = value["description"].as_str().unwrap_or_default();
        assert!(!about.contains("[`"), "a link of the source: {about}");
        match value {
            serde_json::Value::Object(members) => ahead.extend(members.into_values()),
            serde_json::Value::Array(items) => ahead.extend(items),
            _ => {}
        }
    }
    assert!(seen.len() > 20, "{seen:?}");
    let settings = &schemas["XadesProfile"];
    assert!(settings.get("required").is_none() && schemas["HashValue"].get("required").is_none());
    for (name, member) in settings["properties"].as_object().unwrap() {
        assert!(member.to_string().contains("\"null\""), "{name} cannot be null: {member}");
    }
    assert!(settings["properties"].get("mimeType").is_none());
    assert_eq!(schemas["Base64Lines"]["enum"], serde_json::json!([0, 64, 76]));
    assert_eq!(schemas["WrittenObject"]["properties"]["index"]["minimum"], 1);
    for (name, values) in
        [("Canonicalization", 6), ("DigestAlgorithm", 4), ("SignatureAlgorithm", 10)]
    {
        assert_eq!(schemas[name]["enum"].as_array().unwrap().len(), values, "{name}");
    }
    assert!(schemas["NameStyle"]["properties"]["keywords"].is_object());
    let transforms = schemas["Transform"].to_string();
    assert!(transforms.contains("\"inclusivePrefixes\""), "{transforms}");
}

/// The manual page in `deploy/` is the one that the program prints.
#[test]
fn the_manual_page_is_the_printed_one() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_chancery"))
        .arg("manual")
        .env("COLUMNS", "60")
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(printed.contains(".SS chancery client\\-service create"), "{printed}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/chancery.1");
    if std::env::var_os("UPDATE_MANUAL").is_some() {
        std::fs::write(&path, &printed).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == printed,
        "stale; UPDATE_MANUAL=1 make test ARGS=manual writes deploy/chancery.1"
    );
}

/// The walk of a sign request names files that exist, each with its room.
#[test]
fn the_walk_leads_through_files_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/architecture.md")).unwrap();
    let (_, walk) = page.split_once("## The walk of a sign request").unwrap();
    let (walk, _) = walk.split_once("\n## ").unwrap();
    let is_file = |part: &&str| Path::new(part).extension().is_some_and(|end| end == "rs");
    let named: Vec<&str> = walk.split('`').filter(is_file).collect();
    assert!(named.len() > 30, "{named:?}");
    for file in named {
        let there = ["src", "crates/engine/src"].map(|folder| root.join(folder).join(file));
        assert!(there.iter().any(|path| path.is_file()), "{file} does not exist");
    }
}

/// The document is one, and says all that a client needs to seal.
#[test]
fn the_openapi_document_is_valid_and_sufficient() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/openapi.json");
    let judged = python("validate_openapi.py").arg(&path).output();
    let said = String::from_utf8_lossy(&judged.stderr);
    assert!(judged.status.success(), "{said}{}", String::from_utf8_lossy(&judged.stdout));

    let document: serde_json::Value = serde_json::from_str(&read("docs/openapi.json")).unwrap();
    let schemas = &document["components"]["schemas"];
    let required = |name: &str| {
        let mut names: Vec<&str> = schemas[name]["required"]
            .as_array()
            .unwrap_or_else(|| panic!("{name} requires nothing"))
            .iter()
            .map(|name| name.as_str().unwrap())
            .collect();
        names.sort_unstable();
        names.join(" ")
    };
    for (name, members) in [
        ("SignRequest", "description documents externalReference"),
        ("SignDocument", "documentRequest signatureInfo"),
        ("DocumentRequest", "contentType externalReference name"),
        ("XadesSignatureInfo", "signatureType"),
        ("VisibleSignatureInfo", "locationType locationValue"),
        ("PreservationInfo", "preserveContent"),
        ("PersonReceiver", "email"),
    ] {
        assert_eq!(required(name), members, "{name}");
    }
    assert!(schemas["DocumentRequest"]["properties"]["base64Content"].is_object());
    assert_eq!(schemas["SignatureInfo"]["discriminator"]["propertyName"], "signatureType");
    for (name, count) in [
        ("OperationStatus", 4),
        ("SigningStatus", 3),
        ("SigningError", 8),
        ("StorageStatus", 4),
        ("DeliveryStatus", 5),
        ("DocumentAttributeKey", 15),
    ] {
        assert_eq!(schemas[name]["enum"].as_array().map(Vec::len), Some(count), "{name}");
    }
    let told = document["webhooks"].as_object().unwrap();
    assert_eq!(told.len(), chancery::domain::webhook::EventKind::ALL.len());
    assert!(document["servers"].as_array().unwrap().len() >= 2);
    let form = &document["paths"]["/api/v0/document/sign"]["post"]["requestBody"]["content"];
    assert!(form["multipart/form-data"].is_object());
    let zip = "/api/v0/operation/sign/detail/{id}/documents";
    let zip = &document["paths"][zip]["get"]["responses"]["200"]["content"];
    assert!(zip["application/zip"].is_object());
}

/// Every state that an answer can have is one of those that are published.
#[test]
fn the_published_words_are_those_of_answers() {
    let document: serde_json::Value = serde_json::from_str(&read("docs/openapi.json")).unwrap();
    let published = |name: &str, word: &str| {
        let words = document["components"]["schemas"][name]["enum"].as_array().unwrap();
        assert!(words.iter().any(|one| one == word), "{name} has no {word}");
    };
    for state in ["PENDING_EXECUTION", "EXECUTION_ERROR", "EXECUTED", "EXECUTION_FAILED"] {
        assert_eq!(OperationState::parse(state).map(OperationState::as_str), Some(state));
        published("OperationStatus", state);
    }
    for error in [
        SigningError::Configuration,
        SigningError::InvalidCertificate,
        SigningError::CertificateServiceGlobal,
        SigningError::Internal,
    ] {
        published("SigningError", error.as_str());
    }
    for status in ["PENDING", "SENT", "RECEIVED", "SENDING_ERROR", "SENDING_FAILED"] {
        assert!(DeliveryStatus::parse(status).is_some());
        published("DeliveryStatus", status);
    }
}
