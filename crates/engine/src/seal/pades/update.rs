//! The objects that a signature adds to a PDF or changes in it, written as an incremental update.

use super::ObjectSink;
use super::appearance::{Appearance, Restrictions};
use super::form::{Form, own_object};
use super::image::Image;
use super::metadata::Conformance;
use super::placement::Placement;
use super::signature::{self, DictionaryFacts};
use super::signature_update::SignatureUpdate;
use super::target::{FieldTarget, PlacedTarget};
use super::template::{Template, TemplateValues};
use crate::domain::pades::Certification;
use crate::domain::refusal::PdfRefusal;
use crate::domain::visible::{DEFAULT_TEMPLATE, VisibleSettings};
use crate::seal::pdf::object::{Dictionary, Indirect, Object, Reference, Stream};
use crate::seal::pdf::{Increment, Page, PdfFile};
use crate::seal::signer::Signer;

/// `/F` of the widget: Print and Locked (ISO 32000-1, table 165).
const WIDGET_FLAGS: i64 = 4 + 128;

/// `/SigFlags`: SignaturesExist and AppendOnly (table 219).
const SIGNATURE_FLAGS: i64 = 3;

/// Bytes of the appearance with all that it refers to.
const MAX_APPEARANCE: usize = 4 << 20;

/// Writes the update.
///
/// # Errors
/// What the appearance or the reader refuses.
pub(super) fn write(
    file: &PdfFile<'_>,
    catalog: &Dictionary,
    form: &Form,
    place: &PlacedTarget<'_>,
    facts: &DictionaryFacts<'_>,
    signer: &Signer,
) -> Result<SignatureUpdate, PdfRefusal> {
    let mut increment = Increment::new(file)?;
    let signature = increment.reserve();
    let written = signature::write(facts, |object| increment.encrypted(signature, object));
    increment.set_raw(signature, written.bytes);

    let appearance = draw(file, catalog, place, facts, signer, &mut increment)?;
    let mut catalog = catalog.clone();
    let mut catalog_changes = false;
    if facts.profile.certification != Certification::None {
        let mut permissions = file.dictionary(&catalog, "Perms")?.unwrap_or_default();
        permissions.set("DocMDP", Object::Reference(signature));
        catalog.set("Perms", Object::Dictionary(permissions));
        catalog_changes = true;
    }
    let new_field = match &place.target {
        FieldTarget::New { name, page } => {
            let field = new_field(name, page, signature, place.placement, Some(appearance));
            let field = increment.add(Indirect::Object(field.into()));
            annotate(file, page, field, &mut increment)?;
            Some(field)
        }
        FieldTarget::Existing { field, widget, annotation } => {
            let drawn = |dictionary: &mut Dictionary| {
                dictionary.set("AP", normal(appearance));
                dictionary.set("F", Object::Integer(WIDGET_FLAGS));
                dictionary.remove("AS");
            };
            let mut dictionary = field.dictionary.clone();
            dictionary.set("V", Object::Reference(signature));
            if *widget == field.reference {
                drawn(&mut dictionary);
            } else {
                let mut annotation = annotation.clone();
                drawn(&mut annotation);
                increment.set(*widget, Indirect::Object(annotation.into()));
            }
            increment.set(field.reference, Indirect::Object(dictionary.into()));
            None
        }
    };
    let has_appearances = facts.has_appearances;
    catalog_changes |=
        put_form(file, form, has_appearances, new_field, &mut catalog, &mut increment)?;
    if catalog_changes {
        increment.set(file.root(), Indirect::Object(catalog.into()));
    }
    SignatureUpdate::of(increment, signature, (written.byte_range, written.contents))
}

/// Writes the update of a document timestamp with a gap of so many octets, in an invisible field of its own
/// on the first page.
///
/// # Errors
/// What the reader refuses.
pub(super) fn write_timestamp(
    file: &PdfFile<'_>,
    catalog: &Dictionary,
    form: &Form,
    room: usize,
) -> Result<SignatureUpdate, PdfRefusal> {
    let mut increment = Increment::new(file)?;
    let signature = increment.reserve();
    let written = signature::write_timestamp(room, |object| increment.encrypted(signature, object));
    increment.set_raw(signature, written.bytes);
    // PDF/A-1 wants one of every field (ISO 19005-1, 6.9); where nothing does, a new appearance is one more
    // change that readers have to judge.
    let wanted = Conformance::read(file, catalog)?.pdf_a == Some(b'1');
    let appearance = wanted.then(|| empty_appearance(&mut increment));
    let page = file.pages()?.next().ok_or(PdfRefusal::NoPages)??;
    let field = new_field(&form.free_name(), &page, signature, None, appearance);
    let field = increment.add(Indirect::Object(field.into()));
    annotate(file, &page, field, &mut increment)?;
    let mut catalog = catalog.clone();
    if put_form(file, form, false, Some(field), &mut catalog, &mut increment)? {
        increment.set(file.root(), Indirect::Object(catalog.into()));
    }
    SignatureUpdate::of(increment, signature, (written.byte_range, written.contents))
}

