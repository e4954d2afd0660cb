//! Letters of client services: set, looked at, taken back; and which one a mail is written with.

use thiserror::Error as ThisError;

use super::Error;
use crate::app::App;
use crate::domain::ids::ClientServiceId;
use crate::domain::language::Language;
use crate::domain::outbox::Message;
use crate::letters::{self, Notification, Rendered, TemplateProblem, TemplateSource, Values};
use crate::store::mail_templates::{
    AddedVersion, TemplateKey, TemplateParts, TemplateVersion, VersionDeed,
};

/// Most characters of a note at a version.
const NOTE_LIMIT: usize = 200;

/// Letters a client service may have of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TemplateKind {
    /// New sealed documents are there, and the same again.
    Notification,
}

impl TemplateKind {
    /// Every kind.
    pub const ALL: [Self; 1] = [Self::Notification];

    /// As stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Notification => "NOTIFICATION",
        }
    }

    /// The kind of that name, in capitals or not.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str().eq_ignore_ascii_case(text))
    }
}

/// Which letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WhichLetter {
    pub client_service: ClientServiceId,
    pub kind: TemplateKind,
    /// `None`: for every language that has none of its own.
    pub language: Option<Language>,
}

/// Where a letter comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LetterOrigin {
    /// This version of the client service's letter for the language.
    Language(u32),
    /// This version of its letter for every language.
    EveryLanguage(u32),
    /// The system's.
    System,
}

/// Parts to set; those left out stay as they are.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    pub subject: Option<String>,
    pub text: Option<String>,
    pub html: Option<String>,
}

