//! Documents of which nobody says whether their certificates were revoked: they wait or fail, and are never released
//! with less; what was given for them already is not asked for again.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chancery::domain::client_service::Timestamps;
use chancery::workflow::own_certificates;
use chancery_testing::tsa_server::TsaReply;
use serde_json::Value;
use sqlx::Row as _;

use super::{World, at_level};
use crate::support::client::{Client, HTTP, document, request, sealed, small};
use crate::support::service::{Service, Setup, run, unique};

/// How many intents an operation has.
async fn intents(service: &Service, operation: &Value) -> i64 {
    let sql = "SELECT COUNT(*) FROM intent JOIN document ON document.id = intent.document_id
               WHERE document.operation_id = $1";
    one(service, sql, operation).await.unwrap()
}

async fn one<T>(service: &Service, sql: &'static str, operation: &Value) -> Option<T>
where
    T: for<'r> sqlx::Decode<'r, sqlx::Any> + sqlx::Type<sqlx::Any>,
{
    let pool = sqlx::AnyPool::connect(&service.database).await.unwrap();
    let row = sqlx::query(sql).bind(operation.as_i64().unwrap()).fetch_optional(&pool).await;
    pool.close().await;
    row.unwrap().map(|row| row.get(0))
}

/// The signature value that is kept for the one document of an operation.
async fn kept(service: &Service, operation: &Value) -> Option<Vec<u8>> {
    let sql = "SELECT value FROM kept_value JOIN document ON document.id = kept_value.document_id
               WHERE document.operation_id = $1";
    one(service, sql, operation).await
}

async fn readyz(service: &Service) -> Value {
    let answer = HTTP.get(format!("{}/readyz", service.base)).send().await.unwrap();
    assert_eq!(answer.status(), 200, "sealing at other levels goes on");
    answer.json().await.unwrap()
}

async fn finished(client: &Client, wish: &Value) -> Value {
    client.finished(wish["externalReference"].as_str().unwrap()).await;
    let answer = client.sign(wish).await.good();
    assert_eq!(answer["status"], "EXECUTED", "{answer}");
    answer
}

#[track_caller]
fn waits(document: &Value) {
    assert_eq!(document["signStatus"], "RECEIVED", "{document}");
    assert_eq!(document["signErrorReason"], "postponed", "{document}");
    assert_eq!(document["signError"], "TIMESTAMP_SIGN_ERROR", "{document}");
    let detail = document["signErrorDetail"].as_str().unwrap();
    assert!(detail.contains("whether the certificates of the seal were revoked"), "{document}");
    assert!(document.get("signedContent").is_none(), "{document}");
}

#[test]
fn no_key_is_used_while_nobody_tells_of_the_seals_certificate() {
    run(async {
        let world = World::new();
        let service = world.setup(50).start().await;
        let client = world.client(&service, Timestamps::Wait).await;
        world.status.silences(&["/ocsp", "/ca.crl"]);
        let mark = unique("untold");
        let documents: Vec<_> =
            (0..2).map(|at| document(&format!("{mark}/{at}"), "<a/>")).collect();
        let mut wish = at_level(request(&mark, documents), "LT");
        wish["documents"][0]["signatureInfo"]["signatureLevel"] = "T".into();
        let answer = client.sign(&wish).await.good();
        assert_eq!(answer["status"], "EXECUTION_ERROR", "{answer}");
        assert_eq!(answer["documentList"][0]["signatureLevel"], "XAdES-BASELINE-T", "{answer}");
        waits(&answer["documentList"][1]);
        assert_eq!(intents(&service, &answer["id"]).await, 1, "that of level T");
        let ready = readyz(&service).await;
        assert_eq!(ready["status"], "degraded", "{ready}");
        let sources = ready["revocationSources"].as_array().unwrap();
        let failing: Vec<&str> = sources
            .iter()
            .filter(|it| it["state"] == "failing")
            .map(|it| it["address"].as_str().unwrap())
            .collect();
        assert_eq!(failing, [world.status.url("/ca.crl"), world.status.url("/ocsp")], "{ready}");

        world.status.comes_back();
        let answer = finished(&client, &wish).await;
        assert_eq!(answer["documentList"][1]["signatureLevel"], "XAdES-BASELINE-LT", "{answer}");
        service.stop().await;
    });
}

/// The process ends while a document waits for what its time-stamp authority's issuer says: the next one neither asks
/// the key again nor the authority.
#[test]
fn what_was_given_is_kept_over_a_restart() {
    run(async {
        let world = World::new();
        let service = world.setup(50).start().await;
        let client = world.client(&service, Timestamps::Wait).await;
        world.status.silences(&["/tsa.crl"]);
        let wish = at_level(small(&unique("kept")), "LT");
        let answer = client.sign(&wish).await.good();
        waits(&answer["documentList"][0]);
        let value = kept(&service, &answer["id"]).await.unwrap();
        assert_eq!(world.tsa.seen().len(), 1);
        let mut setup = Setup::same_database(&service);
        service.stop().await;

        world.configure(&mut setup, 50);
        world.status.comes_back();
        let service = setup.start().await;
        let client = Client { base: service.base.clone(), ..client };
        let answer = finished(&client, &wish).await;
        assert_eq!(answer["documentList"][0]["signatureLevel"], "XAdES-BASELINE-LT", "{answer}");
        let seal = String::from_utf8(sealed(&answer, 0)).unwrap();
        let seal: String = seal.split_whitespace().collect();
        assert!(seal.contains(&STANDARD.encode(&value)), "the key was asked again");
        assert_eq!(world.tsa.seen().len(), 1, "the authority was asked again");
        assert_eq!(
            kept(&service, &answer["id"]).await,
            None,
            "it is gone with the operation's end"
        );
        service.stop().await;
    });
}

/// The authority gives a first token and then no archive timestamp: the document waits with its value.
#[test]
fn an_archive_timestamp_is_waited_for() {
    run(async {
        let world = World::new();
        let service = world.setup(50).start().await;
        let client = world.client(&service, Timestamps::Wait).await;
        let asked = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        world.tsa.answers(move |query| {
            if count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 1 {
                return TsaReply { status: 503, ..TsaReply::of(Vec::new()) };
            }
            TsaReply::good(query)
        });
        let wish = at_level(small(&unique("archive")), "LTA");
        let answer = client.sign(&wish).await.good();
        let document = &answer["documentList"][0];
        assert_eq!(document["signStatus"], "RECEIVED", "{document}");
        assert!(document["signErrorDetail"].as_str().unwrap().contains("time-stamp authority"));
        let answer = finished(&client, &wish).await;
        assert_eq!(answer["documentList"][0]["signatureLevel"], "XAdES-BASELINE-LTA", "{answer}");
        service.stop().await;
    });
}

#[test]
fn what_does_not_wait_fails_and_what_is_revoked_always_does() {
    run(async {
        let world = World::new();
        let mut setup = world.setup(0);
        setup.config.revocation.max_age_ms = 0;
        let service = setup.start().await;
        let client = world.client(&service, Timestamps::Fail).await;
        world.status.silences(&["/root.crl"]);
        let answer = client.sign(&at_level(small(&unique("fails")), "LT")).await.good();
        let document = &answer["documentList"][0];
        assert_eq!(document["signErrorReason"], "validation-data-unavailable", "{document}");
        assert_eq!(document["signError"], "TIMESTAMP_SIGN_ERROR", "{document}");
        let detail = document["signErrorDetail"].as_str().unwrap();
        assert!(!detail.contains("503") && !detail.contains("127.0.0.1"), "{detail}");

        world.status.answers(|keys, query| {
            let revoked = || TsaReply::of(keys.ocsp(&query.body, "revoked", "-ndays 3"));
            (query.path == "/ocsp").then(revoked)
        });
        for level in ["LT", "LTA"] {
            let patient = world.client(&service, Timestamps::Wait).await;
            let answer = patient.sign(&at_level(small(&unique("revoked")), level)).await.good();
            let document = &answer["documentList"][0];
            assert_eq!(document["signErrorReason"], "certificate-revoked", "{document}");
            assert_eq!(document["signError"], "INVALID_CERTIFICATE_SIGN_ERROR", "{document}");
            assert_eq!(intents(&service, &answer["id"]).await, 0);
            // Nothing more is sealed with it, at no level.
            let again = patient.sign(&small(&unique("later"))).await;
            let again: Value = serde_json::from_slice(&again.body).unwrap();
            assert_eq!(again["reason"], "credential-disabled", "{again}");
        }
        service.stop().await;
    });
}

/// A sealing certificate that was revoked is found at the next look, whoever asks for a seal or not.
#[test]
fn a_certificate_that_was_revoked_is_not_sealed_with_any_more() {
    run(async {
        let world = World::new();
        let mut setup = world.setup(0);
        setup.config.revocation.max_age_ms = 0;
        let service = setup.start().await;
        let client = world.client(&service, Timestamps::Refuse).await;
        own_certificates::look(&service.app).await.unwrap();
        sealed(&client.sign(&small(&unique("good"))).await.good(), 0);
        // That nobody tells is no reason to stop.
        world.status.silences(&["/ocsp", "/ca.crl"]);
        own_certificates::look(&service.app).await.unwrap();
        sealed(&client.sign(&small(&unique("untold"))).await.good(), 0);

        world.status.answers(|keys, query| {
            let revoked = || TsaReply::of(keys.ocsp(&query.body, "revoked", "-ndays 3"));
            (query.path == "/ocsp").then(revoked)
        });
        own_certificates::look(&service.app).await.unwrap();
        let again = client.sign(&small(&unique("revoked"))).await;
        let again: Value = serde_json::from_slice(&again.body).unwrap();
        assert_eq!(again["reason"], "credential-disabled", "{again}");
        let noted = service.app.excesses.all(service.app.now());
        let noted: Vec<_> = noted.iter().filter(|(name, _)| name.starts_with("revoked:")).collect();
        let [(_, excess)] = noted.as_slice() else { panic!("{noted:?}") };
        let alarm = format!("{:?}", excess.alarm);
        assert!(alarm.contains("CN=Seal") && alarm.contains("was revoked on"), "{alarm}");
        service.stop().await;
    });
}
