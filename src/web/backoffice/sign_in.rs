//! Signing in, the second step, showing again who one is, signing out.

use askama::Template;
use axum::extract::Extension;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;

use super::form::OfficeForm;
use super::frame::OfficeFrame;
use super::signed_in::SignedIn;
use super::visit::OfficeVisit;
use crate::domain::session::SessionStage;
use crate::letters::filled;
use crate::workflow::people::sign_in::{self, SignInProblem};
use crate::workflow::people::{second_factor, sessions};

#[derive(Template)]
#[template(path = "backoffice/templates/sign-in.html")]
struct SignInPage {
    frame: OfficeFrame,
    problem: String,
    address: String,
}

#[derive(Template)]
#[template(path = "backoffice/templates/second-step.html")]
struct SecondStepPage {
    frame: OfficeFrame,
    problem: String,
}

#[derive(Template)]
#[template(path = "backoffice/templates/prove.html")]
struct ProofPage {
    frame: OfficeFrame,
    problem: String,
    /// For whom browsers keep the password.
    address: String,
    /// Whether a code is asked for too.
    has_app: bool,
}

pub(super) async fn page(Extension(visit): Extension<OfficeVisit>) -> Response {
    if visit.who.as_ref().is_some_and(|who| !who.is_half()) {
        return visit.go(&visit.next());
    }
    let page = SignInPage { frame: visit.frame(), problem: String::new(), address: String::new() };
    OfficeVisit::page(StatusCode::OK, &page)
}

pub(super) async fn send(
    Extension(visit): Extension<OfficeVisit>,
    Extension(form): Extension<OfficeForm>,
) -> Response {
    let address = form.one("address");
    let app = &visit.web.app;
    match sign_in::sign_in(app, address, &form.secret("password"), &visit.stay()).await {
        Ok(entered) => {
            let next = match entered.stage {
                SessionStage::Half => visit.with_next("/second-step"),
                SessionStage::Whole => visit.next(),
            };
            visit.go_in(&next, &entered.token)
        }
        Err(problem) => refused(&visit, problem, visit.words().sign_in_wrong, |problem| {
            SignInPage { frame: visit.frame(), problem, address: address.to_owned() }
        }),
    }
}

pub(super) async fn second_page(Extension(visit): Extension<OfficeVisit>) -> Response {
    let page = SecondStepPage { frame: visit.frame(), problem: String::new() };
    OfficeVisit::page(StatusCode::OK, &page)
}

pub(super) async fn send_second(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
    Extension(form): Extension<OfficeForm>,
) -> Response {
    let app = &visit.web.app;
    match sign_in::second_step(app, &who.stay, form.one("code"), &visit.stay()).await {
        Ok(entered) => visit.go_in(&visit.next(), &entered.token),
        Err(problem) => refused(&visit, problem, visit.words().code_wrong, |problem| {
            SecondStepPage { frame: visit.frame(), problem }
        }),
    }
}

pub(super) async fn proof_page(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
) -> Response {
    let credentials = visit.web.app.reader.person_credentials(who.stay.person.id).await;
    match credentials {
        Ok(credentials) => {
            let has_app = second_factor::state(&credentials).is_on;
            let (problem, address) = (String::new(), visit.own_address());
            let page = ProofPage { frame: visit.frame(), problem, address, has_app };
            OfficeVisit::page(StatusCode::OK, &page)
        }
        Err(error) => visit.failed(&error.into()),
    }
}

pub(super) async fn send_proof(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
    Extension(form): Extension<OfficeForm>,
) -> Response {
    let app = &visit.web.app;
    let shown = (&form.secret("password"), form.one("code"));
    match sign_in::prove(app, &who.stay, shown, &visit.stay()).await {
        Ok(entered) => visit.go_in(&visit.next(), &entered.token),
        Err(problem) => {
            let words = visit.words();
            let wrong = format!("{} {}", words.current_wrong, words.code_wrong);
            let has_app = form.all("code").next().is_some();
            let wrong = if has_app { wrong } else { words.current_wrong.to_owned() };
            refused(&visit, problem, &wrong, |problem| ProofPage {
                frame: visit.frame(),
                problem,
                address: visit.own_address(),
                has_app,
            })
        }
    }
}

pub(super) async fn sign_out(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
) -> Response {
    match sessions::sign_out(&visit.web.app, &who.stay, &visit.doer()).await {
        Ok(()) => visit.go_out("/sign-in"),
        Err(error) => visit.failed(&error),
    }
}

/// The page again, with what is wrong.
pub(super) fn refused<T: Template>(
    visit: &OfficeVisit,
    problem: SignInProblem,
    wrong: &str,
    page: impl FnOnce(String) -> T,
) -> Response {
    match problem {
        SignInProblem::Wrong => {
            OfficeVisit::page(StatusCode::UNPROCESSABLE_ENTITY, &page(wrong.to_owned()))
        }
        SignInProblem::Wait(seconds) => {
            // The words speak of several.
            let facts = [("seconds", seconds.max(2).to_string())];
            let page = page(filled(visit.words().wait, &facts));
            let mut response = OfficeVisit::page(StatusCode::TOO_MANY_REQUESTS, &page);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            response
        }
        SignInProblem::Failed(error) => visit.failed(&error),
    }
}
