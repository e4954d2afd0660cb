//! A private key in our own memory, and what it can do.

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{self as aws, EcdsaKeyPair, KeyPair as _, RsaEncoding, RsaKeyPair};
use pkcs8::SecretDocument;

use crate::domain::profile::{DigestAlgorithm, SignatureAlgorithm};
use crate::keys::{Error, ToBeSigned};
use crate::pki::algorithm::KeyKind;
use crate::pki::public_key::{EcCurve, PublicKey};

/// RSA of 2048 to 8192 bits, or ECDSA on a curve we know.
pub(super) enum Pair {
    Rsa(RsaKeyPair),
    Ecdsa(EcdsaKeyPair),
}

impl Pair {
    pub(super) fn from_pkcs8(der: &[u8]) -> Option<Self> {
        if let Ok(pair) = RsaKeyPair::from_pkcs8(der) {
            return Some(Self::Rsa(pair));
        }
        [EcCurve::P256, EcCurve::P384, EcCurve::P521]
            .into_iter()
            .find_map(|curve| EcdsaKeyPair::from_pkcs8(ecdsa(curve), der).ok())
            .map(Self::Ecdsa)
    }

    pub(super) fn generate(kind: KeyKind) -> Result<Self, Error> {
        let rsa = |size| RsaKeyPair::generate(size).map(Self::Rsa);
        let ec = |curve| EcdsaKeyPair::generate(ecdsa(curve)).map(Self::Ecdsa);
        match kind {
            KeyKind::Rsa { bits: 2048 } => rsa(KeySize::Rsa2048),
            KeyKind::Rsa { bits: 3072 } => rsa(KeySize::Rsa3072),
            KeyKind::Rsa { bits: 4096 } => rsa(KeySize::Rsa4096),
            KeyKind::P256 => ec(EcCurve::P256),
            KeyKind::P384 => ec(EcCurve::P384),
            KeyKind::Rsa { .. } | KeyKind::P521 => {
                return Err(Error::KindUnsupported(kind.label()));
            }
        }
        .map_err(|_| Error::Random)
    }

    pub(super) fn to_pkcs8(&self) -> Result<SecretDocument, Error> {
        let wrong = |_| Error::Pki(crate::pki::Error::Encoding(der::ErrorKind::Failed.into()));
        match self {
            Self::Rsa(pair) => {
                let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| Error::Random)?;
                SecretDocument::try_from(der.as_ref()).map_err(wrong)
            }
            Self::Ecdsa(pair) => {
                let der = pair.to_pkcs8v1().map_err(|_| Error::Random)?;
                SecretDocument::try_from(der.as_ref()).map_err(wrong)
            }
        }
    }

    pub(super) fn public(&self) -> Result<PublicKey, Error> {
        Ok(match self {
            Self::Rsa(pair) => {
                let public = pair.public_key();
                PublicKey::rsa(
                    public.modulus().big_endian_without_leading_zero(),
                    public.exponent().big_endian_without_leading_zero(),
                )?
            }
            Self::Ecdsa(pair) => {
                let algorithm = pair.algorithm();
                let curve = [EcCurve::P256, EcCurve::P384, EcCurve::P521]
                    .into_iter()
                    .find(|curve| ecdsa(*curve) == algorithm)
                    .unwrap_or(EcCurve::P256);
                PublicKey::ec(curve, pair.public_key().as_ref())?
            }
        })
    }

    pub(super) fn sign(&self, item: &ToBeSigned) -> Result<Vec<u8>, Error> {
        let random = SystemRandom::new();
        let mismatch = || crate::pki::Error::AlgorithmMismatch(item.algorithm().as_str());
        match self {
            Self::Rsa(pair) => {
                let encoding = rsa_encoding(item.algorithm()).ok_or_else(mismatch)?;
                let mut value = vec![0; pair.public_modulus_len()];
                pair.sign(encoding, &random, item.message(), &mut value)
                    .map_err(|_| Error::Random)?;
                Ok(value)
            }
            Self::Ecdsa(pair) => {
                let value = pair.sign(&random, item.message()).map_err(|_| Error::Random)?;
                Ok(value.as_ref().to_vec())
            }
        }
    }
}

const fn ecdsa(curve: EcCurve) -> &'static aws::EcdsaSigningAlgorithm {
    match curve {
        EcCurve::P256 => &aws::ECDSA_P256_SHA256_FIXED_SIGNING,
        EcCurve::P384 => &aws::ECDSA_P384_SHA384_FIXED_SIGNING,
        EcCurve::P521 => &aws::ECDSA_P521_SHA512_FIXED_SIGNING,
    }
}

fn rsa_encoding(algorithm: SignatureAlgorithm) -> Option<&'static dyn RsaEncoding> {
    use DigestAlgorithm::{Sha256, Sha384, Sha512};
    Some(match algorithm {
        SignatureAlgorithm::RsaPkcs1(Sha256) => &aws::RSA_PKCS1_SHA256,
        SignatureAlgorithm::RsaPkcs1(Sha384) => &aws::RSA_PKCS1_SHA384,
        SignatureAlgorithm::RsaPkcs1(Sha512) => &aws::RSA_PKCS1_SHA512,
        SignatureAlgorithm::RsaPss(Sha256) => &aws::RSA_PSS_SHA256,
        SignatureAlgorithm::RsaPss(Sha384) => &aws::RSA_PSS_SHA384,
        SignatureAlgorithm::RsaPss(Sha512) => &aws::RSA_PSS_SHA512,
        SignatureAlgorithm::Ecdsa(_) => return None,
    })
}
