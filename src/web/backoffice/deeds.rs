//! What pages share on which somebody changes something: who does it, why nothing was done, and what was done before.

use std::collections::HashMap;
use std::str::FromStr;

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::StatusCode;

use super::form::OfficeForm;
use super::signed_in::SignedIn;
use super::visit::OfficeVisit;
use crate::app::App;
use crate::domain::audit::{Actor, AuditEntry, WrittenReason};
use crate::domain::ids::{ActId, PersonId};
use crate::domain::scope::ServiceSet;
use crate::letters::{Locale, administration_words, audit_word};
use crate::workflow::administration::ChangingPerson;
use crate::workflow::{Error, acts};

/// Why nothing was done.
pub(super) enum DeedProblem {
    /// These words say it.
    Words(StatusCode, String),
    Failed(Error),
}

impl DeedProblem {
    /// Something in the form is wrong.
    pub(super) fn wrong(words: &str) -> Self {
        Self::Words(StatusCode::UNPROCESSABLE_ENTITY, words.to_owned())
    }

    /// The form is none of the page.
    pub(super) fn old(visit: &OfficeVisit) -> Self {
        Self::wrong(visit.words().old_text)
    }
}

impl From<Error> for DeedProblem {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(refusal) => Self::wrong(&refusal.to_string()),
            error => Self::Failed(error),
        }
    }
}

/// An entry of the audit record in a table.
pub(super) struct DeedRow {
    pub(super) when: String,
    pub(super) what: &'static str,
    pub(super) who: String,
    pub(super) from: String,
    pub(super) detail: String,
}

/// The number that a path says; `None`: it says none, and leads to what does not exist.
pub(super) fn id_of<T: FromStr>(id: Result<Path<String>, PathRejection>) -> Option<T> {
    id.ok()?.0.parse().ok()
}

/// What is said above a page of what can be suspended, and what was written into its form.
#[derive(Default)]
pub(super) struct SuspensionSaid {
    pub(super) done: &'static str,
    pub(super) problem: String,
    pub(super) reason: String,
}

impl SuspensionSaid {
    /// What the address says was done.
    pub(super) fn asked(visit: &OfficeVisit) -> Self {
        let words = administration_words(visit.language());
        let done = match visit.asked("done").as_deref() {
            Some("suspend") => words.suspended,
            Some("reactivate") => words.reactivated,
            _ => "",
        };
        Self { done, ..Self::default() }
    }

    /// Why nothing was done.
    pub(super) fn wrong(problem: String, form: &OfficeForm) -> Self {
        Self { done: "", problem, reason: form.one("reason").to_owned() }
    }
}

/// Whether a form suspends, or reactivates, and why.
pub(super) fn suspension(
    visit: &OfficeVisit,
    form: &OfficeForm,
) -> Result<(bool, WrittenReason), DeedProblem> {
    let suspends = match form.one("do") {
        "suspend" => true,
        "reactivate" => false,
        _ => return Err(DeedProblem::old(visit)),
    };
    let reason = WrittenReason::parse(form.one("reason"));
    let wrong = || DeedProblem::wrong(administration_words(visit.language()).reason_wrong);
    Ok((suspends, reason.ok_or_else(wrong)?))
}

/// Who does what a form says, under the number that was drawn for it.
pub(super) fn doer<'a>(
    visit: &OfficeVisit,
    who: &SignedIn,
    seen: &'a ServiceSet,
    form: &OfficeForm,
) -> Result<ChangingPerson<'a>, DeedProblem> {
    let number = form.one("act").parse::<ActId>().map_err(|_| DeedProblem::old(visit))?;
    Ok(ChangingPerson { person: who.stay.person.id, address: visit.address, seen, number })
}

/// A number for a form.
pub(super) fn drawn(app: &App) -> Result<String, Error> {
    Ok(acts::draw(app)?.to_string())
}

/// What people are called.
pub(super) async fn people(app: &App) -> Result<HashMap<PersonId, String>, Error> {
    Ok(app.reader.people().await?.into_iter().map(|it| (it.id, it.name)).collect())
}

/// Entries of the audit record in the words of a language.
pub(super) fn rows(
    visit: &OfficeVisit,
    entries: &[AuditEntry],
    people: &HashMap<PersonId, String>,
) -> Vec<DeedRow> {
    let (language, words) = (visit.language(), visit.words());
    let row = |entry: &AuditEntry| DeedRow {
        when: Locale(language).time(entry.at),
        what: audit_word(language, entry.action),
        who: match entry.actor {
            Actor::Person(id) => people.get(&id).cloned().unwrap_or_else(|| id.to_string()),
            Actor::Command => words.command_line.to_owned(),
            Actor::Stranger => words.stranger.to_owned(),
        },
        from: entry.address.clone().unwrap_or_default(),
        detail: entry.detail.clone(),
    };
    entries.iter().map(row).collect()
}
