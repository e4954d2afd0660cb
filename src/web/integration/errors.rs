//! `ErrorResponse`: our refusals and failures in the codes and statuses of the integration API.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::words;
use crate::domain::ids::OperationId;
use crate::domain::refusal::Refusal;
use crate::domain::sources::sources;
use crate::web::shut::{Shut, TokenFault};
use crate::web::surface::{NoBody, NoCaller, NotNamed, Stray};
use crate::web::{HttpStatus, Web, request_id};
use crate::workflow::{self, Conflict, Thing};

/// Error answer of the integration API. `errorCode`, `errorCodeDescription` and `causeMessage` are
/// Sign'Stash's; the other members are ours.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErrorResponse {
    /// Family of the error.
    pub error_code: &'static str,
    /// The family in words.
    pub error_code_description: &'static str,
    /// What exactly, and what to change.
    pub cause_message: String,
    /// Stable name of the reason, for machines.
    pub reason: &'static str,
    /// Whether the same request may succeed later.
    pub retryable: bool,
    /// The operation that is in the way, or that the request is recorded as, if one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation_id: Option<i64>,
    /// Id of this request; the log has it too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// What to do when something did not answer.
const COME_BACK: &str = "wait as long as Retry-After says and try again";

/// Something to answer other than success.
pub struct Problem {
    family: Family,
    reason: &'static str,
    cause: String,
    operation: Option<i64>,
    /// Seconds until a retry may help, where the family does not say it.
    wait: Option<u64>,
    /// A header that belongs to it.
    header: Option<Box<(HeaderName, String)>>,
}

/// Error families, with the statuses we give them and those Sign'Stash prints.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Fault,
    Missing,
    NotSetUp,
    TooLarge,
    NotMailed,
    Invalid,
    Conflict,
    Token,
    Forbidden,
    MediaType,
    TooMany,
    Inactive,
    IssuerInactive,
    NoCertificate,
    CertificateUnusable,
    Unavailable,
    OperationNotFound,
    ContentGone,
    NotReady,
    NothingToSend,
    DailyLimit,
    Address,
    Method,
}

impl Family {
    /// Code, text, our status, Sign'Stash's status, whether a retry may help.
    const fn row(self) -> (&'static str, &'static str, u16, u16, bool) {
        match self {
            Self::Fault => ("0.0.1", "Unhandled error has occurred.", 500, 500, true),
            Self::Missing => {
                ("0.0.2", "Mandatory attribute is missing. Request is malformed.", 400, 500, false)
            }
            Self::NotSetUp => ("0.0.3", "Client service is not properly set up.", 500, 500, false),
            Self::TooLarge => ("0.0.4", "Attribute size exceeded.", 413, 500, false),
            Self::NotMailed => ("0.0.5", "E-mail could not be sent.", 502, 500, true),
            Self::Invalid => {
                ("0.0.6", "Error occurred when validating the request parameters.", 400, 500, false)
            }
            Self::Conflict => (
                "0.0.7",
                "Information already exists in the system: the external reference is in use.",
                409,
                409,
                false,
            ),
            Self::Token => {
                ("0.0.10", "Access token provided is expired or invalid.", 401, 409, false)
            }
            Self::MediaType => {
                ("0.0.6", "Error occurred when validating the request parameters.", 415, 500, false)
            }
            Self::Forbidden => {
                ("0.0.10", "Access token provided does not allow this.", 403, 409, false)
            }
            Self::TooMany => ("0.0.11", "Too many requests.", 429, 429, true),
            Self::Inactive => ("1.1.1", "Client service is inactive.", 403, 401, false),
            Self::IssuerInactive => ("1.2.0", "Issuer is inactive.", 403, 403, false),
            Self::NoCertificate => {
                ("2.0.1", "No valid certificate for the client service.", 409, 409, false)
            }
            Self::CertificateUnusable => {
                ("2.0.2", "The certificate of the client service cannot be used.", 409, 409, false)
            }
            Self::Unavailable => ("2.0.3", "A service behind is not available.", 503, 503, true),
            Self::OperationNotFound => ("2.1.0", "Operation not found.", 404, 404, false),
            Self::ContentGone => ("2.1.1", "Content is no longer stored.", 409, 409, false),
            Self::NotReady => {
                ("2.1.2", "The operation is in a status that does not allow this.", 409, 409, true)
            }
            Self::NothingToSend => {
                ("2.1.2", "The operation is in a status that does not allow this.", 409, 409, false)
            }
            Self::DailyLimit => ("2.2.1", "The daily limit is reached.", 429, 429, true),
            Self::Address => ("0.0.6", "There is nothing at this address.", 404, 404, false),
            Self::Method => ("0.0.6", "This address does not take that method.", 405, 405, false),
        }
    }
}

