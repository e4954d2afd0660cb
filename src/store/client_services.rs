//! Client services and their secrets.

use super::{Error, Reader, Result, Store, audit, companies, row};
use crate::domain::audit::AuditEntry;
use crate::domain::client_service::{
    Alias, AuthorityOrder, Change, ClientService, ClientServiceStatus, DocumentReferences, Lint,
    ProfileName, SealSettingsChange, SecretLife, SecretOverlap, Timestamps,
};
use crate::domain::company::{Company, CompanyStatus};
use crate::domain::ids::{ClientServiceId, CompanyId, CredentialId};
use crate::domain::instant::Instant;
use crate::domain::language::Language;
use crate::domain::level::Level;
use crate::domain::pades::ActiveContent;
use crate::domain::visible::CoordinateOrigin;

const COLUMNS: &str = "SELECT id, alias, issuer_id, credential_id, status, document_references,
    profile, allow_sha1, lint, signature_template, active_content, coordinate_origin,
    timestamps, timestamp_authorities, timestamp_order, language, mails_per_day, level,
    tokens_not_before_ms, created_ms
    FROM client_service";

/// How many secrets of a client service are live at once.
pub const LIVE_SECRETS: usize = 2;

impl Store {
    /// Records a new client service with its first secret, and its issuer unless there is one with that
    /// country and VAT number already, whose it is then. Returns it as it was recorded; `None` when what the entry tells was
    /// done before.
    ///
    /// # Errors
    /// [`Error::Exists`] when the alias is taken; nothing was written then.
    pub async fn add_client_service(
        &self,
        issuer: &Company,
        service: &ClientService,
        (secret_id, secret_sha256): (i64, [u8; 32]),
        entry: Option<&AuditEntry>,
    ) -> Result<Option<ClientService>> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            if !audit::admit(&mut tx, entry).await? {
                return Ok(None);
            }
            let issuer = companies::open(&mut tx, issuer).await?;
            let service = ClientService { issuer: issuer.id, ..service.clone() };
            let done = sqlx::query(
                "INSERT INTO client_service
             (id, alias, issuer_id, credential_id, status, document_references, profile, allow_sha1,
              lint, signature_template, active_content, coordinate_origin, timestamps, language,
              mails_per_day, tokens_not_before_ms, created_ms, timestamp_authorities, timestamp_order,
              level)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14,
                     $15, $16, $17, $18, $19, $20) ON CONFLICT DO NOTHING",
            )
            .bind(service.id.as_i64())
            .bind(service.alias.as_str())
            .bind(service.issuer.as_i64())
            .bind(service.credential.map(CredentialId::as_i64))
            .bind(service.status.as_str())
            .bind(service.document_references.as_str())
            .bind(service.profile.as_ref().map(ProfileName::as_str))
            .bind(i64::from(service.allow_sha1))
            .bind(service.lint.as_str())
            .bind(service.signature_template.as_deref())
            .bind(service.active_content.as_str())
            .bind(service.coordinate_origin.as_str())
            .bind(service.timestamps.as_str())
            .bind(service.language.map(Language::as_str))
            .bind(service.mails_per_day.map(i64::from))
            .bind(service.tokens_not_before.map(Instant::unix_ms))
            .bind(service.created.unix_ms())
            .bind(authorities_text(&service.timestamp_authorities))
            .bind(service.timestamp_order.as_str())
            .bind(service.level.as_str())
            .execute(&mut *tx)
            .await?;
            if done.rows_affected() == 0 {
                return Err(Error::Exists { what: "a client service with this alias" });
            }
            insert_secret(&mut tx, service.id, secret_id, secret_sha256, service.created).await?;
            tx.commit().await?;
            Ok(Some(service))
        })
        .await
    }

    /// Sets whether a client service may call. Tokens from before a change are not taken after it. Returns `false` when
    /// what the entry tells was done before.
    pub async fn set_client_service_status(
        &self,
        id: ClientServiceId,
        status: ClientServiceStatus,
        now: Instant,
        entry: Option<&AuditEntry>,
    ) -> Result<bool> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            if !audit::admit(&mut tx, entry).await? {
                return Ok(false);
            }
            sqlx::query(
                "UPDATE client_service SET status = $2, tokens_not_before_ms = $3
                 WHERE id = $1 AND status <> $2",
            )
            .bind(id.as_i64())
            .bind(status.as_str())
            .bind(now.unix_ms())
            .execute(&mut *tx)
            .await?;
            tx.commit().await?;
            Ok(true)
        })
        .await
    }

    /// Sets the credential that seals a client service's documents from now on.
    pub async fn assign_credential(
        &self,
        id: ClientServiceId,
        credential: CredentialId,
    ) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            sqlx::query("UPDATE client_service SET credential_id = $2 WHERE id = $1")
                .bind(id.as_i64())
                .bind(credential.as_i64())
                .execute(&mut *tx)
                .await?;
            tx.commit().await
        })
        .await
    }

    /// Sets the language of receivers that have none of their own; `None` for the issuer's.
    pub async fn set_client_service_language(
        &self,
        id: ClientServiceId,
        language: Option<Language>,
    ) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            sqlx::query("UPDATE client_service SET language = $2 WHERE id = $1")
                .bind(id.as_i64())
                .bind(language.map(Language::as_str))
                .execute(&mut *tx)
                .await?;
            tx.commit().await
        })
        .await
    }

    /// Sets how many mails a client service may have sent in 24 hours; `None` for the installation's limits.
    pub async fn set_mails_per_day(&self, id: ClientServiceId, mails: Option<u32>) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            sqlx::query("UPDATE client_service SET mails_per_day = $2 WHERE id = $1")
                .bind(id.as_i64())
                .bind(mails.map(i64::from))
                .execute(&mut *tx)
                .await?;
            tx.commit().await
        })
        .await
    }

    /// Changes how a client service's documents are sealed from now on.
    pub async fn change_seal_settings(
        &self,
        id: ClientServiceId,
        change: &SealSettingsChange,
    ) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            if let Change::To(profile) = &change.profile {
                sqlx::query("UPDATE client_service SET profile = $2 WHERE id = $1")
                    .bind(id.as_i64())
                    .bind(profile.as_ref().map(ProfileName::as_str))
                    .execute(&mut *tx)
                    .await?;
            }
            if let Change::To(allow_sha1) = change.allow_sha1 {
                sqlx::query("UPDATE client_service SET allow_sha1 = $2 WHERE id = $1")
                    .bind(id.as_i64())
                    .bind(i64::from(allow_sha1))
                    .execute(&mut *tx)
                    .await?;
            }
            if let Change::To(lint) = change.lint {
                sqlx::query("UPDATE client_service SET lint = $2 WHERE id = $1")
                    .bind(id.as_i64())
                    .bind(lint.as_str())
                    .execute(&mut *tx)
                    .await?;
            }
            if let Change::To(template) = &change.signature_template {
                sqlx::query("UPDATE client_service SET signature_template = $2 WHERE id = $1")
                    .bind(id.as_i64())
                    .bind(template.as_deref())
                    .execute(&mut *tx)
                    .await?;
            }
            if let Change::To(choice) = change.active_content {
                sqlx::query("UPDATE client_service SET active_content = $2 WHERE id = $1")
                    .bind(id.as_i64())
                    .bind(choice.as_str())
                    .execute(&mut *tx)
                    .await?;
            }
            if let Change::To(origin) = change.coordinate_origin {
                sqlx::query("UPDATE client_service SET coordinate_origin = $2 WHERE id = $1")
                    .bind(id.as_i64())
                    .bind(origin.as_str())
                    .execute(&mut *tx)
                    .await?;
            }
            if let Change::To(policy) = change.document_references {
                sqlx::query("UPDATE client_service SET document_references = $2 WHERE id = $1")
                    .bind(id.as_i64())
                    .bind(policy.as_str())
                    .execute(&mut *tx)
                    .await?;
            }
            if let Change::To(level) = change.level {
                sqlx::query("UPDATE client_service SET level = $2 WHERE id = $1")
                    .bind(id.as_i64())
                    .bind(level.as_str())
                    .execute(&mut *tx)
                    .await?;
            }
            if let Change::To(choice) = change.timestamps {
                sqlx::query("UPDATE client_service SET timestamps = $2 WHERE id = $1")
                    .bind(id.as_i64())
                    .bind(choice.as_str())
                    .execute(&mut *tx)
                    .await?;
            }
            if let Change::To(authorities) = &change.timestamp_authorities {
                sqlx::query("UPDATE client_service SET timestamp_authorities = $2 WHERE id = $1")
                    .bind(id.as_i64())
                    .bind(authorities_text(authorities))
                    .execute(&mut *tx)
                    .await?;
            }
            if let Change::To(order) = change.timestamp_order {
                sqlx::query("UPDATE client_service SET timestamp_order = $2 WHERE id = $1")
                    .bind(id.as_i64())
                    .bind(order.as_str())
                    .execute(&mut *tx)
                    .await?;
            }
            tx.commit().await
        })
        .await
    }

    /// Adds a secret and removes the oldest ones beyond [`LIVE_SECRETS`]. With [`SecretOverlap::None`] it removes all
    /// others, and ends the tokens granted until then. Returns `false` when what the entry tells was done before.
    pub async fn rotate_secret(
        &self,
        id: ClientServiceId,
        (secret_id, secret_sha256): (i64, [u8; 32]),
        now: Instant,
        overlap: SecretOverlap,
        entry: Option<&AuditEntry>,
    ) -> Result<bool> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            if !audit::admit(&mut tx, entry).await? {
                return Ok(false);
            }
            // Locks the client service, so that two rotations at once come one after the other.
            sqlx::query("UPDATE client_service SET alias = alias WHERE id = $1")
                .bind(id.as_i64())
                .execute(&mut *tx)
                .await?;
            let rows = sqlx::query(
                "SELECT id FROM client_secret WHERE client_service_id = $1
                 ORDER BY created_ms DESC, id DESC",
            )
            .bind(id.as_i64())
            .fetch_all(&mut *tx)
            .await?;
            // The old ones go before the new one comes: whatever clocks say, the new one stays.
            let keep = if overlap == SecretOverlap::None { 0 } else { LIVE_SECRETS - 1 };
            for old in rows.iter().skip(keep) {
                sqlx::query("DELETE FROM client_secret WHERE id = $1")
                    .bind(row::integer(old, "id")?)
                    .execute(&mut *tx)
                    .await?;
            }
            if let SecretOverlap::For(ms) = overlap {
                sqlx::query(
                    "UPDATE client_secret SET ends_ms = $2
                     WHERE client_service_id = $1 AND (ends_ms IS NULL OR ends_ms > $2)",
                )
                .bind(id.as_i64())
                .bind(now.plus_ms(ms).unix_ms())
                .execute(&mut *tx)
                .await?;
            }
            insert_secret(&mut tx, id, secret_id, secret_sha256, now).await?;
            if overlap == SecretOverlap::None {
                sqlx::query("UPDATE client_service SET tokens_not_before_ms = $2 WHERE id = $1")
                    .bind(id.as_i64())
                    .bind(now.unix_ms())
                    .execute(&mut *tx)
                    .await?;
            }
            tx.commit().await?;
            Ok(true)
        })
        .await
    }
}

