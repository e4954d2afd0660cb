//! Questions that OpenSSL's responder reads, its answers, and answers that must not be believed.

use std::path::Path;

use chancery_engine::domain::instant::Instant;
use chancery_engine::domain::profile::DigestAlgorithm;
use chancery_engine::pki::certificate::Certificate;
use chancery_engine::pki::path::{CertificatePool, PathSettings, TrustAnchor, find};
use chancery_engine::pki::revocation::crl::Crl;
use chancery_engine::pki::revocation::ocsp::{
    OcspError, OcspFlaw, OcspLimits, OcspRequest, OcspResponder, OcspResponse, OcspStatus,
};
use chancery_engine::pki::revocation::{
    RevocationCheck, RevocationFlaw, RevocationReason, RevocationStatus,
};
use rcgen::{
    CertificateParams, CertificateRevocationListParams, CustomExtension, ExtendedKeyUsagePurpose,
    Issuer, KeyIdMethod, RevokedCertParams, SerialNumber, date_time_ymd,
};
use tempfile::TempDir;

use super::openssl;
use super::parties::{Holder, authority, params, pem, with};

const NONCE: [u8; 32] = [7; 32];

/// Valid whenever the test runs: OpenSSL asks the clock.
fn lasting(params: CertificateParams) -> CertificateParams {
    with(params, |it| {
        it.not_before = date_time_ymd(2020, 1, 1);
        it.not_after = date_time_ymd(2099, 1, 1);
    })
}

fn numbered(number: u64) -> CertificateParams {
    lasting(with(params("Seal"), |it| it.serial_number = Some(SerialNumber::from(number))))
}

fn responder(name: &str, nocheck: bool) -> CertificateParams {
    lasting(with(params(name), |it| {
        it.extended_key_usages = vec![ExtendedKeyUsagePurpose::OcspSigning];
        if nocheck {
            let nocheck = [1, 3, 6, 1, 5, 5, 7, 48, 1, 5];
            it.custom_extensions.push(CustomExtension::from_oid_content(&nocheck, vec![5, 0]));
        }
    }))
}

/// An authority that knows certificate 4 as good, 5 as revoked, and 6 not at all.
struct Authority {
    folder: TempDir,
    ca: Holder,
    seals: [Holder; 3],
}

impl Authority {
    fn new() -> Self {
        let ca = Holder::root_of(lasting(authority("Root")));
        let folder = tempfile::tempdir().unwrap();
        let index = "V\t491231235959Z\t\t04\tunknown\t/CN=good\n\
             R\t491231235959Z\t260105101112Z,keyCompromise\t05\tunknown\t/CN=revoked\n";
        std::fs::write(folder.path().join("index.txt"), index).unwrap();
        std::fs::write(folder.path().join("ca.pem"), pem(&ca.certificate)).unwrap();
        let seals = [4, 5, 6].map(|number| ca.issues(numbered(number)));
        Self { folder, ca, seals }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn request(&self, algorithm: DigestAlgorithm, nonce: Option<&[u8]>) -> OcspRequest {
        let questions: Vec<(&Certificate, &Certificate)> =
            self.seals.iter().map(|seal| (&seal.certificate, &self.ca.certificate)).collect();
        OcspRequest::new(&questions, algorithm, nonce).unwrap()
    }

    /// What OpenSSL answers to a request as somebody; `open` leaves out until when it is good.
    fn answer(&self, request: &OcspRequest, signer: &Holder, more: &[&str]) -> Vec<u8> {
        std::fs::write(self.path().join("request.der"), request.der()).unwrap();
        std::fs::write(self.path().join("signer.pem"), pem(&signer.certificate)).unwrap();
        std::fs::write(self.path().join("signer.key"), signer.key.serialize_pem()).unwrap();
        let respond = ["ocsp", "-index", "index.txt", "-CA", "ca.pem", "-rsigner", "signer.pem"];
        let files = ["-rkey", "signer.key", "-reqin", "request.der", "-respout", "response.der"];
        let (until, more): (&[&str], &[&str]) =
            if more == ["open"] { (&[], &[]) } else { (&["-ndays", "1"], more) };
        openssl(&[&respond[..], &files, until, more].concat(), self.path());
        std::fs::read(self.path().join("response.der")).unwrap()
    }

    fn check<'r>(
        &self,
        response: &'r OcspResponse,
        seal: usize,
        limits: &OcspLimits,
    ) -> Result<OcspAnswerParts<'r>, OcspFlaw> {
        let certificate = &self.seals[seal].certificate;
        let answer = response.check(certificate, &self.ca.certificate, limits)?;
        Ok((answer.status, answer.responder))
    }
}

