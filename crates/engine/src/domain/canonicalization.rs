//! How XML is put into octets before it is digested.

use std::fmt;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};

/// Canonicalization of the reference and of `ds:SignedInfo`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Canonicalization {
    pub method: CanonicalizationMethod,
    pub with_comments: bool,
}

impl Canonicalization {
    /// Exclusive XML Canonicalization 1.0 without comments: what we use when nothing is asked for.
    pub const EXCLUSIVE: Self =
        Self { method: CanonicalizationMethod::Exclusive, with_comments: false };
    /// Canonical XML 1.0 without comments: what a reference without canonicalization gets
    /// (XMLDSIG 1.1, 4.4.3.2).
    pub const INCLUSIVE: Self =
        Self { method: CanonicalizationMethod::Inclusive, with_comments: false };

    /// The name in settings: `EXCLUSIVE`, `INCLUSIVE_11_WITH_COMMENTS`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        use CanonicalizationMethod::{Exclusive, Inclusive, Inclusive11};
        match (self.method, self.with_comments) {
            (Exclusive, false) => "EXCLUSIVE",
            (Exclusive, true) => "EXCLUSIVE_WITH_COMMENTS",
            (Inclusive, false) => "INCLUSIVE",
            (Inclusive, true) => "INCLUSIVE_WITH_COMMENTS",
            (Inclusive11, false) => "INCLUSIVE_11",
            (Inclusive11, true) => "INCLUSIVE_11_WITH_COMMENTS",
        }
    }

    /// All six.
    #[must_use]
    pub const fn all() -> [Self; 6] {
        use CanonicalizationMethod::{Exclusive, Inclusive, Inclusive11};
        [
            Self { method: Exclusive, with_comments: false },
            Self { method: Exclusive, with_comments: true },
            Self { method: Inclusive, with_comments: false },
            Self { method: Inclusive, with_comments: true },
            Self { method: Inclusive11, with_comments: false },
            Self { method: Inclusive11, with_comments: true },
        ]
    }

    /// The canonicalization of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::all().into_iter().find(|one| one.as_str() == text)
    }
}

impl Serialize for Canonicalization {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Canonicalization {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;
        impl Visitor<'_> for Name {
            type Value = Canonicalization;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("one of ")?;
                for (position, one) in Canonicalization::all().into_iter().enumerate() {
                    let separator = if position == 0 { "" } else { ", " };
                    write!(f, "{separator}{}", one.as_str())?;
                }
                Ok(())
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Canonicalization::parse(text)
                    .ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_str(Name)
    }
}

/// The three W3C canonicalization methods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CanonicalizationMethod {
    /// Canonical XML 1.0.
    Inclusive,
    /// Canonical XML 1.1.
    Inclusive11,
    /// Exclusive XML Canonicalization 1.0.
    Exclusive,
}
