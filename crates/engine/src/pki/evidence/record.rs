//! The record of one document (RFC 4998, 3 to 5).

use der::asn1::ObjectIdentifier;
use der::{Decode as _, Encode as _};

use super::fault::EvidenceFault;
use super::follow::{FollowedChain, FollowedDigests, StampPath, follow};
use super::room::{MAX_RECORD, RecordRoom, check_renewal};
use super::tree::{DigestTree, node};
use crate::domain::profile::DigestAlgorithm;
use crate::pki::cms::{Augmentation, Existing, digest_of_oid, digest_oid};
use crate::pki::der_parts::DerParts;
use crate::pki::digest::{Digest, Hasher};
use crate::pki::timestamp::TimestampToken;
use crate::pki::tlv::{INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, context, tlv};

/// How a record is renewed (RFC 4998, 5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// Another timestamp over those of the last chain, while the digest is good.
    Time,
    /// A new digest over the data and all that was there: takes the data.
    Hash(DigestAlgorithm),
}

/// An evidence record.
#[derive(Clone, Debug)]
pub struct EvidenceRecord {
    chains: Vec<EvidenceChain>,
    /// `cryptoInfos` as it was, which nothing depends on.
    crypto_infos: Vec<u8>,
}

/// Timestamps over each other with one digest (`ArchiveTimeStampChain`).
#[derive(Clone, Debug)]
pub struct EvidenceChain {
    pub algorithm: DigestAlgorithm,
    /// The oldest first; never empty.
    pub stamps: Vec<ArchiveStamp>,
}

/// A timestamp, and how it reaches what it is over (`ArchiveTimeStamp`).
#[derive(Clone, Debug)]
pub struct ArchiveStamp {
    der: Vec<u8>,
    path: StampPath,
}

impl ArchiveStamp {
    /// A timestamp with the lists of digests that lead from what it is over to the root that the token is over
    /// ([`DigestTree::reduced`]). Nothing is checked.
    #[must_use]
    pub fn new(algorithm: DigestAlgorithm, lists: Vec<Vec<Vec<u8>>>, token: Vec<u8>) -> Self {
        let mut parts = vec![tlv(context(0), &[&algorithm_oid(algorithm)])];
        if !lists.is_empty() {
            let written: Vec<Vec<u8>> = lists
                .iter()
                .map(|list| {
                    let values: Vec<Vec<u8>> =
                        list.iter().map(|value| tlv(OCTET_STRING, &[value])).collect();
                    tlv(SEQUENCE, &slices(&values))
                })
                .collect();
            parts.push(tlv(context(2), &slices(&written)));
        }
        parts.push(token.clone());
        let der = tlv(SEQUENCE, &slices(&parts));
        Self { der, path: StampPath { lists, token } }
    }

    /// Reads one, with its digest algorithm. Nothing of it was checked yet.
    ///
    /// # Errors
    /// What is wrong with its form, or not known here.
    pub fn read(der: &[u8]) -> Result<(DigestAlgorithm, Self), EvidenceFault> {
        let parts = DerParts::of_whole(der, SEQUENCE).map_err(EvidenceFault::NoRecord)?;
        let mut left = RecordRoom::of_record();
        read_stamp(parts, der, (1, 1), &mut left)
    }

    /// DER of all of it (`ArchiveTimeStamp`).
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The same with other lists.
    #[must_use]
    pub fn with_lists(&self, algorithm: DigestAlgorithm, lists: Vec<Vec<Vec<u8>>>) -> Self {
        Self::new(algorithm, lists, self.path.token.clone())
    }

    /// The same with more certificates and revocation data in its token, where it lacks them: the next timestamp is
    /// over them too (RFC 4998, 5.2).
    ///
    /// # Errors
    /// [`EvidenceFault::NoRecord`]: the token cannot be read.
    pub fn with_validation_data(
        self,
        algorithm: DigestAlgorithm,
        more: &Augmentation<'_>,
    ) -> Result<Self, EvidenceFault> {
        let token = &self.path.token;
        let token = Existing::read(token)
            .and_then(|existing| existing.augmented(token, more))
            .map_err(EvidenceFault::NoRecord)?;
        Ok(match token {
            Some(token) => Self::new(algorithm, self.path.lists, token),
            None => self,
        })
    }

