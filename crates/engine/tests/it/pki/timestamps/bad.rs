//! What a TSA can do wrong: each thing refused for what it is.

use std::error::Error as _;

use chancery_engine::domain::instant::Instant;
use chancery_engine::domain::profile::DigestAlgorithm;
use chancery_engine::pki::digest::Digest;
use chancery_engine::pki::timestamp::{
    MAX_RESPONSE, PkiFailure, PkiStatus, TimestampFault, TimestampRequest, check,
};
use chancery_testing::tsa::{TSA, TST_INFO};
use der::asn1::ObjectIdentifier;

use super::{
    NONCE, OCTETS, TOLERANCE_MS, answer, checked, granting, info, over, request, signed, tlv,
};

/// Why an answer to the usual request is refused.
fn fault(response: &[u8]) -> TimestampFault {
    checked(response).expect_err("such an answer must not pass")
}

/// Demands that an answer is refused with these words.
fn refused(response: &[u8], words: &str) {
    let said = fault(response);
    assert!(said.to_string().contains(words), "{words:?} is not in {said}; {said:?}");
}

#[test]
fn what_is_no_answer_is_told_apart() {
    let good = answer(&request());
    refused(b"", "no TimeStampResp in DER");
    refused(b"<html><body>502 Bad Gateway</body></html>", "no TimeStampResp in DER");
    refused(&good[..good.len() - 1], "cut off");
    refused(&[&good[..], b"\0"].concat(), "something follows after its end");
    refused(&vec![0x30; MAX_RESPONSE + 1], "65537 octets, more than the 65536");
    let indefinite = [&[0x30, 0x80][..], &good[4..], &[0, 0]].concat();
    refused(&indefinite, "only BER has");
    refused(&tlv(0x30, &[]), "not made of a PKIStatusInfo and a token");
    refused(&tlv(0x30, &[&tlv(0x30, &[&[2, 1, 0]])]), "granted the request and sent no token");
    refused(&granting(&tlv(0x30, &[&[5, 0]])), "no SignedData in DER");
}

#[test]
fn a_rejection_says_why() {
    let ask = |algorithm, policy| {
        TimestampRequest::new(Digest::of(algorithm, OCTETS), policy, Some(NONCE)).unwrap()
    };
    let unknown = Some(ObjectIdentifier::new_unwrap("1.2.3.99"));
    for (asked, failure, words) in [
        (
            ask(DigestAlgorithm::Sha384, None),
            PkiFailure::BadAlg,
            "badAlg: it does not take the digest",
        ),
        (
            ask(DigestAlgorithm::Sha256, unknown),
            PkiFailure::UnacceptedPolicy,
            "unacceptedPolicy: it has",
        ),
    ] {
        let response = TSA.answer(&asked.to_der().unwrap(), "rsa", "digests=sha256");
        let said = check(&response, &asked, TSA.now(), TOLERANCE_MS).unwrap_err();
        assert!(said.to_string().contains(words), "{said}");
        let TimestampFault::Rejected(rejection) = said else { panic!("{said}") };
        assert_eq!(rejection.status, PkiStatus::Rejection);
        assert_eq!(rejection.failures, [failure]);
        // openssl says something of its own
        assert!(!rejection.text.is_empty());
    }
    let text = format!("line\r\n{}", "x".repeat(300));
    let text = tlv(0x30, &[&tlv(0x0C, &[&[0x0A], text.as_bytes()])]);
    let status = [&[2, 1, 9][..], &text, &[3, 2, 7, 0x80]].concat();
    let TimestampFault::Rejected(rejection) = fault(&tlv(0x30, &[&tlv(0x30, &[&status])])) else {
        panic!("status 9 is no token")
    };
    assert_eq!(rejection.status, PkiStatus::Unknown(9));
    assert!(rejection.text.starts_with(" line  xxx") && rejection.text.len() == 200);
    // A token that comes with a rejection is none.
    let mut refusing = answer(&request());
    let status = refusing.windows(3).position(|window| window == [2, 1, 0]).unwrap();
    refusing[status + 2] = 2;
    refused(&refusing, "gave no token: rejection");
}

#[test]
fn a_token_for_somebody_else_is_refused() {
    refused(&answer(&over(b"another value", Some(NONCE))), "another imprint than was asked for");
    refused(&answer(&over(OCTETS, Some(NONCE + 1))), "another nonce than the request");
    refused(&answer(&over(OCTETS, None)), "no nonce although the request had one");
    let digest = Digest::of(DigestAlgorithm::Sha512, OCTETS);
    let longer = TimestampRequest::new(digest, None, Some(NONCE)).unwrap();
    refused(&answer(&longer), "over a SHA512 imprint, and one of SHA256 was asked for");
    let policy = Some(ObjectIdentifier::new_unwrap("1.2.3.5"));
    let asked = TimestampRequest::new(request().imprint().clone(), policy, Some(NONCE)).unwrap();
    let said = check(&answer(&request()), &asked, TSA.now(), TOLERANCE_MS).unwrap_err();
    assert_eq!(
        said.to_string(),
        "the token was made under policy 1.2.3.4, and 1.2.3.5 was asked for"
    );
    let weak = Digest::of(DigestAlgorithm::Sha1, OCTETS);
    let said = TimestampRequest::new(weak, None, None).unwrap_err();
    assert!(matches!(said, TimestampFault::WeakImprint), "{said}");
}

