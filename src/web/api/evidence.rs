//! The evidence record of a preserved document, as a file: `GET /api/v1/documents/{id}/evidence`.
#![expect(unused_qualifications, reason = "utoipa::path expands params(...) with a full path")]

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::Api;
use super::problem::{ApiProblem, ProblemDetails};
use crate::domain::ids::{ClientServiceId, DocumentId, ExternalReference};
use crate::domain::refusal::Refusal;
use crate::web::Web;
use crate::web::auth::Bearer;
use crate::web::download;
use crate::web::id::Id;
use crate::workflow::preservation::{self, FoundEvidence};
use crate::workflow::{Error, Thing};

/// Octets that a record has beside those of its document, and the trees it is read from.
const MOST_OF_RECORD: u64 = 2 << 20;

/// DER.
#[derive(ToSchema)]
#[schema(as = EvidenceRecord, value_type = String, format = Binary)]
#[expect(dead_code, reason = "only its schema is of use")]
pub struct RecordOctets(Vec<u8>);

/// Which document it is about.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub struct DocumentReference {
    /// The client's name for the document.
    document_external_reference: Option<String>,
}

/// The evidence record of a preserved document.
///
/// It proves that the document, as it is kept, was there (RFC 4998, DER): `chancery evidence verify`, or any reader of
/// such records, checks it with the document alone. There is one from the day after the document was sealed on
/// (`evidence-pending` until then), of documents that were sent with `preserveContent: true`. It is renewed in time: a
/// record that was fetched years ago may have to be fetched again.
#[utoipa::path(
    get, path = "/api/v1/documents/{id}/evidence", tag = "evidence", operation_id = "getEvidence",
    params(("id" = i64, Path, description = "the document: internalId in answers about its operation")),
    security(("access_token" = [])),
    responses((status = 200, description = "The record.", body = RecordOctets, content_type = "application/octet-stream"),
        (status = 401, body = ProblemDetails, content_type = "application/problem+json"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json"),
        (status = 429, body = ProblemDetails, content_type = "application/problem+json"))
)]
pub(in crate::web) async fn of_document(
    State(web): State<Web>,
    Bearer(client): Bearer<Api>,
    id: Id<Api, DocumentId>,
) -> Result<Response, ApiProblem> {
    let found = preservation::find_evidence(&web.app, client.scope(), id.0).await?;
    answer(&web, client.client_service.id, found).await
}

/// The evidence record of a preserved document, by the client's name for the document.
#[utoipa::path(
    get, path = "/api/v1/evidence", tag = "evidence", operation_id = "getEvidenceByReference", params(DocumentReference),
    security(("access_token" = [])),
    responses((status = 200, description = "The record.", body = RecordOctets, content_type = "application/octet-stream"),
        (status = 400, body = ProblemDetails, content_type = "application/problem+json"),
        (status = 401, body = ProblemDetails, content_type = "application/problem+json"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json"),
        (status = 429, body = ProblemDetails, content_type = "application/problem+json"))
)]
pub(in crate::web) async fn of_reference(
    State(web): State<Web>,
    Bearer(client): Bearer<Api>,
    reference: Result<Query<DocumentReference>, QueryRejection>,
) -> Result<Response, ApiProblem> {
    let reference = reference.ok().and_then(|Query(it)| it.document_external_reference);
    let path = || "documentExternalReference (once)".to_owned();
    let reference = reference.ok_or_else(|| Refusal::MemberMissing { path: path() })?;
    // What could never be accepted is not there.
    let parsed = ExternalReference::parse(&reference);
    let reference = parsed.map_err(|_| Error::NotFound(Thing::Evidence))?;
    let scope = client.scope();
    let found = preservation::find_evidence_by_reference(&web.app, scope, &reference).await?;
    answer(&web, client.client_service.id, found).await
}

async fn answer(
    web: &Web,
    party: ClientServiceId,
    found: FoundEvidence,
) -> Result<Response, ApiProblem> {
    // The document is in memory while the record is made.
    let octets = found.length().saturating_add(MOST_OF_RECORD);
    let place = web.bytes.place(party, octets).await.ok_or(Error::Busy)?;
    let file = found.record(&web.app).await?;
    let (name, octets) = (file.name, file.record.to_der());
    Ok(download::file(web, &name, "application/octet-stream".to_owned(), octets, place))
}
