//! Every response carries a request id that the log shows too.

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;

use crate::domain::text::hex;

const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Longest segment with digits that is a word; the code of a link has 22 characters.
const SHORT: usize = 16;

/// Behind these a path says what nobody else is to know.
const SECRET: [&str; 2] = ["/r/", "/office/invitation/"];

tokio::task_local! {
    static REQUEST_ID: String;
}

/// The id of the request in work.
pub(super) fn current() -> Option<String> {
    REQUEST_ID.try_with(Clone::clone).ok()
}

/// Gives the request an id: the client's own if it sent a plain one, else a fresh one.
pub(super) async fn layer(request: Request, next: Next) -> Response {
    let id = request
        .headers()
        .get(&HEADER)
        .and_then(|value| value.to_str().ok())
        .filter(|value| is_plain(value))
        .map_or_else(fresh, ToOwned::to_owned);
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let path = loggable(route, request.uri().path());
    let span = tracing::error_span!("request", id = %id);
    let answer = async move {
        let started = std::time::Instant::now();
        let response = next.run(request).await;
        let elapsed_ms = started.elapsed().as_millis();
        tracing::info!(%method, path, status = response.status().as_u16(), elapsed_ms, "answered");
        response
    };
    let mut response = REQUEST_ID.scope(id.clone(), answer.instrument(span)).await;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HEADER, value);
    }
    response
}

/// What the log shows of a path. Who has the code of a receiver's link may read the documents, and a path
/// can spell it in many ways: of the receiver's page the log has the route alone, and where there is no
/// route only what are words, as the address of a link may have been mistyped or the proxy be set up wrong.
#[must_use]
pub fn loggable(route: Option<&str>, path: &str) -> String {
    match route {
        Some(route) if SECRET.iter().any(|secret| route.starts_with(secret)) => route.to_owned(),
        Some(_) => path.to_owned(),
        None => path
            .split('/')
            .map(|segment| if is_word(segment) { segment } else { "…" })
            .collect::<Vec<_>>()
            .join("/"),
    }
}

/// Whether a segment is one of an address that people made up; neither a link nor its code is.
fn is_word(segment: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphabetic() || byte == b'-';
    let short =
        segment.len() <= SHORT && segment.bytes().all(|byte| plain(byte) || byte.is_ascii_digit());
    short || segment.len() <= 2 * SHORT && segment.bytes().all(plain)
}

fn is_plain(id: &str) -> bool {
    (8..=64).contains(&id.len())
        && id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

fn fresh() -> String {
    let mut octets = [0_u8; 12];
    // An id that repeats is a nuisance in the log, not a danger: without random there is none.
    let _ = aws_lc_rs::rand::fill(&mut octets);
    hex(&octets)
}
