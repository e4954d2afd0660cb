//! Our own API (v1): verification, evidence records. It answers errors as problem details (RFC 9457); its wire names end in this
//! folder.

pub mod evidence;
mod parts;
pub mod problem;
pub mod verifications;

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};

use self::problem::ApiProblem;
use super::Web;
use super::surface::{Dialect, Stray, Surface};
use crate::app::{Caller, Client};
use crate::workflow::tokens::{self, Purpose};

/// This surface.
pub struct Api;

impl Dialect for Api {
    fn stray(_: &Web, _: &HeaderMap, stray: Stray) -> Response {
        ApiProblem::from(stray).into_response()
    }
}

impl Surface for Api {
    type Problem = ApiProblem;
    type Client = Arc<Client>;
    /// The access tokens of the integration API open it.
    const PURPOSE: &'static Purpose = &tokens::INTEGRATION;

    /// Whoever verifies changes nothing, whatever the method.
    fn needs(_: &Method) -> &'static str {
        "read"
    }

    fn admit(caller: Caller) -> Result<Arc<Client>, ApiProblem> {
        let Caller::Client(client) = caller;
        Ok(client)
    }
}

/// Addresses below `/api/v1`.
pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/verifications", post(verifications::verify))
        .route("/documents/{id}/evidence", get(evidence::of_document))
        .route("/evidence", get(evidence::of_reference))
}