type OcspAnswerParts<'r> = (OcspStatus, OcspResponder<'r>);

/// At the time when an answer was made, which only OpenSSL knows.
fn limits(response: &OcspResponse) -> OcspLimits {
    OcspLimits::at(response.produced_at())
}

fn days(at: Instant, days: i64) -> Instant {
    at.plus_ms(days * 86_400_000)
}

#[test]
fn openssl_answers_what_we_ask() {
    let authority = Authority::new();
    let delegated = authority.ca.issues(responder("Responder", true));
    let checked = authority.ca.issues(responder("Responder", false));
    for algorithm in [DigestAlgorithm::Sha1, DigestAlgorithm::Sha256] {
        let request = authority.request(algorithm, Some(&NONCE));
        for (signer, key_id) in
            [(&authority.ca, false), (&delegated, false), (&delegated, true), (&checked, true)]
        {
            let more: &[&str] = if key_id { &["-resp_key_id"] } else { &[] };
            let der = authority.answer(&request, signer, more);
            let response = OcspResponse::read(der).unwrap();
            let limits = OcspLimits { nonce_required: true, ..limits(&response) };
            let mut seen = Vec::new();
            for seal in &authority.seals {
                let answer = response
                    .check_answer(&request, &seal.certificate, &authority.ca.certificate, &limits)
                    .unwrap();
                assert_eq!(answer.produced_at, response.produced_at());
                assert_eq!(answer.next_update, Some(days(answer.this_update, 1)));
                match answer.responder {
                    OcspResponder::Issuer => assert_eq!(signer.certificate.common_name(), "Root"),
                    OcspResponder::Delegated { certificate, nocheck } => {
                        assert_eq!(certificate.der(), signer.certificate.der());
                        assert_eq!(nocheck, std::ptr::eq(signer, &raw const delegated));
                    }
                }
                seen.push(answer.status);
            }
            let [OcspStatus::Good, OcspStatus::Revoked(revocation), OcspStatus::Unknown] =
                seen.as_slice()
            else {
                panic!("{seen:?}")
            };
            assert_eq!(revocation.reason, Some(RevocationReason::KeyCompromise));
            assert_eq!(revocation.at.to_xs_date_time(), "2026-01-05T10:11:12Z");
        }
    }
}

/// The request is what OpenSSL reads: certificates, digests and the nonce.
#[test]
fn openssl_reads_our_requests() {
    let authority = Authority::new();
    for (algorithm, name) in [(DigestAlgorithm::Sha1, "sha1"), (DigestAlgorithm::Sha256, "sha256")]
    {
        let request = authority.request(algorithm, Some(&NONCE));
        std::fs::write(authority.path().join("request.der"), request.der()).unwrap();
        let said = openssl(&["ocsp", "-reqin", "request.der", "-req_text"], authority.path());
        for word in [name, "Serial Number: 04", "Serial Number: 06", "OCSP Nonce", "07070707"] {
            assert!(said.contains(word), "{word}: {said}");
        }
    }
    let seal = &authority.seals[0].certificate;
    let questions = [(seal, &authority.ca.certificate)];
    for length in [0, 129] {
        let nonce = vec![1; length];
        let made = OcspRequest::new(&questions, DigestAlgorithm::Sha256, Some(&nonce));
        assert_eq!(made.unwrap_err(), OcspError::NonceLength(length));
    }
    let none = OcspRequest::new(&[], DigestAlgorithm::Sha256, None);
    assert_eq!(none.unwrap_err(), OcspError::Questions(0));
}

