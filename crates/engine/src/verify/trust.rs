//! Whether the path of a certificate holds at a time, and none of its certificates is revoked (EN 319 102-1,
//! 5.2.6).

use std::cell::{Cell, OnceCell};
use std::rc::Rc;

use super::indication::{SubIndication, VerificationFinding};
use super::objects::{HeldObject, SeenObject};
use super::report::{RevocationFacts, SignerFacts};
use super::{RevocationDemand, VerifySettings};
use crate::domain::instant::Instant;
use crate::domain::text::hex;
use crate::pki::certificate::{Certificate, Chain};
use crate::pki::path::{self, CertificatePool, Flaw, PathFinding, PathSettings, ValidPath};
use crate::pki::revocation::crl::Crl;
use crate::pki::revocation::ocsp::{OcspLimits, OcspResponse};
use crate::pki::revocation::{
    Revocation, RevocationCheck, RevocationFlaw, RevocationReason, RevocationStatus,
};
use crate::pki::timestamp::TimestampToken;
use crate::pki::validation_data::CollectedData;
use crate::seal::reading::Existing;

/// Certificates of one signature that paths are built with.
pub(super) const MAX_CERTIFICATES: usize = 64;

/// Certificates, and lists and answers, that are kept in a file for whoever verifies it.
pub(super) const MAX_KEPT: usize = 200;

/// Times at which what is known of a certificate is asked for.
const MAX_TIMES: usize = 6;

/// Steps of one question about a path, or about the revocation of one certificate.
const STEPS: usize = 10_000;

/// Such questions of one file: 2 seconds at most.
const MAX_QUESTIONS: usize = 400;

/// Of one with our seal, in which others of the same certificate may stand.
const OWN_QUESTIONS: usize = 16 * MAX_QUESTIONS;

/// Who is asked about paths for one file, and how often still.
pub(super) struct Questions<'s> {
    pub(super) settings: &'s VerifySettings,
    /// The certificate of a seal of ours that is looked at before it is released.
    own: Option<&'s Certificate>,
    /// Whether that was raised above level T.
    raised: bool,
    left: Cell<usize>,
    /// Lists and answers that were given beside the file, as a report has them.
    given: OnceCell<(Vec<SeenObject>, Vec<SeenObject>)>,
}

impl<'s> Questions<'s> {
    pub(super) const fn new(settings: &'s VerifySettings) -> Self {
        let left = Cell::new(MAX_QUESTIONS);
        Self { settings, own: None, raised: false, left, given: OnceCell::new() }
    }

    /// Of a seal of ours, with this certificate: nobody is asked, as its path and its algorithms were examined
    /// before it was made.
    pub(super) const fn of_own(settings: &'s VerifySettings, certificate: &'s Certificate) -> Self {
        let left = Cell::new(0);
        Self { settings, own: Some(certificate), raised: false, left, given: OnceCell::new() }
    }

    /// Lists and answers that a signature was verified with: those beside the file, and those in it.
    pub(super) fn seen(&self, data: &ValidationData) -> (Vec<SeenObject>, Vec<SeenObject>) {
        let given = self.given.get_or_init(|| {
            let lists = self.settings.lists.iter().map(|one| SeenObject::of(one.der()));
            let answers = self.settings.answers.iter().map(|one| SeenObject::of(one.der()));
            (lists.collect(), answers.collect())
        });
        let (mut lists, mut answers) = given.clone();
        lists.extend(data.lists.iter().map(|one| one.seen(Crl::der)));
        answers.extend(data.answers.iter().map(|one| one.seen(OcspResponse::der)));
        (lists, answers)
    }

    /// Of a seal of ours that was raised: what the file has for its path and those of its timestamps has to suffice.
    pub(super) const fn of_raised(
        settings: &'s VerifySettings,
        certificate: &'s Certificate,
    ) -> Self {
        let left = Cell::new(OWN_QUESTIONS);
        Self { settings, own: Some(certificate), raised: true, left, given: OnceCell::new() }
    }

