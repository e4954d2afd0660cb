//! The back office: pages for the people of an installation. Every request passes one guard, which knows from one
//! table what each page needs; what is not in the table is not served.

mod account;
mod algorithms;
mod app_codes;
mod assets;
mod audit;
mod client_service;
mod client_services;
mod companies;
mod company;
mod credential;
mod credentials;
mod csv_file;
mod dashboard;
mod deeds;
mod documents;
mod form;
mod frame;
mod help;
mod import;
mod invitation;
mod key;
mod keys;
mod letter;
mod letters;
mod mail_server;
mod mail_settings;
mod mail_test;
mod operation;
mod operations;
mod pages;
mod passkey_form;
mod passkeys;
mod people;
mod person;
mod proof;
mod rows;
mod search;
mod secret;
mod seen;
mod set;
mod sets;
mod settings;
mod sign_in;
mod signed_in;
mod usage;
mod visit;
mod webhook;
mod webhooks;

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post};

pub use self::frame::{HTMX, PASSKEYS, PASSKEYS_INTEGRITY};
pub use self::pages::{Admission, OfficePage, PAGES};

use self::form::OfficeForm;
use self::frame::Notice;
use self::signed_in::SignedIn;
use self::visit::{OfficeVisit, cookie};
use super::Web;
use super::portal::rate::{self, Visitor as Caller};
use super::surface::{Dialect, Stray};
use crate::workflow::people::{second_factor, sessions};

/// Where it hangs.
pub const ROOT: &str = "/office";

/// This surface.
pub struct Office;

impl Dialect for Office {
    fn stray(web: &Web, headers: &HeaderMap, stray: Stray) -> Response {
        let visit = OfficeVisit::new(web, None, headers, None);
        let (status, notice) = match stray {
            Stray::Address => (StatusCode::NOT_FOUND, Notice::Unknown),
            Stray::Method => (StatusCode::METHOD_NOT_ALLOWED, Notice::Unknown),
            Stray::Host => (StatusCode::BAD_REQUEST, Notice::Unknown),
            Stray::Panic => (StatusCode::INTERNAL_SERVER_ERROR, Notice::Fault),
        };
        visit.notice(status, notice)
    }
}

/// Addresses below `/office`.
pub(super) fn routes(web: &Web) -> Router<Web> {
    Router::new()
        .route("/", get(search::page))
        .route("/operations", get(operations::page).post(operations::send))
        .route("/operations.csv", get(operations::csv))
        .route("/operations/{id}", get(operation::page).post(operation::send))
        .route("/operations/{id}/files/{number}", get(documents::save))
        .route("/operations/{id}/files/{number}/view", get(documents::view))
        .route("/operations/{id}/files/{number}/pages", get(documents::pages))
        .route("/sets", get(sets::page).post(sets::send))
        .route("/sets/{id}", get(set::page).post(set::send))
        .route("/sets/{id}/approval", get(set::approval_page).post(set::send_approval))
        .route("/client-services", get(client_services::page))
        .route("/client-services/{id}", get(client_service::page).post(client_service::send))
        .route("/client-services/{id}/webhooks", get(webhooks::page).post(webhooks::send))
        .route("/client-services/{id}/webhooks/{endpoint}", get(webhook::page).post(webhook::send))
        .route("/client-services/{id}/letters", get(letters::page))
        .route("/client-services/{id}/letters/{language}", get(letter::page).post(letter::send))
        .route("/client-services/{id}/letters/{language}/preview", post(letter::preview))
        .route("/client-services/{id}/mail-server", get(mail_server::page).post(mail_server::send))
        .route("/settings/mail", get(mail_settings::page).post(mail_settings::send))
        .route("/companies", get(companies::page))
        .route("/companies/{id}", get(company::page).post(company::send))
        .route("/companies/{id}/new-client-service", get(company::new_page).post(company::send_new))
        .route("/credentials", get(credentials::page))
        .route("/credentials/{alias}", get(credential::page).post(credential::send))
        .route("/keys", get(keys::page).post(keys::send))
        .route("/keys/{backend}/{key}", get(key::page).post(key::send))
        .route("/imports/{id}", get(import::page).post(import::send))
        .route("/sign-in", get(sign_in::page).post(sign_in::send))
        .route("/second-step", get(sign_in::second_page).post(sign_in::send_second))
        .route("/prove", get(sign_in::proof_page).post(sign_in::send_proof))
        .route("/sign-in/passkey", post(sign_in::send_passkey))
        .route("/second-step/passkey", post(sign_in::send_second_passkey))
        .route("/prove/passkey", post(sign_in::send_proof_passkey))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/invitation/{code}", get(invitation::page).post(invitation::send))
        .route("/account", get(account::page).post(account::send))
        .route("/account/password", get(account::password_page).post(account::send_password))
        .route("/account/app", get(app_codes::page).post(app_codes::send))
        .route("/account/recovery-codes", get(app_codes::codes_page).post(app_codes::send_codes))
        .route("/account/passkeys/new", get(passkeys::new_page).post(passkeys::send_new))
        .route("/account/passkeys/{id}", get(passkeys::removal_page).post(passkeys::remove))
        .route("/people", get(people::page))
        .route("/people/invite", get(people::invite_page).post(people::send_invitation))
        .route("/people/{id}", get(person::page).post(person::send))
        .route("/audit", get(audit::page))
        .route("/audit.csv", get(audit::csv))
        .route("/audit/chain", get(audit::chain))
        .route("/usage", get(usage::page))
        .route("/usage.csv", get(usage::csv))
        .route("/dashboard", get(dashboard::page))
        .route("/help", get(help::page))
        .route("/help/errors/{reason}", get(help::error_page))
        .route("/settings", get(settings::page))
        .route("/settings/algorithms", get(algorithms::page))
        .route("/style.css", get(assets::style))
        .route("/htmx.js", get(assets::htmx))
        .route("/keys.js", get(assets::keys))
        .route("/passkeys.js", get(assets::passkeys))
        .route_layer(middleware::from_fn_with_state(web.clone(), guard))
}

