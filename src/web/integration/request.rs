//! Sign requests decoded into domain words. What we cannot do yet is refused by name, never dropped.

use std::borrow::Cow;

use serde::Deserialize as _;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::contained::ContainedFiles;
use super::multipart::{self, FormParts, PartOctets, Received};
use super::text::{TEXT_LIMIT, readable, text_limit};
use super::wire::{
    DOCUMENTS_KEPT, DocumentBody, PersonReceiver, PreservationInfo, RECEIVERS_KEPT, SignBody,
    SignatureInfo, WireText,
};
use super::{earlier, overrides, spelling};
use crate::app::Limits;
use crate::domain::delivery::MailAddress;
use crate::domain::document::SealWishes;
use crate::domain::ids::ExternalReference;
use crate::domain::language::Language;
use crate::domain::level::{Level, LevelWish};
use crate::domain::profile::{Canonicalization, Format};
use crate::domain::refusal::Refusal;
use crate::domain::xades::NamedTransform;
use crate::web::body::{self, Few};
use crate::web::encoded;
use crate::workflow::fingerprint;
use crate::workflow::notify::Receiver;
use crate::workflow::request::{
    DocumentOctets, Earlier, RequestedDocument, SignRequest, content_type, essence,
};

/// What is told about members that nobody knows, of a request and of each document.
const NOTES: usize = 50;

/// A document with more than so many values is told from others by its octets, not by its meaning: what
/// its values would take in memory is many times what they take on the wire.
const VALUES: usize = 50_000;

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
/// A refusal that concerns the request as a whole, or the first document's when none of them can be
/// read. Refusals of single documents are inside.
pub fn decode(octets: &[u8], limits: &Limits) -> Result<Decoded, Refusal> {
    decode_with(octets, None, limits)
}

/// Decodes a request whose documents came beside it.
///
/// # Errors
/// As [`decode`]; and when it cannot be told which document is which.
pub(super) fn decode_parts(parts: FormParts, limits: &Limits) -> Result<Decoded, Refusal> {
    decode_with(&parts.request, Some(parts.files), limits)
}

fn decode_with(
    octets: &[u8],
    files: Option<Vec<multipart::FilePart>>,
    limits: &Limits,
) -> Result<Decoded, Refusal> {
    let mut notes = Vec::new();
    let note = |member: body::Member| {
        if notes.len() < NOTES {
            notes.extend(spelling::in_request(&member));
        }
    };
    let body: SignBody<'_> = body::object_at("", octets, note)?;
    decode_body(body, files, limits, &mut notes).map_err(|refusal| spelling::hint(refusal, &notes))
}

