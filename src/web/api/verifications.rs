//! Whether the signatures of a file hold: `POST /api/v1/verifications`. Nothing is recorded.

use std::borrow::Cow;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::Api;
use super::problem::{ApiProblem, ProblemDetails};
use crate::domain::instant::Instant;
use crate::domain::refusal::Refusal;
use crate::web::auth::Bearer;
use crate::web::elsewhere::elsewhere;
use crate::web::{Web, body, encoded, intake};
use crate::workflow;
use crate::workflow::verification::{self, FileToVerify, VerificationSummary, VerifiedFile};

/// Characters of a name.
const NAME: usize = 255;

/// The media type of a report in few words.
const SUMMARY: &str = "application/vnd.chancery.verification-summary+json";
/// That of a report by ETSI TS 119 102-2.
const XML: &str = "application/xml";

/// In which form the report is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ReportForm {
    Detailed,
    Summary,
    Xml,
}

impl ReportForm {
    /// The first that `Accept` names of those there are; all of it in JSON without one.
    fn accepted(headers: &HeaderMap) -> Self {
        let lines = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let ranges = lines.flat_map(|line| line.split(','));
        let mut known = ranges.filter_map(|range| {
            let name = range.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
            match name.as_str() {
                "application/json" => Some(Self::Detailed),
                SUMMARY => Some(Self::Summary),
                XML => Some(Self::Xml),
                _ => None,
            }
        });
        known.next().unwrap_or(Self::Detailed)
    }
}

/// A file to verify.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VerificationBody<'a> {
    /// How the file is called, as the answer calls it.
    #[serde(borrow)]
    #[schema(value_type = Option<String>, example = "invoice.xml", max_length = 255)]
    name: Option<Cow<'a, str>>,
    /// The signed file: XML, PDF, CMS or an ASiC container.
    #[serde(borrow)]
    #[schema(value_type = String, format = Byte)]
    base64_content: Cow<'a, str>,
    /// What a detached signature is over.
    #[serde(borrow)]
    #[schema(value_type = Option<String>, format = Byte)]
    base64_detached: Option<Cow<'a, str>>,
    /// The time at which the signatures must hold (RFC 3339); now without it.
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-12-31T12:00:00Z")]
    at: Option<String>,
    /// Whether every certificate must be known not to be revoked; as the installation says without it.
    revocation: Option<bool>,
}

/// Verifies the signatures of a file.
///
/// Strict, by ETSI EN 319 102-1: what is not covered, not known or was not looked at never passes. Trust begins at
/// the certificates of the installation (`[verification]`). Nothing is recorded and nothing fetched; a token with the
/// scope `read` suffices. The answer is 200 whatever the signatures are: look at report.indication. Of the media types
/// of the answer the first that `Accept` names is answered: the whole report, the report in few words, or by ETSI
/// TS 119 102-2 as XML.
#[utoipa::path(
    post, path = "/api/v1/verifications", tag = "verification", operation_id = "verifyFile",
    request_body = VerificationBody<'static>,
    security(("access_token" = ["read"])),
    responses(
        (status = 200, description = "The report; docs/verification.md explains every member.", content(
            (VerifiedFile = "application/json"),
            (VerificationSummary = "application/vnd.chancery.verification-summary+json"),
            (String = "application/xml"),
        )),
        (status = 400, body = ProblemDetails, content_type = "application/problem+json"),
        (status = 401, body = ProblemDetails, content_type = "application/problem+json"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json"),
        (status = 413, body = ProblemDetails, content_type = "application/problem+json"),
        (status = 415, body = ProblemDetails, content_type = "application/problem+json"),
        (status = 429, body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(in crate::web) async fn verify(
    State(web): State<Web>,
    request: Request,
) -> Result<Response, ApiProblem> {
    let (mut parts, mut body) = request.into_parts();
    let answer = answered(&web, &mut parts, &mut body).await;
    if answer.is_err() && !parts.headers.contains_key(header::EXPECT) {
        intake::hear_out(&web, &mut body).await;
    }
    answer
}

async fn answered(web: &Web, parts: &mut Parts, body: &mut Body) -> Result<Response, ApiProblem> {
    let Bearer(client) = Bearer::<Api>::from_request_parts(parts, web).await?;
    let whose = client.client_service.id;
    let (turn, mut place) = intake::place(web, &parts.headers, whose).await?;
    let limit = web.config.body_limit_bytes;
    let octets = body::read(web, &parts.headers, body, limit, &mut place).await?;
    // the octets themselves beside those in base64, for a moment
    let both = octets.len().saturating_add(octets.len() / 4 * 3);
    place.hold(both).await.map_err(|_| workflow::Error::Busy)?;
    let most = web.app.limits.document_bytes;
    let decoding =
        elsewhere(&web.app.engine, whose, (turn, place), move || decode(&octets, most)).await;
    let (decoded, place) = decoding.map_err(|error| workflow::Error::Internal(Box::new(error)))?;
    let (name, file) = decoded?;
    let form = ReportForm::accepted(&parts.headers);
    let file = FileToVerify { wants_xml: form == ReportForm::Xml, ..file };
    let verified = verification::verify(&web.app, whose, file, place).await?;
    let report = verified.report;
    let typed = |content_type: &'static str, mut response: Response| {
        let content_type = HeaderValue::from_static(content_type);
        response.headers_mut().insert(header::CONTENT_TYPE, content_type);
        response
    };
    let mut response = match form {
        ReportForm::Detailed => Json(VerifiedFile { file: name, report }).into_response(),
        ReportForm::Summary => typed(SUMMARY, Json(report.summary(name)).into_response()),
        ReportForm::Xml => typed(XML, verified.xml.unwrap_or_default().into_response()),
    };
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept"));
    Ok(response)
}

fn decode(octets: &Bytes, most: usize) -> Result<(Option<String>, FileToVerify), Refusal> {
    let body: VerificationBody<'_> = body::object(octets)?;
    let named = |path: &str, refusal: Refusal| match refusal {
        Refusal::Base64Invalid { detail } => {
            Refusal::MemberInvalid { path: path.to_owned(), expected: format!("base64: {detail}") }
        }
        other => other,
    };
    if body.name.as_ref().is_some_and(|name| name.chars().count() > NAME) {
        return Err(Refusal::MemberTooLong { path: "name".to_owned(), limit: NAME });
    }
    let at = body.at.map(|text| {
        Instant::parse_rfc3339(&text).ok_or_else(|| Refusal::MemberInvalid {
            path: "at".to_owned(),
            expected: "a time such as 2026-12-31T12:00:00Z".to_owned(),
        })
    });
    let octets = encoded::content(&body.base64_content, most)
        .map_err(|refusal| named("base64Content", refusal))?;
    let detached = body.base64_detached.map(|text| {
        encoded::content(&text, most).map_err(|refusal| named("base64Detached", refusal))
    });
    let file = FileToVerify {
        octets,
        detached: detached.transpose()?,
        at: at.transpose()?,
        asks_revocation: body.revocation,
        wants_xml: false,
    };
    Ok((body.name.map(Cow::into_owned), file))
}
