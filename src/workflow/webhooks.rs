//! Webhook endpoints of client services: added, changed, tested, told again. What is told is
//! `delivery/payload`, how a try goes on is `delivery/hooks`.

use secrecy::{ExposeSecret as _, SecretString};

use super::delivery::hooks::{self, message_of, open_secret, sealed_for};
use super::{Error, Thing};
use crate::app::App;
use crate::domain::audit::AuditEntry;
use crate::domain::delivery::{Tried, Verdict};
use crate::domain::ids::{ClientServiceId, EndpointId, EventId, MessageId};
use crate::domain::instant::Instant;
use crate::domain::outbox::{Message, MessageLease, Next};
use crate::domain::refusal::Refusal;
use crate::domain::scope::Scope;
use crate::domain::webhook::{Endpoint, EndpointStatus, EventKind, SignatureScheme};
use crate::pki::webhook_signature::HookSecret;
use crate::store::events::Event;
use crate::store::webhooks::{EndpointAdmission, ReplayWish, SealedSecret};
pub use crate::store::webhooks::{EndpointAttempt, EndpointChange, EventCursor, LogCursor};

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

/// Which events are to be told again.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReplaySpan {
    pub(super) behind: EventCursor,
    /// Those that happened before.
    pub(super) until: Instant,
    /// Only those that the endpoint has not taken over.
    pub(super) failed_only: bool,
}

/// What would be told again, the oldest first, each with the message that told it before.
pub(super) struct ReplayPlan {
    pub(super) endpoint: Endpoint,
    pub(super) events: Vec<(Event, Option<MessageId>)>,
    /// There are more; they are behind this place.
    pub(super) more: Option<EventCursor>,
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
    // Without an entry nothing was done before.
    add_once(app, client_service, new, None).await?.ok_or(Error::NotFound(Thing::Endpoint))
}

/// The same; `None` when what the entry tells was done before.
///
/// # Errors
/// As [`add`].
pub(super) async fn add_once(
    app: &App,
    client_service: ClientServiceId,
    new: NewEndpoint,
    entry: Option<&AuditEntry>,
) -> Result<Option<(EndpointView, ShownKey)>, Error> {
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
    match app.store.add_endpoint(&endpoint, &sealed, most, entry).await? {
        EndpointAdmission::New => {}
        EndpointAdmission::Before => return Ok(None),
        EndpointAdmission::Full => return Err(Refusal::TooManyEndpoints { limit: most }.into()),
    }
    tracing::info!(endpoint = %endpoint.id, %client_service, "webhook endpoint added");
    Ok(Some((view(app, endpoint, None).await?, shown(&secret))))
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
    change_once(app, scope, id, change, None).await?;
    show(app, scope, id).await
}

/// The same; returns whether what the entry tells was not done before.
///
/// # Errors
/// As [`change`].
pub(super) async fn change_once(
    app: &App,
    scope: Scope,
    id: EndpointId,
    change: EndpointChange,
    entry: Option<&AuditEntry>,
) -> Result<bool, Error> {
    find(app, scope, id).await?;
    let change = EndpointChange {
        url: change.url.map(|url| checked_url(app, url)).transpose()?,
        events: change.events.map(checked_events).transpose()?,
        description: change.description.map(checked_description).transpose()?,
        enabled: change.enabled,
    };
    Ok(app.store.change_endpoint(id, &change, app.now(), entry).await?)
}

/// Removes an endpoint: nothing is sent there from now on, and its secrets are gone.
///
/// # Errors
/// [`Error::NotFound`] when there is none within the scope.
pub async fn remove(app: &App, scope: Scope, id: EndpointId) -> Result<(), Error> {
    find(app, scope, id).await?;
    app.store.remove_endpoint(id, app.now(), None).await?;
    Ok(())
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
    // Without an entry nothing was done before.
    let made = rotate_once(app, scope, id, (scheme, only), None).await?;
    made.ok_or(Error::NotFound(Thing::Endpoint))
}

