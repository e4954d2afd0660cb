//! Operations as they go out: `SignOperation` and `BaseOperation`.
//!
//! Members that have no value are left out, and no member of a successful answer begins with
//! "error": there are clients that take either for a failure.

use std::sync::Arc;

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::errors::Problem;
use super::{names, published, words};

use crate::app::{Client, Crowded};
use crate::domain::cades::CadesPackaging;
use crate::domain::document::{Document, DocumentState, SealSettings, SigningError};
use crate::domain::ids::{ClientServiceId, OperationId};
use crate::domain::level::Level;
use crate::domain::operation::{Operation, OperationState, WaitsFor};
use crate::domain::outbox::Message;
use crate::domain::pades::PadesProfile;
use crate::domain::profile::Profile;
use crate::domain::text::hex;
use crate::domain::visible::{ImageKind, VisiblePlace};
use crate::domain::xades::{
    LocationElement, Packaging, SignatureInput, SignatureTransform, XadesLevel, XadesProfile,
};
use crate::web::elsewhere::elsewhere;
use crate::web::room::OctetPlace;
use crate::web::{Web, download};
use crate::workflow::operations::{self, OperationDetail};
use crate::workflow::{self, notify};

/// An operation without its documents.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BaseOperation {
    /// Our id; below 2^53.
    id: i64,
    /// Always `SIGN`.
    #[serde(rename = "type")]
    #[schema(value_type = published::OperationType)]
    kind: &'static str,
    /// `PENDING_EXECUTION`, `EXECUTION_ERROR`, `EXECUTED` or `EXECUTION_FAILED`.
    #[schema(value_type = published::OperationStatus)]
    status: &'static str,
    issuer_company: IssuerCompany,
    issuer_client_service_alias: String,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    creation_date: String,
    /// The client's name for the request.
    folder_external_reference: String,
    signature_queue_priority: SignatureQueuePriority,
}

/// The queue that the operation waits in; there is one.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SignatureQueuePriority {
    id: i64,
    name: &'static str,
    default_priority: bool,
}

/// The company whose documents are sealed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Company)]
struct IssuerCompany {
    name: String,
    vat_number: String,
    /// ISO 3166-1 alpha-3.
    country_code: String,
    /// Language and country, as `pt_PT`.
    i18n_code: &'static str,
    /// `ACTIVE` or `SUSPENDED`.
    #[schema(value_type = published::PublishedCompanyStatus)]
    status: &'static str,
    /// Of the person who answers for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    creation_date: String,
    /// Always false: there is no separate audit log.
    audit_logs_active: bool,
    /// Begin of what it has subscribed to, when there is a limit; it is told about, never enforced.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    limit_period_start_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    limit_period_end_date: Option<String>,
    /// Sealed documents in this period.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit_usage_count: Option<u64>,
    /// Sealed so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit_current_consumption: Option<u64>,
    /// When they were counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    limit_current_consumption_last_modified_date: Option<String>,
    /// True with a limit: people are told.
    #[serde(skip_serializing_if = "Option::is_none")]
    notify_expired_limit: Option<bool>,
}

/// An operation with its documents.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignOperation {
    #[serde(flatten)]
    base: BaseOperation,
    folder: Folder,
    /// In the order of the request.
    document_list: Vec<DocumentAnswer>,
    /// Who is told, when somebody is.
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_info: Option<DeliveryAnswer>,
    /// Milliseconds from acceptance to end.
    #[serde(skip_serializing_if = "Option::is_none")]
    execution_time: Option<i64>,
    /// Present and true when this request had been accepted before.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    replayed: bool,
}

/// Who is told about the operation.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DeliveryInfoResponse)]
struct DeliveryAnswer {
    attach_documents: bool,
    /// In the order they were named first; those of a resend too.
    person_receiver: Vec<PersonAnswer>,
}

/// One receiver.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PersonResponse)]
struct PersonAnswer {
    email: String,
    /// `PENDING`, `SENT`, `RECEIVED`, `SENDING_ERROR` or `SENDING_FAILED`.
    #[schema(value_type = published::PublishedDeliveryStatus)]
    delivery_status: &'static str,
}

/// The request as a folder of documents.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Folder {
    folder_id: String,
    external_reference: String,
    description: String,
    #[schema(value_type = published::FolderContent)]
    folder_content: &'static str,
}

