//! Validation data: certificates, revocation lists and answers of OCSP responders that somebody collected,
//! so that a signature can be checked when nobody can be asked any more (EN 319 102-1, 3.1). What is
//! here says whether they suffice. Whoever collects them is elsewhere, and so is where they are kept.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

use super::certificate::Certificate;
use super::digest::sha256;
use super::flaw::Flaw;
use super::path::{CertificatePool, NoPath, PathSettings, TrustAnchor, ValidPath, find};
use super::revocation::crl::{Crl, CrlError};
use super::revocation::ocsp::{OcspError, OcspLimits, OcspResponder, OcspResponse};
use super::revocation::{MAX_LISTS, RevocationCheck, RevocationStatus};
use super::tlv::{self, ENUMERATED};
use crate::domain::instant::Instant;

/// Certificates that are kept at most.
pub const MAX_CERTIFICATES: usize = 1000;

/// Certificates that one question is about, at most.
const MAX_ASKED: usize = 100;

/// PEM label of revocation lists (RFC 7468, 6).
const LIST: &str = "X509 CRL";

/// Why some octets are no validation data.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum DataFault {
    #[error("{MAX_CERTIFICATES} certificates and {MAX_LISTS} lists and answers are taken at most")]
    TooMany,
    #[error(transparent)]
    List(#[from] CrlError),
    #[error(transparent)]
    Answer(#[from] OcspError),
    #[error("a block of {LIST} in it is damaged")]
    Damaged,
}

/// Validation data do not suffice for a certificate.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Insufficient {
    /// Nothing of it leads to a trust anchor, or some certificate on the way has no right word about its
    /// revocation.
    #[error("the validation data do not suffice for {subject}: {found}")]
    NoPath { subject: String, found: NoPath, lacking: Box<LackingData> },
    #[error("it is about more than {MAX_ASKED} certificates")]
    TooMany,
}

/// For whom validation data do not suffice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LackingData {
    certificate: Vec<u8>,
    others: Vec<Vec<u8>>,
}

impl LackingData {
    /// The certificate for which there is no path yet.
    #[must_use]
    pub fn certificate(&self) -> Option<Certificate> {
        Certificate::from_der(&self.certificate).ok()
    }

    /// What was there already.
    #[must_use]
    pub fn others(&self) -> Vec<Certificate> {
        self.others.iter().filter_map(|der| Certificate::from_der(der).ok()).collect()
    }
}

impl Insufficient {
    /// Whether some certificate on the way was revoked, so that waiting for more does not help.
    #[must_use]
    pub fn is_revoked(&self) -> bool {
        let is_revoked = |found: &NoPath| {
            found.findings.iter().any(|it| matches!(it.flaw, Flaw::Revoked { .. }))
        };
        matches!(self, Self::NoPath { found, .. } if is_revoked(found))
    }
}

/// What is to be asked before validation data suffice.
#[derive(Clone, Debug)]
pub enum OpenQuestion {
    /// Whether a certificate was revoked.
    Status {
        /// Of a signer or issuer, or of a responder whose answer is there.
        certificate: Box<Certificate>,
        /// That of who issued it.
        issuer: Box<Certificate>,
    },
    /// Who issued a certificate.
    Issuer {
        /// Which.
        certificate: Box<Certificate>,
    },
}

impl OpenQuestion {
    /// The certificate that it is about.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        match self {
            Self::Status { certificate, .. } | Self::Issuer { certificate } => certificate,
        }
    }
}

/// What was collected, each once.
#[derive(Clone, Debug, Default)]
pub struct CollectedData {
    certificates: Vec<Certificate>,
    answers: Vec<OcspResponse>,
    lists: Vec<Crl>,
    known: HashSet<[u8; 32]>,
}

/// What of it is needed, each once: with it and the trust anchors the same paths are found again.
#[derive(Clone, Debug, Default)]
pub struct ValidationProof<'d> {
    /// Of the paths, their trust anchors too.
    pub certificates: Vec<Certificate>,
    pub answers: Vec<&'d OcspResponse>,
    pub lists: Vec<&'d Crl>,
}

impl CollectedData {
    /// Takes a certificate.
    ///
    /// # Errors
    /// [`DataFault::TooMany`].
    pub fn add_certificate(&mut self, certificate: Certificate) -> Result<(), DataFault> {
        if self.is_new(certificate.der()) {
            check_count(self.certificates.len(), MAX_CERTIFICATES)?;
            self.certificates.push(certificate);
        }
        Ok(())
    }

