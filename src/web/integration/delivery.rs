//! Mails about operations: asked for again, looked at, and their links closed.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Integration;
use super::errors::{ErrorResponse, Problem};
use super::wire::{PersonReceiver, RECEIVERS_KEPT};
use super::{names, published, request};
use crate::domain::delivery::Verdict;
use crate::domain::ids::OperationId;
use crate::domain::instant::Instant;
use crate::domain::outbox::{Attempt, Message, Target};
use crate::domain::refusal::Refusal;
use crate::web::Web;
use crate::web::auth::Bearer;
use crate::web::body::{Body, Few};
use crate::web::id::{Flag, Id};
use crate::web::prefer::Preferences;
use crate::workflow::{delivery, notify};

/// Largest body of a wish to send again.
const BODY_LIMIT: usize = 256 * 1024;

/// A receiver of a resend: an address, or an object as in the sign request.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Again {
    /// `"ap@customer.example"`
    Address(String),
    /// `{"email": "ap@customer.example", "language": "pt"}`
    Person(#[schema(inline)] PersonReceiver),
}

/// What was recorded.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Queued {
    operation_id: i64,
    /// How many mails; a mailbox named twice gets one.
    queued: usize,
}

/// One mail to one receiver.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Mail {
    id: i64,
    email: String,
    /// `NOTIFICATION` or `RESEND`.
    kind: &'static str,
    attach_documents: bool,
    /// `PENDING`, `SENT`, `RECEIVED`, `SENDING_ERROR` or `SENDING_FAILED`.
    #[schema(value_type = published::PublishedDeliveryStatus)]
    delivery_status: &'static str,
    /// RFC 5322 Message-ID, the same for every try.
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<String>,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    created: String,
    /// When it is tried next.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    next_try: Option<String>,
    /// When the receiver opened the link first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    opened: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    link_expires: Option<String>,
    link_revoked: bool,
    /// The last words about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_reply: Option<String>,
    /// Oldest first.
    attempts: Vec<AttemptAnswer>,
}

/// One try.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AttemptAnswer {
    #[schema(format = DateTime)]
    started: String,
    /// Absent while it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    ended: Option<String>,
    /// `ACCEPTED`, `LATER`, `NEVER`, `TOO_LARGE`, `RELAY` (the way is closed for everybody; not counted)
    /// or `INTERRUPTED` (the service stopped).
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<String>,
    /// The mail may have arrived although it does not say so.
    ambiguous: bool,
    /// The step it ended at.
    #[serde(skip_serializing_if = "Option::is_none")]
    phase: Option<String>,
    /// The mail server's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    reply: Option<String>,
}

/// Links that were closed.
#[derive(Serialize, ToSchema)]
pub struct Revoked {
    revoked: u64,
}

/// Sends the mail about a finished operation again, to its receivers or to others.
///
/// Every call is a new mail. Answered without a body, or with `Prefer: return=representation` with one.
#[utoipa::path(
    post, path = "/api/v0/delivery/mail/resend/{id}/{attachDocuments}", tag = "integration", operation_id = "resendMail",
    params(
        ("id" = i64, Path, description = "the operation"),
        ("attachDocuments" = bool, Path, description = "whether the sealed documents are attached"),
        ("Prefer" = Option<String>, Header, description = "return=representation"),
    ),
    request_body = Vec<Again>,
    security(("access_token" = [])),
    responses((status = 202, body = Queued), (status = 400, body = ErrorResponse), (status = 401, body = ErrorResponse),
        (status = 404, body = ErrorResponse), (status = 409, body = ErrorResponse), (status = 413, body = ErrorResponse),
        (status = 429, body = ErrorResponse))
)]
pub(in crate::web) async fn resend(
    State(web): State<Web>,
    Bearer(client): Bearer<Integration>,
    id: Id<Integration, OperationId>,
    attach: Flag<Integration>,
    headers: HeaderMap,
    body: Body<Integration, BODY_LIMIT>,
) -> Result<Response, Problem> {
    let receivers = request::receivers(read(&body)?, "receivers")?;
    let queued = notify::resend(&web.app, client.scope(), id.0, &receivers, attach.0).await?;
    let queued = Queued { operation_id: id.0.as_i64(), queued };
    if !Preferences::of(&headers).representation {
        return Ok(StatusCode::ACCEPTED.into_response());
    }
    let mut response = (StatusCode::ACCEPTED, Json(queued)).into_response();
    Preferences::say_representation(&mut response);
    Ok(response)
}

fn read(body: &Body<Integration, BODY_LIMIT>) -> Result<Vec<PersonReceiver>, Refusal> {
    if body.is_blank() {
        return Err(Refusal::NoReceivers);
    }
    let list = serde_json::from_slice(&body.0);
    let list: Few<serde_json::Value, RECEIVERS_KEPT> = list.map_err(|error| {
        if error.is_data() {
            let expected = "a list of mail addresses".to_owned();
            Refusal::MemberInvalid { path: "the body".to_owned(), expected }
        } else {
            Refusal::JsonMalformed { detail: error.to_string() }
        }
    })?;
    let Few { items, count } = list;
    if count > items.len() {
        return Err(Refusal::TooManyReceivers { count, limit: RECEIVERS_KEPT });
    }
    items
        .into_iter()
        .enumerate()
        .map(|(position, item)| {
            let person = match serde_json::from_value(item) {
                Ok(Again::Address(email)) => PersonReceiver::of(email),
                Ok(Again::Person(person)) => person,
                Err(_) => {
                    return Err(Refusal::MemberInvalid {
                        path: format!("receivers[{position}]"),
                        expected: "a mail address, or an object with a member email".to_owned(),
                    });
                }
            };
            Ok(person)
        })
        .collect()
}

