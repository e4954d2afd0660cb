//! The words of the back office, one file per language. A language that lacks a sentence does not compile.

mod de;
mod en;
mod es;
mod fr;
mod it;
mod pt;

use crate::domain::audit::AuditAction;
use crate::domain::language::Language;
use crate::domain::person::{PersonStatus, Rights, Role, Theme};

/// The words of the back office. What is in braces is filled in.
#[derive(Debug)]
pub struct OfficeWords {
    /// Leads past what stands before the content.
    pub skip: &'static str,
    pub menu: &'static str,
    pub languages: &'static str,
    pub sign_out: &'static str,
    /// The first screen.
    pub search: &'static str,
    pub operations: &'static str,
    /// What is done to many of them.
    pub sets: &'static str,
    pub usage: &'static str,
    pub overview: &'static str,
    pub people: &'static str,
    pub audit: &'static str,
    pub account: &'static str,
    /// What can be searched for.
    pub search_for: &'static str,
    pub sign_in: &'static str,
    pub mail: &'static str,
    pub password: &'static str,
    pub sign_in_wrong: &'static str,
    /// `{seconds}`.
    pub wait: &'static str,
    pub second_step: &'static str,
    pub second_step_text: &'static str,
    pub code: &'static str,
    pub code_wrong: &'static str,
    pub go_on: &'static str,
    pub prove: &'static str,
    pub prove_text: &'static str,
    pub code_of_app: &'static str,
    pub welcome: &'static str,
    /// `{address}`.
    pub welcome_text: &'static str,
    pub new_password: &'static str,
    pub again: &'static str,
    pub password_rules: &'static str,
    pub set_password: &'static str,
    pub password_short: &'static str,
    pub password_long: &'static str,
    pub password_personal: &'static str,
    pub password_simple: &'static str,
    pub passwords_differ: &'static str,
    /// Of an invitation.
    pub gone_title: &'static str,
    pub gone_text: &'static str,
    pub name: &'static str,
    pub role: &'static str,
    pub rights: &'static str,
    pub status: &'static str,
    pub theme: &'static str,
    pub preferences: &'static str,
    pub save: &'static str,
    pub saved: &'static str,
    pub change_password: &'static str,
    pub current_password: &'static str,
    pub current_wrong: &'static str,
    /// Of codes.
    pub app: &'static str,
    pub app_on: &'static str,
    pub app_off: &'static str,
    pub app_needed: &'static str,
    pub set_up_app: &'static str,
    pub app_text: &'static str,
    /// Of what is scanned.
    pub picture: &'static str,
    pub key: &'static str,
    pub recovery_codes: &'static str,
    /// `{number}`.
    pub recovery_left: &'static str,
    pub recovery_text: &'static str,
    pub make_codes: &'static str,
    pub codes_end: &'static str,
    pub sessions: &'static str,
    pub browser: &'static str,
    pub from: &'static str,
    pub since: &'static str,
    pub seen: &'static str,
    pub this_one: &'static str,
    /// Of a session.
    pub end: &'static str,
    pub end_others: &'static str,
    pub invite: &'static str,
    pub send_invitation: &'static str,
    pub find_people: &'static str,
    pub find: &'static str,
    pub nobody: &'static str,
    pub sees: &'static str,
    pub everything: &'static str,
    pub sees_text: &'static str,
    pub companies: &'static str,
    pub client_services: &'static str,
    pub credentials: &'static str,
    pub mail_wrong: &'static str,
    pub name_wrong: &'static str,
    pub known: &'static str,
    pub blind: &'static str,
    pub last: &'static str,
    pub own_change: &'static str,
    /// `{address}`, `{date}`.
    pub invited_mail: &'static str,
    /// `{address}`, `{date}`.
    pub invited_link: &'static str,
    pub disable: &'static str,
    pub disable_text: &'static str,
    pub enable: &'static str,
    pub enable_text: &'static str,
    pub settings: &'static str,
    pub reset: &'static str,
    pub reset_text: &'static str,
    pub events: &'static str,
    pub when: &'static str,
    pub what: &'static str,
    pub who: &'static str,
    pub details: &'static str,
    /// Who did it.
    pub command_line: &'static str,
    pub stranger: &'static str,
    pub unknown_title: &'static str,
    pub unknown_text: &'static str,
    pub old_title: &'static str,
    pub old_text: &'static str,
    pub busy_title: &'static str,
    /// `{seconds}`.
    pub busy_text: &'static str,
    pub fault_title: &'static str,
    /// `{id}`.
    pub fault_text: &'static str,
    pub insecure_title: &'static str,
    pub insecure_text: &'static str,
    /// `Role`, in its order.
    roles: [&'static str; 4],
    /// `Rights`, in its order.
    all_rights: [&'static str; 2],
    /// `PersonStatus`, in its order.
    statuses: [&'static str; 3],
    /// `Theme`, in its order.
    themes: [&'static str; 3],
    /// `AuditAction`, in its order.
    actions: [&'static str; 51],
}

/// The words of the back office in a language.
#[must_use]
pub const fn office_words(language: Language) -> &'static OfficeWords {
    match language {
        Language::Pt => &pt::WORDS,
        Language::En => &en::WORDS,
        Language::Es => &es::WORDS,
        Language::Fr => &fr::WORDS,
        Language::De => &de::WORDS,
        Language::It => &it::WORDS,
    }
}

/// The word for a role.
#[must_use]
pub fn role_word(language: Language, of: Role) -> &'static str {
    word(Role::ALL, office_words(language).roles, of)
}

/// The word for rights.
#[must_use]
pub fn rights_word(language: Language, of: Rights) -> &'static str {
    word(Rights::ALL, office_words(language).all_rights, of)
}

/// The word for the status of a person.
#[must_use]
pub fn status_word(language: Language, of: PersonStatus) -> &'static str {
    word(PersonStatus::ALL, office_words(language).statuses, of)
}

/// The word for colours.
#[must_use]
pub fn theme_word(language: Language, of: Theme) -> &'static str {
    word(Theme::ALL, office_words(language).themes, of)
}

/// The word for what was done.
#[must_use]
pub fn audit_word(language: Language, of: AuditAction) -> &'static str {
    word(AuditAction::ALL, office_words(language).actions, of)
}

fn word<T: Copy + PartialEq, const N: usize>(
    all: [T; N],
    words: [&'static str; N],
    of: T,
) -> &'static str {
    all.into_iter().zip(words).find(|(one, _)| *one == of).map_or("", |(_, word)| word)
}
