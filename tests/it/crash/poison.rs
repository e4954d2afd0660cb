//! A document at which the process ends, whatever is done with it.

use chancery::domain::ids::ExternalReference;
use chancery::domain::scope::Scope;

use super::request_of;
use super::service::{Installation, Kill};

/// A document takes the process with it as its key is used: once with its siblings, once alone.
/// The service that comes next has put it aside, seals the others and goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_ends_the_process_is_put_aside() {
    let installation = Installation::new().await;
    let wish = request_of("poison", 5);
    let kill = Kill::AtTokenCall(7);
    let service = installation.start("poison").await;
    let executioner = service.attach(&kill).await;
    assert!(service.sign(&wish).await.is_err(), "the service ends");
    assert!(!service.ends(&installation).await);
    drop(executioner);

    // Nobody takes the operation up before strace is there.
    let held = installation.hold_writes().await;
    let service = installation.start("poison").await;
    let executioner = service.attach(&kill).await;
    held.rollback().await.unwrap();
    assert!(!service.ends(&installation).await, "the document alone ends it too");
    drop(executioner);

    let service = installation.start("poison").await;
    let store = installation.store().await;
    let reference = ExternalReference::parse("poison").unwrap();
    let found = store.reader().operation_by_reference(Scope::Installation, &reference).await;
    store.close().await;
    service.finishes(found.unwrap().unwrap().as_i64()).await;
    let answer = service.sign(&wish).await.unwrap();
    let documents = answer["documentList"].as_array().unwrap();
    let (sealed, aside): (Vec<_>, Vec<_>) =
        documents.iter().partition(|document| document["signStatus"] == "SIGNED");
    assert_eq!(sealed.len(), 4, "{answer}");
    assert_eq!(aside[0]["signErrorReason"], "put-aside");
    let further = service.sign(&request_of("further", 1)).await.unwrap();
    assert_eq!(further["status"], "EXECUTED", "{further}");
    service.kill().await;
}
