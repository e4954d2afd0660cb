//! Asks about the certificates of a path: answers of OCSP responders first, then revocation lists (RFC
//! 5280, 6.3.3): which lists are about a certificate, whether they can be used, and who signed them.

use std::collections::HashMap;
use std::rc::Rc;

use super::crl::Crl;
use super::ocsp::{OcspAnswer, OcspLimits, OcspResponder, OcspResponse, OcspStatus};
use super::points::Point;
use super::reason::ReasonSet;
use super::{MAX_LISTS, Revocation, RevocationFlaw, RevocationReason, RevocationStatus};
use crate::domain::instant::Instant;
use crate::pki::certificate::Certificate;
use crate::pki::extensions::Extensions;
use crate::pki::flaw::{Flaw, PathFinding};
use crate::pki::path::{CertificatePool, PathSettings, PolicyDemand, ValidPath, find_within};
use crate::pki::step_budget::{SIGNATURE, Spent, StepBudget};

/// Signers of lists whose own status rests on further signers, one within the other.
const MAX_DEPTH: usize = 4;

/// Entries of a list that are passed over for one step.
const ENTRIES_PER_STEP: usize = 64;

/// The lists that are there, and what was found out about them. It is kept while the paths of one
/// question are looked at, and its work is bounded as theirs ([`PathSettings::steps`]).
pub struct RevocationCheck<'a> {
    pool: &'a CertificatePool,
    /// The newest first.
    lists: Vec<&'a Crl>,
    /// The newest first.
    answers: Vec<&'a OcspResponse>,
    limits: OcspLimits,
    settings: PathSettings,
    budget: Rc<StepBudget>,
    /// Whether a list is signed with the key of a certificate.
    signed: HashMap<(usize, [u8; 32]), bool>,
    /// Signers whose own paths are being checked.
    in_progress: Vec<[u8; 32]>,
    used: RevocationEvidence<'a>,
}

/// What an answer about the certificates of a path rests on.
#[derive(Clone, Debug, Default)]
pub struct RevocationEvidence<'a> {
    /// Lists and deltas to them.
    pub lists: Vec<&'a Crl>,
    pub answers: Vec<&'a OcspResponse>,
    /// Of signers of lists and answers, and of who issued them, apart from those of the path itself.
    pub certificates: Vec<&'a Certificate>,
}

/// What is known, or that it would cost too much.
type Asked<T> = Result<Result<T, RevocationFlaw>, Spent>;

impl<'a> RevocationCheck<'a> {
    /// Takes lists, of which the newest [`MAX_LISTS`] are used. Certificates of their signers are looked
    /// for in the pool, too.
    #[must_use]
    pub fn new(
        pool: &'a CertificatePool,
        lists: impl IntoIterator<Item = &'a Crl>,
        settings: &PathSettings,
    ) -> Self {
        let mut lists: Vec<&Crl> = lists.into_iter().collect();
        lists.sort_by_key(|list| std::cmp::Reverse(list.this_update()));
        lists.truncate(MAX_LISTS);
        Self {
            pool,
            lists,
            answers: Vec::new(),
            limits: OcspLimits::at(settings.at),
            settings: PathSettings { policies: PolicyDemand::default(), ..settings.clone() },
            budget: Rc::new(StepBudget::of(settings.steps)),
            signed: HashMap::new(),
            in_progress: Vec::new(),
            used: RevocationEvidence::default(),
        }
    }

    /// Takes answers too, of which the newest [`MAX_LISTS`] are used. One that can be used has the word
    /// before every list.
    #[must_use]
    pub fn with_answers(
        mut self,
        answers: impl IntoIterator<Item = &'a OcspResponse>,
        limits: &OcspLimits,
    ) -> Self {
        self.answers = answers.into_iter().collect();
        self.answers.sort_by_key(|answer| std::cmp::Reverse(answer.produced_at()));
        self.answers.truncate(MAX_LISTS);
        self.limits = *limits;
        self
    }

