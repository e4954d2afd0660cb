//! Certificates, digests and signature values: bytes in, words out. No IO, no clock.
//! What lives here stands on one ASN.1 generation (x509-cert 0.3, der 0.8) and on aws-lc-rs.

pub mod algorithm;
pub mod certificate;
pub mod digest;
pub mod jose;
pub mod signature;

use thiserror::Error;

/// What can be wrong with public key material.
#[derive(Debug, Error)]
pub enum Error {
    #[error("not a DER certificate")]
    CertificateMalformed(#[source] der::Error),
    #[error("not a PEM file of certificates")]
    PemMalformed(#[source] der::Error),
    #[error("no certificate given")]
    ChainEmpty,
    #[error("certificate {position} of the chain was not issued by the next one")]
    ChainBroken { position: usize },
    #[error(
        "key algorithm {0} is not supported; use RSA (2048 to 8192 bits) or EC P-256, P-384, P-521"
    )]
    KeyUnsupported(String),
    #[error("RSA key has {0} bits; use 2048 to 8192")]
    RsaSize(usize),
    #[error("the key of the certificate cannot make {0} signatures")]
    AlgorithmMismatch(&'static str),
    #[error("the signature value does not verify with the certificate's key")]
    SignatureInvalid,
    #[error("the certificate has validity dates outside of the supported range")]
    ValidityRange,
}
