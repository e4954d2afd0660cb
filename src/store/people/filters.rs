//! Choices of operations that a person keeps.

use crate::domain::audit::AuditEntry;
use crate::domain::ids::PersonId;
use crate::domain::instant::Instant;
use crate::domain::listing::{FilterName, OperationFilter, SavedFilter};
use crate::store::{Reader, Result, Store, audit, row};

impl Store {
    /// Keeps a choice under its name, in place of one of that name. Returns whether it is kept: not when the person
    /// has `most` others.
    pub async fn save_filter(
        &self,
        person: PersonId,
        filter: &SavedFilter,
        (most, now): (u32, Instant),
        entry: &AuditEntry,
    ) -> Result<bool> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            let others = sqlx::query(
                "SELECT COUNT(*) AS many FROM saved_filter WHERE person_id = $1 AND name <> $2",
            )
            .bind(person.as_i64())
            .bind(filter.name.as_str())
            .fetch_one(&mut *tx)
            .await?;
            if row::small(&others, "many")? >= most {
                return Ok(false);
            }
            sqlx::query(
                "INSERT INTO saved_filter (person_id, name, choice, saved_ms) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (person_id, name) DO UPDATE
                 SET choice = excluded.choice, saved_ms = excluded.saved_ms",
            )
            .bind(person.as_i64())
            .bind(filter.name.as_str())
            .bind(filter.choice.to_text())
            .bind(now.unix_ms())
            .execute(&mut *tx)
            .await?;
            audit::record(&mut tx, entry).await?;
            tx.commit().await?;
            Ok(true)
        })
        .await
    }

    /// Forgets a choice. Returns whether there was one of that name.
    pub async fn forget_filter(
        &self,
        person: PersonId,
        name: &FilterName,
        entry: &AuditEntry,
    ) -> Result<bool> {
        self.again(|| async {
            let mut tx = self.begin().await?;
            let done = sqlx::query("DELETE FROM saved_filter WHERE person_id = $1 AND name = $2")
                .bind(person.as_i64())
                .bind(name.as_str())
                .execute(&mut *tx)
                .await?;
            if done.rows_affected() == 0 {
                return Ok(false);
            }
            audit::record(&mut tx, entry).await?;
            tx.commit().await?;
            Ok(true)
        })
        .await
    }
}

impl Reader {
    /// What a person keeps, by name. What a later version kept and this one cannot read is left out.
    pub async fn saved_filters(&self, person: PersonId) -> Result<Vec<SavedFilter>> {
        let rows =
            sqlx::query("SELECT name, choice FROM saved_filter WHERE person_id = $1 ORDER BY name")
                .bind(person.as_i64())
                .fetch_all(&self.pool)
                .await?;
        let mut filters = Vec::new();
        for found in &rows {
            let name = FilterName::parse(&row::text(found, "name")?);
            let choice = OperationFilter::parse(&row::text(found, "choice")?, &[]).ok();
            filters.extend(name.zip(choice).map(|(name, choice)| SavedFilter { name, choice }));
        }
        Ok(filters)
    }
}
