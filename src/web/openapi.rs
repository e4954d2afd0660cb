//! The OpenAPI document, made from the handlers themselves.

use axum::routing::get;
use axum::{Json, Router};
use utoipa::OpenApi;
use utoipa::openapi::security::{ClientCredentials, Flow, OAuth2, Scopes, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Ref, ResponseBuilder};

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
        integration::webhooks::list,
        integration::webhooks::add,
        integration::webhooks::show,
        integration::webhooks::change,
        integration::webhooks::remove,
        integration::webhooks::rotate_secret,
        integration::webhooks::test,
        integration::webhooks::replay,
        integration::webhooks::attempts,
        integration::delivery::test,
    ),
    modifiers(&AccessToken, &Guarded, &AsOverrides)
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

/// What every call with an access token may answer.
struct Guarded;

impl utoipa::Modify for Guarded {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        for item in openapi.paths.paths.values_mut() {
            let operations =
                [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
            for operation in operations.into_iter().flatten() {
                if operation.security.is_none() {
                    continue;
                }
                for (status, description) in [
                    ("403", "The client service or its issuer is suspended."),
                    ("503", "Something behind does not answer; try again."),
                ] {
                    let answers = &mut operation.responses.responses;
                    answers.entry(status.to_owned()).or_insert_with(|| {
                        let body = ContentBuilder::new()
                            .schema(Some(Ref::from_schema_name("ErrorResponse")))
                            .build();
                        let answer = ResponseBuilder::new().description(description);
                        answer.content("application/json", body).build().into()
                    });
                }
            }
        }
    }
}

/// The document as it lies in `docs/openapi.json`.
pub(super) fn text() -> String {
    Document::openapi().to_pretty_json().unwrap_or_default()
}

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/openapi.json", get(|| async { Json(Document::openapi()) }))
}
