//! Links by which people set their passwords.

use sqlx::AnyConnection;

use super::credentials::{self, NewCredential};
use super::sessions::{self, NewSession};
use crate::domain::audit::AuditEntry;
use crate::domain::ids::{InvitationId, PersonId};
use crate::domain::instant::Instant;
use crate::domain::person::{PersonCredentialKind, PersonStatus};
use crate::domain::session::Invitation;
use crate::store::{Reader, Result, Store, audit, row};

impl Store {
    /// Uses an invitation: the person has this password from now on, is active, and signed in. Returns whether this
    /// call did; of several at once one does, and none when it ended meanwhile.
    pub async fn accept_invitation(
        &self,
        invitation: &Invitation,
        password: &NewCredential,
        session: &NewSession,
        entry: &AuditEntry,
    ) -> Result<bool> {
        let now = session.session.created;
        self.again(|| async {
            let mut tx = self.begin().await?;
            let done = sqlx::query(
                "UPDATE invitation SET used_ms = $2
                 WHERE id = $1 AND used_ms IS NULL AND revoked_ms IS NULL AND expires_ms > $2",
            )
            .bind(invitation.id.as_i64())
            .bind(now.unix_ms())
            .execute(&mut *tx)
            .await?;
            if done.rows_affected() == 0 {
                return Ok(false);
            }
            let person = invitation.person;
            credentials::forget_kind(&mut tx, person, PersonCredentialKind::Password).await?;
            credentials::insert(&mut tx, person, password, now).await?;
            super::set_status(&mut tx, person, PersonStatus::Active).await?;
            sessions::insert(&mut tx, session).await?;
            audit::record(&mut tx, entry).await?;
            tx.commit().await?;
            Ok(true)
        })
        .await
    }
}

impl Reader {
    /// The invitation with this id.
    pub async fn invitation(&self, id: InvitationId) -> Result<Option<Invitation>> {
        let found = sqlx::query(
            "SELECT id, person_id, created_ms, expires_ms, used_ms, revoked_ms FROM invitation WHERE id = $1",
        )
        .bind(id.as_i64())
        .fetch_optional(&self.pool)
        .await?;
        let Some(found) = found else { return Ok(None) };
        Ok(Some(Invitation {
            id,
            person: PersonId::from_i64(row::integer(&found, "person_id")?),
            created: row::instant(&found, "created_ms")?,
            expires: row::instant(&found, "expires_ms")?,
            used: row::optional_instant(&found, "used_ms")?,
            revoked: row::optional_instant(&found, "revoked_ms")?,
        }))
    }
}

pub(super) async fn insert(tx: &mut AnyConnection, invitation: &Invitation) -> Result<()> {
    sqlx::query(
        "INSERT INTO invitation (id, person_id, created_ms, expires_ms) VALUES ($1, $2, $3, $4)",
    )
    .bind(invitation.id.as_i64())
    .bind(invitation.person.as_i64())
    .bind(invitation.created.unix_ms())
    .bind(invitation.expires.unix_ms())
    .execute(tx)
    .await?;
    Ok(())
}

/// Ends every invitation of a person that is still open.
pub(super) async fn revoke(tx: &mut AnyConnection, person: PersonId, now: Instant) -> Result<()> {
    sqlx::query(
        "UPDATE invitation SET revoked_ms = $2
         WHERE person_id = $1 AND used_ms IS NULL AND revoked_ms IS NULL",
    )
    .bind(person.as_i64())
    .bind(now.unix_ms())
    .execute(tx)
    .await?;
    Ok(())
}
