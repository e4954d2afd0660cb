//! What the tests are made of: certificates, lists, and the table of what must come out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chancery_engine::pki::path::ValidPolicies;
use der::asn1::ObjectIdentifier;

/// DER by the names of the files.
pub(crate) struct Data {
    pub(crate) certificates: BTreeMap<String, Vec<u8>>,
    pub(crate) lists: BTreeMap<String, Vec<u8>>,
}

impl Data {
    pub(crate) fn read() -> Self {
        let packed = include_bytes!("../../../data/pkits/pkits.pem.gz");
        let mut text = String::new();
        flate2::read::GzDecoder::new(&packed[..]).read_to_string(&mut text).unwrap();
        let (mut certificates, mut lists) = (BTreeMap::new(), BTreeMap::new());
        let mut lines = text.lines();
        while let Some(name) = lines.next() {
            let label = lines.next().unwrap();
            let body: String = lines.by_ref().take_while(|line| !line.starts_with('-')).collect();
            let to = if label.contains("CRL") { &mut lists } else { &mut certificates };
            to.insert(name.to_owned(), STANDARD.decode(body).unwrap());
        }
        assert_eq!((certificates.len(), lists.len()), (405, 173));
        Self { certificates, lists }
    }
}

/// One line of the table.
pub(super) struct PkitsCase {
    pub(super) number: String,
    /// The name of the file with the certificate that is asked for.
    pub(super) certificate: String,
    pub(super) expected: String,
    pub(super) accepted: Option<BTreeSet<ObjectIdentifier>>,
    pub(super) policies: Option<ValidPolicies>,
    settings: Vec<String>,
}

impl PkitsCase {
    pub(super) fn has(&self, setting: &str) -> bool {
        self.settings.iter().any(|own| own == setting)
    }

    fn value(settings: &[String], name: &str) -> Option<String> {
        let mut pairs = settings.iter().filter_map(|setting| setting.split_once('='));
        pairs.find(|(own, _)| *own == name).map(|(_, value)| value.to_owned())
    }
}

impl fmt::Display for PkitsCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.number, self.certificate, self.settings.join(" "))
    }
}

pub(super) fn cases() -> Vec<PkitsCase> {
    let lines = include_str!("../../../data/pkits/cases.txt").lines();
    lines.filter(|line| !line.starts_with('#')).map(case).collect()
}

fn case(line: &str) -> PkitsCase {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [number, certificate, expected, settings @ ..] = words.as_slice() else { panic!("{line}") };
    let settings: Vec<String> = settings.iter().map(|&setting| setting.to_owned()).collect();
    let valid = PkitsCase::value(&settings, "policies").map(|value| match value.as_str() {
        "any" => ValidPolicies { any: true, named: BTreeSet::new() },
        named => ValidPolicies { any: false, named: policies(named) },
    });
    PkitsCase {
        number: (*number).to_owned(),
        certificate: format!("{certificate}.crt"),
        expected: (*expected).to_owned(),
        accepted: PkitsCase::value(&settings, "accepted").map(|value| policies(&value)),
        policies: valid,
        settings,
    }
}

fn policies(numbers: &str) -> BTreeSet<ObjectIdentifier> {
    let numbers = numbers.split(',').filter(|number| !number.is_empty());
    let policy = |number| format!("2.16.840.1.101.3.2.1.48.{number}").parse().unwrap();
    numbers.map(policy).collect()
}
