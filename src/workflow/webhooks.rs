//! Webhook endpoints of client services: added, changed, tested, told again. What is told is
//! `delivery/payload`, how a try goes on is `delivery/hooks`.

use secrecy::{ExposeSecret as _, SecretString};

use super::delivery::hooks::{self, message_of, open_secret, sealed_for};
use super::{Error, Thing};
use crate::app::App;
use crate::domain::delivery::{Tried, Verdict};
use crate::domain::ids::{ClientServiceId, EndpointId, EventId, MessageId};
use crate::domain::instant::Instant;
use crate::domain::outbox::{Message, MessageLease, Next};
use crate::domain::refusal::Refusal;
use crate::domain::scope::Scope;
use crate::domain::webhook::{Endpoint, EndpointStatus, EventKind, SignatureScheme};
use crate::pki::webhook_signature::HookSecret;
use crate::store::events::Event;
pub use crate::store::webhooks::{EndpointAttempt, EndpointChange, EventCursor, LogCursor};
use crate::store::webhooks::{ReplayWish, SealedSecret};

/// Most events that are sent again at once.
pub const REPLAY_MOST: u32 = 1000;
/// Most tries shown at once.
pub const LOG_PAGE: u32 = 100;
/// How long a test may take before the loop looks after its message: longer than any try.
const TEST_LEASE_MS: i64 = 120_000;

/// What a new endpoint is made of.
#[derive(Clone, Debug)]
pub struct NewEndpoint {
    /// Where.
    pub url: String,
    /// What it is told; empty: everything.
    pub events: Vec<EventKind>,
    /// For people.
    pub description: String,
    /// How it is signed.
    pub scheme: SignatureScheme,
}

/// A live secret as it is shown: never the secret itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveSecret {
    /// How it signs.
    pub scheme: SignatureScheme,
    /// Since when.
    pub created: Instant,
    /// The public key, of an asymmetric one.
    pub public: Option<String>,
}

/// An endpoint as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointView {
    /// Itself.
    pub endpoint: Endpoint,
    /// Since when it has taken nothing over, while that is so.
    pub failing_since: Option<Instant>,
    /// Newest first.
    pub secrets: Vec<LiveSecret>,
}

/// What the receiver needs to check signatures; shown once.
#[derive(Debug)]
pub enum ShownKey {
    /// `whsec_…`: to be kept secret.
    Secret(SecretString),
    /// `whpk_…`.
    PublicKey(String),
}

/// What became of a wish to be told again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// So many events are on their way.
    pub queued: usize,
    /// There are more; they are behind this place.
    pub more: Option<EventCursor>,
}

/// Adds an endpoint with its first secret, which is returned here and never again.
///
/// # Errors
/// [`Error::Refused`]: an address that nothing is sent to, or too many endpoints.
pub async fn add(
    app: &App,
    client_service: ClientServiceId,
    new: NewEndpoint,
) -> Result<(EndpointView, ShownKey), Error> {
    let now = app.now();
    let endpoint = Endpoint {
        id: EndpointId::from_i64(app.next_id()),
        client_service,
        url: checked_url(app, new.url)?,
        events: checked_events(new.events)?,
        description: checked_description(new.description)?,
        status: EndpointStatus::Active,
        created: now,
    };
    let (secret, sealed) = fresh_secret(app, new.scheme, now)?;
    let most = Endpoint::PER_CLIENT_SERVICE;
    if !app.store.add_endpoint(&endpoint, &sealed, most).await? {
        return Err(Refusal::TooManyEndpoints { limit: most }.into());
    }
    tracing::info!(endpoint = %endpoint.id, %client_service, "webhook endpoint added");
    Ok((view(app, endpoint, None).await?, shown(&secret)))
}

/// The endpoints of a client service, oldest first.
///
/// # Errors
/// The database's.
pub async fn list(app: &App, client_service: ClientServiceId) -> Result<Vec<EndpointView>, Error> {
    let failing = app.reader.failing_since(client_service).await?;
    let mut views = Vec::new();
    for endpoint in app.reader.endpoints(client_service).await? {
        let since = failing.get(&endpoint.id).copied();
        views.push(view(app, endpoint, since).await?);
    }
    Ok(views)
}

/// One endpoint.
///
/// # Errors
/// [`Error::NotFound`] when there is none within the scope.
pub async fn show(app: &App, scope: Scope, id: EndpointId) -> Result<EndpointView, Error> {
    let endpoint = find(app, scope, id).await?;
    let failing = app.reader.failing_since(endpoint.client_service).await?;
    view(app, endpoint, failing.get(&id).copied()).await
}

