//! Operations: opened once per external reference, leased, and finished.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe};

use super::contents::{self, ContentChange};
use super::documents::{Intent, NO_DRAFT};
use super::events::{self, Fact};
use super::leases::{Lease, hold};
use super::outbox::{self, MailLimitReached, MailLimits};
use super::{Reader, Result, Store, kept_values, placeholders, preservation, row, settings};
use crate::domain::document::{Document, DocumentState, SealSettings};
use crate::domain::ids::{
    ClientServiceId, CredentialId, DocumentId, EventId, ExternalReference, OperationId, ProcessId,
};
use crate::domain::instant::Instant;
use crate::domain::level::Level;
use crate::domain::operation::{Custody, Extension, Operation, OperationState, WaitsFor};
use crate::domain::outbox::Message;
use crate::domain::preservation::RenewalTimes;
use crate::domain::scope::Scope;
use crate::domain::webhook::EventKind;

/// Rows in one INSERT: far below the 32,766 variables SQLite binds.
const ROWS_PER_INSERT: usize = 100;

/// An operation about to be recorded.
pub struct NewOperation {
    /// With `attempts` 1 when somebody begins to execute it at once.
    pub operation: Operation,
    /// SHA-256 over the meaning of the request.
    pub fingerprint: [u8; 32],
    /// In the order of the request.
    pub documents: Vec<NewDocument>,
    /// To its receivers: they go out when it is finished.
    pub messages: Vec<Message>,
    /// Fresh ids, one for each document and one more: for events of an operation that ends here.
    pub event_ids: Vec<EventId>,
    /// Whether document references must be unused in the client service.
    pub unique_document_references: bool,
    /// Until when the opener holds the lease.
    pub lease_until: Instant,
    /// The opener.
    pub process: ProcessId,
    /// How many mails the client service may have sent.
    pub mail_limits: MailLimits,
}

/// A document about to be recorded.
pub struct NewDocument {
    /// Received, or failed already.
    pub document: Document,
    /// What the client asked.
    pub settings: SealSettings,
    /// SHA-256 of what it sent.
    pub sha256: [u8; 32],
}

/// What became of an attempt to open an operation. Only `New` wrote anything.
#[derive(Debug, PartialEq, Eq)]
pub enum Opened {
    /// Recorded, on disk.
    New,
    /// The reference belongs to an operation, of the same request or of another.
    Taken {
        /// The operation that has it.
        operation: OperationId,
        /// The fingerprint of its request.
        fingerprint: [u8; 32],
    },
    /// The client service may not have so many mails sent.
    MailLimit(MailLimitReached),
    /// A document's reference belongs to another operation.
    DocumentReferenceReused {
        /// The reference.
        reference: String,
        /// The operation that has it.
        operation: OperationId,
    },
}

/// How one document ended.
pub struct Outcome {
    /// Which document.
    pub document: DocumentId,
    /// `Sealed` or `Failed`.
    pub state: DocumentState,
    /// The settings of a sealed document, when notes came to them.
    pub settings: Option<SealSettings>,
    /// Of the archive timestamp of its seal, if it has one.
    pub archive: Option<RenewalTimes>,
}

/// How documents ended and, with the last of them, their operation.
pub struct Ending<'a> {
    /// How each ended.
    pub outcomes: &'a [Outcome],
    /// What becomes of their bytes.
    pub contents: &'a [ContentChange],
    /// How the operation ended, if it did.
    pub end: Option<OperationState>,
    /// Fresh ids, one for each outcome and one more.
    pub event_ids: &'a [EventId],
}