    /// Takes a file with a revocation list (DER), or some (PEM), or an answer of an OCSP responder (DER).
    ///
    /// # Errors
    /// [`DataFault`].
    pub fn add_revocation(&mut self, bytes: &[u8]) -> Result<(), DataFault> {
        let begin = format!("-----BEGIN {LIST}-----");
        let text = std::str::from_utf8(bytes).ok().filter(|text| text.contains(&begin));
        let Some(text) = text else { return self.add_der(bytes.to_vec()) };
        for block in text.split(&begin).skip(1) {
            let (body, _) =
                block.split_once(&format!("-----END {LIST}-----")).ok_or(DataFault::Damaged)?;
            let body: String = body.split_whitespace().collect();
            self.add_der(STANDARD.decode(body).map_err(|_| DataFault::Damaged)?)?;
        }
        Ok(())
    }

    /// Takes all of another's.
    ///
    /// # Errors
    /// [`DataFault::TooMany`].
    pub fn add_all(&mut self, other: Self) -> Result<(), DataFault> {
        for certificate in other.certificates {
            self.add_certificate(certificate)?;
        }
        for list in other.lists {
            self.add_list(list)?;
        }
        for answer in other.answers {
            self.add_answer(answer)?;
        }
        Ok(())
    }

    /// The certificates, in the order in which they came.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// The answers of OCSP responders, in the order in which they came.
    #[must_use]
    pub fn answers(&self) -> &[OcspResponse] {
        &self.answers
    }

    /// The revocation lists, in the order in which they came.
    #[must_use]
    pub fn lists(&self) -> &[Crl] {
        &self.lists
    }

    /// Whether something is in it, by its DER.
    #[must_use]
    pub fn has(&self, der: &[u8]) -> bool {
        self.known.contains(&sha256(der))
    }

    fn add_der(&mut self, der: Vec<u8>) -> Result<(), DataFault> {
        if !self.is_new(&der) {
            return Ok(());
        }
        let whole = tlv::read(&der, 0, der.len()).ok();
        // An answer begins with its status (RFC 6960, 4.2.1), a list with what is signed of it.
        if whole.is_some_and(|whole| der.get(whole.content.start) == Some(&ENUMERATED)) {
            check_count(self.answers.len(), MAX_LISTS)?;
            self.answers.push(OcspResponse::read(der)?);
        } else {
            check_count(self.lists.len(), MAX_LISTS)?;
            self.lists.push(Crl::read(der)?);
        }
        Ok(())
    }

    /// Takes an answer of an OCSP responder.
    ///
    /// # Errors
    /// [`DataFault::TooMany`].
    pub fn add_answer(&mut self, answer: OcspResponse) -> Result<(), DataFault> {
        if self.is_new(answer.der()) {
            check_count(self.answers.len(), MAX_LISTS)?;
            self.answers.push(answer);
        }
        Ok(())
    }

    /// Takes a revocation list.
    ///
    /// # Errors
    /// [`DataFault::TooMany`].
    pub fn add_list(&mut self, list: Crl) -> Result<(), DataFault> {
        if self.is_new(list.der()) {
            check_count(self.lists.len(), MAX_LISTS)?;
            self.lists.push(list);
        }
        Ok(())
    }

    fn is_new(&mut self, der: &[u8]) -> bool {
        self.known.insert(sha256(der))
    }

