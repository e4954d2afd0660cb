//! People of the back office: who they are and what they see. How they show who they are is in `credentials`,
//! `passkeys` and `invitations`, who is signed in in `sessions`, what they keep in `filters`.

mod credentials;
mod filters;
mod invitations;
mod passkeys;
mod sessions;

use std::collections::HashMap;

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe};

pub use self::credentials::{NewCredential, PersonCredential};
pub use self::passkeys::{AnsweredChallenge, KeptPasskey, PasskeyUse};
pub use self::sessions::NewSession;

use super::{Error, Reader, Result, Store, audit, outbox, row};
use crate::domain::audit::AuditEntry;
use crate::domain::delivery::MailAddress;
use crate::domain::ids::{ClientServiceId, CompanyId, PersonId};
use crate::domain::instant::Instant;
use crate::domain::language::Language;
use crate::domain::outbox::Message;
use crate::domain::person::{Person, PersonStatus, Rights, Role, Sight, Theme};
use crate::domain::session::Invitation;

const COLUMNS: &str =
    "SELECT person.id, person.address, person.name, person.language, person.theme, person.role,
    person.rights, person.status, person.created_ms FROM person";

/// A link that lets a person set its password, with the mail that brings it when there is a way for mails.
pub struct NewInvitation<'a> {
    pub invitation: &'a Invitation,
    pub message: Option<&'a Message>,
}

impl Store {
    /// Records a new person with its invitation.
    ///
    /// # Errors
    /// [`Error::Exists`] when somebody has this mail address already; nothing was written then.
    pub async fn add_person(
        &self,
        person: &Person,
        new: &NewInvitation<'_>,
        entry: &AuditEntry,
    ) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            let done = sqlx::query(
                "INSERT INTO person (id, address, address_folded, name, language, theme, role, rights, status,
                 created_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING",
            )
            .bind(person.id.as_i64())
            .bind(person.address.as_str())
            .bind(person.address.folded())
            .bind(&person.name)
            .bind(person.language.as_str())
            .bind(person.theme.as_str())
            .bind(person.role.as_str())
            .bind(person.rights.as_str())
            .bind(person.status.as_str())
            .bind(person.created.unix_ms())
            .execute(&mut *tx)
            .await?;
            if done.rows_affected() == 0 {
                return Err(Error::Exists { what: "a person with this mail address" });
            }
            show(&mut tx, person).await?;
            invite(&mut tx, new).await?;
            audit::record(&mut tx, entry).await?;
            tx.commit().await
        })
        .await
    }

    /// Changes what is known of a person, but for its mail address and its status. Returns whether that was done:
    /// with `keep_one` nothing is written when nobody would be left who is active and manages people.
    pub async fn change_person(
        &self,
        person: &Person,
        keep_one: bool,
        entry: &AuditEntry,
    ) -> Result<bool> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            hold_managers(&mut tx).await?;
            sqlx::query(
                "UPDATE person SET name = $2, language = $3, theme = $4, role = $5, rights = $6 WHERE id = $1",
            )
            .bind(person.id.as_i64())
            .bind(&person.name)
            .bind(person.language.as_str())
            .bind(person.theme.as_str())
            .bind(person.role.as_str())
            .bind(person.rights.as_str())
            .execute(&mut *tx)
            .await?;
            if keep_one && !somebody_manages(&mut tx).await? {
                tx.rollback().await?;
                return Ok(false);
            }
            for table in ["person_company", "person_client_service"] {
                let sql = format!("DELETE FROM {table} WHERE person_id = $1");
                sqlx::query(AssertSqlSafe(sql))
                    .bind(person.id.as_i64())
                    .execute(&mut *tx)
                    .await?;
            }
            show(&mut tx, person).await?;
            audit::record(&mut tx, entry).await?;
            tx.commit().await?;
            Ok(true)
        })
        .await
    }

    /// Ends a person's sessions and invitations, and lets it sign in no more. Returns whether that was done, as
    /// [`Store::change_person`] says.
    pub async fn disable_person(
        &self,
        id: PersonId,
        keep_one: bool,
        now: Instant,
        entry: &AuditEntry,
    ) -> Result<bool> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            hold_managers(&mut tx).await?;
            set_status(&mut tx, id, PersonStatus::Disabled).await?;
            if keep_one && !somebody_manages(&mut tx).await? {
                tx.rollback().await?;
                return Ok(false);
            }
            sessions::end_all(&mut tx, id).await?;
            invitations::revoke(&mut tx, id, now).await?;
            audit::record(&mut tx, entry).await?;
            tx.commit().await?;
            Ok(true)
        })
        .await
    }

    /// Lets a disabled person sign in again, as before.
    pub async fn enable_person(
        &self,
        id: PersonId,
        status: PersonStatus,
        entry: &AuditEntry,
    ) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            set_status(&mut tx, id, status).await?;
            audit::record(&mut tx, entry).await?;
            tx.commit().await
        })
        .await
    }

    /// Takes from a person everything by which it showed who it is, ends its sessions, and invites it anew. Returns
    /// whether that was done, as [`Store::change_person`] says.
    pub async fn reset_person(
        &self,
        id: PersonId,
        keep_one: bool,
        new: &NewInvitation<'_>,
        entry: &AuditEntry,
    ) -> Result<bool> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            hold_managers(&mut tx).await?;
            set_status(&mut tx, id, PersonStatus::Invited).await?;
            if keep_one && !somebody_manages(&mut tx).await? {
                tx.rollback().await?;
                return Ok(false);
            }
            credentials::forget(&mut tx, id).await?;
            sessions::end_all(&mut tx, id).await?;
            invitations::revoke(&mut tx, id, new.invitation.created).await?;
            invite(&mut tx, new).await?;
            audit::record(&mut tx, entry).await?;
            tx.commit().await?;
            Ok(true)
        })
        .await
    }
}

