//! Events become messages, one for each endpoint that asked for them; a message is tried, and what came
//! of it decides about the next try and about the endpoint.

use std::collections::HashMap;

use secrecy::SecretString;

use super::payload;
use super::tries::{fault, next_step, record};
use crate::app::App;
use crate::domain::delivery::{Tried, Verdict};
use crate::domain::ids::{ClientServiceId, EventId, MessageId};
use crate::domain::instant::Instant;
use crate::domain::outbox::{Message, MessageKind, MessageLease, Next, Target};
use crate::domain::sources::sources;
use crate::domain::webhook::{DisabledReason, Endpoint, EndpointStatus, EventKind};
use crate::outbound::webhook::HookRequest;
use crate::pki::webhook_signature::HookSecret;
use crate::store::events::Event;
use crate::store::webhooks::SealedSecret;
use crate::workflow::Error;

/// Events that become messages in one transaction.
const FAN_MOST: u32 = 200;

/// Makes the messages of events that have none yet, of the oldest of them. Returns whether there may be more.
///
/// # Errors
/// Those of the store.
pub(crate) async fn fan_out(app: &App) -> Result<bool, Error> {
    let events = app.reader.unfanned_events(FAN_MOST).await?;
    if !events.is_empty() {
        fan(app, &events).await?;
    }
    Ok(events.len() >= FAN_MOST as usize)
}

async fn fan(app: &App, events: &[Event]) -> Result<(), Error> {
    let mut endpoints: HashMap<ClientServiceId, Vec<Endpoint>> = HashMap::new();
    let mut messages = Vec::new();
    let now = app.steady_now();
    for event in events {
        let of_service = match endpoints.get(&event.client_service) {
            Some(known) => known,
            None => {
                let read = app.reader.endpoints(event.client_service).await?;
                endpoints.entry(event.client_service).or_insert(read)
            }
        };
        let wanting = of_service.iter().filter(|endpoint| endpoint.wants(event.kind));
        messages.extend(wanting.map(|endpoint| message_of(app, endpoint, event, now)));
    }
    let ids: Vec<EventId> = events.iter().map(|event| event.id).collect();
    Ok(app.store.fan_out(&ids, &messages).await?)
}

/// Tries a leased webhook message once and records what came of it.
///
/// # Errors
/// Those of the store; the lease runs out then, and the message is tried again.
pub(crate) async fn deliver(
    app: &App,
    lease: MessageLease,
    message: &Message,
) -> Result<(), Error> {
    let Target::Webhook { endpoint: endpoint_id, event: event_id } = message.target else {
        return Ok(());
    };
    let unused = || EventId::from_i64(app.next_id());
    let Some(endpoint) = app.reader.endpoint(endpoint_id).await? else {
        app.store.give_up(lease, "the endpoint was removed", unused(), app.steady_now()).await?;
        return Ok(());
    };
    if endpoint.status != EndpointStatus::Active && message.kind != MessageKind::Test {
        app.store.give_up(lease, "the endpoint is disabled", unused(), app.steady_now()).await?;
        return Ok(());
    }
    let Some(event) = app.reader.event(event_id).await? else {
        app.store
            .give_up(lease, "the event is no longer stored", unused(), app.steady_now())
            .await?;
        return Ok(());
    };
    if app.store.begin_attempts(&[lease], app.steady_now()).await?.is_empty() {
        return Ok(());
    }
    let (tried, asked) = match send(app, &endpoint, &event).await {
        Ok(tried) => (tried, true),
        Err(error) => (fault(lease, &error).ok_or(error)?, false),
    };
    let now = app.steady_now();
    let next = if message.kind == MessageKind::Test && tried.verdict != Verdict::Accepted {
        Next::Failed
    } else {
        let random = u16::from_be_bytes(app.random.octets()?);
        let ladder = app.delivery.webhook_ladder();
        next_step(&ladder, message.tries, &tried, false, now, random)
    };
    tracing::info!(message = %lease.message, endpoint = %endpoint.id, phase = tried.phase,
        verdict = tried.verdict.as_str(), "a webhook was tried");
    record(app, lease, &tried, &next, unused()).await?;
    // A fault of ours says nothing about the endpoint.
    if asked { judge(app, &endpoint, &tried, now).await } else { Ok(()) }
}

