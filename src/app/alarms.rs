//! Settings of alarms.

use serde::{Deserialize, Deserializer};

use crate::domain::delivery::MailAddress;
use crate::domain::language::Language;

/// Who is told what, and when.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlarmsConfig {
    /// Operators of the installation.
    #[serde(deserialize_with = "addresses")]
    pub receivers: Vec<MailAddress>,
    /// The language they are written to in.
    #[serde(deserialize_with = "language")]
    pub language: Language,
    /// Days before a certificate ends at which people are told.
    pub expiry_days: Vec<u32>,
    /// Milliseconds between two looks.
    pub check_ms: u64,
    /// Milliseconds a mail server may refuse everybody before people are told.
    pub circuit_ms: i64,
    /// Milliseconds a message may wait for its first try.
    pub queue_age_ms: i64,
    /// Milliseconds an operation may be unfinished.
    pub operation_age_ms: i64,
    /// Milliseconds after it was told in which an alarm that comes back is not told again.
    pub quiet_ms: i64,
}

fn addresses<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<MailAddress>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let parse = |text: &String| {
        MailAddress::parse(text).ok_or_else(|| {
            serde::de::Error::custom(format!("alarms.receivers: {text:?} is not a mail address"))
        })
    };
    texts.iter().map(parse).collect()
}

fn language<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Language, D::Error> {
    let text = String::deserialize(deserializer)?;
    Language::parse(&text).ok_or_else(|| {
        let known = Language::ALL.map(Language::as_str).join(", ");
        serde::de::Error::custom(format!("alarms.language: {text:?} is none of {known}"))
    })
}
