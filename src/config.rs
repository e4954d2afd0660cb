//! Collects the rooms' settings: the commented defaults, then a file, then the environment.
//! Unknown keys are refused; secrets are never settings, only the places they are read from.

mod effective;
pub mod environment;

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use thiserror::Error;

use crate::domain::effective::EffectiveSettings;

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
    /// Until when algorithms are good.
    pub algorithms: crate::app::AlgorithmsConfig,
    /// Looking at documents before they are sealed.
    pub lint: crate::app::LintConfig,
    /// What signatures are verified against.
    pub verification: crate::app::VerificationConfig,
    /// Trusted lists.
    pub trusted_lists: crate::outbound::trusted_lists::Config,
    /// How operations are executed.
    pub workflow: crate::app::ExecutionConfig,
    /// How messages are delivered.
    pub delivery: crate::app::DeliveryConfig,
    /// What is done to many operations at once.
    pub bulk: crate::app::BulkConfig,
    /// How preserved documents are looked after.
    pub preservation: crate::app::PreservationConfig,
    /// How people sign in to the back office.
    pub people: crate::app::PeopleConfig,
    /// Who is told what is wrong.
    pub alarms: crate::app::AlarmsConfig,
    /// The key of secrets at rest.
    pub secrets: crate::app::SecretsConfig,
    /// The service's own mail account.
    pub mail: crate::outbound::mail::Config,
    /// Key back-ends.
    pub keys: crate::keys::Config,
    /// Time-stamp authorities.
    pub timestamp: crate::outbound::timestamp::Config,
    /// Where it is asked whether certificates were revoked.
    pub revocation: crate::outbound::revocation::Config,
    /// Sending webhooks.
    pub webhooks: crate::outbound::webhook::Config,
    /// Logging.
    pub log: crate::telemetry::Config,
    /// Where all this comes from.
    #[serde(skip)]
    pub origin: Origin,
}

/// Why there are no settings.
#[derive(Debug, Error)]
pub enum Error {
    /// The file named does not exist.
    #[error("configuration file {0} does not exist")]
    Missing(PathBuf),
    /// A variable of the environment is wrong.
    #[error("{name} {reason}")]
    Variable {
        /// Its name.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A key or value is wrong; the message names it.
    #[error("configuration: {0}")]
    Invalid(String),
}

/// Where settings come from, for people.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The file that was read.
    pub file: Option<PathBuf>,
    /// Variables of the environment that are settings.
    pub variables: Vec<String>,
    /// What came of it all, for people.
    pub settings: EffectiveSettings,
    /// Variables that begin as ours do and say nothing, each with the one that may have been meant.
    pub strays: Vec<(String, Option<String>)>,
}

/// Files that are read when none is named, the first that exists.
const USUAL_FILES: [&str; 2] = ["chancery.toml", "/etc/chancery/chancery.toml"];

impl Config {
    /// Reads the defaults, then `file` (or, without one, `chancery.toml` here or
    /// `/etc/chancery/chancery.toml` when they exist), then `CHANCERY_*` variables.
    ///
    /// # Errors
    /// [`type@Error`], which names the file, key or variable.
    pub fn load(file: Option<&Path>) -> Result<Self, Error> {
        let found = environment::read(std::env::vars_os())?;
        let mut builder = config::Config::builder()
            .add_source(config::File::from_str(DEFAULTS, config::FileFormat::Toml));
        let file = file.map(Path::to_owned).or_else(usual_file);
        if let Some(file) = &file {
            if !file.exists() {
                return Err(Error::Missing(file.clone()));
            }
            let source = config::File::from(file.clone()).format(config::FileFormat::Toml);
            builder = builder.add_source(source);
        }
        let invalid = |error: config::ConfigError| Error::Invalid(error.to_string());
        let mut variables = Vec::new();
        for (path, value) in found.settings {
            variables.push((path.clone(), value.origin().unwrap_or_default().to_owned()));
            builder = builder.set_override(&path, value).map_err(invalid)?;
        }
        let whole = builder.build().map_err(invalid)?;
        let told: serde_json::Value = whole.clone().try_deserialize().map_err(invalid)?;
        let named = named_variables(&told);
        let strays = found.others.into_iter().filter(|name| !named.contains(name));
        let strays = strays.map(|name| (environment::meant(&name), name));
        let origin = Origin {
            settings: effective::settings(&told, file.as_deref(), &variables),
            file,
            variables: found.variables,
            strays: strays.map(|(meant, name)| (name, meant)).collect(),
        };
        let config: Self = whole.try_deserialize().map_err(invalid)?;
        Ok(Self { origin, ..config })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.file {
            Some(file) => write!(f, "{}", file.display())?,
            None => {
                let [here, there] = USUAL_FILES;
                write!(f, "the defaults alone (there is neither ./{here} nor {there})")?;
            }
        }
        match self.variables.as_slice() {
            [] => Ok(()),
            names => write!(f, ", then {}", names.join(", ")),
        }
    }
}

impl Origin {
    /// What to say about a variable that says nothing.
    #[must_use]
    pub fn words(stray: &(String, Option<String>)) -> String {
        match stray {
            (name, Some(meant)) => {
                format!("{name} is no setting and was passed over; did you mean {meant}?")
            }
            (name, None) => format!(
                "{name} is no setting and was passed over; settings have two underscores between \
                 their parts, such as CHANCERY_WEB__LISTEN"
            ),
        }
    }
}

/// The variables that settings such as `pin_env` name: they hold secrets.
fn named_variables(settings: &serde_json::Value) -> Vec<String> {
    let mut names = Vec::new();
    let mut ahead = vec![settings];
    while let Some(next) = ahead.pop() {
        for (key, value) in next.as_object().into_iter().flatten() {
            match value.as_str() {
                Some(name) if key.ends_with("_env") => names.push(name.to_owned()),
                _ => ahead.push(value),
            }
        }
    }
    names
}

fn usual_file() -> Option<PathBuf> {
    USUAL_FILES.into_iter().map(PathBuf::from).find(|file| file.exists())
}