/// One document.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DocumentResponse)]
struct DocumentAnswer {
    external_reference: String,
    name: String,
    content_type: String,
    internal_id: i64,
    /// `RECEIVED`, `SIGNED` or `ERROR_SIGNING`.
    #[schema(value_type = published::SigningStatus)]
    sign_status: &'static str,
    /// Why it is not signed, also while it is only waiting: `CONFIGURATION_SIGN_ERROR`,
    /// `INVALID_CERTIFICATE_SIGN_ERROR`, `CERT_SERVICE_GLOBAL_ERROR` or `SIGN_OPERATION_INTERNAL_ERROR`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = published::PublishedSigningError, required = false)]
    sign_error: Option<&'static str>,
    /// Stable name of the exact reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    sign_error_reason: Option<String>,
    /// What to change, in a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    sign_error_detail: Option<String>,
    /// What was sent but had no effect.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sign_warnings: Vec<String>,
    #[schema(value_type = published::CipherStatus)]
    cipher_status: &'static str,
    /// `CONTENT_PRESERVED`, `CONTENT_STORED` or `CONTENT_NOT_STORED`.
    #[schema(value_type = published::StorageStatus)]
    storage_status: &'static str,
    /// Months that the document is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    storage_period: Option<u32>,
    /// Until then; RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    storage_end_date: Option<String>,
    /// Bytes of the original.
    content_length: u64,
    additional_content_length: u64,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    reception_date: String,
    /// The sealed document in base64, when asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    signed_content: Option<SignedContent>,
    /// SHA-256 of the sealed document, hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    signed_sha256: Option<String>,
    /// Bytes of the sealed document.
    #[serde(skip_serializing_if = "Option::is_none")]
    signed_length: Option<u64>,
    /// The signing time inside the seal.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    signing_time: Option<String>,
    /// What the seal is, by its settings: `XAdES-BASELINE-B`, `XAdES-BES`, `XAdES-EPES`, `XMLDSIG` (XML
    /// Signature without XAdES), `PAdES-BASELINE-B`, `CAdES-BASELINE-B`, `ASiC-E with XAdES-BASELINE-B`,
    /// `ASiC-E with CAdES-BASELINE-B`, or the authority whose form it has: `ZATCA`, `MYINVOIS`. With a
    /// timestamp those that end in `B` end in `T`, and `XAdES-BES` and `XAdES-EPES` are `XAdES-T`.
    #[serde(skip_serializing_if = "Option::is_none")]
    signature_level: Option<&'static str>,
    /// The seal profile that it was made with.
    #[serde(skip_serializing_if = "Option::is_none")]
    signature_profile: Option<String>,
    document_attributes: Vec<DocumentAttribute>,
}

/// Octets that are shown in base64 as they are written, without a copy of it all.
struct SignedContent(Arc<Vec<u8>>);

impl Serialize for SignedContent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&Base64Display::new(&self.0, &STANDARD))
    }
}

/// One signature setting kept with the document.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DocumentAttributeResponse)]
struct DocumentAttribute {
    #[schema(value_type = published::DocumentAttributeKey)]
    attribute_key: &'static str,
    attribute_value: String,
}

/// Up to this size an answer is handed over at once, and its place is free.
const SENT_AT_ONCE_BYTES: usize = 128 * 1024;

/// What describes an operation takes no place up to this size: polling has to go on whatever else a
/// client service does.
const READ_AT_ONCE_BYTES: u64 = 128 * 1024;

/// What waits for a key is due as soon as the key signs again, so nobody is sent away for longer.
const LONGEST_SECONDS: i64 = 30;

/// Answers above this size are written on a thread of their own.
const WRITE_ELSEWHERE_BYTES: u64 = 128 * 1024;

/// What an answer has beside contents: as a whole, and of each document.
const FRAME_BYTES: usize = 4 * 1024;
const DOCUMENT_BYTES: usize = 2 * 1024;

/// An operation that was looked up, with the place that it takes among the bytes in work.
pub struct LookedUp {
    detail: OperationDetail,
    place: Option<OctetPlace<ClientServiceId>>,
    octets: u64,
}

impl LookedUp {
    /// Whether the operation has ended.
    #[must_use]
    pub const fn has_ended(&self) -> bool {
        self.detail.operation.state.is_final()
    }
}

