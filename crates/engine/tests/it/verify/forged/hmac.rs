//! Values that whoever knows a certificate can make: HMAC with something of it as the key, whole or cut short
//! (CVE-2009-0217).

use aws_lc_rs::hmac;
use chancery_testing::changes::Xorshift;

use super::one_of;
use crate::seal::support::{PKI, TestKey};

/// The keys that a reader might take a public key for.
fn guessed(key: &TestKey, random: &mut Xorshift) -> Vec<u8> {
    let certificate = key.signer.certificate().der();
    match random.below(6) {
        0 => certificate.to_vec(),
        1 => std::fs::read(&key.pem).unwrap(),
        2 => key.signer.certificate().spki_der().to_vec(),
        3 => key.signer.certificate().fingerprint().to_vec(),
        4 => vec![0; random.below(65)],
        _ => Vec::new(),
    }
}

/// How many bits are said to be left; all where it is not a length.
pub(super) const BITS: [usize; 17] =
    [0, 1, 7, 8, 9, 16, 31, 32, 64, 79, 80, 96, 128, 159, 160, 256, 512];

/// The value over some octets, so many bits of it.
pub(super) fn value(octets: &[u8], bits: usize, random: &mut Xorshift) -> Vec<u8> {
    let algorithm = *one_of(
        random,
        &[
            hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            hmac::HMAC_SHA256,
            hmac::HMAC_SHA384,
            hmac::HMAC_SHA512,
        ],
    );
    let key = *one_of(random, &[&PKI.rsa, &PKI.p256]);
    let whole = hmac::sign(&hmac::Key::new(algorithm, &guessed(key, random)), octets);
    let mut value = whole.as_ref().to_vec();
    value.truncate(usize::div_ceil(bits, 8));
    value
}
