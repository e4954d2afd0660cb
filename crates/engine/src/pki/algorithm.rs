//! Algorithm identifiers: XML Signature URIs, key kinds and curves.

use const_oid::db::rfc5912::{SECP_256_R_1, SECP_384_R_1, SECP_521_R_1};
use der::asn1::ObjectIdentifier;
use der::{Decode as _, Encode as _};

use super::Error;
use super::digest::Digest;
use crate::domain::profile::{
    Canonicalization, CanonicalizationMethod, DigestAlgorithm, SignatureAlgorithm,
};

/// secp256k1 (SEC 2, A.2.1), which const-oid has no name for.
const SECP_256_K_1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.10");

/// The named curves we can work with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EcCurve {
    P256,
    P384,
    P521,
    Secp256k1,
}

impl EcCurve {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::P256, Self::P384, Self::P521, Self::Secp256k1];

    /// Object identifier of the curve (RFC 5480, 2.1.1.1; SEC 2, A.2.1).
    #[must_use]
    pub const fn oid(self) -> ObjectIdentifier {
        match self {
            Self::P256 => SECP_256_R_1,
            Self::P384 => SECP_384_R_1,
            Self::P521 => SECP_521_R_1,
            Self::Secp256k1 => SECP_256_K_1,
        }
    }

    /// Name of the curve in XML (XMLDSIG 1.1, 4.5.2.3.1; RFC 3061): `urn:oid:1.2.840.10045.3.1.7`.
    #[must_use]
    pub fn urn(self) -> String {
        format!("urn:oid:{}", self.oid())
    }

    /// The curve with this object identifier.
    #[must_use]
    pub fn from_oid(oid: ObjectIdentifier) -> Option<Self> {
        Self::ALL.into_iter().find(|curve| curve.oid() == oid)
    }

    /// Bytes of the curve's order: of `r` and of `s` in a signature value, and of a coordinate.
    #[must_use]
    pub const fn order_length(self) -> usize {
        match self {
            Self::P256 | Self::Secp256k1 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }

    /// The part of a digest that ECDSA on this curve signs: as many leftmost bits as the order has
    /// (FIPS 186-5, 6.4.1). Of the orders here only that of P-521 does not end with a byte, and no
    /// digest reaches it.
    #[must_use]
    pub fn signed_part(self, digest: &Digest) -> &[u8] {
        digest.value().get(..self.order_length()).unwrap_or_else(|| digest.value())
    }

    /// Bytes of an uncompressed point.
    #[must_use]
    pub const fn point_length(self) -> usize {
        1 + 2 * self.order_length()
    }

    /// DER of the ECParameters choice `namedCurve`: what tokens keep as `CKA_EC_PARAMS`.
    ///
    /// # Errors
    /// [`Error::Encoding`], which no named curve causes.
    pub fn parameters_der(self) -> Result<Vec<u8>, Error> {
        self.oid().to_der().map_err(Error::Encoding)
    }

    /// The curve named by such parameters.
    #[must_use]
    pub fn from_parameters_der(der: &[u8]) -> Option<Self> {
        ObjectIdentifier::from_der(der).ok().and_then(Self::from_oid)
    }

    /// The kind of a key on this curve.
    #[must_use]
    pub const fn key_kind(self) -> KeyKind {
        match self {
            Self::P256 => KeyKind::P256,
            Self::P384 => KeyKind::P384,
            Self::P521 => KeyKind::P521,
            Self::Secp256k1 => KeyKind::Secp256k1,
        }
    }
}

/// What kind of key a certificate holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA with this many bits in the modulus.
    Rsa { bits: usize },
    /// NIST P-256 (secp256r1).
    P256,
    /// NIST P-384 (secp384r1).
    P384,
    /// NIST P-521 (secp521r1).
    P521,
    /// secp256k1 (SEC 2, 2.4.1): what Saudi Arabia's ZATCA demands.
    Secp256k1,
}

impl KeyKind {
    /// The algorithm used when a profile names none: RSA PKCS#1 v1.5 with SHA-256, or ECDSA with the
    /// digest that fits the curve.
    #[must_use]
    pub const fn default_signature(self) -> SignatureAlgorithm {
        match self {
            Self::Rsa { .. } => SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha256),
            Self::P256 | Self::Secp256k1 => SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha256),
            Self::P384 => SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha384),
            Self::P521 => SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha512),
        }
    }

    /// How operators read it: `RSA-3072`, `P-256`, `secp256k1`.
    #[must_use]
    pub fn label(self) -> String {
        match self {
            Self::Rsa { bits } => format!("RSA-{bits}"),
            Self::P256 => "P-256".to_owned(),
            Self::P384 => "P-384".to_owned(),
            Self::P521 => "P-521".to_owned(),
            Self::Secp256k1 => "secp256k1".to_owned(),
        }
    }

    /// The curve of an EC key.
    #[must_use]
    pub const fn curve(self) -> Option<EcCurve> {
        match self {
            Self::Rsa { .. } => None,
            Self::P256 => Some(EcCurve::P256),
            Self::P384 => Some(EcCurve::P384),
            Self::P521 => Some(EcCurve::P521),
            Self::Secp256k1 => Some(EcCurve::Secp256k1),
        }
    }
}

