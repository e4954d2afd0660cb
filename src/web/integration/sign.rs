//! The sign call: decode, accept, wait, answer. The work itself goes on without this request.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use tracing::Instrument as _;
use utoipa::ToSchema;

use super::archive::ZipOctets;
use super::errors::{ErrorResponse, Problem};
use super::request::Decoded;
use super::{AsProxy, Integration, answer, multipart, request, wire};
use crate::app::{Client, Limits};
use crate::domain::ids::ClientServiceId;
use crate::domain::refusal::Refusal;
use crate::web::auth::Bearer;
use crate::web::elsewhere::elsewhere;
use crate::web::prefer::Preferences;
use crate::web::{Web, body, intake};
use crate::workflow::accept::{self, Accepted};
use crate::workflow::{self, operations};

const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// What of the request's headers had no effect.
const WARNING: HeaderName = HeaderName::from_static("chancery-warning");
const KEY_IGNORED: &str =
    "Idempotency-Key had no effect: externalReference makes the request safe to repeat";

/// Bodies above this size are decoded on a thread of their own, so that others are answered meanwhile.
const DECODE_ELSEWHERE_BYTES: usize = 128 * 1024;

/// Seals a batch of documents sent as base64.
///
/// Safe to repeat: the same request again gives the same operation and the same bytes.
#[utoipa::path(
    post, path = "/api/v0/document/sign/base64", tag = "integration", operation_id = "signDocumentBatchBase64",
    params(
        ("Prefer" = Option<String>, Header, description = "respond-async: the answer does not wait for \
            the seals; wait=SECONDS: it waits no longer than this. What was done is in Preference-Applied."),
    ),
    request_body = wire::SignBody<'static>,
    security(("access_token" = [])),
    responses(
        (status = 200, description = "Recorded and, unless it takes longer than the server waits, finished. \
            Look at status and at every document's signStatus.", body = answer::SignOperation),
        (status = 202, description = "Recorded, with Prefer: respond-async; it ends by itself.",
            body = answer::SignOperation),
        (status = 400, body = ErrorResponse), (status = 401, body = ErrorResponse),
        (status = 403, body = ErrorResponse), (status = 409, body = ErrorResponse),
        (status = 413, body = ErrorResponse), (status = 415, body = ErrorResponse),
        (status = 429, body = ErrorResponse),
        (status = 503, body = ErrorResponse),
    )
)]
pub(in crate::web) async fn sign_base64(
    State(web): State<Web>,
    request: Request,
) -> Result<Response, Problem> {
    answered(&web, request, Form::Json).await
}

/// A sign request in parts.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is of use")]
#[schema(rename_all = "camelCase")]
pub struct SignForm {
    /// The documents, in the order of `documents` or called as their `name`s are.
    files: Vec<ZipOctets>,
    /// As the body of the call with base64, without `base64Content`.
    sign_request: wire::SignBody<'static>,
}

/// Seals a batch of documents sent as they are, in the parts of a form.
///
/// The same request as with base64: it may be repeated either way.
#[utoipa::path(
    post, path = "/api/v0/document/sign", tag = "integration", operation_id = "signDocumentBatchBinary",
    request_body(content = SignForm, content_type = "multipart/form-data"),
    security(("access_token" = [])),
    responses(
        (status = 200, description = "Recorded and, unless it takes longer than the server waits, finished. \
            Look at status and at every document's signStatus.", body = answer::SignOperation),
        (status = 400, body = ErrorResponse), (status = 401, body = ErrorResponse),
        (status = 403, body = ErrorResponse), (status = 409, body = ErrorResponse),
        (status = 413, body = ErrorResponse), (status = 429, body = ErrorResponse),
        (status = 503, body = ErrorResponse),
    )
)]
pub(in crate::web) async fn sign_parts(
    State(web): State<Web>,
    request: Request,
) -> Result<Response, Problem> {
    answered(&web, request, Form::Parts).await
}

/// How a request comes.
#[derive(Clone, Copy)]
enum Form {
    Json,
    Parts,
}

