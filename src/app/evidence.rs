//! Where validation data come from, with what is known of each address, and what was answered there lately. KeptAnswers by
//! this process: after a restart it is asked again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::availability::Availability;
use crate::domain::instant::Instant;
use crate::outbound::revocation::{AskedPlace, Config, Error, NonceUse, RevocationDoor};
use crate::pki::certificate::Certificate;
use crate::pki::path::TrustAnchor;
use crate::pki::revocation::crl::Crl;
use crate::pki::revocation::ocsp::OcspResponse;
use crate::pki::status_places::StatusPlaces;

/// Addresses that something is known of.
const MOST_SOURCES: usize = 1000;

/// Octets that an answer takes beside its own.
const AROUND_ANSWER: usize = 1024;

/// What the configuration names for the certificates of an issuer, by the fingerprint of its own.
pub type NamedPlaces = HashMap<[u8; 32], StatusPlaces>;

/// Everything that validation data are collected with.
pub struct EvidenceSources {
    /// Asks.
    pub door: RevocationDoor,
    /// What paths must lead to.
    pub trust: Vec<TrustAnchor>,
    /// What may lie between.
    pub certificates: Vec<Certificate>,
    /// Whether questions have a nonce.
    pub nonce: NonceUse,
    /// How often our own certificates are looked at, in milliseconds.
    pub own_ms: u64,
    named: NamedPlaces,
    max_age_ms: i64,
    cache_bytes: usize,
    rest: Duration,
    rest_at_most: Duration,
    sources: Mutex<HashMap<AskedPlace, Arc<EvidenceSource>>>,
    kept: Mutex<KeptAnswers>,
}

/// An address, and what is known of it. Of those who ask there one has the turn.
pub struct EvidenceSource {
    /// Where.
    pub place: AskedPlace,
    /// Whether it answers.
    pub available: Availability,
}

/// What is asked at an address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum EvidenceQuestion {
    /// The status of the certificate with a fingerprint.
    Status([u8; 32]),
    /// A revocation list.
    List,
    /// Certificates of an issuer.
    Issuers,
}

/// What was answered, and was of use.
#[derive(Clone)]
pub enum Evidence {
    /// An answer of a responder.
    Status(Arc<OcspResponse>),
    /// A revocation list.
    List(Arc<Crl>),
    /// Certificates.
    Issuers(Arc<[Certificate]>),
}

/// Answers by where they were given.
#[derive(Default)]
struct KeptAnswers {
    all: HashMap<(AskedPlace, EvidenceQuestion), KeptEvidence>,
    octets: usize,
    uses: u64,
}

struct KeptEvidence {
    evidence: Evidence,
    octets: usize,
    came: Instant,
    /// Until when it is good, as it says.
    until: Instant,
    /// When it was used last, in uses of all.
    used: u64,
}

impl EvidenceSources {
    /// With what the files of the configuration hold.
    ///
    /// # Errors
    /// [`Error`](enum@Error) names the setting.
    pub fn new(
        config: &Config,
        trust: Vec<TrustAnchor>,
        certificates: Vec<Certificate>,
        named: NamedPlaces,
    ) -> Result<Self, Error> {
        Ok(Self {
            door: RevocationDoor::new(config)?,
            trust,
            certificates,
            nonce: config.nonce,
            own_ms: config.own_ms,
            named,
            max_age_ms: i64::try_from(config.max_age_ms).unwrap_or(i64::MAX),
            cache_bytes: config.cache_bytes,
            rest: Duration::from_millis(config.rest_ms),
            rest_at_most: Duration::from_millis(config.rest_at_most_ms),
            sources: Mutex::default(),
            kept: Mutex::default(),
        })
    }

    /// What the operator names for what an issuer issued.
    #[must_use]
    pub fn named(&self, issuer: &Certificate) -> Option<&StatusPlaces> {
        self.named.get(&issuer.fingerprint())
    }

    /// The source at an address. Of many that are well the memory is given up.
    pub fn source(&self, place: &AskedPlace) -> Arc<EvidenceSource> {
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        if sources.len() >= MOST_SOURCES && !sources.contains_key(place) {
            sources.retain(|_, source| source.available.away().is_some());
        }
        if sources.len() >= MOST_SOURCES && !sources.contains_key(place) {
            sources.clear();
        }
        let fresh = || {
            let available = Availability::resting(self.rest, self.rest_at_most);
            Arc::new(EvidenceSource { place: place.clone(), available })
        };
        Arc::clone(sources.entry(place.clone()).or_insert_with(fresh))
    }

    /// All that something is known of, by their addresses.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<EvidenceSource>> {
        let sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = sources.values().map(Arc::clone).collect();
        all.sort_by(|a, b| a.place.cmp(&b.place));
        all
    }

    /// What was answered lately and need not be asked again.
    pub fn fresh(
        &self,
        place: &AskedPlace,
        question: &EvidenceQuestion,
        now: Instant,
    ) -> Option<Evidence> {
        let oldest = now.plus_ms(-self.max_age_ms);
        self.lock().take(place, question, |kept| kept.came > oldest && now <= kept.until)
    }

    /// What was answered last, as long as it says that it is good.
    pub fn last_good(
        &self,
        place: &AskedPlace,
        question: &EvidenceQuestion,
        now: Instant,
    ) -> Option<Evidence> {
        self.lock().take(place, question, |kept| now <= kept.until)
    }

    /// Keeps an answer of so many octets; those that were not used for longest make room for it.
    pub fn keep(
        &self,
        (place, question): (&AskedPlace, EvidenceQuestion),
        (evidence, octets): (Evidence, usize),
        (came, until): (Instant, Instant),
    ) {
        let octets = octets.saturating_add(AROUND_ANSWER);
        let mut kept = self.lock();
        let used = kept.next_use();
        let key = (place.clone(), question);
        kept.forget(&key);
        if octets > self.cache_bytes {
            return;
        }
        while kept.octets.saturating_add(octets) > self.cache_bytes {
            let oldest = kept.all.iter().min_by_key(|(_, it)| it.used).map(|(key, _)| key.clone());
            let Some(oldest) = oldest else { break };
            kept.forget(&oldest);
        }
        kept.octets = kept.octets.saturating_add(octets);
        kept.all.insert(key, KeptEvidence { evidence, octets, came, until, used });
    }

    fn lock(&self) -> MutexGuard<'_, KeptAnswers> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KeptAnswers {
    const fn next_use(&mut self) -> u64 {
        self.uses = self.uses.saturating_add(1);
        self.uses
    }

    fn take(
        &mut self,
        place: &AskedPlace,
        question: &EvidenceQuestion,
        is_good: impl FnOnce(&KeptEvidence) -> bool,
    ) -> Option<Evidence> {
        let used = self.next_use();
        let kept = self.all.get_mut(&(place.clone(), question.clone()))?;
        if !is_good(kept) {
            return None;
        }
        kept.used = used;
        Some(kept.evidence.clone())
    }

    fn forget(&mut self, key: &(AskedPlace, EvidenceQuestion)) {
        if let Some(kept) = self.all.remove(key) {
            self.octets = self.octets.saturating_sub(kept.octets);
        }
    }
}