/// Why a letter was not set, or not shown.
#[derive(Debug, ThisError)]
pub enum Refused {
    /// Its text holds what it must not; each problem says what to do.
    #[error("the template was not set")]
    Problems(Vec<TemplateProblem>),
    /// There is nothing to set.
    #[error("nothing to change: give a subject, a text or HTML")]
    Empty,
    /// There is no version of that number with a text.
    #[error("there is no version {0} to restore")]
    NoVersion(u32),
    /// With the sample data it becomes no letter: it reaches a limit, which is named.
    #[error(transparent)]
    Unwritable(letters::Failure),
    /// It could not be stored.
    #[error(transparent)]
    Failed(#[from] Error),
}

/// The letter that a mail to somebody who reads this language is written with.
///
/// # Errors
/// When the database cannot be asked.
pub async fn resolve(
    app: &App,
    service: ClientServiceId,
    kind: TemplateKind,
    language: Language,
) -> Result<(TemplateSource, LetterOrigin), Error> {
    for own in [Some(language), None] {
        let which = WhichLetter { client_service: service, kind, language: own };
        let newest = newest(app, which).await?;
        if let Some(TemplateVersion { parts: Some(parts), number, .. }) = newest {
            let origin = if own.is_some() {
                LetterOrigin::Language(number)
            } else {
                LetterOrigin::EveryLanguage(number)
            };
            return Ok((source_of(parts), origin));
        }
    }
    Ok((system(kind, language), LetterOrigin::System))
}

/// The letter that counts where this one is meant. The letter for every language, where the client
/// service has none, is the system's in English.
///
/// # Errors
/// When the database cannot be asked.
pub async fn counting(
    app: &App,
    which: WhichLetter,
) -> Result<(TemplateSource, LetterOrigin), Error> {
    if let Some(language) = which.language {
        return resolve(app, which.client_service, which.kind, language).await;
    }
    if let Some(TemplateVersion { parts: Some(parts), number, .. }) = newest(app, which).await? {
        return Ok((source_of(parts), LetterOrigin::EveryLanguage(number)));
    }
    Ok((system(which.kind, Language::default()), LetterOrigin::System))
}

/// The letter with sample data, as it would be were these parts set; nothing is stored.
///
/// # Errors
/// [`Refused`].
pub async fn preview(app: &App, which: WhichLetter, changes: Changes) -> Result<Rendered, Refused> {
    let facts = letters::sample(which.language.unwrap_or_default());
    preview_of(app, which, changes, &facts).await
}

/// The same with these facts.
///
/// # Errors
/// [`Refused`].
pub async fn preview_of(
    app: &App,
    which: WhichLetter,
    changes: Changes,
    facts: &Notification,
) -> Result<Rendered, Refused> {
    let (now, _) = counting(app, which).await?;
    let source = changed(now, changes);
    let values = Values::of(facts);
    letters::render(&source, &values).map_err(|failure| match failure {
        letters::Failure::Refused(problems) => Refused::Problems(problems),
        failure => Refused::Unwritable(failure),
    })
}

/// The letter of this client service with these values. One that cannot be written (it becomes too
/// long with so many documents) is replaced by the system's, and the log says so: the receiver is told
/// in any case.
///
/// # Errors
/// When the database cannot be asked, or the system's own letter cannot be written.
pub async fn write(
    app: &App,
    service: ClientServiceId,
    kind: TemplateKind,
    language: Language,
    values: &Values,
) -> Result<Rendered, Error> {
    let (source, origin) = resolve(app, service, kind, language).await?;
    match letters::render(&source, values) {
        Ok(letter) => return Ok(letter),
        Err(failure) => {
            tracing::warn!(client_service = %service, ?origin, %failure, "the system's letter instead");
        }
    }
    letters::render(&system(kind, language), values)
        .map_err(|failure| Error::Internal(Box::new(failure)))
}

/// Sets parts of a letter. What is not given is taken from the letter that counts now. Returns the
/// number of the version.
///
/// # Errors
/// [`Refused`].
pub async fn set(
    app: &App,
    which: WhichLetter,
    changes: Changes,
    note: &str,
) -> Result<u32, Refused> {
    Ok(number_of(set_by(app, which, changes, note, None).await?))
}

/// The same as somebody's deed.
///
/// # Errors
/// [`Refused`].
pub(super) async fn set_by(
    app: &App,
    which: WhichLetter,
    changes: Changes,
    note: &str,
    deed: Option<VersionDeed<'_>>,
) -> Result<AddedVersion, Refused> {
    if changes.subject.is_none() && changes.text.is_none() && changes.html.is_none() {
        return Err(Refused::Empty);
    }
    let language = which.language.unwrap_or_default();
    let now = match newest(app, which).await?.and_then(|version| version.parts) {
        Some(parts) => source_of(parts),
        None => resolve(app, which.client_service, which.kind, language).await?.0,
    };
    add(app, which, changed(now, changes), note, deed).await
}

/// Makes an old version the one that counts, as a new version. Returns its number.
///
/// # Errors
/// [`Refused`].
pub async fn restore(app: &App, which: WhichLetter, number: u32) -> Result<u32, Refused> {
    Ok(number_of(restore_by(app, which, number, None).await?))
}

/// The same as somebody's deed.
///
/// # Errors
/// [`Refused`].
pub(super) async fn restore_by(
    app: &App,
    which: WhichLetter,
    number: u32,
    deed: Option<VersionDeed<'_>>,
) -> Result<AddedVersion, Refused> {
    let versions = history(app, which).await?;
    let old = versions.into_iter().find(|version| version.number == number);
    let parts = old.and_then(|version| version.parts).ok_or(Refused::NoVersion(number))?;
    add(app, which, source_of(parts), &format!("version {number} again"), deed).await
}

/// Takes a letter back: the next one in line counts again. Its versions are kept. Returns the number
/// of the version that says so.
///
/// # Errors
/// When the database cannot be asked.
pub async fn take_back(app: &App, which: WhichLetter, note: &str) -> Result<u32, Error> {
    Ok(number_of(take_back_by(app, which, note, None).await?))
}

/// The same as somebody's deed.
///
/// # Errors
/// When the database cannot be asked.
pub(super) async fn take_back_by(
    app: &App,
    which: WhichLetter,
    note: &str,
    deed: Option<VersionDeed<'_>>,
) -> Result<AddedVersion, Error> {
    let (key, now) = (key(which), app.now());
    Ok(app.store.add_template_version(&key, None, &short(note), now, deed).await?)
}

/// The number of what was added; without a deed everything is.
const fn number_of(added: AddedVersion) -> u32 {
    match added {
        AddedVersion::Added(number) | AddedVersion::Overtaken(number) => number,
        AddedVersion::Before => 0,
    }
}

/// Every version of a letter, newest first.
///
/// # Errors
/// When the database cannot be asked.
pub async fn history(app: &App, which: WhichLetter) -> Result<Vec<TemplateVersion>, Error> {
    Ok(app.reader.template_history(&key(which)).await?)
}

/// The version of a letter that counts; `None` when there never was one.
///
/// # Errors
/// When the database cannot be asked.
pub async fn newest(app: &App, which: WhichLetter) -> Result<Option<TemplateVersion>, Error> {
    Ok(app.reader.newest_template(&key(which)).await?)
}

/// The newest version of every letter of a client service.
///
/// # Errors
/// When the database cannot be asked.
pub async fn list(app: &App, service: ClientServiceId) -> Result<Vec<TemplateVersion>, Error> {
    Ok(app.reader.templates(service).await?)
}

/// The system's letter.
#[must_use]
pub fn system(kind: TemplateKind, language: Language) -> TemplateSource {
    match kind {
        TemplateKind::Notification => letters::notification(language),
    }
}

/// The language a mail is written in: the receiver's, the client service's, the issuer's, English.
///
/// # Errors
/// When the database cannot be asked.
pub async fn language_of(app: &App, message: &Message) -> Result<Language, Error> {
    if let Some(language) = message.target.language() {
        return Ok(language);
    }
    let Some(service) = message.client_service else { return Ok(Language::default()) };
    Ok(app.reader.usual_language(service).await?.unwrap_or_default())
}

async fn add(
    app: &App,
    which: WhichLetter,
    source: TemplateSource,
    note: &str,
    deed: Option<VersionDeed<'_>>,
) -> Result<AddedVersion, Refused> {
    letters::check(&source).map_err(Refused::Problems)?;
    let TemplateSource { subject, text, html } = source;
    let parts = TemplateParts { subject, text, html };
    let stored = app
        .store
        .add_template_version(&key(which), Some(&parts), &short(note), app.now(), deed)
        .await;
    let added = stored.map_err(Error::from)?;
    if let AddedVersion::Added(number) = added {
        tracing::info!(client_service = %which.client_service, version = number, "template set");
    }
    Ok(added)
}

fn key(which: WhichLetter) -> TemplateKey {
    TemplateKey {
        client_service: which.client_service,
        kind: which.kind.as_str().to_owned(),
        language: which.language,
    }
}

/// Parts that are given replace those of now.
fn changed(now: TemplateSource, changes: Changes) -> TemplateSource {
    TemplateSource {
        subject: changes.subject.unwrap_or(now.subject),
        text: changes.text.unwrap_or(now.text),
        html: changes.html.unwrap_or(now.html),
    }
}

fn source_of(parts: TemplateParts) -> TemplateSource {
    let TemplateParts { subject, text, html } = parts;
    TemplateSource { subject, text, html }
}

fn short(note: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    note.trim().chars().take(NOTE_LIMIT).map(plain).collect()
}
