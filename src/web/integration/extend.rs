//! Extending the preservation of an operation's documents: an operation of its own (EXTEND_PRESERVATION).

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::Integration;
use super::answer::{self, BaseOperation};
use super::errors::{ErrorResponse, Problem};
use super::lookup::invalid;
use super::published;
use crate::domain::ids::{ExternalReference, OperationId};
use crate::domain::level::Level;
use crate::domain::refusal::Refusal;
use crate::web::Web;
use crate::web::auth::Bearer;
use crate::web::body::Body;
use crate::web::id::Id;
use crate::web::prefer::Preferences;
use crate::workflow::extend::ExtendRequest;
use crate::workflow::{self, Thing, operations};

/// Largest body of a wish.
const BODY_LIMIT: usize = 16 * 1024;

/// How preservation is extended: one of the two, or both.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExtendPreservationRequest)]
pub struct ExtendBody {
    /// The client's name for this wish, unique among its requests: 1 to 255 printable characters.
    #[schema(value_type = String, required = true, min_length = 1, max_length = 255, example = "FT 2026/1 until 2046")]
    external_reference: Option<String>,
    /// Months from their reception that the documents are kept: not fewer than now, 1200 at most.
    #[schema(minimum = 1, maximum = 1200, example = 240)]
    storage_period: Option<u32>,
    /// The level that their seals are raised to. Seals at LTA get another archive timestamp when its renewal is due.
    #[schema(value_type = Option<published::ExtendedLevel>)]
    signature_level: Option<String>,
}

/// Extends the preservation of an operation's documents.
///
/// They are kept for longer, or their seals are raised to a level and archived. The wish is an operation of its own, of type
/// `EXTEND_PRESERVATION`, with a status as any other; safe to repeat. A seal that cannot be raised stays as it is, and says
/// why in `signWarnings`. Documents whose bytes change have another `signedSha256` then.
#[utoipa::path(
    post, path = "/api/v0/operation/extendPreservation/{id}", tag = "integration", operation_id = "extendPreservation",
    params(
        ("id" = i64, Path, description = "the operation whose documents it is about"),
        ("Prefer" = Option<String>, Header, description = "respond-async: the answer does not wait for \
            the end; wait=SECONDS: it waits no longer than this. What was done is in Preference-Applied."),
    ),
    request_body = ExtendBody,
    security(("access_token" = [])),
    responses((status = 200, description = "Recorded and, unless it takes longer than the server waits, done.", body = BaseOperation),
        (status = 202, description = "Recorded, with Prefer: respond-async; it ends by itself.", body = BaseOperation),
        (status = 400, body = ErrorResponse), (status = 401, body = ErrorResponse), (status = 404, body = ErrorResponse),
        (status = 409, body = ErrorResponse), (status = 413, body = ErrorResponse), (status = 429, body = ErrorResponse))
)]
pub(in crate::web) async fn extend(
    State(web): State<Web>,
    Bearer(client): Bearer<Integration>,
    id: Id<Integration, OperationId>,
    headers: HeaderMap,
    body: Body<Integration, BODY_LIMIT>,
) -> Result<Response, Problem> {
    let request = read(body.object()?)?;
    let (operation, _) = workflow::extend::extend(&web.app, client.scope(), id.0, &request).await?;
    let preferences = Preferences::of(&headers);
    let patience = preferences.waiting(web.sync_wait());
    let answered = async {
        operations::wait(&web.app, operation, patience).await?;
        let found = web.app.reader.operation(client.scope(), operation).await;
        let found = found.map_err(workflow::Error::from)?;
        Ok::<_, Problem>(found.ok_or(workflow::Error::NotFound(Thing::Operation))?)
    };
    let found = answered.await.map_err(|problem| problem.recorded_as(operation))?;
    let unfinished = answer::retry_after(&web, &found);
    let body = Json(answer::base(&client, &found));
    let mut response = (unfinished, body).into_response();
    if preferences.respond_async && !found.state.is_final() {
        *response.status_mut() = StatusCode::ACCEPTED;
    }
    preferences.say_waiting(&mut response);
    Ok(response)
}

fn read(body: ExtendBody) -> Result<ExtendRequest, Refusal> {
    let path = || "externalReference".to_owned();
    let reference =
        body.external_reference.ok_or_else(|| Refusal::MemberMissing { path: path() })?;
    let level = match body.signature_level.as_deref() {
        None => None,
        Some("LT") => Some(Level::Lt),
        Some("LTA") => Some(Level::Lta),
        Some(_) => return Err(invalid("signatureLevel", "LT or LTA")),
    };
    let external_reference = ExternalReference::parse(&reference)?;
    Ok(ExtendRequest { external_reference, months: body.storage_period, level })
}