    /// Whether no certificate of a path is revoked, the trust anchor aside. Made to be asked by
    /// [`find`](crate::pki::path::find).
    ///
    /// # Errors
    /// A finding for each that is revoked, or of which that is not known.
    pub fn check(&mut self, path: &ValidPath<'a>) -> Result<(), Vec<PathFinding>> {
        let mut findings = Vec::new();
        if self.in_progress.is_empty() {
            self.used = RevocationEvidence::default();
        }
        for (position, certificate) in path.certificates().iter().enumerate() {
            let subject = certificate.subject();
            let whose = subject.clone();
            let flaw = match self.status(path, position) {
                RevocationStatus::Good => continue,
                RevocationStatus::Revoked(Revocation { at, reason, .. }) => {
                    let reason = reason.map_or("no reason is given", RevocationReason::name);
                    Flaw::Revoked { whose, at: at.to_xs_date_time(), reason }
                }
                RevocationStatus::Unknown(flaws) => {
                    let reasons: Vec<String> = flaws.iter().map(ToString::to_string).collect();
                    Flaw::StatusUnknown { whose, reasons: reasons.join("; ") }
                }
            };
            findings.push(PathFinding { position, subject, flaw });
        }
        if findings.is_empty() { Ok(()) } else { Err(findings) }
    }

