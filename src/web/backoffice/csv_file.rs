//! A list as a CSV file, written while it is read: never more than some lines are in memory, and one that ends early
//! does not look whole.

use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use http_body_util::channel::Channel;

use super::visit::OfficeVisit;
use crate::domain::sources::sources;
use crate::workflow::Error;

/// What gives the lines of a file.
pub(super) trait CsvLines: Send + 'static {
    /// The next lines; `None`: that was all.
    fn lines(&mut self) -> impl Future<Output = Result<Option<String>, Error>> + Send;
}

/// A file of this name with these lines.
pub(super) fn answer(visit: &OfficeVisit, name: &str, lines: impl CsvLines) -> Response {
    let mut response = written(visit, lines).into_response();
    let headers = response.headers_mut();
    let kind = HeaderValue::from_static("text/csv; charset=utf-8; header=present");
    headers.insert(header::CONTENT_TYPE, kind);
    if let Ok(name) = HeaderValue::try_from(format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    OfficeVisit::protected(response)
}

fn written(visit: &OfficeVisit, mut lines: impl CsvLines) -> Body {
    let (mut pieces, body) = Channel::<Bytes, io::Error>::new(1);
    let idle = Duration::from_millis(visit.web.config.connections.answer_idle_ms);
    tokio::spawn(async move {
        loop {
            match lines.lines().await {
                Ok(Some(lines)) => {
                    let taken = pieces.send_data(Bytes::from(lines));
                    match tokio::time::timeout(idle, taken).await {
                        Ok(Ok(())) => {}
                        // The browser went away.
                        Ok(Err(_)) => return,
                        Err(_) => {
                            pieces.abort(io::ErrorKind::TimedOut.into());
                            return;
                        }
                    }
                }
                Ok(None) => return,
                Err(error) => {
                    // A file that ends early must not look whole.
                    tracing::error!(error = %sources(&error), "a list is not written to its end");
                    pieces.abort(io::Error::other("the list could not be read to its end"));
                    return;
                }
            }
        }
    });
    Body::new(body)
}
