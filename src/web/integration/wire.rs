//! A sign request as it is on the wire: every member of the v0 model. What it means is decoded elsewhere.

use std::borrow::Cow;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::published;
use crate::domain::cades::CadesProfile;
use crate::domain::pades::PadesProfile;
use crate::domain::xades::XadesProfile;
use crate::web::body::{Few, JsonObject, member, members};
use crate::workflow::packing::MOST_FILES;

/// Documents that are kept while a request is read, whatever `limits.documents_per_request` says.
pub(super) const DOCUMENTS_KEPT: usize = 100_000;

/// The same of receivers, whatever `delivery.receivers` says.
pub(super) const RECEIVERS_KEPT: usize = 10_000;

/// The same of the files of one document: a container has no more.
pub(super) const FILES_KEPT: usize = MOST_FILES;

/// Octets of the settings of one document.
const SETTINGS_LIMIT: usize = 64 * 1024;

/// Body of a sign request.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SignRequest)]
pub struct SignBody<'a> {
    /// The client's name for the request, unique for ever: 1 to 255 printable characters.
    #[schema(value_type = String, required = true, min_length = 1, max_length = 255, example = "FT 2026/1")]
    pub(super) external_reference: Option<String>,
    /// Shown to people.
    #[schema(value_type = String, required = true, max_length = 2000, example = "Some context.")]
    pub(super) description: Option<String>,
    /// At least one.
    #[serde(borrow)]
    #[schema(value_type = Vec<DocumentBody<'static>>, required = true, min_items = 1)]
    pub(super) documents: Option<Few<&'a RawValue, DOCUMENTS_KEPT>>,
    #[serde(default, deserialize_with = "member")]
    pub(super) preservation_info: Option<PreservationInfo>,
    /// Whether the answer carries the sealed documents. Default false.
    pub(super) return_signed_content: Option<bool>,
}

/// One document with its signature settings.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SignDocument)]
pub(super) struct DocumentBody<'a> {
    #[serde(borrow, default, deserialize_with = "member")]
    #[schema(value_type = DocumentRequest<'static>, required = true)]
    pub(super) document_request: Option<DocumentRequest<'a>>,
    #[serde(default, deserialize_with = "member")]
    #[schema(value_type = SignatureKinds, required = true)]
    pub(super) signature_info: Option<SignatureInfo>,
}

/// The document itself.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DocumentRequest<'a> {
    /// The client's name for the document.
    #[schema(value_type = String, required = true, min_length = 1, max_length = 255, example = "FT 2026/1")]
    pub(super) external_reference: Option<String>,
    /// File name without path.
    #[schema(value_type = String, required = true, min_length = 1, max_length = 255, example = "invoice.xml")]
    pub(super) name: Option<String>,
    /// `application/xml`, `text/xml`, `application/pdf`, `application/zip`, `application/vnd.etsi.asic-e+zip` or
    /// `application/octet-stream`; any other media type with CAdES. With `files` it is `application/zip`.
    #[schema(value_type = String, required = true, max_length = 2000, example = "application/xml")]
    pub(super) content_type: Option<String>,
    /// The document in base64; left out when it comes as a part of a form.
    #[serde(borrow)]
    #[schema(value_type = String, required = false, example = "PGludm9pY2UvPg==")]
    pub(super) base64_content: Option<WireText<'a>>,
    /// In place of a content: files that go into one ASiC-E container under one seal, in this order. Packaging
    /// `ASIC_E` is needed (as with profile `asic-e`). Together they have no more octets than a document.
    #[serde(borrow, default, deserialize_with = "members")]
    #[schema(value_type = Option<Vec<ContainedFile<'static>>>, min_items = 1, max_items = 1000)]
    pub(super) files: Option<Few<ContainedFile<'a>, FILES_KEPT>>,
}

