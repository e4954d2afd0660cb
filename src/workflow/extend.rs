//! Wishes to extend the preservation of an operation's documents (EXTEND_PRESERVATION): each becomes an operation of its own,
//! exactly once per external reference, which is executed as others are.

use super::{Conflict, Error, Thing};
use crate::app::App;
use crate::domain::ids::{EventId, ExternalReference, OperationId};
use crate::domain::level::Level;
use crate::domain::operation::{Custody, Extension, Operation, OperationState};
use crate::domain::refusal::Refusal;
use crate::domain::scope::Scope;
use crate::pki::digest::sha256;
use crate::store::operations::{NewOperation, Opened};
use crate::store::outbox::MailLimits;

/// Months that documents may be kept.
pub const MOST_MONTHS: u32 = 1200;

/// How often it is begun anew when another one was in its way.
const TRIES: usize = 3;

/// What is wanted.
#[derive(Clone, Debug)]
pub struct ExtendRequest {
    /// Of the operation that does it.
    pub external_reference: ExternalReference,
    /// Months from their reception that the documents are kept.
    pub months: Option<u32>,
    /// LT or LTA.
    pub level: Option<Level>,
}

/// Records a wish, unless it is recorded already. Returns the operation that does it, and whether it was.
///
/// # Errors
/// [`Error::NotFound`] when there is no such operation within the scope; [`Error::Refused`] when it is not finished, its
/// documents are not preserved, or the wish cannot be; [`Error::Conflict`] when the reference belongs to another wish.
pub async fn extend(
    app: &App,
    scope: Scope,
    of: OperationId,
    request: &ExtendRequest,
) -> Result<(OperationId, bool), Error> {
    let found = app.reader.operation(scope, of).await?;
    let extended = found.ok_or(Error::NotFound(Thing::Operation))?;
    if extended.extends.is_some() || !extended.custody.preserve {
        return Err(Refusal::NotPreserved.into());
    }
    if !extended.state.is_final() {
        return Err(Refusal::DocumentsUnfinished.into());
    }
    if extended.state != OperationState::Executed {
        return Err(Refusal::NothingSealed.into());
    }
    if request.months.is_none() && request.level.is_none() {
        let path = "storagePeriod or signatureLevel".to_owned();
        return Err(Refusal::MemberMissing { path }.into());
    }
    let now_kept = extended.custody.months;
    let months = request.months.unwrap_or(now_kept);
    if !(now_kept..=MOST_MONTHS).contains(&months) {
        let expected = format!("a number of months from {now_kept} to {MOST_MONTHS}");
        return Err(Refusal::MemberInvalid { path: "storagePeriod".to_owned(), expected }.into());
    }
    if request.level.is_some() {
        can_raise(app)?;
    }
    let level = request.level.map_or("", Level::as_str);
    let fingerprint = sha256(format!("EXTEND_PRESERVATION {of} {months} {level}").as_bytes());
    for _ in 0..TRIES {
        let new = new_operation(app, &extended, (request, months), fingerprint)?;
        match app.store.open_operation(&new, &[]).await {
            Ok(Opened::New) => {
                app.take_up_bell.notify_one();
                return Ok((new.operation.id, false));
            }
            Ok(Opened::Taken { operation, fingerprint: taken }) if taken == fingerprint => {
                return Ok((operation, true));
            }
            Ok(Opened::Taken { operation, .. }) => {
                let reference = request.external_reference.as_str().to_owned();
                return Err(Conflict::Reference { reference, operation }.into());
            }
            Ok(Opened::MailLimit(_) | Opened::DocumentReferenceReused { .. }) => break,
            Err(crate::store::Error::Exists { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::Busy)
}

/// Whether the installation can raise seals at all.
fn can_raise(app: &App) -> Result<(), Refusal> {
    let lacks = if app.authorities.all().next().is_none() {
        "a time-stamp authority (timestamp.authorities)"
    } else if app.evidence.trust.is_empty() {
        "the roots of seals and timestamps (revocation.trust)"
    } else {
        return Ok(());
    };
    let expected = format!("left out: the operator has not configured {lacks}");
    Err(Refusal::MemberInvalid { path: "signatureLevel".to_owned(), expected })
}

fn new_operation(
    app: &App,
    extended: &Operation,
    (request, months): (&ExtendRequest, u32),
    fingerprint: [u8; 32],
) -> Result<NewOperation, Error> {
    let now = app.steady_now();
    Ok(NewOperation {
        operation: Operation {
            id: OperationId::from_i64(app.next_id()),
            client_service: extended.client_service,
            external_reference: request.external_reference.clone(),
            description: extended.description.clone(),
            credential: extended.credential,
            state: OperationState::PendingExecution,
            accepted: app.now(),
            finished: None,
            attempts: 0,
            failures: 0,
            begun: 0,
            next_try: None,
            waits_for: None,
            custody: Custody { preserve: true, months },
            extends: Some(Extension { of: extended.id, to: request.level }),
        },
        fingerprint,
        documents: Vec::new(),
        messages: Vec::new(),
        event_ids: vec![EventId::from_i64(app.random_id()?)],
        unique_document_references: false,
        lease_until: now,
        process: app.process,
        mail_limits: MailLimits { all: 0, domain: 0 },
    })
}
