//! From what a client asks to the settings of a seal: the named profile or that of the client service,
//! what the request says over it, and what the client service may.

use std::fmt::Write as _;

use super::request::RequestedDocument;
use super::timestamps;
use crate::app::{App, Client};
use crate::domain::cades::{CadesPackaging, CadesProfile};
use crate::domain::client_service::{ClientService, Lint, ProfileName, Timestamps};
use crate::domain::document::{SealSettings, SealWishes};
use crate::domain::level::{Level, LevelWish};
use crate::domain::pades::{ActiveContent, PadesProfile};
use crate::domain::profile::{Expected, Format, Profile};
use crate::domain::refusal::Refusal;
use crate::domain::xades::{Packaging, XadesProfile};
use crate::seal::check_settings;
use crate::seal::extend::{check_long_term, check_place};
use crate::seal::xades::check_said;

/// Resolves the settings of one document.
///
/// # Errors
/// An unknown profile, a setting that is none, an algorithm that the client service must not use, or
/// a document that the format or the packaging cannot take.
pub(super) fn resolve(
    app: &App,
    client: &Client,
    document: &RequestedDocument,
) -> Result<SealSettings, Refusal> {
    let service = &client.client_service;
    let wishes = &document.wishes;
    let name = wishes.profile.as_deref().or_else(|| usual_profile(app, service, wishes.format));
    let mut seal = app.profiles.profile(wishes.format, name, &wishes.settings)?;
    match &mut seal {
        Profile::Xades(profile) => of_xades(profile, document)?,
        Profile::Pades(profile) => of_pades(profile, document, service)?,
        Profile::Cades(profile) => of_cades(profile, document),
    }
    check_settings(&seal)?;
    let asked = asked_level(app, service, name, wishes.level)?;
    let level = level(app, service, asked)?;
    check_level(app, name, level)?;
    if document.of_files && packaged(&seal) != Packaged::Container {
        let rule = "files of one document go into a container: ask for packaging ASIC_E, or send each as a \
                    document of its own";
        return Err(Refusal::setting("packaging", rule.to_owned()));
    }
    if level > Level::B {
        check_place(&seal)?;
    }
    if level > Level::T {
        check_long_term(&seal)?;
    }
    if let Profile::Xades(profile) = &seal {
        check_said(profile, &wishes.settings)?;
    }
    let mut notes = wishes.notes.clone();
    if level < asked {
        notes.push(
            "the seal has no timestamp, although one was asked for: the client service is set to seal without"
                .to_owned(),
        );
    }
    if seal.uses_sha1() {
        if !service.allow_sha1 {
            return Err(Refusal::Sha1NotAllowed);
        }
        notes.push(
            "the seal uses SHA-1, which is broken; verifiers outside of the authority that asks for it refuse it"
                .to_owned(),
        );
    }
    let lint = match wishes.format {
        Format::Xades => service.lint,
        Format::Pades | Format::Cades => Lint::None,
    };
    let room = match &seal {
        Profile::Pades(_) if level > Level::B => app.authorities.room_bytes,
        // Everything else grows.
        _ => 0,
    };
    Ok(SealSettings {
        profile: name.map(str::to_owned),
        seal,
        level,
        room,
        lint: service.lint,
        expected: expected(app, name, lint)?,
        notes,
    })
}

/// The level that is asked for: where none is named that of the client service, or the least that the profile is
/// for when that is higher.
fn asked_level(
    app: &App,
    service: &ClientService,
    profile: Option<&str>,
    wish: LevelWish,
) -> Result<Level, Refusal> {
    let least = match profile {
        Some(name) => app.profiles.entry(name)?.least_level(),
        None => Level::B,
    };
    let asked = match wish {
        LevelWish::Usual => service.level.max(least),
        LevelWish::Timestamped => service.level.max(least).max(Level::T),
        LevelWish::Named(level) => level,
    };
    check_level(app, profile, asked)?;
    Ok(asked)
}

fn check_level(app: &App, profile: Option<&str>, level: Level) -> Result<(), Refusal> {
    profile.map_or(Ok(()), |name| app.profiles.entry(name)?.check_level(name, level))
}

