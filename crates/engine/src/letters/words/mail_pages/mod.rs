//! The words of pages about mail servers, one file per language. A language that lacks a sentence does not compile.

mod de;
mod en;
mod es;
mod fr;
mod it;
mod pt;

use crate::domain::language::Language;

/// The words of pages about mail servers. What is in braces is filled in.
#[derive(Debug)]
pub struct MailPageWords {
    pub mail: &'static str,
    pub of_house: &'static str,
    pub house_text: &'static str,
    pub none: &'static str,
    pub uses_own: &'static str,
    pub uses_house: &'static str,
    pub host: &'static str,
    pub host_text: &'static str,
    pub port: &'static str,
    pub port_text: &'static str,
    pub security: &'static str,
    /// `Security`, in its order.
    pub securities: [&'static str; 3],
    pub from: &'static str,
    pub from_name: &'static str,
    pub from_name_text: &'static str,
    pub username: &'static str,
    pub username_text: &'static str,
    pub mail_password: &'static str,
    pub mail_password_text: &'static str,
    pub has_password: &'static str,
    pub no_login: &'static str,
    pub dkim: &'static str,
    pub not_signed: &'static str,
    /// `{name}`.
    pub signed: &'static str,
    pub health: &'static str,
    pub healthy: &'static str,
    /// `{since}`, `{until}`, `{words}`.
    pub closed: &'static str,
    pub waiting: &'static str,
    pub networks: &'static str,
    pub public_only: &'static str,
    pub any_network: &'static str,
    pub set: &'static str,
    pub set_text: &'static str,
    pub was_set: &'static str,
    pub take_away: &'static str,
    pub take_away_text: &'static str,
    pub was_taken_away: &'static str,
    pub test_text: &'static str,
    pub steps: &'static str,
    pub step_states: [&'static str; 3],
    pub password_needed: &'static str,
    pub not_public: &'static str,
    pub port_wrong: &'static str,
}

/// The words of pages about mail servers in a language.
#[must_use]
pub const fn mail_page_words(language: Language) -> &'static MailPageWords {
    match language {
        Language::Pt => &pt::WORDS,
        Language::En => &en::WORDS,
        Language::Es => &es::WORDS,
        Language::Fr => &fr::WORDS,
        Language::De => &de::WORDS,
        Language::It => &it::WORDS,
    }
}