/// Looks an operation of the client service up. What is large takes its place before it is read.
///
/// # Errors
/// [`workflow::Error::NotFound`]; [`Problem::too_many`] when no place got free in time.
pub async fn look_up(
    web: &Web,
    client: &Arc<Client>,
    id: OperationId,
) -> Result<LookedUp, Problem> {
    let found = operations::find(&web.app, client.scope(), id).await?;
    let octets = found.length();
    let mut place = None;
    if octets > READ_AT_ONCE_BYTES {
        let party = client.client_service.id;
        place = Some(web.bytes.place(party, octets).await.ok_or_else(Problem::too_many)?);
    }
    Ok(LookedUp { detail: found.detail(&web.app).await?, place, octets })
}

/// The answer with an operation and its documents. Contents take a place among the bytes in work, for
/// themselves and for their base64, until the answer is sent.
///
/// # Errors
/// [`Problem::too_many`] when no place got free in time.
pub async fn respond(
    web: &Web,
    client: &Arc<Client>,
    found: LookedUp,
    replayed: bool,
    with_contents: bool,
) -> Result<Response, Problem> {
    let LookedUp { mut detail, mut place, octets } = found;
    let party = client.client_service.id;
    let length = if with_contents { detail.sealed_length() } else { 0 };
    let written = length.div_ceil(3).saturating_mul(4);
    if length > 0 {
        let all = length.saturating_add(written).saturating_add(octets);
        match &mut place {
            Some(place) => {
                let all = usize::try_from(all).unwrap_or(usize::MAX);
                place.hold(all).await.map_err(|Crowded| Problem::too_many())?;
            }
            None => {
                place = Some(web.bytes.place(party, all).await.ok_or_else(Problem::too_many)?);
            }
        }
    }
    if with_contents {
        detail.read_contents(&web.app).await?;
    }
    let unfinished = retry_after(web, &detail.operation);
    let client = Arc::clone(client);
    let write = move || {
        let documents = detail.documents.len().saturating_mul(DOCUMENT_BYTES);
        let written = usize::try_from(written).unwrap_or_default();
        // At once: what grows is there twice.
        let mut body = Vec::with_capacity(FRAME_BYTES + documents.saturating_add(written));
        serde_json::to_writer(&mut body, &sign_operation(&client, &detail, replayed))?;
        Ok::<_, serde_json::Error>(body)
    };
    let (written, place) = if length > WRITE_ELSEWHERE_BYTES {
        let written = elsewhere(&web.app.engine, party, place, write).await;
        written.map_err(|error| workflow::Error::Internal(Box::new(error)))?
    } else {
        (write(), place)
    };
    let body = written.map_err(|error| workflow::Error::Internal(Box::new(error)))?;
    let mut response = match place {
        Some(place) if body.len() > SENT_AT_ONCE_BYTES => download::large(web, body, place),
        _ => body.into_response(),
    };
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    Ok((unfinished, response).into_response())
}

/// When it is worth asking again for an operation that is not finished: seconds until its next try.
#[must_use]
pub fn retry_after(web: &Web, operation: &Operation) -> Option<[(HeaderName, HeaderValue); 1]> {
    if operation.state.is_final() {
        return None;
    }
    let now = web.app.steady_now().unix_ms();
    let left_ms = operation.next_try.map_or(0, |at| at.unix_ms().saturating_sub(now));
    let seconds = left_ms.div_euclid(1000).saturating_add(1).clamp(1, LONGEST_SECONDS);
    Some([(header::RETRY_AFTER, HeaderValue::from(seconds))])
}

/// An operation without documents.
#[must_use]
pub fn base(client: &Client, operation: &Operation) -> BaseOperation {
    BaseOperation {
        id: operation.id.as_i64(),
        kind: if operation.extends.is_some() { "EXTEND_PRESERVATION" } else { "SIGN" },
        status: names::operation_status(operation.state),
        issuer_company: issuer_company(client),
        issuer_client_service_alias: client.client_service.alias.as_str().to_owned(),
        creation_date: operation.accepted.to_rfc3339(),
        folder_external_reference: operation.external_reference.as_str().to_owned(),
        signature_queue_priority: SignatureQueuePriority {
            id: 1,
            name: "DEFAULT",
            default_priority: true,
        },
    }
}

