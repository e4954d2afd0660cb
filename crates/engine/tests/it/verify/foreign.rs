//! Files of others: what xmlsec1 says of their digests and values, ours says too.

use std::fs;
use std::path::Path;
use std::process::Command;

use chancery_engine::verify::{Indication, VerificationReport};

use super::support::{report, told};
use crate::seal::support::shared_xml;

fn holds(report: &VerificationReport) -> bool {
    let first = report.signatures.first();
    first.is_some_and(|signature| {
        signature.value_holds == Some(true)
            && signature.covered.iter().all(|covered| covered.standing == "right")
    })
}

/// What xmlsec1 says of the first signature, whoever is trusted.
fn xmlsec1_holds(file: &Path) -> bool {
    let output = Command::new("xmlsec1")
        .args(["--verify", "--insecure", "--id-attr:Id"])
        .arg("http://uri.etsi.org/01903/v1.3.2#:SignedProperties")
        .arg(file)
        .output()
        .unwrap();
    output.status.success()
}

/// Where the two differ: keys without a certificate, which ours does not look at, and Ids that xmlsec1 is
/// not told of.
const OTHERWISE: [(&str, bool); 4] = [
    ("clienteafirma__sample-factura-firmada-31.xml", false),
    ("ubl__UBL-Invoice-2.0-Enveloped.xml", false),
    ("dss__dss1770rootAndRefs.xml", true),
    ("lib-cl-sii-python__DTE--60910000-1--33--2336600.xml", true),
];

#[test]
fn foreign_files_are_told_of_as_they_are() {
    for file in shared_xml(&["signed-xml"]) {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let report = report(&fs::read(&file).unwrap());
        assert_ne!(report.indication, Indication::Passed, "nobody trusts {name}");
        let differs = OTHERWISE.iter().find(|(known, _)| *known == name);
        let expected = differs.map_or_else(|| xmlsec1_holds(&file), |(_, ours)| *ours);
        let said = told(&report);
        assert_eq!(holds(&report), expected, "{name}: {said}");
        if name.contains("XSW") {
            assert!(said.contains("holds more than it covers"), "{name}: {said}");
        }
    }
}
