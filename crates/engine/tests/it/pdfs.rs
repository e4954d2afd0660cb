//! The PDFs that the engine is tried on are what their names say, by foreign readers.

use std::fs;
use std::path::PathBuf;

use chancery_testing::judges::{DssTrust, dss_validate, repository};
use chancery_testing::pdf_judges::{
    mutool_info, mutool_signatures, pdfsig, pyhanko_verify, qpdf_check, verapdf,
};
use chancery_testing::pdfs::{Expectation, TestPdf, all, named};

fn root() -> PathBuf {
    repository().join("samples/pki/root.pem")
}

fn to_be_sealed() -> impl Iterator<Item = &'static TestPdf> {
    all().iter().filter(|pdf| matches!(pdf.expectation, Expectation::Seal))
}

#[test]
fn what_is_to_be_sealed_is_sound() {
    assert!(to_be_sealed().count() > 80);
    for pdf in to_be_sealed() {
        assert!(pdf.bytes.windows(5).any(|bytes| bytes == b"%PDF-"), "{}", pdf.name);
        for (who, verdict) in [("qpdf", qpdf_check(&pdf.path)), ("mutool", mutool_info(&pdf.path))]
        {
            assert!(verdict.is_ok(), "{}: {who}: {verdict:?}", pdf.name);
        }
    }
}

#[test]
fn what_is_to_be_refused_is_told_by_its_code() {
    let known =
        fs::read_to_string(repository().join("crates/engine/src/domain/refusal/pdf.rs")).unwrap();
    for pdf in all() {
        let (Expectation::Refuse(codes) | Expectation::Either(codes)) = &pdf.expectation else {
            continue;
        };
        for code in codes {
            assert!(known.contains(&format!("\"{code}\"")), "{}: no refusal {code}", pdf.name);
        }
    }
    let refused = &named("password-aes-256").expectation;
    assert!(refused.is_met(Some("pdf-password-needed")) && !refused.is_met(None));
    assert!(
        !refused.is_met(Some("pdf-damaged")) && !named("classic").expectation.is_met(Some("x"))
    );
}

#[test]
fn signed_ones_are_signed_and_attacks_are_seen() {
    let signed = |pdf: &&TestPdf| {
        ["signed-", "certified-", "locked-"].iter().any(|start| pdf.name.starts_with(start))
    };
    let good: Vec<&TestPdf> = all().iter().filter(signed).collect();
    let files: Vec<PathBuf> = good.iter().map(|pdf| pdf.path.clone()).collect();
    let verdicts = pyhanko_verify(&[root()], &files);
    for pdf in &good {
        let ours: Vec<_> = verdicts.iter().filter(|verdict| verdict.path == pdf.path).collect();
        assert!(ours.iter().all(|one| one.accepted && one.digest == "sha256"), "{ours:?}");
        assert!(ours.iter().all(|one| one.subject.contains("Samples Seal")), "{ours:?}");
        let last = ours.last().unwrap();
        assert_eq!(last.coverage, "ENTIRE_FILE", "{last:?}");
        let adobe = pdf.name == "signed-adbe";
        assert_eq!(last.lacks.is_empty(), !adobe, "{last:?}");
        let reports = pdfsig(&pdf.path);
        assert!(reports.iter().all(|one| one.valid && one.digest == "SHA-256"), "{reports:?}");
        assert!(reports.iter().any(|one| one.total && one.field == last.field), "{reports:?}");
        assert!(reports.iter().all(|one| last.sub_filter.ends_with(&one.sub_filter)));
        assert_eq!(reports.len(), last.number, "{}", pdf.name);
    }
    // Digest and value of earlier signatures are not checked, so these two may be sealed.
    let broken = ["changed-byte", "contents-emptied"];
    let is_refused = |pdf: &&TestPdf| {
        pdf.expectation.is_met(Some("pdf-shadowed"))
            && matches!(pdf.expectation, Expectation::Refuse(_))
    };
    let attacks: Vec<PathBuf> = all()
        .iter()
        .filter(|pdf| is_refused(pdf) || broken.contains(&pdf.name.as_str()))
        .map(|pdf| pdf.path.clone())
        .collect();
    assert!(attacks.len() >= 10);
    let verdicts = pyhanko_verify(&[root()], &attacks);
    for attack in &attacks {
        let first = verdicts.iter().find(|verdict| &verdict.path == attack).unwrap();
        assert!(!first.accepted && first.number <= 1, "{first:?}");
        assert!(!first.reason.is_empty());
    }
    let changed: Vec<_> = verdicts.iter().filter(|one| one.modification == "OTHER").collect();
    assert!(changed.len() >= 6, "{changed:?}");
    let said = mutool_signatures(&named("shadow-hide").path);
    assert_eq!(said, ["The signature is valid but there have been edits since signing."]);
    let said = mutool_signatures(&named("signed-once").path);
    assert_eq!(said, ["The document is unchanged since signing."]);
}

/// veraPDF finds those PDF/A that are to be, and EU DSS the level of those that are signed.
#[test]
#[ignore = "needs judges in Java: make conformance"]
fn conformance_of_the_test_pdfs() {
    let archives: Vec<&TestPdf> = all().iter().filter(|pdf| pdf.flavour.is_some()).collect();
    let files: Vec<PathBuf> = archives.iter().map(|pdf| pdf.path.clone()).collect();
    for (pdf, verdict) in archives.iter().zip(verapdf(&files)) {
        assert!(verdict.accepted && verdict.path == pdf.path, "{verdict:?}");
        assert_eq!(verdict.flavour, pdf.flavour, "{}", verdict.said);
    }
    let trust = DssTrust { roots: vec![root()], ..DssTrust::default() };
    let names = ["signed-once", "signed-adbe", "changed-byte", "shadow-hide"];
    let files: Vec<_> = names.iter().map(|name| (named(name).path.clone(), None)).collect();
    let said: Vec<_> = dss_validate(&trust, &files)
        .into_iter()
        .map(|one| (one.level, one.intact, !one.odd.contains("undefined") && one.odd.is_empty()))
        .collect();
    let level = |name: &str| name.to_owned();
    let pades = "PAdES-BASELINE-B";
    assert_eq!(
        said,
        [
            (level(pades), true, true),
            (level("PKCS7-B"), true, true),
            (level(pades), false, true),
            (level(pades), true, false),
        ]
    );
}
