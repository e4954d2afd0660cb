//! Lint over HTTP: what a client service that asks for it gets refused, and that no key is used.

use chancery::domain::client_service::Lint;
use chancery::domain::ids::OperationId;
use serde_json::Value;

use crate::support::client::{document, request, sealed};
use crate::support::judges::{repository, ubl_valid};
use crate::support::service::{Service, Setup, on_shared, run, unique};

fn invoice() -> String {
    let file = repository().join("samples/invoice-signature-place/input.xml");
    std::fs::read_to_string(file).unwrap()
}

fn wrong_date() -> String {
    invoice().replacen("<cbc:IssueDate>", "<cbc:IssueDate>soon ", 1)
}

/// A service with the schemas that the set-up brings.
async fn with_schemas() -> Service {
    let set_up = std::process::Command::new(repository().join("scripts/setup-xsd.sh")).status();
    assert!(set_up.unwrap().success(), "scripts/setup-xsd.sh brings the schemas");
    let mut setup = Setup::new();
    setup.config.lint.schemas = repository().join("xsd/official");
    setup.start().await
}

fn asking(contents: &[&str]) -> Value {
    let mark = unique("lint");
    let documents: Vec<Value> = (0..)
        .zip(contents)
        .map(|(at, content)| document(&format!("{mark}/{at}"), content))
        .collect();
    request(&mark, documents)
}

/// For how many documents of an operation a key was about to be used.
async fn intents(service: &Service, answer: &Value) -> usize {
    let operation = OperationId::from_i64(answer["id"].as_i64().unwrap());
    service.app.reader.intents(operation).await.unwrap().len()
}

#[test]
fn an_invalid_invoice_is_refused_before_a_key_is_used_and_its_sibling_is_sealed() {
    run(async {
        let service = with_schemas().await;
        let client = service.client_linting(Lint::Schema, None).await;
        let (good, bad) = (invoice(), wrong_date());
        let answer = client.sign(&asking(&[&bad])).await.good();
        let refused = &answer["documentList"][0];
        assert_eq!(refused["signErrorReason"], "schema-invalid");
        assert_eq!(refused["signError"], "CONFIGURATION_SIGN_ERROR");
        let detail = refused["signErrorDetail"].as_str().unwrap();
        let line = 1 + bad.split("<cbc:IssueDate>").next().unwrap().matches('\n').count();
        for part in ["/cbc:IssueDate", "UBL-Invoice-2.1.xsd", &format!("(line {line}, column 3)")] {
            assert!(detail.contains(part), "{part}: {detail}");
        }
        assert_eq!(intents(&service, &answer).await, 0, "no key is used without an intent");

        let answer = client.sign(&asking(&[&good, &bad])).await.good();
        assert_eq!(intents(&service, &answer).await, 1);
        assert_eq!(answer["documentList"][1]["signErrorReason"], "schema-invalid");
        assert!(answer["documentList"][0].get("signWarnings").is_none());
        let file = tempfile::Builder::new().suffix(".xml").tempfile().unwrap();
        std::fs::write(file.path(), sealed(&answer, 0)).unwrap();
        assert_eq!(ubl_valid(&[file.path().to_owned()]).len(), 1, "valid, and so it stayed");

        // What no schema is for is sealed and told.
        let answer = client.sign(&asking(&["<order/>"])).await.good();
        let warnings = answer["documentList"][0]["signWarnings"].to_string();
        assert!(warnings.contains("no schema is installed for order"), "{warnings}");
        assert!(!sealed(&answer, 0).is_empty());
        let reference = answer["folderExternalReference"].as_str().unwrap();
        let again = client.by_reference(reference).await.good();
        assert!(again.to_string().contains("no schema is installed for order"), "{again}");
        service.stop().await;
    });
}

