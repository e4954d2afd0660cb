//! From our algorithms to PKCS#11 mechanisms, and one signature value in one session.
//! Mechanisms cannot leave their thread, so they are built where they are used.

use std::borrow::Cow;

use cryptoki::error::{Error as TokenError, RvError};
use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsPssParams};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::ObjectHandle;
use cryptoki::session::Session;
use cryptoki::types::Ulong;

use crate::domain::profile::{DigestAlgorithm, SignatureAlgorithm};
use crate::keys::{Error, RsaMechanism, ToBeSigned};
use crate::pki::digest::Digest;

/// Asks the key for one signature value, with the digest made by us or by the token.
///
/// Single-part on purpose: load balancing HSM clients do not balance multi-part operations.
///
/// # Errors
/// [`Error::MechanismRefused`] when the token or the key does not allow this way,
/// [`Error::Token`] otherwise. The session must not be used again after an error: a lost answer
/// leaves the operation open for ever.
pub(super) fn sign(
    session: &Session,
    key: ObjectHandle,
    by: RsaMechanism,
    item: &ToBeSigned,
) -> Result<Vec<u8>, Error> {
    let (mechanism, input) = match by {
        RsaMechanism::Raw => raw(item),
        RsaMechanism::Hashed => (hashed(item.algorithm()), Cow::Borrowed(item.message())),
    };
    session.sign(&mechanism, key, &input).map_err(|error| {
        use RvError::{KeyFunctionNotPermitted, MechanismInvalid, MechanismParamInvalid};
        match error {
            TokenError::Pkcs11(
                MechanismInvalid | MechanismParamInvalid | KeyFunctionNotPermitted,
                _,
            ) => Error::MechanismRefused(error),
            error => Error::Token(error),
        }
    })
}

fn raw(item: &ToBeSigned) -> (Mechanism<'static>, Cow<'_, [u8]>) {
    let digest = item.digest();
    match item.algorithm() {
        SignatureAlgorithm::RsaPkcs1(_) => (Mechanism::RsaPkcs, Cow::Owned(digest_info(digest))),
        SignatureAlgorithm::RsaPss(algorithm) => {
            (Mechanism::RsaPkcsPss(pss(algorithm)), Cow::Borrowed(digest.value()))
        }
        SignatureAlgorithm::Ecdsa(_) => (Mechanism::Ecdsa, Cow::Borrowed(digest.value())),
    }
}

fn hashed(algorithm: SignatureAlgorithm) -> Mechanism<'static> {
    use DigestAlgorithm::{Sha256, Sha384, Sha512};
    use SignatureAlgorithm::{Ecdsa, RsaPkcs1, RsaPss};
    match algorithm {
        RsaPkcs1(Sha256) => Mechanism::Sha256RsaPkcs,
        RsaPkcs1(Sha384) => Mechanism::Sha384RsaPkcs,
        RsaPkcs1(Sha512) => Mechanism::Sha512RsaPkcs,
        RsaPss(Sha256) => Mechanism::Sha256RsaPkcsPss(pss(Sha256)),
        RsaPss(Sha384) => Mechanism::Sha384RsaPkcsPss(pss(Sha384)),
        RsaPss(Sha512) => Mechanism::Sha512RsaPkcsPss(pss(Sha512)),
        Ecdsa(Sha256) => Mechanism::EcdsaSha256,
        Ecdsa(Sha384) => Mechanism::EcdsaSha384,
        Ecdsa(Sha512) => Mechanism::EcdsaSha512,
    }
}

/// MGF1 with the same digest, salt as long as the digest.
fn pss(algorithm: DigestAlgorithm) -> PkcsPssParams {
    let (hash_alg, mgf, s_len) = match algorithm {
        DigestAlgorithm::Sha256 => (MechanismType::SHA256, PkcsMgfType::MGF1_SHA256, 32),
        DigestAlgorithm::Sha384 => (MechanismType::SHA384, PkcsMgfType::MGF1_SHA384, 48),
        DigestAlgorithm::Sha512 => (MechanismType::SHA512, PkcsMgfType::MGF1_SHA512, 64),
    };
    PkcsPssParams { hash_alg, mgf, s_len: Ulong::new(s_len) }
}

/// DigestInfo of RFC 8017, 9.2, note 1: what `CKM_RSA_PKCS` pads and signs.
fn digest_info(digest: &Digest) -> Vec<u8> {
    let (digest_arc, size): (u8, u8) = match digest.algorithm() {
        DigestAlgorithm::Sha256 => (1, 32),
        DigestAlgorithm::Sha384 => (2, 48),
        DigestAlgorithm::Sha512 => (3, 64),
    };
    // SEQUENCE { SEQUENCE { OID 2.16.840.1.101.3.4.2.arc, NULL }, OCTET STRING }
    let mut info = vec![0x30, 17 + size, 0x30, 13, 0x06, 9, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03];
    info.extend([0x04, 0x02, digest_arc, 0x05, 0x00, 0x04, size]);
    info.extend(digest.value());
    info
}
