//! What waits for its next try, made due at once as somebody asks for it.

use sqlx::AssertSqlSafe;

use super::not_tried_at;
use crate::domain::ids::OperationId;
use crate::domain::instant::Instant;
use crate::store::acts::{self, ActAdmission, Occasion};
use crate::store::{Result, Store};

/// What was made due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hastened {
    /// Whether the operation itself waited.
    pub operation: bool,
    /// Mails that waited.
    pub mails: u64,
}

impl Store {
    /// Makes due at once what waits for its next try: an operation, and mails about it. What is in work is left to
    /// itself. Of a set, one of which nothing waits is not recorded as done. `None`: nothing was done, as the occasion
    /// does not admit it.
    pub async fn hasten(
        &self,
        operation: OperationId,
        occasion: Occasion<'_>,
        steady: Instant,
    ) -> Result<Option<Hastened>> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            // "> 0", so that no planner takes the index of all that is postponed.
            let due = sqlx::query(
                "UPDATE operation SET run_ms = $2
                 WHERE id = $1 AND finished_ms IS NULL AND draft = 0 AND postponed > 0
                   AND run_ms > $2",
            )
            .bind(operation.as_i64())
            .bind(steady.unix_ms())
            .execute(&mut *tx)
            .await?;
            let sql = format!(
                "UPDATE message SET run_ms = $2
                 WHERE operation_id = $1 AND channel = 'MAIL' AND status = 'SENDING_ERROR'
                   AND run_ms > $2 AND {}",
                not_tried_at("$2")
            );
            let mails = sqlx::query(AssertSqlSafe(sql))
                .bind(operation.as_i64())
                .bind(steady.unix_ms())
                .execute(&mut *tx)
                .await?;
            let hastened =
                Hastened { operation: due.rows_affected() > 0, mails: mails.rows_affected() };
            if occasion.item.is_some() && hastened == Hastened::default() {
                tx.rollback().await?;
                return Ok(Some(hastened));
            }
            if acts::admit(&mut tx, occasion).await? != ActAdmission::New {
                tx.rollback().await?;
                return Ok(None);
            }
            tx.commit().await?;
            Ok(Some(hastened))
        })
        .await
    }
}
