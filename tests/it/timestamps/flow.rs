//! Documents whose authorities are away: they wait or fail, and are never released with less.

use chancery::domain::client_service::Timestamps;
use chancery_testing::tsa_server::{TsaReply, TsaServer};
use serde_json::Value;
use sqlx::Row as _;

use super::{authority, client, judged, set, setup, stamped, with};
use crate::support::client::{Client, HTTP, PATIENCE, document, request, sealed, small};
use crate::support::service::{Service, run, unique};
use chancery::domain::client_service::{AuthorityOrder, Change, SealSettingsChange};
use chancery::workflow::client_services;

async fn readyz(service: &Service) -> Value {
    let answer = HTTP.get(format!("{}/readyz", service.base)).send().await.unwrap();
    assert_eq!(answer.status(), 200, "sealing at level B goes on");
    answer.json().await.unwrap()
}

/// How many intents an operation has, and how many digests they are.
async fn intents(service: &Service, operation: &Value) -> (usize, Vec<Vec<u8>>) {
    let pool = sqlx::AnyPool::connect(&service.database).await.unwrap();
    let sql = "SELECT digest FROM intent JOIN document ON document.id = intent.document_id
               WHERE document.operation_id = $1 ORDER BY document.id";
    let rows = sqlx::query(sql).bind(operation.as_i64().unwrap()).fetch_all(&pool).await.unwrap();
    pool.close().await;
    let digests: Vec<Vec<u8>> = rows.iter().map(|row| row.get(0)).collect();
    (rows.len(), digests)
}

/// The first document at level B, the others at level T.
fn mixed(reference: &str, documents: usize) -> Value {
    let documents: Vec<Value> = (0..documents)
        .map(|at| document(&format!("{reference}/{at}"), format!("<a><b>{at}</b></a>")))
        .collect();
    let mut wish = stamped(request(reference, documents));
    wish["documents"][0]["signatureInfo"]["applyTimestamp"] = Value::Bool(false);
    wish
}

/// Waits until the operation is sealed, and gives its answer with the documents.
async fn sealed_in_the_end(client: &Client, wish: &Value) -> Value {
    client.finished(wish["externalReference"].as_str().unwrap()).await;
    let answer = client.sign(wish).await.good();
    assert_eq!(answer["status"], "EXECUTED", "{answer}");
    answer
}

