//! Where the area of a visible signature lies on a page: from what a reader of the page sees to the
//! rectangle of the annotation (ISO 32000-1, 7.7.3.3 and 8.3.2.3).

use crate::domain::refusal::PdfRefusal;
use crate::domain::visible::CoordinateOrigin;

/// A rectangle: lower left x and y, upper right x and y.
pub type Corners = [f64; 4];

/// Rounding of others that is none of our business, in user space units.
const TOLERANCE: f64 = 0.01;

/// How far a page is turned clockwise when it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Rotation {
    #[default]
    None,
    Quarter,
    Half,
    ThreeQuarters,
}

impl Rotation {
    /// The rotation that a value of `/Rotate` means; what is no multiple of 90 turns nothing.
    #[must_use]
    pub const fn from_degrees(degrees: i64) -> Self {
        match degrees.rem_euclid(360) {
            90 => Self::Quarter,
            180 => Self::Half,
            270 => Self::ThreeQuarters,
            _ => Self::None,
        }
    }

    /// Whether width and height of what is shown are those of the page exchanged.
    #[must_use]
    pub const fn is_sideways(self) -> bool {
        matches!(self, Self::Quarter | Self::ThreeQuarters)
    }

    /// The matrix that turns a form of that size against the page, so that it is shown upright; its
    /// lower left corner stays at the origin.
    #[must_use]
    pub const fn upright(self, width: f64, height: f64) -> [f64; 6] {
        match self {
            Self::None => [1.0, 0.0, 0.0, 1.0, 0.0, 0.0],
            Self::Quarter => [0.0, 1.0, -1.0, 0.0, height, 0.0],
            Self::Half => [-1.0, 0.0, 0.0, -1.0, width, height],
            Self::ThreeQuarters => [0.0, -1.0, 1.0, 0.0, 0.0, width],
        }
    }
}

/// What is shown of a page, and how.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PageView {
    /// In default user space, corners in order.
    visible: Corners,
    rotation: Rotation,
    /// Size of a user space unit in 1/72 inch.
    unit: f64,
}

/// An area on a page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placement {
    /// `/Rect` of the annotation, in default user space.
    pub rectangle: Corners,
    pub rotation: Rotation,
    /// Size as it is shown, in 1/72 inch.
    pub width: f64,
    pub height: f64,
}

impl PageView {
    /// A page with these (inherited) entries. The boxes may name any two opposite corners (7.9.5); what
    /// is shown is the crop box as far as it lies in the media box, and the media box when nothing of
    /// it does. `UserUnit` is 1 when it makes no sense.
    #[must_use]
    pub fn new(
        media_box: Corners,
        crop_box: Option<Corners>,
        rotation: Rotation,
        user_unit: f64,
    ) -> Self {
        let media = ordered(media_box);
        let visible = crop_box.map(|crop| intersection(media, ordered(crop))).filter(has_area);
        let unit = if user_unit.is_finite() && user_unit > 0.0 { user_unit } else { 1.0 };
        Self { visible: visible.unwrap_or(media), rotation, unit }
    }

    /// Width and height of the page as it is shown, in 1/72 inch.
    #[must_use]
    pub fn size(&self) -> (f64, f64) {
        let [x0, y0, x1, y1] = self.visible;
        let (width, height) = ((x1 - x0) * self.unit, (y1 - y0) * self.unit);
        if self.rotation.is_sideways() { (height, width) } else { (width, height) }
    }

    /// How it is turned.
    #[must_use]
    pub const fn rotation(&self) -> Rotation {
        self.rotation
    }

    /// An area by a corner and its size as the page is shown, in 1/72 inch: the upper left corner,
    /// measured from that of the page, or both lower left.
    ///
    /// # Errors
    /// [`PdfRefusal::AreaOutside`] when a part of it would not be seen, or it is empty. `page` is for
    /// that message only.
    pub fn place(
        &self,
        page: usize,
        origin: CoordinateOrigin,
        (x, y): (f64, f64),
        (width, height): (f64, f64),
    ) -> Result<Placement, PdfRefusal> {
        let y = match origin {
            CoordinateOrigin::TopLeft => self.size().1 - y - height,
            CoordinateOrigin::BottomLeft => y,
        };
        self.stand(page, (x, y), (width, height))
    }

