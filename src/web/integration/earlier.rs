//! Sign requests as earlier releases wrote them down, so that what was accepted then is still known when
//! it is sent again. Nothing here changes any more: these are the members that those releases knew, in
//! their order.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};

use super::overrides;
use super::wire::{
    DocumentBody, DocumentRequest, PreservationInfo, SignatureInfo, VisibleSignatureInfo,
};
use crate::workflow::request::{Earlier, Said};

/// The ways in which 0.1.0 wrote a request down, in the order of its time.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Spelling {
    /// Settings were three texts, and profiles had no names.
    ThreeTexts,
    /// Settings were any, as they came.
    AsTheyCame,
    /// Settings were any, as they are meant.
    AsMeant,
}

/// The request in every spelling that it can have had, without contents.
pub(super) fn spellings(
    documents: &[&DocumentBody<'_>],
    preservation: Option<&PreservationInfo>,
) -> Vec<Earlier> {
    let preservation = preservation.map(Preservation::of);
    let preservation: Arc<[u8]> = serde_json::to_vec(&preservation).unwrap_or_default().into();
    let spelled = |spelling| {
        let said = documents.iter().map(|document| {
            let said = serde_json::to_vec(&Document::of(document, spelling)).ok()?;
            Some(Said { own: said, common: Arc::clone(&preservation), content: None })
        });
        said.collect::<Option<Vec<_>>>().map(Earlier)
    };
    // Visible signatures came when settings were spelled as they are meant; their images are long.
    let visible = |document: &&DocumentBody<'_>| {
        let info = document.signature_info.as_ref();
        info.is_some_and(|info| info.visible_signature_info.is_some())
    };
    let all = [Spelling::AsMeant, Spelling::AsTheyCame, Spelling::ThreeTexts];
    let possible = if documents.iter().any(visible) { all.get(..1) } else { all.get(..) };
    possible.unwrap_or_default().iter().copied().filter_map(spelled).collect()
}

