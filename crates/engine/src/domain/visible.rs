//! What a signature of a PDF looks like on its page: place, area, text, font, image.

use std::fmt;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};
#[cfg(feature = "openapi")]
use utoipa::ToSchema;

/// A length in user space units of PDF, 1/72 inch; kept in hundredths, so that it can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Points(i32);

impl Points {
    /// So many whole units.
    #[must_use]
    pub const fn new(units: i16) -> Self {
        Self(units as i32 * 100)
    }

    /// The length nearest to a number of units; none beyond what pages can have (ISO 32000-1, annex C).
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "checked against the bounds before")]
    pub fn from_f64(units: f64) -> Option<Self> {
        (-100_000.0..=100_000.0).contains(&units).then(|| Self((units * 100.0).round() as i32))
    }

    /// In units.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        f64::from(self.0) / 100.0
    }
}

impl Serialize for Points {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 % 100 == 0 {
            serializer.serialize_i32(self.0 / 100)
        } else {
            serializer.serialize_f64(self.as_f64())
        }
    }
}

impl<'de> Deserialize<'de> for Points {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let units = f64::deserialize(deserializer)?;
        Self::from_f64(units).ok_or_else(|| de::Error::custom("expected -100000 to 100000 points"))
    }
}

/// A colour of the device's red, green and blue, written `#RRGGBB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color {
    pub red: u8,
    pub green: u8,
    pub blue: u8,
}

impl Color {
    /// Black.
    pub const BLACK: Self = Self { red: 0, green: 0, blue: 0 };

    /// Reads `#RRGGBB` or `#RGB`, with or without `#`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').unwrap_or(text);
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let value = u32::from_str_radix(digits, 16).ok()?;
        let [_, red, green, blue] = value.to_be_bytes();
        match digits.len() {
            6 => Some(Self { red, green, blue }),
            3 => Some(Self {
                red: (green & 15) * 17,
                green: (blue >> 4) * 17,
                blue: (blue & 15) * 17,
            }),
            _ => None,
        }
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02X}{:02X}{:02X}", self.red, self.green, self.blue)
    }
}

impl Serialize for Color {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Color {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ColorText;
        impl Visitor<'_> for ColorText {
            type Value = Color;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a colour as #RRGGBB")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Color, E> {
                Color::parse(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_str(ColorText)
    }
}

/// A visible signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VisibleSettings {
    #[cfg_attr(feature = "openapi", schema(required = false))]
    pub place: VisiblePlace,
    /// From which corner a place is measured; that of the client service without it, else `TOP_LEFT`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub coordinate_origin: Option<CoordinateOrigin>,
    /// 155 by 50 without it. The rectangle of a field is its own area.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub area: Option<VisibleArea>,
    /// Template of the text; without it that of the client service, else who signed and when. An empty
    /// one draws no text.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub template: Option<String>,
    /// Colour of the area; transparent without it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub background: Option<Color>,
    #[serde(default)]
    pub font: VisibleFont,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub image: Option<VisibleImage>,
}

/// What a visible signature says when nobody wrote a template.
pub const DEFAULT_TEMPLATE: &str = "Digitally signed by $certificate.getCommonName()\n$date";

/// Where a visible signature is drawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum VisiblePlace {
    /// The rectangle of the empty signature field of that name.
    Field(String),
    /// A corner of the area on a page as a reader shows it (turned by `/Rotate`, seen through the crop
    /// box): the upper left one, measured from the page's upper left corner, or both lower left, as
    /// `coordinateOrigin` says.
    Coordinate {
        /// From 1; -1 is the last page.
        page: i32,
        #[cfg_attr(feature = "openapi", schema(value_type = f64))]
        x: Points,
        #[cfg_attr(feature = "openapi", schema(value_type = f64))]
        y: Points,
    },
    /// The first occurrence of a word on the pages: its lower left corner is the area's upper left one,
    /// or the lower left one, as `coordinateOrigin` says.
    Placeholder(String),
}

/// From which corner places of visible signatures are measured, on the page and in the area.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CoordinateOrigin {
    /// `y` grows downwards from the top of the page; the area hangs from its place.
    #[default]
    TopLeft,
    /// `y` grows upwards from the foot of the page; the area stands on its place.
    BottomLeft,
}

impl CoordinateOrigin {
    /// As stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TopLeft => "TOP_LEFT",
            Self::BottomLeft => "BOTTOM_LEFT",
        }
    }

    /// The corner of that name, in any letter case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let all = [Self::TopLeft, Self::BottomLeft];
        all.into_iter().find(|corner| corner.as_str().eq_ignore_ascii_case(text))
    }
}

/// The size of the area.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VisibleArea {
    #[cfg_attr(feature = "openapi", schema(value_type = f64))]
    pub width: Points,
    #[cfg_attr(feature = "openapi", schema(value_type = f64))]
    pub height: Points,
}

impl VisibleArea {
    /// 155 by 50.
    pub const DEFAULT: Self = Self { width: Points::new(155), height: Points::new(50) };
}

/// The font of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct VisibleFont {
    /// The largest size; text that does not fit is drawn smaller.
    #[cfg_attr(feature = "openapi", schema(value_type = f64))]
    pub size: Points,
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub color: Color,
}

impl Default for VisibleFont {
    /// 10 points, black.
    fn default() -> Self {
        Self { size: Points::new(10), color: Color::BLACK }
    }
}

/// An image, drawn at the left of the text, or in the middle of the area when there is no text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VisibleImage {
    pub kind: ImageKind,
    /// The image file in base64.
    pub content: String,
    /// How large it is drawn; `NATURAL` without it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub size: Option<ImageSize>,
}

/// How large an image is drawn. It keeps its proportions and stays within the area.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ImageSize {
    /// A pixel is a point; smaller when it does not fit.
    #[default]
    Natural,
    /// As large as fits.
    Fit,
}

impl ImageSize {
    /// As shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Natural => "NATURAL",
            Self::Fit => "FIT",
        }
    }

    /// The choice of that name, in any letter case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let all = [Self::Natural, Self::Fit];
        all.into_iter().find(|size| size.as_str().eq_ignore_ascii_case(text))
    }
}

/// The format of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ImageKind {
    Png,
    Jpeg,
}
