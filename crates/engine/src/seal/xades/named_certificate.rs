//! The signing certificate as signed properties name it (EN 319 132-1, 5.2.2).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use roxmltree::Node;

use super::elements::{base64_text, child};
use super::tags::XADES_NAMESPACE;
use crate::domain::profile::DigestAlgorithm;
use crate::pki::algorithm::digest_from_uri;
use crate::pki::certificate::Certificate;
use crate::seal::xml::DS_NAMESPACE;

/// A certificate by its digest.
pub struct NamedCertificate {
    digest: Option<DigestAlgorithm>,
    value: Vec<u8>,
}

impl NamedCertificate {
    /// The first that some `xades:SignedSignatureProperties` name.
    #[must_use]
    pub fn of(properties: Node<'_, '_>) -> Option<Self> {
        let holder = child(properties, XADES_NAMESPACE, "SigningCertificateV2")
            .or_else(|| child(properties, XADES_NAMESPACE, "SigningCertificate"))?;
        let digest = child(child(holder, XADES_NAMESPACE, "Cert")?, XADES_NAMESPACE, "CertDigest")?;
        let method = child(digest, DS_NAMESPACE, "DigestMethod")?.attribute("Algorithm")?;
        let value = base64_text(child(digest, DS_NAMESPACE, "DigestValue")?);
        let value = STANDARD.decode(value).unwrap_or_default();
        Some(Self { digest: digest_from_uri(method), value })
    }

    /// Whether this is the certificate.
    #[must_use]
    pub fn is(&self, certificate: &Certificate) -> bool {
        self.digest.is_some_and(|digest| certificate.digest(digest).value() == self.value)
    }

    /// How it was digested.
    #[must_use]
    pub const fn digest(&self) -> Option<DigestAlgorithm> {
        self.digest
    }
}
