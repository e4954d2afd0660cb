//! X.509's envelope around signed bytes: `SEQUENCE { bytes, algorithm, signature }`, shared by
//! certificates (RFC 5280, 4.1) and certification requests (RFC 2986, 4.2); and its algorithms.

use const_oid::db::rfc5912::{
    ECDSA_WITH_SHA_256, ECDSA_WITH_SHA_384, ECDSA_WITH_SHA_512, ID_MGF_1, ID_RSASSA_PSS,
    ID_SHA_256, ID_SHA_384, ID_SHA_512, SHA_1_WITH_RSA_ENCRYPTION, SHA_256_WITH_RSA_ENCRYPTION,
    SHA_384_WITH_RSA_ENCRYPTION, SHA_512_WITH_RSA_ENCRYPTION,
};
use der::asn1::{AnyRef, BitString, ObjectIdentifier};
use der::{Any, Decode as _, Encode as _, Sequence};
use spki::AlgorithmIdentifierOwned;

use super::Error;
use super::algorithm::KeyKind;
use super::digest::Digest;
use super::pss::read_pss;
use super::public_key::PublicKey;
use super::signature::{self, SignatureValue};
use crate::domain::profile::{DigestAlgorithm, SignatureAlgorithm};

#[derive(Sequence)]
struct Signed {
    content: Any,
    algorithm: AlgorithmIdentifierOwned,
    signature: BitString,
}

/// RSASSA-PSS-params (RFC 4055, 3.1) as we write them; the trailer field keeps its default.
#[derive(Sequence)]
struct PssParameters {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    hash: AlgorithmIdentifierOwned,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT")]
    mask_generation: AlgorithmIdentifierOwned,
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT")]
    salt_length: u8,
}

/// Puts signed DER, algorithm and signature value of a kind of key together.
pub(super) fn envelope(
    content_der: &[u8],
    kind: KeyKind,
    algorithm: SignatureAlgorithm,
    value: &SignatureValue,
) -> Result<Vec<u8>, Error> {
    let signed = Signed {
        content: Any::from_der(content_der).map_err(Error::Encoding)?,
        algorithm: algorithm_identifier(algorithm)?,
        signature: BitString::new(0, value.to_der(kind)?).map_err(Error::Encoding)?,
    };
    signed.to_der().map_err(Error::Encoding)
}

/// How others signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReadAlgorithm {
    /// As we do.
    Ours(SignatureAlgorithm),
    /// RSASSA-PSS with a salt of another length.
    Salted(DigestAlgorithm, u16),
}

impl ReadAlgorithm {
    pub(super) const fn is_ecdsa(self) -> bool {
        matches!(self, Self::Ours(SignatureAlgorithm::Ecdsa(_)))
    }

    /// The algorithm, whatever its salt.
    pub(super) const fn algorithm(self) -> SignatureAlgorithm {
        match self {
            Self::Ours(algorithm) => algorithm,
            Self::Salted(digest, _) => SignatureAlgorithm::RsaPss(digest),
        }
    }
}

/// The signature algorithm that an AlgorithmIdentifier names; `None` when it is none of ours.
pub(super) fn read_algorithm(identifier: &AlgorithmIdentifierOwned) -> Option<ReadAlgorithm> {
    if identifier.oid == ID_RSASSA_PSS {
        let (digest, salt) = read_pss(identifier.parameters.as_ref()?)?;
        return Some(if usize::from(salt) == digest.length() {
            ReadAlgorithm::Ours(SignatureAlgorithm::RsaPss(digest))
        } else {
            ReadAlgorithm::Salted(digest, salt)
        });
    }
    let named = |algorithm: &SignatureAlgorithm| {
        algorithm_identifier(*algorithm).is_ok_and(|known| known.oid == identifier.oid)
    };
    SignatureAlgorithm::ALL.into_iter().find(named).map(ReadAlgorithm::Ours)
}

/// Checks what somebody signed, with the value as X.509 carries it.
///
/// # Errors
/// [`Error::AlgorithmMismatch`], [`Error::SignatureInvalid`].
pub(super) fn check(
    key: &PublicKey,
    algorithm: ReadAlgorithm,
    content_der: &[u8],
    value: &[u8],
) -> Result<(), Error> {
    match algorithm {
        ReadAlgorithm::Ours(algorithm) => {
            let value = SignatureValue::from_der(key.kind(), value)?;
            signature::check_with_key(key, algorithm, content_der, &value)
        }
        ReadAlgorithm::Salted(digest, salt) => {
            signature::check_salted(key, &Digest::of(digest, content_der), salt, value)
        }
    }
}

/// The AlgorithmIdentifier of a signature algorithm (RFC 4055, 5; RFC 5758, 3.2).
pub(super) fn algorithm_identifier(
    algorithm: SignatureAlgorithm,
) -> Result<AlgorithmIdentifierOwned, Error> {
    use DigestAlgorithm::{Sha1, Sha256, Sha384, Sha512};
    let null = || Some(Any::from(AnyRef::NULL));
    let mismatch = || Error::AlgorithmMismatch(algorithm.as_str());
    let (oid, parameters) = match algorithm {
        SignatureAlgorithm::RsaPkcs1(Sha1) => (SHA_1_WITH_RSA_ENCRYPTION, null()),
        SignatureAlgorithm::RsaPkcs1(Sha256) => (SHA_256_WITH_RSA_ENCRYPTION, null()),
        SignatureAlgorithm::RsaPkcs1(Sha384) => (SHA_384_WITH_RSA_ENCRYPTION, null()),
        SignatureAlgorithm::RsaPkcs1(Sha512) => (SHA_512_WITH_RSA_ENCRYPTION, null()),
        SignatureAlgorithm::RsaPss(digest) => {
            (ID_RSASSA_PSS, Some(pss_parameters(digest)?.ok_or_else(mismatch)?))
        }
        SignatureAlgorithm::Ecdsa(Sha1) => return Err(mismatch()),
        SignatureAlgorithm::Ecdsa(Sha256) => (ECDSA_WITH_SHA_256, None),
        SignatureAlgorithm::Ecdsa(Sha384) => (ECDSA_WITH_SHA_384, None),
        SignatureAlgorithm::Ecdsa(Sha512) => (ECDSA_WITH_SHA_512, None),
    };
    Ok(AlgorithmIdentifierOwned { oid, parameters })
}

/// `None` for SHA-1, which PSS is not used with here.
fn pss_parameters(digest: DigestAlgorithm) -> Result<Option<Any>, Error> {
    let (oid, salt_length): (ObjectIdentifier, u8) = match digest {
        DigestAlgorithm::Sha1 => return Ok(None),
        DigestAlgorithm::Sha256 => (ID_SHA_256, 32),
        DigestAlgorithm::Sha384 => (ID_SHA_384, 48),
        DigestAlgorithm::Sha512 => (ID_SHA_512, 64),
    };
    let hash = AlgorithmIdentifierOwned { oid, parameters: Some(Any::from(AnyRef::NULL)) };
    let mask_generation = AlgorithmIdentifierOwned {
        oid: ID_MGF_1,
        parameters: Some(Any::encode_from(&hash).map_err(Error::Encoding)?),
    };
    Any::encode_from(&PssParameters { hash, mask_generation, salt_length })
        .map(Some)
        .map_err(Error::Encoding)
}
