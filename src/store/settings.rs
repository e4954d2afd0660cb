//! Seal settings as they lie in `document.settings`.

use serde::{Deserialize, Serialize};

use super::{Error, Result};
use crate::domain::client_service::Lint;
use crate::domain::document::SealSettings;
use crate::domain::profile::{Canonicalization, Expected, Format};
use crate::domain::xades::{SignatureLocation, XadesProfile};

#[derive(Serialize, Deserialize)]
struct Stored {
    format: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    profile: Option<String>,
    #[serde(default)]
    xades: Option<XadesProfile>,
    /// Before there were profiles: canonicalization and place, and nothing else.
    #[serde(skip_serializing, default)]
    canonicalization: Option<String>,
    #[serde(skip_serializing, default)]
    with_comments: bool,
    #[serde(skip_serializing, default)]
    location: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    lint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    expected: Option<Expected>,
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
        xades: Some(settings.xades.clone()),
        canonicalization: None,
        with_comments: false,
        location: None,
        lint: (settings.lint != Lint::None).then(|| settings.lint.as_str().to_owned()),
        expected: settings.expected.clone(),
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
        xades: match stored.xades {
            Some(xades) => xades,
            None => before_profiles(
                stored.canonicalization.as_deref(),
                stored.with_comments,
                stored.location.as_deref(),
            )
            .ok_or_else(corrupt)?,
        },
        lint: stored
            .lint
            .map_or(Some(Lint::None), |name| Lint::parse(&name))
            .ok_or_else(corrupt)?,
        expected: stored.expected,
        notes: stored.notes,
    })
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

#[cfg(test)]
mod tests {
    use super::{from_text, to_text};

    #[test]
    fn settings_from_before_profiles_are_read() {
        let old = r#"{"format":"XAdES","canonicalization":"INCLUSIVE","with_comments":true,"location":"Place"}"#;
        let settings = from_text(old).ok();
        let xades = settings.as_ref().map(|settings| &settings.xades);
        assert_eq!(
            xades.map(|it| it.canonical_transform.as_str()),
            Some("INCLUSIVE_WITH_COMMENTS")
        );
        let again = settings.as_ref().and_then(|it| from_text(&to_text(it).ok()?).ok());
        assert_eq!(again, settings);
    }
}
