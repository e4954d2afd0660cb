//! Revocation lists as authorities make them, before OpenSSL and with more entries than anybody reads twice.

use chancery_engine::domain::instant::Instant;
use chancery_engine::pki::path::{CertificatePool, Flaw, PathSettings, TrustAnchor, find};
use chancery_engine::pki::revocation::crl::{Crl, CrlError};
use chancery_engine::pki::revocation::{
    Revocation, RevocationCheck, RevocationFlaw, RevocationReason, RevocationStatus,
};
use chancery_testing::cost;
use rcgen::{
    CertificateParams, CertificateRevocationListParams, CrlIssuingDistributionPoint, Issuer,
    KeyIdMethod, KeyUsagePurpose, RevocationReason as Reason, RevokedCertParams, SerialNumber,
    date_time_ymd,
};

use super::openssl;
use super::parties::{AT, Holder, authority, params, pem, with};

fn issuer() -> Holder {
    let key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Holder::root_of(with(authority("Root"), |it| it.key_usages = key_usages))
}

fn numbered(number: u64) -> CertificateParams {
    with(params("Seal"), |it| it.serial_number = Some(SerialNumber::from(number)))
}

fn revoked(number: u64, reason: Option<Reason>) -> RevokedCertParams {
    RevokedCertParams {
        serial_number: SerialNumber::from(number),
        revocation_time: date_time_ymd(2026, 11, 5),
        reason_code: reason,
        invalidity_date: None,
    }
}

fn list(by: &Holder, entries: Vec<RevokedCertParams>) -> Vec<u8> {
    list_with(by, entries, |_| ())
}

fn list_with(
    by: &Holder,
    entries: Vec<RevokedCertParams>,
    change: impl FnOnce(&mut CertificateRevocationListParams),
) -> Vec<u8> {
    let mut params = CertificateRevocationListParams {
        this_update: date_time_ymd(2026, 12, 1),
        next_update: date_time_ymd(2027, 2, 1),
        crl_number: SerialNumber::from(1),
        issuing_distribution_point: None,
        revoked_certs: entries,
        key_identifier_method: KeyIdMethod::Sha256,
    };
    change(&mut params);
    params.signed_by(&Issuer::from_params(&by.params, &by.key)).unwrap().der().to_vec()
}

/// The status of a certificate right below a trust anchor.
fn status(root: &Holder, leaf: &Holder, lists: &[Crl], at: Instant) -> RevocationStatus {
    let pool = CertificatePool::new([TrustAnchor::of(root.certificate.clone())], []);
    let settings = PathSettings::at(at);
    let path = find(&pool, &leaf.certificate, &settings, &mut |_| Ok(())).unwrap();
    RevocationCheck::new(&pool, lists, &settings).status(&path, 0)
}

#[test]
fn what_lists_say_is_what_openssl_reads() {
    let root = issuer();
    let (good, bad) = (root.issues(numbered(4)), root.issues(numbered(5)));
    let der = list(&root, vec![revoked(5, Some(Reason::KeyCompromise)), revoked(6, None)]);
    let read = [Crl::read(der.clone()).unwrap()];
    assert_eq!((read[0].count(), read[0].issuer()), (2, "CN=Root,O=ACME"));
    assert_eq!(status(&root, &good, &read, AT), RevocationStatus::Good);
    let at = Instant::parse_rfc3339("2026-11-05T00:00:00Z").unwrap();
    let reason = Some(RevocationReason::KeyCompromise);
    let revocation = Revocation { at, reason, invalid_since: None };
    assert_eq!(status(&root, &bad, &read, AT), RevocationStatus::Revoked(revocation));

    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("root.pem"), pem(&root.certificate)).unwrap();
    std::fs::write(folder.path().join("list.der"), &der).unwrap();
    let convert = ["crl", "-inform", "DER", "-in", "list.der", "-out", "list.pem"];
    openssl(&convert, folder.path());
    for (leaf, word) in [(&good, "OK"), (&bad, "revoked")] {
        std::fs::write(folder.path().join("leaf.pem"), pem(&leaf.certificate)).unwrap();
        let verify = std::process::Command::new("openssl")
            .args(["verify", "-attime", "1798761600", "-CAfile", "root.pem", "-crl_check"])
            .args(["-CRLfile", "list.pem", "leaf.pem"])
            .current_dir(folder.path())
            .output()
            .unwrap();
        let said =
            String::from_utf8_lossy(&verify.stdout) + String::from_utf8_lossy(&verify.stderr);
        assert!(said.contains(word), "{said}");
    }
}