/// Changes an endpoint; messages on their way go by what it says when they are tried.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Refused`] as for a new one.
pub async fn change(
    app: &App,
    scope: Scope,
    id: EndpointId,
    change: EndpointChange,
) -> Result<EndpointView, Error> {
    find(app, scope, id).await?;
    let change = EndpointChange {
        url: change.url.map(|url| checked_url(app, url)).transpose()?,
        events: change.events.map(checked_events).transpose()?,
        description: change.description.map(checked_description).transpose()?,
        enabled: change.enabled,
    };
    app.store.change_endpoint(id, &change, app.now()).await?;
    show(app, scope, id).await
}

/// Removes an endpoint: nothing is sent there from now on, and its secrets are gone.
///
/// # Errors
/// [`Error::NotFound`] when there is none within the scope.
pub async fn remove(app: &App, scope: Scope, id: EndpointId) -> Result<(), Error> {
    find(app, scope, id).await?;
    Ok(app.store.remove_endpoint(id, app.now()).await?)
}

/// Gives an endpoint a new secret, which is returned here and never again. Everything is signed with it
/// and with the one before it until the next rotation; with `only` the others end now.
///
/// # Errors
/// [`Error::NotFound`] when there is none within the scope.
pub async fn rotate_secret(
    app: &App,
    scope: Scope,
    id: EndpointId,
    scheme: Option<SignatureScheme>,
    only: bool,
) -> Result<ShownKey, Error> {
    find(app, scope, id).await?;
    let newest = app.reader.endpoint_secrets(id).await?.first().map(|secret| secret.scheme);
    let scheme = scheme.or(newest).unwrap_or(SignatureScheme::Hmac);
    let (secret, sealed) = fresh_secret(app, scheme, app.now())?;
    app.store.rotate_endpoint_secret(id, &sealed, only).await?;
    tracing::info!(endpoint = %id, scheme = scheme.as_str(), only, "webhook secret rotated");
    Ok(shown(&secret))
}

