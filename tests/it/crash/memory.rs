//! What the service has in memory, with many who read a large operation at once.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::service::{BYTES_IN_FLIGHT, Installation};

const DOCUMENTS: usize = 8;
const DOCUMENT_BYTES: usize = 2 * 1024 * 1024;

#[tokio::test(flavor = "multi_thread")]
async fn answers_stay_within_the_memory_that_is_set() {
    let installation = Installation::new().await;
    let service = installation.start("memory").await;
    let answer = service.sign(&large()).await.unwrap();
    assert_eq!(answer["status"], "EXECUTED", "{}", answer["documentList"][0]["signErrorDetail"]);
    let (before, _) = service.memory();
    let answered = service.read_at_once(answer["id"].as_i64().unwrap(), 12).await;
    let (_, peak) = service.memory();
    println!("{answered} readers: {} MiB more", peak.saturating_sub(before) >> 20);
    assert!(answered > 0);
    // Beside what is being read and written there are answers on their way.
    let more = peak.saturating_sub(before);
    assert!(more < 2 * BYTES_IN_FLIGHT, "{} MiB more", more >> 20);
    service.kill().await;
}

/// An operation of 16 MiB, each seal with its document inside.
fn large() -> Value {
    let documents: Vec<Value> = (0..DOCUMENTS)
        .map(|number| {
            json!({
                "documentRequest": {
                    "externalReference": format!("large/{number}"),
                    "name": format!("{number}.bin"),
                    "contentType": "application/octet-stream",
                    "base64Content": STANDARD.encode(vec![u8::try_from(number).unwrap(); DOCUMENT_BYTES]),
                },
                "signatureInfo": { "signatureType": "CAdES" },
            })
        })
        .collect();
    json!({ "externalReference": "large", "description": "large", "documents": documents })
}
