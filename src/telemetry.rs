//! Logging set-up. One place decides where log lines go and how they look.

use std::io::IsTerminal as _;

use serde::Deserialize;
use tracing_subscriber::EnvFilter;

/// How to log.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// A `tracing` filter.
    pub filter: String,
    /// `text` or `json`.
    pub format: LogFormat,
}

/// Look of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Whether the filter is one.
///
/// # Errors
/// What is wrong with it, in words.
pub fn check(config: &Config) -> Result<(), String> {
    EnvFilter::try_new(&config.filter).map(|_| ()).map_err(|error| error.to_string())
}

/// Starts logging to standard error, in colour only when somebody looks at it (and `NO_COLOR` is not
/// set). Calling it again changes nothing.
pub fn start(config: &Config) {
    // The cryptoki crate logs every mechanism it has no name for as an error; what matters it returns.
    let text = format!("{},cryptoki=off", config.filter);
    let filter = EnvFilter::try_new(text).unwrap_or_else(|_| EnvFilter::new("info,cryptoki=off"));
    let colour = std::io::stderr().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(colour)
        .with_writer(std::io::stderr);
    let started = match config.format {
        LogFormat::Text => subscriber.with_target(false).try_init(),
        LogFormat::Json => subscriber.json().flatten_event(true).try_init(),
    };
    if started.is_err() {
        tracing::debug!("logging was started before");
    }
}
