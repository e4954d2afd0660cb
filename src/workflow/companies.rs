//! Companies: suspended, activated, and how they are reached.

use super::{Error, Thing};
use crate::app::App;
use crate::domain::client_service::Change;
use crate::domain::company::{Company, CompanyStatus, country_code};
use crate::domain::delivery::MailAddress;
use crate::domain::language::Language;

/// Sets whether documents of an issuer are sealed; live access tokens of its client services follow
/// within `oauth.status_cache_ms`, and stay ended when it is active again.
///
/// # Errors
/// [`Error::NotFound`] when no company has this country and VAT number.
pub async fn set_status(
    app: &App,
    country: &str,
    vat_number: &str,
    status: CompanyStatus,
) -> Result<(), Error> {
    let company = find(app, country, vat_number).await?;
    app.store.set_company_status(company.id, status, app.now(), None).await?;
    Ok(())
}

/// Changes how a company is reached from now on.
///
/// # Errors
/// [`Error::NotFound`] when no company has this country and VAT number.
pub async fn change_contact(
    app: &App,
    country: &str,
    vat_number: &str,
    email: &Change<Option<MailAddress>>,
    language: &Change<Option<Language>>,
) -> Result<(), Error> {
    let company = find(app, country, vat_number).await?;
    Ok(app.store.change_company_contact(company.id, email, language).await?)
}

/// The company with this country and VAT number.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Refused`] when the country is none.
pub async fn find(app: &App, country: &str, vat_number: &str) -> Result<Company, Error> {
    app.reader
        .company_by_vat(&country_code(country)?, vat_number)
        .await?
        .ok_or(Error::NotFound(Thing::Company))
}
