//! Leases: what is in work belongs to whoever works on it, as long as somebody says so.

use std::time::Duration;

use crate::domain::sources::sources;

/// Renews a lease three times in its length while the work goes on. The two run side by side, never one
/// inside the other's wait: on SQLite both need the one writing connection. A lease that cannot be
/// renewed does not stop the work here; its writes are fenced by the attempt they belong to.
pub(super) async fn kept<T, R: Future<Output = crate::store::Result<()>>>(
    length_ms: i64,
    renew: impl Fn() -> R,
    work: impl Future<Output = T>,
) -> T {
    let period = Duration::from_millis((length_ms / 3).max(1).unsigned_abs());
    let heartbeat = async {
        loop {
            tokio::time::sleep(period).await;
            if let Err(error) = renew().await {
                tracing::debug!(error = %sources(&error), "a lease was not renewed");
            }
        }
    };
    tokio::select! {
        result = work => result,
        never = heartbeat => never,
    }
}
