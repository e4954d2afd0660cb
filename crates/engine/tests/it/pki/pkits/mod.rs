//! The Public Key Interoperability Test Suite of NIST, tests 4.1 to 4.16: every certificate and list is
//! there in every test, so that paths are found as well as validated.

pub(crate) mod data;

use std::collections::BTreeSet;

use chancery_engine::domain::instant::Instant;
use chancery_engine::pki::Error;
use chancery_engine::pki::certificate::Certificate;
use chancery_engine::pki::path::{
    CertificatePool, Flaw, NoPath, PathSettings, PolicyDemand, TrustAnchor, ValidPolicies, find,
};
use chancery_engine::pki::revocation::RevocationCheck;
use chancery_engine::pki::revocation::crl::Crl;
use data::{Data, PkitsCase, cases};

/// 2022-05-01.
const AT: Instant = Instant::from_unix_ms(1_651_363_200_000);

/// Tests that come out otherwise, and why.
const DEPARTURES: [(&str, &str, &str); 3] = [
    (
        "4.1.4",
        "key-unsupported",
        "keys of DSA are not read: FIPS 186-5 ended it, nobody seals with it",
    ),
    ("4.1.5", "key-unsupported", "as 4.1.4, with parameters of the key inherited"),
    (
        "4.1.6",
        "key-unsupported",
        "as 4.1.4; refused as it must be, before the signature is looked at",
    ),
];

/// Every certificate with a key that we can work with.
fn pool(data: &Data) -> CertificatePool {
    let (mut certificates, mut unusable) = (Vec::new(), Vec::new());
    for (name, der) in &data.certificates {
        match Certificate::from_der(der) {
            Ok(certificate) => certificates.push(certificate),
            Err(Error::KeyUnsupported(_)) => unusable.push(name.as_str()),
            Err(error) => panic!("{name}: {error}"),
        }
    }
    assert_eq!(unusable.len(), 5);
    assert!(unusable.iter().all(|name| name.contains("DSA")), "{unusable:?}");
    let root = Certificate::from_der(&data.certificates["TrustAnchorRootCertificate.crt"]);
    CertificatePool::new([TrustAnchor::of(root.unwrap())], certificates)
}

/// The word for what is wrong in `cases.txt`.
fn word(none: &NoPath) -> String {
    let words: BTreeSet<&str> =
        none.findings.iter().map(|finding| flaw_word(&finding.flaw)).collect();
    words.into_iter().collect::<Vec<_>>().join("+")
}

/// What came out: a word, and the policies or what was said.
fn outcome(
    pool: &CertificatePool,
    lists: &[Crl],
    data: &Data,
    case: &PkitsCase,
) -> (String, Result<ValidPolicies, String>) {
    let certificate = match Certificate::from_der(&data.certificates[&case.certificate]) {
        Ok(certificate) => certificate,
        Err(error @ Error::KeyUnsupported(_)) => {
            return ("key-unsupported".to_owned(), Err(error.to_string()));
        }
        Err(error) => panic!("{case}: {error}"),
    };
    let settings = settings(case);
    let mut revocation = RevocationCheck::new(pool, lists, &settings);
    match find(pool, &certificate, &settings, &mut |path| revocation.check(path)) {
        Ok(path) => ("valid".to_owned(), Ok(path.policies().clone())),
        Err(none) => (word(&none), Err(none.to_string())),
    }
}

fn flaw_word(flaw: &Flaw) -> &'static str {
    match flaw {
        Flaw::NotSigned { .. } => "signature",
        Flaw::Uncheckable { .. } => "uncheckable",
        Flaw::NotYetValid { .. } => "not-yet",
        Flaw::Expired { .. } => "expired",
        Flaw::NoIssuer { .. } => "no-issuer",
        Flaw::NotAuthority(_) => "not-authority",
        Flaw::MayNotIssue(_) => "key-usage",
        Flaw::PathLength { .. } => "path-length",
        Flaw::NoPolicy { .. } => "policy",
        Flaw::AnyPolicyMapped { .. } => "any-mapped",
        Flaw::NameForbidden { .. } => "name",
        Flaw::UnknownCritical { .. } => "critical",
        Flaw::Revoked { .. } => "revoked",
        Flaw::StatusUnknown { .. } => "undetermined",
        other => panic!("{other}"),
    }
}

fn settings(case: &PkitsCase) -> PathSettings {
    let policies = PolicyDemand {
        accepted: case.accepted.clone(),
        explicit: case.has("explicit=yes"),
        inhibit_mapping: case.has("inhibit-mapping=yes"),
        inhibit_any: case.has("inhibit-any=yes"),
    };
    PathSettings { policies, ..PathSettings::at(AT) }
}

#[test]
fn all_paths_come_out_as_they_must() {
    let data = Data::read();
    let pool = pool(&data);
    let mut lists = Vec::new();
    for (name, der) in &data.lists {
        match Crl::read(der.clone()) {
            Ok(list) => lists.push(list),
            // The signature of 4.4.4 is not even a whole number of bytes.
            Err(error) => assert_eq!(name, "BadCRLSignatureCACRL.crl", "{error}"),
        }
    }
    let mut wrong = Vec::new();
    let cases = cases();
    for case in &cases {
        let wanted = case.expected.as_str();
        let departure = DEPARTURES.iter().find(|(number, ..)| *number == case.number);
        let wanted = departure.map_or(wanted, |(_, departed, _)| departed);
        let (came, more) = outcome(&pool, &lists, &data, case);
        if came != wanted {
            wrong.push(format!("{case}: {came}, not {wanted}: {more:?}"));
        } else if let (Ok(came), Some(wanted)) = (&more, &case.policies)
            && came != wanted
        {
            wrong.push(format!("{case}: {came:?}, not {wanted:?}"));
        }
    }
    let numbers: BTreeSet<&str> = cases.iter().map(|case| case.number.as_str()).collect();
    assert_eq!((cases.len(), numbers.len()), (247, 224), "a test is missing");
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
