//! How many mails a client service has had recorded within a day, counted with those that come.

use std::collections::BTreeMap;

use sqlx::{AnyConnection, AssertSqlSafe};

use crate::domain::ids::ClientServiceId;
use crate::domain::instant::{HOUR_MS, Instant};
use crate::domain::outbox::{Message, Target};
use crate::store::{Result, placeholders, row};

/// What a day is here: the current hour and those before it.
pub const HOURS: i64 = 24;

/// Mails that a client service may have sent in a day; 0: any number.
#[derive(Clone, Copy, Debug)]
pub struct MailLimits {
    /// To all receivers.
    pub all: u32,
    /// To receivers of one domain.
    pub domain: u32,
}

/// A limit that mails would exceed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailLimitReached {
    /// Of which domain; empty for all.
    pub domain: String,
    /// So many are allowed.
    pub limit: u32,
    /// When as many would be allowed again.
    pub free: Instant,
}

/// Counts new mails of a client service, and says when they are more than it may have sent: what was written
/// must be taken back then.
pub(in crate::store) async fn count_mails(
    tx: &mut AnyConnection,
    service: ClientServiceId,
    messages: &[Message],
    limits: MailLimits,
    now: Instant,
) -> Result<Option<MailLimitReached>> {
    let mut new: BTreeMap<String, i64> = BTreeMap::new();
    for message in messages {
        if let Target::Mail { address, .. } = &message.target {
            for domain in [String::new(), address.domain().to_lowercase()] {
                *new.entry(domain).or_default() += 1;
            }
        }
    }
    if new.is_empty() {
        return Ok(None);
    }
    let hour = now.unix_ms().div_euclid(HOUR_MS);
    sqlx::query("DELETE FROM mail_count WHERE client_service_id = $1 AND hour <= $2")
        .bind(service.as_i64())
        .bind(hour - HOURS)
        .execute(&mut *tx)
        .await?;
    let sql = format!(
        "INSERT INTO mail_count (client_service_id, domain, hour, mails) VALUES {}
         ON CONFLICT (client_service_id, domain, hour)
         DO UPDATE SET mails = mail_count.mails + excluded.mails",
        placeholders(new.len(), 4)
    );
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for (domain, mails) in &new {
        query = query.bind(service.as_i64()).bind(domain.as_str()).bind(hour).bind(*mails);
    }
    query.execute(&mut *tx).await?;
    let marks: Vec<String> = (2..new.len() + 2).map(|n| format!("${n}")).collect();
    let sql = format!(
        "SELECT domain, hour, mails FROM mail_count
         WHERE client_service_id = $1 AND domain IN ({}) ORDER BY domain, hour",
        marks.join(",")
    );
    let mut query = sqlx::query(AssertSqlSafe(sql)).bind(service.as_i64());
    for domain in new.keys() {
        query = query.bind(domain.as_str());
    }
    let mut counted: BTreeMap<String, Vec<(i64, i64)>> = BTreeMap::new();
    for found in query.fetch_all(&mut *tx).await? {
        let hours = counted.entry(row::text(&found, "domain")?).or_default();
        hours.push((row::integer(&found, "hour")?, row::integer(&found, "mails")?));
    }
    Ok(counted.into_iter().find_map(|(domain, hours)| {
        let limit = if domain.is_empty() { limits.all } else { limits.domain };
        let free = free_again(&hours, limit)?;
        Some(MailLimitReached { domain, limit, free })
    }))
}

/// When no more than `limit` mails of these hours are left in a day; `None` when they are not more now. Hours
/// are counted from 1970 and in order, each with its mails.
#[must_use]
pub fn free_again(hours: &[(i64, i64)], limit: u32) -> Option<Instant> {
    let mut left: i64 = hours.iter().map(|(_, mails)| *mails).sum();
    let mut free = None;
    for (hour, mails) in hours {
        if limit == 0 || left <= i64::from(limit) {
            break;
        }
        left -= mails;
        free = Some(Instant::from_unix_ms((hour + HOURS) * HOUR_MS));
    }
    free
}
