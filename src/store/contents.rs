//! Bytes of documents as the database keeps them. Whoever wants them asks the door `contents`.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use futures_util::TryStreamExt as _;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe};

use super::pieces::{self, Span};
use super::{Error, Reader, Result, placeholders, row};
use crate::domain::ids::{DocumentId, OperationId};

const ORIGINAL: &str = "ORIGINAL";
const SEALED: &str = "SEALED";

/// Rows in one INSERT.
const ROWS_PER_INSERT: usize = 100;

/// The bytes of a content, as a transaction gets them.
#[derive(Clone)]
pub enum Bytes {
    /// Written by it.
    Here(Arc<Vec<u8>>),
    /// Put down ahead.
    Ahead(Span),
}

/// What becomes of the bytes of a document; written in the transaction that says why.
#[derive(Clone)]
pub enum ContentChange {
    /// The original is kept from now on.
    Received {
        /// Whose.
        document: DocumentId,
        /// As the client sent it.
        bytes: Bytes,
    },
    /// The sealed file is kept from now on, in place of the original or beside it.
    Sealed {
        /// Whose.
        document: DocumentId,
        /// With its seal.
        bytes: Bytes,
        /// Whether the original stays, because the seal does not contain it.
        beside_original: bool,
    },
    /// Another sealed file is kept from now on, in place of the one that was.
    Replaced {
        /// Whose.
        document: DocumentId,
        /// With its seal.
        bytes: Bytes,
    },
    /// Nothing is kept.
    Dropped {
        /// Whose.
        document: DocumentId,
    },
}

impl Bytes {
    /// The columns: the bytes themselves and where they lie else.
    fn columns(&self) -> (Arc<Vec<u8>>, Option<Span>) {
        match self {
            Self::Here(bytes) => (Arc::clone(bytes), None),
            Self::Ahead(span) => (Arc::default(), Some(*span)),
        }
    }
}

impl ContentChange {
    /// The bytes that are kept from now on.
    #[must_use]
    pub const fn bytes(&self) -> Option<&Bytes> {
        match self {
            Self::Received { bytes, .. }
            | Self::Sealed { bytes, .. }
            | Self::Replaced { bytes, .. } => Some(bytes),
            Self::Dropped { .. } => None,
        }
    }

    /// The same with the bytes elsewhere.
    #[must_use]
    pub fn with_bytes(self, bytes: Bytes) -> Self {
        match self {
            Self::Received { document, .. } => Self::Received { document, bytes },
            Self::Sealed { document, beside_original, .. } => {
                Self::Sealed { document, bytes, beside_original }
            }
            Self::Replaced { document, .. } => Self::Replaced { document, bytes },
            Self::Dropped { document } => Self::Dropped { document },
        }
    }
}

