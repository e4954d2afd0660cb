//! What authorities answer, in two phases: bytes to sign, then the answer. Tokens of a TSA (RFC 3161), answers of an
//! OCSP responder (RFC 6960), revocation lists (RFC 5280, 5). Times, serial numbers and what became of certificates
//! are arguments; the key is asked by somebody else, in between.

mod lists;
mod statuses;
mod tokens;

pub use lists::{ListOrder, RevokedEntry, UnsignedList};
pub use statuses::{OcspQuestions, OcspRefusal, ToldStatus, UnsignedOcspAnswer, ocsp_refusal};
pub use tokens::{TimestampQuery, TokenOrder, UnsignedTimestamp, timestamp_rejection};

use der::Encode as _;
use der::asn1::{GeneralizedTime, ObjectIdentifier, UtcTime};

use super::public_key::PublicKey;
use super::signature::{self, SignatureValue};
use super::tlv::{
    BIT_STRING, BOOLEAN, ENUMERATED, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, tlv,
};
use super::{Error, signed};
use crate::domain::instant::Instant;
use crate::domain::profile::SignatureAlgorithm;

/// DER of TRUE.
const TRUE: [u8; 3] = [BOOLEAN, 1, 0xFF];

/// The bytes that were to be signed, the algorithm and the signature value, one behind the other, once the value is
/// found to be of the signer's key.
fn signed_parts(
    tbs: &[u8],
    (key, algorithm): (&PublicKey, SignatureAlgorithm),
    value: &SignatureValue,
) -> Result<Vec<u8>, Error> {
    signature::check_with_key(key, algorithm, tbs, value)?;
    let algorithm = signed::algorithm_identifier(algorithm)?.to_der().map_err(Error::Encoding)?;
    let value = bits(&value.to_der(key.kind())?);
    Ok([tbs, &algorithm, &value].concat())
}

/// An extension (RFC 5280, 4.1).
fn extension(id: ObjectIdentifier, critical: bool, value: &[u8]) -> Vec<u8> {
    let id = tlv(OBJECT_IDENTIFIER, &[id.as_bytes()]);
    let critical: &[u8] = if critical { &TRUE } else { &[] };
    tlv(SEQUENCE, &[&id, critical, &tlv(OCTET_STRING, &[value])])
}

/// A positive INTEGER of big-endian octets.
fn unsigned(octets: &[u8]) -> Vec<u8> {
    let significant: Vec<u8> = octets.iter().copied().skip_while(|octet| *octet == 0).collect();
    let sign: &[u8] =
        if significant.first().is_none_or(|first| *first >= 0x80) { &[0] } else { &[] };
    tlv(INTEGER, &[sign, &significant])
}

fn enumerated(number: u8) -> Vec<u8> {
    tlv(ENUMERATED, &[&[number]])
}

/// A BIT STRING of whole octets.
fn bits(octets: &[u8]) -> Vec<u8> {
    tlv(BIT_STRING, &[&[0], octets])
}

fn date(at: Instant) -> Result<der::DateTime, Error> {
    let seconds = u64::try_from(at.unix_ms().div_euclid(1000)).map_err(|_| Error::ValidityRange)?;
    der::DateTime::from_unix_duration(core::time::Duration::from_secs(seconds))
        .map_err(|_| Error::ValidityRange)
}

/// A GeneralizedTime of whole seconds.
fn generalized(at: Instant) -> Result<Vec<u8>, Error> {
    GeneralizedTime::from_date_time(date(at)?).to_der().map_err(Error::Encoding)
}

/// UTCTime to 2049, GeneralizedTime from then on (RFC 5280, 5.1.2.4).
fn time(at: Instant) -> Result<Vec<u8>, Error> {
    let date = date(at)?;
    if date.year() >= 2050 {
        return generalized(at);
    }
    UtcTime::from_date_time(date).and_then(|time| time.to_der()).map_err(Error::Encoding)
}
