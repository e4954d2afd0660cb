//! The words of pages about operations, one file per language. A language that lacks a sentence does not compile.

mod de;
mod en;
mod es;
mod fr;
mod it;
mod pt;

use crate::domain::language::Language;

/// The words of pages about operations. What is in braces is filled in.
#[derive(Debug)]
pub struct OperationWords {
    /// What can be looked for.
    pub find_text: &'static str,
    pub found: &'static str,
    pub found_by: &'static str,
    pub nothing_found: &'static str,
    pub more_found: &'static str,
    pub reference: &'static str,
    pub state: &'static str,
    pub documents: &'static str,
    /// `{sealed}`, `{all}`.
    pub sealed_of: &'static str,
    pub receivers: &'static str,
    pub no_receivers: &'static str,
    pub accepted: &'static str,
    pub ended: &'static str,
    pub next_try: &'static str,
    pub waits_because: &'static str,
    pub description: &'static str,
    pub number: &'static str,
    pub today: &'static str,
    pub today_text: &'static str,
    pub executed: &'static str,
    pub execution_failed: &'static str,
    pub sealed: &'static str,
    pub unsealed: &'static str,
    pub pending: &'static str,
    pub retrying: &'static str,
    pub mails: &'static str,
    pub given_up: &'static str,
    pub oldest_operation: &'static str,
    pub oldest_mail: &'static str,
    /// `{number}`.
    pub or_more: &'static str,
    pub alarms: &'static str,
    pub no_alarms: &'static str,
    pub timeline: &'static str,
    pub after: &'static str,
    pub key_asked: &'static str,
    /// `{number}`.
    pub last_key_asked: &'static str,
    /// `{state}`.
    pub ended_as: &'static str,
    /// `{address}`.
    pub asked_again: &'static str,
    /// `{address}`, `{number}`, `{verdict}`.
    pub tried: &'static str,
    /// `{address}`.
    pub opened: &'static str,
    /// `{address}`.
    pub link_closed: &'static str,
    /// `{name}`.
    pub by: &'static str,
    pub name: &'static str,
    pub size: &'static str,
    pub format: &'static str,
    pub why_not: &'static str,
    pub files: &'static str,
    pub save: &'static str,
    pub not_kept: &'static str,
    pub more_documents: &'static str,
    pub tries: &'static str,
    pub server_said: &'static str,
    pub may_have_arrived: &'static str,
    pub resend: &'static str,
    pub resend_text: &'static str,
    /// `{address}`.
    pub instead: &'static str,
    pub one_more: &'static str,
    pub attach: &'static str,
    pub sent_again: &'static str,
    pub nobody_chosen: &'static str,
    /// `{address}`.
    pub address_wrong: &'static str,
    pub retry: &'static str,
    pub retry_text: &'static str,
    pub retried: &'static str,
    pub nothing_waits: &'static str,
    pub close_links: &'static str,
    pub close_links_text: &'static str,
    pub links_closed: &'static str,
    pub choose: &'static str,
    pub any: &'static str,
    pub from_day: &'static str,
    pub until_day: &'static str,
    pub error: &'static str,
    pub receiver: &'static str,
    pub delivery: &'static str,
    pub client_service: &'static str,
    pub show: &'static str,
    pub csv: &'static str,
    pub older: &'static str,
    pub newest: &'static str,
    pub none_so: &'static str,
    pub filter_wrong: &'static str,
    pub saved_filters: &'static str,
    pub keep_filter: &'static str,
    pub filter_name: &'static str,
    pub forget_filter: &'static str,
    pub filter_name_wrong: &'static str,
    /// `{number}`.
    pub filters_full: &'static str,
    /// By what something was found: number of operation and of document, references, name, receiver, SHA-256 of both files.
    pub matched: [&'static str; 8],
    /// Of operations: in work, waiting for a next try, sealed, failed.
    pub states: [&'static str; 4],
    /// Of mails: waiting, sent, received, tried again, given up.
    pub standings: [&'static str; 5],
    /// Of documents: waiting, sealed, not sealed.
    pub document_states: [&'static str; 3],
    /// Of tries: running, taken, again later, refused, too large, the way is closed, interrupted.
    pub verdicts: [&'static str; 7],
    /// Of people: sent again, tried again, closed links.
    pub acts: [&'static str; 3],
}

/// The words of pages about operations in a language.
#[must_use]
pub const fn operation_words(language: Language) -> &'static OperationWords {
    match language {
        Language::Pt => &pt::WORDS,
        Language::En => &en::WORDS,
        Language::Es => &es::WORDS,
        Language::Fr => &fr::WORDS,
        Language::De => &de::WORDS,
        Language::It => &it::WORDS,
    }
}
