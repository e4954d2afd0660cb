//! Who is signed in.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe};

use crate::domain::audit::AuditEntry;
use crate::domain::ids::{PersonId, SessionId};
use crate::domain::instant::Instant;
use crate::domain::session::{PersonSession, SessionStage};
use crate::store::{Reader, Result, Store, audit, row};

const COLUMNS: &str =
    "SELECT id, person_id, stage, created_ms, seen_ms, proved_ms, ends_ms, address, agent
    FROM person_session";

/// A session with the hash of the token by which it is known.
pub struct NewSession {
    pub session: PersonSession,
    pub token_sha256: [u8; 32],
}

impl Store {
    /// Opens a session in place of another one of the person's, if there is one: its token is good no more.
    pub async fn open_session(
        &self,
        new: &NewSession,
        instead_of: Option<SessionId>,
        entry: Option<&AuditEntry>,
    ) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            if let Some(id) = instead_of {
                end(&mut tx, new.session.person, id).await?;
            }
            insert(&mut tx, new).await?;
            if let Some(entry) = entry {
                audit::record(&mut tx, entry).await?;
            }
            tx.commit().await
        })
        .await
    }

    /// Remembers when something was asked for in a session.
    pub async fn note_session(&self, id: SessionId, seen: Instant) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            sqlx::query("UPDATE person_session SET seen_ms = $2 WHERE id = $1")
                .bind(id.as_i64())
                .bind(seen.unix_ms())
                .execute(&mut *tx)
                .await?;
            tx.commit().await
        })
        .await
    }

    /// Ends a session of a person.
    pub async fn end_session(
        &self,
        person: PersonId,
        id: SessionId,
        entry: &AuditEntry,
    ) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            if end(&mut tx, person, id).await? {
                audit::record(&mut tx, entry).await?;
            }
            tx.commit().await
        })
        .await
    }

    /// Ends every session of a person but one.
    pub async fn end_other_sessions(
        &self,
        person: PersonId,
        kept: SessionId,
        entry: &AuditEntry,
    ) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            end_others(&mut tx, person, kept).await?;
            audit::record(&mut tx, entry).await?;
            tx.commit().await
        })
        .await
    }

    /// Forgets sessions that have ended.
    pub async fn sweep_sessions(&self, now: Instant) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            sqlx::query("DELETE FROM person_session WHERE ends_ms <= $1")
                .bind(now.unix_ms())
                .execute(&mut *tx)
                .await?;
            tx.commit().await
        })
        .await
    }
}

impl Reader {
    /// The session of a token.
    pub async fn session(&self, token_sha256: [u8; 32]) -> Result<Option<PersonSession>> {
        let found = sqlx::query(AssertSqlSafe(format!("{COLUMNS} WHERE token_sha256 = $1")))
            .bind(token_sha256.to_vec())
            .fetch_optional(&self.pool)
            .await?;
        found.as_ref().map(session_from).transpose()
    }

    /// The sessions of a person, the newest first.
    pub async fn sessions_of(&self, person: PersonId) -> Result<Vec<PersonSession>> {
        let sql = format!("{COLUMNS} WHERE person_id = $1 ORDER BY created_ms DESC, id DESC");
        let rows =
            sqlx::query(AssertSqlSafe(sql)).bind(person.as_i64()).fetch_all(&self.pool).await?;
        rows.iter().map(session_from).collect()
    }

    /// Whether there are sessions that have ended.
    pub async fn has_ended_sessions(&self, now: Instant) -> Result<bool> {
        let found = sqlx::query("SELECT id FROM person_session WHERE ends_ms <= $1 LIMIT 1")
            .bind(now.unix_ms())
            .fetch_optional(&self.pool)
            .await?;
        Ok(found.is_some())
    }
}

pub(super) async fn insert(tx: &mut AnyConnection, new: &NewSession) -> Result<()> {
    let NewSession { session, token_sha256 } = new;
    sqlx::query(
        "INSERT INTO person_session (id, person_id, token_sha256, stage, created_ms, seen_ms, proved_ms, ends_ms,
         address, agent) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(session.id.as_i64())
    .bind(session.person.as_i64())
    .bind(token_sha256.to_vec())
    .bind(session.stage.as_str())
    .bind(session.created.unix_ms())
    .bind(session.seen.unix_ms())
    .bind(session.proved.unix_ms())
    .bind(session.ends.unix_ms())
    .bind(&session.address)
    .bind(row::storable(&session.agent).into_owned())
    .execute(tx)
    .await?;
    Ok(())
}

pub(super) async fn end(tx: &mut AnyConnection, person: PersonId, id: SessionId) -> Result<bool> {
    let done = sqlx::query("DELETE FROM person_session WHERE id = $1 AND person_id = $2")
        .bind(id.as_i64())
        .bind(person.as_i64())
        .execute(tx)
        .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn end_others(
    tx: &mut AnyConnection,
    person: PersonId,
    kept: SessionId,
) -> Result<()> {
    sqlx::query("DELETE FROM person_session WHERE person_id = $1 AND id <> $2")
        .bind(person.as_i64())
        .bind(kept.as_i64())
        .execute(tx)
        .await?;
    Ok(())
}

pub(super) async fn end_all(tx: &mut AnyConnection, person: PersonId) -> Result<()> {
    sqlx::query("DELETE FROM person_session WHERE person_id = $1")
        .bind(person.as_i64())
        .execute(tx)
        .await?;
    Ok(())
}

fn session_from(found: &AnyRow) -> Result<PersonSession> {
    Ok(PersonSession {
        id: SessionId::from_i64(row::integer(found, "id")?),
        person: PersonId::from_i64(row::integer(found, "person_id")?),
        stage: row::named(found, "stage", SessionStage::parse)?,
        created: row::instant(found, "created_ms")?,
        seen: row::instant(found, "seen_ms")?,
        proved: row::instant(found, "proved_ms")?,
        ends: row::instant(found, "ends_ms")?,
        address: row::text(found, "address")?,
        agent: row::text(found, "agent")?,
    })
}