#[test]
fn the_certificate_must_be_that_of_a_tsa() {
    let info = info();
    checked(&signed(&info, "rsa", "-cades")).unwrap();
    refused(&signed(&info, "silent", "-cades"), "TSA silent,O=Chancery test is not for timestamps");
    refused(&signed(&info, "lenient", "-cades"), "is not critical");
    refused(&signed(&info, "double", "-cades"), "is timeStamping, 1.3.6.1.5.5.7.3.4; it has to be");
    refused(&signed(&info, "cipher", "-cades"), "is keyEncipherment; it has to allow");
    refused(&signed(&info, "rsa", "-cades -nocerts"), "is not in it although it was asked for");
    refused(&signed(&info, "rsa", "-cades -nocerts -certfile root.pem"), "is not in it although");
}

#[test]
fn the_certificate_must_be_valid_when_the_token_says() {
    let request = request();
    let info = info();
    let at = |day: i64| {
        let moved = TSA.now().plus_ms(day * 86_400_000);
        let info = with_gen_time(&info, moved);
        let response = signed(&info, "rsa", "-cades");
        check(&response, &request, moved, TOLERANCE_MS)
    };
    assert_eq!(at(29).unwrap().info().gen_time, TSA.now().plus_ms(29 * 86_400_000));
    let said = at(31).unwrap_err().to_string();
    assert!(said.contains("TSA rsa,O=Chancery test ended at"), "{said}");
    let said = at(-1).unwrap_err().to_string();
    assert!(said.contains("is valid from"), "{said}");
}

#[test]
fn what_is_not_signed_by_the_tsa_is_refused() {
    let good = answer(&request());
    let mut broken = good.clone();
    *broken.last_mut().unwrap() ^= 1;
    refused(&broken, "does not verify with the certificate of CN=TSA rsa");
    // The nonce as it is in TSTInfo: what is signed is its digest.
    let mut other = good.clone();
    let nonce = other.windows(8).position(|window| window == NONCE.to_be_bytes()).unwrap();
    other[nonce + 7] ^= 1;
    refused(&other, "which was changed afterwards");
    let info = info();
    let two = "-cades -signer ec.pem -inkey ec.key";
    refused(&signed(&info, "rsa", two), "has 2 signers");
    refused(&signed(&info, "rsa", "-noattr"), "no signed attributes");
    refused(&signed(&info, "rsa", "-cades -md sha1"), "signed with SHA-1");
    let data = TSA.sign(&info, "-cades -md sha256 -signer rsa.pem -inkey rsa.key");
    refused(&granting(&data), "is 1.2.840.113549.1.7.1 and not id-ct-TSTInfo");
    let detached =
        format!("-econtent_type {TST_INFO} -cades -md sha256 -signer rsa.pem -inkey rsa.key");
    let empty = granting(&TSA.sign(b"", &detached));
    refused(&empty, "TSTInfo of the token cannot be read");
}

#[test]
fn a_token_names_the_certificate_that_signed_it() {
    let info = info();
    refused(&signed(&info, "rsa", ""), "does not say which certificate signed it");
    // Its key, its issuer and its serial number, and still another certificate: who can issue one may not
    // take the token over.
    let exchanged = signed(&info, "rsa", "-cades -nocerts -certfile renewed.pem");
    refused(&exchanged, "names another certificate than that of CN=TSA rsa");
    // With both inside the named one is taken, whichever DER puts first.
    let mut ders = Vec::new();
    for (name, other) in [("rsa", "renewed"), ("renewed", "rsa")] {
        let both = signed(&info, name, &format!("-cades -certfile {other}.pem"));
        let token = checked(&both).unwrap_or_else(|said| panic!("{name}: {said}"));
        assert_eq!(token.certificates().count(), 2);
        ders.push(token.certificate().der().to_vec());
    }
    assert_ne!(ders[0], ders[1]);
}

#[test]
fn what_a_token_says_must_be_readable() {
    let info = info();
    let content = &info[2..];
    assert_eq!(usize::from(info[1]), content.len(), "a short length");
    let mut version_2 = info.clone();
    version_2[4] = 2;
    refused(&signed(&version_2, "rsa", "-cades"), "has version 2");
    refused(&signed(b"no TSTInfo", "rsa", "-cades"), "TSTInfo of the token cannot be read");
    // SHA-256 becomes SHA-224, and then a digest too short for SHA-384.
    for (last, words) in
        [(4, "2.16.840.1.101.3.4.2.4, which is no digest"), (2, "a digest of SHA384")]
    {
        let mut other = info.clone();
        let sha_256 = [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];
        let at = other.windows(9).position(|window| window == sha_256).unwrap();
        other[at + 8] = last;
        refused(&signed(&other, "rsa", "-cades"), words);
    }
    let extension = |critical: &[u8]| {
        let identifier = [6, 3, 0x2A, 3, 4];
        let extension = tlv(0x30, &[&identifier, critical, &tlv(4, &[&[5, 0]])]);
        let content = [content, &tlv(0xA1, &[&extension])].concat();
        let info = tlv(0x30, &[&content]);
        checked(&signed(&info, "rsa", "-cades"))
    };
    let said = extension(&[1, 1, 0xFF]).unwrap_err();
    assert!(said.to_string().contains("critical extension 1.2.3.4"), "{said}");
    let known = extension(&[]).unwrap();
    assert_eq!(known.info().extensions, [ObjectIdentifier::new_unwrap("1.2.3.4")]);
    assert!(said.source().is_none());
}

/// A TSTInfo with another genTime, of whole seconds.
fn with_gen_time(info: &[u8], at: Instant) -> Vec<u8> {
    let place = info.windows(2).position(|window| window == [0x18, 15]).unwrap() + 2;
    let digits: String = at.to_xs_date_time().chars().filter(char::is_ascii_digit).collect();
    let mut info = info.to_vec();
    info[place..place + 14].copy_from_slice(digits.as_bytes());
    info
}
