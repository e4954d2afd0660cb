//! TLS towards relays: certificates are judged as the system judges them, plus those an account trusts.

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls_platform_verifier::Verifier;
use tokio_rustls::TlsConnector;

/// TLS 1.2 or 1.3 with the system's trust anchors and those given. There is no way to switch the
/// judgement off.
///
/// # Errors
/// What is wrong with the certificates given.
pub(super) fn connector(ca_pem: Option<&[u8]>) -> Result<TlsConnector, String> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let extra: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(ca_pem.unwrap_or(&[]))
        .collect::<Result<_, _>>()
        .map_err(|error| format!("the account's trusted certificates are no PEM: {error}"))?;
    if ca_pem.is_some() && extra.is_empty() {
        return Err("the account's trusted certificates are no PEM: none is in it".to_owned());
    }
    let verifier = Verifier::new_with_extra_roots(extra, Arc::clone(&provider))
        .map_err(|error| format!("the account's trusted certificates: {error}"))?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}
