//! What a TSA is asked (`TimeStampReq`, RFC 3161, 2.4.1).

use der::asn1::ObjectIdentifier;
use der::{Encode as _, Sequence};

use super::fault::TimestampFault;
use super::imprint::MessageImprint;
use crate::domain::profile::DigestAlgorithm;
use crate::pki::Error;
use crate::pki::digest::Digest;

/// A request for a token over an imprint. The certificate of the TSA is always asked for (`certReq`): a
/// token without it proves nothing by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimestampRequest {
    imprint: Digest,
    policy: Option<ObjectIdentifier>,
    nonce: Option<u64>,
}

#[derive(Sequence)]
struct TimeStampReq {
    version: u8,
    imprint: MessageImprint,
    #[asn1(optional = "true")]
    policy: Option<ObjectIdentifier>,
    #[asn1(optional = "true")]
    nonce: Option<u64>,
    #[asn1(default = "Default::default")]
    cert_req: bool,
}

impl TimestampRequest {
    /// A request over a digest: of the octets that a signature timestamp covers, that is
    /// `seal::Signed::time_stamped`. The TSA chooses when no policy is given. The nonce is a random number
    /// of the caller's that is used once; leave it out only for a TSA that does not know nonces, whose old
    /// answers then pass as new ones.
    ///
    /// # Errors
    /// [`TimestampFault::WeakImprint`].
    pub fn new(
        imprint: Digest,
        policy: Option<ObjectIdentifier>,
        nonce: Option<u64>,
    ) -> Result<Self, TimestampFault> {
        if imprint.algorithm() == DigestAlgorithm::Sha1 {
            return Err(TimestampFault::WeakImprint);
        }
        Ok(Self { imprint, policy, nonce })
    }

    /// The DER that a TSA is sent (`application/timestamp-query`, RFC 3161, 3.4).
    ///
    /// # Errors
    /// [`Error::Encoding`], which no request causes.
    pub fn to_der(&self) -> Result<Vec<u8>, Error> {
        let request = TimeStampReq {
            version: 1,
            imprint: MessageImprint::new(&self.imprint).map_err(Error::Encoding)?,
            policy: self.policy,
            nonce: self.nonce,
            cert_req: true,
        };
        request.to_der().map_err(Error::Encoding)
    }

    /// What the token is to be over.
    #[must_use]
    pub const fn imprint(&self) -> &Digest {
        &self.imprint
    }

    /// The policy that was asked for.
    #[must_use]
    pub const fn policy(&self) -> Option<ObjectIdentifier> {
        self.policy
    }

    /// The nonce as a token has it: content of the INTEGER.
    pub(super) fn nonce_octets(&self) -> Option<Vec<u8>> {
        let octets = self.nonce?.to_be_bytes();
        let mut octets: Vec<u8> = octets.into_iter().skip_while(|octet| *octet == 0).collect();
        // Positive, and at least one octet (X.690, 8.3).
        if octets.first().is_none_or(|first| *first >= 0x80) {
            octets.insert(0, 0);
        }
        Some(octets)
    }
}
