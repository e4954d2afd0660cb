//! How bodies and wishes come over the wire: byte order marks, codings, charsets, preferences.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::support::client::{Answer, Client, HTTP, all_sealed, document, request, small};
use crate::support::service::{Setup, on_shared, run, unique};

const SIGN: &str = "/api/v0/document/sign/base64";

/// A sign request with headers and a body of the test's own.
async fn send(client: &Client, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
    let mut request = HTTP.post(format!("{}{SIGN}", client.base)).bearer_auth(&client.token);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Answer::of(request.body(body)).await
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_body() {
    on_shared(async |service| {
        let client = service.client().await;
        let original = small(&unique("mark"));
        let marked = [b"\xef\xbb\xbf".as_slice(), original.to_string().as_bytes()].concat();
        let first = send(&client, &[("content-type", "application/json")], marked).await.good();
        assert_eq!(all_sealed(&first).len(), 1);
        assert_eq!(client.sign(&original).await.good()["id"], first["id"]);
        for wide in [b"\xff\xfe{\0}\0".to_vec(), b"\xfe\xff\0{\0}".to_vec()] {
            let refused = send(&client, &[], wide).await;
            let body = refused.error(415, "0.0.6", "charset-unsupported");
            assert!(body["causeMessage"].as_str().unwrap().contains("UTF-16"), "{body}");
        }
    });
}

#[test]
fn a_packed_body_is_refused_by_name() {
    on_shared(async |service| {
        let client = service.client().await;
        for coding in ["gzip", "deflate", "br", "zstd", "identity, GZIP"] {
            let body = small(&unique("packed")).to_string().into_bytes();
            let refused = send(&client, &[("content-encoding", coding)], body.clone()).await;
            let answer = refused.error(415, "0.0.6", "content-coding-unsupported");
            assert_eq!(refused.header("accept-encoding"), "identity");
            let cause = answer["causeMessage"].as_str().unwrap().to_ascii_lowercase();
            let last = coding.rsplit(' ').next().unwrap().to_ascii_lowercase();
            assert!(cause.contains(&last), "{cause}");
            let token = HTTP
                .post(format!("{}/oauth2/token", service.base))
                .basic_auth(&client.alias, Some(&client.secret))
                .header("content-encoding", coding)
                .body("grant_type=client_credentials");
            let token = Answer::of(token).await;
            assert_eq!((token.status, token.header("accept-encoding")), (415, "identity"));
            assert_eq!(token.json()["error"], "invalid_request");
        }
        let body = small(&unique("plain")).to_string().into_bytes();
        send(&client, &[("content-encoding", "identity")], body).await.good();
    });
}

#[test]
fn another_charset_is_taken_for_ascii_only() {
    on_shared(async |service| {
        let client = service.client().await;
        let kind = |charset: &str| format!("application/json; charset={charset}");
        for charset in ["UTF-8", "\"utf-8\"", "ISO-8859-1", "windows-1252", "us-ascii"] {
            let body = small(&unique("charset")).to_string().into_bytes();
            send(&client, &[("content-type", &kind(charset))], body).await.good();
        }
        let mut named = small(&unique("charset"));
        named["description"] = json!("Fatura de março");
        let named = named.to_string().into_bytes();
        for charset in ["ISO-8859-1", "windows-1252", "utf-16"] {
            let refused = send(&client, &[("content-type", &kind(charset))], named.clone()).await;
            let body = refused.error(415, "0.0.6", "charset-unsupported");
            let cause = body["causeMessage"].as_str().unwrap();
            assert!(cause.contains(&charset.to_ascii_lowercase()), "{cause}");
        }
        send(&client, &[("content-type", &kind("utf-8"))], named).await.good();
    });
}

/// A blank that percent-decoding made of a `+`: passed over, it would take octets away in silence.
#[test]
fn a_blank_in_base64_is_named() {
    on_shared(async |service| {
        let client = service.client().await;
        // Octets whose base64 has a + where taking it out leaves base64 as well.
        let content: Vec<u8> = b"<a>\xc3\xbe\xc3\xbe>>>???</a>".to_vec();
        let encoded = STANDARD.encode(&content);
        assert!(encoded.contains('+'), "{encoded}");
        let mut broken = document(&unique("blank"), "");
        broken["documentRequest"]["base64Content"] = json!(encoded.replace('+', " "));
        let answer = client.sign(&request(&unique("blank"), [broken])).await.good();
        let document = &answer["documentList"][0];
        assert_eq!(document["signErrorReason"], "base64-invalid");
        let detail = document["signErrorDetail"].as_str().unwrap();
        let at = encoded.find('+').unwrap() + 1;
        assert!(detail.contains(&format!("character {at} is a blank")), "{detail}");
    });
}

#[test]
fn preferences_are_done_or_not_named_as_done() {
    run(async {
        let service = Setup::new().start().await;
        let client = service.client().await;
        let busy = service.all_busy().await;
        for (preference, status, applied) in [
            ("respond-async", 202, "respond-async"),
            ("respond-async, wait=0", 202, "respond-async, wait=0"),
            ("wait=0", 200, "wait=0"),
        ] {
            let body = small(&unique("async")).to_string().into_bytes();
            let answer = send(&client, &[("prefer", preference)], body).await;
            assert_eq!(answer.status, status, "{preference}");
            assert_eq!(answer.header("preference-applied"), applied);
            assert_eq!(answer.json()["status"], "PENDING_EXECUTION");
        }
        drop(busy);
        let body = small(&unique("other")).to_string().into_bytes();
        let headers = [("prefer", "handling=lenient"), ("idempotency-key", "7f3a")];
        let answer = send(&client, &headers, body).await;
        assert_eq!(
            (answer.good()["status"].as_str(), answer.header("preference-applied")),
            (Some("EXECUTED"), "")
        );
        let warning = answer.header("chancery-warning");
        assert!(warning.contains("Idempotency-Key") && warning.contains("externalReference"));
        service.stop().await;
    });
}

#[test]
fn the_token_endpoint_says_what_it_was_sent() {
    on_shared(async |service| {
        let client = service.client().await;
        for (kind, body, word) in [
            ("application/json", r#"{"grant_type":"client_credentials"}"#, "JSON"),
            ("application/x-www-form-urlencoded", r#"{"grant_type":"client_credentials"}"#, "JSON"),
            ("multipart/form-data; boundary=x", "--x--", "multipart"),
        ] {
            let request = HTTP
                .post(format!("{}/oauth2/token", service.base))
                .basic_auth(&client.alias, Some(&client.secret))
                .header("content-type", kind)
                .body(body);
            let answer = Answer::of(request).await;
            assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("invalid_request")));
            let told = answer.json()["error_description"].as_str().unwrap().to_owned();
            assert!(told.contains(word) && told.contains("x-www-form-urlencoded"), "{told}");
        }
    });
}
