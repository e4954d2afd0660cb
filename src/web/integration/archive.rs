//! The sealed documents of an operation as one file.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use utoipa::ToSchema;

use super::Integration;
use super::errors::{ErrorResponse, Problem};
use crate::domain::ids::OperationId;
use crate::web::Web;
use crate::web::auth::Bearer;
use crate::web::download;
use crate::web::id::Id;
use crate::workflow::{self, operations};

/// Octets as they are.
#[derive(ToSchema)]
#[schema(as = Octets, value_type = String, format = Binary)]
#[expect(dead_code, reason = "only its schema is of use")]
pub struct ZipOctets(Vec<u8>);

/// The sealed documents of a finished operation in one ZIP.
///
/// Each is called `<external reference>.<name>`, without what file systems do not take; of two that come
/// to the same name the later one gets a number. A document beside its seal comes too.
#[utoipa::path(
    get, path = "/api/v0/operation/sign/detail/{id}/documents", tag = "integration", operation_id = "getSignOperationDocuments",
    params(("id" = i64, Path, description = "the operation")),
    security(("access_token" = [])),
    responses((status = 200, description = "The ZIP.", body = ZipOctets, content_type = "application/zip"),
        (status = 400, body = ErrorResponse), (status = 401, body = ErrorResponse), (status = 404, body = ErrorResponse),
        (status = 409, body = ErrorResponse), (status = 413, body = ErrorResponse), (status = 429, body = ErrorResponse))
)]
pub(in crate::web) async fn documents(
    State(web): State<Web>,
    Bearer(client): Bearer<Integration>,
    id: Id<Integration, OperationId>,
) -> Result<Response, Problem> {
    let archive = operations::archive(&web.app, client.scope(), id.0).await?;
    // The documents and the archive of them are in memory at once.
    let place =
        web.archives.place(client.client_service.id, archive.length().saturating_mul(2)).await;
    let place = place.ok_or_else(Problem::too_many)?;
    let name = archive.name();
    // A task of its own: who goes away in the meantime does not free a place that is still in use.
    let app = Arc::clone(&web.app);
    let packing = tokio::spawn(async move { (archive.pack(&app).await, place) });
    let packed = packing.await.map_err(|error| workflow::Error::Internal(Box::new(error)))?;
    let (bytes, place) = packed;
    Ok(download::file(&web, &name, "application/zip".to_owned(), bytes?, place))
}