async fn answered(web: &Web, request: Request, form: Form) -> Result<Response, Problem> {
    let (mut parts, mut body) = request.into_parts();
    let answer = sign(web, &mut parts, &mut body, form).await;
    if answer.is_err() && !parts.headers.contains_key(header::EXPECT) {
        intake::hear_out(web, &mut body).await;
    }
    answer
}

async fn sign(
    web: &Web,
    parts: &mut Parts,
    body: &mut Body,
    form: Form,
) -> Result<Response, Problem> {
    let Bearer(client) = Bearer::<Integration>::from_request_parts(parts, web).await?;
    let whose = client.client_service.id;
    let (turn, mut place) = intake::place(web, &parts.headers, whose).await?;
    let (decoded, place) = match form {
        Form::Json => {
            let limit = web.config.body_limit_bytes;
            let body = body::read(web, &parts.headers, body, limit, &mut place).await?;
            let large = body.len() > DECODE_ELSEWHERE_BYTES;
            let decode = move |limits: &Limits| request::decode(&body, limits);
            decoded(web, whose, large, (turn, place), decode).await?
        }
        Form::Parts => {
            let parts = multipart::read(web, &parts.headers, body, &mut place).await?;
            let large = parts.request.len() > DECODE_ELSEWHERE_BYTES;
            let decode = move |limits: &Limits| request::decode_parts(parts, limits);
            decoded(web, whose, large, (turn, place), decode).await?
        }
    };

    // In a task of its own: a client that hangs up here must not leave a recorded operation without
    // somebody who executes it until its lease ends. The place goes with it, as the work does.
    let (app, requester) = (Arc::clone(&web.app), Arc::clone(&client));
    let accepting = async move {
        accept::accept(&app, &requester, decoded.request, Some(Box::new(place))).await
    };
    let accepted = tokio::spawn(accepting.in_current_span())
        .await
        .map_err(|error| workflow::Error::Uncertain("the service", Box::new(error)))??;
    let preferences = Preferences::of(&parts.headers);
    let answer = Answering {
        patience: preferences.waiting(web.sync_wait()),
        with_contents: decoded.return_signed_content || parts.extensions.get::<AsProxy>().is_some(),
    };
    let answered = answer.of(web, &client, accepted).await;
    let (mut response, ended) =
        answered.map_err(|problem| problem.recorded_as(accepted.operation))?;
    if accepted.replayed {
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    }
    if preferences.respond_async && !ended {
        *response.status_mut() = StatusCode::ACCEPTED;
    }
    preferences.say_waiting(&mut response);
    if parts.headers.contains_key(IDEMPOTENCY_KEY) {
        let words = HeaderValue::from_static(KEY_IGNORED);
        response.headers_mut().insert(WARNING, words);
    }
    Ok(response)
}

/// How an accepted request is answered.
struct Answering {
    patience: Duration,
    with_contents: bool,
}

impl Answering {
    /// The answer, and whether the operation has ended.
    async fn of(
        &self,
        web: &Web,
        client: &Arc<Client>,
        accepted: Accepted,
    ) -> Result<(Response, bool), Problem> {
        operations::wait(&web.app, accepted.operation, self.patience).await?;
        let found = answer::look_up(web, client, accepted.operation).await?;
        let ended = found.has_ended();
        let response =
            answer::respond(web, client, found, accepted.replayed, self.with_contents).await?;
        Ok((response, ended))
    }
}

/// Decodes a request, on a thread of its own when that takes long. Its place is given back with it.
async fn decoded<H: Send + 'static>(
    web: &Web,
    party: ClientServiceId,
    large: bool,
    place: H,
    decode: impl FnOnce(&Limits) -> Result<Decoded, Refusal> + Send + 'static,
) -> Result<(Decoded, H), Problem> {
    let limits = web.app.limits.clone();
    let (decoded, place) = if large {
        let decoded = elsewhere(&web.app.engine, party, place, move || decode(&limits)).await;
        decoded.map_err(|error| workflow::Error::Internal(Box::new(error)))?
    } else {
        (decode(&limits), place)
    };
    Ok((decoded?, place))
}
