//! The OAuth2 authorization server: client credentials (RFC 6749, 4.4), its metadata (RFC 8414) and
//! its key set (RFC 7517).

use std::net::{IpAddr, SocketAddr};

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{ConnectInfo, Extension, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::portal::rate;
use super::surface::{Dialect, Stray};
use super::{Web, body};
use crate::domain::sources::sources;
use crate::workflow::tokens::{self, GrantError};

/// Longest token request; it holds a handful of short fields.
const BODY_LIMIT: usize = 16 * 1024;

/// This surface.
pub struct OAuth;

impl Dialect for OAuth {
    fn stray(_: &Web, _: &HeaderMap, stray: Stray) -> Response {
        no_store(Refused::stray(stray).into_response())
    }
}

/// Addresses below `/oauth2`.
pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/token", post(token))
        .route("/authorization-server/oauth/token", post(token))
        .route("/jwks", get(jwks))
        .layer(axum::extract::DefaultBodyLimit::max(BODY_LIMIT))
}

/// The address that RFC 8414 (3) sets.
pub(super) fn well_known() -> Router<Web> {
    Router::new().route("/.well-known/oauth-authorization-server", get(metadata))
}

/// What the token endpoint takes.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is of use")]
pub struct TokenForm {
    /// Always `client_credentials`.
    #[schema(example = "client_credentials")]
    grant_type: String,
    /// Alias of the client service, unless sent as HTTP Basic.
    client_id: Option<String>,
    /// Its secret, unless sent as HTTP Basic.
    client_secret: Option<String>,
    /// `read`, `write` or both, between blanks; both without it.
    scope: Option<String>,
}

/// Answer of the token endpoint.
#[derive(Serialize, ToSchema)]
pub struct TokenAnswer {
    /// The access token, a JWT; opaque to clients.
    pub access_token: String,
    /// Always `bearer`.
    pub token_type: &'static str,
    /// Seconds the token lives.
    pub expires_in: i64,
    /// OAuth scope.
    pub scope: String,
    /// Id of the token.
    pub jti: String,
}

/// Error answer of the token endpoint (RFC 6749, 5.2).
#[derive(Serialize, ToSchema)]
pub struct TokenError {
    /// `invalid_client`, `invalid_request`, `unsupported_grant_type`, `unauthorized_client`,
    /// `invalid_scope`, `temporarily_unavailable` or `server_error`.
    pub error: &'static str,
    /// For people.
    pub error_description: &'static str,
}

/// Grants an access token to a client service.
///
/// `grant_type` is `client_credentials`; `scope` may ask for less than the client service may do. The token is
/// a bearer token for this service alone, good for `expires_in` seconds.
#[utoipa::path(
    post, path = "/oauth2/token", tag = "oauth2", operation_id = "getAccessToken",
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded",
        description = "client_id and client_secret may be sent as HTTP Basic instead, which is better."),
    responses(
        (status = 200, body = TokenAnswer),
        (status = 400, body = TokenError),
        (status = 401, body = TokenError),
        (status = 413, body = TokenError),
        (status = 429, body = TokenError, description = "Log-ins failed too often there; Retry-After says \
            when the next one is looked at."),
    )
)]
pub async fn token(
    State(web): State<Web>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let answer = match body {
        Ok(_) if body::unpacked(&headers).is_err() => Err(Refused::packed()),
        Ok(body) => {
            let peer = peer.map(|Extension(ConnectInfo(peer))| peer);
            let address = rate::address(peer, &headers, &web.config.proxies);
            answer(&web, address, query.as_deref(), &headers, &body).await
        }
        Err(rejection) => Err(Refused::body(rejection.status())),
    };
    match answer {
        Ok(answer) => no_store(Json(answer).into_response()),
        Err(refusal) => no_store(refusal.into_response()),
    }
}

