//! Webhook endpoints of the calling client service. `docs/webhooks.md` tells receivers what arrives.
#![expect(unused_qualifications, reason = "utoipa::path expands params(...) with a full path")]

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use tracing::Instrument as _;
use utoipa::{IntoParams, ToSchema};

use super::Integration;
use super::errors::{ErrorResponse, Problem};
use super::lookup::invalid;
use crate::domain::delivery::{Tried, Verdict};
use crate::domain::ids::{EndpointId, MessageId};
use crate::domain::instant::Instant;
use crate::domain::refusal::Refusal;
use crate::domain::webhook::{EndpointStatus, EventKind, SignatureScheme};
use crate::web::Web;
use crate::web::auth::Bearer;
use crate::web::body::Body;
use crate::web::id::Id;
use crate::workflow;
use crate::workflow::delivery::hooks::webhook_id;
use crate::workflow::webhooks::{self, EndpointChange, EndpointView, NewEndpoint, ShownKey};
use crate::workflow::webhooks::{EndpointAttempt, EventCursor, LogCursor};

/// Largest body here.
const BODY_LIMIT: usize = 64 * 1024;

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/api/v0/webhook/endpoint", get(list).post(add))
        .route("/api/v0/webhook/endpoint/{id}", get(show).patch(change).delete(remove))
        .route("/api/v0/webhook/endpoint/{id}/rotateSecret", post(rotate_secret))
        .route("/api/v0/webhook/endpoint/{id}/test", post(test))
        .route("/api/v0/webhook/endpoint/{id}/replay", post(replay))
        .route("/api/v0/webhook/endpoint/{id}/attempt", get(attempts))
}

/// A new endpoint.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewWebhookEndpoint {
    /// `https://…`, on the public internet or in a network that the operator allows.
    #[schema(required)]
    url: Option<String>,
    /// What it is told, such as `operation.finished`; empty or absent: everything.
    #[serde(default)]
    events: Vec<String>,
    /// For people.
    #[serde(default)]
    description: String,
    /// `HMAC` (default) or `ED25519`.
    scheme: Option<String>,
}

/// What is to change; absent members stay.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebhookEndpointChange {
    url: Option<String>,
    /// Empty: everything.
    events: Option<Vec<String>>,
    description: Option<String>,
    /// `ACTIVE` or `DISABLED`.
    status: Option<String>,
}

/// An endpoint.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebhookEndpoint {
    id: i64,
    url: String,
    /// Empty: everything.
    events: Vec<&'static str>,
    description: String,
    /// `ACTIVE` or `DISABLED`.
    status: &'static str,
    /// `ASKED`, `GONE` (it answered 410) or `FAILING` (nothing was taken over for five days).
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled_reason: Option<&'static str>,
    /// RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    disabled_since: Option<String>,
    /// Since when it has taken nothing over, while that is so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    failing_since: Option<String>,
    #[schema(format = DateTime)]
    created: String,
    /// Live ones, newest first. Webhooks are signed with each.
    secrets: Vec<WebhookSecret>,
}

/// A live secret, without the secret.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct WebhookSecret {
    /// `HMAC` or `ED25519`.
    scheme: &'static str,
    #[schema(format = DateTime)]
    created: String,
    /// `whpk_…`, of `ED25519`.
    #[serde(skip_serializing_if = "Option::is_none")]
    public_key: Option<String>,
}

/// A new endpoint with what its receiver needs.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AddedWebhookEndpoint {
    endpoint: WebhookEndpoint,
    #[serde(flatten)]
    key: WebhookKey,
}

/// What the receiver checks signatures with.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebhookKey {
    /// `whsec_…`, of `HMAC`; shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    /// `whpk_…`, of `ED25519`.
    #[serde(skip_serializing_if = "Option::is_none")]
    public_key: Option<String>,
}

/// How to rotate.
#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretRotation {
    /// `HMAC` or `ED25519`; absent: as the newest secret.
    scheme: Option<String>,
    /// End all other secrets now, instead of the next time.
    #[serde(default)]
    only: bool,
}

/// How a test went.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebhookTest {
    /// Whether the endpoint answered with a 2xx status.
    accepted: bool,
    /// `resolve`, `connect`, `tls`, `request` or `response`: the step it ended at.
    phase: &'static str,
    /// Status and first words of the answer, or why there is none.
    reply: String,
    /// It may have arrived although it does not say so.
    ambiguous: bool,
}

