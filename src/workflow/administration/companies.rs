//! Companies as people meet them: found, looked at with their client services, given new ones, suspended and
//! reactivated.

use std::collections::{BTreeMap, BTreeSet};

use secrecy::SecretString;

use super::ChangingPerson;
use super::services::{self, ServiceList};
use crate::app::App;
use crate::domain::audit::{AuditAction, AuditEntry, AuditSubject, WrittenReason};
use crate::domain::client_service::{Alias, ClientService, DocumentReferences, Lint, Timestamps};
use crate::domain::company::{Company, CompanyStatus};
use crate::domain::credential::CredentialStatus;
use crate::domain::ids::{CompanyId, CredentialId};
use crate::domain::level::Level;
use crate::domain::pades::ActiveContent;
use crate::domain::person::{Permission, Person, Sight};
use crate::domain::visible::CoordinateOrigin;
use crate::store;
use crate::workflow::acts::Acted;
use crate::workflow::client_services::NewClientService;
use crate::workflow::{Error, Thing, client_services};

/// Companies that a list shows at most.
pub const PAGE: usize = 50;

/// Entries of the audit record that a sheet has.
const ENTRIES: u32 = 20;

/// A company in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompanyLine {
    pub company: Company,
    /// How many client services of it are seen.
    pub services: usize,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CompanyList {
    pub lines: Vec<CompanyLine>,
    /// Whether there are more, so that more should be typed.
    pub more: bool,
}

/// One company, as a whole.
pub struct CompanySheet {
    pub company: Company,
    /// Those that are seen.
    pub services: ServiceList,
    /// What people did to it, the newest first; `None` for who does not see all of it, as they name the rest.
    pub entries: Option<Vec<AuditEntry>>,
}

/// What a new client service is made of; the rest is as usual, until it is changed.
pub struct WishedService {
    /// Made from country and VAT number when absent.
    pub alias: Option<Alias>,
    pub credential: Option<CredentialId>,
}