/// One file of a container.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ContainedFile<'a> {
    /// Its path in the container, by whose ending its media type is known.
    #[schema(value_type = String, required = true, min_length = 1, max_length = 500, example = "scans/delivery note.pdf")]
    pub(super) name: Option<String>,
    /// The file in base64; left out when it comes as a part of a form.
    #[serde(borrow)]
    #[schema(value_type = String, required = false, example = "JVBERi0xLjcK")]
    pub(super) base64_content: Option<WireText<'a>>,
}

/// Text that stays where it is in the request body unless it has escapes.
#[derive(Deserialize)]
pub(super) struct WireText<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

/// How to sign; published as [`SignatureKinds`].
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SignatureInfo {
    /// `XAdES`, `PAdES` or `CAdES`. Required.
    pub(super) signature_type: Option<String>,
    pub(super) apply_timestamp: Option<bool>,
    /// `B` or `T`.
    pub(super) signature_level: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) location: Option<String>,
    #[serde(default, deserialize_with = "member")]
    pub(super) visible_signature_info: Option<VisibleSignatureInfo>,
    /// Name of a seal profile, as `ubl` or `facturae-3.2`; that of the client service without it.
    pub(super) profile: Option<String>,
    /// Settings that differ from the profile's. Some clients nest the object in itself, as an old page
    /// of Sign'Stash says; where both say something the inner one counts.
    pub(super) advanced_signature_info: Option<Settings>,
}

/// Settings as they came; there are no more of them than one may say.
#[derive(Default)]
pub(super) struct Settings(pub(super) Map<String, Value>);

impl<'de> Deserialize<'de> for Settings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <&RawValue>::deserialize(deserializer)?.get();
        if text.len() > SETTINGS_LIMIT {
            let limit = format!("invalid length, expected at most {SETTINGS_LIMIT} octets");
            return Err(D::Error::custom(limit));
        }
        let JsonObject(members) = serde_json::from_str(text).map_err(D::Error::custom)?;
        Ok(Self(members))
    }
}

/// What happens to the sealed documents afterwards.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PreservationInfo {
    /// Whether the sealed documents are kept with a promise of their integrity.
    #[schema(value_type = bool, required = true)]
    pub(super) preserve_content: Option<bool>,
    pub(super) alias: Option<String>,
    #[serde(default, deserialize_with = "member")]
    pub(super) delivery_info: Option<DeliveryInfo>,
}

/// Who is told.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeliveryInfo {
    pub(super) attach_documents: Option<bool>,
    #[serde(default, deserialize_with = "members")]
    #[schema(value_type = Option<Vec<PersonReceiver>>)]
    pub(super) person_receiver: Option<Few<PersonReceiver, RECEIVERS_KEPT>>,
}

/// One receiver.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PersonReceiver {
    /// Where to write to.
    #[schema(value_type = String, required = true, format = Email, example = "ap@customer.example")]
    pub(super) email: Option<String>,
    /// `pt`, `en`, `es`, `fr`, `de` or `it`, also with a region; that of the client service without it.
    pub(super) language: Option<String>,
    /// Read-only; ignored on input, as clients echo it.
    #[schema(value_type = Option<published::PublishedDeliveryStatus>)]
    #[expect(dead_code, reason = "known, so that a wrong type is noticed")]
    delivery_status: Option<String>,
}

impl PersonReceiver {
    /// Somebody of whom only the address is known.
    pub(super) const fn of(email: String) -> Self {
        Self { email: Some(email), language: None, delivery_status: None }
    }
}

