//! The OpenAPI document, made from the handlers themselves.

use axum::routing::get;
use axum::{Json, Router};
use utoipa::OpenApi;
use utoipa::openapi::security::{ClientCredentials, Flow, OAuth2, Scopes, SecurityScheme};

use super::settings_schema::AsOverrides;
use super::{Web, integration, oauth};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Chancery integration API",
        description = "Seals invoices in bulk. Every call is safe to repeat."
    ),
    paths(
        oauth::token,
        integration::sign::sign_base64,
        integration::lookup::id_with_document_reference,
        integration::lookup::id,
        integration::lookup::by_reference,
        integration::lookup::status,
        integration::lookup::detail,
        integration::delivery::resend,
        integration::delivery::history,
        integration::delivery::revoke_links,
        integration::delivery::test,
    ),
    modifiers(&AccessToken, &AsOverrides)
)]
struct Document;

struct AccessToken;

impl utoipa::Modify for AccessToken {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let flow = Flow::ClientCredentials(ClientCredentials::new(
            "/oauth2/token",
            Scopes::from_iter([("read", "look operations up"), ("write", "seal documents")]),
        ));
        let scheme = SecurityScheme::OAuth2(OAuth2::new([flow]));
        openapi.components.get_or_insert_default().add_security_scheme("access_token", scheme);
    }
}

/// The document as it lies in `docs/openapi.json`.
pub(super) fn text() -> String {
    Document::openapi().to_pretty_json().unwrap_or_default()
}

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/openapi.json", get(|| async { Json(Document::openapi()) }))
}