fn issuer_company(client: &Client) -> IssuerCompany {
    let (issuer, used) = (&client.issuer, client.consumption);
    let limit = used.map(|used| used.limit);
    IssuerCompany {
        name: issuer.name.clone(),
        vat_number: issuer.vat_number.clone(),
        country_code: issuer.country_code.clone(),
        i18n_code: issuer.language.unwrap_or_default().locale(),
        status: names::company_status(issuer.status),
        email: issuer.email.as_ref().map(|email| email.as_str().to_owned()),
        creation_date: issuer.created.to_rfc3339(),
        audit_logs_active: false,
        limit_period_start_date: limit.map(|limit| limit.from.to_rfc3339()),
        limit_period_end_date: limit.map(|limit| limit.until.to_rfc3339()),
        limit_usage_count: limit.map(|limit| limit.documents),
        limit_current_consumption: used.map(|used| used.used),
        limit_current_consumption_last_modified_date: used.map(|used| used.counted.to_rfc3339()),
        notify_expired_limit: limit.map(|_| true),
    }
}

/// An operation with its documents; sealed bytes are answered as far as they are in `detail`.
fn sign_operation(client: &Client, detail: &OperationDetail, replayed: bool) -> SignOperation {
    let operation = &detail.operation;
    let document_list = detail
        .documents
        .iter()
        .map(|(document, settings)| {
            let content = detail.sealed.get(&document.id).cloned().map(SignedContent);
            document_answer(client, operation, (document, settings), content)
        })
        .collect();
    SignOperation {
        base: base(client, operation),
        folder: Folder {
            folder_id: operation.id.to_string(),
            external_reference: operation.external_reference.as_str().to_owned(),
            description: operation.description.clone(),
            folder_content: "DOCUMENT",
        },
        document_list,
        delivery_info: delivery_info(&detail.mails),
        execution_time: operation
            .finished
            .map(|finished| finished.unix_ms() - operation.accepted.unix_ms()),
        replayed,
    }
}

fn delivery_info(mails: &[Message]) -> Option<DeliveryAnswer> {
    let attach_documents = mails.first()?.attach;
    let person_receiver = notify::receivers(mails)
        .into_iter()
        .map(|(address, status)| PersonAnswer {
            email: address.as_str().to_owned(),
            delivery_status: names::delivery_status(status),
        })
        .collect();
    Some(DeliveryAnswer { attach_documents, person_receiver })
}

fn document_answer(
    client: &Client,
    operation: &Operation,
    (document, settings): (&Document, &SealSettings),
    signed_content: Option<SignedContent>,
) -> DocumentAnswer {
    let custody = operation.custody;
    let mut answer = DocumentAnswer {
        external_reference: document.external_reference.as_str().to_owned(),
        name: document.name.clone(),
        content_type: document.content_type.clone(),
        internal_id: document.id.as_i64(),
        sign_status: names::signing_status(&document.state),
        sign_error: None,
        sign_error_reason: None,
        sign_error_detail: None,
        sign_warnings: Vec::new(),
        cipher_status: "NO_CIPHER",
        storage_status: if custody.preserve { "CONTENT_PRESERVED" } else { "CONTENT_STORED" },
        storage_period: Some(custody.months),
        storage_end_date: Some(document.received.plus_months(custody.months).to_rfc3339()),
        content_length: document.content_length,
        additional_content_length: 0,
        reception_date: document.received.to_rfc3339(),
        signed_content,
        signed_sha256: None,
        signed_length: None,
        signing_time: None,
        signature_level: None,
        signature_profile: None,
        document_attributes: Vec::new(),
    };
    match &document.state {
        DocumentState::Received => {
            // Generated clients of Sign'Stash look at signError of whatever is not signed, and fail
            // when it is not there.
            let waits_for = match operation.waits_for {
                Some(WaitsFor::Timestamp) if settings.level > Level::B => WaitsFor::Timestamp,
                Some(WaitsFor::ValidationData) if settings.level > Level::T => {
                    WaitsFor::ValidationData
                }
                _ => WaitsFor::Key,
            };
            let error = match (operation.state, waits_for) {
                (
                    OperationState::ExecutionError,
                    WaitsFor::Timestamp | WaitsFor::ValidationData,
                ) => SigningError::Timestamp,
                _ => SigningError::CertificateServiceGlobal,
            };
            let (reason, detail) = waiting(operation.state, waits_for);
            answer.sign_error = Some(names::signing_error(error));
            answer.sign_error_reason = Some(reason.to_owned());
            answer.sign_error_detail = Some(detail.to_owned());
            answer.storage_status = "CONTENT_STORED";
            answer.document_attributes = attributes(client, settings);
        }
        DocumentState::Sealed { signing_time, sha256, length } => {
            answer.signed_sha256 = Some(hex(sha256));
            answer.signed_length = Some(*length);
            answer.signing_time = Some(signing_time.to_xs_date_time());
            answer.signature_level = Some(level(settings));
            answer.signature_profile.clone_from(&settings.profile);
            answer.sign_warnings.clone_from(&settings.notes);
            answer.document_attributes = attributes(client, settings);
        }
        DocumentState::Failed { error, reason, detail } => {
            answer.sign_error = Some(names::signing_error(*error));
            answer.sign_error_reason = Some(reason.clone());
            answer.sign_error_detail = Some(words::about_document(reason, detail));
            answer.storage_status = "CONTENT_NOT_STORED";
            answer.sign_warnings.clone_from(&settings.notes);
            answer.storage_period = None;
            answer.storage_end_date = None;
        }
    }
    answer
}

