//! The first import of a credential, as one person proposed it, for another one to confirm.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Extension, Path};
use axum::http::StatusCode;
use axum::response::Response;

use super::credential::{certificate, of_renewal};
use super::credentials::place_of;
use super::deeds::{self, DeedProblem, DeedRow};
use super::form::OfficeForm;
use super::frame::{Notice, OfficeFrame};
use super::signed_in::SignedIn;
use super::visit::OfficeVisit;
use crate::domain::ids::{CredentialId, PersonId};
use crate::domain::person::Permission;
use crate::domain::renewal::RenewalState;
use crate::letters::{AdministrationWords, KeyWords, Locale, administration_words, key_words};
use crate::workflow::Error;
use crate::workflow::administration::credentials;
use crate::workflow::administration::imports::{self, ImportSheet};

#[derive(Template)]
#[template(path = "backoffice/templates/import.html")]
struct ImportPage {
    frame: OfficeFrame,
    words: &'static AdministrationWords,
    keys: &'static KeyWords,
    done: &'static str,
    problem: String,
    id: String,
    alias: String,
    /// Place of the credential that it became.
    credential: String,
    state: &'static str,
    facts: Vec<(&'static str, String)>,
    calendar: Vec<String>,
    entries: Vec<DeedRow>,
    /// What who looks may do.
    can: Option<ImportForm>,
}

/// The form of the page.
struct ImportForm {
    act: String,
    /// Who looks did not propose it.
    may_confirm: bool,
    /// Nobody else could confirm it.
    alone: bool,
}

type IdPath = Result<Path<String>, PathRejection>;

pub(super) async fn page(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
    id: IdPath,
) -> Response {
    let done = match visit.asked("done").as_deref() {
        Some("propose") => administration_words(visit.language()).renewal_proposed,
        Some("confirm") => key_words(visit.language()).confirmed,
        Some("refuse") => key_words(visit.language()).refused,
        _ => "",
    };
    match deeds::id_of(id) {
        Some(id) => shown(&visit, &who, id, (StatusCode::OK, done, String::new())).await,
        None => visit.notice(StatusCode::NOT_FOUND, Notice::Unknown),
    }
}

pub(super) async fn send(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
    id: IdPath,
    Extension(form): Extension<OfficeForm>,
) -> Response {
    let Some(id) = deeds::id_of(id) else {
        return visit.notice(StatusCode::NOT_FOUND, Notice::Unknown);
    };
    match act(&visit, &who, id, &form).await {
        Ok(response) => response,
        Err(DeedProblem::Words(status, problem)) => {
            shown(&visit, &who, id, (status, "", problem)).await
        }
        Err(DeedProblem::Failed(error)) => visit.failed(&error),
    }
}

async fn act(
    visit: &OfficeVisit,
    who: &SignedIn,
    id: CredentialId,
    form: &OfficeForm,
) -> Result<Response, DeedProblem> {
    let (app, words) = (&visit.web.app, administration_words(visit.language()));
    imports::sheet(app, id).await?;
    let seen = who.seen(app).await?;
    let doer = deeds::doer(visit, who, &seen, form)?;
    let deed = form.one("do");
    let done = match deed {
        "confirm" => imports::confirm(app, doer, id).await.map(drop),
        "refuse" => imports::refuse(app, doer, id).await.map(drop),
        _ => return Err(DeedProblem::old(visit)),
    };
    done.map_err(|problem| of_renewal(words, problem))?;
    Ok(visit.go(&format!("/imports/{id}?done={deed}")))
}

async fn shown(
    visit: &OfficeVisit,
    who: &SignedIn,
    id: CredentialId,
    (status, done, problem): (StatusCode, &'static str, String),
) -> Response {
    match import_page(visit, who, id, (done, problem)).await {
        Ok(page) => OfficeVisit::page(status, &page),
        Err(error) => visit.failed(&error),
    }
}

async fn import_page(
    visit: &OfficeVisit,
    who: &SignedIn,
    id: CredentialId,
    (done, problem): (&'static str, String),
) -> Result<ImportPage, Error> {
    let (app, person) = (&visit.web.app, &who.stay.person);
    let words = administration_words(visit.language());
    let sheet = imports::sheet(app, id).await?;
    let people = deeds::people(app).await?;
    let import = &sheet.import;
    let open = import.state == RenewalState::Open;
    let can = if open && person.may(Permission::ManageCredentials) {
        Some(ImportForm {
            act: deeds::drawn(app)?,
            may_confirm: import.proposed_by != person.id,
            alone: !credentials::has_second(app, person.id).await?,
        })
    } else {
        None
    };
    let [waits, confirmed, refused] = words.renewal_states;
    let name = |id: PersonId| people.get(&id).cloned().unwrap_or_else(|| id.to_string());
    let became = import.state == RenewalState::Confirmed;
    Ok(ImportPage {
        frame: visit.frame(),
        words,
        keys: key_words(visit.language()),
        done,
        problem,
        id: id.to_string(),
        alias: import.alias.clone(),
        credential: if became { place_of(&import.alias) } else { String::new() },
        state: match import.state {
            RenewalState::Open => waits,
            RenewalState::Confirmed => confirmed,
            RenewalState::Refused => refused,
        },
        facts: facts(visit, &sheet, name),
        calendar: sheet.calendar.clone(),
        entries: deeds::rows(visit, &sheet.entries, &people),
        can,
    })
}

fn facts(
    visit: &OfficeVisit,
    sheet: &ImportSheet,
    name: impl Fn(PersonId) -> String,
) -> Vec<(&'static str, String)> {
    let (locale, words) = (Locale(visit.language()), administration_words(visit.language()));
    let import = &sheet.import;
    let mut facts = vec![
        (words.back_end, import.backend.clone()),
        (
            words.proposed_by,
            format!("{}, {}", name(import.proposed_by), locale.time(import.proposed)),
        ),
    ];
    if let (Some(by), Some(at)) = (import.decided_by, import.decided) {
        facts.push((words.decided_by, format!("{}, {}", name(by), locale.time(at))));
    }
    match &sheet.facts {
        Some(chain) => facts.extend(certificate(visit, chain)),
        None => facts.push((words.subject, words.certificate_unreadable.to_owned())),
    }
    facts
}
