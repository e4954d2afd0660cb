//! Groups of preserved documents: begun, stamped, renewed.

use sqlx::any::AnyRow;

use super::{PreservationTurn, hold};
use crate::domain::ids::{DocumentId, EvidenceGroupId};
use crate::domain::instant::Instant;
use crate::domain::preservation::RenewalTimes;
use crate::domain::profile::DigestAlgorithm;
use crate::store::{Error, Reader, Result, Store, row};

/// A group that waits for the first timestamp of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildingGroup {
    pub id: EvidenceGroupId,
    /// The chain, from 1.
    pub chain: u32,
    pub digest: DigestAlgorithm,
    /// It is of documents that were sealed before.
    pub before: Instant,
    /// How many documents it has.
    pub documents: u64,
    /// The leaves are there of documents up to this one.
    pub through: DocumentId,
    /// Whether these are all.
    pub gathered: bool,
}

/// A group with a timestamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EvidenceGroup {
    pub id: EvidenceGroupId,
    /// Its last chain with a timestamp, from 1; 0 without any.
    pub chain: u32,
    /// Timestamps of that chain.
    pub stamps: u32,
    /// Of the last one.
    pub times: Option<RenewalTimes>,
}

/// A chain of timestamps with one digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupChain {
    pub number: u32,
    pub digest: DigestAlgorithm,
    /// `ArchiveTimeStamp` in DER, the oldest first; the first one without the lists of a document.
    pub stamps: Vec<Vec<u8>>,
}

/// A timestamp that a group gets.
#[derive(Clone, Debug)]
pub struct GroupStamp {
    /// `ArchiveTimeStamp` in DER.
    pub der: Vec<u8>,
    /// When it was made.
    pub stamped: Instant,
    pub times: RenewalTimes,
}

/// A group with another timestamp in its last chain.
#[derive(Clone, Debug)]
pub struct RenewedGroup {
    /// As it was.
    pub group: EvidenceGroup,
    /// The timestamp before it, when something was added to its token.
    pub completed: Option<Vec<u8>>,
    /// The new one.
    pub stamp: GroupStamp,
}

