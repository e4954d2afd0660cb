//! The settings that are in effect, and how the parts of the installation are: to be looked at, not to be changed.

use askama::Template;
use axum::extract::Extension;
use axum::http::StatusCode;
use axum::response::Response;

use super::credentials::key_state;
use super::frame::OfficeFrame;
use super::visit::OfficeVisit;
use crate::app::TimeAuthority;
use crate::domain::effective::{EffectiveSetting, SettingSource};
use crate::letters::{Locale, SettingsWords, administration_words, filled, settings_words};
use crate::web::health;
use crate::workflow::administration::installation;
use crate::workflow::readiness::Readiness;

#[derive(Template)]
#[template(path = "backoffice/templates/settings.html")]
struct SettingsPage {
    frame: OfficeFrame,
    words: &'static SettingsWords,
    read_only: String,
    facts: Vec<(&'static str, String)>,
    /// Parts with what each of theirs says.
    parts: Vec<(&'static str, Vec<String>)>,
    only_differing: bool,
    sections: Vec<(String, Vec<SettingRow>)>,
}

/// A setting in a table.
struct SettingRow {
    path: String,
    value: String,
    default: String,
    differs: bool,
    source: String,
    meaning: String,
}

pub(super) async fn page(Extension(visit): Extension<OfficeVisit>) -> Response {
    let readiness = health::look(&visit.web).await;
    let words = settings_words(visit.language());
    let only_differing = visit.asked("only").as_deref() == Some("differing");
    let settings = &visit.web.app.settings;
    let file = settings.file.clone().unwrap_or_else(|| words.no_file.to_owned());
    let mut sections: Vec<(String, Vec<SettingRow>)> = Vec::new();
    for setting in settings.all.iter().filter(|it| !only_differing || it.differs()) {
        let row = row(words, setting);
        match sections.last_mut().filter(|(section, _)| section == setting.section()) {
            Some((_, rows)) => rows.push(row),
            None => sections.push((setting.section().to_owned(), vec![row])),
        }
    }
    let page = SettingsPage {
        frame: visit.frame(),
        words,
        read_only: filled(words.read_only, &[("file", file)]),
        facts: facts(&visit, &readiness),
        parts: parts(&visit, &readiness),
        only_differing,
        sections,
    };
    OfficeVisit::page(StatusCode::OK, &page)
}

fn row(words: &SettingsWords, setting: &EffectiveSetting) -> SettingRow {
    let said = |text: &str| if text.is_empty() { words.empty.to_owned() } else { text.to_owned() };
    let mut value = said(&setting.value);
    if let Some(is_there) = setting.is_there {
        value = format!("{value} ({})", words.there[usize::from(!is_there)]);
    }
    let [default, file] = words.sources;
    SettingRow {
        path: setting.path.clone(),
        value,
        default: setting.default.as_deref().map_or_else(|| words.empty.to_owned(), said),
        differs: setting.differs(),
        source: match &setting.source {
            SettingSource::Default => default.to_owned(),
            SettingSource::File => file.to_owned(),
            SettingSource::Environment(name) => name.clone(),
        },
        meaning: setting.meaning.clone(),
    }
}

fn facts(visit: &OfficeVisit, readiness: &Readiness) -> Vec<(&'static str, String)> {
    let (app, words) = (&visit.web.app, settings_words(visit.language()));
    let one_of = |pair: [&'static str; 2], good: bool| pair[usize::from(!good)];
    let (engine, schema) = installation::database(app);
    let writes = one_of(words.writes, readiness.writes);
    vec![
        (words.version, env!("CARGO_PKG_VERSION").to_owned()),
        (words.started, Locale(visit.language()).time(app.started)),
        (words.database, format!("{engine}: {writes}")),
        (words.schema, schema.to_string()),
        (words.clock, one_of(words.clocks, readiness.clock).to_owned()),
    ]
}

fn parts(visit: &OfficeVisit, readiness: &Readiness) -> Vec<(&'static str, Vec<String>)> {
    let (app, words) = (&visit.web.app, settings_words(visit.language()));
    let (locale, administration) =
        (Locale(visit.language()), administration_words(visit.language()));
    let back_ends = readiness
        .back_ends
        .iter()
        .map(|it| format!("{} ({}): {}", it.name, it.kind, key_state(administration, it.state)));
    let [answers, silent, unasked] = words.answers;
    let authority = |it: &TimeAuthority| {
        let state = match (it.away(), it.proven()) {
            (Some(away), _) => filled(silent, &[("when", locale.time(away.since))]),
            (None, Some(_)) => answers.to_owned(),
            (None, None) => unasked.to_owned(),
        };
        format!("{}: {state}", it.tsa.name())
    };
    let lists = app.trusted_lists.as_ref().map(|lists| {
        let held = lists.held();
        let number = u64::try_from(held.standings.len()).unwrap_or(u64::MAX);
        let read = held.read_at.map(|at| {
            filled(
                words.lists_read,
                &[("number", locale.number(number)), ("when", locale.time(at))],
            )
        });
        let troubles = held.troubles.iter().map(|(whose, reason)| format!("{whose}: {reason}"));
        let mut all = vec![read.unwrap_or_else(|| words.lists_unread.to_owned())];
        all.extend(troubles);
        all
    });
    let mail = app.mail.account.as_ref().map(|house| {
        let closed = app.circuits.of(None);
        let state = closed.map(|it| filled(silent, &[("when", locale.time(it.since))]));
        let state = state.map(|state| format!(": {state}")).unwrap_or_default();
        format!("{}{state}", house.host)
    });
    vec![
        (words.back_ends, back_ends.collect()),
        (words.authorities, app.authorities.all().map(authority).collect()),
        (words.lists, lists.unwrap_or_default()),
        (words.mail, mail.into_iter().collect()),
    ]
}
