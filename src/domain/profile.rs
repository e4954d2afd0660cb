//! The resolved settings of one seal: format, packaging, level, algorithms, location.

/// Digest algorithms we use for seals (FIPS 180-4). SHA-1 is not among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DigestAlgorithm {
    Sha256,
    Sha384,
    Sha512,
}

/// Signature algorithms a key can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignatureAlgorithm {
    /// RSASSA-PKCS1-v1_5 (RFC 8017, 8.2).
    RsaPkcs1(DigestAlgorithm),
    /// RSASSA-PSS, MGF1 with the same digest, salt as long as the digest (RFC 8017, 8.1).
    RsaPss(DigestAlgorithm),
    /// ECDSA (FIPS 186-5); the signature value is `r || s`, each as long as the curve's order.
    Ecdsa(DigestAlgorithm),
}

impl SignatureAlgorithm {
    /// The digest that is signed.
    #[must_use]
    pub const fn digest(self) -> DigestAlgorithm {
        match self {
            Self::RsaPkcs1(digest) | Self::RsaPss(digest) | Self::Ecdsa(digest) => digest,
        }
    }

    /// Stable name, stored with every intent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RsaPkcs1(DigestAlgorithm::Sha256) => "RSA-PKCS1-SHA256",
            Self::RsaPkcs1(DigestAlgorithm::Sha384) => "RSA-PKCS1-SHA384",
            Self::RsaPkcs1(DigestAlgorithm::Sha512) => "RSA-PKCS1-SHA512",
            Self::RsaPss(DigestAlgorithm::Sha256) => "RSA-PSS-SHA256",
            Self::RsaPss(DigestAlgorithm::Sha384) => "RSA-PSS-SHA384",
            Self::RsaPss(DigestAlgorithm::Sha512) => "RSA-PSS-SHA512",
            Self::Ecdsa(DigestAlgorithm::Sha256) => "ECDSA-SHA256",
            Self::Ecdsa(DigestAlgorithm::Sha384) => "ECDSA-SHA384",
            Self::Ecdsa(DigestAlgorithm::Sha512) => "ECDSA-SHA512",
        }
    }
}

/// AdES format of a seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Xades,
    Pades,
    Cades,
}

/// Canonicalization of the reference and of `ds:SignedInfo`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Canonicalization {
    pub method: CanonicalizationMethod,
    pub with_comments: bool,
}

impl Canonicalization {
    /// Exclusive XML Canonicalization 1.0 without comments: what we use when nothing is asked for.
    pub const EXCLUSIVE: Self =
        Self { method: CanonicalizationMethod::Exclusive, with_comments: false };
}

/// The three W3C canonicalization methods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CanonicalizationMethod {
    /// Canonical XML 1.0.
    Inclusive,
    /// Canonical XML 1.1.
    Inclusive11,
    /// Exclusive XML Canonicalization 1.0.
    Exclusive,
}

/// Where the signature element goes.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum SignatureLocation {
    /// The one empty `sac:SignatureInformation` if the document has it, else last child of the root.
    #[default]
    Default,
    /// Last child of the one element that the text names: a local name, a `prefix:name` with the
    /// prefix as bound at the root, or an absolute path of such names.
    Inside(String),
}

/// Everything the XAdES engine needs to know about one seal, apart from document, certificate and time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct XadesProfile {
    pub canonicalization: Canonicalization,
    pub location: SignatureLocation,
    /// Digest of the references and of the certificate.
    pub digest: DigestAlgorithm,
    pub signature: SignatureAlgorithm,
    /// MIME type written into `xades:DataObjectFormat`.
    pub mime_type: String,
}