impl Reader {
    /// The client service with this id.
    pub async fn client_service(&self, id: ClientServiceId) -> Result<Option<ClientService>> {
        let row = sqlx::query(sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE id = $1")))
            .bind(id.as_i64())
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(client_service_from).transpose()
    }

    /// The client service with this alias.
    pub async fn client_service_by_alias(&self, alias: &str) -> Result<Option<ClientService>> {
        let row = sqlx::query(sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE alias = $1")))
            .bind(alias)
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(client_service_from).transpose()
    }

    /// Whether a client service, and its issuer, may have documents sealed.
    pub async fn standing(
        &self,
        id: ClientServiceId,
    ) -> Result<Option<(ClientServiceStatus, CompanyStatus)>> {
        let found = sqlx::query(
            "SELECT client_service.status, company.status AS issuer_status FROM client_service
             JOIN company ON company.id = client_service.issuer_id WHERE client_service.id = $1",
        )
        .bind(id.as_i64())
        .fetch_optional(&self.pool)
        .await?;
        let standing = found.map(|found| {
            let service = row::named(&found, "status", ClientServiceStatus::parse)?;
            Ok((service, row::named(&found, "issuer_status", CompanyStatus::parse)?))
        });
        standing.transpose()
    }

    /// Every client service, oldest first.
    pub async fn client_services(&self) -> Result<Vec<ClientService>> {
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!("{COLUMNS} ORDER BY created_ms, id")))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(client_service_from).collect()
    }