    /// Its token, and how that reaches what it is over.
    #[must_use]
    pub const fn path(&self) -> &StampPath {
        &self.path
    }
}

impl EvidenceRecord {
    /// The record of a document whose digest is in a tree, with the token over its root.
    ///
    /// # Errors
    /// [`EvidenceFault::NotInTree`], [`EvidenceFault::NotRoot`].
    pub fn first(
        tree: &DigestTree,
        digest: &Digest,
        token: &TimestampToken,
    ) -> Result<Self, EvidenceFault> {
        let stamp = stamp(tree, digest, &[], token)?;
        let chain = EvidenceChain { algorithm: tree.algorithm(), stamps: vec![stamp] };
        Ok(Self { chains: vec![chain], crypto_infos: Vec::new() })
    }

    /// A record of chains, the oldest first. Nothing is checked.
    ///
    /// # Errors
    /// [`EvidenceFault::Nothing`] when there is no chain, or one without a timestamp.
    pub fn of(chains: Vec<EvidenceChain>) -> Result<Self, EvidenceFault> {
        if chains.is_empty() || chains.iter().any(|chain| chain.stamps.is_empty()) {
            return Err(EvidenceFault::Nothing);
        }
        Ok(Self { chains, crypto_infos: Vec::new() })
    }

    /// Reads a record. Nothing of it was checked yet.
    ///
    /// # Errors
    /// What is wrong with its form, or not known here.
    pub fn read(der: &[u8]) -> Result<Self, EvidenceFault> {
        if der.len() > MAX_RECORD {
            return Err(EvidenceFault::TooLarge(MAX_RECORD));
        }
        let wrong = EvidenceFault::NoRecord;
        let mut parts = DerParts::of_whole(der, SEQUENCE).map_err(wrong)?;
        let version = parts.take(INTEGER).map_err(wrong)?;
        match parts.content(&version) {
            [1] => {}
            other => return Err(EvidenceFault::Version(other.last().copied().unwrap_or_default())),
        }
        parts.take(SEQUENCE).map_err(wrong)?;
        let crypto_infos = parts.optional(context(0)).map_err(wrong)?;
        let crypto_infos =
            crypto_infos.map(|infos| parts.whole(&infos).to_vec()).unwrap_or_default();
        if parts.optional(context(1)).map_err(wrong)?.is_some() {
            return Err(EvidenceFault::Encrypted);
        }
        let sequence = parts.take(SEQUENCE).map_err(wrong)?;
        parts.finish().map_err(wrong)?;
        let mut all = parts.inside(&sequence);
        let mut left = RecordRoom::of_record();
        let mut chains = Vec::new();
        while let Some(chain) = all.any().map_err(wrong)? {
            if chain.tag != SEQUENCE {
                return Err(wrong("a chain is something else"));
            }
            left.chain()?;
            chains.push(read_chain(all.inside(&chain), chains.len() + 1, &mut left)?);
        }
        if chains.is_empty() {
            return Err(wrong("it has no timestamp"));
        }
        Ok(Self { chains, crypto_infos })
    }

    /// DER of the record.
    #[must_use]
    pub fn to_der(&self) -> Vec<u8> {
        let mut algorithms: Vec<DigestAlgorithm> = Vec::new();
        for chain in &self.chains {
            if !algorithms.contains(&chain.algorithm) {
                algorithms.push(chain.algorithm);
            }
        }
        let algorithms: Vec<Vec<u8>> =
            algorithms.into_iter().map(|it| tlv(SEQUENCE, &[&algorithm_oid(it)])).collect();
        let algorithms = tlv(SEQUENCE, &slices(&algorithms));
        let version = tlv(INTEGER, &[&[1]]);
        tlv(SEQUENCE, &[&version, &algorithms, &self.crypto_infos, &sequence_der(&self.chains)])
    }