/// Sends an event to an endpoint, signed with every live secret.
pub(crate) async fn send(app: &App, endpoint: &Endpoint, event: &Event) -> Result<Tried, Error> {
    let mut secrets = Vec::new();
    for sealed in app.reader.endpoint_secrets(endpoint.id).await? {
        match open_secret(app, &sealed) {
            Ok(secret) => secrets.push(secret),
            Err(error) => {
                tracing::error!(endpoint = %endpoint.id, error = %sources(&error),
                    "a webhook secret cannot be opened; rotate it");
            }
        }
    }
    if secrets.is_empty() {
        let words = "no secret of the endpoint can be opened; rotate its secret";
        return Ok(Tried::new(Verdict::Later, "request", words));
    }
    let body = payload::body(app, event).await?;
    let request = HookRequest {
        url: &endpoint.url,
        id: &webhook_id(event.id),
        timestamp: app.now().unix_ms().div_euclid(1000),
        body: &body,
        secrets: &secrets,
    };
    Ok(app.webhooks.send(&request).await)
}

/// `webhook-id`: the same for every try of an event, and for every endpoint.
#[must_use]
pub fn webhook_id(event: EventId) -> String {
    format!("msg_{event}")
}

/// What a try says about the endpoint.
async fn judge(app: &App, endpoint: &Endpoint, tried: &Tried, now: Instant) -> Result<(), Error> {
    let id = endpoint.id;
    match tried.verdict {
        Verdict::Accepted => app.store.endpoint_works(id).await?,
        Verdict::Never => disable(app, endpoint, DisabledReason::Gone, now).await?,
        Verdict::Later | Verdict::TooLarge | Verdict::Relay => {
            let since = app.store.endpoint_fails(id, now).await?;
            if since.plus_ms(Endpoint::FAILING_MOST_MS) <= now {
                disable(app, endpoint, DisabledReason::Failing, now).await?;
            }
        }
    }
    Ok(())
}

async fn disable(
    app: &App,
    endpoint: &Endpoint,
    reason: DisabledReason,
    now: Instant,
) -> Result<(), Error> {
    if app.store.disable_endpoint(endpoint.id, reason, now).await? {
        let service = app.reader.client_service(endpoint.client_service).await?;
        let alias = service.map(|service| service.alias.as_str().to_owned()).unwrap_or_default();
        tracing::warn!(endpoint = %endpoint.id, client_service = alias, reason = reason.as_str(),
            "webhook endpoint disabled: nothing is sent there until somebody enables it");
    }
    Ok(())
}

/// A message that tells an endpoint of an event, due now.
pub(crate) fn message_of(app: &App, endpoint: &Endpoint, event: &Event, now: Instant) -> Message {
    let kind = match event.kind {
        EventKind::WebhookTest => MessageKind::Test,
        _ => MessageKind::Event,
    };
    let id = MessageId::from_i64(app.next_id());
    let target = Target::Webhook { endpoint: endpoint.id, event: event.id };
    // The operation's own messages are mails; this one is found by its event.
    Message { client_service: Some(endpoint.client_service), ..Message::due(id, kind, target, now) }
}

/// Opens a secret of an endpoint.
///
/// # Errors
/// [`Error::Internal`] when the installation's key does not open it.
pub(crate) fn open_secret(app: &App, sealed: &SealedSecret) -> Result<HookSecret, Error> {
    let opened = app.kek.open(&sealed_for(sealed.id), &sealed.sealed).map_err(Error::internal)?;
    let text = std::str::from_utf8(&opened).map_err(Error::internal)?;
    HookSecret::parse(&SecretString::from(text)).map_err(Error::internal)
}

/// What a secret is sealed for.
pub(crate) fn sealed_for(id: i64) -> Vec<u8> {
    format!("webhook_secret/{id}").into_bytes()
}
