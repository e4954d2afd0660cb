//! Colours of an appearance, and what PDF/A forbids of them.

use crate::domain::visible::Color;
use crate::seal::pdf::object::{Dictionary, Object};

/// What the document does not permit of an appearance. The default is a document that permits all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Restrictions {
    /// No soft masks: PDF/A-1 (ISO 19005-1, 6.4), and PDF/A-2 and -3 without an output intent
    /// (ISO 19005-2, 6.2.10). What is transparent is drawn over the background, else over white.
    pub opaque: bool,
    /// Colours without the device's own meaning (CalRGB, CalGray): PDF/A whatever its output intent is
    /// (ISO 19005-1, 6.2.3.3; ISO 19005-2, 6.2.4.3).
    pub calibrated: bool,
}

impl Restrictions {
    /// What every part of PDF/A permits.
    pub const PDF_A: Self = Self { opaque: true, calibrated: true };
}

/// The colour components of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Components {
    Gray,
    Rgb,
    Cmyk,
}

impl Components {
    /// Their colour space. There is no calibrated one for CMYK without a profile.
    #[must_use]
    pub(super) fn space(self, restrictions: Restrictions) -> Option<Object> {
        match (self, restrictions.calibrated) {
            (Self::Gray, false) => Some(Object::name("DeviceGray")),
            (Self::Rgb, false) => Some(Object::name("DeviceRGB")),
            (Self::Cmyk, false) => Some(Object::name("DeviceCMYK")),
            (Self::Gray, true) => Some(calibrated("CalGray", &[2.2], None)),
            (Self::Rgb, true) => Some(calibrated_rgb()),
            (Self::Cmyk, true) => None,
        }
    }
}

/// sRGB (IEC 61966-2-1) as near as CalRGB comes (ISO 32000-1, 8.6.5.3).
#[must_use]
pub(super) fn calibrated_rgb() -> Object {
    let matrix =
        [0.4124, 0.2126, 0.0193, 0.3576, 0.7152, 0.1192, 0.1805, 0.0722, 0.9505].map(Object::real);
    calibrated("CalRGB", &[2.2; 3], Some(matrix.to_vec()))
}

fn calibrated(name: &str, gamma: &[f64], matrix: Option<Vec<Object>>) -> Object {
    let white = [0.9505, 1.0, 1.089].map(Object::real).to_vec();
    let mut settings = Dictionary::new().with("WhitePoint", white);
    match (gamma, matrix) {
        ([gamma], None) => settings.set("Gamma", Object::real(*gamma)),
        (_, matrix) => {
            settings
                .set("Gamma", gamma.iter().copied().map(Object::real).collect::<Vec<_>>().into());
            settings.set("Matrix", matrix.unwrap_or_default().into());
        }
    }
    Object::Array(vec![Object::name(name), settings.into()])
}

/// The operators that choose a colour for what is filled (8.6.8). `/Calibrated` must be the resource
/// name of [`calibrated_rgb`]. Grey is said as grey, which every output intent permits.
#[must_use]
pub(super) fn fill(color: Color, restrictions: Restrictions) -> String {
    let part = |value: u8| {
        let text = format!("{:.4}", f64::from(value) / 255.0);
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    let (red, green, blue) = (part(color.red), part(color.green), part(color.blue));
    if restrictions.calibrated {
        format!("/Calibrated cs {red} {green} {blue} scn\n")
    } else if color.red == color.green && color.green == color.blue {
        format!("{red} g\n")
    } else {
        format!("{red} {green} {blue} rg\n")
    }
}
