//! How it went: day by day and month by month, as a small picture with the same numbers in a table beside it.

use askama::Template;
use axum::extract::Extension;
use axum::http::StatusCode;
use axum::response::Response;

use super::frame::OfficeFrame;
use super::signed_in::SignedIn;
use super::usage::numbers;
use super::visit::OfficeVisit;
use crate::domain::usage_count::UsageCount;
use crate::letters::{Locale, OperationWords, UsageWords, filled, operation_words, usage_words};
use crate::workflow::{Error, months};

/// What a picture measures, in its own units.
const WIDTH: u64 = 620;
const HEIGHT: u64 = 140;

#[derive(Template)]
#[template(path = "backoffice/templates/dashboard.html")]
struct OverviewPage {
    frame: OfficeFrame,
    words: &'static UsageWords,
    operations: &'static OperationWords,
    courses: [CourseView; 2],
}

/// A picture and its table.
struct CourseView {
    /// Tells the two apart on the page.
    id: &'static str,
    title: &'static str,
    /// What the picture shows, in words.
    text: String,
    /// What a line is: a day, or a month.
    unit: &'static str,
    bars: Vec<BarView>,
    /// Newest first: address of its month and name, and numbers.
    rows: Vec<(String, String, [String; 6])>,
}

/// A bar: sealed below, not sealed on top.
struct BarView {
    x: u64,
    width: u64,
    sealed: (u64, u64),
    unsealed: (u64, u64),
}

pub(super) async fn page(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
) -> Response {
    match overview(&visit, &who).await {
        Ok(page) => OfficeVisit::page(StatusCode::OK, &page),
        Err(error) => visit.failed(&error),
    }
}

async fn overview(visit: &OfficeVisit, who: &SignedIn) -> Result<OverviewPage, Error> {
    let (app, language) = (&visit.web.app, visit.language());
    let words = usage_words(language);
    let course = months::course(app, &who.seen(app).await?).await?;
    let day = |text: String| text.chars().take(10).collect::<String>();
    let days = course.days.iter().map(|(at, count)| {
        let day = day(at.to_rfc3339());
        (day.chars().take(7).collect(), day, *count)
    });
    let months =
        course.months.iter().map(|(month, count)| (month.to_text(), month.to_text(), *count));
    let view = |id, title, unit, lines: Vec<(String, String, UsageCount)>| {
        CourseView::of(Locale(language), words, (id, title, unit), &lines)
    };
    Ok(OverviewPage {
        frame: visit.frame(),
        words,
        operations: operation_words(language),
        courses: [
            view("days", words.by_day, words.day, days.collect()),
            view("months", words.by_month, words.month, months.collect()),
        ],
    })
}

impl CourseView {
    fn of(
        locale: Locale,
        words: &UsageWords,
        (id, title, unit): (&'static str, &'static str, &'static str),
        lines: &[(String, String, UsageCount)],
    ) -> Self {
        let all = |count: &UsageCount| count.sealed.saturating_add(count.unsealed);
        let most = lines.iter().map(|(.., count)| all(count)).max().unwrap_or_default();
        let step = WIDTH.checked_div(lines.len() as u64).unwrap_or(WIDTH).max(2);
        let bars = lines.iter().zip(0_u64..).map(|((.., count), at)| {
            let sealed = height(count.sealed, most);
            let unsealed = height(count.unsealed, most).min(HEIGHT.saturating_sub(sealed));
            let top = HEIGHT - sealed;
            BarView {
                x: at * step,
                width: step * 4 / 5,
                sealed: (top, sealed),
                unsealed: (top.saturating_sub(unsealed), unsealed),
            }
        });
        let rows = lines
            .iter()
            .rev()
            .map(|(month, name, count)| (month.clone(), name.clone(), numbers(locale, *count)));
        Self {
            id,
            title,
            text: filled(words.chart, &[("most", locale.number(most))]),
            unit,
            bars: bars.collect(),
            rows: rows.collect(),
        }
    }
}

/// How high a part is: what there is can be seen.
fn height(part: u64, most: u64) -> u64 {
    let scaled = u128::from(part) * u128::from(HEIGHT) / u128::from(most.max(1));
    u64::try_from(scaled).unwrap_or(HEIGHT).max(u64::from(part > 0))
}
