//! Sign requests in parts (RFC 7578): the documents as they are in `files`, all else as JSON in
//! `signRequest`. Each part is taken in as it comes; of a document above its limit nothing is kept.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, header};
use http_body_util::{BodyDataStream, Limited};
use multer::{Field, Multipart};

use super::errors::Problem;
use super::text::TEXT_LIMIT;
use crate::domain::ids::ClientServiceId;
use crate::domain::refusal::Refusal;
use crate::web::body::{Gathered, broken};
use crate::web::portions::{Allowance, KEPT_BYTES, Portions};
use crate::web::room::OctetPlace;
use crate::web::surface::NoBody;
use crate::web::{Web, body};
use crate::workflow::fingerprint::PiecewiseHash;

const FILES: &str = "files";
const REQUEST: &str = "signRequest";

/// The parts of a request.
pub(super) struct FormParts {
    /// JSON.
    pub(super) request: Bytes,
    /// In the order they came.
    pub(super) files: Vec<FilePart>,
}

/// A document.
pub struct FilePart {
    /// As its part calls it, when a document can be called so; many clients call it nothing.
    pub name: Option<String>,
    /// What came of it.
    pub content: Received,
}

/// What came of a document.
pub struct Received {
    /// None of it is kept when there is more than a document may have.
    pub octets: PartOctets,
    /// Of all of it.
    pub sha256: [u8; 32],
}

/// The octets of a document, or how many there were.
pub enum PartOctets {
    Whole(Vec<u8>),
    TooMany(usize),
}

impl PartOctets {
    /// How many are in memory.
    const fn kept(&self) -> usize {
        match self {
            Self::Whole(octets) => octets.capacity(),
            Self::TooMany(_) => 0,
        }
    }
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
) -> Result<FormParts, Problem> {
    body::unpacked(headers)?;
    let declared = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let boundary = multer::parse_boundary(declared.unwrap_or_default()).map_err(|_| {
        let expected = "multipart/form-data with a boundary; a request that is all JSON goes to \
                        document/sign/base64";
        Refusal::MemberInvalid { path: "Content-Type".to_owned(), expected: expected.to_owned() }
    })?;
    let limit = web.config.body_limit_bytes;
    let allowance = Allowance::default();
    let portions = Portions::new(Limited::new(body, limit), allowance.clone());
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
) -> Result<FormParts, Problem> {
    let broken = |error| broken::<Problem>(web, error);
    let mut taken = KEPT_BYTES;
    let mut request = None;
    let mut files = Vec::new();
    loop {
        allowance.head();
        let Some(field) = form.next_field().await.map_err(broken)? else { break };
        allowance.content();
        let name = field.name().unwrap_or_default().to_owned();
        match name.as_str() {
            FILES => {
                let limit = web.app.limits.documents_per_request;
                if files.len() >= limit {
                    return Err(Refusal::TooManyDocuments { count: limit + 1, limit }.into());
                }
                let name = called(&field);
                taken += name.as_ref().map_or(0, String::len);
                let limit = web.app.limits.document_bytes;
                let content = document(web, field, limit, (taken, &mut *place)).await?;
                taken += content.octets.kept();
                files.push(FilePart { name, content });
            }
            REQUEST if request.is_none() => {
                let mut gathered = Gathered { others: taken, ..Gathered::default() };
                let mut field = field;
                while let Some(piece) = field.chunk().await.map_err(broken)? {
                    gathered.add(&piece, place).await?;
                }
                let bytes = gathered.octets;
                taken += bytes.capacity();
                // Some put a byte order mark before JSON (RFC 8259, 8.1).
                let mark = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
                request = Some(Bytes::from(bytes).slice(mark..));
            }
            REQUEST => return Err(malformed("signRequest is there twice").into()),
            other => {
                let other: String = other.chars().take(80).collect();
                let detail =
                    format!("a part is called '{other}'; they are called files and signRequest");
                return Err(malformed(&detail).into());
            }
        }
    }
    let missing = || Refusal::MemberMissing { path: "the part signRequest".to_owned() };
    Ok(FormParts { request: request.ok_or_else(missing)?, files })
}

/// What a document's part calls it, unless no document can be called so.
fn called(field: &Field<'_>) -> Option<String> {
    let name = field.file_name().filter(|name| !name.is_empty());
    name.filter(|name| name.chars().count() <= TEXT_LIMIT).map(str::to_owned)
}

/// Takes a document in, or only counts it when it is too large to be kept. `others` is what the place
/// holds already.
async fn document(
    web: &Web,
    mut field: Field<'_>,
    limit: usize,
    (others, place): (usize, &mut OctetPlace<ClientServiceId>),
) -> Result<Received, Problem> {
    let mut gathered = Gathered { others, ..Gathered::default() };
    let mut too_many = None;
    let mut pieces = PiecewiseHash::new();
    while let Some(piece) = field.chunk().await.map_err(|error| broken::<Problem>(web, error))? {
        pieces.add(&piece);
        match &mut too_many {
            None if gathered.octets.len() + piece.len() <= limit => {
                gathered.add(&piece, place).await?;
            }
            None => {
                too_many = Some(gathered.octets.len() + piece.len());
                gathered.octets = Vec::new();
            }
            Some(size) => *size += piece.len(),
        }
    }
    let octets = too_many.map_or(PartOctets::Whole(gathered.octets), PartOctets::TooMany);
    Ok(Received { octets, sha256: pieces.finish() })
}

fn malformed(detail: &str) -> Refusal {
    Refusal::MultipartMalformed { detail: detail.to_owned() }
}

/// Puts each file to the document that it is: in the order of the request, unless the names of the parts
/// say otherwise. `names` are those of the documents.
///
/// # Errors
/// When there are more or fewer files than documents, or the names contradict the order and do not say
/// which file is which document.
pub fn assign(files: Vec<FilePart>, names: &[&str]) -> Result<Vec<Received>, Refusal> {
    let invalid = |expected: String| Refusal::MemberInvalid { path: FILES.to_owned(), expected };
    if files.len() != names.len() {
        return Err(invalid(format!(
            "as many parts as there are documents: {} came, and the request names {}",
            files.len(),
            names.len()
        )));
    }
    let in_order = files.iter().zip(names).all(|(file, name)| match &file.name {
        None => true,
        Some(called) => called == name || !names.contains(&called.as_str()),
    });
    if in_order {
        return Ok(files.into_iter().map(|file| file.content).collect());
    }
    let mut left: Vec<Option<FilePart>> = files.into_iter().map(Some).collect();
    let mut sorted = Vec::with_capacity(names.len());
    for name in names {
        let mut called = left
            .iter_mut()
            .filter(|file| file.as_ref().is_some_and(|file| file.name.as_deref() == Some(name)));
        let (file, again) = (called.next().and_then(Option::take), called.next().is_some());
        let file = file.filter(|_| !again).ok_or_else(|| {
            invalid(
                "in the order of the documents, or each called like one document by its file name"
                    .to_owned(),
            )
        })?;
        sorted.push(file.content);
    }
    Ok(sorted)
}