#[test]
fn answers_that_must_not_be_believed() {
    let authority = Authority::new();
    let request = authority.request(DigestAlgorithm::Sha256, Some(&NONCE));
    let answer_of = |signer: &Holder, more: &[&str]| {
        OcspResponse::read(authority.answer(&request, signer, more)).unwrap()
    };
    let flaw_of =
        |response: &OcspResponse, limits: &OcspLimits| authority.check(response, 0, limits).err();
    let good = answer_of(&authority.ca, &[]);
    let now = limits(&good);
    assert_eq!(flaw_of(&good, &now), None);

    // About others: another serial number, another issuer.
    let strange = authority.ca.issues(numbered(9));
    let ca = &authority.ca.certificate;
    let flaw = good.check(&strange.certificate, ca, &now).unwrap_err();
    assert_eq!(flaw, OcspFlaw::OtherCertificate);
    let namesake = Holder::root_of(lasting(super::parties::authority("Root")));
    let seal = &authority.seals[0].certificate;
    let flaw = good.check(seal, &namesake.certificate, &now).unwrap_err();
    assert_eq!(flaw, OcspFlaw::OtherCertificate);

    // To another question, or one that is replayed.
    let again = authority.request(DigestAlgorithm::Sha256, Some(&[8; 32]));
    let flaw = good.check_answer(&again, seal, ca, &now).unwrap_err();
    assert_eq!(flaw, OcspFlaw::NonceDiffers);
    let without = authority.request(DigestAlgorithm::Sha256, None);
    let der = authority.answer(&without, &authority.ca, &[]);
    let bare = OcspResponse::read(der).unwrap();
    assert!(bare.check_answer(&request, seal, ca, &limits(&bare)).is_ok());
    let strict = OcspLimits { nonce_required: true, ..limits(&bare) };
    let flaw = bare.check_answer(&request, seal, ca, &strict).unwrap_err();
    assert_eq!(flaw, OcspFlaw::NonceMissing);

    // By somebody who may not.
    let no_purpose = authority.ca.issues(lasting(params("Responder")));
    let flaw = flaw_of(&answer_of(&no_purpose, &[]), &now);
    assert!(matches!(flaw, Some(OcspFlaw::NotForOcsp(_))), "{flaw:?}");
    let of_others = Holder::root_of(lasting(super::parties::authority("Other")));
    let of_others = of_others.issues(responder("Responder", true));
    let flaw = flaw_of(&answer_of(&of_others, &[]), &now);
    assert!(matches!(flaw, Some(OcspFlaw::ResponderOfOthers { .. })), "{flaw:?}");
    let expired = authority.ca.issues(with(responder("Responder", true), |it| {
        it.not_after = date_time_ymd(2021, 1, 1);
    }));
    let flaw = flaw_of(&answer_of(&expired, &[]), &now);
    assert!(matches!(flaw, Some(OcspFlaw::ResponderNotValid(_))), "{flaw:?}");
    let middle = authority.ca.issues(lasting(super::parties::authority("Middle")));
    let indirect = middle.issues(responder("Responder", true));
    let flaw = flaw_of(&answer_of(&indirect, &[]), &now);
    assert!(matches!(flaw, Some(OcspFlaw::ResponderOfOthers { .. })), "{flaw:?}");
    let delegated = authority.ca.issues(responder("Responder", true));
    let flaw = flaw_of(&answer_of(&delegated, &["-resp_no_certs"]), &now);
    assert_eq!(flaw, Some(OcspFlaw::ResponderUnknown));
    let key_usages = vec![rcgen::KeyUsagePurpose::KeyEncipherment];
    let usage = with(responder("Responder", true), |it| it.key_usages = key_usages);
    let flaw = flaw_of(&answer_of(&authority.ca.issues(usage), &[]), &now);
    assert!(matches!(flaw, Some(OcspFlaw::KeyUsage(_))), "{flaw:?}");

    // Changed, or with the issuer's name and another key.
    let mut changed = authority.answer(&request, &authority.ca, &["-resp_no_certs"]);
    *changed.last_mut().unwrap() ^= 1;
    let flaw = flaw_of(&OcspResponse::read(changed).unwrap(), &now);
    assert_eq!(flaw, Some(OcspFlaw::NotSigned));
    let flaw = flaw_of(&answer_of(&namesake, &[]), &now);
    assert!(flaw.is_some(), "another key with the name of the issuer");

    // Too early, too late.
    let flaw = flaw_of(&good, &OcspLimits { at: days(now.at, 2), ..now });
    assert!(matches!(flaw, Some(OcspFlaw::Stale(_))), "{flaw:?}");
    let flaw = flaw_of(&good, &OcspLimits { at: days(now.at, -1), ..now });
    assert!(matches!(flaw, Some(OcspFlaw::NotYet(_))), "{flaw:?}");
    let open = answer_of(&authority.ca, &["open"]);
    let later = OcspLimits { at: days(now.at, 1), ..limits(&open) };
    let flaw = flaw_of(&open, &later);
    assert!(matches!(flaw, Some(OcspFlaw::TooOld(_))), "{flaw:?}");
    assert_eq!(flaw_of(&open, &limits(&open)), None);
}

