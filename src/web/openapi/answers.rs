//! What every answer has and the handlers do not say one by one: a description, an example of errors,
//! headers, and the answer to what no call foresees.

use serde_json::json;
use utoipa::openapi::schema::{Object, Type};
use utoipa::openapi::{
    Content, ContentBuilder, HeaderBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder,
};

/// Completes the answers of all calls.
pub(super) struct Answers;

impl utoipa::Modify for Answers {
    fn modify(&self, openapi: &mut OpenApi) {
        for (path, item) in &mut openapi.paths.paths {
            let operations =
                [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
            for operation in operations.into_iter().flatten() {
                let answers = &mut operation.responses.responses;
                if operation.security.is_some() {
                    answers.entry("default".to_owned()).or_insert_with(|| unforeseen(path).into());
                } else {
                    // Whoever has no token yet needs none.
                    operation.security = Some(Vec::new());
                }
                for (status, answer) in answers {
                    if let RefOr::T(answer) = answer {
                        complete(path, status, answer);
                    }
                }
            }
        }
    }
}

/// How the surface that has an address tells what is wrong.
pub(super) fn error_body(path: &str) -> (&'static str, Content) {
    let (media_type, schema) = if path.starts_with("/api/v1/") {
        ("application/problem+json", "ProblemDetails")
    } else {
        ("application/json", "ErrorResponse")
    };
    (media_type, ContentBuilder::new().schema(Some(Ref::from_schema_name(schema))).build())
}

fn unforeseen(path: &str) -> Response {
    let (media_type, body) = error_body(path);
    ResponseBuilder::new()
        .description("Whatever else is wrong, as 404 for an address and 405 for a method.")
        .content(media_type, body)
        .build()
}

fn complete(path: &str, status: &str, answer: &mut Response) {
    if answer.description.is_empty() {
        described(status).clone_into(&mut answer.description);
    }
    let mut head = |name: &str, kind: Type, about: &str| {
        let header = HeaderBuilder::new()
            .schema(Some(Object::with_type(kind)))
            .description(Some(about))
            .build();
        answer.headers.insert(name.to_owned(), RefOr::T(header));
    };
    head(
        "X-Request-Id",
        Type::String,
        "Id of the request, as in the log; the client's own if it sent one.",
    );
    match status {
        "401" => head("WWW-Authenticate", Type::String, "What was wrong (RFC 6750, 3; RFC 7617)."),
        "429" | "503" => {
            head("Retry-After", Type::Integer, "Seconds until it is worth another try.");
        }
        "200" | "202" if shows_operation(path) => {
            head(
                "Retry-After",
                Type::Integer,
                "While the operation is not finished: seconds until it is worth asking again.",
            );
        }
        _ => {}
    }
    if status == "200" && path.contains("/document/sign") {
        let words = "True when the request had been accepted before.";
        head("Idempotent-Replayed", Type::Boolean, words);
    }
    let is_error = RefOr::Ref(Ref::from_schema_name("ErrorResponse"));
    for content in answer.content.values_mut() {
        if let RefOr::T(content) = content
            && content.schema.as_ref() == Some(&is_error)
        {
            content.example = Some(example(status));
        }
    }
}

/// Whether what is answered there is an operation.
fn shows_operation(path: &str) -> bool {
    ["/document/sign", "/operation/byReference", "/operation/status/", "/operation/sign/detail/"]
        .iter()
        .any(|part| path.contains(part))
}

const fn described(status: &str) -> &'static str {
    match status.as_bytes() {
        b"200" => "Done.",
        b"201" => "Made.",
        b"202" => "Recorded; it goes on by itself.",
        b"204" => "Done; there is nothing to say.",
        b"400" => {
            "The request cannot be read, or says something that cannot be; causeMessage names what."
        }
        b"401" => "There is no access token, or it is not valid.",
        b"403" => {
            "The client service or its issuer is suspended, or the token does not allow this."
        }
        b"404" => "It is not there, or not this client service's.",
        b"409" => "Something that is there already is in the way.",
        b"413" => "It is larger than the limit.",
        b"429" => "Too much at once, or often enough.",
        b"502" => "Another machine did not take it.",
        b"503" => "Something behind does not answer; try again.",
        _ => "Something is wrong.",
    }
}

fn example(status: &str) -> serde_json::Value {
    let (code, family, cause, reason, retryable) = match status {
        "401" => (
            "0.0.10",
            "Access token provided is expired or invalid.",
            "the access token has expired; get a new one from the token endpoint",
            "access-token-expired",
            false,
        ),
        "403" => (
            "1.1.1",
            "Client service is inactive.",
            "the client service is suspended; ask the operator to activate it",
            "client-service-suspended",
            false,
        ),
        "404" => (
            "2.1.0",
            "Operation not found.",
            "no such operation for this client service",
            "operation-not-found",
            false,
        ),
        "409" => (
            "0.0.7",
            "Information already exists in the system: the external reference is in use.",
            "external reference 'FT 2026/1' is already used by operation 7498 with other content; read \
             that operation, or send this content under a new external reference",
            "reference-reused",
            false,
        ),
        "413" => (
            "0.0.4",
            "Attribute size exceeded.",
            "the request body is larger than 134217728 bytes; send less at once",
            "body-too-large",
            false,
        ),
        "429" => (
            "0.0.11",
            "Too many requests.",
            "too many requests are in work; wait as long as Retry-After says",
            "too-many-requests",
            true,
        ),
        "503" => (
            "2.0.3",
            "A service behind is not available.",
            "the database does not answer; wait as long as Retry-After says and try again",
            "unavailable",
            true,
        ),
        _ => (
            "0.0.2",
            "Mandatory attribute is missing. Request is malformed.",
            "missing documents[0].signatureInfo",
            "member-missing",
            false,
        ),
    };
    json!({
        "errorCode": code,
        "errorCodeDescription": family,
        "causeMessage": cause,
        "reason": reason,
        "retryable": retryable,
        "requestId": "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
    })
}
