//! Sets of mails or operations that something is done to: written down while they are counted, closed, and done one
//! after the other. What is not in the set when it is closed never comes to it.

use std::collections::HashMap;

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use super::acts;
use super::lists::{ListChoice, NO_BETTER};
use super::statement::Statement;
use super::{Reader, Result, Store, placeholders, row};
use crate::domain::act::Act;
use crate::domain::bulk::{Bulk, BulkKind, BulkState};
use crate::domain::delivery::DeliveryStatus;
use crate::domain::ids::{BulkId, ClientServiceId, MessageId, OperationId, PersonId};
use crate::domain::instant::Instant;
use crate::domain::scope::ServiceSet;

/// One thing to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BulkItem {
    /// From 1.
    pub number: u32,
    pub operation: OperationId,
    pub client_service: ClientServiceId,
    /// The mail that is sent again.
    pub message: Option<MessageId>,
}

/// One thing that could not be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedItem {
    pub item: BulkItem,
    /// Why.
    pub words: String,
}

/// Rows in one INSERT.
const ROWS_PER_INSERT: usize = 100;

const COLUMNS: &str =
    "SELECT id, kind, state, filter, person_id, approved_by, created_ms, ended_ms, items,
    operations, done, refused FROM bulk";

const ITEMS: &str =
    "SELECT number, operation_id, client_service_id, message_id, words FROM bulk_item";