/// Why there is no new client service.
#[derive(Debug, thiserror::Error)]
pub enum NewServiceProblem {
    /// Another one has the alias.
    #[error("the alias is taken")]
    AliasTaken,
    /// The credential is not for this company, as far as the person sees.
    #[error("the credential is not one that can be chosen")]
    CredentialUnknown,
    /// Not the caller's cause, or there is no such company.
    #[error(transparent)]
    Failed(#[from] Error),
}

/// Finds companies by their name or VAT number, of those that somebody sees: those that were given, and those of client
/// services that were. With an empty text all of them.
///
/// # Errors
/// From the database.
pub async fn list(app: &App, sight: &Sight, find: &str, most: usize) -> Result<CompanyList, Error> {
    let find = find.trim().to_lowercase();
    let mut services: BTreeMap<CompanyId, usize> = BTreeMap::new();
    for service in app.reader.client_services().await? {
        if sight.shows(service.issuer, service.id) {
            *services.entry(service.issuer).or_default() += 1;
        }
    }
    let all = app.reader.companies().await?.into_iter();
    let seen = all.filter(|it| services.contains_key(&it.id) || is_given(sight, it.id));
    let wanted = seen.filter(|it| {
        let texts = [&it.name, &it.vat_number];
        texts.iter().any(|text| text.to_lowercase().contains(&find))
    });
    let mut lines: Vec<CompanyLine> = wanted
        .map(|company| CompanyLine {
            services: services.get(&company.id).copied().unwrap_or_default(),
            company,
        })
        .collect();
    lines.sort_by_cached_key(|line| line.company.name.to_lowercase());
    let more = lines.len() > most;
    lines.truncate(most);
    Ok(CompanyList { lines, more })
}

/// One company, as a whole.
///
/// # Errors
/// [`Error::NotFound`] when it is not within what may be seen; from the database.
pub async fn sheet(app: &App, sight: &Sight, id: CompanyId) -> Result<CompanySheet, Error> {
    let company = find(app, sight, id).await?;
    let services = services::of_company(app, sight, &company).await?;
    let entries = if is_given(sight, id) {
        Some(app.reader.audit_about(AuditSubject::Company(id), ENTRIES).await?)
    } else {
        None
    };
    Ok(CompanySheet { company, services, entries })
}

/// The company, when it may be seen.
///
/// # Errors
/// [`Error::NotFound`] when it is not there, or not within what may be seen; from the database.
pub async fn find(app: &App, sight: &Sight, id: CompanyId) -> Result<Company, Error> {
    let company = app.reader.company(id).await?.ok_or(Error::NotFound(Thing::Company))?;
    if is_given(sight, id) {
        return Ok(company);
    }
    let all = app.reader.client_services().await?;
    let seen = all.iter().any(|it| it.issuer == id && sight.shows(id, it.id));
    if seen { Ok(company) } else { Err(Error::NotFound(Thing::Company)) }
}

/// Whether all of a company is seen, what is to come too.
fn is_given(sight: &Sight, id: CompanyId) -> bool {
    match sight {
        Sight::Everything => true,
        Sight::Of { companies, .. } => companies.contains(&id),
    }
}

/// The credentials that somebody can choose for a new client service of a company: who sees credentials chooses among
/// all that may be used, others among those that seal for the company already, so that nobody seals as another company.
///
/// # Errors
/// From the database.
pub async fn credentials_for(
    app: &App,
    person: &Person,
    id: CompanyId,
) -> Result<Vec<(CredentialId, String)>, Error> {
    let all = app.reader.client_services().await?;
    let own: BTreeSet<CredentialId> =
        all.iter().filter(|it| it.issuer == id).filter_map(|it| it.credential).collect();
    let all = app.reader.credentials().await?.into_iter();
    let usable = all.filter(|it| {
        let known = person.may(Permission::SeeCredentials) || own.contains(&it.id);
        it.status == CredentialStatus::Active && known
    });
    Ok(usable.map(|it| (it.id, it.alias)).collect())
}

/// Makes a client service of a company with its first secret, which is returned here and never again.
///
/// # Errors
/// [`NewServiceProblem`].
pub async fn create_service(
    app: &App,
    (doer, person): (ChangingPerson<'_>, &Person),
    id: CompanyId,
    wish: WishedService,
) -> Result<Acted<(ClientService, SecretString)>, NewServiceProblem> {
    let company = app.reader.company(id).await.map_err(Error::from)?;
    let company = company.filter(|it| is_given(&person.sight, it.id));
    let company = company.ok_or(Error::NotFound(Thing::Company))?;
    if let Some(chosen) = wish.credential {
        let known = credentials_for(app, person, id).await?;
        if !known.iter().any(|(id, _)| *id == chosen) {
            return Err(NewServiceProblem::CredentialUnknown);
        }
    }
    let new = NewClientService {
        alias: wish.alias,
        issuer_name: company.name,
        issuer_vat: company.vat_number,
        issuer_country: company.country_code,
        credential: wish.credential,
        document_references: DocumentReferences::Unique,
        profile: None,
        allow_sha1: false,
        lint: Lint::None,
        signature_template: None,
        active_content: ActiveContent::Warn,
        coordinate_origin: CoordinateOrigin::TopLeft,
        level: Level::B,
        timestamps: Timestamps::Refuse,
        language: None,
    };
    let about = AuditSubject::Company(id);
    let entry = |service: &ClientService| {
        let detail = service.alias.as_str().to_owned();
        Some(doer.entry(app, AuditAction::ServiceCreated, about, detail))
    };
    match client_services::create_once(app, new, entry).await {
        Ok(made) => Ok(made.map_or(Acted::Before, Acted::Done)),
        Err(error) if is_taken(&error) => Err(NewServiceProblem::AliasTaken),
        Err(error) => Err(error.into()),
    }
}

/// Whether something of that name is there already.
fn is_taken(error: &Error) -> bool {
    let Error::Internal(source) = error else { return false };
    let source = source.downcast_ref::<store::Error>();
    matches!(source, Some(store::Error::Exists { .. }))
}

/// Suspends a company, so that nothing of it is sealed, or has it sealed again; live access tokens of its client services
/// follow within `oauth.status_cache_ms`, and stay ended when it is active again.
///
/// # Errors
/// [`Error::NotFound`] when it is not within what may be seen; from the database.
pub async fn set_status(
    app: &App,
    (doer, sight): (ChangingPerson<'_>, &Sight),
    id: CompanyId,
    status: CompanyStatus,
    reason: &WrittenReason,
) -> Result<Acted<()>, Error> {
    let company = find(app, sight, id).await?;
    let action = match status {
        CompanyStatus::Active => AuditAction::CompanyReactivated,
        CompanyStatus::Suspended => AuditAction::CompanySuspended,
    };
    let detail = format!("{}: {}", company.name, reason.as_str());
    let entry = doer.entry(app, action, AuditSubject::Company(id), detail);
    let done = app.store.set_company_status(id, status, app.now(), Some(&entry)).await?;
    Ok(if done { Acted::Done(()) } else { Acted::Before })
}