/// What to send again.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebhookReplay {
    /// Events from this time on; RFC 3339. For the first call.
    #[schema(format = DateTime)]
    since: Option<String>,
    /// `more` of the call before, instead of `since`.
    after: Option<String>,
    /// Only what the endpoint has not taken over, which includes what happened while it was disabled.
    #[serde(default)]
    failed_only: bool,
}

/// What is sent again.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebhookReplayed {
    /// Events that are on their way.
    queued: usize,
    /// There are more than are sent at once; ask again with this as `after`.
    #[serde(skip_serializing_if = "Option::is_none")]
    more: Option<String>,
}

/// A page of the log.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub struct LogPage {
    /// `next` of the page before.
    behind: Option<String>,
    /// Tries on the page, at most 100.
    limit: Option<u32>,
}

/// Tries, newest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebhookLog {
    attempts: Vec<WebhookAttempt>,
    /// `behind` of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// One try.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct WebhookAttempt {
    /// `webhook-id`.
    webhook_id: String,
    /// `type` of the event.
    event: &'static str,
    #[schema(format = DateTime)]
    started: String,
    /// Absent while it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    ended: Option<String>,
    /// `ACCEPTED`, `LATER`, `NEVER` or `INTERRUPTED` (the service stopped).
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<String>,
    ambiguous: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    phase: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply: Option<String>,
    /// How its webhook stands now: `PENDING`, `SENT`, `SENDING_ERROR` or `SENDING_FAILED`.
    delivery_status: &'static str,
    /// When it is tried next.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    next_try: Option<String>,
}

/// The endpoints of the client service.
///
/// Secrets are never shown again; of Ed25519 the public key is.
#[utoipa::path(
    get, path = "/api/v0/webhook/endpoint", tag = "webhooks", operation_id = "listWebhookEndpoints",
    security(("access_token" = [])),
    responses((status = 200, body = Vec<WebhookEndpoint>), (status = 401, body = ErrorResponse))
)]
pub(in crate::web) async fn list(
    State(web): State<Web>,
    Bearer(client): Bearer<Integration>,
) -> Result<Json<Vec<WebhookEndpoint>>, Problem> {
    let views = webhooks::list(&web.app, client.client_service.id).await?;
    Ok(Json(views.into_iter().map(endpoint).collect()))
}

/// Adds an endpoint. The answer shows its secret, once.
///
/// The address begins with https:// and leads to the public internet. Events are recorded from the moment
/// that a client service has its first endpoint; it has five at most.
#[utoipa::path(
    post, path = "/api/v0/webhook/endpoint", tag = "webhooks", operation_id = "addWebhookEndpoint",
    request_body = NewWebhookEndpoint,
    security(("access_token" = [])),
    responses((status = 201, body = AddedWebhookEndpoint), (status = 400, body = ErrorResponse),
        (status = 401, body = ErrorResponse), (status = 413, body = ErrorResponse))
)]
pub(in crate::web) async fn add(
    State(web): State<Web>,
    Bearer(client): Bearer<Integration>,
    body: Body<Integration, BODY_LIMIT>,
) -> Result<(StatusCode, Json<AddedWebhookEndpoint>), Problem> {
    let wish: NewWebhookEndpoint = body.object()?;
    let new = NewEndpoint {
        url: required(wish.url, "url")?,
        events: kinds(&wish.events)?,
        description: wish.description,
        scheme: scheme(wish.scheme.as_deref())?.unwrap_or(SignatureScheme::Hmac),
    };
    let (view, shown) = webhooks::add(&web.app, client.client_service.id, new).await?;
    let added = AddedWebhookEndpoint { endpoint: endpoint(view), key: key(shown) };
    Ok((StatusCode::CREATED, Json(added)))
}

/// One endpoint.
///
/// One that is disabled says why and since when, one that fails since when.
#[utoipa::path(
    get, path = "/api/v0/webhook/endpoint/{id}", tag = "webhooks", operation_id = "getWebhookEndpoint",
    params(("id" = i64, Path, description = "the endpoint")),
    security(("access_token" = [])),
    responses((status = 200, body = WebhookEndpoint), (status = 401, body = ErrorResponse), (status = 404, body = ErrorResponse))
)]
pub(in crate::web) async fn show(
    State(web): State<Web>,
    Bearer(client): Bearer<Integration>,
    id: Id<Integration, EndpointId>,
) -> Result<Json<WebhookEndpoint>, Problem> {
    let view = webhooks::show(&web.app, client.scope(), id.0).await?;
    Ok(Json(endpoint(view)))
}

