//! Bytes of documents.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::{Reader, Result, row};
use crate::domain::ids::{DocumentId, OperationId};

pub(super) const ORIGINAL: &str = "ORIGINAL";
pub(super) const SEALED: &str = "SEALED";

impl Reader {
    /// The sealed bytes of every sealed document of an operation. The caller has already read the
    /// operation within its scope.
    pub async fn sealed_contents(
        &self,
        operation: OperationId,
    ) -> Result<HashMap<DocumentId, Arc<Vec<u8>>>> {
        self.contents(operation, SEALED).await
    }

    /// The original bytes of every document of an operation that is not sealed yet.
    pub async fn original_contents(
        &self,
        operation: OperationId,
    ) -> Result<HashMap<DocumentId, Arc<Vec<u8>>>> {
        self.contents(operation, ORIGINAL).await
    }

    /// The sealed bytes of one document, when they are kept. The caller has already read its operation
    /// within its scope.
    pub async fn sealed_content(&self, document: DocumentId) -> Result<Option<Vec<u8>>> {
        self.content(document, SEALED).await
    }

    /// The original bytes of one document, when they are kept. The caller has already read its
    /// operation within its scope.
    pub async fn original_content(&self, document: DocumentId) -> Result<Option<Vec<u8>>> {
        self.content(document, ORIGINAL).await
    }

    async fn content(&self, document: DocumentId, kind: &str) -> Result<Option<Vec<u8>>> {
        let found = sqlx::query("SELECT bytes FROM content WHERE document_id = $1 AND kind = $2")
            .bind(document.as_i64())
            .bind(kind)
            .fetch_optional(&self.pool)
            .await?;
        found.as_ref().map(|found| row::bytes(found, "bytes")).transpose()
    }

    /// The documents of an operation whose sealed bytes are kept.
    pub async fn kept(&self, operation: OperationId) -> Result<HashSet<DocumentId>> {
        let rows = sqlx::query(
            "SELECT document.id FROM document
             JOIN content ON content.document_id = document.id AND content.kind = $2
             WHERE document.operation_id = $1",
        )
        .bind(operation.as_i64())
        .bind(SEALED)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(|found| Ok(DocumentId::from_i64(row::integer(found, "id")?))).collect()
    }

    async fn contents(
        &self,
        operation: OperationId,
        kind: &str,
    ) -> Result<HashMap<DocumentId, Arc<Vec<u8>>>> {
        let rows = sqlx::query(
            "SELECT content.document_id, content.bytes FROM document
             JOIN content ON content.document_id = document.id AND content.kind = $2
             WHERE document.operation_id = $1",
        )
        .bind(operation.as_i64())
        .bind(kind)
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|found| {
                let id = DocumentId::from_i64(row::integer(found, "document_id")?);
                Ok((id, Arc::new(row::bytes(found, "bytes")?)))
            })
            .collect()
    }
}
