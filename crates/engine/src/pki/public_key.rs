//! A public key without a certificate: how keys are named before and after one is issued.

use const_oid::db::rfc5912::{ID_EC_PUBLIC_KEY, RSA_ENCRYPTION};
use der::asn1::{AnyRef, BitString, ObjectIdentifier, UintRef};
use der::{Any, Decode as _, Encode as _, Reader as _, Sequence, SliceReader};
use spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

use super::Error;
pub use super::algorithm::EcCurve;
use super::algorithm::KeyKind;
use super::certificate::{Certificate, key_kind};
use super::digest::sha256;

/// A public key with the DER of its SubjectPublicKeyInfo, which is its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    spki_der: Vec<u8>,
    kind: KeyKind,
    bits: Vec<u8>,
}

impl PublicKey {
    /// Parses a SubjectPublicKeyInfo and checks that the key is one we can work with.
    ///
    /// # Errors
    /// [`Error::PublicKeyMalformed`], [`Error::KeyUnsupported`], [`Error::RsaSize`].
    pub fn from_spki_der(der: &[u8]) -> Result<Self, Error> {
        let spki = SubjectPublicKeyInfoOwned::from_der(der).map_err(Error::PublicKeyMalformed)?;
        let kind = key_kind(&spki)?;
        let bits = spki.subject_public_key.raw_bytes().to_vec();
        Ok(Self { spki_der: der.to_vec(), kind, bits })
    }

    /// The key of a certificate. One of id-RSASSA-PSS is named as any RSA key, as tokens know it: what
    /// it may be used for is the certificate's word ([`Certificate::allows`]).
    #[must_use]
    pub fn of(certificate: &Certificate) -> Self {
        let bits = certificate.public_key_bits();
        if certificate.is_pss()
            && let Ok(plain) = Self::from_parts(RSA_ENCRYPTION, Any::from(AnyRef::NULL), bits)
        {
            return plain;
        }
        Self {
            spki_der: certificate.spki_der().to_vec(),
            kind: certificate.key_kind(),
            bits: bits.to_vec(),
        }
    }

    /// An RSA key from big-endian modulus and public exponent (RFC 8017, A.1.1).
    ///
    /// # Errors
    /// As [`PublicKey::from_spki_der`].
    pub fn rsa(modulus: &[u8], exponent: &[u8]) -> Result<Self, Error> {
        let key = RsaPublicKey {
            modulus: UintRef::new(modulus).map_err(Error::PublicKeyMalformed)?,
            exponent: UintRef::new(exponent).map_err(Error::PublicKeyMalformed)?,
        };
        let bits = key.to_der().map_err(Error::Encoding)?;
        Self::from_parts(RSA_ENCRYPTION, Any::from(AnyRef::NULL), &bits)
    }

    /// An EC key from its curve and its uncompressed point (SEC 1, 2.3.3).
    ///
    /// # Errors
    /// [`Error::KeyUnsupported`] for anything but an uncompressed point.
    pub fn ec(curve: EcCurve, point: &[u8]) -> Result<Self, Error> {
        if point.len() != curve.point_length() || point.first() != Some(&4) {
            return Err(Error::KeyUnsupported(
                "EC with a point that is not uncompressed".to_owned(),
            ));
        }
        Self::from_parts(ID_EC_PUBLIC_KEY, Any::from(&curve.oid()), point)
    }

    /// DER of the SubjectPublicKeyInfo.
    #[must_use]
    pub fn spki_der(&self) -> &[u8] {
        &self.spki_der
    }

    /// SHA-256 of the SubjectPublicKeyInfo: a short name for logs and maps.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 32] {
        sha256(&self.spki_der)
    }

    /// What kind of key it is.
    #[must_use]
    pub const fn kind(&self) -> KeyKind {
        self.kind
    }

    /// Content of the subjectPublicKey bit string: an RSAPublicKey, or an uncompressed EC point.
    #[must_use]
    pub fn bits(&self) -> &[u8] {
        &self.bits
    }

    /// Modulus of an RSA key, big-endian, without leading zeros: `ds:Modulus`.
    #[must_use]
    pub fn rsa_modulus(&self) -> Option<&[u8]> {
        self.rsa_parts().map(|parts| parts.modulus.as_bytes())
    }

    /// Public exponent of an RSA key, big-endian, without leading zeros: `ds:Exponent`.
    #[must_use]
    pub fn rsa_exponent(&self) -> Option<&[u8]> {
        self.rsa_parts().map(|parts| parts.exponent.as_bytes())
    }

    fn rsa_parts(&self) -> Option<RsaPublicKey<'_>> {
        if !matches!(self.kind, KeyKind::Rsa { .. }) {
            return None;
        }
        SliceReader::new(&self.bits).ok()?.decode().ok()
    }

    /// Curve and point of an EC key, the point as the certificate has it: `dsig11:NamedCurve` (its
    /// [`EcCurve::urn`]) and `dsig11:PublicKey`.
    #[must_use]
    pub fn ec_point(&self) -> Option<(EcCurve, &[u8])> {
        self.kind.curve().map(|curve| (curve, self.bits.as_slice()))
    }

    fn from_parts(
        algorithm: ObjectIdentifier,
        parameters: Any,
        bits: &[u8],
    ) -> Result<Self, Error> {
        let spki = SubjectPublicKeyInfoOwned {
            algorithm: AlgorithmIdentifierOwned { oid: algorithm, parameters: Some(parameters) },
            subject_public_key: BitString::from_bytes(bits).map_err(Error::Encoding)?,
        };
        Self::from_spki_der(&spki.to_der().map_err(Error::Encoding)?)
    }
}

#[derive(Sequence)]
struct RsaPublicKey<'a> {
    modulus: UintRef<'a>,
    exponent: UintRef<'a>,
}
