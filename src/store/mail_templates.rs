//! Letters of client services, every version kept, and the languages receivers are written to in.

use sqlx::any::AnyRow;

use super::{Reader, Result, Store, audit, row};
use crate::domain::audit::{Actor, AuditEntry};
use crate::domain::ids::{ClientServiceId, PersonId};
use crate::domain::instant::Instant;
use crate::domain::language::Language;

const COLUMNS: &str =
    "SELECT kind, language, version, subject, body_text, body_html, note, created_ms, person_id
    FROM mail_template";

/// Which letter of a client service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateKey {
    pub client_service: ClientServiceId,
    /// What the letter is for.
    pub kind: String,
    /// `None`: for every language that has none of its own.
    pub language: Option<Language>,
}

/// The three parts of a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateParts {
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// One version of a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateVersion {
    pub kind: String,
    /// `None`: for every language that has none of its own.
    pub language: Option<Language>,
    /// From 1.
    pub number: u32,
    /// `None`: with this version the letter was taken back.
    pub parts: Option<TemplateParts>,
    /// Why, in the words of whoever set it.
    pub note: String,
    pub created: Instant,
    /// Who set it; `None`: the command line.
    pub person: Option<PersonId>,
}

/// How adding a version ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddedVersion {
    /// It is there, under this number.
    Added(u32),
    /// What the entry tells was done before.
    Before,
    /// Somebody else was faster: this is the newest version.
    Overtaken(u32),
}

/// Who adds a version, and upon which.
#[derive(Clone, Copy, Debug)]
pub struct VersionDeed<'a> {
    /// The newest version that is known, 0 when there is none.
    pub upon: u32,
    /// What is told of it.
    pub entry: &'a AuditEntry,
}

impl Store {
    /// Adds a version to a letter, which counts from now on; `None` takes the letter back. Without a deed it is always
    /// added.
    pub async fn add_template_version(
        &self,
        key: &TemplateKey,
        parts: Option<&TemplateParts>,
        note: &str,
        now: Instant,
        deed: Option<VersionDeed<'_>>,
    ) -> Result<AddedVersion> {
        let person = deed.and_then(|deed| match deed.entry.actor {
            Actor::Person(id) => Some(id),
            Actor::Command | Actor::Stranger => None,
        });
        self.again(|| async {
            let mut tx = self.begin().await?;
            if !audit::admit(&mut tx, deed.map(|deed| deed.entry)).await? {
                return Ok(AddedVersion::Before);
            }
            // Locks the client service, so that two versions at once come one after the other.
            sqlx::query("UPDATE client_service SET alias = alias WHERE id = $1")
                .bind(key.client_service.as_i64())
                .execute(&mut *tx)
                .await?;
            let language = key.language.map_or("", Language::as_str);
            let found = sqlx::query(
                "SELECT COALESCE(MAX(version), 0) AS newest FROM mail_template
                 WHERE client_service_id = $1 AND kind = $2 AND language = $3",
            )
            .bind(key.client_service.as_i64())
            .bind(&key.kind)
            .bind(language)
            .fetch_one(&mut *tx)
            .await?;
            let newest = row::small(&found, "newest")?;
            if deed.is_some_and(|deed| deed.upon != newest) {
                return Ok(AddedVersion::Overtaken(newest));
            }
            let number = newest.saturating_add(1);
            sqlx::query(
                "INSERT INTO mail_template (client_service_id, kind, language, version, subject,
                 body_text, body_html, note, created_ms, person_id)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            )
            .bind(key.client_service.as_i64())
            .bind(&key.kind)
            .bind(language)
            .bind(i64::from(number))
            .bind(parts.map(|parts| parts.subject.as_str()))
            .bind(parts.map(|parts| parts.text.as_str()))
            .bind(parts.map(|parts| parts.html.as_str()))
            .bind(note)
            .bind(now.unix_ms())
            .bind(person.map(PersonId::as_i64))
            .execute(&mut *tx)
            .await?;
            tx.commit().await?;
            Ok(AddedVersion::Added(number))
        })
        .await
    }
}

impl Reader {
    /// Every version of a letter, newest first.
    pub async fn template_history(&self, key: &TemplateKey) -> Result<Vec<TemplateVersion>> {
        let sql = format!(
            "{COLUMNS} WHERE client_service_id = $1 AND kind = $2 AND language = $3
             ORDER BY version DESC"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(key.client_service.as_i64())
            .bind(&key.kind)
            .bind(key.language.map_or("", Language::as_str))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(version_from).collect()
    }

    /// The version of a letter that counts; `None` when there never was one.
    pub async fn newest_template(&self, key: &TemplateKey) -> Result<Option<TemplateVersion>> {
        let sql = format!(
            "{COLUMNS} WHERE client_service_id = $1 AND kind = $2 AND language = $3
             ORDER BY version DESC LIMIT 1"
        );
        let found = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(key.client_service.as_i64())
            .bind(&key.kind)
            .bind(key.language.map_or("", Language::as_str))
            .fetch_optional(&self.pool)
            .await?;
        found.as_ref().map(version_from).transpose()
    }

    /// The newest version of every letter of a client service.
    pub async fn templates(&self, service: ClientServiceId) -> Result<Vec<TemplateVersion>> {
        let sql = format!(
            "{COLUMNS} WHERE client_service_id = $1 AND version = (
                 SELECT MAX(newer.version) FROM mail_template AS newer
                 WHERE newer.client_service_id = mail_template.client_service_id
                   AND newer.kind = mail_template.kind AND newer.language = mail_template.language)
             ORDER BY kind, language"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(service.as_i64())
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(version_from).collect()
    }

    /// The language of a client service, else that of its issuer, when one is set.
    pub async fn usual_language(&self, service: ClientServiceId) -> Result<Option<Language>> {
        let found = sqlx::query(
            "SELECT COALESCE(client_service.language, company.language) AS language
             FROM client_service JOIN company ON company.id = client_service.issuer_id
             WHERE client_service.id = $1",
        )
        .bind(service.as_i64())
        .fetch_optional(&self.pool)
        .await?;
        let Some(found) = found else { return Ok(None) };
        Ok(row::optional_text(&found, "language")?.as_deref().and_then(Language::parse))
    }
}

fn version_from(found: &AnyRow) -> Result<TemplateVersion> {
    let subject = row::optional_text(found, "subject")?;
    let text = row::optional_text(found, "body_text")?;
    let html = row::optional_text(found, "body_html")?;
    let parts = match (subject, text, html) {
        (Some(subject), Some(text), Some(html)) => Some(TemplateParts { subject, text, html }),
        _ => None,
    };
    Ok(TemplateVersion {
        kind: row::text(found, "kind")?,
        language: Language::parse(&row::text(found, "language")?),
        number: row::small(found, "version")?,
        parts,
        note: row::text(found, "note")?,
        created: row::instant(found, "created_ms")?,
        person: row::optional_integer(found, "person_id")?.map(PersonId::from_i64),
    })
}
