//! A document at which the process ends, whatever is done with it.

use chancery::domain::ids::ExternalReference;
use chancery::domain::scope::Scope;
use chancery::domain::text::hex;
use chancery::pki::digest::sha256;

use super::request_of;
use super::service::Installation;
use crate::support::shim::{Shim, TRIAL};

/// A document takes the process with it as its key is used: once with its siblings, once alone.
/// The service that comes next has put it aside, seals the others and goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_ends_the_process_is_put_aside() {
    let shim = Shim::new("poison");
    let installation = Installation::over(&shim.module()).await;
    let wish = request_of("poison", 5);
    let service = installation.start("poison").await;
    shim.say(&format!("C_Sign end after 2 unless {}", hex(&sha256(TRIAL))));
    assert!(service.sign(&wish).await.is_err(), "the service ends");
    assert!(!service.ends(&installation).await);
    // It is prepared again as it was, so that this is the document from now on.
    let poison = shim.calls("C_Sign").pop().unwrap();
    shim.say(&format!("C_Sign end over {poison}"));

    // Nobody takes the operation up before the service is known to run.
    let held = installation.hold_writes().await;
    let service = installation.start("poison").await;
    held.rollback().await.unwrap();
    assert!(!service.ends(&installation).await, "the document alone ends it too");

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
    assert_eq!(sealed.len(), 4, "{}", installation.said());
    assert_eq!(aside[0]["signErrorReason"], "put-aside");
    assert_eq!(shim.calls("C_Sign").iter().filter(|digest| **digest == poison).count(), 2);
    let further = service.sign(&request_of("further", 1)).await.unwrap();
    assert_eq!(further["status"], "EXECUTED", "{further}");
    service.kill().await;
}
