//! The words of pages about the audit record, one file per language. A language that lacks a sentence does not compile.

mod de;
mod en;
mod es;
mod fr;
mod it;
mod pt;

use crate::domain::language::Language;

/// The words of pages about the audit record. What is in braces is filled in.
#[derive(Debug)]
pub struct AuditWords {
    pub about: &'static str,
    pub none: &'static str,
    pub chain: &'static str,
    pub chain_text: &'static str,
    pub verify: &'static str,
    pub kept: &'static str,
    pub kept_wrong: &'static str,
    pub whole: &'static str,
    /// `{place}`.
    pub changed: &'static str,
    /// `{place}`.
    pub missing: &'static str,
    /// `{id}`.
    pub inserted: &'static str,
    pub headless: &'static str,
    pub not_kept: &'static str,
    /// `{place}`.
    pub kept_at: &'static str,
    pub entries: &'static str,
    pub head: &'static str,
}

/// The words of pages about the audit record in a language.
#[must_use]
pub const fn audit_words(language: Language) -> &'static AuditWords {
    match language {
        Language::Pt => &pt::WORDS,
        Language::En => &en::WORDS,
        Language::Es => &es::WORDS,
        Language::Fr => &fr::WORDS,
        Language::De => &de::WORDS,
        Language::It => &it::WORDS,
    }
}
