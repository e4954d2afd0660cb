//! One person: what is known of it, what happened, and what who manages people can do.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Extension, Path};
use axum::http::StatusCode;
use axum::response::Response;

use super::deeds::{self, DeedRow};
use super::form::OfficeForm;
use super::frame::{Notice, OfficeFrame};
use super::people::{ChosenFields, InvitedPage, PersonFields, person_problem};
use super::signed_in::SignedIn;
use super::visit::OfficeVisit;
use crate::domain::ids::PersonId;
use crate::domain::person::{Permission, Person, PersonStatus, Sight};
use crate::letters::{rights_word, role_word, status_word};
use crate::workflow::people::{self, Given, PersonChange, PersonProblem};
use crate::workflow::{Error, Thing};

/// Entries of the audit record that are shown.
const ENTRIES: u32 = 50;

#[derive(Template)]
#[template(path = "backoffice/templates/person.html")]
struct PersonPage {
    frame: OfficeFrame,
    id: String,
    problem: &'static str,
    saved: bool,
    name: String,
    address: String,
    role: &'static str,
    rights: &'static str,
    status: &'static str,
    /// Companies and client services by their names; empty for everything.
    sees: Vec<String>,
    /// Whoever looks may; oneself is changed by others.
    may_change: bool,
    is_disabled: bool,
    fields: PersonFields,
    entries: Vec<DeedRow>,
}

pub(super) async fn page(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
    id: Result<Path<String>, PathRejection>,
) -> Response {
    match deeds::id_of(id) {
        Some(id) => shown(&visit, &who, id, (StatusCode::OK, "")).await,
        None => visit.notice(StatusCode::NOT_FOUND, Notice::Unknown),
    }
}

pub(super) async fn send(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
    id: Result<Path<String>, PathRejection>,
    Extension(form): Extension<OfficeForm>,
) -> Response {
    let Some(id) = deeds::id_of(id) else {
        return visit.notice(StatusCode::NOT_FOUND, Notice::Unknown);
    };
    let words = visit.words();
    let wrong = StatusCode::UNPROCESSABLE_ENTITY;
    if id == who.stay.person.id {
        return shown(&visit, &who, id, (wrong, words.own_change)).await;
    }
    let (app, doer) = (&visit.web.app, visit.doer());
    let done = match form.one("do") {
        "change" => {
            let chosen = ChosenFields::read(&visit, &form);
            let Some(name) = Person::name(&chosen.name) else {
                return shown(&visit, &who, id, (wrong, words.name_wrong)).await;
            };
            let ChosenFields { language, role, rights, sight, .. } = chosen;
            let change = PersonChange { name, language, role, rights, sight };
            people::change(app, id, change, &doer).await
        }
        "disable" => people::disable(app, id, &doer).await,
        "enable" => people::enable(app, id, &doer).await,
        "reset" => match people::reset(app, id, &doer).await {
            Ok(invited) => {
                return OfficeVisit::page(StatusCode::OK, &InvitedPage::of(&visit, &invited));
            }
            Err(problem) => Err(problem),
        },
        _ => return shown(&visit, &who, id, (wrong, words.old_text)).await,
    };
    match done {
        Ok(()) => visit.go(&format!("/people/{id}?saved=1")),
        Err(PersonProblem::Failed(error)) => visit.failed(&error),
        Err(problem) => shown(&visit, &who, id, (wrong, person_problem(words, &problem))).await,
    }
}

async fn shown(
    visit: &OfficeVisit,
    who: &SignedIn,
    id: PersonId,
    (status, problem): (StatusCode, &'static str),
) -> Response {
    match person_page(visit, who, id, problem).await {
        Ok(page) => OfficeVisit::page(status, &page),
        Err(error) => visit.failed(&error),
    }
}

async fn person_page(
    visit: &OfficeVisit,
    who: &SignedIn,
    id: PersonId,
    problem: &'static str,
) -> Result<PersonPage, Error> {
    let reader = &visit.web.app.reader;
    let person = reader.person(id).await?.ok_or(Error::NotFound(Thing::Person))?;
    let given = people::given(&visit.web.app).await?;
    let entries = reader.audit_of(id, ENTRIES).await?;
    let names = deeds::people(&visit.web.app).await?;
    let language = visit.language();
    let frame = visit.frame();
    let entries = deeds::rows(visit, &entries, &names);
    let chosen = ChosenFields {
        name: person.name.clone(),
        language: person.language,
        role: person.role,
        rights: person.rights,
        sight: person.sight.clone(),
    };
    Ok(PersonPage {
        id: id.to_string(),
        problem,
        saved: visit.asked("saved").is_some() && problem.is_empty(),
        fields: PersonFields::of(language, &given, &chosen),
        sees: sees(&person.sight, &given),
        address: person.address.as_str().to_owned(),
        role: role_word(language, person.role),
        rights: rights_word(language, person.rights),
        status: status_word(language, person.status),
        may_change: id != who.stay.person.id && who.stay.person.may(Permission::ManagePeople),
        is_disabled: person.status == PersonStatus::Disabled,
        name: person.name,
        entries,
        frame,
    })
}

/// What somebody sees, by its names.
fn sees(sight: &Sight, given: &Given) -> Vec<String> {
    let Sight::Of { companies, client_services } = sight else { return Vec::new() };
    let companies = given.companies.iter().filter(|it| companies.contains(&it.id));
    let services = given.client_services.iter().filter(|it| client_services.contains(&it.id));
    let names = companies.map(|it| it.name.clone());
    names.chain(services.map(|it| it.alias.as_str().to_owned())).collect()
}
