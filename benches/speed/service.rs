//! The service as a process of its own under load over HTTP: documents a second, its CPU time a
//! document, its memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::process::{Folder, log_in};

/// How long each load lasts.
const LOAD: Duration = Duration::from_secs(4);

/// Requests in flight.
const CLIENTS: usize = 8;

/// Measures single requests and batches of fifty.
pub(crate) fn measure(folder: &Folder, client: &str, document: &[u8], token_rate: f64) {
    let secret = folder.secret(client);
    let base = folder.address();
    let service = folder.serve();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let bearer = log_in(&http, &base, client, &secret).await;
        for batch in [1, 50] {
            service.forget_peak();
            let before = service.cpu();
            let begin = Instant::now();
            let sealed = load(&http, &base, &bearer, document, (batch, "as it is")).await;
            let seconds = begin.elapsed().as_secs_f64();
            let cpu_ms = (service.cpu() - before) * 1000.0 / sealed as f64;
            let key_ms = 1000.0 * cores() / token_rate;
            println!(
                "  service      {:8.0} documents/s in requests of {batch:2}: CPU {cpu_ms:.2} ms a \
                 document, {:.2} without the key; memory {} MiB, {} at \
                 most",
                sealed as f64 / seconds,
                (cpu_ms - key_ms).max(0.0),
                service.resident() >> 20,
                service.peak() >> 20,
            );
        }
    });
}

/// What the check of every seal before its release costs a document, as the service seals: its processor time with and
/// without, by turns, the best of three each.
pub(crate) fn checks(folder: &Folder, name: &str, client: &str, document: &[u8]) {
    let secret = folder.secret(client);
    let base = folder.address();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for batch in [1, 50] {
        let mut best = [f64::INFINITY; 2];
        for round in 0..3 {
            for (setting, best) in ["true", "false"].into_iter().zip(&mut best) {
                let service = folder.serve_with(&[("CHANCERY_WORKFLOW__CHECK_SEALS", setting)]);
                let cpu_ms = runtime.block_on(async {
                    let http = reqwest::Client::builder().no_proxy().build().unwrap();
                    let bearer = log_in(&http, &base, client, &secret).await;
                    let before = service.cpu();
                    let label = format!("{setting} {round}");
                    let sealed = load(&http, &base, &bearer, document, (batch, &label)).await;
                    (service.cpu() - before) * 1000.0 / sealed as f64
                });
                *best = best.min(cpu_ms);
            }
        }
        let [with, without] = best;
        let share = 100.0 * (with / without - 1.0);
        println!(
            "  {name:8} requests of {batch:2}: CPU {with:.2} ms a document with its check, {without:.2} \
             without: {share:.0} % on top"
        );
    }
}

/// Sends requests for a while; returns how many documents were sealed.
async fn load(
    http: &reqwest::Client,
    base: &str,
    bearer: &str,
    document: &[u8],
    (batch, label): (usize, &str),
) -> usize {
    let label = Arc::<str>::from(label);
    let content = Arc::new(STANDARD.encode(document));
    let run = std::process::id();
    let (next, sealed) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let begin = Instant::now();
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..CLIENTS {
        let (http, content) = (http.clone(), Arc::clone(&content));
        let (next, sealed, label) = (Arc::clone(&next), Arc::clone(&sealed), Arc::clone(&label));
        let (url, bearer) = (format!("{base}/api/v0/document/sign/base64/"), bearer.to_owned());
        clients.spawn(async move {
            while begin.elapsed() < LOAD {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let reference = format!("bench {run} {batch} {label} {number}");
                let body = request(&reference, &content, batch);
                let answer: Value = http
                    .post(&url)
                    .bearer_auth(&bearer)
                    .json(&body)
                    .send()
                    .await
                    .unwrap()
                    .json()
                    .await
                    .unwrap();
                assert_eq!(answer["status"], "EXECUTED", "{answer}");
                sealed.fetch_add(batch, Ordering::Relaxed);
            }
        });
    }
    while let Some(done) = clients.join_next().await {
        done.unwrap();
    }
    sealed.load(Ordering::Relaxed)
}

fn request(reference: &str, content: &str, batch: usize) -> Value {
    let documents: Vec<Value> = (0..batch)
        .map(|number| {
            json!({
                "documentRequest": {
                    "externalReference": format!("{reference}/{number}"),
                    "name": "invoice.xml",
                    "contentType": "application/xml",
                    "base64Content": content,
                },
                "signatureInfo": { "signatureType": "XAdES" },
            })
        })
        .collect();
    json!({ "externalReference": reference, "description": "bench", "documents": documents })
}

/// Cores that the token's raw rate was measured on: its lanes use all of them.
fn cores() -> f64 {
    std::thread::available_parallelism().map_or(1, usize::from) as f64
}
