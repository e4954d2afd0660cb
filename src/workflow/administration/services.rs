//! Client services as people meet them: found, looked at as a whole, given new secrets, suspended and reactivated.

use std::collections::{BTreeSet, HashMap};

use secrecy::SecretString;

use super::ChangingPerson;
use crate::app::App;
use crate::domain::audit::{AuditAction, AuditEntry, AuditSubject, WrittenReason};
use crate::domain::client_service::{
    ClientService, ClientServiceStatus, SecretLife, SecretOverlap,
};
use crate::domain::company::Company;
use crate::domain::delivery::MailAddress;
use crate::domain::ids::{ClientServiceId, CompanyId};
use crate::domain::instant::{HOUR_MS, Instant};
use crate::domain::language::Language;
use crate::domain::person::Sight;
use crate::domain::refusal::Refusal;
use crate::domain::scope::ServiceSet;
use crate::pki::path::ends_first;
use crate::store::today::Waiting;
use crate::workflow::acts::Acted;
use crate::workflow::{Error, Thing, client_services, credentials};

/// Client services that a list shows at most.
pub const PAGE: usize = 50;

/// Entries of the audit record that a sheet has.
const ENTRIES: u32 = 20;

/// For how many hours the secret before can be left good: not at all, or long enough to set the new one.
pub const OVERLAP_HOURS: [u32; 5] = [0, 1, 24, 168, 720];

/// A client service in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceLine {
    pub service: ClientService,
    pub issuer: Company,
    /// When its newest operation was accepted.
    pub last_use: Option<Instant>,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceList {
    pub lines: Vec<ServiceLine>,
    /// Whether there are more, so that more should be typed.
    pub more: bool,
}

/// Whose server sends the mails of a client service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailSender {
    /// Its own.
    Own { host: String, from: MailAddress },
    /// The installation's.
    House { from: MailAddress },
    /// Nobody's: none goes out.
    Nobody,
}

/// One client service, as a whole.
pub struct ServiceSheet {
    pub service: ClientService,
    pub issuer: Company,
    /// What seals its documents, and when the first certificate of its chain ends.
    pub credential: Option<(String, Option<Instant>)>,
    /// The newest first.
    pub secrets: Vec<SecretLife>,
    pub mail: MailSender,
    /// In which receivers are written to who have no language of their own.
    pub language: Option<Language>,
    pub last_use: Option<Instant>,
    pub waiting: Waiting,
    /// What people did to it, the newest first.
    pub entries: Vec<AuditEntry>,
}

/// Finds client services by their alias, or by name or VAT number of their company; with an empty text all of them. What
/// is meant exactly stands first, then they go by alias.
///
/// # Errors
/// From the database.
pub async fn list(
    app: &App,
    seen: &ServiceSet,
    find: &str,
    status: Option<ClientServiceStatus>,
) -> Result<ServiceList, Error> {
    let mut list = named(app, seen, find, status, PAGE).await?;
    for line in &mut list.lines {
        line.last_use = app.reports.last_accepted(line.service.id).await?;
    }
    Ok(list)
}

/// The same, at most so many of them, without when they were used.
///
/// # Errors
/// From the database.
pub async fn named(
    app: &App,
    seen: &ServiceSet,
    find: &str,
    status: Option<ClientServiceStatus>,
    most: usize,
) -> Result<ServiceList, Error> {
    let find = find.trim().to_lowercase();
    let companies: HashMap<CompanyId, Company> =
        app.reader.companies().await?.into_iter().map(|it| (it.id, it)).collect();
    let all = app.reader.client_services().await?.into_iter();
    let wanted = all
        .filter(|it| seen.holds(it.id) && status.is_none_or(|status| it.status == status))
        .filter_map(|service| {
            let issuer = companies.get(&service.issuer)?.clone();
            let texts = [service.alias.as_str(), &issuer.name, &issuer.vat_number];
            let fits = texts.iter().any(|text| text.to_lowercase().contains(&find));
            fits.then_some(ServiceLine { service, issuer, last_use: None })
        });
    let mut lines: Vec<ServiceLine> = wanted.collect();
    lines.sort_by_cached_key(|line| {
        let alias = line.service.alias.as_str().to_lowercase();
        (alias != find, alias)
    });
    let more = lines.len() > most;
    lines.truncate(most);
    Ok(ServiceList { lines, more })
}

/// The client services of a company, as far as somebody sees them, by alias; at most [`PAGE`].
///
/// # Errors
/// From the database.
pub async fn of_company(app: &App, sight: &Sight, company: &Company) -> Result<ServiceList, Error> {
    let mut own = app.reader.client_services().await?;
    own.retain(|it| it.issuer == company.id && sight.shows(company.id, it.id));
    own.sort_by_cached_key(|it| it.alias.as_str().to_lowercase());
    let more = own.len() > PAGE;
    own.truncate(PAGE);
    let mut lines = Vec::with_capacity(own.len());
    for service in own {
        let last_use = app.reports.last_accepted(service.id).await?;
        lines.push(ServiceLine { service, issuer: company.clone(), last_use });
    }
    Ok(ServiceList { lines, more })
}

