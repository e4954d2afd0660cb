//! Keys that answered with a wrong value: recorded, so that no process over the database uses them until
//! somebody releases them.

use super::{Reader, Result, Store, row};
use crate::domain::instant::Instant;

/// A key in quarantine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuarantinedKey {
    /// SHA-256 of its public half (SubjectPublicKeyInfo).
    pub key: [u8; 32],
    /// When it answered with a wrong value first.
    pub since: Instant,
}

impl Store {
    /// Puts a key into quarantine; one that is in it already stays as it is.
    pub async fn quarantine_key(&self, key: [u8; 32], now: Instant) -> Result<()> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            sqlx::query(
                "INSERT INTO quarantined_key (key_sha256, since_ms) VALUES ($1, $2)
                 ON CONFLICT (key_sha256) DO NOTHING",
            )
            .bind(key.to_vec())
            .bind(now.unix_ms())
            .execute(&mut *tx)
            .await?;
            tx.commit().await
        })
        .await
    }

    /// Releases a key. Returns whether it was in quarantine.
    pub async fn release_key(&self, key: [u8; 32]) -> Result<bool> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            let done = sqlx::query("DELETE FROM quarantined_key WHERE key_sha256 = $1")
                .bind(key.to_vec())
                .execute(&mut *tx)
                .await?;
            tx.commit().await?;
            Ok(done.rows_affected() == 1)
        })
        .await
    }
}

impl Reader {
    /// The keys in quarantine.
    pub async fn quarantined_keys(&self) -> Result<Vec<QuarantinedKey>> {
        let rows =
            sqlx::query("SELECT key_sha256, since_ms FROM quarantined_key ORDER BY since_ms")
                .fetch_all(&self.pool)
                .await?;
        rows.iter()
            .map(|found| {
                Ok(QuarantinedKey {
                    key: row::sha256(found, "key_sha256")?,
                    since: row::instant(found, "since_ms")?,
                })
            })
            .collect()
    }

    /// Whether a key is in quarantine.
    pub async fn is_quarantined(&self, key: [u8; 32]) -> Result<bool> {
        let found = sqlx::query("SELECT since_ms FROM quarantined_key WHERE key_sha256 = $1")
            .bind(key.to_vec())
            .fetch_optional(&self.pool)
            .await?;
        Ok(found.is_some())
    }
}
