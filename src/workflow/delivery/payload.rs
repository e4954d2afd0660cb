//! What a webhook says: ids, references, states and reasons, never contents. Made from what is stored
//! at every try; what it says does not change any more, so every try says the same.

use serde_json::{Map, Value, json};

use crate::app::App;
use crate::domain::delivery::DeliveryStatus;
use crate::domain::document::{Document, DocumentState};
use crate::domain::ids::{DocumentId, MessageId, OperationId};
use crate::domain::operation::Operation;
use crate::domain::outbox::Target;
use crate::domain::scope::Scope;
use crate::domain::text::hex;
use crate::domain::webhook::EventKind;
use crate::store::Result;
use crate::store::events::Event;

/// Most characters of a sentence.
const SENTENCE_MOST: usize = 1000;

/// The body of a webhook: `type`, `timestamp` and `data`.
pub(super) async fn body(app: &App, event: &Event) -> Result<Vec<u8>> {
    let mut data = match &event.content {
        // Only we write it; what cannot be read says nothing.
        Some(content) => serde_json::from_str(content).unwrap_or_default(),
        None => Map::new(),
    };
    if let Some(operation) = event.operation {
        about_operation(app, event, operation, &mut data).await?;
    }
    if let (Some(operation), Some(document)) = (event.operation, event.document) {
        about_document(app, operation, document, &mut data).await?;
    }
    if let Some(message) = event.message {
        about_mail(app, event.kind, message, &mut data).await?;
    }
    let body = json!({
        "type": event.kind.as_str(),
        "timestamp": event.created.to_rfc3339(),
        "data": data,
    });
    Ok(body.to_string().into_bytes())
}

async fn about_operation(
    app: &App,
    event: &Event,
    id: OperationId,
    data: &mut Map<String, Value>,
) -> Result<()> {
    let scope = Scope::ClientService(event.client_service);
    let Some(operation) = app.reader.operation(scope, id).await? else { return Ok(()) };
    let Operation { external_reference, state, .. } = operation;
    data.insert("operationId".to_owned(), id.as_i64().into());
    data.insert("externalReference".to_owned(), external_reference.as_str().into());
    if event.document.is_none() && event.message.is_none() {
        let (sealed, failed) = app.reader.document_counts(id).await?;
        data.insert("status".to_owned(), state.as_str().into());
        data.insert("documentsSealed".to_owned(), sealed.into());
        data.insert("documentsFailed".to_owned(), failed.into());
    }
    Ok(())
}

async fn about_document(
    app: &App,
    operation: OperationId,
    id: DocumentId,
    data: &mut Map<String, Value>,
) -> Result<()> {
    let Some(document) = app.reader.document(operation, id).await? else { return Ok(()) };
    let Document { external_reference, state, .. } = document;
    data.insert("documentId".to_owned(), id.as_i64().into());
    data.insert("documentExternalReference".to_owned(), external_reference.as_str().into());
    data.insert("signStatus".to_owned(), state.as_str().into());
    match state {
        DocumentState::Received => {}
        DocumentState::Sealed { sha256, signing_time, .. } => {
            data.insert("sha256".to_owned(), hex(&sha256).into());
            data.insert("signingTime".to_owned(), signing_time.to_rfc3339().into());
        }
        DocumentState::Failed { error, reason, detail } => {
            data.insert("signError".to_owned(), error.as_str().into());
            data.insert("signErrorReason".to_owned(), reason.into());
            data.insert("signErrorDetail".to_owned(), sentence(&detail).into());
        }
    }
    Ok(())
}

async fn about_mail(
    app: &App,
    kind: EventKind,
    id: MessageId,
    data: &mut Map<String, Value>,
) -> Result<()> {
    let Some(message) = app.reader.message(id).await? else { return Ok(()) };
    let Target::Mail { address, .. } = &message.target else { return Ok(()) };
    data.insert("notificationId".to_owned(), id.as_i64().into());
    data.insert("email".to_owned(), address.as_str().into());
    // As it was then: a mail that was sent may have been received by now.
    let status = match kind {
        EventKind::NotificationSent => DeliveryStatus::Sent,
        EventKind::NotificationFailed => DeliveryStatus::SendingFailed,
        EventKind::NotificationReceived => DeliveryStatus::Received,
        _ => message.status,
    };
    data.insert("deliveryStatus".to_owned(), status.as_str().into());
    if let (EventKind::NotificationFailed, Some(reply)) = (kind, &message.last_reply) {
        data.insert("lastReply".to_owned(), sentence(reply).into());
    }
    Ok(())
}

fn sentence(text: &str) -> String {
    text.chars().take(SENTENCE_MOST).collect()
}
