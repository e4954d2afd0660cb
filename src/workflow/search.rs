//! The search box: one text, and whatever it may be the name of, within what somebody may see.

use std::collections::{BTreeMap, BTreeSet};

use super::Error;
use crate::app::App;
use crate::domain::ids::{DocumentId, ExternalReference, OperationId};
use crate::domain::scope::ServiceSet;
use crate::store::lists::OperationLine;
use crate::store::search::{Match, Matched, Matches};

/// What was found, and what the operation is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    pub by: Matched,
    pub document: Option<DocumentId>,
    /// The whole of what begins with what was typed; empty where that says it.
    pub text: String,
    /// Whether it is what was typed, and does not only begin with it.
    pub exact: bool,
    pub operation: OperationLine,
}

/// What a search found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hits {
    /// What is exactly meant stands first, then the newest.
    pub hits: Vec<Hit>,
    /// Whether there may be more, so that more should be typed.
    pub more: bool,
}

/// Hits that are shown at most.
pub const MOST: usize = 50;

/// Digits of a SHA-256 by which its beginning is known from other words.
const DIGITS: usize = 8;

/// Finds what somebody typed. Nothing outside of what may be seen is ever found.
///
/// # Errors
/// From the database.
pub async fn search(app: &App, seen: &ServiceSet, typed: &str) -> Result<Hits, Error> {
    let text = typed.trim();
    let usable = text.chars().count() <= ExternalReference::MAX_CHARS;
    if text.is_empty() || !usable || text.chars().any(char::is_control) || seen.is_empty() {
        return Ok(Hits::default());
    }
    let mut all = look_up(app, seen, text).await?;
    if all.iter().all(|kind| kind.found.is_empty()) {
        // Read to somebody on the telephone, capitals are lost.
        for other in [text.to_uppercase(), text.to_lowercase()] {
            if other != text && all.iter().all(|kind| kind.found.is_empty()) {
                all = look_up(app, seen, &other).await?;
            }
        }
    }
    let more = all.iter().any(|kind| kind.more);
    let found: Vec<Match> = all.into_iter().flat_map(|kind| kind.found).collect();
    shown(app, seen, text, found, more).await
}

async fn look_up(app: &App, seen: &ServiceSet, text: &str) -> Result<Vec<Matches>, Error> {
    let mut all = vec![numbers(app, text).await?];
    if let Some((first, last)) = digest_range(text) {
        all.extend(app.reports.matches_sha256(seen, (&first, &last)).await?);
    }
    all.extend(app.reports.matches(seen, (text, &text.to_lowercase())).await?);
    Ok(all)
}

/// What has a text as its number. Whether it may be seen is asked with its operation.
async fn numbers(app: &App, text: &str) -> Result<Matches, Error> {
    let mut found = Matches::default();
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let Some(number) = text.parse().ok().filter(|_| plain) else { return Ok(found) };
    let add = |by, operation, document| Match { by, operation, document, text: String::new() };
    let operation = OperationId::from_i64(number);
    found.found.push(add(Matched::OperationId, operation, None));
    let document = DocumentId::from_i64(number);
    if let Some(operation) = app.reports.operation_with(document).await? {
        found.found.push(add(Matched::DocumentId, operation, Some(document)));
    }
    Ok(found)
}

/// The digests that are written so, or begin so, in hexadecimal.
fn digest_range(text: &str) -> Option<([u8; 32], [u8; 32])> {
    let digits: String = text.chars().filter(|c| !matches!(c, ':' | ' ')).collect();
    let hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !hex || !(DIGITS..=64).contains(&digits.len()) {
        return None;
    }
    let filled = |with: &str| {
        let whole = format!("{digits}{}", with.repeat(64 - digits.len()));
        let mut octets = [0; 32];
        for (octet, at) in octets.iter_mut().zip((0..64).step_by(2)) {
            *octet = u8::from_str_radix(whole.get(at..at + 2)?, 16).ok()?;
        }
        Some(octets)
    };
    Some((filled("0")?, filled("f")?))
}

/// What was found, with its operations: those that may be seen.
async fn shown(
    app: &App,
    seen: &ServiceSet,
    text: &str,
    found: Vec<Match>,
    more: bool,
) -> Result<Hits, Error> {
    let operations: BTreeSet<OperationId> = found.iter().map(|one| one.operation).collect();
    let lines = app.reports.lines(seen, &operations).await?;
    let lines: BTreeMap<OperationId, OperationLine> =
        lines.into_iter().map(|line| (line.id, line)).collect();
    let folded = text.to_lowercase();
    let mut hits: Vec<Hit> = found
        .into_iter()
        .filter_map(|one| {
            let operation = lines.get(&one.operation)?.clone();
            let exact = one.text.is_empty() || one.text.to_lowercase() == folded;
            Some(Hit { by: one.by, document: one.document, text: one.text, exact, operation })
        })
        .collect();
    hits.sort_by_key(|hit| (!hit.exact, hit.by, std::cmp::Reverse(hit.operation.place())));
    let more = more || hits.len() > MOST;
    hits.truncate(MOST);
    Ok(Hits { hits, more })
}
