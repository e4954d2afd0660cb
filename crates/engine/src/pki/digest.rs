//! Digests: whole values and streams.

use aws_lc_rs::digest;

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

    /// A digest that somebody else computed; `None` when it has not the length of its algorithm's.
    #[must_use]
    pub fn of_others(algorithm: DigestAlgorithm, value: &[u8]) -> Option<Self> {
        (value.len() == algorithm.length()).then(|| Self { algorithm, value: value.to_vec() })
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
pub struct Hasher {
    algorithm: DigestAlgorithm,
    context: digest::Context,
}

impl Hasher {
    /// Starts a digest.
    #[must_use]
    pub fn new(algorithm: DigestAlgorithm) -> Self {
        let context = digest::Context::new(match algorithm {
            DigestAlgorithm::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            DigestAlgorithm::Sha256 => &digest::SHA256,
            DigestAlgorithm::Sha384 => &digest::SHA384,
            DigestAlgorithm::Sha512 => &digest::SHA512,
        });
        Self { algorithm, context }
    }

    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.context.update(bytes);
    }

    /// Ends the digest.
    #[must_use]
    pub fn finish(self) -> Digest {
        let value = self.context.finish().as_ref().to_vec();
        Digest { algorithm: self.algorithm, value }
    }
}

/// SHA-256 of some bytes: how contents are named and compared.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut value = [0; 32];
    let digest = digest::digest(&digest::SHA256, bytes);
    value.iter_mut().zip(digest.as_ref()).for_each(|(to, from)| *to = *from);
    value
}
