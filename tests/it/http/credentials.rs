//! Client services whose credential cannot seal: refused before anything is recorded.

use chancery::domain::client_service::{ClientServiceStatus, DocumentReferences};
use chancery::domain::company::CompanyStatus;
use chancery::workflow::client_services::{assign, set_status};
use chancery::workflow::companies;
use serde_json::Value;

use crate::support::authority::AUTHORITY;
use crate::support::client::{Client, small};
use crate::support::service::{Service, Setup, Wish, on_shared, run, unique};

/// A request is refused with these words and leaves nothing behind.
async fn assert_refused(
    client: &Client,
    status: u16,
    code: &str,
    reason: &str,
    word: &str,
) -> Value {
    let request = small(&unique("refused"));
    let reference = request["externalReference"].as_str().unwrap();
    let body = client.sign(&request).await.error(status, code, reason);
    assert!(body["causeMessage"].as_str().unwrap().contains(word), "{body}");
    assert_eq!(body["retryable"], false);
    client.by_reference(reference).await.error(404, "2.1.0", "operation-not-found");
    client.id_of_document(reference).await.error(404, "2.1.0", "operation-not-found");
    request
}

/// After a good credential was assigned, the same request is accepted.
async fn assert_mended(service: &Service, client: &Client, request: &Value) {
    let good = service.credential(&AUTHORITY.p256).await;
    assign(&service.app, &client.alias, good).await.unwrap();
    // the client service is remembered for a moment
    let started = std::time::Instant::now();
    loop {
        let answer = client.sign(request).await;
        if answer.status == 200 {
            assert_eq!(answer.json()["status"], "EXECUTED");
            return;
        }
        assert!(started.elapsed() < crate::support::client::PATIENCE, "{}", answer.text());
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[test]
fn a_certificate_out_of_its_validity_seals_nothing() {
    on_shared(async |service| {
        let expired = AUTHORITY.expired.signing().not_after().to_xs_date_time();
        let future = AUTHORITY.not_yet_valid.signing().not_before().to_xs_date_time();
        for (chain, reason, date) in [
            (&AUTHORITY.expired, "certificate-expired", expired),
            (&AUTHORITY.not_yet_valid, "certificate-not-yet-valid", future),
        ] {
            let client = service.client_with(chain).await;
            let request = assert_refused(&client, 409, "2.0.2", reason, &date).await;
            assert_mended(service, &client, &request).await;
        }
    });
}

#[test]
fn a_client_service_without_credential_seals_nothing() {
    on_shared(async |service| {
        let wish = Wish { chain: None, references: DocumentReferences::Unique };
        let client = service.client_of(wish).await;
        let request = assert_refused(&client, 409, "2.0.1", "no-credential", "assign").await;
        assert_mended(service, &client, &request).await;
    });
}

#[test]
fn a_suspended_client_service_seals_nothing() {
    on_shared(async |service| {
        let client = service.client().await;
        set_status(&service.app, &client.alias, ClientServiceStatus::Suspended).await.unwrap();
        assert_eq!(client.status(&1.into()).await.status, 403, "nothing was remembered yet");
        let request = small(&unique("suspended"));
        let body = client.sign(&request).await.error(403, "1.1.1", "client-service-suspended");
        assert!(body["causeMessage"].as_str().unwrap().contains("activate"), "{body}");
    });
}

/// A company is suspended with all its client services, in a service of its own: companies are shared.
#[test]
fn a_suspended_company_seals_nothing() {
    run(async {
        let service = Setup::new().start().await;
        let client = service.client().await;
        let set = async |status| {
            companies::set_status(&service.app, "PRT", "505767457", status).await.unwrap();
        };
        set(CompanyStatus::Suspended).await;
        let request = small(&unique("suspended"));
        let body = client.sign(&request).await.error(403, "1.2.0", "issuer-suspended");
        assert!(body["causeMessage"].as_str().unwrap().contains("activate"), "{body}");
        set(CompanyStatus::Active).await;
        assert_mended(&service, &client, &request).await;
        service.stop().await;
    });
}
