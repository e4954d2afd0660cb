//! The words of an invoice that people read, one file per language: what its terms are called, and what stands around
//! them. A language that lacks a word does not compile.

mod de;
mod en;
mod es;
mod fr;
mod it;
mod pt;

use crate::domain::invoice::InvoiceWord;
use crate::domain::language::Language;

/// What stands around an invoice. What is in braces is filled in.
#[derive(Debug)]
pub struct InvoiceWords {
    /// Leads past what stands before the invoice.
    pub skip: &'static str,
    /// Of the link on the receiver's page.
    pub view: &'static str,
    /// Of the link to the pages of a PDF.
    pub pages: &'static str,
    pub seal: &'static str,
    pub format: &'static str,
    /// Before the name of the file that the invoice was read from.
    pub inside: &'static str,
    pub lines: &'static str,
    /// `{from}`, `{to}`, `{count}`.
    pub lines_shown: &'static str,
    /// `{count}`.
    pub further_lines: &'static str,
    pub previous_lines: &'static str,
    pub next_lines: &'static str,
    /// `{number}`, `{count}`.
    pub of_invoices: &'static str,
    pub previous_invoice: &'static str,
    pub next_invoice: &'static str,
    /// What the links to other lines and invoices are.
    pub pages_of: &'static str,
    pub not_shown: &'static str,
    /// `{count}`, `{names}`.
    pub unread: &'static str,
    pub cut: &'static str,
    /// `{count}`.
    pub omitted: &'static str,
    pub footer: &'static str,
    /// Of a document that is no invoice.
    pub none: &'static str,
    /// Of a document that cannot be read.
    pub unreadable: &'static str,
}

/// The words around an invoice in a language.
#[must_use]
pub const fn invoice_words(language: Language) -> &'static InvoiceWords {
    match language {
        Language::Pt => &pt::WORDS,
        Language::En => &en::WORDS,
        Language::Es => &es::WORDS,
        Language::Fr => &fr::WORDS,
        Language::De => &de::WORDS,
        Language::It => &it::WORDS,
    }
}

/// What a term, a group or a code is called in a language.
#[must_use]
pub const fn invoice_word(language: Language, word: InvoiceWord) -> &'static str {
    match language {
        Language::Pt => pt::word(word),
        Language::En => en::word(word),
        Language::Es => es::word(word),
        Language::Fr => fr::word(word),
        Language::De => de::word(word),
        Language::It => it::word(word),
    }
}
