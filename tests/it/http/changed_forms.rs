//! Sign requests in parts, changed by chance: whatever comes, the service answers, in the words of its
//! surface, and goes on (`make fuzz ARGS=multipart` for longer).

use std::time::{Duration, Instant};

use chancery_testing::changes::{Xorshift, change, fuzz_seconds};
use chancery_testing::judges::repository;
use serde_json::json;

use super::forms::{BOUNDARY, Part, beside, form};
use crate::support::client::{Answer, Client, HTTP};
use crate::support::service::{on_shared, unique};

/// Words of forms (RFC 7578, RFC 2046).
const WORDS: [&str; 12] = [
    "\r\n",
    "--",
    "\r\n------a-boundary\r\n",
    "\r\n------a-boundary--\r\n",
    "Content-Disposition: form-data; name=\"files\"\r\n\r\n",
    "; filename=\"two.pdf\"",
    "; filename*=UTF-8''%e2%82",
    "name=signRequest",
    "Content-Transfer-Encoding: base64\r\n",
    "\u{FEFF}",
    "\"",
    "\0",
];

fn seeds() -> Vec<Vec<u8>> {
    let reference = unique("changed");
    let wanted = [("1", "one.xml", "XAdES"), ("2", "two.bin", "CAdES")];
    let wanted = beside(&reference, &wanted).to_string();
    let request: Part<'_> = ("signRequest", None, Some("application/json"), wanted.as_bytes());
    let files: [Part<'_>; 2] = [
        ("files", Some("one.xml"), Some("application/xml"), b"<a>\r\n--1</a>"),
        ("files", Some("two.bin"), None, b"\r\n------a-boundar"),
    ];
    let other = json!({ "externalReference": reference, "documents": [] }).to_string();
    let bare: Part<'_> = ("signRequest", Some("blob"), None, other.as_bytes());
    vec![
        form(&[request, files[0], files[1]]),
        form(&[files[1], files[0], request]),
        form(&[bare]),
        form(&[]),
    ]
}

/// Whatever is sent, something is answered that is the client's cause or a success.
async fn answered(client: &Client, body: &[u8]) -> Result<(), String> {
    let address =
        format!("{}/signstash/einvoice-integration-ws/api/v0/document/sign/", client.base);
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    let request = HTTP.post(address).bearer_auth(&client.token).header("content-type", kind);
    let answer = Answer::of(request.body(body.to_vec())).await;
    let body = answer.json();
    match answer.status {
        200 if body["status"].is_string() => Ok(()),
        400 | 409 | 413 | 429 if body["errorCode"].is_string() => Ok(()),
        other => Err(format!("{other} {}", answer.text())),
    }
}

#[test]
fn changed_forms_are_answered() {
    on_shared(async |service| {
        let client = service.client().await;
        let (seeds, mut random) = (seeds(), Xorshift::of_run());
        let (begin, mut count) = (Instant::now(), 0);
        let goes_on = |count: u32| match fuzz_seconds() {
            Some(seconds) => begin.elapsed() < Duration::from_secs(seconds),
            None => count < 100,
        };
        for seed in &seeds {
            answered(&client, seed).await.unwrap();
        }
        while goes_on(count) {
            let body = change(&mut random, &seeds, &WORDS);
            if let Err(said) = answered(&client, &body).await {
                let file = repository().join("target/fuzz-multipart");
                std::fs::write(&file, &body).unwrap();
                panic!("{said}; the form is in {}", file.display());
            }
            count += 1;
        }
        println!("multipart: {count} inputs");
    });
}