impl Store {
    /// Begins a group of documents that were sealed before a time, with its first chain.
    ///
    /// # Errors
    /// [`Error::LeaseLost`].
    pub async fn begin_evidence_group(
        &self,
        turn: PreservationTurn,
        id: EvidenceGroupId,
        before: Instant,
        digest: DigestAlgorithm,
        now: Instant,
    ) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            hold(&mut tx, turn).await?;
            sqlx::query(
                "INSERT INTO evidence_group (id, created_ms, before_ms, until_ms, documents, chain, stamps,
                 building, through_id, gathered) VALUES ($1, $2, $3, 0, 0, 0, 0, 1, 0, 0)",
            )
            .bind(id.as_i64())
            .bind(now.unix_ms())
            .bind(before.unix_ms())
            .execute(&mut *tx)
            .await?;
            sqlx::query("INSERT INTO evidence_chain (group_id, chain, digest) VALUES ($1, 1, $2)")
                .bind(id.as_i64())
                .bind(digest.as_str())
                .execute(&mut *tx)
                .await?;
            tx.commit().await
        })
        .await
    }

    /// Begins another chain of a group, with another digest.
    ///
    /// # Errors
    /// [`Error::LeaseLost`].
    pub async fn begin_evidence_chain(
        &self,
        turn: PreservationTurn,
        group: &EvidenceGroup,
        digest: DigestAlgorithm,
    ) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            hold(&mut tx, turn).await?;
            let next = i64::from(group.chain) + 1;
            let done = sqlx::query(
                "UPDATE evidence_group SET building = $2, through_id = 0, gathered = 0
                 WHERE id = $1 AND building = 0",
            )
            .bind(group.id.as_i64())
            .bind(next)
            .execute(&mut *tx)
            .await?;
            if done.rows_affected() != 1 {
                return Err(Error::LeaseLost);
            }
            sqlx::query("INSERT INTO evidence_chain (group_id, chain, digest) VALUES ($1, $2, $3)")
                .bind(group.id.as_i64())
                .bind(next)
                .bind(digest.as_str())
                .execute(&mut *tx)
                .await?;
            tx.commit().await
        })
        .await
    }

    /// Records the first timestamp of the chain that a group waits for.
    ///
    /// # Errors
    /// [`Error::LeaseLost`]: nothing was written.
    pub async fn record_first_stamp(
        &self,
        turn: PreservationTurn,
        group: &BuildingGroup,
        stamp: &GroupStamp,
    ) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            hold(&mut tx, turn).await?;
            let done = sqlx::query(
                "UPDATE evidence_group SET chain = building, stamps = 1, ends_ms = $3, due_ms = $4, building = 0
                 WHERE id = $1 AND building = $2",
            )
            .bind(group.id.as_i64())
            .bind(i64::from(group.chain))
            .bind(stamp.times.ends.unix_ms())
            .bind(stamp.times.due.unix_ms())
            .execute(&mut *tx)
            .await?;
            if done.rows_affected() != 1 {
                return Err(Error::LeaseLost);
            }
            sqlx::query(
                "INSERT INTO evidence_stamp (group_id, chain, stamp, der, stamped_ms)
                 VALUES ($1, $2, $3, $4, $5)",
            )
            .bind(group.id.as_i64())
            .bind(i64::from(group.chain))
            .bind(1_i64)
            .bind(stamp.der.clone())
            .bind(stamp.stamped.unix_ms())
            .execute(&mut *tx)
            .await?;
            tx.commit().await
        })
        .await
    }

    /// Gives up the chain that a group waits for: of none of its documents the bytes are there.
    ///
    /// # Errors
    /// [`Error::LeaseLost`].
    pub async fn give_up_chain(&self, turn: PreservationTurn, group: &BuildingGroup) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            hold(&mut tx, turn).await?;
            sqlx::query(
                "UPDATE evidence_group SET building = 0, due_ms = NULL WHERE id = $1 AND building = $2",
            )
            .bind(group.id.as_i64())
            .bind(i64::from(group.chain))
            .execute(&mut *tx)
            .await?;
            tx.commit().await
        })
        .await
    }

    /// Records another timestamp of each of some groups, which are few.
    ///
    /// # Errors
    /// [`Error::LeaseLost`]: nothing was written.
    pub async fn record_renewals(
        &self,
        turn: PreservationTurn,
        renewed: &[RenewedGroup],
    ) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            hold(&mut tx, turn).await?;
            for RenewedGroup { group, completed, stamp } in renewed {
                let done = sqlx::query(
                    "UPDATE evidence_group SET stamps = stamps + 1, ends_ms = $4, due_ms = $5
                     WHERE id = $1 AND chain = $2 AND stamps = $3",
                )
                .bind(group.id.as_i64())
                .bind(i64::from(group.chain))
                .bind(i64::from(group.stamps))
                .bind(stamp.times.ends.unix_ms())
                .bind(stamp.times.due.unix_ms())
                .execute(&mut *tx)
                .await?;
                if done.rows_affected() != 1 {
                    return Err(Error::LeaseLost);
                }
                if let Some(der) = completed {
                    sqlx::query(
                        "UPDATE evidence_stamp SET der = $4
                         WHERE group_id = $1 AND chain = $2 AND stamp = $3",
                    )
                    .bind(group.id.as_i64())
                    .bind(i64::from(group.chain))
                    .bind(i64::from(group.stamps))
                    .bind(der.clone())
                    .execute(&mut *tx)
                    .await?;
                }
                sqlx::query(
                    "INSERT INTO evidence_stamp (group_id, chain, stamp, der, stamped_ms)
                     VALUES ($1, $2, $3, $4, $5)",
                )
                .bind(group.id.as_i64())
                .bind(i64::from(group.chain))
                .bind(i64::from(group.stamps) + 1)
                .bind(stamp.der.clone())
                .bind(stamp.stamped.unix_ms())
                .execute(&mut *tx)
                .await?;
            }
            tx.commit().await
        })
        .await
    }

    /// Notes what is added to the last timestamp of a group before a new chain is over it.
    ///
    /// # Errors
    /// [`Error::LeaseLost`].
    pub async fn complete_stamp(
        &self,
        turn: PreservationTurn,
        group: &EvidenceGroup,
        der: &[u8],
    ) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            hold(&mut tx, turn).await?;
            sqlx::query(
                "UPDATE evidence_stamp SET der = $4
                 WHERE group_id = $1 AND chain = $2 AND stamp = $3",
            )
            .bind(group.id.as_i64())
            .bind(i64::from(group.chain))
            .bind(i64::from(group.stamps))
            .bind(der.to_vec())
            .execute(&mut *tx)
            .await?;
            tx.commit().await
        })
        .await
    }

    /// Notes when what the last timestamps of some groups stand on ends by the calendar of now.
    ///
    /// # Errors
    /// [`Error::LeaseLost`].
    pub async fn set_renewal_times(
        &self,
        turn: PreservationTurn,
        all: &[(EvidenceGroupId, RenewalTimes)],
    ) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            hold(&mut tx, turn).await?;
            for (group, times) in all {
                sqlx::query("UPDATE evidence_group SET ends_ms = $2, due_ms = $3 WHERE id = $1")
                    .bind(group.as_i64())
                    .bind(times.ends.unix_ms())
                    .bind(times.due.unix_ms())
                    .execute(&mut *tx)
                    .await?;
            }
            tx.commit().await
        })
        .await
    }
}

