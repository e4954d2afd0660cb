//! A Merkle tree over digests (RFC 4998, 4.2). Two nodes have the node above them, whose value is the digest of
//! both in ascending order; one that is left over goes up as it is. A tree that is too large for the memory is made of
//! blocks: the trees over each [`BLOCK`] digests of its ascending order, and a tree over their roots.

use super::fault::EvidenceFault;
use crate::domain::profile::DigestAlgorithm;
use crate::pki::digest::{Digest, Hasher};

/// Digests of a block, a power of two: so the trees over blocks are parts of the tree over all.
pub const BLOCK: usize = 4096;

/// A tree: the digests in ascending order, each once, and the nodes above them.
pub struct DigestTree {
    algorithm: DigestAlgorithm,
    /// Values of one level after the other, lowest first; the last level is the root.
    levels: Vec<Vec<u8>>,
}

impl DigestTree {
    /// The tree over some digests, in whatever order they come.
    ///
    /// # Errors
    /// [`EvidenceFault::Nothing`] without any, [`EvidenceFault::Digests`] when one is of another algorithm.
    pub fn new(
        algorithm: DigestAlgorithm,
        digests: impl IntoIterator<Item = Digest>,
    ) -> Result<Self, EvidenceFault> {
        let mut values: Vec<Vec<u8>> = Vec::new();
        for digest in digests {
            if digest.algorithm() != algorithm {
                return Err(EvidenceFault::Digests);
            }
            values.push(digest.value().to_vec());
        }
        values.sort_unstable();
        values.dedup();
        Self::above(algorithm, values.concat())
    }

    /// The upper part of a tree: over the roots of all its blocks, in their order, one after the other.
    ///
    /// # Errors
    /// [`EvidenceFault::Nothing`] without any, [`EvidenceFault::Digests`] when they are no digests of the algorithm.
    pub fn over_blocks(algorithm: DigestAlgorithm, roots: Vec<u8>) -> Result<Self, EvidenceFault> {
        if !roots.len().is_multiple_of(algorithm.length()) {
            return Err(EvidenceFault::Digests);
        }
        Self::above(algorithm, roots)
    }

    /// The tree above its lowest level.
    fn above(algorithm: DigestAlgorithm, mut level: Vec<u8>) -> Result<Self, EvidenceFault> {
        let length = algorithm.length();
        if level.is_empty() {
            return Err(EvidenceFault::Nothing);
        }
        let mut levels = Vec::new();
        while level.len() > length {
            let mut above = Vec::with_capacity(level.len() / 2 + length);
            for pair in level.chunks(2 * length) {
                match pair.split_at_checked(length) {
                    Some((one, other)) if !other.is_empty() => {
                        above.extend_from_slice(node(algorithm, &[one, other]).value());
                    }
                    _ => above.extend_from_slice(pair),
                }
            }
            levels.push(std::mem::replace(&mut level, above));
        }
        levels.push(level);
        Ok(Self { algorithm, levels })
    }

    /// Its digests' algorithm.
    #[must_use]
    pub const fn algorithm(&self) -> DigestAlgorithm {
        self.algorithm
    }

    /// How many digests it is over.
    #[must_use]
    pub fn len(&self) -> usize {
        self.levels.first().map_or(0, Vec::len) / self.algorithm.length()
    }

    /// Never so: a tree is over one digest at least.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What a timestamp over all of it is over.
    ///
    /// # Errors
    /// [`EvidenceFault::Nothing`], which no tree causes.
    pub fn root(&self) -> Result<Digest, EvidenceFault> {
        let root = self.levels.last().map(Vec::as_slice).unwrap_or_default();
        Digest::of_others(self.algorithm, root).ok_or(EvidenceFault::Nothing)
    }

    /// The lists of digests that lead from one of the digests to the root (`reducedHashtree`): the first with the
    /// digest itself, the others with what is to be added. None for a tree over one digest.
    ///
    /// # Errors
    /// [`EvidenceFault::NotInTree`].
    pub fn reduced(&self, digest: &Digest) -> Result<Vec<Vec<Vec<u8>>>, EvidenceFault> {
        let at = self.position(digest).ok_or(EvidenceFault::NotInTree)?;
        Ok(lists(digest, self.beside(at)))
    }

    /// As [`DigestTree::reduced`], where this tree is a block: the one of that number, from 0, below `upper`.
    ///
    /// # Errors
    /// [`EvidenceFault::NotInTree`].
    pub fn reduced_in_block(
        &self,
        digest: &Digest,
        number: usize,
        upper: &Self,
    ) -> Result<Vec<Vec<Vec<u8>>>, EvidenceFault> {
        let at = self.position(digest).ok_or(EvidenceFault::NotInTree)?;
        let mut beside = self.beside(at);
        beside.extend(upper.beside(number));
        Ok(lists(digest, beside))
    }

    /// What is beside the way from a value of the lowest level to the root, the lowest first.
    fn beside(&self, mut at: usize) -> Vec<Vec<u8>> {
        let length = self.algorithm.length();
        let mut all = Vec::new();
        for level in &self.levels {
            let beside = at ^ 1;
            if let Some(value) = level.get(beside * length..(beside + 1) * length) {
                all.push(value.to_vec());
            }
            at /= 2;
        }
        all
    }

    fn position(&self, digest: &Digest) -> Option<usize> {
        let (length, lowest) = (self.algorithm.length(), self.levels.first()?);
        if digest.algorithm() != self.algorithm {
            return None;
        }
        let (mut from, mut to) = (0, lowest.len() / length);
        while from < to {
            let middle = usize::midpoint(from, to);
            match lowest.get(middle * length..(middle + 1) * length)?.cmp(digest.value()) {
                std::cmp::Ordering::Equal => return Some(middle),
                std::cmp::Ordering::Less => from = middle + 1,
                std::cmp::Ordering::Greater => to = middle,
            }
        }
        None
    }
}

/// The lists of a digest with what is beside its way to the root.
fn lists(digest: &Digest, beside: Vec<Vec<u8>>) -> Vec<Vec<Vec<u8>>> {
    let mut lists: Vec<Vec<Vec<u8>>> = beside.into_iter().map(|value| vec![value]).collect();
    if let Some(first) = lists.first_mut() {
        first.push(digest.value().to_vec());
        first.sort_unstable();
    }
    lists
}

/// The value of a node over others: the digest of their values in ascending order; of one it is that (RFC 4998,
/// 4.2).
#[must_use]
pub fn node(algorithm: DigestAlgorithm, values: &[&[u8]]) -> Digest {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    if let [one] = sorted.as_slice()
        && let Some(digest) = Digest::of_others(algorithm, one)
    {
        return digest;
    }
    let mut hasher = Hasher::new(algorithm);
    for value in sorted {
        hasher.update(value);
    }
    hasher.finish()
}
