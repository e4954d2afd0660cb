//! What somebody sees first: what ended today, what waits, and what is wrong with what to do about it. Whether keys sign
//! and the database takes writes is told by `readiness`.

use super::{Error, delivery};
use crate::app::App;
use crate::domain::instant::Instant;
use crate::domain::language::Language;
use crate::domain::scope::ServiceSet;
use crate::letters::Rendered;
use crate::store::today::{EndedOnDay, Waiting};

/// The first page.
pub struct FirstPage {
    /// Since midnight (UTC).
    pub ended: EndedOnDay,
    pub waiting: Waiting,
    /// For how long the oldest operation has waited.
    pub oldest_operation_ms: Option<i64>,
    /// For how long the first mail has been due.
    pub oldest_mail_ms: Option<i64>,
    /// Newest first; they are told to those only who see everything.
    pub alarms: Vec<OpenAlarm>,
}

/// An alarm that is not over.
pub struct OpenAlarm {
    pub name: String,
    pub raised: Instant,
    /// The letter that tells it, with what to do; `None`: of another release.
    pub letter: Option<Rendered>,
}

/// Reads the first page of somebody who sees these client services.
///
/// # Errors
/// From the database.
pub async fn read(app: &App, seen: &ServiceSet, language: Language) -> Result<FirstPage, Error> {
    let now = app.now();
    let ended = app.reports.ended_on(seen, now).await?;
    let waiting = app.reports.waiting(seen, now).await?;
    let since = |at: Instant, now: Instant| now.unix_ms().saturating_sub(at.unix_ms()).max(0);
    let alarms = if *seen == ServiceSet::All {
        let all = app.reader.alarms().await?.into_iter();
        let open = all.filter(|alarm| alarm.cleared.is_none()).map(|alarm| OpenAlarm {
            letter: delivery::letters::alarm(&alarm.content, language),
            name: alarm.name,
            raised: alarm.raised,
        });
        open.collect()
    } else {
        Vec::new()
    };
    let due = waiting.first_mail.filter(|at| *at <= app.steady_now());
    Ok(FirstPage {
        ended,
        oldest_operation_ms: waiting.oldest_operation.map(|at| since(at, now)),
        oldest_mail_ms: due.map(|at| since(at, app.steady_now())),
        waiting,
        alarms,
    })
}
