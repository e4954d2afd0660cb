//! Renewals of credentials: proposed by one person, confirmed or refused by another.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe};

use super::{Error, Reader, Result, Store, audit, credentials, row};
use crate::domain::audit::AuditEntry;
use crate::domain::credential::Credential;
use crate::domain::ids::{CredentialId, PersonId, RenewalId};
use crate::domain::instant::Instant;
use crate::domain::renewal::{CredentialRenewal, RenewalState};

const COLUMNS: &str = "SELECT id, credential_id, alias, chain_der, state, proposed_by, proposed_ms,
    decided_by, decided_ms FROM renewal";

impl Store {
    /// Records a proposal. Returns `false` when what the entry tells was done before.
    ///
    /// # Errors
    /// [`Error::Exists`] when another one waits.
    pub async fn propose_renewal(
        &self,
        renewal: &CredentialRenewal,
        entry: &AuditEntry,
    ) -> Result<bool> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            if !audit::admit(&mut tx, Some(entry)).await? {
                return Ok(false);
            }
            let done = sqlx::query(
                "INSERT INTO renewal
                     (id, credential_id, alias, chain_der, state, proposed_by, proposed_ms)
                 VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
            )
            .bind(renewal.id.as_i64())
            .bind(renewal.credential.as_i64())
            .bind(&renewal.alias)
            .bind(renewal.chain_der.concat())
            .bind(renewal.state.as_str())
            .bind(renewal.proposed_by.as_i64())
            .bind(renewal.proposed.unix_ms())
            .execute(&mut *tx)
            .await?;
            if done.rows_affected() == 0 {
                return Err(Error::Exists { what: "a proposal for this credential that waits" });
            }
            tx.commit().await?;
            Ok(true)
        })
        .await
    }

    /// Makes what was proposed a credential, with which everything seals from now on that sealed with the one before.
    /// Returns `Some(false)` when it does not wait any more, `None` when what the entry tells was done before.
    ///
    /// # Errors
    /// [`Error::Exists`] when the name of the new credential is taken.
    pub async fn confirm_renewal(
        &self,
        renewal: &CredentialRenewal,
        decided: (PersonId, Instant),
        new: &Credential,
        entry: &AuditEntry,
    ) -> Result<Option<bool>> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            if !audit::admit(&mut tx, Some(entry)).await? {
                return Ok(None);
            }
            if !decide(&mut tx, renewal.id, RenewalState::Confirmed, decided).await? {
                return Ok(Some(false));
            }
            credentials::insert(&mut tx, new).await?;
            sqlx::query("UPDATE client_service SET credential_id = $2 WHERE credential_id = $1")
                .bind(renewal.credential.as_i64())
                .bind(new.id.as_i64())
                .execute(&mut *tx)
                .await?;
            tx.commit().await?;
            Ok(Some(true))
        })
        .await
    }

    /// Ends a proposal without anything of it. Returns as [`Store::confirm_renewal`].
    pub async fn refuse_renewal(
        &self,
        renewal: &CredentialRenewal,
        decided: (PersonId, Instant),
        entry: &AuditEntry,
    ) -> Result<Option<bool>> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            if !audit::admit(&mut tx, Some(entry)).await? {
                return Ok(None);
            }
            if !decide(&mut tx, renewal.id, RenewalState::Refused, decided).await? {
                return Ok(Some(false));
            }
            tx.commit().await?;
            Ok(Some(true))
        })
        .await
    }
}

impl Reader {
    /// The proposal with this id.
    pub async fn renewal(&self, id: RenewalId) -> Result<Option<CredentialRenewal>> {
        let sql = format!("{COLUMNS} WHERE id = $1");
        let found =
            sqlx::query(AssertSqlSafe(sql)).bind(id.as_i64()).fetch_optional(&self.pool).await?;
        found.as_ref().map(renewal_from).transpose()
    }

    /// The newest proposals for a credential, at most so many.
    pub async fn renewals_of(
        &self,
        credential: CredentialId,
        most: u32,
    ) -> Result<Vec<CredentialRenewal>> {
        let sql = format!(
            "{COLUMNS} WHERE credential_id = $1 ORDER BY proposed_ms DESC, id DESC LIMIT $2"
        );
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(credential.as_i64())
            .bind(i64::from(most))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(renewal_from).collect()
    }
}

/// Ends a proposal that waits. Returns whether it did.
async fn decide(
    tx: &mut AnyConnection,
    id: RenewalId,
    state: RenewalState,
    (by, at): (PersonId, Instant),
) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE renewal SET state = $2, decided_by = $3, decided_ms = $4
         WHERE id = $1 AND state = 'OPEN'",
    )
    .bind(id.as_i64())
    .bind(state.as_str())
    .bind(by.as_i64())
    .bind(at.unix_ms())
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

fn renewal_from(found: &AnyRow) -> Result<CredentialRenewal> {
    Ok(CredentialRenewal {
        id: RenewalId::from_i64(row::integer(found, "id")?),
        credential: CredentialId::from_i64(row::integer(found, "credential_id")?),
        alias: row::text(found, "alias")?,
        chain_der: credentials::split(&row::bytes(found, "chain_der")?)
            .map_err(|_| Error::Corrupt { column: "chain_der" })?,
        state: row::named(found, "state", RenewalState::parse)?,
        proposed_by: PersonId::from_i64(row::integer(found, "proposed_by")?),
        proposed: row::instant(found, "proposed_ms")?,
        decided_by: row::optional_integer(found, "decided_by")?.map(PersonId::from_i64),
        decided: row::optional_instant(found, "decided_ms")?,
    })
}
