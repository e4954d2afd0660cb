//! Tries of messages: recorded before they are made, and what came of them.

use sqlx::AnyConnection;

use crate::domain::delivery::{DeliveryStatus, Tried};
use crate::domain::ids::{EventId, MessageId, OperationId};
use crate::domain::instant::Instant;
use crate::domain::outbox::{MessageLease, Next};
use crate::domain::webhook::EventKind;
use crate::store::events::{self, Fact};
use crate::store::{Result, Store, days, row};

impl Store {
    /// Records that tries begin, before anybody outside hears of them. Returns those whose lease still
    /// holds; a try that an earlier lease left open is closed as interrupted and ambiguous.
    pub async fn begin_attempts(
        &self,
        leases: &[MessageLease],
        now: Instant,
    ) -> Result<Vec<MessageLease>> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            let mut begun = Vec::with_capacity(leases.len());
            for lease in leases {
                let done = sqlx::query(
                    "UPDATE message SET leases = leases WHERE id = $1 AND leases = $2
                     AND run_ms IS NOT NULL",
                )
                .bind(lease.message.as_i64())
                .bind(i64::from(lease.number))
                .execute(&mut *tx)
                .await?;
                if done.rows_affected() == 0 {
                    continue;
                }
                sqlx::query(
                    "UPDATE attempt SET ended_ms = $2, verdict = 'INTERRUPTED', ambiguous = 1,
                     reply = 'the service stopped during this try'
                     WHERE message_id = $1 AND ended_ms IS NULL",
                )
                .bind(lease.message.as_i64())
                .bind(now.unix_ms())
                .execute(&mut *tx)
                .await?;
                sqlx::query(
                    "INSERT INTO attempt (message_id, number, started_ms, ambiguous, endpoint_id)
                     SELECT id, $2, $3, 0, endpoint_id FROM message WHERE id = $1",
                )
                .bind(lease.message.as_i64())
                .bind(i64::from(lease.number))
                .bind(now.unix_ms())
                .execute(&mut *tx)
                .await?;
                begun.push(*lease);
            }
            tx.commit().await?;
            Ok(begun)
        })
        .await
    }

    /// Records how a try ended and what becomes of the message, with the event that tells it. A
    /// message that was received, or leased to somebody else meanwhile, keeps what it says; the try is
    /// recorded all the same. Recorded again it stays as it is. `event_id` is a fresh one.
    pub async fn record_try(
        &self,
        lease: MessageLease,
        tried: &Tried,
        next: &Next,
        event_id: EventId,
        now: Instant,
    ) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            let reply = row::storable(&tried.reply).into_owned();
            let done = sqlx::query(
                "UPDATE attempt SET ended_ms = $3, verdict = $4, ambiguous = $5, phase = $6, reply = $7
                 WHERE message_id = $1 AND number = $2
                   AND (ended_ms IS NULL OR verdict = 'INTERRUPTED')",
            )
            .bind(lease.message.as_i64())
            .bind(i64::from(lease.number))
            .bind(now.unix_ms())
            .bind(tried.verdict.as_str())
            .bind(i64::from(tried.ambiguous))
            .bind(tried.phase)
            .bind(&reply)
            .execute(&mut *tx)
            .await?;
            // A second time after a commit that was not confirmed: there is nothing left to do.
            if done.rows_affected() == 0 {
                return Ok(());
            }
            if move_on(&mut tx, lease, next, &reply, now).await? {
                let kind = match next {
                    Next::Sent => Some(EventKind::NotificationSent),
                    Next::Failed => Some(EventKind::NotificationFailed),
                    Next::Again { .. } => None,
                };
                if let Some(kind) = kind {
                    notification_event(&mut tx, lease.message, kind, event_id, now).await?;
                }
            }
            tx.commit().await
        })
        .await
    }

    /// Gives a leased message up without a try.
    pub async fn give_up(
        &self,
        lease: MessageLease,
        words: &str,
        event_id: EventId,
        now: Instant,
    ) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            given_up(&mut tx, lease, words, event_id, now).await?;
            tx.commit().await
        })
        .await
    }
}

/// Gives a leased message up, and tells it.
pub(super) async fn given_up(
    tx: &mut AnyConnection,
    lease: MessageLease,
    words: &str,
    event_id: EventId,
    now: Instant,
) -> Result<()> {
    if move_on(tx, lease, &Next::Failed, words, now).await? {
        let kind = EventKind::NotificationFailed;
        notification_event(tx, lease.message, kind, event_id, now).await?;
    }
    Ok(())
}

/// Takes a leased message to its next state; false when the lease was lost or it has ended.
async fn move_on(
    tx: &mut AnyConnection,
    lease: MessageLease,
    next: &Next,
    reply: &str,
    now: Instant,
) -> Result<bool> {
    let (status, run, counted, links_only) = match next {
        Next::Sent => (DeliveryStatus::Sent, None, false, false),
        Next::Again { at, counted, links_only } => {
            (DeliveryStatus::SendingError, Some(*at), *counted, *links_only)
        }
        Next::Failed => (DeliveryStatus::SendingFailed, None, true, false),
    };
    let ended = run.is_none().then(|| now.unix_ms());
    let done = sqlx::query(
        "UPDATE message SET status = $3, run_ms = $4, tries = tries + $5, ended_ms = $6,
         last_reply = $7, links_only = CASE WHEN $8 = 1 THEN 1 ELSE links_only END
         WHERE id = $1 AND leases = $2 AND run_ms IS NOT NULL",
    )
    .bind(lease.message.as_i64())
    .bind(i64::from(lease.number))
    .bind(status.as_str())
    .bind(run.map(Instant::unix_ms))
    .bind(i64::from(counted))
    .bind(ended)
    .bind(reply)
    .bind(i64::from(links_only))
    .execute(&mut *tx)
    .await?;
    let moved = done.rows_affected() == 1;
    if moved && ended.is_some() {
        days::count_mail(tx, lease.message, status == DeliveryStatus::Sent, now).await?;
    }
    Ok(moved)
}

/// Tells webhooks about a mail to a receiver; other messages are nobody's event.
pub(super) async fn notification_event(
    tx: &mut AnyConnection,
    message: MessageId,
    kind: EventKind,
    event_id: EventId,
    now: Instant,
) -> Result<()> {
    let found = sqlx::query(
        "SELECT operation_id FROM message
         WHERE id = $1 AND kind IN ('NOTIFICATION', 'RESEND') AND operation_id IS NOT NULL",
    )
    .bind(message.as_i64())
    .fetch_optional(&mut *tx)
    .await?;
    let Some(found) = found else { return Ok(()) };
    let operation = OperationId::from_i64(row::integer(&found, "operation_id")?);
    let fact = Fact { id: event_id, kind, document: None, message: Some(message) };
    events::record(tx, operation, &[fact], now).await
}
