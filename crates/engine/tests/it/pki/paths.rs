//! Certificates and chains that verifiers refuse, by name; and the path that is taken of several.

use chancery_engine::domain::instant::Instant;
use chancery_engine::domain::refusal::Refusal;
use chancery_engine::pki::Error;
use chancery_engine::pki::certificate::{Certificate, Chain};
use chancery_engine::pki::path::{choose, ends_first};
use chancery_engine::seal::Signer;
use rcgen::{
    BasicConstraints, CustomExtension, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, KeyUsagePurpose, NameConstraints, SanType, date_time_ymd,
};

use super::parties::{AT, Holder, authority, params, with};

/// What is wrong with the seals of a chain at a time.
fn refusal(parties: &[&Holder], at: Instant) -> Option<String> {
    let certificates = parties.iter().map(|party| party.certificate.clone()).collect();
    match Signer::new(&Chain::new(certificates).unwrap()).check_at(at) {
        Ok(()) => None,
        Err(Refusal::CertificateUnusable { reason }) => Some(reason),
        Err(other) => panic!("{other}"),
    }
}

fn assert_refused(parties: &[&Holder], words: &[&str]) {
    let reason = refusal(parties, AT).unwrap_or_else(|| panic!("{words:?} is not refused"));
    for word in words {
        assert!(reason.contains(word), "{word:?} is missing: {reason}");
    }
}

#[test]
fn what_a_signing_certificate_may_do() {
    use ExtendedKeyUsagePurpose::{
        Any, ClientAuth, EmailProtection, OcspSigning, Other, ServerAuth, TimeStamping,
    };
    use KeyUsagePurpose::{
        ContentCommitment, DigitalSignature, KeyAgreement, KeyCertSign, KeyEncipherment,
    };
    let root = Holder::root();
    let usages = [
        (vec![], None),
        (vec![DigitalSignature], None),
        (vec![ContentCommitment], None),
        (vec![DigitalSignature, KeyEncipherment], None),
        (vec![KeyEncipherment], Some("keyEncipherment")),
        (vec![KeyAgreement], Some("keyAgreement")),
        (vec![KeyCertSign], Some("keyCertSign")),
    ];
    for (usages, word) in usages {
        let leaf = root.issues(with(params("Seal"), |it| it.key_usages = usages));
        match word {
            None => assert_eq!(refusal(&[&leaf, &root], AT), None),
            Some(word) => assert_refused(&[&leaf, &root], &["keyUsage", word, "digitalSignature"]),
        }
    }
    let document_signing = Other(vec![1, 3, 6, 1, 5, 5, 7, 3, 36]);
    let purposes = [
        (vec![EmailProtection], None),
        (vec![document_signing], None),
        (vec![ServerAuth, ClientAuth], None),
        (vec![Any], None),
        (vec![ServerAuth], Some("serverAuth")),
        (vec![TimeStamping, OcspSigning], Some("timeStamping, OCSPSigning")),
    ];
    for (purposes, word) in purposes {
        let extended_key_usages = purposes;
        let leaf =
            root.issues(with(params("Seal"), |it| it.extended_key_usages = extended_key_usages));
        match word {
            None => assert_eq!(refusal(&[&leaf, &root], AT), None),
            Some(word) => assert_refused(&[&leaf, &root], &["extendedKeyUsage", word]),
        }
    }
    assert_refused(&[&root.issues(authority("Seal")), &root], &["certificate authority"]);
    assert_refused(&[&root], &["certificate authority"]);
    for critical in [false, true] {
        let mut wanted = params("Seal");
        let mut extension = CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0]);
        extension.set_criticality(critical);
        wanted.custom_extensions.push(extension);
        let leaf = root.issues(wanted);
        assert_eq!(refusal(&[&leaf, &root], AT).is_some(), critical);
        if critical {
            assert_refused(&[&leaf, &root], &["critical", "1.2.3.4"]);
        }
    }
}

