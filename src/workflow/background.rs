//! The loop that takes up unfinished operations: after a crash, after a lost lease, or when it is
//! time to try again.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::{execute, sources};
use crate::app::App;

/// Takes up due operations until `stop` changes. Errors are logged and the next look comes in time.
pub async fn take_up(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    let period = Duration::from_millis(app.execution.poll_ms.max(10));
    loop {
        if let Err(error) = look(&app).await {
            tracing::error!(error = %sources(&error), "unfinished operations could not be looked for");
        }
        tokio::select! {
            () = tokio::time::sleep(period) => {}
            _ = stop.changed() => return,
        }
    }
}

async fn look(app: &Arc<App>) -> Result<(), super::Error> {
    let free = u32::try_from(app.executors.available_permits()).unwrap_or(u32::MAX);
    if free == 0 {
        return Ok(());
    }
    let now = app.now();
    let until = now.plus_ms(app.execution.lease_ms);
    for lease in app.store.lease_due(now, until, free).await? {
        tracing::info!(operation = %lease.operation, attempt = lease.attempt, "taken up again");
        execute::start(app, lease, None, None);
    }
    Ok(())
}

/// Waits until nothing is in work in this process, at most `workflow.drain_ms`. Returns how many
/// operations were left to be taken up later.
pub async fn drain(app: &App) -> usize {
    let patience = Duration::from_millis(app.execution.drain_ms);
    let all = u32::try_from(app.execution.executors.max(1)).unwrap_or(u32::MAX);
    match tokio::time::timeout(patience, app.executors.acquire_many(all)).await {
        Ok(_) => 0,
        Err(_) => app.running.count(),
    }
}
