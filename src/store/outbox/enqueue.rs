//! Messages recorded with the fact they tell, let go or ended with it, and asked for again.

use sqlx::{AnyConnection, AssertSqlSafe};

use super::{MAIL, MailLimitReached, MailLimits, REVOKED, WEBHOOK, count_mails};
use crate::domain::delivery::MailAddress;
use crate::domain::ids::{ClientServiceId, EndpointId, EventId, MessageId, OperationId};
use crate::domain::instant::Instant;
use crate::domain::language::Language;
use crate::domain::outbox::{Message, Target};
use crate::domain::webhook::EventKind;
use crate::store::acts::{self, ActAdmission, Occasion};
use crate::store::events::{self, Fact};
use crate::store::{Error, Result, Store, row};

/// Rows in one INSERT.
const ROWS_PER_INSERT: usize = 100;

/// Words at a message whose operation sealed nothing.
pub const NOTHING_SEALED: &str = "no document was sealed, so nothing was sent";

/// How many messages may be asked for again.
#[derive(Clone, Copy, Debug)]
pub struct ResendCaps {
    /// From this time on they are counted.
    pub since: Instant,
    /// Of one operation.
    pub of_operation: u32,
    /// Of one operation to one receiver.
    pub to_receiver: u32,
    /// Of a client service.
    pub mails: MailLimits,
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
    /// Nothing is: the client service has had its share of a day.
    MailLimit(MailLimitReached),
    /// Nothing is: it was done before on this occasion.
    Before,
    /// Nothing is: the set that it is of is not done any more.
    Stopped,
    /// Nothing is: another mail to the receiver was asked for meanwhile, or one was received.
    Overtaken,
}

/// What is recorded with a wish to send again.
#[derive(Clone, Copy, Default)]
pub struct ResendOccasion<'a> {
    pub occasion: Occasion<'a>,
    /// Mailboxes, folded, that mails went to by mistake: their links are closed, and what was not sent is not sent any
    /// more.
    pub mistaken: &'a [String],
    /// The mail that is sent again only while it is the newest to its receiver.
    pub newest: Option<MessageId>,
    /// The time by which messages are leased.
    pub steady: Option<Instant>,
}

impl Store {
    /// Records messages about one operation, unless that would be more than the caps allow: all of
    /// them, or none.
    ///
    /// # Errors
    /// [`Error::Exists`] when another replica gave out one of the ids: nothing was written, and trying
    /// again with new ones decides it.
    pub async fn enqueue_again(
        &self,
        operation: (OperationId, ClientServiceId),
        messages: &[Message],
        caps: ResendCaps,
        on: ResendOccasion<'_>,
        now: Instant,
    ) -> Result<Resent> {
        let (operation, service) = operation;
        self.again(|| async {
            let mut tx = self.begin().await?;
            // Locks the operation, so that wishes at the same time are counted one after the other.
            sqlx::query("UPDATE operation SET description = description WHERE id = $1")
                .bind(operation.as_i64())
                .execute(&mut *tx)
                .await?;
            match acts::admit(&mut tx, on.occasion).await? {
                ActAdmission::New => {}
                ActAdmission::Before => {
                    tx.rollback().await?;
                    return Ok(Resent::Before);
                }
                ActAdmission::Stopped => {
                    tx.rollback().await?;
                    return Ok(Resent::Stopped);
                }
            }
            if let Some(newest) = on.newest
                && is_overtaken(&mut tx, newest).await?
            {
                tx.rollback().await?;
                return Ok(Resent::Overtaken);
            }
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
                    Target::Mail { address, .. } if address.folded() == folded => {
                        Some(address.clone())
                    }
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
            if let Some(reached) = count_mails(&mut tx, service, messages, caps.mails, now).await? {
                tx.rollback().await?;
                return Ok(Resent::MailLimit(reached));
            }
            for mailbox in on.mistaken {
                withdraw(&mut tx, operation, mailbox, (now, on.steady.unwrap_or(now))).await?;
            }
            tx.commit().await?;
            Ok(Resent::Queued)
        })
        .await
    }

    /// Records the messages that tell some events, and that these have been made.
    pub async fn fan_out(&self, events: &[EventId], messages: &[Message]) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            insert_messages(&mut tx, messages).await?;
            for event in events {
                sqlx::query("UPDATE event SET fanned = 1 WHERE id = $1")
                    .bind(event.as_i64())
                    .execute(&mut *tx)
                    .await?;
            }
            tx.commit().await
        })
        .await
    }
}

