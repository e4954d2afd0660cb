//! What was given for documents that wait for their validation data: signature values, and tokens over them.

use sqlx::{AnyConnection, AssertSqlSafe};

use super::leases::{Lease, hold};
use super::{Reader, Result, Store, placeholders, row};
use crate::domain::ids::{DocumentId, OperationId};
use crate::domain::instant::Instant;

/// Rows in one INSERT, each with a token of up to 64 KiB.
const ROWS_PER_INSERT: usize = 20;

/// What the key gave for a document, and a time-stamp authority over it. Nothing of it is believed when it is read
/// again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptValue {
    /// Document it belongs to.
    pub document: DocumentId,
    /// As the key gave it.
    pub value: Vec<u8>,
    /// DER of the token; none when it was of no use.
    pub token: Option<Vec<u8>>,
}

impl Store {
    /// Keeps what was given for documents, in place of what was kept for them.
    ///
    /// # Errors
    /// [`super::Error::LeaseLost`], and then nothing was written.
    pub async fn keep_values(
        &self,
        lease: Lease,
        until: Instant,
        values: &[KeptValue],
    ) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            hold(&mut tx, lease, until).await?;
            for rows in values.chunks(ROWS_PER_INSERT) {
                let sql = format!(
                    "INSERT INTO kept_value (document_id, value, token) VALUES {}
                     ON CONFLICT (document_id)
                     DO UPDATE SET value = excluded.value, token = excluded.token",
                    placeholders(rows.len(), 3)
                );
                let mut query = sqlx::query(AssertSqlSafe(sql));
                for kept in rows {
                    query = query
                        .bind(kept.document.as_i64())
                        .bind(kept.value.clone())
                        .bind(kept.token.clone());
                }
                query.execute(&mut *tx).await?;
            }
            tx.commit().await
        })
        .await
    }
}

impl Reader {
    /// What is kept for an operation's documents.
    pub async fn kept_values(&self, operation: OperationId) -> Result<Vec<KeptValue>> {
        let rows = sqlx::query(
            "SELECT kept_value.document_id, kept_value.value, kept_value.token
             FROM document JOIN kept_value ON kept_value.document_id = document.id
             WHERE document.operation_id = $1",
        )
        .bind(operation.as_i64())
        .fetch_all(&self.pool)
        .await?;
        let kept = rows.iter().map(|found| {
            Ok(KeptValue {
                document: DocumentId::from_i64(row::integer(found, "document_id")?),
                value: row::bytes(found, "value")?,
                token: row::optional_bytes(found, "token")?,
            })
        });
        kept.collect()
    }
}

/// Forgets what is kept for an operation's documents.
pub(super) async fn forget(tx: &mut AnyConnection, operation: OperationId) -> Result<()> {
    sqlx::query(
        "DELETE FROM kept_value
         WHERE document_id IN (SELECT id FROM document WHERE operation_id = $1)",
    )
    .bind(operation.as_i64())
    .execute(tx)
    .await?;
    Ok(())
}
