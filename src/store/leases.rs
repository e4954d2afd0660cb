//! Leases of operations: who executes one, how often that was begun, and how it is given back.

use std::collections::HashMap;

use sqlx::AnyConnection;

use super::{Error, Reader, Result, Store, row};
use crate::domain::ids::{CredentialId, DocumentId, OperationId};
use crate::domain::instant::Instant;
use crate::domain::operation::OperationState;

/// The right to execute an operation: writes are accepted only from the newest attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Which operation.
    pub operation: OperationId,
    /// The fencing epoch.
    pub attempt: u32,
}

impl Store {
    /// Leases up to `limit` operations that are due: unfinished, and not leased or the lease is over. Due
    /// is also what is to run `beyond` a time that nobody waits for.
    pub async fn lease_due(
        &self,
        (now, beyond): (Instant, Instant),
        until: Instant,
        limit: u32,
    ) -> Result<Vec<Lease>> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            let rows = sqlx::query(
                "UPDATE operation SET attempts = attempts + 1, begun = begun + 1, run_ms = $2,
                 postponed = 0
                 WHERE finished_ms IS NULL AND (run_ms <= $1 OR run_ms > $4) AND id IN (
                     SELECT id FROM operation
                     WHERE finished_ms IS NULL AND (run_ms <= $1 OR run_ms > $4)
                     ORDER BY run_ms LIMIT $3)
                 RETURNING id, attempts",
            )
            .bind(now.unix_ms())
            .bind(until.unix_ms())
            .bind(i64::from(limit))
            .bind(beyond.unix_ms())
            .fetch_all(&mut *tx)
            .await?;
            tx.commit().await?;
            rows.iter()
                .map(|found| {
                    Ok(Lease {
                        operation: OperationId::from_i64(row::integer(found, "id")?),
                        attempt: row::small(found, "attempts")?,
                    })
                })
                .collect()
        })
        .await
    }

    /// Extends a lease.
    ///
    /// # Errors
    /// [`Error::LeaseLost`].
    pub async fn renew_lease(&self, lease: Lease, until: Instant) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            hold(&mut tx, lease, until).await?;
            tx.commit().await
        })
        .await
    }

    /// Gives an operation back after an outside cause stopped it, to be tried again at `run`.
    ///
    /// # Errors
    /// [`Error::LeaseLost`].
    pub async fn postpone(
        &self,
        lease: Lease,
        run: Instant,
        failures: u32,
        error: &str,
    ) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            let done = sqlx::query(
                "UPDATE operation SET state = $3, run_ms = $4, last_error = $5, failures = $6, begun = 0,
                 postponed = 1
                 WHERE id = $1 AND attempts = $2 AND finished_ms IS NULL",
            )
            .bind(lease.operation.as_i64())
            .bind(i64::from(lease.attempt))
            .bind(OperationState::ExecutionError.as_str())
            .bind(run.unix_ms())
            .bind(row::storable(error).into_owned())
            .bind(i64::from(failures))
            .execute(&mut *tx)
            .await?;
            if done.rows_affected() == 0 {
                return Err(Error::LeaseLost);
            }
            forget_tries(&mut tx, lease.operation).await?;
            tx.commit().await
        })
        .await
    }

    /// Makes due now what was postponed of the operations of a credential: its key signs again. Operations
    /// that are in work stay so. Returns how many there were.
    pub async fn make_due(&self, credential: CredentialId, now: Instant) -> Result<u64> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            let done = sqlx::query(
                "UPDATE operation SET run_ms = $2
                 WHERE finished_ms IS NULL AND postponed = 1 AND credential_id = $1 AND run_ms > $2",
            )
            .bind(credential.as_i64())
            .bind(now.unix_ms())
            .execute(&mut *tx)
            .await?;
            tx.commit().await?;
            Ok(done.rows_affected())
        })
        .await
    }

    /// Gives operations back before they are finished, to be taken up again at `run` by anybody. Whoever
    /// still works under one of these leases writes nothing more.
    pub async fn release_leases(&self, leases: &[Lease], run: Instant) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            for lease in leases {
                let done = sqlx::query(
                    "UPDATE operation SET attempts = attempts + 1, begun = 0, run_ms = $3
                     WHERE id = $1 AND attempts = $2 AND finished_ms IS NULL",
                )
                .bind(lease.operation.as_i64())
                .bind(i64::from(lease.attempt))
                .bind(run.unix_ms())
                .execute(&mut *tx)
                .await?;
                if done.rows_affected() == 1 {
                    forget_tries(&mut tx, lease.operation).await?;
                }
            }
            tx.commit().await
        })
        .await
    }

    /// Takes an unfinished operation from whoever executes it. `None` when it is finished, or there is
    /// none.
    pub async fn take_over(&self, id: OperationId, until: Instant) -> Result<Option<Lease>> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            let found = sqlx::query(
                "UPDATE operation SET attempts = attempts + 1, run_ms = $2, postponed = 0
                 WHERE id = $1 AND finished_ms IS NULL RETURNING attempts",
            )
            .bind(id.as_i64())
            .bind(until.unix_ms())
            .fetch_optional(&mut *tx)
            .await?;
            let lease = found
                .map(|found| {
                    Ok::<_, Error>(Lease {
                        operation: id,
                        attempt: row::small(&found, "attempts")?,
                    })
                })
                .transpose()?;
            tx.commit().await?;
            Ok(lease)
        })
        .await
    }

    /// Counts that a document is about to be tried alone, before it is. Returns how often it was, with
    /// this time.
    ///
    /// # Errors
    /// [`Error::LeaseLost`].
    pub async fn begin_try(
        &self,
        lease: Lease,
        until: Instant,
        document: DocumentId,
    ) -> Result<u32> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            hold(&mut tx, lease, until).await?;
            let found = sqlx::query(
                "UPDATE document SET tries = tries + 1 WHERE id = $1 AND operation_id = $2
                 RETURNING tries",
            )
            .bind(document.as_i64())
            .bind(lease.operation.as_i64())
            .fetch_one(&mut *tx)
            .await?;
            tx.commit().await?;
            row::small(&found, "tries")
        })
        .await
    }
}

impl Reader {
    /// How often documents of an operation were tried alone, those that were.
    pub async fn tries(&self, operation: OperationId) -> Result<HashMap<DocumentId, u32>> {
        let rows =
            sqlx::query("SELECT id, tries FROM document WHERE operation_id = $1 AND tries > 0")
                .bind(operation.as_i64())
                .fetch_all(&self.pool)
                .await?;
        rows.iter()
            .map(|found| {
                let id = DocumentId::from_i64(row::integer(found, "id")?);
                Ok((id, row::small(found, "tries")?))
            })
            .collect()
    }
}

/// Extends the lease and proves that it is still ours; inside a transaction it also locks the row.
pub(super) async fn hold(
    connection: &mut AnyConnection,
    lease: Lease,
    until: Instant,
) -> Result<()> {
    let done = sqlx::query(
        "UPDATE operation SET run_ms = $3 WHERE id = $1 AND attempts = $2 AND finished_ms IS NULL",
    )
    .bind(lease.operation.as_i64())
    .bind(i64::from(lease.attempt))
    .bind(until.unix_ms())
    .execute(connection)
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(Error::LeaseLost) }
}

/// The process survived what it tried.
async fn forget_tries(tx: &mut AnyConnection, operation: OperationId) -> Result<()> {
    sqlx::query("UPDATE document SET tries = 0 WHERE operation_id = $1 AND tries > 0")
        .bind(operation.as_i64())
        .execute(tx)
        .await?;
    Ok(())
}
