//! Timestamp tokens (RFC 3161, with the certificate identifiers of RFC 5816): the request to a TSA, its
//! answer, and everything that must hold before a token is used. Who asks a TSA, where it is, and whether
//! anybody trusts it is not known here.
//!
//! ```text
//! TimestampRequest ──► TSA ──► octets ──► check ──► TimestampToken
//! ```

mod archived;
mod authority;
mod fault;
mod held;
mod imprint;
mod info;
mod rejection;
mod request;
mod response;
mod token;
mod trust;

pub use archived::{
    HeldCmsArchive, archive_imprint, archives_of_signer, is_countersigner_archived,
    signature_value, with_archive, with_signature_timestamp,
};
pub use fault::TimestampFault;
pub use held::{HeldTimestamps, MAX_HELD, held_by_countersigners, held_by_signers};
pub(in crate::pki) use imprint::MessageImprint;
pub use info::TstInfo;
pub use rejection::{PkiFailure, PkiStatus, Rejection};
pub use request::TimestampRequest;
pub(in crate::pki) use token::ID_CT_TST_INFO;
pub use token::TimestampToken;
pub use trust::check_trust;

use crate::domain::instant::Instant;
use crate::domain::profile::DigestAlgorithm;

/// Octets of an answer at most. Tokens with the chain of the TSA have up to about 8,000; who puts
/// revocation lists into them has more.
pub const MAX_RESPONSE: usize = 64 * 1024;

/// Octets of a token that is kept at most: it may have got validation data and an index of a whole signature.
pub const MAX_TOKEN: usize = 4 << 20;

/// Takes the answer of a TSA (a `TimeStampResp` in DER, the body of RFC 3161, 3.4) to a request. What is
/// returned was granted, is over the imprint that was asked for with its nonce and policy, holds by itself
/// ([`TimestampToken::from_der`]), is not signed with SHA-1, its time is at most `tolerance_ms` away
/// from `now`, in either direction, and the TSA does not say that it may be off by more than that.
///
/// # Errors
/// The first thing that the TSA did wrong.
pub fn check(
    response: &[u8],
    request: &TimestampRequest,
    now: Instant,
    tolerance_ms: i64,
) -> Result<TimestampToken, TimestampFault> {
    if response.len() > MAX_RESPONSE {
        return Err(TimestampFault::TooLarge { octets: response.len(), limit: MAX_RESPONSE });
    }
    let token = TimestampToken::from_der(response::token(response)?)?;
    let info = token.info();
    let (asked, imprint) = (request.imprint(), &info.imprint);
    if imprint.algorithm() != asked.algorithm() {
        let (asked, given) = (asked.algorithm().as_str(), imprint.algorithm().as_str());
        return Err(TimestampFault::ImprintAlgorithm { asked, given });
    }
    if imprint != asked {
        return Err(TimestampFault::Imprint);
    }
    match (request.nonce_octets(), &info.nonce) {
        (None, _) => {}
        (Some(_), None) => return Err(TimestampFault::NonceMissing),
        (Some(asked), Some(given)) if asked == *given => {}
        (Some(_), Some(_)) => return Err(TimestampFault::Nonce),
    }
    if let Some(asked) = request.policy()
        && asked != info.policy
    {
        return Err(TimestampFault::Policy { asked, given: info.policy });
    }
    if token.signature_algorithm().digest() == DigestAlgorithm::Sha1 {
        return Err(TimestampFault::WeakSignature);
    }
    let off_ms = info.gen_time.unix_ms().saturating_sub(now.unix_ms());
    if off_ms.unsigned_abs() > tolerance_ms.unsigned_abs() {
        let (gen_time, now) = (info.gen_time.to_rfc3339(), now.to_rfc3339());
        return Err(TimestampFault::GenTimeOff { gen_time, now, tolerance_ms });
    }
    if let Some(accuracy) = info.accuracy
        && accuracy.as_micros() > u128::from(tolerance_ms.unsigned_abs()) * 1000
    {
        let accuracy_ms = accuracy.as_millis();
        return Err(TimestampFault::Accuracy { accuracy_ms, tolerance_ms });
    }
    Ok(token)
}
