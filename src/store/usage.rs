//! Sealed documents by day, and the limits they are compared with. Counting is done in the
//! transaction that seals.

use sqlx::any::AnyRow;

use super::{Reports, Result, Store, audit, row};
use crate::domain::audit::AuditEntry;
use crate::domain::ids::{ClientServiceId, CompanyId, CredentialId};
use crate::domain::instant::{DAY_MS, Instant};
use crate::domain::usage::{AccessGrant, UsageLimit};

/// What a client service sealed on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealedOnDay {
    pub client_service: ClientServiceId,
    /// Its first instant, UTC.
    pub day: Instant,
    pub sealed: u64,
}

impl Store {
    /// Sets what a company has subscribed to, or takes it back.
    pub async fn set_usage_limit(
        &self,
        company: CompanyId,
        limit: Option<&UsageLimit>,
    ) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            let query = match limit {
                None => sqlx::query("DELETE FROM usage_limit WHERE company_id = $1")
                    .bind(company.as_i64()),
                Some(limit) => sqlx::query(
                    "INSERT INTO usage_limit (company_id, documents, from_ms, until_ms)
                     VALUES ($1, $2, $3, $4) ON CONFLICT (company_id) DO UPDATE SET
                     documents = excluded.documents, from_ms = excluded.from_ms,
                     until_ms = excluded.until_ms",
                )
                .bind(company.as_i64())
                .bind(stored(limit.documents))
                .bind(limit.from.unix_ms())
                .bind(limit.until.unix_ms()),
            };
            query.execute(&mut *tx).await?;
            tx.commit().await
        })
        .await
    }

    /// Records the newest permission to use a credential; the one before is forgotten. Returns `false` when what the
    /// entry tells was done before.
    pub async fn set_access_grant(
        &self,
        credential: CredentialId,
        grant: &AccessGrant,
        entry: Option<&AuditEntry>,
    ) -> Result<bool> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            if !audit::admit(&mut tx, entry).await? {
                return Ok(false);
            }
            sqlx::query(
                "INSERT INTO access_grant (credential_id, granted_ms, expires_ms, signatures)
                 VALUES ($1, $2, $3, $4) ON CONFLICT (credential_id) DO UPDATE SET
                 granted_ms = excluded.granted_ms, expires_ms = excluded.expires_ms,
                 signatures = excluded.signatures",
            )
            .bind(credential.as_i64())
            .bind(grant.granted.unix_ms())
            .bind(grant.expires.unix_ms())
            .bind(stored(grant.signatures))
            .execute(&mut *tx)
            .await?;
            tx.commit().await?;
            Ok(true)
        })
        .await
    }
}

impl Reports {
    /// What companies have subscribed to.
    pub async fn usage_limits(&self) -> Result<Vec<(CompanyId, UsageLimit)>> {
        let rows = sqlx::query(
            "SELECT company_id, documents, from_ms, until_ms FROM usage_limit ORDER BY company_id",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|found| {
                Ok((CompanyId::from_i64(row::integer(found, "company_id")?), limit_from(found)?))
            })
            .collect()
    }

    /// What a company has subscribed to.
    pub async fn usage_limit(&self, company: CompanyId) -> Result<Option<UsageLimit>> {
        let found = sqlx::query(
            "SELECT documents, from_ms, until_ms FROM usage_limit WHERE company_id = $1",
        )
        .bind(company.as_i64())
        .fetch_optional(&self.pool)
        .await?;
        found.as_ref().map(limit_from).transpose()
    }

    /// The permissions to use credentials.
    pub async fn access_grants(&self) -> Result<Vec<(CredentialId, AccessGrant)>> {
        let rows = sqlx::query(
            "SELECT credential_id, granted_ms, expires_ms, signatures FROM access_grant
             ORDER BY credential_id",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|found| {
                let grant = AccessGrant {
                    granted: row::instant(found, "granted_ms")?,
                    expires: row::instant(found, "expires_ms")?,
                    signatures: row::unsigned(found, "signatures")?,
                };
                Ok((CredentialId::from_i64(row::integer(found, "credential_id")?), grant))
            })
            .collect()
    }

    /// Documents of a company sealed from the day of one instant to the day of another.
    pub async fn sealed_of_company(
        &self,
        company: CompanyId,
        from: Instant,
        until: Instant,
    ) -> Result<u64> {
        let found = sqlx::query(
            "SELECT CAST(COALESCE(SUM(sealed), 0) AS BIGINT) AS many FROM usage_day
             JOIN client_service ON client_service.id = usage_day.client_service_id
             WHERE client_service.issuer_id = $1 AND day BETWEEN $2 AND $3",
        )
        .bind(company.as_i64())
        .bind(from.unix_ms().div_euclid(DAY_MS))
        .bind(until.unix_ms().div_euclid(DAY_MS))
        .fetch_one(&self.pool)
        .await?;
        row::unsigned(&found, "many")
    }

    /// Documents sealed with a credential since the day of an instant.
    pub async fn sealed_with_credential(
        &self,
        credential: CredentialId,
        since: Instant,
    ) -> Result<u64> {
        let found = sqlx::query(
            "SELECT CAST(COALESCE(SUM(sealed), 0) AS BIGINT) AS many FROM usage_day
             WHERE credential_id = $1 AND day >= $2",
        )
        .bind(credential.as_i64())
        .bind(since.unix_ms().div_euclid(DAY_MS))
        .fetch_one(&self.pool)
        .await?;
        row::unsigned(&found, "many")
    }

    /// Sealed documents of every client service by day, oldest first.
    pub async fn sealed_by_day(&self) -> Result<Vec<SealedOnDay>> {
        let rows = sqlx::query(
            "SELECT client_service_id, day, CAST(SUM(sealed) AS BIGINT) AS many FROM usage_day
             GROUP BY client_service_id, day HAVING SUM(sealed) > 0 ORDER BY day, client_service_id",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|found| {
                Ok(SealedOnDay {
                    client_service: ClientServiceId::from_i64(row::integer(
                        found,
                        "client_service_id",
                    )?),
                    day: Instant::from_unix_ms(row::integer(found, "day")?.saturating_mul(DAY_MS)),
                    sealed: row::unsigned(found, "many")?,
                })
            })
            .collect()
    }
}

/// The largest count is as good as any above it.
fn stored(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn limit_from(found: &AnyRow) -> Result<UsageLimit> {
    Ok(UsageLimit {
        documents: row::unsigned(found, "documents")?,
        from: row::instant(found, "from_ms")?,
        until: row::instant(found, "until_ms")?,
    })
}
