//! The list of operations: chosen by what stands in the address, page by page, and as CSV.

use askama::Template;
use axum::extract::Extension;
use axum::http::StatusCode;
use axum::response::Response;

use super::csv_file::{self, CsvLines};
use super::form::OfficeForm;
use super::frame::OfficeFrame;
use super::rows::{OperationRow, aliases, standing_word, state_word};
use super::search::tally;
use super::signed_in::SignedIn;
use super::visit::OfficeVisit;
use crate::domain::delivery::DeliveryStatus;
use crate::domain::instant::{DAY_MS, Instant};
use crate::domain::listing::{FilterName, ListPlace, OperationFilter, SavedFilter};
use crate::domain::operation::OperationState;
use crate::domain::person::Permission;
use crate::letters::{Locale, OperationWords, SetWords, filled, operation_words, set_words};
use crate::workflow::lists::{self, CsvExport};
use crate::workflow::people::filters;
use crate::workflow::{Error, acts};

/// Operations on a page.
const ROWS: usize = 50;

/// What stands in the address beside the choice.
const BESIDE: [&str; 2] = ["after", "lang"];

#[derive(Template)]
#[template(path = "backoffice/templates/operations.html")]
struct OperationsPage {
    frame: OfficeFrame,
    words: &'static OperationWords,
    problem: String,
    fields: FilterFields,
    /// Choices that the person keeps: name, query, whether it is this one.
    saved: Vec<(String, String, bool)>,
    /// Whether there is something to keep, and what this choice is called if it is kept.
    can_keep: bool,
    kept_as: Option<String>,
    count: String,
    rows: Vec<OperationRow>,
    /// What the address of the CSV has behind its path.
    choice: String,
    /// For who may act on all of these: the numbers drawn for both forms.
    sets: Option<SetForms>,
    /// Query of the newest, when this is not their page.
    newest: Option<String>,
    /// Query of those that follow.
    older: Option<String>,
}

/// What can be done to all that are chosen.
struct SetForms {
    words: &'static SetWords,
    resend: String,
    retry: String,
}

/// The choice as a form shows it: value, name, whether it is chosen.
struct FilterFields {
    states: Vec<(&'static str, &'static str, bool)>,
    standings: Vec<(&'static str, &'static str, bool)>,
    client_services: Vec<(String, String, bool)>,
    from: String,
    until: String,
    error: String,
    receiver: String,
}

pub(super) async fn page(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
) -> Response {
    let (filter, status, problem) = match OperationFilter::parse(visit.query(), &BESIDE) {
        Ok(filter) => (filter, StatusCode::OK, String::new()),
        Err(fault) => {
            let words = operation_words(visit.language());
            let problem = format!("{} ({fault})", words.filter_wrong);
            (OperationFilter::default(), StatusCode::UNPROCESSABLE_ENTITY, problem)
        }
    };
    shown(&visit, &who, &filter, (status, problem)).await
}

/// Keeps the choice of a page under a name, or forgets one.
pub(super) async fn send(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
    Extension(form): Extension<OfficeForm>,
) -> Response {
    let words = operation_words(visit.language());
    let (app, doer, person) = (&visit.web.app, visit.doer(), who.stay.person.id);
    let Ok(choice) = OperationFilter::parse(form.one("choice"), &[]) else {
        return visit.go("/operations");
    };
    let name = FilterName::parse(form.one("name"));
    let problem = match (form.one("do"), name) {
        ("keep", Some(name)) => {
            let filter = SavedFilter { name, choice: choice.clone() };
            match filters::save(app, person, &filter, &doer).await {
                Ok(true) => return visit.go(&format!("/operations?{}", choice.to_text())),
                Ok(false) => {
                    let most = filters::MOST_FILTERS.to_string();
                    filled(words.filters_full, &[("number", most)])
                }
                Err(error) => return visit.failed(&error),
            }
        }
        ("keep", None) => words.filter_name_wrong.to_owned(),
        ("forget", Some(name)) => match filters::forget(app, person, &name, &doer).await {
            Ok(()) => return visit.go(&format!("/operations?{}", choice.to_text())),
            Err(error) => return visit.failed(&error),
        },
        _ => visit.words().old_text.to_owned(),
    };
    shown(&visit, &who, &choice, (StatusCode::UNPROCESSABLE_ENTITY, problem)).await
}

/// The list of what a filter chooses, and what is wrong.
pub(super) async fn shown(
    visit: &OfficeVisit,
    who: &SignedIn,
    filter: &OperationFilter,
    (status, problem): (StatusCode, String),
) -> Response {
    match operations_page(visit, who, filter, problem).await {
        Ok(page) => OfficeVisit::page(status, &page),
        Err(error) => visit.failed(&error),
    }
}

