//! Operations that an earlier release accepted: sent again, they are found.

use chancery::domain::text::hex;
use chancery::pki::digest::sha256;
use chancery::store::Store;
use serde_json::{Value, json};
use sqlx::{AnyPool, AssertSqlSafe, Executor as _};

use crate::support::client::{Client, sealed};
use crate::support::service::{Setup, run};

const DATABASE: &str = include_str!("../../databases/0.1.0.sql");
const REQUESTS: &str = include_str!("../../databases/0.1.0.json");

/// A service over the database file that 0.1.0 left.
async fn setup() -> Setup {
    let setup = Setup::new();
    Store::connect(&setup.config.store).await.unwrap().close().await;
    let pool = AnyPool::connect(&setup.config.store.url).await.unwrap();
    pool.execute(sqlx::raw_sql(AssertSqlSafe(DATABASE))).await.unwrap();
    pool.close().await;
    setup
}

#[test]
fn what_an_earlier_release_accepted_is_found_again() {
    run(async {
        let service = setup().await.start().await;
        let client = Client::log_in(&service.base, "earlier", "the secret of this file").await;
        let requests: Vec<Value> = serde_json::from_str(REQUESTS).unwrap();
        assert_eq!(requests.len(), 6);
        for request in &requests {
            let reference = request["externalReference"].as_str().unwrap();
            let known = client.by_reference(reference).await.good();
            let again = client.sign(request).await.good();
            assert_eq!((&again["replayed"], &again["id"]), (&json!(true), &known["id"]));
            let documents = again["documentList"].as_array().unwrap();
            for (position, document) in documents.iter().enumerate() {
                if document["signStatus"] == "SIGNED" {
                    let digest = hex(&sha256(&sealed(&again, position)));
                    assert_eq!(document["signedSha256"], digest, "{reference}");
                }
            }
            // what is asked otherwise is still another request
            let changes: [fn(&mut Value); 4] = [
                |it| it["description"] = json!("Other context."),
                |it| it["documents"][0]["documentRequest"]["name"] = json!("other.xml"),
                |it| it["documents"][0]["documentRequest"]["base64Content"] = json!("PHgvPg=="),
                |it| {
                    let settings = json!({ "signatureProductionPlace": { "city": "Porto" } });
                    it["documents"][0]["signatureInfo"]["advancedSignatureInfo"] = settings;
                },
            ];
            for change in changes {
                let mut other = request.clone();
                change(&mut other);
                client.sign(&other).await.error(409, "0.0.7", "reference-reused");
            }
        }
        service.stop().await;
    });
}
