//! Every response carries a request id that the log shows too.

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;

use crate::domain::text::hex;

const HEADER: HeaderName = HeaderName::from_static("x-request-id");

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
    let path = loggable(request.uri().path());
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

/// The path without the code of a receiver's link: who has it may read the documents.
fn loggable(path: &str) -> String {
    match path.strip_prefix("/r/").and_then(|rest| rest.split_once('.')) {
        Some((number, rest)) => {
            let behind = rest.find('/').and_then(|at| rest.get(at..)).unwrap_or_default();
            format!("/r/{number}.…{behind}")
        }
        None => path.to_owned(),
    }
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

#[cfg(test)]
mod tests {
    use super::loggable;

    #[test]
    fn the_code_of_a_link_is_not_logged() {
        for (path, logged) in [
            ("/r/AAAA.c0de", "/r/AAAA.…"),
            ("/r/AAAA.c0de/documents.zip", "/r/AAAA.…/documents.zip"),
            ("/api/v0/operation/id", "/api/v0/operation/id"),
        ] {
            assert_eq!(loggable(path), logged);
        }
    }
}
