//! The words of pages about the letters of client services, one file per language. A language that lacks a sentence does not compile.

mod de;
mod en;
mod es;
mod fr;
mod it;
mod pt;

use crate::domain::language::Language;

/// The words of pages about the letters of client services. What is in braces is filled in.
#[derive(Debug)]
pub struct LetterPageWords {
    pub letters: &'static str,
    pub letters_text: &'static str,
    pub letter: &'static str,
    /// `TemplateKind`, in its order.
    pub kinds: [&'static str; 1],
    pub every_language: &'static str,
    pub origin: &'static str,
    /// `{version}`.
    pub own_version: &'static str,
    /// `{version}`.
    pub general_version: &'static str,
    pub of_system: &'static str,
    pub subject: &'static str,
    pub text: &'static str,
    pub html: &'static str,
    pub note: &'static str,
    pub preview: &'static str,
    pub preview_text: &'static str,
    pub no_preview: &'static str,
    pub save: &'static str,
    pub saved: &'static str,
    pub mistakes: &'static str,
    /// `{line}`, `{column}`.
    pub mistake_at: &'static str,
    /// `{version}`.
    pub overtaken: &'static str,
    pub names: &'static str,
    /// Shown as it is.
    pub names_text: &'static str,
    pub history: &'static str,
    pub version: &'static str,
    pub never_set: &'static str,
    pub was_taken_back: &'static str,
    pub restore: &'static str,
    pub restored: &'static str,
    pub take_back: &'static str,
    pub take_back_text: &'static str,
    pub taken_back: &'static str,
    pub compare: &'static str,
    pub test: &'static str,
    pub test_text: &'static str,
    pub to: &'static str,
    /// `{subject}`.
    pub test_subject: &'static str,
    /// `{address}`, `{reply}`.
    pub tested: &'static str,
    /// `{address}`, `{step}`, `{reply}`.
    pub not_tested: &'static str,
    pub no_server: &'static str,
    pub address_wrong: &'static str,
    pub test_before: &'static str,
    /// `{most}`.
    pub tests_many: &'static str,
}

/// The words of pages about the letters of client services in a language.
#[must_use]
pub const fn letter_page_words(language: Language) -> &'static LetterPageWords {
    match language {
        Language::Pt => &pt::WORDS,
        Language::En => &en::WORDS,
        Language::Es => &es::WORDS,
        Language::Fr => &fr::WORDS,
        Language::De => &de::WORDS,
        Language::It => &it::WORDS,
    }
}
