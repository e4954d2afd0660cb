//! The calendar of algorithms: until when what is accepted, and what of the installation that touches.

use askama::Template;
use axum::extract::Extension;
use axum::http::StatusCode;
use axum::response::Response;

use super::credentials::place_of;
use super::frame::OfficeFrame;
use super::visit::OfficeVisit;
use crate::domain::instant::Instant;
use crate::letters::{Locale, SettingsWords, filled, settings_words};
use crate::workflow::Error;
use crate::workflow::administration::installation::{self, CalendarRow, CalendarStanding, Owner};

#[derive(Template)]
#[template(path = "backoffice/templates/algorithms.html")]
struct AlgorithmsPage {
    frame: OfficeFrame,
    words: &'static SettingsWords,
    name: String,
    rows: Vec<AlgorithmRow>,
    standings: Vec<StandingRow>,
}

/// A row of the calendar.
struct AlgorithmRow {
    what: String,
    whose: String,
    issued: String,
    until: String,
    written: String,
}

/// A credential or an authority.
struct StandingRow {
    /// Of a credential: of its page.
    place: String,
    name: String,
    ending: String,
    certificates: String,
    touched: bool,
}

pub(super) async fn page(Extension(visit): Extension<OfficeVisit>) -> Response {
    match algorithms_page(&visit).await {
        Ok(page) => OfficeVisit::page(StatusCode::OK, &page),
        Err(error) => visit.failed(&error),
    }
}

async fn algorithms_page(visit: &OfficeVisit) -> Result<AlgorithmsPage, Error> {
    let app = &visit.web.app;
    let standings = installation::standings(app).await?;
    Ok(AlgorithmsPage {
        frame: visit.frame(),
        words: settings_words(visit.language()),
        name: app.calendar.name().to_owned(),
        rows: app.calendar.rows().iter().map(|row| algorithm_row(visit, row)).collect(),
        standings: standings.iter().map(|one| standing_row(visit, one)).collect(),
    })
}

fn algorithm_row(visit: &OfficeVisit, row: &CalendarRow) -> AlgorithmRow {
    let words = settings_words(visit.language());
    let [signers, authorities, stamping, ocsp] = words.owners;
    let owner = |owner: &Owner| match owner {
        Owner::Signer => signers,
        Owner::Authority => authorities,
        Owner::Timestamping => stamping,
        Owner::Ocsp => ocsp,
    };
    let whose: Vec<&str> = row.of.iter().map(owner).collect();
    let day = |at: Option<Instant>| at.map(|at| Locale(visit.language()).day(at));
    AlgorithmRow {
        what: match row.bits_below {
            None => row.what.clone(),
            Some(bits) => {
                let facts = [("name", row.what.clone()), ("bits", bits.to_string())];
                filled(words.below, &facts)
            }
        },
        whose: if whose.is_empty() { words.anybody.to_owned() } else { whose.join(", ") },
        issued: day(row.issued_until).unwrap_or_default(),
        until: day(row.until).unwrap_or_else(|| words.no_end.to_owned()),
        written: row.source.clone(),
    }
}

fn standing_row(visit: &OfficeVisit, one: &CalendarStanding) -> StandingRow {
    let (locale, words) = (Locale(visit.language()), settings_words(visit.language()));
    let ending = one.ending.as_ref().map(|it| format!("{}: {}", it.what, locale.day(it.until)));
    StandingRow {
        place: if one.is_credential { place_of(&one.name) } else { String::new() },
        name: one.name.clone(),
        ending: match one.certificates {
            None => words.untold.to_owned(),
            Some(_) => ending.unwrap_or_else(|| words.no_end.to_owned()),
        },
        certificates: one.certificates.map(|at| locale.day(at)).unwrap_or_default(),
        touched: one.is_touched(),
    }
}