fn attribute(attribute_key: &'static str, attribute_value: impl Into<String>) -> DocumentAttribute {
    DocumentAttribute { attribute_key, attribute_value: attribute_value.into() }
}

/// Why a document that did not fail is not sealed.
const fn waiting(state: OperationState, waits_for: WaitsFor) -> (&'static str, &'static str) {
    match (state, waits_for) {
        (OperationState::ExecutionError, WaitsFor::Timestamp) => (
            "postponed",
            "no time-stamp authority gave a timestamp; the document is tried again by itself, send \
             nothing again",
        ),
        (OperationState::ExecutionError, WaitsFor::ValidationData) => (
            "postponed",
            "nobody who may said whether the certificates of the seal were revoked; the document is tried \
             again by itself, send nothing again",
        ),
        (OperationState::ExecutionError, WaitsFor::Key) => (
            "postponed",
            "the key did not answer; the document is tried again by itself, send nothing again",
        ),
        (
            OperationState::PendingExecution
            | OperationState::Executed
            | OperationState::ExecutionFailed,
            _,
        ) => (
            "in-work",
            "the document is not sealed yet; it goes on by itself, ask for the status again",
        ),
    }
}

fn attributes(client: &Client, settings: &SealSettings) -> Vec<DocumentAttribute> {
    match &settings.seal {
        Profile::Xades(profile) => attributes_of_xades(profile),
        Profile::Pades(profile) => attributes_of_pades(client, profile),
        Profile::Cades(_) => Vec::new(),
    }
}

fn attributes_of_xades(xades: &XadesProfile) -> Vec<DocumentAttribute> {
    let transform = match (&xades.signature_transform, xades.packaging) {
        (SignatureTransform::Named(named), Packaging::Enveloped) => named.as_str(),
        // Nothing is taken out of a document that does not hold its signature.
        (SignatureTransform::Named(_), _) => "NONE",
        (SignatureTransform::List(_), _) => "LIST",
    };
    let mut attributes = vec![
        attribute("SIGNATURE_ATTRIBUTE_TRANSFORM", transform),
        attribute("SIGNATURE_ATTRIBUTE_CANONICAL", xades.canonical_transform.as_str()),
    ];
    let location = match &xades.signature_location.place {
        LocationElement::Default => None,
        LocationElement::Path(location) | LocationElement::XPath { xpath: location, .. } => {
            Some(location.clone())
        }
        LocationElement::Name { name, namespace } => Some(format!("{{{namespace}}}{name}")),
    };
    attributes
        .extend(location.map(|location| attribute("SIGNATURE_ATTRIBUTE_XPATH_LOCATION", location)));
    attributes
}