/// Lets a request pass to its page when the table says so of whoever asks; else the answer is of here.
async fn guard(State(web): State<Web>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|it| it.0);
    let mut visit = OfficeVisit::new(&web, peer, request.headers(), Some(request.uri()));
    let sends = *request.method() == Method::POST;
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let Some(page) = route.as_deref().and_then(pages::of_route) else {
        return visit.notice(StatusCode::NOT_FOUND, Notice::Unknown);
    };
    let Some(admission) = (if sends { page.send } else { page.look }) else {
        return visit.notice(StatusCode::METHOD_NOT_ALLOWED, Notice::Unknown);
    };
    if !visit.is_safe() {
        return visit.notice(StatusCode::FORBIDDEN, Notice::Insecure);
    }
    let shown = cookie(&visit, request.headers());
    if let Some(token) = &shown {
        match sessions::current(&web.app, token).await {
            Ok(stay) => visit.who = stay.map(|stay| SignedIn::new(&web.app, stay, token)),
            Err(error) => return visit.failed(&error),
        }
    }
    if visit.who.is_none()
        && let Err(wait) = web.visits.count(Caller::Address(visit.address), web.app.now())
    {
        return visit.notice(StatusCode::TOO_MANY_REQUESTS, Notice::Busy(wait));
    }
    if let Some(refused) = refused(&visit, admission).await {
        return refused;
    }
    if sends {
        if !visit.is_of_here(request.headers()) {
            return visit.notice(StatusCode::FORBIDDEN, Notice::Old);
        }
        let form = match read(&web, &mut request, page).await {
            Ok(form) => form,
            Err(status) => return visit.notice(status, Notice::Old),
        };
        if let (Some(token), true) = (&shown, admission != Admission::Anyone)
            && !sessions::is_form_of(&web.app, token, form.one("form"))
        {
            return visit.notice(StatusCode::FORBIDDEN, Notice::Old);
        }
        request.extensions_mut().insert(form);
    }
    if let Some(who) = &visit.who {
        request.extensions_mut().insert(who.clone());
    }
    request.extensions_mut().insert(visit);
    next.run(request).await
}

/// What is said instead of the page, if it is not for whoever asks, or not yet.
async fn refused(visit: &OfficeVisit, admission: Admission) -> Option<Response> {
    let permission = admission.permission()?;
    let Some(who) = &visit.who else { return Some(visit.go_and_return("/sign-in")) };
    match (admission, who.is_half()) {
        (Admission::Half, true) => return None,
        (Admission::Half, false) => return Some(visit.go("/")),
        (_, true) => return Some(visit.go_and_return("/second-step")),
        (_, false) => {}
    }
    if !who.stay.person.may(permission) {
        return Some(visit.notice(StatusCode::NOT_FOUND, Notice::Unknown));
    }
    let app = &visit.web.app;
    if app.people.config.second_factor && admission.needs_second_factor() {
        match app.reader.person_credentials(who.stay.person.id).await {
            Ok(credentials) if second_factor::state(&credentials).is_on => {}
            Ok(_) => return Some(visit.go("/account/app")),
            Err(error) => return Some(visit.failed(&error.into())),
        }
    }
    (admission.needs_proof() && !who.stay.is_proved(app)).then(|| visit.go_and_return("/prove"))
}

/// Takes a form in, within limits of octets and time.
async fn read(
    web: &Web,
    request: &mut Request,
    page: &OfficePage,
) -> Result<OfficeForm, StatusCode> {
    let declared = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let declared = declared.unwrap_or_default().to_owned();
    let kind = declared.split(';').next().unwrap_or_default().trim();
    let in_parts = page.takes_files() && kind.eq_ignore_ascii_case("multipart/form-data");
    if !in_parts && !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    let body = std::mem::take(request.body_mut());
    let patience = Duration::from_millis(web.config.request_timeout_ms);
    let taken = tokio::time::timeout(patience, axum::body::to_bytes(body, page.form_bytes())).await;
    let octets = taken.map_err(|_| StatusCode::REQUEST_TIMEOUT)?;
    let octets = octets.map_err(|_| StatusCode::PAYLOAD_TOO_LARGE)?;
    if in_parts {
        return OfficeForm::of_parts(octets, &declared).await.ok_or(StatusCode::BAD_REQUEST);
    }
    Ok(OfficeForm::read(&octets))
}

/// Where somebody asks from.
fn address_of(web: &Web, peer: Option<SocketAddr>, headers: &HeaderMap) -> std::net::IpAddr {
    rate::address(peer, headers, &web.config.proxies)
}
