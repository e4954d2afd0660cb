//! The first screen: one box to look for anything that a person sees.

use askama::Template;
use axum::extract::Extension;
use axum::http::StatusCode;
use axum::response::Response;

use super::frame::OfficeFrame;
use super::visit::OfficeVisit;

#[derive(Template)]
#[template(path = "backoffice/templates/search.html")]
struct SearchPage {
    frame: OfficeFrame,
    find: String,
}

pub(super) async fn page(Extension(visit): Extension<OfficeVisit>) -> Response {
    let find = visit.asked("find").unwrap_or_default();
    visit.page(StatusCode::OK, &SearchPage { frame: visit.frame(), find })
}
