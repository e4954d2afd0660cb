//! What becomes of a message after a try, and how that is written down.

use std::time::Duration;

use crate::app::App;
use crate::domain::delivery::{Ladder, Tried, Verdict};
use crate::domain::ids::EventId;
use crate::domain::instant::{HOUR_MS, Instant};
use crate::domain::outbox::{Message, MessageLease, Next};
use crate::domain::sources::sources;
use crate::workflow::Error;

/// Writes down how a try ended, however long the database is away: a message that was taken over and
/// not written down would be sent again.
pub(super) async fn record(
    app: &App,
    lease: MessageLease,
    tried: &Tried,
    next: &Next,
    event: EventId,
) -> Result<(), Error> {
    let mut wait = Duration::from_millis(100);
    loop {
        match app.store.record_try(lease, tried, next, event, app.steady_now()).await {
            Err(
                error @ (crate::store::Error::Unavailable(_) | crate::store::Error::Uncertain(_)),
            ) => {
                tracing::warn!(error = %sources(&error), "a try is written down later");
            }
            done => return Ok(done?),
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(Duration::from_secs(5));
    }
}

/// What a fault of ours in writing a message counts as: a try that failed, so that it ends some day. `None`: the
/// outside's cause, and the message is taken up again when its lease has run out.
pub(super) fn fault(lease: MessageLease, error: &Error) -> Option<Tried> {
    if matches!(error, Error::Unavailable(..) | Error::Uncertain(..) | Error::Busy) {
        return None;
    }
    tracing::error!(message = %lease.message, error = %sources(error), "a message cannot be written");
    let words = "this service could not write the message; its log says why";
    Some(Tried::new(Verdict::Later, "compose", words))
}

/// What becomes of a message after a try that says something about its receiver: so many failed before
/// it. `smaller`: the same can be said in a smaller message.
#[must_use]
pub(super) fn next_step(
    ladder: &Ladder,
    failed_before: u32,
    tried: &Tried,
    smaller: bool,
    now: Instant,
    random: u16,
) -> Next {
    match tried.verdict {
        Verdict::Accepted => Next::Sent,
        Verdict::TooLarge if smaller => Next::Again { at: now, counted: false, links_only: true },
        Verdict::Never | Verdict::TooLarge => Next::Failed,
        Verdict::Later | Verdict::Relay => {
            match ladder.wait_ms(failed_before.saturating_add(1), random) {
                None => Next::Failed,
                Some(wait) => {
                    let wait = wait.max(tried.wait_ms.unwrap_or_default());
                    Next::Again { at: now.plus_ms(wait), counted: true, links_only: false }
                }
            }
        }
    }
}

/// When a message is given up whose way stays closed.
pub(super) fn given_up_at(app: &App, message: &Message) -> Instant {
    message.released.unwrap_or(message.created).plus_ms(give_up_ms(app))
}

/// How long a message waits for a closed way.
pub(super) fn give_up_ms(app: &App) -> i64 {
    app.delivery.give_up_hours.saturating_mul(HOUR_MS)
}
