//! What was told of certificates runs out on the way, between a seal and its archive timestamp: that is no fault of
//! anybody, and it is asked for anew.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use chancery::app::Clock;
use chancery::domain::client_service::Timestamps;
use chancery::domain::instant::Instant;
use chancery_testing::tsa::TSA;
use chancery_testing::tsa_server::TsaReply;
use serde_json::{Value, json};

use super::World;
use crate::support::client::{document, request};
use crate::support::service::{now, run, unique};

/// How far the clock goes on while the archive timestamp is asked for.
const MINUTES: i64 = 18;

/// Answers of the responder are good for half of that; once the clock went on, for days.
struct Passing {
    world: World,
    clock: Arc<AtomicI64>,
    /// For how many minutes from now answers are good; 0 for days.
    good: Arc<AtomicI64>,
    /// Questions for timestamps.
    stamped: Arc<AtomicUsize>,
}

impl Passing {
    fn begin() -> Self {
        // Before it is now.
        TSA.now();
        let world = World::new();
        let clock = Arc::new(AtomicI64::new(now().unix_ms()));
        let (good, stamped) = (Arc::default(), Arc::default());
        let passing = Self { world, clock, good, stamped };
        let good = Arc::clone(&passing.good);
        passing.world.status.answers(move |keys, query| {
            let options = match good.load(Ordering::SeqCst) {
                0 => "-ndays 3".to_owned(),
                minutes => format!("-nmin {minutes}"),
            };
            let answer = || TsaReply::of(keys.ocsp(&query.body, "good", &options));
            (query.path == "/ocsp").then(answer)
        });
        let clock = Arc::clone(&passing.clock);
        let (good, stamped) = (Arc::clone(&passing.good), Arc::clone(&passing.stamped));
        passing.world.tsa.answers(move |query| {
            if stamped.fetch_add(1, Ordering::SeqCst) == 1 {
                clock.fetch_add(MINUTES * 60_000, Ordering::SeqCst);
                good.store(0, Ordering::SeqCst);
            }
            TsaReply::good_at(query, Instant::from_unix_ms(clock.load(Ordering::SeqCst)))
        });
        passing
    }

    /// The next answers of the responder run out before the next archive timestamp.
    fn again(&self) {
        let ahead = (self.clock.load(Ordering::SeqCst) - now().unix_ms()) / 60_000;
        self.good.store(ahead + MINUTES / 2, Ordering::SeqCst);
        self.stamped.store(0, Ordering::SeqCst);
    }
}

fn wish(format: &str, mark: &str) -> Value {
    let pdf = std::fs::read("samples/pdf/invoice.pdf").unwrap();
    let (content, content_type) = match format {
        "PAdES" => (pdf, "application/pdf"),
        _ => (b"<a><b>1</b></a>".to_vec(), "application/xml"),
    };
    let mut one = document(mark, content);
    one["documentRequest"]["contentType"] = json!(content_type);
    one["signatureInfo"] = json!({ "signatureType": format, "signatureLevel": "LTA" });
    request(mark, vec![one])
}

#[test]
fn what_runs_out_before_the_archive_timestamp_is_asked_for_anew() {
    run(async {
        let passing = Passing::begin();
        let mut setup = passing.world.setup(0);
        setup.config.revocation.cache_bytes = 0;
        setup.clock = Clock::Moved(Arc::clone(&passing.clock));
        let service = setup.start().await;
        let (mut clients, all) = (Vec::new(), [Timestamps::Wait, Timestamps::Fail]);
        for timestamps in all {
            clients.push(passing.world.client(&service, timestamps).await);
        }
        for (at, format) in ["XAdES", "CAdES", "PAdES"].into_iter().enumerate() {
            // whatever a client service chose
            let client = &clients[at % 2];
            passing.again();
            let wish = wish(format, &unique("run-out"));
            let answer = client.sign(&wish).await.good();
            assert_eq!(answer["status"], "EXECUTION_ERROR", "{format}: {answer}");
            let document = &answer["documentList"][0];
            assert_eq!(document["signErrorReason"], "postponed", "{format}: {answer}");
            assert!(document.get("signedContent").is_none(), "{format}: {answer}");
            client.finished(wish["externalReference"].as_str().unwrap()).await;
            let answer = client.sign(&wish).await.good();
            let document = &answer["documentList"][0];
            assert_eq!(document["signatureLevel"], format!("{format}-BASELINE-LTA"), "{answer}");
            // that of the seal was kept, the archive timestamp is another one
            assert_eq!(passing.stamped.load(Ordering::SeqCst), 3, "{format}");
        }
        service.stop().await;
    });
}