impl Store {
    /// Opens an operation exactly once per (client service, external reference): one transaction
    /// that either writes the operation with all its documents and their contents, or nothing.
    ///
    /// # Errors
    /// [`super::Error::Exists`] when a race with another writer was lost: nothing was written, and
    /// trying again with new ids decides it.
    pub async fn open_operation(
        &self,
        new: &NewOperation,
        contents: &[ContentChange],
    ) -> Result<Opened> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            if !begin_operation(&mut tx, new, false).await? {
                tx.rollback().await?;
                return self.holder_of_reference(new).await;
            }
            if !new.unique_document_references {
                free_references(&mut tx, new, &new.documents).await?;
            }
            if let Err(error) = insert_documents(&mut tx, new, &new.documents).await {
                tx.rollback().await?;
                return self.reference_taken(new, &new.documents, error).await;
            }
            if let Some(refused) = tell(&mut tx, new).await? {
                tx.rollback().await?;
                return Ok(refused);
            }
            contents::write(&mut tx, contents).await?;
            tx.commit().await?;
            Ok(Opened::New)
        })
        .await
    }

    /// Why documents could not be inserted: somebody has a reference, or by bad luck an id.
    pub(super) async fn reference_taken(
        &self,
        new: &NewOperation,
        documents: &[NewDocument],
        error: super::Error,
    ) -> Result<Opened> {
        if !error.is_unique_violation() {
            return Err(error);
        }
        match self.taken_reference(new, documents).await? {
            Some((reference, operation)) => {
                Ok(Opened::DocumentReferenceReused { reference, operation })
            }
            // Or by a draft, which may be given up.
            None => Err(super::Error::Exists { what: "a document id or reference" }),
        }
    }

    /// The first document reference of the request that another operation holds.
    async fn taken_reference(
        &self,
        new: &NewOperation,
        documents: &[NewDocument],
    ) -> Result<Option<(String, OperationId)>> {
        for documents in documents.chunks(ROWS_PER_INSERT) {
            let marks: Vec<String> = (2..documents.len() + 2).map(|n| format!("${n}")).collect();
            let sql = format!(
                "SELECT live_reference, operation_id FROM document
                 WHERE client_service_id = $1 AND live_reference IN ({}) AND {NO_DRAFT} LIMIT 1",
                marks.join(",")
            );
            let mut query =
                sqlx::query(AssertSqlSafe(sql)).bind(new.operation.client_service.as_i64());
            for document in documents {
                query = query.bind(document.document.external_reference.as_str());
            }
            if let Some(found) = query.fetch_optional(&self.reader.pool).await? {
                let operation = OperationId::from_i64(row::integer(&found, "operation_id")?);
                return Ok(Some((row::text(&found, "live_reference")?, operation)));
            }
        }
        Ok(None)
    }

    pub(super) async fn holder_of_reference(&self, new: &NewOperation) -> Result<Opened> {
        let operation = &new.operation;
        let found = self
            .reader
            .fingerprint(operation.client_service, &operation.external_reference)
            .await?;
        match found {
            Some((operation, fingerprint)) => Ok(Opened::Taken { operation, fingerprint }),
            // Gone between the two statements: the holder ended without a sealed document just now; or it is
            // a draft, or the id collided with another replica's. Either way the caller tries again.
            None => Err(super::Error::Exists { what: "the operation id" }),
        }
    }

    /// Stores what will be signed, before any key is asked. Never changes an intent that is there: when
    /// it returns, every one of these is on disk and was not before.
    ///
    /// # Errors
    /// [`super::Error::LeaseLost`], [`super::Error::Exists`] when a document has an intent already; then
    /// nothing was written.
    pub async fn record_intents(
        &self,
        lease: Lease,
        until: Instant,
        intents: &[Intent],
        now: Instant,
    ) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            hold(&mut tx, lease, until).await?;
            for rows in intents.chunks(ROWS_PER_INSERT) {
                let sql = format!(
                    "INSERT INTO intent (document_id, certificate_sha256, algorithm, signing_time_ms,
                     digest_algorithm, digest, recorded_ms) VALUES {} ON CONFLICT DO NOTHING",
                    placeholders(rows.len(), 7)
                );
                let mut query = sqlx::query(AssertSqlSafe(sql));
                for intent in rows {
                    query = query
                        .bind(intent.document.as_i64())
                        .bind(intent.certificate_sha256.to_vec())
                        .bind(&intent.algorithm)
                        .bind(intent.signing_time.unix_ms())
                        .bind(intent.digest_algorithm.as_str())
                        .bind(intent.digest.clone())
                        .bind(now.unix_ms());
                }
                let inserted = query.execute(&mut *tx).await?.rows_affected();
                if usize::try_from(inserted) != Ok(rows.len()) {
                    tx.rollback().await?;
                    return Err(super::Error::Exists { what: "an intent of one of the documents" });
                }
            }
            tx.commit().await
        })
        .await
    }

    /// Stores how documents ended and, with `end`, how the operation ended; one transaction. What is
    /// stored here is what every reader sees from then on. With the end the operation's messages are
    /// let go.
    ///
    /// # Errors
    /// [`super::Error::LeaseLost`], and then nothing was written.
    pub async fn record_outcomes(
        &self,
        lease: Lease,
        until: Instant,
        ending: &Ending<'_>,
        now: Instant,
    ) -> Result<()> {
        self.again(|| async {
            let Ending { outcomes, contents, end, event_ids } = *ending;
            let mut tx = self.begin().await?;
            match end {
                None => hold(&mut tx, lease, until).await?,
                Some(state) => {
                    end_operation(&mut tx, lease, state, now).await?;
                    kept_values::forget(&mut tx, lease.operation).await?;
                    let sealed = state == OperationState::Executed;
                    outbox::release(&mut tx, lease.operation, sealed, now).await?;
                }
            }
            let mut ended = Ended::of(end);
            for outcome in outcomes {
                write_outcome(&mut tx, outcome).await?;
                ended.count(&outcome.state);
            }
            contents::write(&mut tx, contents).await?;
            let states = outcomes.iter().map(|outcome| (outcome.document, &outcome.state));
            let facts = facts(states, end, event_ids);
            if !facts.is_empty() {
                events::record(&mut tx, lease.operation, &facts, now).await?;
            }
            if ended.sealed > 0 {
                preserve(&mut tx, lease.operation, outcomes, now).await?;
            }
            // Last, as operations of one credential meet at this row.
            count_usage(&mut tx, lease.operation, ended, now).await?;
            tx.commit().await
        })
        .await
    }
}

