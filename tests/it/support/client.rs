//! An integrator's client: logs in, signs, looks up. Every answer it gets is checked for what holds
//! for all of them.

use std::sync::LazyLock;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// How long anything that happens by itself may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// One connection pool for all tests. A connection is left before the service, which waits for
/// `web.connections.idle_ms`, ends it in the midst of the next request.
pub(crate) static HTTP: LazyLock<reqwest::Client> = LazyLock::new(|| {
    let client = reqwest::Client::builder().timeout(2 * PATIENCE).pool_idle_timeout(PATIENCE);
    client.no_proxy().build().unwrap()
});

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) async fn of(request: reqwest::RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let body = response.bytes().await.unwrap().to_vec();
        let answer = Self { status, headers, body };
        answer.check();
        answer
    }

    /// What holds for every answer: it has a request id, and an `ErrorResponse` names the same one.
    fn check(&self) {
        let id = self.header("x-request-id");
        assert!(id.len() >= 8, "{self:?}");
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        if body.get("errorCode").is_some() {
            assert_eq!(body["requestId"], id);
            for member in ["errorCodeDescription", "causeMessage", "reason"] {
                assert!(body[member].as_str().is_some_and(|text| !text.is_empty()), "{body}");
            }
            assert!(body["retryable"].is_boolean());
        }
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error} in {} {}", self.status, self.text()))
    }

    /// The JSON of an answer that must be 200.
    #[track_caller]
    pub(crate) fn good(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text());
        self.json()
    }

    /// Asserts an `ErrorResponse` and returns it.
    #[track_caller]
    pub(crate) fn error(&self, status: u16, code: &str, reason: &str) -> Value {
        let body = self.json();
        let found = (self.status, body["errorCode"].as_str(), body["reason"].as_str());
        assert_eq!(found, (status, Some(code), Some(reason)), "{body}");
        body
    }

    /// The body without the request id: what may be compared.
    pub(crate) fn without_request_id(&self) -> String {
        self.text().replace(self.header("x-request-id"), "")
    }
}

/// A client service, logged in.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) base: String,
    pub(crate) alias: String,
    pub(crate) secret: String,
    pub(crate) token: String,
}

impl Client {
    pub(crate) async fn log_in(base: &str, alias: &str, secret: &str) -> Self {
        let answer = token(base, alias, secret).await.good();
        Self {
            base: base.to_owned(),
            alias: alias.to_owned(),
            secret: secret.to_owned(),
            token: answer["access_token"].as_str().unwrap().to_owned(),
        }
    }

    /// The same client service at another service over the same database.
    pub(crate) async fn at(&self, base: &str) -> Self {
        Self::log_in(base, &self.alias, &self.secret).await
    }

    pub(crate) async fn post(&self, path: &str, body: impl Into<reqwest::Body>) -> Answer {
        let request = HTTP.post(format!("{}{path}", self.base)).bearer_auth(&self.token);
        Answer::of(request.header("content-type", "application/json").body(body)).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        Answer::of(HTTP.get(format!("{}{path}", self.base)).bearer_auth(&self.token)).await
    }

    pub(crate) async fn sign(&self, request: &Value) -> Answer {
        self.post("/api/v0/document/sign/base64/", request.to_string()).await
    }

    pub(crate) async fn sign_without_waiting(&self, request: &Value) -> Answer {
        let path = "/api/v0/document/sign/base64/";
        let wish = HTTP.post(format!("{}{path}", self.base)).bearer_auth(&self.token);
        let wish =
            wish.header("content-type", "application/json").header("prefer", "respond-async");
        Answer::of(wish.body(request.to_string())).await
    }

    pub(crate) async fn by_reference(&self, reference: &str) -> Answer {
        let reference = encode(reference);
        self.get(&format!("/api/v0/operation/byReference?externalReference={reference}")).await
    }

    pub(crate) async fn detail(&self, id: &Value, contents: bool) -> Answer {
        self.get(&format!("/api/v0/operation/sign/detail/{id}/contentInResponse/{contents}")).await
    }

