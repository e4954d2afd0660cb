//! What the readers of image formats find, whatever the format.

use super::color::Components;
use crate::domain::refusal::PdfRefusal;
use crate::seal::pdf::object::Stream;

/// How the pixels are turned and mirrored when they are shown: the values 1 to 8 of EXIF.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Orientation(u8);

impl Orientation {
    pub(super) const UPRIGHT: Self = Self(1);

    pub(super) fn from_exif(value: u16) -> Self {
        u8::try_from(value).ok().filter(|value| (1..=8).contains(value)).map_or(Self::UPRIGHT, Self)
    }

    /// Whether width and height change places.
    pub(super) const fn is_on_its_side(self) -> bool {
        self.0 > 4
    }

    /// Takes the unit square of the image to itself.
    pub(super) const fn matrix(self) -> [f64; 6] {
        match self.0 {
            2 => [-1.0, 0.0, 0.0, 1.0, 1.0, 0.0],
            3 => [-1.0, 0.0, 0.0, -1.0, 1.0, 1.0],
            4 => [1.0, 0.0, 0.0, -1.0, 0.0, 1.0],
            5 => [0.0, -1.0, -1.0, 0.0, 1.0, 1.0],
            6 => [0.0, -1.0, 1.0, 0.0, 0.0, 1.0],
            7 => [0.0, 1.0, 1.0, 0.0, 0.0, 0.0],
            8 => [0.0, 1.0, -1.0, 0.0, 1.0, 0.0],
            _ => [1.0, 0.0, 0.0, 1.0, 0.0, 0.0],
        }
    }
}

/// What the readers of the formats find.
pub(super) struct Picture {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) components: Components,
    /// The dictionary has what belongs to the filter.
    pub(super) base: Stream,
    /// Opacity, eight bits a pixel, in one component.
    pub(super) mask: Option<Stream>,
    pub(super) orientation: Orientation,
    /// Whether the highest value of a component is none of it.
    pub(super) inverted: bool,
}

pub(super) fn unreadable(reason: impl Into<String>) -> PdfRefusal {
    PdfRefusal::ImageUnreadable { reason: reason.into() }
}

/// Refuses more pixels than [`PIXEL_LIMIT`], before any of them is unpacked.
pub(super) fn check_size(width: u32, height: u32) -> Result<(), PdfRefusal> {
    if width == 0 || height == 0 {
        return Err(unreadable("it has no pixels"));
    }
    if u64::from(width) * u64::from(height) > PIXEL_LIMIT {
        let reason = format!("{width} by {height} pixels; the limit is {PIXEL_LIMIT} together");
        return Err(PdfRefusal::ImageTooLarge { reason });
    }
    Ok(())
}

/// Pixels that an image may have.
pub const PIXEL_LIMIT: u64 = 4_000_000;
