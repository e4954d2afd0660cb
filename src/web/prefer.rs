//! What a client prefers (RFC 7240), and what it is told of it. What is not named in
//! `Preference-Applied` was not done.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;

const PREFER: HeaderName = HeaderName::from_static("prefer");
const APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// Preferences known here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Preferences {
    /// `respond-async`: not to wait.
    pub respond_async: bool,
    /// `wait`: how long to wait at most.
    pub wait: Option<Duration>,
    /// `return=representation`: a body where there need not be one.
    pub representation: bool,
}

impl Preferences {
    /// Those of a request. Of one that is there twice the first counts (RFC 7240, 2).
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let mut found = Self::default();
        let mut seen: Vec<String> = Vec::new();
        let lines = headers.get_all(PREFER).iter().filter_map(|value| value.to_str().ok());
        for preference in lines.flat_map(|line| line.split(',')) {
            let plain = preference.split(';').next().unwrap_or_default();
            let (name, value) = plain.split_once('=').unwrap_or((plain, ""));
            let (name, value) = (name.trim().to_ascii_lowercase(), value.trim().trim_matches('"'));
            if seen.contains(&name) {
                continue;
            }
            match name.as_str() {
                "respond-async" => found.respond_async = true,
                "wait" => found.wait = value.parse().ok().map(Duration::from_secs),
                "return" => found.representation = value.eq_ignore_ascii_case("representation"),
                _ => {}
            }
            seen.push(name);
        }
        found
    }

    /// How long to wait, where the service waits `usual` at most.
    pub(super) fn waiting(&self, usual: Duration) -> Duration {
        match self.wait {
            Some(wait) => wait.min(usual),
            None if self.respond_async => Duration::ZERO,
            None => usual,
        }
    }

    /// Says in the answer how the waiting was preferred.
    pub(super) fn say_waiting(&self, response: &mut Response) {
        let mut applied = Vec::new();
        if self.respond_async {
            applied.push("respond-async".to_owned());
        }
        applied.extend(self.wait.map(|wait| format!("wait={}", wait.as_secs())));
        say(response, &applied.join(", "));
    }

    /// Says in the answer that it has a body because that was preferred.
    pub(super) fn say_representation(response: &mut Response) {
        say(response, "return=representation");
    }
}

fn say(response: &mut Response, applied: &str) {
    if let Ok(applied) = HeaderValue::try_from(applied)
        && !applied.is_empty()
    {
        response.headers_mut().insert(APPLIED, applied);
    }
}