    /// Its chains, the oldest first; never empty.
    #[must_use]
    pub fn chains(&self) -> &[EvidenceChain] {
        &self.chains
    }

    /// Its last timestamp.
    #[must_use]
    pub fn last_stamp(&self) -> Option<&ArchiveStamp> {
        self.chains.last().and_then(|chain| chain.stamps.last())
    }

    /// The digest of its last chain, with which it can be renewed by time.
    #[must_use]
    pub fn algorithm(&self) -> DigestAlgorithm {
        self.chains.last().map_or(DigestAlgorithm::Sha256, |chain| chain.algorithm)
    }

    /// Digest of a document together with the chains that are there (RFC 4998, 5.2): of the digest of the document
    /// and, after it, the digest of the chains.
    fn again(&self, algorithm: DigestAlgorithm, data: &[u8]) -> Digest {
        let chains = Digest::of(algorithm, &sequence_der(&self.chains));
        with_chains(&Digest::of(algorithm, data), &chains)
    }

    /// What the next tree has to have in it for this record.
    ///
    /// # Errors
    /// [`EvidenceFault::DataNeeded`].
    pub fn leaf(&self, renewal: Renewal, data: Option<&[u8]>) -> Result<Digest, EvidenceFault> {
        match renewal {
            Renewal::Time => {
                let chain = self.chains.last().ok_or(EvidenceFault::Nothing)?;
                let group = chain.digests();
                if group.is_empty() {
                    return Err(EvidenceFault::Nothing);
                }
                let values: Vec<&[u8]> = group.iter().map(Digest::value).collect();
                Ok(node(chain.algorithm, &values))
            }
            Renewal::Hash(algorithm) => {
                Ok(self.again(algorithm, data.ok_or(EvidenceFault::DataNeeded)?))
            }
        }
    }

    /// The record with one more timestamp, over the root of a tree that has its leaf.
    ///
    /// # Errors
    /// [`EvidenceFault::NotInTree`], [`EvidenceFault::NotRoot`], [`EvidenceFault::DataNeeded`];
    /// [`EvidenceFault::TooMany`] and [`EvidenceFault::TooManyChains`] when it could not be read any more.
    pub fn renewed(
        mut self,
        renewal: Renewal,
        data: Option<&[u8]>,
        tree: &DigestTree,
        token: &TimestampToken,
    ) -> Result<Self, EvidenceFault> {
        let stamps: usize = self.chains.iter().map(|chain| chain.stamps.len()).sum();
        check_renewal((stamps, self.chains.len()), matches!(renewal, Renewal::Hash(_)))?;
        let leaf = self.leaf(renewal, data)?;
        let group = match (renewal, self.chains.last()) {
            (Renewal::Time, Some(chain)) => chain.digests(),
            _ => Vec::new(),
        };
        let stamp = stamp(tree, &leaf, &group, token)?;
        match (renewal, self.chains.last_mut()) {
            (Renewal::Time, Some(chain)) => chain.stamps.push(stamp),
            _ => {
                let chain = EvidenceChain { algorithm: tree.algorithm(), stamps: vec![stamp] };
                self.chains.push(chain);
            }
        }
        Ok(self)
    }

    /// The same with more certificates and revocation data in its last token, where it lacks them: the next timestamp is
    /// over them too (RFC 4998, 5.2).
    ///
    /// # Errors
    /// [`EvidenceFault::NoRecord`]: the token cannot be read.
    pub fn with_validation_data(mut self, more: &Augmentation<'_>) -> Result<Self, EvidenceFault> {
        if let Some(chain) = self.chains.last_mut()
            && let Some(stamp) = chain.stamps.pop()
        {
            chain.stamps.push(stamp.with_validation_data(chain.algorithm, more)?);
        }
        Ok(self)
    }

