//! Bytes of documents.

use std::collections::HashMap;
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

    /// How many sealed documents of an operation still have their bytes.
    pub async fn sealed_count(&self, operation: OperationId) -> Result<u64> {
        let found = sqlx::query(
            "SELECT COUNT(*) AS many FROM document
             JOIN content ON content.document_id = document.id AND content.kind = $2
             WHERE document.operation_id = $1",
        )
        .bind(operation.as_i64())
        .bind(SEALED)
        .fetch_one(&self.pool)
        .await?;
        row::unsigned(&found, "many")
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
