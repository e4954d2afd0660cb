//! Building paths: from a certificate up to trust anchors, by names and key identifiers, until one path
//! holds (RFC 4158). Names may repeat and certificates may sign each other in circles, so the length of
//! a path and the work are bounded.

use std::collections::HashMap;

use thiserror::Error;

use super::MAX_LENGTH;
use super::policies::ValidPolicies;
use super::pool::{CertificatePool, PooledCertificate, TrustAnchor, authority_key};
use super::validation::{
    PathLink, PathStart, PolicyDemand, Validation, check_date, check_signature,
};
use crate::domain::instant::Instant;
use crate::pki::certificate::Certificate;
use crate::pki::extensions::Extensions;
use crate::pki::flaw::{Flaw, PathFinding};
use crate::pki::signed;
use crate::pki::step_budget::{SIGNATURE, Spent, StepBudget};

/// What a path is held against.
#[derive(Clone, Debug)]
pub struct PathSettings {
    /// When it must hold.
    pub at: Instant,
    pub policies: PolicyDemand,
    /// How much work one question may cost: a signature counts 100, a comparison of names or a policy 1
    /// and more.
    pub steps: usize,
}

impl PathSettings {
    /// Any policy, at a time, with at most a thousand signatures.
    #[must_use]
    pub fn at(at: Instant) -> Self {
        Self { at, policies: PolicyDemand::default(), steps: 100_000 }
    }
}

/// A path that holds.
#[derive(Clone, Debug)]
pub struct ValidPath<'a> {
    anchor: &'a TrustAnchor,
    certificates: Vec<&'a Certificate>,
    policies: ValidPolicies,
}

impl<'a> ValidPath<'a> {
    /// Where it ends.
    #[must_use]
    pub const fn anchor(&self) -> &'a TrustAnchor {
        self.anchor
    }

    /// The certificates without the trust anchor, the one that was asked for first. None are there when
    /// the trust anchor itself was asked for.
    #[must_use]
    pub fn certificates(&self) -> &[&'a Certificate] {
        &self.certificates
    }

    /// The certificate of who issued the one at a position.
    #[must_use]
    pub fn issuer(&self, position: usize) -> &'a Certificate {
        self.certificates.get(position + 1).copied().unwrap_or_else(|| self.anchor.certificate())
    }

    /// The policies that it is valid for.
    #[must_use]
    pub const fn policies(&self) -> &ValidPolicies {
        &self.policies
    }
}

/// No path holds. What is told is of the best that was found: one that reached a trust anchor before one
/// that did not, then the one with the fewest findings.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{}", .findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct NoPath {
    /// Subjects of its certificates, as far as it goes; the one that was asked for first.
    pub subjects: Vec<String>,
    /// What is wrong; never empty.
    pub findings: Vec<PathFinding>,
    /// Whether it reached a trust anchor.
    pub anchored: bool,
}

/// Finds a path from a certificate to a trust anchor that holds and that somebody accepts, who may ask
/// about revocation. The certificate need not be in the pool.
///
/// # Errors
/// [`NoPath`], also when whoever accepts them accepted none: then with what that one found.
pub fn find<'a>(
    pool: &'a CertificatePool,
    certificate: &'a Certificate,
    settings: &PathSettings,
    accept: &mut dyn FnMut(&ValidPath<'a>) -> Result<(), Vec<PathFinding>>,
) -> Result<ValidPath<'a>, NoPath> {
    find_within(pool, certificate, settings, &StepBudget::of(settings.steps), accept)
}

/// As [`find`], with work that others share.
pub(in crate::pki) fn find_within<'a>(
    pool: &'a CertificatePool,
    certificate: &'a Certificate,
    settings: &PathSettings,
    budget: &StepBudget,
    accept: &mut dyn FnMut(&ValidPath<'a>) -> Result<(), Vec<PathFinding>>,
) -> Result<ValidPath<'a>, NoPath> {
    let asked = Asked { certificate, extensions: Extensions::of(certificate) };
    let mut search = Search {
        pool,
        asked: &asked,
        settings,
        accept,
        budget,
        signatures: HashMap::new(),
        best: None,
    };
    if let Some(anchor) =
        pool.anchors().iter().find(|it| it.certificate().der() == certificate.der())
    {
        let policies = ValidPolicies { any: true, ..ValidPolicies::default() };
        return Ok(ValidPath { anchor, certificates: Vec::new(), policies });
    }
    match search.follow(&mut Vec::new()) {
        Ok(Some(found)) => Ok(found),
        Ok(None) => Err(search.best.map_or_else(|| too_costly(certificate), |best| best.1)),
        Err(Spent) => {
            let mut none = search.best.map_or_else(|| too_costly(certificate), |best| best.1);
            if !none.findings.iter().any(|finding| finding.flaw == Flaw::TooCostly) {
                none.findings.push(finding(0, certificate, Flaw::TooCostly));
            }
            Err(none)
        }
    }
}

