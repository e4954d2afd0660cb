//! The audit record: entries are added in the transaction of the fact they tell, and read.

use sqlx::AnyConnection;

use super::audit_chain::append;
use super::statement::Statement;
use super::{Error, Reader, Reports, Result, Store, row};
use crate::domain::audit::{
    Actor, AuditAction, AuditEntry, AuditFilter, AuditPlace, AuditSubject, RecordedEntry,
};
use crate::domain::ids::PersonId;

impl Store {
    /// Records what changed nothing else: a sign-in that failed.
    pub async fn record_audit(&self, entry: &AuditEntry) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            record(&mut tx, entry).await?;
            tx.commit().await
        })
        .await
    }
}

impl Store {
    /// Records what changed nothing else, unless it was before under this number. Returns whether it is new.
    pub async fn record_deed(&self, entry: &AuditEntry) -> Result<bool> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            let new = record_once(&mut tx, entry).await?;
            tx.commit().await?;
            Ok(new)
        })
        .await
    }
}

impl Reader {
    /// Whether there is an entry with this number.
    pub async fn is_recorded(&self, id: i64) -> Result<bool> {
        let found = sqlx::query("SELECT id FROM audit_entry WHERE id = $1")
            .bind(id)
            .fetch_optional(&self.pool)
            .await?;
        Ok(found.is_some())
    }

    /// The newest entries about a person, at most so many.
    pub async fn audit_of(&self, person: PersonId, most: u32) -> Result<Vec<AuditEntry>> {
        let rows = sqlx::query(
            "SELECT id, at_ms, actor, actor_id, action, person_id, subject, detail, address
             FROM audit_entry WHERE person_id = $1 ORDER BY at_ms DESC, id DESC LIMIT $2",
        )
        .bind(person.as_i64())
        .bind(i64::from(most))
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(entry_from).collect()
    }

    /// The newest entries about something that is no person, at most so many.
    pub async fn audit_about(&self, subject: AuditSubject, most: u32) -> Result<Vec<AuditEntry>> {
        let rows = sqlx::query(
            "SELECT id, at_ms, actor, actor_id, action, person_id, subject, detail, address
             FROM audit_entry WHERE subject = $1 ORDER BY at_ms DESC, id DESC LIMIT $2",
        )
        .bind(subject.to_text())
        .bind(i64::from(most))
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(entry_from).collect()
    }
}

impl Reports {
    /// Entries behind a place that a filter chooses, newest first.
    pub async fn audit_entries(
        &self,
        filter: &AuditFilter,
        after: AuditPlace,
        most: u32,
    ) -> Result<Vec<AuditEntry>> {
        let mut asked = Statement::new(
            "SELECT id, at_ms, actor, actor_id, action, person_id, subject, detail, address
             FROM audit_entry WHERE (at_ms, id) < (",
        );
        asked.number(after.at.unix_ms()).say(", ").number(after.id).say(")");
        if let Some(actor) = filter.actor {
            let (kind, id) = actor.stored();
            // Only a person has a number.
            match id {
                Some(id) => asked.say(" AND actor_id = ").number(id),
                None => asked.say(" AND actor = ").text(kind),
            };
        }
        if let Some(action) = filter.action {
            asked.say(" AND action = ").text(action.as_str());
        }
        if let Some(person) = filter.about {
            asked.say(" AND person_id = ").number(person.as_i64());
        }
        if let Some(from) = filter.from {
            asked.say(" AND at_ms >= ").number(from.unix_ms());
        }
        if let Some(until) = filter.until {
            asked.say(" AND at_ms < ").number(until.unix_ms());
        }
        asked.say(&format!(" ORDER BY at_ms DESC, id DESC LIMIT {most}"));
        asked.rows(&self.pool).await?.iter().map(entry_from).collect()
    }
}

/// Adds an entry in the transaction of its fact.
pub(super) async fn record(tx: &mut AnyConnection, entry: &AuditEntry) -> Result<()> {
    if record_once(tx, entry).await? {
        Ok(())
    } else {
        Err(Error::Exists { what: "an entry of the audit record with this number" })
    }
}

/// The same, of what may have been asked for before under this number: it was done then, and the transaction must be
/// given up. Returns whether it is new; what nobody is to be told of is.
pub(super) async fn admit(tx: &mut AnyConnection, entry: Option<&AuditEntry>) -> Result<bool> {
    match entry {
        Some(entry) => record_once(tx, entry).await,
        None => Ok(true),
    }
}

async fn record_once(tx: &mut AnyConnection, entry: &AuditEntry) -> Result<bool> {
    let (actor, actor_id) = entry.actor.stored();
    let recorded = RecordedEntry {
        id: entry.id,
        at_ms: entry.at.unix_ms(),
        actor: actor.to_owned(),
        actor_id,
        action: entry.action.as_str().to_owned(),
        person: entry.person.as_i64(),
        subject: entry.about.map(AuditSubject::to_text),
        detail: row::storable(&entry.detail).into_owned(),
        address: entry.address.clone(),
    };
    append(tx, &recorded).await
}

fn entry_from(found: &sqlx::any::AnyRow) -> Result<AuditEntry> {
    let actor =
        match (row::text(found, "actor")?.as_str(), row::optional_integer(found, "actor_id")?) {
            ("PERSON", Some(id)) => Actor::Person(PersonId::from_i64(id)),
            ("COMMAND", None) => Actor::Command,
            ("STRANGER", None) => Actor::Stranger,
            _ => return Err(Error::Corrupt { column: "actor" }),
        };
    Ok(AuditEntry {
        id: row::integer(found, "id")?,
        at: row::instant(found, "at_ms")?,
        actor,
        action: row::named(found, "action", AuditAction::parse)?,
        person: PersonId::from_i64(row::integer(found, "person_id")?),
        about: row::optional_text(found, "subject")?
            .map(|text| AuditSubject::parse(&text).ok_or(Error::Corrupt { column: "subject" }))
            .transpose()?,
        detail: row::text(found, "detail")?,
        address: row::optional_text(found, "address")?,
    })
}
