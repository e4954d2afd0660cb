//! A stamp of an authority stays right under a further seal, or that seal is refused.

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