    /// The certificate of a seal of ours, when what else is in its file does not matter.
    pub(super) fn own(&self) -> Option<&'s Certificate> {
        self.own.filter(|_| !self.raised)
    }

    /// Whether a seal of ours is looked at, whose algorithms were examined before it was made.
    pub(super) const fn is_of_ours(&self) -> bool {
        self.own.is_some()
    }

    /// Whether nobody is asked about a signature with this certificate: it is enough what it is by itself.
    pub(super) fn by_itself(&self, certificate: &Certificate) -> bool {
        self.own.is_some_and(|own| !self.raised || own.der() != certificate.der())
    }

    /// The settings of one more question; none when there were too many, or the time is over.
    fn one_more(&self, at: Instant) -> Option<PathSettings> {
        self.settings.limits.patience.check().ok()?;
        self.left.set(self.left.get().checked_sub(1)?);
        Some(PathSettings { steps: STEPS, ..PathSettings::at(at) })
    }
}

/// What a file itself has for whoever verifies it.
#[derive(Clone, Debug, Default)]
pub(super) struct ValidationData {
    pub(super) certificates: Vec<Certificate>,
    lists: Vec<Rc<HeldObject<Crl>>>,
    answers: Vec<Rc<HeldObject<OcspResponse>>>,
}

impl ValidationData {
    /// Certificates and nothing else.
    pub(super) fn of(certificates: Vec<Certificate>) -> Self {
        Self { certificates, ..Self::default() }
    }

    /// Whether anything in it says that a certificate is not revoked.
    pub(super) fn has_words(&self) -> bool {
        !self.lists.is_empty() || !self.answers.is_empty()
    }

    /// Takes the certificates and the revocation data of a CMS.
    pub(super) fn add_cms(&mut self, cms: &Existing) {
        let certificates = cms.certificates().filter_map(|der| Certificate::from_der(der).ok());
        certificates.take(MAX_CERTIFICATES).for_each(|one| self.add_certificate(&one));
        let mut data = CollectedData::default();
        for der in cms.revocation().unwrap_or_default().iter().take(MAX_KEPT) {
            // what is none helps nobody
            let _ = data.add_revocation(der);
        }
        self.add_collected(&data);
    }

    /// Takes what a token has in it.
    pub(super) fn add_token(&mut self, token: &TimestampToken) {
        if let Ok(cms) = Existing::read(token.der()) {
            self.add_cms(&cms);
        }
    }

    /// Takes what was collected, each once, as long as there is room.
    pub(super) fn add_collected(&mut self, data: &CollectedData) {
        data.certificates().iter().for_each(|one| self.add_certificate(one));
        data.lists().iter().for_each(|one| self.add_list(&Rc::new(HeldObject::new(one.clone()))));
        data.answers()
            .iter()
            .for_each(|one| self.add_answer(&Rc::new(HeldObject::new(one.clone()))));
    }

    /// What of it somebody covers, by the DER.
    pub(super) fn only(&self, covers: &dyn Fn(&[u8]) -> bool) -> Self {
        let certificates = self.certificates.iter().filter(|one| covers(one.der()));
        let lists = self.lists.iter().filter(|one| covers(one.read.der()));
        let answers = self.answers.iter().filter(|one| covers(one.read.der()));
        Self {
            certificates: certificates.cloned().collect(),
            lists: lists.cloned().collect(),
            answers: answers.cloned().collect(),
        }
    }

    /// The same of another's.
    pub(super) fn add(&mut self, data: &Self) {
        data.certificates.iter().for_each(|one| self.add_certificate(one));
        data.lists.iter().for_each(|one| self.add_list(one));
        data.answers.iter().for_each(|one| self.add_answer(one));
    }

    fn add_certificate(&mut self, one: &Certificate) {
        let known = self.certificates.iter().any(|known| known.der() == one.der());
        if !known && self.certificates.len() < MAX_KEPT {
            self.certificates.push(one.clone());
        }
    }

    fn add_list(&mut self, one: &Rc<HeldObject<Crl>>) {
        let known = self.lists.iter().any(|known| known.read.der() == one.read.der());
        if !known && self.lists.len() < MAX_KEPT {
            self.lists.push(Rc::clone(one));
        }
    }

    fn add_answer(&mut self, one: &Rc<HeldObject<OcspResponse>>) {
        let known = self.answers.iter().any(|known| known.read.der() == one.read.der());
        if !known && self.answers.len() < MAX_KEPT {
            self.answers.push(Rc::clone(one));
        }
    }
}

/// When a path must hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct TrustTimes {
    /// The time of the verification.
    pub(super) at: Instant,
    /// The time at which the signature is proven to have been there.
    pub(super) proven: Option<Instant>,
}

