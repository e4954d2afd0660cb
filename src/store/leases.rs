//! Leases of operations: who executes one, how often that was begun, and how it is given back.

use std::collections::HashMap;

use sqlx::{AnyConnection, AssertSqlSafe};

use super::{Error, Reader, Result, Store, row};
use crate::domain::ids::{ClientServiceId, CredentialId, DocumentId, OperationId, ProcessId};
use crate::domain::instant::Instant;
use crate::domain::operation::{OperationState, WaitsFor};

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
    /// is also what is to run `beyond` a time that nobody waits for. What `process` had leased itself
    /// counts as begun for the first time: it lives. Those of the client services in `but`, and the operations
    /// there, are left.
    pub async fn lease_due(
        &self,
        process: ProcessId,
        (now, beyond): (Instant, Instant),
        until: Instant,
        (limit, but): (u32, (&[ClientServiceId], &[OperationId])),
    ) -> Result<Vec<(Lease, ClientServiceId)>> {
        let (parties, in_work) = but;
        let but = |column: &str, first: usize, count: usize| {
            let marks: Vec<String> = (first..first + count).map(|n| format!("${n}")).collect();
            let marks = marks.join(",");
            if count == 0 { marks } else { format!(" AND {column} NOT IN ({marks})") }
        };
        let others = but("client_service_id", 6, parties.len())
            + &but("id", 6 + parties.len(), in_work.len());
        let sql = format!(
            "UPDATE operation SET attempts = attempts + 1, run_ms = $2, postponed = 0,
                 begun = CASE WHEN process_id = $5 THEN 1 ELSE begun + 1 END, process_id = $5
                 WHERE finished_ms IS NULL AND (run_ms <= $1 OR run_ms > $4) AND id IN (
                     SELECT id FROM operation
                     WHERE finished_ms IS NULL AND draft = 0 AND (run_ms <= $1 OR run_ms > $4){others}
                     ORDER BY run_ms LIMIT $3)
                 RETURNING id, client_service_id, attempts, begun"
        );
        self.again(|| async {
            let mut tx = self.begin().await?;
            let mut query = sqlx::query(AssertSqlSafe(sql.clone()))
                .bind(now.unix_ms())
                .bind(until.unix_ms())
                .bind(i64::from(limit))
                .bind(beyond.unix_ms())
                .bind(process.as_i64());
            for party in parties {
                query = query.bind(party.as_i64());
            }
            for operation in in_work {
                query = query.bind(operation.as_i64());
            }
            let rows = query.fetch_all(&mut *tx).await?;
            let mut leases = Vec::with_capacity(rows.len());
            for found in &rows {
                let operation = OperationId::from_i64(row::integer(found, "id")?);
                if row::small(found, "begun")? == 1 {
                    forget_tries(&mut tx, operation).await?;
                }
                let party = ClientServiceId::from_i64(row::integer(found, "client_service_id")?);
                leases.push((Lease { operation, attempt: row::small(found, "attempts")? }, party));
            }
            tx.commit().await?;
            Ok(leases)
        })
        .await
    }

    /// Leases an operation that waits for its next try beyond `now`, as [`Store::lease_due`] leases what is
    /// due. `None` when it does not wait.
    pub async fn lease_waiting(
        &self,
        process: ProcessId,
        id: OperationId,
        now: Instant,
        until: Instant,
    ) -> Result<Option<Lease>> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            // "> 0", so that no planner takes the index of all that is postponed.
            let found = sqlx::query(
                "UPDATE operation SET attempts = attempts + 1, run_ms = $3, postponed = 0,
                 begun = CASE WHEN process_id = $4 THEN 1 ELSE begun + 1 END, process_id = $4
                 WHERE id = $1 AND finished_ms IS NULL AND postponed > 0 AND run_ms > $2
                 RETURNING attempts",
            )
            .bind(id.as_i64())
            .bind(now.unix_ms())
            .bind(until.unix_ms())
            .bind(process.as_i64())
            .fetch_optional(&mut *tx)
            .await?;
            let lease = found.map(|found| {
                Ok::<_, Error>(Lease { operation: id, attempt: row::small(&found, "attempts")? })
            });
            tx.commit().await?;
            lease.transpose()
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
        (waits_for, error): (Option<WaitsFor>, &str),
    ) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            let done = sqlx::query(
                "UPDATE operation SET state = $3, run_ms = $4, last_error = $5, failures = $6, begun = 0,
                 postponed = 1, waits_for = $7
                 WHERE id = $1 AND attempts = $2 AND finished_ms IS NULL",
            )
            .bind(lease.operation.as_i64())
            .bind(i64::from(lease.attempt))
            .bind(OperationState::ExecutionError.as_str())
            .bind(run.unix_ms())
            .bind(row::storable(error).into_owned())
            .bind(i64::from(failures))
            .bind(waits_for.map(WaitsFor::as_str))
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

    /// Gives an operation back after an error that nobody foresaw, to be tried again at `run`, and counts it
    /// as a failure. Of one that somebody else has taken up meanwhile, only that this process did not end
    /// in it is written.
    pub async fn give_back(&self, lease: Lease, run: Instant, error: &str) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            let done = sqlx::query(
                "UPDATE operation SET attempts = attempts + 1, begun = 0, run_ms = $3, postponed = 1,
                 failures = failures + 1, last_error = $4, waits_for = NULL
                 WHERE id = $1 AND attempts = $2 AND finished_ms IS NULL",
            )
            .bind(lease.operation.as_i64())
            .bind(i64::from(lease.attempt))
            .bind(run.unix_ms())
            .bind(row::storable(error).into_owned())
            .execute(&mut *tx)
            .await?;
            survived(&mut tx, lease.operation, done.rows_affected() == 1).await?;
            tx.commit().await
        })
        .await
    }

    /// Makes due now what was postponed of the operations of a credential: its key signs again. Operations
    /// that are in work stay so, and those that failed more than `vain` times in a row although they were
    /// tried keep their wait. Returns how many there were.
    pub async fn make_due(&self, credential: CredentialId, vain: u32, now: Instant) -> Result<u64> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            let done = sqlx::query(
                "UPDATE operation SET run_ms = $2
                 WHERE finished_ms IS NULL AND postponed = 1 AND credential_id = $1 AND run_ms > $2
                 AND failures <= $3",
            )
            .bind(credential.as_i64())
            .bind(now.unix_ms())
            .bind(i64::from(vain))
            .execute(&mut *tx)
            .await?;
            tx.commit().await?;
            Ok(done.rows_affected())
        })
        .await
    }

    /// Gives operations back before they are finished, to be taken up again at `run` by anybody. Whoever
    /// still works under one of these leases writes nothing more. Of one that somebody else has taken up
    /// meanwhile, only that this process did not end in it is written.
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
                survived(&mut tx, lease.operation, done.rows_affected() == 1).await?;
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
                 WHERE id = $1 AND finished_ms IS NULL AND draft = 0 RETURNING attempts",
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

/// The process survived an attempt; `given_back` when nobody had taken the operation up meanwhile.
async fn survived(tx: &mut AnyConnection, operation: OperationId, given_back: bool) -> Result<()> {
    if !given_back {
        sqlx::query(
            "UPDATE operation SET begun = begun - 1
             WHERE id = $1 AND begun > 1 AND finished_ms IS NULL",
        )
        .bind(operation.as_i64())
        .execute(&mut *tx)
        .await?;
    }
    forget_tries(tx, operation).await
}

/// The process survived what it tried.
async fn forget_tries(tx: &mut AnyConnection, operation: OperationId) -> Result<()> {
    sqlx::query("UPDATE document SET tries = 0 WHERE operation_id = $1 AND tries > 0")
        .bind(operation.as_i64())
        .execute(tx)
        .await?;
    Ok(())
}