/// Puts the form with the new field into the update; whether the catalog has to change for that.
fn put_form(
    file: &PdfFile<'_>,
    form: &Form,
    has_appearances: bool,
    new_field: Option<Reference>,
    catalog: &mut Dictionary,
    increment: &mut Increment<'_, '_>,
) -> Result<bool, PdfRefusal> {
    let changed = changed_form(file, form, has_appearances, new_field, increment)?;
    let Some(dictionary) = changed else { return Ok(false) };
    match form.reference {
        Some(reference) => {
            increment.set(reference, Indirect::Object(dictionary.into()));
            Ok(false)
        }
        None => {
            let reference = increment.add(Indirect::Object(dictionary.into()));
            catalog.set("AcroForm", Object::Reference(reference));
            Ok(true)
        }
    }
}

/// The form with the new field and the flags; `None` when nothing of it changes.
fn changed_form(
    file: &PdfFile<'_>,
    form: &Form,
    has_appearances: bool,
    new_field: Option<Reference>,
    increment: &mut Increment<'_, '_>,
) -> Result<Option<Dictionary>, PdfRefusal> {
    let mut dictionary = form.dictionary.clone();
    let mut changes = false;
    let flags = file.value(&dictionary, "SigFlags")?.as_integer().unwrap_or(0);
    if flags & SIGNATURE_FLAGS != SIGNATURE_FLAGS {
        dictionary.set("SigFlags", Object::Integer(flags | SIGNATURE_FLAGS));
        changes = true;
    }
    if has_appearances {
        dictionary.set("NeedAppearances", Object::Boolean(false));
        changes = true;
    }
    if let Some(field) = new_field {
        let mut fields = file.array(&dictionary, "Fields")?.unwrap_or_default();
        fields.push(Object::Reference(field));
        match own_object(file, &dictionary, "Fields", |it| it.as_array().is_some())? {
            Some(reference) => increment.set(reference, Indirect::Object(fields.into())),
            None => {
                dictionary.set("Fields", Object::Array(fields));
                changes = true;
            }
        }
    }
    Ok(changes.then_some(dictionary))
}

/// A field that is its own widget (12.5.6.19).
fn new_field(
    name: &str,
    page: &Page,
    signature: Reference,
    placement: Option<Placement>,
    appearance: Option<Reference>,
) -> Dictionary {
    let corners = placement.map_or([0.0; 4], |placement| placement.rectangle);
    let field = Dictionary::new()
        .with("Type", Object::name("Annot"))
        .with("Subtype", Object::name("Widget"))
        .with("FT", Object::name("Sig"))
        .with("T", Object::text(name))
        .with("V", signature)
        .with("F", Object::Integer(WIDGET_FLAGS))
        .with("P", page.reference)
        .with("Rect", corners.map(Object::real).to_vec());
    match appearance {
        Some(appearance) => field.with("AP", normal(appearance)),
        None => field,
    }
}

/// An appearance dictionary with the normal appearance only, as PDF/A wants it (12.5.5).
fn normal(appearance: Reference) -> Object {
    Dictionary::new().with("N", appearance).into()
}

/// Puts an annotation on a page: only the array changes when it is an object of its own, and of no
/// other page.
fn annotate(
    file: &PdfFile<'_>,
    page: &Page,
    annotation: Reference,
    increment: &mut Increment<'_, '_>,
) -> Result<(), PdfRefusal> {
    let mut annotations = file.array(&page.dictionary, "Annots")?.unwrap_or_default();
    annotations.push(Object::Reference(annotation));
    let own = own_object(file, &page.dictionary, "Annots", |it| it.as_array().is_some())?;
    let own = match own {
        Some(own) if is_of_one_page(file, page, own)? => Some(own),
        _ => None,
    };
    match own {
        Some(reference) => increment.set(reference, Indirect::Object(annotations.into())),
        None => {
            let mut page_dictionary = page.dictionary.clone();
            page_dictionary.set("Annots", Object::Array(annotations));
            increment.set(page.reference, Indirect::Object(page_dictionary.into()));
        }
    }
    Ok(())
}

