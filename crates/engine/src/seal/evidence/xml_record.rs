//! The record of one document in XML (RFC 6283, 3 and 4).

use roxmltree::Node;

use super::object::{CANONICALIZATION, begins_as_xml, object_digest};
use super::parts::{ProofKind, ProofValue, XmlArchiveStamp, XmlEvidenceChain};
use super::read::{ReadRecord, reading};
use super::write;
use crate::domain::profile::{Canonicalization, DigestAlgorithm};
use crate::pki::cms::Augmentation;
use crate::pki::digest::Digest;
use crate::pki::evidence::{
    DigestTree, EvidenceFault, EvidenceRecord, FollowedChain, FollowedDigests, Renewal, StampPath,
    check_renewal, follow, node,
};
use crate::pki::timestamp::TimestampToken;
use crate::seal::Limits;
use crate::seal::xml::c14n::{Subset, canonicalize, qualified_name};
use crate::seal::xml::sink::DigestSink;
use crate::seal::xml::source::Source;

/// An evidence record in XML, as it is written.
#[derive(Clone, Debug)]
pub struct XmlEvidenceRecord {
    octets: Vec<u8>,
    chains: Vec<XmlEvidenceChain>,
}

impl XmlEvidenceRecord {
    /// The record of a document whose digest ([`object_digest`] with [`CANONICALIZATION`]) is in a tree, with the token
    /// over its root.
    ///
    /// # Errors
    /// [`EvidenceFault::NotInTree`], [`EvidenceFault::NotRoot`].
    pub fn first(
        tree: &DigestTree,
        digest: &Digest,
        token: &TimestampToken,
    ) -> Result<Self, EvidenceFault> {
        let stamp = stamp(tree, digest, vec![digest.value().to_vec()], token)?;
        let (algorithm, canonicalization) = (tree.algorithm(), CANONICALIZATION);
        Self::of(XmlEvidenceChain { algorithm, canonicalization, stamps: vec![stamp] })
    }

    /// A record in DER that was never renewed, in XML. Whether it is over the data is not checked.
    ///
    /// # Errors
    /// [`EvidenceFault::RenewedInDer`]: renewals are over what they renew as it is written.
    /// [`EvidenceFault::OverOctets`]: of data that may be XML a record in XML is over something else.
    /// [`EvidenceFault::NotInTree`].
    pub fn of_unrenewed(record: &EvidenceRecord, data: &[u8]) -> Result<Self, EvidenceFault> {
        if begins_as_xml(data) {
            return Err(EvidenceFault::OverOctets);
        }
        let [chain] = record.chains() else { return Err(EvidenceFault::RenewedInDer) };
        let [stamp] = chain.stamps.as_slice() else { return Err(EvidenceFault::RenewedInDer) };
        let own = Digest::of(chain.algorithm, data).value().to_vec();
        let StampPath { mut lists, token } = stamp.path().clone();
        match lists.first_mut() {
            None => lists.push(vec![own]),
            // the digest alone comes first: so the others in its list are not shown as data of the record
            Some(first) => match first.iter().position(|value| *value == own) {
                None => return Err(EvidenceFault::NotInTree),
                Some(at) if first.len() > 1 => {
                    first.remove(at);
                    lists.insert(0, vec![own]);
                }
                Some(_) => {}
            },
        }
        let path = StampPath { lists, token };
        let stamp = XmlArchiveStamp { path, proofs: Vec::new() };
        let (algorithm, canonicalization) = (chain.algorithm, CANONICALIZATION);
        Self::of(XmlEvidenceChain { algorithm, canonicalization, stamps: vec![stamp] })
    }

    fn of(chain: XmlEvidenceChain) -> Result<Self, EvidenceFault> {
        Self::read(write::record(&[chain]).as_bytes())
    }

    /// Reads a record. Nothing of it was checked yet.
    ///
    /// # Errors
    /// What is wrong with its form, or not known here.
    pub fn read(octets: &[u8]) -> Result<Self, EvidenceFault> {
        let chains = reading(octets, |_, record| {
            Ok(record.chains.iter().map(|one| one.chain.clone()).collect())
        })?;
        Ok(Self { octets: octets.to_vec(), chains })
    }

    /// The record, as it was read or as it is written here.
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// Its chains, the oldest first; never empty.
    #[must_use]
    pub fn chains(&self) -> &[XmlEvidenceChain] {
        &self.chains
    }

    /// What the next tree has to have in it for this record.
    ///
    /// # Errors
    /// [`EvidenceFault::DataNeeded`], [`EvidenceFault::NotCanonical`].
    pub fn leaf(
        &self,
        renewal: Renewal,
        data: Option<&[u8]>,
        limits: &Limits,
    ) -> Result<Digest, EvidenceFault> {
        leaf_of(&self.group(renewal, data, limits)?)
    }

