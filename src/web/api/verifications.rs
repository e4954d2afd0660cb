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
use super::parts::{self, MOST_BESIDE, VerificationParts};
use super::problem::{ApiProblem, ProblemDetails};
use crate::domain::instant::Instant;
use crate::domain::language::Language;
use crate::domain::refusal::Refusal;
use crate::web::auth::Bearer;
use crate::web::elsewhere::elsewhere;
use crate::web::integration::archive::ZipOctets;
use crate::web::{Web, body, encoded, intake, report};
use crate::workflow;
use crate::workflow::portal::language_wished;
use crate::workflow::verification::{
    self, DataBeside, FileToVerify, ReportForm, VerificationSummary, VerifiedFile, WrittenReport,
};

/// Characters of a name.
const NAME: usize = 255;

/// The media type of a report in few words.
const SUMMARY: &str = "application/vnd.chancery.verification-summary+json";
/// That of a report by ETSI TS 119 102-2.
const XML: &str = "application/xml";

const HTML: &str = "text/html";
const PDF: &str = "application/pdf";

/// The form that `Accept` names first of those there are; all of it in JSON without one.
fn accepted(headers: &HeaderMap) -> ReportForm {
    let lines = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let ranges = lines.flat_map(|line| line.split(','));
    let mut known = ranges.filter_map(|range| {
        let name = range.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match name.as_str() {
            "application/json" => Some(ReportForm::Detailed),
            SUMMARY => Some(ReportForm::Summary),
            XML => Some(ReportForm::Xml),
            HTML => Some(ReportForm::Readable(language(headers))),
            PDF => Some(ReportForm::Pdf(language(headers))),
            _ => None,
        }
    });
    known.next().unwrap_or(ReportForm::Detailed)
}

/// The first of ours that `Accept-Language` names.
fn language(headers: &HeaderMap) -> Language {
    let wished = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    wished.and_then(language_wished).unwrap_or_default()
}

/// The report as it is answered.
fn answer(written: WrittenReport, form: ReportForm) -> Response {
    let typed = |content_type: &'static str, mut response: Response| {
        let content_type = HeaderValue::from_static(content_type);
        response.headers_mut().insert(header::CONTENT_TYPE, content_type);
        response
    };
    let mut response = match written {
        WrittenReport::Detailed(report) => Json(report).into_response(),
        WrittenReport::Summary(summary) => typed(SUMMARY, Json(summary).into_response()),
        WrittenReport::Xml(xml) => typed(XML, xml.into_response()),
        WrittenReport::Readable(readable) => {
            let mut response =
                typed("text/html; charset=utf-8", report::page(&readable).into_response());
            let policy = HeaderValue::from_static(report::ALONE);
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
            response
        }
        WrittenReport::Pdf(pdf) => typed(PDF, pdf.into_response()),
    };
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("accept, accept-language"));
    if let ReportForm::Readable(language) | ReportForm::Pdf(language) = form {
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language.as_str()));
    }
    response
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
    /// Files of certificates in PEM or DER that may lie between, beside those in the file. They are not trusted.
    #[serde(borrow, default)]
    #[schema(value_type = Vec<String>, max_items = 64)]
    base64_certificates: Vec<Cow<'a, str>>,
    /// Revocation lists and answers of OCSP responders in PEM or DER, beside those in the file.
    #[serde(borrow, default)]
    #[schema(value_type = Vec<String>, max_items = 64)]
    base64_revocation: Vec<Cow<'a, str>>,
}

/// What is asked of a file that comes in parts.
#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VerificationRequest {
    /// How the file is called, as the answer calls it; without it as its part is called.
    #[schema(value_type = Option<String>, example = "invoice.xml", max_length = 255)]
    name: Option<String>,
    /// The time at which the signatures must hold (RFC 3339); now without it.
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-12-31T12:00:00Z")]
    at: Option<String>,
    /// Whether every certificate must be known not to be revoked; as the installation says without it.
    revocation: Option<bool>,
}

/// A file to verify in parts.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is of use")]
#[schema(rename_all = "camelCase")]
pub struct VerificationForm {
    /// The signed file: XML, PDF, CMS or an ASiC container.
    #[schema(value_type = String, format = Binary)]
    document: Vec<u8>,
    /// What a detached signature is over.
    #[schema(value_type = Option<String>, format = Binary)]
    detached: Option<Vec<u8>>,
    /// Files of certificates in PEM or DER that may lie between, beside those in the file. They are not trusted.
    #[schema(required = false, max_items = 64)]
    certificates: Vec<ZipOctets>,
    /// Revocation lists and answers of OCSP responders in PEM or DER, beside those in the file.
    #[schema(required = false, max_items = 64)]
    revocation: Vec<ZipOctets>,
    verification_request: Option<VerificationRequest>,
}

