//! Style and scripts of every page.

use axum::http::header;
use axum::response::{IntoResponse as _, Response};

use super::frame::{HTMX, KEYS, STYLE};

pub(super) async fn style() -> Response {
    kept("text/css; charset=utf-8", STYLE)
}

pub(super) async fn htmx() -> Response {
    kept("text/javascript; charset=utf-8", HTMX)
}

pub(super) async fn keys() -> Response {
    kept("text/javascript; charset=utf-8", KEYS)
}

fn kept(kind: &'static str, text: &'static str) -> Response {
    let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "public, max-age=3600")];
    (headers, text).into_response()
}
