//! What people did, recorded in the transaction of the fact: an act is done once, however often it is asked for.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe};

use super::{Reader, Result, row};
use crate::domain::act::{Act, ActKind};
use crate::domain::ids::{ActId, BulkId, ClientServiceId, OperationId, PersonId};

/// On what occasion something is done: what is to be recorded with it, and is done only once.
#[derive(Clone, Copy, Default)]
pub struct Occasion<'a> {
    /// A person asked for it.
    pub act: Option<&'a Act>,
    /// It is one of a set.
    pub item: Option<(BulkId, u32)>,
}

/// Whether something may be done on an occasion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActAdmission {
    /// It is recorded with what is done now.
    New,
    /// It was done before.
    Before,
    /// Its set is not being done any more.
    Stopped,
}

const COLUMNS: &str =
    "SELECT id, person_id, kind, operation_id, client_service_id, bulk_id, content, at_ms FROM act";

impl Reader {
    /// What people did to an operation, in the order it was done. The caller has already read the operation within its
    /// scope.
    pub async fn acts_of(&self, operation: OperationId) -> Result<Vec<Act>> {
        let sql = format!("{COLUMNS} WHERE operation_id = $1 ORDER BY at_ms, id");
        let rows =
            sqlx::query(AssertSqlSafe(sql)).bind(operation.as_i64()).fetch_all(&self.pool).await?;
        rows.iter().map(act_from).collect()
    }

    /// What people did to a set, in the order it was done.
    pub async fn acts_of_bulk(&self, bulk: BulkId) -> Result<Vec<Act>> {
        let sql = format!("{COLUMNS} WHERE bulk_id = $1 ORDER BY at_ms, id");
        let rows =
            sqlx::query(AssertSqlSafe(sql)).bind(bulk.as_i64()).fetch_all(&self.pool).await?;
        rows.iter().map(act_from).collect()
    }

    /// The act with this id, if it was done.
    pub async fn act(&self, id: ActId) -> Result<Option<Act>> {
        let sql = format!("{COLUMNS} WHERE id = $1");
        let found =
            sqlx::query(AssertSqlSafe(sql)).bind(id.as_i64()).fetch_optional(&self.pool).await?;
        found.as_ref().map(act_from).transpose()
    }
}

/// Records on what occasion a transaction does something, unless it was done before or is not to be done any more: the
/// transaction must be given up then.
pub(super) async fn admit(tx: &mut AnyConnection, occasion: Occasion<'_>) -> Result<ActAdmission> {
    if let Some(act) = occasion.act
        && !record(tx, act).await?
    {
        return Ok(ActAdmission::Before);
    }
    let Some((bulk, number)) = occasion.item else { return Ok(ActAdmission::New) };
    let done = sqlx::query(
        "UPDATE bulk_item SET state = 'DONE' WHERE bulk_id = $1 AND number = $2 AND state = 'WAITING'",
    )
    .bind(bulk.as_i64())
    .bind(i64::from(number))
    .execute(&mut *tx)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(ActAdmission::Before);
    }
    let runs = sqlx::query("UPDATE bulk SET done = done + 1 WHERE id = $1 AND state = 'RUNNING'")
        .bind(bulk.as_i64())
        .execute(tx)
        .await?;
    Ok(if runs.rows_affected() == 1 { ActAdmission::New } else { ActAdmission::Stopped })
}

/// Records an act. Returns whether it is new.
pub(super) async fn record(tx: &mut AnyConnection, act: &Act) -> Result<bool> {
    let (operation, service) = act.operation.unzip();
    let done = sqlx::query(
        "INSERT INTO act (id, person_id, kind, operation_id, client_service_id, bulk_id, content, at_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING",
    )
    .bind(act.id.as_i64())
    .bind(act.person.as_i64())
    .bind(act.kind.as_str())
    .bind(operation.map(OperationId::as_i64))
    .bind(service.map(ClientServiceId::as_i64))
    .bind(act.bulk.map(BulkId::as_i64))
    .bind(row::storable(&act.content).into_owned())
    .bind(act.at.unix_ms())
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

fn act_from(found: &AnyRow) -> Result<Act> {
    let operation = row::optional_integer(found, "operation_id")?.map(OperationId::from_i64);
    let service = row::optional_integer(found, "client_service_id")?.map(ClientServiceId::from_i64);
    Ok(Act {
        id: ActId::from_i64(row::integer(found, "id")?),
        person: PersonId::from_i64(row::integer(found, "person_id")?),
        kind: row::named(found, "kind", ActKind::parse)?,
        operation: operation.zip(service),
        bulk: row::optional_integer(found, "bulk_id")?.map(BulkId::from_i64),
        content: row::text(found, "content")?,
        at: row::instant(found, "at_ms")?,
    })
}
