//! The settings that are in effect, as people read them: what each means, where it comes from, and nothing secret.

/// All of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EffectiveSettings {
    /// The file that was read.
    pub file: Option<String>,
    /// In the order of the commented defaults; what has none comes last in its section.
    pub all: Vec<EffectiveSetting>,
}

/// One setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectiveSetting {
    /// `web.listen`.
    pub path: String,
    /// As it is, with what lets somebody in left out.
    pub value: String,
    /// As it would be; `None`: there is none.
    pub default: Option<String>,
    pub source: SettingSource,
    /// Where it names a place that a secret is read from: whether there is something.
    pub is_there: Option<bool>,
    /// The comment of the defaults, in English.
    pub meaning: String,
}

impl EffectiveSetting {
    /// What is before the first point.
    #[must_use]
    pub fn section(&self) -> &str {
        self.path.split('.').next().unwrap_or_default()
    }

    /// Whether it is not as it would be without anybody's doing.
    #[must_use]
    pub fn differs(&self) -> bool {
        self.default.as_ref() != Some(&self.value)
    }
}

/// Where a setting comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingSource {
    Default,
    File,
    /// The variable.
    Environment(String),
}
