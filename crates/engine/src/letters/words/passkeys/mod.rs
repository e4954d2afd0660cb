//! The words of pages about passkeys, one file per language. A language that lacks a sentence does not compile.

mod de;
mod en;
mod es;
mod fr;
mod it;
mod pt;

use crate::domain::language::Language;

/// The words of pages about passkeys. What is in braces is filled in.
#[derive(Debug)]
pub struct PasskeyWords {
    pub passkeys: &'static str,
    pub text: &'static str,
    pub none: &'static str,
    pub add: &'static str,
    pub add_text: &'static str,
    pub name: &'static str,
    pub name_hint: &'static str,
    /// `{most}`.
    pub name_wrong: &'static str,
    pub known: &'static str,
    /// `{most}`.
    pub many: &'static str,
    pub wrong: &'static str,
    pub added: &'static str,
    pub used: &'static str,
    pub never: &'static str,
    pub copied: &'static str,
    /// On one device alone.
    pub single: &'static str,
    pub remove: &'static str,
    /// `{name}`.
    pub remove_text: &'static str,
    pub last: &'static str,
    pub use_one: &'static str,
    /// The browser gave none.
    pub stopped: &'static str,
    /// The device has one already.
    pub known_here: &'static str,
    /// Without a script.
    pub script: &'static str,
    pub not_possible: &'static str,
    pub sign_in_wrong: &'static str,
    /// In place of an app.
    pub instead: &'static str,
}

/// The words of pages about passkeys in a language.
#[must_use]
pub const fn passkey_words(language: Language) -> &'static PasskeyWords {
    match language {
        Language::Pt => &pt::WORDS,
        Language::En => &en::WORDS,
        Language::Es => &es::WORDS,
        Language::Fr => &fr::WORDS,
        Language::De => &de::WORDS,
        Language::It => &it::WORDS,
    }
}
