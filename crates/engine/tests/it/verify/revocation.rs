//! What lists say of the signing certificate counts.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use chancery_engine::domain::instant::DAY_MS;
use chancery_engine::pki::certificate::Chain;
use chancery_engine::pki::path::TrustAnchor;
use chancery_engine::pki::revocation::crl::Crl;
use chancery_engine::pki::signature::SignatureValue;
use chancery_engine::seal::{Limits, Profile, Signer, prepare};
use chancery_engine::verify::{
    Indication, SubIndication, VerificationReport, VerifySettings, verify,
};
use rcgen::{
    CertificateRevocationListParams, Issuer, KeyIdMethod, KeyUsagePurpose, RevokedCertParams,
    SerialNumber, date_time_ymd,
};
use serde_json::Map;

use crate::pki::parties::{AT, Holder, authority, params, with};
use crate::seal::settings::CATALOGUE;
use crate::seal::support::INVOICE;

/// The serial number of the signing certificate.
const NUMBER: u64 = 7;

fn sealed(root: &Holder, leaf: &Holder) -> Vec<u8> {
    let chain = Chain::new(vec![leaf.certificate.clone(), root.certificate.clone()]).unwrap();
    let signer = Signer::new(&chain);
    let profile = CATALOGUE.settings(None, &Map::new()).unwrap();
    let profile = Profile::Xades(Box::new(profile));
    let at = AT.plus_ms(-10 * DAY_MS);
    let document = INVOICE.as_bytes().to_vec();
    let prepared = prepare(document, &profile, &signer, at, &Limits::default()).unwrap();
    let pair =
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &leaf.key.serialize_der());
    let value = pair.unwrap().sign(&SystemRandom::new(), prepared.to_be_signed()).unwrap();
    let value = SignatureValue::new(value.as_ref().to_vec());
    prepared.attach(value).unwrap().finish().into_bytes()
}

fn list(by: &Holder, numbers: &[u64]) -> Crl {
    let revoked = |number: &u64| RevokedCertParams {
        serial_number: SerialNumber::from(*number),
        revocation_time: date_time_ymd(2026, 11, 5),
        reason_code: None,
        invalidity_date: None,
    };
    let params = CertificateRevocationListParams {
        this_update: date_time_ymd(2026, 12, 1),
        next_update: date_time_ymd(2027, 2, 1),
        crl_number: SerialNumber::from(1),
        issuing_distribution_point: None,
        revoked_certs: numbers.iter().map(revoked).collect(),
        key_identifier_method: KeyIdMethod::Sha256,
    };
    let signed = params.signed_by(&Issuer::from_params(&by.params, &by.key)).unwrap();
    Crl::read(signed.der().to_vec()).unwrap()
}

/// The report on a seal whose certificate was revoked.
pub(super) fn of_a_revoked_seal() -> VerificationReport {
    let usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let root = Holder::root_of(with(authority("Root"), |it| it.key_usages = usages));
    let number = |it: &mut rcgen::CertificateParams| {
        it.serial_number = Some(SerialNumber::from(NUMBER));
    };
    let leaf = root.issues(with(params("Seal"), number));
    let mut settings = VerifySettings::new(vec![TrustAnchor::of(root.certificate.clone())], AT);
    settings.lists = vec![list(&root, &[NUMBER])];
    verify(&sealed(&root, &leaf), &settings)
}

#[test]
fn a_list_says_whether_the_signer_is_revoked() {
    let usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let root = Holder::root_of(with(authority("Root"), |it| it.key_usages = usages));
    let leaf =
        root.issues(with(params("Seal"), |it| it.serial_number = Some(SerialNumber::from(NUMBER))));
    let file = sealed(&root, &leaf);
    let said = |lists: Vec<Crl>, days: i64| {
        let anchors = vec![TrustAnchor::of(root.certificate.clone())];
        let mut settings = VerifySettings::new(anchors, AT.plus_ms(days * DAY_MS));
        settings.lists = lists;
        let report = verify(&file, &settings);
        let known = report.signatures[0].signer.as_ref().unwrap().revocation[0].status;
        (report.indication, report.sub_indication, known)
    };
    let unknown = |sub, known| (Indication::Indeterminate, Some(sub), known);
    assert_eq!(said(vec![list(&root, &[])], 0), (Indication::Passed, None, "good"));
    assert_eq!(said(vec![list(&root, &[NUMBER + 1])], 0).2, "good");
    let revoked = unknown(SubIndication::RevokedNoPoe, "revoked");
    assert_eq!(said(vec![list(&root, &[NUMBER])], 0), revoked);
    // too old, of somebody else, none
    let later = unknown(SubIndication::TryLater, "unknown");
    assert_eq!(said(vec![list(&root, &[])], 90), later);
    assert_eq!(said(vec![list(&Holder::root(), &[])], 0), later);
    assert_eq!(said(Vec::new(), 0), later);
}
