//! Settings as people read them on a page: with the comments of the defaults, and without what lets somebody in.

use std::path::Path;

use serde_json::Value;

use super::DEFAULTS;
use crate::domain::effective::{EffectiveSetting, EffectiveSettings, SettingSource};

/// The settings of a whole, of which a file and variables (path, name) said some.
#[must_use]
pub(super) fn settings(
    whole: &Value,
    file: Option<&Path>,
    variables: &[(String, String)],
) -> EffectiveSettings {
    let text = file.and_then(|file| std::fs::read_to_string(file).ok()).unwrap_or_default();
    let written = leaves_of(&text);
    let defaults = leaves_of(DEFAULTS);
    let meanings = meanings();
    let mut all: Vec<EffectiveSetting> = Vec::new();
    for (path, value) in leaves(whole) {
        let source = match variables.iter().find(|(known, _)| *known == path) {
            Some((_, name)) => SettingSource::Environment(name.clone()),
            None if written.iter().any(|(known, _)| *known == path) => SettingSource::File,
            None => SettingSource::Default,
        };
        let default = defaults.iter().find(|(known, _)| *known == path);
        let meaning = meanings.iter().find(|(known, _)| *known == path);
        all.push(EffectiveSetting {
            default: default.map(|(_, value)| shown(value)),
            is_there: is_there(&path, &value),
            value: shown(&value),
            source,
            meaning: meaning.map(|(_, meaning)| meaning.clone()).unwrap_or_default(),
            path,
        });
    }
    let place = |one: &EffectiveSetting| {
        let section = meanings
            .iter()
            .position(|(path, _)| path.split('.').next().unwrap_or_default() == one.section());
        let own = meanings.iter().position(|(path, _)| *path == one.path);
        (section.unwrap_or(usize::MAX), own.unwrap_or(usize::MAX), one.path.clone())
    };
    all.sort_by_cached_key(place);
    EffectiveSettings { file: file.map(|file| file.display().to_string()), all }
}

fn leaves_of(toml: &str) -> Vec<(String, Value)> {
    let table = toml.parse::<toml::Table>().unwrap_or_default();
    leaves(&serde_json::to_value(table).unwrap_or_default())
}

/// Everything that is no table, by its path.
fn leaves(whole: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    let mut ahead = vec![(String::new(), whole)];
    while let Some((path, value)) = ahead.pop() {
        let Some(members) = value.as_object() else {
            // What nobody set has no value.
            if !value.is_null() {
                found.push((path, value.clone()));
            }
            continue;
        };
        for (name, member) in members {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            ahead.push((path, member));
        }
    }
    found
}

/// A value as text, with what lets somebody in left out.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => without_secrets(text),
        Value::Array(all) => all.iter().map(shown).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// An address without who logs in there and without what is asked for; other text as it is.
fn without_secrets(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    // Whatever is before the last of them may be a password that nobody escaped.
    let (who, rest) = rest.rsplit_once('@').map_or(("", rest), |(_, rest)| ("\u{2026}@", rest));
    let place = rest.split(['?', '&']).next().unwrap_or_default();
    let asked = if place.len() < rest.len() { "?\u{2026}" } else { "" };
    format!("{scheme}://{who}{place}{asked}")
}

/// Whether there is something where a secret is read from; `None`: the setting names no such place.
fn is_there(path: &str, value: &Value) -> Option<bool> {
    let place = value.as_str().filter(|place| !place.is_empty())?;
    let name = path.rsplit('.').next().unwrap_or_default();
    if name.ends_with("_env") {
        return Some(std::env::var_os(place).is_some_and(|value| !value.is_empty()));
    }
    if name.ends_with("_credential") {
        let folder = std::env::var_os("CREDENTIALS_DIRECTORY")?;
        return Some(Path::new(&folder).join(place).exists());
    }
    let secret = ["key_file", "password_file", "pin_file", "passphrase_file"];
    secret.iter().any(|end| name.ends_with(end)).then(|| Path::new(place).exists())
}

/// Every commented setting with its comment; one without a comment of its own has that of the one above.
fn meanings() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let (mut section, mut comment, mut behind) = (String::new(), Vec::new(), false);
    for line in DEFAULTS.lines() {
        let line = line.trim();
        if let Some(text) = line.strip_prefix('#') {
            if behind {
                comment.clear();
            }
            behind = false;
            comment.push(text.trim());
        } else if line.is_empty() {
            comment.clear();
        } else if let Some(name) = line.strip_prefix('[') {
            name.trim_end_matches(']').clone_into(&mut section);
            comment.clear();
        } else if let Some((name, _)) = line.split_once('=') {
            found.push((format!("{section}.{}", name.trim()), comment.join(" ")));
            behind = true;
        }
    }
    found
}
