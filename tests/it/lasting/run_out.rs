//! What was told of certificates runs out on the way, between a seal and its archive timestamp: that is no fault of
//! anybody.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use chancery::domain::client_service::Timestamps;
use chancery_testing::tsa::TSA;
use chancery_testing::tsa_server::TsaReply;
use serde_json::json;

use super::World;
use crate::support::client::{document, request};
use crate::support::service::{now, run, unique};

/// How far the archive timestamp is away.
const MINUTES: i64 = 18;

/// How long a try may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// The answer to the first question of the responder is good for nine minutes, and the first archive timestamp comes
/// after eighteen; answers after that are good for days.
fn passing() -> (World, Arc<AtomicUsize>) {
    // Before it is now.
    TSA.now();
    let world = World::new();
    let minutes = Arc::new(AtomicI64::new(MINUTES / 2));
    let good = Arc::clone(&minutes);
    world.status.answers(move |keys, query| {
        let options = match good.load(Ordering::SeqCst) {
            0 => "-ndays 3".to_owned(),
            minutes => format!("-nmin {minutes}"),
        };
        let answer = || TsaReply::of(keys.ocsp(&query.body, "good", &options));
        (query.path == "/ocsp").then(answer)
    });
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    world.tsa.answers(move |query| {
        let late = count.fetch_add(1, Ordering::SeqCst) == 1;
        if late {
            minutes.store(0, Ordering::SeqCst);
        }
        TsaReply::good_at(query, now().plus_ms(if late { MINUTES * 60_000 } else { 0 }))
    });
    (world, asked)
}

#[test]
fn what_runs_out_before_the_archive_timestamp_is_asked_for_anew() {
    run(async {
        let (world, asked) = passing();
        let mut setup = world.setup(0);
        setup.config.revocation.cache_bytes = 0;
        for authority in setup.config.timestamp.authorities.values_mut() {
            authority.tolerance_ms = 60 * 60_000;
        }
        let service = setup.start().await;
        let client = world.client(&service, Timestamps::Wait).await;
        let mut one = document("run-out", b"<a><b>1</b></a>");
        one["signatureInfo"] = json!({ "signatureType": "XAdES", "signatureLevel": "LTA" });
        let wish = request(&unique("run-out"), vec![one]);
        let answer = client.sign(&wish).await.good();
        let document = &answer["documentList"][0];
        assert_eq!(document["signErrorReason"], "postponed", "{answer}");
        assert!(document.get("signedContent").is_none(), "{answer}");

        let until = Instant::now() + PATIENCE;
        let answer = loop {
            let answer = client.sign(&wish).await.json();
            if answer["status"] == "EXECUTED" {
                break answer;
            }
            assert!(Instant::now() < until, "it does not go on: {answer}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        assert!(answer["documentList"][0]["signedContent"].is_string(), "{answer}");
        assert_eq!(asked.load(Ordering::SeqCst), 3, "the timestamp over the value was kept");
        service.stop().await;
    });
}
