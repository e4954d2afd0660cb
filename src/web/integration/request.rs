//! Sign requests as they come in, and their decoding into domain words. Every member of the v0
//! model is known here; what we cannot do yet is refused by name, never dropped.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::visible::VisibleSignatureInfo;
use super::{earlier, overrides};
use crate::app::Limits;
use crate::domain::delivery::MailAddress;
use crate::domain::document::SealWishes;
use crate::domain::ids::ExternalReference;
use crate::domain::language::Language;
use crate::domain::profile::{Canonicalization, Format};
use crate::domain::refusal::Refusal;
use crate::domain::xades::NamedTransform;
use crate::web::settings_schema::AnyProfile;
use crate::workflow::fingerprint;
use crate::workflow::notify::Receiver;
use crate::workflow::request::{Earlier, RequestedDocument, SignRequest, content_type};

/// Longest description and other free text, in characters.
const TEXT_LIMIT: usize = 2000;

/// Decodes with or without padding: both are on the wire.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Body of a sign request.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignBody<'a> {
    /// The client's name for the request, unique for ever: 1 to 255 printable characters. Required.
    external_reference: Option<String>,
    /// Shown to people. Required.
    description: Option<String>,
    /// At least one. Required.
    #[serde(borrow, default, deserialize_with = "objects")]
    documents: Option<Vec<DocumentBody<'a>>>,
    #[serde(default, deserialize_with = "object")]
    preservation_info: Option<PreservationInfo>,
    /// Whether the answer carries the sealed documents. Default false.
    return_signed_content: Option<bool>,
}

/// One document with its signature settings.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DocumentBody<'a> {
    #[serde(borrow, default, deserialize_with = "object")]
    pub(super) document_request: Option<DocumentRequest<'a>>,
    #[serde(default, deserialize_with = "object")]
    pub(super) signature_info: Option<SignatureInfo>,
}

/// The document itself.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DocumentRequest<'a> {
    /// The client's name for the document. Required.
    pub(super) external_reference: Option<String>,
    /// File name without path. Required.
    pub(super) name: Option<String>,
    /// `application/xml`, `text/xml`, `application/pdf`, `application/zip` or `application/octet-stream`;
    /// any other media type with CAdES. Required.
    pub(super) content_type: Option<String>,
    /// The document in base64. Required.
    #[serde(borrow)]
    #[schema(value_type = Option<String>)]
    pub(super) base64_content: Option<Text<'a>>,
}

/// Text that stays where it is in the request body unless it has escapes.
#[derive(Deserialize)]
pub(super) struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// How to sign.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SignatureInfo {
    /// `XAdES`, `PAdES` or `CAdES`. Required.
    pub(super) signature_type: Option<String>,
    pub(super) apply_timestamp: Option<bool>,
    pub(super) reason: Option<String>,
    pub(super) location: Option<String>,
    #[serde(default, deserialize_with = "object")]
    pub(super) visible_signature_info: Option<VisibleSignatureInfo>,
    /// Name of a seal profile, as `ubl` or `facturae-3.2`; that of the client service without it.
    pub(super) profile: Option<String>,
    /// Settings that differ from the profile's. Some clients nest the object in itself, as an old page
    /// of Sign'Stash says; where both say something the inner one counts.
    #[serde(default, deserialize_with = "object")]
    #[schema(value_type = Option<AnyProfile>)]
    pub(super) advanced_signature_info: Option<Map<String, Value>>,
}

/// What happens to the sealed documents afterwards.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PreservationInfo {
    /// Required when the object is there.
    pub(super) preserve_content: Option<bool>,
    pub(super) alias: Option<String>,
    #[serde(default, deserialize_with = "object")]
    pub(super) delivery_info: Option<DeliveryInfo>,
}

/// Who is told.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeliveryInfo {
    pub(super) attach_documents: Option<bool>,
    #[serde(default, deserialize_with = "objects")]
    pub(super) person_receiver: Option<Vec<PersonReceiver>>,
}

/// One receiver.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PersonReceiver {
    /// Where to write to. Required.
    pub(super) email: Option<String>,
    /// `pt`, `en`, `es`, `fr`, `de` or `it`, also with a region; that of the client service without it.
    pub(super) language: Option<String>,
    /// Read-only; ignored on input, as clients echo it.
    #[expect(dead_code, reason = "known, so that a wrong type is noticed")]
    delivery_status: Option<String>,
}

impl PersonReceiver {
    /// Somebody of whom only the address is known.
    pub(super) const fn of(email: String) -> Self {
        Self { email: Some(email), language: None, delivery_status: None }
    }
}

