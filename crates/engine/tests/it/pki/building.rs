//! Paths that are found among many certificates, or not, and what is said then.

use chancery_engine::pki::certificate::Certificate;
use chancery_engine::pki::path::{
    CertificatePool, Flaw, NoPath, PathSettings, TrustAnchor, ValidPath, find,
};
use chancery_testing::cost;
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, date_time_ymd};

use super::openssl;
use super::parties::{AT, Holder, authority, params, pem, with};

fn pool<'p>(anchor: &Holder, others: impl IntoIterator<Item = &'p Certificate>) -> CertificatePool {
    CertificatePool::new([TrustAnchor::of(anchor.certificate.clone())], others.into_iter().cloned())
}

fn search<'p>(
    pool: &'p CertificatePool,
    certificate: &'p Certificate,
) -> Result<ValidPath<'p>, NoPath> {
    find(pool, certificate, &PathSettings::at(AT), &mut |_| Ok(()))
}

fn subjects(path: &ValidPath<'_>) -> Vec<String> {
    path.certificates().iter().map(|certificate| certificate.common_name()).collect()
}

/// Whether a path holds for OpenSSL too. It would not find it: it takes the first issuer by name.
fn openssl_agrees(path: &ValidPath<'_>) {
    let [certificate, others @ ..] = path.certificates() else { panic!("nothing to check") };
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, certificates: &[&Certificate]| {
        let pems: String = certificates.iter().map(|certificate| pem(certificate)).collect();
        std::fs::write(folder.path().join(name), pems).unwrap();
    };
    write("anchor.pem", &[path.anchor().certificate()]);
    write("others.pem", others);
    write("asked.pem", &[certificate]);
    let verify = ["verify", "-attime", "1798761600", "-partial_chain", "-trusted", "anchor.pem"];
    let files = ["-untrusted", "others.pem", "asked.pem"];
    openssl(&[&verify[..], &files].concat(), folder.path());
}

/// Two roots certify each other, as bridges do; only the second is trusted.
#[test]
fn roots_that_certify_each_other() {
    let (one, other) = (Holder::root_of(authority("One")), Holder::root_of(authority("Other")));
    let across = [
        other.certifies(&authority("One"), &one.key),
        one.certifies(&authority("Other"), &other.key),
    ];
    let middle = one.issues(authority("Middle"));
    let leaf = middle.issues(params("Seal"));
    let others = [&one.certificate, &across[0], &across[1], &middle.certificate];
    for turn in 0..others.len() {
        let mut others = others;
        others.rotate_left(turn);
        let pool = pool(&other, others);
        let path = search(&pool, &leaf.certificate).unwrap();
        assert_eq!(subjects(&path), ["Seal", "Middle", "One"]);
        assert_eq!(path.certificates()[2].der(), across[0].der());
        assert_eq!(path.anchor().certificate().der(), other.certificate.der());
        assert_eq!(path.issuer(2).common_name(), "Other");
        openssl_agrees(&path);
    }
    // Without the bridge there is only the way in circles.
    let pool = pool(&other, [&one.certificate, &across[1], &middle.certificate]);
    let none = search(&pool, &leaf.certificate).unwrap_err();
    assert!(!none.anchored);
    let flaw = &none.findings[0].flaw;
    assert!(matches!(flaw, Flaw::NoWayOn(_)), "{none}");
}