impl TrustTimes {
    /// The one that counts for dates and algorithms.
    pub(super) fn counting(self) -> Instant {
        self.proven.unwrap_or(self.at)
    }
}

/// What a question about a path is answered with.
#[derive(Clone, Copy)]
pub(super) struct Asked<'d> {
    /// What the file has.
    pub(super) data: &'d ValidationData,
    pub(super) times: TrustTimes,
    /// Whether nothing else counts: neither what was given beside the file, nor, unless it is asked for anyway,
    /// what nobody knows of revocation.
    pub(super) alone: bool,
    pub(super) revocation: RevocationDemand,
}

/// What was found of a path.
pub(super) struct ExaminedPath {
    /// From the certificate that was asked for.
    pub(super) subjects: Vec<String>,
    pub(super) anchor: Option<String>,
    pub(super) revocation: Vec<RevocationFacts>,
    /// The whole path with its trust anchor, when one holds.
    pub(super) chain: Option<Chain>,
    pub(super) findings: Vec<VerificationFinding>,
}

impl ExaminedPath {
    /// Whether a certificate of it was revoked when it counts.
    pub(super) fn is_revoked(&self) -> bool {
        let revoked = [SubIndication::RevokedNoPoe, SubIndication::RevokedCaNoPoe];
        self.findings.iter().any(|finding| revoked.contains(&finding.sub_indication))
    }
}

/// Looks for a path of a certificate to one of the trust anchors.
pub(super) fn examine(
    certificate: &Certificate,
    asked: Asked<'_>,
    questions: &Questions<'_>,
) -> ExaminedPath {
    let Asked { data, times, alone, revocation: demand } = asked;
    let settings = questions.settings;
    let beside = !alone;
    let lists = settings.lists.iter().filter(|_| beside);
    let lists: Vec<&Crl> = lists.chain(data.lists.iter().map(|one| &one.read)).collect();
    let answers = settings.answers.iter().filter(|_| beside);
    let answers = answers.chain(data.answers.iter().map(|one| &one.read)).collect();
    let known = || data.certificates.iter().chain(settings.certificates.iter().filter(|_| beside));
    let mut anchors = settings.anchors.clone();
    if let Some(services) = &settings.services {
        let all: Vec<&Certificate> = known().chain([certificate]).collect();
        anchors.extend(services.anchors(&all, times.counting()));
    }
    let pool = CertificatePool::new(anchors, known().cloned());
    let sources = Sources { pool: &pool, lists, answers, times, questions };
    let mut revocation = Vec::new();
    let Some(path_settings) = questions.one_more(times.counting()) else {
        let text = "there are more certificates to ask about than one file may have";
        let findings = vec![VerificationFinding::new(SubIndication::NoCertificateChainFound, text)];
        let subjects = vec![certificate.subject()];
        return ExaminedPath { subjects, anchor: None, revocation, chain: None, findings };
    };
    let found = path::find(&pool, certificate, &path_settings, &mut |path| {
        if demand == RevocationDemand::Asked {
            return sources.check(path, &mut revocation);
        }
        revocation = path.certificates().iter().map(|one| not_asked(one)).collect();
        Ok(())
    });
    match found {
        Ok(path) => of_path(certificate, &path, revocation, times),
        Err(none) => {
            let mut findings: Vec<VerificationFinding> =
                none.findings.iter().map(|finding| of_flaw(finding, times)).collect();
            if let Some(text) = nobody_trusted(settings, pool.anchors().is_empty(), times) {
                findings =
                    vec![VerificationFinding::new(SubIndication::NoCertificateChainFound, text)];
            }
            ExaminedPath {
                subjects: none.subjects,
                anchor: None,
                revocation,
                chain: None,
                findings,
            }
        }
    }
}

/// Why there is no trust anchor, when there is none.
fn nobody_trusted(settings: &VerifySettings, none: bool, times: TrustTimes) -> Option<String> {
    if !none || !settings.anchors.is_empty() {
        return None;
    }
    let Some(services) = &settings.services else {
        return Some("no trust anchor is given".to_owned());
    };
    let at = times.counting();
    let mut text = format!("no trusted list names its issuer as trusted at {}", at.to_rfc3339());
    let expired: Vec<&str> =
        services.expired(at).into_iter().map(|(territory, _)| territory).collect();
    if !expired.is_empty() {
        text = format!("{text}; these lists had expired by then: {}", expired.join(", "));
    }
    Some(text)
}

