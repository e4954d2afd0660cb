//! Seal settings as they lie in `document.settings`.

use serde::{Deserialize, Serialize};

use super::{Error, Result};
use crate::domain::client_service::Lint;
use crate::domain::document::SealSettings;
use crate::domain::profile::Format;
use crate::domain::xades::XadesProfile;

#[derive(Serialize, Deserialize)]
struct Stored {
    format: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    profile: Option<String>,
    xades: XadesProfile,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    lint: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    notes: Vec<String>,
}

const FORMATS: [(Format, &str); 3] =
    [(Format::Xades, "XAdES"), (Format::Pades, "PAdES"), (Format::Cades, "CAdES")];

pub(super) fn to_text(settings: &SealSettings) -> Result<String> {
    let format = FORMATS.iter().find(|(format, _)| *format == settings.format);
    let stored = Stored {
        format: format.map_or("", |(_, name)| name).to_owned(),
        profile: settings.profile.clone(),
        xades: settings.xades.clone(),
        lint: (settings.lint != Lint::None).then(|| settings.lint.as_str().to_owned()),
        notes: settings.notes.clone(),
    };
    serde_json::to_string(&stored).map_err(|_| Error::Corrupt { column: "settings" })
}

pub(super) fn from_text(text: &str) -> Result<SealSettings> {
    let corrupt = || Error::Corrupt { column: "settings" };
    let stored: Stored = serde_json::from_str(text).map_err(|_| corrupt())?;
    let format = FORMATS.iter().find(|(_, name)| *name == stored.format);
    Ok(SealSettings {
        format: format.map(|(format, _)| *format).ok_or_else(corrupt)?,
        profile: stored.profile,
        xades: stored.xades,
        lint: stored
            .lint
            .map_or(Some(Lint::None), |name| Lint::parse(&name))
            .ok_or_else(corrupt)?,
        notes: stored.notes,
    })
}
