//! The outbox: messages recorded with the fact they tell, leased, tried, and ended.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe};

use super::events::{self, Fact};
use super::{Error, Reader, Result, Store, placeholders, row};
use crate::domain::delivery::{DeliveryStatus, MailAddress, Tried};
use crate::domain::ids::{ClientServiceId, EndpointId, EventId, MessageId, OperationId};
use crate::domain::instant::Instant;
use crate::domain::language::Language;
use crate::domain::outbox::{
    Attempt, Channel, Message, MessageKind, MessageLease, Next, Target, Way,
};
use crate::domain::webhook::EventKind;

const MAIL: &str = Channel::Mail.as_str();
const WEBHOOK: &str = Channel::Webhook.as_str();

/// Rows in one INSERT.
const ROWS_PER_INSERT: usize = 100;

/// Words at a message whose operation sealed nothing.
pub const NOTHING_SEALED: &str = "no document was sealed, so nothing was sent";

/// Words at a message that was taken back before it went out.
pub const REVOKED: &str = "taken back before it was sent";

const COLUMNS: &str = "SELECT id, channel, kind, client_service_id, operation_id, position, address,
    language, attach, links_only, endpoint_id, event_id, content, mail_id, status, leases, tries,
    run_ms, created_ms, released_ms, ended_ms, last_reply, link_expires_ms, link_revoked_ms, opened_ms
    FROM message";

/// How many messages may be asked for again.
#[derive(Clone, Copy, Debug)]
pub struct ResendCaps {
    /// From this time on they are counted.
    pub since: Instant,
    /// Of one operation.
    pub of_operation: u32,
    /// Of one operation to one receiver.
    pub to_receiver: u32,
}

/// What became of a wish to send again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resent {
    /// Every message is recorded.
    Queued,
    /// Nothing is: the operation has had its share.
    OperationCap,
    /// Nothing is: this receiver has had its share.
    ReceiverCap(MailAddress),
}

impl Store {
    /// Records messages that belong to no fact of their own: tests, alarms, told events.
    pub async fn enqueue(&self, messages: &[Message]) -> Result<()> {
        let mut tx = self.begin().await?;
        insert_messages(&mut tx, messages).await?;
        Ok(tx.commit().await?)
    }

    /// Records messages about one operation, unless that would be more than the caps allow: all of
    /// them, or none.
    ///
    /// # Errors
    /// [`Error::Exists`] when another replica gave out one of the ids: nothing was written, and trying
    /// again with new ones decides it.
    pub async fn enqueue_again(
        &self,
        operation: OperationId,
        messages: &[Message],
        caps: ResendCaps,
    ) -> Result<Resent> {
        let mut tx = self.begin().await?;
        // Locks the operation, so that wishes at the same time are counted one after the other.
        sqlx::query("UPDATE operation SET description = description WHERE id = $1")
            .bind(operation.as_i64())
            .execute(&mut *tx)
            .await?;
        let rows = sqlx::query(
            "SELECT address_folded, COUNT(*) AS many FROM message
             WHERE operation_id = $1 AND kind = 'RESEND' AND created_ms > $2
             GROUP BY address_folded",
        )
        .bind(operation.as_i64())
        .bind(caps.since.unix_ms())
        .fetch_all(&mut *tx)
        .await?;
        let mut all = messages.len();
        for found in &rows {
            let many = row::small(found, "many")?;
            all += many as usize;
            let folded = row::text(found, "address_folded")?;
            let again = messages.iter().find_map(|message| match &message.target {
                Target::Mail { address, .. } if address.folded() == folded => Some(address.clone()),
                _ => None,
            });
            if let Some(address) = again
                && many >= caps.to_receiver
            {
                return Ok(Resent::ReceiverCap(address));
            }
        }
        if all > caps.of_operation as usize {
            return Ok(Resent::OperationCap);
        }
        if let Err(error) = insert_messages(&mut tx, messages).await {
            let taken = Error::Exists { what: "a message id" };
            return Err(if error.is_unique_violation() { taken } else { error });
        }
        tx.commit().await?;
        Ok(Resent::Queued)
    }

