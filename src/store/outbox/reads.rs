//! Messages and their tries, read.

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use super::{MAIL, WEBHOOK};
use crate::domain::delivery::{DeliveryStatus, MailAddress};
use crate::domain::ids::{ClientServiceId, EndpointId, EventId, MessageId, OperationId};
use crate::domain::instant::Instant;
use crate::domain::language::Language;
use crate::domain::outbox::{Attempt, Message, MessageKind, Target};
use crate::store::{Error, Reader, Reports, Result, row};

pub(super) const COLUMNS: &str = "SELECT id, channel, kind, client_service_id, operation_id, position, address,
    language, attach, links_only, endpoint_id, event_id, content, mail_id, status, leases, tries,
    run_ms, created_ms, released_ms, ended_ms, last_reply, link_expires_ms, link_revoked_ms, opened_ms
    FROM message";

impl Reader {
    /// The message with this id.
    pub async fn message(&self, id: MessageId) -> Result<Option<Message>> {
        let found = sqlx::query(AssertSqlSafe(format!("{COLUMNS} WHERE id = $1")))
            .bind(id.as_i64())
            .fetch_optional(&self.pool)
            .await?;
        found.as_ref().map(message_from).transpose()
    }

    /// The mails about an operation, those of the request first, then as they were asked for. The
    /// caller has already read the operation within its scope.
    pub async fn mails_of(&self, operation: OperationId) -> Result<Vec<Message>> {
        let sql = format!(
            "{COLUMNS} WHERE operation_id = $1 AND channel = 'MAIL' ORDER BY created_ms, position, id"
        );
        let rows =
            sqlx::query(AssertSqlSafe(sql)).bind(operation.as_i64()).fetch_all(&self.pool).await?;
        rows.iter().map(message_from).collect()
    }

    /// The tries of a message, oldest first.
    pub async fn attempts_of(&self, message: MessageId) -> Result<Vec<Attempt>> {
        let rows = sqlx::query(
            "SELECT number, started_ms, ended_ms, verdict, ambiguous, phase, reply FROM attempt
             WHERE message_id = $1 ORDER BY number",
        )
        .bind(message.as_i64())
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(attempt_from).collect()
    }
}

impl Reports {
    /// Mails that failed, were given up, or are held back with words, the newest first: those that
    /// ended, or were asked for, since then.
    pub async fn troubled_mails(&self, since: Option<Instant>, limit: u32) -> Result<Vec<Message>> {
        let sql = format!(
            "{COLUMNS} WHERE channel = 'MAIL' AND COALESCE(ended_ms, created_ms) >= $1
               AND (status IN ('SENDING_ERROR', 'SENDING_FAILED')
                    OR (status = 'PENDING' AND last_reply IS NOT NULL))
             ORDER BY id DESC LIMIT $2"
        );
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(since.map_or(i64::MIN, Instant::unix_ms))
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(message_from).collect()
    }
}

pub(in crate::store) fn attempt_from(found: &AnyRow) -> Result<Attempt> {
    Ok(Attempt {
        number: row::small(found, "number")?,
        started: row::instant(found, "started_ms")?,
        ended: row::optional_instant(found, "ended_ms")?,
        verdict: row::optional_text(found, "verdict")?,
        ambiguous: row::boolean(found, "ambiguous")?,
        phase: row::optional_text(found, "phase")?,
        reply: row::optional_text(found, "reply")?,
    })
}

pub(super) fn message_from(found: &AnyRow) -> Result<Message> {
    let corrupt = |column| Error::Corrupt { column };
    let target = match row::text(found, "channel")?.as_str() {
        MAIL => Target::Mail {
            address: MailAddress::from_stored(
                row::optional_text(found, "address")?.ok_or_else(|| corrupt("address"))?,
            ),
            language: row::optional_text(found, "language")?.as_deref().and_then(Language::parse),
        },
        WEBHOOK => Target::Webhook {
            endpoint: EndpointId::from_i64(
                row::optional_integer(found, "endpoint_id")?
                    .ok_or_else(|| corrupt("endpoint_id"))?,
            ),
            event: EventId::from_i64(
                row::optional_integer(found, "event_id")?.ok_or_else(|| corrupt("event_id"))?,
            ),
        },
        _ => return Err(corrupt("channel")),
    };
    Ok(Message {
        id: MessageId::from_i64(row::integer(found, "id")?),
        kind: row::named(found, "kind", MessageKind::parse)?,
        client_service: row::optional_integer(found, "client_service_id")?
            .map(ClientServiceId::from_i64),
        operation: row::optional_integer(found, "operation_id")?.map(OperationId::from_i64),
        target,
        position: row::small(found, "position")?,
        attach: row::boolean(found, "attach")?,
        links_only: row::boolean(found, "links_only")?,
        content: row::optional_text(found, "content")?,
        mail_id: row::optional_text(found, "mail_id")?,
        status: row::named(found, "status", DeliveryStatus::parse)?,
        tries: row::small(found, "tries")?,
        next: row::optional_instant(found, "run_ms")?,
        created: row::instant(found, "created_ms")?,
        released: row::optional_instant(found, "released_ms")?,
        ended: row::optional_instant(found, "ended_ms")?,
        last_reply: row::optional_text(found, "last_reply")?,
        link_expires: row::optional_instant(found, "link_expires_ms")?,
        link_revoked: row::optional_instant(found, "link_revoked_ms")?,
        opened: row::optional_instant(found, "opened_ms")?,
    })
}