fn not_asked(certificate: &Certificate) -> RevocationFacts {
    RevocationFacts { subject: certificate.subject(), status: "not asked", detail: None }
}

fn of_path(
    certificate: &Certificate,
    path: &ValidPath<'_>,
    revocation: Vec<RevocationFacts>,
    times: TrustTimes,
) -> ExaminedPath {
    let mut all: Vec<Certificate> = path.certificates().iter().copied().cloned().collect();
    let mut subjects: Vec<String> = all.iter().map(Certificate::subject).collect();
    let anchor = path.anchor().certificate();
    let mut findings = Vec::new();
    if all.is_empty() {
        // a trust anchor that signs itself: its dates are nobody's to check as an anchor, but as a signer's
        subjects.push(certificate.subject());
        let when = times.counting();
        if when < certificate.not_before() || when > certificate.not_after() {
            let text = format!("{} is not valid at {}", certificate.subject(), when.to_rfc3339());
            findings.push(VerificationFinding::new(SubIndication::OutOfBoundsNoPoe, text));
        }
    }
    all.push(anchor.clone());
    let anchor = Some(anchor.subject());
    ExaminedPath { subjects, anchor, revocation, chain: Chain::new(all).ok(), findings }
}

fn of_flaw(finding: &PathFinding, times: TrustTimes) -> VerificationFinding {
    let sub = match &finding.flaw {
        Flaw::NoIssuer { .. } | Flaw::NoWayOn(_) | Flaw::TooCostly | Flaw::NotSigned { .. } => {
            SubIndication::NoCertificateChainFound
        }
        Flaw::NotYetValid { .. } if finding.position == 0 && times.proven.is_some() => {
            SubIndication::NotYetValid
        }
        Flaw::NotYetValid { .. } | Flaw::Expired { .. } => SubIndication::OutOfBoundsNoPoe,
        Flaw::Revoked { .. } if finding.position == 0 => SubIndication::RevokedNoPoe,
        Flaw::Revoked { .. } => SubIndication::RevokedCaNoPoe,
        Flaw::StatusUnknown { .. } => SubIndication::TryLater,
        Flaw::Usage(_) | Flaw::ExtendedUsage(_) | Flaw::Authority => {
            SubIndication::ChainConstraintsFailure
        }
        Flaw::UnknownCritical { .. }
        | Flaw::Unreadable { .. }
        | Flaw::Repeated { .. }
        | Flaw::Uncheckable { .. }
        | Flaw::AlgorithmsDiffer(_)
        | Flaw::NotAuthority(_)
        | Flaw::MayNotIssue(_)
        | Flaw::PathLength { .. }
        | Flaw::NameForbidden { .. }
        | Flaw::NoPolicy { .. }
        | Flaw::AnyPolicyMapped { .. }
        | Flaw::OtherAnchor(_)
        | Flaw::NotAccepted(_) => SubIndication::CertificateChainGeneralFailure,
    };
    VerificationFinding::new(sub, finding.to_string())
}

/// Whether a certificate may sign documents at all (RFC 5280, 4.2.1.3 and 4.2.1.12).
pub(super) fn may_sign(certificate: &Certificate) -> Result<(), String> {
    let alone = Chain::new(vec![certificate.clone()]).map_err(|error| error.to_string())?;
    path::examine(&alone).map_err(|flaw| format!("{}: {flaw}", certificate.subject()))
}

/// What a report says of a certificate, before its path is known.
pub(super) fn facts(certificate: &Certificate, bound: bool) -> SignerFacts {
    SignerFacts {
        subject: certificate.subject(),
        issuer: certificate.issuer(),
        serial_number: certificate.serial_decimal(),
        not_before: certificate.not_before().to_rfc3339(),
        not_after: certificate.not_after().to_rfc3339(),
        fingerprint: hex(&certificate.fingerprint()),
        bound,
        path: vec![certificate.subject()],
        trust_anchor: None,
        revocation: Vec::new(),
        qualification: None,
    }
}

/// What there is to ask about revocation.
struct Sources<'a> {
    pool: &'a CertificatePool,
    lists: Vec<&'a Crl>,
    answers: Vec<&'a OcspResponse>,
    times: TrustTimes,
    questions: &'a Questions<'a>,
}

