//! Bytes of documents as the database keeps them. Whoever wants them asks the door `contents`.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use sqlx::{AnyConnection, AssertSqlSafe};

use super::{Error, Reader, Result, placeholders, row};
use crate::domain::ids::{DocumentId, OperationId};

const ORIGINAL: &str = "ORIGINAL";
const SEALED: &str = "SEALED";

/// Rows in one INSERT.
const ROWS_PER_INSERT: usize = 100;

/// What becomes of the bytes of a document; written in the transaction that says why.
#[derive(Clone)]
pub enum ContentChange {
    /// The original is kept from now on.
    Received {
        /// Whose.
        document: DocumentId,
        /// As the client sent it.
        bytes: Arc<Vec<u8>>,
    },
    /// The sealed file is kept from now on, in place of the original or beside it.
    Sealed {
        /// Whose.
        document: DocumentId,
        /// With its seal.
        bytes: Arc<Vec<u8>>,
        /// Whether the original stays, because the seal does not contain it.
        beside_original: bool,
    },
    /// Nothing is kept.
    Dropped {
        /// Whose.
        document: DocumentId,
    },
}

/// Writes what becomes of contents with the fact that a transaction records.
pub(super) async fn write(tx: &mut AnyConnection, changes: &[ContentChange]) -> Result<()> {
    let received: Vec<_> = changes
        .iter()
        .filter_map(|change| match change {
            ContentChange::Received { document, bytes } => Some((document, bytes)),
            ContentChange::Sealed { .. } | ContentChange::Dropped { .. } => None,
        })
        .collect();
    for rows in received.chunks(ROWS_PER_INSERT) {
        let sql = format!(
            "INSERT INTO content (document_id, kind, bytes) VALUES {}",
            placeholders(rows.len(), 3)
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for (document, bytes) in rows {
            query = query.bind(document.as_i64()).bind(ORIGINAL).bind(Arc::clone(bytes));
        }
        query.execute(&mut *tx).await?;
    }
    for change in changes {
        match change {
            ContentChange::Received { .. } => {}
            ContentChange::Sealed { document, bytes, beside_original } => {
                let sql = if *beside_original {
                    "INSERT INTO content (document_id, kind, bytes)
                     SELECT document_id, $3, $4 FROM content WHERE document_id = $1 AND kind = $2"
                } else {
                    "UPDATE content SET kind = $3, bytes = $4 WHERE document_id = $1 AND kind = $2"
                };
                let done = sqlx::query(sql)
                    .bind(document.as_i64())
                    .bind(ORIGINAL)
                    .bind(SEALED)
                    .bind(Arc::clone(bytes))
                    .execute(&mut *tx)
                    .await?;
                if done.rows_affected() != 1 {
                    // What is sealed now had bytes when it was prepared.
                    return Err(Error::Corrupt { column: "content.bytes" });
                }
            }
            ContentChange::Dropped { document } => {
                sqlx::query("DELETE FROM content WHERE document_id = $1")
                    .bind(document.as_i64())
                    .execute(&mut *tx)
                    .await?;
            }
        }
    }
    Ok(())
}

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

    /// How many bytes the original has of every document of an operation whose original is kept.
    pub async fn original_lengths(
        &self,
        operation: OperationId,
    ) -> Result<HashMap<DocumentId, usize>> {
        let rows = sqlx::query(
            "SELECT content.document_id, CAST(LENGTH(content.bytes) AS BIGINT) AS length
             FROM document
             JOIN content ON content.document_id = document.id AND content.kind = $2
             WHERE document.operation_id = $1",
        )
        .bind(operation.as_i64())
        .bind(ORIGINAL)
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|found| {
                let id = DocumentId::from_i64(row::integer(found, "document_id")?);
                Ok((id, usize::try_from(row::integer(found, "length")?).unwrap_or(usize::MAX)))
            })
            .collect()
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
    pub async fn kept_contents(&self, operation: OperationId) -> Result<HashSet<DocumentId>> {
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
        // Each row goes as soon as its bytes are copied.
        rows.into_iter()
            .map(|found| {
                let id = DocumentId::from_i64(row::integer(&found, "document_id")?);
                Ok((id, Arc::new(row::bytes(&found, "bytes")?)))
            })
            .collect()
    }
}
