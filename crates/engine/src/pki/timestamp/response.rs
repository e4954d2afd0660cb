//! What a TSA answers (`TimeStampResp`, RFC 3161, 2.4.2): whether it granted the request, else why not.

use std::fmt;

use der::asn1::{BitStringRef, Utf8StringRef};
use der::{Decode as _, Sequence};

use super::fault::TimestampFault;
use crate::pki::tlv::{self, SEQUENCE};

/// `PKIStatus`: what became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PkiStatus {
    /// 0: as it was asked for.
    Granted,
    /// 1: not quite as it was asked for; the token says what differs.
    GrantedWithMods,
    /// 2.
    Rejection,
    /// 3: no token yet. Nobody can ask again for it over HTTP.
    Waiting,
    /// 4: a certificate is about to be revoked.
    RevocationWarning,
    /// 5: a certificate was revoked.
    RevocationNotification,
    /// None that RFC 3161 knows.
    Unknown(u8),
}

/// `PKIFailureInfo`: why a request was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PkiFailure {
    BadAlg,
    BadRequest,
    BadDataFormat,
    TimeNotAvailable,
    UnacceptedPolicy,
    UnacceptedExtension,
    AddInfoNotAvailable,
    SystemFailure,
    /// A bit that RFC 3161 does not use.
    Other(u8),
}

/// What a TSA says when it gives no token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    pub status: PkiStatus,
    pub failures: Vec<PkiFailure>,
    /// Its own words, at most [`Rejection::MAX_TEXT`] characters without control characters.
    pub text: String,
}

impl Rejection {
    /// Characters of a TSA's own words that are kept.
    pub const MAX_TEXT: usize = 200;
}

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

impl PkiStatus {
    const fn of(number: u8) -> Self {
        match number {
            0 => Self::Granted,
            1 => Self::GrantedWithMods,
            2 => Self::Rejection,
            3 => Self::Waiting,
            4 => Self::RevocationWarning,
            5 => Self::RevocationNotification,
            other => Self::Unknown(other),
        }
    }
}

impl PkiFailure {
    const fn of(bit: u8) -> Self {
        match bit {
            0 => Self::BadAlg,
            2 => Self::BadRequest,
            5 => Self::BadDataFormat,
            14 => Self::TimeNotAvailable,
            15 => Self::UnacceptedPolicy,
            16 => Self::UnacceptedExtension,
            17 => Self::AddInfoNotAvailable,
            25 => Self::SystemFailure,
            other => Self::Other(other),
        }
    }
}

impl fmt::Display for PkiStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Granted => "granted",
            Self::GrantedWithMods => "grantedWithMods",
            Self::Rejection => "rejection",
            Self::Waiting => "waiting",
            Self::RevocationWarning => "revocationWarning",
            Self::RevocationNotification => "revocationNotification",
            Self::Unknown(number) => {
                return write!(f, "status {number}, which RFC 3161 does not know");
            }
        })
    }
}

impl fmt::Display for PkiFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadAlg => "badAlg: it does not take the digest algorithm of the imprint",
            Self::BadRequest => "badRequest: it does not take such requests",
            Self::BadDataFormat => "badDataFormat: it cannot read the request",
            Self::TimeNotAvailable => "timeNotAvailable: its source of time is not available",
            Self::UnacceptedPolicy => "unacceptedPolicy: it has not the policy that was asked for",
            Self::UnacceptedExtension => "unacceptedExtension: it does not know an extension",
            Self::AddInfoNotAvailable => "addInfoNotAvailable: what was asked for is not available",
            Self::SystemFailure => "systemFailure: it failed",
            Self::Other(bit) => return write!(f, "failure {bit}, which RFC 3161 does not know"),
        })
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        for failure in &self.failures {
            write!(f, ", {failure}")?;
        }
        if self.text.is_empty() { Ok(()) } else { write!(f, "; it says {:?}", self.text) }
    }
}
