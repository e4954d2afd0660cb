//! Who calls: the bearer token of a request.

use std::sync::Arc;

use axum::http::{HeaderMap, header};

use super::Web;
use super::integration::errors::Problem;
use crate::app::Caller;
use crate::workflow::tokens;

/// The client service behind the request's bearer token (RFC 6750, 2.1; the scheme in any case).
///
/// # Errors
/// The problem to answer with.
pub(super) async fn caller(web: &Web, headers: &HeaderMap) -> Result<Arc<Caller>, Problem> {
    let token = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim());
    match token {
        Some(token) => Ok(tokens::caller(&web.app, token).await?),
        None => Err(tokens::BearerError::Invalid.into()),
    }
}
