//! Any bytes as a signed file. Who trusts one certificate hears of passing only what its key made: all of it is
//! covered, and nothing can be put behind it.

use std::sync::LazyLock;

use chancery_engine::domain::text::hex;
use chancery_engine::pki::certificate::Certificate;
use chancery_engine::pki::path::TrustAnchor;
use chancery_engine::seal::Limits;
use chancery_engine::verify::{
    Indication, NamedRange, RevocationDemand, VerificationReport, VerifySettings,
};
use chancery_testing::cost;

use super::SIGNER;
use super::pades::SOON;

static SETTINGS: LazyLock<VerifySettings> = LazyLock::new(|| {
    let certificate = Certificate::from_der(SIGNER.certificate().der()).unwrap();
    let at = certificate.not_before().plus_ms(100_000);
    let mut settings = VerifySettings::new(vec![TrustAnchor::of(certificate)], at);
    settings.revocation = RevocationDemand::NotAsked;
    settings.limits = Limits { nodes: 50_000, ..Limits::default() };
    settings
});

/// Verifies.
pub(crate) fn verify(bytes: &[u8]) {
    let report = cost::at_most(SOON, "it", || read(bytes, &SETTINGS));
    if report.indication != Indication::Passed {
        return;
    }
    let own = hex(&SIGNER.certificate().fingerprint());
    assert!(!report.signatures.is_empty() && report.findings.is_empty());
    for signature in &report.signatures {
        assert_eq!(signature.value_holds, Some(true), "{signature:#?}");
        assert_eq!(signature.signer.as_ref().map(|it| &it.fingerprint), Some(&own));
        let right = signature.covered.iter().all(|covered| covered.standing == "right");
        assert!(right && signature.not_covered.is_empty(), "{signature:#?}");
    }
    assert!(report.signatures.iter().any(|signature| signature.covers_document));
    for behind in [&b"<a/>"[..], b"\n1 0 obj<</A(b)>>endobj\n", b"PK\x05\x06", b"0"] {
        let more = read(&[bytes, behind].concat(), &SETTINGS);
        assert_ne!(more.indication, Indication::Passed, "something stands behind it");
    }
}

/// Whether a file passes.
pub(crate) fn passes(bytes: &[u8]) -> bool {
    read(bytes, &SETTINGS).indication == Indication::Passed
}

/// Verifies; whatever is said lies within the file.
pub(super) fn read(bytes: &[u8], settings: &VerifySettings) -> VerificationReport {
    let report = chancery_engine::verify::verify(bytes, settings);
    let worst = report.signatures.iter().map(|signature| signature.indication).max();
    assert!(worst.is_none_or(|worst| report.indication >= worst), "{report:#?}");
    let inside = |range: &NamedRange| range.start <= range.end && range.end <= bytes.len();
    for signature in &report.signatures {
        assert!(signature.not_covered.iter().all(inside), "{signature:#?}");
        for covered in &signature.covered {
            let element = covered.element.iter().chain(&covered.left_out);
            assert!(element.into_iter().all(inside), "{covered:#?}");
        }
    }
    report
}
