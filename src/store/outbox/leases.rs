//! Messages leased to those who try them, way by way.

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use super::attempts;
use super::reads::{COLUMNS, message_from};
use crate::domain::ids::{ClientServiceId, EndpointId, EventId, MessageId};
use crate::domain::instant::Instant;
use crate::domain::outbox::{Message, MessageLease, Way};
use crate::store::{Error, Reader, Result, Store, row};

/// Somebody with mails that are due, and the way they take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueMailer {
    /// `None`: the installation itself.
    pub client_service: Option<ClientServiceId>,
    pub way: Way,
}

impl Reader {
    /// Everybody who has mails that are due.
    pub async fn due_mailers(&self, now: Instant) -> Result<Vec<DueMailer>> {
        let own = sqlx::query(
            "SELECT id FROM message
             WHERE channel = 'MAIL' AND client_service_id IS NULL AND run_ms <= $1 LIMIT 1",
        )
        .bind(now.unix_ms())
        .fetch_optional(&self.pool)
        .await?;
        let rows = sqlx::query(
            "SELECT client_service.id, smtp_account.client_service_id AS account
             FROM client_service LEFT JOIN smtp_account
                 ON smtp_account.client_service_id = client_service.id
             WHERE EXISTS (
                 SELECT 1 FROM message WHERE message.channel = 'MAIL'
                   AND message.client_service_id = client_service.id AND message.run_ms <= $1)
             ORDER BY client_service.id",
        )
        .bind(now.unix_ms())
        .fetch_all(&self.pool)
        .await?;
        let own = own.map(|_| Ok(DueMailer { client_service: None, way: Way::Mail(None) }));
        own.into_iter()
            .chain(rows.iter().map(|found| {
                let id = ClientServiceId::from_i64(row::integer(found, "id")?);
                let account = row::optional_integer(found, "account")?;
                let way = Way::Mail(account.map(ClientServiceId::from_i64));
                Ok(DueMailer { client_service: Some(id), way })
            }))
            .collect()
    }
}

impl Store {
    /// Leases mails that are due, of each client service (`None`: the installation) at most so many, the one
    /// that has been due longest first. Nobody else gets them before `until`.
    pub async fn lease_mails(
        &self,
        shares: &[(Option<ClientServiceId>, u32)],
        (now, until): (Instant, Instant),
    ) -> Result<Vec<(MessageLease, Message)>> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            let mut leased = Vec::new();
            for (client_service, count) in shares {
                let whose = if client_service.is_some() { "= $4" } else { "IS NULL" };
                let due =
                    format!("channel = 'MAIL' AND client_service_id {whose} AND run_ms <= $1");
                let sql = take(&format!("{due} ORDER BY run_ms, id LIMIT $3"));
                let mut query = sqlx::query(AssertSqlSafe(sql))
                    .bind(now.unix_ms())
                    .bind(until.unix_ms())
                    .bind(i64::from(*count));
                if let Some(client_service) = client_service {
                    query = query.bind(client_service.as_i64());
                }
                leased.extend(query.fetch_all(&mut *tx).await?);
            }
            tx.commit().await?;
            Ok(readable(&leased))
        })
        .await
    }

    /// Leases up to `limit` webhooks that are due, those of full endpoints left out. Nobody else gets them
    /// before `until`.
    pub async fn lease_hooks(
        &self,
        (now, until): (Instant, Instant),
        limit: u32,
        full: &[EndpointId],
    ) -> Result<Vec<(MessageLease, Message)>> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            let ids: Vec<String> = full.iter().map(EndpointId::to_string).collect();
            let others = if ids.is_empty() {
                String::new()
            } else {
                format!(" AND endpoint_id NOT IN ({})", ids.join(","))
            };
            let due = format!("run_ms <= $1 AND channel = 'WEBHOOK'{others}");
            let sql = take(&format!("{due} ORDER BY run_ms, id LIMIT $3"));
            let rows = sqlx::query(AssertSqlSafe(sql))
                .bind(now.unix_ms())
                .bind(until.unix_ms())
                .bind(i64::from(limit))
                .fetch_all(&mut *tx)
                .await?;
            tx.commit().await?;
            Ok(readable(&rows))
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

    /// Gives up messages that are due on a way and were due first before `released`: they have waited long
    /// enough. As many as there are `events` at most, each of which is a fresh one; all of them or none.
    pub async fn give_up_overdue(
        &self,
        way: Way,
        (released, now): (Instant, Instant),
        words: &str,
        events: &[EventId],
    ) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            let way = on_way(way);
            let sql = format!(
                "UPDATE message SET leases = leases + 1
                 WHERE run_ms <= $1 AND id IN (
                     SELECT id FROM message WHERE run_ms <= $1 AND released_ms <= $2 AND {way}
                     LIMIT $3)
                 RETURNING id, leases"
            );
            let rows = sqlx::query(AssertSqlSafe(sql))
                .bind(now.unix_ms())
                .bind(released.unix_ms())
                .bind(i64::try_from(events.len()).unwrap_or(i64::MAX))
                .fetch_all(&mut *tx)
                .await?;
            for (found, event) in rows.iter().zip(events) {
                let message = MessageId::from_i64(row::integer(found, "id")?);
                let lease = MessageLease { message, number: row::small(found, "leases")? };
                attempts::given_up(&mut tx, lease, words, *event, now).await?;
            }
            tx.commit().await
        })
        .await
    }

    /// Extends leases of messages that are being tried. Those that were lost or whose try has ended stay so.
    pub async fn renew_messages(&self, leases: &[MessageLease], until: Instant) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            for lease in leases {
                sqlx::query(
                    "UPDATE message SET run_ms = $3
                     WHERE id = $1 AND leases = $2 AND run_ms IS NOT NULL AND NOT EXISTS (
                         SELECT 1 FROM attempt WHERE attempt.message_id = message.id
                           AND attempt.number = message.leases AND attempt.ended_ms IS NOT NULL)",
                )
                .bind(lease.message.as_i64())
                .bind(i64::from(lease.number))
                .bind(until.unix_ms())
                .execute(&mut *tx)
                .await?;
            }
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

/// The statement that leases the messages of a choice.
fn take(choice: &str) -> String {
    format!(
        "UPDATE message SET leases = leases + 1, run_ms = $2
         WHERE run_ms <= $1 AND id IN (SELECT id FROM message WHERE {choice}) RETURNING {}",
        COLUMNS.trim_start_matches("SELECT ").trim_end_matches("FROM message"),
    )
}

/// The messages that are leased. One that cannot be read, as another release wrote it, stays leased for a while and
/// takes no other with it.
fn readable(leased: &[AnyRow]) -> Vec<(MessageLease, Message)> {
    let read = |found: &AnyRow| {
        let message = message_from(found)?;
        Ok((MessageLease { message: message.id, number: row::small(found, "leases")? }, message))
    };
    let logged = |found: &AnyRow| {
        read(found)
            .inspect_err(|error: &Error| {
                let message = row::integer(found, "id").unwrap_or_default();
                tracing::error!(message, %error, "a message cannot be read");
            })
            .ok()
    };
    leased.iter().filter_map(logged).collect()
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
