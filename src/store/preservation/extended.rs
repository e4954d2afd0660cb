//! Documents whose preservation is extended: kept for longer, with other bytes as their seals get a level.

use sqlx::AssertSqlSafe;

use crate::domain::document::SealSettings;
use crate::domain::ids::{DocumentId, OperationId};
use crate::domain::instant::Instant;
use crate::domain::preservation::RenewalTimes;
use crate::store::contents::{self, ContentChange};
use crate::store::leases::{Lease, hold};
use crate::store::{Error, Reader, Result, Store, row, settings};

/// A sealed document with other bytes.
pub struct ExtendedDocument {
    pub document: DocumentId,
    /// SHA-256 of the bytes that it had.
    pub was: [u8; 32],
    /// SHA-256 of those that it has.
    pub sha256: [u8; 32],
    pub length: u64,
    pub settings: SealSettings,
    /// Of the last archive timestamp.
    pub archive: Option<RenewalTimes>,
}

impl Store {
    /// Extends the custody of some documents of an operation to so many months, which end at a time; it never gets shorter.
    /// The lease is that of the operation that extends it. Safe to repeat.
    ///
    /// # Errors
    /// [`Error::LeaseLost`]: nothing was written.
    pub async fn extend_custody(
        &self,
        lease: Lease,
        lease_until: Instant,
        (of, months, until): (OperationId, u32, Instant),
        documents: &[DocumentId],
    ) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            hold(&mut tx, lease, lease_until).await?;
            sqlx::query(
                "UPDATE operation SET custody_months = $2 WHERE id = $1 AND custody_months < $2",
            )
            .bind(of.as_i64())
            .bind(i64::from(months))
            .execute(&mut *tx)
            .await?;
            if !documents.is_empty() {
                let marks: Vec<String> =
                    (2..documents.len() + 2).map(|n| format!("${n}")).collect();
                let marks = marks.join(",");
                for sql in [
                    format!(
                        "UPDATE preserved SET until_ms = $1
                         WHERE until_ms < $1 AND document_id IN ({marks})"
                    ),
                    format!(
                        "UPDATE evidence_group SET until_ms = $1 WHERE until_ms < $1 AND id IN
                         (SELECT group_id FROM preserved WHERE document_id IN ({marks}))"
                    ),
                ] {
                    let mut query = sqlx::query(AssertSqlSafe(sql)).bind(until.unix_ms());
                    for document in documents {
                        query = query.bind(document.as_i64());
                    }
                    query.execute(&mut *tx).await?;
                }
            }
            tx.commit().await
        })
        .await
    }

    /// Records that a sealed document has other bytes: it waits for evidence over them. The lease is that of the operation
    /// that extends its preservation.
    ///
    /// # Errors
    /// [`Error::LeaseLost`], also when it has not the bytes any more that it had: nothing was written.
    pub async fn record_extended(
        &self,
        lease: Lease,
        lease_until: Instant,
        extended: &ExtendedDocument,
        content: &ContentChange,
        now: Instant,
    ) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            hold(&mut tx, lease, lease_until).await?;
            let done = sqlx::query(
                "UPDATE document SET sealed_sha256 = $2, sealed_length = $3, settings = $4
                 WHERE id = $1 AND state = 'SIGNED' AND sealed_sha256 = $5",
            )
            .bind(extended.document.as_i64())
            .bind(extended.sha256.to_vec())
            .bind(i64::try_from(extended.length).unwrap_or(i64::MAX))
            .bind(settings::to_text(&extended.settings)?)
            .bind(extended.was.to_vec())
            .execute(&mut *tx)
            .await?;
            if done.rows_affected() != 1 {
                return Err(Error::LeaseLost);
            }
            sqlx::query(
                "UPDATE preserved SET sealed_ms = $2, sha256 = $3, group_id = NULL, seal_ends_ms = $4,
                 seal_due_ms = $5 WHERE document_id = $1",
            )
            .bind(extended.document.as_i64())
            .bind(now.unix_ms())
            .bind(extended.sha256.to_vec())
            .bind(extended.archive.map(|times| times.ends.unix_ms()))
            .bind(extended.archive.map(|times| times.due.unix_ms()))
            .execute(&mut *tx)
            .await?;
            contents::write(&mut tx, std::slice::from_ref(content)).await?;
            tx.commit().await
        })
        .await
    }

    /// Records with a sealed document why it stays as it is.
    ///
    /// # Errors
    /// [`Error::LeaseLost`].
    pub async fn note_unextended(
        &self,
        lease: Lease,
        lease_until: Instant,
        document: DocumentId,
        noted: &SealSettings,
    ) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            hold(&mut tx, lease, lease_until).await?;
            sqlx::query("UPDATE document SET settings = $2 WHERE id = $1 AND state = 'SIGNED'")
                .bind(document.as_i64())
                .bind(settings::to_text(noted)?)
                .execute(&mut *tx)
                .await?;
            tx.commit().await
        })
        .await
    }
}

impl Reader {
    /// Some documents whose archive timestamps are to be renewed, each with its operation and when that was due; those that
    /// are due longest first, and none whose custody is over.
    pub async fn seals_due(
        &self,
        now: Instant,
        limit: u32,
    ) -> Result<Vec<(DocumentId, OperationId, Instant)>> {
        let rows = sqlx::query(
            "SELECT preserved.document_id, document.operation_id, preserved.seal_due_ms
             FROM preserved JOIN document ON document.id = preserved.document_id
             WHERE preserved.seal_due_ms <= $1 AND preserved.until_ms > $1
             ORDER BY preserved.seal_due_ms, preserved.document_id LIMIT $2",
        )
        .bind(now.unix_ms())
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|found| {
                let document = DocumentId::from_i64(row::integer(found, "document_id")?);
                let operation = OperationId::from_i64(row::integer(found, "operation_id")?);
                Ok((document, operation, row::instant(found, "seal_due_ms")?))
            })
            .collect()
    }
}
