//! The integration API (v0): the wire of Sign'Stash, spoken to the letter where it is documented.
//! Wire names end in this folder.

pub mod answer;
pub mod delivery;
mod earlier;
pub mod errors;
pub mod lookup;
mod overrides;
pub mod request;
pub mod sign;
mod visible;
pub mod webhooks;

use axum::Router;
use axum::routing::{delete, get, post};

use super::Web;

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/api/v0/document/sign/base64", post(sign::sign_base64))
        .route(
            "/api/v0/operation/id/withDocumentExternalReference/{*reference}",
            get(lookup::id_with_document_reference),
        )
        .route("/api/v0/operation/id", get(lookup::id))
        .route("/api/v0/operation/byReference", get(lookup::by_reference))
        .route("/api/v0/operation/status/{id}", get(lookup::status))
        .route(
            "/api/v0/operation/sign/detail/{id}/contentInResponse/{include}",
            get(lookup::detail),
        )
        .route("/api/v0/delivery/mail/resend/{id}/{attach}", post(delivery::resend))
        .route("/api/v0/delivery/mail/test", post(delivery::test))
        .route("/api/v0/delivery/mail/{id}", get(delivery::history))
        .route("/api/v0/delivery/mail/{id}/links", delete(delivery::revoke_links))
        .merge(webhooks::routes())
}
