//! The keys of the installation, by where they are: to choose one for a new credential, or to generate one.

use askama::Template;
use axum::extract::Extension;
use axum::http::StatusCode;
use axum::response::Response;

use super::credentials::place_of;
use super::deeds::{self, DeedProblem};
use super::form::OfficeForm;
use super::frame::OfficeFrame;
use super::signed_in::SignedIn;
use super::visit::OfficeVisit;
use crate::domain::person::Permission;
use crate::domain::sources::sources;
use crate::letters::{AdministrationWords, KeyWords, administration_words, filled, key_words};
use crate::workflow::Error;
use crate::workflow::acts::Acted;
use crate::workflow::administration::keys::{self, BackEndKeys, KINDS, KeyDescription, KeyKind};

/// Longest label of a new key.
const LABEL_CHARS: usize = 60;

#[derive(Template)]
#[template(path = "backoffice/templates/keys.html")]
struct KeysPage {
    frame: OfficeFrame,
    words: &'static KeyWords,
    administration: &'static AdministrationWords,
    problem: String,
    back_ends: Vec<BackEndBlock>,
    /// What who looks may do.
    can: Option<KeyForm>,
}

/// A back-end on the page.
struct BackEndBlock {
    name: String,
    kind: &'static str,
    /// Why its keys cannot be listed.
    problem: String,
    rows: Vec<KeyRow>,
}

/// A key in a table.
struct KeyRow {
    /// Of its page.
    place: String,
    label: String,
    kind: String,
    id: String,
    beside: &'static str,
}

/// The form of a new one.
struct KeyForm {
    act: String,
    /// Name, and whether it is chosen.
    back_ends: Vec<(String, bool)>,
    label: String,
    kinds: Vec<(String, bool)>,
}

pub(super) async fn page(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
) -> Response {
    shown(&visit, &who, (StatusCode::OK, String::new()), None).await
}

pub(super) async fn send(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
    Extension(form): Extension<OfficeForm>,
) -> Response {
    match generate(&visit, &who, &form).await {
        Ok(response) => response,
        Err(DeedProblem::Words(status, problem)) => {
            shown(&visit, &who, (status, problem), Some(&form)).await
        }
        Err(DeedProblem::Failed(error)) => visit.failed(&error),
    }
}

async fn generate(
    visit: &OfficeVisit,
    who: &SignedIn,
    form: &OfficeForm,
) -> Result<Response, DeedProblem> {
    let (app, words) = (&visit.web.app, key_words(visit.language()));
    let seen = who.seen(app).await?;
    let doer = deeds::doer(visit, who, &seen, form)?;
    let kind = KINDS.into_iter().find(|kind| kind.label() == form.one("kind"));
    let kind = kind.ok_or_else(|| DeedProblem::old(visit))?;
    let label = form.one("label").trim();
    let plain = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    let bounds = 1..=LABEL_CHARS;
    if !bounds.contains(&label.len()) || label.starts_with('.') || !label.chars().all(plain) {
        return Err(DeedProblem::wrong(words.label_wrong));
    }
    let wish = (form.one("backend"), label, kind);
    match keys::generate(app, doer, wish).await.map_err(|error| refused(visit, error))? {
        Acted::Done(key) => Ok(visit.go(&format!("{}?done=generate", place_of_key(wish.0, &key)))),
        Acted::Before => {
            Err(DeedProblem::Words(StatusCode::CONFLICT, words.generated_before.to_owned()))
        }
    }
}

/// A back-end that makes no key says why: it is what somebody looks at this page for.
fn refused(visit: &OfficeVisit, error: Error) -> DeedProblem {
    match error {
        Error::NotFound(_) => DeedProblem::old(visit),
        Error::Unavailable(..) => DeedProblem::wrong(&sources(&error)),
        error => error.into(),
    }
}

/// Where the page of a key is: by its number, or, without one, by its label.
pub(super) fn place_of_key(back_end: &str, key: &KeyDescription) -> String {
    let name = if key.id.is_empty() { &key.label } else { &key.id };
    format!("/keys/{}/{}", place_of(back_end), place_of(name))
}

async fn shown(
    visit: &OfficeVisit,
    who: &SignedIn,
    (status, problem): (StatusCode, String),
    form: Option<&OfficeForm>,
) -> Response {
    match keys_page(visit, who, problem, form).await {
        Ok(page) => OfficeVisit::page(status, &page),
        Err(error) => visit.failed(&error),
    }
}

async fn keys_page(
    visit: &OfficeVisit,
    who: &SignedIn,
    problem: String,
    form: Option<&OfficeForm>,
) -> Result<KeysPage, Error> {
    let (app, words) = (&visit.web.app, key_words(visit.language()));
    let found = keys::list(app).await;
    let written = |name| form.map(|form| form.one(name)).unwrap_or_default();
    let can = if who.stay.person.may(Permission::ManageCredentials) {
        let names = found.iter().map(|one| (one.name.clone(), one.name == written("backend")));
        // 3072 bits is what a demanding authority asks for first; P-256 is what is quick.
        let chosen =
            if written("kind").is_empty() { KINDS[0].label() } else { written("kind").to_owned() };
        let kinds = KINDS.into_iter().map(|kind| (kind.label(), kind.label() == chosen));
        Some(KeyForm {
            act: deeds::drawn(app)?,
            back_ends: names.collect(),
            label: written("label").to_owned(),
            kinds: kinds.collect(),
        })
    } else {
        None
    };
    Ok(KeysPage {
        frame: visit.frame(),
        words,
        administration: administration_words(visit.language()),
        problem,
        back_ends: found.iter().map(|one| block(words, one)).collect(),
        can,
    })
}

fn block(words: &KeyWords, found: &BackEndKeys) -> BackEndBlock {
    let row = |key: &KeyDescription| KeyRow {
        place: place_of_key(&found.name, key),
        label: key.label.clone(),
        kind: key.kind.map_or_else(|| words.other_kind.to_owned(), KeyKind::label),
        id: key.id.clone(),
        beside: words.yes_no[usize::from(!key.has_certificate)],
    };
    BackEndBlock {
        name: found.name.clone(),
        kind: found.kind,
        problem: found
            .keys
            .as_ref()
            .err()
            .map_or_else(String::new, |why| filled(words.silent, &[("why", why.clone())])),
        rows: found.keys.iter().flatten().map(row).collect(),
    }
}
