//! The imprint of a request and of a token: a digest with its algorithm (RFC 3161, 2.4.1).

use der::asn1::{AnyRef, OctetString};
use der::{Any, Sequence};
use spki::AlgorithmIdentifierOwned;

use super::fault::TimestampFault;
use crate::pki::cms::{digest_of_oid, digest_oid};
use crate::pki::digest::Digest;

/// `MessageImprint`.
#[derive(Sequence)]
pub(in crate::pki) struct MessageImprint {
    algorithm: AlgorithmIdentifierOwned,
    value: OctetString,
}

impl MessageImprint {
    /// The parameters of the algorithm are NULL, as openssl writes them; read are any.
    pub(in crate::pki) fn new(digest: &Digest) -> der::Result<Self> {
        let parameters = Some(Any::from(AnyRef::NULL));
        let oid = digest_oid(digest.algorithm());
        let algorithm = AlgorithmIdentifierOwned { oid, parameters };
        Ok(Self { algorithm, value: OctetString::new(digest.value())? })
    }

    /// # Errors
    /// [`TimestampFault::ImprintUnsupported`], [`TimestampFault::ImprintLength`].
    pub(in crate::pki) fn digest(&self) -> Result<Digest, TimestampFault> {
        let algorithm = digest_of_oid(self.algorithm.oid)
            .ok_or(TimestampFault::ImprintUnsupported(self.algorithm.oid))?;
        Digest::of_others(algorithm, self.value.as_bytes())
            .ok_or(TimestampFault::ImprintLength(algorithm.as_str()))
    }
}
