//! The audit record: page by page, chosen by what stands in the address, as CSV, and whether its chain is whole.

use std::collections::HashMap;

use askama::Template;
use axum::extract::Extension;
use axum::http::StatusCode;
use axum::response::Response;

use super::csv_file::{self, CsvLines};
use super::deeds::people;
use super::frame::OfficeFrame;
use super::visit::OfficeVisit;
use crate::domain::audit::{Actor, AuditAction, AuditEntry, AuditFilter, AuditPlace};
use crate::domain::ids::PersonId;
use crate::domain::text::{hex, sha256_of_hex};
use crate::letters::{
    AuditWords, Locale, OperationWords, audit_word, audit_words, filled, operation_words,
};
use crate::workflow::Error;
use crate::workflow::audit::{self, AuditExport, ChainReport, Misfit};

#[derive(Template)]
#[template(path = "backoffice/templates/audit.html")]
struct AuditLogPage {
    frame: OfficeFrame,
    words: &'static AuditWords,
    operations: &'static OperationWords,
    problem: &'static str,
    fields: AuditFields,
    rows: Vec<AuditRow>,
    /// The choice as it stands in the address.
    choice: String,
    /// Query of the newest, when this is not their page.
    newest: Option<String>,
    /// Query of those that follow.
    older: Option<String>,
}

/// The choice as a form shows it: value, name, whether it is chosen.
struct AuditFields {
    by: Vec<(String, String, bool)>,
    about: Vec<(String, String, bool)>,
    what: Vec<(&'static str, &'static str, bool)>,
    from: String,
    until: String,
}

struct AuditRow {
    when: String,
    what: &'static str,
    by: String,
    about: String,
    /// Number of whom it is about.
    person: String,
    from: String,
    detail: String,
}

#[derive(Template)]
#[template(path = "backoffice/templates/audit-chain.html")]
struct ChainPage {
    frame: OfficeFrame,
    words: &'static AuditWords,
    problem: &'static str,
    kept: String,
    verdict: Option<ChainVerdict>,
}

/// What a verification found.
struct ChainVerdict {
    is_whole: bool,
    text: String,
    facts: Vec<(&'static str, String)>,
}

/// A choice, and whether the address says it well.
struct AuditChoice {
    filter: AuditFilter,
    text: String,
    is_good: bool,
}

impl AuditChoice {
    fn of(query: &str) -> Self {
        let mut choice =
            Self { filter: AuditFilter::default(), text: String::new(), is_good: true };
        let mut kept = form_urlencoded::Serializer::new(String::new());
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            let value = value.trim();
            if ["after", "lang"].contains(&key.as_ref()) {
                continue;
            }
            if choice.filter.take(&key, value) {
                if !value.is_empty() {
                    kept.append_pair(&key, value);
                }
            } else {
                choice.is_good = false;
            }
        }
        choice.text = kept.finish();
        choice
    }

    fn with(&self, after: Option<AuditPlace>) -> String {
        let after = after.map(|place| format!("after={}", place.to_text())).unwrap_or_default();
        let parts = [self.text.as_str(), after.as_str()];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        format!("?{}", parts.join("&"))
    }
}

pub(super) async fn page(Extension(visit): Extension<OfficeVisit>) -> Response {
    let mut choice = AuditChoice::of(visit.query());
    let (mut status, mut problem) = (StatusCode::OK, "");
    if !choice.is_good {
        status = StatusCode::UNPROCESSABLE_ENTITY;
        problem = operation_words(visit.language()).filter_wrong;
        choice = AuditChoice::of("");
    }
    match log_page(&visit, &choice, problem).await {
        Ok(page) => OfficeVisit::page(status, &page),
        Err(error) => visit.failed(&error),
    }
}

