//! The list of client services that a person sees.

use askama::Template;
use axum::extract::Extension;
use axum::http::StatusCode;
use axum::response::Response;

use super::frame::OfficeFrame;
use super::signed_in::SignedIn;
use super::visit::OfficeVisit;
use crate::domain::client_service::ClientServiceStatus;
use crate::letters::{AdministrationWords, Locale, administration_words};
use crate::workflow::Error;
use crate::workflow::administration::services::{self, ServiceLine};

#[derive(Template)]
#[template(path = "backoffice/templates/client-services.html")]
struct ServicesPage {
    frame: OfficeFrame,
    words: &'static AdministrationWords,
    find: String,
    /// Value, word and whether it is chosen.
    states: Vec<(&'static str, &'static str, bool)>,
    rows: Vec<ServiceRow>,
    more: bool,
}

/// A client service in a table.
pub(super) struct ServiceRow {
    pub(super) id: String,
    pub(super) alias: String,
    pub(super) company: String,
    pub(super) state: &'static str,
    pub(super) last_use: String,
}

impl ServiceRow {
    pub(super) fn of(visit: &OfficeVisit, line: &ServiceLine) -> Self {
        let words = administration_words(visit.language());
        let last = line.last_use.map(|at| Locale(visit.language()).time(at));
        Self {
            id: line.service.id.to_string(),
            alias: line.service.alias.as_str().to_owned(),
            company: line.issuer.name.clone(),
            state: service_state(words, line.service.status),
            last_use: last.unwrap_or_else(|| words.never.to_owned()),
        }
    }
}

/// The word for whether a client service may call.
pub(super) const fn service_state(
    words: &AdministrationWords,
    status: ClientServiceStatus,
) -> &'static str {
    let [active, suspended] = words.states;
    match status {
        ClientServiceStatus::Active => active,
        ClientServiceStatus::Suspended => suspended,
    }
}

pub(super) async fn page(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
) -> Response {
    match services_page(&visit, &who).await {
        Ok(page) => OfficeVisit::page(StatusCode::OK, &page),
        Err(error) => visit.failed(&error),
    }
}

async fn services_page(visit: &OfficeVisit, who: &SignedIn) -> Result<ServicesPage, Error> {
    let app = &visit.web.app;
    let words = administration_words(visit.language());
    let find = visit.asked("find").unwrap_or_default();
    let state = visit.asked("state").as_deref().and_then(ClientServiceStatus::parse);
    let found = services::list(app, &who.seen(app).await?, &find, state).await?;
    let states = [ClientServiceStatus::Active, ClientServiceStatus::Suspended];
    let states = states.map(|it| (it.as_str(), service_state(words, it), state == Some(it)));
    Ok(ServicesPage {
        frame: visit.frame(),
        words,
        find,
        states: states.to_vec(),
        rows: found.lines.iter().map(|line| ServiceRow::of(visit, line)).collect(),
        more: found.more,
    })
}