impl Store {
    /// Begins a set, which is being counted. Returns whether there was none of its number.
    pub async fn begin_bulk(&self, bulk: &Bulk) -> Result<bool> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            let done = sqlx::query(
                "INSERT INTO bulk (id, kind, state, filter, person_id, created_ms, items, operations,
                 done, refused, run_ms) VALUES ($1, $2, 'COUNTING', $3, $4, $5, 0, 0, 0, 0, 0)
                 ON CONFLICT (id) DO NOTHING",
            )
            .bind(bulk.id.as_i64())
            .bind(bulk.kind.as_str())
            .bind(&bulk.filter)
            .bind(bulk.person.as_i64())
            .bind(bulk.created.unix_ms())
            .execute(&mut *tx)
            .await?;
            tx.commit().await?;
            Ok(done.rows_affected() == 1)
        })
        .await
    }

    /// Adds some things to a set that is being counted. Returns whether it still is.
    pub async fn add_to_bulk(&self, bulk: BulkId, items: &[BulkItem]) -> Result<bool> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            let counting = sqlx::query(
                "UPDATE bulk SET items = items WHERE id = $1 AND state = 'COUNTING'",
            )
            .bind(bulk.as_i64())
            .execute(&mut *tx)
            .await?;
            if counting.rows_affected() == 0 {
                return Ok(false);
            }
            for rows in items.chunks(ROWS_PER_INSERT) {
                let sql = format!(
                    "INSERT INTO bulk_item (bulk_id, number, operation_id, client_service_id, message_id,
                     state) VALUES {}",
                    placeholders(rows.len(), 6)
                );
                let mut query = sqlx::query(AssertSqlSafe(sql));
                for item in rows {
                    query = query
                        .bind(bulk.as_i64())
                        .bind(i64::from(item.number))
                        .bind(item.operation.as_i64())
                        .bind(item.client_service.as_i64())
                        .bind(item.message.map(MessageId::as_i64))
                        .bind("WAITING");
                }
                query.execute(&mut *tx).await?;
            }
            tx.commit().await?;
            Ok(true)
        })
        .await
    }

    /// Closes a set: what is in it is counted, and nothing comes to it any more. Returns whether it was being counted.
    pub async fn close_bulk(&self, bulk: BulkId, act: &Act) -> Result<bool> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            let done = sqlx::query(
                "UPDATE bulk SET state = 'COUNTED',
                     items = (SELECT COUNT(*) FROM bulk_item WHERE bulk_id = $1),
                     operations =
                         (SELECT COUNT(DISTINCT operation_id) FROM bulk_item WHERE bulk_id = $1)
                 WHERE id = $1 AND state = 'COUNTING'",
            )
            .bind(bulk.as_i64())
            .execute(&mut *tx)
            .await?;
            if done.rows_affected() == 0 {
                return Ok(false);
            }
            acts::record(&mut tx, act).await?;
            tx.commit().await?;
            Ok(true)
        })
        .await
    }

    /// Lets a counted set be done, or be proposed to a second person. Only who counted it does so. Returns whether
    /// this call did.
    pub async fn confirm_bulk(&self, bulk: BulkId, to: BulkState, act: &Act) -> Result<bool> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            let done = sqlx::query(
                "UPDATE bulk SET state = $2 WHERE id = $1 AND state = 'COUNTED' AND person_id = $3",
            )
            .bind(bulk.as_i64())
            .bind(to.as_str())
            .bind(act.person.as_i64())
            .execute(&mut *tx)
            .await?;
            if done.rows_affected() == 0 {
                return Ok(false);
            }
            acts::record(&mut tx, act).await?;
            tx.commit().await?;
            Ok(true)
        })
        .await
    }

    /// Lets a proposed set be done. Nobody agrees to what they proposed themselves. Returns whether this call did.
    pub async fn approve_bulk(&self, bulk: BulkId, act: &Act) -> Result<bool> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            let done = sqlx::query(
                "UPDATE bulk SET state = 'RUNNING', approved_by = $2
                 WHERE id = $1 AND state = 'PROPOSED' AND person_id <> $2",
            )
            .bind(bulk.as_i64())
            .bind(act.person.as_i64())
            .execute(&mut *tx)
            .await?;
            if done.rows_affected() == 0 {
                return Ok(false);
            }
            acts::record(&mut tx, act).await?;
            tx.commit().await?;
            Ok(true)
        })
        .await
    }

    /// Ends a set: when this returns nothing more of it is done. Returns whether it had not ended.
    pub async fn cancel_bulk(&self, bulk: BulkId, act: &Act) -> Result<bool> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            let done = sqlx::query(
                "UPDATE bulk SET state = 'CANCELLED', ended_ms = $2
                 WHERE id = $1 AND state IN ('COUNTING', 'COUNTED', 'PROPOSED', 'RUNNING')",
            )
            .bind(bulk.as_i64())
            .bind(act.at.unix_ms())
            .execute(&mut *tx)
            .await?;
            if done.rows_affected() == 0 {
                return Ok(false);
            }
            acts::record(&mut tx, act).await?;
            tx.commit().await?;
            Ok(true)
        })
        .await
    }

    /// Leases a set that is to be done and that nobody is at. Nobody else gets it before `until`.
    pub async fn lease_bulk(&self, (now, until): (Instant, Instant)) -> Result<Option<Bulk>> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            let sql = format!(
                "UPDATE bulk SET run_ms = $2
                 WHERE state = 'RUNNING' AND run_ms <= $1 AND id IN (
                     SELECT id FROM bulk WHERE state = 'RUNNING' AND run_ms <= $1
                     ORDER BY run_ms LIMIT 1)
                 RETURNING {}",
                COLUMNS.trim_start_matches("SELECT ").trim_end_matches(" FROM bulk")
            );
            let found = sqlx::query(AssertSqlSafe(sql))
                .bind(now.unix_ms())
                .bind(until.unix_ms())
                .fetch_optional(&mut *tx)
                .await?;
            tx.commit().await?;
            found.as_ref().map(bulk_from).transpose()
        })
        .await
    }

    /// Extends a lease, or gives it back. Returns whether the set is still to be done.
    pub async fn renew_bulk(&self, bulk: BulkId, until: Instant) -> Result<bool> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            let done =
                sqlx::query("UPDATE bulk SET run_ms = $2 WHERE id = $1 AND state = 'RUNNING'")
                    .bind(bulk.as_i64())
                    .bind(until.unix_ms())
                    .execute(&mut *tx)
                    .await?;
            tx.commit().await?;
            Ok(done.rows_affected() == 1)
        })
        .await
    }

    /// Records that one thing of a set cannot be done, and why. Recorded once.
    pub async fn refuse_item(&self, (bulk, number): (BulkId, u32), words: &str) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            let done = sqlx::query(
                "UPDATE bulk_item SET state = 'REFUSED', words = $3
                 WHERE bulk_id = $1 AND number = $2 AND state = 'WAITING'",
            )
            .bind(bulk.as_i64())
            .bind(i64::from(number))
            .bind(row::storable(words).into_owned())
            .execute(&mut *tx)
            .await?;
            if done.rows_affected() == 1 {
                let runs = sqlx::query(
                    "UPDATE bulk SET refused = refused + 1 WHERE id = $1 AND state = 'RUNNING'",
                )
                .bind(bulk.as_i64())
                .execute(&mut *tx)
                .await?;
                if runs.rows_affected() == 0 {
                    tx.rollback().await?;
                    return Ok(());
                }
            }
            tx.commit().await
        })
        .await
    }

    /// Ends a set of which nothing waits any more. Returns whether this call did.
    pub async fn finish_bulk(&self, bulk: BulkId, now: Instant) -> Result<bool> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            let done = sqlx::query(
                "UPDATE bulk SET state = 'DONE', ended_ms = $2 WHERE id = $1 AND state = 'RUNNING'
                 AND NOT EXISTS (SELECT 1 FROM bulk_item
                     WHERE bulk_item.bulk_id = $1 AND bulk_item.state = 'WAITING')",
            )
            .bind(bulk.as_i64())
            .bind(now.unix_ms())
            .execute(&mut *tx)
            .await?;
            tx.commit().await?;
            Ok(done.rows_affected() == 1)
        })
        .await
    }
}

