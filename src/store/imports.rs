//! First imports of credentials: proposed by one person, confirmed or refused by another.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe};

use super::{Error, Reader, Result, Store, audit, credentials, row};
use crate::domain::audit::AuditEntry;
use crate::domain::credential::{Credential, CredentialStatus};
use crate::domain::first_import::CredentialImport;
use crate::domain::ids::{CredentialId, PersonId};
use crate::domain::instant::Instant;
use crate::domain::renewal::RenewalState;

const COLUMNS: &str = "SELECT id, alias, backend, chain_der, state, proposed_by, proposed_ms,
    decided_by, decided_ms FROM credential_import";

impl Store {
    /// Records a proposal. Returns `false` when what the entry tells was done before.
    ///
    /// # Errors
    /// [`Error::Exists`] when another one of that name waits.
    pub async fn propose_import(
        &self,
        import: &CredentialImport,
        entry: &AuditEntry,
    ) -> Result<bool> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            if !audit::admit(&mut tx, Some(entry)).await? {
                return Ok(false);
            }
            let done = sqlx::query(
                "INSERT INTO credential_import
                     (id, alias, backend, chain_der, state, proposed_by, proposed_ms)
                 VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
            )
            .bind(import.id.as_i64())
            .bind(&import.alias)
            .bind(&import.backend)
            .bind(import.chain_der.concat())
            .bind(import.state.as_str())
            .bind(import.proposed_by.as_i64())
            .bind(import.proposed.unix_ms())
            .execute(&mut *tx)
            .await?;
            if done.rows_affected() == 0 {
                return Err(Error::Exists { what: "a proposal of this name that waits" });
            }
            tx.commit().await?;
            Ok(true)
        })
        .await
    }

    /// Makes what was proposed a credential. Returns `Some(false)` when it does not wait any more, `None` when what the
    /// entry tells was done before.
    ///
    /// # Errors
    /// [`Error::Exists`] when the name is taken.
    pub async fn confirm_import(
        &self,
        import: &CredentialImport,
        decided: (PersonId, Instant),
        entry: &AuditEntry,
    ) -> Result<Option<bool>> {
        let new = Credential {
            id: import.id,
            alias: import.alias.clone(),
            backend: import.backend.clone(),
            chain_der: import.chain_der.clone(),
            status: CredentialStatus::Active,
            created: decided.1,
        };
        self.again(|| async {
            let mut tx = self.begin().await?;
            if !audit::admit(&mut tx, Some(entry)).await? {
                return Ok(None);
            }
            if !decide(&mut tx, import.id, RenewalState::Confirmed, decided).await? {
                return Ok(Some(false));
            }
            credentials::insert(&mut tx, &new).await?;
            tx.commit().await?;
            Ok(Some(true))
        })
        .await
    }

    /// Ends a proposal without anything of it. Returns as [`Store::confirm_import`].
    pub async fn refuse_import(
        &self,
        import: &CredentialImport,
        decided: (PersonId, Instant),
        entry: &AuditEntry,
    ) -> Result<Option<bool>> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            if !audit::admit(&mut tx, Some(entry)).await? {
                return Ok(None);
            }
            if !decide(&mut tx, import.id, RenewalState::Refused, decided).await? {
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
    pub async fn import(&self, id: CredentialId) -> Result<Option<CredentialImport>> {
        let sql = format!("{COLUMNS} WHERE id = $1");
        let found =
            sqlx::query(AssertSqlSafe(sql)).bind(id.as_i64()).fetch_optional(&self.pool).await?;
        found.as_ref().map(import_from).transpose()
    }

    /// The proposals that wait, by name.
    pub async fn open_imports(&self) -> Result<Vec<CredentialImport>> {
        let sql = format!("{COLUMNS} WHERE state = 'OPEN' ORDER BY alias");
        let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(&self.pool).await?;
        rows.iter().map(import_from).collect()
    }
}

/// Ends a proposal that waits. Returns whether it did.
async fn decide(
    tx: &mut AnyConnection,
    id: CredentialId,
    state: RenewalState,
    (by, at): (PersonId, Instant),
) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE credential_import SET state = $2, decided_by = $3, decided_ms = $4
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

fn import_from(found: &AnyRow) -> Result<CredentialImport> {
    Ok(CredentialImport {
        id: CredentialId::from_i64(row::integer(found, "id")?),
        alias: row::text(found, "alias")?,
        backend: row::text(found, "backend")?,
        chain_der: credentials::split(&row::bytes(found, "chain_der")?)
            .map_err(|_| Error::Corrupt { column: "chain_der" })?,
        state: row::named(found, "state", RenewalState::parse)?,
        proposed_by: PersonId::from_i64(row::integer(found, "proposed_by")?),
        proposed: row::instant(found, "proposed_ms")?,
        decided_by: row::optional_integer(found, "decided_by")?.map(PersonId::from_i64),
        decided: row::optional_instant(found, "decided_ms")?,
    })
}
