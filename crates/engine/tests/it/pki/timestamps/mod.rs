//! Timestamp tokens: asked for by us, made and judged by openssl.

mod bad;
mod good;
mod hostile;
mod times;

use chancery_engine::domain::profile::DigestAlgorithm;
use chancery_engine::pki::digest::Digest;
use chancery_engine::pki::timestamp::{TimestampFault, TimestampRequest, TimestampToken, check};
use chancery_testing::tsa::{TSA, TST_INFO};

const OCTETS: &[u8] = b"a signature value";
/// Its highest bit is set, so that the INTEGER has an octet more.
const NONCE: u64 = 0x8123_4567_89AB_CDEF;
const TOLERANCE_MS: i64 = 600_000;

fn over(octets: &[u8], nonce: Option<u64>) -> TimestampRequest {
    TimestampRequest::new(Digest::of(DigestAlgorithm::Sha256, octets), None, nonce).unwrap()
}

fn request() -> TimestampRequest {
    over(OCTETS, Some(NONCE))
}

/// The answer to a request by a good certificate.
fn answer(request: &TimestampRequest) -> Vec<u8> {
    TSA.answer(&request.to_der().unwrap(), "rsa", "")
}

/// Checks an answer to [`request`].
fn checked(response: &[u8]) -> Result<TimestampToken, TimestampFault> {
    check(response, &request(), TSA.now(), TOLERANCE_MS)
}

/// An answer that grants a token.
fn granting(token: &[u8]) -> Vec<u8> {
    tlv(0x30, &[&tlv(0x30, &[&[2, 1, 0]]), token])
}

/// The TSTInfo of a good answer to [`request`].
fn info() -> Vec<u8> {
    TSA.info(&TSA.token(&answer(&request())))
}

/// An answer whose token openssl signed over a TSTInfo with one certificate and more options.
fn signed(info: &[u8], name: &str, options: &str) -> Vec<u8> {
    granting(&TSA.sign(
        info,
        &format!(
            "-econtent_type {TST_INFO} -md sha256 -signer {name}.pem -inkey {name}.key {options}"
        ),
    ))
}

fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut octets = vec![tag];
    match content.len() {
        short @ 0..0x80 => octets.push(u8::try_from(short).unwrap()),
        long => {
            octets.push(0x82);
            octets.extend(u16::try_from(long).unwrap().to_be_bytes());
            assert!(long > 0xFF, "no such length is needed here");
        }
    }
    octets.extend(content);
    octets
}
