//! A signing certificate with its chain, as every seal of one credential needs it: computed once,
//! cloned for nothing.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::domain::instant::Instant;
use crate::domain::profile::{DigestAlgorithm, SignatureAlgorithm};
use crate::domain::refusal::Refusal;
use crate::pki::certificate::{Certificate, Chain};
use crate::pki::signature;

/// The certificate side of a credential. Make one per credential and keep it: cloning copies a
/// pointer, while making one encodes and digests the whole chain.
#[derive(Clone)]
pub struct Signer(Arc<Inner>);

struct Inner {
    chain: Chain,
    /// Base64 of the digests of the signing certificate: SHA-1, SHA-256, SHA-384, SHA-512.
    certificate_digests: [String; 4],
    /// What follows a signature value in XAdES up to and including `ds:KeyInfo`.
    xades_key_info: Arc<str>,
}

impl Signer {
    /// Precomputes what seals say about a chain.
    #[must_use]
    pub fn new(chain: &Chain) -> Self {
        let signing = chain.signing();
        let certificate_digests =
            DigestAlgorithm::ALL.map(|algorithm| base64(signing.digest(algorithm).value()));
        let certificates = chain.certificates().map(|certificate| base64(certificate.der()));
        let xades_key_info = super::xades::key_info(certificates).into();
        Self(Arc::new(Inner { chain: chain.clone(), certificate_digests, xades_key_info }))
    }

    /// The chain it was made of.
    #[must_use]
    pub fn chain(&self) -> &Chain {
        &self.0.chain
    }

    /// The signing certificate.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        self.0.chain.signing()
    }

    pub(super) fn certificate_digest(&self, algorithm: DigestAlgorithm) -> &str {
        let [sha1, sha256, sha384, sha512] = &self.0.certificate_digests;
        match algorithm {
            DigestAlgorithm::Sha1 => sha1,
            DigestAlgorithm::Sha256 => sha256,
            DigestAlgorithm::Sha384 => sha384,
            DigestAlgorithm::Sha512 => sha512,
        }
    }

    pub(super) fn xades_key_info(&self) -> Arc<str> {
        Arc::clone(&self.0.xades_key_info)
    }

    /// The signing time must lie within the validity of the certificate (verifiers refuse a seal
    /// outside of it), and its key must be able to make such signatures. Whether SHA-1 is allowed to
    /// this client is not asked here.
    pub(super) fn check(&self, algorithm: SignatureAlgorithm, at: Instant) -> Result<(), Refusal> {
        let certificate = self.certificate();
        if at < certificate.not_before() {
            let not_before = certificate.not_before().to_xs_date_time();
            return Err(Refusal::CertificateNotYetValid { not_before });
        }
        if at > certificate.not_after() {
            let not_after = certificate.not_after().to_xs_date_time();
            return Err(Refusal::CertificateExpired { not_after });
        }
        if signature::suits(certificate.key_kind(), algorithm).is_ok() {
            return Ok(());
        }
        let key = certificate.key_kind().label();
        let reason = format!("its {key} key cannot make {} signatures", algorithm.as_str());
        Err(Refusal::CertificateUnusable { reason })
    }
}

/// Base64 without line breaks (RFC 4648, 4).
pub(super) fn base64(octets: &[u8]) -> String {
    STANDARD.encode(octets)
}
