//! By what people show who they are: hashes of passwords and recovery codes, sealed secrets of apps.

use sqlx::AnyConnection;

use super::sessions;
use crate::domain::audit::AuditEntry;
use crate::domain::ids::{PersonCredentialId, PersonId, SessionId};
use crate::domain::instant::Instant;
use crate::domain::person::PersonCredentialKind;
use crate::store::{Reader, Result, Store, audit, row};

/// By what a person shows who it is, as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonCredential {
    pub id: PersonCredentialId,
    pub kind: PersonCredentialKind,
    /// A hash, or a sealed secret.
    pub value: Vec<u8>,
    /// Whether it is spent.
    pub used: bool,
}

/// Something new by which a person shows who it is.
pub struct NewCredential {
    pub id: PersonCredentialId,
    pub kind: PersonCredentialKind,
    /// A hash, or a sealed secret.
    pub value: Vec<u8>,
    /// Of an app: the time step of the code that was shown with it.
    pub last_step: i64,
}

impl Store {
    /// Sets a person's password and ends its sessions but one.
    pub async fn change_password(
        &self,
        (person, session): (PersonId, SessionId),
        password: &NewCredential,
        now: Instant,
        entry: &AuditEntry,
    ) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            forget_kind(&mut tx, person, PersonCredentialKind::Password).await?;
            insert(&mut tx, person, password, now).await?;
            sessions::end_others(&mut tx, person, session).await?;
            audit::record(&mut tx, entry).await?;
            tx.commit().await
        })
        .await
    }

    /// Sets a person's app with recovery codes, in place of those before, and ends its sessions but one.
    pub async fn set_second_factor(
        &self,
        (person, session): (PersonId, SessionId),
        new: &[NewCredential],
        now: Instant,
        entry: &AuditEntry,
    ) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            for kind in [PersonCredentialKind::Totp, PersonCredentialKind::Recovery] {
                forget_kind(&mut tx, person, kind).await?;
            }
            for credential in new {
                insert(&mut tx, person, credential, now).await?;
            }
            sessions::end_others(&mut tx, person, session).await?;
            audit::record(&mut tx, entry).await?;
            tx.commit().await
        })
        .await
    }

    /// Sets a person's recovery codes in place of those before.
    pub async fn set_recovery_codes(
        &self,
        person: PersonId,
        new: &[NewCredential],
        now: Instant,
        entry: &AuditEntry,
    ) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            forget_kind(&mut tx, person, PersonCredentialKind::Recovery).await?;
            for credential in new {
                insert(&mut tx, person, credential, now).await?;
            }
            audit::record(&mut tx, entry).await?;
            tx.commit().await
        })
        .await
    }

    /// Takes the code of a time step, unless that step or a later one was taken. Returns whether it was.
    pub async fn take_step(&self, id: PersonCredentialId, step: i64) -> Result<bool> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            let done = sqlx::query(
                "UPDATE person_credential SET last_step = $2 WHERE id = $1 AND last_step < $2",
            )
            .bind(id.as_i64())
            .bind(step)
            .execute(&mut *tx)
            .await?;
            tx.commit().await?;
            Ok(done.rows_affected() == 1)
        })
        .await
    }

    /// Spends a recovery code. Returns whether this call did.
    pub async fn spend_recovery_code(
        &self,
        id: PersonCredentialId,
        now: Instant,
        entry: &AuditEntry,
    ) -> Result<bool> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            let done = sqlx::query(
                "UPDATE person_credential SET used_ms = $2 WHERE id = $1 AND used_ms IS NULL",
            )
            .bind(id.as_i64())
            .bind(now.unix_ms())
            .execute(&mut *tx)
            .await?;
            if done.rows_affected() == 0 {
                return Ok(false);
            }
            audit::record(&mut tx, entry).await?;
            tx.commit().await?;
            Ok(true)
        })
        .await
    }
}

impl Reader {
    /// Everything by which a person shows who it is.
    pub async fn person_credentials(&self, person: PersonId) -> Result<Vec<PersonCredential>> {
        let rows = sqlx::query(
            "SELECT id, kind, value, used_ms FROM person_credential WHERE person_id = $1 ORDER BY id",
        )
        .bind(person.as_i64())
        .fetch_all(&self.pool)
        .await?;
        let credential = |found: &sqlx::any::AnyRow| {
            Ok(PersonCredential {
                id: PersonCredentialId::from_i64(row::integer(found, "id")?),
                kind: row::named(found, "kind", PersonCredentialKind::parse)?,
                value: row::bytes(found, "value")?,
                used: row::optional_integer(found, "used_ms")?.is_some(),
            })
        };
        rows.iter().map(credential).collect()
    }
}

pub(super) async fn insert(
    tx: &mut AnyConnection,
    person: PersonId,
    new: &NewCredential,
    now: Instant,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO person_credential (id, person_id, kind, value, last_step, created_ms)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(new.id.as_i64())
    .bind(person.as_i64())
    .bind(new.kind.as_str())
    .bind(new.value.clone())
    .bind(new.last_step)
    .bind(now.unix_ms())
    .execute(tx)
    .await?;
    Ok(())
}

pub(super) async fn forget_kind(
    tx: &mut AnyConnection,
    person: PersonId,
    kind: PersonCredentialKind,
) -> Result<()> {
    sqlx::query("DELETE FROM person_credential WHERE person_id = $1 AND kind = $2")
        .bind(person.as_i64())
        .bind(kind.as_str())
        .execute(tx)
        .await?;
    Ok(())
}

pub(super) async fn forget(tx: &mut AnyConnection, person: PersonId) -> Result<()> {
    sqlx::query("DELETE FROM person_credential WHERE person_id = $1")
        .bind(person.as_i64())
        .execute(tx)
        .await?;
    Ok(())
}
