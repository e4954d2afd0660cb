//! One's own account: language and colours, password, passkeys, second step, sessions.

use askama::Template;
use axum::extract::Extension;
use axum::http::StatusCode;
use axum::response::Response;

use super::form::OfficeForm;
use super::frame::OfficeFrame;
use super::invitation::password_problem;
use super::sign_in;
use super::signed_in::SignedIn;
use super::visit::OfficeVisit;
use crate::domain::language::Language;
use crate::domain::person::Theme;
use crate::domain::session::PersonSession;
use crate::letters::{
    Locale, PasskeyWords, filled, page_words, passkey_words, role_word, theme_word,
};
use crate::store::people::KeptPasskey;
use crate::workflow::Error;
use crate::workflow::people::account::{self, ChangeProblem};
use crate::workflow::people::{passkeys, second_factor, sessions, set_preferences};

#[derive(Template)]
#[template(path = "backoffice/templates/account.html")]
struct AccountPage {
    frame: OfficeFrame,
    saved: bool,
    problem: &'static str,
    address: String,
    role: &'static str,
    languages: Vec<(&'static str, &'static str, bool)>,
    themes: Vec<(&'static str, &'static str, bool)>,
    words: &'static PasskeyWords,
    passkeys: Vec<PasskeyRow>,
    /// Why there can be none; empty where there can.
    no_passkeys: &'static str,
    has_app: bool,
    /// An app or a passkey.
    has_second: bool,
    recovery_left: String,
    sessions: Vec<SessionRow>,
}

struct PasskeyRow {
    id: String,
    name: String,
    added: String,
    used: String,
    /// Whether it may be on several devices.
    place: &'static str,
}

struct SessionRow {
    id: String,
    agent: String,
    address: String,
    since: String,
    seen: String,
    is_this: bool,
}

#[derive(Template)]
#[template(path = "backoffice/templates/password.html")]
struct PasswordPage {
    frame: OfficeFrame,
    problem: String,
    address: String,
}

pub(super) async fn page(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
) -> Response {
    shown(&visit, &who, (StatusCode::OK, "")).await
}

async fn shown(
    visit: &OfficeVisit,
    who: &SignedIn,
    (status, problem): (StatusCode, &'static str),
) -> Response {
    match account_page(visit, who, problem).await {
        Ok(page) => OfficeVisit::page(status, &page),
        Err(error) => visit.failed(&error),
    }
}

pub(super) async fn send(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
    Extension(form): Extension<OfficeForm>,
) -> Response {
    let (app, doer) = (&visit.web.app, visit.doer());
    let chosen = Language::parse(form.one("language")).zip(Theme::parse(form.one("theme")));
    let done = match (form.one("do"), chosen, form.one("session").parse()) {
        ("preferences", Some(chosen), _) => {
            set_preferences(app, &who.stay.person, chosen, &doer).await
        }
        ("end", _, Ok(session)) => sessions::end(app, &who.stay, session, &doer).await,
        ("end-others", ..) => sessions::end_others(app, &who.stay, &doer).await,
        _ => {
            let wrong = (StatusCode::UNPROCESSABLE_ENTITY, visit.words().old_text);
            return shown(&visit, &who, wrong).await;
        }
    };
    match done {
        Ok(()) => visit.go("/account?saved=1"),
        Err(error) => visit.failed(&error),
    }
}

pub(super) async fn password_page(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
) -> Response {
    OfficeVisit::page(StatusCode::OK, &password(&visit, &who, String::new()))
}

pub(super) async fn send_password(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
    Extension(form): Extension<OfficeForm>,
) -> Response {
    let words = visit.words();
    let wrong = |problem: &str| {
        let page = password(&visit, &who, problem.to_owned());
        OfficeVisit::page(StatusCode::UNPROCESSABLE_ENTITY, &page)
    };
    if form.one("new") != form.one("again") {
        return wrong(words.passwords_differ);
    }
    let (current, new) = (form.secret("current"), form.secret("new"));
    let app = &visit.web.app;
    match account::change_password(app, &who.stay, &current, &new, &visit.doer()).await {
        Ok(()) => visit.go("/account?saved=1"),
        Err(ChangeProblem::New(problem)) => wrong(password_problem(words, problem)),
        Err(ChangeProblem::Current(problem)) => {
            sign_in::refused(&visit, problem, words.current_wrong, |problem| {
                password(&visit, &who, problem)
            })
        }
    }
}

fn password(visit: &OfficeVisit, who: &SignedIn, problem: String) -> PasswordPage {
    let address = who.stay.person.address.as_str().to_owned();
    PasswordPage { frame: visit.frame(), problem, address }
}

async fn account_page(
    visit: &OfficeVisit,
    who: &SignedIn,
    problem: &'static str,
) -> Result<AccountPage, Error> {
    let app = &visit.web.app;
    let person = &who.stay.person;
    let language = visit.language();
    let credentials = app.reader.person_credentials(person.id).await?;
    let second = second_factor::state(&credentials);
    let sessions = sessions::list(app, person.id).await?;
    let left = second.recovery_codes.to_string();
    let row = |session: &PersonSession| SessionRow {
        id: session.id.to_string(),
        agent: session.agent.clone(),
        address: session.address.clone(),
        since: Locale(language).time(session.created),
        seen: Locale(language).time(session.seen),
        is_this: session.id == who.stay.session.id,
    };
    let words = passkey_words(language);
    let passkeys = app.reader.passkeys_of(person.id).await?;
    let passkey_row = |passkey: &KeptPasskey| PasskeyRow {
        id: passkey.id.to_string(),
        name: passkey.name.clone(),
        added: Locale(language).time(passkey.created),
        used: passkey.seen.map_or(words.never.to_owned(), |seen| Locale(language).time(seen)),
        place: if passkeys::is_copied(passkey) { words.copied } else { words.single },
    };
    let frame = visit.frame();
    Ok(AccountPage {
        saved: visit.asked("saved").is_some(),
        problem,
        address: person.address.as_str().to_owned(),
        role: role_word(language, person.role),
        languages: Language::ALL
            .map(|it| (it.as_str(), page_words(it).autonym, it == person.language))
            .to_vec(),
        themes: Theme::ALL
            .map(|it| (it.as_str(), theme_word(language, it), it == person.theme))
            .to_vec(),
        words,
        passkeys: passkeys.iter().map(passkey_row).collect(),
        no_passkeys: if passkeys::are_possible(app) { "" } else { words.not_possible },
        has_app: second.has_app,
        has_second: second.is_on,
        recovery_left: filled(frame.words.recovery_left, &[("number", left)]),
        sessions: sessions.iter().map(row).collect(),
        frame,
    })
}
