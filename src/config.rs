//! Collects the rooms' settings: the commented defaults, then a file, then the environment.
//! Unknown keys are refused; secrets are never settings, only the places they are read from.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use thiserror::Error;

/// `config.default.toml`: every key, commented.
pub const DEFAULTS: &str = include_str!("config.default.toml");

/// All settings.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The HTTP surface.
    pub web: crate::web::Config,
    /// Access tokens.
    pub oauth: crate::app::TokenConfig,
    /// The database.
    pub store: crate::store::Config,
    /// What a request may carry.
    pub limits: crate::app::Limits,
    /// Seal profiles.
    pub profiles: crate::app::ProfilesConfig,
    /// Looking at documents before they are sealed.
    pub lint: crate::app::LintConfig,
    /// How operations are executed.
    pub workflow: crate::app::ExecutionConfig,
    /// How messages are delivered.
    pub delivery: crate::app::DeliveryConfig,
    /// Who is told what is wrong.
    pub alarms: crate::app::AlarmsConfig,
    /// The key of secrets at rest.
    pub secrets: crate::app::SecretsConfig,
    /// The service's own mail account.
    pub mail: crate::outbound::mail::Config,
    /// Key back-ends.
    pub keys: crate::keys::Config,
    /// Sending webhooks.
    pub webhooks: crate::outbound::webhook::Config,
    /// Logging.
    pub log: crate::telemetry::Config,
}

/// Why there are no settings.
#[derive(Debug, Error)]
pub enum Error {
    /// The file named does not exist.
    #[error("configuration file {0} does not exist")]
    Missing(PathBuf),
    /// A key or value is wrong; the message names it.
    #[error("configuration: {0}")]
    Invalid(String),
}

impl Config {
    /// Reads the defaults, then `file` (or, without one, `chancery.toml` here or
    /// `/etc/chancery/chancery.toml` when they exist), then `CHANCERY_*` variables.
    pub fn load(file: Option<&Path>) -> Result<Self, Error> {
        let mut builder = config::Config::builder()
            .add_source(config::File::from_str(DEFAULTS, config::FileFormat::Toml));
        if let Some(file) = file.map(Path::to_owned).or_else(usual_file) {
            if !file.exists() {
                return Err(Error::Missing(file));
            }
            builder = builder.add_source(config::File::from(file).format(config::FileFormat::Toml));
        }
        let environment =
            config::Environment::with_prefix("CHANCERY").prefix_separator("_").separator("__");
        builder
            .add_source(environment.try_parsing(true).ignore_empty(true).source(Some(variables())))
            .build()
            .and_then(config::Config::try_deserialize)
            .map_err(|error| Error::Invalid(error.to_string()))
    }
}

/// `CHANCERY_A__B` variables; those without the double underscore (CHANCERY_CONFIG and the like) are
/// no settings.
fn variables() -> config::Map<String, String> {
    std::env::vars()
        .filter(|(name, _)| name.starts_with("CHANCERY_") && name.contains("__"))
        .collect()
}

fn usual_file() -> Option<PathBuf> {
    [PathBuf::from("chancery.toml"), PathBuf::from("/etc/chancery/chancery.toml")]
        .into_iter()
        .find(|file| file.exists())
}
