//! What keeps the database in order while others write: drafts that nobody ends are given up, pieces that nobody
//! refers to swept, sessions that have ended forgotten, SQLite's log written back into its file. None of it is done in a client's transaction.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::people::sessions;
use super::{NOBODY, draft};
use crate::app::App;
use crate::domain::sources::sources;
use crate::store::Result;

/// How often it is looked.
const PERIOD: Duration = Duration::from_millis(250);

/// Looks until `stop` changes. Errors are logged and the next look comes in time.
pub(super) async fn keep(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    loop {
        if let Err(error) = app.store.checkpoint().await {
            tracing::warn!(error = %sources(&error), "the log of the database was not written back");
        }
        if let Err(error) = sweep(&app, &stop).await {
            tracing::warn!(error = %sources(&error), "what nobody refers to was not swept");
        }
        tokio::select! {
            () = tokio::time::sleep(PERIOD) => {}
            _ = stop.changed() => return,
        }
    }
}

/// Deletes what nobody refers to, some in each turn.
async fn sweep(app: &App, stop: &watch::Receiver<bool>) -> Result<()> {
    draft::give_up_overdue(app).await?;
    sessions::sweep(app).await?;
    let now = app.steady_now();
    if app.reader.overdue_pieces(now).await? {
        app.store.give_up_overdue_pieces(now).await?;
    }
    while let Some(loose) = app.reader.loose_pieces().await?
        && !*stop.borrow()
    {
        // Writing goes on meanwhile, and the log with it.
        app.store.checkpoint().await?;
        let _turn = app.writers.take(NOBODY, 1).await;
        app.store.sweep(&loose).await?;
    }
    Ok(())
}