async fn answer(
    web: &Web,
    address: IpAddr,
    query: Option<&str>,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<TokenAnswer, Refused> {
    is_form(headers, body)?;
    let form = Form::read(query, body)?;
    match form.grant_type.as_deref() {
        Some("client_credentials") => {}
        Some(_) => {
            return Err(Refused::bad(
                "unsupported_grant_type",
                "send grant_type=client_credentials",
            ));
        }
        None => return Err(Refused::bad("invalid_request", "grant_type is missing")),
    }
    let scope = form.scope.clone();
    let (alias, secret) = credentials(headers, form)?;
    let purpose = &tokens::INTEGRATION;
    let shown = (alias.as_str(), &secret);
    let token = tokens::grant(&web.app, shown, address, purpose, scope.as_deref()).await?;
    Ok(TokenAnswer {
        access_token: token.value.expose_secret().to_owned(),
        token_type: "bearer",
        expires_in: token.expires_in,
        scope: token.scope,
        jti: token.jti,
    })
}

/// Tells those who send something else than a form: what it says would not be seen.
fn is_form(headers: &HeaderMap, body: &[u8]) -> Result<(), Refused> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = kind.unwrap_or_default().trim().to_ascii_lowercase();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    let object = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    if essence.ends_with("/json") || essence.ends_with("+json") || object {
        return Err(Refused::bad(
            "invalid_request",
            "the body is JSON; send application/x-www-form-urlencoded, as \
             grant_type=client_credentials",
        ));
    }
    if essence.starts_with("multipart/") {
        return Err(Refused::bad(
            "invalid_request",
            "the body is multipart; send application/x-www-form-urlencoded, as \
             grant_type=client_credentials",
        ));
    }
    Ok(())
}

/// Alias and secret, from HTTP Basic or from the body, never from both (RFC 6749, 2.3).
fn credentials(headers: &HeaderMap, form: Form) -> Result<(String, SecretString), Refused> {
    let basic = headers.get(header::AUTHORIZATION).map(basic).transpose()?;
    match (basic, form.client_id, form.client_secret) {
        (Some(_), _, Some(_)) => Err(Refused::bad(
            "invalid_request",
            "send the credentials once, as HTTP Basic or in the body",
        )),
        (Some((alias, _)), Some(other), None) if alias != other => {
            Err(Refused::bad("invalid_request", "client_id differs from the HTTP Basic user"))
        }
        (Some(pair), _, None) => Ok(pair),
        (None, Some(alias), Some(secret)) => Ok((alias, SecretString::from(secret))),
        (None, _, _) => Err(Refused::client()),
    }
}

/// Decodes `Basic base64(alias:secret)`; both parts are form-encoded (RFC 6749, 2.3.1), which our
/// aliases and secrets survive either way.
fn basic(value: &HeaderValue) -> Result<(String, SecretString), Refused> {
    let value = value.to_str().map_err(|_| Refused::client())?;
    let (scheme, encoded) = value.split_once(' ').ok_or_else(Refused::client)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(Refused::client());
    }
    let decoded = STANDARD.decode(encoded.trim()).map_err(|_| Refused::client())?;
    let decoded = String::from_utf8(decoded).map_err(|_| Refused::client())?;
    let (alias, secret) = decoded.split_once(':').ok_or_else(Refused::client)?;
    let plain = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    Ok((plain(alias), SecretString::from(plain(secret))))
}

#[derive(Default)]
struct Form {
    grant_type: Option<String>,
    scope: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
}

impl Form {
    /// Reads the body's form fields, and `grant_type` and `scope` also from the query, where some
    /// clients put them. Credentials in a query are refused: queries end up in logs.
    fn read(query: Option<&str>, body: &[u8]) -> Result<Self, Refused> {
        let body = std::str::from_utf8(body)
            .map_err(|_| Refused::bad("invalid_request", "the body is not a form"))?;
        let mut form = Self::default();
        for (name, value) in pairs(query.unwrap_or_default()) {
            match &*name {
                "grant_type" => set(&mut form.grant_type, value)?,
                "scope" => set(&mut form.scope, value)?,
                "client_secret" => {
                    return Err(Refused::bad(
                        "invalid_request",
                        "never send client_secret in the address",
                    ));
                }
                _ => {}
            }
        }
        for (name, value) in pairs(body) {
            match &*name {
                "grant_type" => set(&mut form.grant_type, value)?,
                "scope" => set(&mut form.scope, value)?,
                "client_id" => set(&mut form.client_id, value)?,
                "client_secret" => set(&mut form.client_secret, value)?,
                _ => {}
            }
        }
        Ok(form)
    }
}

