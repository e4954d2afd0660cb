//! Usage: what companies sealed, what they have subscribed to, and the permissions to use
//! credentials. Nothing is refused for it: people are told (workflow/alarms.rs).

use std::collections::BTreeMap;

use super::{Error, Thing, companies};
use crate::app::App;
use crate::domain::client_service::ClientService;
use crate::domain::company::Company;
use crate::domain::ids::CompanyId;
use crate::domain::instant::{DAY_MS, Instant};
use crate::domain::refusal::Refusal;
use crate::domain::usage::{AccessGrant, Consumption, UsageLimit};

/// What a company sealed: within its limit's period, or ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompanyUsage {
    pub company: Company,
    pub used: u64,
    pub limit: Option<UsageLimit>,
}

/// What a client service sealed in a month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonthUsage {
    /// `2026-11`, UTC.
    pub month: String,
    pub company: Company,
    pub client_service: ClientService,
    pub sealed: u64,
}

/// Sets what a company has subscribed to, or takes it back.
///
/// # Errors
/// [`Error::NotFound`] when no company has this country and VAT number; [`Error::Refused`] for a period
/// that ends before it begins.
pub async fn set_limit(
    app: &App,
    country: &str,
    vat_number: &str,
    limit: Option<&UsageLimit>,
) -> Result<(), Error> {
    if limit.is_some_and(|limit| limit.until <= limit.from) {
        let expected = "after its beginning, not before it".to_owned();
        return Err(
            Refusal::MemberInvalid { path: "the end of the period".to_owned(), expected }.into()
        );
    }
    let company = companies::find(app, country, vat_number).await?;
    Ok(app.store.set_usage_limit(company.id, limit).await?)
}

/// Records that the authority permits to use a credential from now on; without `until`, for
/// [`AccessGrant::DAYS`].
///
/// # Errors
/// [`Error::NotFound`] for an unknown alias.
pub async fn grant(
    app: &App,
    alias: &str,
    until: Option<Instant>,
    signatures: u64,
) -> Result<AccessGrant, Error> {
    let credential =
        app.reader.credential_by_alias(alias).await?.ok_or(Error::NotFound(Thing::Credential))?;
    let granted = app.now();
    let expires = until.unwrap_or_else(|| granted.plus_ms(AccessGrant::DAYS * DAY_MS));
    let grant = AccessGrant { granted, expires, signatures };
    app.store.set_access_grant(credential.id, &grant, None).await?;
    Ok(grant)
}

/// What a company has used of its limit, when it has one.
///
/// # Errors
/// [`Error::Unavailable`] or [`Error::Internal`], from the database.
pub async fn consumption(
    app: &App,
    company: CompanyId,
    now: Instant,
) -> Result<Option<Consumption>, Error> {
    let Some(limit) = app.reports.usage_limit(company).await? else { return Ok(None) };
    let used = app.reports.sealed_of_company(company, limit.from, limit.until).await?;
    Ok(Some(Consumption { limit, used, counted: now }))
}

/// Every company with what it sealed.
///
/// # Errors
/// [`Error::Unavailable`] or [`Error::Internal`], from the database.
pub async fn by_company(app: &App) -> Result<Vec<CompanyUsage>, Error> {
    let limits = app.reports.usage_limits().await?;
    let mut usage = Vec::new();
    for company in app.reader.companies().await? {
        let limit = limits.iter().find(|(id, _)| *id == company.id).map(|(_, limit)| *limit);
        let (from, until) =
            limit.map_or((Instant::from_unix_ms(0), app.now()), |limit| (limit.from, limit.until));
        let used = app.reports.sealed_of_company(company.id, from, until).await?;
        usage.push(CompanyUsage { company, used, limit });
    }
    Ok(usage)
}

/// What every client service sealed in each month, oldest month first.
///
/// # Errors
/// [`Error::Unavailable`] or [`Error::Internal`], from the database.
pub async fn by_month(app: &App) -> Result<Vec<MonthUsage>, Error> {
    let companies = app.reader.companies().await?;
    let services = app.reader.client_services().await?;
    let mut sums: BTreeMap<(String, i64), u64> = BTreeMap::new();
    for line in app.reports.sealed_by_day().await? {
        let month: String = line.day.to_xs_date_time().chars().take(7).collect();
        *sums.entry((month, line.client_service.as_i64())).or_default() += line.sealed;
    }
    let line = |((month, id), sealed)| {
        let client_service = services.iter().find(|service| service.id.as_i64() == id)?.clone();
        let company = companies.iter().find(|one| one.id == client_service.issuer)?.clone();
        Some(MonthUsage { month, company, client_service, sealed })
    };
    Ok(sums.into_iter().filter_map(line).collect())
}