/// A value that must be a JSON object. Derived code would also take a list of the members' values.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Object)
    }
}

fn object<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(Option::<Object<T>>::deserialize(deserializer)?.map(|object| object.0))
}

fn objects<'de, D, T>(deserializer: D) -> Result<Option<Vec<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let objects = Option::<Vec<Object<T>>>::deserialize(deserializer)?;
    Ok(objects.map(|objects| objects.into_iter().map(|object| object.0).collect()))
}

/// A decoded request, and how its answer is to look.
pub struct Decoded {
    /// In domain words.
    pub request: SignRequest,
    /// Whether the answer carries the sealed documents.
    pub return_signed_content: bool,
}

/// Decodes a request body.
///
/// # Errors
/// A refusal that concerns the request as a whole. Refusals of single documents are inside.
pub fn decode(body: &[u8], limits: &Limits) -> Result<Decoded, Refusal> {
    let body: SignBody<'_> = read_object(body)?;
    let external_reference = reference(body.external_reference.as_deref(), "externalReference")?;
    let description = required(body.description, || "description".to_owned())?;
    readable(&description, "description")?;
    let documents = required(body.documents, || "documents".to_owned())?;
    let mut earlier = earlier::spellings(&documents, body.preservation_info.as_ref());
    let promise = Promises::read(body.preservation_info)?;
    let documents = documents
        .into_iter()
        .enumerate()
        .map(|(position, document)| {
            decode_document(position, document, &promise, limits, &mut earlier)
        })
        .collect::<Result<_, _>>()?;
    Ok(Decoded {
        request: SignRequest {
            external_reference,
            description,
            preserve_content: promise.preserve_content,
            receivers: promise.receivers,
            attach_documents: promise.attach_documents,
            documents,
            earlier,
        },
        return_signed_content: body.return_signed_content.unwrap_or(false),
    })
}

pub(super) fn read_object<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Refusal> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let parsed =
        serde_path_to_error::deserialize::<_, Object<_>>(&mut reader).map_err(|error| {
            let path = error.path().to_string();
            let inner = error.into_inner();
            if inner.is_data() {
                Refusal::MemberInvalid { path, expected: expectation(&inner) }
            } else {
                Refusal::JsonMalformed { detail: inner.to_string() }
            }
        })?;
    reader.end().map_err(|error| Refusal::JsonMalformed { detail: error.to_string() })?;
    Ok(parsed.0)
}

/// `invalid type: integer `5`, expected a string at line 1 column 30` without what repeats content.
fn expectation(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let expected = text.split_once("expected ").map_or(text.as_str(), |(_, rest)| rest);
    expected.split(" at line").next().unwrap_or(expected).to_owned()
}

fn required<T>(value: Option<T>, path: impl FnOnce() -> String) -> Result<T, Refusal> {
    value.ok_or_else(|| Refusal::MemberMissing { path: path() })
}

fn reference(value: Option<&str>, path: &str) -> Result<ExternalReference, Refusal> {
    let value = required(value, || path.to_owned())?;
    ExternalReference::parse(value).map_err(|refusal| match refusal {
        Refusal::ReferenceInvalid { reason } => Refusal::MemberInvalid {
            path: path.to_owned(),
            expected: format!("1 to 255 printable characters; {reason}"),
        },
        other => other,
    })
}

fn text_limit(text: &str, path: &str) -> Result<(), Refusal> {
    if text.chars().count() > TEXT_LIMIT {
        return Err(Refusal::MemberTooLong { path: path.to_owned(), limit: TEXT_LIMIT });
    }
    Ok(())
}

/// Text for people: not every database keeps U+0000, and nobody has a use for it.
pub(super) fn readable(text: &str, path: &str) -> Result<(), Refusal> {
    if text.contains('\0') {
        let expected = "text without the character U+0000".to_owned();
        return Err(Refusal::MemberInvalid { path: path.to_owned(), expected });
    }
    text_limit(text, path)
}

/// What the client wants to happen afterwards, for the whole request.
struct Promises {
    preserve_content: bool,
    receivers: Vec<Receiver>,
    attach_documents: bool,
    /// Said about every document: what of it cannot be kept.
    refusal: Option<Refusal>,
}

