//! Operations that are stopped in the midst of their work.

use chancery::app::Share;
use chancery::domain::client_service::ClientServiceStatus;
use chancery::domain::company::CompanyStatus;
use chancery::domain::ids::{ClientServiceId, OperationId};
use chancery::workflow::{client_services, companies, execute};
use serde_json::Value;

use crate::support::client::{Client, PATIENCE, document, request};
use crate::support::service::{Service, Setup, run, unique};

/// A service that seals documents one by one.
async fn one_by_one() -> (Service, Client) {
    let mut setup = Setup::new();
    setup.config.workflow.chunk_documents = 1;
    let service = setup.start().await;
    let client = service.client().await;
    (service, client)
}

/// An operation of two documents that hangs before its first seal, until the core is given back.
async fn hanging(service: &Service, client: &Client) -> (Value, Vec<Share<ClientServiceId>>) {
    let core = service.engine_busy().await;
    let turns = service.app.executors.free();
    let reference = unique("hanging");
    let documents = [1, 2].map(|number| document(&format!("{reference}/{number}"), "<a/>"));
    let wish = request(&reference, documents);
    let answer = client.sign_without_waiting(&wish).await.json();
    // Its first document waits for the core.
    tokio::time::timeout(PATIENCE, async {
        while service.app.executors.free() == turns {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
    (answer, core)
}

#[test]
fn an_operation_is_ended_by_hand() {
    run(async {
        let (service, client) = one_by_one().await;
        let (operation, core) = hanging(&service, &client).await;
        let id = OperationId::from_i64(operation["id"].as_i64().unwrap());
        assert_eq!(execute::end(&service.app, id).await.unwrap(), Some(2));
        let ended = client.detail(&operation["id"], false).await.good();
        assert_eq!(ended["status"], "EXECUTION_FAILED");
        assert_eq!(ended["documentList"][0]["signErrorReason"], "ended-by-operator");
        // Whoever was at work writes nothing more.
        drop(core);
        tokio::time::timeout(PATIENCE, async {
            while service.app.running.count() > 0 {
                tokio::task::yield_now().await;
            }
        })
        .await
        .unwrap();
        assert_eq!(client.detail(&operation["id"], false).await.good(), ended);
        assert_eq!(execute::end(&service.app, id).await.unwrap(), None, "it was finished already");
        service.stop().await;
    });
}

/// A document with which the engine does not come to an end keeps neither its client waiting nor its
/// siblings.
#[test]
fn a_document_that_takes_too_long_fails() {
    run(async {
        let mut setup = Setup::new();
        setup.config.workflow.stuck_ms = 1;
        setup.config.workflow.retry_ladder_ms = vec![10];
        let service = setup.start().await;
        let client = service.client().await;
        let reference = unique("slow");
        let slow = format!("<a>{}</a>", "<b>1</b>".repeat(100_000));
        let answer = client.sign(&request(&reference, [document(&reference, slow)])).await.good();
        assert!(
            ["PENDING_EXECUTION", "EXECUTION_FAILED"].contains(&answer["status"].as_str().unwrap())
        );
        let ended = client.finished(&reference).await;
        assert_eq!(ended["documentList"][0]["signErrorReason"], "document-too-slow", "{ended}");
        service.stop().await;
    });
}

#[test]
fn a_suspension_ends_operations_in_work() {
    run(async {
        let (service, client) = one_by_one().await;
        let app = &service.app;
        for (company, reason) in [(false, "client-service-suspended"), (true, "issuer-suspended")] {
            let suspend = async |away: bool| {
                if company {
                    let status =
                        if away { CompanyStatus::Suspended } else { CompanyStatus::Active };
                    companies::set_status(app, "PRT", "505767457", status).await.unwrap();
                } else {
                    let status = if away {
                        ClientServiceStatus::Suspended
                    } else {
                        ClientServiceStatus::Active
                    };
                    client_services::set_status(app, &client.alias, status).await.unwrap();
                }
            };
            let (operation, core) = hanging(&service, &client).await;
            suspend(true).await;
            drop(core);
            let id = OperationId::from_i64(operation["id"].as_i64().unwrap());
            let patience = chancery::workflow::operations::wait(app, id, PATIENCE);
            patience.await.unwrap();
            suspend(false).await;
            let ended = client.detail(&operation["id"], false).await.good();
            assert_eq!(ended["documentList"][1]["signErrorReason"], reason, "{ended}");
        }
        service.stop().await;
    });
}
