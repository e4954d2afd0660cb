//! Letters of a client service as people meet them: which one counts and where it comes from, tried out before anything
//! is kept, set, restored and taken back.

use super::{ChangingPerson, services};
use crate::app::App;
use crate::domain::audit::{AuditAction, AuditEntry, AuditSubject};
use crate::domain::client_service::ClientService;
use crate::domain::delivery::{MailAddress, Tried};
use crate::domain::ids::ClientServiceId;
use crate::domain::language::Language;
use crate::domain::scope::ServiceSet;
use crate::letters::{self, Notification, Rendered, TemplateSource};
use crate::store::mail_templates::{AddedVersion, TemplateVersion, VersionDeed};
use crate::workflow::acts::Acted;
use crate::workflow::administration::mail::{self, TestProblem};
use crate::workflow::templates::{self, Changes, LetterOrigin, Refused, TemplateKind, WhichLetter};
use crate::workflow::{Error, Thing, delivery};

/// Where the letter of a language comes from.
pub struct LetterLine {
    pub kind: TemplateKind,
    /// `None`: for every language that has none of its own.
    pub language: Option<Language>,
    pub origin: LetterOrigin,
    /// The version that counts, when it is the client service's own.
    pub version: Option<TemplateVersion>,
}

/// One letter, as a whole.
pub struct LetterSheet {
    pub service: ClientService,
    pub source: TemplateSource,
    pub origin: LetterOrigin,
    /// The newest first.
    pub versions: Vec<TemplateVersion>,
}

impl LetterSheet {
    /// The number of the newest version; 0 when there is none.
    #[must_use]
    pub fn newest(&self) -> u32 {
        self.versions.first().map_or(0, |version| version.number)
    }

    /// Whether the letter is the client service's own.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.versions.first().is_some_and(|version| version.parts.is_some())
    }
}

/// Why a letter was not changed.
#[derive(Debug, thiserror::Error)]
pub enum LetterProblem {
    /// The letter itself is the cause.
    #[error(transparent)]
    Refused(Refused),
    /// Somebody else changed it meanwhile; this is the newest version.
    #[error("version {0} is there already")]
    Overtaken(u32),
    /// Not the caller's cause.
    #[error(transparent)]
    Failed(#[from] Error),
}

impl From<Refused> for LetterProblem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Failed(error) => Self::Failed(error),
            refused => Self::Refused(refused),
        }
    }
}

/// A client service, and every letter that it may have with where it comes from.
///
/// # Errors
/// [`Error::NotFound`] when it is not within what may be seen; from the database.
pub async fn list(
    app: &App,
    seen: &ServiceSet,
    id: ClientServiceId,
) -> Result<(ClientService, Vec<LetterLine>), Error> {
    let service = services::find(app, seen, id).await?;
    let mut own = templates::list(app, id).await?;
    own.retain(|version| version.parts.is_some());
    let mut lines = Vec::new();
    for kind in TemplateKind::ALL {
        let of = |language: Option<Language>| {
            let fits = |it: &&TemplateVersion| it.kind == kind.as_str() && it.language == language;
            own.iter().find(fits).cloned()
        };
        for language in Language::ALL.map(Some).into_iter().chain([None]) {
            let (origin, version) = match (of(language), of(None)) {
                (Some(version), _) if language.is_some() => {
                    (LetterOrigin::Language(version.number), Some(version))
                }
                (_, Some(version)) => (LetterOrigin::EveryLanguage(version.number), Some(version)),
                _ => (LetterOrigin::System, None),
            };
            lines.push(LetterLine { kind, language, origin, version });
        }
    }
    Ok((service, lines))
}

/// One letter, as a whole.
///
/// # Errors
/// [`Error::NotFound`] when its client service is not within what may be seen; from the database.
pub async fn sheet(app: &App, seen: &ServiceSet, which: WhichLetter) -> Result<LetterSheet, Error> {
    let service = services::find(app, seen, which.client_service).await?;
    let (source, origin) = templates::counting(app, which).await?;
    let versions = templates::history(app, which).await?;
    Ok(LetterSheet { service, source, origin, versions })
}