impl Promises {
    fn read(info: Option<PreservationInfo>) -> Result<Self, Refusal> {
        let Some(info) = info else {
            return Ok(Self {
                preserve_content: false,
                receivers: Vec::new(),
                attach_documents: false,
                refusal: None,
            });
        };
        let preserve_content =
            required(info.preserve_content, || "preservationInfo.preserveContent".to_owned())?;
        if let Some(alias) = &info.alias {
            readable(alias, "preservationInfo.alias")?;
        }
        let (receivers, attach_documents) = match info.delivery_info {
            None => (Vec::new(), false),
            Some(delivery) => {
                let persons = delivery.person_receiver.unwrap_or_default();
                let path = "preservationInfo.deliveryInfo.personReceiver";
                (receivers(persons, path)?, delivery.attach_documents.unwrap_or(false))
            }
        };
        let refusal = preserve_content.then(|| Refusal::NotAvailable {
            what: "long-term preservation (preservationInfo.preserveContent)".to_owned(),
            remedy: "send preserveContent false",
        });
        Ok(Self { preserve_content, receivers, attach_documents, refusal })
    }
}

/// Receivers in domain words; `path` is the list they come from.
pub(super) fn receivers(
    persons: Vec<PersonReceiver>,
    path: &str,
) -> Result<Vec<Receiver>, Refusal> {
    persons
        .into_iter()
        .enumerate()
        .map(|(position, person)| {
            let member = |name: &str| format!("{path}[{position}].{name}");
            let email = required(person.email, || member("email"))?;
            let address = MailAddress::parse(&email).ok_or_else(|| Refusal::MemberInvalid {
                path: member("email"),
                expected: "an e-mail address such as ap@example.com".to_owned(),
            })?;
            let language = match person.language.as_deref().map(str::trim) {
                None | Some("") => None,
                Some(tag) => Some(Language::parse(tag).ok_or_else(|| Refusal::MemberInvalid {
                    path: member("language"),
                    expected: "one of pt, en, es, fr, de, it".to_owned(),
                })?),
            };
            Ok(Receiver { address, language })
        })
        .collect()
}

fn decode_document(
    position: usize,
    body: DocumentBody<'_>,
    promise: &Promises,
    limits: &Limits,
    earlier: &mut [Earlier],
) -> Result<RequestedDocument, Refusal> {
    let path = |member: &str| format!("documents[{position}].{member}");
    let document = required(body.document_request, || path("documentRequest"))?;
    let external_reference = reference(
        document.external_reference.as_deref(),
        &path("documentRequest.externalReference"),
    )?;
    let name = required(document.name, || path("documentRequest.name"))?;
    text_limit(&name, &path("documentRequest.name"))?;
    let declared = required(document.content_type, || path("documentRequest.contentType"))?;
    text_limit(&declared, &path("documentRequest.contentType"))?;
    let encoded = required(document.base64_content, || path("documentRequest.base64Content"))?;
    let info = required(body.signature_info, || path("signatureInfo"))?;
    let signature_type =
        required(info.signature_type.as_deref(), || path("signatureInfo.signatureType"))?
            .to_owned();
    if let Some(visible) = &info.visible_signature_info {
        required(visible.location_type.as_deref(), || {
            path("signatureInfo.visibleSignatureInfo.locationType")
        })?;
        required(visible.location_value.as_deref(), || {
            path("signatureInfo.visibleSignatureInfo.locationValue")
        })?;
    }

    let mut first = FirstRefusal(None);
    first.note(check_name(&name));
    let content = first.note(content(&encoded.0, limits)).unwrap_or_default();
    let format = first.note(format(&signature_type)).unwrap_or(Format::Xades);
    let content_type = first
        .note(content_type(&declared, &content, format))
        .unwrap_or_else(|| declared.trim().to_owned());
    let wishes = first.note(wishes(format, info)).unwrap_or(SealWishes {
        format,
        profile: None,
        settings: Map::new(),
        timestamp: false,
        notes: Vec::new(),
    });
    let unread = first.0.as_ref().map(|refusal| {
        let mut said = earlier::said(earlier, position).to_vec();
        if content.is_empty() {
            said.extend_from_slice(encoded.0.as_bytes());
        }
        if matches!(refusal, Refusal::Base64Invalid { .. }) {
            earlier::add(earlier, position, &encoded.0);
        }
        fingerprint::of_octets(&said)
    });
    let refusal = promise.refusal.clone().or(first.0);
    Ok(RequestedDocument {
        external_reference,
        name,
        content_type,
        wishes,
        content,
        refusal,
        unread,
    })
}

/// Keeps the first refusal of a document.
struct FirstRefusal(Option<Refusal>);

impl FirstRefusal {
    fn note<T>(&mut self, result: Result<T, Refusal>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(refusal) => {
                self.0.get_or_insert(refusal);
                None
            }
        }
    }
}

