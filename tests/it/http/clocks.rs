//! The machine's clock jumps, or is not that of the database.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chancery::app::Clock;
use chancery::domain::ids::OperationId;
use chancery::domain::scope::Scope;
use chancery::workflow::alarms::Watcher;

use crate::support::client::{PATIENCE, small};
use crate::support::postgres::Postgres;
use crate::support::service::{Service, Setup, run, unique};

const HOUR_MS: i64 = 60 * 60 * 1000;

/// A service whose clock is wrong by so many milliseconds, with a short ladder.
fn wrong(mut setup: Setup, by_ms: i64) -> (Setup, Arc<AtomicI64>) {
    let by = Arc::new(AtomicI64::new(by_ms));
    setup.clock = Clock::Wrong(Arc::clone(&by));
    setup.config.workflow.retry_ladder_ms = vec![200];
    setup.config.workflow.poll_ms = 20;
    (setup, by)
}

async fn until(mut seen: impl AsyncFnMut() -> bool) {
    tokio::time::timeout(PATIENCE, async {
        while !seen().await {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    })
    .await
    .expect("it was to happen by itself");
}

async fn attempts(service: &Service, id: OperationId) -> u32 {
    let found = service.app.reader.operation(Scope::Installation, id).await;
    found.unwrap().unwrap().attempts
}

/// An hour back neither stops what waits for its next try, nor what comes after a restart; people are
/// told.
#[test]
fn a_clock_that_is_put_back_stops_nothing() {
    run(async {
        let base = Setup::new().start().await;
        let client = base.client().await;
        // Nobody else takes anything up.
        base.app.store.close().await;
        let (mut setup, by) = wrong(Setup::same_database(&base), 0);
        "pulled out".clone_into(&mut setup.token_label);
        let first = setup.start().await;
        let client = client.at(&first.base).await;
        let reference = unique("put back");
        let waiting = client.sign(&small(&reference)).await.good();
        assert_eq!(waiting["status"], "EXECUTION_ERROR");
        let id = OperationId::from_i64(waiting["id"].as_i64().unwrap());
        by.store(-HOUR_MS, Ordering::Relaxed);
        let before = attempts(&first, id).await;
        until(async || attempts(&first, id).await > before + 1).await;

        until(async || first.app.steady.jumped_ms().is_some()).await;
        Watcher::default().look(&first.app).await.unwrap();
        let alarms = first.app.reader.alarms().await.unwrap();
        let told = alarms.iter().find(|alarm| alarm.name == "clock/wrong").unwrap();
        assert!(told.content.contains("3600") || told.content.contains("3599"), "{told:?}");

        let (next, _) = wrong(Setup::same_database(&first), -HOUR_MS);
        first.stop().await;
        let next = next.start().await;
        let client = client.at(&next.base).await;
        assert_eq!(client.finished(&reference).await["status"], "EXECUTED");
        next.stop().await;
    });
}

/// Nothing is sealed with a time that the database does not know.
#[test]
fn a_clock_that_is_not_the_databases_seals_nothing() {
    let postgres = Postgres::start();
    run(async {
        for by_ms in [120_000, -120_000] {
            let (mut setup, by) = wrong(Setup::new(), by_ms);
            setup.config.store.url = postgres.url();
            let service = setup.start().await;
            let client = service.client().await;
            let reference = unique("apart");
            let waiting = client.sign(&small(&reference)).await.good();
            assert_eq!(waiting["status"], "EXECUTION_ERROR");
            assert_eq!(waiting["documentList"][0]["signStatus"], "RECEIVED");
            by.store(0, Ordering::Relaxed);
            // Its token is of another time.
            let client = client.at(&service.base).await;
            assert_eq!(client.finished(&reference).await["status"], "EXECUTED");
            service.stop().await;
        }
    });
}