fn decode_body(
    body: SignBody<'_>,
    files: Option<Vec<multipart::FilePart>>,
    limits: &Limits,
    notes: &mut Vec<String>,
) -> Result<Decoded, Refusal> {
    let is_form = files.is_some();
    let external_reference = reference(body.external_reference.as_deref(), "externalReference")?;
    let description = required(body.description, || "description".to_owned())?;
    readable(&description, "description")?;
    let documents = required(body.documents, || "documents".to_owned())?;
    let limit = limits.documents_per_request.min(DOCUMENTS_KEPT);
    if documents.count > limit {
        return Err(Refusal::TooManyDocuments { count: documents.count, limit });
    }
    let documents: Vec<_> = documents
        .items
        .into_iter()
        .enumerate()
        .map(|(position, text)| Read::of(position, text))
        .collect();
    let bodies: Option<Vec<_>> = documents.iter().map(|read| read.body.as_ref().ok()).collect();
    // No earlier release accepted a request with a document that could not be read.
    let mut earlier = bodies.map_or_else(Vec::new, |bodies| {
        earlier::spellings(&bodies, body.preservation_info.as_ref())
    });
    let promise = Promises::read(body.preservation_info)?;
    let contents: Vec<Option<Vec<Received>>> = match files {
        Some(files) => {
            let names: Vec<Vec<&str>> = documents.iter().map(Read::names).collect();
            let mut received = multipart::assign(files, &names.concat())?.into_iter();
            let own = |names: &Vec<&str>| Some(received.by_ref().take(names.len()).collect());
            names.iter().map(own).collect()
        }
        None => documents.iter().map(|_| None).collect(),
    };
    let documents: Vec<_> = documents
        .into_iter()
        .zip(contents)
        .map(|(read, parts)| read.decode(parts, limits, &mut earlier))
        .collect();
    let mut documents = readable_ones(documents)?;
    if is_form {
        // There were no forms then.
        earlier.clear();
    }
    if let Some(first) = documents.first_mut() {
        first.wishes.notes.append(notes);
    }
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

/// What the client wants to happen afterwards, for the whole request.
struct Promises {
    preserve_content: bool,
    receivers: Vec<Receiver>,
    attach_documents: bool,
}

impl Promises {
    fn read(info: Option<PreservationInfo>) -> Result<Self, Refusal> {
        let Some(info) = info else {
            return Ok(Self {
                preserve_content: false,
                receivers: Vec::new(),
                attach_documents: false,
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
                let path = "preservationInfo.deliveryInfo.personReceiver";
                let persons = delivery.person_receiver.map(few).transpose()?;
                (
                    receivers(persons.unwrap_or_default(), path)?,
                    delivery.attach_documents.unwrap_or(false),
                )
            }
        };
        Ok(Self { preserve_content, receivers, attach_documents })
    }
}

/// The receivers of a list that was kept whole.
pub(super) fn few(
    persons: Few<PersonReceiver, RECEIVERS_KEPT>,
) -> Result<Vec<PersonReceiver>, Refusal> {
    let Few { items, count } = persons;
    if count > items.len() {
        return Err(Refusal::TooManyReceivers { count, limit: RECEIVERS_KEPT });
    }
    Ok(items)
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

/// One document as it came.
struct Read<'a> {
    position: usize,
    text: &'a str,
    body: Result<DocumentBody<'a>, Refusal>,
    /// What it says that nobody knows, in sentences for the client.
    notes: Vec<String>,
}

/// A document that was decoded, or that cannot even be read.
type DecodedDocument = Result<RequestedDocument, Box<Unreadable>>;

/// A document that cannot be read: what is recorded of it, and why.
struct Unreadable {
    stand_in: RequestedDocument,
    refusal: Refusal,
}

/// The documents, with its reason at every one that cannot be read.
///
/// # Errors
/// The first reason when there is nothing but such documents: then there is nothing to record.
fn readable_ones(documents: Vec<DecodedDocument>) -> Result<Vec<RequestedDocument>, Refusal> {
    let some = documents.iter().any(Result::is_ok);
    let kept = |document: DecodedDocument| match document {
        Ok(document) => Ok(document),
        Err(unreadable) if some => {
            let Unreadable { stand_in, refusal } = *unreadable;
            Ok(RequestedDocument { refusal: Some(refusal), ..stand_in })
        }
        Err(unreadable) => Err(unreadable.refusal),
    };
    documents.into_iter().map(kept).collect()
}

impl<'a> Read<'a> {
    fn of(position: usize, text: &'a RawValue) -> Self {
        let place = format!("documents[{position}]");
        let text = text.get();
        let mut notes = Vec::new();
        let note = |member: body::Member| {
            if notes.len() < NOTES {
                notes.extend(spelling::in_document(&place, &member));
            }
        };
        let body = body::object_at(&place, text.as_bytes(), note);
        Self { position, text, body, notes }
    }

    /// What the document is called, or each of its files, as far as that can be read.
    fn names(&self) -> Vec<&str> {
        let document = self.body.as_ref().ok().and_then(|body| body.document_request.as_ref());
        if let Some(files) = document.and_then(|document| document.files.as_ref()) {
            let files = files.items.iter();
            return files.map(|file| file.name.as_deref().unwrap_or_default()).collect();
        }
        vec![document.and_then(|document| document.name.as_deref()).unwrap_or_default()]
    }

    fn decode(
        self,
        parts: Option<Vec<Received>>,
        limits: &Limits,
        earlier: &mut [Earlier],
    ) -> DecodedDocument {
        let Self { position, text, body, notes } = self;
        let digest = parts.as_deref().map(digest_of);
        let decoded = body.and_then(|body| decode_document(position, body, parts, limits));
        match decoded {
            Ok(mut decoded) => {
                if let Some(content) = &decoded.broken {
                    earlier::add(earlier, position, content);
                }
                if decoded.document.refusal.is_some() {
                    decoded.document.unread = Some(unread(text, digest));
                }
                let mut document = decoded.document;
                document.wishes.notes.extend(notes);
                Ok(document)
            }
            Err(refusal) => {
                let refusal = spelling::hint(refusal, &notes);
                let stand_in = stand_in(position, text, digest, notes);
                Err(Box::new(Unreadable { stand_in, refusal }))
            }
        }
    }
}

/// What tells the parts of a document apart from those of another.
fn digest_of(parts: &[Received]) -> [u8; 32] {
    match parts {
        [only] => only.sha256,
        several => {
            let digests: Vec<[u8; 32]> = several.iter().map(|part| part.sha256).collect();
            fingerprint::of_octets(&digests.concat())
        }
    }
}

/// What tells a document that was not understood apart from others.
fn unread(text: &str, file: Option<[u8; 32]>) -> [u8; 32] {
    let said = match value(text) {
        Some(value) => fingerprint::of_json(&value),
        None => fingerprint::of_octets(text.as_bytes()),
    };
    match file {
        Some(file) => fingerprint::of_octets(&[said, file].concat()),
        None => said,
    }
}

/// The value of a text, unless there is too much in it.
fn value(text: &str) -> Option<Value> {
    let begins = text.bytes().filter(|octet| matches!(octet, b',' | b'[' | b'{'));
    if begins.count() > VALUES { None } else { serde_json::from_str(text).ok() }
}

/// What is recorded of a document that cannot be read: its names as far as it has any.
fn stand_in(
    position: usize,
    text: &str,
    file: Option<[u8; 32]>,
    notes: Vec<String>,
) -> RequestedDocument {
    let value = value(text).unwrap_or_default();
    let member = |name: &str| {
        let member = value.get("documentRequest").and_then(|request| request.get(name));
        let text = member.and_then(Value::as_str).unwrap_or_default();
        if text_limit(text, name).is_ok() { text.to_owned() } else { String::new() }
    };
    let place = || ExternalReference::from_stored(format!("documents[{position}]"));
    RequestedDocument {
        external_reference: ExternalReference::parse(&member("externalReference"))
            .unwrap_or_else(|_| place()),
        name: member("name"),
        content_type: member("contentType"),
        wishes: SealWishes {
            format: Format::Xades,
            profile: None,
            settings: Map::new(),
            level: LevelWish::Usual,
            notes,
        },
        content: DocumentOctets::new(Vec::new()),
        of_files: false,
        refusal: None,
        unread: Some(unread(text, file)),
    }
}

/// A document in domain words, and its content as it came when that is not base64.
struct Understood<'a> {
    document: RequestedDocument,
    broken: Option<Cow<'a, str>>,
}

fn decode_document<'a>(
    position: usize,
    body: DocumentBody<'a>,
    parts: Option<Vec<Received>>,
    limits: &Limits,
) -> Result<Understood<'a>, Refusal> {
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
    let mut source = match (document.files, parts, document.base64_content) {
        (Some(files), parts, None) => {
            if essence(&declared) != "application/zip" {
                return Err(Refusal::MemberInvalid {
                    path: path("documentRequest.contentType"),
                    expected: "application/zip, as the document has files".to_owned(),
                });
            }
            Source::Files(ContainedFiles::new(path("documentRequest.files"), files, parts))
        }
        (Some(_), _, Some(_)) => {
            return Err(Refusal::MemberInvalid {
                path: path("documentRequest.base64Content"),
                expected: "left out: the document has files".to_owned(),
            });
        }
        (None, Some(parts), None) => Source::Parts(parts),
        (None, None, Some(encoded)) => Source::Base64(encoded),
        (None, None, None) => {
            return Err(Refusal::MemberMissing { path: path("documentRequest.base64Content") });
        }
        (None, Some(_), Some(_)) => {
            return Err(Refusal::MemberInvalid {
                path: path("documentRequest.base64Content"),
                expected: "left out: the document is in a part of the form".to_owned(),
            });
        }
    };
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

    let of_files = matches!(source, Source::Files(_));
    let mut first = FirstRefusal(None);
    first.note(check_name(&name));
    let content = first.note(source.content(limits));
    let content = content.unwrap_or_else(|| DocumentOctets::new(Vec::new()));
    let format = first.note(format(&signature_type)).unwrap_or(Format::Xades);
    let content_type = first
        .note(content_type(&declared, &content, format))
        .unwrap_or_else(|| declared.trim().to_owned());
    let wishes = first.note(wishes(format, info)).unwrap_or(SealWishes {
        format,
        profile: None,
        settings: Map::new(),
        level: LevelWish::Usual,
        notes: Vec::new(),
    });
    let broken = match source {
        Source::Base64(encoded) if matches!(first.0, Some(Refusal::Base64Invalid { .. })) => {
            Some(encoded.0)
        }
        Source::Base64(_) | Source::Parts(_) | Source::Files(_) => None,
    };
    let document = RequestedDocument {
        external_reference,
        name,
        content_type,
        wishes,
        content,
        of_files,
        refusal: first.0,
        unread: None,
    };
    Ok(Understood { document, broken })
}