#[test]
fn what_an_issuer_may_do() {
    let root = Holder::root();
    let middle = root.issues(authority("Middle"));
    let leaf = middle.issues(params("Seal"));
    assert_eq!(refusal(&[&leaf, &middle, &root], AT), None);
    assert_eq!(refusal(&[&leaf, &middle], AT), None, "the root need not be there");

    let nobody = root.issues(params("Middle"));
    let leaf = nobody.issues(params("Seal"));
    assert_refused(&[&leaf, &nobody, &root], &["CN=Middle", "basicConstraints"]);

    let key_usages = vec![KeyUsagePurpose::CrlSign];
    let lister = root.issues(with(authority("Middle"), |it| it.key_usages = key_usages));
    let leaf = lister.issues(params("Seal"));
    assert_refused(&[&leaf, &lister, &root], &["CN=Middle", "keyCertSign"]);

    let is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let short = Holder::root_of(with(authority("Root"), |it| it.is_ca = is_ca));
    let middle = short.issues(authority("Middle"));
    let leaf = middle.issues(params("Seal"));
    assert_refused(&[&leaf, &middle, &short], &["CN=Root", "0", "1"]);
    let leaf = short.issues(params("Seal"));
    assert_eq!(refusal(&[&leaf, &short], AT), None);

    // The same name, another key.
    let leaf = root.issues(params("Seal"));
    assert_refused(&[&leaf, &Holder::root()], &["CN=Root", "did not sign", "CN=Seal"]);
}

#[test]
fn every_link_is_valid_when_a_seal_is_made() {
    let root =
        Holder::root_of(with(authority("Root"), |it| it.not_after = date_time_ymd(2026, 6, 1)));
    let not_after = date_time_ymd(2027, 2, 1);
    let middle = root.issues(with(authority("Middle"), |it| it.not_after = not_after));
    let leaf = middle.issues(params("Seal"));
    let all = [&leaf, &middle, &root];
    // The trust anchor's end is nobody's business (RFC 5280, 6.1).
    assert_eq!(refusal(&all, AT), None);
    let reason = refusal(&all, AT.plus_ms(32 * 86_400_000)).unwrap();
    assert!(reason.contains("CN=Middle") && reason.contains("2027-02-01"), "{reason}");
    let not_before = date_time_ymd(2027, 1, 2);
    let late = root.issues(with(authority("Middle"), |it| it.not_before = not_before));
    let leaf = late.issues(params("Seal"));
    assert_refused(&[&leaf, &late, &root], &["CN=Middle", "not valid before 2027-01-02"]);
    // Whoever watches over the credential is told of the first end, the anchor's too.
    let chain = |parties: &[&Holder]| {
        Chain::new(parties.iter().map(|party| party.certificate.clone()).collect()).unwrap()
    };
    assert_eq!(ends_first(&chain(&all)).common_name(), "Root");
    assert_eq!(ends_first(&chain(&[&leaf])).common_name(), "Seal");
}

#[test]
fn names_that_an_issuer_may_not_certify() {
    let directory = |organization: &str| {
        let mut name = DistinguishedName::new();
        name.push(DnType::OrganizationName, organization);
        GeneralSubtree::DirectoryName(name)
    };
    let dns = |text: &str| GeneralSubtree::DnsName(text.to_owned());
    let mail = |text: &str| GeneralSubtree::Rfc822Name(text.to_owned());
    let named = |sans: Vec<SanType>| with(params("Seal"), |it| it.subject_alt_names = sans);
    let host = |text: &str| SanType::DnsName(text.try_into().unwrap());
    let address = |text: &str| SanType::Rfc822Name(text.try_into().unwrap());
    let cases = [
        (vec![directory("acme")], vec![], params("Seal"), None),
        (vec![directory("Other")], vec![], params("Seal"), Some("CN=Seal")),
        (vec![], vec![directory("ACME")], params("Seal"), Some("CN=Seal")),
        (vec![dns("acme.example")], vec![], params("Seal"), None),
        (vec![dns("acme.example")], vec![], named(vec![host("a.ACME.example")]), None),
        (
            vec![dns("acme.example")],
            vec![],
            named(vec![host("notacme.example")]),
            Some("notacme.example"),
        ),
        (
            vec![],
            vec![dns("acme.example")],
            named(vec![host("acme.example")]),
            Some("acme.example"),
        ),
        (vec![mail("acme.example")], vec![], named(vec![address("a@acme.example")]), None),
        (
            vec![mail("acme.example")],
            vec![],
            named(vec![address("a@sub.acme.example")]),
            Some("a@sub.acme.example"),
        ),
        (vec![mail(".acme.example")], vec![], named(vec![address("a@sub.acme.example")]), None),
    ];
    let root = Holder::root();
    for (permitted_subtrees, excluded_subtrees, leaf, word) in cases {
        let shown = format!("{permitted_subtrees:?} {excluded_subtrees:?}");
        let name_constraints = Some(NameConstraints { permitted_subtrees, excluded_subtrees });
        let middle =
            root.issues(with(authority("Middle"), |it| it.name_constraints = name_constraints));
        let leaf = middle.issues(leaf);
        match word {
            None => assert_eq!(refusal(&[&leaf, &middle, &root], AT), None, "{shown}"),
            Some(word) => {
                assert_refused(&[&leaf, &middle, &root], &["CN=Middle", "nameConstraints", word]);
            }
        }
    }
}

