//! What is told of one operation beside the operation itself: when keys were asked, documents some at a time, and every
//! try of its mails.

use std::collections::HashMap;

use sqlx::any::AnyRow;

use super::documents::document_from;
use super::outbox::attempt_from;
use super::{Reader, Result, row};
use crate::domain::document::Document;
use crate::domain::ids::{EvidenceGroupId, MessageId, OperationId};
use crate::domain::instant::Instant;
use crate::domain::outbox::Attempt;

/// When what was to be signed of an operation was stored, which is just before its key was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IntentSpan {
    pub first: Instant,
    pub last: Instant,
    pub documents: u32,
}

/// A document with what else is stored of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownDocument {
    pub document: Document,
    /// SHA-256 of what the client sent; `None`: accepted by an earlier release.
    pub original_sha256: Option<[u8; 32]>,
    /// Name of the format of its seal, and of the profile.
    pub format: Option<String>,
    pub profile: Option<String>,
    /// Whether its integrity is promised.
    pub preserved: bool,
    /// With which others it has its evidence record.
    pub evidence: Option<EvidenceGroupId>,
}

impl Reader {
    /// When keys were asked for an operation. The caller has already read the operation within its scope, here and
    /// below.
    pub async fn intent_span(&self, operation: OperationId) -> Result<Option<IntentSpan>> {
        let found = sqlx::query(
            "SELECT COUNT(*) AS documents, MIN(intent.recorded_ms) AS first_ms,
                    MAX(intent.recorded_ms) AS last_ms
             FROM document JOIN intent ON intent.document_id = document.id
             WHERE document.operation_id = $1",
        )
        .bind(operation.as_i64())
        .fetch_one(&self.pool)
        .await?;
        let first = row::optional_instant(&found, "first_ms")?;
        let last = row::optional_instant(&found, "last_ms")?;
        let Some((first, last)) = first.zip(last) else { return Ok(None) };
        Ok(Some(IntentSpan { first, last, documents: row::small(&found, "documents")? }))
    }

    /// Why an operation that waits does so, in the words of the last try.
    pub async fn last_error(&self, operation: OperationId) -> Result<Option<String>> {
        let found = sqlx::query("SELECT last_error FROM operation WHERE id = $1")
            .bind(operation.as_i64())
            .fetch_optional(&self.pool)
            .await?;
        found.map_or(Ok(None), |found| row::optional_text(&found, "last_error"))
    }

    /// Some documents of an operation, from a position on.
    pub async fn known_documents(
        &self,
        operation: OperationId,
        from: u32,
        limit: u32,
    ) -> Result<Vec<KnownDocument>> {
        let rows = sqlx::query(
            "SELECT document.id, document.operation_id, document.position,
                    document.external_reference, document.name, document.content_type,
                    document.content_length, document.received_ms, document.state, document.error,
                    document.error_reason, document.error_detail, document.signing_time_ms,
                    document.sealed_sha256, document.sealed_length, document.original_sha256,
                    document.format, document.profile, preserved.document_id AS preserved_id,
                    CASE WHEN evidence_group.chain > 0 THEN evidence_group.id END AS evidence_id
             FROM document
                 LEFT JOIN preserved ON preserved.document_id = document.id
                 LEFT JOIN evidence_group ON evidence_group.id = preserved.group_id
             WHERE document.operation_id = $1 AND document.position >= $2
             ORDER BY document.position LIMIT $3",
        )
        .bind(operation.as_i64())
        .bind(i64::from(from))
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(known_from).collect()
    }

    /// Every try of the mails about an operation, oldest first.
    pub async fn tries_of(
        &self,
        operation: OperationId,
    ) -> Result<HashMap<MessageId, Vec<Attempt>>> {
        let rows = sqlx::query(
            "SELECT attempt.message_id, attempt.number, attempt.started_ms, attempt.ended_ms,
                    attempt.verdict, attempt.ambiguous, attempt.phase, attempt.reply
             FROM message JOIN attempt ON attempt.message_id = message.id
             WHERE message.operation_id = $1 AND message.channel = 'MAIL'
             ORDER BY attempt.message_id, attempt.number",
        )
        .bind(operation.as_i64())
        .fetch_all(&self.pool)
        .await?;
        let mut tries: HashMap<MessageId, Vec<Attempt>> = HashMap::new();
        for found in &rows {
            let message = MessageId::from_i64(row::integer(found, "message_id")?);
            tries.entry(message).or_default().push(attempt_from(found)?);
        }
        Ok(tries)
    }
}

fn known_from(found: &AnyRow) -> Result<KnownDocument> {
    let original_sha256 = match row::optional_bytes(found, "original_sha256")? {
        None => None,
        Some(_) => Some(row::sha256(found, "original_sha256")?),
    };
    Ok(KnownDocument {
        document: document_from(found)?,
        original_sha256,
        format: row::optional_text(found, "format")?,
        profile: row::optional_text(found, "profile")?,
        preserved: row::optional_integer(found, "preserved_id")?.is_some(),
        evidence: row::optional_integer(found, "evidence_id")?.map(EvidenceGroupId::from_i64),
    })
}