impl Problem {
    /// A fault of ours.
    #[must_use]
    pub fn fault() -> Self {
        Self::new(Family::Fault, "internal", "the fault is logged under the request id".to_owned())
    }

    /// More in work than we take at once.
    #[must_use]
    pub fn too_many() -> Self {
        let cause = "too many requests are in work; wait as long as Retry-After says".to_owned();
        Self::new(Family::TooMany, "too-many-requests", cause)
    }

    /// A client service has asked for something often enough in this hour; seconds until the next.
    #[must_use]
    pub fn hourly_limit(seconds: u64) -> Self {
        let cause =
            "this was asked for often enough in this hour; wait as long as Retry-After says";
        let problem = Self::new(Family::TooMany, "hourly-limit", cause.to_owned());
        Self { wait: Some(seconds), ..problem }
    }

    /// A test mail was not taken.
    #[must_use]
    pub fn not_mailed(phase: &str, words: &str) -> Self {
        let cause = format!("the mail was not taken, at step {phase}: {words}");
        Self::new(Family::NotMailed, "mail-not-taken", cause)
    }

    /// The same about a request that is recorded already, so that nobody sends it as another one.
    pub(super) fn recorded_as(self, operation: OperationId) -> Self {
        let cause = self.cause.split("; ").next().unwrap_or_default();
        let cause = format!(
            "{cause}; the request is recorded as operation {operation} and ends by itself: ask for it, or \
             repeat the same request with the same externalReference"
        );
        Self { cause, operation: Some(operation.as_i64()), ..self }
    }

    const fn new(family: Family, reason: &'static str, cause: String) -> Self {
        Self { family, reason, cause, operation: None, wait: None, header: None }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let wait = match &refusal {
            Refusal::MailLimit { seconds, .. } => Some(*seconds),
            _ => None,
        };
        let problem = Self::new(family(&refusal), refusal.code(), words::about_request(&refusal));
        Self { wait, ..problem }
    }
}

impl From<Conflict> for Problem {
    fn from(conflict: Conflict) -> Self {
        let reason = match &conflict {
            Conflict::Reference { .. } => "reference-reused",
            Conflict::DocumentReference { .. } => "document-reference-reused",
        };
        let operation = Some(conflict.operation().as_i64());
        Self { operation, ..Self::new(Family::Conflict, reason, conflict.to_string()) }
    }
}

impl From<Thing> for Problem {
    fn from(missing: Thing) -> Self {
        let (family, reason) = match missing {
            Thing::Operation => (Family::OperationNotFound, "operation-not-found"),
            Thing::Content => (Family::ContentGone, "contents-gone"),
            Thing::Endpoint => (Family::Address, "endpoint-not-found"),
            Thing::ClientService
            | Thing::Company
            | Thing::Credential
            | Thing::Link
            | Thing::Evidence
            | Thing::Bulk
            | Thing::Person => (Family::Address, "not-found"),
        };
        Self::new(family, reason, format!("no such {missing} for this client service"))
    }
}

impl From<workflow::Error> for Problem {
    fn from(error: workflow::Error) -> Self {
        match error {
            workflow::Error::NotFound(thing) => thing.into(),
            workflow::Error::Conflict(conflict) => conflict.into(),
            workflow::Error::Refused(refusal) => refusal.into(),
            workflow::Error::Busy => Self::too_many(),
            workflow::Error::Unavailable(what, _) => {
                tracing::error!(error = %sources(&error), "unavailable");
                // What an earlier step of the same request changed stays changed: nothing is said.
                let cause = format!("{what} does not answer; {COME_BACK}");
                Self::new(Family::Unavailable, "unavailable", cause)
            }
            workflow::Error::Uncertain(what, _) => {
                tracing::error!(error = %sources(&error), "unconfirmed");
                let cause = format!(
                    "{what} did not confirm the request, which may have been recorded all the same; \
                     ask for it, or repeat the same request with the same externalReference"
                );
                Self::new(Family::Unavailable, "outcome-unknown", cause)
            }
            workflow::Error::Internal(_) => {
                tracing::error!(error = %sources(&error), "fault");
                Self::fault()
            }
        }
    }
}