    /// SHA-256 of the secrets of a client service that are live at a time.
    pub async fn client_secrets(&self, id: ClientServiceId, now: Instant) -> Result<Vec<[u8; 32]>> {
        let rows = sqlx::query(
            "SELECT secret_sha256 FROM client_secret
             WHERE client_service_id = $1 AND (ends_ms IS NULL OR ends_ms > $2)",
        )
        .bind(id.as_i64())
        .bind(now.unix_ms())
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(|found| row::sha256(found, "secret_sha256")).collect()
    }

    /// Since when the secrets are live that are so at a time, and until when; the newest first.
    pub async fn secret_lives(&self, id: ClientServiceId, now: Instant) -> Result<Vec<SecretLife>> {
        let rows = sqlx::query(
            "SELECT created_ms, ends_ms FROM client_secret
             WHERE client_service_id = $1 AND (ends_ms IS NULL OR ends_ms > $2)
             ORDER BY created_ms DESC, id DESC",
        )
        .bind(id.as_i64())
        .bind(now.unix_ms())
        .fetch_all(&self.pool)
        .await?;
        let life = |found: &sqlx::any::AnyRow| {
            Ok(SecretLife {
                made: row::instant(found, "created_ms")?,
                ends: row::optional_instant(found, "ends_ms")?,
            })
        };
        rows.iter().map(life).collect()
    }
}

