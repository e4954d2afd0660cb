//! Images of visible signatures: files in, image XObjects out (ISO 32000-1, 8.9.5). What a file is, is
//! seen from its first bytes; what a request calls it does not matter.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::color::Restrictions;
pub use super::picture::PIXEL_LIMIT;
use super::picture::{Orientation, Picture, unreadable};
use super::{ObjectSink, jpeg, raster};
use crate::domain::refusal::PdfRefusal;
use crate::domain::visible::Color;
use crate::seal::pdf::object::{Dictionary, Indirect, Object, Reference, Stream};

/// Bytes that an image file may have.
pub const FILE_LIMIT: usize = 1 << 20;
/// Bytes of the streams that an image becomes.
pub const STREAM_LIMIT: usize = 2 << 20;

/// Whether so much base64 may be an image file.
///
/// # Errors
/// [`PdfRefusal::ImageTooLarge`].
pub(super) fn check_length(text: &str) -> Result<(), PdfRefusal> {
    // A line break after every 76 characters, and some room.
    if text.len() > FILE_LIMIT / 2 * 3 {
        let reason = format!("the limit is {FILE_LIMIT} bytes");
        return Err(PdfRefusal::ImageTooLarge { reason });
    }
    Ok(())
}

/// An image, ready to be put into files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    base: Stream,
    mask: Option<Stream>,
    width: u32,
    height: u32,
    orientation: Orientation,
}

impl Image {
    /// Reads a PNG or JPEG file. `background` is what lies under it where it may not be transparent.
    ///
    /// # Errors
    /// [`PdfRefusal::ImageUnreadable`], [`PdfRefusal::ImageTooLarge`] beyond [`FILE_LIMIT`] or
    /// [`PIXEL_LIMIT`], [`PdfRefusal::AppearanceTooLarge`] beyond [`STREAM_LIMIT`].
    pub fn read(
        file: &[u8],
        restrictions: Restrictions,
        background: Option<Color>,
    ) -> Result<Self, PdfRefusal> {
        if file.len() > FILE_LIMIT {
            let reason = format!("{} bytes; the limit is {FILE_LIMIT}", file.len());
            return Err(PdfRefusal::ImageTooLarge { reason });
        }
        let picture = if file.starts_with(b"\x89PNG\r\n\x1A\n") {
            let over = background.unwrap_or(Color { red: 255, green: 255, blue: 255 });
            raster::read(file, restrictions.opaque.then_some(over))?
        } else if file.starts_with(&[0xFF, 0xD8]) {
            jpeg::read(file)?
        } else {
            return Err(unreadable("it is neither PNG nor JPEG"));
        };
        let Some(space) = picture.components.space(restrictions) else {
            return Err(unreadable("a PDF/A file takes no CMYK image; convert it to RGB"));
        };
        let size = picture.base.data.len() + picture.mask.as_ref().map_or(0, |it| it.data.len());
        if size > STREAM_LIMIT {
            return Err(PdfRefusal::AppearanceTooLarge { size, limit: STREAM_LIMIT });
        }
        let described = |stream: Stream, space: Object| {
            let mut dictionary = Dictionary::new()
                .with("Type", Object::name("XObject"))
                .with("Subtype", Object::name("Image"))
                .with("Width", Object::Integer(picture.width.into()))
                .with("Height", Object::Integer(picture.height.into()))
                .with("ColorSpace", space)
                .with("BitsPerComponent", Object::Integer(8));
            for (name, value) in stream.dictionary.iter() {
                dictionary.push(name.clone(), value.clone());
            }
            Stream { dictionary, data: stream.data }
        };
        let mut base = described(picture.base, space);
        if picture.inverted {
            let bounds = [1, 0, 1, 0, 1, 0, 1, 0].map(Object::Integer);
            base.dictionary.set("Decode", Object::Array(bounds.to_vec()));
        }
        let mask = picture.mask.map(|mask| described(mask, Object::name("DeviceGray")));
        let Picture { width, height, orientation, .. } = picture;
        Ok(Self { base, mask, width, height, orientation })
    }

    /// As [`Image::read`], from base64 as requests carry it.
    ///
    /// # Errors
    /// As [`Image::read`].
    pub fn read_base64(
        text: &str,
        restrictions: Restrictions,
        background: Option<Color>,
    ) -> Result<Self, PdfRefusal> {
        check_length(text)?;
        let config =
            GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
        if text.contains(' ') {
            return Err(unreadable("there is a blank in its base64, which may have been a +"));
        }
        let text: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
        let file = GeneralPurpose::new(&STANDARD, config)
            .decode(text)
            .map_err(|_| unreadable("it is not base64"))?;
        Self::read(&file, restrictions, background)
    }

    /// Width and height as it is shown, in pixels.
    #[must_use]
    pub fn size(&self) -> (f64, f64) {
        let (width, height) = (f64::from(self.width), f64::from(self.height));
        if self.orientation.is_on_its_side() { (height, width) } else { (width, height) }
    }

    /// Width by height as it is shown.
    #[must_use]
    pub fn aspect(&self) -> f64 {
        let (width, height) = self.size();
        width / height
    }

    /// The matrix that draws it upright into a rectangle (8.9.5.1).
    #[must_use]
    pub fn matrix(&self, x: f64, y: f64, width: f64, height: f64) -> [f64; 6] {
        let mut matrix = self.orientation.matrix();
        let factors =
            [(width, 0.0), (height, 0.0), (width, 0.0), (height, 0.0), (width, x), (height, y)];
        for (entry, (factor, summand)) in matrix.iter_mut().zip(factors) {
            *entry = *entry * factor + summand;
        }
        matrix
    }

    /// Puts the image into a file; the answer names the image XObject.
    pub fn embed(&self, sink: &mut dyn ObjectSink) -> Reference {
        let mut base = self.base.clone();
        if let Some(mask) = &self.mask {
            let mask = sink.add(Indirect::Stream(mask.clone()));
            base.dictionary.set("SMask", mask.into());
        }
        sink.add(Indirect::Stream(base))
    }
}
