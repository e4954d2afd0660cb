//! The words of client services, companies and credentials on pages, one file per language. A language that lacks a
//! sentence does not compile.

mod de;
mod en;
mod es;
mod fr;
mod it;
mod pt;

use crate::domain::language::Language;

/// The words of administration. What is in braces is filled in.
#[derive(Debug)]
pub struct AdministrationWords {
    pub find_services: &'static str,
    /// OAuth `client_id`.
    pub alias: &'static str,
    pub company: &'static str,
    pub client_service: &'static str,
    pub state: &'static str,
    /// Active and suspended.
    pub states: [&'static str; 2],
    pub any: &'static str,
    pub last_use: &'static str,
    pub never: &'static str,
    pub none_so: &'static str,
    pub more_so: &'static str,
    pub created: &'static str,
    pub settings: &'static str,
    pub credential: &'static str,
    /// `{name}`, `{date}`.
    pub credential_until: &'static str,
    pub no_credential: &'static str,
    pub profile: &'static str,
    pub usual_profile: &'static str,
    pub level: &'static str,
    pub timestamps: &'static str,
    /// `Timestamps`, in its order.
    pub all_timestamps: [&'static str; 4],
    pub authorities: &'static str,
    pub all_authorities: &'static str,
    /// `AuthorityOrder`, in its order.
    pub orders: [&'static str; 2],
    pub references: &'static str,
    /// `DocumentReferences`, in its order.
    pub all_references: [&'static str; 2],
    pub lint: &'static str,
    /// `Lint`, in its order.
    pub lints: [&'static str; 3],
    pub active_content: &'static str,
    /// `ActiveContent`: warn, refuse.
    pub active_contents: [&'static str; 2],
    /// Not allowed, allowed.
    pub sha1: [&'static str; 2],
    pub language: &'static str,
    pub of_receiver: &'static str,
    pub mails_per_day: &'static str,
    pub limits_of_house: &'static str,
    pub any_number: &'static str,
    pub mail_server: &'static str,
    /// Own (`{host}`, `{address}`), the installation's (`{address}`), none.
    pub mail_servers: [&'static str; 3],
    pub work: &'static str,
    pub its_operations: &'static str,
    pub secrets: &'static str,
    /// `{made}`.
    pub secret_open: &'static str,
    /// `{made}`, `{ends}`.
    pub secret_ends: &'static str,
    pub no_secret: &'static str,
    pub new_secret: &'static str,
    pub new_secret_text: &'static str,
    pub overlap: &'static str,
    /// At once, in 1, 24, 168 and 720 hours.
    pub overlaps: [&'static str; 5],
    /// `{alias}`.
    pub secret_text: &'static str,
    pub secret_before: &'static str,
    pub reason: &'static str,
    pub reason_wrong: &'static str,
    pub suspend: &'static str,
    pub suspend_service_text: &'static str,
    pub reactivate: &'static str,
    pub reactivate_text: &'static str,
    pub suspended: &'static str,
    pub reactivated: &'static str,
    pub company_suspended: &'static str,
    pub nothing_happened: &'static str,
    pub find_companies: &'static str,
    pub vat_number: &'static str,
    pub contact: &'static str,
    pub suspend_company_text: &'static str,
    pub reactivate_company_text: &'static str,
    pub new_service: &'static str,
    pub new_service_text: &'static str,
    pub alias_text: &'static str,
    pub alias_wrong: &'static str,
    pub alias_taken: &'static str,
    pub service_before: &'static str,
    pub no_credentials: &'static str,
    /// `CredentialStatus`: active, disabled.
    pub credential_states: [&'static str; 2],
    pub key: &'static str,
    /// Quarantined, failing, unproven, good.
    pub key_states: [&'static str; 4],
    pub back_end: &'static str,
    pub left: &'static str,
    pub over: &'static str,
    /// `{days}`, `{ladder}`.
    pub days_left: &'static str,
    pub subject: &'static str,
    pub issuer: &'static str,
    pub serial: &'static str,
    pub kind: &'static str,
    pub ends: &'static str,
    pub first_end: &'static str,
    pub calendar: &'static str,
    pub calendar_good: &'static str,
    pub no_services: &'static str,
    pub certificate_unreadable: &'static str,
    pub credential_disabled: &'static str,
    pub credential_enabled: &'static str,
    pub disable_text: &'static str,
    pub enable_text: &'static str,
    pub try_key: &'static str,
    pub try_text: &'static str,
    /// `{algorithm}`.
    pub tried: &'static str,
    pub request: &'static str,
    pub request_text: &'static str,
    pub request_made: &'static str,
    pub renewals: &'static str,
    pub no_renewals: &'static str,
    /// `RenewalState`: open, confirmed, refused.
    pub renewal_states: [&'static str; 3],
    pub proposed_by: &'static str,
    pub decided_by: &'static str,
    pub propose: &'static str,
    pub propose_text: &'static str,
    pub new_name: &'static str,
    pub new_name_text: &'static str,
    pub pem: &'static str,
    pub alone: &'static str,
    pub confirm: &'static str,
    pub confirm_text: &'static str,
    pub refuse: &'static str,
    pub renewal_proposed: &'static str,
    pub renewal_confirmed: &'static str,
    pub renewal_refused: &'static str,
    /// `{why}`.
    pub certificates_wrong: &'static str,
    pub certificates_same: &'static str,
    pub credential_name_wrong: &'static str,
    pub renewal_waits: &'static str,
    pub renewal_over: &'static str,
    pub renewal_own: &'static str,
}

/// The words of administration in a language.
#[must_use]
pub const fn administration_words(language: Language) -> &'static AdministrationWords {
    match language {
        Language::Pt => &pt::WORDS,
        Language::En => &en::WORDS,
        Language::Es => &es::WORDS,
        Language::Fr => &fr::WORDS,
        Language::De => &de::WORDS,
        Language::It => &it::WORDS,
    }
}
