//! Alarms: raised, told and cleared. Whoever raises one first tells it; replicas raise the same ones.

use sqlx::AssertSqlSafe;

use super::events::{self, Event};
use super::{Reader, Reports, Result, Store, outbox, row};
use crate::domain::delivery::DeliveryStatus;
use crate::domain::instant::Instant;
use crate::domain::outbox::Message;

/// Words at a message about an alarm that was cleared before it was sent.
pub const IS_OVER: &str = "it is over: the alarm was cleared before this was sent";

/// An alarm that is to be raised unless it is already.
#[derive(Clone, Debug)]
pub struct NewAlarm<'a> {
    /// What it is about, and the step.
    pub name: &'a str,
    /// JSON of [`Alarm`](crate::domain::alarm::Alarm).
    pub content: &'a str,
    /// A cleared alarm is raised again only when it was cleared before this; `None`: whenever.
    pub cleared_before: Option<Instant>,
    /// A cleared alarm is raised again only when it was raised and told before this.
    pub quiet_since: Instant,
    /// An alarm that stands is told again when it was told before this; `None`: told once.
    pub told_before: Option<Instant>,
}

/// An alarm as it was raised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RaisedAlarm {
    pub name: String,
    /// JSON of [`Alarm`](crate::domain::alarm::Alarm).
    pub content: String,
    pub raised: Instant,
    /// When a mail about it was recorded last; `None` when there was nobody to tell.
    pub told: Option<Instant>,
    /// When it was over.
    pub cleared: Option<Instant>,
}

/// What waits, and since when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Messages that were never tried, and the one that has been due longest.
    pub messages: u64,
    pub oldest_message: Option<Instant>,
    /// Operations that are not finished, and the one that was accepted first.
    pub operations: u64,
    pub oldest_operation: Option<Instant>,
    /// Of these, how many were begun so often without an orderly end that processes end at them.
    pub crashing: u64,
}

/// So many attempts in a row without an orderly end are a loop.
const CRASH_LOOP: i64 = 3;

impl Store {
    /// Raises an alarm with the messages and events that tell it, all or nothing. Returns whether this
    /// call did: of several at once one does, and none when it stands already and is not to be told
    /// again. Events of client services without an endpoint are left out.
    pub async fn raise_alarm(
        &self,
        alarm: &NewAlarm<'_>,
        messages: &[Message],
        events: &[Event],
        now: Instant,
    ) -> Result<bool> {
        self.again(|| async {
            let told = (!messages.is_empty()).then(|| now.unix_ms());
            let mut tx = self.begin().await?;
            let done = sqlx::query(
                "INSERT INTO alarm (name, content, raised_ms, told_ms) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (name) DO UPDATE SET content = excluded.content,
                     raised_ms = CASE WHEN alarm.cleared_ms IS NULL THEN alarm.raised_ms
                                      ELSE excluded.raised_ms END,
                     told_ms = excluded.told_ms, cleared_ms = NULL
                 WHERE (alarm.cleared_ms < $5 AND COALESCE(alarm.told_ms, alarm.raised_ms) <= $6)
                    OR (alarm.cleared_ms IS NULL
                        AND excluded.told_ms IS NOT NULL
                        AND (alarm.told_ms IS NULL OR alarm.told_ms <= $7))",
            )
            .bind(alarm.name)
            .bind(alarm.content)
            .bind(now.unix_ms())
            .bind(told)
            .bind(alarm.cleared_before.map_or(i64::MAX, Instant::unix_ms))
            .bind(alarm.quiet_since.unix_ms())
            .bind(alarm.told_before.map_or(i64::MIN, Instant::unix_ms))
            .execute(&mut *tx)
            .await?;
            if done.rows_affected() == 0 {
                return Ok(false);
            }
            outbox::insert_messages(&mut tx, messages).await?;
            for message in messages {
                sqlx::query("UPDATE message SET alarm = $2 WHERE id = $1")
                    .bind(message.id.as_i64())
                    .bind(alarm.name)
                    .execute(&mut *tx)
                    .await?;
            }
            let mut listened = Vec::with_capacity(events.len());
            for event in events {
                if events::is_listened(&mut tx, event.client_service).await? {
                    listened.push(event.clone());
                }
            }
            events::insert(&mut tx, &listened).await?;
            tx.commit().await?;
            Ok(true)
        })
        .await
    }

    /// Says that an alarm is over, and ends its messages that were not sent yet: nobody is to read that
    /// something is wrong after it was put right. One that is being tried is left to its try. `steady` is the time
    /// by which messages are leased.
    pub async fn clear_alarm(&self, name: &str, (now, steady): (Instant, Instant)) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            let done = sqlx::query(
                "UPDATE alarm SET cleared_ms = $2 WHERE name = $1 AND cleared_ms IS NULL",
            )
            .bind(name)
            .bind(now.unix_ms())
            .execute(&mut *tx)
            .await?;
            if done.rows_affected() == 1 {
                let sql = format!(
                    "UPDATE message SET status = $3, run_ms = NULL, ended_ms = $2, last_reply = $4
                     WHERE alarm = $1 AND run_ms IS NOT NULL AND {}",
                    outbox::not_tried_at("$5")
                );
                sqlx::query(AssertSqlSafe(sql))
                    .bind(name)
                    .bind(now.unix_ms())
                    .bind(DeliveryStatus::SendingFailed.as_str())
                    .bind(IS_OVER)
                    .bind(steady.unix_ms())
                    .execute(&mut *tx)
                    .await?;
            }
            tx.commit().await
        })
        .await
    }
}

impl Reader {
    /// Every alarm there was, the newest first.
    pub async fn alarms(&self) -> Result<Vec<RaisedAlarm>> {
        let rows = sqlx::query(
            "SELECT name, content, raised_ms, told_ms, cleared_ms FROM alarm
             ORDER BY raised_ms DESC, name",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|found| {
                Ok(RaisedAlarm {
                    name: row::text(found, "name")?,
                    content: row::text(found, "content")?,
                    raised: row::instant(found, "raised_ms")?,
                    told: row::optional_instant(found, "told_ms")?,
                    cleared: row::optional_instant(found, "cleared_ms")?,
                })
            })
            .collect()
    }
}

impl Reports {
    /// What waits, and since when.
    pub async fn backlog(&self) -> Result<Backlog> {
        let messages = sqlx::query(
            "SELECT COUNT(*) AS many, MIN(released_ms) AS oldest FROM message
             WHERE run_ms IS NOT NULL AND tries = 0",
        )
        .fetch_one(&self.pool)
        .await?;
        let operations = sqlx::query(
            "SELECT COUNT(*) AS many, MIN(accepted_ms) AS oldest,
                    COUNT(CASE WHEN begun >= $1 THEN 1 END) AS crashing
             FROM operation WHERE finished_ms IS NULL",
        )
        .bind(CRASH_LOOP)
        .fetch_one(&self.pool)
        .await?;
        Ok(Backlog {
            messages: row::unsigned(&messages, "many")?,
            oldest_message: row::optional_instant(&messages, "oldest")?,
            operations: row::unsigned(&operations, "many")?,
            oldest_operation: row::optional_instant(&operations, "oldest")?,
            crashing: row::unsigned(&operations, "crashing")?,
        })
    }
}