/// The level that a seal is to have: the one asked for, or B where the client service has it so.
fn level(app: &App, service: &ClientService, asked: Level) -> Result<Level, Refusal> {
    let not_available =
        |what: &str, remedy| Err(Refusal::NotAvailable { what: what.to_owned(), remedy });
    match (asked, service.timestamps) {
        (Level::B, _) | (Level::T, Timestamps::Omit) => Ok(Level::B),
        // Who wants that by name is not sealed for with less.
        (Level::Lt | Level::Lta, Timestamps::Refuse | Timestamps::Omit) => not_available(
            &format!("level {asked}"),
            "ask for level B, or ask the operator to let the client service have timestamps",
        ),
        (Level::T, Timestamps::Refuse) => not_available(
            "a timestamp",
            "ask for a seal without one, or ask the operator to let the client service have timestamps, \
             or seal without",
        ),
        (Level::T, Timestamps::Wait | Timestamps::Fail) => {
            if timestamps::authorities(&app.authorities, service).is_empty() {
                return not_available(
                    "a timestamp",
                    "the installation names no time-stamp authority for the client service: ask the operator",
                );
            }
            Ok(Level::T)
        }
        (Level::Lt | Level::Lta, Timestamps::Wait | Timestamps::Fail) => {
            if timestamps::authorities(&app.authorities, service).is_empty() {
                return not_available(
                    &format!("level {asked}"),
                    "the installation names no time-stamp authority for the client service: ask the operator",
                );
            }
            if app.evidence.trust.is_empty() {
                return not_available(
                    &format!("level {asked}"),
                    "the installation does not say what seals of that level must lead to (revocation.trust): ask \
                     for level T, or ask the operator",
                );
            }
            Ok(asked)
        }
    }
}

/// What kind of file a seal becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packaged {
    Xml,
    Pdf,
    /// CMS with the document inside.
    Cms,
    DetachedCms,
    /// The CMS signature that the document is, countersigned.
    Countersigned,
    /// ASiC-E.
    Container,
}

/// What kind of file the seal will be, for its name. Settings that cannot be resolved are taken for
/// the usual ones of their format.
#[must_use]
pub fn packaging(app: &App, client: &Client, wishes: &SealWishes) -> Packaged {
    let usual = || usual_profile(app, &client.client_service, wishes.format);
    let name = wishes.profile.as_deref().or_else(usual);
    let seal = app.profiles.profile(wishes.format, name, &wishes.settings);
    packaged(&seal.unwrap_or_else(|_| Profile::usual(wishes.format)))
}

/// What kind of file a profile makes.
#[must_use]
fn packaged(profile: &Profile) -> Packaged {
    match profile {
        Profile::Xades(profile) if profile.packaging == Packaging::AsicE => Packaged::Container,
        Profile::Xades(_) => Packaged::Xml,
        Profile::Pades(_) => Packaged::Pdf,
        Profile::Cades(_) if profile.is_countersignature() => Packaged::Countersigned,
        Profile::Cades(profile) => match profile.packaging {
            CadesPackaging::Attached => Packaged::Cms,
            CadesPackaging::Detached => Packaged::DetachedCms,
            CadesPackaging::AsicE => Packaged::Container,
        },
    }
}

/// The profile of the client service, unless it is for other formats only.
fn usual_profile<'a>(app: &App, service: &'a ClientService, format: Format) -> Option<&'a str> {
    let name = service.profile.as_ref().map(ProfileName::as_str)?;
    // One that is gone is refused by its name.
    let fits =
        app.profiles.entry(name).map_or(true, |entry| entry.formats().any(|it| it == format));
    fits.then_some(name)
}

fn of_xades(profile: &mut XadesProfile, document: &RequestedDocument) -> Result<(), Refusal> {
    profile.mime_type = Some(document.content_type.clone());
    let by_name = matches!(profile.packaging, Packaging::Detached | Packaging::AsicE);
    if by_name && profile.reference.uri.is_none() {
        profile.reference.uri = Some(relative_uri(&document.name));
    }
    let is_xml = matches!(document.content_type.as_str(), "application/xml" | "text/xml");
    if profile.packaging == Packaging::Enveloped && !is_xml {
        return Err(Refusal::FormatMismatch {
            format: "XAdES",
            content: "a document that is not XML",
            remedy: "send XML as application/xml, or ask for packaging ENVELOPING or DETACHED",
        });
    }
    Ok(())
}

fn of_pades(
    profile: &mut PadesProfile,
    document: &RequestedDocument,
    service: &ClientService,
) -> Result<(), Refusal> {
    if document.content_type != "application/pdf" {
        return Err(Refusal::FormatMismatch {
            format: "PAdES",
            content: "a document that is not a PDF",
            remedy: "send a PDF as application/pdf, or use XAdES or CAdES",
        });
    }
    // A request may be stricter than the client service, never laxer.
    if service.active_content == ActiveContent::Refuse {
        profile.active_content = ActiveContent::Refuse;
    }
    if let Some(visible) = &mut profile.visible {
        if visible.template.is_none() {
            visible.template.clone_from(&service.signature_template);
        }
        // Written down, so that what is accepted now stays where it is when defaults change.
        visible.coordinate_origin.get_or_insert(service.coordinate_origin);
        if let Some(image) = &mut visible.image {
            image.size.get_or_insert_default();
        }
    }
    Ok(())
}

fn of_cades(profile: &mut CadesProfile, document: &RequestedDocument) {
    profile.mime_type = Some(document.content_type.clone());
    profile.name = Some(document.name.clone());
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
