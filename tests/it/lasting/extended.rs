//! Preservation that is extended (EXTEND_PRESERVATION): documents are kept for longer, their seals get a level, and archive
//! timestamps are renewed in time.

use chancery::domain::client_service::Timestamps;
use chancery::domain::ids::{DocumentId, OperationId};
use serde_json::{Value, json};

use super::at_level;
use super::preserved::{Days, look, preserved};
use crate::support::authority::AUTHORITY;
use crate::support::client::{Client, PATIENCE, sealed};
use crate::support::service::{Setup, run, unique};

pub(super) async fn extend(client: &Client, id: &Value, body: &Value) -> crate::support::client::Answer {
    client.post(&format!("/api/v0/operation/extendPreservation/{id}"), body.to_string()).await
}

/// How many archive timestamps the first document has.
pub(super) async fn archives(client: &Client, id: &Value) -> usize {
    let detail = client.detail(id, true).await.good();
    let seal = String::from_utf8(sealed(&detail, 0)).unwrap();
    seal.matches("<xades141:ArchiveTimeStamp").count()
}

#[test]
fn seals_are_raised_and_documents_kept_for_longer() {
    run(async {
        let days = Days::begin();
        let service = days.setup(Setup::new()).start().await;
        let client = days.world.client(&service, Timestamps::Wait).await;
        let mark = unique("extended");
        let before = client.sign(&preserved(&mark, 2)).await.good();
        assert_eq!(before["documentList"][0]["signatureLevel"], "XAdES-BASELINE-B");
        let wish = json!({
            "externalReference": format!("{mark} longer"), "storagePeriod": 240, "signatureLevel": "LTA",
        });
        let answer = extend(&client, &before["id"], &wish).await.good();
        assert_eq!(
            (&answer["type"], &answer["status"]),
            (&json!("EXTEND_PRESERVATION"), &json!("EXECUTED"))
        );
        assert_eq!(client.status(&answer["id"]).await.good()["type"], "EXTEND_PRESERVATION");
        let again = extend(&client, &before["id"], &wish).await.good();
        assert_eq!(again["id"], answer["id"], "safe to repeat");
        for id in [&before["id"], &answer["id"]] {
            let after = client.detail(id, true).await.good();
            for position in 0..2 {
                let document = &after["documentList"][position];
                assert_eq!(document["signatureLevel"], "XAdES-BASELINE-LTA", "{document}");
                assert_eq!(document["storagePeriod"], 240);
                assert_eq!(
                    document["signingTime"],
                    before["documentList"][position]["signingTime"]
                );
                let (was, is) = (sealed(&before, position), sealed(&after, position));
                assert!(is.len() > was.len());
                assert_ne!(
                    document["signedSha256"],
                    before["documentList"][position]["signedSha256"]
                );
            }
        }
        assert_eq!(archives(&client, &before["id"]).await, 1);

        let other = |more: Value| {
            let mut wish = json!({ "externalReference": unique("wish") });
            wish.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            wish
        };
        let id = &before["id"];
        extend(&client, id, &other(json!({ "storagePeriod": 120 }))).await.error(
            400,
            "0.0.6",
            "member-invalid",
        );
        extend(&client, id, &other(json!({}))).await.error(400, "0.0.2", "member-missing");
        let no_level = other(json!({ "signatureLevel": "B" }));
        extend(&client, id, &no_level).await.error(400, "0.0.6", "member-invalid");
        let mut taken = wish.clone();
        taken["storagePeriod"] = json!(360);
        extend(&client, id, &taken).await.error(409, "0.0.7", "reference-reused");
        let of_itself = other(json!({ "storagePeriod": 360 }));
        extend(&client, &answer["id"], &of_itself).await.error(409, "2.1.2", "not-preserved");
        let stranger = service.client_with(&AUTHORITY.p256).await;
        extend(&stranger, id, &of_itself).await.error(404, "2.1.0", "operation-not-found");
        service.stop().await;
    });
}

/// While nobody gives a timestamp it waits as a seal would; nothing is half done.
#[test]
fn an_extension_waits_for_its_timestamps() {
    run(async {
        let days = Days::begin();
        let service = days.setup(Setup::new()).start().await;
        let client = days.world.client(&service, Timestamps::Wait).await;
        let mark = unique("waits");
        let before = client.sign(&preserved(&mark, 1)).await.good();
        days.world.tsa.goes_away();
        let wish = json!({ "externalReference": format!("{mark} later"), "signatureLevel": "LTA" });
        let answer = extend(&client, &before["id"], &wish).await.good();
        assert_eq!(answer["status"], "EXECUTION_ERROR", "{answer}");
        let same = client.detail(&before["id"], true).await.good();
        assert_eq!(sealed(&same, 0), sealed(&before, 0));
        days.comes_back();
        let reference = wish["externalReference"].as_str().unwrap();
        let until = std::time::Instant::now() + PATIENCE;
        while client.by_reference(reference).await.json()["status"] != "EXECUTED" {
            assert!(std::time::Instant::now() < until, "it does not go on");
            days.second();
        }
        assert_eq!(archives(&client, &before["id"]).await, 1);
        service.stop().await;
    });
}

/// The certificate of the authority ends after thirty days: the archive timestamp gets another one by itself.
#[test]
fn archive_timestamps_are_renewed_by_themselves() {
    run(async {
        let days = Days::begin();
        let service = days.setup(Setup::new()).start().await;
        let client = days.world.client(&service, Timestamps::Wait).await;
        let wish = at_level(preserved(&unique("renewed"), 1), "LTA");
        let answer = client.sign(&wish).await.good();
        assert_eq!(answer["documentList"][0]["signatureLevel"], "XAdES-BASELINE-LTA", "{answer}");
        let id = DocumentId::from_i64(answer["documentList"][0]["internalId"].as_i64().unwrap());
        let first = service.app.reader.preserved(id).await.unwrap().unwrap().archive.unwrap();
        look(&service).await;
        days.pass(16);
        let due = service.app.reader.seals_due(days.now(), 10).await.unwrap();
        let operation = OperationId::from_i64(answer["id"].as_i64().unwrap());
        assert_eq!(due, [(id, operation, first.due)]);
        look(&service).await;
        look(&service).await;
        let until = std::time::Instant::now() + PATIENCE;
        loop {
            let archive = service.app.reader.preserved(id).await.unwrap().unwrap().archive.unwrap();
            if archive.due > first.due {
                break;
            }
            assert!(std::time::Instant::now() < until, "it was not renewed");
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        let client = client.at(&service.base).await;
        assert_eq!(archives(&client, &answer["id"]).await, 2);
        look(&service).await;
        assert!(service.app.reader.seals_due(days.now(), 10).await.unwrap().is_empty());
        service.stop().await;
    });
}
