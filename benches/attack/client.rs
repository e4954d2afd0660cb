//! The two clients: one seals invoices, the other means no good.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chancery_testing::hostile_clients::SIGN;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::process::log_in;

/// Of the honest client, so that limits per address tell them apart.
const HONEST_ADDRESS: [u8; 4] = [127, 0, 0, 2];

/// Bytes of the document of a large operation.
pub(crate) const LARGE: usize = 10 << 20;

/// After so long a request of the hostile client is given up.
const PATIENCE: Duration = Duration::from_secs(150);

/// Seals one invoice after the other.
pub(crate) struct Honest {
    http: reqwest::Client,
    url: String,
    token: String,
    content: String,
}

impl Honest {
    pub(crate) async fn new(base: &str, client: &str, secret: &str) -> Self {
        let http = reqwest::Client::builder()
            .no_proxy()
            .local_address(std::net::IpAddr::from(HONEST_ADDRESS))
            .build()
            .unwrap();
        let token = log_in(&http, base, client, secret).await;
        let invoice = include_bytes!("../../samples/invoice-peppol-25-lines/input.xml");
        let content = STANDARD.encode(invoice);
        Self { http, url: format!("{base}{SIGN}"), token, content }
    }

    /// How long a sealed invoice takes; what came instead of one otherwise.
    pub(crate) async fn seal(&self) -> Result<Duration, String> {
        let reference = reference("honest");
        let body = json!({
            "externalReference": reference,
            "description": "attack",
            "documents": [{
                "documentRequest": {
                    "externalReference": format!("{reference}/1"),
                    "name": "invoice.xml",
                    "contentType": "application/xml",
                    "base64Content": self.content,
                },
                "signatureInfo": { "signatureType": "XAdES" },
            }],
        });
        let begin = Instant::now();
        let request = self.http.post(&self.url).bearer_auth(&self.token).json(&body);
        let answer = request.send().await.map_err(|error| format!("{error:?}"))?;
        let status = answer.status();
        let text = answer.text().await.map_err(|error| format!("{error:?}"))?;
        let took = begin.elapsed();
        let told: Value = serde_json::from_str(&text).unwrap_or_default();
        if status.is_success() && told["status"] == "EXECUTED" {
            Ok(took)
        } else {
            Err(format!("{status} {text:.300}"))
        }
    }

    /// Returns when nothing is in work any more: what one attack left is not the next one's.
    pub(crate) async fn until_nothing_is_left(&self) {
        let readyz = self.url.replace(SIGN, "/readyz");
        loop {
            let answer = self.http.get(&readyz).send().await.unwrap();
            let told: Value = answer.json().await.unwrap();
            if told["operationsInWork"] == 0 && told["oldestOperationSeconds"] == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// Seals until it has as many as `count` and `least` is over; how long each took, in order of length.
    pub(crate) async fn seal_for(
        &self,
        count: usize,
        least: Duration,
    ) -> (Vec<Duration>, Vec<String>) {
        let (mut took, mut failed) = (Vec::new(), Vec::new());
        let begin = Instant::now();
        while took.len() + failed.len() < count || begin.elapsed() < least {
            match self.seal().await {
                Ok(time) => took.push(time),
                Err(what) => failed.push(what),
            }
        }
        took.sort_unstable();
        (took, failed)
    }
}

/// The one of 99 of 100 that took longest, of times in order of length; zero of none.
pub(crate) fn p99(took: &[Duration]) -> Duration {
    took.get((took.len() * 99).div_ceil(100).saturating_sub(1)).copied().unwrap_or_default()
}

/// Attacks as one client service, with one token.
pub(crate) struct Hostile {
    http: reqwest::Client,
    base: String,
    pub(crate) token: String,
    large: OnceCell<String>,
}

impl Hostile {
    pub(crate) async fn new(base: &str, client: &str, secret: &str) -> Self {
        let http = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
        let token = log_in(&http, base, client, secret).await;
        Self { http, base: base.to_owned(), token, large: OnceCell::new() }
    }

    /// `host:port`.
    pub(crate) fn address(&self) -> &str {
        self.base.strip_prefix("http://").unwrap()
    }

    /// Waits for whatever is answered, or that nothing is; what it was in a word.
    pub(crate) async fn post(&self, body: String) -> String {
        let request = self.http.post(format!("{}{SIGN}", self.base)).bearer_auth(&self.token);
        let sent = request.header("content-type", "application/json").body(body).send().await;
        let Ok(answer) = sent else { return "no answer".to_owned() };
        let status = answer.status().as_u16();
        let told: Value = answer.json().await.unwrap_or_default();
        let first = &told["documentList"][0];
        let reason = [&told["reason"], &first["signErrorReason"], &first["signStatus"]];
        let reason = reason.into_iter().find_map(Value::as_str).unwrap_or_default();
        format!("{status} {reason}")
    }

    pub(crate) async fn log_in_wrongly(&self) {
        let request = self.http.post(format!("{}/oauth2/token", self.base));
        let request = request.basic_auth(reference("hostile"), Some("guessed"));
        let _ = request.body("grant_type=client_credentials").send().await;
    }

    /// Where an operation of its own is read with its 10 MB of documents; sealed at the first call.
    pub(crate) async fn large_operation(&self) -> String {
        let made = self.large.get_or_init(async || {
            let content = STANDARD.encode(format!("<a>{}</a>", "x".repeat(LARGE)));
            let reference = reference("hostile");
            let body = json!({
                "externalReference": reference,
                "description": "large",
                "documents": [{
                    "documentRequest": {
                        "externalReference": format!("{reference}/1"),
                        "name": "large.xml",
                        "contentType": "application/xml",
                        "base64Content": content,
                    },
                    "signatureInfo": { "signatureType": "XAdES" },
                }],
            });
            let request = self.http.post(format!("{}{SIGN}", self.base)).bearer_auth(&self.token);
            let answer: Value = request.json(&body).send().await.unwrap().json().await.unwrap();
            assert_eq!(answer["status"], "EXECUTED", "{answer}");
            format!("/api/v0/operation/sign/detail/{}/contentInResponse/true", answer["id"])
        });
        made.await.clone()
    }
}

/// Another one at each call, in this run and in others.
pub(crate) fn reference(word: &str) -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    format!("{word}-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}