impl Reader {
    /// The operation with this id, if the scope may see it.
    pub async fn operation(&self, scope: Scope, id: OperationId) -> Result<Option<Operation>> {
        let sql = format!(
            "SELECT id, client_service_id, external_reference, description, credential_id, state,
                    accepted_ms, finished_ms, attempts, failures, begun, preserve_content,
                    custody_months, waits_for, extends_id, extends_to,
                    CASE WHEN postponed = 1 AND finished_ms IS NULL THEN run_ms END AS next_try_ms
             FROM operation WHERE id = $1 AND draft = 0{}",
            within(scope)
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).bind(id.as_i64());
        if let Some(client_service) = scope.client_service() {
            query = query.bind(client_service.as_i64());
        }
        let found = query.fetch_optional(&self.pool).await?;
        found.as_ref().map(operation_from).transpose()
    }

    /// The operation with this external reference: the one that owns it, else the newest that used it.
    pub async fn operation_by_reference(
        &self,
        scope: Scope,
        reference: &ExternalReference,
    ) -> Result<Option<OperationId>> {
        self.holder("SELECT id AS operation_id FROM operation", "draft = 0", scope, reference).await
    }

    /// The operation that holds a reference within a scope, among those that a table names and that are
    /// seen: the one that owns it, else the newest that used it.
    pub(super) async fn holder(
        &self,
        of_table: &'static str,
        seen: &'static str,
        scope: Scope,
        reference: &ExternalReference,
    ) -> Result<Option<OperationId>> {
        let sql = format!(
            "{of_table} WHERE external_reference = $1 AND {seen}{}
             ORDER BY CASE WHEN live_reference IS NULL THEN 1 ELSE 0 END, id DESC LIMIT 1",
            within(scope)
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).bind(reference.as_str());
        if let Some(client_service) = scope.client_service() {
            query = query.bind(client_service.as_i64());
        }
        query
            .fetch_optional(&self.pool)
            .await?
            .map(|found| Ok(OperationId::from_i64(row::integer(&found, "operation_id")?)))
            .transpose()
    }

    /// The operation that owns an external reference, with its fingerprint.
    pub async fn fingerprint(
        &self,
        client_service: ClientServiceId,
        reference: &ExternalReference,
    ) -> Result<Option<(OperationId, [u8; 32])>> {
        let found = sqlx::query(
            "SELECT id, fingerprint FROM operation
             WHERE client_service_id = $1 AND live_reference = $2 AND draft = 0",
        )
        .bind(client_service.as_i64())
        .bind(reference.as_str())
        .fetch_optional(&self.pool)
        .await?;
        found
            .map(|found| {
                let id = OperationId::from_i64(row::integer(&found, "id")?);
                Ok((id, row::sha256(&found, "fingerprint")?))
            })
            .transpose()
    }
}

/// The condition that keeps a look-up within a scope, its client service as the second parameter. One
/// that is always there and allows for none (`… OR $2 IS NULL`) keeps SQLite from using an index.
const fn within(scope: Scope) -> &'static str {
    match scope {
        Scope::ClientService(_) => " AND client_service_id = $2",
        Scope::Installation => "",
    }
}

