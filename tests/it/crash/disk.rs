//! A disk that is full, and one that does not keep what it was given. strace lets the system calls fail.

use serde_json::Value;

use super::service::{Installation, send_away};
use super::{request, until};

/// While the disk is full nothing is recorded and it is not ready, and afterwards everything is, without a restart.
#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_was_full_is_written_to_again() {
    let installation = Installation::new().await;
    let service = installation.start("full").await;
    let full = service.failing("pwrite64", "ENOSPC").await;
    let (status, answer) = service.asked_to_sign(&request("full")).await.unwrap();
    assert_eq!((status, answer["errorCode"].as_str()), (503, Some("2.0.3")), "{answer}");
    assert_eq!(service.status_of("/readyz").await, 503);
    send_away(full).await;
    for reference in ["full", "after"] {
        let (status, answer) = service.asked_to_sign(&request(reference)).await.unwrap();
        assert_eq!((status, answer["status"].as_str()), (200, Some("EXECUTED")), "{answer}");
    }
    until(async || service.status_of("/readyz").await == 200).await;
    service.kill().await;
}

/// A commit that did not reach the disk is the last one of the process; the next one finds what was
/// recorded, and executes it once.
#[tokio::test(flavor = "multi_thread")]
async fn a_failed_fsync_ends_the_process() {
    let installation = Installation::new().await;
    let service = installation.start("fsync").await;
    let broken = service.failing("fsync,fdatasync", "EIO").await;
    // The answer may be lost with the process; one that comes does not say that all is well.
    if let Ok((status, answer)) = service.asked_to_sign(&request("fsync")).await {
        assert_eq!((status, answer["reason"].as_str()), (503, Some("outcome-unknown")), "{answer}");
    }
    assert!(!service.ends(&installation).await, "the process says that it failed");
    drop(broken);
    assert!(installation.said().contains("fsync failed"), "{}", installation.said());

    let service = installation.start("fsync").await;
    let (status, answer): (u16, Value) = service.asked_to_sign(&request("fsync")).await.unwrap();
    assert_eq!((status, answer["status"].as_str()), (200, Some("EXECUTED")), "{answer}");
    service.kill().await;
}
