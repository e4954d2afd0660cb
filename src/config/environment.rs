//! Settings from `CHANCERY_*` variables: which of them are settings, and what their text becomes.

use std::ffi::OsString;

use config::{Value, ValueKind};

use super::{DEFAULTS, Error};

/// What every variable of ours begins with.
const PREFIX: &str = "CHANCERY_";

/// The variable that names the configuration file, read by the command line.
const FILE: &str = "CHANCERY_CONFIG";

/// Settings without a default, so that the printed defaults have them in comments only.
const OPTIONAL: [&str; 3] = ["mail.password_file", "mail.password_env", "mail.password_credential"];

/// Below this every back-end has settings of its own.
const BACK_ENDS: &str = "keys.backends.";

/// Settings of back-ends that are numbers.
const NUMBERS: [&str; 3] = ["sessions", "queue", "deadline_ms"];

/// What the environment says.
#[derive(Debug, Default)]
pub struct FoundSettings {
    /// Settings by their path, `web.listen`.
    pub settings: Vec<(String, Value)>,
    /// The variables they come from.
    pub variables: Vec<String>,
    /// Variables with our prefix that are no settings.
    pub others: Vec<String>,
}

/// Every setting and whether it is a list.
struct Known(Vec<(String, bool)>);

/// Sorts the variables of an environment. Empty ones count as not set.
///
/// # Errors
/// [`Error::Variable`] for one that looks like a setting and is none.
pub fn read(variables: impl Iterator<Item = (OsString, OsString)>) -> Result<FoundSettings, Error> {
    let known = Known::read();
    let mut found = FoundSettings::default();
    for (name, value) in variables {
        let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX)) else { continue };
        if name == FILE || value.is_empty() {
            continue;
        }
        let wrong = |reason: String| Error::Variable { name: name.to_owned(), reason };
        let Some(path) = path_of(name) else {
            found.others.push(name.to_owned());
            continue;
        };
        let value = value.to_str().ok_or_else(|| wrong("its value is not UTF-8".to_owned()))?;
        let kind = known.value(name, &path, value).ok_or_else(|| {
            let meant = known.nearest(name);
            let meant = meant.map_or_else(|| ".".to_owned(), |it| format!("; did you mean {it}?"));
            wrong(format!("is no setting{meant} Every setting: chancery config"))
        })?;
        found.settings.push((path, Value::new(Some(&name.to_owned()), kind)));
        found.variables.push(name.to_owned());
    }
    found.variables.sort();
    found.others.sort();
    Ok(found)
}

/// The setting whose variable is spelt nearly like this one.
#[must_use]
pub fn meant(name: &str) -> Option<String> {
    Known::read().nearest(name)
}

/// `CHANCERY_WEB__LISTEN` is `web.listen`; `None` for what has no two underscores.
fn path_of(name: &str) -> Option<String> {
    let rest = name.strip_prefix(PREFIX)?;
    rest.contains("__").then(|| rest.to_ascii_lowercase().replace("__", "."))
}

impl Known {
    fn read() -> Self {
        let mut all: Vec<(String, bool)> =
            OPTIONAL.into_iter().map(|path| (path.to_owned(), false)).collect();
        let defaults = DEFAULTS.parse::<toml::Table>().unwrap_or_default();
        for (section, settings) in defaults {
            for (name, value) in settings.as_table().into_iter().flatten() {
                all.push((format!("{section}.{name}"), value.is_array()));
            }
        }
        Self(all)
    }

    /// The value of a setting; texts become numbers and the like where they are read into their types.
    fn value(&self, name: &str, path: &str, text: &str) -> Option<ValueKind> {
        if let Some(rest) = path.strip_prefix(BACK_ENDS) {
            let (_, setting) = rest.split_once('.')?;
            let number = NUMBERS.contains(&setting).then(|| text.parse().ok()).flatten();
            return Some(number.map_or_else(|| text.into(), ValueKind::I64));
        }
        let (_, is_list) = self.0.iter().find(|(known, _)| known == path)?;
        if !is_list {
            return Some(text.into());
        }
        let parts = text.split(',').map(|part| Value::new(Some(&name.to_owned()), part.trim()));
        Some(ValueKind::Array(parts.collect()))
    }

    fn nearest(&self, name: &str) -> Option<String> {
        let bare = |name: &str| name.replace('_', "");
        let wanted = bare(name);
        let candidates = self
            .0
            .iter()
            .map(|(path, _)| format!("{PREFIX}{}", path.replace('.', "__").to_ascii_uppercase()));
        let measured = candidates.map(|it| (distance(&bare(&it), &wanted), it));
        measured.filter(|(distance, _)| *distance <= 2).min().map(|(_, it)| it)
    }
}

/// How many letters have to be put in, taken out or changed.
#[must_use]
pub fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, letter) in one.chars().enumerate() {
        let mut corner = std::mem::replace(row.first_mut().unwrap_or(&mut 0), line + 1);
        let mut left = line + 1;
        for (place, twin) in row.iter_mut().skip(1).zip(&other) {
            let changed = corner + usize::from(letter != *twin);
            corner = *place;
            left = changed.min(left + 1).min(corner + 1);
            *place = left;
        }
    }
    row.last().copied().unwrap_or_default()
}
