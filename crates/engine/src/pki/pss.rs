//! RSASSA-PSS as keys of certificates and others' signatures say it (RFC 4055).

use const_oid::db::rfc5912::{ID_MGF_1, ID_RSASSA_PSS, ID_SHA_256, ID_SHA_384, ID_SHA_512};
use der::asn1::ObjectIdentifier;
use der::{Any, Sequence};
use spki::AlgorithmIdentifierOwned;

use super::Error;
use crate::domain::profile::{DigestAlgorithm, SignatureAlgorithm};

/// RSASSA-PSS-params (RFC 4055, 3.1) as others write them.
#[derive(Sequence)]
struct AnyPssParameters {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    hash: Option<AlgorithmIdentifierOwned>,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    mask_generation: Option<AlgorithmIdentifierOwned>,
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT", optional = "true")]
    salt_length: Option<u16>,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT", optional = "true")]
    trailer: Option<u8>,
}

/// What a key of id-RSASSA-PSS may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PssRestriction {
    /// RSASSA-PSS with any digest.
    Free,
    /// With this digest and a salt of at least so many octets.
    Digest(DigestAlgorithm, u16),
}

impl PssRestriction {
    pub(super) fn allows(self, algorithm: SignatureAlgorithm) -> bool {
        match (self, algorithm) {
            (Self::Free, SignatureAlgorithm::RsaPss(_)) => true,
            // Our salt is as long as the digest.
            (Self::Digest(wanted, salt), SignatureAlgorithm::RsaPss(digest)) => {
                digest == wanted && digest.length() >= usize::from(salt)
            }
            _ => false,
        }
    }

    pub(super) const fn usual_digest(self) -> DigestAlgorithm {
        match self {
            Self::Free => DigestAlgorithm::Sha256,
            Self::Digest(digest, _) => digest,
        }
    }
}

/// How the key of a SubjectPublicKeyInfo is restricted to RSASSA-PSS (RFC 4055, 3.1); `None` for keys
/// of other algorithms.
///
/// # Errors
/// [`Error::KeyUnsupported`] when no signature of ours fits its parameters.
pub(super) fn restriction(
    algorithm: &AlgorithmIdentifierOwned,
) -> Result<Option<PssRestriction>, Error> {
    if algorithm.oid != ID_RSASSA_PSS {
        return Ok(None);
    }
    let Some(parameters) = &algorithm.parameters else { return Ok(Some(PssRestriction::Free)) };
    let unsupported = || {
        Error::KeyUnsupported(
            "RSASSA-PSS with these parameters (one digest of SHA-256, SHA-384 and SHA-512 for message \
             and mask, and a salt no longer than it)"
                .to_owned(),
        )
    };
    let (digest, salt) = read_pss(parameters).ok_or_else(unsupported)?;
    let restriction = PssRestriction::Digest(digest, salt);
    if restriction.allows(SignatureAlgorithm::RsaPss(digest)) {
        Ok(Some(restriction))
    } else {
        Err(unsupported())
    }
}

/// Digest and length of the salt; `None` when message and mask have different digests, or one that we
/// do not have.
pub(super) fn read_pss(parameters: &Any) -> Option<(DigestAlgorithm, u16)> {
    let read: AnyPssParameters = parameters.decode_as().ok()?;
    // Every default is that of SHA-1, which PSS is not used with here.
    let hash = digest_of(read.hash?.oid)?;
    let mask = read.mask_generation?;
    let mask_hash: AlgorithmIdentifierOwned = mask.parameters?.decode_as().ok()?;
    let fits = mask.oid == ID_MGF_1
        && digest_of(mask_hash.oid)? == hash
        && read.trailer.is_none_or(|trailer| trailer == 1);
    fits.then(|| (hash, read.salt_length.unwrap_or(20)))
}

fn digest_of(oid: ObjectIdentifier) -> Option<DigestAlgorithm> {
    match oid {
        ID_SHA_256 => Some(DigestAlgorithm::Sha256),
        ID_SHA_384 => Some(DigestAlgorithm::Sha384),
        ID_SHA_512 => Some(DigestAlgorithm::Sha512),
        _ => None,
    }
}