/// Writes what becomes of contents with the fact that a transaction records.
///
/// # Errors
/// [`Error::Swept`] when bytes that were put down ahead are gone.
pub(super) async fn write(tx: &mut AnyConnection, changes: &[ContentChange]) -> Result<()> {
    keep(tx, changes).await?;
    receive(tx, changes).await?;
    let replaced = changes.iter().filter_map(|change| match change {
        ContentChange::Sealed { document, beside_original: false, .. }
        | ContentChange::Dropped { document } => Some(*document),
        ContentChange::Sealed { .. }
        | ContentChange::Received { .. }
        | ContentChange::Replaced { .. } => None,
    });
    pieces::loosen(tx, &replaced.collect::<Vec<_>>(), ORIGINAL).await?;
    let replaced = changes.iter().filter_map(|change| match change {
        ContentChange::Replaced { document, .. } => Some(*document),
        _ => None,
    });
    pieces::loosen(tx, &replaced.collect::<Vec<_>>(), SEALED).await?;
    for change in changes {
        match change {
            ContentChange::Received { .. } => {}
            ContentChange::Sealed { document, bytes, beside_original } => {
                seal(tx, *document, bytes, *beside_original).await?;
            }
            ContentChange::Replaced { document, bytes } => {
                replace(tx, *document, bytes).await?;
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

/// Keeps what was put down ahead of contents.
///
/// # Errors
/// [`Error::Swept`].
pub(super) async fn keep(tx: &mut AnyConnection, changes: &[ContentChange]) -> Result<()> {
    let mut parcels = HashSet::new();
    for change in changes {
        if let Some(Bytes::Ahead(span)) = change.bytes()
            && parcels.insert(span.parcel)
        {
            pieces::keep(tx, span.parcel).await?;
        }
    }
    Ok(())
}

/// Writes the originals among contents.
pub(super) async fn receive(tx: &mut AnyConnection, changes: &[ContentChange]) -> Result<()> {
    let received: Vec<_> = changes
        .iter()
        .filter_map(|change| match change {
            ContentChange::Received { document, bytes } => Some((document, bytes)),
            ContentChange::Sealed { .. }
            | ContentChange::Replaced { .. }
            | ContentChange::Dropped { .. } => None,
        })
        .collect();
    for rows in received.chunks(ROWS_PER_INSERT) {
        let sql = format!(
            "INSERT INTO content (document_id, kind, bytes, parcel_id, first_piece, last_piece) VALUES {}",
            placeholders(rows.len(), 6)
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for (document, bytes) in rows {
            let (bytes, span) = bytes.columns();
            query = query
                .bind(document.as_i64())
                .bind(ORIGINAL)
                .bind(bytes)
                .bind(span.map(|span| span.parcel.as_i64()))
                .bind(span.map(|span| i64::from(span.first)))
                .bind(span.map(|span| i64::from(span.last)));
        }
        query.execute(&mut *tx).await?;
    }
    Ok(())
}

async fn seal(
    tx: &mut AnyConnection,
    document: DocumentId,
    bytes: &Bytes,
    beside_original: bool,
) -> Result<()> {
    let sql = if beside_original {
        "INSERT INTO content (document_id, kind, bytes, parcel_id, first_piece, last_piece)
         SELECT document_id, $3, $4, CAST($5 AS BIGINT), CAST($6 AS BIGINT), CAST($7 AS BIGINT)
         FROM content WHERE document_id = $1 AND kind = $2"
    } else {
        "UPDATE content SET kind = $3, bytes = $4, parcel_id = $5, first_piece = $6, last_piece = $7
         WHERE document_id = $1 AND kind = $2"
    };
    let (bytes, span) = bytes.columns();
    let done = sqlx::query(sql)
        .bind(document.as_i64())
        .bind(ORIGINAL)
        .bind(SEALED)
        .bind(bytes)
        .bind(span.map(|span| span.parcel.as_i64()))
        .bind(span.map(|span| i64::from(span.first)))
        .bind(span.map(|span| i64::from(span.last)))
        .execute(tx)
        .await?;
    // What is sealed now had bytes when it was prepared.
    let had_bytes = done.rows_affected() == 1;
    if had_bytes { Ok(()) } else { Err(Error::Corrupt { column: "content.bytes" }) }
}

async fn replace(tx: &mut AnyConnection, document: DocumentId, bytes: &Bytes) -> Result<()> {
    let (bytes, span) = bytes.columns();
    let done = sqlx::query(
        "UPDATE content SET bytes = $3, parcel_id = $4, first_piece = $5, last_piece = $6
         WHERE document_id = $1 AND kind = $2",
    )
    .bind(document.as_i64())
    .bind(SEALED)
    .bind(bytes)
    .bind(span.map(|span| span.parcel.as_i64()))
    .bind(span.map(|span| i64::from(span.first)))
    .bind(span.map(|span| i64::from(span.last)))
    .execute(tx)
    .await?;
    let had_bytes = done.rows_affected() == 1;
    if had_bytes { Ok(()) } else { Err(Error::Corrupt { column: "content.bytes" }) }
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
            "SELECT content.document_id, document.content_length FROM document
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
                let length = row::unsigned(found, "content_length")?;
                Ok((id, usize::try_from(length).unwrap_or(usize::MAX)))
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
        // One statement, so that what it reads is of one time: pieces go when they are replaced.
        let sql = format!(
            "{COLUMNS} FROM content {PIECES} WHERE content.document_id = $1 AND content.kind = $2"
        );
        let mut rows = sqlx::query(AssertSqlSafe(sql))
            .bind(document.as_i64())
            .bind(kind.to_owned())
            .fetch(&self.pool);
        let mut found: Option<Found> = None;
        while let Some(row) = rows.try_next().await? {
            found.get_or_insert_default().add(&row)?;
        }
        found.map(Found::whole).transpose()
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
        let sql = format!(
            "{COLUMNS} FROM document
             JOIN content ON content.document_id = document.id AND content.kind = $2 {PIECES}
             WHERE document.operation_id = $1"
        );
        let mut rows = sqlx::query(AssertSqlSafe(sql))
            .bind(operation.as_i64())
            .bind(kind.to_owned())
            .fetch(&self.pool);
        let mut found: HashMap<DocumentId, Found> = HashMap::new();
        // Each row goes as soon as its bytes are copied.
        while let Some(row) = rows.try_next().await? {
            let id = DocumentId::from_i64(row::integer(&row, "document_id")?);
            found.entry(id).or_default().add(&row)?;
        }
        found.into_iter().map(|(id, found)| Ok((id, Arc::new(found.whole()?)))).collect()
    }
}

/// A content, once for each of its pieces.
const COLUMNS: &str = "SELECT content.document_id, content.bytes, content.first_piece,
    content.last_piece, piece.number, piece.bytes AS piece";
const PIECES: &str = "LEFT JOIN piece ON piece.parcel_id = content.parcel_id
    AND piece.number >= content.first_piece AND piece.number <= content.last_piece";

/// A content while its rows come.
#[derive(Default)]
struct Found {
    bytes: Vec<u8>,
    /// How many pieces it has, if it lies in pieces.
    count: Option<u32>,
    pieces: BTreeMap<u32, Vec<u8>>,
}

impl Found {
    fn add(&mut self, row: &AnyRow) -> Result<()> {
        let Some(last) = row::optional_small(row, "last_piece")? else {
            self.bytes = row::bytes(row, "bytes")?;
            return Ok(());
        };
        let count = (u64::from(last) + 1).checked_sub(row::unsigned(row, "first_piece")?);
        self.count = count.and_then(|count| u32::try_from(count).ok());
        if let Some(number) = row::optional_small(row, "number")? {
            self.pieces.insert(number, row::bytes(row, "piece")?);
        }
        Ok(())
    }

    /// # Errors
    /// [`Error::Corrupt`] when a piece is missing.
    fn whole(self) -> Result<Vec<u8>> {
        match self.count {
            None => Ok(self.bytes),
            Some(count) if usize::try_from(count) == Ok(self.pieces.len()) => {
                Ok(pieces::joined(self.pieces))
            }
            Some(_) => Err(Error::Corrupt { column: "piece.bytes" }),
        }
    }
}