#[test]
fn what_waits_for_a_timestamp_goes_on_when_it_can_be_had() {
    run(async {
        let server = TsaServer::start();
        let mut setup = with(&server);
        setup.config.workflow.retry_ladder_ms = vec![100];
        let service = setup.start().await;
        let client = client(&service, Timestamps::Wait).await;
        server.goes_away();
        let wish = mixed(&unique("waits"), 4);
        let answer = client.sign(&wish).await.good();
        let list = &answer["documentList"];
        assert_eq!(answer["status"], "EXECUTION_ERROR", "{answer}");
        assert_eq!(list[0]["signatureLevel"], "XAdES-BASELINE-B", "{answer}");
        for at in 1..4 {
            assert_eq!(list[at]["signStatus"], "RECEIVED", "{answer}");
            assert_eq!(list[at]["signErrorReason"], "postponed", "{answer}");
            assert_eq!(list[at]["signError"], "TIMESTAMP_SIGN_ERROR", "{answer}");
            let detail = list[at]["signErrorDetail"].as_str().unwrap();
            assert!(detail.starts_with("no time-stamp authority gave a timestamp"), "{answer}");
            assert!(list[at].get("signedContent").is_none(), "{answer}");
        }
        let (count, before) = intents(&service, &answer["id"]).await;
        assert_eq!(count, 4);
        let ready = readyz(&service).await;
        assert_eq!(ready["status"], "degraded", "{ready}");
        assert_eq!(ready["timestampAuthorities"][0]["name"], "first", "{ready}");
        assert_eq!(ready["timestampAuthorities"][0]["state"], "failing", "{ready}");
        assert!(ready["timestampAuthorities"][0]["failingSeconds"].is_u64(), "{ready}");

        // However its client service is set meanwhile, it is not released with less.
        set(&service, &client, Timestamps::Omit).await;
        let asked = server.seen().len();
        let again = tokio::time::timeout(PATIENCE, async {
            while server.seen().len() < asked + 3 {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        });
        again.await.unwrap();
        let still = client.by_reference(wish["externalReference"].as_str().unwrap()).await.good();
        assert_eq!(still["status"], "EXECUTION_ERROR", "{still}");

        server.comes_back();
        let answer = sealed_in_the_end(&client, &wish).await;
        for at in 1..4 {
            assert_eq!(
                answer["documentList"][at]["signatureLevel"], "XAdES-BASELINE-T",
                "{answer}"
            );
            judged(&sealed(&answer, at));
        }
        // What the key was asked for is what it was asked for before.
        assert_eq!(intents(&service, &answer["id"]).await, (4, before));
        service.stop().await;
    });
}

#[test]
fn what_does_not_wait_fails_alone_and_uses_no_key_while_everybody_rests() {
    run(async {
        let server = TsaServer::start();
        let authorities = [("first", authority(&server.url(), ""))];
        let service = setup(600_000, &authorities).start().await;
        let client = client(&service, Timestamps::Fail).await;
        server.goes_away();
        for (round, intents_there) in [(0, 3), (1, 1)] {
            let answer = client.sign(&mixed(&unique("fails"), 3)).await.good();
            let list = &answer["documentList"];
            assert_eq!(answer["status"], "EXECUTED", "{answer}");
            assert_eq!(list[0]["signatureLevel"], "XAdES-BASELINE-B", "{answer}");
            for at in 1..3 {
                assert_eq!(list[at]["signStatus"], "ERROR_SIGNING", "{answer}");
                assert_eq!(list[at]["signError"], "TIMESTAMP_SIGN_ERROR", "{answer}");
                assert_eq!(list[at]["signErrorReason"], "timestamp-unavailable", "{answer}");
                let detail = list[at]["signErrorDetail"].as_str().unwrap();
                assert!(!detail.contains("503") && !detail.contains("127.0.0.1"), "{detail}");
            }
            let there = intents(&service, &answer["id"]).await.0;
            assert_eq!(there, intents_there, "round {round}");
        }
        // Both were on their way together; afterwards it rests.
        assert!(server.seen().len() <= 2, "{}", server.seen().len());
        service.stop().await;
    });
}

/// Tokens of a chunk are asked for at once: an authority that answers nobody before it was asked for all of them
/// answers all.
#[test]
fn tokens_of_a_chunk_are_asked_for_at_once() {
    run(async {
        let server = TsaServer::start();
        let gate = std::sync::Arc::new(std::sync::Barrier::new(6));
        let service = with(&server).start().await;
        let client = client(&service, Timestamps::Wait).await;
        server.answers(move |query| {
            gate.wait();
            TsaReply::good(query)
        });
        let answer = client.sign(&mixed(&unique("chunk"), 7)).await.good();
        for at in 1..7 {
            judged(&sealed(&answer, at));
        }
        assert_eq!(server.seen().len(), 6);
        service.stop().await;
    });
}

/// A PDF keeps the room free that was there when it was accepted; a token that is larger is none for it.
#[test]
fn a_token_that_does_not_fit_into_a_pdf_leaves_it_waiting() {
    run(async {
        let server = TsaServer::start();
        let mut setup = with(&server);
        setup.config.timestamp.room_bytes = 1024;
        let service = setup.start().await;
        let client = client(&service, Timestamps::Wait).await;
        let pdf = std::fs::read("samples/pdf/invoice.pdf").unwrap();
        let mut wish = stamped(small(&unique("small")));
        let file = document(&unique("small"), pdf);
        wish["documents"][0]["documentRequest"] = file["documentRequest"].clone();
        wish["documents"][0]["documentRequest"]["contentType"] = "application/pdf".into();
        wish["documents"][0]["signatureInfo"]["signatureType"] = "PAdES".into();
        let answer = client.sign(&wish).await.good();
        assert_eq!(answer["documentList"][0]["signStatus"], "RECEIVED", "{answer}");
        // It is no fault of the authority: XML has its timestamp.
        judged(&sealed(&client.sign(&stamped(small(&unique("xml")))).await.good(), 0));
        assert_eq!(service.app.authorities.named("first").unwrap().away(), None);
        service.stop().await;
    });
}

/// A client service has its own authorities, in its own order or in turn.
#[test]
fn client_services_choose_their_authorities() {
    run(async {
        let servers = [TsaServer::start(), TsaServer::start(), TsaServer::start()];
        let authorities = [
            ("a", authority(&servers[0].url(), "")),
            ("b", authority(&servers[1].url(), "")),
            ("c", authority(&servers[2].url(), "")),
        ];
        let service = setup(600_000, &authorities).start().await;
        let client = client(&service, Timestamps::Fail).await;
        let choose = async |names: &[&str], order| {
            let names = names.iter().map(|name| (*name).to_owned()).collect();
            let change = SealSettingsChange {
                timestamp_authorities: Change::To(names),
                timestamp_order: Change::To(order),
                ..SealSettingsChange::default()
            };
            client_services::change_seal_settings(&service.app, &client.alias, &change)
                .await
                .unwrap();
        };
        let asked = || servers.each_ref().map(|server| server.seen().len());
        let sign = async || {
            judged(&sealed(&client.sign(&stamped(small(&unique("chosen")))).await.good(), 0));
        };
        choose(&["c", "a"], AuthorityOrder::InOrder).await;
        sign().await;
        assert_eq!(asked(), [0, 0, 1]);
        servers[2].goes_away();
        sign().await;
        assert_eq!(asked(), [1, 0, 2], "the next one that it names");
        sign().await;
        assert_eq!(asked(), [2, 0, 2], "what is away rests");
        choose(&["a", "b"], AuthorityOrder::Shared).await;
        for _ in 0..4 {
            sign().await;
        }
        assert_eq!(asked(), [4, 2, 2], "each in its turn");
        service.stop().await;
    });
}