    /// What the path rests on that was checked last: enough to find the same of it again.
    #[must_use]
    pub const fn evidence(&self) -> &RevocationEvidence<'a> {
        &self.used
    }

    /// What is said of one certificate of a path, 0 being the one that was asked for.
    pub fn status(&mut self, path: &ValidPath<'a>, position: usize) -> RevocationStatus {
        let mut status = self.ask(path, position, false);
        // A signer may be on a list of its own, as PKITS 4.14.30 has it: that counts where no other does.
        if matches!(status, Ok(RevocationStatus::Unknown(_))) && !self.in_progress.is_empty() {
            status = self.ask(path, position, true);
        }
        status.unwrap_or_else(|Spent| RevocationStatus::Unknown(vec![RevocationFlaw::TooCostly]))
    }

    fn ask(
        &mut self,
        path: &ValidPath<'a>,
        position: usize,
        circular: bool,
    ) -> Result<RevocationStatus, Spent> {
        let Some(certificate) = path.certificates().get(position).copied() else {
            return Ok(RevocationStatus::Unknown(vec![RevocationFlaw::Nothing]));
        };
        let mut flaws = Vec::new();
        if let Some(status) = self.answered(path, position, circular, &mut flaws)? {
            return Ok(status);
        }
        let authority = Extensions::of(certificate).is_authority();
        let mut covered = ReasonSet::NONE;
        for point in Point::of(certificate) {
            for (at, list) in self.lists.clone().into_iter().enumerate() {
                self.budget.spend(1)?;
                let (issuer, scope) = (list.folded_issuer(), list.scope());
                let reasons = point.reasons.and(scope.reasons);
                if list.is_delta()
                    || !point.is_issued_by(issuer, scope, certificate.folded_issuer())
                    || !point.is_named_by(scope)
                    || reasons.is_in(covered)
                {
                    continue;
                }
                let signer = match self.usable(list, authority) {
                    Ok(()) => self.signer(path, position, at, circular)?,
                    Err(flaw) => Err(flaw),
                };
                match signer {
                    Ok(signer) => {
                        if let Some(revocation) = self.look_up(at, certificate, signer)? {
                            return Ok(RevocationStatus::Revoked(revocation));
                        }
                        note(&mut self.used.lists, list);
                        covered = covered.or(reasons);
                        if ReasonSet::ALL.is_in(covered) {
                            return Ok(RevocationStatus::Good);
                        }
                    }
                    Err(flaw) if flaws.contains(&flaw) => {}
                    Err(flaw) => flaws.push(flaw),
                }
            }
        }
        if covered != ReasonSet::NONE {
            flaws.push(RevocationFlaw::ReasonsMissing);
        }
        if flaws.is_empty() {
            flaws.push(RevocationFlaw::Nothing);
        }
        Ok(RevocationStatus::Unknown(flaws))
    }

    /// What the newest answer that can be used says.
    fn answered(
        &mut self,
        path: &ValidPath<'a>,
        position: usize,
        circular: bool,
        flaws: &mut Vec<RevocationFlaw>,
    ) -> Result<Option<RevocationStatus>, Spent> {
        let Some(certificate) = path.certificates().get(position).copied() else { return Ok(None) };
        for answer in self.answers.clone() {
            self.budget.spend(1)?;
            if !answer.is_about(certificate, path.issuer(position)) {
                continue;
            }
            self.budget.spend(2 * SIGNATURE)?;
            let checked = answer.check(certificate, path.issuer(position), &self.limits);
            let trusted = match checked {
                Ok(OcspAnswer { status, responder, .. }) => match responder {
                    OcspResponder::Delegated { certificate, nocheck: false } => {
                        self.trusted(path, certificate, circular).map(|()| (status, responder))
                    }
                    _ => Ok((status, responder)),
                },
                Err(flaw) => Err(RevocationFlaw::Answer(flaw)),
            };
            match trusted {
                Ok((OcspStatus::Good, _)) => {
                    note(&mut self.used.answers, answer);
                    return Ok(Some(RevocationStatus::Good));
                }
                Ok((OcspStatus::Revoked(revocation), _)) => {
                    return Ok(Some(RevocationStatus::Revoked(revocation)));
                }
                Ok((OcspStatus::Unknown, responder)) => {
                    let whose = match responder {
                        OcspResponder::Issuer => path.issuer(position).subject(),
                        OcspResponder::Delegated { certificate, .. } => certificate.subject(),
                    };
                    flaws.push(RevocationFlaw::NotKnown(whose));
                }
                Err(flaw) if flaws.contains(&flaw) => {}
                Err(flaw) => flaws.push(flaw),
            }
        }
        Ok(None)
    }

    /// Whether a list can be used for a certificate, whoever signed it (RFC 5280, 6.3.3 (a) and (b)).
    fn usable(&self, list: &Crl, authority: bool) -> Result<(), RevocationFlaw> {
        let issuer = || list.issuer().to_owned();
        if let Some(oid) = list.unknown() {
            return Err(RevocationFlaw::UnknownCritical { issuer: issuer(), oid });
        }
        if !list.scope().has(authority) {
            return Err(RevocationFlaw::OtherKind(issuer()));
        }
        fresh(list, self.settings.at)
    }

    /// The certificate with whose key a list is signed: of who issued the one that is asked about, or one
    /// with a path of its own to the same trust anchor (RFC 5280, 6.3.3 (f) and (g)).
    fn signer(
        &mut self,
        path: &ValidPath<'a>,
        position: usize,
        at: usize,
        circular: bool,
    ) -> Asked<&'a Certificate> {
        let Some(list) = self.lists.get(at).copied() else {
            return Ok(Err(RevocationFlaw::Nothing));
        };
        for trusted in [path.issuer(position), path.anchor().certificate()] {
            if trusted.folded_subject() == list.folded_issuer() && self.is_signed(at, trusted)? {
                return Ok(may_sign_lists(trusted).map(|()| trusted));
            }
        }
        let mut flaw = RevocationFlaw::NotSigned(list.issuer().to_owned());
        let pool = self.pool;
        for (_, known) in pool.named(list.folded_issuer()) {
            let certificate = known.certificate();
            self.budget.spend(1)?;
            if !known.may_have_key(list.key_id()) || !self.is_signed(at, certificate)? {
                continue;
            }
            let trusted = match may_sign_lists(certificate) {
                Ok(()) => self.trusted(path, certificate, circular),
                Err(flaw) => Err(flaw),
            };
            match trusted {
                Ok(()) => return Ok(Ok(certificate)),
                Err(found) => flaw = found,
            }
        }
        Ok(Err(flaw))
    }

    fn is_signed(&mut self, at: usize, signer: &Certificate) -> Result<bool, Spent> {
        let Some(list) = self.lists.get(at) else { return Ok(false) };
        let key = (at, signer.fingerprint());
        if let Some(known) = self.signed.get(&key) {
            return Ok(*known);
        }
        // A large list costs its digest, too.
        self.budget.spend(SIGNATURE + list.count() / ENTRIES_PER_STEP)?;
        let holds = list.check_signature(signer).is_ok();
        self.signed.insert(key, holds);
        Ok(holds)
    }

    /// Whether a signer of lists or answers has a path that holds, and is not revoked.
    fn trusted(
        &mut self,
        path: &ValidPath<'a>,
        signer: &'a Certificate,
        circular: bool,
    ) -> Result<(), RevocationFlaw> {
        let not_trusted = |reason: String| {
            Err(RevocationFlaw::SignerNotTrusted { signer: signer.subject(), reason })
        };
        let fingerprint = signer.fingerprint();
        if self.in_progress.contains(&fingerprint) {
            let reason = "its own status would rest on itself";
            return if circular { Ok(()) } else { not_trusted(reason.to_owned()) };
        }
        if self.in_progress.len() >= MAX_DEPTH {
            return Err(RevocationFlaw::TooCostly);
        }
        self.in_progress.push(fingerprint);
        let anchor = path.anchor().certificate();
        let (pool, settings) = (self.pool, self.settings.clone());
        let budget = Rc::clone(&self.budget);
        let found = find_within(pool, signer, &settings, &budget, &mut |found| {
            let end = found.anchor().certificate();
            if end.der() == anchor.der() {
                return self.check(found);
            }
            let (position, subject) = (found.certificates().len(), end.subject());
            let flaw = Flaw::OtherAnchor(subject.clone());
            Err(vec![PathFinding { position, subject, flaw }])
        });
        self.in_progress.pop();
        match found {
            Ok(found) => {
                for certificate in found.certificates() {
                    note(&mut self.used.certificates, certificate);
                }
                Ok(())
            }
            Err(none) => not_trusted(none.to_string()),
        }
    }

    /// What a list and the newest delta to it say (RFC 5280, 6.3.3 (c) and (h) to (k)).
    fn look_up(
        &mut self,
        at: usize,
        certificate: &Certificate,
        signer: &Certificate,
    ) -> Result<Option<Revocation>, Spent> {
        let Some(list) = self.lists.get(at).copied() else { return Ok(None) };
        let mut entry = None;
        for (at, delta) in self.lists.clone().into_iter().enumerate() {
            if delta.is_delta()
                && delta.is_delta_of(list)
                && delta.unknown().is_none()
                && fresh(delta, self.settings.at).is_ok()
                && self.is_signed(at, signer)?
            {
                self.budget.spend(1 + delta.count() / ENTRIES_PER_STEP)?;
                note(&mut self.used.lists, delta);
                entry = delta.entry(certificate);
                break;
            }
        }
        if entry.is_none() {
            self.budget.spend(1 + list.count() / ENTRIES_PER_STEP)?;
            entry = list.entry(certificate);
        }
        Ok(entry.filter(|entry| entry.reason != Some(RevocationReason::RemoveFromCrl)))
    }
}