/// How a document came.
enum Source<'a> {
    Base64(WireText<'a>),
    /// In the one part of a form that is its.
    Parts(Vec<Received>),
    Files(ContainedFiles<'a>),
}

impl Source<'_> {
    /// The document.
    fn content(&mut self, limits: &Limits) -> Result<DocumentOctets, Refusal> {
        let parts = match self {
            Self::Base64(encoded) => {
                return encoded::content(&encoded.0, limits.document_bytes)
                    .map(DocumentOctets::new);
            }
            Self::Files(files) => return files.content(limits),
            Self::Parts(parts) => parts,
        };
        let Some(file) = parts.first_mut() else { return Err(Refusal::DocumentEmpty) };
        match &mut file.octets {
            PartOctets::Whole(whole) if whole.is_empty() => Err(Refusal::DocumentEmpty),
            PartOctets::Whole(whole) => {
                Ok(DocumentOctets::digested(std::mem::take(whole), file.sha256))
            }
            PartOctets::TooMany(size) => {
                Err(Refusal::DocumentTooLarge { size: *size, limit: limits.document_bytes })
            }
        }
    }
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

fn format(signature_type: &str) -> Result<Format, Refusal> {
    Format::parse(signature_type.trim()).ok_or_else(|| Refusal::MemberInvalid {
        path: "signatureInfo.signatureType".to_owned(),
        expected: "XAdES, PAdES or CAdES".to_owned(),
    })
}

fn wishes(format: Format, info: SignatureInfo) -> Result<SealWishes, Refusal> {
    let mut notes = Vec::new();
    let mut settings = overrides::said(info.advanced_signature_info.unwrap_or_default().0);
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
                check_known(&mut settings)?;
            }
            let unused = [("reason", info.reason), ("location", info.location)];
            notes.extend(unused.into_iter().filter(|(_, value)| value.is_some()).map(
                |(member, _)| format!("signatureInfo.{member} applies to PDF and was not used"),
            ));
        }
    }
    let profile = info.profile.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
    let level = level(info.signature_level.as_deref(), info.apply_timestamp)?;
    Ok(SealWishes { format, profile, settings, level, notes })
}

