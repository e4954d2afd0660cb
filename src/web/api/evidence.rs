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

/// DER, or XML.
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
    /// `der` (RFC 4998; also without it) or `xml` (RFC 6283).
    format: Option<String>,
}

/// In which syntax the record is wanted.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WantedSyntax {
    /// `der` (RFC 4998; also without it) or `xml` (RFC 6283).
    format: Option<String>,
}

/// The syntax of an evidence record.
#[derive(Clone, Copy)]
enum RecordFormat {
    Der,
    Xml,
}

impl RecordFormat {
    fn parse(text: Option<&str>) -> Result<Self, Refusal> {
        match text {
            None | Some("der") => Ok(Self::Der),
            Some("xml") => Ok(Self::Xml),
            Some(_) => {
                let (path, expected) = ("format (once)".to_owned(), "der or xml".to_owned());
                Err(Refusal::MemberInvalid { path, expected })
            }
        }
    }
}

/// The evidence record of a preserved document.
///
/// It proves that the document, as it is kept, was there (RFC 4998, DER): `chancery evidence verify`, or any reader of
/// such records, checks it with the document alone. With `format=xml` it is one in XML (RFC 6283), of documents that are
/// no XML, until it is renewed for the first time (`evidence-only-der` else). There is one from the day after the document was sealed on
/// (`evidence-pending` until then), of documents that were sent with `preserveContent: true`. It is renewed in time: a
/// record that was fetched years ago may have to be fetched again.
#[utoipa::path(
    get, path = "/api/v1/documents/{id}/evidence", tag = "evidence", operation_id = "getEvidence",
    params(("id" = i64, Path, description = "the document: internalId in answers about its operation"), WantedSyntax),
    security(("access_token" = [])),
    responses((status = 200, description = "The record.", content(
            (RecordOctets = "application/octet-stream"), (RecordOctets = "application/xml"))),
        (status = 400, body = ProblemDetails, content_type = "application/problem+json"),
        (status = 401, body = ProblemDetails, content_type = "application/problem+json"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json"),
        (status = 429, body = ProblemDetails, content_type = "application/problem+json"))
)]
pub(in crate::web) async fn of_document(
    State(web): State<Web>,
    Bearer(client): Bearer<Api>,
    id: Id<Api, DocumentId>,
    wanted: Result<Query<WantedSyntax>, QueryRejection>,
) -> Result<Response, ApiProblem> {
    let format = match &wanted {
        Ok(Query(wanted)) => RecordFormat::parse(wanted.format.as_deref())?,
        Err(_) => RecordFormat::parse(Some(""))?,
    };
    let found = preservation::find_evidence(&web.app, client.scope(), id.0).await?;
    answer(&web, client.client_service.id, found, format).await
}

/// The evidence record of a preserved document, by the client's name for the document.
///
/// As by its id; the document is found by the reference that it was sent with.
#[utoipa::path(
    get, path = "/api/v1/evidence", tag = "evidence", operation_id = "getEvidenceByReference", params(DocumentReference),
    security(("access_token" = [])),
    responses((status = 200, description = "The record.", content(
            (RecordOctets = "application/octet-stream"), (RecordOctets = "application/xml"))),
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
    let query = reference.ok().map(|Query(query)| query);
    let (reference, format) = query.map(|it| (it.document_external_reference, it.format)).unzip();
    let path = || "documentExternalReference (once)".to_owned();
    let reference = reference.flatten().ok_or_else(|| Refusal::MemberMissing { path: path() })?;
    let format = RecordFormat::parse(format.flatten().as_deref())?;
    // What could never be accepted is not there.
    let parsed = ExternalReference::parse(&reference);
    let reference = parsed.map_err(|_| Error::NotFound(Thing::Evidence))?;
    let scope = client.scope();
    let found = preservation::find_evidence_by_reference(&web.app, scope, &reference).await?;
    answer(&web, client.client_service.id, found, format).await
}

async fn answer(
    web: &Web,
    party: ClientServiceId,
    found: FoundEvidence,
    format: RecordFormat,
) -> Result<Response, ApiProblem> {
    // The document is in memory while the record is made.
    let octets = found.length().saturating_add(MOST_OF_RECORD);
    let place = web.bytes.place(party, octets).await.ok_or(Error::Busy)?;
    let file = found.record(&web.app).await?;
    let (name, media, octets) = match format {
        RecordFormat::Der => (file.name, "application/octet-stream", file.record.to_der()),
        RecordFormat::Xml => {
            let octets = file.in_xml(&web.app).await?;
            (format!("{}.xml", file.name), "application/xml", octets)
        }
    };
    Ok(download::file(web, &name, media.to_owned(), octets, place))
}
