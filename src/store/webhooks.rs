//! Webhook endpoints, their sealed secrets, and the log of what was sent to them.

use std::collections::{HashMap, HashSet};

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use super::events::{Event, event_from};
use super::{Error, Reader, Reports, Result, Store, audit, events, outbox, row};
use crate::domain::audit::AuditEntry;
use crate::domain::delivery::DeliveryStatus;
use crate::domain::ids::{ClientServiceId, EndpointId, EventId, MessageId, OperationId};
use crate::domain::instant::Instant;
use crate::domain::outbox::{Attempt, Message};
use crate::domain::webhook::{
    DisabledReason, Endpoint, EndpointStatus, EventKind, SignatureScheme,
};

/// Live secrets of one kind.
const LIVE: u32 = 2;

const ACTIVE: &str = "ACTIVE";
const DISABLED: &str = "DISABLED";

const COLUMNS: &str = "SELECT id, client_service_id, url, description, events, status,
    disabled_reason, disabled_ms, created_ms FROM webhook_endpoint";

/// A signing secret as it lies in the database.
#[derive(Clone)]
pub struct SealedSecret {
    pub id: i64,
    pub scheme: SignatureScheme,
    /// Sealed under the installation's key.
    pub sealed: Vec<u8>,
    pub created: Instant,
}

/// A try to send something to an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointAttempt {
    pub message: MessageId,
    pub event: EventId,
    pub kind: EventKind,
    /// How the message stands now.
    pub status: DeliveryStatus,
    /// When it is tried next.
    pub next: Option<Instant>,
    pub attempt: Attempt,
    /// What it tells of, when that is an operation.
    pub operation: Option<OperationId>,
}

/// Whether an endpoint was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointAdmission {
    New,
    /// What its entry tells was done before.
    Before,
    /// There are as many as there may be.
    Full,
}

/// What may change about an endpoint; `None` stays.
#[derive(Clone, Debug, Default)]
pub struct EndpointChange {
    /// Where.
    pub url: Option<String>,
    /// What it is told.
    pub events: Option<Vec<EventKind>>,
    /// For people.
    pub description: Option<String>,
    /// Whether it is told anything.
    pub enabled: Option<bool>,
}

/// A place in the log of an endpoint: older tries follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogCursor {
    pub started: Instant,
    pub message: MessageId,
    pub number: u32,
}

impl LogCursor {
    /// Before the newest try.
    pub const BEGINNING: Self = Self {
        started: Instant::from_unix_ms(i64::MAX),
        message: MessageId::from_i64(i64::MAX),
        number: u32::MAX,
    };
}

/// A place among the events of a client service, in the order they happened: later ones follow. Many
/// events happen in one millisecond, so a time alone is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventCursor {
    pub created: Instant,
    pub event: EventId,
}

impl EventCursor {
    /// Before the first event of that time.
    #[must_use]
    pub const fn since(created: Instant) -> Self {
        Self { created, event: EventId::from_i64(i64::MIN) }
    }
}

/// Which events are to be sent again.
#[derive(Clone, Copy, Debug)]
pub struct ReplayWish {
    /// Those behind this place.
    pub behind: EventCursor,
    /// Those that happened before.
    pub until: Instant,
    /// Only those that the endpoint has not taken over.
    pub failed_only: bool,
    /// At most so many, oldest first.
    pub limit: u32,
}

