//! The words of the pages of help, one file per language. A language that lacks a sentence does not compile.

mod de;
mod en;
mod es;
mod fr;
mod it;
mod pt;

use crate::domain::error_topic::ErrorTopic;
use crate::domain::language::Language;

/// The words of the pages of help.
#[derive(Debug)]
pub struct HelpWords {
    pub help: &'static str,
    pub text: &'static str,
    pub keys: &'static str,
    pub key: &'static str,
    pub does: &'static str,
    /// When keys count.
    pub keys_text: &'static str,
    pub key_help: &'static str,
    pub key_search: &'static str,
    /// Of `g` and a second key: the first page, operations, client services.
    pub key_go: &'static str,
    pub key_tab: &'static str,
    pub key_enter: &'static str,
    pub key_escape: &'static str,
    /// The switch for keys that are pressed alone (WCAG 2.2, 2.1.4).
    pub single: &'static str,
    pub single_text: &'static str,
    pub close: &'static str,
    pub errors: &'static str,
    pub errors_text: &'static str,
    pub means: &'static str,
    pub todo: &'static str,
    pub same: &'static str,
    pub with_it: &'static str,
    pub unknown: &'static str,
    pub explain: &'static str,
}

/// What people are told of errors of one topic. `{credentials}` and `{retry}` are filled in: what is called so on pages.
#[derive(Clone, Copy, Debug)]
pub struct TopicWords {
    pub title: &'static str,
    pub meaning: &'static str,
    pub todo: &'static str,
}

/// The words of help in a language.
#[must_use]
pub const fn help_words(language: Language) -> &'static HelpWords {
    match language {
        Language::Pt => &pt::WORDS,
        Language::En => &en::WORDS,
        Language::Es => &es::WORDS,
        Language::Fr => &fr::WORDS,
        Language::It => &it::WORDS,
        Language::De => &de::WORDS,
    }
}

/// What errors of a topic mean, in a language.
#[must_use]
pub const fn topic_words(language: Language, topic: ErrorTopic) -> TopicWords {
    match language {
        Language::Pt => pt::topic(topic),
        Language::En => en::topic(topic),
        Language::Es => es::topic(topic),
        Language::Fr => fr::topic(topic),
        Language::It => it::topic(topic),
        Language::De => de::topic(topic),
    }
}
