//! Documents of operations and the intents recorded for them.

use futures_util::TryStreamExt as _;
use sqlx::any::AnyRow;

use super::{Error, Reader, Result, row, settings};
use crate::domain::document::{Document, DocumentState, SealSettings, SigningError};
use crate::domain::ids::{DocumentId, ExternalReference, OperationId};
use crate::domain::instant::Instant;
use crate::domain::profile::{DigestAlgorithm, SignatureAlgorithm};
use crate::domain::scope::Scope;

/// The condition that a document is not of a draft.
pub(super) const NO_DRAFT: &str = "NOT EXISTS (SELECT id FROM operation
    WHERE operation.id = document.operation_id AND operation.draft = 1)";

/// What was stored before the key was asked for a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// Document it belongs to.
    pub document: DocumentId,
    /// SHA-256 of the signing certificate's DER.
    pub certificate_sha256: [u8; 32],
    /// [`crate::domain::profile::SignatureAlgorithm::as_str`].
    pub algorithm: String,
    /// Claimed signing time inside the seal.
    pub signing_time: Instant,
    /// What made the digest. Its own word, as not every signature algorithm names one (ML-DSA signs
    /// messages).
    pub digest_algorithm: DigestAlgorithm,
    /// Digest of the to-be-signed bytes.
    pub digest: Vec<u8>,
}

impl Reader {
    /// The documents of an operation, in the order of the request, with their settings. The caller
    /// has already read the operation within its scope.
    pub async fn documents(&self, operation: OperationId) -> Result<Vec<(Document, SealSettings)>> {
        self.documents_with(operation, |settings| settings).await
    }

    /// As [`Reader::documents`], without the octets of images.
    pub async fn documents_shown(
        &self,
        operation: OperationId,
    ) -> Result<Vec<(Document, SealSettings)>> {
        self.documents_with(operation, SealSettings::without_image).await
    }

    /// Octets that the documents of an operation are described with.
    pub async fn documents_length(&self, operation: OperationId) -> Result<u64> {
        let found = sqlx::query(
            "SELECT CAST(COALESCE(SUM(OCTET_LENGTH(settings) + OCTET_LENGTH(name) +
                    OCTET_LENGTH(content_type) + OCTET_LENGTH(COALESCE(error_detail, ''))), 0)
                    AS BIGINT) AS octets
             FROM document WHERE operation_id = $1",
        )
        .bind(operation.as_i64())
        .fetch_one(&self.pool)
        .await?;
        row::unsigned(&found, "octets")
    }

    /// Of the settings what is kept of them. One document's are in memory as they are stored at a time.
    async fn documents_with(
        &self,
        operation: OperationId,
        keep: fn(SealSettings) -> SealSettings,
    ) -> Result<Vec<(Document, SealSettings)>> {
        let mut rows = sqlx::query(
            "SELECT id, operation_id, position, external_reference, name, content_type,
                    content_length, settings, received_ms, state, error, error_reason, error_detail,
                    signing_time_ms, sealed_sha256, sealed_length
             FROM document WHERE operation_id = $1 ORDER BY position",
        )
        .bind(operation.as_i64())
        .fetch(&self.pool);
        let mut documents = Vec::new();
        while let Some(found) = rows.try_next().await? {
            let settings = settings::from_text(&row::text(&found, "settings")?)?;
            documents.push((document_from(&found)?, keep(settings)));
        }
        Ok(documents)
    }

    /// One document of an operation, without its settings.
    pub async fn document(
        &self,
        operation: OperationId,
        id: DocumentId,
    ) -> Result<Option<Document>> {
        let found = sqlx::query(
            "SELECT id, operation_id, position, external_reference, name, content_type,
                    content_length, received_ms, state, error, error_reason, error_detail,
                    signing_time_ms, sealed_sha256, sealed_length
             FROM document WHERE id = $1 AND operation_id = $2",
        )
        .bind(id.as_i64())
        .bind(operation.as_i64())
        .fetch_optional(&self.pool)
        .await?;
        found.as_ref().map(document_from).transpose()
    }

    /// How many documents of an operation are sealed, and how many failed.
    pub async fn document_counts(&self, operation: OperationId) -> Result<(u32, u32)> {
        let found = sqlx::query(
            "SELECT COUNT(CASE WHEN state = 'SIGNED' THEN 1 END) AS sealed,
                    COUNT(CASE WHEN state = 'ERROR_SIGNING' THEN 1 END) AS failed
             FROM document WHERE operation_id = $1",
        )
        .bind(operation.as_i64())
        .fetch_one(&self.pool)
        .await?;
        Ok((row::small(&found, "sealed")?, row::small(&found, "failed")?))
    }

    /// The intents recorded for an operation's documents.
    pub async fn intents(&self, operation: OperationId) -> Result<Vec<Intent>> {
        let rows = sqlx::query(
            "SELECT intent.document_id, intent.certificate_sha256, intent.algorithm,
                    intent.signing_time_ms, intent.digest_algorithm, intent.digest
             FROM document JOIN intent ON intent.document_id = document.id
             WHERE document.operation_id = $1",
        )
        .bind(operation.as_i64())
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(intent_from).collect()
    }

    /// The operation that holds the document with this reference: the one that owns the reference,
    /// else the newest that used it.
    pub async fn operation_of_document(
        &self,
        scope: Scope,
        reference: &ExternalReference,
    ) -> Result<Option<OperationId>> {
        self.holder("SELECT operation_id FROM document", NO_DRAFT, scope, reference).await
    }
}

