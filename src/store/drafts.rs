//! Operations with many documents, recorded in portions: a draft takes its references as it grows, and is an
//! operation with its last transaction. Until then no reader finds it. One that is not finished while its
//! lease lasts is given up.

use std::ops::Range;

use sqlx::AnyConnection;

use super::contents::{self, ContentChange};
use super::leases::Lease;
use super::operations::{
    NewOperation, Opened, begin_operation, free_references, insert_documents, tell,
};
use super::{Error, Reader, Result, Store, row};
use crate::domain::ids::OperationId;
use crate::domain::instant::Instant;
use crate::domain::operation::OperationState;

/// Documents of a draft that are deleted in one transaction.
const DELETED: i64 = 100;

impl Store {
    /// Begins a draft, which takes the reference of the request. Its opener holds the lease.
    ///
    /// # Errors
    /// As [`Store::open_operation`].
    pub async fn begin_draft(&self, new: &NewOperation) -> Result<Opened> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            if !begin_operation(&mut tx, new, true).await? {
                tx.rollback().await?;
                return self.holder_of_reference(new).await;
            }
            tx.commit().await?;
            Ok(Opened::New)
        })
        .await
    }

    /// Records some of the documents of a draft, with their contents, and extends its lease. These take
    /// their references.
    ///
    /// # Errors
    /// As [`Store::open_operation`], and [`Error::LeaseLost`]. The draft stays and is to be given up.
    pub async fn add_to_draft(
        &self,
        new: &NewOperation,
        documents: Range<usize>,
        contents: &[ContentChange],
        until: Instant,
    ) -> Result<Opened> {
        let documents = new.documents.get(documents).unwrap_or_default();
        self.again(|| async {
            let mut tx = self.begin().await?;
            super::leases::hold(&mut tx, lease(new), until).await?;
            if !new.unique_document_references {
                free_references(&mut tx, new, documents).await?;
            }
            if let Err(error) = insert_documents(&mut tx, new, documents).await {
                tx.rollback().await?;
                return self.reference_taken(new, documents, error).await;
            }
            contents::receive(&mut tx, contents).await?;
            tx.commit().await?;
            Ok(Opened::New)
        })
        .await
    }

    /// Makes a draft an operation: from now on everybody sees it, whole, and its opener
    /// holds the lease. These are the contents of all of its documents.
    ///
    /// # Errors
    /// As [`Store::add_to_draft`].
    pub async fn complete_draft(
        &self,
        new: &NewOperation,
        contents: &[ContentChange],
        until: Instant,
    ) -> Result<Opened> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            let operation = &new.operation;
            let done = sqlx::query(
                "UPDATE operation SET draft = 0, state = $3, finished_ms = $4, run_ms = $5
                 WHERE id = $1 AND attempts = $2 AND draft = 1 AND finished_ms IS NULL",
            )
            .bind(operation.id.as_i64())
            .bind(i64::from(operation.attempts))
            .bind(operation.state.as_str())
            .bind(operation.finished.map(Instant::unix_ms))
            .bind(until.unix_ms())
            .execute(&mut *tx)
            .await?;
            if done.rows_affected() != 1 {
                return Err(Error::LeaseLost);
            }
            contents::keep(&mut tx, contents).await?;
            if let Some(refused) = tell(&mut tx, new).await? {
                tx.rollback().await?;
                return Ok(refused);
            }
            tx.commit().await?;
            Ok(Opened::New)
        })
        .await
    }

    /// Deletes some of a draft whose lease was over at a time, or of any with `None`; with the last of it its
    /// references are free. Returns whether there is more.
    pub async fn give_up_draft(&self, id: OperationId, over: Option<Instant>) -> Result<bool> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            // Whoever still records it writes nothing more.
            let taken = sqlx::query(
                "UPDATE operation SET attempts = attempts + 1
                 WHERE id = $1 AND draft = 1 AND finished_ms IS NULL AND run_ms <= $2",
            )
            .bind(id.as_i64())
            .bind(over.map_or(i64::MAX, Instant::unix_ms))
            .execute(&mut *tx)
            .await?;
            if taken.rows_affected() == 0 {
                return Ok(false);
            }
            let more = delete_documents(&mut tx, id).await?;
            if !more {
                sqlx::query(
                    "UPDATE operation SET live_reference = NULL, finished_ms = accepted_ms, state = $2
                     WHERE id = $1",
                )
                .bind(id.as_i64())
                .bind(OperationState::ExecutionFailed.as_str())
                .execute(&mut *tx)
                .await?;
            }
            tx.commit().await?;
            Ok(more)
        })
        .await
    }
}

impl Reader {
    /// Drafts whose lease was over at a time: who recorded them may have ended.
    pub async fn overdue_drafts(&self, now: Instant) -> Result<Vec<OperationId>> {
        let rows = sqlx::query(
            "SELECT id FROM operation WHERE finished_ms IS NULL AND draft = 1 AND run_ms <= $1",
        )
        .bind(now.unix_ms())
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(|found| Ok(OperationId::from_i64(row::integer(found, "id")?))).collect()
    }
}

const fn lease(new: &NewOperation) -> Lease {
    Lease { operation: new.operation.id, attempt: new.operation.attempts }
}

/// Whether there are more. Pieces of their contents are still loose.
async fn delete_documents(tx: &mut AnyConnection, operation: OperationId) -> Result<bool> {
    sqlx::query(
        "DELETE FROM content WHERE document_id IN (
             SELECT id FROM document WHERE operation_id = $1 ORDER BY position LIMIT $2)",
    )
    .bind(operation.as_i64())
    .bind(DELETED)
    .execute(&mut *tx)
    .await?;
    let deleted = sqlx::query(
        "DELETE FROM document WHERE id IN (
             SELECT id FROM document WHERE operation_id = $1 ORDER BY position LIMIT $2)",
    )
    .bind(operation.as_i64())
    .bind(DELETED)
    .execute(tx)
    .await?;
    Ok(i64::try_from(deleted.rows_affected()).is_ok_and(|deleted| deleted >= DELETED))
}
