//! The resolved settings of one seal: format, packaging, level, algorithms, location.

pub use super::algorithm::{DigestAlgorithm, SignatureAlgorithm};

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
