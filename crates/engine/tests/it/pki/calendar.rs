//! The calendar of algorithms: what it says, of whom, and what one of an installation's own may say.

use chancery_engine::domain::instant::Instant;
use chancery_engine::domain::profile::{DigestAlgorithm, SignatureAlgorithm};
use chancery_engine::pki::algorithm::KeyKind;
use chancery_engine::pki::calendar::{AlgorithmEnd, BUILT_IN, Calendar, Owner};
use chancery_testing::sealing::PKI;

const PKCS1: SignatureAlgorithm = SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha256);
const PSS: SignatureAlgorithm = SignatureAlgorithm::RsaPss(DigestAlgorithm::Sha256);
const ECDSA: SignatureAlgorithm = SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha256);

fn rsa(bits: usize) -> KeyKind {
    KeyKind::Rsa { bits }
}

fn day(text: &str) -> Instant {
    Instant::parse_rfc3339(&format!("{text}T12:00:00Z")).unwrap()
}

fn last(ending: Option<AlgorithmEnd>) -> Option<(String, String)> {
    ending.map(|ending| {
        assert!(ending.source.contains("119 312"), "{ending:?}");
        (ending.what.clone(), ending.last_day())
    })
}

#[test]
fn the_built_in_calendar() {
    let calendar = Calendar::parse(BUILT_IN).unwrap();
    let end = |what: &str, day: &str| Some((what.to_owned(), day.to_owned()));
    for owner in [Owner::Signer, Owner::Authority, Owner::Timestamping, Owner::Ocsp] {
        for bits in [2048, 2999] {
            let verdict = calendar.key(rsa(bits), owner);
            assert!(verdict.named);
            let key = format!("RSA-{bits}");
            assert_eq!(last(verdict.issued_until), end(&key, "2026-12-31"));
            assert_eq!(last(verdict.ending), end(&key, "2028-12-31"));
        }
        for kind in [rsa(3000), rsa(4096), KeyKind::P256, KeyKind::P384, KeyKind::P521] {
            let verdict = calendar.key(kind, owner);
            assert!(verdict.named, "{kind:?}");
            assert_eq!((last(verdict.issued_until), last(verdict.ending)), (None, None));
        }
        assert!(!calendar.key(KeyKind::Secp256k1, owner).named);
    }
    let signature = |kind, algorithm| last(calendar.signature(kind, algorithm));
    assert_eq!(signature(rsa(4096), PKCS1), end("RSA PKCS#1 v1.5", "2028-12-31"));
    assert_eq!(signature(rsa(2048), PSS), end("RSASSA-PSS (RSA-2048)", "2028-12-31"));
    assert_eq!(signature(rsa(3072), PSS), None);
    assert_eq!(signature(KeyKind::P256, ECDSA), None);
    let sha1 = SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha1);
    assert_eq!(signature(rsa(4096), sha1), end("SHA-1", "2012-07-31"));
    assert_eq!(last(calendar.digest(DigestAlgorithm::Sha256)), None);
}

/// A seal stands on its chain too, and its client is told in time.
#[test]
fn what_is_told_of_a_seal() {
    let calendar = Calendar::default();
    let (rsa_chain, ec_chain) = (PKI.rsa.signer.chain(), PKI.p256.signer.chain());
    assert_eq!(calendar.chain(ec_chain, ECDSA), None);
    assert_eq!(calendar.chain(rsa_chain, PSS), None);
    assert_eq!(calendar.chain(rsa_chain, PKCS1).unwrap().what, "RSA PKCS#1 v1.5");
    let note = |at: &str| calendar.note(rsa_chain, PKCS1, false, day(at));
    assert_eq!(note("2028-10-31"), None);
    assert!(note("2028-12-31").unwrap().contains("ends on 2028-12-31"));
    let ended = note("2029-01-01").unwrap();
    assert!(ended.contains("RSA PKCS#1 v1.5 ended on 2028-12-31 (ETSI TS 119 312"), "{ended}");
    let sha1 = calendar.note(ec_chain, ECDSA, true, day("2027-01-01")).unwrap();
    assert!(sha1.contains("SHA-1 ended on 2012-07-31"), "{sha1}");

    let own = r#"
        name = "our own"
        [[row]]
        what = "key"
        name = "P-256"
        of = ["authority"]
        issued_until = 2020-01-01
        until = 2027-06-30
        source = "the board"
        seen = 2026-12-01
    "#;
    let own = Calendar::parse(own).unwrap();
    assert_eq!(own.name(), "our own");
    assert_eq!(own.key(KeyKind::P256, Owner::Signer).ending, None, "an authority's only");
    let ending = own.chain(ec_chain, ECDSA).unwrap();
    assert_eq!((ending.what.as_str(), ending.last_day().as_str()), ("P-256", "2027-06-30"));
    assert_eq!(own.issued_too_late(ec_chain.signing()), None);
    let strict = Calendar::parse(&BUILT_IN.replace("2026-12-31", "2020-12-31")).unwrap();
    assert_eq!(strict.issued_too_late(rsa_chain.signing()), None, "3072 bits");
}

#[test]
fn a_wrong_calendar_is_told_with_its_row() {
    let with = |row: &str| {
        let rest = "source = \"x\"\nseen = 2026-12-01\n";
        let text =
            format!("name = \"x\"\n[[row]]\nwhat = \"digest\"\nname = \"SHA256\"\n{rest}[[row]]\n");
        Calendar::parse(&format!("{text}{row}\n{rest}")).map(|_| ()).map_err(|e| e.to_string())
    };
    assert!(with("what = \"key\"\nname = \"RSA\"\nuntil = 2030-01-01").is_ok());
    for (row, word) in [
        ("what = \"curve\"\nname = \"P-256\"", "row 2: what = \"curve\""),
        ("what = \"key\"\nname = \"DSA\"", "known: RSA, P-256"),
        ("what = \"signature\"\nname = \"RSA\"", "RSA-PKCS1"),
        ("what = \"digest\"\nname = \"MD5\"", "SHA256"),
        ("what = \"key\"\nname = \"P-256\"\nbits_below = 300", "row 2: bits_below"),
        ("what = \"key\"\nname = \"RSA\"\nuntil = 2030-01-01T10:00:00Z", "row 2"),
        ("what = \"key\"\nname = \"RSA\"\nuntil = \"2030-01-01\"", "until"),
        ("what = \"key\"\nname = \"RSA\"\nend = 2030-01-01", "end"),
        ("what = \"key\"\nname = \"RSA\"\nof = [\"tsa\"]", "timestamping"),
    ] {
        let said = with(row).unwrap_err();
        assert!(said.contains(word), "{row}: {said}");
    }
}