/// The same; `None` when what the entry tells was done before.
///
/// # Errors
/// As [`rotate_secret`].
pub(super) async fn rotate_once(
    app: &App,
    scope: Scope,
    id: EndpointId,
    (scheme, only): (Option<SignatureScheme>, bool),
    entry: Option<&AuditEntry>,
) -> Result<Option<ShownKey>, Error> {
    find(app, scope, id).await?;
    let newest = app.reader.endpoint_secrets(id).await?.first().map(|secret| secret.scheme);
    let scheme = scheme.or(newest).unwrap_or(SignatureScheme::Hmac);
    let (secret, sealed) = fresh_secret(app, scheme, app.now())?;
    if !app.store.rotate_endpoint_secret(id, &sealed, only, entry).await? {
        return Ok(None);
    }
    tracing::info!(endpoint = %id, scheme = scheme.as_str(), only, "webhook secret rotated");
    Ok(Some(shown(&secret)))
}

/// Sends a `webhook.test` now, whatever the endpoint's status and events, and says how it went. It is
/// not tried again.
///
/// # Errors
/// [`Error::NotFound`] when there is none within the scope.
pub async fn test(app: &App, scope: Scope, id: EndpointId) -> Result<Tried, Error> {
    // Without an entry nothing was done before.
    test_once(app, scope, id, None).await?.ok_or(Error::NotFound(Thing::Endpoint))
}

/// The same; `None` when what the entry tells was done before.
///
/// # Errors
/// As [`test()`].
pub(super) async fn test_once(
    app: &App,
    scope: Scope,
    id: EndpointId,
    entry: Option<&AuditEntry>,
) -> Result<Option<Tried>, Error> {
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
    if !app.store.record_test(&event, &message, entry).await? {
        return Ok(None);
    }
    let lease = MessageLease { message: message.id, number: 0 };
    app.store.begin_attempts(&[lease], steady).await?;
    let tried = hooks::send(app, &endpoint, &event).await?;
    let next = if tried.verdict == Verdict::Accepted { Next::Sent } else { Next::Failed };
    let unused = EventId::from_i64(app.next_id());
    app.store.record_try(lease, &tried, &next, unused, app.steady_now()).await?;
    if tried.verdict == Verdict::Accepted {
        app.store.endpoint_works(id).await?;
    }
    Ok(Some(tried))
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
    let span = ReplaySpan { behind, until: Instant::from_unix_ms(i64::MAX), failed_only };
    let plan = plan_replay(app, scope, id, span).await?;
    send_again(app, &plan, None).await?;
    Ok(Replayed { queued: plan.events.len(), more: plan.more })
}

/// Finds what would be sent again, the oldest first and at most [`REPLAY_MOST`].
///
/// # Errors
/// As [`replay`].
pub(super) async fn plan_replay(
    app: &App,
    scope: Scope,
    id: EndpointId,
    span: ReplaySpan,
) -> Result<ReplayPlan, Error> {
    let endpoint = find(app, scope, id).await?;
    if endpoint.status != EndpointStatus::Active {
        let expected = "ACTIVE before anything is sent again; enable the endpoint first".to_owned();
        return Err(Refusal::MemberInvalid { path: "status".to_owned(), expected }.into());
    }
    let ReplaySpan { behind, until, failed_only } = span;
    let wish = ReplayWish { behind, until, failed_only, limit: REPLAY_MOST + 1 };
    let mut events = app.reader.replayable(&endpoint, wish).await?;
    let full = events.len() > REPLAY_MOST as usize;
    events.truncate(REPLAY_MOST as usize);
    let last = events.last().filter(|_| full);
    let more = last.map(|(event, _)| EventCursor { created: event.created, event: event.id });
    Ok(ReplayPlan { endpoint, events, more })
}

/// Sends again what a plan names. Returns whether what the entry tells was not done before.
///
/// # Errors
/// The database's.
pub(super) async fn send_again(
    app: &App,
    plan: &ReplayPlan,
    entry: Option<&AuditEntry>,
) -> Result<bool, Error> {
    let (id, now) = (plan.endpoint.id, app.steady_now());
    let again: Vec<MessageId> = plan.events.iter().filter_map(|(_, told_by)| *told_by).collect();
    let fresh: Vec<Message> = plan
        .events
        .iter()
        .filter(|(_, told_by)| told_by.is_none())
        .map(|(event, _)| message_of(app, &plan.endpoint, event, now))
        .collect();
    let done = app.store.replay(&again, &fresh, now, entry).await?;
    app.outbox_bell.notify_one();
    tracing::info!(endpoint = %id, events = plan.events.len(), "webhooks sent again");
    Ok(done)
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
