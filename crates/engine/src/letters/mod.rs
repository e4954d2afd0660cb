//! What receivers and operators read: mails and the words of pages, in six languages. Bytes in, bytes
//! out: who gets them and how they travel is decided elsewhere.
//!
//! A notification is a [`TemplateSource`] that a client service may replace; test mails and alarms are ours.

mod alarm;
mod defaults;
mod invitation;
mod locale;
mod syntax;
mod template;
mod values;
mod words;

pub use alarm::{TestMail, alarm, filled, test_mail};
pub use defaults::notification;
pub use invitation::{InvitationLetter, invitation};
pub use locale::Locale;
pub use syntax::{LetterPart, TemplateProblem};
pub use template::{Failure, Rendered, TemplateSource, check, render};
pub use values::{
    Issuer, LetterOperation, LetterSeal, ListedDocument, Notification, VARIABLES, ValueKind,
    Values, Variable, sample,
};
pub use words::{
    AdministrationWords, AuditWords, HelpWords, InvoiceWords, KeyWords, LetterPageWords,
    MailPageWords, OfficeWords, OperationWords, PageWords, PasskeyWords, ReasonWords, ReportWords,
    RevocationWords, SetWords, SettingsWords, TopicWords, UsageWords, VerdictWords, WebhookWords,
    administration_words, audit_word, audit_words, help_words, invoice_word, invoice_words,
    key_words, letter_page_words, mail_page_words, office_words, operation_words, page_words,
    passkey_words, report_words, rights_word, role_word, set_words, settings_words, status_word,
    theme_word, topic_words, usage_words, webhook_words,
};
