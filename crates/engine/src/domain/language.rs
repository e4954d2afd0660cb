//! The languages in which the service speaks to receivers.

/// A language of mails and pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    Pt,
    #[default]
    En,
    Es,
    Fr,
    De,
    It,
}

impl Language {
    /// All of them, in the order they are shown.
    pub const ALL: [Self; 6] = [Self::Pt, Self::En, Self::Es, Self::Fr, Self::De, Self::It];

    /// ISO 639-1, as stored and as in the `lang` attribute of HTML.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pt => "pt",
            Self::En => "en",
            Self::Es => "es",
            Self::Fr => "fr",
            Self::De => "de",
            Self::It => "it",
        }
    }

    /// A locale's name, with the country that the language is named after.
    #[must_use]
    pub const fn locale(self) -> &'static str {
        match self {
            Self::Pt => "pt_PT",
            Self::En => "en_GB",
            Self::Es => "es_ES",
            Self::Fr => "fr_FR",
            Self::De => "de_DE",
            Self::It => "it_IT",
        }
    }

    /// The language of a tag as `pt`, `pt-BR` (RFC 5646) or `pt_PT` (a locale's name); `None` when it
    /// is none of ours. The region says nothing here.
    #[must_use]
    pub fn parse(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_']).next()?.to_ascii_lowercase();
        Self::ALL.into_iter().find(|language| language.as_str() == primary)
    }
}