fn intent_from(found: &AnyRow) -> Result<Intent> {
    let algorithm = row::text(found, "algorithm")?;
    let made_by = row::optional_text(found, "digest_algorithm")?;
    // Intents of earlier releases have the digest that their algorithm names.
    let digest_algorithm = match made_by {
        Some(name) => DigestAlgorithm::parse(&name),
        None => SignatureAlgorithm::parse(&algorithm).map(SignatureAlgorithm::digest),
    };
    Ok(Intent {
        document: DocumentId::from_i64(row::integer(found, "document_id")?),
        certificate_sha256: row::sha256(found, "certificate_sha256")?,
        algorithm,
        signing_time: row::instant(found, "signing_time_ms")?,
        digest_algorithm: digest_algorithm.ok_or(Error::Corrupt { column: "digest_algorithm" })?,
        digest: row::bytes(found, "digest")?,
    })
}

pub(super) fn document_from(found: &AnyRow) -> Result<Document> {
    Ok(Document {
        id: DocumentId::from_i64(row::integer(found, "id")?),
        operation: OperationId::from_i64(row::integer(found, "operation_id")?),
        position: row::small(found, "position")?,
        external_reference: ExternalReference::from_stored(row::text(found, "external_reference")?),
        name: row::text(found, "name")?,
        content_type: row::text(found, "content_type")?,
        content_length: row::unsigned(found, "content_length")?,
        received: row::instant(found, "received_ms")?,
        state: state_from(found)?,
    })
}

fn state_from(found: &AnyRow) -> Result<DocumentState> {
    match row::text(found, "state")?.as_str() {
        "RECEIVED" => Ok(DocumentState::Received),
        "SIGNED" => Ok(DocumentState::Sealed {
            signing_time: row::instant(found, "signing_time_ms")?,
            sha256: row::sha256(found, "sealed_sha256")?,
            length: row::unsigned(found, "sealed_length")?,
        }),
        "ERROR_SIGNING" => Ok(DocumentState::Failed {
            error: row::named(found, "error", SigningError::parse)?,
            reason: row::optional_text(found, "error_reason")?.unwrap_or_default(),
            detail: row::optional_text(found, "error_detail")?.unwrap_or_default(),
        }),
        _ => Err(Error::Corrupt { column: "state" }),
    }
}
