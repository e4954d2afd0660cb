//! The passkeys of one's own account: another one, and one less.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Extension, Path};
use axum::http::StatusCode;
use axum::response::Response;

use super::app_codes::CodesPage;
use super::deeds::id_of;
use super::form::OfficeForm;
use super::frame::{Notice, OfficeFrame};
use super::passkey_form::{self, PasskeyForm};
use super::signed_in::SignedIn;
use super::visit::OfficeVisit;
use crate::domain::ids::PersonCredentialId;
use crate::letters::{PasskeyWords, filled, passkey_words};
use crate::store::people::KeptPasskey;
use crate::workflow::Error;
use crate::workflow::people::passkeys::{
    self, NAME_CHARS, PASSKEYS_AT_MOST, PasskeyProblem, RemovalProblem,
};

#[derive(Template)]
#[template(path = "backoffice/templates/new-passkey.html")]
struct NewPasskeyPage {
    frame: OfficeFrame,
    words: &'static PasskeyWords,
    problem: String,
    name: String,
    most: usize,
    /// `None` where browsers take none.
    passkey: Option<PasskeyForm>,
}

#[derive(Template)]
#[template(path = "backoffice/templates/passkey-removal.html")]
struct RemovalPage {
    frame: OfficeFrame,
    words: &'static PasskeyWords,
    problem: &'static str,
    text: String,
    id: String,
}

pub(super) async fn new_page(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
) -> Response {
    shown_new(&visit, &who, (StatusCode::OK, String::new()), "").await
}

pub(super) async fn send_new(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
    Extension(form): Extension<OfficeForm>,
) -> Response {
    let (app, words) = (&visit.web.app, passkey_words(visit.language()));
    let (shown, name) = (passkey_form::shown(&form), form.one("name"));
    let most = |text: &str, most: usize| filled(text, &[("most", most.to_string())]);
    let problem = match passkeys::add(app, &who.stay, &shown, name, &visit.doer()).await {
        Ok(codes) if codes.is_empty() => return visit.go("/account?saved=1"),
        Ok(codes) => {
            let page = CodesPage { frame: visit.frame(), codes };
            return OfficeVisit::page(StatusCode::OK, &page);
        }
        Err(PasskeyProblem::Wrong) => words.wrong.to_owned(),
        Err(PasskeyProblem::Name) => most(words.name_wrong, NAME_CHARS),
        Err(PasskeyProblem::Known) => words.known.to_owned(),
        Err(PasskeyProblem::Many) => most(words.many, PASSKEYS_AT_MOST),
        Err(PasskeyProblem::Failed(error)) => return visit.failed(&error),
    };
    shown_new(&visit, &who, (StatusCode::UNPROCESSABLE_ENTITY, problem), name).await
}

async fn shown_new(
    visit: &OfficeVisit,
    who: &SignedIn,
    (status, problem): (StatusCode, String),
    name: &str,
) -> Response {
    let asked = match passkeys::ask_new(&visit.web.app, &who.stay).await {
        Ok(asked) => asked,
        Err(error) => return visit.failed(&error),
    };
    let page = NewPasskeyPage {
        frame: visit.frame(),
        words: passkey_words(visit.language()),
        problem,
        name: name.chars().take(NAME_CHARS).collect(),
        most: NAME_CHARS,
        passkey: asked.map(|asked| PasskeyForm::of(visit, asked, "/account/passkeys/new")),
    };
    OfficeVisit::page(status, &page)
}

pub(super) async fn removal_page(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
    id: Result<Path<String>, PathRejection>,
) -> Response {
    match find(&visit, &who, id).await {
        Ok(Some(passkey)) => shown_removal(&visit, (StatusCode::OK, ""), &passkey),
        Ok(None) => visit.notice(StatusCode::NOT_FOUND, Notice::Unknown),
        Err(error) => visit.failed(&error),
    }
}

pub(super) async fn remove(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
    id: Result<Path<String>, PathRejection>,
    Extension(form): Extension<OfficeForm>,
) -> Response {
    let passkey = match find(&visit, &who, id).await {
        Ok(Some(passkey)) => passkey,
        Ok(None) => return visit.notice(StatusCode::NOT_FOUND, Notice::Unknown),
        Err(error) => return visit.failed(&error),
    };
    let wrong = StatusCode::UNPROCESSABLE_ENTITY;
    if form.one("do") != "remove" {
        return shown_removal(&visit, (wrong, visit.words().old_text), &passkey);
    }
    match passkeys::remove(&visit.web.app, &who.stay, &passkey, &visit.doer()).await {
        Ok(()) => visit.go("/account?saved=1"),
        Err(RemovalProblem::Last) => {
            let words = passkey_words(visit.language());
            shown_removal(&visit, (wrong, words.last), &passkey)
        }
        Err(RemovalProblem::Failed(error)) => visit.failed(&error),
    }
}

fn shown_removal(
    visit: &OfficeVisit,
    (status, problem): (StatusCode, &'static str),
    passkey: &KeptPasskey,
) -> Response {
    let words = passkey_words(visit.language());
    let text = filled(words.remove_text, &[("name", passkey.name.clone())]);
    let id = passkey.id.to_string();
    OfficeVisit::page(status, &RemovalPage { frame: visit.frame(), words, problem, text, id })
}

/// One of the person's own passkeys.
async fn find(
    visit: &OfficeVisit,
    who: &SignedIn,
    id: Result<Path<String>, PathRejection>,
) -> Result<Option<KeptPasskey>, Error> {
    let Some(id) = id_of::<PersonCredentialId>(id) else { return Ok(None) };
    let kept = visit.web.app.reader.passkeys_of(who.stay.person.id).await?;
    Ok(kept.into_iter().find(|passkey| passkey.id == id))
}
