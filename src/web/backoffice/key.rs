//! One key: the request for the authority, and the certificates that come back, proposed for a second person.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Extension, Path};
use axum::http::StatusCode;
use axum::response::Response;

use super::credential::{of_key, of_renewal};
use super::credentials::place_of;
use super::deeds::{self, DeedProblem};
use super::form::OfficeForm;
use super::frame::{Notice, OfficeFrame};
use super::keys::place_of_key;
use super::signed_in::SignedIn;
use super::visit::OfficeVisit;
use crate::domain::person::Permission;
use crate::letters::{AdministrationWords, KeyWords, administration_words, key_words};
use crate::workflow::Error;
use crate::workflow::acts::Acted;
use crate::workflow::administration::credentials::{self, RenewalProblem};
use crate::workflow::administration::imports;
use crate::workflow::administration::keys::{self, KeyKind, WrittenSubject};

#[derive(Template)]
#[template(path = "backoffice/templates/key.html")]
struct KeyPage {
    frame: OfficeFrame,
    words: &'static KeyWords,
    administration: &'static AdministrationWords,
    said: KeySaid,
    place: String,
    label: String,
    facts: Vec<(&'static str, String)>,
    calendar: Vec<String>,
    /// Place and name.
    credentials: Vec<(String, String)>,
    /// What who looks may do.
    can: Option<SubjectForms>,
}

/// The forms of the page.
struct SubjectForms {
    acts: [String; 2],
    /// Nobody else could confirm it.
    alone: bool,
}

/// What is said above the page, and what was written into its forms.
#[derive(Default)]
struct KeySaid {
    done: &'static str,
    problem: String,
    /// A certification request (PEM).
    request: String,
    subject: WrittenSubject,
    name: String,
    pem: String,
}

type KeyPath = Result<Path<(String, String)>, PathRejection>;

pub(super) async fn page(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
    place: KeyPath,
) -> Response {
    let Ok(Path(place)) = place else {
        return visit.notice(StatusCode::NOT_FOUND, Notice::Unknown);
    };
    let words = key_words(visit.language());
    let generated = visit.asked("done").as_deref() == Some("generate");
    let done = if generated { words.generated } else { "" };
    shown(&visit, &who, &place, (StatusCode::OK, KeySaid { done, ..KeySaid::default() })).await
}

pub(super) async fn send(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
    place: KeyPath,
    Extension(form): Extension<OfficeForm>,
) -> Response {
    let Ok(Path(place)) = place else {
        return visit.notice(StatusCode::NOT_FOUND, Notice::Unknown);
    };
    match act(&visit, &who, &place, &form).await {
        Ok(response) => response,
        Err(DeedProblem::Words(status, problem)) => {
            let said = KeySaid { problem, ..written(&form) };
            shown(&visit, &who, &place, (status, said)).await
        }
        Err(DeedProblem::Failed(error)) => visit.failed(&error),
    }
}

fn written(form: &OfficeForm) -> KeySaid {
    let field = |name: &str| form.one(name).trim().to_owned();
    KeySaid {
        subject: WrittenSubject {
            common_name: field("cn"),
            organization: field("o"),
            organization_identifier: field("oid"),
            country: field("c"),
            serial_number: field("sn"),
        },
        name: field("name"),
        pem: form.one("pem").to_owned(),
        ..KeySaid::default()
    }
}

async fn act(
    visit: &OfficeVisit,
    who: &SignedIn,
    place: &(String, String),
    form: &OfficeForm,
) -> Result<Response, DeedProblem> {
    let (app, words) = (&visit.web.app, key_words(visit.language()));
    let (back_end, id) = (place.0.as_str(), place.1.as_str());
    keys::sheet(app, back_end, id).await.map_err(of_key)?;
    let seen = who.seen(app).await?;
    let doer = deeds::doer(visit, who, &seen, form)?;
    match form.one("do") {
        "request" => {
            let said = written(form);
            if said.subject.common_name.is_empty() {
                return Err(DeedProblem::wrong(words.common_name_wrong));
            }
            let made = keys::request(app, doer, (back_end, id), &said.subject).await;
            let request = made.map_err(of_key)?;
            let done = administration_words(visit.language()).request_made;
            let said = KeySaid { done, request, ..said };
            Ok(shown(visit, who, place, (StatusCode::OK, said)).await)
        }
        "propose" => {
            let wish = (form.one("name"), form.certificates());
            let proposed = imports::propose(app, doer, back_end, wish).await;
            match proposed.map_err(|problem| said_of(visit, problem))? {
                Acted::Done(id) => Ok(visit.go(&format!("/imports/{id}?done=propose"))),
                Acted::Before => Ok(visit.go("/credentials")),
            }
        }
        _ => Err(DeedProblem::old(visit)),
    }
}

fn said_of(visit: &OfficeVisit, problem: RenewalProblem) -> DeedProblem {
    match problem {
        RenewalProblem::Waiting => DeedProblem::wrong(key_words(visit.language()).name_waits),
        problem => of_renewal(administration_words(visit.language()), problem),
    }
}

async fn shown(
    visit: &OfficeVisit,
    who: &SignedIn,
    place: &(String, String),
    (status, said): (StatusCode, KeySaid),
) -> Response {
    match key_page(visit, who, place, said).await {
        Ok(page) => OfficeVisit::page(status, &page),
        Err(error) => visit.failed(&error),
    }
}

async fn key_page(
    visit: &OfficeVisit,
    who: &SignedIn,
    (back_end, id): &(String, String),
    said: KeySaid,
) -> Result<KeyPage, Error> {
    let (app, person) = (&visit.web.app, &who.stay.person);
    let (words, administration) =
        (key_words(visit.language()), administration_words(visit.language()));
    let sheet = keys::sheet(app, back_end, id).await?;
    let kind = sheet.key.kind.map_or_else(|| words.other_kind.to_owned(), KeyKind::label);
    let can = if person.may(Permission::ManageCredentials) && sheet.key.kind.is_some() {
        Some(SubjectForms {
            acts: [deeds::drawn(app)?, deeds::drawn(app)?],
            alone: !credentials::has_second(app, person.id).await?,
        })
    } else {
        None
    };
    Ok(KeyPage {
        frame: visit.frame(),
        words,
        administration,
        place: place_of_key(back_end, &sheet.key),
        facts: vec![
            (administration.back_end, sheet.back_end),
            (administration.kind, kind),
            (words.id, sheet.key.id),
            (words.beside, words.yes_no[usize::from(!sheet.key.has_certificate)].to_owned()),
        ],
        label: sheet.key.label,
        calendar: sheet.calendar,
        credentials: sheet.credentials.into_iter().map(|name| (place_of(&name), name)).collect(),
        can,
        said,
    })
}
