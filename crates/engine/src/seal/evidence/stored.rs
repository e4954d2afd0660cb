//! A record in whichever syntax it is written.

use super::object::begins_as_xml;
use super::parts::{ProofValue, XmlArchiveStamp, XmlEvidenceChain};
use super::xml_record::XmlEvidenceRecord;
use crate::pki::cms::Augmentation;
use crate::pki::digest::Digest;
use crate::pki::evidence::{
    DigestTree, EvidenceChain, EvidenceFault, EvidenceRecord, FollowedChain, Renewal,
};
use crate::pki::timestamp::TimestampToken;
use crate::seal::Limits;

/// An evidence record.
#[derive(Clone, Debug)]
pub enum StoredEvidence {
    /// RFC 4998, in DER.
    Der(EvidenceRecord),
    /// RFC 6283.
    Xml(XmlEvidenceRecord),
}

impl StoredEvidence {
    /// Reads a record in the syntax that it begins in. Nothing of it was checked yet.
    ///
    /// # Errors
    /// What is wrong with its form, or not known here.
    pub fn read(octets: &[u8]) -> Result<Self, EvidenceFault> {
        if begins_as_xml(octets) {
            return XmlEvidenceRecord::read(octets).map(Self::Xml);
        }
        EvidenceRecord::read(octets).map(Self::Der)
    }

    /// The record as it is written.
    #[must_use]
    pub fn octets(&self) -> Vec<u8> {
        match self {
            Self::Der(record) => record.to_der(),
            Self::Xml(record) => record.octets().to_vec(),
        }
    }

    /// Its chains, the oldest first, as they are followed.
    #[must_use]
    pub fn chains(&self) -> Vec<FollowedChain<'_>> {
        match self {
            Self::Der(record) => record.chains().iter().map(EvidenceChain::followed).collect(),
            Self::Xml(record) => record.chains().iter().map(XmlEvidenceChain::followed).collect(),
        }
    }

    /// What validates tokens and is beside them, not in them.
    #[must_use]
    pub fn proofs(&self) -> Vec<&ProofValue> {
        match self {
            Self::Der(_) => Vec::new(),
            Self::Xml(record) => {
                let stamps = record.chains().iter().flat_map(|chain| &chain.stamps);
                stamps.flat_map(XmlArchiveStamp::proofs).collect()
            }
        }
    }

    /// The same with certificates and revocation data in its last token, or beside it where it has none there yet.
    ///
    /// # Errors
    /// As [`EvidenceRecord::with_validation_data`] and [`XmlEvidenceRecord::with_validation_data`].
    pub fn with_validation_data(self, more: &Augmentation<'_>) -> Result<Self, EvidenceFault> {
        match self {
            Self::Der(record) => record.with_validation_data(more).map(Self::Der),
            Self::Xml(record) => record.with_validation_data(more).map(Self::Xml),
        }
    }

    /// What the next tree has to have in it for this record.
    ///
    /// # Errors
    /// As [`EvidenceRecord::leaf`] and [`XmlEvidenceRecord::leaf`].
    pub fn leaf(
        &self,
        renewal: Renewal,
        data: Option<&[u8]>,
        limits: &Limits,
    ) -> Result<Digest, EvidenceFault> {
        match self {
            Self::Der(record) => record.leaf(renewal, data),
            Self::Xml(record) => record.leaf(renewal, data, limits),
        }
    }

    /// The record with one more timestamp, over the root of a tree that has its leaf.
    ///
    /// # Errors
    /// As [`EvidenceRecord::renewed`] and [`XmlEvidenceRecord::renewed`].
    pub fn renewed(
        self,
        renewal: Renewal,
        data: Option<&[u8]>,
        (tree, token): (&DigestTree, &TimestampToken),
        limits: &Limits,
    ) -> Result<Self, EvidenceFault> {
        match self {
            Self::Der(record) => record.renewed(renewal, data, tree, token).map(Self::Der),
            Self::Xml(record) => {
                record.renewed(renewal, data, (tree, token), limits).map(Self::Xml)
            }
        }
    }

    /// The tokens of each chain, the oldest first; each holds by itself and is over what it has to be over.
    ///
    /// # Errors
    /// As [`EvidenceRecord::tokens`] and [`XmlEvidenceRecord::tokens`].
    pub fn tokens(
        &self,
        data: &[&[u8]],
        limits: &Limits,
    ) -> Result<Vec<Vec<TimestampToken>>, EvidenceFault> {
        match self {
            Self::Der(record) => record.tokens(data),
            Self::Xml(record) => record.tokens(data, limits),
        }
    }
}