/// Changes an endpoint, or enables or disables it.
///
/// Members that are left out stay as they are. `status` ACTIVE enables an endpoint again; what happened
/// meanwhile is recorded and can be replayed.
#[utoipa::path(
    patch, path = "/api/v0/webhook/endpoint/{id}", tag = "webhooks", operation_id = "changeWebhookEndpoint",
    params(("id" = i64, Path, description = "the endpoint")),
    request_body = WebhookEndpointChange,
    security(("access_token" = [])),
    responses((status = 200, body = WebhookEndpoint), (status = 400, body = ErrorResponse), (status = 401, body = ErrorResponse),
        (status = 404, body = ErrorResponse), (status = 413, body = ErrorResponse))
)]
pub(in crate::web) async fn change(
    State(web): State<Web>,
    Bearer(client): Bearer<Integration>,
    id: Id<Integration, EndpointId>,
    body: Body<Integration, BODY_LIMIT>,
) -> Result<Json<WebhookEndpoint>, Problem> {
    let wish: WebhookEndpointChange = body.object()?;
    let status = wish.status.map(|status| status.trim().to_ascii_uppercase());
    let enabled = match status.as_deref() {
        None => None,
        Some("ACTIVE") => Some(true),
        Some("DISABLED") => Some(false),
        Some(_) => return Err(invalid("status", "ACTIVE or DISABLED").into()),
    };
    let events = wish.events.as_deref().map(kinds).transpose()?;
    let change = EndpointChange { url: wish.url, events, description: wish.description, enabled };
    let view = webhooks::change(&web.app, client.scope(), id.0, change).await?;
    Ok(Json(endpoint(view)))
}

/// Removes an endpoint.
///
/// Nothing is sent to it from then on, and its secrets end.
#[utoipa::path(
    delete, path = "/api/v0/webhook/endpoint/{id}", tag = "webhooks", operation_id = "removeWebhookEndpoint",
    params(("id" = i64, Path, description = "the endpoint")),
    security(("access_token" = [])),
    responses((status = 204), (status = 401, body = ErrorResponse), (status = 404, body = ErrorResponse))
)]
pub(in crate::web) async fn remove(
    State(web): State<Web>,
    Bearer(client): Bearer<Integration>,
    id: Id<Integration, EndpointId>,
) -> Result<StatusCode, Problem> {
    webhooks::remove(&web.app, client.scope(), id.0).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives an endpoint a new secret; the answer shows it, once.
///
/// The one before stays live until the next rotation, and webhooks are signed with both. With `only` all
/// others end at once.
#[utoipa::path(
    post, path = "/api/v0/webhook/endpoint/{id}/rotateSecret", tag = "webhooks", operation_id = "rotateWebhookSecret",
    params(("id" = i64, Path, description = "the endpoint")),
    request_body = Option<SecretRotation>,
    security(("access_token" = [])),
    responses((status = 200, body = WebhookKey), (status = 400, body = ErrorResponse), (status = 401, body = ErrorResponse),
        (status = 404, body = ErrorResponse), (status = 413, body = ErrorResponse))
)]
pub(in crate::web) async fn rotate_secret(
    State(web): State<Web>,
    Bearer(client): Bearer<Integration>,
    id: Id<Integration, EndpointId>,
    body: Body<Integration, BODY_LIMIT>,
) -> Result<Json<WebhookKey>, Problem> {
    let wish: SecretRotation =
        if body.is_blank() { SecretRotation::default() } else { body.object()? };
    let scheme = scheme(wish.scheme.as_deref())?;
    let shown = webhooks::rotate_secret(&web.app, client.scope(), id.0, scheme, wish.only).await?;
    Ok(Json(key(shown)))
}