async fn operations_page(
    visit: &OfficeVisit,
    who: &SignedIn,
    filter: &OperationFilter,
    problem: String,
) -> Result<OperationsPage, Error> {
    let (app, language) = (&visit.web.app, visit.language());
    let (locale, words) = (Locale(language), operation_words(language));
    let seen = who.seen(app).await?;
    let after = visit.asked("after").as_deref().and_then(ListPlace::parse);
    let place = after.unwrap_or(ListPlace::BEGINNING);
    let page = lists::page(app, &seen, filter, place, ROWS).await?;
    let count = tally(locale, words, lists::tally(app, &seen, filter).await?);
    let aliases = aliases(app).await?;
    let choice = filter.to_text();
    let with = |after: Option<ListPlace>| {
        let after = after.map(|place| format!("after={}", place.to_text()));
        let parts: Vec<String> = [choice.clone(), after.unwrap_or_default()]
            .into_iter()
            .filter(|it| !it.is_empty())
            .collect();
        format!("?{}", parts.join("&"))
    };
    let mut services: Vec<(String, String, bool)> = aliases
        .iter()
        .filter(|(id, _)| seen.holds(**id))
        .map(|(id, alias)| (id.to_string(), alias.clone(), filter.client_service == Some(*id)))
        .collect();
    services.sort_by(|one, other| one.1.cmp(&other.1));
    // Of a choice that cannot be read nothing is offered: the list is one of everything then.
    let acts = problem.is_empty() && !page.lines.is_empty() && who.stay.person.may(Permission::Act);
    let drawn = || acts::draw(app).map(|act| act.to_string());
    let forms = || -> Result<SetForms, Error> {
        Ok(SetForms { words: set_words(language), resend: drawn()?, retry: drawn()? })
    };
    let saved = app.reader.saved_filters(who.stay.person.id).await?;
    let kept_as = saved.iter().find(|it| it.choice == *filter);
    let kept_as = kept_as.map(|it| it.name.as_str().to_owned());
    let kept = saved.iter().map(|it| {
        let name = it.name.as_str().to_owned();
        (name, it.choice.to_text(), it.choice == *filter)
    });
    Ok(OperationsPage {
        frame: visit.frame(),
        words,
        problem,
        sets: acts.then(forms).transpose()?,
        fields: FilterFields::of(words, filter, services),
        saved: kept.collect(),
        can_keep: *filter != OperationFilter::default() && kept_as.is_none(),
        kept_as,
        count,
        rows: page.lines.iter().map(|line| OperationRow::of(language, &aliases, line)).collect(),
        newest: after.is_some().then(|| with(None)),
        older: page.next.map(|next| with(Some(next))),
        choice,
    })
}

impl FilterFields {
    fn of(
        words: &'static OperationWords,
        filter: &OperationFilter,
        client_services: Vec<(String, String, bool)>,
    ) -> Self {
        let day = |at: Instant| at.to_rfc3339().chars().take(10).collect::<String>();
        let state =
            |it: OperationState| (it.as_str(), state_word(words, it), filter.state == Some(it));
        let standing = |it: DeliveryStatus| {
            (it.as_str(), standing_word(words, it), filter.standing == Some(it))
        };
        Self {
            states: OperationState::ALL.into_iter().map(state).collect(),
            standings: DeliveryStatus::ALL.into_iter().map(standing).collect(),
            client_services,
            from: filter.from.map(day).unwrap_or_default(),
            // A day is in it as a whole.
            until: filter.until.map(|at| day(at.plus_ms(-DAY_MS))).unwrap_or_default(),
            error: filter.error.as_ref().map(|it| it.as_str().to_owned()).unwrap_or_default(),
            receiver: filter.receiver.as_ref().map(ToString::to_string).unwrap_or_default(),
        }
    }
}

/// The same choice as CSV, written while it is read.
pub(super) async fn csv(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
) -> Response {
    let Ok(filter) = OperationFilter::parse(visit.query(), &BESIDE) else {
        return visit.go("/operations");
    };
    let seen = match who.seen(&visit.web.app).await {
        Ok(seen) => seen,
        Err(error) => return visit.failed(&error),
    };
    match lists::export(&visit.web.app, &seen, &filter).await {
        Ok(export) => csv_file::answer(&visit, "operations.csv", export),
        Err(error) => visit.failed(&error),
    }
}

impl CsvLines for CsvExport {
    async fn lines(&mut self) -> Result<Option<String>, Error> {
        self.next().await
    }
}
