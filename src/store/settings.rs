//! Seal settings as they lie in `document.settings`.

use serde::{Deserialize, Serialize};

use super::{Error, Result};
use crate::domain::document::SealSettings;
use crate::domain::profile::{Canonicalization, CanonicalizationMethod, Format, SignatureLocation};

#[derive(Serialize, Deserialize)]
struct Stored {
    format: String,
    canonicalization: String,
    with_comments: bool,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    location: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    notes: Vec<String>,
}

const FORMATS: [(Format, &str); 3] =
    [(Format::Xades, "XAdES"), (Format::Pades, "PAdES"), (Format::Cades, "CAdES")];

const METHODS: [(CanonicalizationMethod, &str); 3] = [
    (CanonicalizationMethod::Inclusive, "INCLUSIVE"),
    (CanonicalizationMethod::Inclusive11, "INCLUSIVE_11"),
    (CanonicalizationMethod::Exclusive, "EXCLUSIVE"),
];

pub(super) fn to_text(settings: &SealSettings) -> Result<String> {
    let stored = Stored {
        format: name(&FORMATS, settings.format).to_owned(),
        canonicalization: name(&METHODS, settings.canonicalization.method).to_owned(),
        with_comments: settings.canonicalization.with_comments,
        location: match &settings.location {
            SignatureLocation::Default => None,
            SignatureLocation::Inside(text) => Some(text.clone()),
        },
        notes: settings.notes.clone(),
    };
    serde_json::to_string(&stored).map_err(|_| Error::Corrupt { column: "settings" })
}

pub(super) fn from_text(text: &str) -> Result<SealSettings> {
    let corrupt = || Error::Corrupt { column: "settings" };
    let stored: Stored = serde_json::from_str(text).map_err(|_| corrupt())?;
    Ok(SealSettings {
        format: value(&FORMATS, &stored.format).ok_or_else(corrupt)?,
        canonicalization: Canonicalization {
            method: value(&METHODS, &stored.canonicalization).ok_or_else(corrupt)?,
            with_comments: stored.with_comments,
        },
        location: stored.location.map_or(SignatureLocation::Default, SignatureLocation::Inside),
        notes: stored.notes,
    })
}

fn name<T: Copy + PartialEq>(table: &[(T, &'static str)], wanted: T) -> &'static str {
    table.iter().find(|(value, _)| *value == wanted).map_or("", |(_, name)| name)
}

fn value<T: Copy>(table: &[(T, &'static str)], wanted: &str) -> Option<T> {
    table.iter().find(|(_, name)| *name == wanted).map(|(value, _)| *value)
}
