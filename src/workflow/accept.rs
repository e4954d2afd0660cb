//! Opens an operation exactly once per external reference, and hands it to execution. What does not
//! live here: wire names, SQL, keys.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::fingerprint::Fingerprint;
use super::request::{RequestedDocument, SignRequest};
use super::{Conflict, Error, ahead, credentials, draft, execute, notify, settings};
use crate::app::{App, Client};
use crate::domain::client_service::{DocumentReferences, Lint};
use crate::domain::document::{Document, DocumentState, SealSettings, SigningError};
use crate::domain::ids::{CredentialId, DocumentId, OperationId, ParcelId};
use crate::domain::level::Level;
use crate::domain::operation::{Custody, Operation, OperationState};
use crate::domain::outbox::MessageKind;
use crate::domain::profile::Profile;
use crate::domain::refusal::Refusal;
use crate::store::Error as StoreError;
use crate::store::contents::ContentChange;
use crate::store::leases::Lease;
use crate::store::operations::{NewDocument, NewOperation, Opened};

/// How often a lost race (ids, references) is tried again, and the wait before, twice as long each time: who
/// has won may be recording many documents.
const RACES: usize = 6;
const FIRST_WAIT: Duration = Duration::from_millis(50);

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The operation.
    pub operation: OperationId,
    /// Whether it was there before, from the same request.
    pub replayed: bool,
}