fn finding(position: usize, certificate: &Certificate, flaw: Flaw) -> PathFinding {
    PathFinding { position, subject: certificate.subject(), flaw }
}

fn too_costly(certificate: &Certificate) -> NoPath {
    let findings = vec![finding(0, certificate, Flaw::TooCostly)];
    NoPath { subjects: vec![certificate.subject()], findings, anchored: false }
}

/// The certificate that is asked for.
struct Asked<'a> {
    certificate: &'a Certificate,
    extensions: Extensions,
}

/// Who may have issued a certificate.
enum Issuer<'a> {
    Anchor(&'a TrustAnchor),
    Known(usize, &'a PooledCertificate),
}

impl<'a> Issuer<'a> {
    const fn certificate(&self) -> &'a Certificate {
        match self {
            Self::Anchor(anchor) => anchor.certificate(),
            Self::Known(_, known) => known.certificate(),
        }
    }
}

struct Search<'a, 's> {
    pool: &'a CertificatePool,
    asked: &'s Asked<'a>,
    settings: &'s PathSettings,
    accept: &'s mut dyn FnMut(&ValidPath<'a>) -> Result<(), Vec<PathFinding>>,
    budget: &'s StepBudget,
    /// What is known of who signed what, by fingerprints.
    signatures: HashMap<([u8; 32], [u8; 32]), Result<(), Flaw>>,
    /// The best path that does not hold, with its rank.
    best: Option<(Rank, NoPath)>,
}

/// More is better: whether an anchor was reached, how few findings there are, how far it goes.
type Rank = (bool, std::cmp::Reverse<usize>, usize);

