//! Digests: whole values and streams.

use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use crate::domain::profile::DigestAlgorithm;

/// A digest value with its algorithm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    algorithm: DigestAlgorithm,
    value: Vec<u8>,
}

impl Digest {
    /// Digests some bytes.
    #[must_use]
    pub fn of(algorithm: DigestAlgorithm, bytes: &[u8]) -> Self {
        let mut hasher = Hasher::new(algorithm);
        hasher.update(bytes);
        hasher.finish()
    }

    /// The algorithm that made it.
    #[must_use]
    pub const fn algorithm(&self) -> DigestAlgorithm {
        self.algorithm
    }

    /// As long as [`DigestAlgorithm::length`] says.
    #[must_use]
    pub fn value(&self) -> &[u8] {
        &self.value
    }
}

/// A digest being computed.
pub enum Hasher {
    Sha1(Sha1),
    Sha256(Sha256),
    Sha384(Sha384),
    Sha512(Sha512),
}

impl Hasher {
    /// Starts a digest.
    #[must_use]
    pub fn new(algorithm: DigestAlgorithm) -> Self {
        match algorithm {
            DigestAlgorithm::Sha1 => Self::Sha1(Sha1::new()),
            DigestAlgorithm::Sha256 => Self::Sha256(Sha256::new()),
            DigestAlgorithm::Sha384 => Self::Sha384(Sha384::new()),
            DigestAlgorithm::Sha512 => Self::Sha512(Sha512::new()),
        }
    }

    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha1(hasher) => hasher.update(bytes),
            Self::Sha256(hasher) => hasher.update(bytes),
            Self::Sha384(hasher) => hasher.update(bytes),
            Self::Sha512(hasher) => hasher.update(bytes),
        }
    }

    /// Ends the digest.
    #[must_use]
    pub fn finish(self) -> Digest {
        let (algorithm, value) = match self {
            Self::Sha1(hasher) => (DigestAlgorithm::Sha1, hasher.finalize().to_vec()),
            Self::Sha256(hasher) => (DigestAlgorithm::Sha256, hasher.finalize().to_vec()),
            Self::Sha384(hasher) => (DigestAlgorithm::Sha384, hasher.finalize().to_vec()),
            Self::Sha512(hasher) => (DigestAlgorithm::Sha512, hasher.finalize().to_vec()),
        };
        Digest { algorithm, value }
    }
}

/// SHA-256 of some bytes: how contents are named and compared.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}
