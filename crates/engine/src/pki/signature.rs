//! Signature values: their two encodings, and checking them against a certificate's key or a bare
//! public key.

use aws_lc_rs::{digest as aws_digest, signature as aws};
use der::asn1::UintRef;
use der::{Decode as _, Encode as _, Sequence};

use super::Error;
use super::algorithm::KeyKind;
pub use super::algorithm::suits;
use super::certificate::Certificate;
use super::digest::Digest;
use super::public_key::{EcCurve, PublicKey};
use super::to_be_signed::ToBeSigned;
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

    /// Wraps the answer of a key back-end, whatever it makes of ECDSA: `r || s` as PKCS#11 wants it,
    /// `r || s` without the leading zeros that both have (PKCS#11 2.40, 2.3.1 allows that), or DER.
    /// Values of RSA, and what is none of these, are taken as they are; the check finds out.
    #[must_use]
    pub fn of_key(kind: KeyKind, octets: Vec<u8>) -> Self {
        let Some(curve) = kind.curve() else { return Self(octets) };
        if octets.len() == 2 * curve.order_length() {
            return Self(octets);
        }
        if let Ok(value) = Self::from_der(kind, &octets) {
            return value;
        }
        let halves = octets.len().is_multiple_of(2).then(|| octets.split_at(octets.len() / 2));
        halves.and_then(|(r, s)| fixed(curve, r, s)).map_or(Self(octets), Self)
    }

    /// Reads a value as CMS and X.509 carry it: for ECDSA DER of `SEQUENCE { r, s }` (RFC 3279,
    /// 2.2.3), for RSA the octets themselves.
    ///
    /// # Errors
    /// [`Error::SignatureInvalid`] when it is not such DER, or a number is longer than the order.
    pub fn from_der(kind: KeyKind, der: &[u8]) -> Result<Self, Error> {
        let Some(curve) = kind.curve() else { return Ok(Self(der.to_vec())) };
        let pair = EcdsaSignature::from_der(der).map_err(|_| Error::SignatureInvalid)?;
        fixed(curve, pair.r.as_bytes(), pair.s.as_bytes()).map(Self).ok_or(Error::SignatureInvalid)
    }

    /// The octets as XML Signature wants them (XMLDSIG 1.1, 6.4).
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        &self.0
    }

    /// The value as CMS and X.509 carry it, as in [`SignatureValue::from_der`].
    ///
    /// # Errors
    /// [`Error::SignatureInvalid`] when it has not the length of such a key's values.
    pub fn to_der(&self, kind: KeyKind) -> Result<Vec<u8>, Error> {
        let Some(curve) = kind.curve() else { return Ok(self.0.clone()) };
        if self.0.len() != 2 * curve.order_length() {
            return Err(Error::SignatureInvalid);
        }
        let (r, s) = self.0.split_at(curve.order_length());
        let pair = EcdsaSignature {
            r: UintRef::new(r).map_err(Error::Encoding)?,
            s: UintRef::new(s).map_err(Error::Encoding)?,
        };
        pair.to_der().map_err(Error::Encoding)
    }
}

#[derive(Sequence)]
struct EcdsaSignature<'a> {
    r: UintRef<'a>,
    s: UintRef<'a>,
}

/// `r || s`, each as long as the order.
fn fixed(curve: EcCurve, r: &[u8], s: &[u8]) -> Option<Vec<u8>> {
    let length = curve.order_length();
    let mut octets = vec![0; length.checked_sub(r.len())?];
    octets.extend(r);
    octets.resize(octets.len() + length.checked_sub(s.len())?, 0);
    octets.extend(s);
    Some(octets)
}

/// A signature value that was checked, with what it was checked against: the key, the algorithm, and
/// what was signed, by its digest. Having one is the proof; it spares whoever takes it a second check
/// of the same thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedValue {
    value: SignatureValue,
    key_sha256: [u8; 32],
    algorithm: SignatureAlgorithm,
    signed: Digest,
}

impl CheckedValue {
    /// Checks a value and keeps what it was checked against.
    ///
    /// # Errors
    /// As [`check`].
    pub fn new(key: &PublicKey, item: &ToBeSigned, value: SignatureValue) -> Result<Self, Error> {
        verify(key.kind(), key.bits(), item.algorithm(), item.digest(), &value)?;
        let (key_sha256, signed) = (key.fingerprint(), item.digest().clone());
        Ok(Self { value, key_sha256, algorithm: item.algorithm(), signed })
    }

