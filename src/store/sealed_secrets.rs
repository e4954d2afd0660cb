//! What depends on the key in `secrets.key_file`: sealed secrets and receivers' links.

use super::{Reader, Result, row};
use crate::domain::ids::{ClientServiceId, PersonCredentialId};

/// Where a secret lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretPlace {
    /// The password of a client service's mail server.
    MailPassword {
        client_service: ClientServiceId,
        /// For people.
        alias: String,
    },
    /// A signing secret of a webhook endpoint.
    Webhook {
        /// The secret's own number.
        id: i64,
        /// For people.
        url: String,
    },
    /// The secret of a person's app for codes.
    SecondFactor {
        /// Its own number.
        id: PersonCredentialId,
        /// For people.
        address: String,
    },
}

impl Reader {
    /// Every sealed secret that is in use, those of mail servers first.
    pub async fn sealed_secrets(&self) -> Result<Vec<(SecretPlace, Vec<u8>)>> {
        let passwords = sqlx::query(
            "SELECT client_service.id, client_service.alias, smtp_account.password_sealed
             FROM smtp_account
             JOIN client_service ON client_service.id = smtp_account.client_service_id
             WHERE password_sealed IS NOT NULL ORDER BY client_service.alias",
        )
        .fetch_all(&self.pool)
        .await?;
        let webhooks = sqlx::query(
            "SELECT webhook_secret.id, webhook_endpoint.url, webhook_secret.sealed
             FROM webhook_secret
             JOIN webhook_endpoint ON webhook_endpoint.id = webhook_secret.endpoint_id
             WHERE webhook_endpoint.removed_ms IS NULL ORDER BY webhook_secret.id",
        )
        .fetch_all(&self.pool)
        .await?;
        let apps = sqlx::query(
            "SELECT person_credential.id, person.address, person_credential.value
             FROM person_credential JOIN person ON person.id = person_credential.person_id
             WHERE person_credential.kind = 'TOTP' ORDER BY person_credential.id",
        )
        .fetch_all(&self.pool)
        .await?;
        let mut all = Vec::with_capacity(passwords.len() + webhooks.len() + apps.len());
        for found in &passwords {
            let place = SecretPlace::MailPassword {
                client_service: ClientServiceId::from_i64(row::integer(found, "id")?),
                alias: row::text(found, "alias")?,
            };
            all.push((place, row::bytes(found, "password_sealed")?));
        }
        for found in &webhooks {
            let place = SecretPlace::Webhook {
                id: row::integer(found, "id")?,
                url: row::text(found, "url")?,
            };
            all.push((place, row::bytes(found, "sealed")?));
        }
        for found in &apps {
            let place = SecretPlace::SecondFactor {
                id: PersonCredentialId::from_i64(row::integer(found, "id")?),
                address: row::text(found, "address")?,
            };
            all.push((place, row::bytes(found, "value")?));
        }
        Ok(all)
    }

    /// Whether something was made with the key that another key could not go on with: sealed secrets,
    /// or links that are not closed.
    pub async fn needs_its_key(&self) -> Result<bool> {
        let found = sqlx::query(
            "SELECT 1 AS one FROM smtp_account WHERE password_sealed IS NOT NULL
             UNION ALL SELECT 1 FROM webhook_secret
             UNION ALL SELECT 1 FROM person_credential WHERE kind <> 'PASSWORD'
             UNION ALL SELECT 1 FROM message
                 WHERE link_expires_ms IS NOT NULL AND link_revoked_ms IS NULL
             LIMIT 1",
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(found.is_some())
    }
}