impl Reader {
    /// The set with this id, if a person may see it: everything in it is of these client services, and one with nothing
    /// in it is their own.
    pub async fn bulk(
        &self,
        (person, services): (PersonId, &ServiceSet),
        id: BulkId,
    ) -> Result<Option<Bulk>> {
        let mut asked = Statement::new(format!("{COLUMNS} WHERE id = "));
        asked.number(id.as_i64());
        seen_by(&mut asked, person, services);
        asked.rows(&self.pool).await?.first().map(bulk_from).transpose()
    }

    /// The newest sets that a person may see.
    pub async fn bulks(
        &self,
        (person, services): (PersonId, &ServiceSet),
        limit: u32,
    ) -> Result<Vec<Bulk>> {
        let mut asked = Statement::new(format!("{COLUMNS} WHERE created_ms < "));
        asked.number(i64::MAX);
        seen_by(&mut asked, person, services);
        asked.say(&format!(" ORDER BY created_ms DESC, id DESC LIMIT {limit}"));
        asked.rows(&self.pool).await?.iter().map(bulk_from).collect()
    }

    /// Some of what is still to be done of a set, in its order.
    pub async fn waiting_items(&self, bulk: BulkId, limit: u32) -> Result<Vec<BulkItem>> {
        let sql =
            format!("{ITEMS} WHERE bulk_id = $1 AND state = 'WAITING' ORDER BY number LIMIT $2");
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(bulk.as_i64())
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(item_from).collect()
    }

    /// References of operations of a set, which the caller has read within what somebody sees.
    pub async fn references(
        &self,
        operations: &[OperationId],
    ) -> Result<HashMap<OperationId, String>> {
        if operations.is_empty() {
            return Ok(HashMap::new());
        }
        let mut asked =
            Statement::new("SELECT id, external_reference FROM operation WHERE draft = 0");
        asked.among("id", operations.iter().map(|id| id.as_i64()));
        let reference = |found: &AnyRow| {
            let id = OperationId::from_i64(row::integer(found, "id")?);
            Ok((id, row::text(found, "external_reference")?))
        };
        asked.rows(&self.pool).await?.iter().map(reference).collect()
    }

    /// Some of what could not be done of a set, behind a number.
    pub async fn refused_items(
        &self,
        bulk: BulkId,
        after: u32,
        limit: u32,
    ) -> Result<Vec<RefusedItem>> {
        let sql = format!(
            "{ITEMS} WHERE bulk_id = $1 AND number > $2 AND state = 'REFUSED' ORDER BY number LIMIT $3"
        );
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(bulk.as_i64())
            .bind(i64::from(after))
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
        let refused = |found: &AnyRow| {
            let words = row::optional_text(found, "words")?.unwrap_or_default();
            Ok(RefusedItem { item: item_from(found)?, words })
        };
        rows.iter().map(refused).collect()
    }

