//! `verify`: what it says, and what it exits with.

use std::path::Path;
use std::process::{Command, Output};

use chancery_testing::pdf_judges::qpdf_check;
use serde_json::Value;

use super::{BINARY, ROOT, text};

const SEALED: &str = "samples/invoice-minimal/sealed.xml";
const TRUST: [&str; 2] = ["--trust", "samples/pki/root.pem"];
const AT: [&str; 2] = ["--at", "2026-12-02T00:00:00Z"];

fn verify(more: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("chancery.toml");
    std::fs::write(&config, "").unwrap();
    let mut command = Command::new(BINARY);
    command.current_dir(ROOT).arg("--config").arg(config).arg("verify").args(AT).args(more);
    command.output().unwrap()
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

#[test]
fn a_good_file_passes_and_its_parts_are_named() {
    let output = verify(&[&[SEALED, "--no-revocation"], &TRUST[..]].concat());
    assert_eq!(code(&output), Some(0), "{}", text(&output));
    let said = text(&output);
    let expected =
        ["TOTAL-PASSED", "XAdES-B", "the whole document", "Samples Seal", "RSA-PKCS1-SHA256"];
    for words in expected {
        assert!(said.contains(words), "{words} is not in {said}");
    }

    let pdf = "samples/pdf-one-page/input.sealed.pdf";
    let pdf = verify(&[&[pdf, "--no-revocation"], &TRUST[..]].concat());
    assert_eq!(code(&pdf), Some(3), "of another root: {}", text(&pdf));
    for words in ["PAdES-B", "NO_CERTIFICATE_CHAIN_FOUND", "the whole document"] {
        assert!(text(&pdf).contains(words), "{words} is not in {}", text(&pdf));
    }

    let json = verify(&[&[SEALED, "--no-revocation", "--json"], &TRUST[..]].concat());
    assert_eq!(code(&json), Some(0));
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    let report = &json[0]["report"];
    assert_eq!((&json[0]["file"], &report["indication"]), (&SEALED.into(), &"TOTAL-PASSED".into()));
    // every member is explained
    let page = std::fs::read_to_string(Path::new(ROOT).join("docs/verification.md")).unwrap();
    let signature = &report["signatures"][0];
    for object in [
        report,
        signature,
        &signature["signer"],
        &signature["covered"][0],
        &signature["covered"][0]["element"],
    ] {
        for member in object.as_object().unwrap().keys() {
            assert!(page.contains(&format!("`{member}`")), "docs/verification.md lacks {member}");
        }
    }
}

#[test]
fn a_report_has_other_forms() {
    let of = |more: &[&str]| verify(&[&[SEALED, "--no-revocation"], &TRUST[..], more].concat());
    let xml = of(&["--report", "xml"]);
    assert_eq!(code(&xml), Some(0), "{}", text(&xml));
    let xml = String::from_utf8(xml.stdout).unwrap();
    let tree = roxmltree::Document::parse(&xml).unwrap();
    assert_eq!(tree.root_element().tag_name().name(), "ValidationReport");
    assert!(xml.contains("urn:etsi:019102:mainindication:total-passed"), "{xml}");
    let simple = of(&["--report", "simple-json"]);
    assert_eq!(code(&simple), Some(0), "{}", text(&simple));
    let simple: Value = serde_json::from_slice(&simple.stdout).unwrap();
    let signature = &simple[0]["signatures"][0];
    assert_eq!((&simple[0]["file"], &signature["level"]), (&SEALED.into(), &"XAdES-B".into()));
    let page = std::fs::read_to_string(Path::new(ROOT).join("docs/verification.md")).unwrap();
    for object in [&simple[0], signature] {
        for member in object.as_object().unwrap().keys() {
            assert!(page.contains(&format!("`{member}`")), "docs/verification.md lacks {member}");
        }
    }
    let two = of(&["samples/README.md", "--report", "xml"]);
    assert_eq!(code(&two), Some(1), "{}", text(&two));
    assert!(text(&two).contains("--report xml goes with one signed file"), "{}", text(&two));
}

#[test]
fn people_read_a_report_in_their_language() {
    let of = |form: &str, language: &str, file: &str| {
        let more = ["--no-revocation", "--report", form, "--language", language];
        verify(&[&[file], &more[..], &TRUST[..]].concat())
    };
    let folder = tempfile::tempdir().unwrap();
    for (language, title, verdict) in [
        ("pt-BR", "Relatório de verificação de assinaturas", "Todas as assinaturas são válidas"),
        ("en", "Signature verification report", "Every signature holds"),
        ("es", "Informe de verificación de firmas", "Todas las firmas son válidas"),
        ("fr", "Rapport de vérification des signatures", "Toutes les signatures sont valides"),
        ("de", "Bericht über die Prüfung von Signaturen", "Alle Signaturen sind gültig"),
        ("it", "Rapporto di verifica delle firme", "Tutte le firme sono valide"),
    ] {
        let page = of("html", language, SEALED);
        assert_eq!(code(&page), Some(0), "{}", text(&page));
        let page = String::from_utf8(page.stdout).unwrap();
        for wanted in [title, verdict, "Samples Seal", "XAdES-B", "TOTAL-PASSED"] {
            assert!(page.contains(wanted), "{wanted} is not in {page}");
        }
        // nothing is loaded, and nothing runs
        assert!(!page.contains("<script") && !page.contains("href=\"http"), "{page}");
        let pdf = of("pdf", language, SEALED);
        assert_eq!(code(&pdf), Some(0), "{}", String::from_utf8_lossy(&pdf.stderr));
        let file = folder.path().join(format!("{language}.pdf"));
        std::fs::write(&file, pdf.stdout).unwrap();
        qpdf_check(&file).unwrap();
        let said = Command::new("pdftotext").arg("-raw").arg(&file).arg("-").output().unwrap();
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        for wanted in [title, verdict, "Samples Seal", "XAdES-B", "TOTAL-PASSED"] {
            assert!(said.contains(wanted), "{wanted} is not in {said}");
        }
    }
    // what does not pass says why, and what was found
    let sealed = std::fs::read_to_string(Path::new(ROOT).join(SEALED)).unwrap();
    let changed = folder.path().join("changed.xml");
    std::fs::write(&changed, sealed.replacen("<b:ID>1", "<b:ID>2", 1)).unwrap();
    let page = of("html", "de", changed.to_str().unwrap());
    assert_eq!(code(&page), Some(1));
    let page = String::from_utf8(page.stdout).unwrap();
    for wanted in ["Eine Signatur ist ungültig", "danach geändert", "HASH_FAILURE", "lang=\"en\""]
    {
        assert!(page.contains(wanted), "{wanted} is not in {page}");
    }
    let unknown = of("html", "tlh", SEALED);
    assert!(text(&unknown).contains("one of de, en, es, fr, it and pt"), "{}", text(&unknown));
}

#[test]
fn what_fails_and_what_is_not_known_have_codes_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let changed = folder.path().join("changed.xml");
    let sealed = std::fs::read_to_string(Path::new(ROOT).join(SEALED)).unwrap();
    std::fs::write(&changed, sealed.replacen("<b:ID>1", "<b:ID>2", 1)).unwrap();
    let changed = changed.to_str().unwrap();
    let failed = verify(&[&[changed, "--no-revocation"], &TRUST[..]].concat());
    assert_eq!(code(&failed), Some(1), "{}", text(&failed));
    assert!(text(&failed).contains("TOTAL-FAILED HASH_FAILURE"), "{}", text(&failed));

    for (arguments, words) in [
        (vec![SEALED, "--no-revocation"], "NO_CERTIFICATE_CHAIN_FOUND: no trust anchor is given"),
        ([&[SEALED], &TRUST[..]].concat(), "TRY_LATER"),
        (vec!["samples/README.md"], "INDETERMINATE GENERIC"),
    ] {
        let output = verify(&arguments);
        assert_eq!(code(&output), Some(3), "{}", text(&output));
        assert!(text(&output).contains(words), "{words} is not in {}", text(&output));
    }
    // the worst of several files counts
    let both = verify(&[&[SEALED, changed], &TRUST[..]].concat());
    assert_eq!(code(&both), Some(1));

    for (arguments, words) in [
        (vec!["no-such.xml"], "no-such.xml"),
        (vec![SEALED, changed, "--detached", SEALED], "--detached goes with one signed file"),
        (vec![SEALED, "--trust", SEALED], "sealed.xml"),
        (vec![SEALED, "--revocation", SEALED], "not a revocation list"),
    ] {
        let output = verify(&arguments);
        assert_eq!(code(&output), Some(1), "{}", text(&output));
        assert!(text(&output).contains(words), "{words} is not in {}", text(&output));
    }
    let misunderstood = verify(&[SEALED, "--at", "yesterday"]);
    assert_eq!(code(&misunderstood), Some(2), "{}", text(&misunderstood));
}
