//! From what a client asks to the settings of a seal: the named profile or that of the client service,
//! what the request says over it, and what the client service may.

use std::fmt::Write as _;

use super::accept::RequestedDocument;
use crate::app::{App, Caller};
use crate::domain::client_service::{Lint, ProfileName};
use crate::domain::document::SealSettings;
use crate::domain::profile::Expected;
use crate::domain::refusal::Refusal;
use crate::domain::xades::Packaging;
use crate::seal::xades::{check_said, check_settings};

/// Resolves the settings of one document.
///
/// # Errors
/// An unknown profile, a setting that is none, an algorithm that the client service must not use, or
/// a document that the packaging cannot take.
pub(super) fn resolve(
    app: &App,
    caller: &Caller,
    document: &RequestedDocument,
) -> Result<SealSettings, Refusal> {
    let service = &caller.client_service;
    let wishes = &document.wishes;
    let usual = service.profile.as_ref().map(ProfileName::as_str);
    let name = wishes.profile.as_deref().or(usual);
    let mut xades = app.profiles.settings(name, &wishes.settings)?;
    xades.mime_type = Some(document.content_type.clone());
    if xades.packaging == Packaging::Detached && xades.reference.uri.is_none() {
        xades.reference.uri = Some(relative_uri(&document.name));
    }
    check_settings(&xades)?;
    check_said(&xades, &wishes.settings)?;
    let is_xml = matches!(document.content_type.as_str(), "application/xml" | "text/xml");
    if xades.packaging == Packaging::Enveloped && !is_xml {
        return Err(Refusal::FormatMismatch {
            format: "XAdES",
            content: "a document that is not XML",
            remedy: "send XML with contentType application/xml, or ask for packaging ENVELOPING or DETACHED",
        });
    }
    let mut notes = wishes.notes.clone();
    if xades.uses_sha1() {
        if !service.allow_sha1 {
            return Err(Refusal::Sha1NotAllowed);
        }
        notes.push(
            "the seal uses SHA-1, which is broken; verifiers outside of the authority that asks for it refuse it"
                .to_owned(),
        );
    }
    Ok(SealSettings {
        format: wishes.format,
        profile: name.map(str::to_owned),
        xades,
        lint: service.lint,
        expected: expected(app, name, service.lint)?,
        notes,
    })
}

/// What lint is to know of a profile. It is kept with the document, so that a profile that changes
/// later refuses nothing that was accepted before.
///
/// # Errors
/// An unknown profile.
pub(super) fn expected(
    app: &App,
    profile: Option<&str>,
    level: Lint,
) -> Result<Option<Expected>, Refusal> {
    let Some(name) = profile.filter(|_| level != Lint::None) else { return Ok(None) };
    let entry = app.profiles.entry(name)?;
    Ok(Some(Expected { roots: entry.roots.clone(), rules: entry.rules.clone() }))
}

/// The name of a document as a relative reference (RFC 3986, 4.2).
fn relative_uri(name: &str) -> String {
    let mut uri = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}
