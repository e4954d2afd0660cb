//! Chromium with axe-core as the judge of pages.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::judges::repository;

/// What `tests/peers/browse.py` saw: each address in light and dark, wide and narrow, with and without
/// JavaScript.
pub(crate) fn browse(urls: &[String]) -> Vec<Value> {
    let output = Command::new(repository().join(".venv/bin/python"))
        .arg(repository().join("tests/peers/browse.py"))
        .args(urls)
        .output()
        .expect(".venv is missing: scripts/setup.sh test");
    let wrong = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "browse.py: {wrong}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Panics with what axe finds, with what reaches beyond the window and with what the console said.
/// Returns how many times axe looked.
pub(crate) fn assert_accessible(seen: &[Value]) -> usize {
    let mut judged = 0;
    for page in seen {
        let place = format!("{} {}", page["url"], page["setting"]);
        if let Some(violations) = page["violations"].as_array() {
            assert!(violations.is_empty(), "{place}: {violations:#?}");
            judged += 1;
        }
        assert_eq!(page["overflow"], false, "{place} is wider than its window");
        assert_eq!(page["complaints"], serde_json::json!([]), "{place}");
        assert_eq!(page["small"], serde_json::json!([]), "{place} has targets below 24 px");
    }
    judged
}

/// What `tests/peers/walk.py` saw on its way, by keyboard alone.
pub(crate) fn walk(steps: &Value) -> Vec<Value> {
    let mut walking = Command::new(repository().join(".venv/bin/python"))
        .arg(repository().join("tests/peers/walk.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect(".venv is missing: scripts/setup.sh test");
    walking.stdin.take().unwrap().write_all(steps.to_string().as_bytes()).unwrap();
    let output = walking.wait_with_output().unwrap();
    let wrong = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "walk.py: {wrong}");
    serde_json::from_slice(&output.stdout).unwrap()
}