    /// The tokens of each chain, the oldest first. When they are returned, each holds by itself and is over what it
    /// has to be over: the first over the data, each further one over the one before it, the first of each further
    /// chain over the data and all chains before it. Several data belong to one group, all of whose digests have to be
    /// in the record.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub fn tokens(&self, data: &[&[u8]]) -> Result<Vec<Vec<TimestampToken>>, EvidenceFault> {
        if data.is_empty() {
            return Err(EvidenceFault::Nothing);
        }
        let chains: Vec<FollowedChain<'_>> =
            self.chains.iter().map(EvidenceChain::followed).collect();
        follow(&chains, &mut DigestsOfDer { record: self, data })
    }
}

/// What the timestamps of a record in DER have to be over (RFC 4998, 5.2).
struct DigestsOfDer<'r> {
    record: &'r EvidenceRecord,
    data: &'r [&'r [u8]],
}

impl FollowedDigests for DigestsOfDer<'_> {
    fn of_chain(&mut self, chain: usize) -> Result<Vec<Digest>, EvidenceFault> {
        let chains = &self.record.chains;
        let (Some(before), Some(own)) = (chains.get(..chain), chains.get(chain)) else {
            return Err(EvidenceFault::Nothing);
        };
        let data = self.data.iter().map(|data| Digest::of(own.algorithm, data));
        if before.is_empty() {
            return Ok(data.collect());
        }
        let before = Digest::of(own.algorithm, &sequence_der(before));
        Ok(data.map(|own| with_chains(&own, &before)).collect())
    }

    fn of_stamp(&mut self, chain: usize, stamp: usize) -> Result<Digest, EvidenceFault> {
        let chain = self.record.chains.get(chain).ok_or(EvidenceFault::Nothing)?;
        let stamp = chain.stamps.get(stamp).ok_or(EvidenceFault::Nothing)?;
        Ok(Digest::of(chain.algorithm, &stamp.path.token))
    }
}

impl EvidenceChain {
    /// Digests of its tokens. A renewal is over all of them: of the last one the standard asks, of each Bouncy Castle
    /// does.
    fn digests(&self) -> Vec<Digest> {
        self.stamps.iter().map(|stamp| Digest::of(self.algorithm, &stamp.path.token)).collect()
    }

    /// How its timestamps follow each other.
    #[must_use]
    pub fn followed(&self) -> FollowedChain<'_> {
        let stamps = self.stamps.iter().map(ArchiveStamp::path);
        FollowedChain { algorithm: self.algorithm, stamps: stamps.collect() }
    }

    fn der(&self) -> Vec<u8> {
        let stamps: Vec<Vec<u8>> = self.stamps.iter().map(|stamp| stamp.der.clone()).collect();
        tlv(SEQUENCE, &slices(&stamps))
    }
}

/// `ArchiveTimeStampSequence` of chains.
fn sequence_der(chains: &[EvidenceChain]) -> Vec<u8> {
    let chains: Vec<Vec<u8>> = chains.iter().map(EvidenceChain::der).collect();
    tlv(SEQUENCE, &slices(&chains))
}

/// Digest of both, one after the other.
fn with_chains(own: &Digest, chains: &Digest) -> Digest {
    let mut hasher = Hasher::new(chains.algorithm());
    hasher.update(own.value());
    hasher.update(chains.value());
    hasher.finish()
}

/// A timestamp over the root of a tree, for one of its digests, which may be that of a group of several.
fn stamp(
    tree: &DigestTree,
    digest: &Digest,
    group: &[Digest],
    token: &TimestampToken,
) -> Result<ArchiveStamp, EvidenceFault> {
    let mut lists = tree.reduced(digest)?;
    if group.len() > 1 {
        if let Some(first) = lists.first_mut() {
            first.retain(|value| value != digest.value());
        }
        let mut values: Vec<Vec<u8>> = group.iter().map(|it| it.value().to_vec()).collect();
        values.sort_unstable();
        lists.insert(0, values);
    }
    if tree.root()? != token.info().imprint {
        return Err(EvidenceFault::NotRoot);
    }
    Ok(ArchiveStamp::new(tree.algorithm(), lists, token.der().to_vec()))
}