impl Store {
    /// Records an endpoint with its first secret, unless its client service has `most` already.
    pub async fn add_endpoint(
        &self,
        endpoint: &Endpoint,
        secret: &SealedSecret,
        most: usize,
        entry: Option<&AuditEntry>,
    ) -> Result<EndpointAdmission> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            if !audit::admit(&mut tx, entry).await? {
                return Ok(EndpointAdmission::Before);
            }
            // Locks the client service, so that endpoints added at the same time are counted.
            sqlx::query("UPDATE client_service SET status = status WHERE id = $1")
                .bind(endpoint.client_service.as_i64())
                .execute(&mut *tx)
                .await?;
            let found = sqlx::query(
                "SELECT COUNT(*) AS many FROM webhook_endpoint
                 WHERE client_service_id = $1 AND removed_ms IS NULL",
            )
            .bind(endpoint.client_service.as_i64())
            .fetch_one(&mut *tx)
            .await?;
            if row::small(&found, "many")? as usize >= most {
                return Ok(EndpointAdmission::Full);
            }
            sqlx::query(
                "INSERT INTO webhook_endpoint (id, client_service_id, url, description, events, status,
                 created_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)",
            )
            .bind(endpoint.id.as_i64())
            .bind(endpoint.client_service.as_i64())
            .bind(&endpoint.url)
            .bind(&endpoint.description)
            .bind(names(&endpoint.events))
            .bind(ACTIVE)
            .bind(endpoint.created.unix_ms())
            .execute(&mut *tx)
            .await?;
            insert_secret(&mut tx, endpoint.id, secret).await?;
            tx.commit().await?;
            Ok(EndpointAdmission::New)
        })
        .await
    }

    /// Changes what is named of an endpoint, and nothing else: others may be changing that. Who lets it be told
    /// again has its failures forgotten. Returns whether it was not done before.
    pub async fn change_endpoint(
        &self,
        id: EndpointId,
        change: &EndpointChange,
        now: Instant,
        entry: Option<&AuditEntry>,
    ) -> Result<bool> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            if !audit::admit(&mut tx, entry).await? {
                return Ok(false);
            }
            sqlx::query(
                "UPDATE webhook_endpoint SET url = COALESCE($2, url),
                 description = COALESCE($3, description), events = COALESCE($4, events) WHERE id = $1",
            )
            .bind(id.as_i64())
            .bind(change.url.as_deref())
            .bind(change.description.as_deref())
            .bind(change.events.as_deref().map(names))
            .execute(&mut *tx)
            .await?;
            match change.enabled {
                Some(true) => {
                    sqlx::query(
                        "UPDATE webhook_endpoint SET status = 'ACTIVE', disabled_reason = NULL,
                         disabled_ms = NULL, failing_since_ms = NULL WHERE id = $1",
                    )
                    .bind(id.as_i64())
                    .execute(&mut *tx)
                    .await?;
                }
                Some(false) => {
                    disable(&mut tx, id, DisabledReason::Asked, now).await?;
                }
                None => {}
            }
            tx.commit().await?;
            Ok(true)
        })
        .await
    }

    /// Disables an endpoint. Returns false when it was disabled already; then the first reason stays.
    pub async fn disable_endpoint(
        &self,
        id: EndpointId,
        reason: DisabledReason,
        now: Instant,
    ) -> Result<bool> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            let done = disable(&mut tx, id, reason, now).await?;
            tx.commit().await?;
            Ok(done)
        })
        .await
    }

    /// Keeps in mind that an endpoint took something over.
    pub async fn endpoint_works(&self, id: EndpointId) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            sqlx::query(
                "UPDATE webhook_endpoint SET failing_since_ms = NULL
                 WHERE id = $1 AND failing_since_ms IS NOT NULL",
            )
            .bind(id.as_i64())
            .execute(&mut *tx)
            .await?;
            tx.commit().await
        })
        .await
    }

    /// Keeps in mind that an endpoint did not take something over. Returns since when it has not.
    pub async fn endpoint_fails(&self, id: EndpointId, now: Instant) -> Result<Instant> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            let found = sqlx::query(
                "UPDATE webhook_endpoint SET failing_since_ms = COALESCE(failing_since_ms, $2)
                 WHERE id = $1 RETURNING failing_since_ms",
            )
            .bind(id.as_i64())
            .bind(now.unix_ms())
            .fetch_optional(&mut *tx)
            .await?;
            tx.commit().await?;
            let since = found.map(|found| row::instant(&found, "failing_since_ms")).transpose()?;
            Ok(since.unwrap_or(now))
        })
        .await
    }

    /// Removes an endpoint and its secrets; the log of its attempts stays. Returns whether it was not done before.
    pub async fn remove_endpoint(
        &self,
        id: EndpointId,
        now: Instant,
        entry: Option<&AuditEntry>,
    ) -> Result<bool> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            if !audit::admit(&mut tx, entry).await? {
                return Ok(false);
            }
            sqlx::query("UPDATE webhook_endpoint SET removed_ms = $2 WHERE id = $1")
                .bind(id.as_i64())
                .bind(now.unix_ms())
                .execute(&mut *tx)
                .await?;
            sqlx::query("DELETE FROM webhook_secret WHERE endpoint_id = $1")
                .bind(id.as_i64())
                .execute(&mut *tx)
                .await?;
            tx.commit().await?;
            Ok(true)
        })
        .await
    }

    /// Records a new secret. The one before it of the same kind stays live, older ones end; with
    /// `only` all others end, whatever their kind. Returns whether it was not done before.
    pub async fn rotate_endpoint_secret(
        &self,
        endpoint: EndpointId,
        secret: &SealedSecret,
        only: bool,
        entry: Option<&AuditEntry>,
    ) -> Result<bool> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            if !audit::admit(&mut tx, entry).await? {
                return Ok(false);
            }
            insert_secret(&mut tx, endpoint, secret).await?;
            let sql = if only {
                "DELETE FROM webhook_secret WHERE endpoint_id = $1 AND id <> $2"
            } else {
                "DELETE FROM webhook_secret WHERE endpoint_id = $1 AND kind = $2 AND id NOT IN (
                 SELECT id FROM webhook_secret WHERE endpoint_id = $1 AND kind = $2
                 ORDER BY id DESC LIMIT $3)"
            };
            let query = sqlx::query(sql).bind(endpoint.as_i64());
            let query = if only {
                query.bind(secret.id)
            } else {
                query.bind(secret.scheme.as_str()).bind(i64::from(LIVE))
            };
            query.execute(&mut *tx).await?;
            tx.commit().await?;
            Ok(true)
        })
        .await
    }

    /// Records a test: its event, told to nobody else, and its message. Returns whether it was not done before.
    pub async fn record_test(
        &self,
        event: &Event,
        message: &Message,
        entry: Option<&AuditEntry>,
    ) -> Result<bool> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            if !audit::admit(&mut tx, entry).await? {
                return Ok(false);
            }
            events::insert(&mut tx, std::slice::from_ref(event)).await?;
            sqlx::query("UPDATE event SET fanned = 1 WHERE id = $1")
                .bind(event.id.as_i64())
                .execute(&mut *tx)
                .await?;
            outbox::insert_messages(&mut tx, std::slice::from_ref(message)).await?;
            tx.commit().await?;
            Ok(true)
        })
        .await
    }

    /// Makes messages due again that have ended, with all their tries before them, and records new
    /// ones. Returns whether it was not done before.
    pub async fn replay(
        &self,
        again: &[MessageId],
        messages: &[Message],
        now: Instant,
        entry: Option<&AuditEntry>,
    ) -> Result<bool> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            if !audit::admit(&mut tx, entry).await? {
                return Ok(false);
            }
            for message in again {
                sqlx::query(
                    "UPDATE message SET status = 'PENDING', tries = 0, run_ms = $2, released_ms = $2,
                     ended_ms = NULL WHERE id = $1 AND run_ms IS NULL",
                )
                .bind(message.as_i64())
                .bind(now.unix_ms())
                .execute(&mut *tx)
                .await?;
            }
            outbox::insert_messages(&mut tx, messages).await?;
            tx.commit().await?;
            Ok(true)
        })
        .await
    }
}