/// The image is left out, but for its kind: it is what the client sent.
fn attributes_of_pades(client: &Client, pades: &PadesProfile) -> Vec<DocumentAttribute> {
    let visible = pades.visible.as_ref();
    let mut attributes = vec![attribute(
        "GLOBAL_SIGNATURE_VISIBILITY_ENABLED",
        if visible.is_some() { "true" } else { "false" },
    )];
    let texts = [
        ("SIGNATURE_ATTRIBUTE_REASON", &pades.reason),
        ("SIGNATURE_ATTRIBUTE_LOCATION", &pades.location),
    ];
    attributes
        .extend(texts.into_iter().filter_map(|(key, text)| Some(attribute(key, text.as_deref()?))));
    let Some(visible) = visible else { return attributes };
    let (kind, value) = match &visible.place {
        VisiblePlace::Field(name) => ("SIGN_FIELD", name.clone()),
        VisiblePlace::Placeholder(word) => ("PLACEHOLDER", word.clone()),
        VisiblePlace::Coordinate { page, x, y } => {
            ("COORDINATE", format!("page={page},x={},y={}", x.as_f64(), y.as_f64()))
        }
    };
    attributes.push(attribute("VISIBLE_SIGNATURE_LOCATION_TYPE", kind));
    attributes.push(attribute("VISIBLE_SIGNATURE_LOCATION_VALUE", value));
    let usual = &client.client_service.signature_template;
    let is_usual = visible.template.is_none() || visible.template == *usual;
    let template = if is_usual { "SERVICE_CUSTOMIZATION" } else { "ONE_OFF" };
    attributes.push(attribute("VISIBLE_SIGNATURE_TEMPLATE_TYPE", template));
    if let Some(template) = &visible.template {
        attributes.push(attribute("VISIBLE_SIGNATURE_TEMPLATE_CONTENT", template.as_str()));
    }
    if let Some(area) = visible.area {
        let value = format!("width={},height={}", area.width.as_f64(), area.height.as_f64());
        attributes.push(attribute("VISIBLE_SIGNATURE_AREA", value));
    }
    let background = visible.background.map_or("transparent".to_owned(), |it| it.to_string());
    attributes.push(attribute("VISIBLE_SIGNATURE_AREA_BACKGROUND_COLOR", background));
    let font = format!("size={},color={}", visible.font.size.as_f64(), visible.font.color);
    attributes.push(attribute("VISIBLE_SIGNATURE_FONT", font));
    attributes.extend(visible.image.as_ref().map(|image| {
        let kind = match image.kind {
            ImageKind::Png => "IMAGE_PNG",
            ImageKind::Jpeg => "IMAGE_JPG",
        };
        attribute("VISIBLE_SIGNATURE_IMAGE_TYPE", kind)
    }));
    attributes
}

fn level(settings: &SealSettings) -> &'static str {
    let of = |names: [&'static str; 4]| {
        let [b, t, lt, lta] = names;
        match settings.level {
            Level::B => b,
            Level::T => t,
            Level::Lt => lt,
            Level::Lta => lta,
        }
    };
    let xades = match &settings.seal {
        Profile::Xades(profile) => profile,
        Profile::Pades(_) => {
            return of([
                "PAdES-BASELINE-B",
                "PAdES-BASELINE-T",
                "PAdES-BASELINE-LT",
                "PAdES-BASELINE-LTA",
            ]);
        }
        Profile::Cades(profile) if profile.packaging == CadesPackaging::AsicE => {
            return of([
                "ASiC-E with CAdES-BASELINE-B",
                "ASiC-E with CAdES-BASELINE-T",
                "ASiC-E with CAdES-BASELINE-LT",
                "ASiC-E with CAdES-BASELINE-LTA",
            ]);
        }
        Profile::Cades(_) => {
            return of([
                "CAdES-BASELINE-B",
                "CAdES-BASELINE-T",
                "CAdES-BASELINE-LT",
                "CAdES-BASELINE-LTA",
            ]);
        }
    };
    if xades.packaging == Packaging::AsicE {
        return of([
            "ASiC-E with XAdES-BASELINE-B",
            "ASiC-E with XAdES-BASELINE-T",
            "ASiC-E with XAdES-BASELINE-LT",
            "ASiC-E with XAdES-BASELINE-LTA",
        ]);
    }
    match (xades.signature_input, xades.xades_level) {
        (SignatureInput::Zatca, _) => "ZATCA",
        (SignatureInput::MyInvois, _) => "MYINVOIS",
        (SignatureInput::SignedInfo, XadesLevel::None) => "XMLDSIG",
        // ETSI TS 101 903, 4.4.3; what is longer is not made of them.
        (SignatureInput::SignedInfo, XadesLevel::Bes) => {
            of(["XAdES-BES", "XAdES-T", "XAdES-X-L", "XAdES-A"])
        }
        (SignatureInput::SignedInfo, XadesLevel::Epes) => {
            of(["XAdES-EPES", "XAdES-T", "XAdES-X-L", "XAdES-A"])
        }
        (SignatureInput::SignedInfo, XadesLevel::B) => {
            of(["XAdES-BASELINE-B", "XAdES-BASELINE-T", "XAdES-BASELINE-LT", "XAdES-BASELINE-LTA"])
        }
    }
}
