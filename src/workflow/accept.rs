//! Opens an operation exactly once per external reference, and hands it to execution. What does not
//! live here: wire names, SQL, keys.

use std::collections::HashMap;
use std::sync::Arc;

use super::notify::Receiver;
use super::{Error, credentials, execute, notify, settings};
use crate::app::{App, Caller};
use crate::domain::client_service::{DocumentReferences, Lint};
use crate::domain::document::{Document, DocumentState, SealSettings, SealWishes, SigningError};
use crate::domain::ids::{DocumentId, ExternalReference, OperationId};
use crate::domain::operation::{Operation, OperationState};
use crate::domain::outbox::MessageKind;
use crate::domain::profile::{Format, Profile};
use crate::domain::refusal::Refusal;
use crate::pki::digest::{Hasher, sha256};
use crate::seal::inspect::{Content, inspect};
use crate::store::operations::{Lease, NewDocument, NewOperation, Opened};

/// How often a lost race (ids, references) is tried again.
const RACES: usize = 5;

/// A sign request in domain words.
pub struct SignRequest {
    /// The client's name for the request.
    pub external_reference: ExternalReference,
    /// Shown to people.
    pub description: String,
    /// As asked.
    pub preserve_content: bool,
    /// Who is told when it is finished.
    pub receivers: Vec<Receiver>,
    /// Whether they get the sealed documents with the mail.
    pub attach_documents: bool,
    /// In the order of the request; never empty.
    pub documents: Vec<RequestedDocument>,
}

