//! What a TSA answers (`TimeStampResp`, RFC 3161, 2.4.2): whether it granted the request, else why not.

use der::asn1::{BitStringRef, Utf8StringRef};
use der::{Decode as _, Sequence};

use super::fault::TimestampFault;
use super::rejection::{PkiFailure, PkiStatus, Rejection};
use crate::pki::tlv::{self, SEQUENCE};

/// Bits of `PKIFailureInfo` that are looked at; the last that is used is 25.
const FAILURES: usize = 32;

/// `PKIStatusInfo`.
#[derive(Sequence)]
struct PkiStatusInfo<'a> {
    status: u8,
    #[asn1(optional = "true")]
    text: Option<Vec<Utf8StringRef<'a>>>,
    #[asn1(optional = "true")]
    failures: Option<BitStringRef<'a>>,
}

/// The DER of the token in an answer that grants it.
///
/// # Errors
/// [`TimestampFault::NotResponse`], [`TimestampFault::Rejected`], [`TimestampFault::TokenMissing`].
pub(super) fn token(response: &[u8]) -> Result<&[u8], TimestampFault> {
    const STRUCTURE: TimestampFault =
        TimestampFault::NotResponse("it is not made of a PKIStatusInfo and a token");
    let whole = tlv::read(response, 0, response.len()).map_err(TimestampFault::NotResponse)?;
    if whole.tag != SEQUENCE {
        return Err(TimestampFault::NotResponse("it does not begin with a SEQUENCE"));
    }
    if whole.whole.end != response.len() {
        return Err(TimestampFault::NotResponse("something follows after its end"));
    }
    tlv::check_der(response, &whole).map_err(TimestampFault::NotResponse)?;
    let parts = tlv::children(response, &whole).map_err(TimestampFault::NotResponse)?;
    let mut parts = parts.into_iter();
    let status = parts.next().ok_or(STRUCTURE)?;
    let token = parts.next();
    if parts.next().is_some() {
        return Err(STRUCTURE);
    }
    let status = response.get(status.whole).unwrap_or_default();
    let status = PkiStatusInfo::from_der(status).map_err(|_| STRUCTURE)?;
    match PkiStatus::of(status.status) {
        PkiStatus::Granted | PkiStatus::GrantedWithMods => {
            token.and_then(|token| response.get(token.whole)).ok_or(TimestampFault::TokenMissing)
        }
        _ => Err(TimestampFault::Rejected(rejection(&status))),
    }
}

fn rejection(status: &PkiStatusInfo<'_>) -> Rejection {
    let failures = status.failures.iter().flat_map(|bits| bits.bits()).take(FAILURES).zip(0_u8..);
    let failures = failures.filter(|(set, _)| *set).map(|(_, bit)| PkiFailure::of(bit));
    let texts: Vec<&str> = status.text.iter().flatten().map(Utf8StringRef::as_str).collect();
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    Rejection {
        status: PkiStatus::of(status.status),
        failures: failures.collect(),
        text: texts.join("; ").chars().map(plain).take(Rejection::MAX_TEXT).collect(),
    }
}
