//! Passkeys: added, used, removed; and the challenges that were answered, each once.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe};

use super::credentials::{self, NewCredential};
use super::sessions::{self, NewSession};
use crate::domain::audit::AuditEntry;
use crate::domain::ids::{PersonCredentialId, PersonId, SessionId};
use crate::domain::instant::Instant;
use crate::domain::person::PersonCredentialKind;
use crate::store::{Error, Reader, Result, Store, audit, row};

const COLUMNS: &str = "SELECT id, person_id, handle, name, value, last_step, created_ms, seen_ms
    FROM person_credential";

/// A passkey as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct KeptPasskey {
    pub id: PersonCredentialId,
    pub person: PersonId,
    /// The identifier by which it comes back.
    pub handle: Vec<u8>,
    /// What its owner calls it.
    pub name: String,
    /// What was registered.
    pub value: Vec<u8>,
    /// Counter of the last signature.
    pub counter: i64,
    pub created: Instant,
    /// When it was used last.
    pub seen: Option<Instant>,
}

/// A challenge that was answered.
pub struct AnsweredChallenge {
    pub sha256: [u8; 32],
    /// Nobody answers it from then on.
    pub ends: Instant,
}

/// A passkey that signed.
pub struct PasskeyUse {
    pub id: PersonCredentialId,
    pub value: Vec<u8>,
    /// Counter of this signature.
    pub counter: i64,
}

impl Store {
    /// Adds a passkey, with recovery codes for who has none yet. Returns whether this call did: a challenge is answered
    /// once.
    ///
    /// # Errors
    /// [`Error::Exists`] when somebody has this passkey already; nothing was written then.
    pub async fn add_passkey(
        &self,
        passkey: &KeptPasskey,
        recovery: &[NewCredential],
        answered: &AnsweredChallenge,
        entry: &AuditEntry,
    ) -> Result<bool> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            if !spend(&mut tx, answered).await? {
                return Ok(false);
            }
            let done = sqlx::query(
                "INSERT INTO person_credential (id, person_id, kind, value, last_step, created_ms, handle, name)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
            )
            .bind(passkey.id.as_i64())
            .bind(passkey.person.as_i64())
            .bind(PersonCredentialKind::Passkey.as_str())
            .bind(passkey.value.clone())
            .bind(passkey.counter)
            .bind(passkey.created.unix_ms())
            .bind(passkey.handle.clone())
            .bind(row::storable(&passkey.name).into_owned())
            .execute(&mut *tx)
            .await?;
            if done.rows_affected() == 0 {
                return Err(Error::Exists { what: "a passkey with this identifier" });
            }
            for credential in recovery {
                credentials::insert(&mut tx, passkey.person, credential, passkey.created).await?;
            }
            audit::record(&mut tx, entry).await?;
            tx.commit().await?;
            Ok(true)
        })
        .await
    }

    /// Removes a passkey of a person and ends its sessions but one. Returns whether this call did.
    pub async fn remove_passkey(
        &self,
        (person, session): (PersonId, SessionId),
        id: PersonCredentialId,
        entry: &AuditEntry,
    ) -> Result<bool> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            let done = sqlx::query(
                "DELETE FROM person_credential WHERE id = $1 AND person_id = $2 AND kind = 'PASSKEY'",
            )
            .bind(id.as_i64())
            .bind(person.as_i64())
            .execute(&mut *tx)
            .await?;
            if done.rows_affected() == 0 {
                return Ok(false);
            }
            sessions::end_others(&mut tx, person, session).await?;
            audit::record(&mut tx, entry).await?;
            tx.commit().await?;
            Ok(true)
        })
        .await
    }

    /// Opens a session for who answered a challenge with a passkey, in place of another one if there is one. Returns
    /// whether this call did: a challenge is answered once, and a counter goes forward or stays at zero.
    pub async fn open_session_by_passkey(
        &self,
        used: &PasskeyUse,
        answered: &AnsweredChallenge,
        (new, instead_of): (&NewSession, Option<SessionId>),
        entry: &AuditEntry,
    ) -> Result<bool> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            if !spend(&mut tx, answered).await? {
                return Ok(false);
            }
            let done = sqlx::query(
                "UPDATE person_credential SET value = $2, last_step = $3, seen_ms = $4
                 WHERE id = $1 AND (last_step < $3 OR (last_step = 0 AND $3 = 0))",
            )
            .bind(used.id.as_i64())
            .bind(used.value.clone())
            .bind(used.counter)
            .bind(new.session.created.unix_ms().max(new.session.proved.unix_ms()))
            .execute(&mut *tx)
            .await?;
            if done.rows_affected() == 0 {
                return Ok(false);
            }
            if let Some(id) = instead_of {
                sessions::end(&mut tx, new.session.person, id).await?;
            }
            sessions::insert(&mut tx, new).await?;
            audit::record(&mut tx, entry).await?;
            tx.commit().await?;
            Ok(true)
        })
        .await
    }

    /// Forgets challenges that nobody can answer any more.
    pub async fn sweep_challenges(&self, now: Instant) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            sqlx::query("DELETE FROM spent_challenge WHERE ends_ms <= $1")
                .bind(now.unix_ms())
                .execute(&mut *tx)
                .await?;
            tx.commit().await
        })
        .await
    }
}

impl Reader {
    /// The passkeys of a person, the oldest first.
    pub async fn passkeys_of(&self, person: PersonId) -> Result<Vec<KeptPasskey>> {
        let sql =
            format!("{COLUMNS} WHERE person_id = $1 AND kind = 'PASSKEY' ORDER BY created_ms, id");
        let rows =
            sqlx::query(AssertSqlSafe(sql)).bind(person.as_i64()).fetch_all(&self.pool).await?;
        rows.iter().map(passkey_from).collect()
    }

    /// The passkey with this identifier.
    pub async fn passkey(&self, handle: &[u8]) -> Result<Option<KeptPasskey>> {
        let found = sqlx::query(AssertSqlSafe(format!("{COLUMNS} WHERE handle = $1")))
            .bind(handle.to_vec())
            .fetch_optional(&self.pool)
            .await?;
        found.as_ref().map(passkey_from).transpose()
    }

    /// Whether there are challenges that nobody can answer any more.
    pub async fn has_ended_challenges(&self, now: Instant) -> Result<bool> {
        let found = sqlx::query("SELECT ends_ms FROM spent_challenge WHERE ends_ms <= $1 LIMIT 1")
            .bind(now.unix_ms())
            .fetch_optional(&self.pool)
            .await?;
        Ok(found.is_some())
    }
}

/// Notes that a challenge was answered. Returns whether it was not before.
async fn spend(tx: &mut AnyConnection, answered: &AnsweredChallenge) -> Result<bool> {
    let done = sqlx::query(
        "INSERT INTO spent_challenge (challenge_sha256, ends_ms) VALUES ($1, $2) ON CONFLICT DO NOTHING",
    )
    .bind(answered.sha256.to_vec())
    .bind(answered.ends.unix_ms())
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

fn passkey_from(found: &AnyRow) -> Result<KeptPasskey> {
    Ok(KeptPasskey {
        id: PersonCredentialId::from_i64(row::integer(found, "id")?),
        person: PersonId::from_i64(row::integer(found, "person_id")?),
        handle: row::bytes(found, "handle")?,
        name: row::text(found, "name")?,
        value: row::bytes(found, "value")?,
        counter: row::integer(found, "last_step")?,
        created: row::instant(found, "created_ms")?,
        seen: row::optional_instant(found, "seen_ms")?,
    })
}