impl Reader {
    /// The endpoints of a client service, oldest first.
    pub async fn endpoints(&self, client_service: ClientServiceId) -> Result<Vec<Endpoint>> {
        let sql = format!(
            "{COLUMNS} WHERE client_service_id = $1 AND removed_ms IS NULL ORDER BY created_ms, id"
        );
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(client_service.as_i64())
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(endpoint_from).collect()
    }

    /// The endpoint with this id, unless it was removed. The caller looks whose it is.
    pub async fn endpoint(&self, id: EndpointId) -> Result<Option<Endpoint>> {
        let sql = format!("{COLUMNS} WHERE id = $1 AND removed_ms IS NULL");
        let found =
            sqlx::query(AssertSqlSafe(sql)).bind(id.as_i64()).fetch_optional(&self.pool).await?;
        found.as_ref().map(endpoint_from).transpose()
    }

    /// The live secrets of an endpoint, newest first.
    pub async fn endpoint_secrets(&self, endpoint: EndpointId) -> Result<Vec<SealedSecret>> {
        let rows = sqlx::query(
            "SELECT id, kind, sealed, created_ms FROM webhook_secret WHERE endpoint_id = $1
             ORDER BY id DESC",
        )
        .bind(endpoint.as_i64())
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|found| {
                Ok(SealedSecret {
                    id: row::integer(found, "id")?,
                    scheme: row::named(found, "kind", SignatureScheme::parse)?,
                    sealed: row::bytes(found, "sealed")?,
                    created: row::instant(found, "created_ms")?,
                })
            })
            .collect()
    }

    /// Events of an endpoint's client service that it can be sent again, oldest first, with the message
    /// of those that it was sent before. What is on its way is left out.
    pub async fn replayable(
        &self,
        endpoint: &Endpoint,
        wish: ReplayWish,
    ) -> Result<Vec<(Event, Option<MessageId>)>> {
        let kinds: Vec<String> = EventKind::ALL
            .into_iter()
            .filter(|kind| endpoint.is_about(*kind))
            .map(|kind| format!("'{}'", kind.as_str()))
            .collect();
        let sql = format!(
            "SELECT event.id, event.client_service_id, event.kind, event.operation_id,
                    event.document_id, event.message_id, event.content, event.created_ms,
                    message.id AS told_by
             FROM event LEFT JOIN message
                 ON message.event_id = event.id AND message.endpoint_id = $1
             WHERE event.client_service_id = $2 AND event.fanned = 1
               AND (event.created_ms, event.id) > ($3, $4) AND event.created_ms < $7
               AND event.kind IN ({}) AND message.run_ms IS NULL
               AND ($5 = 0 OR message.id IS NULL OR message.status = 'SENDING_FAILED')
             ORDER BY event.created_ms, event.id LIMIT $6",
            kinds.join(", ")
        );
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(endpoint.id.as_i64())
            .bind(endpoint.client_service.as_i64())
            .bind(wish.behind.created.unix_ms())
            .bind(wish.behind.event.as_i64())
            .bind(i64::from(wish.failed_only))
            .bind(i64::from(wish.limit))
            .bind(wish.until.unix_ms())
            .fetch_all(&self.pool)
            .await?;
        rows.iter()
            .map(|found| {
                let told_by = row::optional_integer(found, "told_by")?;
                Ok((event_from(found)?, told_by.map(MessageId::from_i64)))
            })
            .collect()
    }

    /// The active endpoints that have taken nothing over lately: one read of a small table, cheap enough
    /// for every look for due messages.
    pub async fn failing_endpoints(&self) -> Result<HashSet<EndpointId>> {
        let rows = sqlx::query(
            "SELECT id FROM webhook_endpoint
             WHERE failing_since_ms IS NOT NULL AND status = 'ACTIVE' AND removed_ms IS NULL",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(|found| Ok(EndpointId::from_i64(row::integer(found, "id")?))).collect()
    }

    /// Since when each endpoint of a client service has taken nothing over; those that did are absent.
    pub async fn failing_since(
        &self,
        client_service: ClientServiceId,
    ) -> Result<HashMap<EndpointId, Instant>> {
        let rows = sqlx::query(
            "SELECT id, failing_since_ms FROM webhook_endpoint
             WHERE client_service_id = $1 AND failing_since_ms IS NOT NULL",
        )
        .bind(client_service.as_i64())
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|found| {
                let id = EndpointId::from_i64(row::integer(found, "id")?);
                Ok((id, row::instant(found, "failing_since_ms")?))
            })
            .collect()
    }
}

