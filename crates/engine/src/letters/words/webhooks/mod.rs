//! The words of pages about webhooks, one file per language. A language that lacks a sentence does not compile.

mod de;
mod en;
mod es;
mod fr;
mod it;
mod pt;

use crate::domain::language::Language;

/// The words of pages about webhooks. What is in braces is filled in.
#[derive(Debug)]
pub struct WebhookWords {
    pub webhooks: &'static str,
    pub none: &'static str,
    pub url: &'static str,
    pub url_text: &'static str,
    /// `{why}`.
    pub url_wrong: &'static str,
    pub state: &'static str,
    pub states: [&'static str; 4],
    /// `enabled`, `disabled`.
    pub switch: [&'static str; 2],
    /// `{when}`.
    pub failing: &'static str,
    pub events: &'static str,
    pub events_text: &'static str,
    pub everything: &'static str,
    pub description: &'static str,
    pub scheme: &'static str,
    pub schemes: [&'static str; 2],
    pub add: &'static str,
    pub made: &'static str,
    pub change: &'static str,
    pub changed: &'static str,
    pub remove: &'static str,
    pub remove_text: &'static str,
    pub remove_sure: &'static str,
    pub remove_wrong: &'static str,
    pub removed: &'static str,
    pub secrets: &'static str,
    /// `{scheme}`, `{made}`.
    pub secret_of: &'static str,
    pub new_secret: &'static str,
    pub new_secret_text: &'static str,
    pub only: &'static str,
    pub secret_text: &'static str,
    pub key_text: &'static str,
    pub secret_before: &'static str,
    pub test: &'static str,
    pub test_text: &'static str,
    pub test_good: &'static str,
    /// `{phase}`.
    pub test_bad: &'static str,
    pub test_before: &'static str,
    pub log: &'static str,
    pub outcome: &'static str,
    /// `TryOutcome`, in its order.
    pub outcomes: [&'static str; 3],
    /// Taken over, later, never, too large, no way there, interrupted, running.
    pub verdicts: [&'static str; 7],
    pub ambiguous: &'static str,
    pub event: &'static str,
    pub number: &'static str,
    pub took: &'static str,
    pub reply: &'static str,
    pub next: &'static str,
    pub no_tries: &'static str,
    pub replay: &'static str,
    /// `{most}`.
    pub replay_text: &'static str,
    pub from: &'static str,
    pub until: &'static str,
    pub failed_only: &'static str,
    pub count: &'static str,
    /// `{number}`, `{first}`, `{last}`.
    pub counted: &'static str,
    pub counted_none: &'static str,
    pub counted_more: &'static str,
    pub confirm: &'static str,
    pub replayed: &'static str,
    pub replay_others: &'static str,
    pub time_wrong: &'static str,
    pub disabled_text: &'static str,
    /// `{limit}`.
    pub full: &'static str,
}

/// The words of pages about webhooks in a language.
#[must_use]
pub const fn webhook_words(language: Language) -> &'static WebhookWords {
    match language {
        Language::Pt => &pt::WORDS,
        Language::En => &en::WORDS,
        Language::Es => &es::WORDS,
        Language::Fr => &fr::WORDS,
        Language::De => &de::WORDS,
        Language::It => &it::WORDS,
    }
}
