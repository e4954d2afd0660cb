//! A file to verify in the parts of a form (RFC 7578): what is large comes as it is, all else as JSON in
//! `verificationRequest`.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, header};
use http_body_util::{BodyDataStream, Limited};
use multer::{Field, Multipart};

use super::problem::ApiProblem;
use crate::domain::ids::ClientServiceId;
use crate::domain::refusal::Refusal;
use crate::web::Web;
use crate::web::body::{Gathered, broken, unpacked};
use crate::web::portions::{Allowance, KEPT_BYTES, Portions};
use crate::web::room::OctetPlace;
use crate::web::surface::NoBody;

/// Files of certificates, and lists and answers, that may be given beside a file.
pub(super) const MOST_BESIDE: usize = 64;

/// The parts that came.
#[derive(Default)]
pub(super) struct VerificationParts {
    pub(super) document: Option<Vec<u8>>,
    /// As the part of the document calls it.
    pub(super) name: Option<String>,
    pub(super) detached: Option<Vec<u8>>,
    pub(super) certificates: Vec<Vec<u8>>,
    pub(super) revocation: Vec<Vec<u8>>,
    /// JSON.
    pub(super) request: Option<Vec<u8>>,
}

impl VerificationParts {
    /// Octets that are kept.
    pub(super) fn kept(&self) -> usize {
        let single = [&self.document, &self.detached, &self.request].into_iter().flatten();
        single.chain(&self.certificates).chain(&self.revocation).map(Vec::capacity).sum()
    }
}

/// Whether a request comes as a form.
pub(super) fn is_form(headers: &HeaderMap) -> bool {
    let declared = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = declared.and_then(|declared| declared.split(';').next()).unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("multipart/form-data")
}

/// Takes a form in.
///
/// # Errors
/// As reading any body, and what is wrong with the form.
pub(super) async fn read(
    web: &Web,
    headers: &HeaderMap,
    body: &mut Body,
    place: &mut OctetPlace<ClientServiceId>,
) -> Result<VerificationParts, ApiProblem> {
    unpacked(headers)?;
    let declared = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let boundary = multer::parse_boundary(declared.unwrap_or_default()).map_err(|_| {
        let expected = "multipart/form-data with a boundary".to_owned();
        Refusal::MemberInvalid { path: "Content-Type".to_owned(), expected }
    })?;
    let allowance = Allowance::default();
    let limited = Limited::new(body, web.config.body_limit_bytes);
    let portions = Portions::new(limited, allowance.clone());
    let form = Multipart::new(BodyDataStream::new(portions), boundary);
    let patience = Duration::from_millis(web.config.request_timeout_ms);
    let parts = tokio::time::timeout(patience, parts(web, form, &allowance, place)).await;
    parts.unwrap_or_else(|_| Err(NoBody::Unfinished.into()))
}

async fn parts(
    web: &Web,
    mut form: Multipart<'_>,
    allowance: &Allowance,
    place: &mut OctetPlace<ClientServiceId>,
) -> Result<VerificationParts, ApiProblem> {
    let mut parts = VerificationParts::default();
    loop {
        allowance.head();
        let field = form.next_field().await.map_err(|error| broken::<ApiProblem>(web, error))?;
        let Some(field) = field else { break };
        allowance.content();
        let name = field.name().unwrap_or_default().to_owned();
        let called = field.file_name().filter(|name| !name.is_empty()).map(str::to_owned);
        let others = KEPT_BYTES.saturating_add(parts.kept());
        let octets = gathered(web, field, others, place).await?;
        let once = |there: &mut Option<Vec<u8>>, octets| match there.replace(octets) {
            None => Ok(()),
            Some(_) => Err(malformed(&format!("{name} is there twice"))),
        };
        let further = |there: &mut Vec<Vec<u8>>, octets| {
            there.push(octets);
            if there.len() <= MOST_BESIDE {
                return Ok(());
            }
            Err(malformed(&format!("there are more than {MOST_BESIDE} parts {name}")))
        };
        match name.as_str() {
            "document" => {
                parts.name = called;
                once(&mut parts.document, octets)?;
            }
            "detached" => once(&mut parts.detached, octets)?,
            "certificates" => further(&mut parts.certificates, octets)?,
            "revocation" => further(&mut parts.revocation, octets)?,
            "verificationRequest" => once(&mut parts.request, octets)?,
            other => {
                let other: String = other.chars().take(80).collect();
                let detail = format!(
                    "a part is called '{other}'; they are called document, detached, certificates, revocation and \
                     verificationRequest"
                );
                return Err(malformed(&detail).into());
            }
        }
    }
    Ok(parts)
}

/// The octets of a part, as many as a document may have.
async fn gathered(
    web: &Web,
    mut field: Field<'_>,
    others: usize,
    place: &mut OctetPlace<ClientServiceId>,
) -> Result<Vec<u8>, ApiProblem> {
    let limit = web.app.limits.document_bytes;
    let mut gathered = Gathered { others, ..Gathered::default() };
    while let Some(piece) = field.chunk().await.map_err(|error| broken::<ApiProblem>(web, error))? {
        let size = gathered.octets.len().saturating_add(piece.len());
        if size > limit {
            return Err(Refusal::DocumentTooLarge { size, limit }.into());
        }
        gathered.add(&piece, place).await?;
    }
    Ok(gathered.octets)
}

fn malformed(detail: &str) -> Refusal {
    Refusal::MultipartMalformed { detail: detail.to_owned() }
}