fn check_name(name: &str) -> Result<(), Refusal> {
    let reason = if name.trim().is_empty() {
        "it is empty"
    } else if name.chars().count() > 255 {
        "it is longer than 255 characters"
    } else if name.contains(['/', '\\']) {
        "it holds a path separator"
    } else if name.chars().any(char::is_control) {
        "it holds a control character"
    } else if matches!(name, "." | "..") {
        "it names a folder"
    } else {
        return Ok(());
    };
    Err(Refusal::NameInvalid { reason })
}

fn content(encoded: &str, limits: &Limits) -> Result<Vec<u8>, Refusal> {
    let limit = limits.document_bytes;
    // Line breaks are common in base64 made by mail tools; taking them out costs a copy only then.
    let compact: Cow<'_, str> = if encoded.bytes().any(|byte| byte.is_ascii_whitespace()) {
        encoded.chars().filter(|c| !c.is_ascii_whitespace()).collect::<String>().into()
    } else {
        encoded.into()
    };
    let size = compact.len() / 4 * 3;
    if size > limit.saturating_add(2) {
        return Err(Refusal::DocumentTooLarge { size, limit });
    }
    let content = BASE64
        .decode(compact.as_bytes())
        .map_err(|error| Refusal::Base64Invalid { detail: error.to_string() })?;
    match content.len() {
        0 => Err(Refusal::DocumentEmpty),
        size if size > limit => Err(Refusal::DocumentTooLarge { size, limit }),
        _ => Ok(content),
    }
}

fn format(signature_type: &str) -> Result<Format, Refusal> {
    Format::parse(signature_type.trim()).ok_or_else(|| Refusal::MemberInvalid {
        path: "signatureInfo.signatureType".to_owned(),
        expected: "XAdES, PAdES or CAdES".to_owned(),
    })
}

fn wishes(format: Format, info: SignatureInfo) -> Result<SealWishes, Refusal> {
    let mut notes = Vec::new();
    let mut settings = overrides::said(info.advanced_signature_info.unwrap_or_default());
    match format {
        Format::Pades => {
            // Clients that send the same object with everything are not refused for it.
            for member in XML_ONLY {
                if settings.remove(member).is_some() {
                    notes.push(format!(
                        "signatureInfo.advancedSignatureInfo.{member} applies to XML and was not used"
                    ));
                }
            }
            for (name, text) in [("reason", info.reason), ("location", info.location)] {
                if let Some(text) = text.filter(|text| !text.is_empty()) {
                    readable(&text, &format!("signatureInfo.{name}"))?;
                    settings.insert(name.to_owned(), Value::String(text));
                }
            }
            if let Some(visible) = info.visible_signature_info {
                let visible = visible.settings(&mut notes)?;
                settings.insert("visible".to_owned(), Value::Object(visible));
            }
        }
        Format::Xades | Format::Cades => {
            if info.visible_signature_info.is_some() {
                return Err(Refusal::SettingMeaningless {
                    path: "signatureInfo.visibleSignatureInfo",
                    format: format.as_str(),
                });
            }
            if format == Format::Xades {
                check_known(&settings)?;
            }
            let unused = [("reason", info.reason), ("location", info.location)];
            notes.extend(unused.into_iter().filter(|(_, value)| value.is_some()).map(
                |(member, _)| format!("signatureInfo.{member} applies to PDF and was not used"),
            ));
        }
    }
    let profile = info.profile.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
    let timestamp = info.apply_timestamp.unwrap_or(false);
    Ok(SealWishes { format, profile, settings, timestamp, notes })
}

/// Members of `advancedSignatureInfo` that Sign'Stash has; it ignores them with PDF.
const XML_ONLY: [&str; 3] = ["signatureLocation", "signatureTransform", "canonicalTransform"];

/// The members that Sign'Stash has too say what is wrong with them in words of their own.
fn check_known(settings: &Map<String, Value>) -> Result<(), Refusal> {
    let shown = |text: &str| text.chars().take(80).collect();
    let takes_back = |name: &str| name == "DEFAULT";
    if let Some(Value::String(name)) = settings.get("canonicalTransform")
        && !takes_back(name)
        && Canonicalization::parse(name).is_none()
    {
        return Err(Refusal::CanonicalizationUnknown { value: shown(name) });
    }
    if let Some(value @ Value::String(name)) = settings.get("signatureTransform")
        && !takes_back(name)
        && NamedTransform::deserialize(value).is_err()
    {
        return Err(Refusal::TransformUnknown { value: shown(name) });
    }
    if let Some(Value::String(text)) = settings.get("signatureLocation")
        && text.chars().count() > TEXT_LIMIT
    {
        return Err(Refusal::LocationInvalid { location: "longer than allowed".to_owned() });
    }
    Ok(())
}