impl Reader {
    /// A group that waits for the first timestamp of a chain, the oldest.
    pub async fn building_group(&self) -> Result<Option<BuildingGroup>> {
        let found = sqlx::query(
            "SELECT id, building, before_ms, documents, through_id, gathered FROM evidence_group
             WHERE building > 0 ORDER BY id LIMIT 1",
        )
        .fetch_optional(&self.pool)
        .await?;
        let Some(found) = found else { return Ok(None) };
        let (id, chain) = (row::integer(&found, "id")?, row::small(&found, "building")?);
        let named =
            sqlx::query("SELECT digest FROM evidence_chain WHERE group_id = $1 AND chain = $2")
                .bind(id)
                .bind(i64::from(chain))
                .fetch_one(&self.pool)
                .await?;
        Ok(Some(BuildingGroup {
            id: EvidenceGroupId::from_i64(id),
            chain,
            digest: row::named(&named, "digest", DigestAlgorithm::parse)?,
            before: row::instant(&found, "before_ms")?,
            documents: row::unsigned(&found, "documents")?,
            through: DocumentId::from_i64(row::integer(&found, "through_id")?),
            gathered: row::boolean(&found, "gathered")?,
        }))
    }

    /// A group.
    pub async fn evidence_group(&self, id: EvidenceGroupId) -> Result<Option<EvidenceGroup>> {
        let found = sqlx::query(
            "SELECT id, chain, stamps, ends_ms, due_ms FROM evidence_group WHERE id = $1",
        )
        .bind(id.as_i64())
        .fetch_optional(&self.pool)
        .await?;
        found.as_ref().map(group_from).transpose()
    }

    /// Some groups whose renewal is due, those that are due longest; not those that nobody need keep any more, nor those
    /// that wait for another chain.
    pub async fn groups_due(&self, now: Instant, limit: u32) -> Result<Vec<EvidenceGroup>> {
        let rows = sqlx::query(
            "SELECT id, chain, stamps, ends_ms, due_ms FROM evidence_group
             WHERE due_ms <= $1 AND until_ms > $1 AND building = 0 ORDER BY due_ms LIMIT $2",
        )
        .bind(now.unix_ms())
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(group_from).collect()
    }

    /// Some groups after one of them, by their ids.
    pub async fn groups_after(
        &self,
        after: EvidenceGroupId,
        limit: u32,
    ) -> Result<Vec<EvidenceGroup>> {
        let rows = sqlx::query(
            "SELECT id, chain, stamps, ends_ms, due_ms FROM evidence_group WHERE id > $1
             ORDER BY id LIMIT $2",
        )
        .bind(after.as_i64())
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(group_from).collect()
    }

    /// The chains of a group that have timestamps, the oldest first.
    pub async fn evidence_chains(&self, group: EvidenceGroupId) -> Result<Vec<GroupChain>> {
        let rows = sqlx::query(
            "SELECT evidence_chain.chain, evidence_chain.digest, evidence_stamp.der
             FROM evidence_chain JOIN evidence_stamp ON evidence_stamp.group_id = evidence_chain.group_id
                  AND evidence_stamp.chain = evidence_chain.chain
             WHERE evidence_chain.group_id = $1 ORDER BY evidence_chain.chain, evidence_stamp.stamp",
        )
        .bind(group.as_i64())
        .fetch_all(&self.pool)
        .await?;
        let mut chains: Vec<GroupChain> = Vec::new();
        for found in &rows {
            let number = row::small(found, "chain")?;
            let der = row::bytes(found, "der")?;
            match chains.last_mut() {
                Some(chain) if chain.number == number => chain.stamps.push(der),
                _ => {
                    let digest = row::named(found, "digest", DigestAlgorithm::parse)?;
                    chains.push(GroupChain { number, digest, stamps: vec![der] });
                }
            }
        }
        Ok(chains)
    }
}

fn group_from(found: &AnyRow) -> Result<EvidenceGroup> {
    Ok(EvidenceGroup {
        id: EvidenceGroupId::from_i64(row::integer(found, "id")?),
        chain: row::small(found, "chain")?,
        stamps: row::small(found, "stamps")?,
        times: match (
            row::optional_instant(found, "ends_ms")?,
            row::optional_instant(found, "due_ms")?,
        ) {
            (Some(ends), Some(due)) => Some(RenewalTimes { ends, due }),
            _ => None,
        },
    })
}