    /// Finds for each of some certificates a path to a trust anchor on which nothing is revoked, at a
    /// time. What is returned is enough to find these paths again at that time. The certificates share the
    /// steps ([`PathSettings::steps`]).
    ///
    /// # Errors
    /// [`Insufficient`], of the first for which it does not suffice.
    pub fn prove(
        &self,
        anchors: &[TrustAnchor],
        asked: &[&Certificate],
        at: Instant,
        steps: usize,
    ) -> Result<ValidationProof<'_>, Insufficient> {
        if asked.len() > MAX_ASKED {
            return Err(Insufficient::TooMany);
        }
        let pool = CertificatePool::new(anchors.iter().cloned(), self.certificates.iter().cloned());
        let settings = PathSettings::at(at);
        let share = settings.steps.min(steps / asked.len().max(1));
        let settings = PathSettings { steps: share, ..settings };
        let limits = OcspLimits::at(at);
        let mut proof = ValidationProof::default();
        for certificate in asked {
            let mut check = RevocationCheck::new(&pool, &self.lists, &settings)
                .with_answers(&self.answers, &limits);
            let found = find(&pool, certificate, &settings, &mut |path| check.check(path));
            let path = found.map_err(|found| self.lacking(certificate, found))?;
            let evidence = check.evidence();
            let anchor = path.anchor().certificate();
            let chain = path.certificates().iter().copied().chain([anchor]);
            for certificate in chain.chain(evidence.certificates.iter().copied()) {
                if !proof.certificates.iter().any(|known| known.der() == certificate.der()) {
                    proof.certificates.push(certificate.clone());
                }
            }
            note(&mut proof.lists, &self.lists, &evidence.lists);
            note(&mut proof.answers, &self.answers, &evidence.answers);
        }
        Ok(proof)
    }

    fn lacking(&self, certificate: &Certificate, found: NoPath) -> Insufficient {
        let others = self.certificates.iter().map(|one| one.der().to_vec()).collect();
        let lacking = Box::new(LackingData { certificate: certificate.der().to_vec(), others });
        Insufficient::NoPath { subject: certificate.subject(), found, lacking }
    }

    /// What is still to be asked about some certificates, at a time: the status of those on paths to a trust
    /// anchor of which nothing is known, and, where no path leads to one, who issued the last ones. None are left
    /// when [`CollectedData::prove`] finds enough, and when nothing that could be asked would help. They share the
    /// steps.
    #[must_use]
    pub fn open_questions(
        &self,
        anchors: &[TrustAnchor],
        asked: &[&Certificate],
        at: Instant,
        steps: usize,
    ) -> Vec<OpenQuestion> {
        let pool = CertificatePool::new(anchors.iter().cloned(), self.certificates.iter().cloned());
        let settings = PathSettings::at(at);
        let share = settings.steps.min(steps / asked.len().max(1));
        let settings = PathSettings { steps: share, ..settings };
        let limits = OcspLimits::at(at);
        let mut open = OpenQuestions::default();
        for certificate in asked.iter().take(MAX_ASKED) {
            let mut check = RevocationCheck::new(&pool, &self.lists, &settings)
                .with_answers(&self.answers, &limits);
            let mut anchored = false;
            let found = find(&pool, certificate, &settings, &mut |path| {
                anchored = true;
                let known = self.look(path, &mut check, &limits, &mut open);
                if known { Ok(()) } else { Err(Vec::new()) }
            });
            if found.is_err() && !anchored {
                open.who_issued(&pool, certificate);
            }
        }
        open.all
    }

    /// Looks at a path; whether nothing of it is unknown.
    fn look<'a>(
        &self,
        path: &ValidPath<'a>,
        check: &mut RevocationCheck<'a>,
        limits: &OcspLimits,
        open: &mut OpenQuestions,
    ) -> bool {
        let mut known = true;
        for (position, certificate) in path.certificates().iter().enumerate() {
            let issuer = path.issuer(position);
            match check.status(path, position) {
                RevocationStatus::Good => continue,
                // nothing that is asked would help
                RevocationStatus::Revoked(_) => return false,
                RevocationStatus::Unknown(_) => known = false,
            }
            let responders = self.answers.iter().filter_map(|answer| {
                match answer.check(certificate, issuer, limits).ok()?.responder {
                    OcspResponder::Delegated { certificate, nocheck: false } => Some(certificate),
                    _ => None,
                }
            });
            for about in responders.chain([*certificate]) {
                let (certificate, issuer) = (Box::new(about.clone()), Box::new(issuer.clone()));
                open.add(OpenQuestion::Status { certificate, issuer });
            }
        }
        known
    }
}

/// Questions, each once.
#[derive(Default)]
struct OpenQuestions {
    all: Vec<OpenQuestion>,
    known: HashSet<([u8; 32], bool)>,
}

impl OpenQuestions {
    fn add(&mut self, question: OpenQuestion) {
        let is_status = matches!(question, OpenQuestion::Status { .. });
        let new = self.known.insert((question.certificate().fingerprint(), is_status));
        if new && self.all.len() < MAX_ASKED {
            self.all.push(question);
        }
    }

    /// Goes up from a certificate to those whose issuers nobody has.
    fn who_issued(&mut self, pool: &CertificatePool, certificate: &Certificate) {
        let (mut ahead, mut seen) = (vec![certificate], HashSet::new());
        while let Some(next) = ahead.pop() {
            if !seen.insert(next.fingerprint()) || seen.len() > MAX_ASKED {
                continue;
            }
            let above = pool.named(next.folded_issuer());
            let is_anchor =
                |it: &TrustAnchor| it.certificate().folded_subject() == next.folded_issuer();
            if above.is_empty() && !pool.anchors().iter().any(is_anchor) {
                self.add(OpenQuestion::Issuer { certificate: Box::new(next.clone()) });
            }
            ahead.extend(above.into_iter().map(|(_, known)| known.certificate()));
        }
    }
}

fn check_count(count: usize, most: usize) -> Result<(), DataFault> {
    if count < most { Ok(()) } else { Err(DataFault::TooMany) }
}

/// Adds what was used of all, in their order, each once.
fn note<'d, T>(kept: &mut Vec<&'d T>, all: &'d [T], used: &[&T]) {
    for one in all {
        let is_used = used.iter().any(|used| std::ptr::eq(*used, one));
        if is_used && !kept.iter().any(|known| std::ptr::eq(*known, one)) {
            kept.push(one);
        }
    }
}
