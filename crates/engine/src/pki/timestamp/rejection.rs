//! What a TSA says when it rejects a request (`PKIStatusInfo`, RFC 3161, 2.4.2).

use std::fmt;

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

impl PkiStatus {
    pub(super) const fn of(number: u8) -> Self {
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
    pub(super) const fn of(bit: u8) -> Self {
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

impl PkiFailure {
    /// Its bit in `PKIFailureInfo`.
    pub(in crate::pki) const fn bit(self) -> u8 {
        match self {
            Self::BadAlg => 0,
            Self::BadRequest => 2,
            Self::BadDataFormat => 5,
            Self::TimeNotAvailable => 14,
            Self::UnacceptedPolicy => 15,
            Self::UnacceptedExtension => 16,
            Self::AddInfoNotAvailable => 17,
            Self::SystemFailure => 25,
            Self::Other(bit) => bit,
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
