//! Events: facts that webhooks tell, written in the transaction that makes them facts.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe};

use super::{Reader, Result, placeholders, row};
use crate::domain::ids::{ClientServiceId, DocumentId, EventId, MessageId, OperationId};
use crate::domain::instant::Instant;
use crate::domain::webhook::EventKind;

/// Rows in one INSERT.
const ROWS_PER_INSERT: usize = 100;

/// A fact about an operation.
pub(super) struct Fact {
    pub(super) id: EventId,
    pub(super) kind: EventKind,
    pub(super) document: Option<DocumentId>,
    pub(super) message: Option<MessageId>,
}

/// An event as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub id: EventId,
    pub client_service: ClientServiceId,
    pub kind: EventKind,
    pub operation: Option<OperationId>,
    pub document: Option<DocumentId>,
    /// The mail it tells about.
    pub message: Option<MessageId>,
    /// JSON of what cannot be looked up any more when the event is told.
    pub content: Option<String>,
    pub created: Instant,
}

const COLUMNS: &str = "SELECT id, client_service_id, kind, operation_id, document_id, message_id,
    content, created_ms FROM event";

impl Reader {
    /// Events whose messages have not been made yet, oldest first.
    pub async fn unfanned_events(&self, limit: u32) -> Result<Vec<Event>> {
        let sql = format!("{COLUMNS} WHERE fanned = 0 ORDER BY created_ms, id LIMIT $1");
        let rows =
            sqlx::query(AssertSqlSafe(sql)).bind(i64::from(limit)).fetch_all(&self.pool).await?;
        rows.iter().map(event_from).collect()
    }

    /// The event with this id.
    pub async fn event(&self, id: EventId) -> Result<Option<Event>> {
        let sql = format!("{COLUMNS} WHERE id = $1");
        let found =
            sqlx::query(AssertSqlSafe(sql)).bind(id.as_i64()).fetch_optional(&self.pool).await?;
        found.as_ref().map(event_from).transpose()
    }
}

/// Records facts about an operation, when its client service has an endpoint: who has none gets no
/// history either.
pub(super) async fn record(
    tx: &mut AnyConnection,
    operation: OperationId,
    facts: &[Fact],
    now: Instant,
) -> Result<()> {
    let sql = format!(
        "SELECT client_service_id FROM operation WHERE id = $1 AND {}",
        listens("operation.client_service_id")
    );
    let listened =
        sqlx::query(AssertSqlSafe(sql)).bind(operation.as_i64()).fetch_optional(&mut *tx).await?;
    let Some(listened) = listened else { return Ok(()) };
    let client_service = ClientServiceId::from_i64(row::integer(&listened, "client_service_id")?);
    let events: Vec<Event> = facts
        .iter()
        .map(|fact| Event {
            id: fact.id,
            client_service,
            kind: fact.kind,
            operation: Some(operation),
            document: fact.document,
            message: fact.message,
            content: None,
            created: now,
        })
        .collect();
    insert(tx, &events).await
}

/// Whether a client service has an endpoint, so that its events are kept.
pub(super) async fn is_listened(
    tx: &mut AnyConnection,
    client_service: ClientServiceId,
) -> Result<bool> {
    let sql =
        format!("SELECT id FROM client_service WHERE id = $1 AND {}", listens("client_service.id"));
    let found =
        sqlx::query(AssertSqlSafe(sql)).bind(client_service.as_i64()).fetch_optional(tx).await?;
    Ok(found.is_some())
}

/// The condition that the client service in a column has an endpoint.
fn listens(client_service: &str) -> String {
    format!(
        "EXISTS (SELECT 1 FROM webhook_endpoint
             WHERE webhook_endpoint.client_service_id = {client_service} AND removed_ms IS NULL)"
    )
}

pub(super) async fn insert(tx: &mut AnyConnection, events: &[Event]) -> Result<()> {
    for rows in events.chunks(ROWS_PER_INSERT) {
        let sql = format!(
            "INSERT INTO event (id, client_service_id, kind, operation_id, document_id, message_id,
             content, created_ms, fanned) VALUES {}",
            placeholders(rows.len(), 9)
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for event in rows {
            query = query
                .bind(event.id.as_i64())
                .bind(event.client_service.as_i64())
                .bind(event.kind.as_str())
                .bind(event.operation.map(OperationId::as_i64))
                .bind(event.document.map(DocumentId::as_i64))
                .bind(event.message.map(MessageId::as_i64))
                .bind(event.content.as_deref())
                .bind(event.created.unix_ms())
                .bind(0_i64);
        }
        query.execute(&mut *tx).await?;
    }
    Ok(())
}

pub(super) fn event_from(found: &AnyRow) -> Result<Event> {
    Ok(Event {
        id: EventId::from_i64(row::integer(found, "id")?),
        client_service: ClientServiceId::from_i64(row::integer(found, "client_service_id")?),
        kind: row::named(found, "kind", EventKind::parse)?,
        operation: row::optional_integer(found, "operation_id")?.map(OperationId::from_i64),
        document: row::optional_integer(found, "document_id")?.map(DocumentId::from_i64),
        message: row::optional_integer(found, "message_id")?.map(MessageId::from_i64),
        content: row::optional_text(found, "content")?,
        created: row::instant(found, "created_ms")?,
    })
}