/// A renewed issuer with the name and key of the old one: the path that holds is taken, whatever the
/// order in the file.
#[test]
fn of_several_paths_the_one_that_holds_is_taken() {
    let root = Holder::root();
    let not_after = date_time_ymd(2026, 12, 1);
    let old = root.issues(with(authority("Middle"), |it| it.not_after = not_after));
    let renewed = root.certifies(&authority("Middle"), &old.key);
    // And one that has but the name.
    let namesake = Holder::root().issues(authority("Middle"));
    let leaf = old.issues(params("Seal"));
    let all = [&leaf.certificate, &old.certificate, &renewed, &namesake.certificate];
    for turn in 0..4 {
        let mut file: Vec<Certificate> = all.into_iter().cloned().collect();
        file.rotate_left(turn);
        file.push(root.certificate.clone());
        let chain = choose(file.clone(), AT).unwrap();
        let taken: Vec<&[u8]> = chain.certificates().map(Certificate::der).collect();
        assert_eq!(taken, [leaf.certificate.der(), renewed.der(), root.certificate.der()]);
        assert!(Signer::new(&chain).check_at(AT).is_ok());
        // While the old one held, the longer lasting path was better already.
        let earlier = choose(file, AT.plus_ms(-90 * 86_400_000)).unwrap();
        assert!(earlier.certificates().any(|one| one.der() == renewed.der()));
    }
}

#[test]
fn doubles_are_passed_over_missing_and_strange_ones_named() {
    let root = Holder::root();
    let middle = root.issues(authority("Middle"));
    let leaf = middle.issues(params("Seal"));
    let stranger = Holder::root_of(authority("Stranger"));
    let pick = |parties: &[&Holder]| {
        choose(parties.iter().map(|party| party.certificate.clone()).collect(), AT)
    };
    let chain = pick(&[&root, &leaf, &middle, &leaf, &root]).unwrap();
    assert_eq!(chain.certificates().count(), 3);
    assert_eq!(chain.signing().common_name(), "Seal");
    assert_eq!(pick(&[&leaf]).unwrap().certificates().count(), 1);

    let said = |parties: &[&Holder]| pick(parties).unwrap_err();
    let missing = said(&[&leaf, &root]);
    assert!(matches!(missing, Error::ChainMissing { .. }), "{missing}");
    let text = missing.to_string();
    assert!(
        text.contains("CN=Middle") && text.contains("CN=Seal") && text.contains("CN=Root"),
        "{text}"
    );
    let strange = said(&[&leaf, &middle, &root, &stranger]);
    assert!(matches!(strange, Error::ChainStrangers { .. }), "{strange}");
    assert!(strange.to_string().contains("CN=Stranger"), "{strange}");
    let ambiguous = said(&[&leaf, &middle, &root, &root.issues(params("Second"))]);
    assert!(matches!(ambiguous, Error::SigningAmbiguous(_)), "{ambiguous}");
    let text = ambiguous.to_string();
    assert!(text.contains("CN=Seal") && text.contains("CN=Second"), "{text}");
    assert!(matches!(choose(Vec::new(), AT), Err(Error::ChainEmpty)));
}
