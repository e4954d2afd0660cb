//! Finding operations again: by id, by the client's references, with or without contents.
//! What is not the caller's looks exactly like what is not there.
#![expect(unused_qualifications, reason = "utoipa::path expands params(...) with a full path")]

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use utoipa::IntoParams;

use super::Integration;
use super::answer::{self, BaseOperation, SignOperation};
use super::errors::{ErrorResponse, Problem};
use crate::domain::ids::{ExternalReference, OperationId};
use crate::domain::refusal::Refusal;
use crate::domain::scope::Scope;
use crate::web::Web;
use crate::web::auth::Bearer;
use crate::web::id::{Flag, Id};
use crate::workflow::{self, Thing};

/// References to look an operation up by; give one.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub struct References {
    /// The client's name for the request.
    external_reference: Option<String>,
    /// The client's name for a document.
    document_external_reference: Option<String>,
    /// Whether the answer carries the sealed documents (`byReference` only).
    include_content: Option<bool>,
}

/// Id of the operation that holds a document.
///
/// After a time-out: 200 with the id means the request was recorded and ends by itself; 404 means it
/// was never recorded and can be sent again.
#[utoipa::path(
    get, path = "/api/v0/operation/id/withDocumentExternalReference/{reference}", tag = "integration", operation_id = "getOperationIdByDocument",
    params(("reference" = String, Path, description = "the client's name for the document, percent-encoded")),
    security(("access_token" = [])),
    responses((status = 200, body = i64, content_type = "application/json"), (status = 400, body = ErrorResponse), (status = 401, body = ErrorResponse),
        (status = 404, body = ErrorResponse))
)]
pub(in crate::web) async fn id_with_document_reference(
    State(web): State<Web>,
    Bearer(client): Bearer<Integration>,
    reference: Result<Path<String>, PathRejection>,
) -> Result<Json<i64>, Problem> {
    let Path(reference) = reference.map_err(|_| not_utf8())?;
    let scope = client.scope();
    // A slash at the end may be the client's habit or part of the reference: the exact one first,
    // then one slash less, then none.
    let mut id = by_document(&web, scope, &reference).await?;
    if let (None, Some(shorter)) = (id, reference.strip_suffix('/')) {
        id = by_document(&web, scope, shorter).await?;
        if id.is_none() && shorter.ends_with('/') {
            id = by_document(&web, scope, shorter.trim_end_matches('/')).await?;
        }
    }
    Ok(Json(id.ok_or(workflow::Error::NotFound(Thing::Operation))?.as_i64()))
}

/// Id of an operation by either reference.
///
/// Give one of the two references, once. 404 means that nothing was recorded under it: it can be sent.
#[utoipa::path(
    get, path = "/api/v0/operation/id", tag = "integration", operation_id = "getOperationId", params(References),
    security(("access_token" = [])),
    responses((status = 200, body = i64, content_type = "application/json"), (status = 400, body = ErrorResponse), (status = 401, body = ErrorResponse),
        (status = 404, body = ErrorResponse))
)]
pub(in crate::web) async fn id(
    State(web): State<Web>,
    Bearer(client): Bearer<Integration>,
    references: Result<Query<References>, QueryRejection>,
) -> Result<Json<i64>, Problem> {
    let Query(references) = references.map_err(|_| no_reference())?;
    Ok(Json(by_either(&web, client.scope(), &references).await?.as_i64()))
}

/// The whole operation by either reference: recovery in one call.
///
/// Give one of the two references, once; with `includeContent=true` the sealed documents are in the answer.
#[utoipa::path(
    get, path = "/api/v0/operation/byReference", tag = "integration", operation_id = "getOperationByReference", params(References),
    security(("access_token" = [])),
    responses((status = 200, body = SignOperation), (status = 400, body = ErrorResponse), (status = 401, body = ErrorResponse),
        (status = 404, body = ErrorResponse), (status = 429, body = ErrorResponse))
)]
pub(in crate::web) async fn by_reference(
    State(web): State<Web>,
    Bearer(client): Bearer<Integration>,
    references: Result<Query<References>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(references) = references.map_err(|_| no_reference())?;
    let scope = client.scope();
    let id = by_either(&web, scope, &references).await?;
    let with_contents = references.include_content.unwrap_or(false);
    let found = answer::look_up(&web, &client, id).await?;
    answer::respond(&web, &client, found, false, with_contents).await
}

