//! The words of pages about usage, one file per language. A language that lacks a sentence does not compile.

mod de;
mod en;
mod es;
mod fr;
mod it;
mod pt;

use crate::domain::language::Language;

/// The words of pages about usage. What is in braces is filled in.
#[derive(Debug)]
pub struct UsageWords {
    pub month: &'static str,
    pub day: &'static str,
    pub company: &'static str,
    pub mails_sent: &'static str,
    pub mails_failed: &'static str,
    pub all: &'static str,
    pub nothing: &'static str,
    pub counted_text: &'static str,
    pub month_wrong: &'static str,
    pub by_day: &'static str,
    pub by_month: &'static str,
    /// `{most}`.
    pub chart: &'static str,
}

/// The words of pages about usage in a language.
#[must_use]
pub const fn usage_words(language: Language) -> &'static UsageWords {
    match language {
        Language::Pt => &pt::WORDS,
        Language::En => &en::WORDS,
        Language::Es => &es::WORDS,
        Language::Fr => &fr::WORDS,
        Language::De => &de::WORDS,
        Language::It => &it::WORDS,
    }
}
