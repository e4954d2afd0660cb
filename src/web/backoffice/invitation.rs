//! Accepting an invitation: the link shows whose it is, the form sets the password.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Extension, Path};
use axum::http::StatusCode;
use axum::response::Response;

use super::form::OfficeForm;
use super::frame::{Notice, OfficeFrame};
use super::visit::OfficeVisit;
use crate::letters::{OfficeWords, filled};
use crate::workflow::people::invitations::{self, AcceptProblem};
use crate::workflow::people::passwords::PasswordProblem;

#[derive(Template)]
#[template(path = "backoffice/templates/invitation.html")]
struct InvitationPage {
    frame: OfficeFrame,
    problem: &'static str,
    text: String,
    address: String,
}

pub(super) async fn page(
    Extension(visit): Extension<OfficeVisit>,
    code: Result<Path<String>, PathRejection>,
) -> Response {
    let code = code.map(|Path(code)| code).unwrap_or_default();
    shown(&visit, &code, StatusCode::OK, |_| "").await
}

pub(super) async fn send(
    Extension(visit): Extension<OfficeVisit>,
    code: Result<Path<String>, PathRejection>,
    Extension(form): Extension<OfficeForm>,
) -> Response {
    let code = code.map(|Path(code)| code).unwrap_or_default();
    let wrong = StatusCode::UNPROCESSABLE_ENTITY;
    if form.one("new") != form.one("again") {
        return shown(&visit, &code, wrong, |words| words.passwords_differ).await;
    }
    let app = &visit.web.app;
    match invitations::accept(app, &code, &form.secret("new"), &visit.stay()).await {
        Ok(entered) => visit.go_in("/", &entered.token),
        Err(AcceptProblem::Gone) => visit.notice(StatusCode::NOT_FOUND, Notice::Gone),
        Err(AcceptProblem::Password(problem)) => {
            shown(&visit, &code, wrong, |words| password_problem(words, problem)).await
        }
        Err(AcceptProblem::Failed(error)) => visit.failed(&error),
    }
}

/// What is wrong with a password.
pub(super) const fn password_problem(
    words: &'static OfficeWords,
    problem: PasswordProblem,
) -> &'static str {
    match problem {
        PasswordProblem::Short => words.password_short,
        PasswordProblem::Long => words.password_long,
        PasswordProblem::Personal => words.password_personal,
        PasswordProblem::Simple => words.password_simple,
    }
}

async fn shown(
    visit: &OfficeVisit,
    code: &str,
    status: StatusCode,
    problem: impl FnOnce(&'static OfficeWords) -> &'static str,
) -> Response {
    match invitations::open(&visit.web.app, code).await {
        Ok(Some((_, person))) => {
            let frame = visit.frame_in(visit.language_or(person.language));
            let address = person.address.as_str().to_owned();
            let text = filled(frame.words.welcome_text, &[("address", address.clone())]);
            let problem = problem(frame.words);
            OfficeVisit::page(status, &InvitationPage { frame, problem, text, address })
        }
        Ok(None) => visit.notice(StatusCode::NOT_FOUND, Notice::Gone),
        Err(error) => visit.failed(&error),
    }
}