/// Whether a key of this kind can make such signatures: asked before a key is used. ECDSA goes with
/// every digest but SHA-1, whatever the curve.
///
/// # Errors
/// [`Error::AlgorithmMismatch`].
pub fn suits(key: KeyKind, algorithm: SignatureAlgorithm) -> Result<(), Error> {
    use DigestAlgorithm::Sha1;
    use SignatureAlgorithm::{Ecdsa, RsaPkcs1, RsaPss};
    let fits = match algorithm {
        RsaPss(Sha1) | Ecdsa(Sha1) => false,
        RsaPkcs1(_) | RsaPss(_) => key.curve().is_none(),
        Ecdsa(_) => key.curve().is_some(),
    };
    if fits { Ok(()) } else { Err(Error::AlgorithmMismatch(algorithm.as_str())) }
}

/// URI of a digest algorithm (XMLDSIG for SHA-1; RFC 9231, 2.1; XML Encryption for SHA-256 and
/// SHA-512).
#[must_use]
pub const fn digest_uri(algorithm: DigestAlgorithm) -> &'static str {
    match algorithm {
        DigestAlgorithm::Sha1 => "http://www.w3.org/2000/09/xmldsig#sha1",
        DigestAlgorithm::Sha256 => "http://www.w3.org/2001/04/xmlenc#sha256",
        DigestAlgorithm::Sha384 => "http://www.w3.org/2001/04/xmldsig-more#sha384",
        DigestAlgorithm::Sha512 => "http://www.w3.org/2001/04/xmlenc#sha512",
    }
}

/// The digest algorithm that a URI names.
#[must_use]
pub fn digest_from_uri(uri: &str) -> Option<DigestAlgorithm> {
    DigestAlgorithm::ALL.into_iter().find(|algorithm| digest_uri(*algorithm) == uri)
}

/// URI of a signature algorithm (XMLDSIG for SHA-1; RFC 9231, 2.3). The PSS URIs without parameters fix MGF1 and salt
/// length to the digest, which is what we sign.
#[must_use]
pub const fn signature_uri(algorithm: SignatureAlgorithm) -> &'static str {
    use DigestAlgorithm::{Sha1, Sha256, Sha384, Sha512};
    match algorithm {
        SignatureAlgorithm::RsaPkcs1(Sha1) => "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
        SignatureAlgorithm::RsaPkcs1(Sha256) => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
        SignatureAlgorithm::RsaPkcs1(Sha384) => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
        SignatureAlgorithm::RsaPkcs1(Sha512) => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
        SignatureAlgorithm::RsaPss(Sha1) => "http://www.w3.org/2007/05/xmldsig-more#sha1-rsa-MGF1",
        SignatureAlgorithm::RsaPss(Sha256) => {
            "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1"
        }
        SignatureAlgorithm::RsaPss(Sha384) => {
            "http://www.w3.org/2007/05/xmldsig-more#sha384-rsa-MGF1"
        }
        SignatureAlgorithm::RsaPss(Sha512) => {
            "http://www.w3.org/2007/05/xmldsig-more#sha512-rsa-MGF1"
        }
        SignatureAlgorithm::Ecdsa(Sha1) => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1",
        SignatureAlgorithm::Ecdsa(Sha256) => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
        SignatureAlgorithm::Ecdsa(Sha384) => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
        SignatureAlgorithm::Ecdsa(Sha512) => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512",
    }
}

/// URI of a canonicalization algorithm.
#[must_use]
pub const fn canonicalization_uri(canonicalization: Canonicalization) -> &'static str {
    use CanonicalizationMethod::{Exclusive, Inclusive, Inclusive11};
    match (canonicalization.method, canonicalization.with_comments) {
        (Inclusive, false) => "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
        (Inclusive, true) => "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments",
        (Inclusive11, false) => "http://www.w3.org/2006/12/xml-c14n11",
        (Inclusive11, true) => "http://www.w3.org/2006/12/xml-c14n11#WithComments",
        (Exclusive, false) => "http://www.w3.org/2001/10/xml-exc-c14n#",
        (Exclusive, true) => "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
    }
}
