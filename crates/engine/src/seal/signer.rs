//! A signing certificate with its chain, as every seal of one credential needs it: computed once,
//! cloned for nothing.

use std::borrow::Cow;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::domain::instant::Instant;
use crate::domain::profile::{DigestAlgorithm, SignatureAlgorithm};
use crate::domain::refusal::Refusal;
use crate::domain::xades::Base64Lines;
use crate::pki::certificate::{Certificate, Chain};
use crate::pki::cms;
use crate::pki::path::{self, Flaw};

/// The certificate side of a credential. Make one per credential and keep it: cloning copies a
/// pointer, while making one encodes and digests the whole chain.
#[derive(Clone)]
pub struct Signer(Arc<Inner>);

struct Inner {
    chain: Chain,
    /// Base64 of the certificates, signing certificate first.
    certificates: Vec<String>,
    /// Base64 of their digests with SHA-256, which nearly every profile asks for.
    sha256: Vec<String>,
    /// What CMS signatures of it have in common.
    identity: cms::Identity,
    /// What was found wrong with it, whatever the time.
    examined: Result<(), Flaw>,
}

impl Signer {
    /// Precomputes what seals say about a chain.
    #[must_use]
    pub fn new(chain: &Chain) -> Self {
        let sha256 =
            |certificate: &Certificate| base64(certificate.digest(DigestAlgorithm::Sha256).value());
        Self(Arc::new(Inner {
            certificates: chain.certificates().map(|one| base64(one.der())).collect(),
            sha256: chain.certificates().map(sha256).collect(),
            identity: cms::Identity::new(chain),
            examined: path::examine(chain),
            chain: chain.clone(),
        }))
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

    /// What CMS signatures of the chain have in common.
    pub(super) fn identity(&self) -> &cms::Identity {
        &self.0.identity
    }

    /// Base64 of the digest of a certificate of the chain, by its place in it.
    pub(super) fn certificate_digest(
        &self,
        position: usize,
        algorithm: DigestAlgorithm,
    ) -> Cow<'_, str> {
        if algorithm == DigestAlgorithm::Sha256 {
            return Cow::Borrowed(self.0.sha256.get(position).map_or("", String::as_str));
        }
        let certificate = self.0.chain.certificates().nth(position);
        Cow::Owned(certificate.map(|one| base64(one.digest(algorithm).value())).unwrap_or_default())
    }

    /// Base64 of the certificates, signing certificate first.
    pub(super) fn certificates_base64(&self) -> impl Iterator<Item = &str> {
        self.0.certificates.iter().map(String::as_str)
    }

    /// Whether seals of this chain hold at a time: what the certificates may do, who signed them, and
    /// their dates. Verifiers refuse a seal where one of these is wrong.
    ///
    /// # Errors
    /// [`Refusal::CertificateNotYetValid`], [`Refusal::CertificateExpired`],
    /// [`Refusal::CertificateUnusable`].
    pub fn check_at(&self, at: Instant) -> Result<(), Refusal> {
        let certificate = self.certificate();
        if at < certificate.not_before() {
            let not_before = certificate.not_before().to_xs_date_time();
            return Err(Refusal::CertificateNotYetValid { not_before });
        }
        if at > certificate.not_after() {
            let not_after = certificate.not_after().to_xs_date_time();
            return Err(Refusal::CertificateExpired { not_after });
        }
        let examined = self.0.examined.clone().and_then(|()| path::check_dates(&self.0.chain, at));
        examined.map_err(|flaw| {
            let advice = flaw.advice().map(|advice| format!("; {advice}")).unwrap_or_default();
            Refusal::CertificateUnusable { reason: format!("{flaw}{advice}") }
        })
    }

    /// As [`Signer::check_at`], and its key must be able to make such signatures. Whether SHA-1 is
    /// allowed to this client is not asked here.
    pub(super) fn check(&self, algorithm: SignatureAlgorithm, at: Instant) -> Result<(), Refusal> {
        self.check_at(at)?;
        let certificate = self.certificate();
        if certificate.allows(algorithm).is_ok() {
            return Ok(());
        }
        let key = certificate.key_kind().label();
        let usual = certificate.default_signature();
        let reason = if usual == certificate.key_kind().default_signature() {
            format!("its {key} key cannot make {} signatures", algorithm.as_str())
        } else {
            format!(
                "its {key} key is for RSASSA-PSS and cannot make {} signatures; {} fits",
                algorithm.as_str(),
                usual.setting()
            )
        };
        Err(Refusal::CertificateUnusable { reason })
    }
}

/// Base64 without line breaks (RFC 4648, 4).
pub(super) fn base64(octets: &[u8]) -> String {
    STANDARD.encode(octets)
}

/// Base64 in lines of the wanted length, with line feeds between them.
pub(super) fn lines(text: &str, lines: Base64Lines) -> Cow<'_, str> {
    let Some(length) = lines.length() else { return Cow::Borrowed(text) };
    let mut wrapped = String::with_capacity(text.len() + text.len() / length + 1);
    for (position, character) in text.chars().enumerate() {
        if position > 0 && position % length == 0 {
            wrapped.push('\n');
        }
        wrapped.push(character);
    }
    Cow::Owned(wrapped)
}