/// The letter about made-up documents of the company whose it is, as it would be were these parts set; nothing is stored.
///
/// # Errors
/// [`Refused`].
pub async fn preview(
    app: &App,
    service: &ClientService,
    which: WhichLetter,
    changes: Changes,
) -> Result<Rendered, Refused> {
    let facts = facts(app, service, which).await?;
    templates::preview_of(app, which, changes, &facts).await
}

async fn facts(
    app: &App,
    service: &ClientService,
    which: WhichLetter,
) -> Result<Notification, Error> {
    let company = app.reader.company(service.issuer).await?;
    let company = company.ok_or(Error::NotFound(Thing::Company))?;
    let mut facts = letters::sample(which.language.unwrap_or_default());
    facts.issuer = letters::Issuer { name: company.name, vat_number: company.vat_number };
    Ok(facts)
}

/// Sets parts of a letter, upon the version that the person knows. Returns the number of the new one.
///
/// # Errors
/// [`LetterProblem`].
pub async fn set(
    app: &App,
    doer: ChangingPerson<'_>,
    which: WhichLetter,
    changes: Changes,
    (upon, note): (u32, &str),
) -> Result<Acted<u32>, LetterProblem> {
    let next = upon.saturating_add(1);
    let said = format!("version {upon} -> {next} {note}");
    let entry = entry(app, doer, which, (AuditAction::LetterSet, &said)).await?;
    let deed = VersionDeed { upon, entry: &entry };
    added(templates::set_by(app, which, changes, note, Some(deed)).await?)
}

/// Makes an old version the one that counts, as a new version. Returns its number.
///
/// # Errors
/// [`LetterProblem`].
pub async fn restore(
    app: &App,
    doer: ChangingPerson<'_>,
    which: WhichLetter,
    (upon, number): (u32, u32),
) -> Result<Acted<u32>, LetterProblem> {
    let said = format!("version {upon} -> {}: version {number} again", upon.saturating_add(1));
    let entry = entry(app, doer, which, (AuditAction::LetterSet, &said)).await?;
    let deed = VersionDeed { upon, entry: &entry };
    added(templates::restore_by(app, which, number, Some(deed)).await?)
}

/// Takes a letter back: the next one in line counts again.
///
/// # Errors
/// [`LetterProblem`].
pub async fn take_back(
    app: &App,
    doer: ChangingPerson<'_>,
    which: WhichLetter,
    upon: u32,
) -> Result<Acted<u32>, LetterProblem> {
    let said = format!("version {upon} no more");
    let entry = entry(app, doer, which, (AuditAction::LetterTakenBack, &said)).await?;
    let deed = VersionDeed { upon, entry: &entry };
    added(templates::take_back_by(app, which, "", Some(deed)).await?)
}

/// Sends a letter that need not be set yet to an address, once and at once; it is recorded before. `None`: no server is
/// set up.
///
/// # Errors
/// [`TestProblem`].
pub async fn test(
    app: &App,
    doer: ChangingPerson<'_>,
    service: &ClientService,
    which: WhichLetter,
    (letter, to): (Rendered, &MailAddress),
) -> Result<Option<Tried>, TestProblem> {
    let company = app.reader.company(service.issuer).await.map_err(Error::from)?;
    let company = company.ok_or(Error::NotFound(Thing::Company))?;
    mail::admit(app, doer, Some(service), to).await?;
    let language = which.language.unwrap_or_default();
    let given = (letter, company.name, language);
    Ok(delivery::mail::test_letter(app, service.id, to, given).await?)
}

/// What is told of a change: whose letter, which, and what became of it.
async fn entry(
    app: &App,
    doer: ChangingPerson<'_>,
    which: WhichLetter,
    (action, said): (AuditAction, &str),
) -> Result<AuditEntry, Error> {
    let service = services::find(app, doer.seen, which.client_service).await?;
    let language = which.language.map_or("every language", Language::as_str);
    let kind = which.kind.as_str().to_lowercase();
    let detail = format!("{}: {kind}, {language}, {}", service.alias.as_str(), said.trim());
    Ok(doer.entry(app, action, AuditSubject::ClientService(service.id), detail))
}

fn added(version: AddedVersion) -> Result<Acted<u32>, LetterProblem> {
    match version {
        AddedVersion::Added(number) => Ok(Acted::Done(number)),
        AddedVersion::Before => Ok(Acted::Before),
        AddedVersion::Overtaken(newest) => Err(LetterProblem::Overtaken(newest)),
    }
}
