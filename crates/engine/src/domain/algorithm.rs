//! The algorithms of a seal: digests and signatures, by the names they are stored and configured
//! under.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Digest algorithms we use for seals (FIPS 180-4). In settings: `SHA1`, `SHA256`, `SHA384`, `SHA512`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DigestAlgorithm {
    /// Legacy: only for authorities that still demand it, and only where a client service is allowed
    /// it. Collisions can be made (SHAttered, 2017), so it proves little about a document that somebody
    /// else prepared.
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl DigestAlgorithm {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Sha1, Self::Sha256, Self::Sha384, Self::Sha512];

    /// Its name in settings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Sha384 => "SHA384",
            Self::Sha512 => "SHA512",
        }
    }

    /// The algorithm of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == text)
    }

    /// Whether it is there for authorities that still demand it, and for nobody else.
    #[must_use]
    pub const fn is_legacy(self) -> bool {
        matches!(self, Self::Sha1)
    }

    /// Bytes of its values.
    #[must_use]
    pub const fn length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

/// Signature algorithms a key can be asked for. With SHA-1 there is RSA PKCS#1 v1.5 only: the other two
/// can be written, but no key takes them and no name is read as them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignatureAlgorithm {
    /// RSASSA-PKCS1-v1_5 (RFC 8017, 8.2).
    RsaPkcs1(DigestAlgorithm),
    /// RSASSA-PSS, MGF1 with the same digest, salt as long as the digest (RFC 8017, 8.1).
    RsaPss(DigestAlgorithm),
    /// ECDSA (FIPS 186-5); the signature value is `r || s`, each as long as the curve's order.
    Ecdsa(DigestAlgorithm),
}

impl SignatureAlgorithm {
    /// Every one that a key can be asked for.
    pub const ALL: [Self; 10] = [
        Self::RsaPkcs1(DigestAlgorithm::Sha1),
        Self::RsaPkcs1(DigestAlgorithm::Sha256),
        Self::RsaPkcs1(DigestAlgorithm::Sha384),
        Self::RsaPkcs1(DigestAlgorithm::Sha512),
        Self::RsaPss(DigestAlgorithm::Sha256),
        Self::RsaPss(DigestAlgorithm::Sha384),
        Self::RsaPss(DigestAlgorithm::Sha512),
        Self::Ecdsa(DigestAlgorithm::Sha256),
        Self::Ecdsa(DigestAlgorithm::Sha384),
        Self::Ecdsa(DigestAlgorithm::Sha512),
    ];

    /// The digest that is signed.
    #[must_use]
    pub const fn digest(self) -> DigestAlgorithm {
        match self {
            Self::RsaPkcs1(digest) | Self::RsaPss(digest) | Self::Ecdsa(digest) => digest,
        }
    }

    /// The same way of signing with another digest.
    #[must_use]
    pub const fn with_digest(self, digest: DigestAlgorithm) -> Self {
        match self {
            Self::RsaPkcs1(_) => Self::RsaPkcs1(digest),
            Self::RsaPss(_) => Self::RsaPss(digest),
            Self::Ecdsa(_) => Self::Ecdsa(digest),
        }
    }

    /// Stable name, stored with every intent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        use DigestAlgorithm::{Sha1, Sha256, Sha384, Sha512};
        match self {
            Self::RsaPkcs1(Sha1) => "RSA-PKCS1-SHA1",
            Self::RsaPkcs1(Sha256) => "RSA-PKCS1-SHA256",
            Self::RsaPkcs1(Sha384) => "RSA-PKCS1-SHA384",
            Self::RsaPkcs1(Sha512) => "RSA-PKCS1-SHA512",
            Self::RsaPss(Sha1) => "RSA-PSS-SHA1",
            Self::RsaPss(Sha256) => "RSA-PSS-SHA256",
            Self::RsaPss(Sha384) => "RSA-PSS-SHA384",
            Self::RsaPss(Sha512) => "RSA-PSS-SHA512",
            Self::Ecdsa(Sha1) => "ECDSA-SHA1",
            Self::Ecdsa(Sha256) => "ECDSA-SHA256",
            Self::Ecdsa(Sha384) => "ECDSA-SHA384",
            Self::Ecdsa(Sha512) => "ECDSA-SHA512",
        }
    }

    /// The algorithm that is stored under that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == text)
    }

    /// Its name in settings and requests: `RSA_SHA256`, `RSA_PSS_SHA384`, `ECDSA_SHA256`.
    #[must_use]
    pub fn setting(self) -> String {
        let key = match self {
            Self::RsaPkcs1(_) => "RSA",
            Self::RsaPss(_) => "RSA_PSS",
            Self::Ecdsa(_) => "ECDSA",
        };
        format!("{key}_{}", self.digest().as_str())
    }

    /// The algorithm that settings and requests call so.
    #[must_use]
    pub fn parse_setting(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.setting() == text)
    }
}

impl Serialize for DigestAlgorithm {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for DigestAlgorithm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let expected = || Self::ALL.map(|algorithm| algorithm.as_str().to_owned());
        Self::parse(&text).ok_or_else(|| unknown("digest", &text, &expected()))
    }
}

impl Serialize for SignatureAlgorithm {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.setting())
    }
}

impl<'de> Deserialize<'de> for SignatureAlgorithm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let expected = || Self::ALL.map(Self::setting);
        Self::parse_setting(&text).ok_or_else(|| unknown("signature", &text, &expected()))
    }
}

fn unknown<E: serde::de::Error>(what: &str, text: &str, expected: &[String]) -> E {
    let expected = expected.join(", ");
    E::custom(format_args!("{text:?} is no {what} algorithm of ours; use one of {expected}"))
}
