//! Signing in, the second step, showing again who one is, each by passkey too; signing out.

use askama::Template;
use axum::extract::Extension;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;

use super::form::OfficeForm;
use super::frame::OfficeFrame;
use super::passkey_form::{self, PasskeyForm};
use super::signed_in::SignedIn;
use super::visit::OfficeVisit;
use crate::domain::session::SessionStage;
use crate::letters::{filled, passkey_words};
use crate::workflow::people::challenges::AskedFor;
use crate::workflow::people::sign_in::{self, SignInProblem};
use crate::workflow::people::{passkeys, second_factor, sessions};

#[derive(Template)]
#[template(path = "backoffice/templates/sign-in.html")]
struct SignInPage {
    frame: OfficeFrame,
    problem: String,
    address: String,
    passkey: Option<PasskeyForm>,
}

#[derive(Template)]
#[template(path = "backoffice/templates/second-step.html")]
struct SecondStepPage {
    frame: OfficeFrame,
    problem: String,
    passkey: Option<PasskeyForm>,
}

#[derive(Template)]
#[template(path = "backoffice/templates/prove.html")]
struct ProofPage {
    frame: OfficeFrame,
    problem: String,
    /// For whom browsers keep the password.
    address: String,
    /// Whether a code is asked for too.
    has_second: bool,
    passkey: Option<PasskeyForm>,
}

pub(super) async fn page(Extension(visit): Extension<OfficeVisit>) -> Response {
    if visit.who.as_ref().is_some_and(|who| !who.is_half()) {
        return visit.go(&visit.next());
    }
    shown(&visit, None, "").await
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
        Err(problem) => {
            let wrong = visit.words().sign_in_wrong;
            shown(&visit, Some((problem, wrong)), address).await
        }
    }
}

/// A passkey in place of password and code.
pub(super) async fn send_passkey(
    Extension(visit): Extension<OfficeVisit>,
    Extension(form): Extension<OfficeForm>,
) -> Response {
    let browser = match visit.browser() {
        Ok(browser) => browser,
        Err(error) => return visit.failed(&error),
    };
    let app = &visit.web.app;
    match passkeys::sign_in(app, &browser, &passkey_form::shown(&form), &visit.stay()).await {
        Ok(entered) => visit.go_in(&visit.next(), &entered.token),
        Err(problem) => {
            let wrong = passkey_words(visit.language()).sign_in_wrong;
            shown(&visit, Some((problem, wrong)), "").await
        }
    }
}

/// The page, with what is wrong and the words for what does not fit.
async fn shown(
    visit: &OfficeVisit,
    problem: Option<(SignInProblem, &'static str)>,
    address: &str,
) -> Response {
    let browser = match visit.browser() {
        Ok(browser) => browser,
        Err(error) => return visit.failed(&error),
    };
    let asked = AskedFor::SignIn(&browser);
    let passkey = PasskeyForm::asking(visit, asked, "/sign-in/passkey").await;
    let (frame, address) = (visit.frame(), address.to_owned());
    let page = |problem| SignInPage { frame, problem, address, passkey };
    let response = answered(visit, problem, page);
    visit.known_as(response, &browser)
}

pub(super) async fn second_page(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
) -> Response {
    shown_second(&visit, &who, None).await
}

pub(super) async fn send_second(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
    Extension(form): Extension<OfficeForm>,
) -> Response {
    let app = &visit.web.app;
    match sign_in::second_step(app, &who.stay, form.one("code"), &visit.stay()).await {
        Ok(entered) => visit.go_in(&visit.next(), &entered.token),
        Err(problem) => {
            let wrong = visit.words().code_wrong;
            shown_second(&visit, &who, Some((problem, wrong))).await
        }
    }
}

/// A passkey as the second step.
pub(super) async fn send_second_passkey(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
    Extension(form): Extension<OfficeForm>,
) -> Response {
    let (app, shown) = (&visit.web.app, passkey_form::shown(&form));
    match passkeys::second_step(app, &who.stay, &shown, &visit.stay()).await {
        Ok(entered) => visit.go_in(&visit.next(), &entered.token),
        Err(problem) => {
            let wrong = passkey_words(visit.language()).sign_in_wrong;
            shown_second(&visit, &who, Some((problem, wrong))).await
        }
    }
}

async fn shown_second(
    visit: &OfficeVisit,
    who: &SignedIn,
    problem: Option<(SignInProblem, &'static str)>,
) -> Response {
    let asked = AskedFor::SecondStep(&who.stay);
    let passkey = PasskeyForm::asking(visit, asked, "/second-step/passkey").await;
    let frame = visit.frame();
    answered(visit, problem, |problem| SecondStepPage { frame, problem, passkey })
}

pub(super) async fn proof_page(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
) -> Response {
    shown_proof(&visit, &who, None).await
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
            let both = format!("{} {}", words.current_wrong, words.code_wrong);
            let has_code = form.all("code").next().is_some();
            let wrong = if has_code { both.as_str() } else { words.current_wrong };
            shown_proof(&visit, &who, Some((problem, wrong))).await
        }
    }
}

/// A passkey in place of password and code.
pub(super) async fn send_proof_passkey(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
    Extension(form): Extension<OfficeForm>,
) -> Response {
    let (app, shown) = (&visit.web.app, passkey_form::shown(&form));
    match passkeys::prove(app, &who.stay, &shown, &visit.stay()).await {
        Ok(entered) => visit.go_in(&visit.next(), &entered.token),
        Err(problem) => {
            let wrong = passkey_words(visit.language()).sign_in_wrong;
            shown_proof(&visit, &who, Some((problem, wrong))).await
        }
    }
}

async fn shown_proof(
    visit: &OfficeVisit,
    who: &SignedIn,
    problem: Option<(SignInProblem, &str)>,
) -> Response {
    let has_second = match visit.web.app.reader.person_credentials(who.stay.person.id).await {
        Ok(credentials) => second_factor::state(&credentials).is_on,
        Err(error) => return visit.failed(&error.into()),
    };
    let asked = AskedFor::Proof(&who.stay);
    let passkey = PasskeyForm::asking(visit, asked, "/prove/passkey").await;
    let (frame, address) = (visit.frame(), visit.own_address());
    let page = |problem| ProofPage { frame, problem, address, has_second, passkey };
    answered(visit, problem, page)
}

/// A page, or the page again with what is wrong.
fn answered<T: Template>(
    visit: &OfficeVisit,
    problem: Option<(SignInProblem, &str)>,
    page: impl FnOnce(String) -> T,
) -> Response {
    match problem {
        None => OfficeVisit::page(StatusCode::OK, &page(String::new())),
        Some((problem, wrong)) => refused(visit, problem, wrong, page),
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
