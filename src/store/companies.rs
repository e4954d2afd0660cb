//! Companies.

use super::{Error, Reader, Result, Store, row};
use crate::domain::company::{Company, CompanyStatus};
use crate::domain::ids::CompanyId;
use crate::domain::instant::Instant;

impl Store {
    /// Records a company; when one with this country and VAT number exists, that one is returned
    /// unchanged.
    pub async fn open_company(&self, company: &Company, now: Instant) -> Result<Company> {
        sqlx::query(
            "INSERT INTO company (id, name, vat_number, country_code, status, created_ms)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
        )
        .bind(company.id.as_i64())
        .bind(&company.name)
        .bind(&company.vat_number)
        .bind(&company.country_code)
        .bind(company.status.as_str())
        .bind(now.unix_ms())
        .execute(&self.writer)
        .await?;
        let row = sqlx::query(
            "SELECT id, name, vat_number, country_code, status FROM company
             WHERE country_code = $1 AND vat_number = $2",
        )
        .bind(&company.country_code)
        .bind(&company.vat_number)
        .fetch_one(&self.writer)
        .await?;
        company_from(&row)
    }

    /// Sets whether a company's documents are sealed.
    pub async fn set_company_status(&self, id: CompanyId, status: CompanyStatus) -> Result<()> {
        sqlx::query("UPDATE company SET status = $2 WHERE id = $1")
            .bind(id.as_i64())
            .bind(status.as_str())
            .execute(&self.writer)
            .await?;
        Ok(())
    }
}

impl Reader {
    /// The company with this id.
    pub async fn company(&self, id: CompanyId) -> Result<Option<Company>> {
        let row = sqlx::query(
            "SELECT id, name, vat_number, country_code, status FROM company WHERE id = $1",
        )
        .bind(id.as_i64())
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(company_from).transpose()
    }

    /// The company with this country and VAT number.
    pub async fn company_by_vat(
        &self,
        country_code: &str,
        vat_number: &str,
    ) -> Result<Option<Company>> {
        let row = sqlx::query(
            "SELECT id, name, vat_number, country_code, status FROM company
             WHERE country_code = $1 AND vat_number = $2",
        )
        .bind(country_code)
        .bind(vat_number)
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(company_from).transpose()
    }

    /// Every company, by country and VAT number.
    pub async fn companies(&self) -> Result<Vec<Company>> {
        let rows = sqlx::query(
            "SELECT id, name, vat_number, country_code, status FROM company
             ORDER BY country_code, vat_number",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(company_from).collect()
    }
}

fn company_from(row: &sqlx::any::AnyRow) -> std::result::Result<Company, Error> {
    Ok(Company {
        id: CompanyId::from_i64(row::integer(row, "id")?),
        name: row::text(row, "name")?,
        vat_number: row::text(row, "vat_number")?,
        country_code: row::text(row, "country_code")?,
        status: row::named(row, "status", CompanyStatus::parse)?,
    })
}