/// Ends an operation, if the lease on it is still ours.
async fn end_operation(
    tx: &mut AnyConnection,
    lease: Lease,
    state: OperationState,
    now: Instant,
) -> Result<()> {
    let done = sqlx::query(
        "UPDATE operation SET state = $3, finished_ms = $4, last_error = NULL,
         live_reference = CASE WHEN $5 = 1 THEN live_reference ELSE NULL END
         WHERE id = $1 AND attempts = $2 AND finished_ms IS NULL",
    )
    .bind(lease.operation.as_i64())
    .bind(i64::from(lease.attempt))
    .bind(state.as_str())
    .bind(now.unix_ms())
    .bind(i64::from(state == OperationState::Executed))
    .execute(tx)
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(super::Error::LeaseLost) }
}

/// What webhooks are told when documents, and maybe their operation, ended.
fn facts<'a>(
    documents: impl Iterator<Item = (DocumentId, &'a DocumentState)>,
    end: Option<OperationState>,
    ids: &[EventId],
) -> Vec<Fact> {
    let documents = documents.filter_map(|(id, state)| match state {
        DocumentState::Received => None,
        DocumentState::Sealed { .. } => Some((EventKind::DocumentSealed, Some(id))),
        DocumentState::Failed { .. } => Some((EventKind::DocumentFailed, Some(id))),
    });
    let end = end.map(|state| match state {
        OperationState::Executed => (EventKind::OperationFinished, None),
        _ => (EventKind::OperationFailed, None),
    });
    documents
        .chain(end)
        .zip(ids)
        .map(|((kind, document), id)| Fact { id: *id, kind, document, message: None })
        .collect()
}

/// Takes note of sealed documents whose integrity is promised.
async fn preserve(
    tx: &mut AnyConnection,
    operation: OperationId,
    outcomes: &[Outcome],
    now: Instant,
) -> Result<()> {
    let found = sqlx::query(
        "SELECT accepted_ms, custody_months FROM operation WHERE id = $1 AND preserve_content = 1",
    )
    .bind(operation.as_i64())
    .fetch_optional(&mut *tx)
    .await?;
    let Some(found) = found else { return Ok(()) };
    let accepted = row::instant(&found, "accepted_ms")?;
    let until = accepted.plus_months(row::small(&found, "custody_months")?);
    for outcome in outcomes {
        if let DocumentState::Sealed { sha256, .. } = &outcome.state {
            let archive = outcome.archive;
            preservation::preserve(tx, outcome.document, (now, until), sha256, archive).await?;
        }
    }
    Ok(())
}

/// What ended in a transaction.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Ended {
    sealed: i64,
    unsealed: i64,
    executed: i64,
    execution_failed: i64,
}

impl Ended {
    fn of(end: Option<OperationState>) -> Self {
        match end {
            Some(OperationState::Executed) => Self { executed: 1, ..Self::default() },
            Some(OperationState::ExecutionFailed) => {
                Self { execution_failed: 1, ..Self::default() }
            }
            Some(OperationState::PendingExecution | OperationState::ExecutionError) | None => {
                Self::default()
            }
        }
    }

    fn count(&mut self, document: &DocumentState) {
        match document {
            DocumentState::Received => {}
            DocumentState::Sealed { .. } => self.sealed += 1,
            DocumentState::Failed { .. } => self.unsealed += 1,
        }
    }
}

/// Counts what ended by its day, for limits, reports and who looks at the first page.
async fn count_usage(
    tx: &mut AnyConnection,
    operation: OperationId,
    ended: Ended,
    now: Instant,
) -> Result<()> {
    if ended == Ended::default() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO usage_day (client_service_id, credential_id, day, sealed, unsealed, executed,
             execution_failed)
         SELECT client_service_id, credential_id, $2, $3, $4, $5, $6 FROM operation WHERE id = $1
         ON CONFLICT (client_service_id, credential_id, day)
         DO UPDATE SET sealed = usage_day.sealed + excluded.sealed,
             unsealed = usage_day.unsealed + excluded.unsealed,
             executed = usage_day.executed + excluded.executed,
             execution_failed = usage_day.execution_failed + excluded.execution_failed",
    )
    .bind(operation.as_i64())
    .bind(now.unix_ms().div_euclid(86_400_000))
    .bind(ended.sealed)
    .bind(ended.unsealed)
    .bind(ended.executed)
    .bind(ended.execution_failed)
    .execute(tx)
    .await?;
    Ok(())
}

