//! The first screen: one box to look for anything that a person sees; what ended today, what waits, and what is wrong.

use askama::Template;
use axum::extract::Extension;
use axum::http::StatusCode;
use axum::response::Response;

use super::client_services::ServiceRow;
use super::companies::CompanyRow;
use super::frame::OfficeFrame;
use super::rows::{OperationRow, aliases};
use super::seen::span;
use super::signed_in::SignedIn;
use super::visit::OfficeVisit;
use crate::domain::listing::BoundedCount;
use crate::domain::scope::ServiceSet;
use crate::letters::{
    AdministrationWords, Locale, OperationWords, administration_words, filled, operation_words,
};
use crate::store::search::Matched;
use crate::workflow::administration::companies::{self, CompanyList};
use crate::workflow::administration::services::{self, ServiceList};
use crate::workflow::first_page::{self, FirstPage};
use crate::workflow::{Error, search};

#[derive(Template)]
#[template(path = "backoffice/templates/search.html")]
struct SearchPage {
    frame: OfficeFrame,
    words: &'static OperationWords,
    named: &'static AdministrationWords,
    find: String,
    found: Option<FoundRows>,
    today: Option<TodayFacts>,
}

/// What was found.
struct FoundRows {
    /// By what they are called.
    companies: Vec<CompanyRow>,
    services: Vec<ServiceRow>,
    more_names: bool,
    rows: Vec<FoundRow>,
    more: bool,
}

/// Companies, and client services, that are shown at most, as they stand before what else was found.
const NAMED: usize = 5;

struct FoundRow {
    by: &'static str,
    text: String,
    operation: OperationRow,
}

/// How things stand.
struct TodayFacts {
    ended: Vec<(&'static str, String)>,
    /// With where those are that it counts, if there is a list of them.
    waiting: Vec<(&'static str, String, &'static str)>,
    /// `None`: they are not for whoever looks.
    alarms: Option<Vec<AlarmFacts>>,
}

struct AlarmFacts {
    title: String,
    since: String,
    paragraphs: Vec<String>,
}

pub(super) async fn page(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
) -> Response {
    let find = visit.asked("find").unwrap_or_default();
    match search_page(&visit, &who, find).await {
        Ok(page) => OfficeVisit::page(StatusCode::OK, &page),
        Err(error) => visit.failed(&error),
    }
}

async fn search_page(
    visit: &OfficeVisit,
    who: &SignedIn,
    find: String,
) -> Result<SearchPage, Error> {
    let app = &visit.web.app;
    let seen = who.seen(app).await?;
    let words = operation_words(visit.language());
    let (mut found, mut today) = (None, None);
    if find.trim().is_empty() {
        let page = first_page::read(app, &seen, visit.language()).await?;
        today = Some(facts(visit, &page, seen == ServiceSet::All));
    } else {
        found = Some(found_rows(visit, who, &seen, &find).await?);
    }
    let named = administration_words(visit.language());
    Ok(SearchPage { frame: visit.frame(), words, named, find, found, today })
}

async fn found_rows(
    visit: &OfficeVisit,
    who: &SignedIn,
    seen: &ServiceSet,
    find: &str,
) -> Result<FoundRows, Error> {
    let app = &visit.web.app;
    let hits = search::search(app, seen, find).await?;
    let (aliases, language) = (aliases(app).await?, visit.language());
    let words = operation_words(language);
    let row = |hit: &search::Hit| FoundRow {
        by: matched(words, hit.by),
        text: hit.text.clone(),
        operation: OperationRow::of(language, &aliases, &hit.operation),
    };
    let (mut companies, mut services) = (CompanyList::default(), ServiceList::default());
    // One letter is in most names.
    if find.trim().chars().nth(1).is_some() {
        companies = companies::list(app, &who.stay.person.sight, find, NAMED).await?;
        services = services::named(app, seen, find, None, NAMED).await?;
    }
    Ok(FoundRows {
        companies: companies.lines.iter().map(|line| CompanyRow::of(visit, line)).collect(),
        services: services.lines.iter().map(|line| ServiceRow::of(visit, line)).collect(),
        more_names: companies.more || services.more,
        rows: hits.hits.iter().map(row).collect(),
        more: hits.more,
    })
}

/// The word for that by which something was found.
fn matched(words: &OperationWords, by: Matched) -> &'static str {
    let [operation, document, request, reference, name, receiver, original, sealed] = words.matched;
    match by {
        Matched::OperationId => operation,
        Matched::DocumentId => document,
        Matched::RequestReference => request,
        Matched::DocumentReference => reference,
        Matched::DocumentName => name,
        Matched::Receiver => receiver,
        Matched::OriginalSha256 => original,
        Matched::SealedSha256 => sealed,
    }
}

fn facts(visit: &OfficeVisit, page: &FirstPage, sees_alarms: bool) -> TodayFacts {
    let locale = Locale(visit.language());
    let words = operation_words(visit.language());
    let (ended, waiting) = (&page.ended, &page.waiting);
    let number = |number: u64| locale.number(number);
    let mut waits = vec![
        (words.pending, tally(locale, words, waiting.pending), "state=PENDING_EXECUTION"),
        (words.retrying, tally(locale, words, waiting.retrying), "state=EXECUTION_ERROR"),
        (words.mails, tally(locale, words, waiting.mails), ""),
        (words.given_up, tally(locale, words, waiting.mails_given_up), "delivery=SENDING_FAILED"),
    ];
    waits.extend(page.oldest_operation_ms.map(|ms| (words.oldest_operation, span(ms), "")));
    waits.extend(page.oldest_mail_ms.map(|ms| (words.oldest_mail, span(ms), "")));
    let alarms = page.alarms.iter().map(|alarm| AlarmFacts {
        title: alarm.letter.as_ref().map_or_else(|| alarm.name.clone(), |it| it.subject.clone()),
        since: locale.time(alarm.raised),
        paragraphs: alarm.letter.as_ref().map_or_else(Vec::new, |letter| {
            letter.text.split("\n\n").map(str::trim).map(str::to_owned).collect()
        }),
    });
    TodayFacts {
        ended: vec![
            (words.executed, number(ended.executed)),
            (words.execution_failed, number(ended.execution_failed)),
            (words.sealed, number(ended.sealed)),
            (words.unsealed, number(ended.unsealed)),
        ],
        waiting: waits,
        alarms: sees_alarms.then(|| alarms.collect()),
    }
}

/// A number, or that there may be more.
pub(super) fn tally(locale: Locale, words: &OperationWords, tally: BoundedCount) -> String {
    match tally {
        BoundedCount::Exactly(number) => locale.number(number),
        BoundedCount::AtLeast(number) => {
            filled(words.or_more, &[("number", locale.number(number))])
        }
    }
}
