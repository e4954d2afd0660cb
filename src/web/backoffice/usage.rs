//! What client services did in a month, within what somebody sees, and the same as CSV.

use askama::Template;
use axum::extract::Extension;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::frame::OfficeFrame;
use super::signed_in::SignedIn;
use super::visit::OfficeVisit;
use crate::domain::calendar_month::CalendarMonth;
use crate::domain::usage_count::UsageCount;
use crate::letters::{Locale, OperationWords, UsageWords, operation_words, usage_words};
use crate::workflow::Error;
use crate::workflow::months::{self, MonthSheet, ServiceUsage};

#[derive(Template)]
#[template(path = "backoffice/templates/usage.html")]
struct UsagePage {
    frame: OfficeFrame,
    words: &'static UsageWords,
    operations: &'static OperationWords,
    problem: &'static str,
    month: String,
    /// Value, and whether it is this one.
    months: Vec<(String, bool)>,
    previous: String,
    rows: Vec<UsageRow>,
    all: [String; 6],
}

struct UsageRow {
    client_service: String,
    company: String,
    numbers: [String; 6],
}

/// In the order of the columns.
pub(super) fn numbers(locale: Locale, count: UsageCount) -> [String; 6] {
    [
        count.sealed,
        count.unsealed,
        count.executed,
        count.execution_failed,
        count.mails_sent,
        count.mails_failed,
    ]
    .map(|number| locale.number(number))
}

/// The month that the address asks for, else this one; `Err`: that is none.
fn month(visit: &OfficeVisit) -> Result<CalendarMonth, CalendarMonth> {
    let now = CalendarMonth::of(visit.web.app.now());
    match visit.asked("month").filter(|text| !text.is_empty()) {
        None => Ok(now),
        Some(text) => CalendarMonth::parse(&text).ok_or(now),
    }
}

async fn sheet(
    visit: &OfficeVisit,
    who: &SignedIn,
    month: CalendarMonth,
) -> Result<MonthSheet, Error> {
    let app = &visit.web.app;
    months::month(app, &who.seen(app).await?, month).await
}

pub(super) async fn page(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
) -> Response {
    let words = usage_words(visit.language());
    let (month, status, problem) = match month(&visit) {
        Ok(month) => (month, StatusCode::OK, ""),
        Err(now) => (now, StatusCode::UNPROCESSABLE_ENTITY, words.month_wrong),
    };
    match sheet(&visit, &who, month).await {
        Ok(sheet) => OfficeVisit::page(status, &UsagePage::of(&visit, words, problem, &sheet)),
        Err(error) => visit.failed(&error),
    }
}

impl UsagePage {
    fn of(
        visit: &OfficeVisit,
        words: &'static UsageWords,
        problem: &'static str,
        sheet: &MonthSheet,
    ) -> Self {
        let locale = Locale(visit.language());
        let mut last = months::last(visit.web.app.now());
        if !last.contains(&sheet.month) {
            last.push(sheet.month);
        }
        let row = |line: &ServiceUsage| UsageRow {
            client_service: line.client_service.alias.as_str().to_owned(),
            company: line.company.name.clone(),
            numbers: numbers(locale, line.count),
        };
        Self {
            frame: visit.frame(),
            words,
            operations: operation_words(visit.language()),
            problem,
            month: sheet.month.to_text(),
            months: last.iter().map(|month| (month.to_text(), *month == sheet.month)).collect(),
            previous: sheet.month.previous().to_text(),
            rows: sheet.services.iter().map(row).collect(),
            all: numbers(locale, sheet.all),
        }
    }
}

/// The same month as CSV.
pub(super) async fn csv(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
) -> Response {
    let Ok(month) = month(&visit) else { return visit.go("/usage") };
    match sheet(&visit, &who, month).await {
        Ok(sheet) => {
            let mut response = months::csv(&sheet).into_response();
            let headers = response.headers_mut();
            let kind = HeaderValue::from_static("text/csv; charset=utf-8; header=present");
            headers.insert(header::CONTENT_TYPE, kind);
            let name = format!("attachment; filename=\"usage-{}.csv\"", month.to_text());
            if let Ok(name) = HeaderValue::try_from(name) {
                headers.insert(header::CONTENT_DISPOSITION, name);
            }
            OfficeVisit::protected(response)
        }
        Err(error) => visit.failed(&error),
    }
}
