//! The resolved settings of one seal: format, packaging, level, algorithms, location; and the documents
//! that a profile is for.

use serde::{Deserialize, Serialize};

pub use super::algorithm::{DigestAlgorithm, SignatureAlgorithm};
use super::cades::{CadesPackaging, CadesProfile, ExistingCmsSignatures};
pub use super::canonicalization::{Canonicalization, CanonicalizationMethod};
use super::pades::PadesProfile;
use super::xades::{ExistingSignatures, Packaging, XadesProfile};

/// AdES format of a seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Xades,
    Pades,
    Cades,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Xades, Self::Pades, Self::Cades];

    /// As ETSI writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Xades => "XAdES",
            Self::Pades => "PAdES",
            Self::Cades => "CAdES",
        }
    }

    /// The format of that name, in any case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str().eq_ignore_ascii_case(text))
    }
}

/// The settings of one seal, by format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Profile {
    Xades(Box<XadesProfile>),
    Pades(Box<PadesProfile>),
    Cades(Box<CadesProfile>),
}

impl Profile {
    /// The format.
    #[must_use]
    pub const fn format(&self) -> Format {
        match self {
            Self::Xades(_) => Format::Xades,
            Self::Pades(_) => Format::Pades,
            Self::Cades(_) => Format::Cades,
        }
    }

    /// The defaults of a format.
    #[must_use]
    pub fn usual(format: Format) -> Self {
        match format {
            Format::Xades => Self::Xades(Box::default()),
            Format::Pades => Self::Pades(Box::default()),
            Format::Cades => Self::Cades(Box::default()),
        }
    }

    /// The signature algorithm that it names.
    #[must_use]
    pub const fn signature_algorithm(&self) -> Option<SignatureAlgorithm> {
        match self {
            Self::Xades(profile) => profile.signature_algorithm,
            Self::Pades(profile) => profile.signature_algorithm,
            Self::Cades(profile) => profile.signature_algorithm,
        }
    }

    /// Whether a digest or the signature itself is made with SHA-1. Hashes that are only quoted, as
    /// that of a signature policy, do not count.
    #[must_use]
    pub fn uses_sha1(&self) -> bool {
        let digest = match self {
            Self::Xades(profile) => return profile.uses_sha1(),
            Self::Pades(profile) => profile.digest_algorithm,
            Self::Cades(profile) => profile.digest_algorithm,
        };
        digest.is_some_and(DigestAlgorithm::is_legacy)
            || self.signature_algorithm().is_some_and(|algorithm| algorithm.digest().is_legacy())
    }

    /// Whether the seal is a file of its own, beside the document.
    #[must_use]
    pub fn is_detached(&self) -> bool {
        match self {
            Self::Xades(profile) => profile.packaging == Packaging::Detached,
            Self::Pades(_) => false,
            Self::Cades(profile) => profile.packaging == CadesPackaging::Detached,
        }
    }

    /// Whether the seal goes into a container beside the signatures that it has, which stay as they are.
    #[must_use]
    pub fn is_beside_in_container(&self) -> bool {
        match self {
            Self::Xades(profile) => {
                profile.packaging == Packaging::AsicE
                    && profile.existing_signatures == ExistingSignatures::Parallel
            }
            Self::Pades(_) => false,
            Self::Cades(profile) => {
                profile.packaging == CadesPackaging::AsicE
                    && profile.existing_signatures == ExistingCmsSignatures::Parallel
            }
        }
    }

    /// Whether the seal goes into a signature that is there, and is over its value.
    #[must_use]
    pub fn is_countersignature(&self) -> bool {
        match self {
            Self::Xades(profile) => profile.existing_signatures == ExistingSignatures::Countersign,
            Self::Pades(_) => false,
            Self::Cades(profile) => {
                profile.existing_signatures == ExistingCmsSignatures::Countersign
            }
        }
    }

    /// Name and media type of the sealed file of a document, as receivers get it: what holds the
    /// document keeps its name, a signature or container beside it has one of its own.
    #[must_use]
    pub fn sealed_file(&self, name: &str, content_type: &str) -> (String, String) {
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let container = || (format!("{stem}.asice"), "application/vnd.etsi.asic-e+zip".to_owned());
        match self {
            Self::Pades(_) => (name.to_owned(), "application/pdf".to_owned()),
            Self::Xades(profile) => match profile.packaging {
                Packaging::Enveloped => (name.to_owned(), content_type.to_owned()),
                Packaging::Enveloping | Packaging::Detached => {
                    (format!("{name}.xades.xml"), "application/xml".to_owned())
                }
                Packaging::AsicE => container(),
            },
            // it goes into the signature that the document is
            Self::Cades(profile)
                if profile.existing_signatures == ExistingCmsSignatures::Countersign =>
            {
                (name.to_owned(), content_type.to_owned())
            }
            Self::Cades(profile) => match profile.packaging {
                CadesPackaging::Attached => {
                    (format!("{name}.p7m"), "application/pkcs7-mime".to_owned())
                }
                CadesPackaging::Detached => {
                    (format!("{name}.p7s"), "application/pkcs7-signature".to_owned())
                }
                CadesPackaging::AsicE => container(),
            },
        }
    }
}

/// What lint holds a document against besides what holds for all: what its profile says of the
/// documents that it is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Expected {
    /// The root elements; empty for any.
    pub roots: Vec<Root>,
    /// Names of the rules.
    pub rules: Vec<String>,
}

/// A root element.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Root {
    /// Its local name; `*` for any.
    pub name: String,
    /// Its namespace name; empty for none, and a `*` at the end stands for any continuation.
    pub namespace: String,
}

impl Root {
    /// Whether an element of this name in this namespace is such a root.
    #[must_use]
    pub fn matches(&self, name: &str, namespace: &str) -> bool {
        let in_namespace = match self.namespace.strip_suffix('*') {
            Some(beginning) => namespace.starts_with(beginning),
            None => namespace == self.namespace,
        };
        in_namespace && (self.name == "*" || name == self.name)
    }
}