    /// Of some operations that are chosen the mails that are to be sent again: for each receiver who stands as the
    /// filter says the newest such mail.
    pub async fn mails_to_resend(
        &self,
        choice: &ListChoice,
        status: DeliveryStatus,
        operations: &[OperationId],
    ) -> Result<Vec<(OperationId, ClientServiceId, MessageId)>> {
        if operations.is_empty() {
            return Ok(Vec::new());
        }
        let mut asked = Statement::new(
            "SELECT mail.operation_id, mail.client_service_id, mail.id FROM message AS mail
             WHERE mail.channel = 'MAIL' AND mail.client_service_id IS NOT NULL AND mail.status = ",
        );
        asked.text(status.as_str());
        asked.among("mail.operation_id", operations.iter().map(|id| id.as_i64()));
        if let Some(receiver) = &choice.filter.receiver {
            asked.say(" AND mail.address_folded = ").text(&receiver.folded());
        }
        asked.say(if status == DeliveryStatus::Received { NO_NEWER_RECEIVED } else { NO_BETTER });
        asked.say(" ORDER BY mail.operation_id DESC, mail.position, mail.id");
        asked
            .rows(&self.pool)
            .await?
            .iter()
            .map(|found| {
                Ok((
                    OperationId::from_i64(row::integer(found, "operation_id")?),
                    ClientServiceId::from_i64(row::integer(found, "client_service_id")?),
                    MessageId::from_i64(row::integer(found, "id")?),
                ))
            })
            .collect()
    }
}

/// The condition that a mail that was received is the newest such to its receiver.
const NO_NEWER_RECEIVED: &str = " AND NOT EXISTS (SELECT 1 FROM message AS other
    WHERE other.operation_id = mail.operation_id AND other.channel = 'MAIL'
      AND other.address_folded = mail.address_folded AND other.status = 'RECEIVED'
      AND (other.created_ms, other.position, other.id) > (mail.created_ms, mail.position, mail.id))";

/// Adds the condition that a set is a person's own, or has something in it, and nothing of other client services.
fn seen_by(asked: &mut Statement, person: PersonId, services: &ServiceSet) {
    let ServiceSet::Of(some) = services else { return };
    asked.say(" AND (items > 0 OR person_id = ").number(person.as_i64()).say(")");
    asked.say(" AND NOT EXISTS (SELECT 1 FROM bulk_item WHERE bulk_item.bulk_id = bulk.id");
    for service in some {
        asked.say(" AND bulk_item.client_service_id <> ").number(service.as_i64());
    }
    asked.say(")");
}

fn bulk_from(found: &AnyRow) -> Result<Bulk> {
    Ok(Bulk {
        id: BulkId::from_i64(row::integer(found, "id")?),
        kind: row::named(found, "kind", BulkKind::parse)?,
        state: row::named(found, "state", BulkState::parse)?,
        filter: row::text(found, "filter")?,
        person: PersonId::from_i64(row::integer(found, "person_id")?),
        created: row::instant(found, "created_ms")?,
        approved_by: row::optional_integer(found, "approved_by")?.map(PersonId::from_i64),
        ended: row::optional_instant(found, "ended_ms")?,
        items: row::unsigned(found, "items")?,
        operations: row::unsigned(found, "operations")?,
        done: row::unsigned(found, "done")?,
        refused: row::unsigned(found, "refused")?,
    })
}

fn item_from(found: &AnyRow) -> Result<BulkItem> {
    Ok(BulkItem {
        number: row::small(found, "number")?,
        operation: OperationId::from_i64(row::integer(found, "operation_id")?),
        client_service: ClientServiceId::from_i64(row::integer(found, "client_service_id")?),
        message: row::optional_integer(found, "message_id")?.map(MessageId::from_i64),
    })
}