impl From<NoCaller> for Problem {
    fn from(error: NoCaller) -> Self {
        let token = |family, TokenFault { reason, detail, challenge }| Self {
            header: Some(Box::new((header::WWW_AUTHENTICATE, challenge))),
            ..Self::new(family, reason, detail)
        };
        match Shut::from(error) {
            Shut::NoToken(fault) => token(Family::Token, fault),
            Shut::NoScope(fault) => token(Family::Forbidden, fault),
            Shut::Suspended(refusal) => refusal.into(),
            Shut::Failed(error) => error.into(),
        }
    }
}

impl From<NotNamed> for Problem {
    fn from(error: NotNamed) -> Self {
        let invalid = |path: &str, expected: &str| {
            let (path, expected) = (path.to_owned(), expected.to_owned());
            Self::from(Refusal::MemberInvalid { path, expected })
        };
        match error {
            NotNamed::Id(Thing::Operation) => invalid("the operation id", "a whole number"),
            NotNamed::Id(thing) => thing.into(),
            NotNamed::Flag(name) => invalid(&name, "true or false"),
        }
    }
}

impl From<NoBody> for Problem {
    fn from(error: NoBody) -> Self {
        match error {
            NoBody::TooLarge(limit) => {
                let cause =
                    format!("the request body is larger than {limit} bytes; send less at once");
                Self::new(Family::TooLarge, "body-too-large", cause)
            }
            NoBody::Unfinished => {
                let cause = "the request body did not arrive whole; send it again".to_owned();
                Self::new(Family::Invalid, "body-unfinished", cause)
            }
            NoBody::NoRoom => Self::too_many(),
            NoBody::Coding(coding) => {
                let cause = format!(
                    "Content-Encoding {coding} is not unpacked here; send the body as it is"
                );
                // RFC 9110, 15.5.16
                let header = Some(Box::new((header::ACCEPT_ENCODING, "identity".to_owned())));
                let problem = Self::new(Family::MediaType, "content-coding-unsupported", cause);
                Self { header, ..problem }
            }
            NoBody::Charset(charset) => {
                let cause = format!("the body is in {charset}; send JSON in UTF-8");
                Self::new(Family::MediaType, "charset-unsupported", cause)
            }
        }
    }
}

