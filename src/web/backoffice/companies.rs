//! The list of companies that a person sees.

use askama::Template;
use axum::extract::Extension;
use axum::http::StatusCode;
use axum::response::Response;

use super::frame::OfficeFrame;
use super::signed_in::SignedIn;
use super::visit::OfficeVisit;
use crate::domain::company::CompanyStatus;
use crate::letters::{AdministrationWords, Locale, administration_words};
use crate::workflow::administration::companies::{self, CompanyLine, PAGE};

#[derive(Template)]
#[template(path = "backoffice/templates/companies.html")]
struct CompaniesPage {
    frame: OfficeFrame,
    words: &'static AdministrationWords,
    find: String,
    rows: Vec<CompanyRow>,
    more: bool,
}

/// A company in a table.
pub(super) struct CompanyRow {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) vat_number: String,
    pub(super) state: &'static str,
    pub(super) services: String,
}

impl CompanyRow {
    pub(super) fn of(visit: &OfficeVisit, line: &CompanyLine) -> Self {
        let company = &line.company;
        let services = u64::try_from(line.services).unwrap_or(u64::MAX);
        Self {
            id: company.id.to_string(),
            name: company.name.clone(),
            vat_number: format!("{} {}", company.country_code, company.vat_number),
            state: company_state(administration_words(visit.language()), company.status),
            services: Locale(visit.language()).number(services),
        }
    }
}

/// The word for whether documents of a company are sealed.
pub(super) const fn company_state(
    words: &AdministrationWords,
    status: CompanyStatus,
) -> &'static str {
    let [active, suspended] = words.states;
    match status {
        CompanyStatus::Active => active,
        CompanyStatus::Suspended => suspended,
    }
}

pub(super) async fn page(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
) -> Response {
    let find = visit.asked("find").unwrap_or_default();
    match companies::list(&visit.web.app, &who.stay.person.sight, &find, PAGE).await {
        Ok(found) => {
            let page = CompaniesPage {
                frame: visit.frame(),
                words: administration_words(visit.language()),
                find,
                rows: found.lines.iter().map(|line| CompanyRow::of(&visit, line)).collect(),
                more: found.more,
            };
            OfficeVisit::page(StatusCode::OK, &page)
        }
        Err(error) => visit.failed(&error),
    }
}
