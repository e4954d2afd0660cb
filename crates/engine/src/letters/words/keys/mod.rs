//! The words of pages about keys and first imports of credentials, one file per language. A language that lacks a sentence does not compile.

mod de;
mod en;
mod es;
mod fr;
mod it;
mod pt;

use crate::domain::language::Language;

/// The words of pages about keys and first imports of credentials. What is in braces is filled in.
#[derive(Debug)]
pub struct KeyWords {
    pub keys: &'static str,
    pub new_credential: &'static str,
    pub steps: &'static str,
    pub no_back_ends: &'static str,
    pub no_keys: &'static str,
    /// `{why}`.
    pub silent: &'static str,
    pub label: &'static str,
    pub label_text: &'static str,
    pub label_wrong: &'static str,
    pub id: &'static str,
    pub beside: &'static str,
    pub yes_no: [&'static str; 2],
    pub other_kind: &'static str,
    pub used_by: &'static str,
    pub not_used: &'static str,
    pub generate: &'static str,
    pub generate_text: &'static str,
    pub generated: &'static str,
    pub generated_before: &'static str,
    pub common_name: &'static str,
    pub common_name_wrong: &'static str,
    pub organization: &'static str,
    pub organization_identifier: &'static str,
    pub organization_identifier_text: &'static str,
    pub country: &'static str,
    pub serial_number: &'static str,
    pub request_text: &'static str,
    pub import: &'static str,
    pub import_text: &'static str,
    pub name: &'static str,
    pub file: &'static str,
    pub pasted: &'static str,
    pub waiting: &'static str,
    pub confirm_text: &'static str,
    pub confirmed: &'static str,
    pub refused: &'static str,
    pub name_waits: &'static str,
    pub grant: &'static str,
    pub grant_text: &'static str,
    /// `{date}`, `{used}`, `{all}`.
    pub granted: &'static str,
    pub no_grant: &'static str,
    pub grant_until: &'static str,
    pub signatures: &'static str,
    pub grant_save: &'static str,
    pub grant_saved: &'static str,
    pub grant_wrong: &'static str,
}

/// The words of pages about keys and first imports of credentials in a language.
#[must_use]
pub const fn key_words(language: Language) -> &'static KeyWords {
    match language {
        Language::Pt => &pt::WORDS,
        Language::En => &en::WORDS,
        Language::Es => &es::WORDS,
        Language::Fr => &fr::WORDS,
        Language::De => &de::WORDS,
        Language::It => &it::WORDS,
    }
}
