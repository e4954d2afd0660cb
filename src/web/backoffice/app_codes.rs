//! The app for codes, and the recovery codes for when it is gone.

use std::fmt::Write as _;

use askama::Template;
use axum::extract::Extension;
use axum::http::StatusCode;
use axum::response::Response;
use qrcodegen::{QrCode, QrCodeEcc};

use super::form::OfficeForm;
use super::frame::OfficeFrame;
use super::signed_in::SignedIn;
use super::visit::OfficeVisit;
use crate::letters::{PasskeyWords, passkey_words};
use crate::workflow::Error;
use crate::workflow::people::account;
use crate::workflow::people::passkeys;
use crate::workflow::people::second_factor::{self, CodeProblem};

/// Modules of quiet around a QR code (ISO/IEC 18004, 5.3.8).
const QUIET: i32 = 4;

#[derive(Template)]
#[template(path = "backoffice/templates/app.html")]
struct AppPage {
    frame: OfficeFrame,
    words: &'static PasskeyWords,
    passkeys_possible: bool,
    problem: &'static str,
    /// Whether nothing else is open before this is done.
    is_needed: bool,
    key: String,
    pending: String,
    /// Modules on a side with the quiet around, and the dark ones as a path.
    side: i32,
    dark: String,
}

#[derive(Template)]
#[template(path = "backoffice/templates/codes.html")]
pub(super) struct CodesPage {
    pub(super) frame: OfficeFrame,
    /// None before they are made.
    pub(super) codes: Vec<String>,
}

pub(super) async fn page(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
) -> Response {
    shown(&visit, &who, StatusCode::OK, "").await
}

pub(super) async fn send(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
    Extension(form): Extension<OfficeForm>,
) -> Response {
    let app = &visit.web.app;
    let shown_code = (form.one("pending"), form.one("code"));
    match account::set_second_factor(app, &who.stay, shown_code, &visit.doer()).await {
        Ok(codes) => OfficeVisit::page(StatusCode::OK, &CodesPage { frame: visit.frame(), codes }),
        Err(CodeProblem::Wrong) => {
            let wrong = visit.words().code_wrong;
            shown(&visit, &who, StatusCode::UNPROCESSABLE_ENTITY, wrong).await
        }
        Err(CodeProblem::Failed(error)) => visit.failed(&error),
    }
}

pub(super) async fn codes_page(Extension(visit): Extension<OfficeVisit>) -> Response {
    OfficeVisit::page(StatusCode::OK, &CodesPage { frame: visit.frame(), codes: Vec::new() })
}

pub(super) async fn send_codes(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
) -> Response {
    match account::renew_recovery_codes(&visit.web.app, &who.stay, &visit.doer()).await {
        Ok(codes) => OfficeVisit::page(StatusCode::OK, &CodesPage { frame: visit.frame(), codes }),
        Err(error) => visit.failed(&error),
    }
}

/// The page with a new secret.
async fn shown(
    visit: &OfficeVisit,
    who: &SignedIn,
    status: StatusCode,
    problem: &'static str,
) -> Response {
    match app_page(visit, who, problem).await {
        Ok(page) => OfficeVisit::page(status, &page),
        Err(error) => visit.failed(&error),
    }
}

async fn app_page(
    visit: &OfficeVisit,
    who: &SignedIn,
    problem: &'static str,
) -> Result<AppPage, Error> {
    let app = &visit.web.app;
    let person = &who.stay.person;
    let credentials = app.reader.person_credentials(person.id).await?;
    let is_on = second_factor::state(&credentials).is_on;
    let new = second_factor::begin(app, person)?;
    let picture = QrCode::encode_text(&new.url, QrCodeEcc::Medium).map_err(Error::internal)?;
    Ok(AppPage {
        frame: visit.frame(),
        words: passkey_words(visit.language()),
        passkeys_possible: passkeys::are_possible(app),
        problem,
        is_needed: app.people.config.second_factor && !is_on,
        key: new.key,
        pending: new.pending,
        side: picture.size() + 2 * QUIET,
        dark: dark(&picture),
    })
}

/// The dark modules, each a square.
fn dark(picture: &QrCode) -> String {
    let mut path = String::new();
    for y in 0..picture.size() {
        for x in (0..picture.size()).filter(|x| picture.get_module(*x, y)) {
            let _ = write!(path, "M{} {}h1v1h-1z", x + QUIET, y + QUIET);
        }
    }
    path
}
