//! The digests that the trees of groups are over: gathered in portions, read in their order.

use sqlx::{AnyConnection, AssertSqlSafe};

use super::{PreservationTurn, hold};
use crate::domain::ids::{DocumentId, EvidenceGroupId};
use crate::domain::instant::Instant;
use crate::store::{Error, Reader, Result, Store, placeholders, row};

/// Rows in one INSERT.
const ROWS_PER_INSERT: usize = 100;

/// The digest that a document is in a tree with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLeaf {
    pub document: DocumentId,
    /// The end of its custody.
    pub until: Instant,
    /// `None` when its bytes are not those that were sealed.
    pub digest: Option<Vec<u8>>,
}

/// The tree over some of the digests, one after the other in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeafBlock {
    /// From 0.
    pub number: u32,
    /// The first of the digests.
    pub first: Vec<u8>,
    pub root: Vec<u8>,
}

impl Store {
    /// Takes documents that wait for their evidence into a group, with their digests in its first tree. One that is in
    /// a group already, or has other bytes by now, is left.
    ///
    /// # Errors
    /// [`Error::LeaseLost`]: nothing was written.
    pub async fn join_group(
        &self,
        turn: PreservationTurn,
        group: EvidenceGroupId,
        leaves: &[(NewLeaf, [u8; 32])],
    ) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            hold(&mut tx, turn).await?;
            let mut joined = Vec::new();
            for (leaf, sha256) in leaves {
                let done = sqlx::query(
                    "UPDATE preserved SET group_id = $2
                     WHERE document_id = $1 AND group_id IS NULL AND sha256 = $3",
                )
                .bind(leaf.document.as_i64())
                .bind(group.as_i64())
                .bind(sha256.to_vec())
                .execute(&mut *tx)
                .await?;
                if done.rows_affected() == 1 {
                    joined.push(leaf);
                }
            }
            insert(&mut tx, group, 1, &joined).await?;
            let until = joined.iter().map(|leaf| leaf.until.unix_ms()).max().unwrap_or_default();
            let done = sqlx::query(
                "UPDATE evidence_group SET documents = documents + $2,
                 until_ms = CASE WHEN until_ms < $3 THEN $3 ELSE until_ms END
                 WHERE id = $1 AND building = 1 AND gathered = 0",
            )
            .bind(group.as_i64())
            .bind(i64::try_from(joined.len()).unwrap_or(i64::MAX))
            .bind(until)
            .execute(&mut *tx)
            .await?;
            if done.rows_affected() != 1 {
                return Err(Error::LeaseLost);
            }
            tx.commit().await
        })
        .await
    }

    /// Adds the digests of more documents of a group to the tree of a later chain.
    ///
    /// # Errors
    /// [`Error::LeaseLost`]: nothing was written.
    pub async fn add_leaves(
        &self,
        turn: PreservationTurn,
        (group, chain): (EvidenceGroupId, u32),
        leaves: &[NewLeaf],
        through: DocumentId,
    ) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            hold(&mut tx, turn).await?;
            let all: Vec<&NewLeaf> = leaves.iter().collect();
            insert(&mut tx, group, chain, &all).await?;
            let done = sqlx::query(
                "UPDATE evidence_group SET through_id = $3
                 WHERE id = $1 AND building = $2 AND gathered = 0",
            )
            .bind(group.as_i64())
            .bind(i64::from(chain))
            .bind(through.as_i64())
            .execute(&mut *tx)
            .await?;
            if done.rows_affected() != 1 {
                return Err(Error::LeaseLost);
            }
            tx.commit().await
        })
        .await
    }

    /// Says that the tree that a group waits for has all of its digests.
    ///
    /// # Errors
    /// [`Error::LeaseLost`].
    pub async fn close_leaves(&self, turn: PreservationTurn, group: EvidenceGroupId) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            hold(&mut tx, turn).await?;
            sqlx::query("UPDATE evidence_group SET gathered = 1 WHERE id = $1 AND building > 0")
                .bind(group.as_i64())
                .execute(&mut *tx)
                .await?;
            tx.commit().await
        })
        .await
    }

    /// Keeps blocks of a tree that has all of its digests. The same ones may come again.
    ///
    /// # Errors
    /// [`Error::LeaseLost`].
    pub async fn add_blocks(
        &self,
        turn: PreservationTurn,
        (group, chain): (EvidenceGroupId, u32),
        blocks: &[LeafBlock],
    ) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            hold(&mut tx, turn).await?;
            for rows in blocks.chunks(ROWS_PER_INSERT) {
                let sql = format!(
                    "INSERT INTO evidence_block (group_id, chain, block, first, root) VALUES {}
                     ON CONFLICT DO NOTHING",
                    placeholders(rows.len(), 5)
                );
                let mut query = sqlx::query(AssertSqlSafe(sql));
                for block in rows {
                    query = query
                        .bind(group.as_i64())
                        .bind(i64::from(chain))
                        .bind(i64::from(block.number))
                        .bind(block.first.clone())
                        .bind(block.root.clone());
                }
                query.execute(&mut *tx).await?;
            }
            tx.commit().await
        })
        .await
    }
}

impl Reader {
    /// Some digests of a tree in their order, from one on; the first ones without it.
    pub async fn leaves(
        &self,
        (group, chain): (EvidenceGroupId, u32),
        from: &[u8],
        limit: usize,
    ) -> Result<Vec<Vec<u8>>> {
        let rows = sqlx::query(
            "SELECT digest FROM evidence_leaf
             WHERE group_id = $1 AND chain = $2 AND digest >= $3 ORDER BY digest LIMIT $4",
        )
        .bind(group.as_i64())
        .bind(i64::from(chain))
        .bind(from.to_vec())
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(|found| row::bytes(found, "digest")).collect()
    }

    /// The blocks of a tree, in their order.
    pub async fn leaf_blocks(
        &self,
        (group, chain): (EvidenceGroupId, u32),
    ) -> Result<Vec<LeafBlock>> {
        let rows = sqlx::query(
            "SELECT block, first, root FROM evidence_block
             WHERE group_id = $1 AND chain = $2 ORDER BY block",
        )
        .bind(group.as_i64())
        .bind(i64::from(chain))
        .fetch_all(&self.pool)
        .await?;
        let block = |found: &sqlx::any::AnyRow| {
            Ok(LeafBlock {
                number: row::small(found, "block")?,
                first: row::bytes(found, "first")?,
                root: row::bytes(found, "root")?,
            })
        };
        rows.iter().map(block).collect()
    }
}

async fn insert(
    tx: &mut AnyConnection,
    group: EvidenceGroupId,
    chain: u32,
    leaves: &[&NewLeaf],
) -> Result<()> {
    let digests: Vec<&Vec<u8>> = leaves.iter().filter_map(|leaf| leaf.digest.as_ref()).collect();
    for rows in digests.chunks(ROWS_PER_INSERT) {
        let sql = format!(
            "INSERT INTO evidence_leaf (group_id, chain, digest) VALUES {} ON CONFLICT DO NOTHING",
            placeholders(rows.len(), 3)
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for digest in rows {
            query = query.bind(group.as_i64()).bind(i64::from(chain)).bind((*digest).clone());
        }
        query.execute(&mut *tx).await?;
    }
    Ok(())
}
