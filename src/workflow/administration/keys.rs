//! The keys of back-ends as people meet them: listed, generated where they stay, and requests for certificates signed by
//! them.

use std::sync::Arc;

use super::ChangingPerson;
use crate::app::App;
use crate::domain::audit::AuditAction;
use crate::domain::sources::sources;
use crate::keys;
pub use crate::keys::KeyDescription;
pub use crate::pki::algorithm::KeyKind;
use crate::pki::calendar::Owner;
use crate::pki::certificate::Chain;
use crate::pki::public_key::PublicKey;
use crate::workflow::acts::Acted;
use crate::workflow::{Error, Thing, credentials};

/// Kinds of keys that people make on pages; the command line makes others too.
pub const KINDS: [KeyKind; 4] =
    [KeyKind::Rsa { bits: 3072 }, KeyKind::Rsa { bits: 4096 }, KeyKind::P256, KeyKind::P384];

/// A back-end with its keys.
pub struct BackEndKeys {
    pub name: String,
    /// `software` or `pkcs11`.
    pub kind: &'static str,
    /// Or why they cannot be listed, in the words of who was asked.
    pub keys: Result<Vec<KeyDescription>, String>,
}

/// One key of a back-end.
pub struct KeySheet {
    pub back_end: String,
    pub key: KeyDescription,
    /// The credentials that seal with it.
    pub credentials: Vec<String>,
    /// What the calendar of algorithms has against such a key, in English; empty: nothing.
    pub calendar: Vec<String>,
}

/// The subject of a request, part by part, as a person writes it. What is empty is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WrittenSubject {
    pub common_name: String,
    pub organization: String,
    /// `VATPT-505767457` (ETSI EN 319 412-1, 5.1.4).
    pub organization_identifier: String,
    /// Two letters.
    pub country: String,
    pub serial_number: String,
}

impl WrittenSubject {
    /// As RFC 4514 writes it, the most specific part first.
    #[must_use]
    pub fn to_text(&self) -> String {
        let parts = [
            ("CN", &self.common_name),
            ("serialNumber", &self.serial_number),
            ("organizationIdentifier", &self.organization_identifier),
            ("O", &self.organization),
            ("C", &self.country),
        ];
        let said = parts.iter().filter(|(_, value)| !value.trim().is_empty());
        let said = said.map(|(name, value)| format!("{name}={}", escaped(value.trim())));
        said.collect::<Vec<_>>().join(",")
    }
}

/// RFC 4514, 2.4.
fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for (place, c) in value.char_indices() {
        if "\"+,;<>\\=".contains(c) || (c == '#' && place == 0) {
            text.push('\\');
        }
        text.push(c);
    }
    text
}

/// Every back-end with its keys.
pub async fn list(app: &App) -> Vec<BackEndKeys> {
    let names: Vec<(String, &'static str)> =
        app.keyring.back_ends().map(|(name, kind)| (name.to_owned(), kind)).collect();
    let mut all = Vec::with_capacity(names.len());
    for (name, kind) in names {
        let listed = app.keyring.list(&name).await;
        let keys = listed.map_err(|error| sources(&error)).map(|mut keys| {
            keys.sort_by_cached_key(|key| (key.label.to_lowercase(), key.id.clone()));
            keys
        });
        all.push(BackEndKeys { name, kind, keys });
    }
    all
}

/// One key, by its id or, without one, by its label.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Unavailable`] when its back-end does not answer; from the database.
pub async fn sheet(app: &App, back_end: &str, id: &str) -> Result<KeySheet, Error> {
    let key = find(app, back_end, id).await?;
    let public = app.keyring.public_key(back_end, id).await.map_err(failed)?;
    let mut users = Vec::new();
    for credential in app.reader.credentials().await? {
        let chain = Chain::from_ders(credential.chain_der.iter().map(Vec::as_slice)).ok();
        let seals = chain.is_some_and(|chain| {
            PublicKey::of(chain.signing()).fingerprint() == public.fingerprint()
        });
        if seals && credential.backend == back_end {
            users.push(credential.alias);
        }
    }
    Ok(KeySheet {
        back_end: back_end.to_owned(),
        calendar: key.kind.map(|kind| against(app, kind)).unwrap_or_default(),
        key,
        credentials: users,
    })
}

async fn find(app: &App, back_end: &str, id: &str) -> Result<KeyDescription, Error> {
    if !app.keyring.back_ends().any(|(name, _)| name == back_end) {
        return Err(Error::NotFound(Thing::Credential));
    }
    let keys = app.keyring.list(back_end).await.map_err(failed)?;
    let named = |key: &KeyDescription| key.id == id || (key.id.is_empty() && key.label == id);
    keys.into_iter().find(named).ok_or(Error::NotFound(Thing::Credential))
}

fn failed(error: keys::Error) -> Error {
    Error::Unavailable("the key", Box::new(error))
}

/// What the calendar of algorithms has against keys of a kind.
fn against(app: &App, kind: KeyKind) -> Vec<String> {
    let verdict = app.calendar.key(kind, Owner::Signer);
    let name = kind.label();
    if !verdict.named {
        return vec![format!("{name} is not in the calendar ({})", app.calendar.name())];
    }
    let issued = verdict.issued_until.map(|end| {
        format!("certificates for it may be issued until {} ({})", end.last_day(), end.source)
    });
    let ends = verdict
        .ending
        .map(|end| format!("its seals are accepted until {} ({})", end.last_day(), end.source));
    issued.into_iter().chain(ends).collect()
}

/// Generates a key where it stays. A form that comes twice makes one.
///
/// # Errors
/// [`Error::Unavailable`] with the words of the back-end when it made none; from the database.
pub async fn generate(
    app: &App,
    doer: ChangingPerson<'_>,
    (back_end, label, kind): (&str, &str, KeyKind),
) -> Result<Acted<KeyDescription>, Error> {
    if app.reader.is_recorded(doer.number.as_i64()).await? {
        return Ok(Acted::Before);
    }
    if !app.keyring.back_ends().any(|(name, _)| name == back_end) {
        return Err(Error::NotFound(Thing::Credential));
    }
    let key = app.keyring.generate(back_end, label, kind).await.map_err(failed)?;
    let detail = format!("{back_end}: {label}, {}, {}", kind.label(), key.id);
    let entry = doer.entry_of(app, (AuditAction::KeyGenerated, None), detail);
    app.store.record_deed(&entry).await?;
    Ok(Acted::Done(key))
}

/// A certification request (PEM) for a key, signed by it.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Refused`] when the subject is none or the key never signs, [`Error::Unavailable`] when it
/// does not now; from the database.
pub async fn request(
    app: &App,
    doer: ChangingPerson<'_>,
    (back_end, id): (&str, &str),
    subject: &WrittenSubject,
) -> Result<String, Error> {
    let key = find(app, back_end, id).await?;
    let public = Arc::new(app.keyring.public_key(back_end, id).await.map_err(failed)?);
    let subject = subject.to_text();
    let made = credentials::request(&app.keyring, (back_end, &public), &subject).await?;
    let detail = format!("{back_end}: {}: {subject}", key.label);
    let entry = doer.entry_of(app, (AuditAction::KeyRequested, None), detail);
    app.store.record_deed(&entry).await?;
    Ok(made)
}
