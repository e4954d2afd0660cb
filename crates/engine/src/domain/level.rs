//! How long a seal can be checked.

use std::fmt;

/// The levels of baseline signatures (clause 6 of EN 319 132-1, EN 319 122-1 and EN 319 142-1), each
/// with all that those before it have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Level {
    /// The signature with what its signer says: as long as the certificate is valid.
    #[default]
    B,
    /// With a time-stamp token over the signature value: it was there before that time.
    T,
    /// With the certificates and revocation data of all of them: when nobody can be asked any more.
    Lt,
    /// With a time-stamp token over everything: renewed before algorithms grow weak.
    Lta,
}

impl Level {
    /// All of them, in order.
    pub const ALL: [Self; 4] = [Self::B, Self::T, Self::Lt, Self::Lta];

    /// As ETSI writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::B => "B",
            Self::T => "T",
            Self::Lt => "LT",
            Self::Lta => "LTA",
        }
    }

    /// The level of that name, in any case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str().eq_ignore_ascii_case(text))
    }
}

/// What is asked of the level of a seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum LevelWish {
    /// Nothing: the usual one.
    #[default]
    Usual,
    /// A timestamp: T, where the usual one has none.
    Timestamped,
    /// This one.
    Named(Level),
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