/// Whether a mail is not the newest to its receiver any more, or one to that was received.
async fn is_overtaken(tx: &mut AnyConnection, mail: MessageId) -> Result<bool> {
    let found = sqlx::query(
        "SELECT other.id FROM message AS mail JOIN message AS other
             ON other.operation_id = mail.operation_id AND other.address_folded = mail.address_folded
         WHERE mail.id = $1 AND other.channel = 'MAIL' AND (
             (other.status = 'RECEIVED' AND mail.status <> 'RECEIVED') OR
             (other.created_ms, other.position, other.id) > (mail.created_ms, mail.position, mail.id))
         LIMIT 1",
    )
    .bind(mail.as_i64())
    .fetch_optional(tx)
    .await?;
    Ok(found.is_some())
}

/// Closes the links of the mails about an operation to a mailbox, and ends those that have not gone out.
async fn withdraw(
    tx: &mut AnyConnection,
    operation: OperationId,
    mailbox: &str,
    (now, steady): (Instant, Instant),
) -> Result<()> {
    sqlx::query(
        "UPDATE message SET link_revoked_ms = $2
         WHERE operation_id = $1 AND channel = 'MAIL' AND link_revoked_ms IS NULL
           AND address_folded = $3",
    )
    .bind(operation.as_i64())
    .bind(now.unix_ms())
    .bind(mailbox)
    .execute(&mut *tx)
    .await?;
    let waiting = "link_revoked_ms IS NOT NULL AND status IN ('PENDING', 'SENDING_ERROR')";
    end_unsent(tx, operation, waiting, REVOKED, (now, steady)).await
}

/// Lets the messages of an operation go, or, when nothing was sealed, ends them.
pub(in crate::store) async fn release(
    tx: &mut AnyConnection,
    operation: OperationId,
    sealed: bool,
    now: Instant,
) -> Result<()> {
    if !sealed {
        let held = "status = 'PENDING' AND released_ms IS NULL";
        return end_unsent(tx, operation, held, NOTHING_SEALED, (now, now)).await;
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

/// Ends mails about an operation that have not gone out, those that a condition is true of and nobody is trying at
/// this `steady` time.
pub(super) async fn end_unsent(
    tx: &mut AnyConnection,
    operation: OperationId,
    condition: &'static str,
    words: &str,
    (now, steady): (Instant, Instant),
) -> Result<()> {
    let sql = format!(
        "UPDATE message SET status = 'SENDING_FAILED', run_ms = NULL, ended_ms = $2, last_reply = $3
         WHERE operation_id = $1 AND channel = 'MAIL' AND {condition} AND {} RETURNING id",
        not_tried_at("$4")
    );
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(operation.as_i64())
        .bind(now.unix_ms())
        .bind(words)
        .bind(steady.unix_ms())
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

/// The condition that nobody is trying a message at a time: what its server takes over is not said to have been
/// taken back.
pub(in crate::store) fn not_tried_at(time: &str) -> String {
    format!(
        "NOT (COALESCE(run_ms, 0) > {time} AND EXISTS (
             SELECT 1 FROM attempt WHERE attempt.message_id = message.id
               AND attempt.number = message.leases AND attempt.ended_ms IS NULL))"
    )
}

/// Columns that have values of their own, and the one among them that is the operation.
const COLUMNS: usize = 24;
const OPERATION: usize = 5;

/// Values of new messages: the time at which their operation was accepted is looked up.
fn values(rows: usize) -> String {
    let row = |row: usize| {
        let marks = (1..=COLUMNS).map(|column| format!("${}", row * COLUMNS + column));
        let operation = row * COLUMNS + OPERATION;
        let accepted = format!("(SELECT accepted_ms FROM operation WHERE id = ${operation})");
        format!("({})", marks.chain([accepted]).collect::<Vec<_>>().join(","))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(",")
}

/// Writes new messages. An event that an endpoint was already told stays as it is.
pub(in crate::store) async fn insert_messages(
    tx: &mut AnyConnection,
    messages: &[Message],
) -> Result<()> {
    for rows in messages.chunks(ROWS_PER_INSERT) {
        let sql = format!(
            "INSERT INTO message (id, channel, kind, client_service_id, operation_id, position, address,
             address_folded, language, attach, links_only, endpoint_id, event_id, content, mail_id,
             status, leases, tries, run_ms, created_ms, released_ms, ended_ms, last_reply,
             link_expires_ms, accepted_ms) VALUES {} ON CONFLICT (endpoint_id, event_id) DO NOTHING",
            values(rows.len())
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
