//! The algorithms that a signature stands on, against the calendar (ETSI TS 119 312; EN 319 102-1, 5.2.8).

use super::indication::SubIndication;
use super::report::{AlgorithmFacts, VerifiedSignature};
use crate::domain::instant::Instant;
use crate::domain::profile::{DigestAlgorithm, SignatureAlgorithm};
use crate::pki::calendar::{AlgorithmEnd, Calendar, Owner};
use crate::pki::certificate::{Certificate, Chain};

/// What a signature stands on.
pub(super) struct Foundations<'a> {
    pub(super) signing: &'a Certificate,
    pub(super) algorithm: SignatureAlgorithm,
    /// How what is covered was digested.
    pub(super) digests: Vec<DigestAlgorithm>,
    /// The path, when one holds.
    pub(super) chain: Option<&'a Chain>,
}

/// Lists every algorithm with its end, and finds those that ended before a time.
pub(super) fn examine(
    foundations: &Foundations<'_>,
    calendar: &Calendar,
    at: Instant,
    signature: &mut VerifiedSignature,
) {
    let Foundations { signing, algorithm, digests, chain } = foundations;
    let kind = signing.key_kind();
    let key = calendar.key(kind, Owner::Signer);
    if !key.named {
        let text = format!("{} knows no keys like {}", calendar.name(), kind.label());
        signature.find(SubIndication::CryptoConstraintsFailure, text);
    }
    let mut list = Listed { at, signature };
    list.add("key of the signer", kind.label(), key.ending);
    let ending = calendar.signature(kind, *algorithm);
    list.add("signature", algorithm.as_str().to_owned(), ending);
    let mut told = Vec::new();
    for digest in digests {
        if !told.contains(digest) {
            told.push(*digest);
            list.add("digest", digest.as_str().to_owned(), calendar.digest(*digest));
        }
    }
    if let Some(chain) = chain {
        let name = |end: &AlgorithmEnd| end.what.clone();
        let ending = calendar.issuers(chain);
        let name = ending.as_ref().map_or_else(|| "all".to_owned(), name);
        list.add("path", name, ending);
    }
}

struct Listed<'s> {
    at: Instant,
    signature: &'s mut VerifiedSignature,
}

impl Listed<'_> {
    fn add(&mut self, of: &str, name: String, ending: Option<AlgorithmEnd>) {
        let accepted = ending.as_ref().is_none_or(|ending| self.at <= ending.until);
        if let Some(ending) = ending.as_ref().filter(|_| !accepted) {
            let what = &ending.what;
            let text = format!(
                "{what} ended on {} ({}), and nothing proves that the signature was there before ({of})",
                ending.last_day(),
                ending.source
            );
            self.signature.find(SubIndication::CryptoConstraintsFailureNoPoe, text);
        }
        self.signature.algorithms.push(AlgorithmFacts {
            of: of.to_owned(),
            name,
            until: ending.as_ref().map(AlgorithmEnd::last_day),
            source: ending.map(|ending| ending.source),
            accepted,
        });
    }
}
