//! The words of letters and pages, one file per language. A language that lacks a sentence does not
//! compile.
//!
//! Words of the notification are template text (`{{ issuer.name }}`), those of test mail, alarms and
//! pages have single words in braces (`{account}`) that are filled in here.

mod administration;
mod audit;
mod de;
mod en;
mod es;
mod fr;
mod help;
mod invoice;
mod it;
mod keys;
mod letter_pages;
mod mail_pages;
mod office;
mod operations;
mod passkeys;
mod pt;
mod report;
mod sets;
mod settings;
mod usage;
mod webhooks;

use crate::domain::language::Language;

pub use administration::{AdministrationWords, administration_words};
pub use audit::{AuditWords, audit_words};
pub use help::{HelpWords, TopicWords, help_words, topic_words};
pub use invoice::{InvoiceWords, invoice_word, invoice_words};
pub use keys::{KeyWords, key_words};
pub use letter_pages::{LetterPageWords, letter_page_words};
pub use mail_pages::{MailPageWords, mail_page_words};
pub use office::{
    OfficeWords, audit_word, office_words, rights_word, role_word, status_word, theme_word,
};
pub use operations::{OperationWords, operation_words};
pub use passkeys::{PasskeyWords, passkey_words};
pub use report::{ReasonWords, ReportWords, RevocationWords, VerdictWords, report_words};
pub use sets::{SetWords, set_words};
pub use settings::{SettingsWords, settings_words};
pub use usage::{UsageWords, usage_words};
pub use webhooks::{WebhookWords, webhook_words};

/// All words of a language.
pub(super) struct Words {
    pub(super) notification: NotificationWords,
    pub(super) test: LetterWords,
    pub(super) alarm: AlarmWords,
    pub(super) invitation: InvitationWords,
    pub(super) footer_alarm: &'static str,
    pub(super) page: PageWords,
    pub(super) sample: Sample,
}

/// Template text of the notification, each with its own plural.
pub(super) struct NotificationWords {
    pub(super) subject: &'static str,
    /// What is told, in one short line.
    pub(super) heading: &'static str,
    pub(super) intro: &'static str,
    pub(super) reference: &'static str,
    /// Before what the sender wrote: says that it is the sender's.
    pub(super) description: &'static str,
    /// As it stands behind a word: French keeps a space before it.
    pub(super) colon: &'static str,
    pub(super) documents: &'static str,
    pub(super) sealed: &'static str,
    pub(super) more: &'static str,
    pub(super) attached: &'static str,
    pub(super) too_large: &'static str,
    /// Says where the link goes.
    pub(super) link: &'static str,
    pub(super) expires: &'static str,
    pub(super) footer: &'static str,
}

/// A letter of ours: subject and paragraphs.
pub(super) struct LetterWords {
    pub(super) subject: &'static str,
    pub(super) paragraphs: &'static [&'static str],
}

/// The letter of an invitation to the back office; what is in braces is filled in.
pub(super) struct InvitationWords {
    pub(super) subject: &'static str,
    /// `{name}`, `{address}`.
    pub(super) before: &'static str,
    pub(super) link: &'static str,
    /// `{date}`.
    pub(super) behind: &'static str,
}

/// What operators are told.
pub(super) struct AlarmWords {
    /// The certificate ends within the current day, tomorrow, in more days.
    pub(super) expiring: [&'static str; 3],
    pub(super) expiring_text: &'static [&'static str],
    pub(super) expired: LetterWords,
    pub(super) algorithm_ending: LetterWords,
    pub(super) algorithm_ended: LetterWords,
    pub(super) grant_ending: LetterWords,
    pub(super) grant_ended: LetterWords,
    pub(super) grant_used: LetterWords,
    pub(super) key_quarantined: LetterWords,
    pub(super) usage_near: LetterWords,
    pub(super) period_near: LetterWords,
    pub(super) usage_exceeded: LetterWords,
    pub(super) usage_ended: LetterWords,
    pub(super) mail_closed: LetterWords,
    pub(super) authority_away: LetterWords,
    /// `{name}` is an address.
    pub(super) source_away: LetterWords,
    pub(super) credential_revoked: LetterWords,
    /// `{what}` is a setting or a credential.
    pub(super) test_authority: LetterWords,
    /// `{what}` is `@` with a domain, or `@*`.
    pub(super) mails_at_limit: LetterWords,
    /// `{who}` is a client service or an address.
    pub(super) logins_failing: LetterWords,
    pub(super) sign_ins_failing: LetterWords,
    pub(super) seals_withheld: LetterWords,
    pub(super) queue_old: LetterWords,
    pub(super) operations_old: LetterWords,
    pub(super) evidence_overdue: LetterWords,
    pub(super) renewal_overdue: LetterWords,
    pub(super) operations_crash: LetterWords,
    pub(super) clock_wrong: LetterWords,
}

/// Words of the receiver's page.
pub struct PageWords {
    /// The language's own name for itself.
    pub autonym: &'static str,
    pub languages: &'static str,
    pub skip: &'static str,
    pub title: &'static str,
    /// `{issuer}`.
    pub heading: &'static str,
    pub reference: &'static str,
    pub description: &'static str,
    pub vat_number: &'static str,
    pub documents: &'static str,
    pub name: &'static str,
    pub size: &'static str,
    pub sealed_by: &'static str,
    pub sealed_at: &'static str,
    pub not_sealed: &'static str,
    pub fingerprint: &'static str,
    pub download: &'static str,
    /// `{size}`.
    pub download_all: &'static str,
    pub gone: &'static str,
    /// `{date}`.
    pub expires: &'static str,
    pub expired_title: &'static str,
    /// `{date}`.
    pub expired_text: &'static str,
    pub unknown_title: &'static str,
    pub unknown_text: &'static str,
    pub busy_title: &'static str,
    /// `{seconds}`.
    pub busy_text: &'static str,
    pub fault_title: &'static str,
    pub fault_text: &'static str,
}

/// Made-up facts for previews.
pub(super) struct Sample {
    pub(super) issuer: &'static str,
    pub(super) vat_number: &'static str,
    pub(super) description: &'static str,
    pub(super) pdf: &'static str,
    pub(super) xml: &'static str,
}

pub(super) const fn words(language: Language) -> &'static Words {
    match language {
        Language::Pt => &pt::WORDS,
        Language::En => &en::WORDS,
        Language::Es => &es::WORDS,
        Language::Fr => &fr::WORDS,
        Language::De => &de::WORDS,
        Language::It => &it::WORDS,
    }
}

/// The words of the receiver's page.
#[must_use]
pub const fn page_words(language: Language) -> &'static PageWords {
    &words(language).page
}
