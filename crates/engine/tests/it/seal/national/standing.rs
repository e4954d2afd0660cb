//! A stamp of an authority stays right under a further seal, or that seal is refused.

use chancery_engine::seal::Limits;
use chancery_engine::seal::reading::xml::{self, CoveredStanding};
use chancery_engine::seal::xml::xpath::Budget;
use chancery_testing::hostile::{self, HostileDocument};
use roxmltree::Document;
use serde_json::json;

use super::super::settings::seal_as;
use super::super::support::PKI;
use super::recompute::{check_myinvois, check_zatca};
use super::{invoice, seal_myinvois, seal_zatca};

#[test]
fn a_seal_beside_a_stamp_keeps_its_hash() {
    let parallel = json!({ "existingSignatures": "PARALLEL" });
    let inside = json!({ "existingSignatures": "PARALLEL", "ubl": { "createScaffolding": true } });
    let detached = json!({ "packaging": "DETACHED", "reference": { "uri": "a.xml" } });
    let zatca = seal_zatca(invoice().as_bytes()).unwrap();
    let myinvois = seal_myinvois(invoice().as_bytes()).unwrap();
    for (name, stamped) in [("ZATCA", zatca), ("MyInvois", myinvois)] {
        let refusal = seal_as(&stamped, &PKI.p256, None, &parallel).err().unwrap();
        assert_eq!(refusal.code(), "would-break-signature", "{refusal}");
        assert!(refusal.to_string().contains(&format!("its hash for {name}")), "{refusal}");
        assert!(seal_as(&stamped, &PKI.p256, None, &detached).is_ok());
        // Inside of ext:UBLExtensions, which both leave out.
        let both = seal_as(&stamped, &PKI.p256, None, &inside).unwrap().into_bytes();
        match name {
            "ZATCA" => check_zatca(&both).unwrap(),
            _ => check_myinvois(&both).unwrap(),
        }
    }
}

/// Steps that reading the signatures of a document takes.
fn steps(hostile: &HostileDocument) -> u64 {
    let tree = Document::parse(std::str::from_utf8(&hostile.document).unwrap()).unwrap();
    let budget = Budget::of_document(hostile.document.len());
    let held = xml::read(&tree, &Limits::default(), &budget);
    let covered = &held[0].covered;
    assert!(covered.iter().all(|it| it.to_string().contains("its hash for ZATCA")), "{covered:?}");
    budget.used()
}

/// What an authority digests of a document is made once, however many references have it, and is paid for.
#[test]
fn hashes_of_an_authority_are_paid_for_once() {
    let (one, many) = (hostile::stamps(2000, 1), hostile::stamps(2000, 200));
    let octets = one.document.len() as u64;
    let (one, many) = (steps(&one), steps(&many));
    assert!(one > octets / 8, "{one} steps for {octets} octets");
    assert!(many < 20 * one, "{many} steps for many references, {one} for one");
}

/// Properties that become long before they are hashed are paid for, until nothing is left.
#[test]
fn hashed_properties_are_paid_for() {
    let steps = |references| steps(&hostile::stamped_properties(900, 1000, references));
    let (one, two) = (steps(1), steps(2));
    assert!(one > 1000 * 900 / 8 && two > 3 * one / 2, "{one} and {two} steps");
    let hostile = hostile::stamped_properties(900, 1000, 250);
    let tree = Document::parse(std::str::from_utf8(&hostile.document).unwrap()).unwrap();
    let held = xml::read(&tree, &Limits::default(), &Budget::default());
    let last = &held[0].covered.last().unwrap().standing;
    assert!(
        matches!(last, CoveredStanding::Unknown(reason) if reason.contains("take more than")),
        "{last:?}"
    );
}