async fn insert_secret(
    tx: &mut sqlx::AnyConnection,
    service: ClientServiceId,
    secret_id: i64,
    secret_sha256: [u8; 32],
    now: Instant,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO client_secret (id, client_service_id, secret_sha256, created_ms)
         VALUES ($1, $2, $3, $4)",
    )
    .bind(secret_id)
    .bind(service.as_i64())
    .bind(secret_sha256.to_vec())
    .bind(now.unix_ms())
    .execute(tx)
    .await?;
    Ok(())
}

/// Names of time-stamp authorities as they are stored.
fn authorities_text(names: &[String]) -> Option<String> {
    (!names.is_empty()).then(|| names.join(","))
}

fn client_service_from(row: &sqlx::any::AnyRow) -> Result<ClientService> {
    Ok(ClientService {
        id: ClientServiceId::from_i64(row::integer(row, "id")?),
        alias: Alias::from_stored(row::text(row, "alias")?),
        issuer: CompanyId::from_i64(row::integer(row, "issuer_id")?),
        credential: row::optional_integer(row, "credential_id")?.map(CredentialId::from_i64),
        status: row::named(row, "status", ClientServiceStatus::parse)?,
        document_references: row::named(row, "document_references", DocumentReferences::parse)?,
        profile: row::optional_text(row, "profile")?
            .map(|name| ProfileName::parse(&name).ok_or(Error::Corrupt { column: "profile" }))
            .transpose()?,
        allow_sha1: row::boolean(row, "allow_sha1")?,
        lint: row::named(row, "lint", Lint::parse)?,
        signature_template: row::optional_text(row, "signature_template")?,
        active_content: row::named(row, "active_content", ActiveContent::parse)?,
        coordinate_origin: row::named(row, "coordinate_origin", CoordinateOrigin::parse)?,
        level: row::named(row, "level", Level::parse)?,
        timestamps: row::named(row, "timestamps", Timestamps::parse)?,
        timestamp_authorities: row::optional_text(row, "timestamp_authorities")?
            .map(|names| names.split(',').map(str::to_owned).collect())
            .unwrap_or_default(),
        timestamp_order: row::named(row, "timestamp_order", AuthorityOrder::parse)?,
        language: row::optional_text(row, "language")?.as_deref().and_then(Language::parse),
        mails_per_day: row::optional_small(row, "mails_per_day")?,
        tokens_not_before: row::optional_instant(row, "tokens_not_before_ms")?,
        created: row::instant(row, "created_ms")?,
    })
}
