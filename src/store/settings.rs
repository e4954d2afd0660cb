//! Seal settings as they lie in `document.settings`.

use serde::{Deserialize, Serialize};

use super::{Error, Result};
use crate::domain::cades::CadesProfile;
use crate::domain::client_service::Lint;
use crate::domain::document::SealSettings;
use crate::domain::level::Level;
use crate::domain::pades::PadesProfile;
use crate::domain::profile::{Canonicalization, Expected, Format, Profile};
use crate::domain::visible::{CoordinateOrigin, ImageSize};
use crate::domain::xades::{SignatureLocation, XadesProfile};

#[derive(Serialize, Deserialize)]
struct Stored {
    format: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    profile: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    xades: Option<XadesProfile>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pades: Option<PadesProfile>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    cades: Option<CadesProfile>,
    /// Before there were profiles: canonicalization and place, and nothing else.
    #[serde(skip_serializing, default)]
    canonicalization: Option<String>,
    #[serde(skip_serializing, default)]
    with_comments: bool,
    #[serde(skip_serializing, default)]
    location: Option<String>,
    /// Above B.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    level: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    room: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    lint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    expected: Option<Expected>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    notes: Vec<String>,
}

/// Settings as they are stored.
///
/// # Errors
/// [`Error::Corrupt`] when they cannot be written, which does not happen.
pub fn to_text(settings: &SealSettings) -> Result<String> {
    let (mut xades, mut pades, mut cades) = (None, None, None);
    match &settings.seal {
        Profile::Xades(profile) => xades = Some(profile.as_ref().clone()),
        Profile::Pades(profile) => pades = Some(profile.as_ref().clone()),
        Profile::Cades(profile) => cades = Some(profile.as_ref().clone()),
    }
    let stored = Stored {
        format: settings.seal.format().as_str().to_owned(),
        profile: settings.profile.clone(),
        xades,
        pades,
        cades,
        canonicalization: None,
        with_comments: false,
        location: None,
        level: (settings.level > Level::B).then(|| settings.level.as_str().to_owned()),
        room: (settings.room > 0).then_some(settings.room),
        lint: (settings.lint != Lint::None).then(|| settings.lint.as_str().to_owned()),
        expected: settings.expected.clone(),
        notes: settings.notes.clone(),
    };
    serde_json::to_string(&stored).map_err(|_| Error::Corrupt { column: "settings" })
}

/// The settings that are stored, by this release or by an earlier one; they mean what they meant then.
///
/// # Errors
/// [`Error::Corrupt`] when no release wrote them.
pub fn from_text(text: &str) -> Result<SealSettings> {
    let corrupt = || Error::Corrupt { column: "settings" };
    let stored: Stored = serde_json::from_str(text).map_err(|_| corrupt())?;
    let seal = match Format::parse(&stored.format).ok_or_else(corrupt)? {
        Format::Xades => Profile::Xades(Box::new(match stored.xades {
            Some(xades) => xades,
            None => before_profiles(
                stored.canonicalization.as_deref(),
                stored.with_comments,
                stored.location.as_deref(),
            )
            .ok_or_else(corrupt)?,
        })),
        // Before PDF could be sealed, its refusal was recorded with settings of XAdES or none.
        Format::Pades => Profile::Pades(Box::new(before_origins(stored.pades.unwrap_or_default()))),
        Format::Cades => Profile::Cades(Box::new(stored.cades.unwrap_or_default())),
    };
    let level = stored.level.map_or(Some(Level::B), |name| Level::parse(&name));
    let lint = stored.lint.map_or(Some(Lint::None), |name| Lint::parse(&name));
    Ok(SealSettings {
        profile: stored.profile,
        seal,
        level: level.ok_or_else(corrupt)?,
        room: stored.room.unwrap_or_default(),
        lint: lint.ok_or_else(corrupt)?,
        expected: stored.expected,
        notes: stored.notes,
    })
}

/// A visible signature that was accepted before there was a choice stays where it was, as its digest may
/// have been recorded already.
fn before_origins(mut pades: PadesProfile) -> PadesProfile {
    if let Some(visible) = &mut pades.visible
        && visible.coordinate_origin.is_none()
    {
        visible.coordinate_origin = Some(CoordinateOrigin::BottomLeft);
        if let Some(image) = &mut visible.image {
            image.size = image.size.or(Some(ImageSize::Fit));
        }
    }
    pades
}

/// Settings of a document that was accepted before there were profiles.
fn before_profiles(
    canonicalization: Option<&str>,
    with_comments: bool,
    location: Option<&str>,
) -> Option<XadesProfile> {
    let comments = if with_comments { "_WITH_COMMENTS" } else { "" };
    Some(XadesProfile {
        canonical_transform: Canonicalization::parse(&format!("{}{comments}", canonicalization?))?,
        signature_location: location.map(SignatureLocation::inside).unwrap_or_default(),
        ..XadesProfile::default()
    })
}