/// Every list that must not be used, and why.
#[test]
fn lists_that_say_nothing() {
    let (root, other) = (issuer(), issuer());
    let leaf = root.issues(numbered(4));
    let flaws = |lists: &[Vec<u8>], at: Instant| {
        let lists: Vec<Crl> = lists.iter().map(|der| Crl::read(der.clone()).unwrap()).collect();
        match status(&root, &leaf, &lists, at) {
            RevocationStatus::Unknown(flaws) => flaws,
            known => panic!("{known:?}"),
        }
    };
    let der = list(&root, Vec::new());
    assert_eq!(flaws(&[], AT), [RevocationFlaw::Nothing]);
    let days = |days: i64| AT.plus_ms(days * 86_400_000);
    let ours = std::slice::from_ref(&der);
    assert!(matches!(flaws(ours, days(32)).as_slice(), [RevocationFlaw::Stale { .. }]));
    assert!(matches!(flaws(ours, days(-60)).as_slice(), [RevocationFlaw::NotYet(_)]));
    let of_others = list(&other, Vec::new());
    assert!(matches!(flaws(&[of_others], AT).as_slice(), [RevocationFlaw::NotSigned(_)]));
    let mut changed = der.clone();
    *changed.last_mut().unwrap() ^= 1;
    assert!(matches!(flaws(&[changed], AT).as_slice(), [RevocationFlaw::NotSigned(_)]));
    let elsewhere = list_with(&root, Vec::new(), |it| {
        it.issuing_distribution_point = Some(CrlIssuingDistributionPoint {
            distribution_point: rcgen::CrlDistributionPoint {
                uris: vec!["http://example.com/part".to_owned()],
            },
            scope: None,
        });
    });
    assert_eq!(flaws(&[elsewhere], AT), [RevocationFlaw::Nothing]);
    let settings = PathSettings::at(AT);
    let pool = CertificatePool::new([TrustAnchor::of(root.certificate.clone())], []);
    let mut check = RevocationCheck::new(&pool, [], &settings);
    let none =
        find(&pool, &leaf.certificate, &settings, &mut |path| check.check(path)).unwrap_err();
    assert!(matches!(none.findings[0].flaw, Flaw::StatusUnknown { .. }), "{none}");
    assert!(none.to_string().contains("RFC 5280, 6.1.3 (a)(3)"), "{none}");
}

#[test]
fn what_is_no_list() {
    let der = list(&issuer(), vec![revoked(5, Some(Reason::Superseded))]);
    for end in 0..der.len() {
        assert!(matches!(Crl::read(der[..end].to_vec()), Err(CrlError::Malformed(_))), "{end}");
    }
    let mut longer = der.clone();
    longer.push(0);
    assert!(Crl::read(longer).is_err());
    assert!(Crl::read(b"<html>404</html>".to_vec()).is_err());
    // Whatever one octet becomes, it is read or not, and never more than that.
    for at in 0..der.len() {
        for octet in [0, 0x30, 0x80, 0xFF] {
            let mut changed = der.clone();
            changed[at] = octet;
            let _ = Crl::read(changed);
        }
    }
}

/// The last of 100,000 entries is found where it stands.
#[test]
fn a_list_of_a_hundred_thousand_entries() {
    let root = issuer();
    let entries = (1000..101_000).map(|number| revoked(number, Some(Reason::Superseded)));
    let der = list(&root, entries.collect());
    let length = der.len();
    let long = cost::at_most(200, "reading 100,000 entries", || Crl::read(der).unwrap());
    assert_eq!(long.count(), 100_000);
    let (last, absent) = (root.issues(numbered(100_999)), root.issues(numbered(7)));
    let found = cost::at_most(50, "finding the last of them", || long.entry(&last.certificate));
    assert_eq!(found.unwrap().reason, Some(RevocationReason::Superseded));
    assert_eq!(long.entry(&absent.certificate), None);
    assert_eq!(long.der().len(), length);
    let lists = [long];
    assert_eq!(status(&root, &absent, &lists, AT), RevocationStatus::Good);
}
