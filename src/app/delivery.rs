//! Settings of delivery, checked.

use std::ops::RangeInclusive;

use serde::{Deserialize as _, Deserializer};

use super::settings::DeliveryConfig;
use crate::domain::delivery::Ladder;
use crate::domain::instant::DAY_MS;

const MONTH_MS: i64 = 31 * DAY_MS;

impl DeliveryConfig {
    /// Names of the ladders for mails.
    pub const MAIL_LADDERS: [&'static str; 2] = ["compat", "standard"];

    /// Refuses values with which nothing would be delivered, or for ever.
    ///
    /// # Errors
    /// A sentence that names the setting and what it may be.
    pub fn check(&self) -> Result<(), String> {
        let waits =
            |name, waits: &[i64]| match waits.iter().find(|ms| !(0..=MONTH_MS).contains(*ms)) {
                Some(ms) => Err(format!("delivery.{name}: {ms} is no wait: use 0 to {MONTH_MS}")),
                None => Ok(()),
            };
        let count = |value: usize| i64::try_from(value).unwrap_or(i64::MAX);
        let poll_ms = i64::try_from(self.poll_ms).unwrap_or(i64::MAX);
        within("senders", count(self.senders), 1..=1000)?;
        within("senders_per_way", count(self.senders_per_way), 1..=1000)?;
        within("lease_ms", self.lease_ms, 1000..=DAY_MS)?;
        within("poll_ms", poll_ms, 10..=DAY_MS)?;
        within("rest_ms", self.rest_ms, 1..=DAY_MS)?;
        within("rest_at_most_ms", self.rest_at_most_ms, self.rest_ms..=DAY_MS)?;
        within("give_up_hours", self.give_up_hours, 1..=8760)?;
        within("link_days", self.link_days, 1..=36500)?;
        waits("mail_waits_ms", &self.mail_waits_ms)?;
        waits("webhook_waits_ms", &self.webhook_waits_ms)
    }

    /// The waits between tries of a mail.
    #[must_use]
    pub fn mail_ladder(&self) -> Ladder {
        match self.mail_waits_ms.as_slice() {
            [] => Ladder::named(&self.mail_ladder).unwrap_or_else(Ladder::compat),
            waits => Ladder::of(waits.to_vec()),
        }
    }

    /// The waits between tries of a webhook.
    #[must_use]
    pub fn webhook_ladder(&self) -> Ladder {
        match self.webhook_waits_ms.as_slice() {
            [] => Ladder::webhook(),
            waits => Ladder::of(waits.to_vec()),
        }
    }
}

fn within(name: &str, value: i64, range: RangeInclusive<i64>) -> Result<(), String> {
    if range.contains(&value) {
        return Ok(());
    }
    Err(format!("delivery.{name} = {value}: use {} to {}", range.start(), range.end()))
}

pub(super) fn mail_ladder<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let name = String::deserialize(deserializer)?;
    if DeliveryConfig::MAIL_LADDERS.contains(&name.as_str()) {
        return Ok(name);
    }
    let known = DeliveryConfig::MAIL_LADDERS.join(" or ");
    Err(serde::de::Error::custom(format!("delivery.mail_ladder: {name:?} is none, use {known}")))
}
