//! The machine's clock, watched: it is what signing times say, and nobody else does.

use std::time::Duration;

use tokio::time::Instant;

use super::Error;
use crate::app::App;
use crate::domain::sources::sources;

/// More than that it may not differ from the database's when something is sealed.
pub const MOST_APART_MS: i64 = 60_000;

/// How often the database is asked for its time.
const AGREE: Duration = Duration::from_mins(1);

/// Looks again and again.
#[derive(Default)]
pub struct Watch {
    agreed: Option<Instant>,
}

impl Watch {
    /// Tells of a jump, and asks the database for its time when that was long ago.
    pub async fn look(&mut self, app: &App) {
        if let Some(jump_ms) = app.steady.look(&app.clock) {
            tracing::error!(jump_ms, "the clock of this machine jumped");
        }
        if self.agreed.is_some_and(|at| at.elapsed() < AGREE) {
            return;
        }
        match agree(app).await {
            Ok(()) => self.agreed = Some(Instant::now()),
            Err(error) => {
                tracing::debug!(error = %sources(&error), "the database's time is not known");
            }
        }
    }
}

/// Takes over the time of the database, if it has one of its own.
async fn agree(app: &App) -> Result<(), Error> {
    if let Some(now) = app.store.clock().await? {
        app.steady.agree(&app.clock, now);
    }
    Ok(())
}

/// By how many milliseconds the machine's clock and the database's differ, when that is more than
/// [`MOST_APART_MS`].
///
/// # Errors
/// When the database was never asked and cannot be.
pub async fn too_far_apart(app: &App) -> Result<Option<i64>, Error> {
    if app.steady.gap_ms(&app.clock).is_none() {
        agree(app).await?;
    }
    Ok(app.steady.gap_ms(&app.clock).filter(|gap| gap.abs() > MOST_APART_MS))
}