/// Inserts the row of an operation, whole or as a draft. Returns whether its reference was free.
pub(super) async fn begin_operation(
    tx: &mut AnyConnection,
    new: &NewOperation,
    draft: bool,
) -> Result<bool> {
    let operation = &new.operation;
    let (state, finished) = if draft {
        (OperationState::PendingExecution, None)
    } else {
        (operation.state, operation.finished)
    };
    let taken = operation.state != OperationState::ExecutionFailed;
    let done = sqlx::query(
        "INSERT INTO operation
         (id, client_service_id, external_reference, live_reference, fingerprint, description,
          preserve_content, credential_id, state, accepted_ms, finished_ms, attempts, failures, run_ms,
          custody_months, begun, process_id, draft, extends_id, extends_to)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
         ON CONFLICT DO NOTHING",
    )
    .bind(operation.id.as_i64())
    .bind(operation.client_service.as_i64())
    .bind(operation.external_reference.as_str())
    .bind(taken.then(|| operation.external_reference.as_str()))
    .bind(new.fingerprint.to_vec())
    .bind(&operation.description)
    .bind(i64::from(operation.custody.preserve))
    .bind(operation.credential.as_i64())
    .bind(state.as_str())
    .bind(operation.accepted.unix_ms())
    .bind(finished.map(Instant::unix_ms))
    .bind(i64::from(operation.attempts))
    .bind(i64::from(operation.failures))
    .bind(new.lease_until.unix_ms())
    .bind(i64::from(operation.custody.months))
    .bind(i64::from(operation.begun))
    .bind(new.process.as_i64())
    .bind(i64::from(draft))
    .bind(operation.extends.map(|it| it.of.as_i64()))
    .bind(operation.extends.and_then(|it| it.to).map(Level::as_str))
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Records the messages of a new operation and, of one that ends here, that it does. Returns why nothing may be
/// recorded.
pub(super) async fn tell(tx: &mut AnyConnection, new: &NewOperation) -> Result<Option<Opened>> {
    let (id, service) = (new.operation.id, new.operation.client_service);
    let now = new.operation.accepted;
    if !new.operation.state.is_final() {
        let counted = outbox::count_mails(tx, service, &new.messages, new.mail_limits, now);
        if let Some(reached) = counted.await? {
            return Ok(Some(Opened::MailLimit(reached)));
        }
    }
    if let Err(error) = outbox::insert_messages(tx, &new.messages).await {
        // By bad luck another replica gave out the same id.
        let taken = || super::Error::Exists { what: "a message id" };
        return Err(if error.is_unique_violation() { taken() } else { error });
    }
    if new.operation.state.is_final() {
        let states = new.documents.iter().map(|new| (new.document.id, &new.document.state));
        let facts = facts(states, Some(new.operation.state), &new.event_ids);
        events::record(tx, id, &facts, now).await?;
        outbox::release(tx, id, false, now).await?;
    }
    let mut ended = Ended::of(Some(new.operation.state));
    for document in &new.documents {
        ended.count(&document.document.state);
    }
    count_usage(tx, id, ended, now).await?;
    Ok(None)
}

/// Takes the references of the new documents from those that held them while references were unique, so
/// that the newest one is found by it.
pub(super) async fn free_references(
    tx: &mut AnyConnection,
    new: &NewOperation,
    documents: &[NewDocument],
) -> Result<()> {
    for documents in documents.chunks(ROWS_PER_INSERT) {
        let marks: Vec<String> = (2..documents.len() + 2).map(|n| format!("${n}")).collect();
        let sql = format!(
            "UPDATE document SET live_reference = NULL
             WHERE client_service_id = $1 AND live_reference IN ({})",
            marks.join(",")
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).bind(new.operation.client_service.as_i64());
        for document in documents {
            query = query.bind(document.document.external_reference.as_str());
        }
        query.execute(&mut *tx).await?;
    }
    Ok(())
}

pub(super) async fn insert_documents(
    tx: &mut AnyConnection,
    new: &NewOperation,
    documents: &[NewDocument],
) -> Result<()> {
    for documents in documents.chunks(ROWS_PER_INSERT) {
        let sql = format!(
            "INSERT INTO document
             (id, operation_id, client_service_id, position, external_reference, live_reference,
              name, content_type, content_length, settings, received_ms, state, error, error_reason,
              error_detail, original_sha256, format, profile)
             VALUES {}",
            placeholders(documents.len(), 18)
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for NewDocument { document, settings, sha256 } in documents {
            let (error, reason, detail) = match &document.state {
                DocumentState::Failed { error, reason, detail } => {
                    (Some(error.as_str()), Some(reason.as_str()), Some(detail.as_str()))
                }
                DocumentState::Received | DocumentState::Sealed { .. } => (None, None, None),
            };
            let taken = new.unique_document_references && error.is_none();
            query = query
                .bind(document.id.as_i64())
                .bind(document.operation.as_i64())
                .bind(new.operation.client_service.as_i64())
                .bind(i64::from(document.position))
                .bind(document.external_reference.as_str())
                .bind(taken.then(|| document.external_reference.as_str()))
                .bind(row::storable(&document.name).into_owned())
                .bind(row::storable(&document.content_type).into_owned())
                .bind(i64::try_from(document.content_length).unwrap_or(i64::MAX))
                .bind(settings::to_text(settings)?)
                .bind(document.received.unix_ms())
                .bind(document.state.as_str())
                .bind(error)
                .bind(reason)
                .bind(detail.map(|detail| row::storable(detail).into_owned()))
                .bind(sha256.to_vec())
                .bind(settings.seal.format().as_str())
                .bind(settings.profile.as_deref());
        }
        query.execute(&mut *tx).await?;
    }
    Ok(())
}

async fn write_outcome(tx: &mut AnyConnection, outcome: &Outcome) -> Result<()> {
    match &outcome.state {
        DocumentState::Received => {}
        DocumentState::Sealed { signing_time, sha256, length } => {
            sqlx::query(
                "UPDATE document SET state = $2, signing_time_ms = $3, sealed_sha256 = $4,
                 sealed_length = $5 WHERE id = $1 AND state = 'RECEIVED'",
            )
            .bind(outcome.document.as_i64())
            .bind(outcome.state.as_str())
            .bind(signing_time.unix_ms())
            .bind(sha256.to_vec())
            .bind(i64::try_from(*length).unwrap_or(i64::MAX))
            .execute(&mut *tx)
            .await?;
            if let Some(settings) = &outcome.settings {
                sqlx::query("UPDATE document SET settings = $2 WHERE id = $1")
                    .bind(outcome.document.as_i64())
                    .bind(settings::to_text(settings)?)
                    .execute(&mut *tx)
                    .await?;
            }
        }
        DocumentState::Failed { error, reason, detail } => {
            sqlx::query(
                "UPDATE document SET state = $2, error = $3, error_detail = $4, error_reason = $5,
                 live_reference = NULL WHERE id = $1 AND state = 'RECEIVED'",
            )
            .bind(outcome.document.as_i64())
            .bind(outcome.state.as_str())
            .bind(error.as_str())
            .bind(row::storable(detail).into_owned())
            .bind(reason)
            .execute(&mut *tx)
            .await?;
        }
    }
    Ok(())
}

fn operation_from(found: &AnyRow) -> Result<Operation> {
    Ok(Operation {
        id: OperationId::from_i64(row::integer(found, "id")?),
        client_service: ClientServiceId::from_i64(row::integer(found, "client_service_id")?),
        external_reference: ExternalReference::from_stored(row::text(found, "external_reference")?),
        description: row::text(found, "description")?,
        credential: CredentialId::from_i64(row::integer(found, "credential_id")?),
        state: row::named(found, "state", OperationState::parse)?,
        accepted: row::instant(found, "accepted_ms")?,
        finished: row::optional_instant(found, "finished_ms")?,
        attempts: row::small(found, "attempts")?,
        failures: row::small(found, "failures")?,
        begun: row::small(found, "begun")?,
        next_try: row::optional_instant(found, "next_try_ms")?,
        waits_for: row::optional_text(found, "waits_for")?.as_deref().and_then(WaitsFor::parse),
        custody: Custody {
            preserve: row::boolean(found, "preserve_content")?,
            months: row::small(found, "custody_months")?,
        },
        extends: match row::optional_integer(found, "extends_id")? {
            None => None,
            Some(of) => Some(Extension {
                of: OperationId::from_i64(of),
                to: match row::optional_text(found, "extends_to")? {
                    None => None,
                    Some(to) => Some(
                        Level::parse(&to).ok_or(super::Error::Corrupt { column: "extends_to" })?,
                    ),
                },
            }),
        },
    })
}
