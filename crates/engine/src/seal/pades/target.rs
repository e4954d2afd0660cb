//! Which field is signed, and where it is on a page.

use std::rc::Rc;

use super::form::{Field, Form};
use super::placeholder::{self, Objects, PageContent};
use super::placement::{PageView, Placement, Rotation};
use crate::domain::pades::PadesProfile;
use crate::domain::refusal::PdfRefusal;
use crate::domain::visible::{VisibleArea, VisiblePlace, VisibleSettings};
use crate::seal::pdf::object::{Dictionary, Indirect, Object, Reference, Stream};
use crate::seal::pdf::{Page, PdfFile};

/// The field that will be signed.
pub(super) enum FieldTarget<'f> {
    /// One that is there and empty.
    Existing {
        field: &'f Field,
        /// The annotation that shows it: the field itself, or its only kid.
        widget: Reference,
        /// As the widget is in the file.
        annotation: Dictionary,
    },
    /// One that has to be made.
    New { name: String, page: Box<Page> },
}

impl FieldTarget<'_> {
    /// The fully qualified name.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Existing { field, .. } => &field.name,
            Self::New { name, .. } => name,
        }
    }
}

/// A target, and where it is seen.
pub(super) struct PlacedTarget<'f> {
    pub(super) target: FieldTarget<'f>,
    /// `None` when nothing is drawn.
    pub(super) placement: Option<Placement>,
}

/// Finds the field that the settings mean, or the page on which it will be made.
///
/// # Errors
/// [`PdfRefusal::FieldMissing`], `FieldKind`, `FieldSigned`, `FieldInvisible`, `PageMissing`,
/// `PlaceholderMissing`, `AreaOutside`, and what the reader refuses.
pub(super) fn find<'f>(
    file: &PdfFile<'_>,
    form: &'f Form,
    profile: &PadesProfile,
) -> Result<PlacedTarget<'f>, PdfRefusal> {
    let visible = profile.visible.as_ref();
    let wanted = match visible.map(|visible| &visible.place) {
        Some(VisiblePlace::Field(name)) => Some((name, true)),
        _ => profile.field.as_ref().map(|name| (name, false)),
    };
    if let Some((name, must_exist)) = wanted {
        match form.field(name) {
            Some(field) => return existing(file, field, visible),
            None if must_exist => {
                return Err(missing(form, name));
            }
            None => {}
        }
    }
    let name = match &profile.field {
        Some(name) if form.is_free(name) => name.clone(),
        Some(name) => return Err(PdfRefusal::FieldKind { field: name.clone() }),
        None => form.free_name(),
    };
    let Some(visible) = visible else {
        let page = Box::new(file.page(1)?);
        return Ok(PlacedTarget { target: FieldTarget::New { name, page }, placement: None });
    };
    let area = visible.area.unwrap_or(VisibleArea::DEFAULT);
    let size = (area.width.as_f64(), area.height.as_f64());
    let origin = visible.coordinate_origin.unwrap_or_default();
    let (page, placement) = match &visible.place {
        VisiblePlace::Coordinate { page: number, x, y } => {
            let page = file.page(*number)?;
            let shown = match usize::try_from(*number) {
                Ok(number) => number,
                Err(_) => file.page_count()?.saturating_sub(number.unsigned_abs() as usize) + 1,
            };
            let corner = (x.as_f64(), y.as_f64());
            let placement = view(file, &page)?.place(shown, origin, corner, size)?;
            (page, placement)
        }
        VisiblePlace::Placeholder(word) => {
            let mut pages: Vec<Page> = Vec::new();
            for page in file.pages()? {
                let page = page?;
                file.keep(2 * page.dictionary.weight())?;
                pages.push(page);
            }
            let contents: Vec<PageContent> = pages.iter().map(content).collect();
            let found = placeholder::find(&contents, word, file)?;
            if found.page >= pages.len() {
                return Err(PdfRefusal::PlaceholderMissing { word: word.clone() });
            }
            let page = pages.swap_remove(found.page);
            let view = view(file, &page)?;
            let placement = view.place_at(found.page + 1, origin, found.rectangle, size)?;
            (page, placement)
        }
        // Found above, or refused.
        VisiblePlace::Field(field) => {
            return Err(missing(form, field));
        }
    };
    Ok(PlacedTarget {
        target: FieldTarget::New { name, page: Box::new(page) },
        placement: Some(placement),
    })
}