/// One client service, as a whole.
///
/// # Errors
/// [`Error::NotFound`] when it is not within what may be seen; from the database.
pub async fn sheet(
    app: &App,
    seen: &ServiceSet,
    id: ClientServiceId,
) -> Result<ServiceSheet, Error> {
    let service = find(app, seen, id).await?;
    let issuer = app.reader.company(service.issuer).await?;
    let issuer = issuer.ok_or(Error::NotFound(Thing::Company))?;
    let credential = match service.credential {
        None => None,
        Some(id) => app.reader.credential(id).await?,
    };
    let credential = match credential {
        None => None,
        Some(it) => {
            // A certificate that cannot be read is told where it is used.
            let chain = credentials::chain(app, it.id).await.ok();
            Some((it.alias, chain.map(|chain| ends_first(&chain).not_after())))
        }
    };
    let own = app.reader.smtp_account(id).await?.map(|own| own.settings);
    let mail = match (own, &app.mail.account) {
        (Some(own), _) => MailSender::Own { host: own.host, from: own.from },
        (None, Some(house)) => MailSender::House { from: house.from.clone() },
        (None, None) => MailSender::Nobody,
    };
    let now = app.now();
    let only = ServiceSet::Of(BTreeSet::from([id]));
    Ok(ServiceSheet {
        credential,
        secrets: app.reader.secret_lives(id, now).await?,
        mail,
        language: service.language.or(issuer.language),
        last_use: app.reports.last_accepted(id).await?,
        waiting: app.reports.waiting(&only, now).await?,
        entries: app.reader.audit_about(AuditSubject::ClientService(id), ENTRIES).await?,
        service,
        issuer,
    })
}

/// Makes a new secret, which is returned here and never again; the one before ends after some of [`OVERLAP_HOURS`].
///
/// # Errors
/// [`Error::NotFound`] when it is not within what may be seen, [`Error::Refused`] for other hours; from the database.
pub async fn make_secret(
    app: &App,
    doer: ChangingPerson<'_>,
    id: ClientServiceId,
    overlap_hours: u32,
) -> Result<Acted<SecretString>, Error> {
    let service = find(app, doer.seen, id).await?;
    if !OVERLAP_HOURS.contains(&overlap_hours) {
        let expected = format!("one of {OVERLAP_HOURS:?} hours");
        return Err(Refusal::MemberInvalid { path: "the overlap".to_owned(), expected }.into());
    }
    let overlap = match overlap_hours {
        0 => SecretOverlap::None,
        hours => SecretOverlap::For(i64::from(hours) * HOUR_MS),
    };
    let detail = format!("{}; the one before ends in {overlap_hours} h", service.alias.as_str());
    let about = AuditSubject::ClientService(id);
    let entry = doer.entry(app, AuditAction::ServiceSecretMade, about, detail);
    let made = client_services::give_secret(app, id, overlap, Some(&entry)).await?;
    Ok(made.map_or(Acted::Before, Acted::Done))
}

/// Suspends a client service, or lets it call again; live access tokens follow within `oauth.status_cache_ms`, and stay
/// ended when it is active again.
///
/// # Errors
/// [`Error::NotFound`] when it is not within what may be seen; from the database.
pub async fn set_status(
    app: &App,
    doer: ChangingPerson<'_>,
    id: ClientServiceId,
    status: ClientServiceStatus,
    reason: &WrittenReason,
) -> Result<Acted<()>, Error> {
    let service = find(app, doer.seen, id).await?;
    let action = match status {
        ClientServiceStatus::Active => AuditAction::ServiceReactivated,
        ClientServiceStatus::Suspended => AuditAction::ServiceSuspended,
    };
    let detail = format!("{}: {}", service.alias.as_str(), reason.as_str());
    let entry = doer.entry(app, action, AuditSubject::ClientService(id), detail);
    let done = app.store.set_client_service_status(id, status, app.now(), Some(&entry)).await?;
    Ok(if done { Acted::Done(()) } else { Acted::Before })
}

/// The client service, when it may be seen.
///
/// # Errors
/// [`Error::NotFound`] when it is not there, or not within what may be seen; from the database.
pub async fn find(
    app: &App,
    seen: &ServiceSet,
    id: ClientServiceId,
) -> Result<ClientService, Error> {
    let found = if seen.holds(id) { app.reader.client_service(id).await? } else { None };
    found.ok_or(Error::NotFound(Thing::ClientService))
}