/// The level by its name, or by whether there is to be a timestamp. Clients that always say that there is to be
/// none may name a higher level all the same.
fn level(name: Option<&str>, timestamp: Option<bool>) -> Result<LevelWish, Refusal> {
    let invalid = |expected: &str| Refusal::MemberInvalid {
        path: "signatureInfo.signatureLevel".to_owned(),
        expected: expected.to_owned(),
    };
    let name = name.map(str::trim).filter(|name| !name.is_empty());
    let named = name
        .map(|name| Level::parse(name).ok_or_else(|| invalid("B, T, LT or LTA")))
        .transpose()?;
    match (named, timestamp.unwrap_or(false)) {
        (Some(Level::B), true) => {
            Err(invalid("T, LT or LTA, or left out, as applyTimestamp asks for a timestamp"))
        }
        (Some(level), _) => Ok(LevelWish::Named(level)),
        (None, true) => Ok(LevelWish::Timestamped),
        (None, false) => Ok(LevelWish::Usual),
    }
}

/// Members of `advancedSignatureInfo` that Sign'Stash has; it ignores them with PDF.
const XML_ONLY: [&str; 3] = ["signatureLocation", "signatureTransform", "canonicalTransform"];

/// The members that Sign'Stash has too say what is wrong with them in words of their own.
/// Their names are read in any case.
fn check_known(settings: &mut Map<String, Value>) -> Result<(), Refusal> {
    let shown = |text: &str| text.chars().take(80).collect();
    for member in ["canonicalTransform", "signatureTransform"] {
        if let Some(Value::String(name)) = settings.get_mut(member) {
            *name = name.trim().to_ascii_uppercase();
        }
    }
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
