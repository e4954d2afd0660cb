//! Links in mails: opened for the first time, and closed.

use sqlx::AssertSqlSafe;

use super::REVOKED;
use super::attempts::notification_event;
use super::enqueue::end_unsent;
use crate::domain::ids::{EventId, MessageId, OperationId};
use crate::domain::instant::Instant;
use crate::domain::webhook::EventKind;
use crate::store::acts::{self, ActAdmission, Occasion};
use crate::store::{Result, Store};

impl Store {
    /// Records that a receiver opened the link of a message: the first time it becomes `RECEIVED` and
    /// is not tried any more. Returns whether this was the first time.
    pub async fn record_opening(
        &self,
        message: MessageId,
        event_id: EventId,
        now: Instant,
    ) -> Result<bool> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            let done = sqlx::query(
                "UPDATE message SET status = 'RECEIVED', opened_ms = $2, run_ms = NULL,
                 ended_ms = COALESCE(ended_ms, $2) WHERE id = $1 AND opened_ms IS NULL",
            )
            .bind(message.as_i64())
            .bind(now.unix_ms())
            .execute(&mut *tx)
            .await?;
            let first = done.rows_affected() == 1;
            if first {
                let kind = EventKind::NotificationReceived;
                notification_event(&mut tx, message, kind, event_id, now).await?;
            }
            tx.commit().await?;
            Ok(first)
        })
        .await
    }

    /// Closes the links of an operation's messages, or of one of them, and ends those that have not
    /// gone out. One that is being tried is left to its try: it may be taken over already. `steady` is the time by
    /// which messages are leased. Returns how many links were open; `None`: nothing was done, as the occasion does not
    /// admit it.
    pub async fn revoke_links(
        &self,
        operation: OperationId,
        only: Option<MessageId>,
        (now, steady): (Instant, Instant),
        occasion: Occasion<'_>,
    ) -> Result<Option<u64>> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            let one = if only.is_some() { " AND id = $3" } else { "" };
            let sql = format!(
                "UPDATE message SET link_revoked_ms = $2
                 WHERE operation_id = $1 AND channel = 'MAIL' AND link_revoked_ms IS NULL{one}"
            );
            let mut query =
                sqlx::query(AssertSqlSafe(sql)).bind(operation.as_i64()).bind(now.unix_ms());
            if let Some(only) = only {
                query = query.bind(only.as_i64());
            }
            let done = query.execute(&mut *tx).await?;
            let waiting = "link_revoked_ms IS NOT NULL AND status IN ('PENDING', 'SENDING_ERROR')";
            end_unsent(&mut tx, operation, waiting, REVOKED, (now, steady)).await?;
            if acts::admit(&mut tx, occasion).await? != ActAdmission::New {
                tx.rollback().await?;
                return Ok(None);
            }
            tx.commit().await?;
            Ok(Some(done.rows_affected()))
        })
        .await
    }
}
