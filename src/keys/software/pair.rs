//! A private key in our own memory, and what it can do.

use std::sync::OnceLock;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{self as aws, EcdsaKeyPair, KeyPair as _, RsaEncoding, RsaKeyPair};
use pkcs8::SecretDocument;

use super::legacy::LegacyKey;
use crate::domain::profile::{DigestAlgorithm, SignatureAlgorithm};
use crate::keys::{Error, ToBeSigned};
use crate::pki::algorithm::KeyKind;
use crate::pki::public_key::{EcCurve, PublicKey};
use crate::pki::signature::{curve_digest, native};

/// RSA of 2048 to 8192 bits, or ECDSA on a curve we know.
pub(super) enum Pair {
    Rsa { pair: RsaKeyPair, legacy: OnceLock<LegacyKey> },
    Ecdsa { curve: EcCurve, pair: EcdsaKeyPair },
}

impl Pair {
    pub(super) fn from_pkcs8(der: &[u8]) -> Option<Self> {
        if let Ok(pair) = RsaKeyPair::from_pkcs8(der) {
            return Some(Self::rsa(pair));
        }
        EcCurve::ALL.into_iter().find_map(|curve| {
            let pair = EcdsaKeyPair::from_pkcs8(ecdsa(curve), der).ok()?;
            Some(Self::Ecdsa { curve, pair })
        })
    }

    pub(super) fn generate(kind: KeyKind) -> Result<Self, Error> {
        let rsa = |size| RsaKeyPair::generate(size).map(Self::rsa);
        match (kind, kind.curve()) {
            (KeyKind::Rsa { bits: 2048 }, _) => rsa(KeySize::Rsa2048),
            (KeyKind::Rsa { bits: 3072 }, _) => rsa(KeySize::Rsa3072),
            (KeyKind::Rsa { bits: 4096 }, _) => rsa(KeySize::Rsa4096),
            (_, Some(curve)) => {
                EcdsaKeyPair::generate(ecdsa(curve)).map(|pair| Self::Ecdsa { curve, pair })
            }
            (_, None) => return Err(Error::KindUnsupported(kind.label())),
        }
        .map_err(|_| Error::Random)
    }

    const fn rsa(pair: RsaKeyPair) -> Self {
        Self::Rsa { pair, legacy: OnceLock::new() }
    }

    pub(super) fn to_pkcs8(&self) -> Result<SecretDocument, Error> {
        let wrong = |_| Error::Pki(crate::pki::Error::Encoding(der::ErrorKind::Failed.into()));
        match self {
            Self::Rsa { pair, .. } => {
                let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| Error::Random)?;
                SecretDocument::try_from(der.as_ref()).map_err(wrong)
            }
            Self::Ecdsa { pair, .. } => {
                let der = pair.to_pkcs8v1().map_err(|_| Error::Random)?;
                SecretDocument::try_from(der.as_ref()).map_err(wrong)
            }
        }
    }

    pub(super) fn public(&self) -> Result<PublicKey, Error> {
        Ok(match self {
            Self::Rsa { pair, .. } => {
                let public = pair.public_key();
                PublicKey::rsa(
                    public.modulus().big_endian_without_leading_zero(),
                    public.exponent().big_endian_without_leading_zero(),
                )?
            }
            Self::Ecdsa { curve, pair } => PublicKey::ec(*curve, pair.public_key().as_ref())?,
        })
    }

    pub(super) fn sign(&self, item: &ToBeSigned) -> Result<Vec<u8>, Error> {
        let sha1 = SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha1);
        match self {
            Self::Rsa { legacy, .. } if item.algorithm() == sha1 => {
                self.legacy(legacy)?.sign(item.digest())
            }
            Self::Rsa { pair, .. } => {
                let encoding = rsa_encoding(item.algorithm())?;
                let mut value = vec![0; pair.public_modulus_len()];
                pair.sign_digest(encoding, &native(item.digest())?, &mut value)
                    .map_err(|_| Error::Random)?;
                Ok(value)
            }
            Self::Ecdsa { curve, pair } => {
                let digest = curve_digest(*curve, item.digest())?;
                let value = pair.sign_digest(&digest).map_err(|_| Error::Random)?;
                Ok(value.as_ref().to_vec())
            }
        }
    }

    /// The key once more, in the form that signs SHA-1; made when it is first asked for.
    fn legacy<'a>(&self, made: &'a OnceLock<LegacyKey>) -> Result<&'a LegacyKey, Error> {
        if let Some(key) = made.get() {
            return Ok(key);
        }
        let key = LegacyKey::from_pkcs8(self.to_pkcs8()?.as_bytes())
            .ok_or(crate::pki::Error::AlgorithmMismatch("RSA-PKCS1-SHA1"))?;
        Ok(made.get_or_init(|| key))
    }
}

const fn ecdsa(curve: EcCurve) -> &'static aws::EcdsaSigningAlgorithm {
    match curve {
        EcCurve::P256 => &aws::ECDSA_P256_SHA256_FIXED_SIGNING,
        EcCurve::P384 => &aws::ECDSA_P384_SHA384_FIXED_SIGNING,
        EcCurve::P521 => &aws::ECDSA_P521_SHA512_FIXED_SIGNING,
        EcCurve::Secp256k1 => &aws::ECDSA_P256K1_SHA256_FIXED_SIGNING,
    }
}

fn rsa_encoding(algorithm: SignatureAlgorithm) -> Result<&'static dyn RsaEncoding, Error> {
    use DigestAlgorithm::{Sha1, Sha256, Sha384, Sha512};
    use SignatureAlgorithm::{Ecdsa, RsaPkcs1, RsaPss};
    Ok(match algorithm {
        RsaPkcs1(Sha256) => &aws::RSA_PKCS1_SHA256,
        RsaPkcs1(Sha384) => &aws::RSA_PKCS1_SHA384,
        RsaPkcs1(Sha512) => &aws::RSA_PKCS1_SHA512,
        RsaPss(Sha256) => &aws::RSA_PSS_SHA256,
        RsaPss(Sha384) => &aws::RSA_PSS_SHA384,
        RsaPss(Sha512) => &aws::RSA_PSS_SHA512,
        RsaPkcs1(Sha1) | RsaPss(Sha1) | Ecdsa(_) => {
            return Err(crate::pki::Error::AlgorithmMismatch(algorithm.as_str()).into());
        }
    })
}
