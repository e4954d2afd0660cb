//! The words of pages about sets of operations, one file per language. A language that lacks a sentence does not compile.

mod de;
mod en;
mod es;
mod fr;
mod it;
mod pt;

use crate::domain::language::Language;

/// The words of pages about sets. What is in braces is filled in.
#[derive(Debug)]
pub struct SetWords {
    pub act_on_all: &'static str,
    pub act_on_all_text: &'static str,
    pub resend_hint: &'static str,
    pub retry_hint: &'static str,
    pub in_it: &'static str,
    pub mails_in_it: &'static str,
    pub operations_in_it: &'static str,
    pub of_operations: &'static str,
    pub done: &'static str,
    pub refused: &'static str,
    pub left: &'static str,
    pub chosen_by: &'static str,
    pub all_seen: &'static str,
    pub counted_by: &'static str,
    pub approved_by: &'static str,
    pub counted: &'static str,
    pub counted_text: &'static str,
    pub nothing_in_it: &'static str,
    pub confirm: &'static str,
    pub propose: &'static str,
    /// `{number}`.
    pub propose_text: &'static str,
    pub awaits: &'static str,
    pub decide: &'static str,
    pub agree: &'static str,
    pub agree_text: &'static str,
    pub refuse: &'static str,
    pub refuse_text: &'static str,
    pub own: &'static str,
    pub not_yours: &'static str,
    pub cancel: &'static str,
    pub cancel_text: &'static str,
    pub not_counted: &'static str,
    /// `{number}`.
    pub too_much: &'static str,
    pub not_done: &'static str,
    pub why: &'static str,
    pub overtaken: &'static str,
    pub nothing_waits: &'static str,
    pub gone: &'static str,
    pub further: &'static str,
    pub some_of_it: &'static str,
    pub look_again: &'static str,
    pub none: &'static str,
    /// Kinds: sent again, tried again.
    pub kinds: [&'static str; 2],
    /// Being counted, counted, proposed, running, done, cancelled.
    pub states: [&'static str; 6],
    /// Counted, wanted, agreed to, cancelled.
    pub acts: [&'static str; 4],
}

/// The words of pages about sets in a language.
#[must_use]
pub const fn set_words(language: Language) -> &'static SetWords {
    match language {
        Language::Pt => &pt::WORDS,
        Language::En => &en::WORDS,
        Language::Es => &es::WORDS,
        Language::Fr => &fr::WORDS,
        Language::De => &de::WORDS,
        Language::It => &it::WORDS,
    }
}
