//! The normal appearance of a signature (ISO 32000-1, 12.5.5): a form XObject (8.10) that draws
//! background, image and text into its area and nothing outside of it.

use std::fmt::Write as _;

use super::ObjectSink;
use super::color::{calibrated_rgb, fill};
use super::font::Font;
use super::image::Image;
use super::layout::{Block, Text};
use super::placement::Rotation;
use super::stream::compressed;
use crate::domain::refusal::PdfRefusal;
use crate::domain::visible::{Color, ImageSize, VisibleFont};
use crate::seal::pdf::object::{Dictionary, Object, Stream};

pub use super::color::Restrictions;
pub use super::layout::SMALLEST_SIZE;

/// Space between the edge of the area and what is in it, at most; in points.
const PADDING: f64 = 3.0;
/// The part of the shorter side that the space takes at most.
const PADDING_SHARE: f64 = 0.06;
/// The part of the width that an image beside text takes at most: of the area at its natural size, of
/// what is inside the space when it is made to fit.
const NATURAL_SHARE: f64 = 0.5;
const FIT_SHARE: f64 = 0.4;

/// What is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Appearance<'a> {
    /// Size of the area as it is shown, in 1/72 inch: [`super::placement::Placement::width`].
    pub width: f64,
    pub height: f64,
    /// How the page is turned that it is shown on.
    pub rotation: Rotation,
    /// Lines may be broken by `\n`. Empty text is none.
    pub text: &'a str,
    pub font: VisibleFont,
    pub background: Option<Color>,
    pub image: Option<&'a Image>,
    pub image_size: ImageSize,
    pub restrictions: Restrictions,
}

/// A rectangle of the area: left, bottom, width, height.
#[derive(Clone, Copy)]
struct Part {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

impl Appearance<'_> {
    /// Makes the form XObject; what it refers to goes to the sink, the form itself does not. The same
    /// input gives the same bytes and the same order of objects.
    ///
    /// # Errors
    /// [`PdfRefusal::CharacterMissing`], [`PdfRefusal::TextTooLong`].
    pub fn draw(&self, sink: &mut dyn ObjectSink) -> Result<Stream, PdfRefusal> {
        let face = Font::new();
        let text = Text::new(self.text, &face)?;
        let (image_part, text_part) = self.parts(&text);
        let block = if text.is_empty() {
            None
        } else {
            let asked = self.font.size.as_f64().max(1.0);
            Some(text.fit(text_part.width, text_part.height, asked)?)
        };
        let mut resources = Dictionary::new();
        let mut content = format!(
            "q\n0 0 {width} {height} re W n\n",
            width = number(self.width),
            height = number(self.height)
        );
        if self.restrictions.calibrated && (self.background.is_some() || block.is_some()) {
            let spaces = Dictionary::new().with("Calibrated", calibrated_rgb());
            resources.set("ColorSpace", spaces.into());
        }
        // Writing into a String does not fail.
        if let Some(background) = self.background {
            content.push_str(&fill(background, self.restrictions));
            let (width, height) = (number(self.width), number(self.height));
            let _ = writeln!(content, "0 0 {width} {height} re f");
        }
        if let (Some(image), Some(part)) = (self.image, image_part) {
            let reference = image.embed(sink);
            resources.set("XObject", Dictionary::new().with("Image", reference).into());
            let matrix = image.matrix(part.x, part.y, part.width, part.height).map(number);
            let _ = writeln!(content, "q\n{} cm\n/Image Do\nQ", matrix.join(" "));
        }
        if let Some(block) = block {
            let font = face.embed(&text.characters(), sink)?;
            resources.set("Font", Dictionary::new().with("Text", font.reference).into());
            content.push_str(&fill(self.font.color, self.restrictions));
            let show = |line: &str| {
                let mut string = Vec::new();
                font.encode(line).write(&mut string);
                String::from_utf8_lossy(&string).into_owned()
            };
            content.push_str(&set(&block, &text, text_part, show));
        }
        content.push_str("Q\n");
        Ok(compressed(self.dictionary(resources), content.as_bytes()))
    }

    fn dictionary(&self, resources: Dictionary) -> Dictionary {
        let reals = |values: &[f64]| values.iter().copied().map(Object::real).collect::<Vec<_>>();
        Dictionary::new()
            .with("Type", Object::name("XObject"))
            .with("Subtype", Object::name("Form"))
            .with("FormType", Object::Integer(1))
            .with("BBox", reals(&[0.0, 0.0, self.width, self.height]))
            .with("Matrix", reals(&self.rotation.upright(self.width, self.height)))
            .with("Resources", resources)
    }

    /// Where the image goes, and where the text: the image at the left, or in the middle of the area
    /// when there is no text.
    fn parts(&self, text: &Text) -> (Option<Part>, Part) {
        let padding = PADDING.min(self.width.min(self.height) * PADDING_SHARE);
        let inner = Part {
            x: padding,
            y: padding,
            width: self.width - 2.0 * padding,
            height: self.height - 2.0 * padding,
        };
        let Some(image) = self.image else { return (None, inner) };
        let whole = Part { x: 0.0, y: 0.0, width: self.width, height: self.height };
        let aspect = image.aspect();
        if text.is_empty() {
            let part = match self.image_size {
                ImageSize::Natural => whole.natural(image),
                ImageSize::Fit => inner.centred(aspect),
            };
            return (Some(part), inner);
        }
        let part = match self.image_size {
            ImageSize::Natural => {
                let share = Part { width: self.width * NATURAL_SHARE, ..whole };
                let part = share.natural(image);
                // What is smaller than its share keeps the space to the edge.
                Part { x: padding.min(share.width - part.width), ..part }
            }
            ImageSize::Fit => {
                let width = (inner.height * aspect).min(inner.width * FIT_SHARE);
                Part { width, ..inner }.centred(aspect)
            }
        };
        let x = part.x + part.width + padding;
        (Some(part), Part { x, width: self.width - padding - x, ..inner })
    }
}

impl Part {
    /// An image in the middle at its natural size, or as large as fits.
    fn natural(self, image: &Image) -> Self {
        let (width, height) = image.size();
        let (width, height) = (width.min(self.width), height.min(self.height));
        let middle = Self {
            x: self.x + (self.width - width) / 2.0,
            y: self.y + (self.height - height) / 2.0,
            width,
            height,
        };
        middle.centred(image.aspect())
    }

    /// The largest part of these proportions in the middle.
    fn centred(self, aspect: f64) -> Self {
        let width = self.width.min(self.height * aspect);
        let height = width / aspect;
        Self {
            x: self.x + (self.width - width) / 2.0,
            y: self.y + (self.height - height) / 2.0,
            width,
            height,
        }
    }
}

/// The text object (9.4), in the middle of the height.
fn set(block: &Block, text: &Text, part: Part, show: impl Fn(&str) -> String) -> String {
    let height = text.height(block.lines.len()) * block.size;
    let top = part.y + f64::midpoint(part.height, height);
    let mut content = format!("BT\n/Text {} Tf\n", number(block.size));
    for (position, line) in block.lines.iter().enumerate().filter(|(_, line)| !line.is_empty()) {
        let y = top - text.baseline(position) * block.size;
        let _ = writeln!(content, "1 0 0 1 {} {} Tm", number(part.x), number(y));
        let _ = writeln!(content, "{} Tj", show(line));
    }
    content.push_str("ET\n");
    content
}

fn number(value: f64) -> String {
    let mut text = Vec::new();
    Object::real(value).write(&mut text);
    String::from_utf8_lossy(&text).into_owned()
}