    /// An area by its lower left corner, measured from that of the page.
    fn stand(
        &self,
        page: usize,
        (x, y): (f64, f64),
        (width, height): (f64, f64),
    ) -> Result<Placement, PdfRefusal> {
        let (page_width, page_height) = self.size();
        let slack = TOLERANCE * self.unit;
        let inside = x >= -slack
            && y >= -slack
            && x + width <= page_width + slack
            && y + height <= page_height + slack;
        if !(inside && width > 0.0 && height > 0.0) {
            let shown = |length: f64| format!("{}", (length * 100.0).round() / 100.0);
            let (width, height) = (shown(page_width), shown(page_height));
            return Err(PdfRefusal::AreaOutside { page, width, height });
        }
        let (left, bottom) = (x / self.unit, y / self.unit);
        let (right, top) = ((x + width) / self.unit, (y + height) / self.unit);
        let [x0, y0, x1, y1] = self.visible;
        let rectangle = match self.rotation {
            Rotation::None => [x0 + left, y0 + bottom, x0 + right, y0 + top],
            Rotation::Quarter => [x1 - top, y0 + left, x1 - bottom, y0 + right],
            Rotation::Half => [x1 - right, y1 - top, x1 - left, y1 - bottom],
            Rotation::ThreeQuarters => [x0 + bottom, y1 - right, x0 + top, y1 - left],
        };
        Ok(Placement { rectangle, rotation: self.rotation, width, height })
    }

    /// An area that hangs from the lower left corner of a word, as the page is shown, or stands on it.
    /// `word` is in default user space.
    ///
    /// # Errors
    /// As [`PageView::place`].
    pub fn place_at(
        &self,
        page: usize,
        origin: CoordinateOrigin,
        word: Corners,
        (width, height): (f64, f64),
    ) -> Result<Placement, PdfRefusal> {
        let [left, bottom, right, top] = ordered(word);
        let [x0, y0, x1, y1] = self.visible;
        let (x, y) = match self.rotation {
            Rotation::None => (left - x0, bottom - y0),
            Rotation::Quarter => (bottom - y0, x1 - right),
            Rotation::Half => (x1 - right, y1 - top),
            Rotation::ThreeQuarters => (y1 - top, left - x0),
        };
        let (x, y) = (x * self.unit, y * self.unit);
        let y = match origin {
            CoordinateOrigin::TopLeft => y - height,
            CoordinateOrigin::BottomLeft => y,
        };
        self.stand(page, (x, y), (width, height))
    }

    /// The rectangle of a field that is there, which may lie anywhere. `None` when it is empty.
    #[must_use]
    pub fn field(&self, rectangle: Corners) -> Option<Placement> {
        let rectangle = ordered(rectangle);
        let [x0, y0, x1, y1] = rectangle;
        let (width, height) = ((x1 - x0) * self.unit, (y1 - y0) * self.unit);
        let (width, height) =
            if self.rotation.is_sideways() { (height, width) } else { (width, height) };
        has_area(&rectangle).then_some(Placement {
            rectangle,
            rotation: self.rotation,
            width,
            height,
        })
    }
}

const fn ordered([x0, y0, x1, y1]: Corners) -> Corners {
    [x0.min(x1), y0.min(y1), x0.max(x1), y0.max(y1)]
}

const fn intersection(a: Corners, b: Corners) -> Corners {
    let ([a0, b0, a1, b1], [c0, d0, c1, d1]) = (a, b);
    [a0.max(c0), b0.max(d0), a1.min(c1), b1.min(d1)]
}

fn has_area([x0, y0, x1, y1]: &Corners) -> bool {
    x1 - x0 > TOLERANCE && y1 - y0 > TOLERANCE
}
