//! Credentials: certificate chains and the back-ends of their keys.

use der::{Reader as _, SliceReader};
use sqlx::AnyConnection;

use super::{Error, Reader, Result, Store, audit, row};
use crate::domain::audit::AuditEntry;
use crate::domain::credential::{Credential, CredentialStatus};
use crate::domain::ids::CredentialId;

const COLUMNS: &str = "SELECT id, alias, backend, chain_der, status, created_ms FROM credential";

impl Store {
    /// Records a new credential.
    ///
    /// # Errors
    /// [`Error::Exists`] when the alias is taken.
    pub async fn add_credential(&self, credential: &Credential) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            insert(&mut tx, credential).await?;
            tx.commit().await
        })
        .await
    }

    /// Sets whether a credential may be used. Returns `false` when what the entry tells was done before.
    pub async fn set_credential_status(
        &self,
        id: CredentialId,
        status: CredentialStatus,
        entry: Option<&AuditEntry>,
    ) -> Result<bool> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            if !audit::admit(&mut tx, entry).await? {
                return Ok(false);
            }
            sqlx::query("UPDATE credential SET status = $2 WHERE id = $1")
                .bind(id.as_i64())
                .bind(status.as_str())
                .execute(&mut *tx)
                .await?;
            tx.commit().await?;
            Ok(true)
        })
        .await
    }
}

/// Records a new credential.
///
/// # Errors
/// [`Error::Exists`] when the alias is taken.
pub(super) async fn insert(tx: &mut AnyConnection, credential: &Credential) -> Result<()> {
    let done = sqlx::query(
        "INSERT INTO credential (id, alias, backend, chain_der, status, created_ms)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
    )
    .bind(credential.id.as_i64())
    .bind(&credential.alias)
    .bind(&credential.backend)
    .bind(credential.chain_der.concat())
    .bind(credential.status.as_str())
    .bind(credential.created.unix_ms())
    .execute(tx)
    .await?;
    if done.rows_affected() == 1 {
        Ok(())
    } else {
        Err(Error::Exists { what: "a credential with this alias" })
    }
}

impl Reader {
    /// The credential with this id.
    pub async fn credential(&self, id: CredentialId) -> Result<Option<Credential>> {
        let row = sqlx::query(sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE id = $1")))
            .bind(id.as_i64())
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(credential_from).transpose()
    }

    /// Whether the credential with this id may be used.
    pub async fn credential_status(&self, id: CredentialId) -> Result<Option<CredentialStatus>> {
        let found = sqlx::query("SELECT status FROM credential WHERE id = $1")
            .bind(id.as_i64())
            .fetch_optional(&self.pool)
            .await?;
        found.map(|found| row::named(&found, "status", CredentialStatus::parse)).transpose()
    }

    /// The credential with this alias.
    pub async fn credential_by_alias(&self, alias: &str) -> Result<Option<Credential>> {
        let row = sqlx::query(sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE alias = $1")))
            .bind(alias)
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(credential_from).transpose()
    }

    /// Every credential, oldest first.
    pub async fn credentials(&self) -> Result<Vec<Credential>> {
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!("{COLUMNS} ORDER BY created_ms, id")))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(credential_from).collect()
    }
}

fn credential_from(row: &sqlx::any::AnyRow) -> Result<Credential> {
    Ok(Credential {
        id: CredentialId::from_i64(row::integer(row, "id")?),
        alias: row::text(row, "alias")?,
        backend: row::text(row, "backend")?,
        chain_der: split(&row::bytes(row, "chain_der")?)
            .map_err(|_| Error::Corrupt { column: "chain_der" })?,
        status: row::named(row, "status", CredentialStatus::parse)?,
        created: row::instant(row, "created_ms")?,
    })
}

/// Cuts DER values that lie one after the other.
pub(super) fn split(concatenated: &[u8]) -> der::Result<Vec<Vec<u8>>> {
    let mut reader = SliceReader::new(concatenated)?;
    let mut values = Vec::new();
    while !reader.is_finished() {
        values.push(reader.tlv_bytes()?.to_vec());
    }
    Ok(values)
}