    /// What the first list of the next timestamp has in it: the digest of the last `TimeStamp` (RFC 6283, 4.2.1), or
    /// those of the data and of the chains that are there (4.2.2).
    fn group(
        &self,
        renewal: Renewal,
        data: Option<&[u8]>,
        limits: &Limits,
    ) -> Result<Vec<Digest>, EvidenceFault> {
        reading(&self.octets, |_, record| match renewal {
            Renewal::Time => {
                let chain = record.chains.len().checked_sub(1).ok_or(EvidenceFault::Nothing)?;
                let stamp = record.chains.get(chain).map_or(0, |chain| chain.stamps.len());
                Ok(vec![of_stamp(record, chain, stamp.saturating_sub(1))?])
            }
            Renewal::Hash(algorithm) => {
                let data = data.ok_or(EvidenceFault::DataNeeded)?;
                let own = object_digest(algorithm, CANONICALIZATION, data, limits)?;
                let chains = record.chains.len();
                Ok(vec![own, of_chains(record, chains, algorithm, CANONICALIZATION)])
            }
        })
    }

    /// The record with one more timestamp, over the root of a tree that has its leaf. What is there stays as it is.
    ///
    /// # Errors
    /// [`EvidenceFault::NotInTree`], [`EvidenceFault::NotRoot`], [`EvidenceFault::DataNeeded`],
    /// [`EvidenceFault::NotCanonical`]; [`EvidenceFault::TooMany`], [`EvidenceFault::TooManyChains`] and others of
    /// reading when it could not be read any more.
    pub fn renewed(
        &self,
        renewal: Renewal,
        data: Option<&[u8]>,
        (tree, token): (&DigestTree, &TimestampToken),
        limits: &Limits,
    ) -> Result<Self, EvidenceFault> {
        let stamps: usize = self.chains.iter().map(|chain| chain.stamps.len()).sum();
        check_renewal((stamps, self.chains.len()), matches!(renewal, Renewal::Hash(_)))?;
        let group = self.group(renewal, data, limits)?;
        let leaf = leaf_of(&group)?;
        let mut first: Vec<Vec<u8>> = group.iter().map(|one| one.value().to_vec()).collect();
        first.sort_unstable();
        let stamp = stamp(tree, &leaf, first, token)?;
        self.with(|record| {
            let last = record.chains.last().ok_or(EvidenceFault::Nothing)?;
            match renewal {
                Renewal::Time => {
                    let order = last.stamps.len() + 1;
                    let text = write::stamp(prefix(last.node), &stamp, order);
                    let nodes = last.stamps.iter().map(|[node, _]| *node);
                    Ok((behind(nodes), text))
                }
                Renewal::Hash(algorithm) => {
                    let chain = XmlEvidenceChain {
                        algorithm,
                        canonicalization: CANONICALIZATION,
                        stamps: vec![stamp],
                    };
                    let order = record.chains.len() + 1;
                    let text = write::chain(prefix(record.sequence), &chain, order);
                    Ok((behind(record.chains.iter().map(|chain| chain.node)), text))
                }
            }
        })
    }

    /// The same with certificates and revocation data beside its last token, which has none there yet: the next
    /// timestamp is over them too (RFC 6283, 4.2.1).
    ///
    /// # Errors
    /// Those of reading, when it could not be read any more.
    pub fn with_validation_data(&self, more: &Augmentation<'_>) -> Result<Self, EvidenceFault> {
        let value = |kind, der: &&[u8]| ProofValue { kind, der: der.to_vec() };
        let certificates = more.certificates.iter().map(|der| value(ProofKind::Certificate, der));
        let lists = more.lists.iter().map(|der| value(ProofKind::List, der));
        let answers = more.answers.iter().map(|der| value(ProofKind::Answer, der));
        let values: Vec<ProofValue> = certificates.chain(lists).chain(answers).collect();
        let has_some = self.chains.last().and_then(|chain| chain.stamps.last());
        if values.is_empty() || has_some.is_some_and(|stamp| !stamp.proofs.is_empty()) {
            return Ok(self.clone());
        }
        self.with(|record| {
            let last = record.chains.last().and_then(|chain| chain.stamps.last());
            let [_, time_stamp] = last.ok_or(EvidenceFault::Nothing)?;
            let text = write::proofs(prefix(*time_stamp), &values);
            Ok((behind(time_stamp.children().filter(Node::is_element)), text))
        })
    }

    /// The same with text put into it.
    fn with(
        &self,
        place: impl FnOnce(&ReadRecord<'_, '_>) -> Result<(usize, String), EvidenceFault>,
    ) -> Result<Self, EvidenceFault> {
        let octets = reading(&self.octets, |source: &Source<'_>, record| {
            let (at, text) = place(record)?;
            let at = source.original_offset(at);
            let mut octets = self.octets.clone();
            octets.splice(at..at, source.encode(&text).iter().copied());
            Ok(octets)
        })?;
        Self::read(&octets)
    }

    /// The tokens of each chain, the oldest first, as [`EvidenceRecord::tokens`] gives them. Several data belong to one
    /// group, all of whose digests have to be in the record.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub fn tokens(
        &self,
        data: &[&[u8]],
        limits: &Limits,
    ) -> Result<Vec<Vec<TimestampToken>>, EvidenceFault> {
        if data.is_empty() {
            return Err(EvidenceFault::Nothing);
        }
        reading(&self.octets, |_, record| {
            let chains: Vec<FollowedChain<'_>> =
                self.chains.iter().map(XmlEvidenceChain::followed).collect();
            follow(&chains, &mut DigestsOfXml { record, data, limits, known: Vec::new() })
        })
    }
}