async fn log_page(
    visit: &OfficeVisit,
    choice: &AuditChoice,
    problem: &'static str,
) -> Result<AuditLogPage, Error> {
    let (app, language) = (&visit.web.app, visit.language());
    let after = visit.asked("after").as_deref().and_then(AuditPlace::parse);
    let place = after.unwrap_or(AuditPlace::BEGINNING);
    let page = audit::page(app, &choice.filter, place).await?;
    let names = people(app).await?;
    let frame = visit.frame();
    let name = |id: PersonId| names.get(&id).cloned().unwrap_or_else(|| id.to_string());
    let row = |entry: &AuditEntry| AuditRow {
        when: Locale(language).time(entry.at),
        what: audit_word(language, entry.action),
        by: match entry.actor {
            Actor::Person(id) => name(id),
            Actor::Command => frame.words.command_line.to_owned(),
            Actor::Stranger => frame.words.stranger.to_owned(),
        },
        about: name(entry.person),
        person: entry.person.to_string(),
        from: entry.address.clone().unwrap_or_default(),
        detail: entry.detail.clone(),
    };
    Ok(AuditLogPage {
        words: audit_words(language),
        operations: operation_words(language),
        problem,
        fields: AuditFields::of(visit, &choice.filter, &names),
        rows: page.entries.iter().map(row).collect(),
        choice: choice.text.clone(),
        newest: after.is_some().then(|| choice.with(None)),
        older: page.next.map(|next| choice.with(Some(next))),
        frame,
    })
}

impl AuditFields {
    fn of(visit: &OfficeVisit, filter: &AuditFilter, names: &HashMap<PersonId, String>) -> Self {
        let mut people: Vec<(PersonId, &String)> =
            names.iter().map(|(id, name)| (*id, name)).collect();
        people.sort_by(|one, other| (one.1, one.0).cmp(&(other.1, other.0)));
        let words = visit.words();
        let others = [(Actor::Command, words.command_line), (Actor::Stranger, words.stranger)];
        let actors = people.iter().map(|(id, name)| (Actor::Person(*id), name.as_str()));
        let actors = others.into_iter().chain(actors);
        let language = visit.language();
        Self {
            by: actors
                .map(|(actor, name)| {
                    (actor.to_text(), name.to_owned(), filter.actor == Some(actor))
                })
                .collect(),
            about: people
                .iter()
                .map(|(id, name)| (id.to_string(), (*name).clone(), filter.about == Some(*id)))
                .collect(),
            what: AuditAction::ALL
                .into_iter()
                .map(|it| (it.as_str(), audit_word(language, it), filter.action == Some(it)))
                .collect(),
            from: visit.asked("from").unwrap_or_default(),
            until: visit.asked("until").unwrap_or_default(),
        }
    }
}

/// The same choice as CSV, written while it is read.
pub(super) async fn csv(Extension(visit): Extension<OfficeVisit>) -> Response {
    let choice = AuditChoice::of(visit.query());
    if !choice.is_good {
        return visit.go("/audit");
    }
    match audit::export(&visit.web.app, &choice.filter).await {
        Ok(export) => csv_file::answer(&visit, "audit.csv", export),
        Err(error) => visit.failed(&error),
    }
}

impl CsvLines for AuditExport {
    async fn lines(&mut self) -> Result<Option<String>, Error> {
        self.next().await
    }
}

/// Goes through the whole chain, when it is asked for.
pub(super) async fn chain(Extension(visit): Extension<OfficeVisit>) -> Response {
    let words = audit_words(visit.language());
    let kept = visit.asked("head").unwrap_or_default().trim().to_owned();
    let mut page = ChainPage { frame: visit.frame(), words, problem: "", kept, verdict: None };
    let head = sha256_of_hex(&page.kept);
    if head.is_none() && !page.kept.is_empty() {
        page.problem = words.kept_wrong;
        return OfficeVisit::page(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    match audit::verify(&visit.web.app, head).await {
        Ok(report) => {
            page.verdict = Some(verdict(Locale(visit.language()), words, &report));
            OfficeVisit::page(StatusCode::OK, &page)
        }
        Err(error) => visit.failed(&error),
    }
}

fn verdict(locale: Locale, words: &AuditWords, report: &ChainReport) -> ChainVerdict {
    let at = |text: &str, place: i64| filled(text, &[("place", place.to_string())]);
    let mut text = match report.misfit {
        None => words.whole.to_owned(),
        Some(Misfit::Changed { place }) => at(words.changed, place),
        Some(Misfit::Missing { place }) => at(words.missing, place),
        Some(Misfit::Inserted { id }) => filled(words.inserted, &[("id", id.to_string())]),
        Some(Misfit::Headless) => words.headless.to_owned(),
        Some(Misfit::NotKept) => words.not_kept.to_owned(),
    };
    if let Some(place) = report.kept_at {
        text = format!("{text} {}", at(words.kept_at, place));
    }
    let mut facts = vec![(words.entries, locale.number(report.entries))];
    facts.extend(report.head.map(|head| (words.head, hex(&head))));
    ChainVerdict { is_whole: report.misfit.is_none(), text, facts }
}
