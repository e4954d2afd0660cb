//! The end of a service: who waits is answered, and what is in work is given back.

use crate::support::client::{PATIENCE, small};
use crate::support::service::{Setup, run, unique};

#[test]
fn who_waits_at_the_end_is_answered_and_the_work_is_given_back() {
    run(async {
        let mut setup = Setup::new();
        // What is not given back is not taken up while this test lasts.
        setup.config.workflow.lease_ms = 10 * 60 * 1000;
        setup.config.workflow.drain_ms = 2000;
        setup.config.workflow.executors = 1;
        let service = setup.start().await;
        let client = service.client().await;
        let core = service.engine_busy().await;
        // One is executed, and one waits for its turn.
        let references = [unique("leaving"), unique("leaving")];
        let asked = references.clone().map(|reference| {
            let client = client.clone();
            tokio::spawn(async move { client.sign(&small(&reference)).await })
        });
        tokio::time::timeout(PATIENCE, async {
            while service.app.running.count() < 2 {
                tokio::task::yield_now().await;
            }
        })
        .await
        .unwrap();
        let next = Setup::same_database(&service);
        service.stop().await;
        for asked in asked {
            assert_eq!(asked.await.unwrap().good()["status"], "PENDING_EXECUTION");
        }
        drop(core);
        let next = next.start().await;
        let client = client.at(&next.base).await;
        for reference in references {
            assert_eq!(client.finished(&reference).await["status"], "EXECUTED");
        }
        next.stop().await;
    });
}