/// Keeps something once.
fn note<'a, T>(kept: &mut Vec<&'a T>, one: &'a T) {
    if !kept.iter().any(|other| std::ptr::eq(*other, one)) {
        kept.push(one);
    }
}

/// Whether a list that somebody offers can be used at all, before it is kept: it is understood, it is good at a time,
/// and where an issuer is said to have made it, it is signed with the key of that issuer's certificate.
///
/// # Errors
/// [`RevocationFlaw`].
pub fn check_list(list: &Crl, issuer: &Certificate, at: Instant) -> Result<(), RevocationFlaw> {
    if let Some(oid) = list.unknown() {
        return Err(RevocationFlaw::UnknownCritical { issuer: list.issuer().to_owned(), oid });
    }
    fresh(list, at)?;
    if list.folded_issuer() == issuer.folded_subject() && list.check_signature(issuer).is_err() {
        return Err(RevocationFlaw::NotSigned(list.issuer().to_owned()));
    }
    Ok(())
}

/// Whether a list was made, and the next one is not yet due.
fn fresh(list: &Crl, at: Instant) -> Result<(), RevocationFlaw> {
    let issuer = list.issuer().to_owned();
    if at < list.this_update() {
        return Err(RevocationFlaw::NotYet(issuer));
    }
    match list.next_update() {
        None => Err(RevocationFlaw::NoNextUpdate(issuer)),
        Some(next_update) if at > next_update => {
            Err(RevocationFlaw::Stale { issuer, next_update: next_update.to_xs_date_time() })
        }
        Some(_) => Ok(()),
    }
}

/// RFC 5280, 6.3.3 (f).
fn may_sign_lists(certificate: &Certificate) -> Result<(), RevocationFlaw> {
    let extensions = Extensions::of(certificate);
    if extensions.key_usage.is_some_and(|usage| !usage.crl_sign()) {
        return Err(RevocationFlaw::MayNotSign(certificate.subject()));
    }
    Ok(())
}
