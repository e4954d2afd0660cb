//! Companies.

use super::{Error, Reader, Result, Store, audit, row};
use crate::domain::audit::AuditEntry;
use crate::domain::client_service::Change;
use crate::domain::company::{Company, CompanyStatus};
use crate::domain::delivery::MailAddress;
use crate::domain::ids::CompanyId;
use crate::domain::instant::Instant;
use crate::domain::language::Language;

const COLUMNS: &str =
    "SELECT id, name, vat_number, country_code, status, language, email, created_ms FROM company";

impl Store {
    /// Sets whether a company's documents are sealed. Tokens of its client services from before a change are
    /// not taken after it. Returns `false` when what the entry tells was done before.
    pub async fn set_company_status(
        &self,
        id: CompanyId,
        status: CompanyStatus,
        now: Instant,
        entry: Option<&AuditEntry>,
    ) -> Result<bool> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            if !audit::admit(&mut tx, entry).await? {
                return Ok(false);
            }
            let changed =
                sqlx::query("UPDATE company SET status = $2 WHERE id = $1 AND status <> $2")
                    .bind(id.as_i64())
                    .bind(status.as_str())
                    .execute(&mut *tx)
                    .await?;
            if changed.rows_affected() == 1 {
                sqlx::query(
                    "UPDATE client_service SET tokens_not_before_ms = $2 WHERE issuer_id = $1",
                )
                .bind(id.as_i64())
                .bind(now.unix_ms())
                .execute(&mut *tx)
                .await?;
            }
            tx.commit().await?;
            Ok(true)
        })
        .await
    }

    /// Changes how a company is reached from now on.
    pub async fn change_company_contact(
        &self,
        id: CompanyId,
        email: &Change<Option<MailAddress>>,
        language: &Change<Option<Language>>,
    ) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            if let Change::To(email) = email {
                sqlx::query("UPDATE company SET email = $2 WHERE id = $1")
                    .bind(id.as_i64())
                    .bind(email.as_ref().map(MailAddress::as_str))
                    .execute(&mut *tx)
                    .await?;
            }
            if let Change::To(language) = language {
                sqlx::query("UPDATE company SET language = $2 WHERE id = $1")
                    .bind(id.as_i64())
                    .bind(language.map(Language::as_str))
                    .execute(&mut *tx)
                    .await?;
            }
            tx.commit().await
        })
        .await
    }
}

impl Reader {
    /// The company with this id.
    pub async fn company(&self, id: CompanyId) -> Result<Option<Company>> {
        let row = sqlx::query(sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE id = $1")))
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
        let row = sqlx::query(sqlx::AssertSqlSafe(format!(
            "{COLUMNS} WHERE country_code = $1 AND vat_number = $2"
        )))
        .bind(country_code)
        .bind(vat_number)
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(company_from).transpose()
    }

    /// Every company, by country and VAT number.
    pub async fn companies(&self) -> Result<Vec<Company>> {
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
            "{COLUMNS} ORDER BY country_code, vat_number"
        )))
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(company_from).collect()
    }
}

/// Records a company; when one with this country and VAT number exists, that one is returned unchanged.
pub(super) async fn open(tx: &mut sqlx::AnyConnection, company: &Company) -> Result<Company> {
    sqlx::query(
        "INSERT INTO company (id, name, vat_number, country_code, status, created_ms, language,
         email) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
    )
    .bind(company.id.as_i64())
    .bind(&company.name)
    .bind(&company.vat_number)
    .bind(&company.country_code)
    .bind(company.status.as_str())
    .bind(company.created.unix_ms())
    .bind(company.language.map(Language::as_str))
    .bind(company.email.as_ref().map(MailAddress::as_str))
    .execute(&mut *tx)
    .await?;
    let sql = format!("{COLUMNS} WHERE country_code = $1 AND vat_number = $2");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(&company.country_code)
        .bind(&company.vat_number)
        .fetch_one(&mut *tx)
        .await?;
    company_from(&row)
}

fn company_from(row: &sqlx::any::AnyRow) -> std::result::Result<Company, Error> {
    Ok(Company {
        id: CompanyId::from_i64(row::integer(row, "id")?),
        name: row::text(row, "name")?,
        vat_number: row::text(row, "vat_number")?,
        country_code: row::text(row, "country_code")?,
        status: row::named(row, "status", CompanyStatus::parse)?,
        language: row::optional_text(row, "language")?.as_deref().and_then(Language::parse),
        email: row::optional_text(row, "email")?.map(MailAddress::from_stored),
        created: row::instant(row, "created_ms")?,
    })
}