/// Whether no other page names this array of annotations. Nobody knows where a page cannot be read.
fn is_of_one_page(
    file: &PdfFile<'_>,
    page: &Page,
    annotations: Reference,
) -> Result<bool, PdfRefusal> {
    for other in file.pages()? {
        let other = match other {
            Ok(other) => other,
            Err(PdfRefusal::Damaged { .. } | PdfRefusal::Circle { .. }) => return Ok(false),
            Err(refusal) => return Err(refusal),
        };
        if other.reference != page.reference
            && other.dictionary.get("Annots").and_then(Object::as_reference) == Some(annotations)
        {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Writes the appearance: an empty one when nothing is to be seen, as PDF/A-1 wants one of every field
/// (ISO 19005-1, 6.9).
fn draw(
    file: &PdfFile<'_>,
    catalog: &Dictionary,
    place: &PlacedTarget<'_>,
    facts: &DictionaryFacts<'_>,
    signer: &Signer,
    increment: &mut Increment<'_, '_>,
) -> Result<Reference, PdfRefusal> {
    let (Some(visible), Some(placement)) = (&facts.profile.visible, place.placement) else {
        return Ok(empty_appearance(increment));
    };
    let restrictions = restrictions(file, catalog)?;
    let text = text(visible, facts, signer)?;
    let image = match &visible.image {
        Some(image) => Some(Image::read_base64(&image.content, restrictions, visible.background)?),
        None => None,
    };
    let drawing = Appearance {
        width: placement.width,
        height: placement.height,
        rotation: placement.rotation,
        text: &text,
        font: visible.font,
        background: visible.background,
        image: image.as_ref(),
        image_size: visible.image.as_ref().and_then(|image| image.size).unwrap_or_default(),
        restrictions,
    };
    let mut counted = Counted { increment, size: 0 };
    let form = drawing.draw(&mut counted)?;
    let reference = counted.add(Indirect::Stream(form));
    let size = counted.size;
    if size > MAX_APPEARANCE {
        return Err(PdfRefusal::AppearanceTooLarge { size, limit: MAX_APPEARANCE });
    }
    Ok(reference)
}

fn empty_appearance(increment: &mut Increment<'_, '_>) -> Reference {
    let dictionary = Dictionary::new()
        .with("Type", Object::name("XObject"))
        .with("Subtype", Object::name("Form"))
        .with("BBox", vec![Object::Integer(0); 4]);
    increment.add(Indirect::Stream(Stream { dictionary, data: Vec::new() }))
}

fn text(
    visible: &VisibleSettings,
    facts: &DictionaryFacts<'_>,
    signer: &Signer,
) -> Result<String, PdfRefusal> {
    let profile = facts.profile;
    let template = visible.template.as_deref().unwrap_or(DEFAULT_TEMPLATE);
    Template::parse(template)?.fill(&TemplateValues {
        certificate: signer.certificate(),
        reason: profile.reason.as_deref(),
        location: profile.location.as_deref(),
        contact: profile.contact.as_deref(),
        name: profile.name.as_deref(),
        signing_time: facts.at,
    })
}

/// Counts the bytes of streams on their way into the update.
struct Counted<'i, 'f, 'b> {
    increment: &'i mut Increment<'f, 'b>,
    size: usize,
}

impl ObjectSink for Counted<'_, '_, '_> {
    fn add(&mut self, object: Indirect) -> Reference {
        if let Indirect::Stream(stream) = &object {
            self.size += stream.data.len();
        }
        self.increment.add(object)
    }
}

/// What PDF/A forbids of the appearance; nothing when the document claims no PDF/A (ISO 19005-1, 6.7.11).
fn restrictions(file: &PdfFile<'_>, catalog: &Dictionary) -> Result<Restrictions, PdfRefusal> {
    let Some(part) = Conformance::read(file, catalog)?.pdf_a else {
        return Ok(Restrictions::default());
    };
    let intents = file.array(catalog, "OutputIntents")?.unwrap_or_default();
    Ok(Restrictions { opaque: part == b'1' || intents.is_empty(), calibrated: true })
}
