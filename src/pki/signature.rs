//! Checking signature values against a certificate's key, or against a bare public key.

use aws_lc_rs::signature as aws;

use super::Error;
use super::algorithm::KeyKind;
use super::certificate::Certificate;
use super::digest::sha256;
use super::public_key::PublicKey;
use crate::domain::profile::{DigestAlgorithm, SignatureAlgorithm};

/// Raw answer of a key: PKCS#1 or PSS octets, or `r || s` for ECDSA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureValue(Vec<u8>);

impl SignatureValue {
    /// Wraps what a key back-end answered; nothing is known about it yet.
    #[must_use]
    pub const fn new(octets: Vec<u8>) -> Self {
        Self(octets)
    }

    /// The octets as XML Signature wants them (XMLDSIG 1.1, 6.4).
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        &self.0
    }
}

/// A signature value that was checked, with what it was checked against. Having one is the proof; it
/// spares whoever takes it a second check of the same thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedValue {
    value: SignatureValue,
    algorithm: SignatureAlgorithm,
    key_sha256: [u8; 32],
    message_sha256: [u8; 32],
}

impl CheckedValue {
    /// Checks a value and keeps what it was checked against.
    ///
    /// # Errors
    /// As [`check`].
    pub fn new(
        key: &PublicKey,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        value: SignatureValue,
    ) -> Result<Self, Error> {
        check_with_key(key, algorithm, message, &value)?;
        let (key_sha256, message_sha256) = (key.fingerprint(), sha256(message));
        Ok(Self { value, algorithm, key_sha256, message_sha256 })
    }

    /// The value, if it was checked with this key, in this way, over this message.
    ///
    /// # Errors
    /// [`Error::SignatureInvalid`] when it was checked against anything else.
    pub fn over(
        self,
        certificate: &Certificate,
        algorithm: SignatureAlgorithm,
        message: &[u8],
    ) -> Result<SignatureValue, Error> {
        let same = self.algorithm == algorithm
            && self.message_sha256 == sha256(message)
            && self.key_sha256 == sha256(certificate.spki_der());
        if same { Ok(self.value) } else { Err(Error::SignatureInvalid) }
    }
}

impl std::ops::Deref for CheckedValue {
    type Target = SignatureValue;

    fn deref(&self) -> &SignatureValue {
        &self.value
    }
}

/// Checks a signature value over a message with the key of a certificate.
///
/// # Errors
/// [`Error::AlgorithmMismatch`] when such a key cannot make such signatures,
/// [`Error::SignatureInvalid`] when the value is wrong.
pub fn check(
    certificate: &Certificate,
    algorithm: SignatureAlgorithm,
    message: &[u8],
    value: &SignatureValue,
) -> Result<(), Error> {
    verify(certificate.key_kind(), certificate.public_key_bits(), algorithm, message, value)
}

/// Checks a signature value over a message with a key that has no certificate yet.
///
/// # Errors
/// As [`check`].
pub fn check_with_key(
    key: &PublicKey,
    algorithm: SignatureAlgorithm,
    message: &[u8],
    value: &SignatureValue,
) -> Result<(), Error> {
    verify(key.kind(), key.bits(), algorithm, message, value)
}

/// Whether a key of this kind can make such signatures: asked before a key is used.
///
/// # Errors
/// [`Error::AlgorithmMismatch`].
pub fn suits(key: KeyKind, algorithm: SignatureAlgorithm) -> Result<(), Error> {
    verification(key, algorithm).map(|_| ())
}

fn verify(
    kind: KeyKind,
    bits: &[u8],
    algorithm: SignatureAlgorithm,
    message: &[u8],
    value: &SignatureValue,
) -> Result<(), Error> {
    aws::UnparsedPublicKey::new(verification(kind, algorithm)?, bits)
        .verify(message, value.octets())
        .map_err(|_| Error::SignatureInvalid)
}

fn verification(
    key: KeyKind,
    algorithm: SignatureAlgorithm,
) -> Result<&'static dyn aws::VerificationAlgorithm, Error> {
    use DigestAlgorithm::{Sha256, Sha384, Sha512};
    use SignatureAlgorithm::{Ecdsa, RsaPkcs1, RsaPss};
    Ok(match (key, algorithm) {
        (KeyKind::Rsa { .. }, RsaPkcs1(Sha256)) => &aws::RSA_PKCS1_2048_8192_SHA256,
        (KeyKind::Rsa { .. }, RsaPkcs1(Sha384)) => &aws::RSA_PKCS1_2048_8192_SHA384,
        (KeyKind::Rsa { .. }, RsaPkcs1(Sha512)) => &aws::RSA_PKCS1_2048_8192_SHA512,
        (KeyKind::Rsa { .. }, RsaPss(Sha256)) => &aws::RSA_PSS_2048_8192_SHA256,
        (KeyKind::Rsa { .. }, RsaPss(Sha384)) => &aws::RSA_PSS_2048_8192_SHA384,
        (KeyKind::Rsa { .. }, RsaPss(Sha512)) => &aws::RSA_PSS_2048_8192_SHA512,
        (KeyKind::P256, Ecdsa(Sha256)) => &aws::ECDSA_P256_SHA256_FIXED,
        (KeyKind::P384, Ecdsa(Sha384)) => &aws::ECDSA_P384_SHA384_FIXED,
        (KeyKind::P521, Ecdsa(Sha512)) => &aws::ECDSA_P521_SHA512_FIXED,
        (_, algorithm) => return Err(Error::AlgorithmMismatch(algorithm.as_str())),
    })
}
