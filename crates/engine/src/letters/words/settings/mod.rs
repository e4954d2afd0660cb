//! The words of pages about settings and the calendar of algorithms, one file per language. A language that lacks a sentence does not compile.

mod de;
mod en;
mod es;
mod fr;
mod it;
mod pt;

use crate::domain::language::Language;

/// The words of pages about settings and the calendar of algorithms. What is in braces is filled in.
#[derive(Debug)]
pub struct SettingsWords {
    /// `{file}`.
    pub read_only: &'static str,
    pub no_file: &'static str,
    pub installation: &'static str,
    pub version: &'static str,
    pub started: &'static str,
    pub database: &'static str,
    pub schema: &'static str,
    pub writes: [&'static str; 2],
    pub clock: &'static str,
    pub clocks: [&'static str; 2],
    pub back_ends: &'static str,
    pub authorities: &'static str,
    pub lists: &'static str,
    pub mail: &'static str,
    pub none: &'static str,
    /// `{when}` of the second.
    pub answers: [&'static str; 3],
    /// `{number}`, `{when}`.
    pub lists_read: &'static str,
    pub lists_unread: &'static str,
    pub only_differing: &'static str,
    pub all: &'static str,
    pub setting: &'static str,
    pub value: &'static str,
    pub default: &'static str,
    pub source: &'static str,
    pub sources: [&'static str; 2],
    pub meaning: &'static str,
    pub differs: &'static str,
    pub empty: &'static str,
    pub there: [&'static str; 2],
    pub calendar: &'static str,
    pub calendar_text: &'static str,
    pub what: &'static str,
    pub whose: &'static str,
    /// Of a signer, an authority, a time-stamp authority, an OCSP responder.
    pub owners: [&'static str; 4],
    pub anybody: &'static str,
    /// `{name}`, `{bits}`.
    pub below: &'static str,
    pub issued: &'static str,
    pub until: &'static str,
    pub no_end: &'static str,
    pub written: &'static str,
    pub touched: &'static str,
    pub stands_on: &'static str,
    pub chain_ends: &'static str,
    pub before_end: &'static str,
    pub untold: &'static str,
}

/// The words of pages about settings and the calendar of algorithms in a language.
#[must_use]
pub const fn settings_words(language: Language) -> &'static SettingsWords {
    match language {
        Language::Pt => &pt::WORDS,
        Language::En => &en::WORDS,
        Language::Es => &es::WORDS,
        Language::Fr => &fr::WORDS,
        Language::De => &de::WORDS,
        Language::It => &it::WORDS,
    }
}