/// Sends a `webhook.test` now, whatever the endpoint's status and events, and says how it went. It is
/// not tried again.
///
/// # Errors
/// [`Error::NotFound`] when there is none within the scope.
pub async fn test(app: &App, scope: Scope, id: EndpointId) -> Result<Tried, Error> {
    let endpoint = find(app, scope, id).await?;
    let now = app.now();
    let event = Event {
        id: EventId::from_i64(app.next_id()),
        client_service: endpoint.client_service,
        kind: EventKind::WebhookTest,
        operation: None,
        document: None,
        message: None,
        content: Some(format!(r#"{{"endpointId":{id}}}"#)),
        created: now,
    };
    let steady = app.steady_now();
    let message = Message {
        // Until then nobody else tries it.
        next: Some(steady.plus_ms(TEST_LEASE_MS)),
        ..message_of(app, &endpoint, &event, steady)
    };
    app.store.record_test(&event, &message).await?;
    let lease = MessageLease { message: message.id, number: 0 };
    app.store.begin_attempts(&[lease], steady).await?;
    let tried = hooks::send(app, &endpoint, &event).await?;
    let next = if tried.verdict == Verdict::Accepted { Next::Sent } else { Next::Failed };
    let unused = EventId::from_i64(app.next_id());
    app.store.record_try(lease, &tried, &next, unused, app.steady_now()).await?;
    if tried.verdict == Verdict::Accepted {
        app.store.endpoint_works(id).await?;
    }
    Ok(tried)
}

/// Sends the events behind a place again, to this endpoint only, each under the id it had: all of
/// them, or those that it has not taken over, which includes what happened while it was disabled.
///
/// # Errors
/// [`Error::NotFound`] when there is none within the scope; [`Error::Refused`] when it is disabled.
pub async fn replay(
    app: &App,
    scope: Scope,
    id: EndpointId,
    behind: EventCursor,
    failed_only: bool,
) -> Result<Replayed, Error> {
    let endpoint = find(app, scope, id).await?;
    if endpoint.status != EndpointStatus::Active {
        let expected = "ACTIVE before anything is sent again; enable the endpoint first".to_owned();
        return Err(Refusal::MemberInvalid { path: "status".to_owned(), expected }.into());
    }
    let wish = ReplayWish { behind, failed_only, limit: REPLAY_MOST + 1 };
    let mut found = app.reader.replayable(&endpoint, wish).await?;
    let full = found.len() > REPLAY_MOST as usize;
    found.truncate(REPLAY_MOST as usize);
    let last = found.last().filter(|_| full);
    let more = last.map(|(event, _)| EventCursor { created: event.created, event: event.id });
    let now = app.steady_now();
    let again: Vec<MessageId> = found.iter().filter_map(|(_, told_by)| *told_by).collect();
    let fresh: Vec<Message> = found
        .iter()
        .filter(|(_, told_by)| told_by.is_none())
        .map(|(event, _)| message_of(app, &endpoint, event, now))
        .collect();
    app.store.replay(&again, &fresh, now).await?;
    app.outbox_bell.notify_one();
    tracing::info!(endpoint = %id, events = found.len(), failed_only, "webhooks sent again");
    Ok(Replayed { queued: found.len(), more })
}

/// The log of an endpoint, newest first, at most [`LOG_PAGE`] tries behind a place.
///
/// # Errors
/// [`Error::NotFound`] when there is none within the scope.
pub async fn attempts(
    app: &App,
    scope: Scope,
    id: EndpointId,
    behind: LogCursor,
    limit: u32,
) -> Result<Vec<EndpointAttempt>, Error> {
    find(app, scope, id).await?;
    Ok(app.reports.endpoint_attempts(id, behind, limit.clamp(1, LOG_PAGE)).await?)
}

async fn find(app: &App, scope: Scope, id: EndpointId) -> Result<Endpoint, Error> {
    let endpoint = app.reader.endpoint(id).await?.ok_or(Error::NotFound(Thing::Endpoint))?;
    match scope.client_service() {
        Some(owner) if owner != endpoint.client_service => Err(Error::NotFound(Thing::Endpoint)),
        _ => Ok(endpoint),
    }
}

async fn view(
    app: &App,
    endpoint: Endpoint,
    failing_since: Option<Instant>,
) -> Result<EndpointView, Error> {
    let mut secrets = Vec::new();
    for sealed in app.reader.endpoint_secrets(endpoint.id).await? {
        // What cannot be opened is shown all the same, so that it can be replaced.
        let public = match sealed.scheme {
            SignatureScheme::Hmac => None,
            SignatureScheme::Ed25519 => {
                open_secret(app, &sealed).ok().and_then(|secret| secret.public_text())
            }
        };
        secrets.push(LiveSecret { scheme: sealed.scheme, created: sealed.created, public });
    }
    Ok(EndpointView { endpoint, failing_since, secrets })
}

fn shown(secret: &HookSecret) -> ShownKey {
    secret.public_text().map_or_else(|| ShownKey::Secret(secret.text()), ShownKey::PublicKey)
}

fn fresh_secret(
    app: &App,
    scheme: SignatureScheme,
    now: Instant,
) -> Result<(HookSecret, SealedSecret), Error> {
    let id = app.next_id();
    let secret = HookSecret::from_random(scheme, app.random.octets()?).map_err(Error::internal)?;
    let text = secret.text();
    let sealed = app
        .kek
        .seal(app.random.octets()?, &sealed_for(id), text.expose_secret().as_bytes())
        .map_err(Error::internal)?;
    Ok((secret, SealedSecret { id, scheme, sealed, created: now }))
}

fn checked_url(app: &App, url: String) -> Result<String, Refusal> {
    match app.webhooks.check(&url) {
        Ok(()) => Ok(url),
        Err(refused) => {
            let shown: String = url.chars().filter(|c| !c.is_control()).take(200).collect();
            Err(Refusal::WebhookUrlRefused { url: shown, reason: refused.to_string() })
        }
    }
}

fn checked_events(mut events: Vec<EventKind>) -> Result<Vec<EventKind>, Refusal> {
    if events.iter().any(|kind| !kind.is_subscribable()) {
        let expected = "names of events; webhook.test is sent by the test alone".to_owned();
        return Err(Refusal::MemberInvalid { path: "events".to_owned(), expected });
    }
    events.sort_unstable();
    events.dedup();
    Ok(events)
}

fn checked_description(description: String) -> Result<String, Refusal> {
    let limit = Endpoint::DESCRIPTION_MOST;
    if description.chars().count() > limit {
        return Err(Refusal::MemberTooLong { path: "description".to_owned(), limit });
    }
    if description.chars().any(char::is_control) {
        let expected = "text without control characters".to_owned();
        return Err(Refusal::MemberInvalid { path: "description".to_owned(), expected });
    }
    Ok(description)
}