/// Records the request as an operation, or finds the one it already is, and lets it be executed by
/// this process. When this returns `Ok` the operation is on disk and will end by itself, whatever
/// becomes of the caller. `place` is kept until the operation's work here ends.
///
/// # Errors
/// [`Error::Refused`]: nothing was recorded, the references stay free. [`Error::Conflict`]: they are
/// taken.
pub async fn accept(
    app: &Arc<App>,
    client: &Client,
    request: SignRequest,
    place: Option<execute::Place>,
) -> Result<Accepted, Error> {
    check_request(app, &request)?;
    let service = &client.client_service;
    let credential = service.credential.ok_or(Refusal::NoCredential)?;
    let sealer = credentials::ready(app, credential).await?;
    let candidate = Candidate::of(app, client, request);

    let mut wait = FIRST_WAIT;
    for _ in 0..RACES {
        // Checked at every try: a replay must find its operation even when the certificate ended.
        let usable = sealer.signer.check_at(app.now());
        let new = candidate.operation(app, client, credential)?;
        let id = new.operation.id;
        let contents = candidate.contents(app, &new);
        let many = app.contents.are_many(&contents);
        // What holds no reference meets no other's in the database, so it is looked for here; and before
        // anything large is written.
        if (usable.is_err() || new.operation.state.is_final() || many)
            && let Some(found) = candidate.existing(app, client).await?
        {
            execute::hasten(app, found.operation, place).await;
            return Ok(found);
        }
        usable?;
        let parcel = ParcelId::from_i64(app.random_id()?);
        let opened = if new.documents.len() > draft::PORTION {
            draft::open(app, &new, contents, parcel).await
        } else {
            whole(app, &new, contents, parcel).await
        };
        match opened {
            Ok(Opened::New) => {
                tracing::info!(operation = %id, client_service = service.alias.as_str(),
                    documents = new.documents.len(), "accepted");
                if !new.operation.state.is_final() {
                    let lease = Lease { operation: id, attempt: 1 };
                    let work = execute::Work::from_new(new, candidate.bytes);
                    execute::start(app, lease, work, place);
                }
                return Ok(Accepted { operation: id, replayed: false });
            }
            Ok(Opened::MailLimit(reached)) => {
                return Err(notify::beyond_limit(app, service, reached).into());
            }
            Ok(Opened::Taken { operation, fingerprint }) => {
                let found = candidate.replay(operation, fingerprint)?;
                execute::hasten(app, operation, place).await;
                return Ok(found);
            }
            Ok(Opened::DocumentReferenceReused { reference, operation }) => {
                return Err(Conflict::DocumentReference { reference, operation }.into());
            }
            Err(StoreError::Exists { .. } | StoreError::Swept | StoreError::LeaseLost) => {
                tokio::time::sleep(wait).await;
                wait *= 2;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::Busy)
}

/// Opens an operation with its documents in one transaction.
async fn whole(
    app: &App,
    new: &NewOperation,
    contents: Vec<ContentChange>,
    parcel: ParcelId,
) -> crate::store::Result<Opened> {
    let party = new.operation.client_service;
    let ready = ahead::ready(app, party, parcel, contents).await?;
    let turn = app.writers.take(party, 1).await;
    let opened = app.store.open_operation(new, &ready.contents).await;
    drop(turn);
    if !matches!(opened, Ok(Opened::New)) {
        ready.give_up(app).await;
    }
    opened
}

fn check_request(app: &App, request: &SignRequest) -> Result<(), Refusal> {
    let count = request.documents.len();
    if count == 0 {
        return Err(Refusal::NoDocuments);
    }
    notify::check_receivers(app, &request.receivers)?;
    let limit = app.limits.documents_per_request;
    if count > limit {
        return Err(Refusal::TooManyDocuments { count, limit });
    }
    let mut seen = HashMap::with_capacity(count);
    for (position, document) in request.documents.iter().enumerate() {
        let reference = document.external_reference.as_str();
        if seen.insert(reference, position).is_some() {
            let reference = reference.to_owned();
            return Err(Refusal::ReferenceRepeated { position, reference });
        }
    }
    Ok(())
}

/// The settings of a document as they are recorded; what cannot be resolved becomes its refusal.
fn resolved(app: &App, client: &Client, document: &mut RequestedDocument) -> SealSettings {
    match settings::resolve(app, client, document) {
        Ok(settings) => settings,
        Err(refusal) => {
            document.refusal.get_or_insert(refusal);
            SealSettings {
                profile: None,
                seal: Profile::usual(document.wishes.format),
                level: Level::B,
                room: 0,
                lint: Lint::None,
                expected: None,
                notes: document.wishes.notes.clone(),
            }
        }
    }
}

/// The request while it looks for its place; every try gets fresh ids and shares the contents.
struct Candidate {
    request: SignRequest,
    fingerprint: Fingerprint,
    bytes: Vec<Arc<Vec<u8>>>,
    settings: Vec<SealSettings>,
}

impl Candidate {
    fn of(app: &App, client: &Client, mut request: SignRequest) -> Self {
        let fingerprint = Fingerprint::of(&request);
        let (mut bytes, mut settings) = (Vec::new(), Vec::new());
        for document in &mut request.documents {
            settings.push(resolved(app, client, document));
            bytes.push(Arc::new(document.content.take()));
        }
        Self { request, fingerprint, bytes, settings }
    }

    /// The operation this request already is, when nothing new may be opened.
    async fn existing(&self, app: &App, client: &Client) -> Result<Option<Accepted>, Error> {
        let reference = &self.request.external_reference;
        let found = app.reader.fingerprint(client.client_service.id, reference).await?;
        Ok(found.map(|(operation, stored)| self.replay(operation, stored)).transpose()?)
    }

    /// The operation that has the reference, if it is of this request.
    fn replay(&self, operation: OperationId, stored: [u8; 32]) -> Result<Accepted, Conflict> {
        if self.fingerprint.is(stored, &self.request) {
            return Ok(Accepted { operation, replayed: true });
        }
        let reference = self.request.external_reference.as_str().to_owned();
        Err(Conflict::Reference { reference, operation })
    }

    /// What is kept of the documents of a try, in the transaction that records it.
    fn contents(&self, app: &App, new: &NewOperation) -> Vec<ContentChange> {
        let received = |new: &&NewDocument| new.document.state == DocumentState::Received;
        let documents = new.documents.iter().zip(&self.bytes);
        documents
            .filter(|(new, _)| received(new))
            .map(|(new, bytes)| app.contents.receive(new.document.id, Arc::clone(bytes)))
            .collect()
    }

    fn operation(
        &self,
        app: &App,
        client: &Client,
        credential: CredentialId,
    ) -> Result<NewOperation, Error> {
        let now = app.now();
        let id = OperationId::from_i64(app.next_id());
        let hopeless = self.request.documents.iter().all(|document| document.refusal.is_some());
        let documents = self
            .request
            .documents
            .iter()
            .zip(self.bytes.iter().zip(&self.settings))
            .zip(0_u32..)
            .map(|((document, (bytes, settings)), position)| {
                let state = match &document.refusal {
                    None => DocumentState::Received,
                    Some(refusal) => DocumentState::Failed {
                        error: SigningError::Configuration,
                        reason: refusal.code().to_owned(),
                        detail: refusal.to_string(),
                    },
                };
                NewDocument {
                    document: Document {
                        id: DocumentId::from_i64(app.next_id()),
                        operation: id,
                        position,
                        external_reference: document.external_reference.clone(),
                        name: document.name.clone(),
                        content_type: document.content_type.clone(),
                        content_length: bytes.len() as u64,
                        received: now,
                        state,
                    },
                    settings: settings.clone(),
                    sha256: document.content.sha256(),
                }
            })
            .collect();
        let about = notify::About {
            kind: MessageKind::Notification,
            client_service: client.client_service.id,
            operation: id,
            attach: self.request.attach_documents,
        };
        let messages = notify::messages(app, &about, &self.request.receivers, now)?;
        Ok(NewOperation {
            messages,
            event_ids: execute::event_ids(app, self.request.documents.len() + 1)?,
            operation: Operation {
                id,
                client_service: client.client_service.id,
                external_reference: self.request.external_reference.clone(),
                description: self.request.description.clone(),
                credential,
                state: if hopeless {
                    OperationState::ExecutionFailed
                } else {
                    OperationState::PendingExecution
                },
                accepted: now,
                finished: hopeless.then_some(now),
                attempts: 1,
                failures: 0,
                begun: 1,
                next_try: None,
                waits_for: None,
                custody: Custody {
                    preserve: self.request.preserve_content,
                    months: Custody::MONTHS,
                },
                extends: None,
            },
            fingerprint: self.fingerprint.value(),
            documents,
            unique_document_references: client.client_service.document_references
                == DocumentReferences::Unique,
            process: app.process,
            lease_until: app.steady_now().plus_ms(app.execution.lease_ms),
            mail_limits: notify::mail_limits(app, &client.client_service),
        })
    }
}
