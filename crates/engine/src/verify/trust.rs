//! Whether the path of a certificate holds at a time, and none of its certificates is revoked (EN 319 102-1,
//! 5.2.6).

use std::cell::Cell;

use super::indication::{SubIndication, VerificationFinding};
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

/// Certificates of one file that paths are built with.
pub(super) const MAX_CERTIFICATES: usize = 64;

/// Lists and answers of one file.
pub(super) const MAX_REVOCATION: usize = 64;

/// Times at which what is known of a certificate is asked for.
const MAX_TIMES: usize = 6;

/// Steps of one question about a path, or about the revocation of one certificate.
const STEPS: usize = 10_000;

/// Such questions of one file: 2 seconds at most.
const MAX_QUESTIONS: usize = 400;

/// Who is asked about paths for one file, and how often still.
pub(super) struct Questions<'s> {
    pub(super) settings: &'s VerifySettings,
    /// The certificate of a seal of ours that is looked at before it is released: then nobody is asked, as its
    /// path and its algorithms were examined before it was made.
    pub(super) own: Option<&'s Certificate>,
    left: Cell<usize>,
}

impl<'s> Questions<'s> {
    pub(super) const fn new(settings: &'s VerifySettings) -> Self {
        Self { settings, own: None, left: Cell::new(MAX_QUESTIONS) }
    }

    /// Of a seal of ours, with this certificate.
    pub(super) const fn of_own(settings: &'s VerifySettings, certificate: &'s Certificate) -> Self {
        Self { settings, own: Some(certificate), left: Cell::new(0) }
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
    pub(super) lists: Vec<Crl>,
    pub(super) answers: Vec<OcspResponse>,
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

/// Looks for a path of a certificate to one of the trust anchors.
pub(super) fn examine(
    certificate: &Certificate,
    data: &ValidationData,
    questions: &Questions<'_>,
    times: TrustTimes,
) -> ExaminedPath {
    let settings = questions.settings;
    let known = || data.certificates.iter().chain(&settings.certificates);
    let mut anchors = settings.anchors.clone();
    if let Some(services) = &settings.services {
        let all: Vec<&Certificate> = known().chain([certificate]).collect();
        anchors.extend(services.anchors(&all, times.counting()));
    }
    let pool = CertificatePool::new(anchors, known().cloned());
    let lists: Vec<&Crl> = settings.lists.iter().chain(&data.lists).collect();
    let answers: Vec<&OcspResponse> = settings.answers.iter().chain(&data.answers).collect();
    let sources = Sources { pool: &pool, lists, answers, times, questions };
    let mut revocation = Vec::new();
    let Some(path_settings) = questions.one_more(times.counting()) else {
        let text = "there are more certificates to ask about than one file may have";
        let findings = vec![VerificationFinding::new(SubIndication::NoCertificateChainFound, text)];
        let subjects = vec![certificate.subject()];
        return ExaminedPath { subjects, anchor: None, revocation, chain: None, findings };
    };
    let found = path::find(&pool, certificate, &path_settings, &mut |path| {
        if settings.revocation == RevocationDemand::Asked {
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