fn read_chain(
    mut parts: DerParts<'_>,
    chain: usize,
    left: &mut RecordRoom,
) -> Result<EvidenceChain, EvidenceFault> {
    let wrong = EvidenceFault::NoRecord;
    let mut algorithm = None;
    let mut stamps = Vec::new();
    while let Some(element) = parts.any().map_err(wrong)? {
        left.stamp()?;
        if element.tag != SEQUENCE {
            return Err(wrong("a timestamp is something else"));
        }
        let position = (chain, stamps.len() + 1);
        let (own, stamp) =
            read_stamp(parts.inside(&element), parts.whole(&element), position, left)?;
        if *algorithm.get_or_insert(own) != own {
            return Err(EvidenceFault::Mixed { chain });
        }
        stamps.push(stamp);
    }
    let algorithm = algorithm.ok_or(wrong("a chain has no timestamp"))?;
    Ok(EvidenceChain { algorithm, stamps })
}

fn read_stamp(
    mut parts: DerParts<'_>,
    der: &[u8],
    (chain, number): (usize, usize),
    left: &mut RecordRoom,
) -> Result<(DigestAlgorithm, ArchiveStamp), EvidenceFault> {
    let wrong = EvidenceFault::NoRecord;
    let algorithm = match parts.optional(context(0)).map_err(wrong)? {
        Some(identifier) => Some(read_algorithm(parts.inside(&identifier))?),
        None => None,
    };
    // attributes say nothing that proves something
    parts.optional(context(1)).map_err(wrong)?;
    let mut lists = Vec::new();
    if let Some(tree) = parts.optional(context(2)).map_err(wrong)? {
        let mut all = parts.inside(&tree);
        while let Some(list) = all.optional(SEQUENCE).map_err(wrong)? {
            let mut inside = all.inside(&list);
            let mut values = Vec::new();
            while let Some(value) = inside.optional(OCTET_STRING).map_err(wrong)? {
                left.digest()?;
                values.push(inside.content(&value).to_vec());
            }
            inside.finish().map_err(wrong)?;
            if values.is_empty() {
                return Err(wrong("a list of digests is empty"));
            }
            lists.push(values);
        }
        all.finish().map_err(wrong)?;
    }
    let token = parts.take(SEQUENCE).map_err(wrong)?;
    let token = parts.whole(&token).to_vec();
    parts.finish().map_err(wrong)?;
    let algorithm = match algorithm {
        Some(algorithm) => algorithm,
        // that of the timestamp (RFC 4998, 4.1)
        None => {
            TimestampToken::from_der(&token).map(|token| token.info().imprint.algorithm()).map_err(
                |fault| EvidenceFault::Token { chain, stamp: number, fault: Box::new(fault) },
            )?
        }
    };
    Ok((algorithm, ArchiveStamp { der: der.to_vec(), path: StampPath { lists, token } }))
}

fn read_algorithm(mut parts: DerParts<'_>) -> Result<DigestAlgorithm, EvidenceFault> {
    let element = parts.take(OBJECT_IDENTIFIER).map_err(EvidenceFault::NoRecord)?;
    let oid = ObjectIdentifier::from_der(parts.whole(&element))
        .map_err(|_| EvidenceFault::NoRecord("an object identifier cannot be read"))?;
    digest_of_oid(oid).ok_or_else(|| EvidenceFault::Algorithm(oid.to_string()))
}

/// DER of the object identifier of a digest.
fn algorithm_oid(algorithm: DigestAlgorithm) -> Vec<u8> {
    digest_oid(algorithm).to_der().unwrap_or_default()
}

fn slices(all: &[Vec<u8>]) -> Vec<&[u8]> {
    all.iter().map(Vec::as_slice).collect()
}
