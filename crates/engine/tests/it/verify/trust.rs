//! Whom a report trusts, when, and what is not known of revocation.

use chancery_engine::domain::instant::DAY_MS;
use chancery_engine::seal::Patience;
use chancery_engine::verify::{
    Indication, RevocationDemand, SubIndication, VerifySettings, verify,
};
use serde_json::json;

use super::support::{Judged, anchors, now, told, trusting};
use crate::seal::settings::seal_as;
use crate::seal::support::*;
use chancery_testing::tsa::TSA;

fn sealed() -> Vec<u8> {
    seal_as(INVOICE.as_bytes(), &PKI.p256, None, &json!({})).unwrap().into_bytes()
}

fn with(settings: &VerifySettings) -> (Judged, String) {
    let report = verify(&sealed(), settings);
    assert_eq!(
        report.signatures[0].value_holds,
        Some(true),
        "the value is told whoever is trusted"
    );
    ((report.indication, report.sub_indication), told(&report))
}

const fn unknown(sub: SubIndication) -> Judged {
    (Indication::Indeterminate, Some(sub))
}

#[test]
fn without_trust_no_signature_passes() {
    let mut settings = trusting();
    settings.anchors.clear();
    let (verdict, said) = with(&settings);
    assert_eq!(verdict, unknown(SubIndication::NoCertificateChainFound), "{said}");
    assert!(said.contains("no trust anchor is given"), "{said}");
    settings.anchors = anchors(&TSA.root());
    let (verdict, said) = with(&settings);
    assert_eq!(verdict, unknown(SubIndication::NoCertificateChainFound), "{said}");
}

#[test]
fn revocation_that_is_not_known_is_told() {
    let mut settings = trusting();
    settings.revocation = RevocationDemand::Asked;
    let (verdict, said) = with(&settings);
    assert_eq!(verdict, unknown(SubIndication::TryLater), "{said}");
    assert!(said.contains("there is no list and no answer about it"), "{said}");
}

#[test]
fn dates_count_at_the_time_that_is_asked_for() {
    for days in [-400, 400] {
        let mut settings = trusting();
        settings.at = now().plus_ms(days * DAY_MS);
        let (verdict, said) = with(&settings);
        assert_eq!(verdict, unknown(SubIndication::OutOfBoundsNoPoe), "{said}");
    }
}

#[test]
fn algorithms_end_by_the_calendar() {
    let mut settings = trusting();
    let text = "name = \"ours\"\n[[row]]\nwhat = \"key\"\nname = \"P-256\"\nsource = \"x\"\n\
                seen = 2026-01-01\n[[row]]\nwhat = \"digest\"\nname = \"SHA256\"\nuntil = 2020-01-01\n\
                source = \"ours\"\nseen = 2026-01-01\n";
    settings.calendar = chancery_engine::pki::calendar::Calendar::parse(text).unwrap();
    let (verdict, said) = with(&settings);
    assert_eq!(verdict, unknown(SubIndication::CryptoConstraintsFailureNoPoe), "{said}");
    assert!(said.contains("SHA-256 ended on 2020-01-01 (ours)"), "{said}");
}

#[test]
fn what_is_no_signed_file_fails_and_other_formats_are_not_looked_at() {
    let report = |file: &[u8]| {
        let report = verify(file, &trusting());
        (report.indication, report.sub_indication)
    };
    let failed = (Indication::Failed, Some(SubIndication::FormatFailure));
    assert_eq!(report(INVOICE.as_bytes()), failed);
    assert_eq!(report(b"<a><b></a>"), failed);
    assert_eq!(report(b"<!DOCTYPE a><a/>"), failed);
    assert_eq!(report(b"PK\x03\x04"), failed);
    for file in [&b"%PDF-1.7"[..], b"", b"abc"] {
        assert_eq!(report(file), unknown(SubIndication::Generic));
    }
}

#[test]
fn who_has_no_time_left_hears_so() {
    let mut settings = trusting();
    settings.limits = settings.limits.with_patience(Patience::until(7, || true));
    let report = verify(&sealed(), &settings);
    let verdict = (report.indication, report.sub_indication);
    assert_eq!(verdict, unknown(SubIndication::Generic), "{report:#?}");
}