/// One document of a request.
pub struct RequestedDocument {
    /// The client's name for it.
    pub external_reference: ExternalReference,
    /// File name.
    pub name: String,
    /// MIME type as resolved.
    pub content_type: String,
    /// What the client asks.
    pub wishes: SealWishes,
    /// The document; empty when `refusal` says why.
    pub content: Vec<u8>,
    /// Why this document cannot be sealed, found before it was recorded.
    pub refusal: Option<Refusal>,
    /// Everything else the client said about the document, in a canonical form: two requests are the
    /// same only if this is.
    pub said: Vec<u8>,
}

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
/// [`Error::Refused`]: nothing was recorded, the references stay free.
pub async fn accept(
    app: &Arc<App>,
    caller: &Caller,
    request: SignRequest,
    place: Option<execute::Place>,
) -> Result<Accepted, Error> {
    check_request(app, &request)?;
    let service = &caller.client_service;
    let credential = service.credential.ok_or(Refusal::NoCredential)?;
    let ready = credentials::ready(app, credential).await?;
    let fingerprint = fingerprint(&request);
    let contents = Contents::take(app, caller, request);

    for _ in 0..RACES {
        // Checked at every try: a replay must find its operation even when the certificate ended.
        let usable = credentials::check_validity(ready.chain.signing(), app.now());
        let new = contents.operation(app, caller, credential, fingerprint)?;
        let id = new.operation.id;
        // What holds no reference meets no other's in the database, so it is looked for here.
        if (usable.is_err() || new.operation.state.is_final())
            && let Some(found) = existing(app, caller, &new).await?
        {
            return Ok(found);
        }
        usable?;
        match app.store.open_operation(&new).await {
            Ok(Opened::New) => {
                tracing::info!(operation = %id, documents = new.documents.len(), "accepted");
                if !new.operation.state.is_final() {
                    let lease = Lease { operation: id, attempt: 1 };
                    let work = execute::Work::from_new(new);
                    // The work owns the contents alone from here on and need not copy them.
                    drop(contents);
                    execute::start(app, lease, Some(work), place);
                }
                return Ok(Accepted { operation: id, replayed: false });
            }
            Ok(Opened::Replayed(operation)) => return Ok(Accepted { operation, replayed: true }),
            Ok(Opened::ReferenceReused(operation)) => {
                let reference = new.operation.external_reference.as_str().to_owned();
                return Err(Refusal::ReferenceReused { reference, operation }.into());
            }
            Ok(Opened::DocumentReferenceReused { reference, operation }) => {
                return Err(Refusal::DocumentReferenceReused { reference, operation }.into());
            }
            Err(crate::store::Error::Exists { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::Busy)
}

/// The operation this request already is, when nothing new may be opened.
async fn existing(
    app: &App,
    caller: &Caller,
    new: &NewOperation,
) -> Result<Option<Accepted>, Error> {
    let found =
        app.reader.fingerprint(caller.client_service.id, &new.operation.external_reference).await?;
    match found {
        None => Ok(None),
        Some((operation, fingerprint)) if fingerprint == new.fingerprint => {
            Ok(Some(Accepted { operation, replayed: true }))
        }
        Some((operation, _)) => {
            let reference = new.operation.external_reference.as_str().to_owned();
            Err(Refusal::ReferenceReused { reference, operation }.into())
        }
    }
}

fn check_request(app: &App, request: &SignRequest) -> Result<(), Refusal> {
    let count = request.documents.len();
    if count == 0 {
        return Err(Refusal::NoDocuments);
    }
    notify::check_receivers(app, request.receivers.len())?;
    let limit = app.limits.documents_per_request;
    if count > limit {
        return Err(Refusal::TooManyDocuments { count, limit });
    }
    let mut seen = HashMap::with_capacity(count);
    for (position, document) in request.documents.iter().enumerate() {
        let reference = document.external_reference.as_str();
        if seen.insert(reference, position).is_some() {
            let path = format!("documents[{position}].documentRequest.externalReference");
            return Err(Refusal::ReferenceRepeated { path, reference: reference.to_owned() });
        }
    }
    Ok(())
}

/// SHA-256 over the meaning of a request: what is sealed, how, and what was said about it. How the
/// answer is to look is no part of it. Every field is preceded by its length, so that no two
/// requests run together.
fn fingerprint(request: &SignRequest) -> [u8; 32] {
    let mut hasher = Hasher::new(crate::domain::profile::DigestAlgorithm::Sha256);
    let mut field = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_be_bytes());
        hasher.update(bytes);
    };
    field(b"chancery/sign/1");
    field(request.description.as_bytes());
    field(&[u8::from(request.preserve_content)]);
    for document in &request.documents {
        field(document.external_reference.as_str().as_bytes());
        field(document.name.as_bytes());
        field(document.content_type.as_bytes());
        field(&sha256(&document.content));
        field(&document.said);
    }
    let mut value = [0; 32];
    value.copy_from_slice(hasher.finish().value());
    value
}

/// The MIME type of a document. Clients generated from Sign'Stash's own description send all three
/// types in one text; the content decides then. CAdES seals anything, so it takes any type.
///
/// # Errors
/// [`Refusal::ContentTypeUnknown`], or [`Refusal::ContentMismatch`] when the content is another kind.
pub fn content_type(declared: &str, content: &[u8], format: Format) -> Result<String, Refusal> {
    let essence = declared.split(';').next().unwrap_or(declared).trim().to_ascii_lowercase();
    let kind = inspect(content);
    if essence.contains(',') {
        let known =
            |part: &str| matches!(part.trim(), "application/pdf" | "text/xml" | "application/xml");
        if !essence.split(',').all(known) {
            return Err(Refusal::ContentTypeUnknown { value: declared.to_owned() });
        }
        return Ok(match kind {
            Content::Pdf => "application/pdf",
            _ => "application/xml",
        }
        .to_owned());
    }
    let fits = match essence.as_str() {
        "application/xml" | "text/xml" => kind == Content::Xml,
        "application/pdf" => kind == Content::Pdf,
        "application/octet-stream" => true,
        "application/zip" => kind == Content::Zip,
        other if format == Format::Cades && is_media_type(other) => true,
        _ => return Err(Refusal::ContentTypeUnknown { value: declared.to_owned() }),
    };
    // An empty content was refused before, with a better reason.
    if fits || content.is_empty() {
        Ok(essence)
    } else {
        Err(Refusal::ContentMismatch { declared: essence, found: kind.as_str() })
    }
}

/// `type/subtype` (RFC 6838, 4.2).
fn is_media_type(text: &str) -> bool {
    let name = |part: &str| {
        (1..=127).contains(&part.len())
            && part.starts_with(|c: char| c.is_ascii_alphanumeric())
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    text.split_once('/').is_some_and(|(kind, subtype)| name(kind) && name(subtype))
}

/// The settings of a document as they are recorded; what cannot be resolved becomes its refusal.
fn resolved(app: &App, caller: &Caller, document: &mut RequestedDocument) -> SealSettings {
    match settings::resolve(app, caller, document) {
        Ok(settings) => settings,
        Err(refusal) => {
            document.refusal.get_or_insert(refusal);
            SealSettings {
                profile: None,
                seal: Profile::usual(document.wishes.format),
                lint: Lint::None,
                expected: None,
                notes: Vec::new(),
            }
        }
    }
}

/// The request while it looks for its place; every try gets fresh ids and shares the contents.
struct Contents {
    request: SignRequest,
    bytes: Vec<Arc<Vec<u8>>>,
    settings: Vec<SealSettings>,
}

impl Contents {
    fn take(app: &App, caller: &Caller, mut request: SignRequest) -> Self {
        let (mut bytes, mut settings) = (Vec::new(), Vec::new());
        for document in &mut request.documents {
            settings.push(resolved(app, caller, document));
            bytes.push(Arc::new(std::mem::take(&mut document.content)));
        }
        Self { request, bytes, settings }
    }

    fn operation(
        &self,
        app: &App,
        caller: &Caller,
        credential: crate::domain::ids::CredentialId,
        fingerprint: [u8; 32],
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
                    content: document.refusal.is_none().then(|| Arc::clone(bytes)),
                }
            })
            .collect();
        let about = notify::About {
            kind: MessageKind::Notification,
            client_service: caller.client_service.id,
            operation: id,
            attach: self.request.attach_documents,
        };
        let messages = notify::messages(app, &about, &self.request.receivers, now)?;
        Ok(NewOperation {
            messages,
            event_ids: execute::event_ids(app, self.request.documents.len() + 1)?,
            operation: Operation {
                id,
                client_service: caller.client_service.id,
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
            },
            fingerprint,
            preserve_content: self.request.preserve_content,
            documents,
            unique_document_references: caller.client_service.document_references
                == DocumentReferences::Unique,
            lease_until: now.plus_ms(app.execution.lease_ms),
        })
    }
}
