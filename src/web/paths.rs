//! Forgiving paths: clients send doubled and trailing slashes. And where surfaces hang behind a proxy.

use axum::http::Uri;
use axum::http::uri::PathAndQuery;

/// What follows this is a client's reference, in which slashes mean something.
const REFERENCE: &str = "/withDocumentExternalReference/";

/// The same address without doubled and trailing slashes, except inside a reference.
#[must_use]
pub fn tidy(uri: Uri) -> Uri {
    let path = uri.path();
    if !path.contains("//") && !path.ends_with('/') {
        return uri;
    }
    let (plain, reference) = match path.find(REFERENCE) {
        Some(at) => path.split_at(at + REFERENCE.len()),
        None => (path, ""),
    };
    let mut tidied = String::with_capacity(path.len());
    for segment in plain.split('/').filter(|segment| !segment.is_empty()) {
        tidied.push('/');
        tidied.push_str(segment);
    }
    if !reference.is_empty() {
        tidied.push('/');
        tidied.push_str(reference);
    }
    if tidied.is_empty() {
        tidied.push('/');
    }
    if let Some(query) = uri.query() {
        tidied.push('?');
        tidied.push_str(query);
    }
    let mut parts = uri.clone().into_parts();
    match PathAndQuery::try_from(tidied) {
        Ok(path_and_query) => {
            parts.path_and_query = Some(path_and_query);
            Uri::from_parts(parts).unwrap_or(uri)
        }
        Err(_) => uri,
    }
}

/// Where a surface hangs as a browser sees it: the public address may have a path of its own.
#[must_use]
pub fn beneath(public: &str, surface: &str) -> String {
    let behind = public.split_once("://").map_or("", |(_, behind)| behind);
    let path = behind.split_once('/').map_or("", |(_, path)| path.trim_end_matches('/'));
    if path.is_empty() { surface.to_owned() } else { format!("/{path}{surface}") }
}
