//! Mail servers of client services.

use super::{Error, Reader, Result, Store, audit, row};
use crate::domain::audit::AuditEntry;
use crate::domain::delivery::MailAddress;
use crate::domain::ids::ClientServiceId;
use crate::domain::instant::Instant;
use crate::domain::smtp::SmtpSettings;

/// A mail server as it lies in the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmtpAccount {
    /// Everything but the password.
    pub settings: SmtpSettings,
    /// The password, encrypted for this client service.
    pub password_sealed: Option<Vec<u8>>,
    /// Rises with every change.
    pub revision: i64,
}

impl Store {
    /// Sets the mail server of a client service, from the next mail on. Returns whether it was not done before, as the
    /// entry tells it.
    pub async fn set_smtp_account(
        &self,
        client_service: ClientServiceId,
        settings: &SmtpSettings,
        password_sealed: Option<&[u8]>,
        now: Instant,
        entry: Option<&AuditEntry>,
    ) -> Result<bool> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            if !audit::admit(&mut tx, entry).await? {
                return Ok(false);
            }
            let ms = |ms: u64| i64::try_from(ms).unwrap_or(i64::MAX);
            sqlx::query(
                "INSERT INTO smtp_account (client_service_id, description, host, port, security,
                 from_address, from_name, username, password_sealed, connect_timeout_ms,
                 command_timeout_ms, write_timeout_ms, revision, changed_ms, public_only)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13, $14)
                 ON CONFLICT (client_service_id) DO UPDATE SET description = excluded.description,
                 host = excluded.host, port = excluded.port, security = excluded.security,
                 from_address = excluded.from_address, from_name = excluded.from_name,
                 username = excluded.username, password_sealed = excluded.password_sealed,
                 connect_timeout_ms = excluded.connect_timeout_ms,
                 command_timeout_ms = excluded.command_timeout_ms,
                 write_timeout_ms = excluded.write_timeout_ms,
                 revision = CASE WHEN smtp_account.revision >= excluded.revision
                            THEN smtp_account.revision + 1 ELSE excluded.revision END,
                 changed_ms = excluded.changed_ms, public_only = excluded.public_only",
            )
            .bind(client_service.as_i64())
            .bind(&settings.description)
            .bind(&settings.host)
            .bind(i64::from(settings.port))
            .bind(&settings.security)
            .bind(settings.from.as_str())
            .bind(&settings.from_name)
            .bind(settings.username.as_deref())
            .bind(password_sealed.map(<[u8]>::to_vec))
            .bind(ms(settings.connect_timeout_ms))
            .bind(ms(settings.command_timeout_ms))
            .bind(ms(settings.write_timeout_ms))
            .bind(now.unix_ms())
            .bind(i64::from(settings.public_only))
            .execute(&mut *tx)
            .await?;
            tx.commit().await?;
            Ok(true)
        })
        .await
    }

    /// Takes the mail server of a client service away; the installation's is used again. Returns
    /// whether there was one, and it was not done before, as the entry tells it.
    pub async fn reset_smtp_account(
        &self,
        client_service: ClientServiceId,
        entry: Option<&AuditEntry>,
    ) -> Result<bool> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            if !audit::admit(&mut tx, entry).await? {
                return Ok(false);
            }
            let done = sqlx::query("DELETE FROM smtp_account WHERE client_service_id = $1")
                .bind(client_service.as_i64())
                .execute(&mut *tx)
                .await?;
            tx.commit().await?;
            Ok(done.rows_affected() == 1)
        })
        .await
    }
}

impl Reader {
    /// The mail server of a client service.
    pub async fn smtp_account(
        &self,
        client_service: ClientServiceId,
    ) -> Result<Option<SmtpAccount>> {
        let found = sqlx::query(
            "SELECT description, host, port, security, from_address, from_name, username,
             password_sealed, connect_timeout_ms, command_timeout_ms, write_timeout_ms, revision, public_only
             FROM smtp_account WHERE client_service_id = $1",
        )
        .bind(client_service.as_i64())
        .fetch_optional(&self.pool)
        .await?;
        let Some(found) = found else { return Ok(None) };
        let port = u16::try_from(row::integer(&found, "port")?);
        Ok(Some(SmtpAccount {
            settings: SmtpSettings {
                description: row::text(&found, "description")?,
                host: row::text(&found, "host")?,
                port: port.map_err(|_| Error::Corrupt { column: "port" })?,
                security: row::text(&found, "security")?,
                from: MailAddress::from_stored(row::text(&found, "from_address")?),
                from_name: row::text(&found, "from_name")?,
                username: row::optional_text(&found, "username")?,
                connect_timeout_ms: row::unsigned(&found, "connect_timeout_ms")?,
                command_timeout_ms: row::unsigned(&found, "command_timeout_ms")?,
                write_timeout_ms: row::unsigned(&found, "write_timeout_ms")?,
                public_only: row::integer(&found, "public_only")? != 0,
            },
            password_sealed: row::optional_bytes(&found, "password_sealed")?,
            revision: row::integer(&found, "revision")?,
        }))
    }
}
