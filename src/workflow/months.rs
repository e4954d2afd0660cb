//! What was done month by month and day by day, for who looks at it: from what was counted when it ended.

use std::collections::BTreeMap;

use super::Error;
use crate::app::App;
use crate::domain::calendar_month::CalendarMonth;
use crate::domain::client_service::ClientService;
use crate::domain::company::Company;
use crate::domain::csv;
use crate::domain::instant::{DAY_MS, Instant};
use crate::domain::scope::ServiceSet;
use crate::domain::usage_count::UsageCount;

/// Months and days that are looked back on.
const MONTHS: usize = 12;
const DAYS: i64 = 31;

/// What a client service did in a month.
pub struct ServiceUsage {
    pub client_service: ClientService,
    pub company: Company,
    pub count: UsageCount,
}

/// A month of what somebody sees.
pub struct MonthSheet {
    pub month: CalendarMonth,
    /// Client services that did something, by company and alias.
    pub services: Vec<ServiceUsage>,
    pub all: UsageCount,
}

/// What client services did in a month.
///
/// # Errors
/// From the database.
pub async fn month(
    app: &App,
    seen: &ServiceSet,
    month: CalendarMonth,
) -> Result<MonthSheet, Error> {
    let counted = app.reports.counted_by_service(seen, month.days()).await?;
    let (known, companies) = (app.reader.client_services().await?, app.reader.companies().await?);
    let mut all = UsageCount::default();
    let mut services = Vec::new();
    for (id, count) in counted.into_iter().filter(|(_, count)| *count != UsageCount::default()) {
        all += count;
        let Some(client_service) = known.iter().find(|it| it.id == id).cloned() else { continue };
        let company = companies.iter().find(|it| it.id == client_service.issuer).cloned();
        services.extend(company.map(|company| ServiceUsage { client_service, company, count }));
    }
    services.sort_by(|one, other| {
        let key = |it: &ServiceUsage| {
            (it.company.name.clone(), it.client_service.alias.as_str().to_owned())
        };
        key(one).cmp(&key(other))
    });
    Ok(MonthSheet { month, services, all })
}

/// The last months, the newest first.
#[must_use]
pub fn last(now: Instant) -> Vec<CalendarMonth> {
    let first = Some(CalendarMonth::of(now));
    std::iter::successors(first, |month| Some(month.previous())).take(MONTHS).collect()
}

const COLUMNS: [&str; 10] = [
    "month",
    "company",
    "vat_number",
    "client_service",
    "documents_sealed",
    "documents_not_sealed",
    "operations_executed",
    "operations_failed",
    "mails_sent",
    "mails_given_up",
];

/// A month as CSV (RFC 4180).
#[must_use]
pub fn csv(sheet: &MonthSheet) -> String {
    let mut text = csv::line(COLUMNS);
    let month = sheet.month.to_text();
    for line in &sheet.services {
        let count = line.count;
        let numbers = [
            count.sealed,
            count.unsealed,
            count.executed,
            count.execution_failed,
            count.mails_sent,
            count.mails_failed,
        ];
        let numbers = numbers.map(|number| number.to_string());
        let vat = format!("{}{}", line.company.country_code, line.company.vat_number);
        let alias = line.client_service.alias.as_str();
        let names = [month.as_str(), &line.company.name, &vat, alias];
        text.push_str(&csv::line(names.into_iter().chain(numbers.iter().map(String::as_str))));
    }
    text
}

/// What was done over time: each day of the last month or so, and each of the last months, oldest first.
pub struct UsageCourse {
    /// By the first instant of the day.
    pub days: Vec<(Instant, UsageCount)>,
    pub months: Vec<(CalendarMonth, UsageCount)>,
}

/// How it went until now.
///
/// # Errors
/// From the database.
pub async fn course(app: &App, seen: &ServiceSet) -> Result<UsageCourse, Error> {
    let now = app.now();
    let today = now.unix_ms().div_euclid(DAY_MS);
    let mut months: BTreeMap<CalendarMonth, UsageCount> =
        last(now).into_iter().map(|month| (month, UsageCount::default())).collect();
    let begin = months.keys().next().map_or(today, |first| first.days().0);
    let counted = app.reports.counted_by_day(seen, (begin.min(today - DAYS), today + 1)).await?;
    let at = |day: i64| Instant::from_unix_ms(day.saturating_mul(DAY_MS));
    for (day, count) in &counted {
        if let Some(sum) = months.get_mut(&CalendarMonth::of(at(*day))) {
            *sum += *count;
        }
    }
    let days = (today - DAYS + 1..=today)
        .map(|day| (at(day), counted.get(&day).copied().unwrap_or_default()));
    Ok(UsageCourse { days: days.collect(), months: months.into_iter().collect() })
}
