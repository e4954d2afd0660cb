//! A company: the issuer whose invoices are sealed, or the partner that brings issuers.

use super::delivery::MailAddress;
use super::ids::CompanyId;
use super::instant::Instant;
use super::language::Language;
use super::refusal::Refusal;

/// The issuer behind a client service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Company {
    pub id: CompanyId,
    pub name: String,
    /// VAT number without country prefix, as the country writes it.
    pub vat_number: String,
    /// ISO 3166-1 alpha-3, upper case.
    pub country_code: String,
    pub status: CompanyStatus,
    /// In which its receivers are written to when they have none of their own.
    pub language: Option<Language>,
    /// Of the person who answers for it: its alarms go there.
    pub email: Option<MailAddress>,
    pub created: Instant,
}

/// A country as companies have it: three letters (ISO 3166-1 alpha-3), in capitals.
///
/// # Errors
/// [`Refusal::MemberInvalid`] for anything else.
pub fn country_code(text: &str) -> Result<String, Refusal> {
    let code = text.trim().to_ascii_uppercase();
    if code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Ok(code);
    }
    let expected = format!("three letters (ISO 3166-1 alpha-3), such as PRT, not {text:?}");
    Err(Refusal::MemberInvalid { path: "the country".to_owned(), expected })
}

/// Life of a company. Only an active company's documents are sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompanyStatus {
    Active,
    Suspended,
}

impl CompanyStatus {
    /// As stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Suspended => "SUSPENDED",
        }
    }

    /// The status of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Active, Self::Suspended].into_iter().find(|status| status.as_str() == text)
    }
}
