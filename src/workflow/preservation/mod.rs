//! Preserved documents (preserveContent: true): those of each day get evidence records (RFC 4998) with one timestamp,
//! which are renewed before what they stand on ends. One process over a database does it at a time.

mod building;
mod records;
mod renewal;
mod seals;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

pub use self::records::{
    EvidenceFile, FoundEvidence, KeptDocument, find_evidence, find_evidence_by_reference,
    kept_documents,
};
use super::timestamps::{self, Stamping};
use super::{Error, lease};
use crate::app::App;
use crate::domain::instant::{DAY_MS, Instant};
use crate::domain::preservation::RenewalTimes;
use crate::domain::profile::DigestAlgorithm;
use crate::domain::sources::sources;
use crate::pki::timestamp::TimestampToken;
use crate::store::preservation::GroupStamp;

/// Groups that are renewed with one timestamp at most.
const RENEWED_AT_ONCE: u32 = 1000;

/// A time that is over: whoever has the turn gives it back.
const OVER: Instant = Instant::from_unix_ms(0);

/// Looks until `stop` changes. Errors are logged and the next look comes in time.
pub async fn watch(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    let period = Duration::from_millis(app.preservation.poll_ms.max(10));
    let mut keeper = EvidenceKeeper::default();
    loop {
        let look = async {
            if let Err(error) = keeper.look(&app).await {
                tracing::error!(error = %sources(&error), "preserved documents cannot be looked after");
            }
            tokio::time::sleep(period).await;
        };
        tokio::select! {
            () = look => {}
            _ = stop.changed() => return,
        }
    }
}

/// Whether documents get evidence records here: it is wanted, and there is somebody who gives timestamps.
#[must_use]
pub fn is_on(app: &App) -> bool {
    app.preservation.evidence && app.authorities.all().next().is_some()
}

/// Documents that were sealed before this belong into a group by now: the day of the others is not over.
#[must_use]
pub fn end_of_yesterday(now: Instant) -> Instant {
    now.plus_ms(-now.unix_ms().rem_euclid(DAY_MS))
}

/// What of preservation is overdue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Overdue {
    /// When the document was sealed that waits longest for its evidence.
    pub evidence: Option<Instant>,
    /// When what ends first was to be renewed long before.
    pub renewal: Option<Instant>,
}

/// Says what is overdue now.
///
/// # Errors
/// The database does not answer.
pub async fn overdue(app: &App) -> Result<Overdue, Error> {
    if !is_on(app) {
        return Ok(Overdue::default());
    }
    let now = app.now();
    let backlog = app.reports.preservation(now).await?;
    let by = end_of_yesterday(now.plus_ms(-app.preservation.overdue_ms));
    let late = |times: &RenewalTimes| now >= times.overdue();
    let renewals = backlog.first_renewal.into_iter().chain(backlog.first_seal).filter(late);
    Ok(Overdue {
        evidence: backlog.oldest_waiting.filter(|oldest| *oldest < by),
        renewal: renewals.map(|times| times.ends).min(),
    })
}

/// What ends by the calendar before this is not begun with any more.
fn ends_soon(app: &App) -> Instant {
    app.now().plus_ms(i64::from(app.preservation.renew_days).saturating_mul(DAY_MS))
}

/// Looks after evidence, and remembers what only this process knows.
#[derive(Default)]
pub struct EvidenceKeeper {
    /// The day on which the ends of timestamps were last held against the calendar.
    followed: Option<i64>,
}

impl EvidenceKeeper {
    /// Does what is due, when no other process does. When it returns, every document that was sealed before today has
    /// its evidence, and what ends soon is renewed, unless a timestamp could not be had.
    ///
    /// # Errors
    /// The database does not answer; a fault of ours. What was done until then stays.
    pub async fn look(&mut self, app: &App) -> Result<(), Error> {
        seals::extend_due(app).await?;
        if !is_on(app) {
            return Ok(());
        }
        let now = app.now();
        let day = now.unix_ms().div_euclid(DAY_MS);
        let follows = self.followed != Some(day);
        if !follows && !is_something_due(app, now).await? {
            return Ok(());
        }
        let until = || app.steady_now().plus_ms(app.preservation.lease_ms);
        let Some(turn) = app.store.take_preservation_turn(app.steady_now(), until()).await? else {
            return Ok(());
        };
        let renew = || app.store.keep_preservation_turn(turn, until());
        let work = async {
            if follows {
                renewal::follow_calendar(app, turn).await?;
            }
            let stamping = timestamps::of_installation(app, &app.preservation.authorities);
            if building::build_all(app, turn, &stamping, now).await? {
                renewal::renew_all(app, turn, &stamping).await?;
            }
            Ok(())
        };
        let done: Result<(), Error> = lease::kept(app.preservation.lease_ms, renew, work).await;
        app.store.keep_preservation_turn(turn, OVER).await?;
        done?;
        self.followed = Some(day);
        Ok(())
    }
}

async fn is_something_due(app: &App, now: Instant) -> Result<bool, Error> {
    let reader = &app.reader;
    Ok(!reader.documents_without_evidence(end_of_yesterday(now), 1).await?.is_empty()
        || reader.building_group().await?.is_some()
        || !reader.groups_due(now, 1).await?.is_empty())
}

/// The digest of a new chain: that of the time-stamp authority which is asked first, unless it ends soon by the calendar.
fn next_digest(app: &App, stamping: &Stamping<'_>) -> DigestAlgorithm {
    let first = stamping.digests().first().copied().unwrap_or(DigestAlgorithm::Sha256);
    let soon = ends_soon(app);
    let all = [first, DigestAlgorithm::Sha256, DigestAlgorithm::Sha384, DigestAlgorithm::Sha512];
    let stays = |digest: &DigestAlgorithm| {
        app.calendar.digest(*digest).is_none_or(|ending| ending.until > soon)
    };
    all.into_iter().find(stays).unwrap_or(DigestAlgorithm::Sha512)
}

/// What is kept of a timestamp.
fn group_stamp(app: &App, der: &[u8], token: &TimestampToken) -> GroupStamp {
    GroupStamp { der: der.to_vec(), stamped: token.info().gen_time, times: times_of(app, token) }
}

/// When a timestamp has to be followed by another one.
fn times_of(app: &App, token: &TimestampToken) -> RenewalTimes {
    let (made, ends) = (token.info().gen_time, app.calendar.timestamp(token).until);
    RenewalTimes::new(made, ends, app.preservation.renew_days)
}

/// Calculates on a thread that may take its time.
async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)
}

/// Whether whoever has the turn may go on.
fn is_ending(app: &App) -> bool {
    app.stopping.is_leaving()
}
