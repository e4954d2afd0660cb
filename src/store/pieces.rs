//! Bytes of documents that are put down ahead, in transactions of their own, so that the one that says whose
//! they are is short. Until then they are loose: nobody refers to them, and they go when their time is over.
//! So do those that nobody refers to any more.

use std::collections::BTreeMap;

use sqlx::{AnyConnection, AssertSqlSafe};

use super::{Error, Reader, Result, Store, placeholders, row};
use crate::domain::ids::{DocumentId, ParcelId};
use crate::domain::instant::Instant;

/// Rows in one INSERT.
const ROWS_PER_INSERT: usize = 100;

/// What one transaction sweeps at most: spans, and octets but for a single piece that has more.
const SWEPT_SPANS: i64 = 100;
const SWEPT_OCTETS: u64 = 1 << 20;

/// The time of what nobody refers to any more.
const OVER: i64 = 0;

/// Where a content lies: these pieces of a parcel, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// What they were put down with.
    pub parcel: ParcelId,
    /// The first of them.
    pub first: u32,
    /// The last of them.
    pub last: u32,
}

/// Loose pieces that may go.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Sweep {
    /// Pieces, each range as one.
    ranges: Vec<Span>,
    /// Spans of which nothing is left then, by parcel and first piece.
    empty: Vec<(ParcelId, u32)>,
}

impl Store {
    /// Puts pieces down in a parcel, the first of them with this number. Until somebody refers to the parcel
    /// they are loose, up to this time; each call makes it later.
    ///
    /// # Errors
    /// [`Error::Swept`] when the time was over since the last call: nothing was written.
    pub async fn put_pieces(
        &self,
        parcel: ParcelId,
        first: u32,
        pieces: &[&[u8]],
        until: Instant,
    ) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            let loose = if first == 1 {
                "INSERT INTO loose (parcel_id, first_piece, last_piece, until_ms) VALUES ($1, 1, $3, $2)"
            } else {
                "UPDATE loose SET until_ms = $2, last_piece = $3
                 WHERE parcel_id = $1 AND first_piece = 1 AND until_ms > 0"
            };
            let count = i64::try_from(pieces.len()).unwrap_or(i64::MAX);
            let last = i64::from(first).saturating_add(count).saturating_sub(1);
            let done = sqlx::query(loose)
                .bind(parcel.as_i64())
                .bind(until.unix_ms())
                .bind(last)
                .execute(&mut *tx)
                .await?;
            if done.rows_affected() != 1 {
                return Err(Error::Swept);
            }
            let mut numbers = i64::from(first)..;
            for rows in pieces.chunks(ROWS_PER_INSERT) {
                let sql = format!(
                    "INSERT INTO piece (parcel_id, number, bytes) VALUES {}",
                    placeholders(rows.len(), 3)
                );
                let mut query = sqlx::query(AssertSqlSafe(sql));
                for (bytes, number) in rows.iter().zip(&mut numbers) {
                    query = query.bind(parcel.as_i64()).bind(number).bind(bytes.to_vec());
                }
                query.execute(&mut *tx).await?;
            }
            tx.commit().await
        })
        .await
    }

    /// Gives up what was put down: nobody will refer to it.
    pub async fn give_up_pieces(&self, parcel: ParcelId) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            sqlx::query("UPDATE loose SET until_ms = $2 WHERE parcel_id = $1 AND until_ms > 0")
                .bind(parcel.as_i64())
                .bind(OVER)
                .execute(&mut *tx)
                .await?;
            tx.commit().await
        })
        .await
    }

    /// Gives up what was put down by whoever did not refer to it in time: the process may have ended.
    pub async fn give_up_overdue_pieces(&self, now: Instant) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            sqlx::query("UPDATE loose SET until_ms = $2 WHERE until_ms > 0 AND until_ms <= $1")
                .bind(now.unix_ms())
                .bind(OVER)
                .execute(&mut *tx)
                .await?;
            tx.commit().await
        })
        .await
    }

    /// Deletes loose pieces that may go.
    pub async fn sweep(&self, sweep: &Sweep) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            for range in &sweep.ranges {
                sqlx::query(
                    "DELETE FROM piece WHERE parcel_id = $1 AND number >= $2 AND number <= $3",
                )
                .bind(range.parcel.as_i64())
                .bind(i64::from(range.first))
                .bind(i64::from(range.last))
                .execute(&mut *tx)
                .await?;
            }
            for (parcel, first) in &sweep.empty {
                sqlx::query("DELETE FROM loose WHERE parcel_id = $1 AND first_piece = $2")
                    .bind(parcel.as_i64())
                    .bind(i64::from(*first))
                    .execute(&mut *tx)
                    .await?;
            }
            tx.commit().await
        })
        .await
    }
}

