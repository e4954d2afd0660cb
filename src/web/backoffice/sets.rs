//! Sets of operations that something is done to: those that there are, and choosing one more.

use std::sync::Arc;

use askama::Template;
use axum::extract::Extension;
use axum::http::StatusCode;
use axum::response::Response;

use super::deeds;
use super::form::OfficeForm;
use super::frame::OfficeFrame;
use super::operations;
use super::rows::{set_kind_word, set_state_word};
use super::signed_in::SignedIn;
use super::visit::OfficeVisit;
use crate::domain::bulk::{Bulk, BulkKind};
use crate::domain::ids::ActId;
use crate::domain::listing::OperationFilter;
use crate::letters::{Locale, OperationWords, SetWords, filled, operation_words, set_words};
use crate::workflow::acts::ActingPerson;
use crate::workflow::{Error, bulk};

/// Sets on the page.
const SETS: u32 = 100;

#[derive(Template)]
#[template(path = "backoffice/templates/sets.html")]
struct SetsPage {
    frame: OfficeFrame,
    words: &'static SetWords,
    operations: &'static OperationWords,
    rows: Vec<SetRow>,
}

struct SetRow {
    id: String,
    kind: &'static str,
    state: &'static str,
    /// How much is in it, done, and not done.
    numbers: [String; 3],
    by: String,
    when: String,
}

pub(super) async fn page(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
) -> Response {
    match sets_page(&visit, &who).await {
        Ok(page) => OfficeVisit::page(StatusCode::OK, &page),
        Err(error) => visit.failed(&error),
    }
}

async fn sets_page(visit: &OfficeVisit, who: &SignedIn) -> Result<SetsPage, Error> {
    let (app, language) = (&visit.web.app, visit.language());
    let (locale, words) = (Locale(language), set_words(language));
    let seen = who.seen(app).await?;
    let people = deeds::people(app).await?;
    let row = |bulk: Bulk| SetRow {
        id: bulk.id.to_string(),
        kind: set_kind_word(words, bulk.kind),
        state: set_state_word(words, bulk.state),
        numbers: [bulk.items, bulk.done, bulk.refused].map(|number| locale.number(number)),
        by: people.get(&bulk.person).cloned().unwrap_or_default(),
        when: locale.time(bulk.created),
    };
    let rows = app.reader.bulks((who.stay.person.id, &seen), SETS).await?;
    Ok(SetsPage {
        frame: visit.frame(),
        words,
        operations: operation_words(language),
        rows: rows.into_iter().map(row).collect(),
    })
}

/// Counts what a choice is, and leads to the set that it is.
pub(super) async fn send(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
    Extension(form): Extension<OfficeForm>,
) -> Response {
    let Ok(filter) = OperationFilter::parse(form.one("choice"), &[]) else {
        return visit.go("/operations");
    };
    let kind = match form.one("do") {
        "resend" => Some(BulkKind::Resend),
        "retry" => Some(BulkKind::Retry),
        _ => None,
    };
    let problem = match (kind, form.one("act").parse()) {
        (Some(kind), Ok(act)) => match counted(&visit, &who, (kind, act), &filter).await {
            Ok(bulk) => return visit.go(&format!("/sets/{}", bulk.id)),
            Err(Error::Refused(_)) => {
                let words = set_words(visit.language());
                let most = Locale(visit.language()).number(visit.web.app.bulk.most.into());
                filled(words.too_much, &[("number", most)])
            }
            Err(error) => return visit.failed(&error),
        },
        _ => visit.words().old_text.to_owned(),
    };
    operations::shown(&visit, &who, &filter, (StatusCode::UNPROCESSABLE_ENTITY, problem)).await
}

/// Counted to its end, whether the browser waits or not.
async fn counted(
    visit: &OfficeVisit,
    who: &SignedIn,
    (kind, act): (BulkKind, ActId),
    filter: &OperationFilter,
) -> Result<Bulk, Error> {
    let app = Arc::clone(&visit.web.app);
    let seen = who.seen(&app).await?;
    let (person, filter) = (who.stay.person.id, filter.clone());
    let work = tokio::spawn(async move {
        bulk::count(&app, ActingPerson { person, seen: &seen, act }, kind, &filter).await
    });
    work.await.map_err(|error| Error::Internal(Box::new(error)))?
}
