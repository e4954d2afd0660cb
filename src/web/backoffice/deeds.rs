//! What pages share on which somebody changes something: who does it, why nothing was done, and what was done before.

use std::collections::HashMap;

use axum::http::StatusCode;

use super::form::OfficeForm;
use super::signed_in::SignedIn;
use super::visit::OfficeVisit;
use crate::app::App;
use crate::domain::audit::{Actor, AuditEntry};
use crate::domain::ids::{ActId, PersonId};
use crate::domain::scope::ServiceSet;
use crate::letters::{Locale, audit_word};
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