/// A parameter may come twice only with the same value (RFC 6749, 3.2: not more than once; the same
/// grant_type in query and body is what some clients do).
fn set(slot: &mut Option<String>, value: String) -> Result<(), Refused> {
    match slot {
        Some(before) if *before != value => {
            Err(Refused::bad("invalid_request", "a parameter is there twice with different values"))
        }
        _ => {
            *slot = Some(value);
            Ok(())
        }
    }
}

fn pairs(encoded: &str) -> impl Iterator<Item = (String, String)> {
    form_urlencoded::parse(encoded.as_bytes())
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
}

struct Refused {
    status: StatusCode,
    error: &'static str,
    description: &'static str,
    /// Seconds until it may help to try again.
    wait: Option<u64>,
}

impl Refused {
    const fn bad(error: &'static str, description: &'static str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error, description, wait: None }
    }

    /// The body was not read: too large, or it did not arrive.
    const fn body(status: StatusCode) -> Self {
        let description = "the body must be a form of at most 16 KiB and arrive whole";
        Self { status, error: "invalid_request", description, wait: None }
    }

    const fn packed() -> Self {
        let description = "Content-Encoding is not unpacked here; send the body as it is";
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        Self { status, error: "invalid_request", description, wait: None }
    }

    const fn stray(stray: Stray) -> Self {
        let (status, error, description) = match stray {
            Stray::Address => (
                StatusCode::NOT_FOUND,
                "invalid_request",
                "there is nothing at this address; see /.well-known/oauth-authorization-server",
            ),
            Stray::Method => (
                StatusCode::METHOD_NOT_ALLOWED,
                "invalid_request",
                "this address does not take that method; tokens are asked for with POST",
            ),
            Stray::Host => (
                StatusCode::BAD_REQUEST,
                "invalid_request",
                "a request of HTTP/1.1 has one Host header (RFC 9112, 3.2); send it",
            ),
            Stray::Panic => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "server_error",
                "the fault is logged under the request id",
            ),
        };
        Self { status, error, description, wait: None }
    }

    const fn client() -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            error: "invalid_client",
            description: "client authentication failed; check alias and secret",
            wait: None,
        }
    }
}

impl From<GrantError> for Refused {
    fn from(error: GrantError) -> Self {
        match error {
            GrantError::InvalidClient => Self::client(),
            GrantError::Wait(seconds) => Self {
                status: StatusCode::TOO_MANY_REQUESTS,
                error: "temporarily_unavailable",
                description: "log-ins failed too often; check alias and secret, and wait as long as \
                              Retry-After says",
                wait: Some(seconds),
            },
            GrantError::InvalidScope => Self::bad("invalid_scope", "the scopes are read and write"),
            GrantError::Suspended => Self::bad(
                "unauthorized_client",
                "the client service or its issuer is suspended; ask the operator",
            ),
            GrantError::Failed(error) => {
                tracing::error!(error = %sources(&error), "no token granted");
                Self {
                    status: StatusCode::SERVICE_UNAVAILABLE,
                    error: "temporarily_unavailable",
                    description: "try again in a moment",
                    wait: None,
                }
            }
        }
    }
}

impl axum::response::IntoResponse for Refused {
    fn into_response(self) -> Response {
        let body = TokenError { error: self.error, error_description: self.description };
        let mut response = (self.status, Json(body)).into_response();
        if self.status == StatusCode::UNSUPPORTED_MEDIA_TYPE {
            // RFC 9110, 15.5.16
            let codings = HeaderValue::from_static("identity");
            response.headers_mut().insert(header::ACCEPT_ENCODING, codings);
        }
        if let Some(seconds) = self.wait {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Basic realm=\"chancery\", charset=\"UTF-8\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

fn no_store(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

async fn jwks(State(web): State<Web>) -> Response {
    let body = Json(json!({ "keys": web.app.token_keys.public_set() }));
    ([(header::CACHE_CONTROL, "public, max-age=300")], body).into_response()
}

async fn metadata(State(web): State<Web>) -> Response {
    let issuer = &web.app.issuer;
    let body = Json(json!({
        "issuer": issuer,
        "token_endpoint": format!("{issuer}/oauth2/token"),
        "jwks_uri": format!("{issuer}/oauth2/jwks"),
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": [],
        "scopes_supported": tokens::INTEGRATION.scopes,
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    }));
    ([(header::CACHE_CONTROL, "public, max-age=300")], body).into_response()
}
