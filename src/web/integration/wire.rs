//! A sign request as it is on the wire: every member of the v0 model. What it means is decoded elsewhere.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::web::body::{member, members};
use crate::web::settings_schema::AnyProfile;

/// Body of a sign request.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignBody<'a> {
    /// The client's name for the request, unique for ever: 1 to 255 printable characters. Required.
    pub(super) external_reference: Option<String>,
    /// Shown to people. Required.
    pub(super) description: Option<String>,
    /// At least one. Required.
    #[serde(borrow)]
    #[schema(value_type = Option<Vec<DocumentBody<'static>>>)]
    pub(super) documents: Option<Vec<&'a RawValue>>,
    #[serde(default, deserialize_with = "member")]
    pub(super) preservation_info: Option<PreservationInfo>,
    /// Whether the answer carries the sealed documents. Default false.
    pub(super) return_signed_content: Option<bool>,
}

/// One document with its signature settings.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DocumentBody<'a> {
    #[serde(borrow, default, deserialize_with = "member")]
    pub(super) document_request: Option<DocumentRequest<'a>>,
    #[serde(default, deserialize_with = "member")]
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
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

/// How to sign.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SignatureInfo {
    /// `XAdES`, `PAdES` or `CAdES`. Required.
    pub(super) signature_type: Option<String>,
    pub(super) apply_timestamp: Option<bool>,
    pub(super) reason: Option<String>,
    pub(super) location: Option<String>,
    #[serde(default, deserialize_with = "member")]
    pub(super) visible_signature_info: Option<VisibleSignatureInfo>,
    /// Name of a seal profile, as `ubl` or `facturae-3.2`; that of the client service without it.
    pub(super) profile: Option<String>,
    /// Settings that differ from the profile's. Some clients nest the object in itself, as an old page
    /// of Sign'Stash says; where both say something the inner one counts.
    #[serde(default, deserialize_with = "member")]
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
    #[serde(default, deserialize_with = "member")]
    pub(super) delivery_info: Option<DeliveryInfo>,
}

/// Who is told.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeliveryInfo {
    pub(super) attach_documents: Option<bool>,
    #[serde(default, deserialize_with = "members")]
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

/// A visible signature (PDF).
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct VisibleSignatureInfo {
    /// `ONE_OFF`: the text of `oneOffTemplate`. `SERVICE_CUSTOMIZATION`: that of the client service.
    pub(super) template_type: Option<String>,
    pub(super) one_off_template: Option<String>,
    /// `SIGN_FIELD`, `COORDINATE` or `PLACEHOLDER`. Required.
    pub(super) location_type: Option<String>,
    /// Name of the field; `page=1,x=70,y=100` with a page from 1 or, from the end, -1; or the word.
    /// Required.
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
    pub(super) image_type: Option<String>,
    /// The image in base64.
    pub(super) image_value: Option<String>,
    /// `NATURAL`: a pixel is a point, smaller when it does not fit. `FIT`: as large as fits.
    pub(super) image_size: Option<String>,
}