/// Verifies the signatures of a file.
///
/// Strict, by ETSI EN 319 102-1: what is not covered, not known or was not looked at never passes. Trust begins at
/// the certificates of the installation (`[verification]`). Nothing is recorded and nothing fetched; a token with the
/// scope `read` suffices. The answer is 200 whatever the signatures are: look at report.indication. Of the media types
/// of the answer the first that `Accept` names is answered: the whole report, the report in few words, by ETSI
/// TS 119 102-2 as XML, or for people, in the language of `Accept-Language`, as a page or a PDF.
#[utoipa::path(
    post, path = "/api/v1/verifications", tag = "verification", operation_id = "verifyFile",
    request_body(content(
        (VerificationBody<'static> = "application/json"),
        (VerificationForm = "multipart/form-data"),
    )),
    security(("access_token" = ["read"])),
    responses(
        (status = 200, description = "The report; docs/verification.md explains every member.", content(
            (VerifiedFile = "application/json"),
            (VerificationSummary = "application/vnd.chancery.verification-summary+json"),
            (String = "application/xml"),
            (String = "text/html"),
            (ZipOctets = "application/pdf"),
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

async fn answered(web: &Web, head: &mut Parts, body: &mut Body) -> Result<Response, ApiProblem> {
    let Bearer(client) = Bearer::<Api>::from_request_parts(head, web).await?;
    let whose = client.client_service.id;
    let (turn, mut place) = intake::place(web, &head.headers, whose).await?;
    let most = web.app.limits.document_bytes;
    let decode: Box<dyn FnOnce() -> Result<FileToVerify, Refusal> + Send> =
        if parts::is_form(&head.headers) {
            let came = parts::read(web, &head.headers, body, &mut place).await?;
            Box::new(move || of_parts(came))
        } else {
            let limit = web.config.body_limit_bytes;
            let octets = body::read(web, &head.headers, body, limit, &mut place).await?;
            // the octets themselves beside those in base64, for a moment
            let both = octets.len().saturating_add(octets.len() / 4 * 3);
            place.hold(both).await.map_err(|_| workflow::Error::Busy)?;
            Box::new(move || of_json(&octets, most))
        };
    let decoding = elsewhere(&web.app.engine, whose, (turn, place), decode).await;
    let (decoded, place) = decoding.map_err(|error| workflow::Error::Internal(Box::new(error)))?;
    let file = decoded?;
    let form = accepted(&head.headers);
    let written =
        verification::verify(&web.app, whose, file, place, move |checked| checked.written(form));
    Ok(answer(written.await?, form))
}

fn of_json(octets: &Bytes, most: usize) -> Result<FileToVerify, Refusal> {
    let body: VerificationBody<'_> = body::object(octets)?;
    let named = |path: &str, refusal: Refusal| match refusal {
        Refusal::Base64Invalid { detail } => {
            Refusal::MemberInvalid { path: path.to_owned(), expected: format!("base64: {detail}") }
        }
        other => other,
    };
    let decoded = |path: &str, text: &str| {
        encoded::content(text, most).map_err(|refusal| named(path, refusal))
    };
    let all = |path: &str, texts: &[Cow<'_, str>]| {
        if texts.len() > MOST_BESIDE {
            let expected = format!("{MOST_BESIDE} files at most");
            return Err(Refusal::MemberInvalid { path: path.to_owned(), expected });
        }
        let numbered = texts.iter().enumerate();
        numbered.map(|(at, text)| decoded(&format!("{path}[{at}]"), text)).collect()
    };
    let asked = VerificationRequest {
        name: body.name.map(Cow::into_owned),
        at: body.at,
        revocation: body.revocation,
    };
    let given = Given {
        octets: decoded("base64Content", &body.base64_content)?,
        detached: body.base64_detached.map(|text| decoded("base64Detached", &text)).transpose()?,
        certificates: ("base64Certificates", all("base64Certificates", &body.base64_certificates)?),
        revocation: ("base64Revocation", all("base64Revocation", &body.base64_revocation)?),
    };
    to_verify(asked, given)
}

fn of_parts(parts: VerificationParts) -> Result<FileToVerify, Refusal> {
    let mut asked: VerificationRequest = match parts.request {
        // Some put a byte order mark before JSON (RFC 8259, 8.1).
        Some(octets) => body::object(octets.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&octets))?,
        None => VerificationRequest::default(),
    };
    // a client that calls its file what nothing can be called has not called it
    let called = parts.name.filter(|name| name.chars().count() <= NAME);
    asked.name = asked.name.or(called);
    let missing = || Refusal::MemberMissing { path: "the part document".to_owned() };
    let given = Given {
        octets: parts.document.ok_or_else(missing)?,
        detached: parts.detached,
        certificates: ("certificates", parts.certificates),
        revocation: ("revocation", parts.revocation),
    };
    to_verify(asked, given)
}

/// Octets that came, with the names of the members that they came in.
struct Given {
    octets: Vec<u8>,
    detached: Option<Vec<u8>>,
    certificates: (&'static str, Vec<Vec<u8>>),
    revocation: (&'static str, Vec<Vec<u8>>),
}

fn to_verify(asked: VerificationRequest, given: Given) -> Result<FileToVerify, Refusal> {
    if asked.name.as_ref().is_some_and(|name| name.chars().count() > NAME) {
        return Err(Refusal::MemberTooLong { path: "name".to_owned(), limit: NAME });
    }
    let at = asked.at.map(|text| {
        Instant::parse_rfc3339(&text).ok_or_else(|| Refusal::MemberInvalid {
            path: "at".to_owned(),
            expected: "a time such as 2026-12-31T12:00:00Z".to_owned(),
        })
    });
    if given.octets.is_empty() || given.detached.as_ref().is_some_and(Vec::is_empty) {
        return Err(Refusal::DocumentEmpty);
    }
    let refused = |path: &str, at: usize, expected: &str, reason: String| Refusal::MemberInvalid {
        path: format!("{path}[{at}]"),
        expected: format!("{expected}: {reason}"),
    };
    let mut beside = DataBeside::default();
    let (path, files) = given.certificates;
    for (at, octets) in files.iter().enumerate() {
        let added = beside.add_certificates(octets);
        added.map_err(|reason| refused(path, at, "certificates in PEM or DER", reason))?;
    }
    let (path, files) = given.revocation;
    for (at, octets) in files.into_iter().enumerate() {
        let added = beside.add_revocation(octets);
        added.map_err(|reason| {
            refused(path, at, "a revocation list or an answer of an OCSP responder", reason)
        })?;
    }
    Ok(FileToVerify {
        name: asked.name,
        octets: given.octets,
        detached: given.detached,
        at: at.transpose()?,
        asks_revocation: asked.revocation,
        beside,
    })
}