/// The mails about an operation, with every try and the mail servers' words.
///
/// One for each receiver and each time that it was sent again, with the tries in their order; what is tried
/// again says when.
#[utoipa::path(
    get, path = "/api/v0/delivery/mail/{id}", tag = "integration", operation_id = "getMails",
    params(("id" = i64, Path, description = "the operation")),
    security(("access_token" = [])),
    responses((status = 200, body = Vec<Mail>), (status = 400, body = ErrorResponse), (status = 401, body = ErrorResponse),
        (status = 404, body = ErrorResponse))
)]
pub(in crate::web) async fn history(
    State(web): State<Web>,
    Bearer(client): Bearer<Integration>,
    id: Id<Integration, OperationId>,
) -> Result<Json<Vec<Mail>>, Problem> {
    let history = notify::history(&web.app, client.scope(), id.0).await?;
    Ok(Json(history.into_iter().filter_map(mail_answer).collect()))
}

/// Closes the links in the mails about an operation: they open nothing from then on.
///
/// Every link of every mail so far; mails that still wait are not sent. The answer counts the links that
/// were open. A mail that is sent again has a new one.
#[utoipa::path(
    delete, path = "/api/v0/delivery/mail/{id}/links", tag = "integration", operation_id = "revokeLinks",
    params(("id" = i64, Path, description = "the operation")),
    security(("access_token" = [])),
    responses((status = 200, body = Revoked), (status = 400, body = ErrorResponse), (status = 401, body = ErrorResponse),
        (status = 404, body = ErrorResponse))
)]
pub(in crate::web) async fn revoke_links(
    State(web): State<Web>,
    Bearer(client): Bearer<Integration>,
    id: Id<Integration, OperationId>,
) -> Result<Json<Revoked>, Problem> {
    let revoked = notify::revoke_links(&web.app, client.scope(), id.0, None).await?;
    Ok(Json(Revoked { revoked }))
}

fn mail_answer((message, attempts): (Message, Vec<Attempt>)) -> Option<Mail> {
    let Target::Mail { address, .. } = message.target else { return None };
    Some(Mail {
        id: message.id.as_i64(),
        email: address.as_str().to_owned(),
        kind: message.kind.as_str(),
        attach_documents: message.attach,
        delivery_status: names::delivery_status(message.status),
        message_id: message.mail_id,
        created: message.created.to_rfc3339(),
        next_try: message.next.map(Instant::to_rfc3339),
        opened: message.opened.map(Instant::to_rfc3339),
        link_expires: message.link_expires.map(Instant::to_rfc3339),
        link_revoked: message.link_revoked.is_some(),
        last_reply: message.last_reply,
        attempts: attempts.into_iter().map(attempt).collect(),
    })
}

fn attempt(attempt: Attempt) -> AttemptAnswer {
    AttemptAnswer {
        started: attempt.started.to_rfc3339(),
        ended: attempt.ended.map(Instant::to_rfc3339),
        result: attempt.verdict,
        ambiguous: attempt.ambiguous,
        phase: attempt.phase,
        reply: attempt.reply,
    }
}

/// Where the test mail goes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TestBody {
    /// Required.
    email: String,
    /// `pt`, `en`, `es`, `fr`, `de` or `it`; English without it.
    #[serde(default)]
    language: Option<String>,
}

/// The mail server took the test mail.
#[derive(Serialize, ToSchema)]
pub struct Tested {
    /// The mail server's words.
    reply: String,
}

/// Sends a test mail at once over the mail server of the client service, or the installation's.
///
/// One try, which is not repeated; 20 in an hour. 502 when the server does not take it, with its words.
#[utoipa::path(
    post, path = "/api/v0/delivery/mail/test", tag = "integration", operation_id = "sendTestMail",
    request_body = TestBody,
    security(("access_token" = [])),
    responses((status = 200, body = Tested), (status = 400, body = ErrorResponse), (status = 401, body = ErrorResponse),
        (status = 429, body = ErrorResponse), (status = 502, body = ErrorResponse))
)]
pub(in crate::web) async fn test(
    State(web): State<Web>,
    Bearer(client): Bearer<Integration>,
    body: Body<Integration, BODY_LIMIT>,
) -> Result<Json<Tested>, Problem> {
    let body: TestBody = body.object()?;
    let mut receiver = PersonReceiver::of(body.email);
    receiver.language = body.language;
    let receivers = request::receivers(vec![receiver], "receivers")?;
    let Some(receiver) = receivers.first() else { return Err(Refusal::NoReceivers.into()) };
    let service = client.client_service.id;
    web.test_mails.take(service, web.app.now()).map_err(Problem::hourly_limit)?;
    let language = receiver.language.unwrap_or_default();
    let tried = delivery::mail::test(&web.app, Some(service), &receiver.address, language).await?;
    match tried {
        Some(tried) if tried.verdict == Verdict::Accepted => {
            Ok(Json(Tested { reply: tried.reply }))
        }
        Some(tried) => Err(Problem::not_mailed(tried.phase, &tried.reply)),
        None => Err(Problem::not_mailed("setup", "no mail server is set up; ask the operator")),
    }
}