impl Reader {
    /// Whether the time of somebody who put pieces down is over.
    pub async fn overdue_pieces(&self, now: Instant) -> Result<bool> {
        let found = sqlx::query(
            "SELECT parcel_id FROM loose WHERE until_ms > 0 AND until_ms <= $1 LIMIT 1",
        )
        .bind(now.unix_ms())
        .fetch_optional(&self.pool)
        .await?;
        Ok(found.is_some())
    }

    /// Some of the loose pieces that may go, as many as one transaction should delete; `None` when there are
    /// none.
    pub async fn loose_pieces(&self) -> Result<Option<Sweep>> {
        let spans = sqlx::query(
            "SELECT parcel_id, first_piece, last_piece FROM loose WHERE until_ms = $1
             ORDER BY parcel_id, first_piece LIMIT $2",
        )
        .bind(OVER)
        .bind(SWEPT_SPANS)
        .fetch_all(&self.pool)
        .await?;
        let mut sweep = Sweep::default();
        let mut octets = 0;
        for found in &spans {
            let parcel = ParcelId::from_i64(row::integer(found, "parcel_id")?);
            let (first, last) =
                (row::small(found, "first_piece")?, row::small(found, "last_piece")?);
            let pieces = sqlx::query(
                "SELECT number, CAST(LENGTH(bytes) AS BIGINT) AS length FROM piece
                 WHERE parcel_id = $1 AND number >= $2 AND number <= $3 ORDER BY number LIMIT $4",
            )
            .bind(parcel.as_i64())
            .bind(i64::from(first))
            .bind(i64::from(last))
            .bind(SWEPT_SPANS)
            .fetch_all(&self.pool)
            .await?;
            for piece in &pieces {
                let length = row::unsigned(piece, "length")?;
                if octets > 0 && octets + length > SWEPT_OCTETS {
                    return Ok(Some(sweep));
                }
                octets += length;
                sweep.take(parcel, row::small(piece, "number")?);
            }
            if i64::try_from(pieces.len()) == Ok(SWEPT_SPANS) {
                return Ok(Some(sweep));
            }
            sweep.empty.push((parcel, first));
        }
        Ok((!sweep.empty.is_empty() || !sweep.ranges.is_empty()).then_some(sweep))
    }
}

impl Sweep {
    fn take(&mut self, parcel: ParcelId, number: u32) {
        match self.ranges.last_mut() {
            Some(range) if range.parcel == parcel && range.last.checked_add(1) == Some(number) => {
                range.last = number;
            }
            _ => self.ranges.push(Span { parcel, first: number, last: number }),
        }
    }
}

/// Takes a parcel from what is loose, as the transaction refers to all of it.
///
/// # Errors
/// [`Error::Swept`].
pub(super) async fn keep(tx: &mut AnyConnection, parcel: ParcelId) -> Result<()> {
    let done =
        sqlx::query("DELETE FROM loose WHERE parcel_id = $1 AND first_piece = 1 AND until_ms > 0")
            .bind(parcel.as_i64())
            .execute(tx)
            .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(Error::Swept) }
}

/// Lets go of the pieces that these documents have as contents of a kind.
pub(super) async fn loosen(
    tx: &mut AnyConnection,
    documents: &[DocumentId],
    kind: &str,
) -> Result<()> {
    for documents in documents.chunks(ROWS_PER_INSERT) {
        let marks: Vec<String> = (3..documents.len() + 3).map(|n| format!("${n}")).collect();
        let sql = format!(
            "INSERT INTO loose (parcel_id, first_piece, last_piece, until_ms)
             SELECT parcel_id, first_piece, last_piece, $1 FROM content
             WHERE kind = $2 AND parcel_id IS NOT NULL AND document_id IN ({})",
            marks.join(",")
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).bind(OVER).bind(kind.to_owned());
        for document in documents {
            query = query.bind(document.as_i64());
        }
        query.execute(&mut *tx).await?;
    }
    Ok(())
}

/// Puts pieces together.
pub(super) fn joined(pieces: BTreeMap<u32, Vec<u8>>) -> Vec<u8> {
    let mut whole = Vec::with_capacity(pieces.values().map(Vec::len).sum());
    // Each piece goes as soon as it is copied.
    for piece in pieces.into_values() {
        whole.extend_from_slice(&piece);
    }
    whole
}
