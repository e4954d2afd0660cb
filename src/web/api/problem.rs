//! Problem details (RFC 9457): our refusals and failures as our own API tells them.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::refusal::Refusal;
use crate::domain::sources::sources;
use crate::web::request_id;
use crate::web::shut::{Shut, TokenFault};
use crate::web::surface::{NoBody, NoCaller, NotNamed, Stray};
use crate::workflow;

/// Error answer of our own API, `application/problem+json`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProblemDetails {
    /// The status in words.
    #[schema(example = "Bad Request")]
    pub title: &'static str,
    /// As the answer's.
    #[schema(example = 400)]
    pub status: u16,
    /// What exactly, and what to change.
    #[schema(example = "missing base64Content")]
    pub detail: String,
    /// Stable name of the reason, for machines.
    #[schema(example = "member-missing")]
    pub reason: &'static str,
    /// Whether the same request may succeed later.
    pub retryable: bool,
    /// Id of this request; the log has it too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// Something to answer other than success.
pub struct ApiProblem {
    status: StatusCode,
    reason: &'static str,
    detail: String,
    /// What the access token lacks (RFC 6750, 3).
    challenge: Option<String>,
}

impl ApiProblem {
    fn new(status: StatusCode, reason: &'static str, detail: impl Into<String>) -> Self {
        Self { status, reason, detail: detail.into(), challenge: None }
    }

    fn fault() -> Self {
        let detail = "the fault is logged under the request id";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
    }

    fn too_many() -> Self {
        let detail = "too many requests are in work; wait as long as Retry-After says";
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too-many-requests", detail)
    }

    const fn is_retryable(&self) -> bool {
        matches!(self.status.as_u16(), 429 | 500 | 503)
    }
}

impl From<Refusal> for ApiProblem {
    fn from(refusal: Refusal) -> Self {
        let status = match &refusal {
            Refusal::ClientServiceSuspended | Refusal::IssuerSuspended => StatusCode::FORBIDDEN,
            Refusal::DocumentTooLarge { .. } | Refusal::MemberTooLong { .. } => {
                StatusCode::PAYLOAD_TOO_LARGE
            }
            Refusal::EvidencePending | Refusal::EvidenceOnlyInDer { .. } => StatusCode::CONFLICT,
            _ => StatusCode::BAD_REQUEST,
        };
        Self::new(status, refusal.code(), refusal.to_string())
    }
}

impl From<workflow::Error> for ApiProblem {
    fn from(error: workflow::Error) -> Self {
        match error {
            workflow::Error::Refused(refusal) => refusal.into(),
            workflow::Error::Busy => Self::too_many(),
            workflow::Error::NotFound(thing) => {
                let detail = format!("no such {thing} for this client service");
                Self::new(StatusCode::NOT_FOUND, "not-found", detail)
            }
            workflow::Error::Conflict(conflict) => {
                Self::new(StatusCode::CONFLICT, "conflict", conflict.to_string())
            }
            workflow::Error::Unavailable(what, _) | workflow::Error::Uncertain(what, _) => {
                tracing::error!(error = %sources(&error), "unavailable");
                let detail = format!(
                    "{what} does not answer; wait as long as Retry-After says and try again"
                );
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail)
            }
            workflow::Error::Internal(_) => {
                tracing::error!(error = %sources(&error), "fault");
                Self::fault()
            }
        }
    }
}

impl From<NoCaller> for ApiProblem {
    fn from(error: NoCaller) -> Self {
        let token = |status, TokenFault { reason, detail, challenge }| Self {
            challenge: Some(challenge),
            ..Self::new(status, reason, &detail)
        };
        match Shut::from(error) {
            Shut::NoToken(fault) => token(StatusCode::UNAUTHORIZED, fault),
            Shut::NoScope(fault) => token(StatusCode::FORBIDDEN, fault),
            Shut::Suspended(refusal) => refusal.into(),
            Shut::Failed(error) => error.into(),
        }
    }
}

impl From<NotNamed> for ApiProblem {
    fn from(error: NotNamed) -> Self {
        match error {
            NotNamed::Id(thing) => Self::from(workflow::Error::NotFound(thing)),
            NotNamed::Flag(path) => {
                Self::from(Refusal::MemberInvalid { path, expected: "true or false".to_owned() })
            }
        }
    }
}

impl From<NoBody> for ApiProblem {
    fn from(error: NoBody) -> Self {
        let bad = StatusCode::BAD_REQUEST;
        match error {
            NoBody::TooLarge(limit) => {
                let detail = format!("the request body is larger than {limit} bytes");
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", detail)
            }
            NoBody::Unfinished => {
                let detail = "the request body did not arrive whole; send it again";
                Self::new(bad, "body-unfinished", detail)
            }
            NoBody::NoRoom => Self::too_many(),
            NoBody::Coding(coding) => {
                let detail = format!(
                    "Content-Encoding {coding} is not unpacked here; send the body as it is"
                );
                Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content-coding-unsupported", detail)
            }
            NoBody::Charset(charset) => {
                let detail = format!("the body is in {charset}; send JSON in UTF-8");
                Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "charset-unsupported", detail)
            }
        }
    }
}

impl From<Stray> for ApiProblem {
    fn from(stray: Stray) -> Self {
        match stray {
            Stray::Address => Self::new(
                StatusCode::NOT_FOUND,
                "address-unknown",
                "check the address; the API is described at /openapi.json",
            ),
            Stray::Method => Self::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "method-unknown",
                "check the method; the API is described at /openapi.json",
            ),
            Stray::Host => Self::new(
                StatusCode::BAD_REQUEST,
                "host-missing",
                "a request of HTTP/1.1 has one Host header (RFC 9112, 3.2); send it",
            ),
            Stray::Panic => Self::fault(),
        }
    }
}

impl IntoResponse for ApiProblem {
    fn into_response(self) -> Response {
        let retryable = self.is_retryable();
        let body = ProblemDetails {
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: self.detail,
            reason: self.reason,
            retryable,
            request_id: request_id::current(),
        };
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(challenge) = self.challenge.and_then(|it| HeaderValue::try_from(it).ok()) {
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        if matches!(self.status.as_u16(), 429 | 503) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(2));
        }
        response
    }
}
