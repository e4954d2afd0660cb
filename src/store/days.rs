//! What was counted day by day when it ended: documents, operations and mails. Nothing is counted anew.

use std::collections::BTreeMap;

use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use super::statement::Statement;
use super::{Reports, Result, row};
use crate::domain::ids::{ClientServiceId, MessageId};
use crate::domain::instant::{DAY_MS, Instant};
use crate::domain::scope::ServiceSet;
use crate::domain::usage_count::UsageCount;

const ENDED: &str = "CAST(SUM(sealed) AS BIGINT) AS sealed,
    CAST(SUM(unsealed) AS BIGINT) AS unsealed, CAST(SUM(executed) AS BIGINT) AS executed,
    CAST(SUM(execution_failed) AS BIGINT) AS execution_failed FROM usage_day";

const MAILED: &str = "CAST(SUM(sent) AS BIGINT) AS sent,
    CAST(SUM(failed) AS BIGINT) AS failed FROM mail_day";

impl Reports {
    /// What ended from one day on and before another, by client service.
    pub async fn counted_by_service(
        &self,
        services: &ServiceSet,
        days: (i64, i64),
    ) -> Result<BTreeMap<ClientServiceId, UsageCount>> {
        let counted = self.counted("client_service_id", services, days).await?;
        Ok(counted.into_iter().map(|(id, count)| (ClientServiceId::from_i64(id), count)).collect())
    }

    /// The same by day, counted from 1970; days without anything are left out.
    pub async fn counted_by_day(
        &self,
        services: &ServiceSet,
        days: (i64, i64),
    ) -> Result<BTreeMap<i64, UsageCount>> {
        self.counted("day", services, days).await
    }

    async fn counted(
        &self,
        by: &'static str,
        services: &ServiceSet,
        (from, until): (i64, i64),
    ) -> Result<BTreeMap<i64, UsageCount>> {
        let asked = |what: &str| {
            let mut asked = Statement::new(format!("SELECT {by}, {what} WHERE day >= "));
            asked.number(from).say(" AND day < ").number(until);
            asked.of_services("client_service_id", services).say(" GROUP BY ").say(by);
            asked
        };
        let mut counted: BTreeMap<i64, UsageCount> = BTreeMap::new();
        for found in &asked(ENDED).rows(&self.pool).await? {
            *counted.entry(row::integer(found, by)?).or_default() += ended_from(found)?;
        }
        for found in &asked(MAILED).rows(&self.pool).await? {
            let count = counted.entry(row::integer(found, by)?).or_default();
            count.mails_sent += row::unsigned(found, "sent")?;
            count.mails_failed += row::unsigned(found, "failed")?;
        }
        Ok(counted)
    }
}

fn ended_from(found: &AnyRow) -> Result<UsageCount> {
    Ok(UsageCount {
        sealed: row::unsigned(found, "sealed")?,
        unsealed: row::unsigned(found, "unsealed")?,
        executed: row::unsigned(found, "executed")?,
        execution_failed: row::unsigned(found, "execution_failed")?,
        ..UsageCount::default()
    })
}

/// Counts a mail that has ended, sent or given up, in the transaction in which it does. Others are nobody's usage.
pub(super) async fn count_mail(
    tx: &mut AnyConnection,
    message: MessageId,
    is_sent: bool,
    now: Instant,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO mail_day (client_service_id, day, sent, failed)
         SELECT client_service_id, $2, $3, $4 FROM message
         WHERE id = $1 AND channel = 'MAIL' AND client_service_id IS NOT NULL
         ON CONFLICT (client_service_id, day)
         DO UPDATE SET sent = mail_day.sent + excluded.sent,
             failed = mail_day.failed + excluded.failed",
    )
    .bind(message.as_i64())
    .bind(now.unix_ms().div_euclid(DAY_MS))
    .bind(i64::from(is_sent))
    .bind(i64::from(!is_sent))
    .execute(tx)
    .await?;
    Ok(())
}