impl Reader {
    /// The person with this id.
    pub async fn person(&self, id: PersonId) -> Result<Option<Person>> {
        let found = sqlx::query(AssertSqlSafe(format!("{COLUMNS} WHERE person.id = $1")))
            .bind(id.as_i64())
            .fetch_optional(&self.pool)
            .await?;
        self.with_sight(found.as_ref().map(blind).transpose()?).await
    }

    /// The person with this mail address, whatever its case.
    pub async fn person_by_address(&self, address: &MailAddress) -> Result<Option<Person>> {
        let sql = format!("{COLUMNS} WHERE person.address_folded = $1");
        let found = sqlx::query(AssertSqlSafe(sql))
            .bind(address.folded())
            .fetch_optional(&self.pool)
            .await?;
        self.with_sight(found.as_ref().map(blind).transpose()?).await
    }

    /// Everybody, by mail address.
    pub async fn people(&self) -> Result<Vec<Person>> {
        let sql = format!("{COLUMNS} ORDER BY person.address_folded");
        let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(&self.pool).await?;
        let companies = sqlx::query(
            "SELECT person_id, company_id AS seen_id FROM person_company ORDER BY person_id, company_id",
        )
        .fetch_all(&self.pool)
        .await?;
        let services = sqlx::query(
            "SELECT person_id, client_service_id AS seen_id FROM person_client_service
             ORDER BY person_id, client_service_id",
        )
        .fetch_all(&self.pool)
        .await?;
        let (mut companies, mut services) = (by_person(&companies)?, by_person(&services)?);
        let mut take = |found: &AnyRow| {
            let id = row::integer(found, "id")?;
            let seen = (companies.remove(&id), services.remove(&id));
            person_from(found, (seen.0.unwrap_or_default(), seen.1.unwrap_or_default()))
        };
        rows.iter().map(&mut take).collect()
    }

