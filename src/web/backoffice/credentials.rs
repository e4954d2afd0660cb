//! The list of credentials: what seals, and for how long.

use askama::Template;
use axum::extract::Extension;
use axum::http::StatusCode;
use axum::response::Response;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::frame::OfficeFrame;
use super::visit::OfficeVisit;
use crate::domain::credential::CredentialStatus;
use crate::letters::{
    AdministrationWords, KeyWords, Locale, administration_words, filled, key_words,
};
use crate::workflow::Error;
use crate::workflow::administration::credentials::{self, ChainFacts, CredentialLine};
use crate::workflow::administration::imports;
use crate::workflow::readiness::KeyState;

#[derive(Template)]
#[template(path = "backoffice/templates/credentials.html")]
struct CredentialsPage {
    frame: OfficeFrame,
    words: &'static AdministrationWords,
    keys: &'static KeyWords,
    /// Number and name of proposals that wait.
    waiting: Vec<(String, String)>,
    rows: Vec<CredentialRow>,
}

/// A credential in a table.
struct CredentialRow {
    /// As a part of an address.
    place: String,
    alias: String,
    subject: String,
    state: &'static str,
    key: &'static str,
    left: String,
    services: String,
}

pub(super) async fn page(Extension(visit): Extension<OfficeVisit>) -> Response {
    match credentials_page(&visit).await {
        Ok(page) => OfficeVisit::page(StatusCode::OK, &page),
        Err(error) => visit.failed(&error),
    }
}

async fn credentials_page(visit: &OfficeVisit) -> Result<CredentialsPage, Error> {
    let app = &visit.web.app;
    let lines = credentials::list(app).await?;
    let waiting = imports::open(app).await?;
    Ok(CredentialsPage {
        frame: visit.frame(),
        words: administration_words(visit.language()),
        keys: key_words(visit.language()),
        waiting: waiting.into_iter().map(|it| (it.id.to_string(), it.alias)).collect(),
        rows: lines.iter().map(|line| row(visit, line)).collect(),
    })
}

fn row(visit: &OfficeVisit, line: &CredentialLine) -> CredentialRow {
    let words = administration_words(visit.language());
    let services = u64::try_from(line.services).unwrap_or(u64::MAX);
    CredentialRow {
        place: place_of(&line.credential.alias),
        alias: line.credential.alias.clone(),
        subject: line.facts.as_ref().map(|facts| facts.subject.clone()).unwrap_or_default(),
        state: credential_state(words, line.credential.status),
        key: key_state(words, line.key),
        left: line.facts.as_ref().map(|facts| left(visit, facts)).unwrap_or_default(),
        services: Locale(visit.language()).number(services),
    }
}

/// A name as a part of an address.
pub(super) fn place_of(alias: &str) -> String {
    utf8_percent_encode(alias, NON_ALPHANUMERIC).to_string()
}

/// The word for whether a credential may be used.
pub(super) const fn credential_state(
    words: &AdministrationWords,
    status: CredentialStatus,
) -> &'static str {
    let [active, disabled] = words.credential_states;
    match status {
        CredentialStatus::Active => active,
        CredentialStatus::Disabled => disabled,
    }
}

/// The word for whether a key signs.
pub(super) const fn key_state(words: &AdministrationWords, state: KeyState) -> &'static str {
    let [quarantined, failing, unproven, good] = words.key_states;
    match state {
        KeyState::Quarantined => quarantined,
        KeyState::Failing => failing,
        KeyState::Unproven => unproven,
        KeyState::Ok => good,
    }
}

/// How long the chain holds, and which steps of the ladder on which people are told are passed.
pub(super) fn left(visit: &OfficeVisit, facts: &ChainFacts) -> String {
    let (app, words) = (&visit.web.app, administration_words(visit.language()));
    let days = facts.days_left(app.now());
    if facts.first_end.1 <= app.now() {
        return words.over.to_owned();
    }
    let locale = Locale(visit.language());
    let mut steps: Vec<u64> = app.alarms.expiry_days.iter().map(|it| u64::from(*it)).collect();
    steps.sort_unstable_by(|one, other| other.cmp(one));
    let step = |step: &u64| {
        let number = locale.number(*step);
        if days < *step { format!("\u{2713}{number}") } else { number }
    };
    let ladder = steps.iter().map(step).collect::<Vec<_>>().join(" \u{203a} ");
    filled(words.days_left, &[("days", locale.number(days)), ("ladder", ladder)])
}
