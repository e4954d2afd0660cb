//! Whether a TSA is one of those that somebody trusts.

use super::fault::TimestampFault;
use super::token::TimestampToken;
use crate::pki::certificate::Certificate;
use crate::pki::path::{CertificatePool, PathSettings, TrustAnchor, find};

/// What looking for a path may cost: some dozen signatures.
const STEPS: usize = 5000;

/// Checks that the certificate of the TSA leads to a trust anchor, over the certificates in the token, by a
/// path that held when the token says that it was made (RFC 5280, 6). Revocation is not asked.
///
/// # Errors
/// [`TimestampFault::Untrusted`].
pub fn check_trust(token: &TimestampToken, anchors: &[TrustAnchor]) -> Result<(), TimestampFault> {
    let others = token.certificates().filter_map(|der| Certificate::from_der(der).ok());
    let pool = CertificatePool::new(anchors.iter().cloned(), others);
    let settings = PathSettings { steps: STEPS, ..PathSettings::at(token.info().gen_time) };
    match find(&pool, token.certificate(), &settings, &mut |_| Ok(())) {
        Ok(_) => Ok(()),
        Err(path) => {
            Err(TimestampFault::Untrusted { subject: token.certificate().subject(), path })
        }
    }
}
