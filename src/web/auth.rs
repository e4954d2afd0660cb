//! Who calls: the bearer token of a request.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use super::Web;
use super::surface::{NoCaller, Surface};
use crate::app::Caller;
use crate::workflow::tokens;

/// Whom the surface serves, by the access token of the request (RFC 6750, 2.1; the scheme in any case).
pub(super) struct Bearer<S: Surface>(pub(super) S::Client);

impl<S: Surface> FromRequestParts<Web> for Bearer<S> {
    type Rejection = S::Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, S::Problem> {
        let token = shown(&parts.headers)?;
        let needed = S::needs(&parts.method);
        let caller = tokens::caller(&web.app, token, S::PURPOSE, needed).await;
        let caller = caller.map_err(NoCaller::Token)?;
        let Caller::Client(client) = &caller;
        // Whose the body is that may come behind.
        parts.extensions.insert(client.client_service.id);
        S::admit(caller).map(Self)
    }
}

/// The access token that a request shows.
fn shown(headers: &HeaderMap) -> Result<&str, NoCaller> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next().ok_or(NoCaller::Missing)?;
    if values.next().is_some() {
        return Err(NoCaller::Malformed);
    }
    let value = value.to_str().map_err(|_| NoCaller::Malformed)?.trim();
    let (scheme, token) = match value.split_once(' ') {
        // Another way to show who one is, so no token at all.
        Some((scheme, _)) if !scheme.eq_ignore_ascii_case("bearer") => {
            return Err(NoCaller::Missing);
        }
        Some((scheme, token)) => (scheme, token.trim()),
        None => (value, ""),
    };
    // b64token (RFC 6750, 2.1)
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    let bearer = scheme.eq_ignore_ascii_case("bearer");
    if bearer && !token.is_empty() && token.bytes().all(plain) {
        Ok(token)
    } else {
        Err(NoCaller::Malformed)
    }
}
