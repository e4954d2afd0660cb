//! The words of reports of a verification, one file per language. What exactly was found is told in English, the
//! language of the engine; what it means stands here.

mod de;
mod en;
mod es;
mod fr;
mod it;
mod pt;

use crate::domain::language::Language;

/// The words of a report. What is in braces is filled in.
#[derive(Debug)]
pub struct ReportWords {
    pub title: &'static str,
    /// Leads past what stands before the report.
    pub skip: &'static str,
    pub file: &'static str,
    /// The time for which it was verified.
    pub at: &'static str,
    /// Of the whole file.
    pub whole: VerdictWords,
    /// Of one signature.
    pub one: VerdictWords,
    /// Of a file without any.
    pub unsigned: &'static str,
    /// `{number}`.
    pub signature: &'static str,
    /// A timestamp that stands by itself; `{number}`.
    pub timestamp: &'static str,
    pub indication: &'static str,
    pub why: &'static str,
    pub level: &'static str,
    pub place: &'static str,
    pub signed_by: &'static str,
    pub organization: &'static str,
    pub issued_by: &'static str,
    pub validity: &'static str,
    /// `{from}`, `{until}`.
    pub from_until: &'static str,
    pub trust_anchor: &'static str,
    pub nobody: &'static str,
    pub qualification: &'static str,
    pub claimed: &'static str,
    pub proven: &'static str,
    pub timestamps: &'static str,
    /// `{time}`, `{authority}`.
    pub stamped: [&'static str; 2],
    pub coverage: &'static str,
    pub covers_all: &'static str,
    pub covers_parts: &'static str,
    pub revocation: &'static str,
    pub revoked: RevocationWords,
    pub algorithms: &'static str,
    /// `{date}`.
    pub until: &'static str,
    pub ended: &'static str,
    /// Before what is told in English.
    pub details: &'static str,
    pub footer: &'static str,
    /// Of links on the receiver's page.
    pub verification: &'static str,
    pub open: &'static str,
    pub as_pdf: &'static str,
    pub as_xml: &'static str,
    pub back: &'static str,
    /// Of a document whose verification is not known yet.
    pub later: &'static str,
    pub reasons: ReasonWords,
}

/// What an indication means.
#[derive(Debug)]
pub struct VerdictWords {
    pub passed: &'static str,
    pub indeterminate: &'static str,
    pub failed: &'static str,
}

/// What is known of the revocation of a certificate.
#[derive(Debug)]
pub struct RevocationWords {
    pub good: &'static str,
    pub revoked: &'static str,
    pub unknown: &'static str,
    pub not_asked: &'static str,
}

/// What the sub-indications of EN 319 102-1 mean.
#[derive(Debug)]
pub struct ReasonWords {
    pub format: &'static str,
    pub hash: &'static str,
    pub value: &'static str,
    pub not_yet_valid: &'static str,
    pub not_there: &'static str,
    pub no_certificate: &'static str,
    pub constraints: &'static str,
    pub algorithm: &'static str,
    pub algorithm_ended: &'static str,
    pub no_path: &'static str,
    pub not_for_signing: &'static str,
    pub path: &'static str,
    pub revoked: &'static str,
    pub issuer_revoked: &'static str,
    pub out_of_bounds: &'static str,
    pub try_later: &'static str,
    pub generic: &'static str,
}

/// The words of reports in a language.
#[must_use]
pub const fn report_words(language: Language) -> &'static ReportWords {
    match language {
        Language::Pt => &pt::WORDS,
        Language::En => &en::WORDS,
        Language::Es => &es::WORDS,
        Language::Fr => &fr::WORDS,
        Language::De => &de::WORDS,
        Language::It => &it::WORDS,
    }
}
