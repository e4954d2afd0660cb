//! What the first page shows: what ended today, from what was counted when it ended, and what waits, from indexes that
//! hold nothing else. What waits is counted up to a bound.

use std::collections::BTreeMap;

use super::statement::Statement;
use super::{Reports, Result, row};
use crate::domain::ids::ClientServiceId;
use crate::domain::instant::{DAY_MS, Instant};
use crate::domain::listing::BoundedCount;
use crate::domain::operation::OperationState;
use crate::domain::scope::ServiceSet;

/// What ended on a day (UTC).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EndedOnDay {
    /// Operations with a sealed document, and without one.
    pub executed: u64,
    pub execution_failed: u64,
    /// Documents that were sealed, and that were not.
    pub sealed: u64,
    pub unsealed: u64,
}

/// What waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Operations that are in work or wait for their turn, and those that wait for their next try.
    pub pending: BoundedCount,
    pub retrying: BoundedCount,
    /// When the oldest of them was accepted.
    pub oldest_operation: Option<Instant>,
    /// Mails that are due, or will be.
    pub mails: BoundedCount,
    /// When the first of them is due, by the clock of leases.
    pub first_mail: Option<Instant>,
    /// Mails that were given up since the beginning of the day.
    pub mails_given_up: BoundedCount,
}

/// What is counted one by one is counted so far.
pub const COUNTED: u64 = 10_000;

/// The client service of what is not finished. With its sign it is a calculation for planners, so that none goes through
/// all operations of a client service for the few that wait.
const OF_WAITING: &str = "+client_service_id";

impl Reports {
    /// What ended on the day of a time.
    pub async fn ended_on(&self, services: &ServiceSet, day: Instant) -> Result<EndedOnDay> {
        let mut asked = Statement::new(
            "SELECT CAST(COALESCE(SUM(executed), 0) AS BIGINT) AS executed,
                    CAST(COALESCE(SUM(execution_failed), 0) AS BIGINT) AS execution_failed,
                    CAST(COALESCE(SUM(sealed), 0) AS BIGINT) AS sealed,
                    CAST(COALESCE(SUM(unsealed), 0) AS BIGINT) AS unsealed
             FROM usage_day WHERE day = ",
        );
        asked.number(day.unix_ms().div_euclid(DAY_MS));
        asked.of_services("client_service_id", services);
        let rows = asked.rows(&self.pool).await?;
        let Some(found) = rows.first() else { return Ok(EndedOnDay::default()) };
        Ok(EndedOnDay {
            executed: row::unsigned(found, "executed")?,
            execution_failed: row::unsigned(found, "execution_failed")?,
            sealed: row::unsigned(found, "sealed")?,
            unsealed: row::unsigned(found, "unsealed")?,
        })
    }

    /// What waits, and mails that were given up since the beginning of the day of a time.
    pub async fn waiting(&self, services: &ServiceSet, now: Instant) -> Result<Waiting> {
        let states = self.unfinished(services).await?;
        let of = |state: OperationState| {
            BoundedCount::of(states.get(state.as_str()).copied().unwrap_or_default(), COUNTED)
        };
        let mut asked = Statement::new(
            "SELECT accepted_ms FROM operation WHERE finished_ms IS NULL AND draft = 0",
        );
        asked.of_services(OF_WAITING, services).say(" ORDER BY accepted_ms, id LIMIT 1");
        let oldest = asked.rows(&self.pool).await?;
        let due = "FROM message WHERE run_ms IS NOT NULL AND channel = 'MAIL'";
        let mut asked = Statement::new(format!("SELECT MIN(run_ms) AS first_ms {due}"));
        asked.of_services("client_service_id", services);
        let first = asked.rows(&self.pool).await?;
        let mut asked =
            Statement::new(format!("SELECT COUNT(*) AS many FROM (SELECT run_ms {due}"));
        asked.of_services("client_service_id", services);
        asked.say(&format!(" LIMIT {}) AS near", COUNTED + 1));
        let due = asked.rows(&self.pool).await?;
        let midnight = now.unix_ms().div_euclid(DAY_MS) * DAY_MS;
        let mut asked = Statement::new(
            "SELECT COUNT(*) AS many FROM (
                 SELECT ended_ms FROM message
                 WHERE channel = 'MAIL' AND status = 'SENDING_FAILED' AND ended_ms >= ",
        );
        asked.number(midnight).of_services("client_service_id", services);
        asked.say(&format!(" LIMIT {}) AS near", COUNTED + 1));
        let failed = asked.rows(&self.pool).await?;
        let many = |rows: &[sqlx::any::AnyRow]| {
            let many = rows.first().map_or(Ok(0), |found| row::unsigned(found, "many"));
            many.map(|many| BoundedCount::of(many, COUNTED))
        };
        let first_mail = first.first().map(|found| row::optional_instant(found, "first_ms"));
        Ok(Waiting {
            pending: of(OperationState::PendingExecution),
            retrying: of(OperationState::ExecutionError),
            oldest_operation: match oldest.first() {
                None => None,
                Some(found) => Some(row::instant(found, "accepted_ms")?),
            },
            mails: many(&due)?,
            first_mail: first_mail.transpose()?.flatten(),
            mails_given_up: many(&failed)?,
        })
    }

    /// When the newest operation of a client service was accepted.
    pub async fn last_accepted(&self, client_service: ClientServiceId) -> Result<Option<Instant>> {
        let found = sqlx::query(
            "SELECT accepted_ms FROM operation WHERE client_service_id = $1 AND draft = 0
             ORDER BY accepted_ms DESC, id DESC LIMIT 1",
        )
        .bind(client_service.as_i64())
        .fetch_optional(&self.pool)
        .await?;
        found.map(|found| row::instant(&found, "accepted_ms")).transpose()
    }

    /// How many operations are in each state that is no end, up to a bound of each.
    async fn unfinished(&self, services: &ServiceSet) -> Result<BTreeMap<&'static str, u64>> {
        let mut many = BTreeMap::new();
        for state in [OperationState::PendingExecution, OperationState::ExecutionError] {
            let mut asked = Statement::new(
                "SELECT COUNT(*) AS many FROM (
                     SELECT accepted_ms FROM operation
                     WHERE finished_ms IS NULL AND draft = 0 AND state = ",
            );
            asked.text(state.as_str()).of_services(OF_WAITING, services);
            asked.say(&format!(" LIMIT {}) AS near", COUNTED + 1));
            let rows = asked.rows(&self.pool).await?;
            let found = rows.first().map_or(Ok(0), |found| row::unsigned(found, "many"))?;
            many.insert(state.as_str(), found);
        }
        Ok(many)
    }
}
