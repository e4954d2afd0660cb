//! The OpenAPI document, made from the handlers themselves.

mod answers;
mod events;

use axum::routing::get;
use axum::{Json, Router};
use utoipa::OpenApi;
use utoipa::openapi::ResponseBuilder;
use utoipa::openapi::security::{ClientCredentials, Flow, OAuth2, Scopes, SecurityScheme};

use self::answers::Answers;
use self::events::Events;
use super::integration::{published, wire};
use super::settings_schema::AsOverrides;
use super::{Web, api, integration, oauth};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Chancery integration API",
        description = "Seals invoices in bulk. Every call is safe to repeat."
    ),
    servers(
        (url = "/", description = "This service."),
        (url = "/signstash/einvoice-integration-ws", description = "The same, where Sign'Stash has it."),
        (url = "/signstash/einvoice-integration-client-ws",
            description = "The same, where Sign'Stash's proxy has it: sign calls answer with the documents."),
    ),
    tags(
        (name = "integration", description = "Documents in, sealed documents out."),
        (name = "verification", description = "Whether signatures hold."),
        (name = "evidence", description = "Proofs that preserved documents were there."),
        (name = "webhooks", description = "Endpoints that are told what happened."),
        (name = "oauth2", description = "Access tokens."),
    ),
    components(schemas(
        wire::XadesSignatureInfo,
        wire::PadesSignatureInfo,
        wire::CadesSignatureInfo,
        published::OperationEvent,
        published::DocumentEvent,
        published::NotificationEvent,
        published::CredentialEvent,
        published::TestEvent,
    )),
    paths(
        oauth::token,
        integration::sign::sign_base64,
        integration::sign::sign_parts,
        integration::lookup::id_with_document_reference,
        integration::lookup::id,
        integration::lookup::by_reference,
        integration::lookup::status,
        integration::lookup::detail,
        integration::archive::documents,
        integration::extend::extend,
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
        api::verifications::verify,
        api::evidence::of_document,
        api::evidence::of_reference,
    ),
    modifiers(&AccessToken, &Guarded, &Answers, &Events, &AsOverrides)
)]
struct Document;

struct AccessToken;

impl utoipa::Modify for AccessToken {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let flow = Flow::ClientCredentials(ClientCredentials::new(
            "/oauth2/token",
            Scopes::from_iter([
                ("read", "look operations up, verify files"),
                ("write", "seal documents"),
            ]),
        ));
        let scheme = SecurityScheme::OAuth2(OAuth2::new([flow]));
        openapi.components.get_or_insert_default().add_security_scheme("access_token", scheme);
    }
}

/// What every call with an access token may answer.
struct Guarded;

impl utoipa::Modify for Guarded {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        for (path, item) in &mut openapi.paths.paths {
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
                        let (media_type, body) = answers::error_body(path);
                        let answer = ResponseBuilder::new().description(description);
                        answer.content(media_type, body).build().into()
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
