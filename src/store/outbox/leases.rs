//! Messages leased to those who try them, way by way.

use sqlx::AssertSqlSafe;

use super::reads::{COLUMNS, message_from};
use crate::domain::ids::MessageId;
use crate::domain::instant::Instant;
use crate::domain::outbox::{Channel, Message, MessageLease, Way};
use crate::store::{Result, Store, row};

impl Store {
    /// Leases up to `limit` messages of a channel that are due, those on full ways left out. Nobody
    /// else gets them before `until`.
    pub async fn lease_messages(
        &self,
        channel: Channel,
        (now, until): (Instant, Instant),
        limit: u32,
        full: &[Way],
    ) -> Result<Vec<(MessageLease, Message)>> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            let others = elsewhere(full);
            let sql = format!(
                "UPDATE message SET leases = leases + 1, run_ms = $2
                 WHERE run_ms <= $1 AND id IN (
                     SELECT id FROM message WHERE run_ms <= $1 AND channel = $4{others}
                     ORDER BY run_ms, id LIMIT $3)
                 RETURNING {}",
                COLUMNS.trim_start_matches("SELECT ").trim_end_matches("FROM message"),
            );
            let rows = sqlx::query(AssertSqlSafe(sql))
                .bind(now.unix_ms())
                .bind(until.unix_ms())
                .bind(i64::from(limit))
                .bind(channel.as_str())
                .fetch_all(&mut *tx)
                .await?;
            tx.commit().await?;
            rows.iter()
                .map(|found| {
                    let message = message_from(found)?;
                    Ok((
                        MessageLease { message: message.id, number: row::small(found, "leases")? },
                        message,
                    ))
                })
                .collect()
        })
        .await
    }

    /// Lets every message that is due on a way rest until `at`; `words` say why.
    pub async fn rest_way(&self, way: Way, now: Instant, at: Instant, words: &str) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            let sql = format!(
                "UPDATE message SET run_ms = $2, last_reply = $3 WHERE run_ms <= $1 AND {}",
                on_way(way)
            );
            sqlx::query(AssertSqlSafe(sql))
                .bind(now.unix_ms())
                .bind(at.unix_ms())
                .bind(words)
                .execute(&mut *tx)
                .await?;
            tx.commit().await
        })
        .await
    }

    /// Leases messages on a way that were due first before `released`: they have waited long enough.
    pub async fn lease_overdue(
        &self,
        way: Way,
        released: Instant,
        (now, until): (Instant, Instant),
    ) -> Result<Vec<MessageLease>> {
        self.again(|| async {
        let mut tx = self.begin().await?;
        let way = on_way(way);
        let sql = format!(
            "UPDATE message SET leases = leases + 1, run_ms = $2
             WHERE run_ms <= $1 AND id IN (
                 SELECT id FROM message WHERE run_ms <= $1 AND released_ms <= $3 AND {way} LIMIT 100)
             RETURNING id, leases"
        );
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(now.unix_ms())
            .bind(until.unix_ms())
            .bind(released.unix_ms())
            .fetch_all(&mut *tx)
            .await?;
        tx.commit().await?;
        rows.iter()
            .map(|found| {
                let message = MessageId::from_i64(row::integer(found, "id")?);
                Ok(MessageLease { message, number: row::small(found, "leases")? })
            })
            .collect()
        }).await
    }

    /// Extends leases of messages that are being tried. Those that were lost or have ended stay so.
    pub async fn renew_message(&self, lease: MessageLease, until: Instant) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            sqlx::query(
                "UPDATE message SET run_ms = $3 WHERE id = $1 AND leases = $2 AND run_ms IS NOT NULL",
            )
            .bind(lease.message.as_i64())
            .bind(i64::from(lease.number))
            .bind(until.unix_ms())
            .execute(&mut *tx)
            .await?;
            tx.commit().await
        })
        .await
    }

    /// Makes what rests on a way until exactly `at` due now: the reason is gone.
    pub async fn wake_way(&self, way: Way, at: Instant, now: Instant) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            let sql =
                format!("UPDATE message SET run_ms = $2 WHERE run_ms = $1 AND {}", on_way(way));
            sqlx::query(AssertSqlSafe(sql))
                .bind(at.unix_ms())
                .bind(now.unix_ms())
                .execute(&mut *tx)
                .await?;
            tx.commit().await
        })
        .await
    }

    /// Gives leased messages back untried, due again at `at`; the lease is as if it had not been.
    /// `words` say why, when there is a reason that people should see.
    pub async fn put_back(
        &self,
        leases: &[MessageLease],
        at: Instant,
        words: Option<&str>,
    ) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            for lease in leases {
                sqlx::query(
                    "UPDATE message SET run_ms = $3, last_reply = COALESCE($4, last_reply),
                     leases = leases - 1
                     WHERE id = $1 AND leases = $2 AND run_ms IS NOT NULL",
                )
                .bind(lease.message.as_i64())
                .bind(i64::from(lease.number))
                .bind(at.unix_ms())
                .bind(words)
                .execute(&mut *tx)
                .await?;
            }
            tx.commit().await
        })
        .await
    }
}

/// The condition of being on none of these ways.
fn elsewhere(ways: &[Way]) -> String {
    let mut conditions = vec![String::new()];
    let mut endpoints = Vec::new();
    for way in ways {
        match way {
            Way::Hook(endpoint) => endpoints.push(endpoint.to_string()),
            // There are never more of them than senders.
            Way::Mail(_) => conditions.push(format!("NOT ({})", on_way(*way))),
        }
    }
    if !endpoints.is_empty() {
        let list = endpoints.join(",");
        conditions.push(format!("COALESCE(endpoint_id, 0) NOT IN ({list})"));
    }
    conditions.join(" AND ")
}

/// The condition of being on a way.
fn on_way(way: Way) -> String {
    match way {
        Way::Mail(Some(service)) => {
            // The installation's own have none, and NULL would be neither on the way nor not.
            format!("channel = 'MAIL' AND COALESCE(client_service_id, 0) = {}", service.as_i64())
        }
        Way::Mail(None) => "channel = 'MAIL' AND (client_service_id IS NULL OR NOT EXISTS (
             SELECT 1 FROM smtp_account
             WHERE smtp_account.client_service_id = message.client_service_id))"
            .to_owned(),
        Way::Hook(endpoint) => {
            format!("channel = 'WEBHOOK' AND endpoint_id = {}", endpoint.as_i64())
        }
    }
}
