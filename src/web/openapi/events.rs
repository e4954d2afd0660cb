//! The webhooks that the service sends, as the OpenAPI document tells them.

use utoipa::openapi::path::{HttpMethod, OperationBuilder, PathItem, Paths};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, Required, ResponseBuilder, Schema};

use crate::domain::webhook::EventKind;

/// Writes a webhook for each kind of event.
pub(super) struct Events;

impl utoipa::Modify for Events {
    fn modify(&self, openapi: &mut OpenApi) {
        let told = EventKind::ALL.into_iter().fold(Paths::new(), |paths, kind| {
            let told = PathItem::new(HttpMethod::Post, operation(kind));
            merged(paths, kind.as_str(), told)
        });
        openapi.webhooks = Some(told);
    }
}

fn merged(mut paths: Paths, name: &str, item: PathItem) -> Paths {
    paths.paths.insert(name.to_owned(), item);
    paths
}

fn operation(kind: EventKind) -> OperationBuilder {
    let body = ContentBuilder::new().schema(Some(body(kind))).build();
    let request = RequestBodyBuilder::new()
        .description(Some(
            "Signed as Standard Webhooks says: webhook-id, webhook-timestamp, webhook-signature.",
        ))
        .content("application/json", body)
        .required(Some(Required::True))
        .build();
    let taken = ResponseBuilder::new().description("Any 2xx status: it was taken over.").build();
    let gone = ResponseBuilder::new().description("The endpoint is disabled from now on.").build();
    OperationBuilder::new()
        .tag("webhooks")
        .summary(Some(about(kind)))
        .operation_id(Some(format!("on_{}", kind.as_str().replace('.', "_"))))
        .request_body(Some(request))
        .response("200", taken)
        .response("410", gone)
        .securities(Some(Vec::new()))
}

fn body(kind: EventKind) -> Schema {
    let data: RefOr<Schema> = match kind {
        EventKind::OperationFinished | EventKind::OperationFailed => {
            Ref::from_schema_name("OperationEvent").into()
        }
        EventKind::DocumentSealed | EventKind::DocumentFailed => {
            Ref::from_schema_name("DocumentEvent").into()
        }
        EventKind::NotificationSent
        | EventKind::NotificationFailed
        | EventKind::NotificationReceived => Ref::from_schema_name("NotificationEvent").into(),
        EventKind::CredentialExpiring => Ref::from_schema_name("CredentialEvent").into(),
        EventKind::WebhookTest => Ref::from_schema_name("TestEvent").into(),
    };
    let name = ObjectBuilder::new().schema_type(Type::String).enum_values(Some([kind.as_str()]));
    let at = ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)));
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .property("type", name)
        .property("timestamp", at)
        .property("data", data)
        .required("type")
        .required("timestamp")
        .required("data")
        .build()
        .into()
}

const fn about(kind: EventKind) -> &'static str {
    match kind {
        EventKind::OperationFinished => "An operation ended with at least one sealed document.",
        EventKind::OperationFailed => "An operation ended without one.",
        EventKind::DocumentSealed => "A document was sealed.",
        EventKind::DocumentFailed => "A document will not be sealed under this operation.",
        EventKind::NotificationSent => "A receiver's mail was taken over by the receiving side.",
        EventKind::NotificationFailed => "A receiver's mail was given up.",
        EventKind::NotificationReceived => "A receiver opened the link of a notification.",
        EventKind::CredentialExpiring => {
            "A credential of the client service ends soon, or has ended."
        }
        EventKind::WebhookTest => "The test button.",
    }
}
