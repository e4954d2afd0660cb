//! The audit record as a chain: entries are added to its end, in one order whoever writes, and read in that order. What
//! their hashes are over is `pki/audit_chain`; whether they are right is asked elsewhere.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe};

use super::{Error, Reader, Result, Store, row};
use crate::domain::audit::RecordedEntry;
use crate::pki::audit_chain::link;

/// Where the chain ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainHead {
    /// Of the last entry; 0: there is none.
    pub place: i64,
    pub hash: Option<[u8; 32]>,
}

/// An entry as it stands in the table, whatever was done to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainedEntry {
    pub place: i64,
    pub hash: Option<[u8; 32]>,
    /// `None`: a column holds what it never held.
    pub entry: Option<RecordedEntry>,
}

/// Entries of before the chain that are chained in one transaction.
const PORTION: i64 = 200;

const COLUMNS: &str =
    "SELECT id, at_ms, actor, actor_id, action, person_id, subject, detail, address, place, hash
    FROM audit_entry";

/// Adds an entry at the end of the chain, unless there is one with its number; returns whether it is new. Until the
/// transaction ends nobody else adds one.
pub(super) async fn append(tx: &mut AnyConnection, entry: &RecordedEntry) -> Result<bool> {
    let taken =
        sqlx::query("UPDATE audit_head SET place = place + 1 WHERE id = 1 RETURNING place, hash")
            .fetch_one(&mut *tx)
            .await?;
    let head = head_from(&taken)?;
    let hash = link(head.place, head.hash.as_ref(), entry);
    let added = sqlx::query(
        "INSERT INTO audit_entry (id, at_ms, actor, actor_id, action, person_id, subject, detail,
             address, place, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         ON CONFLICT (id) DO NOTHING",
    )
    .bind(entry.id)
    .bind(entry.at_ms)
    .bind(&entry.actor)
    .bind(entry.actor_id)
    .bind(&entry.action)
    .bind(entry.person)
    .bind(entry.subject.as_deref())
    .bind(&entry.detail)
    .bind(entry.address.as_deref())
    .bind(head.place)
    .bind(hash.to_vec())
    .execute(&mut *tx)
    .await?;
    if added.rows_affected() == 0 {
        sqlx::query("UPDATE audit_head SET place = place - 1 WHERE id = 1").execute(tx).await?;
        return Ok(false);
    }
    sqlx::query("UPDATE audit_head SET hash = $1 WHERE id = 1")
        .bind(hash.to_vec())
        .execute(tx)
        .await?;
    Ok(true)
}

impl Store {
    /// Chains what was recorded before there was a chain, once and in portions.
    pub(super) async fn chain_what_was_before(&self) -> Result<()> {
        while !self.is_chained().await? {
            self.again(|| async {
                let mut tx = self.begin().await?;
                if chain_some(&mut tx).await? { tx.commit().await } else { tx.rollback().await }
            })
            .await?;
        }
        Ok(())
    }

    async fn is_chained(&self) -> Result<bool> {
        let found = sqlx::query("SELECT adopted FROM audit_head WHERE id = 1")
            .fetch_optional(&self.reader.pool)
            .await?;
        // Without a head there is nothing to chain to; the next entry says so.
        found.map_or(Ok(true), |found| row::boolean(&found, "adopted"))
    }
}

/// Chains some entries, or writes down that there are none left. Returns whether there was something to write.
async fn chain_some(tx: &mut AnyConnection) -> Result<bool> {
    let taken = sqlx::query(
        "UPDATE audit_head SET place = place WHERE id = 1 AND adopted = 0 RETURNING place, hash",
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(taken) = taken else { return Ok(false) };
    let mut head = head_from(&taken)?;
    let sql = format!("{COLUMNS} WHERE place IS NULL ORDER BY at_ms, id LIMIT $1");
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(PORTION).fetch_all(&mut *tx).await?;
    for found in &rows {
        let entry = entry_from(found)?;
        head.place += 1;
        let hash = link(head.place, head.hash.as_ref(), &entry);
        sqlx::query("UPDATE audit_entry SET place = $2, hash = $3 WHERE id = $1")
            .bind(entry.id)
            .bind(head.place)
            .bind(hash.to_vec())
            .execute(&mut *tx)
            .await?;
        head.hash = Some(hash);
    }
    sqlx::query("UPDATE audit_head SET place = $1, hash = $2, adopted = $3 WHERE id = 1")
        .bind(head.place)
        .bind(head.hash.map(|hash| hash.to_vec()))
        .bind(i64::from(rows.is_empty()))
        .execute(tx)
        .await?;
    Ok(true)
}

impl Reader {
    /// Where the chain ends; `None`: somebody took that away.
    pub async fn audit_head(&self) -> Result<Option<ChainHead>> {
        let found = sqlx::query("SELECT place, hash FROM audit_head WHERE id = 1")
            .fetch_optional(&self.pool)
            .await?;
        found.as_ref().map(head_from).transpose()
    }

    /// Some entries behind a place and up to another one, in the order of the chain.
    pub async fn chained(
        &self,
        (after, until): (i64, i64),
        limit: u32,
    ) -> Result<Vec<ChainedEntry>> {
        let sql = format!("{COLUMNS} WHERE place > $1 AND place <= $2 ORDER BY place LIMIT $3");
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(after)
            .bind(until)
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
        let chained = |found: &AnyRow| {
            Ok(ChainedEntry {
                place: row::integer(found, "place")?,
                hash: row::sha256(found, "hash").ok(),
                entry: entry_from(found).ok(),
            })
        };
        rows.iter().map(chained).collect()
    }

    /// The first entry that is not in the chain: one without a place, or behind its end.
    pub async fn unchained(&self) -> Result<Option<i64>> {
        let beyond = sqlx::query(
            "SELECT id FROM audit_entry WHERE place > (SELECT place FROM audit_head WHERE id = 1)
             ORDER BY place LIMIT 1",
        )
        .fetch_optional(&self.pool)
        .await?;
        let found = match beyond {
            Some(found) => Some(found),
            None => {
                let sql =
                    "SELECT id FROM audit_entry WHERE place IS NULL ORDER BY at_ms, id LIMIT 1";
                sqlx::query(sql).fetch_optional(&self.pool).await?
            }
        };
        found.map(|found| row::integer(&found, "id")).transpose()
    }
}

fn head_from(found: &AnyRow) -> Result<ChainHead> {
    let hash = row::optional_bytes(found, "hash")?;
    let hash = hash.map(|hash| hash.try_into().map_err(|_| Error::Corrupt { column: "hash" }));
    Ok(ChainHead { place: row::integer(found, "place")?, hash: hash.transpose()? })
}

fn entry_from(found: &AnyRow) -> Result<RecordedEntry> {
    Ok(RecordedEntry {
        id: row::integer(found, "id")?,
        at_ms: row::integer(found, "at_ms")?,
        actor: row::text(found, "actor")?,
        actor_id: row::optional_integer(found, "actor_id")?,
        action: row::text(found, "action")?,
        person: row::integer(found, "person_id")?,
        subject: row::optional_text(found, "subject")?,
        detail: row::text(found, "detail")?,
        address: row::optional_text(found, "address")?,
    })
}