impl Reports {
    /// Tries to send something to an endpoint, newest first, behind a place in that order.
    pub async fn endpoint_attempts(
        &self,
        endpoint: EndpointId,
        behind: LogCursor,
        limit: u32,
    ) -> Result<Vec<EndpointAttempt>> {
        let rows = sqlx::query(
            "SELECT message.id, message.event_id, message.status, message.run_ms,
                    event.kind AS event_kind, event.operation_id, attempt.number, attempt.started_ms, attempt.ended_ms,
                    attempt.verdict, attempt.ambiguous, attempt.phase, attempt.reply
             FROM attempt JOIN message ON message.id = attempt.message_id
             JOIN event ON event.id = message.event_id
             WHERE attempt.endpoint_id = $1
               AND (attempt.started_ms, attempt.message_id, attempt.number) < ($2, $3, $4)
             ORDER BY attempt.started_ms DESC, attempt.message_id DESC, attempt.number DESC LIMIT $5",
        )
        .bind(endpoint.as_i64())
        .bind(behind.started.unix_ms())
        .bind(behind.message.as_i64())
        .bind(i64::from(behind.number))
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(attempt_from).collect()
    }
}

/// Whether it was active.
async fn disable(
    tx: &mut sqlx::AnyConnection,
    id: EndpointId,
    reason: DisabledReason,
    now: Instant,
) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE webhook_endpoint SET status = 'DISABLED', disabled_reason = $2, disabled_ms = $3
         WHERE id = $1 AND status = 'ACTIVE'",
    )
    .bind(id.as_i64())
    .bind(reason.as_str())
    .bind(now.unix_ms())
    .execute(&mut *tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

async fn insert_secret(
    tx: &mut sqlx::AnyConnection,
    endpoint: EndpointId,
    secret: &SealedSecret,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO webhook_secret (id, endpoint_id, kind, sealed, created_ms)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(secret.id)
    .bind(endpoint.as_i64())
    .bind(secret.scheme.as_str())
    .bind(secret.sealed.as_slice())
    .bind(secret.created.unix_ms())
    .execute(tx)
    .await?;
    Ok(())
}

fn names(events: &[EventKind]) -> String {
    let names: Vec<&str> = events.iter().map(|kind| kind.as_str()).collect();
    names.join(" ")
}

fn endpoint_from(found: &AnyRow) -> Result<Endpoint> {
    let status = match row::text(found, "status")?.as_str() {
        ACTIVE => EndpointStatus::Active,
        DISABLED => EndpointStatus::Disabled {
            reason: row::named(found, "disabled_reason", DisabledReason::parse)?,
            since: row::instant(found, "disabled_ms")?,
        },
        _ => return Err(Error::Corrupt { column: "status" }),
    };
    let events = row::text(found, "events")?;
    let events = events.split_whitespace().map(EventKind::parse).collect::<Option<_>>();
    Ok(Endpoint {
        id: EndpointId::from_i64(row::integer(found, "id")?),
        client_service: ClientServiceId::from_i64(row::integer(found, "client_service_id")?),
        url: row::text(found, "url")?,
        events: events.ok_or(Error::Corrupt { column: "events" })?,
        description: row::text(found, "description")?,
        status,
        created: row::instant(found, "created_ms")?,
    })
}

fn attempt_from(found: &AnyRow) -> Result<EndpointAttempt> {
    Ok(EndpointAttempt {
        message: MessageId::from_i64(row::integer(found, "id")?),
        event: EventId::from_i64(row::integer(found, "event_id")?),
        kind: row::named(found, "event_kind", EventKind::parse)?,
        status: row::named(found, "status", DeliveryStatus::parse)?,
        next: row::optional_instant(found, "run_ms")?,
        attempt: outbox::attempt_from(found)?,
        operation: row::optional_integer(found, "operation_id")?.map(OperationId::from_i64),
    })
}