#[test]
fn rules_hold_without_schemas_and_schemas_are_missed() {
    on_shared(async |service| {
        let client = service.client_linting(Lint::Basic, Some("ubl")).await;
        let answer = client.sign(&asking(&["<order/>", &wrong_date(), &invoice()])).await.good();
        let refused = &answer["documentList"][0];
        assert_eq!(refused["signErrorReason"], "lint-failed");
        let detail = refused["signErrorDetail"].as_str().unwrap();
        assert!(detail.contains("document-type") && detail.contains("line 1"), "{detail}");
        // Only schemas know what a date is.
        assert_eq!(answer["documentList"][1]["signStatus"], "SIGNED");
        assert_eq!(answer["documentList"][2]["signStatus"], "SIGNED");
        assert_eq!(intents(service, &answer).await, 2);

        let client = service.client_linting(Lint::Schema, None).await;
        let answer = client.sign(&asking(&[&invoice()])).await.good();
        assert_eq!(answer["documentList"][0]["signErrorReason"], "schemas-missing");
        assert_eq!(intents(service, &answer).await, 0);

        let client = service.client_linting(Lint::None, None).await;
        let answer = client.sign(&asking(&[&wrong_date()])).await.good();
        assert_eq!(answer["documentList"][0]["signStatus"], "SIGNED", "nobody asked");
        assert_eq!(answer["documentList"][0].get("signWarnings"), None::<&Value>);
    });
}

/// A profile for documents with this root.
fn orders(root: &str) -> Vec<(&'static str, String)> {
    let roots = format!("[{{ name = '{root}', namespace = '' }}]");
    vec![("orders", format!("title = 'Orders'\nsources = []\nroots = {roots}"))]
}

/// Takes out of stored settings what versions before kept nothing of.
async fn forget_what_lint_needs(database: &str) {
    let pool = sqlx::AnyPool::connect(database).await.unwrap();
    let rows: Vec<(i64, String)> =
        sqlx::query_as("SELECT id, settings FROM document").fetch_all(&pool).await.unwrap();
    for (id, settings) in rows {
        let mut settings: Value = serde_json::from_str(&settings).unwrap();
        settings.as_object_mut().unwrap().remove("expected").unwrap();
        let update = "UPDATE document SET settings = $1 WHERE id = $2";
        sqlx::query(update).bind(settings.to_string()).bind(id).execute(&pool).await.unwrap();
    }
    pool.close().await;
}

/// Accepted while a profile was for `order`, looked at after it became one for `note`. Gives why the
/// two documents were refused, null for a sealed one.
async fn refused_after_a_change(stored_before: bool) -> [Value; 2] {
    let setup = |mut setup: Setup, root| {
        setup.profiles = orders(root);
        setup.config.web.sync_wait_ms = 100;
        setup.config.workflow.lease_ms = 500;
        setup
    };
    let first = setup(Setup::new(), "order").start().await;
    let client = first.client_linting(Lint::Basic, Some("orders")).await;
    // Nothing is executed, as if the process ended here.
    let _busy = first.all_busy().await;
    let answer = client.sign(&asking(&["<order/>", "<note/>"])).await.good();
    assert_eq!(answer["status"], "PENDING_EXECUTION");
    first.app.store.close().await;
    if stored_before {
        forget_what_lint_needs(&first.database).await;
    }

    let later = setup(Setup::same_database(&first), "note").start().await;
    let client = client.at(&later.base).await;
    let reference = answer["folderExternalReference"].as_str().unwrap();
    let finished = client.finished(reference).await;
    let detail = client.detail(&finished["id"], false).await.good();
    let refused = [0, 1].map(|at| detail["documentList"][at]["signErrorReason"].clone());
    later.stop().await;
    refused
}

#[test]
fn a_document_is_looked_at_as_its_profile_was_when_it_was_accepted() {
    run(async {
        let failed = Value::from("lint-failed");
        assert_eq!(refused_after_a_change(false).await, [Value::Null, failed.clone()]);
        // What was accepted before this was kept is looked at as the profile is now.
        assert_eq!(refused_after_a_change(true).await, [failed, Value::Null]);
    });
}