/// A visible signature (PDF).
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct VisibleSignatureInfo {
    /// `ONE_OFF`: the text of `oneOffTemplate`. `SERVICE_CUSTOMIZATION`: that of the client service.
    #[schema(value_type = Option<published::TemplateType>)]
    pub(super) template_type: Option<String>,
    pub(super) one_off_template: Option<String>,
    /// `SIGN_FIELD`, `COORDINATE` or `PLACEHOLDER`.
    #[schema(value_type = published::LocationType, required = true)]
    pub(super) location_type: Option<String>,
    /// Name of the field; `page=1,x=70,y=100` with a page from 1 or, from the end, -1; or the word.
    #[schema(value_type = String, required = true, example = "page=1,x=70,y=100")]
    pub(super) location_value: Option<String>,
    /// `TOP_LEFT`: x and y lead from the upper left corner of the page to that of the area, as with
    /// Sign'Stash. `BOTTOM_LEFT`: from the lower left corner to the lower left one. Without it as the
    /// client service is set.
    pub(super) coordinate_origin: Option<String>,
    /// `width=155,height=50`, in units of 1/72 inch.
    pub(super) area: Option<String>,
    /// `#RRGGBB` or `transparent`.
    pub(super) area_background_color: Option<String>,
    /// `size=10,color=#000000`.
    pub(super) font: Option<String>,
    /// `IMAGE_PNG` or `IMAGE_JPG`.
    #[schema(value_type = Option<published::ImageType>)]
    pub(super) image_type: Option<String>,
    /// The image in base64.
    pub(super) image_value: Option<String>,
    /// `NATURAL`: a pixel is a point, smaller when it does not fit. `FIT`: as large as fits.
    pub(super) image_size: Option<String>,
}

/// How to sign, by `signatureType`.
#[derive(ToSchema)]
#[serde(untagged)]
#[schema(as = SignatureInfo, discriminator(
    property_name = "signatureType",
    mapping(
        ("XAdES" = "#/components/schemas/XadesSignatureInfo"),
        ("PAdES" = "#/components/schemas/PadesSignatureInfo"),
        ("CAdES" = "#/components/schemas/CadesSignatureInfo")
    )
))]
pub enum SignatureKinds {
    Xades(Box<XadesSignatureInfo>),
    Pades(Box<PadesSignatureInfo>),
    Cades(Box<CadesSignatureInfo>),
}

/// How to sign XML, or anything in a container.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is of use")]
#[serde(rename_all = "camelCase")]
pub struct XadesSignatureInfo {
    signature_type: published::XadesSignatureType,
    /// Whether the seal has a timestamp (level T). Refused, left out with a warning, or made, as the client
    /// service is set.
    apply_timestamp: Option<bool>,
    /// `B`, `T`, `LT` or `LTA`. Left out: what the client service is set to, B at first, or the least that the profile
    /// is for; with `applyTimestamp` T at least.
    signature_level: Option<published::RequestedLevel>,
    /// Name of a seal profile, as `ubl` or `facturae-3.2`; that of the client service without it.
    profile: Option<String>,
    /// Settings that differ from the profile's.
    advanced_signature_info: Option<XadesProfile>,
}

/// How to sign a PDF.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is of use")]
#[serde(rename_all = "camelCase")]
pub struct PadesSignatureInfo {
    signature_type: published::PadesSignatureType,
    /// As with XAdES.
    apply_timestamp: Option<bool>,
    /// As with XAdES.
    signature_level: Option<published::RequestedLevel>,
    /// Why it is signed.
    reason: Option<String>,
    /// Where it is signed.
    location: Option<String>,
    /// What is seen on a page; nothing without it.
    visible_signature_info: Option<VisibleSignatureInfo>,
    /// Name of a seal profile; that of the client service without it.
    profile: Option<String>,
    /// Settings that differ from the profile's.
    advanced_signature_info: Option<PadesProfile>,
}

/// How to sign anything.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is of use")]
#[serde(rename_all = "camelCase")]
pub struct CadesSignatureInfo {
    signature_type: published::CadesSignatureType,
    /// As with XAdES.
    apply_timestamp: Option<bool>,
    /// As with XAdES.
    signature_level: Option<published::RequestedLevel>,
    /// Name of a seal profile; that of the client service without it.
    profile: Option<String>,
    /// Settings that differ from the profile's.
    advanced_signature_info: Option<CadesProfile>,
}
