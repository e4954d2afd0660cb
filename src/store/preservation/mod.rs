//! Preserved documents, the groups of them that share the timestamps of their evidence records, and what these records
//! are put together from. Whoever writes has the turn.

mod extended;
mod groups;
mod leaves;

use sqlx::AnyConnection;
use sqlx::any::AnyRow;

pub use self::extended::ExtendedDocument;
pub use self::groups::{BuildingGroup, EvidenceGroup, GroupChain, GroupStamp, RenewedGroup};
pub use self::leaves::{LeafBlock, NewLeaf};
use super::{Error, Reader, Reports, Result, Store, row};
use crate::domain::ids::{DocumentId, EvidenceGroupId, OperationId};
use crate::domain::instant::Instant;
use crate::domain::preservation::RenewalTimes;

/// The right to look after preserved documents: writes are accepted only from the newest turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PreservationTurn {
    /// The fencing epoch.
    pub number: i64,
}

/// A sealed document whose integrity is promised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreservedDocument {
    /// Which.
    pub document: DocumentId,
    /// Whose documents it is one of.
    pub operation: OperationId,
    /// The end of its custody.
    pub until: Instant,
    /// Of its bytes.
    pub sha256: [u8; 32],
    /// The group that it is in, if it is in one yet.
    pub group: Option<EvidenceGroupId>,
    /// Of the last archive timestamp of its seal, where it has one that is known.
    pub archive: Option<RenewalTimes>,
}

/// What of preservation is overdue, or will be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PreservationBacklog {
    /// When the document was sealed that waits longest for its evidence.
    pub oldest_waiting: Option<Instant>,
    /// Of the group whose renewal is due first.
    pub first_renewal: Option<RenewalTimes>,
    /// The same of the archive timestamps of seals.
    pub first_seal: Option<RenewalTimes>,
}

impl Store {
    /// Takes the turn, when nobody has it at this time.
    pub async fn take_preservation_turn(
        &self,
        now: Instant,
        until: Instant,
    ) -> Result<Option<PreservationTurn>> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            let found = sqlx::query(
                "UPDATE preservation_turn SET turn = turn + 1, until_ms = $2
                 WHERE id = 1 AND until_ms <= $1 RETURNING turn",
            )
            .bind(now.unix_ms())
            .bind(until.unix_ms())
            .fetch_optional(&mut *tx)
            .await?;
            let turn = found.map(|found| row::integer(&found, "turn")).transpose()?;
            tx.commit().await?;
            Ok(turn.map(|number| PreservationTurn { number }))
        })
        .await
    }

    /// Keeps the turn up to a time; one that is over already gives it back.
    ///
    /// # Errors
    /// [`Error::LeaseLost`].
    pub async fn keep_preservation_turn(
        &self,
        turn: PreservationTurn,
        until: Instant,
    ) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            let done = sqlx::query(
                "UPDATE preservation_turn SET until_ms = $2 WHERE id = 1 AND turn = $1",
            )
            .bind(turn.number)
            .bind(until.unix_ms())
            .execute(&mut *tx)
            .await?;
            if done.rows_affected() != 1 {
                return Err(Error::LeaseLost);
            }
            tx.commit().await
        })
        .await
    }
}

/// Proves that a turn is still the newest, and keeps others from taking it before the transaction ends.
async fn hold(connection: &mut AnyConnection, turn: PreservationTurn) -> Result<()> {
    let done = sqlx::query("UPDATE preservation_turn SET turn = turn WHERE id = 1 AND turn = $1")
        .bind(turn.number)
        .execute(connection)
        .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(Error::LeaseLost) }
}

impl Reader {
    /// What is known of a document whose integrity is promised; `None` of another.
    pub async fn preserved(&self, document: DocumentId) -> Result<Option<PreservedDocument>> {
        let found = sqlx::query(
            "SELECT preserved.document_id, document.operation_id, preserved.until_ms, preserved.sha256,
                    preserved.group_id, preserved.seal_ends_ms, preserved.seal_due_ms
             FROM preserved JOIN document ON document.id = preserved.document_id
             WHERE preserved.document_id = $1",
        )
        .bind(document.as_i64())
        .fetch_optional(&self.pool)
        .await?;
        found.as_ref().map(preserved_from).transpose()
    }