    /// A person with what it sees.
    async fn with_sight(&self, found: Option<Person>) -> Result<Option<Person>> {
        let Some(person) = found else { return Ok(None) };
        if person.role.sees_everything() {
            return Ok(Some(person));
        }
        let companies = sqlx::query(
            "SELECT company_id AS seen_id FROM person_company WHERE person_id = $1 ORDER BY company_id",
        )
        .bind(person.id.as_i64())
        .fetch_all(&self.pool)
        .await?;
        let services = sqlx::query(
            "SELECT client_service_id AS seen_id FROM person_client_service WHERE person_id = $1
             ORDER BY client_service_id",
        )
        .bind(person.id.as_i64())
        .fetch_all(&self.pool)
        .await?;
        let seen = |rows: &[AnyRow]| -> Result<Vec<i64>> {
            rows.iter().map(|row| row::integer(row, "seen_id")).collect()
        };
        let sight = sight_of((seen(&companies)?, seen(&services)?));
        Ok(Some(Person { sight, ..person }))
    }
}

/// Writes down what a person sees that does not see everything.
async fn show(tx: &mut AnyConnection, person: &Person) -> Result<()> {
    let Sight::Of { companies, client_services } = &person.sight else { return Ok(()) };
    for company in companies {
        sqlx::query(
            "INSERT INTO person_company (person_id, company_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        )
        .bind(person.id.as_i64())
        .bind(company.as_i64())
        .execute(&mut *tx)
        .await?;
    }
    for service in client_services {
        sqlx::query(
            "INSERT INTO person_client_service (person_id, client_service_id) VALUES ($1, $2)
             ON CONFLICT DO NOTHING",
        )
        .bind(person.id.as_i64())
        .bind(service.as_i64())
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

async fn invite(tx: &mut AnyConnection, new: &NewInvitation<'_>) -> Result<()> {
    invitations::insert(tx, new.invitation).await?;
    match new.message {
        Some(message) => outbox::insert_messages(tx, std::slice::from_ref(message)).await,
        None => Ok(()),
    }
}

async fn set_status(tx: &mut AnyConnection, id: PersonId, status: PersonStatus) -> Result<()> {
    sqlx::query("UPDATE person SET status = $2 WHERE id = $1")
        .bind(id.as_i64())
        .bind(status.as_str())
        .execute(tx)
        .await?;
    Ok(())
}

/// Of several at once that take somebody away who manages people, each sees what the one before left.
async fn hold_managers(tx: &mut AnyConnection) -> Result<()> {
    sqlx::query("UPDATE person SET role = role WHERE role = 'ADMINISTRATOR'").execute(tx).await?;
    Ok(())
}

async fn somebody_manages(tx: &mut AnyConnection) -> Result<bool> {
    let found = sqlx::query(
        "SELECT 1 AS one FROM person WHERE role = 'ADMINISTRATOR' AND rights = 'OPERATOR' AND status = 'ACTIVE'
         LIMIT 1",
    )
    .fetch_optional(tx)
    .await?;
    Ok(found.is_some())
}

fn by_person(rows: &[AnyRow]) -> Result<HashMap<i64, Vec<i64>>> {
    let mut found: HashMap<i64, Vec<i64>> = HashMap::new();
    for seen in rows {
        let person = row::integer(seen, "person_id")?;
        found.entry(person).or_default().push(row::integer(seen, "seen_id")?);
    }
    Ok(found)
}

fn sight_of((companies, services): (Vec<i64>, Vec<i64>)) -> Sight {
    Sight::Of {
        companies: companies.into_iter().map(CompanyId::from_i64).collect(),
        client_services: services.into_iter().map(ClientServiceId::from_i64).collect(),
    }
}

/// A person without what it sees, which is elsewhere.
fn blind(found: &AnyRow) -> Result<Person> {
    person_from(found, (Vec::new(), Vec::new()))
}

fn person_from(found: &AnyRow, seen: (Vec<i64>, Vec<i64>)) -> Result<Person> {
    let role = row::named(found, "role", Role::parse)?;
    Ok(Person {
        id: PersonId::from_i64(row::integer(found, "id")?),
        address: MailAddress::from_stored(row::text(found, "address")?),
        name: row::text(found, "name")?,
        language: row::named(found, "language", Language::parse)?,
        theme: row::named(found, "theme", Theme::parse)?,
        role,
        rights: row::named(found, "rights", Rights::parse)?,
        sight: if role.sees_everything() { Sight::Everything } else { sight_of(seen) },
        status: row::named(found, "status", PersonStatus::parse)?,
        created: row::instant(found, "created_ms")?,
    })
}