impl<'a> Search<'a, '_> {
    /// Goes on from the end of a path of known certificates over the one that is asked for.
    fn follow(
        &mut self,
        path: &mut Vec<(usize, &'a PooledCertificate)>,
    ) -> Result<Option<ValidPath<'a>>, Spent> {
        let last = path.last().map_or(self.asked.certificate, |(_, known)| known.certificate());
        let issuers = self.issuers(last)?;
        if issuers.is_empty() {
            self.fail(path, no_issuer(last));
            return Ok(None);
        }
        let mut went_on = false;
        let mut not_signed = None;
        for issuer in issuers {
            let circle = match &issuer {
                Issuer::Anchor(_) => false,
                Issuer::Known(at, known) => self.is_circle(path, *at, known),
            };
            if circle || path.len() + 1 >= MAX_LENGTH && matches!(issuer, Issuer::Known(..)) {
                continue;
            }
            if let Err(flaw) = self.signed(last, issuer.certificate())? {
                not_signed = not_signed.or(Some(flaw));
                continue;
            }
            went_on = true;
            let found = match issuer {
                Issuer::Anchor(anchor) => self.examine(path, anchor)?,
                Issuer::Known(at, known) => {
                    path.push((at, known));
                    let found = self.follow(path)?;
                    path.pop();
                    found
                }
            };
            if found.is_some() {
                return Ok(found);
            }
        }
        if !went_on {
            self.fail(path, not_signed.unwrap_or_else(|| Flaw::NoWayOn(last.subject())));
        }
        Ok(None)
    }

    /// Who has the name of a certificate's issuer: trust anchors first, then those with the key that it
    /// names, then those that are valid.
    fn issuers(&mut self, of: &Certificate) -> Result<Vec<Issuer<'a>>, Spent> {
        let (name, pool) = (of.folded_issuer(), self.pool);
        let mut issuers: Vec<Issuer<'a>> = pool.anchors_named(name).map(Issuer::Anchor).collect();
        let key_id = authority_key(of);
        let is_anchor = |it: &Certificate| {
            pool.anchors_named(name).any(|anchor| anchor.certificate().der() == it.der())
        };
        let mut known = pool.named(name);
        known.retain(|(_, known)| !is_anchor(known.certificate()));
        self.budget.spend(1 + issuers.len() + known.len())?;
        known.sort_by_key(|(_, known)| {
            let valid = check_date(known.certificate(), self.settings.at).is_ok();
            (!known.may_have_key(key_id.as_deref()), !valid)
        });
        issuers.extend(known.into_iter().map(|(at, known)| Issuer::Known(at, known)));
        Ok(issuers)
    }

    /// Whether a certificate, or another with its name and key, is in the path (RFC 4158, 2.4.2).
    fn is_circle(
        &self,
        path: &[(usize, &'a PooledCertificate)],
        at: usize,
        known: &PooledCertificate,
    ) -> bool {
        let certificate = known.certificate();
        let same = |other: &Certificate| {
            other.folded_subject() == certificate.folded_subject()
                && other.spki_der() == certificate.spki_der()
        };
        self.asked.certificate.der() == certificate.der()
            || path.iter().any(|(used, known)| *used == at || same(known.certificate()))
    }

    fn signed(
        &mut self,
        subject: &Certificate,
        issuer: &Certificate,
    ) -> Result<Result<(), Flaw>, Spent> {
        let pair = (subject.fingerprint(), issuer.fingerprint());
        if let Some(known) = self.signatures.get(&pair) {
            return Ok(known.clone());
        }
        self.budget.spend(SIGNATURE)?;
        let signed = check_signature(subject, issuer);
        self.signatures.insert(pair, signed.clone());
        Ok(signed)
    }

    /// A path that reached an anchor.
    fn examine(
        &mut self,
        path: &[(usize, &'a PooledCertificate)],
        anchor: &'a TrustAnchor,
    ) -> Result<Option<ValidPath<'a>>, Spent> {
        let extensions = Extensions::of(anchor.certificate());
        let asked =
            PathLink { certificate: self.asked.certificate, extensions: &self.asked.extensions };
        let validation = Validation {
            start: PathStart {
                anchor: PathLink { certificate: anchor.certificate(), extensions: &extensions },
                constrained: anchor.is_constrained(),
                trusted: true,
            },
            path: std::iter::once(asked).chain(path.iter().map(|(_, it)| it.link())).collect(),
            demand: &self.settings.policies,
            at: Some(self.settings.at),
            signatures_checked: true,
        };
        let examined = validation.run(self.budget)?;
        let mut findings = examined.findings;
        if findings.is_empty() {
            let certificates = std::iter::once(self.asked.certificate)
                .chain(path.iter().map(|(_, known)| known.certificate()))
                .collect();
            let found = ValidPath { anchor, certificates, policies: examined.policies };
            match (self.accept)(&found) {
                Ok(()) => return Ok(Some(found)),
                Err(refused) if refused.is_empty() => {
                    let flaw = Flaw::NotAccepted(self.asked.certificate.subject());
                    findings = vec![finding(0, self.asked.certificate, flaw)];
                }
                Err(refused) => findings = refused,
            }
        }
        self.remember(path, findings, true);
        Ok(None)
    }

    /// A path that cannot go on.
    fn fail(&mut self, path: &[(usize, &'a PooledCertificate)], flaw: Flaw) {
        let last = path.last().map_or(self.asked.certificate, |(_, known)| known.certificate());
        self.remember(path, vec![finding(path.len(), last, flaw)], false);
    }

    fn remember(
        &mut self,
        path: &[(usize, &'a PooledCertificate)],
        mut findings: Vec<PathFinding>,
        anchored: bool,
    ) {
        let rank = (anchored, std::cmp::Reverse(findings.len()), path.len());
        if self.best.as_ref().is_some_and(|(best, _)| *best >= rank) {
            return;
        }
        findings.sort_by_key(|finding| finding.position);
        let subjects = std::iter::once(self.asked.certificate)
            .chain(path.iter().map(|(_, known)| known.certificate()))
            .map(Certificate::subject)
            .collect();
        self.best = Some((rank, NoPath { subjects, findings, anchored }));
    }
}

/// Why nobody is found to have issued a certificate. Issuers with keys that nobody can work with here,
/// such as those of DSA, are in no pool; what they sign says so.
fn no_issuer(last: &Certificate) -> Flaw {
    let algorithm = last.x509().signature_algorithm();
    if signed::read_algorithm(algorithm).is_none() {
        let algorithm = algorithm.oid.to_string();
        return Flaw::Uncheckable { subject: last.subject(), algorithm };
    }
    Flaw::NoIssuer { subject: last.subject(), issuer: last.issuer() }
}