/// What is wrong is told of the path that comes nearest, by certificate and clause.
#[test]
fn what_is_wrong_is_told_by_certificate_and_clause() {
    let root = Holder::root();
    let not_after = date_time_ymd(2026, 12, 1);
    let old = root.issues(with(authority("Middle"), |it| it.not_after = not_after));
    let leaf = old.issues(params("Seal"));
    let namesake = Holder::root().issues(authority("Middle"));
    let pool_of = |others: &[&Certificate]| pool(&root, others.iter().copied());
    let with_old = pool_of(&[&namesake.certificate, &old.certificate]);
    let none = search(&with_old, &leaf.certificate).unwrap_err();
    assert!(none.anchored);
    let [finding] = none.findings.as_slice() else { panic!("{none}") };
    assert_eq!((finding.position, none.subjects.len()), (1, 2));
    assert!(matches!(finding.flaw, Flaw::Expired { .. }), "{none}");
    for word in ["CN=Middle", "2026-12-01", "RFC 5280, 6.1.3 (a)(2)"] {
        assert!(none.to_string().contains(word), "{none}");
    }
    let with_namesake = pool_of(&[&namesake.certificate]);
    let none = search(&with_namesake, &leaf.certificate).unwrap_err();
    assert!(matches!(none.findings[0].flaw, Flaw::NotSigned { .. }), "{none}");
    let alone = pool_of(&[]);
    let none = search(&alone, &leaf.certificate).unwrap_err();
    assert!(matches!(none.findings[0].flaw, Flaw::NoIssuer { .. }), "{none}");
    // Renewed with the same key: found, and OpenSSL finds it too.
    let renewed = root.certifies(&authority("Middle"), &old.key);
    let all = [&old.certificate, &namesake.certificate, &renewed];
    let pool = pool_of(&all);
    let path = search(&pool, &leaf.certificate).unwrap();
    assert_eq!(path.certificates()[1].der(), renewed.der());
    openssl_agrees(&path);
    assert!(search(&pool, &root.certificate).unwrap().certificates().is_empty());
}

/// Whoever accepts paths may refuse one and be shown another, or have the last word.
#[test]
fn paths_can_be_refused() {
    let root = Holder::root();
    let first = root.issues(authority("Middle"));
    let second = root.certifies(&authority("Middle"), &first.key);
    let leaf = first.issues(params("Seal"));
    let pool = pool(&root, [&first.certificate, &second]);
    let settings = PathSettings::at(AT);
    let mut shown = Vec::new();
    let found = find(&pool, &leaf.certificate, &settings, &mut |path| {
        shown.push(path.certificates()[1].der().to_vec());
        if shown.len() == 2 { Ok(()) } else { Err(Vec::new()) }
    });
    assert_eq!(found.unwrap().certificates()[1].der(), shown[1]);
    assert_ne!(shown[0], shown[1]);
}

/// An anchor's own limits count where it is said that they do (RFC 5937).
#[test]
fn limits_of_trust_anchors() {
    let is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let root = Holder::root_of(with(authority("Root"), |it| it.is_ca = is_ca));
    let middle = root.issues(authority("Middle"));
    let leaf = middle.issues(params("Seal"));
    let others = [middle.certificate.clone()];
    let free = CertificatePool::new([TrustAnchor::of(root.certificate.clone())], others.clone());
    assert!(search(&free, &leaf.certificate).is_ok());
    let bound = CertificatePool::new([TrustAnchor::constrained(root.certificate.clone())], others);
    let none = search(&bound, &leaf.certificate).unwrap_err();
    assert!(matches!(none.findings[0].flaw, Flaw::PathLength { .. }), "{none}");
    assert_eq!(none.findings[0].subject, root.certificate.subject());
}

/// Authorities that all have one name and certify each other, none of them trusted: the number of ways
/// through them grows without bounds, the work does not.
#[test]
fn a_thicket_of_authorities_costs_what_it_may() {
    let keys: Vec<KeyPair> = (0..8).map(|_| KeyPair::generate().unwrap()).collect();
    let of = |number: usize, subject: CertificateParams| Holder {
        certificate: Holder::root().certificate,
        params: subject,
        key: KeyPair::try_from(keys[number].serialize_der()).unwrap(),
    };
    let mut thicket = Vec::new();
    for issuer in 0..keys.len() {
        let party = of(issuer, authority("Thicket"));
        let subjects = (0..keys.len()).filter(|subject| *subject != issuer);
        thicket
            .extend(subjects.map(|subject| party.certifies(&authority("Thicket"), &keys[subject])));
    }
    let leaf = of(0, authority("Thicket")).issues(params("Seal"));
    let pool = pool(&Holder::root(), &thicket);
    let none = cost::at_most(300, "a thicket of authorities", || search(&pool, &leaf.certificate));
    let none = none.unwrap_err();
    assert!(none.findings.iter().any(|finding| finding.flaw == Flaw::TooCostly), "{none}");
}
