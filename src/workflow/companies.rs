//! Companies: suspended and activated.

use super::Error;
use crate::app::App;
use crate::domain::company::CompanyStatus;

/// Sets whether documents of an issuer are sealed; live access tokens of its client services follow
/// within `oauth.status_cache_ms`.
///
/// # Errors
/// [`Error::NotFound`] when no company has this country and VAT number.
pub async fn set_status(
    app: &App,
    country_code: &str,
    vat_number: &str,
    status: CompanyStatus,
) -> Result<(), Error> {
    let company = app.reader.company_by_vat(country_code, vat_number).await?;
    let company = company.ok_or(Error::NotFound)?;
    Ok(app.store.set_company_status(company.id, status).await?)
}