    pub(crate) async fn status(&self, id: &Value) -> Answer {
        self.get(&format!("/api/v0/operation/status/{id}")).await
    }

    pub(crate) async fn id_of_document(&self, reference: &str) -> Answer {
        let reference = encode(reference);
        self.get(&format!("/api/v0/operation/id/withDocumentExternalReference/{reference}")).await
    }

    /// Waits until the operation behind a reference has ended.
    pub(crate) async fn finished(&self, reference: &str) -> Value {
        let mut last = String::new();
        let found = tokio::time::timeout(PATIENCE, async {
            loop {
                let answer = self.by_reference(reference).await;
                answer.text().clone_into(&mut last);
                let body = answer.json();
                if matches!(body["status"].as_str(), Some("EXECUTED" | "EXECUTION_FAILED")) {
                    return body;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
        found.await.unwrap_or_else(|_| panic!("{reference} did not end: {last}"))
    }
}

/// Asks for an access token with HTTP Basic.
pub(crate) async fn token(base: &str, alias: &str, secret: &str) -> Answer {
    let request = HTTP
        .post(format!("{base}/oauth2/token"))
        .basic_auth(alias, Some(secret))
        .header("content-type", "application/x-www-form-urlencoded")
        .body("grant_type=client_credentials");
    Answer::of(request).await
}

/// Sends bytes as they are, past every habit of HTTP clients, and reads until the connection is
/// closed; returns the status and the body. The request must ask for `connection: close`.
pub(crate) async fn raw(base: &str, request: &[u8]) -> (u16, String) {
    let stream = TcpStream::connect(base.strip_prefix("http://").unwrap()).await.unwrap();
    let (mut reader, mut writer) = stream.into_split();
    let mut answer = Vec::new();
    // A server that has heard enough may answer and close before the end of the request.
    let (_, read) = tokio::join!(writer.write_all(request), reader.read_to_end(&mut answer));
    read.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    (status, answer.split_once("\r\n\r\n").unwrap().1.to_owned())
}

/// Percent-encodes everything but letters and digits.
pub(crate) fn encode(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// One XML document to be sealed with the default profile.
pub(crate) fn document(reference: &str, content: impl AsRef<[u8]>) -> Value {
    json!({
        "documentRequest": {
            "externalReference": reference,
            "name": "invoice.xml",
            "contentType": "application/xml",
            "base64Content": STANDARD.encode(content),
        },
        "signatureInfo": { "signatureType": "XAdES" },
    })
}

/// A document of so many bytes that costs little to seal: nobody reads what CMS is around.
pub(crate) fn large_document(reference: &str, bytes: usize) -> Value {
    json!({
        "documentRequest": {
            "externalReference": reference,
            "name": "large.bin",
            "contentType": "application/octet-stream",
            "base64Content": STANDARD.encode(vec![b'x'; bytes]),
        },
        "signatureInfo": { "signatureType": "CAdES" },
    })
}

/// A request that asks for the sealed documents.
pub(crate) fn request(reference: &str, documents: impl Into<Vec<Value>>) -> Value {
    json!({
        "externalReference": reference,
        "description": "Some context.",
        "documents": documents.into(),
        "returnSignedContent": true,
    })
}

/// A request with one small document; the document has the request's reference.
pub(crate) fn small(reference: &str) -> Value {
    let text = format!("<invoice><id>{reference}</id><total>12.50</total></invoice>");
    request(reference, [document(reference, text)])
}

/// The sealed bytes of a document of an answer.
#[track_caller]
pub(crate) fn sealed(answer: &Value, position: usize) -> Vec<u8> {
    let document = &answer["documentList"][position];
    let content = document["signedContent"].as_str();
    STANDARD.decode(content.unwrap_or_else(|| panic!("not sealed: {document}"))).unwrap()
}

/// Every sealed document of an answer.
pub(crate) fn all_sealed(answer: &Value) -> Vec<Vec<u8>> {
    (0..answer["documentList"].as_array().unwrap().len()).map(|at| sealed(answer, at)).collect()
}