    /// Some documents that wait for their evidence and were sealed before a time, the oldest first.
    pub async fn documents_without_evidence(
        &self,
        before: Instant,
        limit: u32,
    ) -> Result<Vec<PreservedDocument>> {
        let rows = sqlx::query(
            "SELECT preserved.document_id, document.operation_id, preserved.until_ms, preserved.sha256,
                    preserved.group_id, preserved.seal_ends_ms, preserved.seal_due_ms
             FROM preserved JOIN document ON document.id = preserved.document_id
             WHERE preserved.group_id IS NULL AND preserved.sealed_ms < $1
             ORDER BY preserved.sealed_ms, preserved.document_id LIMIT $2",
        )
        .bind(before.unix_ms())
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(preserved_from).collect()
    }

    /// Some documents of a group, after one of them, by their ids.
    pub async fn documents_of_group(
        &self,
        group: EvidenceGroupId,
        after: DocumentId,
        limit: u32,
    ) -> Result<Vec<PreservedDocument>> {
        let rows = sqlx::query(
            "SELECT preserved.document_id, document.operation_id, preserved.until_ms, preserved.sha256,
                    preserved.group_id, preserved.seal_ends_ms, preserved.seal_due_ms
             FROM preserved JOIN document ON document.id = preserved.document_id
             WHERE preserved.group_id = $1 AND preserved.document_id > $2
             ORDER BY preserved.document_id LIMIT $3",
        )
        .bind(group.as_i64())
        .bind(after.as_i64())
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(preserved_from).collect()
    }
}

impl Reports {
    /// What waits longest, and what ends first of what is still to be kept.
    pub async fn preservation(&self, now: Instant) -> Result<PreservationBacklog> {
        let waiting = sqlx::query(
            "SELECT sealed_ms FROM preserved WHERE group_id IS NULL
             ORDER BY sealed_ms, document_id LIMIT 1",
        )
        .fetch_optional(&self.pool)
        .await?;
        let ends = sqlx::query(
            "SELECT ends_ms, due_ms FROM evidence_group WHERE due_ms > 0 AND until_ms > $1
             ORDER BY due_ms LIMIT 1",
        )
        .bind(now.unix_ms())
        .fetch_optional(&self.pool)
        .await?;
        let seals = sqlx::query(
            "SELECT seal_ends_ms AS ends_ms, seal_due_ms AS due_ms FROM preserved
             WHERE seal_due_ms > 0 AND until_ms > $1
             ORDER BY seal_due_ms, document_id LIMIT 1",
        )
        .bind(now.unix_ms())
        .fetch_optional(&self.pool)
        .await?;
        let times = |found: AnyRow| {
            let (ends, due) = (row::instant(&found, "ends_ms")?, row::instant(&found, "due_ms")?);
            Ok::<_, Error>(RenewalTimes { ends, due })
        };
        Ok(PreservationBacklog {
            oldest_waiting: waiting.map(|it| row::instant(&it, "sealed_ms")).transpose()?,
            first_renewal: ends.map(times).transpose()?,
            first_seal: seals.map(times).transpose()?,
        })
    }
}

/// Notes that the bytes of a document are preserved from now on.
pub(super) async fn preserve(
    tx: &mut AnyConnection,
    document: DocumentId,
    (sealed, until): (Instant, Instant),
    sha256: &[u8; 32],
    archive: Option<RenewalTimes>,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO preserved (document_id, sealed_ms, until_ms, sha256, seal_ends_ms, seal_due_ms)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
    )
    .bind(document.as_i64())
    .bind(sealed.unix_ms())
    .bind(until.unix_ms())
    .bind(sha256.to_vec())
    .bind(archive.map(|times| times.ends.unix_ms()))
    .bind(archive.map(|times| times.due.unix_ms()))
    .execute(tx)
    .await?;
    Ok(())
}

fn preserved_from(found: &AnyRow) -> Result<PreservedDocument> {
    Ok(PreservedDocument {
        document: DocumentId::from_i64(row::integer(found, "document_id")?),
        operation: OperationId::from_i64(row::integer(found, "operation_id")?),
        until: row::instant(found, "until_ms")?,
        sha256: row::sha256(found, "sha256")?,
        group: row::optional_integer(found, "group_id")?.map(EvidenceGroupId::from_i64),
        archive: match (
            row::optional_instant(found, "seal_ends_ms")?,
            row::optional_instant(found, "seal_due_ms")?,
        ) {
            (Some(ends), Some(due)) => Some(RenewalTimes { ends, due }),
            _ => None,
        },
    })
}
