//! What openssl makes of our requests, and we of its answers.

use std::time::Duration;

use chancery_engine::domain::instant::Instant;
use chancery_engine::domain::profile::{DigestAlgorithm, SignatureAlgorithm};
use chancery_engine::pki::digest::Digest;
use chancery_engine::pki::timestamp::{TimestampFault, TimestampRequest, TimestampToken, check};
use chancery_testing::tsa::TSA;
use der::asn1::ObjectIdentifier;

use super::{NONCE, OCTETS, TOLERANCE_MS, answer, checked, info, over, request, signed};

#[test]
fn openssl_reads_our_request_and_we_take_its_token() {
    let request = request();
    let query = request.to_der().unwrap();
    let said = TSA.text("query", &query);
    for line in [
        "Version: 1",
        "Hash Algorithm: sha256",
        "Policy OID: unspecified",
        "Nonce: 0x8123456789ABCDEF",
        "Certificate required: yes",
    ] {
        assert!(said.contains(line), "{line} is not in {said}");
    }
    let response = answer(&request);
    let token = checked(&response).unwrap();
    TSA.verify_answer(&response, &query).unwrap();
    TSA.verify(token.der(), OCTETS).unwrap();
    TSA.verify(token.der(), b"another value").unwrap_err();
    assert_eq!(token.der(), TSA.token(&response));
    assert!(token.is_over(OCTETS) && !token.is_over(b"another value"));
    assert_eq!(token.certificate().common_name(), "TSA rsa");
    // Its own and the root, which openssl was told to put into it.
    assert_eq!(token.certificates().count(), 2);
    assert!(token.certificates().any(|der| der == token.certificate().der()));
    let kept = TimestampToken::from_der(token.der()).unwrap();
    assert_eq!(kept.info(), token.info());
    let mut with_mods = response;
    let status = with_mods.windows(3).position(|window| window == [2, 1, 0]).unwrap();
    with_mods[status + 2] = 1;
    assert_eq!(checked(&with_mods).unwrap().der(), token.der());
}

#[test]
fn what_a_token_says_is_read() {
    let policy = Some(ObjectIdentifier::new_unwrap("1.2.3.5"));
    let digest = Digest::of(DigestAlgorithm::Sha512, OCTETS);
    let request = TimestampRequest::new(digest.clone(), policy, Some(7)).unwrap();
    let settings = "accuracy=secs:2, millisecs:500, microsecs:100\nclock_precision_digits=6\n\
                    ordering=yes\ntsa_name=yes";
    let response = TSA.answer(&request.to_der().unwrap(), "ec", settings);
    let token = check(&response, &request, TSA.now(), TOLERANCE_MS).unwrap();
    let info = token.info();
    assert_eq!(Some(info.policy), policy);
    assert_eq!(info.imprint, digest);
    assert_eq!(info.nonce.as_deref(), Some(&[7][..]));
    assert_eq!(info.serial_number, [2]);
    assert_eq!(info.accuracy, Some(Duration::from_micros(2_500_100)));
    assert!(info.ordering);
    let said = TSA.text("reply", &response);
    // "Time stamp: Nov 30 00:12:41.123456 2026 GMT"
    let time = said.lines().find_map(|line| line.strip_prefix("Time stamp: ")).unwrap();
    let (clock, year) = time.strip_suffix(" GMT").unwrap().rsplit_once(' ').unwrap();
    let clock = clock.rsplit_once(' ').unwrap().1;
    let ours = info.gen_time.to_rfc3339();
    let (date, ours) = ours.trim_end_matches('Z').split_once('T').unwrap();
    assert!(date.starts_with(year), "{date} is not in {year}");
    let (whole, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    assert_eq!(format!("{whole}.{:.3}", format!("{fraction:0<3}")), ours);
    let tsa = format!("{:?}", info.tsa.as_ref().unwrap());
    assert!(tsa.contains("DirectoryName"), "{tsa}");
    assert!(said.contains("Ordering: yes"), "{said}");
}

#[test]
fn tokens_are_taken_however_their_tsa_signs() {
    for (name, settings, algorithm) in [
        ("rsa", "ess_cert_id_alg=sha1", SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha256)),
        ("rsa", "signer_digest=sha512", SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha512)),
        ("ec", "ess_cert_id_alg=sha512", SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha256)),
        ("ec384", "ess_cert_id_chain=yes", SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha256)),
        ("ec384", "signer_digest=sha384", SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha384)),
    ] {
        let response = TSA.answer(&request().to_der().unwrap(), name, settings);
        let token = checked(&response).unwrap_or_else(|said| panic!("{name} {settings}: {said}"));
        assert_eq!(token.signature_algorithm(), algorithm, "{name} {settings}");
        TSA.verify(token.der(), OCTETS).unwrap();
    }
    let info = info();
    let pss = "-keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen";
    for options in [
        "-cades".to_owned(),
        "-cades -keyid".to_owned(),
        format!("-cades {pss}:32"),
        format!("-cades {pss}:20"),
    ] {
        let token = checked(&signed(&info, "rsa", &options));
        let token = token.unwrap_or_else(|said| panic!("{options}: {said}"));
        assert_eq!(token.certificate().common_name(), "TSA rsa");
    }
}

#[test]
fn a_nonce_is_asked_for_unless_the_tsa_knows_none() {
    for nonce in [None, Some(0), Some(0x7F), Some(0x80), Some(u64::MAX), Some(NONCE)] {
        let request = over(OCTETS, nonce);
        let response = answer(&request);
        let token = check(&response, &request, TSA.now(), TOLERANCE_MS).unwrap();
        assert_eq!(token.info().nonce.is_some(), nonce.is_some(), "{nonce:?}");
        TSA.verify_answer(&response, &request.to_der().unwrap()).unwrap();
    }
    // Whoever asked without one takes a token that has one.
    check(&answer(&request()), &over(OCTETS, None), TSA.now(), TOLERANCE_MS).unwrap();
}

#[test]
fn clocks_may_differ_by_what_is_tolerated() {
    let request = request();
    let response = answer(&request);
    let made = checked(&response).unwrap().info().gen_time;
    let at = |now: Instant| check(&response, &request, now, 5000);
    for off_ms in [-5000, 0, 5000] {
        at(made.plus_ms(off_ms)).unwrap();
    }
    for off_ms in [-5001, 5001, 86_400_000] {
        let said = at(made.plus_ms(off_ms)).unwrap_err();
        assert!(matches!(said, TimestampFault::GenTimeOff { .. }), "{said}");
        assert!(said.to_string().contains(&made.to_rfc3339()), "{said}");
    }
}
