//! From our algorithms to PKCS#11 mechanisms, and one signature value in one session.
//! Mechanisms cannot leave their thread, so they are built where they are used.

use std::borrow::Cow;

use cryptoki::error::{Error as TokenError, RvError};
use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsPssParams};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::session::Session;
use cryptoki::types::Ulong;

use super::module::Inside;
use super::objects::PrivateKey;
use super::token::Token;
use crate::domain::profile::{DigestAlgorithm, SignatureAlgorithm};
use crate::keys::{Error, RsaMechanism, ToBeSigned};
use crate::pki::algorithm::KeyKind;
use crate::pki::digest::Digest;

/// Asks the key for one signature value, with the digest made by us or, of a message, by the token.
///
/// Single-part on purpose: load balancing HSM clients do not balance multi-part operations.
///
/// # Errors
/// [`Error::Pki`] when no key makes such signatures, [`Error::MechanismRefused`] or
/// [`Error::SigningForbidden`] when the token or the key does not allow this way,
/// [`Error::PinRefused`] and [`Error::PinGuarded`] when the key wants the PIN for every signature,
/// [`Error::Token`] otherwise. The session must not be used again after an error: a lost answer leaves
/// the operation open for ever.
pub(super) fn sign(
    (token, inside): (&Token, &Inside),
    session: &Session,
    key: PrivateKey,
    kind: KeyKind,
    by: RsaMechanism,
    item: &ToBeSigned,
) -> Result<Vec<u8>, Error> {
    let (mechanism, input) = match (by, item.message()) {
        (RsaMechanism::Hashed, Some(message)) => {
            (hashed(item.algorithm())?, Cow::Borrowed(message))
        }
        // What is a digest already can be signed as such only.
        (RsaMechanism::Raw, _) | (RsaMechanism::Hashed, None) => raw(kind, item)?,
    };
    let value = if key.confirms {
        token.sign_confirmed(inside, session, (&mechanism, key.handle), &input)
    } else {
        session.sign(&mechanism, key.handle, &input).map_err(Error::Token)
    };
    value.map_err(|error| {
        use RvError::{KeyFunctionNotPermitted, MechanismInvalid, MechanismParamInvalid};
        match error {
            Error::Token(
                refusal @ TokenError::Pkcs11(MechanismInvalid | MechanismParamInvalid, _),
            ) => Error::MechanismRefused(refusal),
            Error::Token(refusal @ TokenError::Pkcs11(KeyFunctionNotPermitted, _)) => {
                Error::SigningForbidden(refusal)
            }
            error => error,
        }
    })
}

fn raw(kind: KeyKind, item: &ToBeSigned) -> Result<(Mechanism<'static>, Cow<'_, [u8]>), Error> {
    let digest = item.digest();
    Ok(match item.algorithm() {
        SignatureAlgorithm::RsaPkcs1(_) => (Mechanism::RsaPkcs, Cow::Owned(digest_info(digest))),
        SignatureAlgorithm::RsaPss(_) => {
            let pss = pss(item.algorithm())?;
            (Mechanism::RsaPkcsPss(pss), Cow::Borrowed(digest.value()))
        }
        // Some tokens refuse digests longer than the order instead of cutting them.
        SignatureAlgorithm::Ecdsa(_) => {
            let part = kind.curve().map_or_else(|| digest.value(), |it| it.signed_part(digest));
            (Mechanism::Ecdsa, Cow::Borrowed(part))
        }
    })
}

fn hashed(algorithm: SignatureAlgorithm) -> Result<Mechanism<'static>, Error> {
    use DigestAlgorithm::{Sha1, Sha256, Sha384, Sha512};
    use SignatureAlgorithm::{Ecdsa, RsaPkcs1, RsaPss};
    Ok(match algorithm {
        RsaPkcs1(Sha1) => Mechanism::Sha1RsaPkcs,
        RsaPkcs1(Sha256) => Mechanism::Sha256RsaPkcs,
        RsaPkcs1(Sha384) => Mechanism::Sha384RsaPkcs,
        RsaPkcs1(Sha512) => Mechanism::Sha512RsaPkcs,
        RsaPss(Sha256) => Mechanism::Sha256RsaPkcsPss(pss(algorithm)?),
        RsaPss(Sha384) => Mechanism::Sha384RsaPkcsPss(pss(algorithm)?),
        RsaPss(Sha512) => Mechanism::Sha512RsaPkcsPss(pss(algorithm)?),
        Ecdsa(Sha256) => Mechanism::EcdsaSha256,
        Ecdsa(Sha384) => Mechanism::EcdsaSha384,
        Ecdsa(Sha512) => Mechanism::EcdsaSha512,
        RsaPss(Sha1) | Ecdsa(Sha1) => return Err(mismatch(algorithm)),
    })
}

/// MGF1 with the same digest, salt as long as the digest.
fn pss(algorithm: SignatureAlgorithm) -> Result<PkcsPssParams, Error> {
    let (hash_alg, mgf, s_len) = match algorithm.digest() {
        DigestAlgorithm::Sha256 => (MechanismType::SHA256, PkcsMgfType::MGF1_SHA256, 32),
        DigestAlgorithm::Sha384 => (MechanismType::SHA384, PkcsMgfType::MGF1_SHA384, 48),
        DigestAlgorithm::Sha512 => (MechanismType::SHA512, PkcsMgfType::MGF1_SHA512, 64),
        DigestAlgorithm::Sha1 => return Err(mismatch(algorithm)),
    };
    Ok(PkcsPssParams { hash_alg, mgf, s_len: Ulong::new(s_len) })
}

fn mismatch(algorithm: SignatureAlgorithm) -> Error {
    Error::Pki(crate::pki::Error::AlgorithmMismatch(algorithm.as_str()))
}

/// DigestInfo of RFC 8017, 9.2, note 1: what `CKM_RSA_PKCS` pads and signs.
fn digest_info(digest: &Digest) -> Vec<u8> {
    // SEQUENCE { SEQUENCE { OID, NULL }, OCTET STRING }; 2.16.840.1.101.3.4.2.1 to 3 and 1.3.14.3.2.26
    let oid: &[u8] = match digest.algorithm() {
        DigestAlgorithm::Sha1 => &[0x2b, 0x0e, 0x03, 0x02, 0x1a],
        DigestAlgorithm::Sha256 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 1],
        DigestAlgorithm::Sha384 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 2],
        DigestAlgorithm::Sha512 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 3],
    };
    let element = |tag: u8, content: &[u8]| {
        // All of this is shorter than 128 bytes: one length byte.
        [&[tag, u8::try_from(content.len()).unwrap_or(u8::MAX)], content].concat()
    };
    let algorithm = [element(0x06, oid), element(0x05, &[])].concat();
    let parts = [element(0x30, &algorithm), element(0x04, digest.value())].concat();
    element(0x30, &parts)
}
