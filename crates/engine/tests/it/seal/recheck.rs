//! Random documents under random settings: whatever is sealed is checked from its bytes alone, by
//! the general evaluator, and shown to xmlsec1.

use std::collections::BTreeMap;
use std::panic::catch_unwind;

use std::path::PathBuf;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::Value;

use super::bodies::{self, Seal, choices::Choices};
use super::settings::ID_ATTRIBUTES;
use super::support::write;
use chancery_engine::seal::xml::source::Source;
use chancery_testing::judges::{repository, xmlsec_verify_under};

const DS: &str = "http://www.w3.org/2000/09/xmldsig#";

/// How many documents are made. `RECHECK_CASES` says another number.
fn cases() -> u32 {
    std::env::var("RECHECK_CASES").ok().and_then(|it| it.parse().ok()).unwrap_or(1500)
}

#[test]
fn every_seal_is_right_by_its_bytes() {
    let mut runner = TestRunner::new(Config { cases: cases(), ..Config::default() });
    let counts = std::cell::RefCell::new(BTreeMap::<&str, u32>::new());
    let result = runner.run(&vec(any::<u8>(), 0..400), |bytes| {
        let outcome = catch_unwind(|| bodies::sealing(&bytes).map(|it| it.map_err(|no| no.code())));
        let outcome = outcome.map_err(|_| {
            let mut choices = Choices::new(&bytes);
            let settings = Value::Object(choices.settings());
            let document = choices.document();
            TestCaseError::fail(format!("{settings}\n{}", String::from_utf8_lossy(&document)))
        })?;
        let code = match outcome {
            None => "settings that cannot be read",
            Some(Ok(_)) => "sealed",
            Some(Err(code)) => code,
        };
        *counts.borrow_mut().entry(code).or_default() += 1;
        Ok(())
    });
    let counts = counts.into_inner();
    println!("{counts:#?}");
    if let Err(error) = result {
        panic!("{error}");
    }
    assert!(counts["sealed"] * 5 > cases(), "too few are sealed to say anything");
}

/// What xmlsec1 cannot be asked: another file, an ECDSA value as DER, an element by its Id in a
/// document of any names, another signature before ours, an empty `xml:base` under Canonical XML 1.1
/// (docs/divergences.md).
fn can_be_asked(settings: &Value, seal: &Seal) -> bool {
    let source = Source::read(&seal.bytes).unwrap();
    let text = source.text();
    let uri = settings["reference"]["uri"].as_str();
    let drops_base = settings.to_string().contains("INCLUSIVE_11");
    settings["packaging"] != "DETACHED"
        && settings["signatureValueEncoding"] != "DER"
        && matches!(uri, None | Some("#xpointer(/)"))
        && settings["reference"]["element"].is_null()
        && text.matches("SignatureValue>").count() == 1
        && !text.contains(&format!("{DS}'"))
        && !(drops_base && text.contains("xml:base=\"\""))
}

#[test]
fn xmlsec1_accepts_what_is_sealed() {
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        TestRng::from_seed(RngAlgorithm::ChaCha, &[seed(); 32]),
    );
    let strategy = vec(any::<u8>(), 0..400);
    let mut asked: Vec<(PathBuf, Value)> = Vec::new();
    while asked.len() < cases() as usize / 8 {
        let bytes = strategy.new_tree(&mut runner).unwrap().current();
        let Some(Ok(seal)) = bodies::sealing(&bytes) else { continue };
        let settings = Value::Object(Choices::new(&bytes).settings());
        if can_be_asked(&settings, &seal) {
            asked.push((write(&seal.bytes), settings));
        }
    }
    let certificate = repository().join("crates/engine/tests/it/seal/bodies/certificate.pem");
    let mut refused = Vec::new();
    for asked in asked.chunks(100) {
        let files: Vec<PathBuf> = asked.iter().map(|(file, _)| file.clone()).collect();
        if xmlsec_verify_under(&certificate, &files, &ID_ATTRIBUTES).is_ok() {
            continue;
        }
        for (file, settings) in asked {
            let verdict =
                xmlsec_verify_under(&certificate, std::slice::from_ref(file), &ID_ATTRIBUTES);
            if let Err(said) = verdict {
                let text = std::fs::read(file).unwrap();
                refused.push(format!("{settings}\n{said}\n{}", String::from_utf8_lossy(&text)));
            }
        }
    }
    assert!(refused.is_empty(), "{} refused:\n{}", refused.len(), refused.join("\n\n"));
}

fn seed() -> u8 {
    std::env::var("RECHECK_SEED").ok().and_then(|it| it.parse().ok()).unwrap_or(1)
}