/// Adds the content of a document that is not base64.
pub(super) fn add(earlier: &mut [Earlier], position: usize, content: &str) {
    let content: Arc<[u8]> = content.as_bytes().into();
    for said in earlier.iter_mut().filter_map(|it| it.0.get_mut(position)) {
        said.content = Some(Arc::clone(&content));
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    document_request: Option<Request<'a>>,
    signature_info: Option<Signature<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    external_reference: Option<&'a str>,
    name: Option<&'a str>,
    content_type: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Signature<'a> {
    signature_type: Option<&'a str>,
    apply_timestamp: Option<bool>,
    reason: Option<&'a str>,
    location: Option<&'a str>,
    visible_signature_info: Option<Visible<'a>>,
    #[serde(skip_serializing_if = "Profile::is_unknown")]
    profile: Profile<'a>,
    advanced_signature_info: Option<Settings>,
}

/// The name of a profile, once there were profiles.
#[derive(Serialize)]
#[serde(untagged)]
enum Profile<'a> {
    Unknown,
    Name(Option<&'a str>),
}

impl Profile<'_> {
    const fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Visible<'a> {
    template_type: Option<&'a str>,
    one_off_template: Option<&'a str>,
    location_type: Option<&'a str>,
    location_value: Option<&'a str>,
    area: Option<&'a str>,
    area_background_color: Option<&'a str>,
    font: Option<&'a str>,
    image_type: Option<&'a str>,
    image_value: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Settings {
    Three(Box<ThreeTexts>),
    Any(Sorted),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ThreeTexts {
    signature_location: Option<String>,
    signature_transform: Option<String>,
    canonical_transform: Option<String>,
    advanced_signature_info: Option<Box<ThreeTexts>>,
}

/// JSON with members in the order of their names, whatever order a map of `serde_json` keeps.
#[derive(Serialize)]
#[serde(untagged)]
enum Sorted {
    Object(std::collections::BTreeMap<String, Sorted>),
    List(Vec<Sorted>),
    Other(Value),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Preservation<'a> {
    preserve_content: Option<bool>,
    alias: Option<&'a str>,
    delivery_info: Option<Delivery<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Delivery<'a> {
    attach_documents: Option<bool>,
    person_receiver: Option<Vec<Person<'a>>>,
}

#[derive(Serialize)]
struct Person<'a> {
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<&'a str>,
}

impl<'a> Document<'a> {
    fn of(body: &'a DocumentBody<'_>, spelling: Spelling) -> Self {
        Self {
            document_request: body.document_request.as_ref().map(Request::of),
            signature_info: body.signature_info.as_ref().map(|info| Signature::of(info, spelling)),
        }
    }
}

impl<'a> Request<'a> {
    fn of(body: &'a DocumentRequest<'_>) -> Self {
        Self {
            external_reference: body.external_reference.as_deref(),
            name: body.name.as_deref(),
            content_type: body.content_type.as_deref(),
        }
    }
}

impl<'a> Signature<'a> {
    fn of(info: &'a SignatureInfo, spelling: Spelling) -> Self {
        let profile = info.profile.as_deref();
        let settings = info.advanced_signature_info.as_ref().map(|settings| &settings.0);
        let (profile, settings) = match spelling {
            Spelling::ThreeTexts => {
                let texts = settings.map(|it| Settings::Three(Box::new(ThreeTexts::of(it))));
                (Profile::Unknown, texts)
            }
            Spelling::AsTheyCame => (
                Profile::Name(profile),
                settings.map(|it| Settings::Any(Sorted::members(it.clone()))),
            ),
            Spelling::AsMeant => {
                let meant = settings.map(|it| overrides::said(it.clone()));
                let meant = meant.filter(|it| !it.is_empty());
                let profile = profile.map(str::trim).filter(|name| !name.is_empty());
                (Profile::Name(profile), meant.map(|it| Settings::Any(Sorted::members(it))))
            }
        };
        Self {
            signature_type: info.signature_type.as_deref(),
            apply_timestamp: info.apply_timestamp,
            reason: info.reason.as_deref(),
            location: info.location.as_deref(),
            visible_signature_info: info.visible_signature_info.as_ref().map(Visible::of),
            profile,
            advanced_signature_info: settings,
        }
    }
}

impl<'a> Visible<'a> {
    fn of(info: &'a VisibleSignatureInfo) -> Self {
        Self {
            template_type: info.template_type.as_deref(),
            one_off_template: info.one_off_template.as_deref(),
            location_type: info.location_type.as_deref(),
            location_value: info.location_value.as_deref(),
            area: info.area.as_deref(),
            area_background_color: info.area_background_color.as_deref(),
            font: info.font.as_deref(),
            image_type: info.image_type.as_deref(),
            image_value: info.image_value.as_deref(),
        }
    }
}

impl ThreeTexts {
    fn of(settings: &Map<String, Value>) -> Self {
        let text = |name: &str| settings.get(name)?.as_str().map(str::to_owned);
        let inner = settings.get("advancedSignatureInfo").and_then(Value::as_object);
        Self {
            signature_location: text("signatureLocation"),
            signature_transform: text("signatureTransform"),
            canonical_transform: text("canonicalTransform"),
            advanced_signature_info: inner.map(|inner| Box::new(Self::of(inner))),
        }
    }
}

impl Sorted {
    fn members(members: Map<String, Value>) -> Self {
        Self::Object(members.into_iter().map(|(name, value)| (name, Self::of(value))).collect())
    }

    fn of(value: Value) -> Self {
        match value {
            Value::Object(members) => Self::members(members),
            Value::Array(items) => Self::List(items.into_iter().map(Self::of).collect()),
            other => Self::Other(other),
        }
    }
}

impl<'a> Preservation<'a> {
    fn of(info: &'a PreservationInfo) -> Self {
        let delivery = info.delivery_info.as_ref().map(|delivery| Delivery {
            attach_documents: delivery.attach_documents,
            person_receiver: delivery.person_receiver.as_ref().map(|persons| {
                persons
                    .items
                    .iter()
                    .map(|person| Person {
                        email: person.email.as_deref(),
                        language: person.language.as_deref(),
                    })
                    .collect()
            }),
        });
        Self {
            preserve_content: info.preserve_content,
            alias: info.alias.as_deref(),
            delivery_info: delivery,
        }
    }
}