/// An operation without its documents.
///
/// Ask this while an operation is `PENDING_EXECUTION` or `EXECUTION_ERROR`: it goes on by itself, until it is
/// `EXECUTED` or `EXECUTION_FAILED`.
#[utoipa::path(
    get, path = "/api/v0/operation/status/{id}", tag = "integration", operation_id = "getOperationStatus",
    params(("id" = i64, Path, description = "the operation")),
    security(("access_token" = [])),
    responses((status = 200, body = BaseOperation), (status = 400, body = ErrorResponse), (status = 401, body = ErrorResponse),
        (status = 404, body = ErrorResponse))
)]
pub(in crate::web) async fn status(
    State(web): State<Web>,
    Bearer(client): Bearer<Integration>,
    id: Id<Integration, OperationId>,
) -> Result<Response, Problem> {
    let operation = web
        .app
        .reader
        .operation(client.scope(), id.0)
        .await
        .map_err(workflow::Error::from)?
        .ok_or(workflow::Error::NotFound(Thing::Operation))?;
    let unfinished = answer::retry_after(&web, &operation);
    Ok((unfinished, Json(answer::base(&client, &operation))).into_response())
}

/// An operation with its documents and, if asked for, the sealed bytes.
///
/// Sealed documents are there as soon as each is sealed, and the same bytes at every call. Where their
/// retention has ended the contents are left out.
#[utoipa::path(
    get, path = "/api/v0/operation/sign/detail/{id}/contentInResponse/{includeContent}", tag = "integration", operation_id = "getSignOperationDetail",
    params(
        ("id" = i64, Path, description = "the operation"),
        ("includeContent" = bool, Path, description = "whether the answer carries the sealed documents"),
    ),
    security(("access_token" = [])),
    responses((status = 200, body = SignOperation), (status = 400, body = ErrorResponse), (status = 401, body = ErrorResponse),
        (status = 404, body = ErrorResponse), (status = 429, body = ErrorResponse))
)]
pub(in crate::web) async fn detail(
    State(web): State<Web>,
    Bearer(client): Bearer<Integration>,
    id: Id<Integration, OperationId>,
    with_contents: Flag<Integration>,
) -> Result<Response, Problem> {
    let found = answer::look_up(&web, &client, id.0).await?;
    answer::respond(&web, &client, found, false, with_contents.0).await
}

async fn by_either(
    web: &Web,
    scope: Scope,
    references: &References,
) -> Result<OperationId, Problem> {
    let found = match (&references.external_reference, &references.document_external_reference) {
        (Some(reference), None) => match ExternalReference::parse(reference) {
            Ok(reference) => web
                .app
                .reader
                .operation_by_reference(scope, &reference)
                .await
                .map_err(workflow::Error::from)?,
            Err(_) => None,
        },
        (None, Some(reference)) => by_document(web, scope, reference).await?,
        (None, None) | (Some(_), Some(_)) => return Err(no_reference().into()),
    };
    Ok(found.ok_or(workflow::Error::NotFound(Thing::Operation))?)
}

async fn by_document(
    web: &Web,
    scope: Scope,
    reference: &str,
) -> Result<Option<OperationId>, Problem> {
    // What could never be accepted is not there.
    let Ok(reference) = ExternalReference::parse(reference) else { return Ok(None) };
    let found = web.app.reader.operation_of_document(scope, &reference).await;
    Ok(found.map_err(workflow::Error::from)?)
}

pub(super) fn invalid(path: &str, expected: &str) -> Refusal {
    Refusal::MemberInvalid { path: path.to_owned(), expected: expected.to_owned() }
}

fn no_reference() -> Refusal {
    Refusal::MemberMissing {
        path: "externalReference or documentExternalReference (one of them, once)".to_owned(),
    }
}

fn not_utf8() -> Refusal {
    invalid("the reference", "percent-encoded UTF-8")
}