impl From<Stray> for Problem {
    fn from(stray: Stray) -> Self {
        let (family, reason, cause) = match stray {
            Stray::Address => (
                Family::Address,
                "address-unknown",
                "check the address; the API is described at /openapi.json",
            ),
            Stray::Method => (
                Family::Method,
                "method-unknown",
                "check the method; the API is described at /openapi.json",
            ),
            Stray::Host => (
                Family::Invalid,
                "host-missing",
                "a request of HTTP/1.1 has one Host header (RFC 9112, 3.2); send it",
            ),
            Stray::Panic => return Self::fault(),
        };
        Self::new(family, reason, cause.to_owned())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (code, text, standard, signstash, retryable) = self.family.row();
        let body = ErrorResponse {
            error_code: code,
            error_code_description: text,
            cause_message: self.cause,
            reason: self.reason,
            retryable,
            operation_id: self.operation,
            request_id: request_id::current(),
        };
        let status = |code| StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status(standard), Json(body)).into_response();
        response.extensions_mut().insert(SignstashStatus(status(signstash)));
        if let Some(header) = self.header
            && let Ok(value) = HeaderValue::try_from(header.1)
        {
            response.headers_mut().insert(header.0, value);
        }
        let wait = self.wait.or(match self.family {
            Family::Fault => None,
            Family::DailyLimit => Some(3600),
            _ => retryable.then_some(2),
        });
        if let Some(seconds) = wait {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// The status that Sign'Stash's documentation prints for an answer.
#[derive(Clone, Copy)]
struct SignstashStatus(StatusCode);

/// Gives answers the statuses that the installation chose.
pub(in crate::web) async fn statuses(State(web): State<Web>, mut response: Response) -> Response {
    if web.config.http_status == HttpStatus::Signstash
        && let Some(SignstashStatus(status)) = response.extensions().get().copied()
    {
        *response.status_mut() = status;
    }
    response
}

/// The family of a refusal. Those that concern one document only are listed too: the same reason
/// has one code wherever it appears.
const fn family(refusal: &Refusal) -> Family {
    match refusal {
        Refusal::MemberMissing { .. }
        | Refusal::JsonMalformed { .. }
        | Refusal::MultipartMalformed { .. }
        | Refusal::NoDocuments
        | Refusal::NoReceivers => Family::Missing,
        Refusal::OperationUnfinished
        | Refusal::DocumentsUnfinished
        | Refusal::EvidencePending
        | Refusal::EvidenceOnlyInDer { .. } => Family::NotReady,
        Refusal::NothingSealed | Refusal::NotPreserved => Family::NothingToSend,
        Refusal::ContentsGone => Family::ContentGone,
        Refusal::ResendLimit { .. } | Refusal::MailLimit { .. } => Family::DailyLimit,
        Refusal::MemberTooLong { .. }
        | Refusal::TooManyDocuments { .. }
        | Refusal::TooManyReceivers { .. }
        | Refusal::TooManyEndpoints { .. }
        | Refusal::ArchiveTooLarge { .. }
        | Refusal::DocumentTooLarge { .. } => Family::TooLarge,
        Refusal::ClientServiceSuspended => Family::Inactive,
        Refusal::IssuerSuspended => Family::IssuerInactive,
        Refusal::NoCredential | Refusal::CredentialDisabled => Family::NoCertificate,
        Refusal::CertificateExpired { .. }
        | Refusal::CertificateNotYetValid { .. }
        | Refusal::CertificateUnusable { .. } => Family::CertificateUnusable,
        Refusal::AliasInvalid => Family::NotSetUp,
        Refusal::MemberInvalid { .. }
        | Refusal::WebhookUrlRefused { .. }
        | Refusal::ReceiverLocal { .. }
        | Refusal::ReferenceInvalid { .. }
        | Refusal::ReferenceRepeated { .. }
        | Refusal::Base64Invalid { .. }
        | Refusal::DocumentEmpty
        | Refusal::NameInvalid { .. }
        | Refusal::ContentTypeUnknown { .. }
        | Refusal::ContentMismatch { .. }
        | Refusal::FormatMismatch { .. }
        | Refusal::NotAvailable { .. }
        | Refusal::SettingMeaningless { .. }
        | Refusal::ProfileUnknown { .. }
        | Refusal::ProfileFormat { .. }
        | Refusal::LevelForbidden { .. }
        | Refusal::Sha1NotAllowed
        | Refusal::SettingInvalid { .. }
        | Refusal::SettingConflict { .. }
        | Refusal::IdTaken { .. }
        | Refusal::WouldBreakSignature { .. }
        | Refusal::LocationInSignature { .. }
        | Refusal::ScaffoldingImpossible { .. }
        | Refusal::LintFailed { .. }
        | Refusal::SchemaInvalid { .. }
        | Refusal::SchemasMissing
        | Refusal::XmlMalformed { .. }
        | Refusal::DoctypeForbidden
        | Refusal::XmlVersionUnsupported { .. }
        | Refusal::EncodingUnsupported { .. }
        | Refusal::EncodingContradicted { .. }
        | Refusal::XmlTooDeep { .. }
        | Refusal::XmlTooManyNodes { .. }
        | Refusal::XmlTooManyAttributes { .. }
        | Refusal::XmlTooManyNamespaces { .. }
        | Refusal::PrefixUndeclared { .. }
        | Refusal::NamespaceRelative { .. }
        | Refusal::IdDuplicate { .. }
        | Refusal::LocationInvalid { .. }
        | Refusal::LocationMissing { .. }
        | Refusal::LocationAmbiguous { .. }
        | Refusal::PlaceAmbiguous { .. }
        | Refusal::LocationOccupied { .. }
        | Refusal::LocationPlaceholder { .. }
        | Refusal::PlaceHoldsMore { .. }
        | Refusal::TransformUnknown { .. }
        | Refusal::CanonicalizationUnknown { .. }
        | Refusal::CanonicalizationUnsupported { .. }
        | Refusal::XPathInvalid { .. }
        | Refusal::XPathTooExpensive { .. }
        | Refusal::TimeUsedUp { .. }
        | Refusal::TransformImpossible { .. }
        | Refusal::ReferenceCoversItself
        | Refusal::Pdf(_)
        | Refusal::Cms(_) => Family::Invalid,
    }
}
