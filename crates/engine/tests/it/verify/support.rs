//! Verifying in one line.

use std::path::Path;

use chancery_engine::domain::instant::Instant;
use chancery_engine::pki::certificate_file;
use chancery_engine::pki::path::TrustAnchor;
use chancery_engine::verify::{
    Indication, RevocationDemand, SubIndication, VerificationReport, VerifySettings, verify,
};

use crate::seal::support::PKI;
use chancery_testing::judges::repository;

/// An hour after the keys of this run were made.
pub(super) fn now() -> Instant {
    PKI.p256.now().plus_ms(3_600_000)
}

pub(super) fn anchors(file: &Path) -> Vec<TrustAnchor> {
    let certificates = certificate_file::certificates(&std::fs::read(file).unwrap()).unwrap();
    certificates.into_iter().map(TrustAnchor::of).collect()
}

/// Trusts the root of this run and that of the samples, and asks nobody about revocation.
pub(super) fn trusting() -> VerifySettings {
    let mut settings = VerifySettings::new(anchors(&PKI.root()), now());
    // who signed some of the samples
    settings.anchors.extend(anchors(&repository().join("samples/pki/root.pem")));
    settings.revocation = RevocationDemand::NotAsked;
    settings
}

pub(super) fn report(file: &[u8]) -> VerificationReport {
    verify(file, &trusting())
}

pub(super) type Judged = (Indication, Option<SubIndication>);

pub(super) fn verdict(file: &[u8]) -> Judged {
    let report = report(file);
    (report.indication, report.sub_indication)
}

#[track_caller]
pub(super) fn passes(file: &[u8]) -> VerificationReport {
    let report = report(file);
    assert_eq!(report.indication, Indication::Passed, "{report:#?}");
    report
}

/// What is told of every signature and of the file.
pub(super) fn told(report: &VerificationReport) -> String {
    let inside = report.signatures.iter().flat_map(|signature| &signature.findings);
    let texts: Vec<&str> =
        inside.chain(&report.findings).map(|finding| finding.text.as_str()).collect();
    texts.join("; ")
}