/// Sends a `webhook.test` to an endpoint now, even to a disabled one, and answers how it went.
///
/// One try, which is not repeated; 20 in an hour for each client service.
#[utoipa::path(
    post, path = "/api/v0/webhook/endpoint/{id}/test", tag = "webhooks", operation_id = "testWebhookEndpoint",
    params(("id" = i64, Path, description = "the endpoint")),
    security(("access_token" = [])),
    responses((status = 200, body = WebhookTest), (status = 401, body = ErrorResponse),
        (status = 404, body = ErrorResponse), (status = 429, body = ErrorResponse))
)]
pub(in crate::web) async fn test(
    State(web): State<Web>,
    Bearer(client): Bearer<Integration>,
    id: Id<Integration, EndpointId>,
) -> Result<Json<WebhookTest>, Problem> {
    let service = client.client_service.id;
    web.test_webhooks.take(service, web.app.now()).map_err(Problem::hourly_limit)?;
    // In a task of its own: a client that hangs up here must not leave a try without an end, which
    // would be made again later.
    let (app, scope) = (Arc::clone(&web.app), client.scope());
    let testing = async move { webhooks::test(&app, scope, id.0).await };
    let tried = tokio::spawn(testing.in_current_span())
        .await
        .map_err(|error| workflow::Error::Internal(Box::new(error)))??;
    let Tried { verdict, phase, reply, ambiguous, .. } = tried;
    Ok(Json(WebhookTest { accepted: verdict == Verdict::Accepted, phase, reply, ambiguous }))
}

/// Sends events again to one endpoint, each under the `webhook-id` it had.
///
/// Since a time, or after the `more` of the call before; with `failedOnly` what it has not taken over. One
/// call sends 1000 at most and answers `more` when there are more.
#[utoipa::path(
    post, path = "/api/v0/webhook/endpoint/{id}/replay", tag = "webhooks", operation_id = "replayWebhooks",
    params(("id" = i64, Path, description = "the endpoint")),
    request_body = WebhookReplay,
    security(("access_token" = [])),
    responses((status = 202, body = WebhookReplayed), (status = 400, body = ErrorResponse), (status = 401, body = ErrorResponse),
        (status = 404, body = ErrorResponse), (status = 413, body = ErrorResponse))
)]
pub(in crate::web) async fn replay(
    State(web): State<Web>,
    Bearer(client): Bearer<Integration>,
    id: Id<Integration, EndpointId>,
    body: Body<Integration, BODY_LIMIT>,
) -> Result<(StatusCode, Json<WebhookReplayed>), Problem> {
    let wish: WebhookReplay = body.object()?;
    let behind = replay_place(wish.since, wish.after)?;
    let replayed =
        webhooks::replay(&web.app, client.scope(), id.0, behind, wish.failed_only).await?;
    let more = replayed.more.map(|at| format!("{}.{}", at.created.unix_ms(), at.event));
    let answer = WebhookReplayed { queued: replayed.queued, more };
    Ok((StatusCode::ACCEPTED, Json(answer)))
}

/// Where a replay begins or goes on.
fn replay_place(since: Option<String>, after: Option<String>) -> Result<EventCursor, Refusal> {
    match (since, after) {
        (Some(_), Some(_)) => Err(invalid("after", "given alone, without since")),
        (None, Some(after)) => {
            event_place(&after).ok_or_else(|| invalid("after", "more of the call before"))
        }
        (since, None) => Instant::parse_rfc3339(&required(since, "since")?)
            .map(EventCursor::since)
            .ok_or_else(|| invalid("since", "a time like 2026-11-22T10:19:21Z (RFC 3339)")),
    }
}

fn event_place(text: &str) -> Option<EventCursor> {
    let (created, event) = text.split_once('.')?;
    let created = Instant::from_unix_ms(created.parse().ok()?);
    Some(EventCursor { created, event: event.parse().ok()? })
}