/// What a tree has of a group.
fn leaf_of(group: &[Digest]) -> Result<Digest, EvidenceFault> {
    let values: Vec<&[u8]> = group.iter().map(Digest::value).collect();
    let algorithm = group.first().map(Digest::algorithm).ok_or(EvidenceFault::Nothing)?;
    Ok(node(algorithm, &values))
}

/// What the timestamps of a record in XML have to be over (RFC 6283, 4.2).
struct DigestsOfXml<'r, 'a, 'i> {
    record: &'r ReadRecord<'a, 'i>,
    data: &'r [&'r [u8]],
    limits: &'r Limits,
    /// Digests of the data: many chains take the same.
    known: Vec<(DigestAlgorithm, Canonicalization, Vec<Digest>)>,
}

impl DigestsOfXml<'_, '_, '_> {
    fn of_data(
        &mut self,
        algorithm: DigestAlgorithm,
        canonicalization: Canonicalization,
    ) -> Result<Vec<Digest>, EvidenceFault> {
        let is_known = |one: &&(DigestAlgorithm, Canonicalization, Vec<Digest>)| {
            (one.0, one.1) == (algorithm, canonicalization)
        };
        if let Some((.., digests)) = self.known.iter().find(is_known) {
            return Ok(digests.clone());
        }
        let data = self.data.iter();
        let digests =
            data.map(|data| object_digest(algorithm, canonicalization, data, self.limits));
        let digests = digests.collect::<Result<Vec<Digest>, EvidenceFault>>()?;
        self.known.push((algorithm, canonicalization, digests.clone()));
        Ok(digests)
    }
}

impl FollowedDigests for DigestsOfXml<'_, '_, '_> {
    fn of_chain(&mut self, chain: usize) -> Result<Vec<Digest>, EvidenceFault> {
        let own = self.record.chains.get(chain).ok_or(EvidenceFault::Nothing)?;
        let XmlEvidenceChain { algorithm, canonicalization, .. } = own.chain;
        let mut digests = self.of_data(algorithm, canonicalization)?;
        if chain > 0 {
            digests.push(of_chains(self.record, chain, algorithm, canonicalization));
        }
        Ok(digests)
    }

    fn of_stamp(&mut self, chain: usize, stamp: usize) -> Result<Digest, EvidenceFault> {
        of_stamp(self.record, chain, stamp)
    }
}

/// Digest of `ArchiveTimeStampSequence` with the first chains and no other (RFC 6283, 4.2.2).
fn of_chains(
    record: &ReadRecord<'_, '_>,
    count: usize,
    algorithm: DigestAlgorithm,
    canonicalization: Canonicalization,
) -> Digest {
    let later = record.chains.iter().skip(count).map(|chain| chain.node);
    let subset = Subset::subtree(record.sequence).without_all(later);
    let mut sink = DigestSink::new(algorithm);
    canonicalize(subset, canonicalization, &[], &mut sink);
    sink.finish()
}

/// Digest of the `TimeStamp` of a timestamp, with what came to it (RFC 6283, 4.2.1).
fn of_stamp(
    record: &ReadRecord<'_, '_>,
    chain: usize,
    stamp: usize,
) -> Result<Digest, EvidenceFault> {
    let chain = record.chains.get(chain).ok_or(EvidenceFault::Nothing)?;
    let [_, time_stamp] = chain.stamps.get(stamp).ok_or(EvidenceFault::Nothing)?;
    let mut sink = DigestSink::new(chain.chain.algorithm);
    canonicalize(Subset::subtree(*time_stamp), chain.chain.canonicalization, &[], &mut sink);
    Ok(sink.finish())
}

/// A timestamp over the root of a tree, for one of its digests, which is that of a group.
fn stamp(
    tree: &DigestTree,
    digest: &Digest,
    group: Vec<Vec<u8>>,
    token: &TimestampToken,
) -> Result<XmlArchiveStamp, EvidenceFault> {
    let mut lists = tree.reduced(digest)?;
    if let Some(first) = lists.first_mut() {
        first.retain(|value| value != digest.value());
    }
    lists.insert(0, group);
    if tree.root()? != token.info().imprint {
        return Err(EvidenceFault::NotRoot);
    }
    let path = StampPath { lists, token: token.der().to_vec() };
    Ok(XmlArchiveStamp { path, proofs: Vec::new() })
}

/// What stands before the names of elements in this namespace, with its colon, in this element.
fn prefix<'a>(element: Node<'a, '_>) -> &'a str {
    let name = qualified_name(element);
    name.split_inclusive(':').next().filter(|prefix| prefix.ends_with(':')).unwrap_or_default()
}

/// Where the last of some elements ends.
fn behind<'a, 'i: 'a>(elements: impl Iterator<Item = Node<'a, 'i>>) -> usize {
    elements.map(|element| element.range().end).max().unwrap_or_default()
}
