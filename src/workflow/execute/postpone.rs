//! Operations given back to be tried again, and when that is.

use std::time::Instant as Moment;

use crate::app::{App, ReadyCredential};
use crate::domain::operation::WaitsFor;
use crate::domain::sources::sources;
use crate::keys::{Error as KeyError, ErrorClass};
use crate::store::leases::Lease;
use crate::workflow::Error;
use crate::workflow::timestamps::NoToken;
use crate::workflow::validation_data::NoData;

/// The step of the ladder for what waits for somebody: who sets a clock, who releases a key, a probe that
/// finds it well, a time-stamp authority that rests.
const WAITING_STEP: u32 = 3;

/// An operation that failed more often in a row although its key was asked is not due at once any more
/// because a probe succeeds: what it asks for is something else.
pub(in crate::workflow) const IN_VAIN: u32 = 5;

/// Why documents wait.
pub(super) enum WaitCause {
    /// The key did not answer.
    Key(KeyError),
    /// No time-stamp authority gave a token.
    Timestamp(NoToken),
    /// Nobody said whether certificates were revoked.
    ValidationData(NoData),
}

impl WaitCause {
    /// What everybody said, for who operates the service.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Key(error) => error.to_string(),
            Self::Timestamp(none) => format!("no timestamp: {}", none.words),
            Self::ValidationData(none) => format!("no validation data: {}", none.words),
        }
    }
}

/// Gives an operation back because the key, every time-stamp authority, or who tells of certificates did not answer
/// for some of its documents. What was only busy, had some of them sealed, or was not asked, has not failed.
pub(super) async fn postpone(
    app: &App,
    (lease, started): (Lease, Moment),
    ready: Option<&ReadyCredential>,
    (failures, progress): (u32, bool),
    trouble: &WaitCause,
) -> Result<(), Error> {
    let again = failures.saturating_add(1);
    let (failures, step) = match trouble {
        _ if progress => (0, 0),
        WaitCause::Key(KeyError::Resting(_) | KeyError::Quarantined(_))
        | WaitCause::Timestamp(NoToken { asked: false, .. })
        | WaitCause::ValidationData(NoData { asked: false, .. }) => (failures, WAITING_STEP),
        WaitCause::Key(error) if error.class() == ErrorClass::Saturated => {
            (failures, failures.max(1))
        }
        WaitCause::Key(_) => (again, again),
        // Whoever else waits for it finds out meanwhile: it is not asked more often for that.
        WaitCause::Timestamp(_) | WaitCause::ValidationData(_) => (again, again.min(WAITING_STEP)),
    };
    let wait = retry_wait(app, step);
    match trouble {
        WaitCause::Key(error) => {
            tracing::warn!(operation = %lease.operation, failures, wait_ms = wait,
                error = %sources(error), "the key did not answer for every document, trying again");
        }
        WaitCause::Timestamp(none) => {
            tracing::warn!(operation = %lease.operation, failures, wait_ms = wait,
                error = %none.words, "documents wait for their timestamps, trying again");
        }
        WaitCause::ValidationData(none) => {
            tracing::warn!(operation = %lease.operation, failures, wait_ms = wait,
                error = %none.words, "documents wait for their validation data, trying again");
        }
    }
    let words = trouble.words();
    let run = app.steady_now().plus_ms(wait);
    let waits_for = match trouble {
        WaitCause::Key(_) => WaitsFor::Key,
        WaitCause::Timestamp(_) => WaitsFor::Timestamp,
        WaitCause::ValidationData(_) => WaitsFor::ValidationData,
    };
    app.store.postpone(lease, run, failures, (Some(waits_for), &words)).await?;
    let (WaitCause::Key(error), Some(ready)) = (trouble, ready) else { return Ok(()) };
    // It may have signed again before this was written, and what waited was made due without this one.
    let proof = app.keyring.proof(&ready.key);
    let signed_since =
        proof.failing.is_none() && proof.proven.is_some_and(|proven| proven > started);
    let quarantined = app.keyring.is_quarantined(ready.key.name().1);
    if signed_since && !quarantined && error.class() == ErrorClass::Transient {
        let soon = app.steady_now().plus_ms(retry_wait(app, 1));
        app.store.make_due(ready.credential.id, IN_VAIN, soon).await?;
    }
    Ok(())
}

/// Gives an operation back because nobody knows what time it is.
pub(super) async fn wait_for_clock(
    app: &App,
    lease: Lease,
    failures: u32,
    gap_ms: i64,
) -> Result<(), Error> {
    let run = app.steady_now().plus_ms(retry_wait(app, WAITING_STEP));
    tracing::error!(operation = %lease.operation, gap_ms,
        "nothing is sealed: the clock of this machine and that of the database differ");
    let words = format!("the clock differs from the database's by {} s", gap_ms / 1000);
    Ok(app.store.postpone(lease, run, failures, (None, &words)).await?)
}

/// How long an operation waits before the try after so many failures.
pub(super) fn retry_wait(app: &App, failures: u32) -> i64 {
    let ladder = &app.execution.retry_ladder_ms;
    let step = usize::try_from(failures.saturating_sub(1)).unwrap_or(usize::MAX);
    ladder.get(step).or(ladder.last()).copied().unwrap_or(60_000)
}