/// The log of an endpoint: every try with the answer's first words.
///
/// Newest first, in pages: give `next` of one page as `behind` for the next; without it that was the last.
#[utoipa::path(
    get, path = "/api/v0/webhook/endpoint/{id}/attempt", tag = "webhooks", operation_id = "listWebhookAttempts",
    params(("id" = i64, Path, description = "the endpoint"), LogPage),
    security(("access_token" = [])),
    responses((status = 200, body = WebhookLog), (status = 400, body = ErrorResponse),
        (status = 401, body = ErrorResponse), (status = 404, body = ErrorResponse))
)]
pub(in crate::web) async fn attempts(
    State(web): State<Web>,
    Bearer(client): Bearer<Integration>,
    id: Id<Integration, EndpointId>,
    page: Result<Query<LogPage>, QueryRejection>,
) -> Result<Json<WebhookLog>, Problem> {
    let Query(page) = page.map_err(|_| invalid("limit", "a number from 1 to 100, once"))?;
    let behind = match &page.behind {
        Some(text) => place(text).ok_or_else(|| invalid("behind", "next of the page before"))?,
        None => LogCursor::BEGINNING,
    };
    let limit = page.limit.unwrap_or(webhooks::LOG_PAGE).clamp(1, webhooks::LOG_PAGE);
    let found = webhooks::attempts(&web.app, client.scope(), id.0, behind, limit).await?;
    let full = found.len() >= limit as usize;
    let next = found.last().filter(|_| full).map(|last| {
        let (started, number) = (last.attempt.started.unix_ms(), last.attempt.number);
        format!("{started}.{}.{number}", last.message)
    });
    Ok(Json(WebhookLog { attempts: found.into_iter().map(attempt).collect(), next }))
}

fn place(text: &str) -> Option<LogCursor> {
    let mut parts = text.split('.');
    let started = Instant::from_unix_ms(parts.next()?.parse().ok()?);
    let message: MessageId = parts.next()?.parse().ok()?;
    let number = parts.next()?.parse().ok()?;
    parts.next().is_none().then_some(LogCursor { started, message, number })
}

fn attempt(found: EndpointAttempt) -> WebhookAttempt {
    WebhookAttempt {
        webhook_id: webhook_id(found.event),
        event: found.kind.as_str(),
        started: found.attempt.started.to_rfc3339(),
        ended: found.attempt.ended.map(Instant::to_rfc3339),
        result: found.attempt.verdict,
        ambiguous: found.attempt.ambiguous,
        phase: found.attempt.phase,
        reply: found.attempt.reply,
        delivery_status: found.status.as_str(),
        next_try: found.next.map(Instant::to_rfc3339),
    }
}

fn endpoint(view: EndpointView) -> WebhookEndpoint {
    let EndpointView { endpoint, failing_since, secrets } = view;
    let (status, disabled) = match endpoint.status {
        EndpointStatus::Active => ("ACTIVE", None),
        EndpointStatus::Disabled { reason, since } => ("DISABLED", Some((reason, since))),
    };
    WebhookEndpoint {
        id: endpoint.id.as_i64(),
        url: endpoint.url,
        events: endpoint.events.iter().map(|kind| kind.as_str()).collect(),
        description: endpoint.description,
        status,
        disabled_reason: disabled.map(|(reason, _)| reason.as_str()),
        disabled_since: disabled.map(|(_, since)| since.to_rfc3339()),
        failing_since: failing_since.map(Instant::to_rfc3339),
        created: endpoint.created.to_rfc3339(),
        secrets: secrets
            .into_iter()
            .map(|secret| WebhookSecret {
                scheme: secret.scheme.as_str(),
                created: secret.created.to_rfc3339(),
                public_key: secret.public,
            })
            .collect(),
    }
}

fn key(shown: ShownKey) -> WebhookKey {
    match shown {
        ShownKey::Secret(secret) => {
            WebhookKey { secret: Some(secret.expose_secret().to_owned()), public_key: None }
        }
        ShownKey::PublicKey(public_key) => {
            WebhookKey { secret: None, public_key: Some(public_key) }
        }
    }
}

fn kinds(names: &[String]) -> Result<Vec<EventKind>, Refusal> {
    let kind = |(position, name): (usize, &String)| {
        EventKind::parse(&name.trim().to_ascii_lowercase()).ok_or_else(|| {
            let known = EventKind::ALL.into_iter().filter(|kind| kind.is_subscribable());
            let known: Vec<&str> = known.map(EventKind::as_str).collect();
            invalid(&format!("events[{position}]"), &format!("one of {}", known.join(", ")))
        })
    };
    names.iter().enumerate().map(kind).collect()
}

fn scheme(name: Option<&str>) -> Result<Option<SignatureScheme>, Refusal> {
    let parse = |name: &str| {
        SignatureScheme::parse(&name.trim().to_ascii_uppercase())
            .ok_or_else(|| invalid("scheme", "HMAC or ED25519"))
    };
    name.map(parse).transpose()
}

fn required(value: Option<String>, path: &str) -> Result<String, Refusal> {
    value.ok_or_else(|| Refusal::MemberMissing { path: path.to_owned() })
}