    /// Leases up to `limit` messages of a channel that are due, those on full ways left out. Nobody
    /// else gets them before `until`.
    pub async fn lease_messages(
        &self,
        channel: Channel,
        (now, until): (Instant, Instant),
        limit: u32,
        full: &[Way],
    ) -> Result<Vec<(MessageLease, Message)>> {
        let others = elsewhere(full);
        let sql = format!(
            "UPDATE message SET leases = leases + 1, run_ms = $2
             WHERE run_ms <= $1 AND id IN (
                 SELECT id FROM message WHERE run_ms <= $1 AND channel = $4{others}
                 ORDER BY run_ms, id LIMIT $3)
             RETURNING {}",
            COLUMNS.trim_start_matches("SELECT ").trim_end_matches("FROM message"),
        );
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(now.unix_ms())
            .bind(until.unix_ms())
            .bind(i64::from(limit))
            .bind(channel.as_str())
            .fetch_all(&self.writer)
            .await?;
        rows.iter()
            .map(|found| {
                let message = message_from(found)?;
                Ok((
                    MessageLease { message: message.id, number: row::small(found, "leases")? },
                    message,
                ))
            })
            .collect()
    }

    /// Lets every message that is due on a way rest until `at`; `words` say why.
    pub async fn rest_way(&self, way: Way, now: Instant, at: Instant, words: &str) -> Result<()> {
        let sql = format!(
            "UPDATE message SET run_ms = $2, last_reply = $3 WHERE run_ms <= $1 AND {}",
            on_way(way)
        );
        sqlx::query(AssertSqlSafe(sql))
            .bind(now.unix_ms())
            .bind(at.unix_ms())
            .bind(words)
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    /// Leases messages on a way that were due first before `released`: they have waited long enough.
    pub async fn lease_overdue(
        &self,
        way: Way,
        released: Instant,
        (now, until): (Instant, Instant),
    ) -> Result<Vec<MessageLease>> {
        let way = on_way(way);
        let sql = format!(
            "UPDATE message SET leases = leases + 1, run_ms = $2
             WHERE run_ms <= $1 AND id IN (
                 SELECT id FROM message WHERE run_ms <= $1 AND released_ms <= $3 AND {way} LIMIT 100)
             RETURNING id, leases"
        );
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(now.unix_ms())
            .bind(until.unix_ms())
            .bind(released.unix_ms())
            .fetch_all(&self.writer)
            .await?;
        rows.iter()
            .map(|found| {
                let message = MessageId::from_i64(row::integer(found, "id")?);
                Ok(MessageLease { message, number: row::small(found, "leases")? })
            })
            .collect()
    }

    /// Extends leases of messages that are being tried. Those that were lost or have ended stay so.
    pub async fn renew_message(&self, lease: MessageLease, until: Instant) -> Result<()> {
        sqlx::query(
            "UPDATE message SET run_ms = $3 WHERE id = $1 AND leases = $2 AND run_ms IS NOT NULL",
        )
        .bind(lease.message.as_i64())
        .bind(i64::from(lease.number))
        .bind(until.unix_ms())
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// Makes what rests on a way until exactly `at` due now: the reason is gone.
    pub async fn wake_way(&self, way: Way, at: Instant, now: Instant) -> Result<()> {
        let sql = format!("UPDATE message SET run_ms = $2 WHERE run_ms = $1 AND {}", on_way(way));
        sqlx::query(AssertSqlSafe(sql))
            .bind(at.unix_ms())
            .bind(now.unix_ms())
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    /// Gives leased messages back untried, due again at `at`; the lease is as if it had not been.
    /// `words` say why, when there is a reason that people should see.
    pub async fn put_back(
        &self,
        leases: &[MessageLease],
        at: Instant,
        words: Option<&str>,
    ) -> Result<()> {
        let mut tx = self.begin().await?;
        for lease in leases {
            sqlx::query(
                "UPDATE message SET run_ms = $3, last_reply = COALESCE($4, last_reply),
                 leases = leases - 1
                 WHERE id = $1 AND leases = $2 AND run_ms IS NOT NULL",
            )
            .bind(lease.message.as_i64())
            .bind(i64::from(lease.number))
            .bind(at.unix_ms())
            .bind(words)
            .execute(&mut *tx)
            .await?;
        }
        Ok(tx.commit().await?)
    }

    /// Records that tries begin, before anybody outside hears of them. Returns those whose lease still
    /// holds; a try that an earlier lease left open is closed as interrupted and ambiguous.
    pub async fn begin_attempts(
        &self,
        leases: &[MessageLease],
        now: Instant,
    ) -> Result<Vec<MessageLease>> {
        let mut tx = self.begin().await?;
        let mut begun = Vec::with_capacity(leases.len());
        for lease in leases {
            let done = sqlx::query(
                "UPDATE message SET leases = leases WHERE id = $1 AND leases = $2
                 AND run_ms IS NOT NULL",
            )
            .bind(lease.message.as_i64())
            .bind(i64::from(lease.number))
            .execute(&mut *tx)
            .await?;
            if done.rows_affected() == 0 {
                continue;
            }
            sqlx::query(
                "UPDATE attempt SET ended_ms = $2, verdict = 'INTERRUPTED', ambiguous = 1,
                 reply = 'the service stopped during this try'
                 WHERE message_id = $1 AND ended_ms IS NULL",
            )
            .bind(lease.message.as_i64())
            .bind(now.unix_ms())
            .execute(&mut *tx)
            .await?;
            sqlx::query(
                "INSERT INTO attempt (message_id, number, started_ms, ambiguous)
                 VALUES ($1, $2, $3, 0)",
            )
            .bind(lease.message.as_i64())
            .bind(i64::from(lease.number))
            .bind(now.unix_ms())
            .execute(&mut *tx)
            .await?;
            begun.push(*lease);
        }
        tx.commit().await?;
        Ok(begun)
    }

    /// Records how a try ended and what becomes of the message, with the event that tells it. A
    /// message that was received, or leased to somebody else meanwhile, keeps what it says; the try is
    /// recorded all the same. `event_id` is a fresh one.
    pub async fn record_try(
        &self,
        lease: MessageLease,
        tried: &Tried,
        next: &Next,
        event_id: EventId,
        now: Instant,
    ) -> Result<()> {
        let mut tx = self.begin().await?;
        let reply = super::operations::storable(&tried.reply).into_owned();
        sqlx::query(
            "UPDATE attempt SET ended_ms = $3, verdict = $4, ambiguous = $5, phase = $6, reply = $7
             WHERE message_id = $1 AND number = $2",
        )
        .bind(lease.message.as_i64())
        .bind(i64::from(lease.number))
        .bind(now.unix_ms())
        .bind(tried.verdict.as_str())
        .bind(i64::from(tried.ambiguous))
        .bind(tried.phase)
        .bind(&reply)
        .execute(&mut *tx)
        .await?;
        if move_on(&mut tx, lease, next, &reply, now).await? {
            let kind = match next {
                Next::Sent => Some(EventKind::NotificationSent),
                Next::Failed => Some(EventKind::NotificationFailed),
                Next::Again { .. } => None,
            };
            if let Some(kind) = kind {
                notification_event(&mut tx, lease.message, kind, event_id, now).await?;
            }
        }
        Ok(tx.commit().await?)
    }

    /// Gives a leased message up without a try.
    pub async fn give_up(
        &self,
        lease: MessageLease,
        words: &str,
        event_id: EventId,
        now: Instant,
    ) -> Result<()> {
        let mut tx = self.begin().await?;
        if move_on(&mut tx, lease, &Next::Failed, words, now).await? {
            let kind = EventKind::NotificationFailed;
            notification_event(&mut tx, lease.message, kind, event_id, now).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Records that a receiver opened the link of a message: the first time it becomes `RECEIVED` and
    /// is not tried any more. Returns whether this was the first time.
    pub async fn record_opening(
        &self,
        message: MessageId,
        event_id: EventId,
        now: Instant,
    ) -> Result<bool> {
        let mut tx = self.begin().await?;
        let done = sqlx::query(
            "UPDATE message SET status = 'RECEIVED', opened_ms = $2, run_ms = NULL,
             ended_ms = COALESCE(ended_ms, $2) WHERE id = $1 AND opened_ms IS NULL",
        )
        .bind(message.as_i64())
        .bind(now.unix_ms())
        .execute(&mut *tx)
        .await?;
        let first = done.rows_affected() == 1;
        if first {
            let kind = EventKind::NotificationReceived;
            notification_event(&mut tx, message, kind, event_id, now).await?;
        }
        tx.commit().await?;
        Ok(first)
    }

    /// Closes the links of an operation's messages, or of one of them, and ends those that have not
    /// gone out. Returns how many links were open.
    pub async fn revoke_links(
        &self,
        operation: OperationId,
        only: Option<MessageId>,
        now: Instant,
    ) -> Result<u64> {
        let mut tx = self.begin().await?;
        let one = if only.is_some() { " AND id = $3" } else { "" };
        let sql = format!(
            "UPDATE message SET link_revoked_ms = $2
             WHERE operation_id = $1 AND channel = 'MAIL' AND link_revoked_ms IS NULL{one}"
        );
        let mut query =
            sqlx::query(AssertSqlSafe(sql)).bind(operation.as_i64()).bind(now.unix_ms());
        if let Some(only) = only {
            query = query.bind(only.as_i64());
        }
        let done = query.execute(&mut *tx).await?;
        let waiting = "link_revoked_ms IS NOT NULL AND status IN ('PENDING', 'SENDING_ERROR')";
        end_unsent(&mut tx, operation, waiting, REVOKED, now).await?;
        tx.commit().await?;
        Ok(done.rows_affected())
    }
}

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

/// The condition of being on none of these ways.
fn elsewhere(ways: &[Way]) -> String {
    let mut conditions = vec![String::new()];
    let mut endpoints = Vec::new();
    for way in ways {
        match way {
            Way::Hook(endpoint) => endpoints.push(endpoint.to_string()),
            // There are never more of them than senders.
            Way::Mail(_) => conditions.push(format!("NOT ({})", on_way(*way))),
        }
    }
    if !endpoints.is_empty() {
        let list = endpoints.join(",");
        conditions.push(format!("COALESCE(endpoint_id, 0) NOT IN ({list})"));
    }
    conditions.join(" AND ")
}

/// The condition of being on a way.
fn on_way(way: Way) -> String {
    match way {
        Way::Mail(Some(service)) => {
            // The installation's own have none, and NULL would be neither on the way nor not.
            format!("channel = 'MAIL' AND COALESCE(client_service_id, 0) = {}", service.as_i64())
        }
        Way::Mail(None) => "channel = 'MAIL' AND (client_service_id IS NULL OR NOT EXISTS (
             SELECT 1 FROM smtp_account
             WHERE smtp_account.client_service_id = message.client_service_id))"
            .to_owned(),
        Way::Hook(endpoint) => {
            format!("channel = 'WEBHOOK' AND endpoint_id = {}", endpoint.as_i64())
        }
    }
}

pub(super) fn attempt_from(found: &AnyRow) -> Result<Attempt> {
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

/// Takes a leased message to its next state; false when the lease was lost or it has ended.
async fn move_on(
    tx: &mut AnyConnection,
    lease: MessageLease,
    next: &Next,
    reply: &str,
    now: Instant,
) -> Result<bool> {
    let (status, run, counted, links_only) = match next {
        Next::Sent => (DeliveryStatus::Sent, None, false, false),
        Next::Again { at, counted, links_only } => {
            (DeliveryStatus::SendingError, Some(*at), *counted, *links_only)
        }
        Next::Failed => (DeliveryStatus::SendingFailed, None, true, false),
    };
    let ended = run.is_none().then(|| now.unix_ms());
    let done = sqlx::query(
        "UPDATE message SET status = $3, run_ms = $4, tries = tries + $5, ended_ms = $6,
         last_reply = $7, links_only = CASE WHEN $8 = 1 THEN 1 ELSE links_only END
         WHERE id = $1 AND leases = $2 AND run_ms IS NOT NULL",
    )
    .bind(lease.message.as_i64())
    .bind(i64::from(lease.number))
    .bind(status.as_str())
    .bind(run.map(Instant::unix_ms))
    .bind(i64::from(counted))
    .bind(ended)
    .bind(reply)
    .bind(i64::from(links_only))
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Tells webhooks about a mail to a receiver; other messages are nobody's event.
async fn notification_event(
    tx: &mut AnyConnection,
    message: MessageId,
    kind: EventKind,
    event_id: EventId,
    now: Instant,
) -> Result<()> {
    let found = sqlx::query(
        "SELECT operation_id FROM message
         WHERE id = $1 AND kind IN ('NOTIFICATION', 'RESEND') AND operation_id IS NOT NULL",
    )
    .bind(message.as_i64())
    .fetch_optional(&mut *tx)
    .await?;
    let Some(found) = found else { return Ok(()) };
    let operation = OperationId::from_i64(row::integer(&found, "operation_id")?);
    let fact = Fact { id: event_id, kind, document: None, message: Some(message) };
    events::record(tx, operation, &[fact], now).await
}

/// Lets the messages of an operation go, or, when nothing was sealed, ends them.
pub(super) async fn release(
    tx: &mut AnyConnection,
    operation: OperationId,
    sealed: bool,
    now: Instant,
) -> Result<()> {
    if !sealed {
        let held = "status = 'PENDING' AND released_ms IS NULL";
        return end_unsent(tx, operation, held, NOTHING_SEALED, now).await;
    }
    sqlx::query(
        "UPDATE message SET run_ms = $2, released_ms = $2
         WHERE operation_id = $1 AND status = 'PENDING' AND released_ms IS NULL",
    )
    .bind(operation.as_i64())
    .bind(now.unix_ms())
    .execute(tx)
    .await?;
    Ok(())
}

/// Ends mails about an operation that have not gone out, those that a condition is true of.
async fn end_unsent(
    tx: &mut AnyConnection,
    operation: OperationId,
    condition: &'static str,
    words: &str,
    now: Instant,
) -> Result<()> {
    let sql = format!(
        "UPDATE message SET status = 'SENDING_FAILED', run_ms = NULL, ended_ms = $2, last_reply = $3
         WHERE operation_id = $1 AND channel = 'MAIL' AND {condition} RETURNING id"
    );
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(operation.as_i64())
        .bind(now.unix_ms())
        .bind(words)
        .fetch_all(&mut *tx)
        .await?;
    let facts: Vec<Fact> = rows
        .iter()
        .map(|found| {
            let id = row::integer(found, "id")?;
            Ok(Fact {
                // A message ends unsent once, and its id has no bit so high: no other event has this.
                id: EventId::from_i64(id | 1 << 62),
                kind: EventKind::NotificationFailed,
                document: None,
                message: Some(MessageId::from_i64(id)),
            })
        })
        .collect::<Result<_>>()?;
    if facts.is_empty() { Ok(()) } else { events::record(tx, operation, &facts, now).await }
}

/// Writes new messages. An event that an endpoint was already told stays as it is.
pub(super) async fn insert_messages(tx: &mut AnyConnection, messages: &[Message]) -> Result<()> {
    for rows in messages.chunks(ROWS_PER_INSERT) {
        let sql = format!(
            "INSERT INTO message (id, channel, kind, client_service_id, operation_id, position, address,
             address_folded, language, attach, links_only, endpoint_id, event_id, content, mail_id,
             status, leases, tries, run_ms, created_ms, released_ms, ended_ms, last_reply,
             link_expires_ms) VALUES {} ON CONFLICT (endpoint_id, event_id) DO NOTHING",
            placeholders(rows.len(), 24)
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for message in rows {
            let (channel, address, language, endpoint, event) = match &message.target {
                Target::Mail { address, language } => (MAIL, Some(address), *language, None, None),
                Target::Webhook { endpoint, event } => {
                    (WEBHOOK, None, None, Some(*endpoint), Some(*event))
                }
            };
            query = query
                .bind(message.id.as_i64())
                .bind(channel)
                .bind(message.kind.as_str())
                .bind(message.client_service.map(ClientServiceId::as_i64))
                .bind(message.operation.map(OperationId::as_i64))
                .bind(i64::from(message.position))
                .bind(address.map(MailAddress::as_str))
                .bind(address.map(MailAddress::folded))
                .bind(language.map(Language::as_str))
                .bind(i64::from(message.attach))
                .bind(i64::from(message.links_only))
                .bind(endpoint.map(EndpointId::as_i64))
                .bind(event.map(EventId::as_i64))
                .bind(message.content.as_deref())
                .bind(message.mail_id.as_deref())
                .bind(message.status.as_str())
                .bind(0_i64)
                .bind(i64::from(message.tries))
                .bind(message.next.map(Instant::unix_ms))
                .bind(message.created.unix_ms())
                .bind(message.released.map(Instant::unix_ms))
                .bind(message.ended.map(Instant::unix_ms))
                .bind(message.last_reply.as_deref())
                .bind(message.link_expires.map(Instant::unix_ms));
        }
        query.execute(&mut *tx).await?;
    }
    Ok(())
}

fn message_from(found: &AnyRow) -> Result<Message> {
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