#[test]
fn what_is_no_answer() {
    let read = |der: &[u8]| OcspResponse::read(der.to_vec()).unwrap_err();
    for (code, word) in [
        (1, "malformedRequest"),
        (2, "internalError"),
        (3, "tryLater"),
        (5, "sigRequired"),
        (6, "unauthorized"),
    ] {
        assert_eq!(read(&[0x30, 3, 0x0A, 1, code]), OcspError::Refused(word));
    }
    assert!(matches!(read(&[0x30, 3, 0x0A, 1, 4]), OcspError::Malformed(_)));
    assert!(matches!(read(b"<html>502 Bad Gateway</html>"), OcspError::Malformed(_)));
    assert!(matches!(read(&vec![0x30; (1 << 20) + 1]), OcspError::TooLarge(_)));

    let authority = Authority::new();
    let request = authority.request(DigestAlgorithm::Sha1, None);
    let der = authority.answer(&request, &authority.ca, &[]);
    for end in 0..der.len() {
        assert!(matches!(read(&der[..end]), OcspError::Malformed(_)), "{end}");
    }
    // Whatever one octet becomes, nothing is said that was not signed.
    let seal = &authority.seals[1].certificate;
    let now = limits(&OcspResponse::read(der.clone()).unwrap());
    for at in 0..der.len() {
        let mut changed = der.clone();
        changed[at] ^= 0x81;
        let Ok(response) = OcspResponse::read(changed) else { continue };
        if let Ok(answer) = response.check(seal, &authority.ca.certificate, &now) {
            assert!(matches!(answer.status, OcspStatus::Revoked(_)), "{at}");
        }
    }
}

/// Answers and lists together: an answer has the word, its responder must itself be good, and who does not
/// know says nothing.
#[test]
fn answers_about_a_path() {
    let authority = Authority::new();
    let (root, pool) = (&authority.ca, |more: &[&Holder]| {
        let anchor = TrustAnchor::of(authority.ca.certificate.clone());
        CertificatePool::new([anchor], more.iter().map(|party| party.certificate.clone()))
    });
    let request = authority.request(DigestAlgorithm::Sha256, None);
    let statuses = |answer: &OcspResponse, lists: &[Crl]| {
        let pool = pool(&[]);
        let settings = PathSettings::at(answer.produced_at());
        let ask = |seal: &Holder| {
            let path = find(&pool, &seal.certificate, &settings, &mut |_| Ok(())).unwrap();
            let limits = OcspLimits::at(settings.at);
            RevocationCheck::new(&pool, lists, &settings)
                .with_answers([answer], &limits)
                .status(&path, 0)
        };
        authority.seals.each_ref().map(ask)
    };
    let nocheck = root.issues(with(responder("Responder", true), |it| {
        it.serial_number = Some(SerialNumber::from(20));
    }));
    let answer = OcspResponse::read(authority.answer(&request, &nocheck, &[])).unwrap();
    let [good, revoked, unknown] = statuses(&answer, &[]);
    assert_eq!(good, RevocationStatus::Good);
    assert!(matches!(revoked, RevocationStatus::Revoked(_)), "{revoked:?}");
    let RevocationStatus::Unknown(flaws) = unknown else { panic!("{unknown:?}") };
    assert!(matches!(flaws.as_slice(), [RevocationFlaw::NotKnown(_)]), "{flaws:?}");

    // Without nocheck somebody must say that the responder is good.
    let checked = root.issues(with(responder("Responder", false), |it| {
        it.serial_number = Some(SerialNumber::from(21));
    }));
    let answer = OcspResponse::read(authority.answer(&request, &checked, &[])).unwrap();
    let [good, ..] = statuses(&answer, &[]);
    let RevocationStatus::Unknown(flaws) = good else { panic!("{good:?}") };
    assert!(matches!(flaws.as_slice(), [RevocationFlaw::SignerNotTrusted { .. }]), "{flaws:?}");
    for (number, trusted) in [(99, true), (21, false)] {
        let list = CertificateRevocationListParams {
            this_update: date_time_ymd(2020, 1, 1),
            next_update: date_time_ymd(2099, 1, 1),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: vec![RevokedCertParams {
                serial_number: SerialNumber::from(number),
                revocation_time: date_time_ymd(2020, 1, 1),
                reason_code: None,
                invalidity_date: None,
            }],
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let list = list.signed_by(&Issuer::from_params(&root.params, &root.key)).unwrap();
        let lists = [Crl::read(list.der().to_vec()).unwrap()];
        let [_, revoked, unknown] = statuses(&answer, &lists);
        let told = matches!(revoked, RevocationStatus::Revoked(_));
        // Where nobody trusts the responder, the list has the word, which names neither.
        assert_eq!(told, trusted, "{revoked:?}");
        assert_eq!(unknown, RevocationStatus::Good, "the list knows what the responder does not");
    }
}
