//! What was told of certificates runs out on the way, between a seal and its archive timestamp, or before one is renewed:
//! that is no fault of anybody.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use chancery::domain::client_service::Timestamps;
use chancery_testing::tsa::TSA;
use chancery_testing::tsa_server::TsaReply;
use serde_json::json;

use super::extended::{archives, extend};
use super::preserved::{Days, look, passes, preserved, record};
use super::{World, at_level};
use crate::support::authority::AUTHORITY;
use crate::support::client::{document, request, sealed};
use crate::support::service::{Setup, now, run, unique};

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

fn tolerant(setup: &mut Setup, hours: u64) {
    setup.config.revocation.cache_bytes = 0;
    for authority in setup.config.timestamp.authorities.values_mut() {
        authority.tolerance_ms = hours * 3_600_000;
    }
}

/// Whatever the client service chose for when nobody gives a timestamp: here everybody gave what was asked for.
#[test]
fn what_runs_out_before_the_archive_timestamp_is_asked_for_anew() {
    run(async {
        for chosen in [Timestamps::Wait, Timestamps::Fail] {
            let (world, asked) = passing();
            let mut setup = world.setup(0);
            tolerant(&mut setup, 1);
            let service = setup.start().await;
            let client = world.client(&service, chosen).await;
            let mut one = document("run-out", b"<a><b>1</b></a>");
            one["signatureInfo"] = json!({ "signatureType": "XAdES", "signatureLevel": "LTA" });
            let wish = request(&unique("run-out"), vec![one]);
            let answer = client.sign(&wish).await.good();
            let document = &answer["documentList"][0];
            assert_eq!(document["signErrorReason"], "postponed", "{chosen:?}: {answer}");
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
        }
    });
}

/// Seals that are raised later wait in the same way, and nothing is written before.
#[test]
fn an_extension_asks_anew_for_what_runs_out_before_the_archive_timestamp() {
    run(async {
        let (world, asked) = passing();
        let mut setup = world.setup(0);
        tolerant(&mut setup, 1);
        let service = setup.start().await;
        let client = world.client(&service, Timestamps::Fail).await;
        let mark = unique("extended");
        let before = client.sign(&preserved(&mark, 1)).await.good();
        let reference = format!("{mark} later");
        let wish = json!({ "externalReference": reference, "signatureLevel": "LTA" });
        let answer = extend(&client, &before["id"], &wish).await.good();
        assert_eq!(answer["status"], "EXECUTION_ERROR", "{answer}");
        let same = client.detail(&before["id"], true).await.good();
        assert_eq!(sealed(&same, 0), sealed(&before, 0));
        let until = Instant::now() + PATIENCE;
        while client.by_reference(&reference).await.json()["status"] != "EXECUTED" {
            assert!(Instant::now() < until, "it does not go on");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let after = client.detail(&before["id"], true).await.good();
        assert_eq!(after["documentList"][0]["signatureLevel"], "XAdES-BASELINE-LTA", "{after}");
        assert_eq!(archives(&client, &before["id"]).await, 1);
        assert_eq!(asked.load(Ordering::SeqCst), 4, "both timestamps are asked for once more");
        service.stop().await;
    });
}

/// The list of the time-stamp authority is good for half a day more, and the next timestamp comes twenty hours late; one
/// after that comes in time. Returns how many were asked for since. It is the seventeenth day.
fn passing_list(days: &Days) -> Arc<AtomicUsize> {
    days.hours(12);
    days.world.status.answers(|_, query| {
        // made in a week's time, for ten days
        (query.path == "/tsa.crl").then(|| TsaReply::of(TSA.list_in_days(7)))
    });
    let asked = Arc::new(AtomicUsize::new(0));
    let (count, now) = (Arc::clone(&asked), days.now());
    days.world.tsa.answers(move |query| {
        let late = count.fetch_add(1, Ordering::SeqCst) == 0;
        TsaReply::good_at(query, now.plus_ms(if late { 20 * 3_600_000 } else { 1000 }))
    });
    asked
}

/// By the end of the list it is renewed with a timestamp of its time, and not with the late one.
#[test]
fn a_renewed_seal_is_not_archived_behind_the_end_of_what_it_stands_on() {
    run(async {
        let days = Days::begin();
        let mut setup = days.setup(Setup::new());
        tolerant(&mut setup, 24);
        let service = setup.start().await;
        let client = days.world.client(&service, Timestamps::Wait).await;
        let wish = at_level(preserved(&unique("renewed"), 1), "LTA");
        let answer = client.sign(&wish).await.good();
        assert_eq!(archives(&client, &answer["id"]).await, 1);
        days.pass(16);
        let asked = passing_list(&days);
        look(&service).await;
        let client = client.at(&service.base).await;
        let until = Instant::now() + PATIENCE;
        while archives(&client, &answer["id"]).await < 2 {
            assert!(Instant::now() < until, "it was not renewed");
            days.second();
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
        assert_eq!(asked.load(Ordering::SeqCst), 2, "the late one is not taken");
        service.stop().await;
    });
}

#[test]
fn renewed_evidence_is_not_stamped_behind_the_end_of_what_it_stands_on() {
    run(async {
        let days = Days::begin();
        let mut setup = days.setup(Setup::new());
        tolerant(&mut setup, 24);
        let service = setup.start().await;
        let client = service.client_with(&AUTHORITY.p256).await;
        let answer = client.sign(&preserved(&unique("evidence"), 1)).await.good();
        days.pass(1);
        look(&service).await;
        days.pass(15);
        let asked = passing_list(&days);
        look(&service).await;
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        let client = client.at(&service.base).await;
        let report = days.report(&record(&client, &answer, 0).await, &sealed(&answer, 0));
        passes(&report, &[1]);
        days.second();
        look(&service).await;
        assert_eq!(asked.load(Ordering::SeqCst), 2, "another one is asked for");
        let report = days.report(&record(&client, &answer, 0).await, &sealed(&answer, 0));
        passes(&report, &[2]);
        service.stop().await;
    });
}