    /// The value, if it was checked with this key, in this way, over this.
    ///
    /// # Errors
    /// [`Error::SignatureInvalid`] when it was checked against anything else.
    pub fn over(
        self,
        certificate: &Certificate,
        item: &ToBeSigned,
    ) -> Result<SignatureValue, Error> {
        let same = self.algorithm == item.algorithm()
            && self.signed == *item.digest()
            && self.key_sha256 == PublicKey::of(certificate).fingerprint()
            && certificate.allows(self.algorithm).is_ok();
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
    certificate.allows(algorithm)?;
    let digest = Digest::of(algorithm.digest(), message);
    verify(certificate.key_kind(), certificate.public_key_bits(), algorithm, &digest, value)
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
    verify(key.kind(), key.bits(), algorithm, &Digest::of(algorithm.digest(), message), value)
}

/// A digest as aws-lc-rs takes it for a curve, which it knows with one digest only: the same number,
/// written as a digest of that length. ECDSA signs a number, not the bytes of a digest.
///
/// # Errors
/// [`Error::SignatureInvalid`], which no digest of ours causes.
pub fn curve_digest(curve: EcCurve, digest: &Digest) -> Result<aws_digest::Digest, Error> {
    let native = match curve {
        EcCurve::P256 | EcCurve::Secp256k1 => &aws_digest::SHA256,
        EcCurve::P384 => &aws_digest::SHA384,
        EcCurve::P521 => &aws_digest::SHA512,
    };
    let part = curve.signed_part(digest);
    let mut number = vec![0; native.output_len.saturating_sub(part.len())];
    number.extend(part);
    aws_digest::Digest::import_less_safe(&number, native).map_err(|_| Error::SignatureInvalid)
}

/// Checks a value of RSASSA-PSS with a salt of any length, which only others make.
///
/// # Errors
/// As [`check`].
pub(super) fn check_salted(
    key: &PublicKey,
    digest: &Digest,
    salt_length: u16,
    value: &[u8],
) -> Result<(), Error> {
    let algorithm = SignatureAlgorithm::RsaPss(digest.algorithm());
    suits(key.kind(), algorithm)?;
    let usual = match digest.algorithm() {
        DigestAlgorithm::Sha1 => return Err(Error::AlgorithmMismatch(algorithm.as_str())),
        DigestAlgorithm::Sha256 => aws::RSA_PSS_2048_8192_SHA256,
        DigestAlgorithm::Sha384 => aws::RSA_PSS_2048_8192_SHA384,
        DigestAlgorithm::Sha512 => aws::RSA_PSS_2048_8192_SHA512,
    };
    let salted = usual.with_pss_salt_length(aws::RsaPssSaltLength::Custom(salt_length));
    aws::VerificationAlgorithm::verify_digest_sig(&salted, key.bits(), &native(digest)?, value)
        .map_err(|_| Error::SignatureInvalid)
}

fn verify(
    kind: KeyKind,
    bits: &[u8],
    algorithm: SignatureAlgorithm,
    digest: &Digest,
    value: &SignatureValue,
) -> Result<(), Error> {
    use DigestAlgorithm::{Sha1, Sha256, Sha384, Sha512};
    use SignatureAlgorithm::{Ecdsa, RsaPkcs1, RsaPss};
    suits(kind, algorithm)?;
    let rsa: &'static dyn aws::VerificationAlgorithm = match algorithm {
        RsaPkcs1(Sha1) => &aws::RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
        RsaPkcs1(Sha256) => &aws::RSA_PKCS1_2048_8192_SHA256,
        RsaPkcs1(Sha384) => &aws::RSA_PKCS1_2048_8192_SHA384,
        RsaPkcs1(Sha512) => &aws::RSA_PKCS1_2048_8192_SHA512,
        RsaPss(Sha256) => &aws::RSA_PSS_2048_8192_SHA256,
        RsaPss(Sha384) => &aws::RSA_PSS_2048_8192_SHA384,
        RsaPss(Sha512) => &aws::RSA_PSS_2048_8192_SHA512,
        RsaPss(Sha1) | Ecdsa(_) => return verify_ecdsa(kind, bits, algorithm, digest, value),
    };
    aws::UnparsedPublicKey::new(rsa, bits)
        .verify_digest(&native(digest)?, value.octets())
        .map_err(|_| Error::SignatureInvalid)
}

/// A digest as aws-lc-rs takes it.
///
/// # Errors
/// [`Error::SignatureInvalid`], which no digest of ours causes.
pub fn native(digest: &Digest) -> Result<aws_digest::Digest, Error> {
    let native = match digest.algorithm() {
        DigestAlgorithm::Sha1 => &aws_digest::SHA1_FOR_LEGACY_USE_ONLY,
        DigestAlgorithm::Sha256 => &aws_digest::SHA256,
        DigestAlgorithm::Sha384 => &aws_digest::SHA384,
        DigestAlgorithm::Sha512 => &aws_digest::SHA512,
    };
    aws_digest::Digest::import_less_safe(digest.value(), native)
        .map_err(|_| Error::SignatureInvalid)
}

fn verify_ecdsa(
    kind: KeyKind,
    point: &[u8],
    algorithm: SignatureAlgorithm,
    digest: &Digest,
    value: &SignatureValue,
) -> Result<(), Error> {
    let curve = kind.curve().ok_or_else(|| Error::AlgorithmMismatch(algorithm.as_str()))?;
    let ecdsa = match curve {
        EcCurve::P256 => &aws::ECDSA_P256_SHA256_FIXED,
        EcCurve::P384 => &aws::ECDSA_P384_SHA384_FIXED,
        EcCurve::P521 => &aws::ECDSA_P521_SHA512_FIXED,
        EcCurve::Secp256k1 => &aws::ECDSA_P256K1_SHA256_FIXED,
    };
    aws::UnparsedPublicKey::new(ecdsa, point)
        .verify_digest(&curve_digest(curve, digest)?, value.octets())
        .map_err(|_| Error::SignatureInvalid)
}
