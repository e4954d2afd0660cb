//! The integration API (v0): the wire of Sign'Stash, spoken to the letter where it is documented.
//! Wire names end in this folder.

pub mod answer;
pub mod archive;
mod contained;
pub mod delivery;
mod earlier;
pub mod errors;
pub mod extend;
pub mod lookup;
pub mod multipart;
mod names;
mod overrides;
pub mod published;
pub mod request;
pub mod sign;
pub mod spelling;
mod text;
mod visible;
pub mod webhooks;
pub mod wire;
pub mod words;

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{delete, get, post};

use super::Web;
use super::surface::{Dialect, Stray, Surface};
use crate::app::{Caller, Client};
use crate::workflow::tokens::{self, Purpose};

/// Said of requests under a prefix of the proxy client: their answers carry the sealed documents.
#[derive(Clone, Copy)]
pub(super) struct AsProxy;

/// This surface. Whatever no other surface has belongs to it too.
pub struct Integration;

impl Dialect for Integration {
    fn stray(_: &Web, _: &HeaderMap, stray: Stray) -> Response {
        errors::Problem::from(stray).into_response()
    }
}

impl Surface for Integration {
    type Problem = errors::Problem;
    type Client = Arc<Client>;
    const PURPOSE: &'static Purpose = &tokens::INTEGRATION;

    fn needs(method: &Method) -> &'static str {
        if method.is_safe() { "read" } else { "write" }
    }

    fn admit(caller: Caller) -> Result<Arc<Client>, errors::Problem> {
        let Caller::Client(client) = caller;
        Ok(client)
    }
}

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/api/v0/document/sign/base64", post(sign::sign_base64))
        .route("/api/v0/document/sign", post(sign::sign_parts))
        .route(
            "/api/v0/operation/id/withDocumentExternalReference/{*reference}",
            get(lookup::id_with_document_reference),
        )
        .route("/api/v0/operation/id", get(lookup::id))
        .route("/api/v0/operation/byReference", get(lookup::by_reference))
        .route("/api/v0/operation/status/{id}", get(lookup::status))
        .route(
            "/api/v0/operation/sign/detail/{id}/contentInResponse/{includeContent}",
            get(lookup::detail),
        )
        .route("/api/v0/operation/sign/detail/{id}/documents", get(archive::documents))
        .route("/api/v0/operation/extendPreservation/{id}", post(extend::extend))
        .route("/api/v0/delivery/mail/resend/{id}/{attachDocuments}", post(delivery::resend))
        .route("/api/v0/delivery/mail/test", post(delivery::test))
        .route("/api/v0/delivery/mail/{id}", get(delivery::history))
        .route("/api/v0/delivery/mail/{id}/links", delete(delivery::revoke_links))
        .merge(webhooks::routes())
}
