//! From one timestamp of a record to the next (RFC 4998, 5.3; RFC 6283, 4.3): what both syntaxes demand.

use super::fault::EvidenceFault;
use super::tree::node;
use crate::domain::profile::DigestAlgorithm;
use crate::pki::digest::Digest;
use crate::pki::timestamp::TimestampToken;

/// How a timestamp of a record reaches what it is over, in whatever syntax it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StampPath {
    /// The lists of digests that lead from what it is over to the root that the token is over.
    pub lists: Vec<Vec<Vec<u8>>>,
    /// DER.
    pub token: Vec<u8>,
}

/// The timestamps of a chain, the oldest first, with its digest.
pub struct FollowedChain<'r> {
    pub algorithm: DigestAlgorithm,
    pub stamps: Vec<&'r StampPath>,
}

/// What the timestamps of a record have to be over, which depends on its syntax. Positions are counted from 0.
pub trait FollowedDigests {
    /// What the first timestamp of a chain has to be over.
    ///
    /// # Errors
    /// Why it cannot be said.
    fn of_chain(&mut self, chain: usize) -> Result<Vec<Digest>, EvidenceFault>;

    /// What the timestamp behind this one has to be over.
    ///
    /// # Errors
    /// Why it cannot be said.
    fn of_stamp(&mut self, chain: usize, stamp: usize) -> Result<Digest, EvidenceFault>;
}

/// The tokens of each chain, the oldest first. When they are returned, each holds by itself, is over what it has to be
/// over, and none is older than the one before it.
///
/// # Errors
/// The first thing that does not hold.
pub fn follow(
    chains: &[FollowedChain<'_>],
    digests: &mut dyn FollowedDigests,
) -> Result<Vec<Vec<TimestampToken>>, EvidenceFault> {
    let mut all: Vec<Vec<TimestampToken>> = Vec::new();
    for (index, followed) in chains.iter().enumerate() {
        let mut wanted = digests.of_chain(index)?;
        let mut tokens: Vec<TimestampToken> = Vec::new();
        for (at, stamp) in followed.stamps.iter().enumerate() {
            let (chain, stamp_number) = (index + 1, at + 1);
            let token = TimestampToken::from_der(&stamp.token).map_err(|fault| {
                let fault = Box::new(fault);
                EvidenceFault::Token { chain, stamp: stamp_number, fault }
            })?;
            let what = match (index, at) {
                (0, 0) => "the data",
                (_, 0) => "the data and the chains before it",
                _ => "the timestamp before it",
            };
            if !is_over(followed.algorithm, &stamp.lists, &wanted, &token) {
                return Err(EvidenceFault::NotOver { chain, stamp: stamp_number, what });
            }
            let last = tokens.last().or_else(|| all.last().and_then(|chain| chain.last()));
            if last.is_some_and(|last| last.info().gen_time > token.info().gen_time) {
                return Err(EvidenceFault::Order { chain, stamp: stamp_number });
            }
            if at + 1 < followed.stamps.len() {
                wanted = vec![digests.of_stamp(index, at)?];
            }
            tokens.push(token);
        }
        all.push(tokens);
    }
    Ok(all)
}

/// Whether a token is over the root that the lists lead to (RFC 4998, 4.3; RFC 6283, 3.3).
fn is_over(
    algorithm: DigestAlgorithm,
    lists: &[Vec<Vec<u8>>],
    wanted: &[Digest],
    token: &TimestampToken,
) -> bool {
    let mut lists = lists.iter();
    let values: Vec<&[u8]> = wanted.iter().map(Digest::value).collect();
    let mut reached = match lists.next() {
        None => match values.as_slice() {
            [one] => Digest::of_others(algorithm, one),
            _ => Some(node(algorithm, &values)),
        },
        Some(first) => {
            let is_there = |value: &&[u8]| first.iter().any(|known| known == value);
            if !values.iter().all(is_there) {
                return false;
            }
            let first: Vec<&[u8]> = first.iter().map(Vec::as_slice).collect();
            Some(node(algorithm, &first))
        }
    };
    for list in lists {
        let Some(below) = &reached else { return false };
        let mut values: Vec<&[u8]> = list.iter().map(Vec::as_slice).collect();
        values.push(below.value());
        reached = Some(node(algorithm, &values));
    }
    reached.is_some_and(|root| root == token.info().imprint)
}
