//! Certificates in files.

use std::path::Path;

use super::super::Failure;
use crate::pki::certificate::Certificate;
use crate::pki::certificate_file::certificates;

/// A certificate in PEM.
pub(super) fn pem(certificate: &Certificate) -> Result<String, Failure> {
    Ok(der::pem::encode_string("CERTIFICATE", der::pem::LineEnding::LF, certificate.der())?)
}

/// Writes a certificate in PEM.
pub(in crate::cli) fn write_pem(file: &Path, certificate: &Certificate) -> Result<(), Failure> {
    std::fs::write(file, pem(certificate)?)
        .map_err(|error| format!("{}: {error}", file.display()).into())
}

/// The first certificate in a file.
pub(super) fn read(file: &Path) -> Result<Certificate, Failure> {
    let bytes = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let first = certificates(&bytes)?.into_iter().next();
    first.ok_or_else(|| format!("{} holds no certificate", file.display()).into())
}
