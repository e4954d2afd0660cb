//! What a key is asked to sign: a message, or a digest whose message is elsewhere.

use std::sync::Arc;

use super::Error;
use super::digest::Digest;
use crate::domain::profile::SignatureAlgorithm;

/// What a key is asked to sign, with the algorithm. Its digest always belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToBeSigned {
    /// A message at hand (canonical `ds:SignedInfo`, a `TBSCertificate`). Whoever signs may digest it.
    Message(DigestedMessage),
    /// A digest, whose message its owner keeps: nobody here can digest anything again.
    Digest(Digested),
}

/// A message and its digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DigestedMessage {
    algorithm: SignatureAlgorithm,
    octets: Arc<[u8]>,
    digest: Digest,
}

/// A digest under the digest algorithm of the signature algorithm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digested {
    algorithm: SignatureAlgorithm,
    digest: Digest,
}

impl ToBeSigned {
    /// A message, digested here, so that the digest always belongs to it.
    #[must_use]
    pub fn new(algorithm: SignatureAlgorithm, message: impl Into<Arc<[u8]>>) -> Self {
        let octets = message.into();
        let digest = Digest::of(algorithm.digest(), &octets);
        Self::Message(DigestedMessage { algorithm, octets, digest })
    }

    /// A digest alone.
    ///
    /// # Errors
    /// [`Error::AlgorithmMismatch`] when it was made by another algorithm than the signature names.
    pub fn of_digest(algorithm: SignatureAlgorithm, digest: Digest) -> Result<Self, Error> {
        if digest.algorithm() == algorithm.digest() {
            Ok(Self::Digest(Digested { algorithm, digest }))
        } else {
            Err(Error::AlgorithmMismatch(algorithm.as_str()))
        }
    }

    /// How it is signed.
    #[must_use]
    pub const fn algorithm(&self) -> SignatureAlgorithm {
        match self {
            Self::Message(DigestedMessage { algorithm, .. })
            | Self::Digest(Digested { algorithm, .. }) => *algorithm,
        }
    }

    /// The digest by which it is known, stored and compared; every algorithm of ours signs it.
    #[must_use]
    pub const fn digest(&self) -> &Digest {
        match self {
            Self::Message(DigestedMessage { digest, .. })
            | Self::Digest(Digested { digest, .. }) => digest,
        }
    }

    /// The message, when it is at hand.
    #[must_use]
    pub fn message(&self) -> Option<&[u8]> {
        match self {
            Self::Message(message) => Some(&message.octets),
            Self::Digest(_) => None,
        }
    }
}