fn missing(form: &Form, field: &str) -> PdfRefusal {
    let candidates = match form.candidates() {
        Some(names) => format!("empty ones are {names}"),
        None => "it has no empty one".to_owned(),
    };
    PdfRefusal::FieldMissing { field: field.to_owned(), candidates }
}

fn existing<'f>(
    file: &PdfFile<'_>,
    field: &'f Field,
    visible: Option<&VisibleSettings>,
) -> Result<PlacedTarget<'f>, PdfRefusal> {
    if !field.is_signature {
        return Err(PdfRefusal::FieldKind { field: field.name.clone() });
    }
    if field.signature.is_some() {
        return Err(PdfRefusal::FieldSigned { field: field.name.clone() });
    }
    let kids = file.array(&field.dictionary, "Kids")?.unwrap_or_default();
    let (widget, annotation) = match kids.as_slice() {
        [] => (field.reference, field.dictionary.clone()),
        // A signature field has one widget (ISO 32000-1, 12.7.4.5); of several the first is drawn in.
        [first, ..] => match (first.as_reference(), file.resolve(first)?) {
            (Some(reference), Object::Dictionary(annotation)) => (reference, annotation),
            _ => (field.reference, field.dictionary.clone()),
        },
    };
    let placement = match visible {
        None => None,
        Some(_) => {
            let invisible = || PdfRefusal::FieldInvisible { field: field.name.clone() };
            let rectangle =
                file.rectangle(&file.value(&annotation, "Rect")?)?.ok_or_else(invisible)?;
            let view = match page_of(file, widget, &annotation)? {
                Some(page) => view(file, &page)?,
                // On no page: nothing turns it.
                None => PageView::new([0.0, 0.0, 1.0, 1.0], None, Rotation::None, 1.0),
            };
            let corners = [rectangle.left, rectangle.bottom, rectangle.right, rectangle.top];
            Some(view.field(corners).ok_or_else(invisible)?)
        }
    };
    Ok(PlacedTarget { target: FieldTarget::Existing { field, widget, annotation }, placement })
}

/// The page that a widget is on: the one it names, if that is one, else the one that names it.
fn page_of(
    file: &PdfFile<'_>,
    widget: Reference,
    annotation: &Dictionary,
) -> Result<Option<Page>, PdfRefusal> {
    if let Some(named) = annotation.get("P").and_then(Object::as_reference) {
        for page in file.pages()? {
            let page = page?;
            if page.reference == named {
                return Ok(Some(page));
            }
        }
    }
    for page in file.pages()? {
        let page = page?;
        let annotations = file.array(&page.dictionary, "Annots")?.unwrap_or_default();
        if annotations.contains(&Object::Reference(widget)) {
            return Ok(Some(page));
        }
    }
    Ok(None)
}

fn content(page: &Page) -> PageContent {
    let contents = page.dictionary.get("Contents").cloned().unwrap_or(Object::Null);
    PageContent { contents, resources: Rc::clone(&page.resources) }
}

impl Objects for PdfFile<'_> {
    fn get(&self, reference: Reference) -> Result<Option<Indirect>, PdfRefusal> {
        let found = Self::get(self, reference)?;
        Ok(Some(found).filter(|found| *found != Indirect::Object(Object::Null)))
    }

    fn head(&self, reference: Reference) -> Result<Object, PdfRefusal> {
        Self::head(self, reference)
    }

    fn decode(&self, stream: &Stream) -> Result<Vec<u8>, PdfRefusal> {
        Self::decode(self, stream)
    }

    fn room(&self) -> usize {
        self.limits().unpacked
    }

    fn go_on(&self) -> Result<(), PdfRefusal> {
        Ok(self.limits().patience.check()?)
    }
}

/// How a page is shown.
fn view(file: &PdfFile<'_>, page: &Page) -> Result<PageView, PdfRefusal> {
    let corners = |it: crate::seal::pdf::Rectangle| [it.left, it.bottom, it.right, it.top];
    let unit = file.value(&page.dictionary, "UserUnit")?.as_number().unwrap_or(1.0);
    let rotation = Rotation::from_degrees(i64::from(page.rotate));
    Ok(PageView::new(corners(page.media_box), Some(corners(page.crop_box)), rotation, unit))
}