impl<'a> Sources<'a> {
    /// Whether no certificate of a path was revoked when it counts.
    fn check(
        &self,
        path: &ValidPath<'a>,
        told: &mut Vec<RevocationFacts>,
    ) -> Result<(), Vec<PathFinding>> {
        told.clear();
        let mut findings = Vec::new();
        for (position, certificate) in path.certificates().iter().enumerate() {
            let subject = certificate.subject();
            let whose = subject.clone();
            let (status, detail, flaw) = match self.status(path, position, certificate) {
                RevocationStatus::Good if self.is_unproven(path, position) => {
                    let reasons = "the certificate of who says that it is not revoked has ended, and no archive \
                                   timestamp proves that this was said before"
                        .to_owned();
                    let flaw = Flaw::StatusUnknown { whose, reasons: reasons.clone() };
                    ("unknown", Some(reasons), Some(flaw))
                }
                RevocationStatus::Good => ("good", None, None),
                RevocationStatus::Revoked(revocation) => {
                    let at = revocation.at.to_xs_date_time();
                    let reason = revocation.reason;
                    let reason = reason.map_or("no reason is given", RevocationReason::name);
                    let detail = Some(format!("{at} ({reason})"));
                    let flaw =
                        self.counts(&revocation).then_some(Flaw::Revoked { whose, at, reason });
                    ("revoked", detail, flaw)
                }
                RevocationStatus::Unknown(flaws) => {
                    let reasons: Vec<String> = flaws.iter().map(ToString::to_string).collect();
                    let reasons = reasons.join("; ");
                    let flaw = Flaw::StatusUnknown { whose, reasons: reasons.clone() };
                    ("unknown", Some(reasons), Some(flaw))
                }
            };
            told.push(RevocationFacts { subject: subject.clone(), status, detail });
            findings.extend(flaw.map(|flaw| PathFinding { position, subject, flaw }));
        }
        if findings.is_empty() { Ok(()) } else { Err(findings) }
    }

    /// Whether what is said of a certificate may have been said by somebody whose key is nobody's to keep any more
    /// (EN 319 102-1, 5.6.2.2).
    fn is_unproven(&self, path: &ValidPath<'a>, position: usize) -> bool {
        let issuers = path.certificates().iter().skip(position + 1);
        issuers.into_iter().any(|issuer| issuer.not_after() < self.times.at)
    }

    /// What was revoked after the signature was there does not harm it, unless its key was suspected before.
    fn counts(&self, revocation: &Revocation) -> bool {
        let since = revocation.invalid_since.map_or(revocation.at, |it| it.min(revocation.at));
        self.times.proven.is_none_or(|proven| since <= proven)
    }

    /// What is said of a certificate: now, or, when it has ended or nothing is new enough, at the last time
    /// after the signature was there for which something is said.
    fn status(
        &self,
        path: &ValidPath<'a>,
        position: usize,
        certificate: &Certificate,
    ) -> RevocationStatus {
        let mut unknown: Vec<RevocationFlaw> = Vec::new();
        for at in self.asked_at(certificate) {
            let Some(settings) = self.questions.one_more(at) else {
                unknown.push(RevocationFlaw::TooCostly);
                break;
            };
            let mut check = RevocationCheck::new(self.pool, self.lists.iter().copied(), &settings)
                .with_answers(self.answers.iter().copied(), &OcspLimits::at(at));
            match check.status(path, position) {
                RevocationStatus::Unknown(flaws) => {
                    let new: Vec<_> =
                        flaws.into_iter().filter(|flaw| !unknown.contains(flaw)).collect();
                    unknown.extend(new);
                }
                known => return known,
            }
        }
        RevocationStatus::Unknown(unknown)
    }

    fn asked_at(&self, certificate: &Certificate) -> Vec<Instant> {
        // of a certificate that ended, lists say nothing any more (RFC 5280, 3.3)
        let latest = self.times.at.min(certificate.not_after());
        let mut times = vec![latest];
        if let Some(proven) = self.times.proven {
            let lists = self.lists.iter().map(|list| list.this_update());
            let answers = self.answers.iter().map(|answer| answer.produced_at());
            let mut later: Vec<Instant> =
                lists.chain(answers).filter(|at| *at >= proven && *at <= latest).collect();
            later.sort_unstable();
            later.dedup();
            times.extend(later.into_iter().rev().take(MAX_TIMES));
            times.push(proven);
        }
        times
    }
}
