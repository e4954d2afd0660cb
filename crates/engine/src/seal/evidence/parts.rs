//! What is in a record in XML.

use crate::domain::profile::{Canonicalization, DigestAlgorithm};
use crate::pki::evidence::{FollowedChain, StampPath};

/// Namespace of RFC 6283.
pub(super) const ERS_NAMESPACE: &str = "urn:ietf:params:xml:ns:ers";

/// Timestamps over each other with one digest (`ArchiveTimeStampChain`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct XmlEvidenceChain {
    pub algorithm: DigestAlgorithm,
    /// Of data that are XML, and of what renewals are over.
    pub canonicalization: Canonicalization,
    /// The oldest first; never empty.
    pub stamps: Vec<XmlArchiveStamp>,
}

/// A timestamp, how it reaches what it is over, and what came to it (`ArchiveTimeStamp`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct XmlArchiveStamp {
    pub(super) path: StampPath,
    pub(super) proofs: Vec<ProofValue>,
}

impl XmlEvidenceChain {
    /// How its timestamps follow each other.
    #[must_use]
    pub fn followed(&self) -> FollowedChain<'_> {
        let stamps = self.stamps.iter().map(|stamp| &stamp.path);
        FollowedChain { algorithm: self.algorithm, stamps: stamps.collect() }
    }
}

impl XmlArchiveStamp {
    /// Its token, and how that reaches what it is over (`HashTree`).
    #[must_use]
    pub const fn path(&self) -> &StampPath {
        &self.path
    }

    /// What validates the token (`CryptographicInformationList`), as far as it is known here.
    #[must_use]
    pub fn proofs(&self) -> &[ProofValue] {
        &self.proofs
    }
}

/// A value of `CryptographicInformationList`, unread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofValue {
    pub kind: ProofKind,
    pub der: Vec<u8>,
}

/// What a value of `CryptographicInformationList` is (RFC 6283, 3.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProofKind {
    Certificate,
    List,
    Answer,
}

impl ProofKind {
    /// Its name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Certificate => "CERT",
            Self::List => "CRL",
            Self::Answer => "OCSP",
        }
    }

    /// The kind of that name; none of SCVP, and of what the registry has added since.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Certificate, Self::List, Self::Answer].into_iter().find(|kind| kind.as_str() == text)
    }
}
